#pragma once

/*
 * insights.h: running a query of CloudWatch Logs Insights over events.
 *
 * The caller gives the events one by one, the latest first.  What the query keeps is bounded; what an event
 * needs meanwhile is allocated in the arena, and the caller rewinds it after each event.
 */
#include "insights_subquery.h"

struct insights_run;

struct insights_options {
    int64_t now_ms;
    size_t limit;      /* of the rows, unless the query has its own; 0: none */
    size_t most_bytes; /* of what the query keeps */
    uint64_t basis;    /* of hashes: secret */
    /* The @ptr of an event. */
    str (*pointer)(const void *context, struct arena *arena, const struct insights_event *event);
    const void *pointer_context;
};

/* Begin to run a program.  The run, its rows and all that it keeps are in the arena. */
struct insights_run *logs_insights_begin(struct arena *arena, const struct insights_program *program,
                                         const struct insights_options *options);
/*
 * Before the first event, for each of the program's lookups: its table, as CSV, in memory that lasts as long
 * as the run and is changed.  False: it takes too much memory, or has no such columns.
 */
bool logs_insights_load(struct insights_run *run, size_t index, char *csv, size_t size);
/*
 * A subquery runs before the query that has it: begin it, let it take its events, and end it.  What it has
 * found is in the query then; its own memory is released.
 */
struct insights_run *logs_insights_begin_subquery(struct insights_run *run, size_t index);
/*
 * False: the query has failed (too much memory, or steps of a regular expression), and takes no more events.
 */
bool logs_insights_take(struct insights_run *run, const struct insights_event *event);
/* The same for an event of the time that `diff` compares with. */
bool logs_insights_take_previous(struct insights_run *run, const struct insights_event *event);
/* After the last event: some work, until `is_over`.  True: all is done, or the query has failed. */
bool logs_insights_end(struct insights_run *run, bool (*is_over)(const void *context), const void *context);
bool logs_insights_has_failed(const struct insights_run *run);
/* The rows of the result, each a JSON array of {"field", "value"}, as long as the run's arena. */
struct insights_texts logs_insights_rows(const struct insights_run *run);
/* The events that passed all filters of the query. */
int64_t logs_insights_matched(const struct insights_run *run);
