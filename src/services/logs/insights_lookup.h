#pragma once

/*
 * insights_lookup.h: the command `lookup`, which adds columns of a lookup table to each row.
 */
#include "insights_row.h"

struct insights_lookup_table;

/*
 * The table of a lookup, by the columns that it looks for.  `csv` is the text itself, which lasts as long as
 * the table and is changed.  NULL: the memory is full, or a column is missing.
 */
const struct insights_lookup_table *logs_insights_lookup_table(struct insights_memory *memory,
                                                               const struct insights_lookup *lookup,
                                                               uint64_t basis, str text, char *csv);
/* Set the command's columns in the evaluation's row. */
void logs_insights_look_up_row(const struct insights_lookup_table *table,
                               const struct insights_command *command,
                               struct insights_evaluation *evaluation);
