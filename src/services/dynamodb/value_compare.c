/*
 * value_compare.c: whether two values are equal, and which is the smaller one.
 *
 * Sets and maps have no order, but two copies usually have the same order.  So elements at the same position
 * are compared first; from the first difference on, elements are found by a table of positions.
 */
#include "base/positions.h"
#include "number.h"
#include "value.h"

/* ---- sets ---- */

static struct positions index_set(struct arena *arena, const struct str_list *set)
{
    struct positions positions = positions_for(arena, set->count);

    for (size_t i = 0; i < set->count; i++)
        positions_add(&positions, keyed_hash(set->items[i]), i);
    return positions;
}

bool dynamodb_texts_hold(const struct str_list *texts, const struct positions *positions, str text)
{
    uint64_t slot = keyed_hash(text);

    for (size_t i; positions_next(positions, &slot, &i);)
        if (str_equal(texts->items[i], text))
            return true;
    return false;
}

static bool sets_equal(struct arena *arena, const struct str_list *a, const struct str_list *b)
{
    size_t i = 0;

    if (a->count != b->count)
        return false;
    while (i < a->count && str_equal(a->items[i], b->items[i]))
        i++;
    if (i == a->count)
        return true;

    struct positions positions = index_set(arena, b);
    while (i < a->count && dynamodb_texts_hold(b, &positions, a->items[i]))
        i++;
    return i == a->count;
}

/* ---- maps and lists ---- */

static struct positions index_map(struct arena *arena, const struct dynamodb_attribute_map *map)
{
    struct positions positions = positions_for(arena, map->count);

    for (size_t i = 0; i < map->count; i++)
        positions_add(&positions, keyed_hash(map->items[i].key), i);
    return positions;
}

static bool map_holds(struct arena *arena, const struct dynamodb_attribute_map *map,
                      const struct positions *positions, const struct dynamodb_attribute_map_entry *entry)
{
    uint64_t slot = keyed_hash(entry->key);

    for (size_t i; positions_next(positions, &slot, &i);)
        if (str_equal(map->items[i].key, entry->key))
            return dynamodb_value_equal(arena, &map->items[i].value, &entry->value);
    return false;
}

static bool maps_equal(struct arena *arena, const struct dynamodb_attribute_map *a,
                       const struct dynamodb_attribute_map *b)
{
    size_t i = 0;

    if (a->count != b->count)
        return false;
    for (; i < a->count && str_equal(a->items[i].key, b->items[i].key); i++)
        if (!dynamodb_value_equal(arena, &a->items[i].value, &b->items[i].value))
            return false;
    if (i == a->count)
        return true;

    struct positions positions = index_map(arena, b);
    while (i < a->count && map_holds(arena, b, &positions, &a->items[i]))
        i++;
    return i == a->count;
}

static bool lists_equal(struct arena *arena, const struct dynamodb_attribute_value_list *a,
                        const struct dynamodb_attribute_value_list *b)
{
    if (a->count != b->count)
        return false;
    for (size_t i = 0; i < a->count; i++)
        if (!dynamodb_value_equal(arena, &a->items[i], &b->items[i]))
            return false;
    return true;
}

/* ---- any value ---- */

static bool collections_equal(struct arena *arena, enum value_type type,
                              const struct dynamodb_attribute_value *a,
                              const struct dynamodb_attribute_value *b)
{
    switch (type) {
    case VALUE_SS:
        return sets_equal(arena, &a->ss, &b->ss);
    case VALUE_NS:
        return sets_equal(arena, &a->ns, &b->ns);
    case VALUE_BS:
        return sets_equal(arena, &a->bs, &b->bs);
    case VALUE_M:
        return maps_equal(arena, &a->m, &b->m);
    default:
        return lists_equal(arena, &a->l, &b->l);
    }
}

bool dynamodb_value_equal(struct arena *arena, const struct dynamodb_attribute_value *a,
                          const struct dynamodb_attribute_value *b)
{
    enum value_type type = dynamodb_value_type(a);

    if (type != dynamodb_value_type(b))
        return false;
    switch (type) {
    case VALUE_S:
        return str_equal(a->s, b->s);
    case VALUE_N:
        return str_equal(a->n, b->n);
    case VALUE_B:
        return str_equal(a->b, b->b);
    case VALUE_BOOL:
        return *a->bool_ == *b->bool_;
    case VALUE_NULL:
    case VALUE_NONE:
        return true;
    default:
        break;
    }
    struct arena_mark before = arena_mark(arena);
    bool equal = collections_equal(arena, type, a, b);
    arena_rewind(arena, before);
    return equal;
}

static int compare_numbers(str a, str b)
{
    struct number first, second;

    dynamodb_number_parse(a, &first);
    dynamodb_number_parse(b, &second);
    return dynamodb_number_compare(&first, &second);
}

bool dynamodb_value_compare(const struct dynamodb_attribute_value *a,
                            const struct dynamodb_attribute_value *b, int *order)
{
    enum value_type type = dynamodb_value_type(a);

    if (type != dynamodb_value_type(b))
        return false;
    switch (type) {
    case VALUE_S:
        *order = str_compare(a->s, b->s);
        return true;
    case VALUE_B:
        *order = str_compare(a->b, b->b);
        return true;
    case VALUE_N:
        *order = compare_numbers(a->n, b->n);
        return true;
    default:
        return false;
    }
}
