/*
 * distribution.c: adding distributions, and making them coarser when they grow.
 */
#include "distribution.h"

#include <math.h>
#include <string.h>

/* Values with the same number are at most one percent apart. */
static double bucket_of(double value)
{
    if (fabs(value) < 1e-12)
        return 0;
    double number = floor(log(fabs(value)) / log(1.01)) + 1e6; /* positive for every double that AWS allows */
    return value < 0 ? -number : number;
}

/* One entry for all values of a bucket: their mean, with the sum of their weights. */
static void make_coarser(struct distribution *distribution)
{
    struct weighted_value *items = distribution->items;
    size_t kept = 0;

    for (size_t i = 1; i < distribution->count; i++) {
        if (bucket_of(items[i].value) == bucket_of(items[kept].value)) {
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

static struct distribution merge(struct arena *arena, const struct distribution *a,
                                 const struct distribution *b)
{
    struct distribution merged = {.known = a->known && b->known};
    size_t i = 0, j = 0;

    if (!merged.known)
        return merged;
    merged.items = arena_alloc(arena, (a->count + b->count) * sizeof *merged.items);
    while (i < a->count || j < b->count) {
        bool from_a = j == b->count || (i < a->count && a->items[i].value <= b->items[j].value);
        struct weighted_value next = from_a ? a->items[i++] : b->items[j++];
        if (merged.count > 0 && merged.items[merged.count - 1].value == next.value)
            merged.items[merged.count - 1].weight += next.weight;
        else
            merged.items[merged.count++] = next;
    }
    if (merged.count > DISTRIBUTION_MOST)
        make_coarser(&merged);
    return merged;
}

void cloudwatch_sums_add(struct arena *arena, struct sums *sums, const struct sums *other)
{
    if (sums->samples == 0) {
        *sums = *other;
        return;
    }
    sums->samples += other->samples;
    sums->sum += other->sum;
    sums->least = fmin(sums->least, other->least);
    sums->most = fmax(sums->most, other->most);
    sums->distribution = merge(arena, &sums->distribution, &other->distribution);
}

struct sums cloudwatch_sums_of(struct arena *arena, double value, double weight)
{
    struct weighted_value *item = arena_alloc(arena, sizeof *item);

    *item = (struct weighted_value){value, weight};
    return (struct sums){.samples = weight,
                         .sum = value * weight,
                         .least = value,
                         .most = value,
                         .distribution = {.known = true, .items = item, .count = 1}};
}

str cloudwatch_distribution_bytes(struct arena *arena, const struct distribution *distribution)
{
    if (!distribution->known)
        return (str){0};
    return arena_copy(
        arena, (str){(const char *)distribution->items, distribution->count * sizeof *distribution->items});
}

struct distribution cloudwatch_distribution_read(struct arena *arena, str bytes)
{
    struct distribution read = {.known = str_present(bytes)};

    if (!read.known)
        return read;
    read.count = bytes.size / sizeof *read.items;
    read.items = arena_alloc(arena, bytes.size);
    if (bytes.size > 0)
        memcpy(read.items, bytes.data, bytes.size);
    return read;
}
