/*
 * expression_update.c: SET, REMOVE, ADD and DELETE, each once and in any order.
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.UpdateExpressions.html
 */
#include "base/list.h"
#include "expression_internal.h"

static const char *const clauses[] = {"SET", "REMOVE", "ADD", "DELETE"};

/* ---- parsing ---- */

static bool is_sum(const struct node *node)
{
    return node->kind == NODE_PLUS || node->kind == NODE_MINUS;
}

/* a, a + b or a - b, perhaps in parentheses */
static struct node *parse_set_operand(struct parser *parser)
{
    struct node *left = dynamodb_parser_at_symbol(parser, "(")
                            ? dynamodb_group_parse(parser, parse_set_operand)
                            : dynamodb_operand_parse(parser);
    bool plus = dynamodb_parser_at_symbol(parser, "+");

    if (!left || is_sum(left) || (!plus && !dynamodb_parser_at_symbol(parser, "-")))
        return left;
    dynamodb_parser_advance(parser);
    struct node *node = dynamodb_node_new(parser, plus ? NODE_PLUS : NODE_MINUS),
                *right = dynamodb_operand_parse(parser);
    if (!right)
        return NULL;
    dynamodb_node_add_operand(parser, node, left);
    dynamodb_node_add_operand(parser, node, right);
    return node;
}

/* The operand of ADD and DELETE is always a placeholder. */
static struct node *parse_placeholder(struct parser *parser)
{
    if (parser->current.kind == TOKEN_VALUE)
        return dynamodb_operand_parse(parser);
    dynamodb_parser_refuse(parser);
    return NULL;
}

static bool parse_action(struct parser *parser, enum action_kind kind, struct action *action)
{
    action->kind = kind;
    if (!dynamodb_path_parse(parser, &action->path))
        return false;
    if (kind == ACTION_REMOVE)
        return true;
    if (kind == ACTION_SET && !dynamodb_parser_expect_symbol(parser, "="))
        return false;
    action->operand = kind == ACTION_SET ? parse_set_operand(parser) : parse_placeholder(parser);
    return action->operand != NULL;
}

static bool parse_clause(struct parser *parser, enum action_kind kind, struct update *update)
{
    do {
        if (!parse_action(parser, kind, list_add(parser->scope->arena, update)))
            return false;
    } while (dynamodb_parser_accept_symbol(parser, ","));
    return true;
}

static bool accept_clause(struct parser *parser, enum action_kind *kind)
{
    for (*kind = ACTION_SET; *kind <= ACTION_DELETE; (*kind)++)
        if (dynamodb_parser_accept_word(parser, clauses[*kind]))
            return true;
    return dynamodb_parser_refuse(parser);
}

static bool parse_clauses(struct parser *parser, struct update *update)
{
    bool seen[4] = {0};
    enum action_kind kind;

    while (parser->current.kind != TOKEN_END) {
        if (!accept_clause(parser, &kind))
            return false;
        if (seen[kind])
            update->repeated = clauses[kind];
        seen[kind] = true;
        if (!parse_clause(parser, kind, update))
            return false;
    }
    return true;
}

/* ---- checks ---- */

static bool refuse(str *problem, str sentence)
{
    *problem = sentence;
    return false;
}

static bool is_list_append(const struct node *node)
{
    return node->kind == NODE_FUNCTION && node->function == LIST_APPEND;
}

/* A list_append() may not be an operand of another one. */
static bool check_nesting(struct scope *scope, const struct node *node, str *problem)
{
    for (size_t i = 0; is_list_append(node) && i < node->operands.count; i++)
        if (is_list_append(node->operands.items[i]))
            return refuse(problem, arena_format(scope->arena,
                                                "The function is not allowed to be used this way in an "
                                                "expression; function: %.*s",
                                                STR_ARGS(node->text)));
    return true;
}

static bool check_function(struct scope *scope, struct node *node, str *problem)
{
    if (node->kind != NODE_FUNCTION || node->function == IF_NOT_EXISTS || node->function == LIST_APPEND)
        return check_nesting(scope, node, problem);
    return refuse(problem,
                  arena_format(scope->arena,
                               node->function == UNKNOWN_FUNCTION
                                   ? "Invalid function name; function: %.*s"
                                   : "The function is not allowed in an update expression; function: %.*s",
                               STR_ARGS(node->text)));
}

static bool refuse_type(struct scope *scope, str operator_name, enum value_type type, str *problem)
{
    return refuse(
        problem,
        arena_format(scope->arena,
                     "Incorrect operand type for operator or function; operator or function: %.*s, operand "
                     "type: %.*s",
                     STR_ARGS(operator_name), STR_ARGS(dynamodb_value_type_name(type))));
}

/* ADD and DELETE have a sentence of their own, with one name of a set of types for both, as AWS has it. */
static bool refuse_action_type(struct scope *scope, const char *clause, enum value_type type, str *problem)
{
    static const char *const names[] = {
        [VALUE_S] = "STRING", [VALUE_N] = "NUMBER",  [VALUE_B] = "Binary",  [VALUE_M] = "MAP",
        [VALUE_L] = "LIST",   [VALUE_NULL] = "NULL", [VALUE_BOOL] = "BOOL",
    };

    return refuse(problem, arena_format(scope->arena,
                                        "Incorrect operand type for operator or function; operator: %s, "
                                        "operand type: %s, typeSet: ALLOWED_FOR_ADD_OPERAND",
                                        clause, names[type]));
}

static bool check_types(struct scope *scope, struct node *node, str *problem)
{
    bool sum = is_sum(node);
    bool append = is_list_append(node);

    if (node->kind == NODE_FUNCTION && node->function == IF_NOT_EXISTS &&
        node->operands.items[0]->kind != NODE_PATH)
        return refuse(
            problem, S("Operator or function requires a document path; operator or function: if_not_exists"));
    for (size_t i = 0; (sum || append) && i < node->operands.count; i++) {
        enum value_type type = dynamodb_node_type(node->operands.items[i]);
        if (type != VALUE_NONE && type != (sum ? VALUE_N : VALUE_L))
            return refuse_type(scope,
                               append                    ? node->text
                               : node->kind == NODE_PLUS ? S("+")
                                                         : S("-"),
                               type, problem);
    }
    return true;
}

static bool is_set(enum value_type type)
{
    return type == VALUE_SS || type == VALUE_NS || type == VALUE_BS;
}

static bool check_action(struct scope *scope, const struct action *action, str *problem)
{
    struct node *operand = action->operand;

    if (!operand)
        return true;
    if (!dynamodb_node_each(scope, operand, problem, dynamodb_node_resolve) ||
        !dynamodb_node_each(scope, operand, problem, dynamodb_node_check_count) ||
        !dynamodb_node_each(scope, operand, problem, check_types))
        return false;
    enum value_type type = dynamodb_node_type(operand);
    if (action->kind == ACTION_ADD && type != VALUE_N && !is_set(type))
        return refuse_action_type(scope, clauses[action->kind], type, problem);
    return action->kind != ACTION_DELETE || is_set(type) ||
           refuse_action_type(scope, clauses[action->kind], type, problem);
}

static bool check_words(struct scope *scope, const struct update *update, str *problem)
{
    for (size_t i = 0; i < update->count; i++) {
        struct node target = {.kind = NODE_PATH, .path = update->items[i].path};
        struct node *operand = update->items[i].operand;
        if (!dynamodb_node_check_reserved(scope, &target, problem))
            return false;
        if (operand && (!dynamodb_node_each(scope, operand, problem, check_function) ||
                        !dynamodb_node_each(scope, operand, problem, dynamodb_node_check_reserved)))
            return false;
    }
    return true;
}

bool dynamodb_update_check(struct scope *scope, struct update *update, str *problem)
{
    if (!check_words(scope, update, problem))
        return false;
    if (update->repeated)
        return refuse(problem, arena_format(scope->arena,
                                            "The \"%s\" section can only be used once in an update "
                                            "expression;",
                                            update->repeated));
    for (size_t i = 0; i < update->count; i++)
        if ((!scope->resolved && !dynamodb_path_resolve(scope, &update->items[i].path, problem)) ||
            !check_action(scope, &update->items[i], problem))
            return false;
    const struct path **paths = arena_alloc(scope->arena, update->count * sizeof *paths);
    for (size_t i = 0; i < update->count; i++)
        paths[i] = &update->items[i].path;
    return dynamodb_paths_check_apart(scope->arena, paths, update->count, problem);
}

bool dynamodb_update_parse(struct scope *scope, str text, struct update *update, str *problem)
{
    struct parser parser;

    *update = (struct update){0};
    return dynamodb_parser_begin(&parser, scope, text, problem) && parse_clauses(&parser, update) &&
           dynamodb_parser_check_whole(&parser) && dynamodb_update_check(scope, update, problem);
}
