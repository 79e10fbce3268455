/*
 * telemetry.c: the platform's events for extensions that have subscribed to telemetry.
 *
 * They are the events of a log in JSON, whatever the levels of the function's log.  The server sends them,
 * and the lines that the sandbox's programs print (server/sandbox_telemetry.c).  Without a subscription
 * nothing is made.
 *
 * https://docs.aws.amazon.com/lambda/latest/dg/telemetry-schema-reference.html
 */
#include "invocations.h"
#include "lambda_internal.h"
#include "reports.h"
#include "sandboxes.h"

static const bool yes = true, no = false;

/* The function, with all events in its log. */
static const struct function *all_levels(const struct call *call, const struct function *function)
{
    struct function *copy = arena_new(call->arena, struct function);

    *copy = *function;
    copy->row.system_level = 0;
    return copy;
}

/* logs: see sandbox.Tell. */
static void tell(const struct call *call, const struct lambda_get_sandbox_row *sandbox, str event,
                 const bool *logs)
{
    sandbox_tell_effect(
        call, &(struct sandbox_tell_input){.sandbox_id = sandbox->id, .event = event, .logs = logs});
}

str lambda_telemetry_init_start(const struct call *call, const struct function *function,
                                const struct lambda_get_sandbox_row *sandbox)
{
    return lambda_log_init_event(call, all_levels(call, function), sandbox);
}

void lambda_telemetry_subscribed(const struct call *call, const struct function *function,
                                 const struct lambda_get_sandbox_row *sandbox,
                                 const struct telemetry_subscription *subscription)
{
    tell(call, sandbox, lambda_event_subscription(call, all_levels(call, function), subscription),
         subscription->is_logs ? &yes : &no);
}

void lambda_telemetry_init_done(const struct call *call, const struct function *function,
                                const struct lambda_get_sandbox_row *sandbox, const struct result *result)
{
    if (sandbox->telemetry)
        tell(call, sandbox, lambda_event_init_done(call, all_levels(call, function), sandbox, result), &no);
}

void lambda_telemetry_extension(const struct call *call, const struct function *function,
                                const struct lambda_get_sandbox_row *sandbox,
                                const struct lambda_extension_row *extension)
{
    if (sandbox->telemetry)
        tell(call, sandbox, lambda_event_extension(call, all_levels(call, function), extension), NULL);
}

void lambda_telemetry_init_report(const struct call *call, const struct function *function,
                                  const struct lambda_get_sandbox_row *sandbox, const struct result *result)
{
    if (sandbox->telemetry)
        tell(call, sandbox, lambda_event_init_report(call, all_levels(call, function), sandbox, result), &no);
}

void lambda_telemetry_start(const struct call *call, const struct function *function,
                            const struct lambda_get_sandbox_row *sandbox, str request_id)
{
    const struct lambda_find_invocation_row invocation = {.request_id = request_id,
                                                          .started_ms = call->now_ms};

    if (sandbox->telemetry)
        tell(call, sandbox, lambda_event_start(call, all_levels(call, function), &invocation), NULL);
}

void lambda_telemetry_runtime_done(const struct call *call, const struct function *function,
                                   const struct lambda_get_sandbox_row *sandbox,
                                   const struct invocation_report *report)
{
    if (sandbox->telemetry)
        tell(call, sandbox, lambda_event_runtime_done(call, all_levels(call, function), report), NULL);
}

void lambda_telemetry_report(const struct call *call, const struct function *function,
                             const struct lambda_get_sandbox_row *sandbox,
                             const struct invocation_report *report)
{
    if (!sandbox->telemetry)
        return;
    if (str_present(report->result->fault))
        tell(call, sandbox, lambda_event_fault(call, report->result->fault), &yes);
    tell(call, sandbox, lambda_event_over(call, all_levels(call, function), report->request_id), &yes);
    tell(call, sandbox, lambda_event_report(call, all_levels(call, function), report), NULL);
}

void lambda_telemetry_failed(const struct call *call, const struct function *function,
                             const struct lambda_get_sandbox_row *sandbox,
                             const struct invocation_report *report)
{
    if (!sandbox->telemetry)
        return;
    if (sandbox->state == LAMBDA_SANDBOX_STATE_STARTING)
        lambda_telemetry_start(call, function, sandbox, report->request_id);
    lambda_telemetry_runtime_done(call, function, sandbox, report);
    lambda_telemetry_report(call, function, sandbox, report);
}
