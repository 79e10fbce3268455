/*
 * partiql_overlap.c: refuses a SELECT whose branches read the same keys of a table or index with a sort key.
 *
 * A branch (partiql_branches.c) counts once for each partition that it names by = or IN, and reads the range
 * of its conditions on the sort key.  AWS refuses branches whose ranges overlap, even when other conditions
 * keep their items apart, but no branches at all when one of them negates the sort key.  Other nested
 * conditions on keys are not refused.
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
};

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
        if (!dynamodb_condition_names(conditions->items[i], run->keys->items[1].name))
            continue;
        if (!dynamodb_pql_term(call->arena, conditions->items[i], &term) ||
            !str_equal(term.name, run->keys->items[1].name) || !read_range(call, run, partition, &term, &one))
            return false;
        narrow(range, &one);
    }
    return true;
}

/* Add what a branch reads.  False: its conditions on keys are of other kinds. */
static bool add_ranges(const struct call *call, const struct pql_run *run, const struct pql_branch *branch,
                       struct ranges *ranges)
{
    const struct dynamodb_attribute_value *first = branch->partitions.items[0];
    struct key_range range;

    if (!branch->plain || !read_range(call, run, first, NULL, &range) ||
        (run->keys->count > 1 && !narrow_by_all(call, run, first, &branch->conditions, &range)))
        return false;
    for (size_t i = 0; i < branch->partitions.count && str_compare(range.low, range.high) < 0; i++) {
        range.partition = dynamodb_key_bytes(call->arena, branch->partitions.items[i]);
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
    struct pql_branches branches;
    struct ranges ranges = {0};

    if ((run->keys->count != 2 && !run->index) || is_one_branch(run) ||
        !dynamodb_pql_branches(call->arena, run, &branches))
        return true;
    for (size_t i = 0; i < branches.count; i++)
        if (!add_ranges(call, run, &branches.items[i], &ranges))
            return true;
    return are_apart(&ranges) ||
           dynamodb_refuse(call,
                           S("Overlapping conditions with range keys are not supported in where clause"));
}
