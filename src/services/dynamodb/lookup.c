/*
 * lookup.c: indexes of collections that have been searched.
 */
#include "lookup.h"

#include "base/positions.h"

enum { LARGE = 16 }; /* entries: below this, a search costs no more than an index */

struct lookup {
    struct lookup *next;
    const void *items;
    bool indexed;
    struct positions positions;
};

/* The collection's index; NULL if it is small, or searched for the first time. */
static struct lookup *lookup_of(struct lookups *lookups, const void *items, size_t count)
{
    if (count < LARGE)
        return NULL;
    for (struct lookup *lookup = lookups->asked; lookup; lookup = lookup->next)
        if (lookup->items == items)
            return lookup;

    struct lookup *lookup = arena_new(lookups->arena, struct lookup);
    lookup->items = items;
    lookup->next = lookups->asked;
    lookups->asked = lookup;
    return NULL;
}

/* ---- by text: names of maps, elements of sets ---- */

static str text_at(const struct lookup_texts *texts, size_t position)
{
    const char *items = texts->items;
    const void *at = items + position * texts->stride;

    return *(const str *)at;
}

static ptrdiff_t search(const struct lookup_texts *texts, str text)
{
    for (size_t i = 0; i < texts->count; i++)
        if (str_equal(text_at(texts, i), text))
            return (ptrdiff_t)i;
    return -1;
}

static void index_texts(struct arena *arena, struct lookup *lookup, const struct lookup_texts *texts)
{
    lookup->indexed = true;
    lookup->positions = positions_for(arena, texts->count);
    for (size_t i = 0; i < texts->count; i++)
        positions_add(&lookup->positions, keyed_hash(text_at(texts, i)), i);
}

ptrdiff_t dynamodb_lookup_text(struct lookups *lookups, const struct lookup_texts *texts, str text)
{
    struct lookup *lookup = lookup_of(lookups, texts->items, texts->count);
    uint64_t slot;

    if (!lookup)
        return search(texts, text);
    if (!lookup->indexed)
        index_texts(lookups->arena, lookup, texts);
    slot = keyed_hash(text);
    for (size_t i; positions_next(&lookup->positions, &slot, &i);)
        if (str_equal(text_at(texts, i), text))
            return (ptrdiff_t)i;
    return -1;
}

ptrdiff_t dynamodb_lookup_name(struct lookups *lookups, const struct dynamodb_attribute_map *map, str name)
{
    struct lookup_texts names = {map->items, map->count, sizeof *map->items};

    return dynamodb_lookup_text(lookups, &names, name);
}

const struct dynamodb_attribute_value *
dynamodb_lookup_attribute(struct lookups *lookups, const struct dynamodb_attribute_map *map, str name)
{
    ptrdiff_t position = dynamodb_lookup_name(lookups, map, name);

    return position < 0 ? NULL : &map->items[position].value;
}

bool dynamodb_lookup_element(struct lookups *lookups, const struct str_list *set, str element)
{
    struct lookup_texts elements = {set->items, set->count, sizeof *set->items};

    return dynamodb_lookup_text(lookups, &elements, element) >= 0;
}

/* ---- by value: elements of lists ---- */

static uint64_t hash_value(const struct dynamodb_attribute_value *value);

/* One hash of two, which depends on their order. */
static uint64_t hash_words(uint64_t first, uint64_t second)
{
    uint64_t words[] = {first, second};

    return keyed_hash((str){(const char *)words, sizeof words});
}

/* Sets and maps have no order: their elements' hashes are added. */
static uint64_t hash_set(const struct str_list *set)
{
    uint64_t sum = 0;

    for (size_t i = 0; i < set->count; i++)
        sum += keyed_hash(set->items[i]);
    return sum;
}

uint64_t dynamodb_map_hash(const struct dynamodb_attribute_map *map)
{
    uint64_t sum = 0;

    for (size_t i = 0; i < map->count; i++)
        sum += hash_words(keyed_hash(map->items[i].key), hash_value(&map->items[i].value));
    return sum;
}

static uint64_t hash_list(const struct dynamodb_attribute_value_list *list)
{
    uint64_t hash = 0;

    for (size_t i = 0; i < list->count; i++)
        hash = hash_words(hash, hash_value(&list->items[i]));
    return hash;
}

/* Equal values have equal hashes. */
static uint64_t hash_value(const struct dynamodb_attribute_value *value)
{
    enum value_type type = dynamodb_value_type(value);

    switch (type) {
    case VALUE_S:
        return keyed_hash(value->s) + type;
    case VALUE_N:
        return keyed_hash(value->n) + type;
    case VALUE_B:
        return keyed_hash(value->b) + type;
    case VALUE_SS:
        return hash_words(hash_set(&value->ss), type);
    case VALUE_NS:
        return hash_words(hash_set(&value->ns), type);
    case VALUE_BS:
        return hash_words(hash_set(&value->bs), type);
    case VALUE_M:
        return hash_words(dynamodb_map_hash(&value->m), type);
    case VALUE_L:
        return hash_words(hash_list(&value->l), type);
    case VALUE_BOOL:
        return hash_words(*value->bool_, type);
    default:
        return hash_words(0, type);
    }
}

/* Equal elements are indexed once: a hundred thousand nulls would collide in the table. */
static void index_values(struct lookups *lookups, struct lookup *lookup,
                         const struct dynamodb_attribute_value_list *list)
{
    lookup->indexed = true;
    lookup->positions = positions_for(lookups->arena, list->count);
    for (size_t i = 0; i < list->count; i++) {
        uint64_t hash = hash_value(&list->items[i]), slot = hash;
        bool known = false;
        for (size_t j; !known && positions_next(&lookup->positions, &slot, &j);)
            known = dynamodb_value_equal(lookups->arena, &list->items[i], &list->items[j]);
        if (!known)
            positions_add(&lookup->positions, hash, i);
    }
}

static bool search_value(struct lookups *lookups, const struct dynamodb_attribute_value_list *list,
                         const struct dynamodb_attribute_value *value)
{
    for (size_t i = 0; i < list->count; i++)
        if (dynamodb_value_equal(lookups->arena, &list->items[i], value))
            return true;
    return false;
}

bool dynamodb_lookup_value(struct lookups *lookups, const struct dynamodb_attribute_value_list *list,
                           const struct dynamodb_attribute_value *value)
{
    struct lookup *lookup = lookup_of(lookups, list->items, list->count);
    uint64_t slot;

    if (!lookup)
        return search_value(lookups, list, value);
    if (!lookup->indexed)
        index_values(lookups, lookup, list);
    slot = hash_value(value);
    for (size_t i; positions_next(&lookup->positions, &slot, &i);)
        if (dynamodb_value_equal(lookups->arena, &list->items[i], value))
            return true;
    return false;
}
