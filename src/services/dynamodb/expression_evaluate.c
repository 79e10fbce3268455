/*
 * expression_evaluate.c: is a condition true of an item?
 */
#include "expression.h"

static const struct dynamodb_attribute_value *step_get(const struct dynamodb_attribute_value *value,
                                                       const struct step *step)
{
    if (str_present(step->name))
        return value->m.items ? item_get(&value->m, step->name) : NULL;
    return step->index < value->l.count ? &value->l.items[step->index] : NULL;
}

const struct dynamodb_attribute_value *path_get(const struct dynamodb_attribute_value_map *item,
                                                const struct path *path)
{
    const struct dynamodb_attribute_value *value = item_get(item, path->items[0].name);

    for (size_t i = 1; value && i < path->count; i++)
        value = step_get(value, &path->items[i]);
    return value;
}

/* In UTF-16 units, as Java counts. */
static size_t text_length(str text)
{
    size_t length = 0;

    for (size_t i = 0; i < text.size; i++) {
        unsigned char byte = (unsigned char)text.data[i];
        length += ((byte & 0xc0) != 0x80) + (size_t)(byte >= 0xf0);
    }
    return length;
}

/* False when that type has no size. */
static bool size_of(const struct dynamodb_attribute_value *value, size_t *size)
{
    switch (value_type(value)) {
    case VALUE_S:
        *size = text_length(value->s);
        return true;
    case VALUE_B:
        *size = value->b.size;
        return true;
    case VALUE_SS:
        *size = value->ss.count;
        return true;
    case VALUE_NS:
        *size = value->ns.count;
        return true;
    case VALUE_BS:
        *size = value->bs.count;
        return true;
    case VALUE_M:
        *size = value->m.count;
        return true;
    case VALUE_L:
        *size = value->l.count;
        return true;
    default:
        return false;
    }
}

static const struct dynamodb_attribute_value *operand_value(struct arena *arena, const struct node *node,
                                                            const struct dynamodb_attribute_value_map *item);

static const struct dynamodb_attribute_value *size_value(struct arena *arena, const struct node *node,
                                                         const struct dynamodb_attribute_value_map *item)
{
    const struct dynamodb_attribute_value *of = operand_value(arena, node->operands.items[0], item);
    size_t size;

    if (!of || !size_of(of, &size))
        return NULL;
    struct dynamodb_attribute_value *value = arena_new(arena, struct dynamodb_attribute_value);
    value->n = arena_format(arena, "%zu", size);
    return value;
}

/* NULL when the item has no such value. */
static const struct dynamodb_attribute_value *operand_value(struct arena *arena, const struct node *node,
                                                            const struct dynamodb_attribute_value_map *item)
{
    switch (node->kind) {
    case NODE_PATH:
        return path_get(item, &node->path);
    case NODE_VALUE:
        return node->value;
    default:
        return size_value(arena, node, item);
    }
}

/* ---- functions ---- */

static bool begins_with(const struct dynamodb_attribute_value *value,
                        const struct dynamodb_attribute_value *prefix)
{
    if (value->s.data && prefix->s.data)
        return str_starts_with(value->s, prefix->s);
    return value->b.data && prefix->b.data && str_starts_with(value->b, prefix->b);
}

static bool set_contains(const struct str_list *set, str element)
{
    for (size_t i = 0; i < set->count; i++)
        if (str_equal(set->items[i], element))
            return true;
    return false;
}

static bool list_contains(const struct dynamodb_attribute_value_list *list,
                          const struct dynamodb_attribute_value *element)
{
    for (size_t i = 0; i < list->count; i++)
        if (value_equal(&list->items[i], element))
            return true;
    return false;
}

static bool contains(const struct dynamodb_attribute_value *value,
                     const struct dynamodb_attribute_value *part)
{
    switch (value_type(value)) {
    case VALUE_S:
        return part->s.data && str_find(value->s, part->s) >= 0;
    case VALUE_B:
        return part->b.data && str_find(value->b, part->b) >= 0;
    case VALUE_SS:
        return part->s.data && set_contains(&value->ss, part->s);
    case VALUE_NS:
        return part->n.data && set_contains(&value->ns, part->n);
    case VALUE_BS:
        return part->b.data && set_contains(&value->bs, part->b);
    case VALUE_L:
        return list_contains(&value->l, part);
    default:
        return false;
    }
}

static bool function_holds(struct arena *arena, const struct node *node,
                           const struct dynamodb_attribute_value_map *item)
{
    const struct dynamodb_attribute_value *first = operand_value(arena, node->operands.items[0], item);
    const struct dynamodb_attribute_value *second =
        node->operands.count > 1 ? operand_value(arena, node->operands.items[1], item) : NULL;

    switch (node->function) {
    case ATTRIBUTE_EXISTS:
        return first != NULL;
    case ATTRIBUTE_NOT_EXISTS:
        return first == NULL;
    case ATTRIBUTE_TYPE:
        return first && second && value_type(first) == value_type_named(second->s);
    case BEGINS_WITH:
        return first && second && begins_with(first, second);
    case CONTAINS:
        return first && second && contains(first, second);
    default:
        return false;
    }
}

/* ---- conditions ---- */

/* Nothing equals a missing attribute, so it is different from everything. */
static bool comparison_holds(enum comparator comparator, const struct dynamodb_attribute_value *a,
                             const struct dynamodb_attribute_value *b)
{
    int order;

    if (comparator == EQUAL || comparator == NOT_EQUAL)
        return (a && b && value_equal(a, b)) == (comparator == EQUAL);
    if (!a || !b || !value_compare(a, b, &order))
        return false;
    switch (comparator) {
    case LESS:
        return order < 0;
    case LESS_OR_EQUAL:
        return order <= 0;
    case GREATER:
        return order > 0;
    default:
        return order >= 0;
    }
}

static bool between_holds(struct arena *arena, const struct node *node,
                          const struct dynamodb_attribute_value_map *item)
{
    const struct dynamodb_attribute_value *value = operand_value(arena, node->operands.items[0], item);

    return comparison_holds(GREATER_OR_EQUAL, value, operand_value(arena, node->operands.items[1], item)) &&
           comparison_holds(LESS_OR_EQUAL, value, operand_value(arena, node->operands.items[2], item));
}

static bool in_holds(struct arena *arena, const struct node *node,
                     const struct dynamodb_attribute_value_map *item)
{
    const struct dynamodb_attribute_value *value = operand_value(arena, node->operands.items[0], item);

    for (size_t i = 1; i < node->operands.count; i++)
        if (comparison_holds(EQUAL, value, operand_value(arena, node->operands.items[i], item)))
            return true;
    return false;
}

/* Until one of them is `decisive`. */
static bool series_holds(struct arena *arena, const struct node *node,
                         const struct dynamodb_attribute_value_map *item, bool decisive)
{
    for (size_t i = 0; i < node->operands.count; i++)
        if (expression_holds(arena, node->operands.items[i], item) == decisive)
            return decisive;
    return !decisive;
}

bool expression_holds(struct arena *arena, const struct node *condition,
                      const struct dynamodb_attribute_value_map *item)
{
    struct node *const *operands = condition->operands.items;

    switch (condition->kind) {
    case NODE_AND:
        return series_holds(arena, condition, item, false);
    case NODE_OR:
        return series_holds(arena, condition, item, true);
    case NODE_NOT:
        return !expression_holds(arena, operands[0], item);
    case NODE_BETWEEN:
        return between_holds(arena, condition, item);
    case NODE_IN:
        return in_holds(arena, condition, item);
    case NODE_COMPARISON:
        return comparison_holds(condition->comparator, operand_value(arena, operands[0], item),
                                operand_value(arena, operands[1], item));
    default:
        return function_holds(arena, condition, item);
    }
}

bool condition_names(const struct node *condition, str attribute)
{
    if (condition->kind == NODE_PATH)
        return str_equal(condition->path.items[0].name, attribute);
    for (size_t i = 0; i < condition->operands.count; i++)
        if (condition_names(condition->operands.items[i], attribute))
            return true;
    return false;
}
