#pragma once

/*
 * trace_internal.h: what the files about traces share, and what the engine asks of them.
 */
#include "engine/engine_internal.h"

/* trace.c */
void trace_start(struct engine *engine);
str hop_kind_name(enum hop_kind kind);
str verdict_name(enum verdict verdict);
bool verdict_find(str name, enum verdict *verdict);
/* Not ok, and not filtered out, which is as wanted. */
bool verdict_is_failure(enum verdict verdict);
/* The hop that a header names as its parent, or 0. */
int64_t trace_parent_of_header(struct arena *arena, str header);
/* Write all hops. */
void trace_store(struct engine *engine);
/* Write the batch's hops before it is committed, unless all of them may be late. */
void trace_finish(struct engine *engine);
/* The batch is committed: hops that it did not write are late ones. */
void trace_committed(struct engine *engine);
/* The batch is not committed, and is not tried again. */
void trace_give_up(struct engine *engine);
/* Are there hops that no batch has written? */
bool trace_is_late(const struct engine *engine);

/* page.c: hops as records, one after the other */
void record_write(struct text *page, const struct trace_hop *hop, int64_t id);
/* Take the first hop off *page.  False: no hop is left, or the record is broken. */
bool record_read(str *page, struct trace_hop *hop, int64_t *id);
/* The first records, with at most a little more than that many bytes. */
str records_head(str records, size_t bytes);

/* index.c */
/* Called when a page has been written. */
void trace_page_added(struct engine *engine, int64_t bytes);
/* The batch was not committed: count the pages again. */
void trace_recount(struct engine *engine);
/* Are all hops of earlier batches indexed, and is that committed? */
bool trace_is_indexed(struct engine *engine);
/* Index pages, at least one, while the slice lasts.  Wakes the calls that wait for TRACE_HOPS_COME. */
#define TRACE_HOPS_COME S("engine/trace-hops")
void trace_index(struct engine *engine);
/* Index pages when it is time, and delete traces that are too old or too many. */
void trace_tend(struct engine *engine);
/* For how long no call must have come before pages of that size are indexed; 0: they are indexed anyway. */
int64_t trace_put_off_ms(int64_t waiting_bytes);
/* Do so many bytes of pages wait that the oldest are dropped? */
bool trace_is_behind(int64_t waiting_bytes);
/* How long after a slice of indexing, or of pruning, the next one begins. */
int64_t trace_tend_again_ms(bool while_clients_wait);
/* A stored hop: an array.  False: it is not a hop. */
struct json;
struct stored_hop {
    struct trace_hop hop; /* without its trace id, its text and its detail */
    int64_t id;
    const struct json *detail; /* NULL: none */
};
bool hop_read(const struct json *array, struct stored_hop *hop);

/* ranges.c */
/* The range of the trace is new, or a trace in it has another word. */
void trace_range_open(struct engine *engine, int64_t trace);
/* Close one of the ranges that are due.  False: none is. */
bool trace_ranges_close(struct engine *engine);
/* The trace has been removed. */
void trace_range_lost(struct engine *engine, int64_t trace);

/* read.c: GET /_orderly/traces, and below */
enum outcome traces_list(const struct call *call, const struct visit *visit, struct http_reply *reply);
enum outcome traces_show(const struct call *call, const struct visit *visit, struct http_reply *reply);
/* On the engine: index all hops from before this request.  Then a worker runs the handler again. */
enum outcome trace_index_first(const struct call *call, struct http_reply *reply);

/* reasons.c, map.c */
enum outcome traces_reasons(const struct call *call, const struct visit *visit, struct http_reply *reply);
enum outcome traces_map(const struct call *call, const struct visit *visit, struct http_reply *reply);

/* stream.c */
enum outcome traces_stream(const struct call *call, const struct visit *visit, struct http_reply *reply);
