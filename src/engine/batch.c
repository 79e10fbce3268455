/*
 * batch.c: one transaction over all that is there to run.
 *
 * Each call runs between a savepoint and its release or rollback, so one that fails leaves no
 * trace.  store_commit() only hands the batch to the log; deliver.c lets the answers go when the log
 * is on disk, and meanwhile the next batch runs.
 */
#include "engine/engine_internal.h"

#include "base/check.h"
#include "base/log.h"

#include <stdlib.h>

enum { RETRY_AFTER_MS = 1000 };

static struct batch *batch_new(void)
{
    struct batch *batch = calloc(1, sizeof *batch);
    check(batch != NULL);
    return batch;
}

static void drop_spawned(struct batch *batch, size_t keep)
{
    while (batch->spawned.count > keep) {
        struct exchange *exchange = batch->spawned.items[--batch->spawned.count];
        exchange->answered(exchange);
    }
}

static void start_spawned(struct engine *engine, size_t from)
{
    struct exchange_list *spawned = &engine->batch->spawned;

    for (size_t i = from; i < spawned->count; i++)
        queue_push(&engine->runnable, spawned->items[i]);
    spawned->count = from;
}

static void answer(struct engine *engine, struct exchange *exchange)
{
    *list_add(&engine->batch->arena, &engine->batch->answers) = exchange;
}

static enum outcome run_handler(struct exchange *exchange)
{
    struct call *call = &exchange->call;

    if (exchange->admin) {
        exchange->admin(exchange);
        return DONE;
    }
    enum outcome outcome = call->operation->handler(call, exchange->in, exchange->out);
    check(outcome != DONE || call->authorized ||
          call->operation->flags & (OPERATION_ANONYMOUS | OPERATION_INTERNAL));
    return call_unless_broken(call, outcome);
}

static void run(struct engine *engine, struct exchange *exchange)
{
    struct call *call = &exchange->call;
    size_t effects_before = engine->batch->effects.count;
    size_t spawned_before = engine->batch->spawned.count;

    arena_rewind(&exchange->arena, exchange->decoded);
    call_reset(call);
    call->txn = engine->txn;
    call->now_ms = engine->now_ms;
    if (exchange->operation)
        exchange->out = arena_alloc(&exchange->arena, exchange->operation->output->size);

    txn_use_arena(engine->txn, &exchange->arena);
    txn_savepoint(engine->txn);
    exchange->outcome = run_handler(exchange);
    if (exchange->outcome == FAILED) {
        txn_rollback(engine->txn);
        engine->batch->effects.count = effects_before;
        drop_spawned(engine->batch, spawned_before);
    } else {
        txn_release(engine->txn);
        start_spawned(engine, spawned_before);
    }
    call->txn = NULL;

    if (exchange->outcome != PARKED) {
        answer(engine, exchange);
    } else if (call->last_run) {
        exchange->outcome = FAILED;
        call_fail_internal(call);
        answer(engine, exchange);
    } else {
        parking_add(&engine->parking, exchange);
    }
}

static bool is_internal(const struct exchange *exchange)
{
    return exchange->operation && exchange->operation->flags & OPERATION_INTERNAL;
}

/*
 * Nothing of the batch was kept.  Clients are told so; internal calls, which nobody would repeat,
 * run again, and what is parked looks again whether what it saw still stands.
 */
static void undo(struct engine *engine, struct batch *batch)
{
    struct exchange_list told = batch->answers;

    log_error("commit failed calls=%zu", told.count);
    batch->effects.count = 0;
    batch->answers = (struct exchange_list){0};
    for (size_t i = 0; i < told.count; i++) {
        struct exchange *exchange = told.items[i];
        if (is_internal(exchange) && !exchange->call.last_run) {
            exchange->call.parked.what = S("engine/retry");
            exchange->call.parked.until_ms = engine->now_ms + RETRY_AFTER_MS;
            parking_add(&engine->parking, exchange);
            continue;
        }
        exchange->outcome = FAILED;
        call_fail_internal(&exchange->call);
        answer(engine, exchange);
    }
    engine->retry_ms = engine->now_ms + RETRY_AFTER_MS;
}

static void take_parked(struct engine *engine)
{
    struct exchange *exchange;
    bool all = engine->now_ms >= engine->retry_ms;

    if (all)
        engine->retry_ms = INT64_MAX;
    while ((exchange = all ? parking_take_any(&engine->parking)
                           : parking_take_due(&engine->parking, engine->now_ms)))
        queue_push(&engine->runnable, exchange);
}

/*
 * While the disk is busy with earlier batches, answers of this one could not leave any sooner: so it
 * stays open and takes what arrives meanwhile.  The log then gets each page once for all of them.
 */
static void run_calls(struct engine *engine)
{
    struct exchange *exchange;
    int calls = 0;

    do {
        engine->now_ms = engine_now_ms(engine);
        while (calls < LIMIT_BATCH_CALLS && (exchange = queue_pop(&engine->runnable))) {
            run(engine, exchange);
            calls++;
        }
    } while (calls < LIMIT_BATCH_CALLS && wait_while_disk_is_busy(engine));
}

void batch_run(struct engine *engine)
{
    struct batch *batch = engine->batch = batch_new();

    engine->now_ms = engine_now_ms(engine);
    engine->txn = store_begin(engine->store);
    take_parked(engine);
    timers_take_due(engine);
    run_calls(engine);
    timers_learn_next(engine);
    trace_prune(engine);

    if (!store_commit(engine->store, &batch->sequence))
        undo(engine, batch);
    engine->txn = NULL;
    engine->batch = NULL;
    deliver_batch(engine, batch);
}
