#pragma once

/*
 * insights_sort.h: the rows that `sort` has to see all of, or the first of them.
 */
#include "insights_row.h"

struct insights_kept_row {
    struct insights_event event;
    bool has_event;
    struct insights_value *slots, *keys;
    uint64_t order; /* of arrival: equal rows keep it */
};

struct insights_sorter {
    struct insights_memory memory;
    const struct insights_command *command;
    size_t slot_count;
    size_t most; /* only so many rows are needed; 0: all */
    struct insights_kept_row **items;
    size_t count, capacity, replaced;
    uint64_t arrived;
    struct insights_merge {
        struct insights_kept_row **from, **to; /* NULL before the end */
        size_t width;                          /* of sorted runs; 0: they are being made */
        size_t at;                             /* where the pair of runs begins that is being merged, */
        size_t left, right;                    /* and what is next of each */
    } merge;
};

/* Keep the row of the evaluation, unless enough better ones are kept. */
void logs_insights_sorter_take(struct insights_sorter *sorter, struct insights_evaluation *evaluation);
/* At the end: one of many steps, of some milliseconds at most.  True: there is more to do. */
bool logs_insights_sorter_step(struct insights_sorter *sorter);
/* The rows in their order, once the steps are done. */
const struct insights_kept_row *logs_insights_sorted(const struct insights_sorter *sorter, size_t index);
