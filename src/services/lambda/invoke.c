/*
 * invoke.c: Invoke, and the end of an invocation.
 *
 * Every invocation is a row that the next free sandbox of its version takes.  A synchronous caller is parked
 * until its row is done; an asynchronous invocation is retried twice; a batch of a queue goes back to its
 * poller.
 */
#include "batches.h"
#include "destinations.h"
#include "durable.h"
#include "invocations.h"
#include "lambda_internal.h"
#include "reports.h"
#include "sandboxes.h"

#include "base/hash.h"
#include "base/log.h"
#include "engine/count.h"
#include "logs_model.h"
#include "wire/json.h"

enum {
    CONTEXT_BYTES = 3583, /* AWS's limit, in base64 */
};

/* ---- beginning ---- */

/* The result of parsing a payload; a worker parses a large one. */
struct read_payload {
    str fault;        /* absent if the payload is JSON */
    const char *data; /* of the payload */
    str hash;         /* of one for a durable execution that has a name */
};

static str hash_of(const struct call *call, str payload)
{
    struct sha256 digest = sha256(payload);

    return hex_encode(call->arena, HASH_STR(digest));
}

static struct read_payload read_payload(const struct call *call, str payload)
{
    struct arena_mark mark = arena_mark(call->arena);
    struct read_payload read = {0};
    size_t error_at;
    bool is_json = payload.size == 0 || json_parse(call->arena, payload, &error_at);

    arena_rewind(call->arena, mark);
    if (!is_json)
        read.fault = lambda_payload_fault(call->arena, payload, error_at);
    return read;
}

void lambda_invoke_prepare(const struct call *call, const struct lambda_invocation_request *in)
{
    if (in->payload.size > SYNC_PAYLOAD_BYTES)
        return;
    struct read_payload read = read_payload(call, in->payload),
                        *left = arena_new(call->arena, struct read_payload);
    read.data = in->payload.data;
    if (str_present(in->durable_execution_name))
        read.hash = hash_of(call, in->payload);
    *left = read;
    leave_prepared(call, left);
}

str lambda_payload_hash(const struct call *call, str payload)
{
    const struct read_payload *read = call->operation == &LAMBDA_INVOKE ? prepared(call) : NULL;

    return read && read->data == payload.data && str_present(read->hash) ? read->hash
                                                                         : hash_of(call, payload);
}

static bool size_check(const struct call *call, str payload, size_t most)
{
    if (payload.size <= most)
        return true;
    fail(call, &LAMBDA_REQUEST_TOO_LARGE_EXCEPTION,
         "Request must be smaller than %zu bytes for the InvokeFunction operation", most);
    return false;
}

bool lambda_payload_check(const struct call *call, str payload, bool asynchronous)
{
    if (!size_check(call, payload, asynchronous ? ASYNC_PAYLOAD_BYTES : SYNC_PAYLOAD_BYTES))
        return false;
    if (call->caller->kind == PRINCIPAL_SERVICE) /* its events are our own JSON, and may be large and many */
        return true;
    const struct read_payload *left = prepared(call);
    struct read_payload read = left ? *left : read_payload(call, payload);
    if (!str_present(read.fault))
        return true;
    fail(call, &LAMBDA_INVALID_REQUEST_CONTENT_EXCEPTION,
         "Could not parse request body into json: Could not parse payload into json: %.*s",
         STR_ARGS(read.fault));
    return false;
}

/* A client's context becomes a header of the Runtime API: it must be JSON on one line. */
static bool context_read(const struct call *call, str encoded, str *context)
{
    struct json_writer writer = json_writer_in(call->arena);
    const struct json *object = NULL;
    str text;

    *context = (str){0};
    if (!str_present(encoded))
        return true;
    if (encoded.size <= CONTEXT_BYTES && base64_decode(call->arena, encoded, &text))
        object = json_parse(call->arena, text, NULL);
    if (!json_is(object, JSON_OBJECT)) {
        fail(call, &LAMBDA_INVALID_REQUEST_CONTENT_EXCEPTION,
             "Client context must be a valid Base64-encoded JSON object.");
        return false;
    }
    json_value(&writer, object);
    *context = json_written(&writer);
    return true;
}

static str event_of(const struct lambda_invocation_request *in)
{
    return in->payload.size > 0 ? in->payload : S("{}");
}

/* *params: what else the row has, its kind at least; and of a durable function the id of its execution. */
static bool add(const struct call *call, const struct lambda_invocation_request *in,
                const struct function *function, struct lambda_add_invocation_params *params)
{
    static const struct metric received = {"AWS/Lambda", "AsyncEventsReceived", "FunctionName", "Count"};
    struct function routed = *function;

    if (!lambda_durable_check(call, function, in, params->stream != 0) ||
        !context_read(call, in->client_context, &params->client_context))
        return false;
    /* AWS checks the context of every invocation, and passes on that of synchronous ones only. */
    if (params->kind == LAMBDA_INVOCATION_KIND_EVENT)
        params->client_context = (str){0};
    lambda_version_route(call, &routed);
    params->request_id = call->request_id;
    params->function_id = routed.row.id;
    params->version_id = routed.row.version_id;
    params->function_arn = lambda_function_asked_arn(call->arena, function);
    params->payload = event_of(in);
    params->trace_id = trace_of_call(call);
    params->lineage = lambda_lineage_of_header(call->arena, call->trace_header);
    params->queued_ms = call->now_ms;
    params->wants_tail = lambda_log_type_of(in->log_type) == LAMBDA_LOG_TYPE_TAIL;
    if (params->kind == LAMBDA_INVOCATION_KIND_EVENT)
        count(call, &received, function->row.name, 1);
    if (params->kind == LAMBDA_INVOCATION_KIND_EVENT &&
        lambda_loop_is_over(call, function, params->lineage)) {
        lambda_event_break(call, function, lambda_invocation_add(call, *params));
        return true;
    }
    if (lambda_function_is_durable(&routed))
        return lambda_durable_invoke(call, &routed, in->durable_execution_name, params);
    lambda_invocation_add(call, *params);
    lambda_function_dispatch(call, &routed);
    return true;
}

static enum outcome answer(const struct call *call, const struct lambda_find_by_request_row *row,
                           struct lambda_invocation_response *out)
{
    out->status_code = arena_i64(call->arena, 200);
    out->function_error = row->error;
    out->payload = str_present(row->result) ? row->result : handed_over(call);
    if (row->number)
        out->executed_version = lambda_version_text(call->arena, *row->number);
    if (str_present(row->tail))
        out->log_result = base64_encode(call->arena, row->tail);
    out->durable_execution_arn = lambda_durable_arn(call, row->execution_id);
    lambda_invocation_remove(call, row->id);
    return DONE;
}

enum outcome lambda_invocation_wait(const struct call *call, const struct lambda_invocation_request *in)
{
    if (call->last_run)
        return fail(call, &LAMBDA_SERVICE_EXCEPTION, "The server stops.");
    return park_showing(call, lambda_invocation_answer(call, call->request_id), INT64_MAX, event_of(in));
}

enum outcome lambda_invocation_begin(const struct call *call, const struct lambda_invocation_request *in,
                                     const struct function *function, bool streams)
{
    struct lambda_add_invocation_params params = {.kind = LAMBDA_INVOCATION_KIND_SYNC,
                                                  .stream = streams ? LAMBDA_INVOCATION_STREAM_WANTED : 0};

    if (!size_check(call, in->payload, SYNC_PAYLOAD_BYTES) || !lambda_loop_check(call, function) ||
        !lambda_concurrency_check(call, function) || !add(call, in, function, &params))
        return FAILED;
    return lambda_invocation_wait(call, in);
}

/*
 * Runs twice: the first run adds a row, the second finds it done.  An invocation that cannot run is done at
 * once.  A large event is not in the row: the sandbox gets it from this call, which holds it anyway.  What a
 * durable execution writes must outlive the server.
 */
static enum outcome invoke_and_wait(const struct call *call, const struct lambda_invocation_request *in,
                                    const struct function *function, struct lambda_invocation_response *out)
{
    const struct lambda_find_by_request_params own = {.request_id = call->request_id};
    struct lambda_find_by_request_row row;

    if (!lambda_function_is_durable(function))
        answer_unsynced(call);
    if (!lambda_find_by_request(call->txn, &own, &row))
        return lambda_durable_answered(call, function, in, event_of(in), out) ? DONE
               : lambda_payload_check(call, in->payload, false)
                   ? lambda_invocation_begin(call, in, function, false)
                   : FAILED;
    return row.state == LAMBDA_INVOCATION_STATE_DONE ? answer(call, &row, out)
                                                     : lambda_invocation_wait(call, in);
}

enum outcome lambda_invoke(const struct call *call, const struct lambda_invocation_request *in,
                           struct lambda_invocation_response *out)
{
    const struct function *function = call_resource(call, 0)->row;

    if (!function)
        return lambda_latest_missing(call);
    struct call there = lambda_call_of_function(call, function);
    if (lambda_invocation_type_of(in->invocation_type) != LAMBDA_INVOCATION_TYPE_EVENT &&
        lambda_invocation_type_of(in->invocation_type) != LAMBDA_INVOCATION_TYPE_DRY_RUN)
        return invoke_and_wait(&there, in, function, out);

    bool dry = lambda_invocation_type_of(in->invocation_type) == LAMBDA_INVOCATION_TYPE_DRY_RUN;
    struct lambda_add_invocation_params params = {.kind = LAMBDA_INVOCATION_KIND_EVENT};
    if (!lambda_payload_check(call, in->payload, !dry) || (!dry && !add(&there, in, function, &params)))
        return FAILED;
    out->durable_execution_arn = lambda_durable_arn(call, params.execution_id);
    out->status_code = arena_i64(call->arena, dry ? 204 : 202);
    return DONE;
}

void lambda_invoke_async_prepare(const struct call *call, const struct lambda_invoke_async_request *in)
{
    lambda_invoke_prepare(call, &(struct lambda_invocation_request){.payload = in->invoke_args});
}

enum outcome lambda_invoke_async(const struct call *call, const struct lambda_invoke_async_request *in,
                                 struct lambda_invoke_async_response *out)
{
    const struct lambda_invocation_request event = {
        .invocation_type = lambda_invocation_type_text(LAMBDA_INVOCATION_TYPE_EVENT),
        .payload = in->invoke_args};
    struct lambda_invocation_response response = {0};
    enum outcome outcome = lambda_invoke(call, &event, &response);

    out->status = response.status_code;
    return outcome;
}

/* ---- the end of an invocation ---- */

void lambda_invocation_answer_caller(const struct call *call,
                                     const struct lambda_find_invocation_row *invocation,
                                     const struct result *result, str tail)
{
    str answered = lambda_invocation_answer(call, invocation->request_id);

    if (!awaited(call, answered)) {
        lambda_invocation_remove(call, invocation->id);
        return;
    }
    bool handed = result->payload.size > LARGE_PAYLOAD_BYTES && hand_over(call, answered, result->payload);
    lambda_set_done(call->txn, &(struct lambda_set_done_params){.id = invocation->id,
                                                                .error = result->error,
                                                                .result = handed ? (str){0} : result->payload,
                                                                .tail = tail});
    wake(call, answered);
}

/* The pace of the log lines of a function's failures of one type; some share one when there are too many. */
static struct log_pace *pace_of(const struct function *function, const struct result *result)
{
    enum { PACES = 256 };
    static struct log_pace paces[PACES];

    return &paces[str_hash_from(str_hash(function->arn), result->error_type) % PACES];
}

static void warn_of_failure(const struct function *function,
                            const struct lambda_find_invocation_row *invocation, const struct result *result,
                            str reason)
{
    unsigned left_out;

    if (log_due(pace_of(function, result), &left_out))
        log_warn("a function failed", log_field("function", function->arn),
                 log_field("request_id", invocation->request_id), log_field("trace", invocation->trace_id),
                 log_field("reason", reason), log_field("not_told_before", left_out));
}

static void trace_end(const struct call *call, const struct function *function,
                      const struct lambda_find_invocation_row *invocation, const struct result *result)
{
    bool failed = str_present(result->error), late = str_equal(result->status, S("timeout"));
    str reason = failed ? lambda_failure_text(call, result) : (str){0};

    if (failed)
        warn_of_failure(function, invocation, result, reason);
    const struct trace_hop returned = {
        .kind = HOP_RETURNED,
        .verdict = late     ? VERDICT_TIMED_OUT
                   : failed ? VERDICT_FAILED
                            : VERDICT_OK,
        .resource_arn = function->arn,
        .request_id = invocation->request_id,
        .reason = reason,
        .attempt = invocation->attempts + 1,
        .duration_ms = invocation->started_ms ? call->now_ms - invocation->started_ms : 0,
    };
    if (invocation->batch_id)
        lambda_gathered_returned(call, *invocation->batch_id, &returned);
    else
        lambda_invocation_hop(call, invocation->trace_id, invocation->receipts, &returned);
}

void lambda_duration_count(const struct call *call, const struct function *function, int64_t ms)
{
    static const struct metric duration = {"AWS/Lambda", "Duration", "FunctionName", "Milliseconds"};

    count(call, &duration, function->row.name, (double)ms);
    lambda_pace_note_duration(function->row.version_id, ms);
}

/* Count the invocation; every attempt counts. */
static void count_end(const struct call *call, const struct function *function,
                      const struct lambda_find_invocation_row *invocation, const struct result *result)
{
    static const struct metric invocations = {"AWS/Lambda", "Invocations", "FunctionName", "Count"};
    static const struct metric errors = {"AWS/Lambda", "Errors", "FunctionName", "Count"};

    count(call, &invocations, function->row.name, 1);
    count(call, &errors, function->row.name, str_present(result->error));
    if (invocation->started_ms && !result->goes_on)
        lambda_duration_count(call, function, call->now_ms - invocation->started_ms);
}

void lambda_invocation_finish(const struct call *call, const struct function *function,
                              const struct lambda_get_sandbox_row *sandbox,
                              const struct lambda_find_invocation_row *invocation,
                              const struct result *result)
{
    struct logs_input_log_events output = {0};
    str tail = sandbox ? lambda_log_end(call, function, sandbox, invocation, result, &output) : (str){0};

    trace_end(call, function, invocation, result);
    count_end(call, function, invocation, result);
    if (invocation->durable == LAMBDA_INVOCATION_DURABLE_RUN) {
        lambda_run_end(call, invocation, result);
    } else if (invocation->durable == LAMBDA_INVOCATION_DURABLE_CHAINED) {
        lambda_chained_invocation_end(call, invocation, result);
    } else if (invocation->stream) {
        lambda_stream_end(call, invocation, result, tail);
    } else if (invocation->kind == LAMBDA_INVOCATION_KIND_SYNC) {
        lambda_invocation_answer_caller(call, invocation, result, tail);
    } else if (invocation->kind == LAMBDA_INVOCATION_KIND_EVENT) {
        lambda_event_end(call, function, invocation, result);
    } else {
        lambda_invocation_remove(call, invocation->id);
        lambda_batch_end(call, function, invocation, result, &output);
    }
}
