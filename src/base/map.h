#pragma once

/*
 * map.h: a hash map from text to a pointer, on the heap, for tables that outlive requests.
 *
 * Keys are copied.  Not for use by several threads at once.
 */
#include "base/str.h"

struct map_entry;

struct map {
    struct map_entry **buckets;
    size_t bucket_count, count;
};

/* A map that is all zeroes is empty and ready. */
void map_free(struct map *map);

/* The value of the key, or NULL. */
void *map_get(const struct map *map, str key);
/* map_put() replaces the value of the key.  Both return the value that the key had, or NULL. */
void *map_put(struct map *map, str key, void *value);
void *map_remove(struct map *map, str key);

/* Call `visit` on each value; `visit` must not change the map. */
void map_each(const struct map *map, void (*visit)(void *context, str key, void *value), void *context);
