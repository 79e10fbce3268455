/*
 * partiql_operand.c: what conditions and updates have in common: paths, values, calls of functions.
 */
#include "partiql_internal.h"

#include "base/list.h"

/* ---- nodes ---- */

struct node *dynamodb_pql_node(struct pql_parser *parser, enum node_kind kind)
{
    parser->operators += kind != NODE_PATH && kind != NODE_VALUE;
    return dynamodb_node_of(parser->scope.arena, kind);
}

void dynamodb_pql_add_operand(struct pql_parser *parser, struct node *node, struct node *operand)
{
    dynamodb_node_add(parser->scope.arena, node, operand);
}

struct node *dynamodb_pql_value_node(struct pql_parser *parser)
{
    struct dynamodb_attribute_value *value = arena_new(parser->scope.arena, struct dynamodb_attribute_value);

    return dynamodb_pql_value(parser, value) ? dynamodb_node_of_value(parser->scope.arena, value) : NULL;
}

struct node *dynamodb_pql_path_node(struct pql_parser *parser)
{
    struct node *node = dynamodb_pql_node(parser, NODE_PATH);

    return dynamodb_pql_path(parser, &node->path) ? node : NULL;
}

/* ---- paths ---- */

enum { MAX_PATH_STEPS = 32 };
static const int64_t max_index = INT32_MAX; /* of expressions, it is larger */

bool dynamodb_pql_at_name(const struct pql_parser *parser)
{
    return parser->current.kind == PQL_NAME ||
           (parser->current.kind == PQL_WORD && !dynamodb_pql_at_keyword(parser));
}

static bool read_name(struct pql_parser *parser, struct path *path)
{
    if (!dynamodb_pql_at_name(parser))
        return path->count > 0 ? dynamodb_pql_malformed(parser, "Invalid path dot component")
                               : dynamodb_pql_unexpected(parser);
    if (str_empty(parser->current.text))
        return dynamodb_pql_refuse(parser, S("Path component cannot be an empty string"));
    list_add(parser->scope.arena, path)->name = parser->current.text;
    dynamodb_pql_advance(parser);
    return true;
}

static bool is_whole(const struct pql_token *token)
{
    bool whole = token->kind == PQL_NUMBER;

    for (size_t i = 0; whole && i < token->text.size; i++)
        whole = token->text.data[i] >= '0' && token->text.data[i] <= '9';
    return whole;
}

/* A refusal is about the digits, not their signs. */
static bool read_index(struct pql_parser *parser, struct path *path)
{
    bool negative = dynamodb_pql_signs(parser);
    struct pql_token digits = parser->current;
    int64_t index = 0;

    if (!is_whole(&digits))
        return dynamodb_pql_refuse_at(parser, S("Unexpected path component"), digits.written);
    if (!str_to_i64(digits.text, &index) || index > max_index || (negative && index > 0))
        return dynamodb_pql_refuse_at(
            parser,
            arena_format(parser->scope.arena, "List index is not within the allowable range; index: [%s%.*s]",
                         negative ? "-" : "", STR_ARGS(digits.text)),
            digits.written);
    list_add(parser->scope.arena, path)->index = (size_t)index;
    return true;
}

/* An index, or a name in single quotes. */
static bool read_bracket(struct pql_parser *parser, struct path *path)
{
    struct pql_token inside = parser->current;

    if (inside.kind == PQL_STRING && str_empty(inside.text))
        return dynamodb_pql_refuse(parser, S("Path component cannot be an empty string"));
    if (inside.kind == PQL_STRING)
        list_add(parser->scope.arena, path)->name = inside.text;
    else if (!read_index(parser, path))
        return false;
    dynamodb_pql_advance(parser);
    return dynamodb_pql_expect_symbol(parser, "]", "Expected RIGHT_BRACKET");
}

bool dynamodb_pql_path(struct pql_parser *parser, struct path *path)
{
    if (!read_name(parser, path))
        return false;
    for (;;) {
        if (dynamodb_pql_accept_symbol(parser, ".")) {
            if (!read_name(parser, path))
                return false;
        } else if (dynamodb_pql_accept_symbol(parser, "[")) {
            if (!read_bracket(parser, path))
                return false;
        } else {
            break;
        }
    }
    return path->count <= MAX_PATH_STEPS ||
           dynamodb_pql_refuse(parser,
                               S("The document path has too many nesting elements; nesting levels have "
                                 "exceeded supported limits"));
}

/* ---- parentheses and operators ---- */

struct node *dynamodb_pql_group(struct pql_parser *parser, pql_operand_function *parse)
{
    dynamodb_pql_advance(parser);
    struct node *inner = dynamodb_pql_deeper(parser) ? parse(parser) : NULL;
    parser->depth--;
    return inner && dynamodb_pql_expect_symbol(parser, ")", "Expected RIGHT_PAREN") ? inner : NULL;
}

bool dynamodb_pql_operator_check(struct pql_parser *parser, const char *kind)
{
    static const char *const operators[] = {"+", "-", "*", "/", "%", "||"};
    const char *found = dynamodb_pql_at_word(parser, "LIKE") ? "like" : NULL;

    for (size_t i = 0; i < sizeof operators / sizeof *operators; i++)
        if (dynamodb_pql_at_symbol(parser, operators[i]))
            found = operators[i];
    return !found ||
           dynamodb_pql_refuse(parser, arena_format(parser->scope.arena,
                                                    "Unsupported operator in %s Expression. Operator: %s",
                                                    kind, found));
}

bool dynamodb_pql_missing_check(struct pql_parser *parser)
{
    return !dynamodb_pql_at_word(parser, "MISSING") ||
           dynamodb_pql_refuse(parser, S("MISSING must be compared using IS operator"));
}

/* ---- calls ---- */

bool dynamodb_pql_before_parenthesis(const struct pql_parser *parser)
{
    struct pql_parser ahead = *parser;

    dynamodb_pql_advance(&ahead);
    return parser->current.kind == PQL_WORD && dynamodb_pql_at_symbol(&ahead, "(");
}

bool dynamodb_pql_operands(struct pql_parser *parser, struct node *node, pql_operand_function *parse)
{
    if (dynamodb_pql_accept_symbol(parser, ")"))
        return true;
    do {
        struct node *operand = parse(parser);
        if (!operand)
            return false;
        dynamodb_pql_add_operand(parser, node, operand);
    } while (dynamodb_pql_accept_symbol(parser, ","));
    return dynamodb_pql_expect_symbol(parser, ")", "Expected RIGHT_PAREN");
}

struct node *dynamodb_pql_call(struct pql_parser *parser, pql_name_function *name,
                               pql_operand_function *parse)
{
    struct node *node = dynamodb_pql_node(parser, NODE_FUNCTION);
    struct pql_token word = parser->current;

    if (!name(parser, word.text, node)) {
        dynamodb_pql_refuse_at(
            parser, arena_format(parser->scope.arena, "Unrecognized function: %.*s", STR_ARGS(node->text)),
            word.written);
        return NULL;
    }
    dynamodb_pql_advance(parser);
    dynamodb_pql_advance(parser);
    bool parsed = dynamodb_pql_deeper(parser) && dynamodb_pql_operands(parser, node, parse);
    parser->depth--;
    return parsed ? node : NULL;
}
