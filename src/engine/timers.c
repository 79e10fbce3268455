/*
 * timers.c: internal operations that are due at a time, as rows.
 */
#include "engine/engine_internal.h"
#include "engine_sql.h"

#include "base/check.h"
#include "base/log.h"

static str operation_key(struct arena *arena, const struct operation *operation)
{
    return arena_format(arena, "%s:%s", operation->service->name, operation->name);
}

void timer_set(struct call *call, const struct operation *operation, str id, int64_t due_ms, const void *in)
{
    check(operation->flags & OPERATION_INTERNAL);
    engine_set_timer(call->txn, &(struct engine_set_timer_params){
                                    .operation = operation_key(call->arena, operation),
                                    .id = id,
                                    .due_ms = due_ms,
                                    .account = call->account,
                                    .region = call->region,
                                    .input = model_to_json(call->arena, operation->input, in),
                                });
    if (due_ms < call->engine->next_timer_ms)
        call->engine->next_timer_ms = due_ms;
}

void timer_cancel(struct call *call, const struct operation *operation, str id)
{
    engine_cancel_timer(call->txn, &(struct engine_cancel_timer_params){
                                       .operation = operation_key(call->arena, operation),
                                       .id = id,
                                   });
}

/* Queue what one row stands for.  A row of an operation that no longer exists is dropped. */
static void fire(struct engine *engine, const struct engine_find_due_timers_row *timer)
{
    str rest = timer->operation, service, name;
    const struct operation *operation = NULL;

    if (str_next(&rest, ':', &service) && str_next(&rest, ':', &name))
        operation = internal_operation(engine, service, name);
    if (!operation) {
        log_warn("timer of an unknown operation dropped operation=%.*s", STR_ARGS(timer->operation));
        return;
    }
    struct exchange *exchange =
        internal_exchange(engine, operation, timer->account, timer->region, timer->input);
    if (exchange)
        queue_push(&engine->runnable, exchange);
}

void timers_take_due(struct engine *engine)
{
    if (engine->next_timer_ms > engine->now_ms)
        return;

    txn_use_arena(engine->txn, &engine->batch->arena);
    struct engine_find_due_timers_rows due = engine_find_due_timers(
        engine->txn,
        &(struct engine_find_due_timers_params){.due_ms = engine->now_ms, .limit = LIMIT_BATCH_CALLS / 2});
    for (size_t i = 0; i < due.count; i++) {
        fire(engine, &due.items[i]);
        engine_cancel_timer(engine->txn, &(struct engine_cancel_timer_params){
                                             .operation = due.items[i].operation,
                                             .id = due.items[i].id,
                                         });
    }
    engine->next_timer_ms = INT64_MIN; /* timers_learn_next() must look */
}

void timers_learn_next(struct engine *engine)
{
    struct engine_find_next_timer_row next;

    if (engine->next_timer_ms != INT64_MIN)
        return;
    txn_use_arena(engine->txn, &engine->batch->arena);
    engine->next_timer_ms = engine_find_next_timer(engine->txn, &next) ? next.due_ms : INT64_MAX;
}
