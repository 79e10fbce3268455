/*
 * meter.c: how much the engine does, and which calls hold it or a loop for too long.
 *
 * A call over SLOW_US is counted under its operation, and logged: one line a second for each operation, with
 * the number of slow calls since the last line.  Everything else is a counter.
 */
#include "engine/metrics/metrics_internal.h"

#include "base/check.h"
#include "base/log.h"
#include "base/time.h"
#include "wire/json.h"

#include <stdatomic.h>
#include <stdlib.h>

enum { SLOW_US = 20 * 1000, LOG_EVERY_US = 1000 * 1000, MOST_SLOW = 128 };

struct slow {
    const struct operation *operation; /* NULL: an admin path */
    enum meter_place place;
    uint64_t count, unlogged;
    int64_t longest_us, logged_us;
};

struct meter {
    _Atomic uint64_t batches, calls;
    _Atomic int64_t longest_call_us, longest_wait_us;

    pthread_mutex_t lock; /* protects the next two */
    struct slow slow[MOST_SLOW];
    size_t slow_count;
};

static const char *const places[] = {[METER_ENGINE] = "engine", [METER_LOOP] = "loop"};

struct meter *meter_new(void)
{
    struct meter *meter = calloc(1, sizeof *meter);

    check(meter != NULL);
    pthread_mutex_init(&meter->lock, NULL);
    return meter;
}

void meter_free(struct meter *meter)
{
    pthread_mutex_destroy(&meter->lock);
    free(meter);
}

/* Each counter has one writing thread, so it needs no locked instruction. */
static void count(_Atomic uint64_t *counter)
{
    uint64_t value = atomic_load_explicit(counter, memory_order_relaxed);

    atomic_store_explicit(counter, value + 1, memory_order_relaxed);
}

static void keep_longest(_Atomic int64_t *longest_us, int64_t took_us)
{
    if (took_us > atomic_load_explicit(longest_us, memory_order_relaxed))
        atomic_store_explicit(longest_us, took_us, memory_order_relaxed);
}

/* The last entry counts all operations that found no free entry. */
static struct slow *slow_of(struct meter *meter, const struct operation *operation, enum meter_place place)
{
    for (size_t i = 0; i < meter->slow_count; i++)
        if (meter->slow[i].operation == operation && meter->slow[i].place == place)
            return &meter->slow[i];
    if (meter->slow_count == MOST_SLOW)
        return &meter->slow[MOST_SLOW - 1];
    struct slow *slow = &meter->slow[meter->slow_count++];
    *slow = (struct slow){.operation = operation, .place = place, .logged_us = monotonic_us() - LOG_EVERY_US};
    return slow;
}

static str name_of(struct arena *arena, const struct operation *operation)
{
    return operation ? arena_format(arena, "%s:%s", operation->service->name, operation->name) : S("admin");
}

static void log_slow(const struct slow *slow, int64_t took_us)
{
    struct arena arena = {0};

    log_warn("slow call", log_field("operation", name_of(&arena, slow->operation)),
             log_field("on", places[slow->place]), log_field("us", took_us),
             log_field("calls", slow->unlogged));
    arena_free(&arena);
}

static void note_slow(struct meter *meter, const struct operation *operation, enum meter_place place,
                      int64_t took_us)
{
    pthread_mutex_lock(&meter->lock);
    struct slow *slow = slow_of(meter, operation, place);
    slow->count++;
    slow->unlogged++;
    if (took_us > slow->longest_us)
        slow->longest_us = took_us;
    if (monotonic_us() - slow->logged_us >= LOG_EVERY_US) {
        log_slow(slow, took_us);
        slow->logged_us = monotonic_us();
        slow->unlogged = 0;
    }
    pthread_mutex_unlock(&meter->lock);
}

void meter_call(struct engine *engine, const struct operation *operation, enum meter_place place,
                int64_t took_us)
{
    struct meter *meter = engine->meter;

    if (place == METER_ENGINE) {
        count(&meter->calls);
        keep_longest(&meter->longest_call_us, took_us);
    }
    int64_t slow_us = engine->options.slow_us ? engine->options.slow_us : SLOW_US;
    if (took_us > slow_us)
        note_slow(meter, operation, place, took_us);
}

void meter_batch(struct engine *engine, int64_t waited_us)
{
    count(&engine->meter->batches);
    keep_longest(&engine->meter->longest_wait_us, waited_us);
}

/* ---- GET /_orderly/metrics ---- */

static void write_engine(struct engine *engine, struct json_writer *writer)
{
    struct meter *meter = engine->meter;
    struct store_waits waits = store_waits(engine->store);

    json_name(writer, S("engine"));
    json_open_object(writer);
    json_i64_field(writer, S("batches"), (int64_t)atomic_load(&meter->batches));
    json_i64_field(writer, S("calls"), (int64_t)atomic_load(&meter->calls));
    json_i64_field(writer, S("longest_call_us"), atomic_load(&meter->longest_call_us));
    json_i64_field(writer, S("longest_wait_for_log_us"), atomic_load(&meter->longest_wait_us));
    json_i64_field(writer, S("short_waits_for_log"), (int64_t)waits.throttled);
    json_i64_field(writer, S("long_waits_for_log"), (int64_t)waits.held);
    json_close_object(writer);
}

static void write_class(struct json_writer *writer, str name, const struct work_counts *counts,
                        enum work_class class)
{
    json_name(writer, name);
    json_open_object(writer);
    json_i64_field(writer, S("waiting"), (int64_t)counts->waiting[class]);
    json_i64_field(writer, S("running"), (int64_t)counts->running[class]);
    json_close_object(writer);
}

static void write_pool(struct work_pool *pool, struct json_writer *writer)
{
    struct work_counts counts = work_counts(pool);

    json_name(writer, S("pool"));
    json_open_object(writer);
    json_i64_field(writer, S("workers"), (int64_t)counts.workers);
    write_class(writer, S("short"), &counts, WORK_SHORT);
    write_class(writer, S("long"), &counts, WORK_LONG);
    json_close_object(writer);
}

static void write_slow(struct meter *meter, struct json_writer *writer)
{
    struct arena arena = {0};

    json_name(writer, S("slow_calls"));
    json_open_array(writer);
    pthread_mutex_lock(&meter->lock);
    for (size_t i = 0; i < meter->slow_count; i++) {
        const struct slow *slow = &meter->slow[i];
        json_open_object(writer);
        json_field(writer, S("operation"), name_of(&arena, slow->operation));
        json_field(writer, S("on"), str_of(places[slow->place]));
        json_i64_field(writer, S("calls"), (int64_t)slow->count);
        json_i64_field(writer, S("longest_us"), slow->longest_us);
        json_close_object(writer);
    }
    pthread_mutex_unlock(&meter->lock);
    json_close_array(writer);
    arena_free(&arena);
}

void meter_write(struct engine *engine, struct json_writer *writer)
{
    json_open_object(writer);
    load_write(engine, writer);
    write_engine(engine, writer);
    write_pool(engine->pool, writer);
    write_slow(engine->meter, writer);
    json_close_object(writer);
}
