/*
 * durable_batches.c: executions that batches of event sources start.
 *
 * A batch's event may have 6 MB, so a worker makes it.  Until then the batch's invocation waits without an
 * execution; a restart removes it like every batch that no function has.
 */
#include "durable.h"
#include "durable_internal.h"
#include "invocations.h"

void lambda_durable_invoke_batch(const struct call *call, struct lambda_add_invocation_params *start)
{
    start->durable = LAMBDA_INVOCATION_DURABLE_STARTER;
    int64_t id = lambda_invocation_add(call, *start);
    spawn(call, &LAMBDA_START_EXECUTION, (str){0},
          &(struct lambda_start_execution_request){.invocation_id = id, .request_id = start->request_id});
}

static bool find(const struct call *call, const struct lambda_start_execution_request *in,
                 struct lambda_queued_row *starter)
{
    return lambda_get_starter(
        call->txn, &(struct lambda_get_starter_params){.id = in->invocation_id, .request_id = in->request_id},
        starter);
}

void lambda_start_execution_prepare(const struct call *call, const struct lambda_start_execution_request *in)
{
    struct lambda_queued_row starter;
    str *event = arena_new(call->arena, str);

    if (!find(call, in, &starter))
        return;
    *event = lambda_stored_event(call, &starter);
    leave_prepared(call, event);
}

static void begin(const struct call *call, const struct function *function,
                  const struct lambda_queued_row *starter, str event)
{
    struct lambda_execution_row execution;

    lambda_execution_begin(call,
                           &(struct execution_start){.function = function,
                                                     .function_arn = starter->function_arn,
                                                     .payload = event,
                                                     .trace_id = starter->trace_id},
                           &execution);
    lambda_set_started(call->txn,
                       &(struct lambda_set_started_params){.id = starter->id, .execution_id = &execution.id});
    lambda_remove_payload(call->txn, &(struct lambda_remove_payload_params){.id = starter->id});
}

enum outcome lambda_start_execution(const struct call *call, const struct lambda_start_execution_request *in,
                                    struct lambda_start_execution_output *out)
{
    struct lambda_queued_row starter;
    struct function function;
    const str *event = prepared(call);

    (void)out;
    if (!find(call, in, &starter) || !lambda_version_get(call, starter.version_id, &function))
        return DONE;
    struct call there = lambda_call_of_function(call, &function);
    str text = event ? *event : lambda_stored_event(call, &starter);
    if (str_present(text))
        begin(&there, &function, &starter, text);
    else
        lambda_invocation_remove(call, starter.id);
    return DONE;
}
