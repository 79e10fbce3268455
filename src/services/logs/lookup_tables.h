#pragma once

/*
 * lookup_tables.h: what the files of lookup tables share with those of queries and tags.
 */
#include "insights.h"
#include "logs_internal.h"

/* lookup_tables.c */
/* Is it the ARN of a lookup table of the call's account and region, whether it exists or not? */
bool logs_is_lookup_table(const struct call *call, str arn);
/*
 * Do the tables and columns of the program's lookups exist?  False: problem->message is set, or fail() has
 * been called.
 */
bool logs_lookups_check(const struct call *call, const struct insights_program *program,
                        struct insights_problem *problem);
/* The CSV of the table of that name, in the call's arena; NULL: it does not exist. */
char *logs_lookup_table_read(const struct call *call, str name, size_t *size);

/* lookup_content.c */
enum { LOOKUP_MOST_BYTES = 10 * 1024 * 1024 /* of a content */ };

struct lookup_content {
    str csv, id;
    str fields; /* JSON */
    int64_t rows;
};
/*
 * The content that a request has: a CSV, or the rows of a query; and, in a prepare function, leave it for
 * the handler.  NULL: fail() has been called.
 */
const struct lookup_content *logs_lookup_content(const struct call *call, str table_body, str query_id);
/* Store the content, in several runs.  PARKED: some of it; DONE: all. */
enum outcome logs_lookup_content_store(const struct call *call, const struct lookup_content *content);
/* The whole content, in the call's arena. */
char *logs_lookup_content_read(const struct call *call, str id, int64_t size);
/* A table no longer has the content: remove it, unless another one has it. */
void logs_lookup_content_release(const struct call *call, str id);
/* Fail the call, because a content is too large. */
void logs_lookup_refuse_size(const struct call *call);

/*
 * lookup_from_query.c: the rows of a query that is complete or cancelled, as CSV in the call's arena.  It may
 * exceed LOOKUP_MOST_BYTES by a row.  False: fail() has been called.
 */
bool logs_lookup_csv_of_query(const struct call *call, str query_id, str *csv);
