/*
 * expression_evaluate.c: evaluates a condition for an item.
 *
 * A condition of 300 operators may use the same large values again and again: lookups find parts of them, and
 * sizes and comparisons of collections are computed once.
 */
#include "expression.h"

#include "base/list.h"

/*
 * A known result: the length of a text (second is NULL), whether it contains another, or whether two
 * collections are equal.
 */
struct known {
    const struct known *next;
    const struct dynamodb_attribute_value *first, *second;
    size_t result;
};

struct evaluation {
    struct arena *arena;
    const struct dynamodb_attribute_map *item;
    struct lookups lookups;
    const struct known *known;
};

static const struct dynamodb_attribute_value *
step_get(struct lookups *lookups, const struct dynamodb_attribute_value *value, const struct step *step)
{
    if (str_present(step->name))
        return dynamodb_value_is(value, VALUE_M) ? dynamodb_lookup_attribute(lookups, &value->m, step->name)
                                                 : NULL;
    return dynamodb_value_is(value, VALUE_L) && step->index < value->l.count ? &value->l.items[step->index]
                                                                             : NULL;
}

const struct dynamodb_attribute_value *
dynamodb_path_get(struct lookups *lookups, const struct dynamodb_attribute_map *item, const struct path *path)
{
    const struct dynamodb_attribute_value *value =
        dynamodb_lookup_attribute(lookups, item, path->items[0].name);

    for (size_t i = 1; value && i < path->count; i++)
        value = step_get(lookups, value, &path->items[i]);
    return value;
}

/* ---- known results ---- */

static const struct known *recall(const struct evaluation *evaluation,
                                  const struct dynamodb_attribute_value *first,
                                  const struct dynamodb_attribute_value *second)
{
    for (const struct known *known = evaluation->known; known; known = known->next)
        if (known->first == first && known->second == second)
            return known;
    return NULL;
}

static size_t remember(struct evaluation *evaluation, const struct dynamodb_attribute_value *first,
                       const struct dynamodb_attribute_value *second, size_t result)
{
    struct known *known = arena_new(evaluation->arena, struct known);

    *known = (struct known){evaluation->known, first, second, result};
    evaluation->known = known;
    return result;
}

/* ---- sizes ---- */

/* In UTF-16 units, like Java. */
static size_t text_length(str text)
{
    size_t length = 0;

    for (size_t i = 0; i < text.size; i++) {
        unsigned char byte = (unsigned char)text.data[i];
        length += ((byte & 0xc0) != 0x80) + (size_t)(byte >= 0xf0);
    }
    return length;
}

/* A text's length is computed once; other lengths are known. */
static size_t length_of(struct evaluation *evaluation, const struct dynamodb_attribute_value *value)
{
    const struct known *known = recall(evaluation, value, NULL);

    return known ? known->result : remember(evaluation, value, NULL, text_length(value->s));
}

/* False when the type has no size. */
static bool size_of(struct evaluation *evaluation, const struct dynamodb_attribute_value *value, size_t *size)
{
    switch (dynamodb_value_type(value)) {
    case VALUE_S:
        *size = length_of(evaluation, value);
        return true;
    case VALUE_B:
        *size = value->b.size;
        return true;
    case VALUE_SS:
    case VALUE_NS:
    case VALUE_BS:
        *size = value->ss.count;
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

static const struct dynamodb_attribute_value *operand_value(struct evaluation *evaluation,
                                                            const struct node *node);

static const struct dynamodb_attribute_value *size_value(struct evaluation *evaluation,
                                                         const struct node *node)
{
    const struct dynamodb_attribute_value *of = operand_value(evaluation, node->operands.items[0]);
    size_t size;

    if (!of || !size_of(evaluation, of, &size))
        return NULL;
    struct dynamodb_attribute_value *value = arena_new(evaluation->arena, struct dynamodb_attribute_value);
    *value = dynamodb_value_of(VALUE_N, arena_format(evaluation->arena, "%zu", size));
    return value;
}

static bool condition_holds(struct evaluation *evaluation, const struct node *condition);

static const struct dynamodb_attribute_value *truth_value(bool holds)
{
    static const bool truths[] = {false, true};
    static const struct dynamodb_attribute_value values[] = {
        {DYNAMODB_ATTRIBUTE_VALUE_BOOL, .bool_ = &truths[0]},
        {DYNAMODB_ATTRIBUTE_VALUE_BOOL, .bool_ = &truths[1]},
    };

    return &values[holds];
}

/* NULL when the item lacks the value. */
static const struct dynamodb_attribute_value *operand_value(struct evaluation *evaluation,
                                                            const struct node *node)
{
    switch (node->kind) {
    case NODE_PATH:
        return dynamodb_path_get(&evaluation->lookups, evaluation->item, &node->path);
    case NODE_VALUE:
        return node->value;
    default:
        return node->kind == NODE_FUNCTION && node->function == SIZE
                   ? size_value(evaluation, node)
                   : truth_value(condition_holds(evaluation, node));
    }
}

/* ---- functions ---- */

static bool begins_with(const struct dynamodb_attribute_value *value,
                        const struct dynamodb_attribute_value *prefix)
{
    return (dynamodb_value_is(value, VALUE_S) || dynamodb_value_is(value, VALUE_B)) &&
           prefix->is == value->is && str_starts_with(value->s, prefix->s);
}

static bool text_contains(struct evaluation *evaluation, const struct dynamodb_attribute_value *value,
                          const struct dynamodb_attribute_value *part)
{
    const struct known *known = recall(evaluation, value, part);

    if (part->is != value->is)
        return false;
    return known ? known->result : remember(evaluation, value, part, str_find(value->s, part->s) >= 0);
}

static bool contains(struct evaluation *evaluation, const struct dynamodb_attribute_value *value,
                     const struct dynamodb_attribute_value *part)
{
    struct lookups *lookups = &evaluation->lookups;

    switch (dynamodb_value_type(value)) {
    case VALUE_S:
    case VALUE_B:
        return text_contains(evaluation, value, part);
    case VALUE_SS:
        return dynamodb_value_is(part, VALUE_S) && dynamodb_lookup_element(lookups, &value->ss, part->s);
    case VALUE_NS:
        return dynamodb_value_is(part, VALUE_N) && dynamodb_lookup_element(lookups, &value->ns, part->n);
    case VALUE_BS:
        return dynamodb_value_is(part, VALUE_B) && dynamodb_lookup_element(lookups, &value->bs, part->b);
    case VALUE_L:
        return dynamodb_lookup_value(lookups, &value->l, part);
    default:
        return false;
    }
}

static bool function_holds(struct evaluation *evaluation, const struct node *node)
{
    const struct dynamodb_attribute_value *first = operand_value(evaluation, node->operands.items[0]);
    const struct dynamodb_attribute_value *second =
        node->operands.count > 1 ? operand_value(evaluation, node->operands.items[1]) : NULL;

    switch (node->function) {
    case ATTRIBUTE_EXISTS:
        return first != NULL;
    case ATTRIBUTE_NOT_EXISTS:
        return first == NULL;
    case ATTRIBUTE_TYPE:
        return first && second && dynamodb_value_is(second, VALUE_S) &&
               dynamodb_value_type(first) == dynamodb_value_type_named(second->s);
    case BEGINS_WITH:
        return first && second && begins_with(first, second);
    case CONTAINS:
        return first && second && contains(evaluation, first, second);
    default:
        return false;
    }
}

/* ---- conditions ---- */

static bool is_collection(const struct dynamodb_attribute_value *value)
{
    return dynamodb_value_is_set(value) || dynamodb_value_is(value, VALUE_M) ||
           dynamodb_value_is(value, VALUE_L);
}

static bool equal(struct evaluation *evaluation, const struct dynamodb_attribute_value *a,
                  const struct dynamodb_attribute_value *b)
{
    if (!is_collection(a))
        return dynamodb_value_equal(evaluation->arena, a, b);

    const struct known *known = recall(evaluation, a, b);
    return known ? known->result : remember(evaluation, a, b, dynamodb_value_equal(evaluation->arena, a, b));
}

/* A missing attribute is unequal to everything. */
static bool comparison_holds(struct evaluation *evaluation, enum comparator comparator,
                             const struct dynamodb_attribute_value *a,
                             const struct dynamodb_attribute_value *b)
{
    int order;

    if (comparator == EQUAL || comparator == NOT_EQUAL)
        return (a && b && equal(evaluation, a, b)) == (comparator == EQUAL);
    if (!a || !b || !dynamodb_value_compare(a, b, &order))
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

static bool between_holds(struct evaluation *evaluation, const struct node *node)
{
    const struct dynamodb_attribute_value *value = operand_value(evaluation, node->operands.items[0]);

    return comparison_holds(evaluation, GREATER_OR_EQUAL, value,
                            operand_value(evaluation, node->operands.items[1])) &&
           comparison_holds(evaluation, LESS_OR_EQUAL, value,
                            operand_value(evaluation, node->operands.items[2]));
}

static bool in_holds(struct evaluation *evaluation, const struct node *node)
{
    const struct dynamodb_attribute_value *value = operand_value(evaluation, node->operands.items[0]);

    if (value && dynamodb_choice_is_indexed(node, value))
        return dynamodb_choice_is_among(node, value);
    for (size_t i = 1; i < node->operands.count; i++)
        if (comparison_holds(evaluation, EQUAL, value, operand_value(evaluation, node->operands.items[i])))
            return true;
    return false;
}

/* Evaluate until an operand is `decisive`. */
static bool series_holds(struct evaluation *evaluation, const struct node *node, bool decisive)
{
    for (size_t i = 0; i < node->operands.count; i++)
        if (condition_holds(evaluation, node->operands.items[i]) == decisive)
            return decisive;
    return !decisive;
}

static bool condition_holds(struct evaluation *evaluation, const struct node *condition)
{
    struct node *const *operands = condition->operands.items;

    switch (condition->kind) {
    case NODE_AND:
        return series_holds(evaluation, condition, false);
    case NODE_OR:
        return series_holds(evaluation, condition, true);
    case NODE_NOT:
        return !condition_holds(evaluation, operands[0]);
    case NODE_BETWEEN:
        return between_holds(evaluation, condition);
    case NODE_IN:
        return in_holds(evaluation, condition);
    case NODE_COMPARISON:
        return comparison_holds(evaluation, condition->comparator, operand_value(evaluation, operands[0]),
                                operand_value(evaluation, operands[1]));
    default:
        return function_holds(evaluation, condition);
    }
}

bool dynamodb_expression_holds(struct arena *arena, const struct node *condition,
                               const struct dynamodb_attribute_map *item)
{
    struct arena_mark before = arena_mark(arena);
    struct evaluation evaluation = {.arena = arena, .item = item, .lookups = lookups_in(arena)};
    bool holds = condition_holds(&evaluation, condition);

    arena_rewind(arena, before);
    return holds;
}

bool dynamodb_condition_names(const struct node *condition, str attribute)
{
    if (condition->kind == NODE_PATH)
        return str_equal(condition->path.items[0].name, attribute);
    for (size_t i = 0; i < condition->operands.count; i++)
        if (dynamodb_condition_names(condition->operands.items[i], attribute))
            return true;
    return false;
}

void dynamodb_condition_attributes(struct arena *arena, const struct node *condition, struct str_list *names)
{
    if (condition->kind == NODE_PATH)
        *list_add(arena, names) = condition->path.items[0].name;
    for (size_t i = 0; i < condition->operands.count; i++)
        dynamodb_condition_attributes(arena, condition->operands.items[i], names);
}

bool dynamodb_path_enters(const struct path *path, str attribute)
{
    return path->count > 1 && str_equal(path->items[0].name, attribute);
}

bool dynamodb_condition_enters(const struct node *condition, str attribute)
{
    if (condition->kind == NODE_PATH)
        return dynamodb_path_enters(&condition->path, attribute);
    for (size_t i = 0; i < condition->operands.count; i++)
        if (dynamodb_condition_enters(condition->operands.items[i], attribute))
            return true;
    return false;
}
