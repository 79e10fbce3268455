/*
 * insights_evaluate.c: the value of an expression for a row.
 */
#include "insights_subquery.h"

typedef struct insights_value value;

enum { FEW_ARGUMENTS = 4 };

static value evaluate_slot(struct insights_evaluation *evaluation, const struct insights_node *node)
{
    const value *slot = &evaluation->row->slots[node->slot];

    return str_empty(node->value.text) ? *slot
                                       : logs_insights_part(evaluation->arena, slot, node->value.text);
}

static value evaluate_call(struct insights_evaluation *evaluation, const struct insights_node *node)
{
    value few[FEW_ARGUMENTS], *arguments = few;

    if (node->count > FEW_ARGUMENTS)
        arguments = arena_alloc(evaluation->arena, node->count * sizeof *arguments);
    for (size_t i = 0; i < node->count; i++)
        arguments[i] = logs_insights_evaluate(evaluation, node->more ? node->more[i] : node->arguments[i]);
    return node->function->call(evaluation, arguments, node->count);
}

/* and, or: the second part is evaluated only when it matters. */
static value evaluate_both(struct insights_evaluation *evaluation, const struct insights_node *node)
{
    value first = logs_insights_evaluate(evaluation, node->arguments[0]);

    if (logs_insights_is_true(&first) == (node->kind == NODE_OR))
        return logs_insights_boolean(node->kind == NODE_OR);
    value second = logs_insights_evaluate(evaluation, node->arguments[1]);
    return logs_insights_boolean(logs_insights_is_true(&second));
}

static value evaluate_match(struct insights_evaluation *evaluation, const struct insights_node *node)
{
    value text = logs_insights_evaluate(evaluation, node->arguments[0]);

    return logs_insights_boolean(
        text.kind != INSIGHTS_ABSENT &&
        logs_insights_matches(node->matcher, evaluation, logs_insights_show(evaluation->arena, &text), NULL));
}

static value evaluate_found(struct insights_evaluation *evaluation, const struct insights_node *node)
{
    value found = logs_insights_evaluate(evaluation, node->arguments[0]);

    return logs_insights_boolean(
        logs_insights_find_rows(&evaluation->found[node->slot], evaluation->arena, &found) != NULL);
}

value logs_insights_evaluate(struct insights_evaluation *evaluation, const struct insights_node *node)
{
    switch (node->kind) {
    case NODE_VALUE:
        return node->value;
    case NODE_SLOT:
        return evaluate_slot(evaluation, node);
    case NODE_FIELD:
        return logs_insights_field(evaluation->arena, evaluation->row, node->value.text);
    case NODE_CALL:
        return evaluate_call(evaluation, node);
    case NODE_AND:
    case NODE_OR:
        return evaluate_both(evaluation, node);
    case NODE_MATCH:
        return evaluate_match(evaluation, node);
    case NODE_FOUND:
        return evaluate_found(evaluation, node);
    case NODE_AGGREGATE:
        break;
    }
    return evaluation->aggregates[node->slot];
}
