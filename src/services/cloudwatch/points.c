/*
 * points.c: storing points in each of their periods, and removing them.
 */
#include "cloudwatch_internal.h"

#define REMOVE_OLD_POINTS_ID S("points")

enum { ROWS_PER_RUN = 250, REMOVAL_EVERY_MS = HOUR_S * 1000 };

const struct period cloudwatch_periods[PERIODS] = {
    {1, (int64_t)3 * HOUR_S},
    {MINUTE_S, (int64_t)15 * DAY_S},
    {FIVE_MINUTES_S, (int64_t)63 * DAY_S},
    {HOUR_S, (int64_t)455 * DAY_S},
};

static void add(struct txn *txn, struct arena *arena, int64_t metric_id, int64_t period_s,
                const struct measurement *measurement)
{
    const struct cloudwatch_find_point_params place = {.metric_id = metric_id,
                                                       .period_s = period_s,
                                                       .at_s =
                                                           measurement->at_s - measurement->at_s % period_s,
                                                       .unit = measurement->unit};
    struct arena_mark mark = arena_mark(arena);
    struct weighted_value stored[DISTRIBUTION_MOST];
    struct cloudwatch_find_point_row row;
    struct sums sums = {0};

    if (cloudwatch_find_point(txn, &place, &row))
        cloudwatch_sums_add(arena, &sums,
                            &(struct sums){row.samples, row.sum, row.least, row.most,
                                           cloudwatch_distribution_read(stored, row.spread)});
    cloudwatch_sums_add(arena, &sums, &measurement->sums);
    cloudwatch_put_point(txn, &(struct cloudwatch_put_point_params){
                                  .metric_id = metric_id,
                                  .period_s = period_s,
                                  .at_s = place.at_s,
                                  .unit = place.unit,
                                  .samples = sums.samples,
                                  .sum = sums.sum,
                                  .least = sums.least,
                                  .most = sums.most,
                                  .spread = cloudwatch_distribution_bytes(&sums.distribution),
                              });
    arena_rewind(arena, mark);
}

void cloudwatch_points_add(struct txn *txn, struct arena *arena, int64_t metric_id,
                           const struct measurement *measurement)
{
    for (size_t i = measurement->high_resolution ? 0 : 1; i < PERIODS; i++)
        add(txn, arena, metric_id, cloudwatch_periods[i].period_s, measurement);
}

/* ---- removing ---- */

static void run_again(const struct call *call, int64_t due_ms)
{
    timer_set(call, &CLOUDWATCH_REMOVE_OLD_POINTS, REMOVE_OLD_POINTS_ID, due_ms,
              &(struct cloudwatch_remove_old_points_input){0});
}

void cloudwatch_points_start(const struct call *call)
{
    run_again(call, call->now_ms + REMOVAL_EVERY_MS);
}

/* Remove one old point of the metric; false: it has none. */
static bool remove_one(const struct call *call, int64_t metric_id)
{
    struct cloudwatch_find_old_point_row row;

    for (size_t i = 0; i < PERIODS; i++) {
        struct cloudwatch_find_old_point_params params = {
            .metric_id = metric_id,
            .period_s = cloudwatch_periods[i].period_s,
            .end_s = call->now_ms / 1000 - cloudwatch_periods[i].kept_s,
        };
        if (!cloudwatch_find_old_point(call->txn, &params, &row))
            continue;
        cloudwatch_remove_point(
            call->txn,
            &(struct cloudwatch_remove_point_params){
                .metric_id = metric_id, .period_s = params.period_s, .at_s = row.at_s, .unit = row.unit});
        return true;
    }
    return false;
}

static void remove_if_empty(const struct call *call, int64_t metric_id)
{
    struct cloudwatch_has_points_row row;

    if (!cloudwatch_has_points(call->txn, &(struct cloudwatch_has_points_params){.metric_id = metric_id},
                               &row))
        cloudwatch_remove_metric(call->txn, &(struct cloudwatch_remove_metric_params){.id = metric_id});
}

enum outcome cloudwatch_remove_old_points(const struct call *call,
                                          const struct cloudwatch_remove_old_points_input *in,
                                          struct cloudwatch_remove_old_points_output *out)
{
    struct cloudwatch_next_metric_row row;
    int64_t after = in->after;

    (void)out;
    for (size_t steps = 1;; steps++) {
        if (!cloudwatch_next_metric(call->txn, &(struct cloudwatch_next_metric_params){.after = after},
                                    &row)) {
            run_again(call, call->now_ms + REMOVAL_EVERY_MS);
            return DONE;
        }
        if (!remove_one(call, row.id)) {
            remove_if_empty(call, row.id);
            after = row.id;
        }
        if (steps == ROWS_PER_RUN || slice_is_over(call)) {
            slice_again(call, &CLOUDWATCH_REMOVE_OLD_POINTS, REMOVE_OLD_POINTS_ID,
                        &(struct cloudwatch_remove_old_points_input){.after = after});
            return DONE;
        }
    }
}
