#pragma once

/*
 * distribution.h: sums of what a metric measured in a period, with the values themselves as far as they are
 * known.
 *
 * A distribution has each value with its weight: how often it was put. It never has more than
 * DISTRIBUTION_MOST values: when it grows beyond, values within one percent of each other become one, or
 * within two percent, four … until few enough are left. So percentiles are exact, or right to a few percent.
 */
#include "base/arena.h"

enum { DISTRIBUTION_MOST = 400 };

struct weighted_value {
    double value, weight;
};

struct distribution {
    bool known; /* false: a statistic set, whose values nobody has told, or they were not read */
    struct weighted_value *items; /* sorted by value */
    size_t count, room;           /* room: the number of items that fit; 0: the items belong to another */
};

struct sums {
    double samples, sum, least, most;
    struct distribution distribution;
};

/* Add `other` to *sums; its items are copied. */
void cloudwatch_sums_add(struct arena *arena, struct sums *sums, const struct sums *other);
/* Begin anew; the room for items stays. */
void cloudwatch_sums_clear(struct sums *sums);
/* The sums of one value, put `weight` times.  *item is the place for it. */
struct sums cloudwatch_sums_of(struct weighted_value *item, double value, double weight);

/* As bytes that point into the distribution, and back into `items`, which has room for DISTRIBUTION_MOST. */
str cloudwatch_distribution_bytes(const struct distribution *distribution);
struct distribution cloudwatch_distribution_read(struct weighted_value *items, str bytes);
