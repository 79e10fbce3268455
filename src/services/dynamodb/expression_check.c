/*
 * expression_check.c: checks a condition's tree, and inserts names and values into it.
 *
 * The order is AWS's: functions that do not exist, functions in wrong places, reserved words; then, condition
 * by condition, undefined names and values, and operands of wrong types.
 */
#include "expression_internal.h"

#include "base/hash.h"

enum { MAX_IN_OPERANDS = 100 };

struct function_rule {
    size_t operands;
    bool is_condition;
};

static const struct function_rule rules[] = {
    [ATTRIBUTE_EXISTS] = {1, true}, [ATTRIBUTE_NOT_EXISTS] = {1, true},
    [ATTRIBUTE_TYPE] = {2, true},   [BEGINS_WITH] = {2, true},
    [CONTAINS] = {2, true},         [SIZE] = {1, false},
    [IF_NOT_EXISTS] = {2, false},   [LIST_APPEND] = {2, false},
};

static bool refuse(str *problem, str sentence)
{
    *problem = sentence;
    return false;
}

/* ---- over the whole tree ---- */

bool dynamodb_node_each(struct scope *scope, struct node *node, str *problem,
                        bool (*check)(struct scope *, struct node *, str *))
{
    if (!check(scope, node, problem))
        return false;
    for (size_t i = 0; i < node->operands.count; i++)
        if (!dynamodb_node_each(scope, node->operands.items[i], problem, check))
            return false;
    return true;
}

static bool check_known(struct scope *scope, struct node *node, str *problem)
{
    if (node->kind != NODE_FUNCTION || node->function < IF_NOT_EXISTS)
        return true;
    return refuse(problem,
                  arena_format(scope->arena,
                               node->function == UNKNOWN_FUNCTION
                                   ? "Invalid function name; function: %.*s"
                                   : "The function is not allowed in a condition expression; function: %.*s",
                               STR_ARGS(node->text)));
}

/*
 * Conditions are operands of AND, OR and NOT; values are operands of everything else.  PartiQL compares
 * conditions, too.
 */
static bool may_be_operand(const struct scope *scope, const struct node *node, const struct node *function)
{
    bool condition = rules[function->function].is_condition;

    if (node->kind == NODE_AND || node->kind == NODE_OR || node->kind == NODE_NOT)
        return condition;
    return !condition || (scope->resolved && node->kind != NODE_FUNCTION);
}

static bool check_use(struct scope *scope, struct node *node, str *problem)
{
    for (size_t i = 0; i < node->operands.count; i++) {
        const struct node *operand = node->operands.items[i];
        if (operand->kind == NODE_FUNCTION && !may_be_operand(scope, node, operand))
            return refuse(problem, arena_format(scope->arena,
                                                "The function is not allowed to be used this way in an "
                                                "expression; function: %.*s",
                                                STR_ARGS(operand->text)));
    }
    return true;
}

static bool check_root_use(struct scope *scope, struct node *root, str *problem)
{
    struct node above = {.kind = NODE_NOT, .operands = {&root, 1}};

    return check_use(scope, &above, problem);
}

bool dynamodb_node_check_reserved(struct scope *scope, struct node *node, str *problem)
{
    str word = scope->resolved ? (str){0} : dynamodb_path_reserved_word(&node->path);

    return !str_present(word) ||
           refuse(problem,
                  arena_format(scope->arena, "Attribute name is a reserved keyword; reserved keyword: %.*s",
                               STR_ARGS(word)));
}

/* ---- condition by condition ---- */

static bool resolve_value(struct scope *scope, struct node *node, str *problem)
{
    const struct dynamodb_attribute_map *values = scope->values;
    ptrdiff_t i = dynamodb_placeholder_find(
        scope, &(struct lookup_texts){values->items, values->count, sizeof *values->items}, node->text);

    if (i >= 0) {
        scope->values_used[i] = true;
        node->value = &values->items[i].value;
        return true;
    }
    return refuse(problem, arena_format(scope->arena,
                                        "An expression attribute value used in expression is not "
                                        "defined; attribute value: %.*s",
                                        STR_ARGS(node->text)));
}

bool dynamodb_node_resolve(struct scope *scope, struct node *node, str *problem)
{
    if (scope->resolved)
        return true;
    if (node->kind == NODE_VALUE)
        return resolve_value(scope, node, problem);
    return dynamodb_path_resolve(scope, &node->path, problem);
}

static bool is_condition(const struct node *node)
{
    if (node->kind == NODE_FUNCTION)
        return rules[node->function].is_condition;
    return node->kind >= NODE_COMPARISON && node->kind <= NODE_NOT;
}

enum value_type dynamodb_node_type(const struct node *node)
{
    if (node->kind == NODE_VALUE)
        return dynamodb_value_type(node->value);
    if (is_condition(node))
        return VALUE_BOOL;
    return node->kind == NODE_FUNCTION && node->function == SIZE ? VALUE_N : VALUE_NONE;
}

static str operator_text(const struct node *node)
{
    if (node->kind == NODE_BETWEEN)
        return S("BETWEEN");
    if (node->kind == NODE_IN)
        return S("IN");
    return node->kind == NODE_FUNCTION ? node->text : dynamodb_comparator_text(node->comparator);
}

static bool refuse_type(struct scope *scope, const struct node *node, str type, str *problem)
{
    return refuse(problem, arena_format(scope->arena,
                                        "Incorrect operand type for operator or function; operator or "
                                        "function: %.*s, operand type: %.*s",
                                        STR_ARGS(operator_text(node)), STR_ARGS(type)));
}

bool dynamodb_node_check_count(struct scope *scope, struct node *node, str *problem)
{
    if (node->kind == NODE_IN && node->operands.count - 1 > MAX_IN_OPERANDS)
        return refuse(problem, arena_format(scope->arena,
                                            "The IN operator is provided with too many operands; number of "
                                            "operands: %zu",
                                            node->operands.count - 1));
    if (node->kind != NODE_FUNCTION || rules[node->function].operands == node->operands.count)
        return true;
    return refuse(problem, arena_format(scope->arena,
                                        "Incorrect number of operands for operator or function; operator "
                                        "or function: %.*s, number of operands: %zu",
                                        STR_ARGS(node->text), node->operands.count));
}

static bool is_repeated(const struct node *node, const struct path *first)
{
    for (size_t i = 1; i < node->operands.count; i++)
        if (dynamodb_path_compare(first, &node->operands.items[i]->path) == 0)
            return true;
    return false;
}

static bool check_distinct(struct scope *scope, struct node *node, str *problem)
{
    if (node->operands.count < 2)
        return true;
    const struct path *first = &node->operands.items[0]->path;
    if (first->count == 0 || !is_repeated(node, first))
        return true;
    return refuse(problem, arena_format(scope->arena,
                                        "The first operand must be distinct from the remaining operands "
                                        "for this operator or function; operator: %.*s, first operand: "
                                        "%.*s",
                                        STR_ARGS(operator_text(node)),
                                        STR_ARGS(dynamodb_path_text(scope->arena, first))));
}

/* Is the operand of one of these types?  An operand whose type only the item knows always passes. */
static bool check_types(struct scope *scope, const struct node *node, unsigned allowed, str *problem)
{
    for (size_t i = 0; i < node->operands.count; i++) {
        enum value_type type = dynamodb_node_type(node->operands.items[i]);
        if (type != VALUE_NONE && !(allowed & (1u << type)))
            return refuse_type(scope, node, dynamodb_value_type_name(type), problem);
    }
    return true;
}

static bool check_attribute_type(struct scope *scope, const struct node *node, str *problem)
{
    const struct node *name = node->operands.items[1];
    enum value_type type = dynamodb_node_type(name);

    if (type != VALUE_S)
        return refuse_type(scope, node,
                           type == VALUE_NONE ? S("{NS,SS,L,BS,N,M,B,BOOL,NULL,S}")
                                              : dynamodb_value_type_name(type),
                           problem);
    return dynamodb_value_type_named(name->value->s) != VALUE_NONE ||
           refuse(problem, arena_format(scope->arena,
                                        "Invalid attribute type name found; type: %.*s, valid types: "
                                        "{B,NULL,SS,BOOL,L,BS,N,NS,S,M}",
                                        STR_ARGS(name->value->s)));
}

static bool check_function(struct scope *scope, const struct node *node, str *problem)
{
    enum { ORDERED_TEXT = 1u << VALUE_S | 1u << VALUE_B };
    enum { SIZELESS = 1u << VALUE_N | 1u << VALUE_BOOL | 1u << VALUE_NULL };

    switch (node->function) {
    case ATTRIBUTE_EXISTS:
    case ATTRIBUTE_NOT_EXISTS:
        return node->operands.items[0]->kind == NODE_PATH ||
               refuse(problem, arena_format(scope->arena,
                                            "Operator or function requires a document path; operator or "
                                            "function: %.*s",
                                            STR_ARGS(node->text)));
    case ATTRIBUTE_TYPE:
        return check_attribute_type(scope, node, problem);
    case BEGINS_WITH:
        return check_types(scope, node, ORDERED_TEXT, problem);
    case SIZE:
        return check_types(scope, node, ~(unsigned)SIZELESS, problem);
    default:
        return true;
    }
}

enum { ORDERED = 1u << VALUE_S | 1u << VALUE_N | 1u << VALUE_B };

static bool check_comparison(struct scope *scope, const struct node *node, str *problem)
{
    return node->comparator == EQUAL || node->comparator == NOT_EQUAL ||
           check_types(scope, node, ORDERED, problem);
}

static str bound_text(struct arena *arena, const struct dynamodb_attribute_value *value)
{
    enum value_type type = dynamodb_value_type(value);
    str content = type == VALUE_S   ? value->s
                  : type == VALUE_N ? value->n
                  : type == VALUE_B ? base64_encode(arena, value->b)
                                    : S("...");

    return arena_format(arena, "AttributeValue: {%.*s:%.*s}", STR_ARGS(dynamodb_value_type_name(type)),
                        STR_ARGS(content));
}

static bool check_bounds(struct scope *scope, const struct node *node, str *problem)
{
    const struct dynamodb_attribute_value *lower = node->operands.items[1]->value;
    const struct dynamodb_attribute_value *upper = node->operands.items[2]->value;
    const char *requirement = NULL;
    int order;

    if (!check_types(scope, node, ORDERED, problem))
        return false;
    if (!lower || !upper)
        return true;
    if (dynamodb_value_type(lower) != dynamodb_value_type(upper))
        requirement = "same data type for lower and upper bounds";
    else if (dynamodb_value_compare(lower, upper, &order) && order > 0)
        requirement = "upper bound to be greater than or equal to lower bound";
    return !requirement ||
           refuse(problem, arena_format(scope->arena,
                                        "The BETWEEN operator requires %s; lower bound operand: %.*s, "
                                        "upper bound operand: %.*s",
                                        requirement, STR_ARGS(bound_text(scope->arena, lower)),
                                        STR_ARGS(bound_text(scope->arena, upper))));
}

static bool check_fit(struct scope *scope, struct node *node, str *problem)
{
    switch (node->kind) {
    case NODE_FUNCTION:
        return check_function(scope, node, problem);
    case NODE_COMPARISON:
        return check_comparison(scope, node, problem);
    case NODE_BETWEEN:
        return check_bounds(scope, node, problem);
    case NODE_IN:
        dynamodb_choices_index(scope->arena, node);
        return true;
    default:
        return true;
    }
}

static bool check_one(struct scope *scope, struct node *condition, str *problem)
{
    return dynamodb_node_each(scope, condition, problem, dynamodb_node_resolve) &&
           dynamodb_node_each(scope, condition, problem, dynamodb_node_check_count) &&
           dynamodb_node_each(scope, condition, problem, check_distinct) &&
           dynamodb_node_each(scope, condition, problem, check_fit);
}

static bool check_each(struct scope *scope, struct node *node, str *problem)
{
    if (node->kind != NODE_AND && node->kind != NODE_OR && node->kind != NODE_NOT)
        return check_one(scope, node, problem);
    for (size_t i = 0; i < node->operands.count; i++)
        if (!check_each(scope, node->operands.items[i], problem))
            return false;
    return true;
}

bool dynamodb_condition_check(struct scope *scope, struct node *condition, str *problem)
{
    return dynamodb_node_each(scope, condition, problem, check_known) &&
           check_root_use(scope, condition, problem) &&
           dynamodb_node_each(scope, condition, problem, check_use) &&
           dynamodb_node_each(scope, condition, problem, dynamodb_node_check_reserved) &&
           check_each(scope, condition, problem);
}
