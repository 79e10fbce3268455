/*
 * outbox.c: starts effects when their batch is committed, and sends replies once the batch they depend on is
 * on disk.
 *
 * The engine thread and the server threads add what waits; the thread that has synced releases it.  Batches
 * are released in order and by one thread at a time.
 */
#include "engine/engine_internal.h"

#include "base/check.h"

#include <stdlib.h>

static const struct effect_runner *runner_of(const struct engine *engine, const struct effect_kind *kind)
{
    const struct effect_runner *runner = engine->options.effect_runners;

    while (runner->kind && runner->kind != kind)
        runner++;
    check(runner->kind != NULL);
    return runner;
}

void effects_check(const struct engine *engine)
{
    const struct effect_runner *runner = engine->options.effect_runners;

    for (; runner->kind; runner++)
        check(operation_that_hears(engine, runner->kind->ended) != NULL);
}

void effect_begin(const struct call *call, const struct effect_kind *kind, const void *in)
{
    struct batch *batch = call->engine->batch;

    check_writes(call);
    *list_add(&batch->arena, &batch->effects) = (struct effect){
        .runner = runner_of(call->engine, kind), .payload = model_to_json(&batch->arena, kind->input, in)};
    batch->hurries = true;
}

static void start_effects(const struct batch *batch)
{
    for (size_t i = 0; i < batch->effects.count; i++) {
        const struct effect *effect = &batch->effects.items[i];
        effect->runner->start(effect->runner->context, effect->payload);
    }
}

/* A worker encodes a long reply, if one is free, before the connection's loop sends it. */
static void let_go(struct engine *engine, struct exchange *exchange)
{
    if (!exchange->progress.long_reply || !dispatch_encode(engine, exchange))
        exchange->answered(exchange);
}

static void release(struct engine *engine, struct batch *batch)
{
    for (size_t i = 0; i < batch->answers.count; i++)
        let_go(engine, batch->answers.items[i]);
    arena_free(&batch->arena);
    free(batch);
}

/* Unlink the durable batches; they are in order. */
static struct batch *take_durable_batches(struct engine *engine)
{
    struct batch *first = engine->unsynced_first, **end = &first;

    while (*end && (*end)->sequence <= engine->durable)
        end = &(*end)->next;
    engine->unsynced_first = *end;
    if (!*end)
        engine->unsynced_last = NULL;
    *end = NULL;
    return first;
}

static struct exchange_queue take_durable_reads(struct engine *engine)
{
    struct exchange_queue waiting = engine->unsynced_reads, ready = {0};
    struct exchange *exchange;

    engine->unsynced_reads = (struct exchange_queue){0};
    while ((exchange = queue_pop(&waiting)))
        queue_push(exchange->sequence <= engine->durable ? &ready : &engine->unsynced_reads, exchange);
    return ready;
}

static void release_all(struct engine *engine, struct batch *batches, struct exchange_queue reads)
{
    struct exchange *exchange;

    while (batches) {
        struct batch *batch = batches;
        batches = batch->next;
        release(engine, batch);
    }
    while ((exchange = queue_pop(&reads)))
        let_go(engine, exchange);
}

/*
 * Called with the lock held; the lock is released while a batch is released.  Another thread that calls it
 * meanwhile leaves its batches to the first one.
 */
static void release_durable(struct engine *engine)
{
    if (engine->releasing)
        return;
    engine->releasing = true;
    for (;;) {
        struct batch *batches = take_durable_batches(engine);
        struct exchange_queue reads = take_durable_reads(engine);
        if (!batches && !reads.first)
            break;
        pthread_mutex_unlock(&engine->durable_lock);
        engine_disk_is_free(engine);
        release_all(engine, batches, reads);
        pthread_mutex_lock(&engine->durable_lock);
    }
    engine->releasing = false;
    pthread_cond_broadcast(&engine->released);
}

/* Send the replies that wait only for the last batch that `lasts`. */
static void release_unsynced_answers(struct engine *engine, struct batch *batch)
{
    size_t kept = 0;

    for (size_t i = 0; i < batch->answers.count; i++) {
        struct exchange *exchange = batch->answers.items[i];
        if (exchange->outcome != DONE || !exchange->progress.unsynced) {
            batch->answers.items[kept++] = exchange;
            continue;
        }
        exchange->sequence = engine->lasting;
        outbox_add_read(engine, exchange);
    }
    batch->answers.count = kept;
}

bool outbox_add_batch(struct engine *engine, struct batch *batch)
{
    if (batch->lasts)
        engine->lasting = batch->sequence;
    start_effects(batch);
    release_unsynced_answers(engine, batch);
    if (!batch->answers.count) {
        release(engine, batch); /* none of it waits for the disk */
        return false;
    }
    pthread_mutex_lock(&engine->durable_lock);
    *(engine->unsynced_last ? &engine->unsynced_last->next : &engine->unsynced_first) = batch;
    engine->unsynced_last = batch;
    release_durable(engine);
    pthread_mutex_unlock(&engine->durable_lock);
    return true;
}

void outbox_release_durable(void *context, uint64_t sequence)
{
    struct engine *engine = context;

    pthread_mutex_lock(&engine->durable_lock);
    if (sequence > engine->durable)
        engine->durable = sequence;
    release_durable(engine);
    pthread_mutex_unlock(&engine->durable_lock);
}

void outbox_add_read(struct engine *engine, struct exchange *exchange)
{
    pthread_mutex_lock(&engine->durable_lock);
    bool durable = exchange->sequence <= engine->durable;
    if (!durable)
        queue_push(&engine->unsynced_reads, exchange);
    uint64_t sequence = exchange->sequence; /* the exchange may be gone once the lock is released */
    pthread_mutex_unlock(&engine->durable_lock);
    if (durable)
        let_go(engine, exchange);
    else
        store_await(engine->store, sequence);
}

bool outbox_is_waiting(struct engine *engine)
{
    pthread_mutex_lock(&engine->durable_lock);
    bool waiting = engine->unsynced_first != NULL;
    pthread_mutex_unlock(&engine->durable_lock);
    return waiting;
}

void outbox_wait_until_empty(struct engine *engine)
{
    pthread_mutex_lock(&engine->durable_lock);
    while (engine->releasing || engine->unsynced_first || engine->unsynced_reads.first)
        pthread_cond_wait(&engine->released, &engine->durable_lock);
    pthread_mutex_unlock(&engine->durable_lock);
}
