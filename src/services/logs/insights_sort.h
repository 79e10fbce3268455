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
    struct insights_kept_row *items;
    size_t count, capacity;
    uint64_t arrived;
};

void logs_insights_sorter_take(struct insights_sorter *sorter, struct insights_evaluation *evaluation);
/* Puts the rows in their order. */
void logs_insights_sorter_end(struct insights_sorter *sorter);
