#pragma once

/*
 * lookup.h: searching maps, sets and lists of any size.
 *
 * An expression may search the same collection hundreds of times.  A small collection is always read from its
 * beginning, and a large one only at the first search; then it gets an index, and further searches cost the
 * same for any size.  So the cost of an expression grows with the item and with the expression, not with
 * their product.
 *
 * Lookups belong to one evaluation: collections are identified by their addresses and must not change
 * meanwhile.
 */
#include "value.h"

struct lookup;

struct lookups {
    struct arena *arena;
    struct lookup *asked;
};

/* Lookups that allocate from this arena. */
static inline struct lookups lookups_in(struct arena *arena)
{
    return (struct lookups){.arena = arena};
}

/* The position of a text in an array of structs that begin with a str; -1 when it is missing. */
struct lookup_texts {
    const void *items;
    size_t count, stride;
};
ptrdiff_t dynamodb_lookup_text(struct lookups *lookups, const struct lookup_texts *texts, str text);

/* Equal maps have equal hashes, which are keyed by random bits of the process. */
uint64_t dynamodb_map_hash(const struct dynamodb_attribute_map *map);
/* The map's attribute of that name, or NULL. */
const struct dynamodb_attribute_value *
dynamodb_lookup_attribute(struct lookups *lookups, const struct dynamodb_attribute_map *map, str name);
/* Its position in the map, or -1. */
ptrdiff_t dynamodb_lookup_name(struct lookups *lookups, const struct dynamodb_attribute_map *map, str name);
bool dynamodb_lookup_element(struct lookups *lookups, const struct str_list *set, str element);
/* Does the list contain an equal value? */
bool dynamodb_lookup_value(struct lookups *lookups, const struct dynamodb_attribute_value_list *list,
                           const struct dynamodb_attribute_value *value);
