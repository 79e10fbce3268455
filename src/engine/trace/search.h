#pragma once

/*
 * search.h: what read.c and stream.c share: the filters of traces, and the hops of one trace.
 */
#include "engine/trace/trace_internal.h"
#include "engine/trace/words.h"
#include "engine_sql.h"
#include "wire/json.h"

/* The filters of a request. */
struct search {
    struct word_list words;    /* all of them must match; the store is searched by the first */
    struct word_list failures; /* one of them must match, too; empty: none needs to */
    bool has_verdict, ends_well;
    enum verdict verdict;
    int64_t since_ms, until_ms, took_ms, limit, before_id;
    int64_t after_hop; /* negative: from now on */
};

enum search_use { SEARCH_PAGE = 1, SEARCH_STREAM = 2 };

/* False: the reply says what is wrong. */
bool search_read(const struct call *call, str query, enum search_use use, struct search *search,
                 struct http_reply *reply);
/* Does a trace with these words (of its row) have all that are sought, and a failure when one is sought? */
bool search_has_words(const struct search *search, str words);

/* The words of which each trace that is sought has one; none: the search is for no words. */
struct word_list search_first_words(const struct search *search);

/* Does the hop end as is sought? */
bool search_wants_hop(const struct search *search, const struct trace_hop *hop);

/* walk.c: traces from the newest on, before that one: those that have one of the words, or all. */
struct trace_walk {
    const struct call *call;
    struct word_list words;
    int64_t before_id; /* of a search for words */
    bool is_open;
    struct engine_list_traces_cursor cursor;
};
/* No words: all traces. */
struct trace_walk trace_walk_begin(const struct call *call, struct word_list words, int64_t before_id);
/* False: there are no more.  The row's texts are there until the next call. */
bool trace_walk_next(struct trace_walk *walk, struct engine_trace_row *row);
void trace_walk_end(struct trace_walk *walk);

struct stored_hops {
    struct stored_hop *items;
    size_t count;
};

/* Add the hops of a run, in order of time. */
void trace_run_read(struct arena *arena, str run, struct stored_hops *hops);
/* All hops of the trace with that row, in order of time. */
struct stored_hops trace_hops_of(const struct call *call, int64_t trace);
/*
 * The id of the hop that caused the one at that position: the parent that it names, or the hop before it of
 * the same message, or the hop that its request began with; or 0.
 */
int64_t trace_hop_parent(const struct stored_hops *hops, size_t at);
/* The reply of a door that has written its JSON.  Returns DONE. */
enum outcome trace_reply(struct http_reply *reply, const struct json_writer *writer);
/*
 * Write the hop at that position as JSON, with `trace_id` unless it is absent.  A detail that the caller may
 * not read is replaced by `withheld`, the permission that the caller lacks.
 */
void trace_hop_write(const struct call *call, struct json_writer *writer, const struct stored_hops *hops,
                     size_t at, str trace_id);
