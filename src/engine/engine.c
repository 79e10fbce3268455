/*
 * engine.c: the engine thread: take what has arrived, run it as one batch, sleep until the next work is due.
 */
#include "engine/engine_internal.h"
#include "engine/metrics/metrics_internal.h"
#include "engine/trace/trace_internal.h"
#include "engine_sql.h"

#include "base/check.h"
#include "base/thread.h"
#include "base/time.h"
#include "store/schema.h"

#include <stdlib.h>
#include <time.h>

enum {
    NS_PER_MS = 1000000,
    NS_PER_S = 1000000000,
    LONGEST_SLEEP_MS = 60 * 1000, /* the machine's clock may be set, and the machine may be suspended */
};

void queue_push(struct exchange_queue *queue, struct exchange *exchange)
{
    exchange->next = NULL;
    *(queue->last ? &queue->last->next : &queue->first) = exchange;
    queue->last = exchange;
}

struct exchange *queue_pop(struct exchange_queue *queue)
{
    struct exchange *exchange = queue->first;

    if (!exchange)
        return NULL;
    queue->first = exchange->next;
    if (!queue->first)
        queue->last = NULL;
    exchange->next = NULL;
    return exchange;
}

static int64_t next_due_ms(const struct engine *engine)
{
    int64_t due_ms = parking_next_due_ms(&engine->parking);

    if (engine->rests)
        return engine->retry_ms;
    if (engine->next_timer_ms < due_ms)
        due_ms = engine->next_timer_ms;
    if (engine->next_delivery_ms < due_ms)
        due_ms = engine->next_delivery_ms;
    if (engine->drop_deliveries_ms < due_ms)
        due_ms = engine->drop_deliveries_ms;
    if (engine->late_ms < due_ms)
        due_ms = engine->late_ms;
    if (metrics_next_due_ms(engine) < due_ms)
        due_ms = metrics_next_due_ms(engine);
    if (engine->index_ms < due_ms)
        due_ms = engine->index_ms;
    if (engine->prune_behind && engine->prune_ms < due_ms)
        due_ms = engine->prune_ms;
    if (engine->gives_back && engine->give_back_ms < due_ms)
        due_ms = engine->give_back_ms;
    if (engine->sync_ms < due_ms)
        due_ms = engine->sync_ms;
    return engine->retry_ms < due_ms ? engine->retry_ms : due_ms;
}

static bool has_arrived(const struct engine *engine)
{
    return engine->inbox_count >= engine->inbox_wanted || engine->cancellations || engine->stopping;
}

/* With the lock held: wait until something arrives or is due. */
static void wait_for_work(struct engine *engine)
{
    int64_t due_ms = next_due_ms(engine), wait_ms = due_ms - engine_now_ms(engine);
    struct timespec until;

    if (has_arrived(engine) || wait_ms <= 0)
        return;
    if (due_ms == INT64_MAX) {
        pthread_cond_wait(&engine->arrived, &engine->lock);
        return;
    }
    if (wait_ms > LONGEST_SLEEP_MS)
        wait_ms = LONGEST_SLEEP_MS;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += wait_ms / MS_PER_S;
    until.tv_nsec += wait_ms % MS_PER_S * NS_PER_MS;
    if (until.tv_nsec >= NS_PER_S) {
        until.tv_nsec -= NS_PER_S;
        until.tv_sec++;
    }
    pthread_cond_timedwait(&engine->arrived, &engine->lock, &until);
}

static void give_back(struct exchange *exchange)
{
    exchange->outcome = FAILED;
    call_fail_unavailable(&exchange->call);
    exchange->answered(exchange);
}

static void leave(struct exchange *exchange)
{
    exchange->outcome = call_leave(&exchange->call);
    exchange->answered(exchange);
}

static void give_back_cancelled(struct engine *engine)
{
    struct exchange_queue gone = parking_take_cancelled(&engine->parking);
    struct exchange *exchange;

    while ((exchange = queue_pop(&gone)))
        if (exchange->call.stream)
            queue_push(&engine->runnable, exchange); /* it has been told to end */
        else
            leave(exchange);
}

/* With the lock held: append the inbox to the runnable queue. */
static void take_inbox(struct engine *engine)
{
    struct exchange *exchange;

    while ((exchange = queue_pop(&engine->inbox)))
        queue_push(&engine->runnable, exchange);
    engine->inbox_count = 0;
}

/* Only an engine that takes more calls while the disk is busy needs this; it sets its flag under the lock. */
void engine_disk_is_free(struct engine *engine)
{
    pthread_mutex_lock(&engine->lock);
    bool waits = engine->inbox_wanted > 1;
    pthread_mutex_unlock(&engine->lock);
    if (waits)
        pthread_cond_signal(&engine->arrived);
}

bool engine_is_idle(struct engine *engine)
{
    pthread_mutex_lock(&engine->lock);
    bool idle = !has_arrived(engine) && !engine->runnable.first;
    pthread_mutex_unlock(&engine->lock);
    return idle && next_due_ms(engine) > engine_now_ms(engine);
}

bool take_more_while_disk_is_busy(struct engine *engine)
{
    pthread_mutex_lock(&engine->lock);
    engine->inbox_wanted = WORTH_COMMITTING;
    while (!has_arrived(engine) && outbox_is_waiting(engine))
        pthread_cond_wait(&engine->arrived, &engine->lock);
    engine->inbox_wanted = 1;
    take_inbox(engine);
    pthread_mutex_unlock(&engine->lock);
    return engine->runnable.first != NULL;
}

/* False: the engine is stopping, and has no exchange left. */
static bool take_arrivals(struct engine *engine)
{
    pthread_mutex_lock(&engine->lock);
    if (!engine->runnable.first)
        wait_for_work(engine);
    take_inbox(engine);
    bool cancellations = engine->cancellations;
    engine->cancellations = false;
    engine->last_run = engine->stopping;
    engine->stopped = engine->stopping && !engine->runnable.first && !engine->parking.count &&
                      !trace_is_late(engine) && !metrics_are_unstored(engine);
    bool stopped = engine->stopped;
    pthread_mutex_unlock(&engine->lock);

    if (cancellations)
        give_back_cancelled(engine);
    return !stopped;
}

static void *engine_main(void *context)
{
    struct engine *engine = context;

    thread_set_name("engine");
    while (take_arrivals(engine))
        if (engine->runnable.first || engine->last_run || next_due_ms(engine) <= engine_now_ms(engine))
            batch_run(engine);
    return NULL;
}

void engine_submit_all(struct engine *engine, struct exchange_queue *exchanges)
{
    struct exchange *exchange;

    if (!exchanges->first)
        return;
    pthread_mutex_lock(&engine->lock);
    bool stopped = engine->stopped;
    bool too_few = engine->inbox_count < engine->inbox_wanted;
    while (!stopped && (exchange = queue_pop(exchanges))) {
        queue_push(&engine->inbox, exchange);
        engine->inbox_count++;
    }
    bool enough = too_few && engine->inbox_count >= engine->inbox_wanted;
    pthread_mutex_unlock(&engine->lock);

    while ((exchange = queue_pop(exchanges)))
        give_back(exchange);
    if (enough)
        pthread_cond_signal(&engine->arrived);
}

void engine_submit(struct engine *engine, struct exchange *exchange)
{
    struct exchange_queue one = {0};

    queue_push(&one, exchange);
    engine_submit_all(engine, &one);
}

void engine_cancel(struct engine *engine, struct exchange *exchange)
{
    pthread_mutex_lock(&engine->lock);
    exchange->cancelled = true;
    engine->cancellations = true;
    pthread_mutex_unlock(&engine->lock);
    pthread_cond_signal(&engine->arrived);
}

void modules_run(const struct call *call, bool start)
{
    for (const struct module *const *module = call->engine->options.modules; *module; module++) {
        void (*hook)(const struct call *) = start ? (*module)->start : (*module)->reset;
        if (hook)
            hook(call);
    }
}

/* Restore the clock and the key of seals, and run the modules' start hooks. */
static enum outcome start(const struct call *call, const struct visit *visit, struct http_reply *reply)
{
    struct engine *engine = call->engine;
    struct call started = *call;

    (void)visit;
    clock_restore(engine);
    seal_start(engine);
    engine->now_ms = started.now_ms = engine_now_ms(engine);
    engine->next_timer_ms = 0;
    deliveries_start(engine);
    modules_run(&started, true);
    check(!engine->batch->effects.count); /* the server does not run yet */
    reply->status = 200;                  /* never sent */
    return DONE;
}

static const struct door start_door = {.answer = start, .flags = DOOR_ON_ENGINE};

static void tell_nobody(struct exchange *exchange)
{
    (void)exchange;
}

/* False when it failed; then all its writes are undone. */
static bool run_start(struct engine *engine)
{
    struct exchange *exchange = &engine->start;

    exchange->door = &start_door;
    exchange->answered = tell_nobody;
    exchange->call = (struct call){
        .engine = engine,
        .arena = &exchange->arena,
        .account = engine->options.default_account,
        .region = engine->options.default_region,
        .endpoint = engine->options.endpoint,
        .request_id = S(""),
        .progress = &exchange->progress,
    };
    queue_push(&engine->runnable, exchange);
    batch_run(engine);
    return exchange->outcome == DONE;
}

/* Add a schema once, after the schemas that it uses. */
static void add_schema(const struct schema **schemas, const struct schema *schema)
{
    size_t count = 0;

    for (size_t i = 0; schema->uses && schema->uses[i]; i++)
        add_schema(schemas, schema->uses[i]);
    while (schemas[count] && schemas[count] != schema)
        count++;
    check(count <= MAX_MODULES);
    schemas[count] = schema;
}

static void collect_schemas(const struct engine_options *options, const struct schema **schemas)
{
    add_schema(schemas, &ENGINE_SCHEMA);
    for (const struct module *const *module = options->modules; *module; module++)
        if ((*module)->schema)
            add_schema(schemas, (*module)->schema);
}

static void init_locks(struct engine *engine)
{
    pthread_condattr_t monotonic;

    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&engine->arrived, &monotonic);
    pthread_condattr_destroy(&monotonic);
    pthread_mutex_init(&engine->lock, NULL);
    pthread_mutex_init(&engine->durable_lock, NULL);
    pthread_cond_init(&engine->released, NULL);
}

static bool open_doors(struct engine *engine, struct arena *arena, str *error)
{
    const struct door *clash;

    engine->doors = doors_new(engine->options.modules, &clash);
    if (!engine->doors)
        *error = arena_format(arena, "two doors answer %s %s%s", clash->method ? clash->method : "*",
                              clash->host ? clash->host : "", clash->path);
    return engine->doors != NULL;
}

struct engine *engine_start(const struct engine_options *options, struct arena *arena, str *error)
{
    struct engine *engine = calloc(1, sizeof *engine);

    check(engine != NULL);
    engine->options = *options;
    engine->next_timer_ms = engine->retry_ms = engine->sync_ms = INT64_MAX;
    deliveries_are_forgotten(engine);
    engine->inbox_wanted = 1;
    engine->clock_ahead_us = INT64_MIN;
    engine->meter = meter_new();
    engine->load = load_new();
    engine->metrics = metrics_new();
    engine->metric_shares = metric_shares_new();
    engine->changes = changes_new();
    init_locks(engine);

    if (!open_doors(engine, arena, error)) {
        engine_free(engine);
        return NULL;
    }
    effects_check(engine);
    collect_schemas(options, engine->schemas);
    engine->options.store.schemas = engine->schemas;
    engine->options.store.on_durable = outbox_release_durable;
    engine->options.store.context = engine;
    engine->store = store_open(&engine->options.store, arena, error);
    if (!engine->store) {
        engine_free(engine);
        return NULL;
    }
    trace_start(engine);
    engine->pool = work_start(engine); /* spawned operations may have to be prepared */
    if (!run_start(engine)) {
        *error = S("the services could not start; the log says why");
        work_stop(engine->pool);
        outbox_wait_until_empty(engine);
        engine_free(engine);
        return NULL;
    }
    check(pthread_create(&engine->thread, NULL, engine_main, engine) == 0);
    return engine;
}

void engine_stop(struct engine *engine)
{
    work_stop(engine->pool);
    pthread_mutex_lock(&engine->lock);
    engine->stopping = true;
    pthread_mutex_unlock(&engine->lock);
    pthread_cond_signal(&engine->arrived);
    pthread_join(engine->thread, NULL);
    outbox_wait_until_empty(engine);
}

void engine_free(struct engine *engine)
{
    meter_free(engine->meter);
    load_free(engine->load);
    metrics_free(engine->metrics);
    metric_shares_free(engine->metric_shares);
    changes_free(engine->changes);
    doors_free(engine->doors);
    if (engine->pool)
        work_free(engine->pool);
    if (engine->store)
        store_close(engine->store);
    arena_free(&engine->start.arena);
    arena_free(&engine->late_arena);
    parking_free(&engine->parking);
    pollers_forget(engine);
    accounts_forget(engine);
    pthread_mutex_destroy(&engine->lock);
    pthread_mutex_destroy(&engine->durable_lock);
    pthread_cond_destroy(&engine->arrived);
    pthread_cond_destroy(&engine->released);
    free(engine);
}
