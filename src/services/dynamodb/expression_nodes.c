/*
 * expression_nodes.c: making the nodes of trees, from texts or from anything else.
 */
#include "expression.h"

#include "base/list.h"

struct node *dynamodb_node_of(struct arena *arena, enum node_kind kind)
{
    struct node *node = arena_new(arena, struct node);

    node->kind = kind;
    return node;
}

void dynamodb_node_add(struct arena *arena, struct node *node, struct node *operand)
{
    // NOLINTNEXTLINE(bugprone-sizeof-expression): a list of pointers
    *list_add(arena, &node->operands) = operand;
}

struct node *dynamodb_node_of_value(struct arena *arena, const struct dynamodb_attribute_value *value)
{
    struct node *node = dynamodb_node_of(arena, NODE_VALUE);

    node->value = value;
    return node;
}

struct node *dynamodb_node_of_attribute(struct arena *arena, str name)
{
    struct node *node = dynamodb_node_of(arena, NODE_PATH);

    list_add(arena, &node->path)->name = name;
    return node;
}

struct node *dynamodb_node_of_function(struct arena *arena, enum function function, struct node *first)
{
    struct node *node = dynamodb_node_of(arena, NODE_FUNCTION);

    node->function = function;
    dynamodb_node_add(arena, node, first);
    return node;
}
