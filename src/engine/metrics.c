/*
 * metrics.c: the counts of services, in memory for a minute and then as rows.
 *
 * A minute's series are in a hash table.  At the end of the minute the table is closed: its rows are written
 * in slices, some in each batch, while the next table fills.  Both tables are bounded: further series are
 * dropped, with a line in the log.
 */
#include "engine/count.h"
#include "engine/engine_internal.h"
#include "engine_sql.h"

#include "base/check.h"
#include "base/log.h"
#include "base/memory.h"
#include "wire/json.h"

#include <stdlib.h>

enum {
    MINUTE_MS = 60 * 1000,
    MOST_SERIES = 4096,
    SLOTS = 2 * MOST_SERIES,
    ROWS_KEPT = 50000,
    ROWS_SHOWN = 200
};

struct series {
    const struct metric *metric;
    uint64_t hash;
    str account, region, of;
    int64_t count;
    double sum, least, most;
};

struct minute {
    struct arena arena; /* of the series' texts */
    int64_t began_ms;
    size_t series_count, written, kept; /* written: in this batch's transaction; kept: committed before it */
    struct series series[MOST_SERIES];
    uint16_t slots[SLOTS]; /* positions in `series`, plus one */
};

struct metrics {
    struct minute *current,
        *closed; /* current: NULL before the first count; closed: NULL when everything is written */
};

struct metrics *metrics_new(void)
{
    return memory_take(sizeof(struct metrics));
}

static void minute_free(struct minute **minute)
{
    if (*minute)
        arena_free(&(*minute)->arena);
    free(*minute);
    *minute = NULL;
}

void metrics_forget(struct metrics *metrics)
{
    minute_free(&metrics->current);
    minute_free(&metrics->closed);
}

void metrics_free(struct metrics *metrics)
{
    metrics_forget(metrics);
    free(metrics);
}

/* ---- counting ---- */

static uint64_t hash_of(const struct series *series)
{
    uint64_t hash = str_hash_from((uint64_t)(uintptr_t)series->metric, series->of);

    return str_hash_from(str_hash_from(hash, series->account), series->region);
}

static bool is_same(const struct series *a, const struct series *b)
{
    return a->hash == b->hash && a->metric == b->metric && str_equal(a->of, b->of) &&
           str_equal(a->account, b->account) && str_equal(a->region, b->region);
}

static struct series *add_series(struct minute *minute, uint16_t *slot, const struct series *key)
{
    static struct log_pace pace;
    unsigned left_out;

    if (minute->series_count == MOST_SERIES) {
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
    *slot = (uint16_t)minute->series_count;
    return series;
}

/* The series, made if it is new; NULL: the table is full. */
static struct series *series_of(struct minute *minute, const struct series *key)
{
    size_t i = key->hash % SLOTS;

    while (minute->slots[i] && !is_same(&minute->series[minute->slots[i] - 1], key))
        i = (i + 1) % SLOTS;
    return minute->slots[i] ? &minute->series[minute->slots[i] - 1]
                            : add_series(minute, &minute->slots[i], key);
}

static struct minute *current_minute(struct engine *engine)
{
    struct metrics *metrics = engine->metrics;

    if (!metrics->current) {
        metrics->current = memory_take(sizeof *metrics->current);
        metrics->current->began_ms = engine->now_ms - engine->now_ms % MINUTE_MS;
    }
    return metrics->current;
}

void count(const struct call *call, const struct metric *metric, str of, double value)
{
    struct batch *batch = call->engine->batch;
    struct series key = {.metric = metric, .account = call->account, .region = call->region, .of = of};
    struct minute *minute = current_minute(call->engine);

    check_writes(call);
    key.hash = hash_of(&key);
    const struct series *series = series_of(minute, &key);
    if (series)
        *list_add(&batch->arena, &batch->counts) =
            (struct counted){.place = (size_t)(series - minute->series), .value = value};
}

static void add_value(struct series *series, double value)
{
    if (series->count == 0 || value < series->least)
        series->least = value;
    if (series->count == 0 || value > series->most)
        series->most = value;
    series->count++;
    series->sum += value;
}

/* Take the counts of the batch's calls, without those of failed calls. */
static void take_counts(struct engine *engine)
{
    const struct counted_list *counts = &engine->batch->counts;
    struct minute *minute = engine->metrics->current;

    check(minute || counts->count == 0);
    for (size_t i = 0; minute && i < counts->count; i++)
        add_value(&minute->series[counts->items[i].place], counts->items[i].value);
}

/* ---- storing ---- */

static void store_series(struct txn *txn, int64_t began_ms, const struct series *series)
{
    int64_t id = engine_add_metric(txn, &(struct engine_add_metric_params){
                                            .began_ms = began_ms,
                                            .account = series->account,
                                            .region = series->region,
                                            .namespace = str_of(series->metric->name_space),
                                            .name = str_of(series->metric->name),
                                            .dimension = str_of(series->metric->dimension),
                                            .value = series->of,
                                            .unit = str_of(series->metric->unit),
                                            .count = series->count,
                                            .sum = series->sum,
                                            .least = series->least,
                                            .most = series->most,
                                        });

    engine_prune_metrics(txn, &(struct engine_prune_metrics_params){.last = id - ROWS_KEPT});
}

/* Write at least one row, and more while the slice lasts; all of them when the server stops. */
static void store_minute(struct engine *engine, struct minute *minute)
{
    while (minute && minute->written < minute->series_count) {
        const struct series *series = &minute->series[minute->written++];
        if (series->count > 0) /* 0: only calls that failed have counted */
            store_series(engine->txn, minute->began_ms, series);
        if (!engine->last_run && slice_has_passed(engine))
            break;
    }
}

/* The commit keeps what a closed minute has written; until all of it is written, no other minute closes. */
void metrics_tend(struct engine *engine)
{
    struct metrics *metrics = engine->metrics;
    bool is_over = metrics->current && engine->now_ms >= metrics->current->began_ms + MINUTE_MS;

    take_counts(engine);
    if (!metrics->closed && is_over) {
        metrics->closed = metrics->current;
        metrics->current = NULL;
    }
    store_minute(engine, metrics->closed);
    if (engine->last_run)
        store_minute(engine, metrics->current);
}

void metrics_committed(struct engine *engine)
{
    struct minute *closed = engine->metrics->closed;

    if (closed && (closed->kept = closed->written) == closed->series_count)
        minute_free(&engine->metrics->closed);
}

void metrics_undone(struct engine *engine)
{
    struct minute *closed = engine->metrics->closed;

    if (closed)
        closed->written = closed->kept;
    if (engine->last_run)
        metrics_forget(engine->metrics);
}

static bool is_unstored(const struct minute *minute)
{
    return minute && minute->written < minute->series_count;
}

bool metrics_are_unstored(const struct engine *engine)
{
    return is_unstored(engine->metrics->current) || is_unstored(engine->metrics->closed);
}

int64_t metrics_next_due_ms(const struct engine *engine)
{
    const struct metrics *metrics = engine->metrics;

    if (metrics->closed)
        return engine->now_ms;
    return metrics->current ? metrics->current->began_ms + MINUTE_MS : INT64_MAX;
}

/* ---- GET /_orderly/metrics/services ---- */

static void write_row(struct json_writer *writer, const struct engine_list_metrics_row *row)
{
    json_open_object(writer);
    json_i64_field(writer, S("began_ms"), row->began_ms);
    json_field(writer, S("account"), row->account);
    json_field(writer, S("region"), row->region);
    json_field(writer, S("namespace"), row->namespace);
    json_field(writer, S("name"), row->name);
    json_name(writer, S("dimensions"));
    json_open_object(writer);
    json_field(writer, row->dimension, row->value);
    json_close_object(writer);
    json_field(writer, S("unit"), row->unit);
    json_i64_field(writer, S("count"), row->count);
    json_name(writer, S("sum"));
    json_double(writer, row->sum);
    json_name(writer, S("min"));
    json_double(writer, row->least);
    json_name(writer, S("max"));
    json_double(writer, row->most);
    json_close_object(writer);
}

enum outcome metrics_list(const struct call *call, const struct visit *visit, struct http_reply *reply)
{
    struct engine_list_metrics_rows rows =
        engine_list_metrics(call->txn, &(struct engine_list_metrics_params){.after = 0, .limit = ROWS_SHOWN});
    struct json_writer writer = json_writer_in(call->arena);

    (void)visit;
    json_open_array(&writer);
    for (size_t i = 0; i < rows.count; i++)
        write_row(&writer, &rows.items[i]);
    json_close_array(&writer);
    *reply = (struct http_reply){
        .status = 200, .content_type = S("application/json"), .body = json_written(&writer)};
    return DONE;
}
