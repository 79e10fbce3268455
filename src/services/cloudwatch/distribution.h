#pragma once

/*
 * distribution.h: sums of what a metric measured in a period, with the values themselves as far as they are
 * known.
 *
 * A distribution keeps each value and how often it was put. When it has more than DISTRIBUTION_MOST different
 * values, values within one percent of each other share an entry, so that percentiles are right to one
 * percent.
 */
#include "base/arena.h"

enum { DISTRIBUTION_MOST = 400 };

struct weighted_value {
    double value, weight;
};

struct distribution {
    bool known;                   /* false: a statistic set, whose values nobody has told */
    struct weighted_value *items; /* sorted by value */
    size_t count;
};

struct sums {
    double samples, sum, least, most;
    struct distribution distribution;
};

/* Add `other` to *sums; both may share entries of `other` afterwards. */
void cloudwatch_sums_add(struct arena *arena, struct sums *sums, const struct sums *other);
/* The sums of one value, put `weight` times. */
struct sums cloudwatch_sums_of(struct arena *arena, double value, double weight);

/* As bytes, and back; an unknown distribution is absent. */
str cloudwatch_distribution_bytes(struct arena *arena, const struct distribution *distribution);
struct distribution cloudwatch_distribution_read(struct arena *arena, str bytes);
