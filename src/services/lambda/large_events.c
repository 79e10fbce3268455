/*
 * large_events.c: events that are not in the row of their invocation.
 *
 * A large one is read, or made, by a worker before a sandbox takes its invocation.  When another sandbox has
 * taken that invocation meanwhile, the worker reads the next one's.
 */
#include "batches.h"
#include "durable.h"
#include "invocations.h"
#include "lambda_internal.h"

#include "durable_internal.h"
#include "runtime_model.h"

enum { LARGE_EVENT_BYTES = 64 * 1024 };

str lambda_stored_event(const struct call *call, const struct lambda_queued_row *queued)
{
    if (queued->batch_id)
        return lambda_gathered_event(call, *queued->batch_id);
    str payload = lambda_invocation_payload(call, queued->id, queued->payload, queued->payload_apart);
    return queued->lane_id ? lambda_lane_event(call, *queued->lane_id, queued->request_id, payload) : payload;
}

/* The event of a durable execution's run grows with the execution. */
static bool is_large(const struct call *call, const struct lambda_queued_row *next)
{
    struct lambda_execution_row execution;

    if (next->durable != LAMBDA_INVOCATION_DURABLE_RUN)
        return next->event_size > LARGE_EVENT_BYTES;
    return lambda_execution_get(call, *next->execution_id, &execution) && execution.bytes > LARGE_EVENT_BYTES;
}

static bool find_next(const struct call *call, const struct function *function,
                      struct lambda_queued_row *next)
{
    return lambda_find_upcoming(
        call->txn, &(struct lambda_find_upcoming_params){.version_id = function->row.version_id}, next);
}

static bool is_of(const struct call *call, const struct read_event *read,
                  const struct lambda_queued_row *next)
{
    if (!read || !str_equal(read->request_id, next->request_id))
        return false;
    return next->durable != LAMBDA_INVOCATION_DURABLE_RUN ||
           lambda_run_state_is_current(call, *next->execution_id, read->sequence);
}

bool lambda_event_is_unread(const struct call *call, const struct function *function,
                            const struct read_event *read)
{
    struct lambda_queued_row next;

    return may_move_to_worker(call) && find_next(call, function, &next) && is_large(call, &next) &&
           !is_of(call, read, &next);
}

void lambda_event_prepare(const struct call *call, const struct function *function)
{
    struct read_event *read = arena_new(call->arena, struct read_event);
    struct lambda_queued_row next;

    if (!find_next(call, function, &next) || !is_large(call, &next))
        return;
    read->request_id = next.request_id;
    if (next.durable == LAMBDA_INVOCATION_DURABLE_RUN)
        read->text = lambda_run_state(call, *next.execution_id, &read->sequence);
    else
        read->text = lambda_stored_event(call, &next);
    leave_prepared(call, read);
}
