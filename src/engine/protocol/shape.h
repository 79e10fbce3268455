#pragma once

/*
 * shape.h: reading and filling the typed structs of a model through its tables.
 *
 * Internal to the protocols and to validation.  Only this code knows the layouts that model.h describes.
 */
#include "base/arena.h"
#include "engine/model.h"

#include <string.h>

/* Any list or map: a map's item is a str with the value after it. */
struct items {
    char *data;
    size_t count;
};

struct items items_read(const void *list);
void items_write(void *list, struct items items);
/* The size of one item of that list or map. */
size_t item_size(const struct shape *shape);
/* Zeroed room on the arena for `count` items of that list or map; its data is never NULL. */
struct items items_new(struct arena *arena, const struct shape *shape, size_t count);

enum { MAP_VALUE_OFFSET = sizeof(str) };

static inline str *entry_key(char *entry)
{
    return (str *)(void *)entry;
}

/* The member's value inside the structure, or NULL. */
const void *member_value(const struct member *member, const void *structure);
/*
 * The place for the member's value: if the structure has only a pointer, memory for the value is allocated.
 */
void *member_room(struct arena *arena, const struct member *member, void *structure);

/*
 * Required numbers and booleans have no value for "absent", so a decoder first marks all of a structure's as
 * missing, with a value that no client sends, and validate() refuses those still marked.
 */
void mark_missing(const struct shape *shape, void *structure);
bool is_missing(const struct member *member, const void *structure);

/*
 * Was the item of a list, or a map's value, null?  Such a structure is empty, so that its required members
 * are missing; numbers and booleans cannot be null in a collection.
 */
bool is_null_item(const struct shape *shape, const void *value);

/* Of entries with the same key, keep the last one, in the place of the first. */
void map_drop_repeats(struct arena *arena, const struct shape *shape, void *map);
/*
 * In a map of lists, entries with the same key become one, in the place of the first, with all their items.
 */
void map_join_repeats(struct arena *arena, const struct shape *shape, void *map);

/* A string, blob, number, boolean or timestamp as the text of a form, an XML element or a header. */
str scalar_to_text(struct arena *arena, const struct shape *shape, enum timestamp_format format,
                   const void *value);
/* False when the text does not have that type.  Text is borrowed. */
bool scalar_from_text(struct arena *arena, const struct shape *shape, enum timestamp_format format, str text,
                      void *value);

/* A JSON or decimal number; beyond 64 bits it becomes the largest integer.  Fractions are cut off. */
int64_t number_to_i64(struct arena *arena, str number);
/* Seconds since 1970 with up to three decimals, and back; false when the text is not a number. */
str epoch_to_text(struct arena *arena, int64_t ms);
bool epoch_from_text(struct arena *arena, str text, int64_t *ms);

/* The place after the last member of a structure. */
static inline const struct member *members_end(const struct shape *shape)
{
    return shape->members + shape->member_count;
}

struct members {
    const struct member *first, *end;
};

/* The members that may be present: of a union the one that is, unless a client sent several. */
static inline struct members members_in(const struct shape *shape, const void *structure)
{
    const struct member *first = shape->members;
    unsigned is;

    if (!shape->is_union)
        return (struct members){first, members_end(shape)};
    memcpy(&is, structure, sizeof is);
    if (is == UNION_HAS_SEVERAL)
        return (struct members){first, members_end(shape)};
    return is ? (struct members){first + is - 1, first + is} : (struct members){first, first};
}
