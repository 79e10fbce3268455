/*
 * pollers.c: internal calls that are spawned, and the named ones among them, pollers.
 *
 * Beginnings and ends are noted in the batch, in their order, and happen when it is committed: a failed call
 * begins and ends nothing.  A named poller is in a table from its beginning to its end.
 */
#include "engine/engine_internal.h"

#include "base/check.h"

/* A name that no service can use in park(): services' names begin with the service's name. */
static str name_of(struct arena *arena, const struct operation *operation, str id)
{
    return arena_format(arena, "engine/poller/%s:%s/%.*s", operation->service->name, operation->name,
                        STR_ARGS(id));
}

/* ---- what calls may do ---- */

void spawn(const struct call *call, const struct operation *operation, str id, const void *in)
{
    struct engine *engine = call->engine;
    struct batch *batch = engine->batch;

    check_writes(call);
    str json = model_to_json(call->arena, operation->input, in);
    struct exchange *exchange = internal_exchange(engine, operation, call->account, call->region, json);

    check(exchange != NULL);
    if (str_present(id)) {
        check(!operation->prepare); /* one that ends on a worker would stay in the table */
        exchange->call.poller = name_of(&exchange->arena, operation, id);
        exchange->decoded = arena_mark(&exchange->arena);
    }
    *list_add(&batch->arena, &batch->spawned) = (struct spawned){.exchange = exchange};
}

void spawn_end(const struct call *call, const struct operation *operation, str id)
{
    struct batch *batch = call->engine->batch;

    check_writes(call);
    *list_add(&batch->arena, &batch->spawned) =
        (struct spawned){.ended = name_of(&batch->arena, operation, id)};
}

void spawn_wake(const struct call *call, const struct operation *operation, str id)
{
    wake(call, name_of(call->arena, operation, id));
}

enum outcome spawn_rest(const struct call *call, int64_t until_ms)
{
    check(str_present(call->poller));
    return park(call, call->poller, until_ms);
}

/* ---- beginnings and ends ---- */

void spawned_drop(struct batch *batch, size_t keep)
{
    while (batch->spawned.count > keep) {
        struct exchange *exchange = batch->spawned.items[--batch->spawned.count].exchange;
        if (exchange)
            exchange->answered(exchange);
    }
}

/* Wherever the exchange is: it does not run again. */
static void end(struct engine *engine, struct exchange *exchange)
{
    if (!exchange)
        return;
    exchange->cancelled = true;
    if (exchange->waiter)
        queue_push(&engine->runnable, parking_leave(&engine->parking, exchange));
}

static void begin(struct engine *engine, struct exchange *exchange)
{
    if (str_present(exchange->call.poller))
        end(engine, map_put(&engine->pollers, exchange->call.poller, exchange));
    if (exchange->operation->prepare)
        dispatch_prepare(engine, exchange);
    else
        queue_push(&engine->runnable, exchange);
}

void spawned_start(struct engine *engine, struct batch *batch)
{
    if (engine->last_run)
        spawned_drop(batch, 0);
    for (size_t i = 0; i < batch->spawned.count; i++) {
        const struct spawned *spawned = &batch->spawned.items[i];
        if (spawned->exchange)
            begin(engine, spawned->exchange);
        else
            end(engine, map_remove(&engine->pollers, spawned->ended));
    }
}

void poller_has_ended(struct engine *engine, const struct exchange *exchange)
{
    str name = exchange->call.poller;

    if (str_present(name) && map_get(&engine->pollers, name) == exchange)
        map_remove(&engine->pollers, name);
}

void poller_goes_on(struct engine *engine, struct exchange *exchange)
{
    if (str_present(exchange->call.poller) && !exchange->cancelled)
        map_put(&engine->pollers, exchange->call.poller, exchange);
}

void pollers_forget(struct engine *engine)
{
    map_free(&engine->pollers);
    engine->pollers = (struct map){0};
}
