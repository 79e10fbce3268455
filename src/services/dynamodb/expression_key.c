/*
 * expression_key.c: the key condition of a query: terms about attributes of the key, one for each.
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Query.KeyConditionExpressions.html
 */
#include "expression.h"

#include "base/list.h"

static bool refuse(str *problem, str sentence)
{
    *problem = sentence;
    return false;
}

static bool refuse_operator(struct arena *arena, str operator_name, str *problem)
{
    return refuse(problem, arena_format(arena, "Invalid operator used in KeyConditionExpression: %.*s",
                                        STR_ARGS(operator_name)));
}

/* a < :v means :v > a. */
static enum comparator turned(enum comparator comparator)
{
    switch (comparator) {
    case LESS:
        return GREATER;
    case LESS_OR_EQUAL:
        return GREATER_OR_EQUAL;
    case GREATER:
        return LESS;
    case GREATER_OR_EQUAL:
        return LESS_OR_EQUAL;
    default:
        return comparator;
    }
}

/* One operand is a path of one step, all others are values. */
static bool check_operands(const struct node *node, str *problem)
{
    size_t paths = 0;

    for (size_t i = 0; i < node->operands.count; i++) {
        const struct node *operand = node->operands.items[i];
        if (operand->kind == NODE_FUNCTION)
            return refuse(problem, S("KeyConditionExpressions cannot contain nested operations"));
        if (operand->kind == NODE_PATH && operand->path.count > 1)
            return refuse(problem, S("KeyConditionExpressions cannot have conditions on nested attributes"));
        paths += operand->kind == NODE_PATH;
    }
    if (paths > 1)
        return refuse(problem,
                      S("Invalid condition in KeyConditionExpression: Multiple attribute names used in one "
                        "condition"));
    return paths == 1 ||
           refuse(problem, S("Invalid condition in KeyConditionExpression: No key attribute specified"));
}

static bool check_first(struct arena *arena, const struct node *node, str operator_name, str *problem)
{
    return node->operands.items[0]->kind == NODE_PATH ||
           refuse(problem,
                  arena_format(arena,
                               "Invalid condition in KeyConditionExpression: %.*s operator must have "
                               "the key attribute as its first operand",
                               STR_ARGS(operator_name)));
}

static bool read_term(struct arena *arena, const struct node *node, struct key_term *term, str *problem)
{
    struct node *const *operands = node->operands.items;

    if (!check_operands(node, problem))
        return false;
    if (node->kind == NODE_COMPARISON) {
        bool path_first = operands[0]->kind == NODE_PATH;
        *term = (struct key_term){
            .name = operands[path_first ? 0 : 1]->path.items[0].name,
            .kind = TERM_COMPARISON,
            .comparator = path_first ? node->comparator : turned(node->comparator),
            .first = operands[path_first ? 1 : 0]->value,
        };
        return true;
    }
    bool between = node->kind == NODE_BETWEEN;
    if (!check_first(arena, node, between ? S("BETWEEN") : node->text, problem))
        return false;
    *term = (struct key_term){
        .name = operands[0]->path.items[0].name,
        .kind = between ? TERM_BETWEEN : TERM_BEGINS_WITH,
        .first = operands[1]->value,
        .second = between ? operands[2]->value : NULL,
    };
    return true;
}

static bool add_term(struct arena *arena, const struct node *node, struct key_condition *key, str *problem)
{
    struct key_term term;

    if (!read_term(arena, node, &term, problem))
        return false;
    for (size_t i = 0; i < key->count; i++)
        if (str_equal(key->items[i].name, term.name))
            return refuse(problem, S("Invalid KeyConditionExpression: KeyConditionExpressions must only "
                                     "contain one condition per "
                                     "key"));
    *list_add(arena, key) = term;
    return true;
}

bool dynamodb_key_condition_read(struct arena *arena, const struct node *condition, struct key_condition *key,
                                 str *problem)
{
    switch (condition->kind) {
    case NODE_AND:
        for (size_t i = 0; i < condition->operands.count; i++)
            if (!dynamodb_key_condition_read(arena, condition->operands.items[i], key, problem))
                return false;
        return true;
    case NODE_OR:
        return refuse_operator(arena, S("OR"), problem);
    case NODE_NOT:
        return refuse_operator(arena, S("NOT"), problem);
    case NODE_IN:
        return refuse_operator(arena, S("IN"), problem);
    case NODE_COMPARISON:
        if (condition->comparator == NOT_EQUAL)
            return refuse_operator(arena, S("<>"), problem);
        break;
    case NODE_FUNCTION:
        if (condition->function != BEGINS_WITH)
            return refuse_operator(arena, condition->text, problem);
        break;
    default:
        break;
    }
    return add_term(arena, condition, key, problem);
}
