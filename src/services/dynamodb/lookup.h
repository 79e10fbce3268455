#pragma once

/*
 * lookup.h: finding things in maps, sets and lists of any size.
 *
 * An expression may ask the same collection hundreds of times.  A small one is always searched from its
 * beginning, and a large one the first time it is asked; then it gets an index, and further questions
 * cost the same however large it is.  So what an expression costs grows with the item and with the
 * expression, not with their product.
 *
 * Lookups belong to one evaluation: collections are known by their addresses and must not change meanwhile.
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

/* Where in an array of structs that begin with a str this one is; -1 when it is not there. */
struct lookup_texts {
    const void *items;
    size_t count, stride;
};
ptrdiff_t dynamodb_lookup_text(struct lookups *lookups, const struct lookup_texts *texts, str text);

/* NULL when the map has no such attribute. */
const struct dynamodb_attribute_value *
dynamodb_lookup_attribute(struct lookups *lookups, const struct dynamodb_attribute_map *map, str name);
/* Its position in the map, -1 when it is not there. */
ptrdiff_t dynamodb_lookup_name(struct lookups *lookups, const struct dynamodb_attribute_map *map, str name);
bool dynamodb_lookup_element(struct lookups *lookups, const struct str_list *set, str element);
/* Does the list hold an equal value? */
bool dynamodb_lookup_value(struct lookups *lookups, const struct dynamodb_attribute_value_list *list,
                           const struct dynamodb_attribute_value *value);
