/*
 * statistic.c: statistics of sums.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Statistics-definitions.html
 */
#include "cloudwatch_internal.h"

#include <math.h>

static const struct {
    const char *name;
    enum statistic_kind kind;
} simple[] = {
    {"SampleCount", STATISTIC_SAMPLE_COUNT}, {"Average", STATISTIC_AVERAGE}, {"Sum", STATISTIC_SUM},
    {"Minimum", STATISTIC_MINIMUM},          {"Maximum", STATISTIC_MAXIMUM},
};

/* tm90 is the mean of all up to the 90th percentile; TM(10%:90%) has both bounds. */
static const struct {
    const char *short_form, *long_form;
    enum statistic_kind kind;
} bounded[] = {
    {"p", NULL, STATISTIC_PERCENTILE},       {"tm", "TM", STATISTIC_TRIMMED_MEAN},
    {"wm", "WM", STATISTIC_WINSORIZED_MEAN}, {"tc", "TC", STATISTIC_TRIMMED_COUNT},
    {"ts", "TS", STATISTIC_TRIMMED_SUM},     {NULL, "PR", STATISTIC_PERCENTILE_RANK},
};

enum { MAX_DECIMALS = 10, MAX_NUMBER = 40 };

static bool read_number(str text, double *number)
{
    return text.size <= MAX_NUMBER && str_to_double(text, number);
}

static bool is_digits(str text)
{
    for (size_t i = 0; i < text.size; i++)
        if (text.data[i] < '0' || text.data[i] > '9')
            return false;
    return !str_empty(text);
}

/* 0 to 100, as AWS writes it: two digits at most, but for 100, and decimals. */
static bool read_percentage(str text, double *percentage)
{
    ptrdiff_t point = str_index(text, '.');
    str whole = point < 0 ? text : str_head(text, (size_t)point),
        decimals = point < 0 ? S("") : str_from(text, (size_t)point + 1);

    if (!is_digits(whole) || (whole.size > 2 && !str_equal(whole, S("100"))) ||
        (!str_empty(decimals) && !is_digits(decimals)) || decimals.size > MAX_DECIMALS)
        return false;
    return read_number(text, percentage) && *percentage <= 100;
}

/* One side of "10%:90%"; empty: no bound. */
static bool read_bound(str text, double *bound, bool *percent, bool *absolute)
{
    if (str_empty(text))
        return true;
    if (!str_ends_with(text, S("%"))) {
        *absolute = true;
        return read_number(text, bound);
    }
    *percent = true;
    return read_percentage(str_head(text, text.size - 1), bound);
}

static bool read_bounds(str text, struct statistic *statistic)
{
    ptrdiff_t colon = str_index(text, ':');
    bool percent = false, absolute = false;

    if (!str_ends_with(text, S(")")) || colon < 0)
        return false;
    statistic->low = -INFINITY;
    statistic->high = INFINITY;
    if (!read_bound(str_head(text, (size_t)colon), &statistic->low, &percent, &absolute) ||
        !read_bound(str_head(str_from(text, (size_t)colon + 1), text.size - (size_t)colon - 2),
                    &statistic->high, &percent, &absolute))
        return false;
    statistic->absolute = absolute;
    return percent != absolute && statistic->low < statistic->high;
}

static bool parse_bounded(str text, struct statistic *statistic)
{
    for (size_t i = 0; i < sizeof bounded / sizeof *bounded; i++) {
        str short_form = str_of(bounded[i].short_form), long_form = str_of(bounded[i].long_form);
        statistic->kind = bounded[i].kind;
        if (str_present(long_form) && str_starts_with(text, long_form) && text.size > long_form.size &&
            text.data[long_form.size] == '(')
            return read_bounds(str_from(text, long_form.size + 1), statistic) &&
                   (statistic->kind != STATISTIC_PERCENTILE_RANK || statistic->absolute);
        if (str_present(short_form) && str_starts_with(text, short_form)) {
            statistic->low = 0;
            return read_percentage(str_from(text, short_form.size), &statistic->high);
        }
    }
    return false;
}

bool cloudwatch_parse_statistic(str text, struct statistic *statistic)
{
    *statistic = (struct statistic){0};
    for (size_t i = 0; i < sizeof simple / sizeof *simple; i++)
        if (str_equal(text, str_of(simple[i].name))) {
            statistic->kind = simple[i].kind;
            return true;
        }
    if (str_equal(text, S("IQM"))) {
        *statistic = (struct statistic){.kind = STATISTIC_TRIMMED_MEAN, .low = 25, .high = 75};
        return true;
    }
    return parse_bounded(text, statistic);
}

/* ---- of values ---- */

/* The value of that rank: as many samples, counted by weight, are at or below it. */
static double value_at(const struct distribution *distribution, double rank)
{
    double passed = 0;

    for (size_t i = 0; i < distribution->count; i++)
        if ((passed += distribution->items[i].weight) >= rank)
            return distribution->items[i].value;
    return distribution->items[distribution->count - 1].value;
}

/* What lies between the bounds. */
struct part {
    double weight, sum;
    double lowest, highest, below, above; /* the outermost values inside, and the weights outside */
};

static void take(struct part *part, double value, double weight)
{
    if (weight <= 0)
        return;
    if (part->weight == 0)
        part->lowest = value;
    part->highest = value;
    part->weight += weight;
    part->sum += value * weight;
}

static struct part part_between_values(const struct distribution *distribution, double low, double high)
{
    struct part part = {0};

    for (size_t i = 0; i < distribution->count; i++) {
        struct weighted_value item = distribution->items[i];
        if (item.value <= low && low != -INFINITY)
            part.below += item.weight;
        else if (item.value > high)
            part.above += item.weight;
        else
            take(&part, item.value, item.weight);
    }
    return part;
}

static struct part part_between_ranks(const struct distribution *distribution, double low, double high)
{
    struct part part = {0};
    double passed = 0;

    for (size_t i = 0; i < distribution->count; i++) {
        struct weighted_value item = distribution->items[i];
        double from = fmax(passed, low), to = fmin(passed + item.weight, high);
        take(&part, item.value, to - from);
        part.below += fmax(0, fmin(passed + item.weight, low) - passed);
        part.above += fmax(0, passed + item.weight - fmax(passed, high));
        passed += item.weight;
    }
    return part;
}

static bool of_part(const struct statistic *statistic, const struct sums *sums, const struct part *part,
                    double *value)
{
    switch (statistic->kind) {
    case STATISTIC_TRIMMED_COUNT:
        *value = part->weight;
        return true;
    case STATISTIC_TRIMMED_SUM:
        *value = part->sum;
        return true;
    case STATISTIC_PERCENTILE_RANK:
        *value = part->weight / sums->samples * 100;
        return true;
    case STATISTIC_WINSORIZED_MEAN:
        *value = (part->sum + part->below * part->lowest + part->above * part->highest) / sums->samples;
        return part->weight > 0;
    default:
        *value = part->sum / part->weight;
        return part->weight > 0;
    }
}

static bool of_distribution(const struct statistic *statistic, const struct sums *sums, double *value)
{
    const struct distribution *distribution = &sums->distribution;
    double low = fmax(statistic->low, 0), high = fmin(statistic->high, 100);

    if (!distribution->known || distribution->count == 0)
        return false;
    if (statistic->kind == STATISTIC_PERCENTILE) {
        *value = value_at(distribution, sums->samples * high / 100);
        return sums->least >= 0; /* as on AWS, values below 0 have no percentiles */
    }
    struct part part =
        statistic->absolute
            ? part_between_values(distribution, statistic->low, statistic->high)
            : part_between_ranks(distribution, sums->samples * low / 100, sums->samples * high / 100);
    return of_part(statistic, sums, &part, value);
}

bool cloudwatch_sums_statistic(const struct statistic *statistic, const struct sums *sums, double *value)
{
    const double simple_values[] = {
        [STATISTIC_SAMPLE_COUNT] = sums->samples,
        [STATISTIC_AVERAGE] = sums->sum / sums->samples,
        [STATISTIC_SUM] = sums->sum,
        [STATISTIC_MINIMUM] = sums->least,
        [STATISTIC_MAXIMUM] = sums->most,
    };

    if (statistic->kind > STATISTIC_MAXIMUM)
        return of_distribution(statistic, sums, value);
    *value = simple_values[statistic->kind];
    return true;
}
