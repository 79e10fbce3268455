/*
 * spread.c: a hash table from rounded values to how often they were counted.
 *
 * When it has too many values, a new table takes all of them, rounded to one digit less.
 */
#include "engine/metrics/spread.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST_SLOTS = 16, MOST_SLOTS = 1024, MOST_DIGITS = 3 };

/* A hash table; a slot without weight is empty. */
struct spread {
    int digits;
    size_t count, slot_count; /* slot_count: a power of two, at least twice as many */
    struct counted_value slots[];
};

/* Bounds of sizes, and the number of units of 1 in one of them that has three digits. */
static const struct {
    double bound, units; /* sizes below the bound; exact */
} decades[] = {{0.001, 1e6}, {0.01, 1e5}, {0.1, 1e4}, {1, 1e3}, {10, 1e2}, {100, 10}, {1000, 1}};

/* 10 to that power, which is exact up to 22. */
static double ten_to(int power)
{
    double product = 1;

    for (; power > 0; power--)
        product *= 10;
    return product;
}

/* The value with so many significant digits, which is neither tiny nor infinite. */
static double rounded_slowly(double value, int digits)
{
    double size = fabs(value), bound = 1;
    int power = 1 - digits; /* of the last digit */

    while (size >= 10 * bound) {
        bound *= 10;
        power++;
    }
    while (size < bound) {
        bound /= 10;
        power--;
    }
    double unit = ten_to(abs(power));
    return power < 0 ? round(value * unit) / unit
                     : round(value / unit) * unit; /* 3.27, not 3.2700000000000005 */
}

/* The value with so many significant digits.  Most times are below a second. */
static double rounded(double value, int digits)
{
    static const double coarser[] = {1000, 100, 10, 1};
    size_t i = 0;

    if (value >= 0.0001 && value < 1000) {
        while (value >= decades[i].bound)
            i++;
        double units = decades[i].units, coarse = coarser[digits];
        return units >= coarse ? (double)(int64_t)(value * (units / coarse) + 0.5) / (units / coarse)
                               : (double)(int64_t)(value / (coarse / units) + 0.5) * (coarse / units);
    }
    if (fabs(value) < 1e-6 || !isfinite(value)) /* no clock of ours tells such times apart */
        return isfinite(value) ? 0 : value;
    return rounded_slowly(value, digits);
}

static struct spread *spread_new(struct arena *arena, int digits, size_t slot_count)
{
    size_t size = sizeof(struct spread) + slot_count * sizeof(struct counted_value);
    struct spread *spread = arena_alloc(arena, size);

    memset(spread, 0, size);
    spread->digits = digits;
    spread->slot_count = slot_count;
    return spread;
}

static struct counted_value *slot_of(struct spread *spread, double value)
{
    uint64_t bits;

    memcpy(&bits, &value, sizeof bits);
    /* The highest ten bits: the low ones of a whole number are zero. */
    size_t at = (size_t)((bits * UINT64_C(0x9E3779B97F4A7C15)) >> 54);
    for (;; at++) {
        struct counted_value *slot = &spread->slots[at & (spread->slot_count - 1)];
        if (slot->weight == 0 || slot->value == value)
            return slot;
    }
}

static void put(struct spread *spread, double value, double weight)
{
    double kept = rounded(value, spread->digits);
    struct counted_value *slot = slot_of(spread, kept);

    spread->count += slot->weight == 0;
    slot->value = kept;
    slot->weight += weight;
}

static struct spread *again(struct arena *arena, const struct spread *old, int digits, size_t slot_count)
{
    struct spread *spread = spread_new(arena, digits, slot_count);

    for (size_t i = 0; i < old->slot_count; i++)
        if (old->slots[i].weight > 0)
            put(spread, old->slots[i].value, old->slots[i].weight);
    return spread;
}

void spread_add(struct arena *arena, struct spread **spread, double value, double weight)
{
    if (!*spread)
        *spread = spread_new(arena, MOST_DIGITS, FIRST_SLOTS);
    put(*spread, value, weight);
    while ((*spread)->count > SPREAD_MOST)
        *spread = again(arena, *spread, (*spread)->digits - 1, MOST_SLOTS);
    if (2 * (*spread)->count > (*spread)->slot_count)
        *spread = again(arena, *spread, (*spread)->digits, 4 * (*spread)->slot_count);
}

void spread_merge(struct arena *arena, struct spread **spread, const struct spread *other)
{
    for (size_t i = 0; other && i < other->slot_count; i++)
        if (other->slots[i].weight > 0)
            spread_add(arena, spread, other->slots[i].value, other->slots[i].weight);
}

static int by_value(const void *a, const void *b)
{
    const struct counted_value *left = a, *right = b;

    return (left->value > right->value) - (left->value < right->value);
}

size_t spread_values(const struct spread *spread, struct counted_value *values)
{
    size_t count = 0;

    for (size_t i = 0; i < spread->slot_count; i++)
        if (spread->slots[i].weight > 0)
            values[count++] = spread->slots[i];
    qsort(values, count, sizeof *values, by_value);
    return count;
}
