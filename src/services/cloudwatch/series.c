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

/* The longest stored period of which the wanted periods consist. */
static int64_t stored_period_s(const struct series_request *request)
{
    for (size_t i = PERIODS; i-- > 0;)
        if (request->period_s % cloudwatch_periods[i].period_s == 0 &&
            request->from_s % cloudwatch_periods[i].period_s == 0)
            return cloudwatch_periods[i].period_s;
    return 1;
}

/* The bucket of that time and unit; buckets come in the order of time. */
static struct bucket *bucket_at(struct arena *arena, struct bucket_list *buckets, int64_t at_s, str unit,
                                bool apart)
{
    for (size_t i = buckets->count; i-- > 0 && buckets->items[i].at_s == at_s;)
        if (!apart || str_equal(buckets->items[i].unit, unit))
            return &buckets->items[i];
    struct bucket *bucket = list_add(arena, buckets);
    *bucket = (struct bucket){.at_s = at_s, .unit = arena_copy(arena, unit)};
    return bucket;
}

bool cloudwatch_series_read(const struct call *call, const struct series_request *request,
                            struct bucket_list *buckets)
{
    struct cloudwatch_read_points_params params = {.metric_id = request->metric_id,
                                                   .period_s = stored_period_s(request),
                                                   .from_s = request->from_s,
                                                   .end_s = request->end_s};
    struct cloudwatch_read_points_cursor cursor = cloudwatch_read_points_open(call->txn, &params);
    struct cloudwatch_read_points_row row;
    bool whole = true;

    while (whole && cloudwatch_read_points_next(&cursor, &row)) {
        if (str_present(request->unit) && !str_equal(request->unit, row.unit))
            continue;
        int64_t at_s = row.at_s - (row.at_s - request->from_s) % request->period_s;
        struct sums sums = {row.samples, row.sum, row.least, row.most,
                            cloudwatch_distribution_read(call->arena, row.spread)};
        cloudwatch_sums_add(call->arena,
                            &bucket_at(call->arena, buckets, at_s, row.unit, request->apart)->sums, &sums);
        whole = !time_is_up(call);
    }
    cloudwatch_read_points_close(&cursor);
    return whole;
}
