#pragma once

/*
 * positions.h: finds the position of an item in an array by the item's hash.
 *
 * The table, in an arena, holds positions only: the caller compares the key with the item at each position
 * that positions_next() offers, usually one or two.  The hash is keyed with random bits of this process, so
 * that no client can choose texts whose hashes collide.
 */
#include "base/arena.h"

struct position_slot {
    uint32_t position; /* plus 1; 0: the slot is free */
    uint32_t
        tag; /* the upper half of the hash: a slot with another tag is skipped without a look at the item */
};

struct positions {
    struct position_slot *slots;
    uint32_t mask;
};

/* SipHash-1-3 under this process's key: never store it, and never show it to a client. */
uint64_t keyed_hash(str text);

/* Room for `count` positions, all below UINT32_MAX. */
struct positions positions_for(struct arena *arena, size_t count);
void positions_add(struct positions *positions, uint64_t hash, size_t position);

/* *slot is the hash at first.  False when no further position can match. */
bool positions_next(const struct positions *positions, uint64_t *slot, size_t *position);
