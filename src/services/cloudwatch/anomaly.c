/*
 * anomaly.c: means and standard deviations by the hour of the week, which begins on Thursday as 1970 did.
 */
#include "anomaly.h"

#include <math.h>

enum { HOURS_OF_DAY = 24, HOURS_OF_WEEK = 7 * HOURS_OF_DAY, LEAST_VALUES = 3 };

/* Welford's sums. */
struct spread_sums {
    double count, mean, squares;
};

struct model {
    struct spread_sums of_week[HOURS_OF_WEEK], of_day[HOURS_OF_DAY], all;
};

static void learn(struct spread_sums *sums, double value)
{
    double before = value - sums->mean;

    sums->count++;
    sums->mean += before / sums->count;
    sums->squares += before * (value - sums->mean);
}

static bool is_excluded(const struct cloudwatch_range_list *excluded, int64_t at_s)
{
    for (size_t i = 0; i < excluded->count; i++)
        if (at_s * 1000 >= excluded->items[i].start_time && at_s * 1000 < excluded->items[i].end_time)
            return true;
    return false;
}

static void train(struct model *model, const struct series_values *past,
                  const struct cloudwatch_range_list *excluded)
{
    for (size_t i = 0; i < past->count; i++) {
        int64_t hour = past->at_s[i] / HOUR_S;
        if (!isfinite(past->values[i]) || is_excluded(excluded, past->at_s[i]))
            continue;
        learn(&model->of_week[hour % HOURS_OF_WEEK], past->values[i]);
        learn(&model->of_day[hour % HOURS_OF_DAY], past->values[i]);
        learn(&model->all, past->values[i]);
    }
}

/* NULL: too little is known. */
static const struct spread_sums *expected_at(const struct model *model, int64_t at_s)
{
    int64_t hour = at_s / HOUR_S;
    const struct spread_sums *choices[] = {&model->of_week[hour % HOURS_OF_WEEK],
                                           &model->of_day[hour % HOURS_OF_DAY], &model->all};

    for (size_t i = 0; i < sizeof choices / sizeof *choices; i++)
        if (choices[i]->count >= LEAST_VALUES)
            return choices[i];
    return NULL;
}

static void add(struct series_values *series, int64_t at_s, double value)
{
    series->at_s[series->count] = at_s;
    series->values[series->count++] = value;
}

void cloudwatch_anomaly_band(const struct call *call, const struct cloudwatch_metric_stat *stat,
                             const struct series_values *past, double width, struct series_values band[2])
{
    struct cloudwatch_range_list excluded =
        stat ? cloudwatch_anomaly_exclusions(call, stat) : (struct cloudwatch_range_list){0};
    struct model *model = arena_new(call->arena, struct model);
    size_t periods = band[0].count;

    train(model, past, &excluded);
    band[0].count = band[1].count = 0;
    for (size_t i = 0; i < periods; i++) {
        int64_t at_s = band[0].at_s[i];
        const struct spread_sums *sums = expected_at(model, at_s);
        if (!sums)
            continue;
        double deviation = sqrt(fmax(0, sums->squares / sums->count));
        add(&band[0], at_s, sums->mean + width * deviation);
        add(&band[1], at_s, sums->mean - width * deviation);
    }
}
