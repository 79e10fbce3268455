#pragma once

/*
 * spread.h: the values of a series, each with how often it was counted.
 *
 * Values have three significant digits; whenever there are more than SPREAD_MOST different ones, they have
 * one digit less from then on: so adding a value costs the same however many there are.
 */
#include "engine/count.h"

#include "base/arena.h"

enum { SPREAD_MOST = 400 };

struct spread;

/* *spread: NULL until there is a value. */
void spread_add(struct arena *arena, struct spread **spread, double value, double weight);
void spread_merge(struct arena *arena, struct spread **spread, const struct spread *other);
/* The values, sorted, into room for SPREAD_MOST; returns how many they are. */
size_t spread_values(const struct spread *spread, struct counted_value *values);
