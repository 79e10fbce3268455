/*
 * partiql_condition.c: the condition of a WHERE as a tree of nodes, by recursive descent.
 *
 *     condition  = and { OR and }
 *     and        = not { AND not }
 *     not        = NOT not | comparison
 *     comparison = operand [ comparator operand | [NOT] BETWEEN operand AND operand
 *                          | [NOT] IN "[" values "]" | IS [NOT] type ]
 *     operand    = "(" condition ")" | value | path | function "(" operands ")"
 *
 * IS becomes the function that asks for the same of an expression.  Unlike in an expression, a condition may
 * be compared: it is a BOOL (recorded by floci, DynamoDbPartiQLEdgeCaseIntegrationTest, September 2026).
 */
#include "partiql_internal.h"

/* ---- operands ---- */

static struct node *parse_or(struct pql_parser *parser);

static const struct function_name {
    const char *name;
    enum function function;
} functions[] = {
    {"attribute_exists", ATTRIBUTE_EXISTS},
    {"attribute_not_exists", ATTRIBUTE_NOT_EXISTS},
    {"attribute_type", ATTRIBUTE_TYPE},
    {"begins_with", BEGINS_WITH},
    {"contains", CONTAINS},
    {"size", SIZE},
};

static bool name_function(struct pql_parser *parser, str word, struct node *node)
{
    node->text = arena_lower_case(parser->scope.arena, word);
    for (size_t i = 0; i < sizeof functions / sizeof *functions; i++)
        if (str_equal(node->text, str_of(functions[i].name))) {
            node->function = functions[i].function;
            return true;
        }
    return false;
}

static bool is_call(const struct pql_parser *parser)
{
    return dynamodb_pql_before_parenthesis(parser) &&
           (!dynamodb_pql_at_keyword(parser) || dynamodb_pql_at_word(parser, "EXISTS"));
}

static bool operator_check(struct pql_parser *parser)
{
    return dynamodb_pql_operator_check(parser, "Condition");
}

static struct node *parse_operand(struct pql_parser *parser)
{
    struct node *operand = NULL;

    if (dynamodb_pql_at_symbol(parser, "("))
        operand = dynamodb_pql_group(parser, parse_or);
    else if (dynamodb_pql_at_value(parser))
        operand = dynamodb_pql_value_node(parser);
    else if (is_call(parser))
        operand = dynamodb_pql_call(parser, name_function, parse_operand);
    else if (dynamodb_pql_missing_check(parser))
        operand = dynamodb_pql_path_node(parser);
    return operand && operator_check(parser) ? operand : NULL;
}

/* ---- comparisons ---- */

static const struct comparator_symbol {
    const char *symbol;
    enum comparator comparator;
} comparators[] = {
    {"=", EQUAL},          {"<>", NOT_EQUAL}, {"!=", NOT_EQUAL},        {"<", LESS},
    {"<=", LESS_OR_EQUAL}, {">", GREATER},    {">=", GREATER_OR_EQUAL},
};

static bool accept_comparator(struct pql_parser *parser, enum comparator *comparator)
{
    for (size_t i = 0; i < sizeof comparators / sizeof *comparators; i++)
        if (dynamodb_pql_accept_symbol(parser, comparators[i].symbol)) {
            *comparator = comparators[i].comparator;
            return true;
        }
    return false;
}

static struct node *negated(struct pql_parser *parser, struct node *node)
{
    struct node *not = dynamodb_pql_node(parser, NODE_NOT);

    if (!node)
        return NULL;
    dynamodb_pql_add_operand(parser, not, node);
    return not ;
}

static bool add_parsed(struct pql_parser *parser, struct node *node, struct node *operand)
{
    if (operand)
        dynamodb_pql_add_operand(parser, node, operand);
    return operand != NULL;
}

static struct node *parse_compared(struct pql_parser *parser, struct node *left, enum comparator comparator)
{
    struct node *node = dynamodb_pql_node(parser, NODE_COMPARISON);

    node->comparator = comparator;
    dynamodb_pql_add_operand(parser, node, left);
    return add_parsed(parser, node, parse_operand(parser)) ? node : NULL;
}

static struct node *parse_between(struct pql_parser *parser, struct node *left)
{
    struct node *node = dynamodb_pql_node(parser, NODE_BETWEEN);

    dynamodb_pql_add_operand(parser, node, left);
    return add_parsed(parser, node, parse_operand(parser)) &&
                   dynamodb_pql_expect_word(parser, "AND", "Expected AND") &&
                   add_parsed(parser, node, parse_operand(parser))
               ? node
               : NULL;
}

static bool refuse_choices(struct pql_parser *parser)
{
    return dynamodb_pql_refuse(parser, S("IN operator must have a left hand argument of type Variable "
                                         "Reference and right hand argument of type Seq with at least one "
                                         "member"));
}

/* The list in brackets is no literal: each of its members may be a parameter. */
static bool parse_list(struct pql_parser *parser, struct node *node)
{
    if (dynamodb_pql_at_symbol(parser, "]"))
        return refuse_choices(parser);
    do {
        if (!add_parsed(parser, node, dynamodb_pql_value_node(parser)))
            return false;
    } while (dynamodb_pql_accept_symbol(parser, ","));
    return operator_check(parser) && dynamodb_pql_expect_symbol(parser, "]", "Expected RIGHT_BRACKET");
}

/* The values are a list, in brackets or in parentheses, or a parameter that is one. */
static bool parse_choices(struct pql_parser *parser, struct node *node)
{
    if (dynamodb_pql_accept_symbol(parser, "("))
        return dynamodb_pql_operands(parser, node, parse_operand);
    if (dynamodb_pql_accept_symbol(parser, "["))
        return parse_list(parser, node);
    struct node *list = dynamodb_pql_at_value(parser) ? dynamodb_pql_value_node(parser) : NULL;
    if (!list)
        return str_present(*parser->problem) || dynamodb_pql_unexpected(parser);
    if (!dynamodb_value_is(list->value, VALUE_L) || list->value->l.count == 0)
        return refuse_choices(parser);
    for (size_t i = 0; i < list->value->l.count; i++) {
        dynamodb_pql_add_operand(parser, node,
                                 dynamodb_node_of_value(parser->scope.arena, &list->value->l.items[i]));
    }
    return true;
}

static struct node *parse_in(struct pql_parser *parser, struct node *left)
{
    struct node *node = dynamodb_pql_node(parser, NODE_IN);

    dynamodb_pql_add_operand(parser, node, left);
    return parse_choices(parser, node) && !str_present(*parser->problem) ? node : NULL;
}

/* The types that PartiQL names, in one word or two. */
static const struct type_word {
    const char *word, *second;
    const char *type;        /* NULL for MISSING, which is not a type */
    const char *unsupported; /* its name in the refusal of one that DynamoDB does not have; else NULL */
} types[] = {
    {.word = "MISSING"},
    {.word = "NULL", .type = "NULL"},
    {.word = "BOOLEAN", .type = "BOOL"},
    {.word = "BOOL", .type = "BOOL"},
    {.word = "BLOB", .type = "B"},
    {.word = "STRING", .type = "S"},
    {.word = "NUMERIC", .type = "N"},
    {.word = "STRUCT", .type = "M"},
    {.word = "TUPLE", .type = "M"},
    {.word = "LIST", .type = "L"},
    {.word = "SMALLINT", .unsupported = "SMALLINT"},
    {.word = "INTEGER", .unsupported = "INTEGER"},
    {.word = "INT", .unsupported = "INTEGER"},
    {.word = "FLOAT", .unsupported = "FLOAT"},
    {.word = "REAL", .unsupported = "REAL"},
    {.word = "DOUBLE", .second = "PRECISION", .unsupported = "DOUBLE_PRECISION"},
    {.word = "DECIMAL", .unsupported = "DECIMAL"},
    {.word = "DEC", .unsupported = "DECIMAL"},
    {.word = "TIMESTAMP", .unsupported = "TIMESTAMP"},
    {.word = "CHARACTER", .second = "VARYING", .unsupported = "CHARACTER_VARYING"},
    {.word = "VARCHAR", .unsupported = "CHARACTER_VARYING"},
    {.word = "CHARACTER", .unsupported = "CHARACTER"},
    {.word = "CHAR", .unsupported = "CHARACTER"},
    {.word = "SYMBOL", .unsupported = "SYMBOL"},
    {.word = "CLOB", .unsupported = "CLOB"},
    {.word = "SEXP", .unsupported = "SEXP"},
    {.word = "BAG", .unsupported = "BAG"},
};

static const struct type_word *accept_type(struct pql_parser *parser)
{
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        struct pql_parser ahead = *parser;
        if (!dynamodb_pql_accept_word(&ahead, types[i].word) ||
            (types[i].second && !dynamodb_pql_accept_word(&ahead, types[i].second)))
            continue;
        *parser = ahead;
        return &types[i];
    }
    dynamodb_pql_malformed(parser, "Expected type name");
    return NULL;
}

/* What is left of IS, and the type, are those that DynamoDB has. */
static bool is_check(struct pql_parser *parser, const struct node *left, const struct type_word *type)
{
    if (left->kind != NODE_PATH && left->kind != NODE_VALUE)
        return dynamodb_pql_refuse(
            parser, S("The left hand side argument to IS must be a Variable Reference, Literal, or Path"));
    return !type->unsupported ||
           dynamodb_pql_refuse(
               parser, arena_format(parser->scope.arena,
                                    "Unsupported data type for IS operator: %s. Supported data types are "
                                    "[MISSING, NULL, BOOLEAN, BLOB, STRING, NUMERIC, STRUCT, TUPLE, LIST]",
                                    type->unsupported));
}

static struct node *type_node(struct pql_parser *parser, struct node *left, const char *type)
{
    struct node *node = dynamodb_pql_node(parser, NODE_FUNCTION);

    node->function = type ? ATTRIBUTE_TYPE : ATTRIBUTE_NOT_EXISTS;
    node->text = type ? S("attribute_type") : S("attribute_not_exists");
    dynamodb_pql_add_operand(parser, node, left);
    if (!type)
        return node;
    struct dynamodb_attribute_value *value = arena_new(parser->scope.arena, struct dynamodb_attribute_value);
    *value = dynamodb_value_of(VALUE_S, str_of(type));
    dynamodb_pql_add_operand(parser, node, dynamodb_node_of_value(parser->scope.arena, value));
    return node;
}

static struct node *parse_is(struct pql_parser *parser, struct node *left)
{
    bool negative = dynamodb_pql_accept_word(parser, "NOT");
    const struct type_word *type = accept_type(parser);

    if (!type || !is_check(parser, left, type))
        return NULL;
    struct node *node = type_node(parser, left, type->type);
    return negative ? negated(parser, node) : node;
}

static struct node *parse_rest(struct pql_parser *parser, struct node *left)
{
    enum comparator comparator;

    if (accept_comparator(parser, &comparator))
        return parse_compared(parser, left, comparator);
    if (dynamodb_pql_accept_word(parser, "IS"))
        return parse_is(parser, left);
    bool negative = dynamodb_pql_accept_word(parser, "NOT");
    struct node *node = NULL;
    if (dynamodb_pql_accept_word(parser, "BETWEEN"))
        node = parse_between(parser, left);
    else if (dynamodb_pql_accept_word(parser, "IN"))
        node = parse_in(parser, left);
    else if (negative && operator_check(parser))
        dynamodb_pql_unexpected(parser);
    else if (!negative)
        return left;
    return negative ? negated(parser, node) : node;
}

/* ---- conditions ---- */

static struct node *parse_comparison(struct pql_parser *parser)
{
    struct node *left = parse_operand(parser);

    return left ? parse_rest(parser, left) : NULL;
}

static struct node *parse_not(struct pql_parser *parser)
{
    if (!dynamodb_pql_accept_word(parser, "NOT"))
        return parse_comparison(parser);
    struct node *inner = dynamodb_pql_deeper(parser) ? parse_not(parser) : NULL;
    parser->depth--;
    return negated(parser, inner);
}

/* The right side of AND and OR has its own sentence when it is missing. */
static bool at_end(struct pql_parser *parser)
{
    if (parser->current.kind != PQL_END && !dynamodb_pql_at_symbol(parser, ";"))
        return false;
    dynamodb_pql_malformed(parser, "Missing right-hand side expression of infix operator");
    return true;
}

static struct node *parse_series(struct pql_parser *parser, enum node_kind kind, const char *word,
                                 struct node *(*parse)(struct pql_parser *))
{
    struct node *first = parse(parser);

    if (!first || !dynamodb_pql_at_word(parser, word))
        return first;
    struct node *node = dynamodb_pql_node(parser, kind);
    dynamodb_pql_add_operand(parser, node, first);
    while (dynamodb_pql_accept_word(parser, word))
        if (at_end(parser) || !add_parsed(parser, node, parse(parser)))
            return NULL;
    return node;
}

static struct node *parse_and(struct pql_parser *parser)
{
    return parse_series(parser, NODE_AND, "AND", parse_not);
}

static struct node *parse_or(struct pql_parser *parser)
{
    return parse_series(parser, NODE_OR, "OR", parse_and);
}

/* A function may be a condition, or a value; the checks know. */
static bool may_be_operand(const struct node *node, const struct node *operand)
{
    bool plain = operand->kind == NODE_PATH || operand->kind == NODE_VALUE;

    switch (node->kind) {
    case NODE_AND:
    case NODE_OR:
    case NODE_NOT:
        return !plain;
    case NODE_FUNCTION:
        return plain || operand->kind == NODE_FUNCTION;
    default:
        return true;
    }
}

/* Are the operands of AND, OR and NOT conditions, and those of functions not? */
static bool has_fitting_operands(const struct node *node)
{
    for (size_t i = 0; i < node->operands.count; i++)
        if (!may_be_operand(node, node->operands.items[i]) || !has_fitting_operands(node->operands.items[i]))
            return false;
    return true;
}

struct node *dynamodb_pql_condition(struct pql_parser *parser)
{
    struct node *condition = parse_or(parser);

    if (!condition)
        return NULL;
    if (condition->kind == NODE_PATH || condition->kind == NODE_VALUE || !has_fitting_operands(condition)) {
        dynamodb_pql_refuse(parser, S("WHERE clause must contain an expression that resolves to a boolean"));
        return NULL;
    }
    return condition;
}
