/*
 * sandbox_life.c: the life of one sandbox: launch, timer, events.
 *
 * A sandbox asks for work itself (runtime_api.c).  It has one timer for everything that may become due: its
 * deadline, lines held back too long, idleness, the expiry of its credentials.  The timer is not moved at
 * each invocation: it fires, checks, and is set again.
 */
#include "code.h"
#include "invocations.h"
#include "lambda_internal.h"
#include "reports.h"
#include "runtimes.h"
#include "sandboxes.h"

#include "base/log.h"

#include <string.h>

enum { IDLE_MS = 5 * 60 * MS_PER_S };

/* ---- launching ---- */

/* The function's log has what AWS's would; that the machine has another version is news for the server's. */
static void log_start(const struct call *call, const struct function *function,
                      const struct lambda_get_sandbox_row *sandbox)
{
    const struct runtime *runtime = lambda_runtime_find(function->row.runtime);
    const struct interpreter *interpreter = lambda_runtime_interpreter(runtime);
    static struct log_pace pace;
    unsigned left_out;

    lambda_log_init_start(call, function, sandbox);
    if (interpreter && strcmp(interpreter->version, runtime->version) != 0 && log_due(&pace, &left_out))
        log_info("a function runs on another version of its runtime", log_field("function", function->arn),
                 log_field("runtime", runtime->name), log_field("version", interpreter->version),
                 log_field("not_told_before", left_out));
}

bool lambda_sandbox_next(const struct call *call, const struct function *function,
                         const struct lambda_get_sandbox_row *sandbox,
                         struct lambda_find_invocation_row *invocation)
{
    if (!sandbox->provisioned)
        return lambda_invocation_next(call, function, invocation);
    lambda_provisioned_failed(call, function);
    return false;
}

/* What a worker found out about the code of a sandbox; it has also looked for the interpreter. */
struct verified {
    str problem;     /* absent: the code is good */
    str fingerprint; /* of a hot-reload folder */
    struct str_list extensions;
};

static struct verified *verify(const struct call *call, const struct lambda_launch_sandbox_request *in)
{
    struct verified *verified = arena_new(call->arena, struct verified);
    bool is_hot = lambda_code_is_hot(in->package);
    struct str_list code = {0};

    lambda_runtime_look(lambda_runtime_find(in->runtime));
    *list_add(call->arena, &code) = in->package;
    if ((!is_hot && !lambda_unpacked_verify(call, in->package, &code)) ||
        (in->layer_packages.count > 0 && !lambda_unpacked_verify(call, in->layers, &in->layer_packages)))
        verified->problem = call->progress->failure.message;
    else if (is_hot)
        verified->problem = lambda_hot_code_verify(call, in->package, &verified->fingerprint);
    if (in->layer_packages.count > 0 && !str_present(verified->problem))
        verified->extensions = lambda_unpacked_extensions(call, in->layers);
    return verified;
}

void lambda_launch_sandbox_prepare(const struct call *call, const struct lambda_launch_sandbox_request *in)
{
    leave_prepared(call, verify(call, in));
}

/* AWS's word. */
static const str too_many_extensions = {"ErrTooManyExtensions", sizeof "ErrTooManyExtensions" - 1};

static struct result not_launched(const struct call *call, str problem, str request_id)
{
    const struct sandbox_end too_many = {"Extension.LaunchError", too_many_extensions, "error"};

    if (str_equal(problem, too_many_extensions))
        return lambda_sandbox_result(call, &too_many, request_id);
    struct result result = lambda_result_error(call, "Runtime.InvalidEntrypoint", problem);
    result.status = S("error");
    return result;
}

/* A sandbox that could not start fails the oldest waiting invocation. */
static void fail_launch(const struct call *call, const struct function *function,
                        const struct lambda_get_sandbox_row *sandbox, const struct verified *verified,
                        str problem)
{
    struct lambda_find_invocation_row invocation = {.request_id = S("")};
    bool waits = lambda_sandbox_next(call, function, sandbox, &invocation);
    struct result result = not_launched(call, problem, invocation.request_id);

    log_warn("a function cannot be started", log_field("function", function->arn),
             log_field("reason", problem));
    if (str_equal(problem, too_many_extensions))
        lambda_phase_tell_too_many(call, function, sandbox, &verified->extensions);
    else
        lambda_log_keep(call, sandbox->id, call->now_ms, problem);
    lambda_report_init(call, function, sandbox, &result);
    if (waits)
        lambda_invocation_finish(call, function, sandbox, &invocation, &result);
}

/* Launch a sandbox whose code has been verified.  False: *problem says why it cannot run. */
static bool launch(const struct call *call, struct function *function,
                   const struct lambda_get_sandbox_row *sandbox, const struct verified *verified,
                   str *problem)
{
    int64_t retire_ms;

    *problem = verified->extensions.count > MOST_EXTENSIONS ? too_many_extensions : verified->problem;
    if (str_present(*problem) ||
        !lambda_sandbox_start(call, function, sandbox, &verified->extensions, &retire_ms, problem))
        return false;
    lambda_phase_begin(call, sandbox->id, &verified->extensions);
    if (lambda_code_is_hot(sandbox->package))
        lambda_hot_code_launched(call, function, sandbox, verified->fingerprint);
    lambda_set_launched(call->txn, &(struct lambda_set_launched_params){
                                       .id = sandbox->id,
                                       .deadline_ms = lambda_first_deadline_ms(call, function),
                                       .retire_ms = retire_ms});
    return true;
}

enum outcome lambda_launch_sandbox(const struct call *call, const struct lambda_launch_sandbox_request *in,
                                   struct lambda_launch_sandbox_output *out)
{
    const struct verified *verified = prepared(call);
    struct lambda_get_sandbox_row sandbox;
    struct function function;
    str problem;

    (void)out;
    answer_unsynced(call);
    if (!lambda_get_sandbox(call->txn, &(struct lambda_get_sandbox_params){.id = in->sandbox_id}, &sandbox) ||
        sandbox.state != LAMBDA_SANDBOX_STATE_STARTING ||
        !lambda_version_get(call, sandbox.version_id, &function)) {
        lambda_package_release(call, in->package); /* perhaps no other call knows that it was unpacked */
        lambda_unpacked_release(call, in->layers);
        return DONE;
    }
    struct call there = lambda_call_of_function(call, &function);
    log_start(&there, &function, &sandbox);
    if (!verified)
        verified = verify(&there, in);
    if (launch(&there, &function, &sandbox, verified, &problem))
        return DONE;
    fail_launch(&there, &function, &sandbox, verified, problem);
    lambda_sandbox_forget(&there, &sandbox);
    lambda_function_dispatch(&there, &function);
    return DONE;
}

/* ---- the timer ---- */

static int64_t due_ms(const struct lambda_get_sandbox_row *sandbox)
{
    if (sandbox->state != LAMBDA_SANDBOX_STATE_IDLE)
        return sandbox->deadline_ms;
    if (sandbox->provisioned)
        return sandbox->retire_ms;
    int64_t idle_ms = sandbox->idle_since_ms + IDLE_MS;
    return idle_ms < sandbox->retire_ms ? idle_ms : sandbox->retire_ms;
}

struct result lambda_sandbox_result(const struct call *call, const struct sandbox_end *end, str request_id)
{
    str message = arena_concat(call->arena, S("RequestId: "), request_id, S(" Error: "), end->message);
    struct result result = lambda_result_error(call, end->type, message);

    result.status = str_of(end->status);
    if (str_equal(result.status, S("error")))
        result.fault = arena_concat(call->arena, message, S("\n"), str_of(end->type));
    return result;
}

static struct sandbox_end timed_out(const struct call *call, const struct function *function)
{
    return (struct sandbox_end){.type = "Sandbox.Timedout",
                                .message = arena_format(call->arena, "Task timed out after %lld.00 seconds",
                                                        (long long)function->row.timeout_seconds),
                                .status = "timeout"};
}

/* The initialization fails, and with it the oldest waiting invocation. */
static void fail_init(const struct call *call, const struct function *function,
                      const struct lambda_get_sandbox_row *sandbox, const struct sandbox_end *end)
{
    struct lambda_find_invocation_row invocation = {.request_id = S("")};
    bool waits = lambda_sandbox_next(call, function, sandbox, &invocation);
    struct result result = lambda_sandbox_result(call, end, invocation.request_id);

    lambda_report_init_done(call, function, sandbox, &result);
    lambda_report_init(call, function, sandbox, &result);
    if (waits)
        lambda_invocation_finish(call, function, sandbox, &invocation, &result);
    else
        lambda_log_flush(call, function, sandbox, NULL);
}

static void end_overdue(const struct call *call, const struct function *function,
                        struct lambda_get_sandbox_row *sandbox)
{
    struct sandbox_end end = timed_out(call, function);

    if (sandbox->extensions > 0 && sandbox->state != LAMBDA_SANDBOX_STATE_IDLE) {
        lambda_phase_fail(call, function, sandbox, &end, S("timeout"));
        return;
    }
    if (sandbox->state == LAMBDA_SANDBOX_STATE_BUSY) {
        lambda_sandbox_stop_as(call, sandbox->id, LAMBDA_SANDBOX_STATE_LATE);
        return;
    }
    lambda_sandbox_end(call, sandbox->id, S("spindown"));
    if (sandbox->state == LAMBDA_SANDBOX_STATE_STARTING)
        fail_init(call, function, sandbox, &end);
}

/* Its extensions have two seconds to end. */
static enum outcome check_shutdown(const struct call *call, struct lambda_get_sandbox_row *sandbox)
{
    if (sandbox->deadline_ms <= call->now_ms) {
        lambda_sandbox_stop(call, sandbox->id);
        return DONE;
    }
    sandbox->check_ms = INT64_MAX;
    lambda_sandbox_check_at(call, sandbox, sandbox->deadline_ms);
    return DONE;
}

enum outcome lambda_check_sandbox(const struct call *call, const struct lambda_check_sandbox_request *in,
                                  struct lambda_check_sandbox_output *out)
{
    struct lambda_get_sandbox_row sandbox;
    struct lambda_find_invocation_row invocation;
    struct function function;

    (void)out;
    if (lambda_get_sandbox(call->txn, &(struct lambda_get_sandbox_params){.id = in->sandbox_id}, &sandbox) &&
        sandbox.state == LAMBDA_SANDBOX_STATE_STOPPING && sandbox.extensions > 0)
        return check_shutdown(call, &sandbox);
    if (!lambda_get_sandbox(call->txn, &(struct lambda_get_sandbox_params){.id = in->sandbox_id}, &sandbox) ||
        sandbox.state == LAMBDA_SANDBOX_STATE_STOPPING || sandbox.state == LAMBDA_SANDBOX_STATE_LATE ||
        !lambda_version_get(call, sandbox.version_id, &function))
        return DONE;
    struct call there = lambda_call_of_function(call, &function);
    bool has_invocation = lambda_invocation_of_sandbox(call, sandbox.id, &invocation);
    lambda_log_flush(&there, &function, &sandbox, has_invocation ? &invocation : NULL);
    if (due_ms(&sandbox) <= call->now_ms) {
        end_overdue(&there, &function, &sandbox);
        return DONE;
    }
    sandbox.check_ms = INT64_MAX;
    lambda_sandbox_check_at(&there, &sandbox, due_ms(&sandbox));
    return DONE;
}

/* ---- events from the server ---- */

void lambda_sandbox_note_memory(const struct call *call, struct lambda_get_sandbox_row *sandbox,
                                const int64_t *bytes)
{
    if (!bytes || *bytes <= sandbox->memory_bytes)
        return;
    sandbox->memory_bytes = *bytes;
    lambda_set_memory(call->txn,
                      &(struct lambda_set_memory_params){.id = sandbox->id, .memory_bytes = *bytes});
}

enum outcome lambda_sandbox_output(const struct call *call, const struct sandbox_output *in,
                                   struct lambda_sandbox_output_output *out)
{
    struct lambda_get_sandbox_row sandbox;
    struct function function;

    (void)out;
    answer_unsynced(call);
    if (!lambda_get_sandbox(call->txn, &(struct lambda_get_sandbox_params){.id = in->sandbox_id}, &sandbox))
        return DONE;
    lambda_sandbox_note_memory(call, &sandbox, in->max_memory_bytes);
    if (!lambda_version_get(call, sandbox.version_id, &function))
        return DONE;
    struct call there = lambda_call_of_function(call, &function);
    lambda_log_output(&there, &function, &sandbox, &in->lines);
    return DONE;
}

/* The names of signals in Go, in which AWS's supervisor is written. */
static str signal_name(const struct call *call, int64_t number)
{
    return arena_lower_case(call->arena, str_of(strsignal((int)number)));
}

static str exit_message(const struct call *call, const struct sandbox_exited *in)
{
    if (str_equal(in->reason, S("OutOfMemory")))
        return S("Runtime exited with error: signal: killed");
    if (in->signal)
        return arena_format(call->arena, "Runtime exited with error: signal: %.*s",
                            STR_ARGS(signal_name(call, *in->signal)));
    if (in->exit_code && *in->exit_code != 0)
        return arena_format(call->arena, "Runtime exited with error: exit status %lld",
                            (long long)*in->exit_code);
    return in->exit_code ? S("Runtime exited without providing a reason") : in->message;
}

static const char *exit_type(const struct sandbox_exited *in)
{
    if (str_equal(in->reason, S("OutOfMemory")))
        return "Runtime.OutOfMemory";
    return str_equal(in->reason, S("StartFailed")) ? "Runtime.InvalidEntrypoint" : "Runtime.ExitError";
}

static struct sandbox_end exit_end(const struct call *call, const struct sandbox_exited *in)
{
    return (struct sandbox_end){.type = exit_type(in), .message = exit_message(call, in), .status = "error"};
}

/* In the words of AWS's supervisor, as for the function's program. */
static str extension_exit_message(const struct call *call, const struct sandbox_process_exited *in)
{
    if (in->signal)
        return arena_concat(call->arena, S("signal: "), signal_name(call, *in->signal));
    if (in->exit_code)
        return arena_format(call->arena, *in->exit_code ? "exit status %lld" : "exit code %lld",
                            (long long)*in->exit_code);
    return in->message;
}

struct sandbox_end lambda_process_end(const struct call *call, const struct sandbox_process_exited *in)
{
    const struct sandbox_exited exited = {
        .reason = in->reason, .exit_code = in->exit_code, .signal = in->signal, .message = in->message};
    struct sandbox_end end = exit_end(call, &exited);

    if (str_present(in->extension) && !str_equal(in->reason, S("OutOfMemory")))
        end.message = extension_exit_message(call, in);
    return end;
}

/*
 * The sandbox has not been initialized, and its function cannot help its end: the invocation that it is for
 * waits for another one.
 */
static bool is_replaced(const struct lambda_get_sandbox_row *sandbox, const struct sandbox_exited *in)
{
    return sandbox->state == LAMBDA_SANDBOX_STATE_STARTING && str_equal(in->reason, S("LauncherEnded"));
}

/* Report the sandbox's end to the invocation that it ran, or would have run. */
static void tell_of_exit(const struct call *call, const struct function *function,
                         const struct sandbox_exited *in, const struct lambda_get_sandbox_row *sandbox)
{
    struct lambda_find_invocation_row invocation;
    struct sandbox_end end =
        sandbox->state == LAMBDA_SANDBOX_STATE_LATE ? timed_out(call, function) : exit_end(call, in);

    if (sandbox->state == LAMBDA_SANDBOX_STATE_STARTING && !is_replaced(sandbox, in)) {
        fail_init(call, function, sandbox, &end);
    } else if (lambda_invocation_of_sandbox(call, sandbox->id, &invocation)) {
        struct result result = lambda_sandbox_result(call, &end, invocation.request_id);
        lambda_invocation_finish(call, function, sandbox, &invocation, &result);
    } else {
        lambda_log_flush(call, function, sandbox, NULL);
    }
}

/* A sandbox with extensions has ended; what it was busy with fails, unless it was shutting down. */
static void end_phase(const struct call *call, const struct function *function,
                      const struct sandbox_exited *in, struct lambda_get_sandbox_row *sandbox)
{
    struct sandbox_end end = exit_end(call, in);

    if (!is_replaced(sandbox, in))
        lambda_phase_fail(call, function, sandbox, &end, S("failure"));
    lambda_log_flush(call, function, sandbox, NULL);
}

enum outcome lambda_sandbox_exited(const struct call *call, const struct sandbox_exited *in,
                                   struct lambda_sandbox_exited_output *out)
{
    struct lambda_get_sandbox_row sandbox;
    struct function function;

    (void)out;
    if (!lambda_get_sandbox(call->txn, &(struct lambda_get_sandbox_params){.id = in->sandbox_id}, &sandbox))
        return DONE;
    lambda_sandbox_note_memory(call, &sandbox, in->max_memory_bytes);
    if (!lambda_version_get(call, sandbox.version_id, &function)) {
        lambda_sandbox_forget(call, &sandbox);
        return DONE;
    }
    struct call there = lambda_call_of_function(call, &function);
    if (str_equal(in->reason, S("StartFailed")))
        lambda_log_keep(&there, sandbox.id, there.now_ms, in->message);
    if (sandbox.extensions > 0)
        end_phase(&there, &function, in, &sandbox);
    else
        tell_of_exit(&there, &function, in, &sandbox);
    lambda_sandbox_forget(&there, &sandbox);
    lambda_function_dispatch(&there, &function);
    if (sandbox.provisioned)
        lambda_provisioned_follow(&there, function.row.id);
    return DONE;
}
