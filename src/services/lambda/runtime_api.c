/*
 * runtime_api.c: the requests of a function's sandbox, on a port of its own.
 *
 * https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
 */
#include "batches.h"
#include "code.h"
#include "invocations.h"
#include "lambda_internal.h"
#include "reports.h"
#include "sandboxes.h"

#include "base/hash.h"
#include "runtime_model.h"

bool lambda_asker_find(const struct call *call, struct lambda_asker *asker)
{
    if (!lambda_get_sandbox(call->txn, &(struct lambda_get_sandbox_params){.id = call->caller->id},
                            &asker->sandbox) ||
        !lambda_version_get(call, asker->sandbox.version_id, &asker->function))
        return false;
    asker->call = lambda_call_of_function(call, &asker->function);
    return true;
}

enum outcome lambda_asker_leave(const struct call *call)
{
    if (call->last_run)
        return fail(call, &RUNTIME_INTERNAL_SERVER_ERROR, "The server stops.");
    return park(call, S("lambda/end"), INT64_MAX);
}

static enum outcome refuse_transition(const struct call *call, str from, const char *to)
{
    return fail(call, &RUNTIME_FORBIDDEN,
                "State transition from %.*s to %s failed for runtime. Error: State transition is not allowed",
                STR_ARGS(from), to);
}

void lambda_sandbox_initialized(const struct call *call, const struct function *function,
                                struct lambda_get_sandbox_row *sandbox)
{
    if (sandbox->extensions == 0)
        lambda_report_init_done(call, function, sandbox, &(struct result){0});
    lambda_report_init(call, function, sandbox, &(struct result){0});
    lambda_set_initialized(call->txn,
                           &(struct lambda_set_initialized_params){
                               .id = sandbox->id,
                               .init_ms = arena_i64(call->arena, call->now_ms - sandbox->started_ms),
                               .idle_since_ms = call->now_ms,
                           });
    lambda_pace_note_start(sandbox->version_id, call->now_ms - sandbox->started_ms);
    sandbox->state = LAMBDA_SANDBOX_STATE_IDLE;
}

/*
 * Sandboxes use the machine's clock, and the engine's may have been moved ahead: so the deadline that a
 * function sees is in the machine's time.
 */
static int64_t deadline_for_sandbox(const struct function *function)
{
    return wall_clock_ms() + function->row.timeout_seconds * MS_PER_S;
}

static void sandbox_set_busy(const struct call *call, const struct function *function,
                             struct lambda_get_sandbox_row *sandbox)
{
    int64_t deadline_ms = call->now_ms + function->row.timeout_seconds * MS_PER_S;

    lambda_sandbox_check_at(call, sandbox, deadline_ms);
    lambda_set_busy(call->txn, &(struct lambda_set_busy_params){.id = sandbox->id,
                                                                .deadline_ms = deadline_ms,
                                                                .check_ms = sandbox->check_ms});
}

/* The credentials of a sandbox may be too old though its timer, which would end it, has not run yet. */
static bool is_spent(const struct lambda_asker *asker)
{
    return asker->call.now_ms >= asker->sandbox.retire_ms;
}

/*
 * When its code is a hot-reload folder, a worker reads the folder before the sandbox takes an invocation;
 * else it reads the event, if it is large.
 */
void runtime_next_prepare(const struct call *call, const struct runtime_next_request *in)
{
    struct lambda_asker asker;

    (void)in;
    if (!lambda_asker_find(call, &asker))
        return;
    if (lambda_code_is_hot(asker.function.row.package))
        lambda_hot_code_prepare(call, asker.function.row.package);
    else
        lambda_event_prepare(call, &asker.function);
}

static void write_invocation(const struct call *call, const struct lambda_asker *asker,
                             const struct lambda_queued_row *invocation, struct runtime_next_response *out)
{
    const struct trace_hop invoked = {.kind = HOP_INVOKED,
                                      .resource_arn = asker->function.arn,
                                      .request_id = invocation->request_id,
                                      .attempt = invocation->attempts + 1};
    int64_t hop = invocation->batch_id
                      ? lambda_gathered_invoked(call, &asker->function, invocation, &invoked)
                      : lambda_invocation_hop(call, invocation->trace_id, invocation->receipts, &invoked);

    out->aws_request_id = invocation->request_id;
    out->deadline_ms = deadline_for_sandbox(&asker->function);
    out->invoked_function_arn =
        str_present(invocation->function_arn) ? invocation->function_arn : asker->function.arn;
    str lineage = lambda_lineage_next(call->arena, &asker->function, invocation->lineage);
    out->trace_id = arena_format(call->arena, "Root=%.*s;Parent=%016llx;Sampled=0;Lineage=%.*s",
                                 STR_ARGS(invocation->trace_id), (unsigned long long)hop, STR_ARGS(lineage));
    out->client_context = invocation->client_context;
    out->content_type = S("application/json");
    out->event = invocation->payload;
}

enum outcome runtime_next(const struct call *call, const struct runtime_next_request *in,
                          struct runtime_next_response *out)
{
    struct lambda_queued_row invocation;
    const struct read_event *read = NULL;
    struct lambda_asker asker;

    (void)in;
    answer_unsynced(call);
    if (!lambda_asker_find(call, &asker) || asker.sandbox.state == LAMBDA_SANDBOX_STATE_LATE ||
        asker.sandbox.state == LAMBDA_SANDBOX_STATE_STOPPING || call->last_run)
        return lambda_asker_leave(call);
    if (asker.sandbox.extensions > 0 && lambda_phase_goes_on(&asker.call, &asker.function, &asker.sandbox))
        return lambda_phase_wait(call, asker.sandbox.id);
    if (asker.sandbox.state == LAMBDA_SANDBOX_STATE_BUSY)
        return refuse_transition(call, S("Running"), "Ready");
    if (asker.sandbox.state == LAMBDA_SANDBOX_STATE_STARTING)
        lambda_sandbox_initialized(&asker.call, &asker.function, &asker.sandbox);
    if (is_spent(&asker)) {
        lambda_sandbox_end(&asker.call, asker.sandbox.id, S("spindown"));
        lambda_function_dispatch(&asker.call, &asker.function);
        return lambda_asker_leave(call);
    }
    if (lambda_code_is_hot(asker.function.row.package)) {
        enum hot_review review = lambda_hot_code_review(&asker.call, &asker.function, &asker.sandbox);
        if (review != HOT_CURRENT)
            return review == HOT_UNKNOWN ? move_to_worker(call) : lambda_asker_leave(call);
    } else {
        read = prepared(call);
        if (lambda_event_is_unread(call, &asker.function, read))
            return move_to_worker(call);
    }
    if (!lambda_invocation_take(
            call,
            &(struct lambda_take_invocation_params){.version_id = asker.function.row.version_id,
                                                    .sandbox_id = asker.sandbox.id,
                                                    .started_ms = call->now_ms},
            read, &invocation))
        return park(call, lambda_version_work(call, asker.sandbox.version_id), INT64_MAX);
    sandbox_set_busy(&asker.call, &asker.function, &asker.sandbox);
    write_invocation(call, &asker, &invocation, out);
    if (asker.sandbox.extensions > 0)
        lambda_phase_invoke(&asker.call, &asker.function, &asker.sandbox,
                            &(struct lambda_phase_invocation){.request_id = out->aws_request_id,
                                                              .function_arn = out->invoked_function_arn,
                                                              .tracing = out->trace_id,
                                                              .deadline_ms = out->deadline_ms});
    return DONE;
}

/* The invocation that the caller runs.  False: it runs another one, and fail() has been called. */
static bool find_invocation(const struct call *call, str request_id, struct lambda_asker *asker,
                            struct lambda_find_invocation_row *invocation)
{
    if (lambda_asker_find(call, asker) && asker->sandbox.state == LAMBDA_SANDBOX_STATE_BUSY &&
        lambda_invocation_of_sandbox(call, asker->sandbox.id, invocation) &&
        str_equal(invocation->request_id, request_id))
        return true;
    fail(call, &RUNTIME_INVALID_REQUEST_ID, "Invalid request ID");
    return false;
}

/* The result is there.  With extensions the phase goes on until they have asked for the next event, too. */
static void finish(const struct lambda_asker *asker, const struct lambda_find_invocation_row *invocation,
                   const struct result *result)
{
    if (asker->sandbox.extensions > 0) {
        struct result first = *result;
        first.goes_on = true;
        lambda_phase_answered(&asker->call, asker->sandbox.id, result->answer);
        lambda_invocation_finish(&asker->call, &asker->function, &asker->sandbox, invocation, &first);
        return;
    }
    lambda_invocation_finish(&asker->call, &asker->function, &asker->sandbox, invocation, result);
    lambda_sandbox_release(&asker->call, &asker->function, &asker->sandbox);
}

static struct result too_large(const struct call *call)
{
    return lambda_result_error(
        call, "Function.ResponseSizeTooLarge",
        arena_format(call->arena, "Response payload size exceeded maximum allowed payload size (%d bytes).",
                     ANSWER_BYTES));
}

/* An error that a function reports is as large as an answer at most. */
static struct result reported(const struct call *call, str error_type, str report)
{
    if (report.size > ANSWER_BYTES)
        return too_large(call);
    return (struct result){
        .error = S("Unhandled"),
        .error_type = str_present(error_type) ? error_type : S("Runtime.Unknown"),
        .payload = str_present(report) ? report : S("{}"),
    };
}

/* A function whose answer fails after its beginning tells the error in trailers. */
static struct result result_of_trailers(const struct call *call, str payload)
{
    str type = body_trailer(call, S("Lambda-Runtime-Function-Error-Type")), report;

    if (!str_present(type))
        return (struct result){.payload = payload};
    if (!base64_decode(call->arena, body_trailer(call, S("Lambda-Runtime-Function-Error-Body")), &report))
        report = S("{}");
    return reported(call, type, report);
}

/* The answer to a caller is passed on as it is; that to an event source or to a durable execution is read. */
static bool is_read(const struct lambda_find_invocation_row *invocation)
{
    return invocation->durable || invocation->kind != LAMBDA_INVOCATION_KIND_SYNC;
}

/* A worker reads a large answer. */
void runtime_response_prepare(const struct call *call, const struct runtime_response_request *in)
{
    struct lambda_find_invocation_row invocation;
    struct lambda_asker asker;

    if (body_piece(call).size <= ANSWER_BYTES &&
        find_invocation(call, in->aws_request_id, &asker, &invocation))
        lambda_answer_prepare(call, body_piece(call), invocation.kind == LAMBDA_INVOCATION_KIND_MAPPING);
}

/*
 * What a streamed answer has sent cannot be taken back: when its request breaks off, another answer would be
 * taken for its continuation, and only an error may still be reported.
 */
static bool is_answered_by_another(const struct call *call,
                                   const struct lambda_find_invocation_row *invocation)
{
    return str_present(invocation->answer_request) &&
           !str_equal(invocation->answer_request, call->request_id);
}

/* The runtime is told that its answer was too large, as its caller is. */
static void refuse_size(const struct call *call, struct runtime_response_response *out)
{
    *out = (struct runtime_response_response){
        .status_code = arena_i64(call->arena, 413),
        .error_message =
            arena_format(call->arena, "Exceeded maximum allowed payload size (%d bytes).", ANSWER_BYTES),
        .error_type = S("RequestEntityTooLarge"),
    };
}

static enum outcome answer_whole(const struct call *call, const struct lambda_asker *asker,
                                 const struct lambda_find_invocation_row *invocation,
                                 struct runtime_response_response *out)
{
    if (!body_is_last(call))
        return body_whole(call);
    if (is_read(invocation) && lambda_answer_is_large(body_piece(call)) && !prepared(call) &&
        may_move_to_worker(call))
        return move_to_worker(call);
    bool fits = body_piece(call).size <= ANSWER_BYTES;
    struct sent_answer sent = {.begun_ms = call->now_ms, .bytes = (int64_t)body_piece(call).size};
    struct result result = fits ? result_of_trailers(call, body_piece(call)) : too_large(call);
    result.answer = &sent;
    if (!fits)
        refuse_size(call, out);
    finish(asker, invocation, &result);
    return DONE;
}

static enum outcome answer_in_pieces(const struct call *call, const struct lambda_asker *asker,
                                     const struct lambda_find_invocation_row *invocation, str content_type)
{
    struct result result;

    if (lambda_stream_is_full(body_before(call) + body_piece(call).size)) {
        result = lambda_stream_overflow(call);
        finish(asker, invocation, &result);
        return DONE;
    }
    if (!str_present(invocation->answer_request))
        lambda_begin_answer(
            call->txn, &(struct lambda_begin_answer_params){.id = invocation->id,
                                                            .answer_request = call->request_id,
                                                            .answer_ms = arena_i64(call->arena, call->now_ms),
                                                            .content_type = content_type});
    if (lambda_stream_pass(call, invocation, body_before(call), body_piece(call)) == PARKED)
        return PARKED;
    if (!body_is_last(call))
        return body_next(call);
    struct sent_answer sent = {
        .begun_ms = invocation->answer_ms ? *invocation->answer_ms : call->now_ms,
        .bytes = (int64_t)(body_before(call) + body_piece(call).size),
    };
    result = result_of_trailers(call, S(""));
    result.answer = &sent;
    finish(asker, invocation, &result);
    return DONE;
}

enum outcome runtime_response(const struct call *call, const struct runtime_response_request *in,
                              struct runtime_response_response *out)
{
    struct lambda_find_invocation_row invocation;
    struct lambda_asker asker;

    out->status = S("OK");
    answer_unsynced(call);
    if (!find_invocation(call, in->aws_request_id, &asker, &invocation))
        return FAILED;
    if (is_answered_by_another(call, &invocation))
        return refuse_transition(call, S("InvocationResponse"), "InvocationResponse");
    if (invocation.stream && str_equal_nocase(in->response_mode, S("streaming")))
        return answer_in_pieces(call, &asker, &invocation, in->content_type);
    return answer_whole(call, &asker, &invocation, out);
}

void runtime_error_prepare(const struct call *call, const struct runtime_error_request *in)
{
    lambda_answer_prepare(call, in->report, false);
}

enum outcome runtime_error(const struct call *call, const struct runtime_error_request *in,
                           struct runtime_status_response *out)
{
    struct result result = reported(call, in->error_type, in->report);
    struct lambda_find_invocation_row invocation;
    struct lambda_asker asker;

    out->status = S("OK");
    answer_unsynced(call);
    if (!find_invocation(call, in->aws_request_id, &asker, &invocation))
        return FAILED;
    finish(&asker, &invocation, &result);
    return DONE;
}

void runtime_init_error_prepare(const struct call *call, const struct runtime_init_error_request *in)
{
    lambda_answer_prepare(call, in->report, false);
}

/* The oldest waiting invocation gets the error; the next one starts another sandbox. */
enum outcome runtime_init_error(const struct call *call, const struct runtime_init_error_request *in,
                                struct runtime_status_response *out)
{
    struct lambda_asker asker;
    struct result result = reported(call, in->error_type, in->report);

    result.status = S("error");
    out->status = S("OK");
    if (!lambda_asker_find(call, &asker))
        return lambda_asker_leave(call);
    if (asker.sandbox.state != LAMBDA_SANDBOX_STATE_STARTING)
        return refuse_transition(call, S("Ready"), "InitError");
    lambda_phase_init_failed(&asker.call, &asker.function, &asker.sandbox, &result);
    return DONE;
}
