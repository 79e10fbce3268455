#pragma once

/*
 * insights_stats.h: the groups of `stats`, and what it computes of each.
 */
#include "insights_row.h"
#include "insights_table.h"

struct insights_accumulator;

struct insights_group {
    struct insights_group *next; /* in the order of their first row */
    struct insights_value *by;
    struct insights_accumulator *accumulators;
};

struct insights_groups {
    struct insights_memory *memory;
    const struct insights_command *command;
    struct insights_table table;
    struct insights_group *first, *last;
};

/* Take a row into its group. */
void logs_insights_aggregate(struct insights_groups *groups, struct insights_evaluation *evaluation);
/* Without `by` there is one group, also of no rows. */
void logs_insights_groups_end(struct insights_groups *groups);
/* Write the group's columns to the slots of the row of `evaluation`. */
void logs_insights_group_row(const struct insights_groups *groups, const struct insights_group *group,
                             struct insights_evaluation *evaluation);
