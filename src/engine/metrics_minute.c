#include "engine/metrics_minute.h"

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

    check(most < UINT16_MAX);
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

struct series series_key(const struct call *call, const struct metric *metric, str of)
{
    struct series key = {
        .metric = metric,
        .operation =
            metric->dimension && strstr(metric->dimension, ",Operation") ? call->operation->name : NULL,
        .account = call->account,
        .region = call->region,
        .of = of,
    };
    uint64_t hash = str_hash_quick((uint64_t)(uintptr_t)metric ^ (uint64_t)(uintptr_t)key.operation, of);

    key.hash = str_hash_quick(str_hash_quick(hash, key.account), key.region);
    return key;
}

static bool is_same(const struct series *a, const struct series *b)
{
    return a->hash == b->hash && a->metric == b->metric && a->operation == b->operation &&
           str_equal(a->of, b->of) && str_equal(a->account, b->account) && str_equal(a->region, b->region);
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
    series->account = arena_copy(&minute->arena, key->account);
    series->region = arena_copy(&minute->arena, key->region);
    series->of = arena_copy(&minute->arena, key->of);
    series->count = 0;
    series->sum = 0;
    series->spread = NULL;
    *slot = (uint16_t)minute->series_count;
    return series;
}

struct series *minute_series(struct minute *minute, const struct series *key)
{
    size_t slots = 2 * minute->most, i = key->hash % slots;

    while (minute->slots[i] && !is_same(&minute->series[minute->slots[i] - 1], key))
        i = (i + 1) % slots;
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
    if (strcmp(series->metric->unit, "Milliseconds") == 0)
        spread_add(&minute->arena, &series->spread, value, 1);
}
