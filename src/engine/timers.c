/*
 * timers.c: internal operations that are due at a time, as rows.
 */
#include "engine/engine_internal.h"
#include "engine_sql.h"

#include "base/check.h"
#include "base/log.h"

void timer_set(const struct call *call, const struct operation *operation, str id, int64_t due_ms,
               const void *in)
{
    check_writes(call);
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

void timer_cancel(const struct call *call, const struct operation *operation, str id)
{
    engine_cancel_timer(call->txn, &(struct engine_cancel_timer_params){
                                       .operation = operation_key(call->arena, operation),
                                       .id = id,
                                   });
}

/*
 * The call of a timer's row; NULL, with a line in the log, when this program does not know the operation any
 * more.
 */
static struct exchange *exchange_of(struct engine *engine, const struct engine_take_due_timer_row *timer)
{
    const struct operation *operation = operation_of_key(engine, timer->operation);

    if (!operation) {
        log_warn("timer of an unknown operation dropped", log_field("operation", timer->operation));
        return NULL;
    }
    return internal_exchange(engine, operation, timer->account, timer->region, timer->input);
}

static void learn_next(struct engine *engine)
{
    struct engine_find_next_timer_row next;

    engine->next_timer_ms = engine_find_next_timer(engine->txn, &next) ? next.due_ms : INT64_MAX;
}

struct exchange *timers_take_due(struct engine *engine)
{
    const struct engine_take_due_timer_params due = {.due_ms = engine->now_ms};
    struct engine_take_due_timer_row timer;

    while (engine->next_timer_ms <= engine->now_ms) {
        txn_use_arena(engine->txn, &engine->batch->arena);
        if (!engine_take_due_timer(engine->txn, &due, &timer)) {
            learn_next(engine);
            continue;
        }
        struct exchange *exchange = exchange_of(engine, &timer);
        if (exchange) {
            exchange->from_timer = true;
            return exchange;
        }
    }
    return NULL;
}
