/*
 * update_apply.c: what an item becomes by an update.
 *
 * All operands are read from the item as it was.  Elements that are removed from lists leave a gap until the
 * end, so that indexes mean what they meant.  Elements beyond a list's end are added in the order of their
 * indexes.
 */
#include "expression.h"

#include "base/list.h"
#include "number.h"

#include <stdlib.h>

struct updating {
    struct arena *arena;
    const struct dynamodb_attribute_value_map *old;
    struct dynamodb_attribute_value_map *item;
    str *problem;
};

static bool refuse(const struct updating *updating, str sentence)
{
    *updating->problem = sentence;
    return false;
}

static bool refuse_type(const struct updating *updating)
{
    return refuse(updating, S("An operand in the update expression has an incorrect data type"));
}

/* ---- operands ---- */

static bool add_numbers(const struct updating *updating, str a, str b, bool minus, str *sum)
{
    struct number first, second, result;

    number_parse(a, &first);
    number_parse(b, &second);
    second.negative ^= minus;
    switch (number_add(&first, &second, &result)) {
    case NUMBER_OK:
        *sum = number_text(updating->arena, &result);
        return true;
    case NUMBER_UNDERFLOW:
        return refuse(updating,
                      S("Number underflow. Attempting to store a number with magnitude smaller than "
                        "supported range"));
    default: /* AWS says so of too many digits, too */
        return refuse(updating, S("Number overflow. Attempting to store a number with magnitude larger than "
                                  "supported range"));
    }
}

static bool evaluate(const struct updating *updating, const struct node *node,
                     struct dynamodb_attribute_value *value);

static bool evaluate_both(const struct updating *updating, const struct node *node,
                          struct dynamodb_attribute_value both[2])
{
    return evaluate(updating, node->operands.items[0], &both[0]) &&
           evaluate(updating, node->operands.items[1], &both[1]);
}

static bool evaluate_sum(const struct updating *updating, const struct node *node,
                         struct dynamodb_attribute_value *value)
{
    struct dynamodb_attribute_value both[2];

    if (!evaluate_both(updating, node, both))
        return false;
    *value = (struct dynamodb_attribute_value){0};
    if (!both[0].n.data || !both[1].n.data)
        return refuse_type(updating);
    return add_numbers(updating, both[0].n, both[1].n, node->kind == NODE_MINUS, &value->n);
}

static bool evaluate_append(const struct updating *updating, const struct node *node,
                            struct dynamodb_attribute_value *value)
{
    struct dynamodb_attribute_value both[2];

    if (!evaluate_both(updating, node, both))
        return false;
    if (!both[0].l.items || !both[1].l.items)
        return refuse_type(updating);
    *value = (struct dynamodb_attribute_value){0};
    list_make_empty(updating->arena, &value->l);
    for (size_t i = 0; i < 2; i++)
        for (size_t j = 0; j < both[i].l.count; j++)
            *list_add(updating->arena, &value->l) = both[i].l.items[j];
    return true;
}

static bool evaluate_path(const struct updating *updating, const struct path *path,
                          struct dynamodb_attribute_value *value)
{
    const struct dynamodb_attribute_value *found = path_get(updating->old, path);

    if (!found)
        return refuse(updating,
                      S("The provided expression refers to an attribute that does not exist in the item"));
    *value = *found;
    return true;
}

static bool evaluate(const struct updating *updating, const struct node *node,
                     struct dynamodb_attribute_value *value)
{
    struct node *const *operands = node->operands.items;

    switch (node->kind) {
    case NODE_PATH:
        return evaluate_path(updating, &node->path, value);
    case NODE_VALUE:
        *value = *node->value;
        return true;
    case NODE_PLUS:
    case NODE_MINUS:
        return evaluate_sum(updating, node, value);
    default:
        break;
    }
    if (node->function == LIST_APPEND)
        return evaluate_append(updating, node, value);
    return evaluate(updating, path_get(updating->old, &operands[0]->path) ? operands[0] : operands[1], value);
}

/* ---- places ---- */

static struct dynamodb_attribute_value *map_get(const struct dynamodb_attribute_value_map *map, str name)
{
    for (size_t i = 0; i < map->count; i++)
        if (str_equal(map->items[i].key, name))
            return &map->items[i].value;
    return NULL;
}

/* Arrays of a decoded item have no room: they are made anew. */
static struct dynamodb_attribute_value *map_add(struct arena *arena, struct dynamodb_attribute_value_map *map,
                                                str name)
{
    struct dynamodb_attribute_value_map_entry *items = arena_alloc(arena, (map->count + 1) * sizeof *items);

    for (size_t i = 0; map->items && i < map->count; i++)
        items[i] = map->items[i];
    map->items = items;
    items[map->count].key = name;
    return &items[map->count++].value;
}

static struct dynamodb_attribute_value *list_append(struct arena *arena,
                                                    struct dynamodb_attribute_value_list *list)
{
    struct dynamodb_attribute_value *items = arena_alloc(arena, (list->count + 1) * sizeof *items);

    for (size_t i = 0; list->items && i < list->count; i++)
        items[i] = list->items[i];
    list->items = items;
    return &items[list->count++];
}

/* The value that a step leads to, NULL when it is not there. */
static struct dynamodb_attribute_value *step_to(struct dynamodb_attribute_value_map *map,
                                                struct dynamodb_attribute_value_list *list,
                                                const struct step *step)
{
    if (map)
        return map_get(map, step->name);
    return list && step->index < list->count ? &list->items[step->index] : NULL;
}

/* What the last step leads out of: a map or else a list.  False when there is none that fits. */
static bool find_parent(const struct updating *updating, const struct path *path,
                        struct dynamodb_attribute_value_map **map,
                        struct dynamodb_attribute_value_list **list)
{
    *map = updating->item;
    *list = NULL;
    for (size_t i = 0; i + 1 < path->count; i++) {
        struct dynamodb_attribute_value *value = step_to(*map, *list, &path->items[i]);
        bool named = str_present(path->items[i + 1].name);
        *map = value && named && value->m.items ? &value->m : NULL;
        *list = value && !named && value->l.items ? &value->l : NULL;
        if (!*map && !*list)
            return refuse(updating,
                          S("The document path provided in the update expression is invalid for update"));
    }
    return true;
}

/* The value at the path, NULL when it is not there; `create` makes room for it. */
static bool find_place(const struct updating *updating, const struct path *path, bool create,
                       struct dynamodb_attribute_value **place)
{
    const struct step *last = &path->items[path->count - 1];
    struct dynamodb_attribute_value_map *map;
    struct dynamodb_attribute_value_list *list;

    if (!find_parent(updating, path, &map, &list))
        return false;
    *place = step_to(map, list, last);
    if (!*place && create && map)
        *place = map_add(updating->arena, map, last->name);
    else if (!*place && create && list)
        *place = list_append(updating->arena, list);
    return true;
}

/* ---- actions ---- */

static bool apply_set(const struct updating *updating, const struct action *action)
{
    struct dynamodb_attribute_value value, *place;

    if (!evaluate(updating, action->operand, &value) || !find_place(updating, &action->path, true, &place))
        return false;
    *place = value;
    return true;
}

static bool apply_remove(const struct updating *updating, const struct action *action)
{
    struct dynamodb_attribute_value *place;

    if (!find_place(updating, &action->path, false, &place))
        return false;
    if (place)
        *place = (struct dynamodb_attribute_value){0};
    return true;
}

static struct str_list *set_of(struct dynamodb_attribute_value *value)
{
    return value->ss.items ? &value->ss : value->ns.items ? &value->ns : value->bs.items ? &value->bs : NULL;
}

static bool holds_element(const struct str_list *set, str element)
{
    for (size_t i = 0; i < set->count; i++)
        if (str_equal(set->items[i], element))
            return true;
    return false;
}

/* Those of `from` that `other` does not hold. */
static void add_others(struct arena *arena, struct str_list *result, const struct str_list *from,
                       const struct str_list *other)
{
    for (size_t i = 0; i < from->count; i++)
        if (!holds_element(other, from->items[i]))
            *list_add(arena, result) = from->items[i];
}

static bool apply_add(const struct updating *updating, const struct action *action)
{
    struct dynamodb_attribute_value value = *action->operand->value, *place;

    if (!find_place(updating, &action->path, true, &place))
        return false;
    if (value_type(place) == VALUE_NONE) {
        *place = value;
        return true;
    }
    if (value_type(place) != value_type(&value))
        return refuse_type(updating);
    if (value.n.data)
        return add_numbers(updating, place->n, value.n, false, &place->n);
    struct str_list *set = set_of(place), sum = {0}, none = {0};
    add_others(updating->arena, &sum, set, &none);
    add_others(updating->arena, &sum, set_of(&value), set);
    *set = sum;
    return true;
}

static bool apply_delete(const struct updating *updating, const struct action *action)
{
    struct dynamodb_attribute_value value = *action->operand->value, *place;

    if (!find_place(updating, &action->path, false, &place))
        return false;
    if (!place)
        return true;
    if (value_type(place) != value_type(&value))
        return refuse_type(updating);
    struct str_list *set = set_of(place), rest = {0};
    add_others(updating->arena, &rest, set, set_of(&value));
    *set = rest; /* without elements it is absent, and the attribute a gap */
    return true;
}

/* ---- gaps ---- */

static void close_gaps(struct dynamodb_attribute_value *value);

static void close_gaps_of_map(struct dynamodb_attribute_value_map *map)
{
    size_t kept = 0;

    for (size_t i = 0; i < map->count; i++) {
        if (value_type(&map->items[i].value) == VALUE_NONE)
            continue;
        close_gaps(&map->items[i].value);
        map->items[kept++] = map->items[i];
    }
    map->count = kept;
}

static void close_gaps(struct dynamodb_attribute_value *value)
{
    size_t kept = 0;

    close_gaps_of_map(&value->m);
    for (size_t i = 0; i < value->l.count; i++) {
        if (value_type(&value->l.items[i]) == VALUE_NONE)
            continue;
        close_gaps(&value->l.items[i]);
        value->l.items[kept++] = value->l.items[i];
    }
    value->l.count = kept;
}

/* ---- all of them ---- */

/* No path leads into another one, so the order matters to what is added to lists alone. */
static int by_index(const void *a, const void *b)
{
    const struct action *first = *(const struct action *const *)a, *second = *(const struct action *const *)b;
    size_t i = first->path.items[first->path.count - 1].index;
    size_t j = second->path.items[second->path.count - 1].index;

    if (i != j)
        return i < j ? -1 : 1;
    return (first > second) - (first < second);
}

static const struct action **in_order(struct arena *arena, const struct update *update)
{
    const struct action **actions = arena_alloc(arena, (update->count + 1) * sizeof(const struct action *));

    for (size_t i = 0; i < update->count; i++)
        actions[i] = &update->items[i];
    qsort(actions, update->count, sizeof(const struct action *), by_index);
    return actions;
}

bool update_apply(struct arena *arena, const struct update *update,
                  const struct dynamodb_attribute_value_map *old, struct dynamodb_attribute_value_map *item,
                  str *problem)
{
    static bool (*const apply[])(const struct updating *,
                                 const struct action *) = {[ACTION_SET] = apply_set,
                                                           [ACTION_REMOVE] = apply_remove,
                                                           [ACTION_ADD] = apply_add,
                                                           [ACTION_DELETE] = apply_delete};
    struct updating updating = {arena, old, item, problem};
    const struct action **actions = in_order(arena, update);

    for (size_t i = 0; i < update->count; i++)
        if (!apply[actions[i]->kind](&updating, actions[i]))
            return false;
    close_gaps_of_map(item);
    return true;
}
