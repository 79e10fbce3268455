/*
 * partiql_update.c: SET and REMOVE of an UPDATE as the actions of an update.
 *
 *     clauses = { SET path "=" sum { "," path "=" sum } | REMOVE path { "," path } }
 *     sum     = operand { ( "+" | "-" ) operand }
 *     operand = "(" sum ")" | value | path | list_append "(" operand "," operand ")"
 *
 * Sums of many terms, and parentheses, are not documented, but recorded from AWS (moriyoshi/winterbaume,
 * April 2026).  set_add() and set_delete(), which name the attribute that they are assigned to, are ADD and
 * DELETE.
 */
#include "partiql_internal.h"

#include "base/list.h"

static bool name_append(struct pql_parser *parser, str word, struct node *node)
{
    (void)parser;
    node->text = word;
    if (!str_equal_nocase(word, S("list_append")))
        return false;
    node->text = S("list_append");
    node->function = LIST_APPEND;
    return true;
}

static bool is_call(const struct pql_parser *parser)
{
    return dynamodb_pql_before_parenthesis(parser) && !dynamodb_pql_at_keyword(parser);
}

static struct node *parse_sum(struct pql_parser *parser);

static struct node *parse_operand(struct pql_parser *parser)
{
    if (dynamodb_pql_at_symbol(parser, "("))
        return dynamodb_pql_group(parser, parse_sum);
    if (!dynamodb_pql_missing_check(parser))
        return NULL;
    if (dynamodb_pql_at_value(parser))
        return dynamodb_pql_value_node(parser);
    return is_call(parser) ? dynamodb_pql_call(parser, name_append, parse_operand)
                           : dynamodb_pql_path_node(parser);
}

/* The sum of that one and the next term; the current token is the operator. */
static struct node *add_term(struct pql_parser *parser, struct node *left)
{
    struct node *node =
        dynamodb_pql_node(parser, dynamodb_pql_at_symbol(parser, "+") ? NODE_PLUS : NODE_MINUS);

    dynamodb_pql_advance(parser);
    struct node *right = parse_operand(parser);
    if (!right)
        return NULL;
    dynamodb_pql_add_operand(parser, node, left);
    dynamodb_pql_add_operand(parser, node, right);
    return node;
}

static struct node *parse_sum(struct pql_parser *parser)
{
    struct node *sum = parse_operand(parser);

    while (sum && (dynamodb_pql_at_symbol(parser, "+") || dynamodb_pql_at_symbol(parser, "-")))
        sum = add_term(parser, sum);
    return sum && dynamodb_pql_operator_check(parser, "Update") ? sum : NULL;
}

/* ---- set_add and set_delete ---- */

static const struct set_function {
    const char *name, *shown;
    enum action_kind kind;
} set_functions[] = {{"set_add", "SET_ADD", ACTION_ADD}, {"set_delete", "SET_DELETE", ACTION_DELETE}};

static const struct set_function *set_function_at(struct pql_parser *parser)
{
    for (size_t i = 0; is_call(parser) && i < sizeof set_functions / sizeof *set_functions; i++)
        if (dynamodb_pql_at_word(parser, set_functions[i].name))
            return &set_functions[i];
    return NULL;
}

/* The sentence is the function's name between two texts. */
static bool refuse_call(struct pql_parser *parser, const struct set_function *function, str before, str after,
                        str written)
{
    return dynamodb_pql_refuse_at(
        parser, arena_concat(parser->scope.arena, before, str_of(function->shown), after), written);
}

static bool is_set(const struct node *node)
{
    return node->kind == NODE_VALUE && dynamodb_value_is_set(node->value);
}

static bool parse_set_function(struct pql_parser *parser, const struct set_function *function,
                               struct action *action)
{
    struct node call = {.kind = NODE_FUNCTION};
    struct pql_token name = parser->current;

    dynamodb_pql_advance(parser);
    dynamodb_pql_advance(parser);
    str first = parser->current.written;
    if (!dynamodb_pql_operands(parser, &call, parse_operand))
        return false;
    if (call.operands.count != 2)
        return refuse_call(parser, function, S(""), S(" must have exactly two arguments"), name.written);
    const struct node *set = call.operands.items[0];
    if (set->kind != NODE_PATH || dynamodb_path_compare(&set->path, &action->path) != 0)
        return refuse_call(parser, function, S("The first argument to "),
                           S(" must equal the assignment value"), name.written);
    if (!is_set(call.operands.items[1]))
        return refuse_call(parser, function, S("The second argument to "),
                           S(" must be a value with type SET"), first);
    action->kind = function->kind;
    action->operand = call.operands.items[1];
    return true;
}

/* ---- clauses ---- */

static bool parse_assignment(struct pql_parser *parser, struct action *action)
{
    action->kind = ACTION_SET;
    if (!dynamodb_pql_path(parser, &action->path) || !dynamodb_pql_expect_symbol(parser, "=", "Expected EQ"))
        return false;
    const struct set_function *function = set_function_at(parser);
    if (function)
        return parse_set_function(parser, function, action);
    action->operand = parse_sum(parser);
    return action->operand != NULL;
}

static bool parse_removal(struct pql_parser *parser, struct action *action)
{
    action->kind = ACTION_REMOVE;
    return dynamodb_pql_path(parser, &action->path);
}

static bool parse_clause(struct pql_parser *parser, struct update *update,
                         bool (*parse)(struct pql_parser *, struct action *))
{
    do {
        struct action action = {0};
        if (!parse(parser, &action))
            return false;
        *list_add(parser->scope.arena, update) = action;
    } while (dynamodb_pql_accept_symbol(parser, ","));
    return true;
}

bool dynamodb_pql_update(struct pql_parser *parser, struct update *update)
{
    for (;;) {
        bool set = dynamodb_pql_accept_word(parser, "SET");
        if (!set && !dynamodb_pql_accept_word(parser, "REMOVE"))
            break;
        if (!parse_clause(parser, update, set ? parse_assignment : parse_removal))
            return false;
    }
    return update->count > 0 || dynamodb_pql_malformed(parser, "Expected data manipulation");
}
