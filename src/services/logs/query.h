#pragma once

/*
 * query.h: what the files of queries share.
 */
#include "insights.h"
#include "logs_internal.h"

enum { QUERY_ROWS = 10000 }; /* of a result, unless the query or the request says otherwise */

/* query.c */
/* The query has ended so. */
void logs_query_end(const struct call *call, const struct logs_query_row *query,
                    enum logs_query_status status);
/* At a start of the server. */
void logs_queries_start(const struct call *call);
/* The query's own row; false: it does not exist, and fail() has been called. */
bool logs_query_find(const struct call *call, str query_id, struct logs_query_row *query);

/* query_groups.c */
struct query_groups {
    const struct resource **items; /* their rows are struct group */
    size_t count;
};
/* The groups of a query, and of each of its subqueries; without SOURCE a subquery has the query's. */
struct all_query_groups {
    struct query_groups own;
    struct query_groups *of_subqueries;
};
/* The groups that the request or SOURCE selects.  False: fail() has been called. */
bool logs_query_groups_find(const struct call *call, const struct logs_start_query_request *in,
                            const struct insights_program *program, struct all_query_groups *groups);
/* Their ids and names, as JSON; a group that is named twice is there once. */
void logs_query_groups_write(const struct call *call, const struct query_groups *groups, str *ids,
                             str *names);
/* A JSON array of the ids of each subquery's groups. */
str logs_subquery_groups_write(const struct call *call, const struct insights_program *program,
                               const struct all_query_groups *groups);

/* query_scan.c: the events of a query's groups, the latest first. */
struct query_scan;
/* Of the groups with these ids.  The index leaves out events in which a term does not hold. */
struct query_scan *logs_scan_begin(const struct call *call, const struct logs_query_row *query,
                                   const struct json *ids, const struct insights_terms *terms);
/* Open the cursors in this run's snapshot, behind the last event; and close them. */
void logs_scan_open(const struct call *call, struct query_scan *scan);
void logs_scan_close(struct query_scan *scan);
enum scan_result { SCAN_FOUND, SCAN_ENDED, SCAN_PAUSED /* time is up */ };
/* The next event, which is valid until the one after it. */
enum scan_result logs_scan_next(const struct call *call, struct query_scan *scan,
                                struct insights_event *event);
size_t logs_scan_groups(const struct query_scan *scan);
/* How many events, and how many bytes of them, the index has left out. */
int64_t logs_scan_skipped(const struct query_scan *scan, int64_t *bytes);

/* log_record.c: @ptr names an event of a group. */
str logs_pointer_text(const struct call *call, const struct insights_event *event);

/* query_results.c */
/* Reads a row of a query's result, which is an array of {"field", "value"}. */
typedef void query_row_reader(void *context, const struct json *row);
/* False: the rows have more bytes than that. */
bool logs_query_read_rows(const struct call *call, const struct logs_query_row *query, size_t most_bytes,
                          query_row_reader *read, void *context);
