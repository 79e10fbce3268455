/*
 * partiql_overlap.c: refuses a SELECT whose branches read the same keys of a table or index with a sort key.
 *
 * The condition is the same as an OR of branches, each an AND of conditions; an OR that names no key is one
 * of these.  A branch counts once for each partition that it names by = or IN, and reads the range of its
 * conditions on the sort key.  AWS refuses branches whose ranges overlap, even when other conditions keep
 * their items apart, but no branches at all when one of them negates the sort key.  Other nested conditions
 * on keys are not refused.
 *
 * Recorded from AWS by paritysuite/dynamodb-conformance (partiqlGrammar, whereOverlap) and by floci
 * (DynamoDbPartiQLEdgeCaseIntegrationTest), September and October 2026.
 */
#include "partiql_run.h"

#include "base/list.h"

#include <stdlib.h>

/* A range of keys in one partition, named by the bytes of its key; see struct key_range. */
struct ranges {
    struct key_range *items;
    size_t count;
    size_t branches;
};

enum { MAX_BRANCHES = 200 }; /* of more, none is refused: ORs multiply */

static bool names(const struct node *node, str attribute)
{
    if (node->kind == NODE_PATH && str_equal(node->path.items[0].name, attribute))
        return true;
    for (size_t i = 0; i < node->operands.count; i++)
        if (names(node->operands.items[i], attribute))
            return true;
    return false;
}

/* ---- one branch ---- */

/* Where in the partition the term holds; NULL: everywhere.  False: a value cannot be one of a key. */
static bool read_range(const struct call *call, const struct pql_run *run,
                       const struct dynamodb_attribute_value *partition, const struct key_term *term,
                       struct key_range *range)
{
    struct key_term terms[2] = {{.name = run->keys->items[0].name, .comparator = EQUAL, .first = partition}};
    struct key_condition key = {terms, term ? 2 : 1};

    if (term)
        terms[1] = *term;
    bool well = dynamodb_key_range_read(call, run->keys, run->index != NULL, &key, range);
    if (!well)
        take_failure(call);
    return well;
}

static void narrow(struct key_range *range, const struct key_range *other)
{
    if (str_compare(other->low, range->low) > 0)
        range->low = other->low;
    if (str_compare(other->high, range->high) < 0)
        range->high = other->high;
}

/* Narrow the range by the conditions on the sort key.  False: one of them is something else than a range. */
static bool narrow_by_all(const struct call *call, const struct pql_run *run,
                          const struct dynamodb_attribute_value *partition,
                          const struct node_list *conditions, struct key_range *range)
{
    for (size_t i = 0; i < conditions->count; i++) {
        struct key_range one;
        struct key_term term;
        if (!names(conditions->items[i], run->keys->items[1].name))
            continue;
        if (!dynamodb_pql_term(call->arena, conditions->items[i], &term) ||
            !str_equal(term.name, run->keys->items[1].name) || !read_range(call, run, partition, &term, &one))
            return false;
        narrow(range, &one);
    }
    return true;
}

/* The partitions that exactly one of the conditions names.  False: others, or none. */
static bool find_partitions(const struct call *call, const struct pql_run *run,
                            const struct node_list *conditions, struct value_pointers *partitions)
{
    size_t found = 0;

    for (size_t i = 0; i < conditions->count; i++) {
        if (!names(conditions->items[i], run->keys->items[0].name))
            continue;
        if (!dynamodb_pql_values(call->arena, conditions->items[i], run->keys->items[0].name, partitions))
            return false;
        found++;
    }
    return found == 1 && partitions->count > 0;
}

/* Add what a branch reads.  False: its conditions on keys are of other kinds. */
static bool add_branch(const struct call *call, const struct pql_run *run, const struct node_list *conditions,
                       struct ranges *ranges)
{
    struct value_pointers partitions = {0};
    struct key_range range;

    if (++ranges->branches > MAX_BRANCHES || !find_partitions(call, run, conditions, &partitions) ||
        !read_range(call, run, partitions.items[0], NULL, &range) ||
        (run->keys->count > 1 && !narrow_by_all(call, run, partitions.items[0], conditions, &range)))
        return false;
    for (size_t i = 0; i < partitions.count && str_compare(range.low, range.high) < 0; i++) {
        range.partition = dynamodb_key_bytes(call->arena, partitions.items[i]);
        *list_add(call->arena, ranges) = range;
    }
    return true;
}

/* ---- all branches ---- */

static int by_place(const void *a, const void *b)
{
    const struct key_range *one = a, *other = b;
    int order = str_compare(one->partition, other->partition);

    return order ? order : str_compare(one->low, other->low);
}

/* As the ranges up to a place are apart, the last one of them ends last. */
static bool are_apart(struct ranges *ranges)
{
    if (ranges->count > 1)
        qsort(ranges->items, ranges->count, sizeof *ranges->items, by_place);
    for (size_t i = 1; i < ranges->count; i++)
        if (str_equal(ranges->items[i - 1].partition, ranges->items[i].partition) &&
            str_compare(ranges->items[i].low, ranges->items[i - 1].high) < 0)
            return false;
    return true;
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
    return node->kind == NODE_OR && (names(node, run->keys->items[0].name) ||
                                     (run->keys->count > 1 && names(node, run->keys->items[1].name)));
}

/* Add the branches of conditions that are joined by AND: those of each operand of their first OR of keys. */
static bool add_branches(const struct call *call, const struct pql_run *run,
                         const struct node_list *conditions, struct ranges *ranges)
{
    size_t at = 0;

    while (at < conditions->count && !joins_keys(run, conditions->items[at]))
        at++;
    if (at == conditions->count)
        return add_branch(call, run, conditions, ranges);
    const struct node_list *operands = &conditions->items[at]->operands;
    for (size_t i = 0; i < operands->count; i++) {
        struct node_list branch = with_operand(call->arena, conditions, at, operands->items[i]);
        if (!add_branches(call, run, &branch, ranges))
            return false;
    }
    return true;
}

/* Most statements name one partition by =. */
static bool is_one_branch(const struct pql_run *run)
{
    for (size_t i = 0; i < run->conjuncts.count; i++)
        if (run->conjuncts.items[i]->kind == NODE_OR || run->conjuncts.items[i]->kind == NODE_IN)
            return false;
    return true;
}

bool dynamodb_pql_overlap_check(const struct call *call, const struct pql_run *run)
{
    struct ranges ranges = {0};

    if (run->partitions.count == 0 || (run->keys->count != 2 && !run->index) || is_one_branch(run))
        return true;
    return !add_branches(call, run, &run->conjuncts, &ranges) || are_apart(&ranges) ||
           dynamodb_refuse(call,
                           S("Overlapping conditions with range keys are not supported in where clause"));
}
