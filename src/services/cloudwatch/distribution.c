/*
 * distribution.c: adding distributions, and making them coarser when they grow.
 */
#include "distribution.h"

#include "base/check.h"

#include <math.h>
#include <string.h>

enum { MERGED_MOST = 2 * DISTRIBUTION_MOST };

/* Values with the same number are within that share of each other: log(1.01), or twice that, … */
static double bucket_of(double value, double logarithm)
{
    double size = fabs(value);

    if (size == 0)
        return 0;
    double number = floor(log(size) / logarithm) + 1e6; /* above 0 for every double */
    return value < 0 ? -number : number;
}

/* Make the values of each bucket one: their mean, with the sum of their weights. */
static void make_coarser(struct distribution *distribution, double logarithm)
{
    struct weighted_value *items = distribution->items;
    size_t kept = 0;

    for (size_t i = 1; i < distribution->count; i++) {
        if (bucket_of(items[i].value, logarithm) == bucket_of(items[kept].value, logarithm)) {
            double weight = items[kept].weight + items[i].weight;
            items[kept].value =
                (items[kept].value * items[kept].weight + items[i].value * items[i].weight) / weight;
            items[kept].weight = weight;
        } else {
            items[++kept] = items[i];
        }
    }
    distribution->count = kept + 1;
}

static void keep_within_bound(struct distribution *distribution)
{
    for (double logarithm = log(1.01); distribution->count > DISTRIBUTION_MOST; logarithm *= 2)
        make_coarser(distribution, logarithm);
}

/* Equal values become one. */
static void join_equal(struct distribution *distribution)
{
    struct weighted_value *items = distribution->items;
    size_t kept = 0;

    for (size_t i = 1; i < distribution->count; i++)
        if (items[i].value == items[kept].value)
            items[kept].weight += items[i].weight;
        else
            items[++kept] = items[i];
    if (distribution->count > 0)
        distribution->count = kept + 1;
}

static void make_room(struct arena *arena, struct distribution *distribution)
{
    struct weighted_value *items = arena_alloc(arena, MERGED_MOST * sizeof *items);

    check(distribution->count <= DISTRIBUTION_MOST);
    if (distribution->count > 0)
        memcpy(items, distribution->items, distribution->count * sizeof *items);
    distribution->items = items;
    distribution->room = MERGED_MOST;
}

/* Merge from the end, so that no item is overwritten before it has moved. */
static void merge(struct arena *arena, struct distribution *into, const struct distribution *other)
{
    if (into->room == 0)
        make_room(arena, into);
    check(other->count <= DISTRIBUTION_MOST);
    size_t i = into->count, j = other->count, end = i + j;
    into->count = end;
    while (j > 0)
        into->items[--end] = i > 0 && into->items[i - 1].value > other->items[j - 1].value
                                 ? into->items[--i]
                                 : other->items[--j];
    join_equal(into);
    keep_within_bound(into);
}

void cloudwatch_sums_add(struct arena *arena, struct sums *sums, const struct sums *other)
{
    struct distribution *distribution = &sums->distribution;
    bool first = sums->samples == 0;

    sums->samples += other->samples;
    sums->sum += other->sum;
    sums->least = first ? other->least : fmin(sums->least, other->least);
    sums->most = first ? other->most : fmax(sums->most, other->most);
    distribution->known = other->distribution.known && (first || distribution->known);
    if (first)
        distribution->count = 0;
    if (distribution->known)
        merge(arena, distribution, &other->distribution);
}

void cloudwatch_sums_clear(struct sums *sums)
{
    sums->samples = sums->sum = 0;
}

struct sums cloudwatch_sums_of(struct weighted_value *item, double value, double weight)
{
    *item = (struct weighted_value){value, weight};
    return (struct sums){.samples = weight,
                         .sum = value * weight,
                         .least = value,
                         .most = value,
                         .distribution = {.known = true, .items = item, .count = 1}};
}

str cloudwatch_distribution_bytes(const struct distribution *distribution)
{
    if (!distribution->known)
        return (str){0};
    return (str){(const char *)distribution->items, distribution->count * sizeof *distribution->items};
}

struct distribution cloudwatch_distribution_read(struct weighted_value *items, str bytes)
{
    struct distribution read = {.known = str_present(bytes), .items = items};

    if (!read.known)
        return read;
    read.count = bytes.size / sizeof *read.items;
    check(read.count <= DISTRIBUTION_MOST);
    memcpy(items, bytes.data, bytes.size);
    return read;
}
