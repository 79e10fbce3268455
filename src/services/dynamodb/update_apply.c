/*
 * update_apply.c: the item after an update.
 *
 * First the new value of each action's place is computed, always from the item as it was: no path leads into
 * another, so no action depends on another, and indexes keep their meaning. Then update_edit.c makes all
 * changes at once.
 */
#include "number.h"
#include "update_internal.h"

#include <stdlib.h>
#include <string.h>

struct updating {
    struct arena *arena;
    struct lookups lookups;
    const struct dynamodb_attribute_map *item;
    bool of_attributes; /* struct update */
    size_t made;        /* elements of lists and sets so far, which are bounded */
    str *problem;
};

static bool refuse(struct updating *updating, str sentence)
{
    *updating->problem = sentence;
    return false;
}

const str dynamodb_update_too_large = STR_INIT("Item size to update has exceeded the maximum allowed size");

static bool refuse_type(struct updating *updating)
{
    return refuse(updating, updating->of_attributes
                                ? S("Type mismatch for attribute to update")
                                : S("An operand in the update expression has an incorrect data type"));
}

/*
 * An element of a list takes at least a byte of the item.  So does an element of a set; there both operands
 * are counted, which together are at most twice the result.
 */
static bool make(struct updating *updating, size_t elements)
{
    updating->made += elements;
    return updating->made <= (size_t)2 * MAX_ITEM_BYTES || refuse(updating, dynamodb_update_too_large);
}

/* ---- operands ---- */

static bool add_numbers(struct updating *updating, str a, str b, bool minus, str *sum)
{
    struct number first, second, result;

    dynamodb_number_parse(a, &first);
    dynamodb_number_parse(b, &second);
    second.negative ^= minus;
    switch (dynamodb_number_add(&first, &second, &result)) {
    case NUMBER_OK:
        *sum = dynamodb_number_text(updating->arena, &result);
        return true;
    case NUMBER_UNDERFLOW:
        return refuse(updating,
                      S("Number underflow. Attempting to store a number with magnitude smaller than "
                        "supported range"));
    default: /* AWS has this sentence for too many digits, too */
        return refuse(updating, S("Number overflow. Attempting to store a number with magnitude larger than "
                                  "supported range"));
    }
}

static bool evaluate(struct updating *updating, const struct node *node,
                     struct dynamodb_attribute_value *value);

static bool evaluate_both(struct updating *updating, const struct node *node,
                          struct dynamodb_attribute_value both[2])
{
    return evaluate(updating, node->operands.items[0], &both[0]) &&
           evaluate(updating, node->operands.items[1], &both[1]);
}

static bool evaluate_sum(struct updating *updating, const struct node *node,
                         struct dynamodb_attribute_value *value)
{
    struct dynamodb_attribute_value both[2];

    if (!evaluate_both(updating, node, both))
        return false;
    *value = (struct dynamodb_attribute_value){.is = DYNAMODB_ATTRIBUTE_VALUE_N};
    if (!dynamodb_value_is(&both[0], VALUE_N) || !dynamodb_value_is(&both[1], VALUE_N))
        return refuse_type(updating);
    return add_numbers(updating, both[0].n, both[1].n, node->kind == NODE_MINUS, &value->n);
}

static bool evaluate_append(struct updating *updating, const struct node *node,
                            struct dynamodb_attribute_value *value)
{
    struct dynamodb_attribute_value both[2];

    if (!evaluate_both(updating, node, both))
        return false;
    if (!dynamodb_value_is(&both[0], VALUE_L) || !dynamodb_value_is(&both[1], VALUE_L))
        return refuse_type(updating);
    size_t count = both[0].l.count + both[1].l.count;
    if (!make(updating, 2 * count))
        return false;
    *value = (struct dynamodb_attribute_value){
        DYNAMODB_ATTRIBUTE_VALUE_L,
        .l = {arena_alloc(updating->arena, (count + 1) * sizeof *value->l.items), count}};
    for (size_t i = 0, at = 0; i < 2; at += both[i].l.count, i++)
        if (both[i].l.count > 0)
            memcpy(value->l.items + at, both[i].l.items, both[i].l.count * sizeof *value->l.items);
    return true;
}

static bool evaluate_path(struct updating *updating, const struct path *path,
                          struct dynamodb_attribute_value *value)
{
    const struct dynamodb_attribute_value *found =
        dynamodb_path_get(&updating->lookups, updating->item, path);

    if (!found)
        return refuse(updating,
                      S("The provided expression refers to an attribute that does not exist in the item"));
    *value = *found;
    return true;
}

static bool evaluate(struct updating *updating, const struct node *node,
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
    bool exists = dynamodb_path_get(&updating->lookups, updating->item, &operands[0]->path);
    return evaluate(updating, operands[exists ? 0 : 1], value);
}

/* ---- actions: the new value of the place ---- */

/* The value at the path, or NULL.  False when no value can be put there, either. */
static bool find_place(struct updating *updating, const struct path *path,
                       const struct dynamodb_attribute_value **place)
{
    const struct path above = {path->items, path->count - 1};
    const struct dynamodb_attribute_value *parent;

    *place = dynamodb_path_get(&updating->lookups, updating->item, path);
    if (*place || above.count == 0)
        return true;
    parent = dynamodb_path_get(&updating->lookups, updating->item, &above);
    if (parent && dynamodb_value_is(parent, str_present(path->items[above.count].name) ? VALUE_M : VALUE_L))
        return true;
    return refuse(updating, S("The document path provided in the update expression is invalid for update"));
}

static bool apply_set(struct updating *updating, const struct action *action, struct change *change)
{
    const struct dynamodb_attribute_value *place;

    return evaluate(updating, action->operand, &change->value) && find_place(updating, &action->path, &place);
}

static bool apply_remove(struct updating *updating, const struct action *action, struct change *change)
{
    const struct dynamodb_attribute_value *place;

    (void)change;
    return find_place(updating, &action->path, &place);
}

/* Add to the set the elements of `more` that it lacks. */
static bool unite(struct updating *updating, struct str_list *set, const struct str_list *more)
{
    struct str_list sum = {.count = set->count};

    if (!make(updating, set->count + more->count))
        return false;
    sum.items = arena_alloc(updating->arena, (set->count + more->count) * sizeof *sum.items);
    memcpy(sum.items, set->items, set->count * sizeof *sum.items);
    for (size_t i = 0; i < more->count; i++)
        if (!dynamodb_lookup_element(&updating->lookups, set, more->items[i]))
            sum.items[sum.count++] = more->items[i];
    *set = sum;
    return true;
}

static bool apply_add(struct updating *updating, const struct action *action, struct change *change)
{
    struct dynamodb_attribute_value value = *action->operand->value;
    const struct dynamodb_attribute_value *place;

    if (!find_place(updating, &action->path, &place))
        return false;
    change->value = place ? *place : value;
    if (!place)
        return true;
    if (dynamodb_value_type(place) != dynamodb_value_type(&value))
        return refuse_type(updating);
    if (dynamodb_value_is(&value, VALUE_N))
        return add_numbers(updating, place->n, value.n, false, &change->value.n);
    return unite(updating, &change->value.ss, &value.ss);
}

static bool apply_delete(struct updating *updating, const struct action *action, struct change *change)
{
    struct dynamodb_attribute_value value = *action->operand->value;
    const struct dynamodb_attribute_value *place;

    if (!find_place(updating, &action->path, &place))
        return false;
    if (!place)
        return true;
    if (dynamodb_value_type(place) != dynamodb_value_type(&value))
        return refuse_type(updating);
    change->value = *place;
    struct str_list *set = &change->value.ss, rest = {0};
    rest.items = arena_alloc(updating->arena, set->count * sizeof *rest.items);
    for (size_t i = 0; i < set->count; i++)
        if (!dynamodb_lookup_element(&updating->lookups, &value.ss, set->items[i]))
            rest.items[rest.count++] = set->items[i];
    *set = rest;
    if (rest.count == 0)
        change->value.is = 0; /* a set without elements is absent */
    return true;
}

/* ---- all actions ---- */

/* The order in which new attributes are added, and in which the first error is searched for. */
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

bool dynamodb_update_apply(struct arena *arena, const struct update *update,
                           struct dynamodb_attribute_map *item, str *problem)
{
    static bool (*const apply[])(struct updating *, const struct action *,
                                 struct change *) = {[ACTION_SET] = apply_set,
                                                     [ACTION_REMOVE] = apply_remove,
                                                     [ACTION_ADD] = apply_add,
                                                     [ACTION_DELETE] = apply_delete};
    struct updating updating = {.arena = arena,
                                .lookups = lookups_in(arena),
                                .item = item,
                                .of_attributes = update->of_attributes,
                                .problem = problem};
    const struct action **actions = in_order(arena, update);
    struct change *changes = arena_alloc(arena, (update->count + 1) * sizeof *changes);

    for (size_t i = 0; i < update->count; i++) {
        changes[i] = (struct change){.path = &actions[i]->path, .order = i};
        if (!apply[actions[i]->kind](&updating, actions[i], &changes[i]))
            return false;
    }
    dynamodb_item_edit(&updating.lookups, changes, update->count, item);
    return true;
}
