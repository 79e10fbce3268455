/*
 * metrics.c: the counts of services, in memory for a minute and then given to the module that keeps metrics.
 *
 * A minute's series are in a hash table (minute.h).  At the end of the minute it is closed: it takes
 * the threads' shares (shares.c), and then its series are given, both in slices, some in each batch,
 * while the next table fills.
 */
#include "engine/count.h"
#include "engine/metrics/metrics_internal.h"
#include "engine/metrics/minute.h"

#include "base/check.h"
#include "base/memory.h"

#include <stdlib.h>

enum { MINUTE_MS = 60 * 1000, MOST_SERIES = 4096 };

struct metrics {
    struct minute *current,
        *closed;          /* current: NULL before the first count; closed: NULL when everything is written */
    size_t written, kept; /* of `closed`.  written: in this batch's transaction; kept: committed before it */
    size_t last_written;  /* of `current`, when the server stops */
    struct minute *shares[METRIC_SHARES]; /* taken, and not yet in the minute that they belong to */
    size_t share_count, merged;           /* merged: series of the last one that are in the minute */
};

struct metrics *metrics_new(void)
{
    return memory_take(sizeof(struct metrics));
}

void metrics_forget(struct metrics *metrics)
{
    minute_free(&metrics->current);
    minute_free(&metrics->closed);
    while (metrics->share_count > 0)
        minute_free(&metrics->shares[--metrics->share_count]);
    metrics->merged = 0;
}

void metrics_free(struct metrics *metrics)
{
    metrics_forget(metrics);
    free(metrics);
}

/* ---- counting ---- */

static struct minute *current_minute(struct engine *engine)
{
    struct metrics *metrics = engine->metrics;

    if (!metrics->current)
        metrics->current = minute_new(engine->now_ms - engine->now_ms % MINUTE_MS, MOST_SERIES);
    return metrics->current;
}

static void count_in_batch(const struct call *call, const struct metric *metric, str of, double value)
{
    struct batch *batch = call->engine->batch;
    struct minute *minute = current_minute(call->engine);
    const struct series *series = minute_series_of(minute, call, metric, of);

    if (series)
        *list_add(&batch->arena, &batch->counts) =
            (struct counted){.place = (size_t)(series - minute->series), .value = value};
}

void count(const struct call *call, const struct metric *metric, str of, double value)
{
    check(!call->preparing);
    if (call->operation && call->operation->flags & OPERATION_READS)
        count_at_once(call, metric, of, value);
    else
        count_in_batch(call, metric, of, value);
}

/* Take the counts of the batch's calls, without those of failed calls. */
static void take_counts(struct engine *engine)
{
    const struct counted_list *counts = &engine->batch->counts;
    struct minute *minute = engine->metrics->current;

    check(minute || counts->count == 0);
    for (size_t i = 0; minute && i < counts->count; i++)
        series_add(minute, &minute->series[counts->items[i].place], counts->items[i].value);
}

/* ---- storing ---- */

static void add_dimension(struct counted_minute *counted, str name, str value)
{
    counted->dimensions[counted->dimension_count].name = name;
    counted->dimensions[counted->dimension_count++].value = value;
}

static void add_dimensions(struct counted_minute *counted, const struct series *series)
{
    str names = series->metric->dimension ? str_of(series->metric->dimension) : (str){0};
    str values = series->of;

    for (str name, value; str_next(&names, ',', &name);) {
        ptrdiff_t equals = str_index(name, '=');
        if (equals >= 0) {
            value = str_from(name, (size_t)equals + 1);
            name = str_head(name, (size_t)equals);
        } else if (str_starts_with(name, S("Operation:"))) {
            name = str_from(name, S("Operation:").size);
            value = str_of(series->operation);
        } else if (str_equal(name, S("Operation")))
            value = str_of(series->operation);
        else if (!str_present(names) || series->operation)
            value = values;
        else
            str_next(&values, '/', &value);
        add_dimension(counted, name, value);
    }
}

/* Hand the series to the module that keeps metrics. */
static void hand_on(struct engine *engine, int64_t began_ms, const struct series *series)
{
    struct counted_value values[SPREAD_MOST];
    struct counted_minute counted = {
        .began_ms = began_ms,
        .account = series->account,
        .region = series->region,
        .name_space = str_of(series->metric->name_space),
        .name = str_of(series->metric->name),
        .unit = str_of(series->metric->unit),
        .count = series->count,
        .sum = series->sum,
        .least = series->least,
        .most = series->most,
    };

    if (series->spread) {
        counted.values = values;
        counted.value_count = spread_values(series->spread, values);
    }
    add_dimensions(&counted, series);
    txn_use_arena(engine->txn, &engine->batch->arena);
    for (const struct module *const *module = engine->options.modules; *module; module++)
        if ((*module)->counted)
            (*module)->counted(engine->txn, &engine->batch->arena, &counted);
}

/* Store at least one series, and more while the slice lasts; all of them when the server stops. */
static void store_minute(struct engine *engine, const struct minute *minute, size_t *written)
{
    while (minute && *written < minute->series_count) {
        const struct series *series = &minute->series[(*written)++];
        if (series->count > 0) /* 0: only calls that failed have counted */
            hand_on(engine, minute->began_ms, series);
        if (!engine->last_run && slice_has_passed(engine))
            break;
    }
}

/*
 * Add the series of the shares to their minute, at least one.  False: the slice is over before all are there.
 */
static bool merge_shares(struct engine *engine, struct minute *minute)
{
    struct metrics *metrics = engine->metrics;

    while (metrics->share_count > 0) {
        struct minute **share = &metrics->shares[metrics->share_count - 1];
        while (metrics->merged < (*share)->series_count) {
            const struct series *other = &(*share)->series[metrics->merged++];
            struct series *series = minute_series(minute, other);
            if (series)
                series_merge(minute, series, other);
            if (!engine->last_run && slice_has_passed(engine))
                return false;
        }
        minute_free(share);
        metrics->share_count--;
        metrics->merged = 0;
    }
    return true;
}

/* The minute of what threads have counted began with the first of their counts. */
static void take_shares(struct engine *engine)
{
    struct metrics *metrics = engine->metrics;
    int64_t began_ms = metric_shares_began_ms(engine->metric_shares);
    struct minute *share;
    size_t at = 0;

    if (began_ms == INT64_MAX)
        return;
    began_ms -= began_ms % MINUTE_MS;
    if (began_ms < current_minute(engine)->began_ms)
        metrics->current->began_ms = began_ms;
    while ((share = metric_shares_take(engine->metric_shares, &at)))
        metrics->shares[metrics->share_count++] = share;
}

static int64_t minute_ends_ms(const struct engine *engine)
{
    const struct metrics *metrics = engine->metrics;
    int64_t began_ms = metric_shares_began_ms(engine->metric_shares);

    if (metrics->current && metrics->current->began_ms < began_ms)
        began_ms = metrics->current->began_ms;
    return began_ms == INT64_MAX ? INT64_MAX : began_ms - began_ms % MINUTE_MS + MINUTE_MS;
}

static void close_minute(struct engine *engine)
{
    struct metrics *metrics = engine->metrics;

    take_shares(engine);
    metrics->closed = metrics->current;
    metrics->current = NULL;
    metrics->written = metrics->kept = 0;
}

static void store_last(struct engine *engine)
{
    metric_shares_end(engine->metric_shares);
    take_shares(engine);
    merge_shares(engine, engine->metrics->current);
    store_minute(engine, engine->metrics->current, &engine->metrics->last_written);
}

/* The commit keeps what a closed minute has written; until all of it is written, no other minute closes. */
void metrics_tend(struct engine *engine)
{
    struct metrics *metrics = engine->metrics;

    take_counts(engine);
    if (!metrics->closed && engine->now_ms >= minute_ends_ms(engine))
        close_minute(engine);
    if (merge_shares(engine, metrics->closed))
        store_minute(engine, metrics->closed, &metrics->written);
    if (engine->last_run)
        store_last(engine);
}

void metrics_committed(struct engine *engine)
{
    struct metrics *metrics = engine->metrics;

    metrics->kept = metrics->written;
    if (metrics->closed && metrics->share_count == 0 && metrics->kept == metrics->closed->series_count)
        minute_free(&metrics->closed);
}

void metrics_undone(struct engine *engine)
{
    engine->metrics->written = engine->metrics->kept;
    if (engine->last_run)
        metrics_forget(engine->metrics);
}

static bool is_unstored(const struct minute *minute, size_t written)
{
    return minute && written < minute->series_count;
}

bool metrics_are_unstored(const struct engine *engine)
{
    const struct metrics *metrics = engine->metrics;

    return is_unstored(metrics->current, metrics->last_written) ||
           is_unstored(metrics->closed, metrics->written) || metrics->share_count > 0 ||
           metric_shares_began_ms(engine->metric_shares) != INT64_MAX;
}

int64_t metrics_next_due_ms(const struct engine *engine)
{
    return engine->metrics->closed ? engine->now_ms : minute_ends_ms(engine);
}
