/*
 * minute.c: a hash table with open addressing over an array of series.
 *
 * A slot has the position of a series plus one, so that series stay where they are.  Nothing is removed
 * before the whole minute is freed.
 */
#include "engine/metrics/minute.h"

#include "base/check.h"
#include "base/log.h"
#include "base/memory.h"
#include "engine/call.h"

#include <stdlib.h>
#include <string.h>

/* The table and its two arrays are one block. */
struct minute *minute_new(int64_t began_ms, size_t most)
{
    struct minute *minute =
        memory_take(sizeof *minute + most * (sizeof *minute->series + 2 * sizeof *minute->slots));

    check(most < UINT16_MAX && (most & (most - 1)) == 0);
    minute->began_ms = began_ms;
    minute->most = most;
    minute->series = (struct series *)(minute + 1);
    minute->slots = (uint16_t *)(minute->series + most);
    return minute;
}

void minute_free(struct minute **minute)
{
    if (*minute)
        arena_free(&(*minute)->arena);
    free(*minute);
    *minute = NULL;
}

/* Up to sixteen bytes of a text: enough to tell accounts and regions apart. */
static uint64_t ends_of(str s)
{
    uint64_t first = 0, last = 0;

    if (s.size < sizeof first) {
        if (s.size > 0)
            memcpy(&first, s.data, s.size);
        return first;
    }
    memcpy(&first, s.data, sizeof first);
    memcpy(&last, s.data + s.size - sizeof last, sizeof last);
    return first ^ last << 1;
}

/* As str_equal(), in a few instructions for texts of eight to sixteen bytes. */
static bool is_equal(str a, str b)
{
    uint64_t left[2], right[2];

    if (a.size != b.size || a.size < sizeof *left || a.size > sizeof left)
        return str_equal(a, b);
    memcpy(&left[0], a.data, sizeof *left);
    memcpy(&right[0], b.data, sizeof *right);
    memcpy(&left[1], a.data + a.size - sizeof *left, sizeof *left);
    memcpy(&right[1], b.data + b.size - sizeof *right, sizeof *right);
    return ((left[0] ^ right[0]) | (left[1] ^ right[1])) == 0;
}

static bool is_same(const struct series *a, const struct series *b)
{
    return a->hash == b->hash && a->metric == b->metric && a->operation == b->operation &&
           is_equal(a->of, b->of) && is_equal(a->account, b->account) && is_equal(a->region, b->region);
}

static struct series *add_series(struct minute *minute, uint16_t *slot, const struct series *key)
{
    static struct log_pace pace;
    unsigned left_out;

    if (minute->series_count == minute->most) {
        if (log_due(&pace, &left_out))
            log_warn("too many metrics: one is not counted", log_field("name", key->metric->name),
                     log_field("of", key->of), log_field("not_told_before", left_out));
        return NULL;
    }
    struct series *series = &minute->series[minute->series_count++];
    *series = *key;
    series->keeps_values = strcmp(key->metric->unit, "Milliseconds") == 0;
    series->account = arena_copy(&minute->arena, key->account);
    series->region = arena_copy(&minute->arena, key->region);
    series->of = arena_copy(&minute->arena, key->of);
    series->count = 0;
    series->sum = 0;
    series->spread = NULL;
    *slot = (uint16_t)minute->series_count;
    return series;
}

/* The name of the call's operation, if the metric is counted by operation. */
static const char *counted_operation(const struct metric *metric, const struct call *call)
{
    if (!metric->dimension || !strstr(metric->dimension, ",Operation"))
        return NULL;
    check(call->operation);
    return call->operation->name;
}

/*
 * What is counted again and again is found without hashing, and without reading the metric's dimension: a
 * series without an operation is of all operations.
 */
struct series *minute_series_of(struct minute *minute, const struct call *call, const struct metric *metric,
                                str of)
{
    const char *operation = call->operation ? call->operation->name : NULL;
    uintptr_t place = (uintptr_t)metric / sizeof *metric ^ (uintptr_t)operation / sizeof(void *);
    struct series **recent = &minute->recent[place % RECENT_SERIES], *series = *recent;

    if (series && series->metric == metric && (!series->operation || series->operation == operation) &&
        is_equal(series->of, of) && is_equal(series->account, call->account) &&
        is_equal(series->region, call->region))
        return series;
    operation = counted_operation(metric, call);
    uint64_t places = ends_of(call->account) + 3 * ends_of(call->region);
    struct series key = {
        .metric = metric,
        .operation = operation,
        .account = call->account,
        .region = call->region,
        .of = of,
        .hash =
            str_hash_quick(places ^ (uint64_t)(uintptr_t)metric ^ (uint64_t)(uintptr_t)operation << 16, of),
    };
    return *recent = minute_series(minute, &key);
}

struct series *minute_series(struct minute *minute, const struct series *key)
{
    size_t mask = 2 * minute->most - 1, i = key->hash & mask;

    while (minute->slots[i] && !is_same(&minute->series[minute->slots[i] - 1], key))
        i = (i + 1) & mask;
    return minute->slots[i] ? &minute->series[minute->slots[i] - 1]
                            : add_series(minute, &minute->slots[i], key);
}

static void sums_add(struct series *series, int64_t count, double sum, double least, double most)
{
    if (series->count == 0 || least < series->least)
        series->least = least;
    if (series->count == 0 || most > series->most)
        series->most = most;
    series->count += count;
    series->sum += sum;
}

void series_merge(struct minute *minute, struct series *series, const struct series *other)
{
    sums_add(series, other->count, other->sum, other->least, other->most);
    spread_merge(&minute->arena, &series->spread, other->spread);
}

void series_add(struct minute *minute, struct series *series, double value)
{
    sums_add(series, 1, value, value, value);
    if (series->keeps_values)
        spread_add(&minute->arena, &series->spread, value, 1);
}
