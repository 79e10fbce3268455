/*
 * expression_parse.c: from tokens to a condition's tree, by recursive descent.
 *
 *     condition  = and { OR and }
 *     and        = not { AND not }
 *     not        = NOT not | comparison
 *     comparison = primary [ comparator operand | BETWEEN operand AND operand | IN "(" operands ")" ]
 *     primary    = "(" condition ")" | operand
 *     operand    = "(" operand ")" | :value | path | function "(" operands ")"
 *
 * Only the content of parentheses shows whether it is a condition or an operand; so primary reads either, and
 * its callers check that it is the right one.
 */
#include "expression_internal.h"

static const str comparator_texts[] = {
    STR_INIT("="), STR_INIT("<>"), STR_INIT("<"), STR_INIT("<="), STR_INIT(">"), STR_INIT(">="),
};

static const str function_names[] = {
    STR_INIT("attribute_exists"), STR_INIT("attribute_not_exists"),
    STR_INIT("attribute_type"),   STR_INIT("begins_with"),
    STR_INIT("contains"),         STR_INIT("size"),
    STR_INIT("if_not_exists"),    STR_INIT("list_append"),
};

str dynamodb_comparator_text(enum comparator comparator)
{
    return comparator_texts[comparator];
}

static enum function function_named(str name)
{
    enum function function = ATTRIBUTE_EXISTS;

    while (function < UNKNOWN_FUNCTION && !str_equal(function_names[function], name))
        function++;
    return function;
}

struct node *dynamodb_node_new(struct parser *parser, enum node_kind kind)
{
    parser->operators += kind != NODE_PATH && kind != NODE_VALUE;
    return dynamodb_node_of(parser->scope->arena, kind);
}

void dynamodb_node_add_operand(struct parser *parser, struct node *node, struct node *operand)
{
    dynamodb_node_add(parser->scope->arena, node, operand);
}

/* ---- operands ---- */

/* Parse what follows a "(". */
static bool parse_operands(struct parser *parser, struct node *node)
{
    do {
        struct node *operand = dynamodb_operand_parse(parser);
        if (!operand)
            return false;
        dynamodb_node_add_operand(parser, node, operand);
    } while (dynamodb_parser_accept_symbol(parser, ","));
    return dynamodb_parser_expect_symbol(parser, ")");
}

static struct node *parse_function(struct parser *parser, str name)
{
    struct node *node = dynamodb_node_new(parser, NODE_FUNCTION);

    node->text = name;
    node->function = function_named(name);
    return parse_operands(parser, node) ? node : NULL;
}

static struct node *parse_value(struct parser *parser)
{
    struct node *node = dynamodb_node_new(parser, NODE_VALUE);

    node->text = parser->current.text;
    dynamodb_parser_advance(parser);
    return node;
}

/* A word before a "(" is a function's name, any other word the beginning of a path. */
static struct node *parse_path_or_function(struct parser *parser)
{
    struct token first = parser->current;
    struct node *node = dynamodb_node_new(parser, NODE_PATH);

    if (!dynamodb_path_parse(parser, &node->path))
        return NULL;
    if (first.kind == TOKEN_WORD && node->path.count == 1 && dynamodb_parser_accept_symbol(parser, "("))
        return parse_function(parser, first.text);
    return node;
}

static struct node *parse_plain_operand(struct parser *parser)
{
    return parser->current.kind == TOKEN_VALUE ? parse_value(parser) : parse_path_or_function(parser);
}

static bool go_deeper(struct parser *parser)
{
    if (++parser->depth <= MAX_EXPRESSION_DEPTH)
        return true;
    *parser->problem = S("The expression is nested too deeply;");
    return false;
}

struct node *dynamodb_group_parse(struct parser *parser, struct node *(*parse)(struct parser *))
{
    dynamodb_parser_advance(parser);
    struct node *inner = go_deeper(parser) ? parse(parser) : NULL;
    if (!inner || !dynamodb_parser_expect_symbol(parser, ")"))
        return NULL;
    parser->depth--;
    parser->redundant_parentheses |= inner->grouped;
    inner->grouped = true;
    return inner;
}

struct node *dynamodb_operand_parse(struct parser *parser)
{
    return dynamodb_parser_at_symbol(parser, "(") ? dynamodb_group_parse(parser, dynamodb_operand_parse)
                                                  : parse_plain_operand(parser);
}

/* ---- conditions ---- */

static struct node *parse_or(struct parser *parser);

static bool is_operand(const struct node *node)
{
    return node->kind == NODE_PATH || node->kind == NODE_VALUE;
}

/* A function may be either; expression_check.c decides. */
static bool is_condition(struct parser *parser, const struct node *node)
{
    return node && (!is_operand(node) || dynamodb_parser_refuse(parser));
}

static struct node *parse_primary(struct parser *parser)
{
    return dynamodb_parser_at_symbol(parser, "(") ? dynamodb_group_parse(parser, parse_or)
                                                  : parse_plain_operand(parser);
}

static bool accept_comparator(struct parser *parser, enum comparator *comparator)
{
    for (*comparator = EQUAL; *comparator <= GREATER_OR_EQUAL; (*comparator)++)
        if (dynamodb_parser_accept_symbol(parser, comparator_texts[*comparator].data))
            return true;
    return false;
}

static struct node *parse_rest(struct parser *parser, struct node *node, struct node *left)
{
    struct node *right = dynamodb_operand_parse(parser);

    if (!right)
        return NULL;
    dynamodb_node_add_operand(parser, node, left);
    dynamodb_node_add_operand(parser, node, right);
    return node;
}

static struct node *parse_between(struct parser *parser, struct node *left)
{
    struct node *node = parse_rest(parser, dynamodb_node_new(parser, NODE_BETWEEN), left);

    if (!node)
        return NULL;
    if (!dynamodb_parser_accept_word(parser, "AND")) {
        dynamodb_parser_refuse(parser);
        return NULL;
    }
    struct node *upper = dynamodb_operand_parse(parser);
    if (!upper)
        return NULL;
    dynamodb_node_add_operand(parser, node, upper);
    return node;
}

static struct node *parse_in(struct parser *parser, struct node *left)
{
    struct node *node = dynamodb_node_new(parser, NODE_IN);

    dynamodb_node_add_operand(parser, node, left);
    return dynamodb_parser_expect_symbol(parser, "(") && parse_operands(parser, node) ? node : NULL;
}

static struct node *parse_comparison(struct parser *parser)
{
    struct node *left = parse_primary(parser);
    enum comparator comparator;

    if (!left || (!is_operand(left) && left->kind != NODE_FUNCTION))
        return left;
    if (accept_comparator(parser, &comparator)) {
        struct node *node = dynamodb_node_new(parser, NODE_COMPARISON);
        node->comparator = comparator;
        return parse_rest(parser, node, left);
    }
    if (dynamodb_parser_accept_word(parser, "BETWEEN"))
        return parse_between(parser, left);
    if (dynamodb_parser_accept_word(parser, "IN"))
        return parse_in(parser, left);
    if (parser->depth > 0 && dynamodb_parser_at_symbol(parser, ")"))
        return left; /* perhaps an operand in parentheses */
    return is_condition(parser, left) ? left : NULL;
}

static struct node *parse_not(struct parser *parser)
{
    if (!dynamodb_parser_accept_word(parser, "NOT"))
        return parse_comparison(parser);
    if (!go_deeper(parser))
        return NULL;
    struct node *node = dynamodb_node_new(parser, NODE_NOT), *inner = parse_not(parser);
    if (!is_condition(parser, inner))
        return NULL;
    parser->depth--;
    dynamodb_node_add_operand(parser, node, inner);
    return node;
}

/* Returns a single operand itself, or a node of all operands. */
static struct node *parse_series(struct parser *parser, enum node_kind kind, const char *word,
                                 struct node *(*parse)(struct parser *))
{
    struct node *first = parse(parser);

    if (!first || !dynamodb_parser_at_word(parser, word))
        return first;
    struct node *node = dynamodb_node_new(parser, kind);
    dynamodb_node_add_operand(parser, node, first);
    while (dynamodb_parser_at_word(parser, word)) {
        if (!is_condition(parser, node->operands.items[node->operands.count - 1]))
            return NULL;
        dynamodb_parser_advance(parser);
        parser->operators += node->operands.count > 1; /* the node itself has counted the first one */
        struct node *next = parse(parser);
        if (!is_condition(parser, next))
            return NULL;
        dynamodb_node_add_operand(parser, node, next);
    }
    return node;
}

static struct node *parse_and(struct parser *parser)
{
    return parse_series(parser, NODE_AND, "AND", parse_not);
}

static struct node *parse_or(struct parser *parser)
{
    return parse_series(parser, NODE_OR, "OR", parse_and);
}

const struct node *dynamodb_condition_parse(struct scope *scope, str text, str *problem)
{
    struct parser parser;

    if (!dynamodb_parser_begin(&parser, scope, text, problem))
        return NULL;
    struct node *condition = parse_or(&parser);
    if (!is_condition(&parser, condition))
        return NULL;
    if (parser.current.kind != TOKEN_END) {
        dynamodb_parser_refuse(&parser);
        return NULL;
    }
    return dynamodb_parser_check_whole(&parser) && dynamodb_condition_check(scope, condition, problem)
               ? condition
               : NULL;
}
