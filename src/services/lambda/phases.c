/*
 * phases.c: what a sandbox with extensions does, phase by phase: initialization, invocations, shutdown.
 *
 * A phase ends when the function's program and the extensions that take part have asked for their next event.
 * So an extension may go on working after the function's answer, which its caller already has: this time
 * counts, for the duration and for the timeout.  A sandbox without extensions has no phases, and no
 * costs: a count in its row is 0.
 *
 * A sandbox in which anything fails shuts down.  It first ends the function's program, then it tells the
 * extensions, and all of it has two seconds.
 */
#include "invocations.h"
#include "lambda_internal.h"
#include "reports.h"
#include "sandboxes.h"

#include "base/hash.h"
#include "engine/count.h"
#include "logs_model.h"

enum {
    SHUTDOWN_MS = 2000,
    SHUTDOWN_INTERNAL_MS = 500, /* without external extensions */
    RUNTIME_GRACE_MS = 300,     /* of SHUTDOWN_MS, for the function's program */
};

static bool phase_of(const struct call *call, str sandbox_id, struct lambda_get_phase_row *phase)
{
    return lambda_get_phase(call->txn, &(struct lambda_get_phase_params){.sandbox_id = sandbox_id}, phase);
}

static struct lambda_extension_rows extensions_of(const struct call *call, str sandbox_id)
{
    return lambda_list_extensions(call->txn,
                                  &(struct lambda_list_extensions_params){.sandbox_id = sandbox_id});
}

static str waiting_name(const struct call *call, str sandbox_id)
{
    return arena_concat(call->arena, S("lambda/phase/"), sandbox_id);
}

/* ---- the beginning ---- */

void lambda_phase_begin(const struct call *call, str sandbox_id, const struct str_list *extensions)
{
    if (extensions->count == 0)
        return;
    for (size_t i = 0; i < extensions->count; i++)
        lambda_add_extension(call->txn,
                             &(struct lambda_add_extension_params){.id = random_uuid(call->arena),
                                                                   .sandbox_id = sandbox_id,
                                                                   .name = extensions->items[i],
                                                                   .external = 1,
                                                                   .state = LAMBDA_EXTENSION_STATE_STARTED});
    lambda_add_phase(call->txn, &(struct lambda_add_phase_params){.sandbox_id = sandbox_id});
    lambda_set_extensions(call->txn, &(struct lambda_set_extensions_params){
                                         .id = sandbox_id, .extensions = (int64_t)extensions->count});
}

/* AWS starts the first ten before it counts one too many; nothing waits for them. */
void lambda_phase_tell_too_many(const struct call *call, const struct function *function,
                                const struct lambda_get_sandbox_row *sandbox,
                                const struct str_list *extensions)
{
    for (size_t i = 0; i < extensions->count; i++) {
        const struct lambda_extension_row extension = {
            .name = extensions->items[i],
            .state =
                i < MOST_EXTENSIONS ? LAMBDA_EXTENSION_STATE_STARTED : LAMBDA_EXTENSION_STATE_LAUNCH_ERROR,
            .error_type = i < MOST_EXTENSIONS ? (str){0} : S("TooManyExtensions"),
        };
        lambda_log_extension(call, function, sandbox->id, &extension);
    }
}

void lambda_phase_run(const struct call *call, str sandbox_id)
{
    lambda_set_phase_runs(
        call->txn, &(struct lambda_set_phase_runs_params){.sandbox_id = sandbox_id, .runtime_runs = 1});
    sandbox_run_effect(call, &(struct sandbox_run_input){.sandbox_id = sandbox_id});
}

bool lambda_phase_takes_extensions(const struct call *call, const struct lambda_get_sandbox_row *sandbox)
{
    struct lambda_get_phase_row phase;

    return sandbox->state == LAMBDA_SANDBOX_STATE_STARTING &&
           (!phase_of(call, sandbox->id, &phase) || !phase.runtime_ms);
}

bool lambda_phase_takes_subscriptions(const struct lambda_get_sandbox_row *sandbox)
{
    return sandbox->state == LAMBDA_SANDBOX_STATE_STARTING;
}

/* Each extension makes a line of the log, and an event. */
static void tell_extensions(const struct call *call, const struct function *function,
                            const struct lambda_get_sandbox_row *sandbox)
{
    struct lambda_extension_rows extensions = extensions_of(call, sandbox->id);

    for (size_t i = 0; i < extensions.count; i++) {
        lambda_log_extension(call, function, sandbox->id, &extensions.items[i]);
        lambda_telemetry_extension(call, function, sandbox, &extensions.items[i]);
    }
}

static void initialized(const struct call *call, const struct function *function,
                        struct lambda_get_sandbox_row *sandbox)
{
    tell_extensions(call, function, sandbox);
    lambda_sandbox_initialized(call, function, sandbox);
}

/* ---- the end of an invocation ---- */

static const struct sent_answer *answer_of(const struct call *call, const struct lambda_get_phase_row *phase)
{
    struct sent_answer *answer = arena_new(call->arena, struct sent_answer);

    if (!phase->answer_ms || !phase->answer_bytes)
        return NULL;
    *answer = (struct sent_answer){.begun_ms = *phase->answer_ms, .bytes = *phase->answer_bytes};
    return answer;
}

static struct invocation_report report_of(const struct call *call,
                                          const struct lambda_get_sandbox_row *sandbox,
                                          const struct lambda_get_phase_row *phase,
                                          const struct result *result)
{
    int64_t duration_ms = phase->started_ms ? call->now_ms - *phase->started_ms : 0;

    return (struct invocation_report){
        .request_id = phase->request_id,
        .result = result,
        .started_ms = call->now_ms - duration_ms,
        .duration_ms = duration_ms,
        .billed_ms = duration_ms + (sandbox->init_ms ? *sandbox->init_ms : 0),
        .memory_bytes = sandbox->memory_bytes,
        .init_ms = sandbox->init_ms,
        .answer = answer_of(call, phase),
        .answered_ms = phase->answered_ms ? *phase->answered_ms : 0,
        .ready_ms = phase->runtime_ms,
    };
}

/* The invocation has been answered, and now it is over; the result is that of the whole phase. */
static void end_invocation(const struct call *call, const struct function *function,
                           const struct lambda_get_sandbox_row *sandbox,
                           const struct lambda_get_phase_row *phase, const struct result *result)
{
    static const struct metric after = {"AWS/Lambda", "PostRuntimeExtensionsDuration", "FunctionName",
                                        "Milliseconds"};
    struct invocation_report report = report_of(call, sandbox, phase, result);

    lambda_log_report(call, function, sandbox, &report);
    lambda_telemetry_report(call, function, sandbox, &report);
    lambda_duration_count(call, function, report.duration_ms);
    if (phase->runtime_ms)
        count(call, &after, function->row.name, (double)(call->now_ms - *phase->runtime_ms));
}

/* ---- the end of a phase ---- */

/* Has the extension no more to do in this phase? */
static bool is_done(const struct lambda_extension_row *extension, enum lambda_sandbox_state state)
{
    bool takes_part = state == LAMBDA_SANDBOX_STATE_STARTING || extension->takes_invoke;

    return !takes_part || (extension->state == LAMBDA_EXTENSION_STATE_READY && !extension->event);
}

static bool is_over(const struct call *call, const struct lambda_get_sandbox_row *sandbox,
                    const struct lambda_get_phase_row *phase)
{
    struct lambda_extension_rows extensions = extensions_of(call, sandbox->id);

    if (!phase->runtime_ms)
        return false;
    for (size_t i = 0; i < extensions.count; i++)
        if (!is_done(&extensions.items[i], sandbox->state))
            return false;
    return true;
}

void lambda_phase_check(const struct call *call, const struct function *function,
                        struct lambda_get_sandbox_row *sandbox)
{
    struct lambda_get_phase_row phase;

    if (!phase_of(call, sandbox->id, &phase) || !is_over(call, sandbox, &phase))
        return;
    if (sandbox->state == LAMBDA_SANDBOX_STATE_STARTING) {
        initialized(call, function, sandbox);
    } else if (sandbox->state == LAMBDA_SANDBOX_STATE_BUSY && phase.answered_ms) {
        end_invocation(call, function, sandbox, &phase, &(struct result){0});
        lambda_sandbox_release(call, function, sandbox);
    } else {
        return;
    }
    wake(call, waiting_name(call, sandbox->id));
}

static void program_is_ready(const struct call *call, const struct function *function,
                             const struct lambda_get_sandbox_row *sandbox, struct lambda_get_phase_row *phase)
{
    const struct result success = {0};

    phase->runtime_ms = arena_i64(call->arena, call->now_ms);
    lambda_set_phase_ready(call->txn, &(struct lambda_set_phase_ready_params){
                                          .sandbox_id = sandbox->id, .runtime_ms = phase->runtime_ms});
    if (sandbox->state == LAMBDA_SANDBOX_STATE_STARTING) {
        lambda_report_init_done(call, function, sandbox, &success);
        return;
    }
    struct invocation_report report = report_of(call, sandbox, phase, &success);
    lambda_telemetry_runtime_done(call, function, sandbox, &report);
}

/* The function's program asks for its next event.  Returns whether its phase goes on. */
bool lambda_phase_goes_on(const struct call *call, const struct function *function,
                          struct lambda_get_sandbox_row *sandbox)
{
    struct lambda_get_phase_row phase;

    if (sandbox->state == LAMBDA_SANDBOX_STATE_IDLE || !phase_of(call, sandbox->id, &phase) ||
        (sandbox->state == LAMBDA_SANDBOX_STATE_BUSY && !phase.answered_ms))
        return false;
    if (!phase.runtime_ms) {
        program_is_ready(call, function, sandbox, &phase);
        lambda_phase_check(call, function, sandbox);
    }
    return !lambda_get_sandbox(call->txn, &(struct lambda_get_sandbox_params){.id = sandbox->id}, sandbox) ||
           sandbox->state != LAMBDA_SANDBOX_STATE_IDLE;
}

enum outcome lambda_phase_wait(const struct call *call, str sandbox_id)
{
    return park(call, waiting_name(call, sandbox_id), INT64_MAX);
}

/* ---- an invocation ---- */

void lambda_phase_invoke(const struct call *call, const struct function *function,
                         const struct lambda_get_sandbox_row *sandbox,
                         const struct lambda_phase_invocation *invocation)
{
    struct lambda_extension_rows extensions = extensions_of(call, sandbox->id);

    lambda_set_phase_invoke(call->txn, &(struct lambda_set_phase_invoke_params){
                                           .sandbox_id = sandbox->id,
                                           .request_id = invocation->request_id,
                                           .function_arn = invocation->function_arn,
                                           .tracing = invocation->tracing,
                                           .started_ms = arena_i64(call->arena, call->now_ms),
                                           .deadline_ms = arena_i64(call->arena, invocation->deadline_ms)});
    lambda_telemetry_start(call, function, sandbox, invocation->request_id);
    for (size_t i = 0; i < extensions.count; i++)
        if (extensions.items[i].takes_invoke)
            lambda_extension_notify(call, &extensions.items[i], LAMBDA_EXTENSION_EVENT_INVOKE);
}

void lambda_phase_answered(const struct call *call, str sandbox_id, const struct sent_answer *answer)
{
    lambda_set_phase_answered(call->txn, &(struct lambda_set_phase_answered_params){
                                             .sandbox_id = sandbox_id,
                                             .answer_ms = answer ? &answer->begun_ms : NULL,
                                             .answer_bytes = answer ? &answer->bytes : NULL,
                                             .answered_ms = arena_i64(call->arena, call->now_ms)});
}

/* ---- shutdown ---- */

static bool waits_for_shutdown(const struct lambda_extension_row *extension)
{
    return extension->external && extension->takes_shutdown &&
           (extension->state == LAMBDA_EXTENSION_STATE_REGISTERED ||
            extension->state == LAMBDA_EXTENSION_STATE_READY ||
            extension->state == LAMBDA_EXTENSION_STATE_RUNNING);
}

/*
 * The function's program has ended: tell the extensions that want to know.  Without any, nobody is waited
 * for.
 */
static void end_extensions(const struct call *call, str sandbox_id)
{
    struct lambda_extension_rows extensions = extensions_of(call, sandbox_id);
    bool told = false;

    for (size_t i = 0; i < extensions.count; i++)
        if (waits_for_shutdown(&extensions.items[i])) {
            lambda_extension_notify(call, &extensions.items[i], LAMBDA_EXTENSION_EVENT_SHUTDOWN);
            told = true;
        }
    if (!told)
        lambda_sandbox_stop(call, sandbox_id);
}

static bool has_external(const struct lambda_extension_rows *extensions)
{
    return extensions->count > 0 && extensions->items[0].external;
}

bool lambda_phase_shut_down(const struct call *call, str sandbox_id, str reason)
{
    struct lambda_extension_rows extensions;
    struct lambda_get_sandbox_row sandbox;
    struct lambda_get_phase_row phase;

    if (!phase_of(call, sandbox_id, &phase) ||
        !lambda_get_sandbox(call->txn, &(struct lambda_get_sandbox_params){.id = sandbox_id}, &sandbox))
        return false;
    if (str_present(phase.shutdown_reason))
        return true;
    extensions = extensions_of(call, sandbox_id);
    int64_t most_ms = has_external(&extensions) ? SHUTDOWN_MS : SHUTDOWN_INTERNAL_MS;
    lambda_set_stopping(call->txn, &(struct lambda_set_stopping_params){
                                       .id = sandbox_id, .deadline_ms = call->now_ms + most_ms});
    lambda_sandbox_check_at(call, &sandbox, call->now_ms + most_ms);
    lambda_set_phase_shutdown(call->txn,
                              &(struct lambda_set_phase_shutdown_params){
                                  .sandbox_id = sandbox_id,
                                  .shutdown_reason = reason,
                                  .deadline_ms = arena_i64(call->arena, wall_clock_ms() + most_ms)});
    if (phase.runtime_runs)
        sandbox_terminate_effect(
            call, &(struct sandbox_terminate_input){.sandbox_id = sandbox_id, .grace_ms = RUNTIME_GRACE_MS});
    else
        end_extensions(call, sandbox_id);
    return true;
}

enum outcome lambda_end_sandboxes(const struct call *call, const struct sandbox_ending *in,
                                  struct lambda_end_sandboxes_output *out)
{
    struct lambda_list_all_sandboxes_rows rows = lambda_list_all_sandboxes(call->txn);

    (void)in;
    (void)out;
    for (size_t i = 0; i < rows.count; i++)
        lambda_phase_shut_down(call, rows.items[i].id, S("spindown"));
    return DONE;
}

/* ---- failures ---- */

/* What the sandbox is busy with fails. */
static void fail_work(const struct call *call, const struct function *function,
                      const struct lambda_get_sandbox_row *sandbox, const struct sandbox_end *end)
{
    struct lambda_find_invocation_row invocation;
    struct lambda_get_phase_row phase;
    struct invocation_report report;
    struct result result;

    if (lambda_invocation_of_sandbox(call, sandbox->id, &invocation) ||
        (sandbox->state == LAMBDA_SANDBOX_STATE_STARTING &&
         lambda_sandbox_next(call, function, sandbox, &invocation))) {
        result = lambda_sandbox_result(call, end, invocation.request_id);
        report = lambda_invocation_report(call, sandbox, &invocation, &result);
        lambda_telemetry_failed(call, function, sandbox, &report);
        lambda_invocation_finish(call, function, sandbox, &invocation, &result);
    } else if (sandbox->state == LAMBDA_SANDBOX_STATE_BUSY && phase_of(call, sandbox->id, &phase)) {
        result = lambda_sandbox_result(call, end, phase.request_id);
        report = report_of(call, sandbox, &phase, &result);
        if (!phase.runtime_ms)
            lambda_telemetry_runtime_done(call, function, sandbox, &report);
        end_invocation(call, function, sandbox, &phase, &result);
    } else {
        lambda_log_flush(call, function, sandbox, NULL);
    }
}

void lambda_phase_init_failed(const struct call *call, const struct function *function,
                              const struct lambda_get_sandbox_row *sandbox, const struct result *result)
{
    struct lambda_find_invocation_row invocation;

    lambda_report_init_done(call, function, sandbox, result);
    tell_extensions(call, function, sandbox);
    lambda_report_init(call, function, sandbox, result);
    lambda_sandbox_end(call, sandbox->id, S("failure"));
    if (!lambda_sandbox_next(call, function, sandbox, &invocation))
        return;
    struct invocation_report report = lambda_invocation_report(call, sandbox, &invocation, result);
    lambda_telemetry_failed(call, function, sandbox, &report);
    lambda_invocation_finish(call, function, sandbox, &invocation, result);
}

/* The function's program runs, and does not become ready any more. */
static void report_unready(const struct call *call, const struct function *function,
                           const struct lambda_get_sandbox_row *sandbox, const struct result *result)
{
    struct lambda_get_phase_row phase;

    if (phase_of(call, sandbox->id, &phase) && phase.runtime_runs && !phase.runtime_ms)
        lambda_report_init_done(call, function, sandbox, result);
}

void lambda_phase_fail(const struct call *call, const struct function *function,
                       struct lambda_get_sandbox_row *sandbox, const struct sandbox_end *end, str reason)
{
    if (sandbox->state == LAMBDA_SANDBOX_STATE_STARTING) {
        const struct result result = lambda_sandbox_result(call, end, S(""));
        report_unready(call, function, sandbox, &result);
        tell_extensions(call, function, sandbox);
        lambda_report_init(call, function, sandbox, &result);
    }
    if (sandbox->state != LAMBDA_SANDBOX_STATE_STOPPING)
        fail_work(call, function, sandbox, end);
    sandbox->state = LAMBDA_SANDBOX_STATE_STOPPING;
    lambda_phase_shut_down(call, sandbox->id, reason);
    lambda_function_dispatch(call, function);
}

/* ---- ends of processes ---- */

static const char *crash_type(enum lambda_extension_state state)
{
    switch (state) {
    case LAMBDA_EXTENSION_STATE_INIT_ERROR:
        return "Extension.InitError";
    case LAMBDA_EXTENSION_STATE_EXIT_ERROR:
        return "Extension.ExitError";
    case LAMBDA_EXTENSION_STATE_LAUNCH_ERROR:
        return "Extension.LaunchError";
    default:
        return "Extension.Crash";
    }
}

/* Note the end of the extension's program, unless the extension has reported an error before. */
static void note_end(const struct call *call, struct lambda_extension_row *extension,
                     const struct sandbox_process_exited *in)
{
    bool has_started = !str_equal(in->reason, S("StartFailed"));

    if (extension->state == LAMBDA_EXTENSION_STATE_INIT_ERROR ||
        extension->state == LAMBDA_EXTENSION_STATE_EXIT_ERROR)
        return;
    extension->state = has_started ? LAMBDA_EXTENSION_STATE_EXITED : LAMBDA_EXTENSION_STATE_LAUNCH_ERROR;
    if (!has_started)
        extension->error_type =
            str_find(in->message, S("permission denied")) >= 0 ? S("PermissionDenied") : S("UnknownError");
    lambda_set_extension_failed(
        call->txn, &(struct lambda_set_extension_failed_params){
                       .id = extension->id, .state = extension->state, .error_type = extension->error_type});
}

static void extension_has_ended(const struct call *call, const struct function *function,
                                struct lambda_get_sandbox_row *sandbox,
                                const struct sandbox_process_exited *in)
{
    struct lambda_extension_rows extensions = extensions_of(call, sandbox->id);
    struct lambda_get_phase_row phase;
    bool awaited_more = false;
    struct sandbox_end end = lambda_process_end(call, in);

    for (size_t i = 0; i < extensions.count; i++) {
        struct lambda_extension_row *extension = &extensions.items[i];
        if (extension->external && str_equal(extension->name, in->extension)) {
            note_end(call, extension, in);
            end.type = str_equal(in->reason, S("OutOfMemory")) ? end.type : crash_type(extension->state);
        }
        awaited_more |= waits_for_shutdown(extension);
    }
    if (sandbox->state != LAMBDA_SANDBOX_STATE_STOPPING)
        lambda_phase_fail(call, function, sandbox, &end, S("failure"));
    else if (!awaited_more && phase_of(call, sandbox->id, &phase) && !phase.runtime_runs)
        lambda_sandbox_stop(call, sandbox->id);
}

static void runtime_has_ended(const struct call *call, const struct function *function,
                              struct lambda_get_sandbox_row *sandbox, const struct sandbox_process_exited *in)
{
    struct sandbox_end end = lambda_process_end(call, in);
    const struct result result = lambda_sandbox_result(call, &end, S(""));

    if (sandbox->state == LAMBDA_SANDBOX_STATE_STARTING)
        report_unready(call, function, sandbox, &result);
    lambda_set_phase_runs(call->txn, &(struct lambda_set_phase_runs_params){.sandbox_id = sandbox->id});
    if (str_equal(in->reason, S("StartFailed")))
        lambda_log_keep(call, sandbox->id, call->now_ms, in->message);
    if (sandbox->state == LAMBDA_SANDBOX_STATE_STOPPING)
        end_extensions(call, sandbox->id);
    else
        lambda_phase_fail(call, function, sandbox, &end, S("failure"));
}

enum outcome lambda_process_exited(const struct call *call, const struct sandbox_process_exited *in,
                                   struct lambda_process_exited_output *out)
{
    struct lambda_get_sandbox_row sandbox;
    struct function function;

    (void)out;
    if (!lambda_get_sandbox(call->txn, &(struct lambda_get_sandbox_params){.id = in->sandbox_id}, &sandbox))
        return DONE;
    if (!lambda_version_get(call, sandbox.version_id, &function)) {
        lambda_sandbox_stop(call, sandbox.id);
        return DONE;
    }
    struct call there = lambda_call_of_function(call, &function);
    lambda_sandbox_note_memory(&there, &sandbox, in->max_memory_bytes);
    if (str_present(in->extension))
        extension_has_ended(&there, &function, &sandbox, in);
    else
        runtime_has_ended(&there, &function, &sandbox, in);
    return DONE;
}

void lambda_phase_forget(const struct call *call, str sandbox_id)
{
    lambda_remove_extensions(call->txn, &(struct lambda_remove_extensions_params){.sandbox_id = sandbox_id});
    lambda_remove_phase(call->txn, &(struct lambda_remove_phase_params){.sandbox_id = sandbox_id});
}
