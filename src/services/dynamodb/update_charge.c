/*
 * update_charge.c: what an UpdateItem is charged for its UpdateExpression.
 *
 * AWS adds up what the expression writes, by the request alone, and refuses more than the 400 KB of an item:
 * before the condition, and however small the item would be.  What a path reads is free, and so is the result
 * of a sum. AttributeUpdates, transactions and PartiQL are not charged.
 *
 * Recorded from AWS by paritysuite/dynamodb-conformance (itemSizeBySurface), August to October 2026: in
 * us-east-1 and most other regions.  Not recorded: whether an ADD to a set is charged for members that the
 * item has already.  Here it is.
 */
#include "expression.h"

#include "base/str.h"

enum {
    UPDATE_BYTES = 3,
    SET_OR_ADD_BYTES = 19,
    REMOVE_OR_DELETE_BYTES = 1,
    TARGET_STEP_BYTES = 4, /* of each step after the first */
    OPERAND_PATH_BYTES = 1,
    OPERAND_STEP_BYTES = 14,
    PLUS_BYTES = 34,
    MINUS_BYTES = 37,
    LIST_APPEND_BYTES = 37,
    IF_NOT_EXISTS_BYTES = 39,
};

/* The bytes of the name, or the digits of the index. */
static size_t step_bytes(const struct step *step)
{
    size_t digits = 1;

    if (str_present(step->name))
        return step->name.size;
    for (size_t index = step->index; index >= 10; index /= 10)
        digits++;
    return digits;
}

static size_t path_bytes(const struct path *path, size_t for_step)
{
    size_t bytes = path->count * for_step;

    for (size_t i = 0; i < path->count; i++)
        bytes += step_bytes(&path->items[i]);
    return bytes;
}

static size_t function_bytes(const struct node *node)
{
    if (node->kind == NODE_FUNCTION)
        return node->function == LIST_APPEND ? LIST_APPEND_BYTES : IF_NOT_EXISTS_BYTES;
    return node->kind == NODE_PLUS ? PLUS_BYTES : MINUS_BYTES;
}

static size_t operand_bytes(const struct node *node)
{
    if (node->kind == NODE_VALUE)
        return dynamodb_value_bytes(node->value);
    if (node->kind == NODE_PATH)
        return OPERAND_PATH_BYTES + path_bytes(&node->path, OPERAND_STEP_BYTES);
    size_t bytes = function_bytes(node);
    for (size_t i = 0; i < node->operands.count; i++)
        bytes += operand_bytes(node->operands.items[i]);
    return bytes;
}

static size_t action_bytes(const struct action *action)
{
    size_t target = path_bytes(&action->path, TARGET_STEP_BYTES) - TARGET_STEP_BYTES;

    if (action->kind == ACTION_REMOVE || action->kind == ACTION_DELETE)
        return REMOVE_OR_DELETE_BYTES + target;
    return SET_OR_ADD_BYTES + target + operand_bytes(action->operand);
}

bool dynamodb_update_charge_fits(const struct update *update)
{
    size_t bytes = UPDATE_BYTES;

    /* It ends at the bound: a large value may be an operand of every action. */
    for (size_t i = 0; !update->of_attributes && i < update->count && bytes <= MAX_ITEM_BYTES; i++)
        bytes += action_bytes(&update->items[i]);
    return bytes <= MAX_ITEM_BYTES;
}
