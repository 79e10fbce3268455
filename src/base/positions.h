#pragma once

/*
 * positions.h: where something stands in an array, found by its hash.
 *
 * The table holds positions only, in an arena: whoever looks compares the key with what stands at each
 * position that positions_next() offers, of which there are one or two.  The hash is keyed with random bits
 * of this process, so that no client can choose texts whose hashes are alike.
 */
#include "base/arena.h"

struct position_slot {
    uint32_t position; /* + 1; 0: the slot is free */
    uint32_t tag;      /* the upper half of its hash: nothing else need be looked at when it differs */
};

struct positions {
    struct position_slot *slots;
    uint32_t mask;
};

/* SipHash-1-3 under this process's key: never stored, and never told to a client. */
uint64_t keyed_hash(str text);

/* Room for `count` positions, all below UINT32_MAX. */
struct positions positions_for(struct arena *arena, size_t count);
void positions_add(struct positions *positions, uint64_t hash, size_t position);

/* *slot begins as the hash.  False when no more positions may be the right one. */
bool positions_next(const struct positions *positions, uint64_t *slot, size_t *position);
