/*
 * partiql_branches.c: the condition of a SELECT as an OR of branches, each an AND of conditions.
 *
 * Every OR that names a key makes branches, however deep it is; any other OR is one of their conditions.
 */
#include "partiql_run.h"

#include "base/list.h"

enum { MAX_BRANCHES = 200 }; /* ORs multiply */

static bool are_equal(struct arena *arena, const struct value_pointers *values,
                      const struct dynamodb_attribute_value *value)
{
    for (size_t i = 0; i < values->count; i++)
        if (!dynamodb_value_equal(arena, values->items[i], value))
            return false;
    return true;
}

/* Find the partitions that the branch reads.  False: it names none, or several values at once. */
static bool find_partitions(struct arena *arena, const struct pql_run *run, struct pql_branch *branch)
{
    str name = run->keys->items[0].name;

    branch->plain = true;
    for (size_t i = 0; i < branch->conditions.count; i++) {
        const struct node *condition = branch->conditions.items[i];
        struct value_pointers values = {0};
        if (!dynamodb_condition_names(condition, name))
            continue;
        bool named = dynamodb_pql_values(arena, condition, name, &values);
        bool again = branch->partitions.count > 0;
        branch->plain = branch->plain && named && !again;
        if (named && !again)
            branch->partitions = values;
        else if (named &&
                 (branch->partitions.count != 1 || !are_equal(arena, &values, branch->partitions.items[0])))
            return false;
    }
    return branch->partitions.count > 0;
}

static bool add_branch(struct arena *arena, const struct pql_run *run, const struct node_list *conditions,
                       struct pql_branches *branches)
{
    struct pql_branch *branch = list_add(arena, branches);

    *branch = (struct pql_branch){.conditions = *conditions};
    return branches->count <= MAX_BRANCHES && find_partitions(arena, run, branch);
}

/* The conditions, with that operand in the place of the OR that is one of them. */
static struct node_list with_operand(struct arena *arena, const struct node_list *conditions, size_t at,
                                     struct node *operand)
{
    struct node_list branch = {0};

    for (size_t i = 0; i < conditions->count; i++)
        dynamodb_pql_conjuncts(arena, i == at ? operand : conditions->items[i], &branch);
    return branch;
}

/* An OR of other attributes is a filter. */
static bool joins_keys(const struct pql_run *run, const struct node *node)
{
    return node->kind == NODE_OR &&
           (dynamodb_condition_names(node, run->keys->items[0].name) ||
            (run->keys->count > 1 && dynamodb_condition_names(node, run->keys->items[1].name)));
}

/* Add the branches of conditions that are joined by AND: those of each operand of their first OR of keys. */
static bool add_branches(struct arena *arena, const struct pql_run *run, const struct node_list *conditions,
                         struct pql_branches *branches)
{
    size_t at = 0;

    while (at < conditions->count && !joins_keys(run, conditions->items[at]))
        at++;
    if (at == conditions->count)
        return add_branch(arena, run, conditions, branches);
    const struct node_list *operands = &conditions->items[at]->operands;
    for (size_t i = 0; i < operands->count; i++) {
        struct node_list branch = with_operand(arena, conditions, at, operands->items[i]);
        if (!add_branches(arena, run, &branch, branches))
            return false;
    }
    return true;
}

bool dynamodb_pql_branches(struct arena *arena, const struct pql_run *run, struct pql_branches *branches)
{
    *branches = (struct pql_branches){0};
    return run->partitions.count > 0 && add_branches(arena, run, &run->conjuncts, branches);
}
