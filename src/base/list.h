#pragma once

/*
 * list.h: growing arrays in an arena, for any struct { T *items; size_t count; }.
 *
 * The capacity is not stored: it is the power of two at or above count.  So a list that will grow is built by
 * these functions from its first item on.  A list that is absent has items == NULL; list_make_empty() makes a
 * list that is present and empty.
 */
#include "base/arena.h"

/* Zeroed room for one more item at the end; `items` is the current array. */
void *list_grow(struct arena *arena, void *items, size_t count, size_t item_size);

/* A pointer to a new zeroed item at the end of the list. */
#define list_add(arena, list)                                                                                \
    ((list)->items = list_grow((arena), (list)->items, (list)->count, sizeof *(list)->items),                \
     &(list)->items[(list)->count++])

#define list_make_empty(arena, list)                                                                         \
    ((list)->items = list_grow((arena), NULL, 0, sizeof *(list)->items), (list)->count = 0)
