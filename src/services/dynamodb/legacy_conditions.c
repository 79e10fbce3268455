/*
 * legacy_conditions.c: Expected, ScanFilter, QueryFilter and KeyConditions: a comparison for each attribute.
 */
#include "dynamodb_internal.h"

#define INVALID "One or more parameter values were invalid: "

enum {
    ANY_TYPE = ~0,
    ORDERED_TYPES = 1u << VALUE_S | 1u << VALUE_N | 1u << VALUE_B,
    ELEMENT_TYPES = ORDERED_TYPES | 1u << VALUE_BOOL | 1u << VALUE_NULL,
    PREFIX_TYPES = 1u << VALUE_S | 1u << VALUE_B,
};

/* What an operator may compare with, and the node that it becomes. */
struct rule {
    size_t fewest, most; /* values */
    int types;
    enum node_kind kind;
    enum comparator comparator;
    enum function function;
    bool negated; /* the opposite, but only for attributes that exist */
};

static const struct rule rules[] = {
    [DYNAMODB_COMPARISON_OPERATOR_EQ] = {1, 1, ANY_TYPE, NODE_COMPARISON, .comparator = EQUAL},
    [DYNAMODB_COMPARISON_OPERATOR_NE] = {1, 1, ANY_TYPE, NODE_COMPARISON, .comparator = NOT_EQUAL},
    [DYNAMODB_COMPARISON_OPERATOR_LE] = {1, 1, ORDERED_TYPES, NODE_COMPARISON, .comparator = LESS_OR_EQUAL},
    [DYNAMODB_COMPARISON_OPERATOR_LT] = {1, 1, ORDERED_TYPES, NODE_COMPARISON, .comparator = LESS},
    [DYNAMODB_COMPARISON_OPERATOR_GE] = {1, 1, ORDERED_TYPES, NODE_COMPARISON,
                                         .comparator = GREATER_OR_EQUAL},
    [DYNAMODB_COMPARISON_OPERATOR_GT] = {1, 1, ORDERED_TYPES, NODE_COMPARISON, .comparator = GREATER},
    [DYNAMODB_COMPARISON_OPERATOR_NULL] = {0, 0, ANY_TYPE, NODE_FUNCTION, .function = ATTRIBUTE_NOT_EXISTS},
    [DYNAMODB_COMPARISON_OPERATOR_NOT_NULL] = {0, 0, ANY_TYPE, NODE_FUNCTION, .function = ATTRIBUTE_EXISTS},
    [DYNAMODB_COMPARISON_OPERATOR_CONTAINS] = {1, 1, ELEMENT_TYPES, NODE_FUNCTION, .function = CONTAINS},
    [DYNAMODB_COMPARISON_OPERATOR_NOT_CONTAINS] = {1, 1, ELEMENT_TYPES, NODE_FUNCTION, .function = CONTAINS,
                                                   .negated = true},
    [DYNAMODB_COMPARISON_OPERATOR_BEGINS_WITH] = {1, 1, PREFIX_TYPES, NODE_FUNCTION, .function = BEGINS_WITH},
    [DYNAMODB_COMPARISON_OPERATOR_IN] = {1, SIZE_MAX, ORDERED_TYPES, NODE_IN, .negated = false},
    [DYNAMODB_COMPARISON_OPERATOR_BETWEEN] = {2, 2, ORDERED_TYPES, NODE_BETWEEN, .negated = false},
};

struct comparison {
    str name; /* of the attribute */
    enum dynamodb_comparison_operator comparison_operator;
    struct dynamodb_attribute_value_list values;
};

/* ---- checks ---- */

static bool refuse_for(const struct call *call, str problem, str name)
{
    return dynamodb_refuse_request(call, arena_format(call->arena, INVALID "%.*s for Attribute: %.*s",
                                                      STR_ARGS(problem), STR_ARGS(name)));
}

static bool values_check(const struct call *call, const struct comparison *comparison)
{
    str problem;

    if (str_empty(comparison->name))
        return dynamodb_refuse_request(call, dynamodb_empty_attribute_name);
    for (size_t i = 0; i < comparison->values.count; i++)
        if (!dynamodb_value_check(call->arena, dynamodb_value_layer(call), &comparison->values.items[i],
                                  &problem))
            return dynamodb_refuse_request(call, problem);
    return true;
}

static bool types_check(const struct call *call, const struct comparison *comparison)
{
    const struct rule *rule = &rules[comparison->comparison_operator];

    for (size_t i = 0; i < comparison->values.count; i++) {
        enum value_type type = dynamodb_value_type(&comparison->values.items[i]);
        if (!((unsigned)rule->types & 1u << type))
            return dynamodb_refuse_request(
                call,
                arena_format(call->arena,
                             INVALID "ComparisonOperator %.*s is not valid for %.*s AttributeValue type",
                             STR_ARGS(dynamodb_comparison_operator_text(comparison->comparison_operator)),
                             STR_ARGS(dynamodb_value_type_name(type))));
        if (type != dynamodb_value_type(&comparison->values.items[0]))
            return dynamodb_refuse_request(
                call, S(INVALID "AttributeValues inside AttributeValueList must be of same type"));
    }
    return true;
}

static bool bounds_check(const struct call *call, const struct comparison *comparison)
{
    int order;

    return rules[comparison->comparison_operator].kind != NODE_BETWEEN ||
           (dynamodb_value_compare(&comparison->values.items[0], &comparison->values.items[1], &order) &&
            order <= 0) ||
           dynamodb_refuse_request(call, S("The BETWEEN condition was provided a range where the lower bound "
                                           "is greater than the upper bound"));
}

static bool comparison_check(const struct call *call, const struct comparison *comparison)
{
    const struct rule *rule = &rules[comparison->comparison_operator];
    size_t count = comparison->values.count;

    if (!values_check(call, comparison))
        return false;
    if (count < rule->fewest || count > rule->most)
        return dynamodb_refuse_request(
            call,
            arena_format(call->arena, INVALID "Invalid number of argument(s) for the %.*s ComparisonOperator",
                         STR_ARGS(dynamodb_comparison_operator_text(comparison->comparison_operator))));
    return types_check(call, comparison) && bounds_check(call, comparison);
}

static bool conditional_operator_check(const struct call *call, str conditional_operator, size_t conditions)
{
    if (!str_present(conditional_operator) || conditions > 1)
        return true;
    return dynamodb_refuse_request(
        call, conditions == 0 ? S("ConditionalOperator cannot be used without Filter or Expected")
                              : S("ConditionalOperator can only be used when Filter or Expected has two or "
                                  "more elements"));
}

/* ---- nodes ---- */

/* An attribute that does not exist neither contains the value nor lacks it. */
static struct node *negation_of(struct arena *arena, struct node *node, str name)
{
    struct node *negation = dynamodb_node_of(arena, NODE_NOT), *both = dynamodb_node_of(arena, NODE_AND);

    dynamodb_node_add(arena, negation, node);
    dynamodb_node_add(
        arena, both,
        dynamodb_node_of_function(arena, ATTRIBUTE_EXISTS, dynamodb_node_of_attribute(arena, name)));
    dynamodb_node_add(arena, both, negation);
    return both;
}

static struct node *comparison_node(struct arena *arena, const struct comparison *comparison)
{
    const struct rule *rule = &rules[comparison->comparison_operator];
    struct node *node = dynamodb_node_of(arena, rule->kind);

    node->comparator = rule->comparator;
    node->function = rule->function;
    dynamodb_node_add(arena, node, dynamodb_node_of_attribute(arena, comparison->name));
    for (size_t i = 0; i < comparison->values.count; i++)
        dynamodb_node_add(arena, node, dynamodb_node_of_value(arena, &comparison->values.items[i]));
    if (node->kind == NODE_IN)
        dynamodb_choices_index(arena, node);
    return rule->negated ? negation_of(arena, node, comparison->name) : node;
}

/* The node of all conditions, which has no operands yet. */
static struct node *series_node(struct arena *arena, str conditional_operator)
{
    bool any = dynamodb_conditional_operator_of(conditional_operator) == DYNAMODB_CONDITIONAL_OPERATOR_OR;

    return dynamodb_node_of(arena, any ? NODE_OR : NODE_AND);
}

static bool add_comparison(const struct call *call, const struct comparison *comparison, struct node *series)
{
    if (!comparison_check(call, comparison))
        return false;
    dynamodb_node_add(call->arena, series, comparison_node(call->arena, comparison));
    return true;
}

/* ---- filters ---- */

static struct comparison comparison_of(const struct dynamodb_condition_map_entry *entry)
{
    return (struct comparison){entry->key, dynamodb_comparison_operator_of(entry->value.comparison_operator),
                               entry->value.attribute_value_list};
}

static bool filter_read(const struct call *call, const struct dynamodb_condition_map *filter,
                        str conditional_operator, const struct node **condition)
{
    struct node *series = series_node(call->arena, conditional_operator);

    for (size_t i = 0; i < filter->count; i++) {
        struct comparison comparison = comparison_of(&filter->items[i]);
        if (!add_comparison(call, &comparison, series))
            return false;
    }
    if (filter->count > 0)
        *condition = series;
    return conditional_operator_check(call, conditional_operator, filter->count);
}

bool dynamodb_legacy_filter_read(const struct call *call, const struct legacy_parameters *legacy,
                                 struct expressions *expressions)
{
    const struct dynamodb_condition_map *filter =
        legacy->query_filter ? legacy->query_filter : legacy->scan_filter;

    if (!filter)
        return true;
    if (!filter->items)
        return conditional_operator_check(call, legacy->conditional_operator, 0);
    expressions->filtered_by = "QueryFilter";
    return filter_read(call, filter, legacy->conditional_operator, &expressions->condition);
}

/* ---- Expected ---- */

/* Which members may not be together, or are missing; absent when they are right. */
static str members_problem(struct arena *arena, const struct dynamodb_expected_attribute_value *expected)
{
    bool compares = str_present(expected->comparison_operator), lists = expected->attribute_value_list.items;
    enum dynamodb_comparison_operator comparison_operator =
        dynamodb_comparison_operator_of(expected->comparison_operator);

    if (expected->exists && compares)
        return S("Exists and ComparisonOperator cannot be used together");
    if (expected->value && lists)
        return S("Value and AttributeValueList cannot be used together");
    if (lists && !compares)
        return S("AttributeValueList can only be used with a ComparisonOperator");
    if (expected->exists && !*expected->exists && expected->value)
        return S("Value cannot be used when Exists is false");
    if (expected->value || lists || (expected->exists && !*expected->exists))
        return (str){0};
    if (!compares)
        return expected->exists ? S("Value must be provided when Exists is true")
                                : S("Value must be provided when Exists is null");
    if (rules[comparison_operator].most == 0)
        return (str){0};
    return arena_format(arena, "Value or AttributeValueList must be used with ComparisonOperator: %.*s",
                        STR_ARGS(expected->comparison_operator));
}

/* The comparison that the value stands for, whether by an operator, or by Value and Exists. */
static struct comparison
comparison_of_expected(struct arena *arena, const struct dynamodb_expected_attribute_value_map_entry *entry)
{
    const struct dynamodb_expected_attribute_value *expected = &entry->value;
    struct comparison comparison = {entry->key, DYNAMODB_COMPARISON_OPERATOR_EQ,
                                    expected->attribute_value_list};

    if (str_present(expected->comparison_operator))
        comparison.comparison_operator = dynamodb_comparison_operator_of(expected->comparison_operator);
    else if (!expected->value)
        comparison.comparison_operator = DYNAMODB_COMPARISON_OPERATOR_NULL;
    if (expected->value)
        *list_add(arena, &comparison.values) = *expected->value;
    return comparison;
}

static bool expected_read(const struct call *call,
                          const struct dynamodb_expected_attribute_value_map_entry *entry,
                          struct node *series)
{
    str problem = members_problem(call->arena, &entry->value);

    if (str_present(problem))
        return refuse_for(call, problem, entry->key);
    struct comparison comparison = comparison_of_expected(call->arena, entry);
    return add_comparison(call, &comparison, series);
}

bool dynamodb_legacy_expected_read(const struct call *call, const struct legacy_parameters *legacy,
                                   struct expressions *expressions)
{
    const struct dynamodb_expected_attribute_value_map *expected = legacy->expected;

    if (!expected)
        return true;
    if (!expected->items)
        return conditional_operator_check(call, legacy->conditional_operator, 0);
    struct node *series = series_node(call->arena, legacy->conditional_operator);
    for (size_t i = 0; i < expected->count; i++)
        if (!expected_read(call, &expected->items[i], series))
            return false;
    if (expected->count > 0)
        expressions->condition = series;
    return conditional_operator_check(call, legacy->conditional_operator, expected->count);
}

/* ---- KeyConditions ---- */

static enum key_term_kind term_kind(const struct rule *rule)
{
    if (rule->kind == NODE_BETWEEN)
        return TERM_BETWEEN;
    if (rule->kind == NODE_FUNCTION && rule->function == BEGINS_WITH)
        return TERM_BEGINS_WITH;
    return rule->kind == NODE_COMPARISON && rule->comparator != NOT_EQUAL ? TERM_COMPARISON
                                                                          : TERM_NOT_INDEXABLE;
}

static struct key_term term_of(const struct comparison *comparison)
{
    const struct rule *rule = &rules[comparison->comparison_operator];
    const struct dynamodb_attribute_value_list *values = &comparison->values;

    return (struct key_term){
        .name = comparison->name,
        .kind = term_kind(rule),
        .comparator = rule->comparator,
        .first = values->count > 0 ? &values->items[0] : NULL,
        .second = values->count > 1 ? &values->items[1] : NULL,
    };
}

bool dynamodb_legacy_key_conditions_read(const struct call *call, const struct legacy_parameters *legacy,
                                         struct expressions *expressions)
{
    enum { MAX_KEY_CONDITIONS = 2 };
    const struct dynamodb_condition_map *conditions = legacy->key_conditions;

    if (!conditions || !conditions->items)
        return true;
    for (size_t i = 0; i < conditions->count; i++) {
        struct comparison comparison = comparison_of(&conditions->items[i]);
        if (!comparison_check(call, &comparison))
            return false;
        *list_add(call->arena, &expressions->key) = term_of(&comparison);
    }
    return (conditions->count >= 1 && conditions->count <= MAX_KEY_CONDITIONS) ||
           dynamodb_refuse_request(call, S("Conditions can be of length 1 or 2 only"));
}
