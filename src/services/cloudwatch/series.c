/*
 * series.c: a metric's sums, period by period.
 */
#include "cloudwatch_internal.h"

bool cloudwatch_period_is_valid(int64_t period_s)
{
    return period_s == 1 || period_s == 5 || period_s == 10 || period_s == 20 || period_s == 30 ||
           (period_s > 0 && period_s % MINUTE_S == 0);
}

int64_t cloudwatch_series_start_s(const struct call *call, int64_t start_ms, int64_t period_s)
{
    int64_t start_s = start_ms / 1000, age_s = call->now_ms / 1000 - start_s;
    int64_t step_s = age_s >= cloudwatch_periods[2].kept_s   ? HOUR_S
                     : age_s >= cloudwatch_periods[1].kept_s ? FIVE_MINUTES_S
                     : period_s < MINUTE_S                   ? period_s
                                                             : MINUTE_S;

    return start_s - start_s % step_s;
}

int64_t cloudwatch_series_stored_s(const struct series_request *request)
{
    for (size_t i = PERIODS; i-- > 0;)
        if (request->period_s % cloudwatch_periods[i].period_s == 0 &&
            request->from_s % cloudwatch_periods[i].period_s == 0)
            return cloudwatch_periods[i].period_s;
    return 1;
}

/* The buckets of one period that is being read: one, or one for each unit. */
struct reading {
    const struct call *call;
    const struct series_request *request;
    struct bucket_list open; /* those of earlier periods are used again */
    size_t count;            /* of the current period */
    struct weighted_value values[DISTRIBUTION_MOST];
};

static struct bucket *bucket_of(struct reading *reading, int64_t at_s, str unit)
{
    for (size_t i = 0; i < reading->count; i++)
        if (!reading->request->apart || str_equal(reading->open.items[i].unit, unit))
            return &reading->open.items[i];
    if (reading->count == reading->open.count)
        list_add(reading->call->arena, &reading->open);
    struct bucket *bucket = &reading->open.items[reading->count++];
    cloudwatch_sums_clear(&bucket->sums);
    bucket->at_s = at_s;
    if (reading->request->apart && !str_equal(bucket->unit, unit))
        bucket->unit = arena_copy(reading->call->arena, unit);
    return bucket;
}

static void pass_on(struct reading *reading)
{
    for (size_t i = 0; i < reading->count; i++)
        reading->request->take(reading->request->context, &reading->open.items[i]);
    reading->count = 0;
}

static void read_point(struct reading *reading, const struct cloudwatch_read_points_row *row)
{
    const struct series_request *request = reading->request;
    int64_t at_s = row->at_s - (row->at_s - request->from_s) % request->period_s;
    struct sums sums = {.samples = row->samples, .sum = row->sum, .least = row->least, .most = row->most};

    if (reading->count > 0 && reading->open.items[0].at_s != at_s)
        pass_on(reading);
    if (request->with_values)
        sums.distribution = cloudwatch_distribution_read(reading->values, row->spread);
    cloudwatch_sums_add(reading->call->arena, &bucket_of(reading, at_s, row->unit)->sums, &sums);
}

void cloudwatch_series_read(const struct call *call, const struct series_request *request)
{
    struct cloudwatch_read_points_params params = {.metric_id = request->metric_id,
                                                   .period_s = cloudwatch_series_stored_s(request),
                                                   .from_s = request->read_from_s,
                                                   .end_s = request->end_s};
    struct cloudwatch_read_points_cursor cursor = cloudwatch_read_points_open(call->txn, &params);
    struct cloudwatch_read_points_row row;
    struct reading reading = {.call = call, .request = request};

    while (cloudwatch_read_points_next(&cursor, &row))
        if (!str_present(request->unit) || str_equal(request->unit, row.unit))
            read_point(&reading, &row);
    pass_on(&reading);
    cloudwatch_read_points_close(&cursor);
}
