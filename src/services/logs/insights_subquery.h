#pragma once

/*
 * insights_subquery.h: queries inside a query: `field in (SOURCE 'group' | …)`, and the right side of `join`.
 *
 * A subquery runs first.  The query around it keeps, of each of its rows, the value by which the row is
 * found, and what a join shows of it.
 */
#include "insights_row.h"
#include "insights_table.h"

/* A query in the query's text. */
struct insights_subquery {
    const struct insights_program *program;
    struct insights_parser *scope;   /* the names at its end */
    const struct insights_node *key; /* of its rows: what a row is found by */
    struct insights_columns shown;   /* by a join: their slots are in the outer query's rows */
    bool is_joined;
};

/* What is kept of a row of the right side. */
struct insights_joined_row {
    struct insights_joined_row *next;
    struct insights_value values[]; /* of `shown` */
};

struct insights_joined_rows {
    struct insights_joined_row *first, *last;
};

/* insights_subquery.c: parsing */
/* Behind "in", at "(": a condition.  NULL: it is malformed. */
struct insights_node *logs_insights_in_subquery(struct insights_parser *parser, struct insights_node *left);
/* Behind the word join. */
bool logs_insights_join(struct insights_parser *parser);
/* The node of a name that begins with an alias of the join; NULL: it does not. */
struct insights_node *logs_insights_joined_name(struct insights_parser *parser, str name);

/* Running: the row is one of the subquery's result; keep what the outer query needs of it. */
void logs_insights_keep_found(struct insights_memory *memory, struct insights_table *found,
                              const struct insights_subquery *subquery,
                              struct insights_evaluation *evaluation);
/* The entry of that value's rows, or NULL. */
const struct insights_entry *logs_insights_find_rows(const struct insights_table *found, struct arena *arena,
                                                     const struct insights_value *value);
