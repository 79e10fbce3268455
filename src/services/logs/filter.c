/*
 * filter.c: reads all streams of a group, or some, in the order of time or the latest first, filtered by a
 * pattern.
 *
 * A token is a direction and the position of the last event that was read: "f/<position>" or "b/<position>".
 * A call reads a bounded number of events and bytes, for a bounded time, so a page may be empty and yet not
 * the last, as on AWS.
 */
#include "logs_internal.h"

#include <stdlib.h>

enum { MAX_EXAMINED = 100000, MAX_EXAMINED_BYTES = 16 * 1024 * 1024, NAMES = 64 };
static const int64_t backward_from_ms = 1704067200000; /* 2024: AWS reads backward for later start times */

/* The request, decoded. */
struct query {
    struct position at;      /* continue from here */
    int64_t from_ms, end_ms; /* the end is excluded */
    bool backward;
    size_t limit;
    struct pattern pattern;
    struct i64_list stream_ids; /* absent: all streams */
    str prefix;                 /* of streams' names; empty: all streams */
};

/* False: a stream is missing, and fail() has been called. */
static bool streams_named(const struct call *call, const struct group *group, const struct str_list *names,
                          struct i64_list *ids)
{
    for (size_t i = 0; i < names->count; i++)
        if (!logs_stream_find(call, group, names->items[i], list_add(call->arena, ids)))
            return false;
    return true;
}

static bool has_prefixed(const struct call *call, const struct group *group, str prefix)
{
    return logs_list_streams_by_name(
               call->txn, &(struct logs_list_streams_by_name_params){.group_id = group->row.id,
                                                                     .from = prefix,
                                                                     .end = logs_prefix_end(call, prefix),
                                                                     .limit = 1})
               .count > 0;
}

static int compare_ids(const void *a, const void *b)
{
    int64_t left = *(const int64_t *)a, right = *(const int64_t *)b;

    return (left > right) - (left < right);
}

/* The ids of named streams; a prefix is checked for each event, because any number of streams may have it. */
static bool select_streams(const struct call *call, const struct group *group,
                           const struct logs_filter_log_events_request *in, struct query *query)
{
    struct i64_list *ids = &query->stream_ids;

    query->prefix = str_present(in->log_stream_name_prefix) ? in->log_stream_name_prefix : S("");
    if (in->log_stream_names.count == 0 && has_prefixed(call, group, query->prefix))
        return true;
    list_make_empty(call->arena, ids);
    if (!streams_named(call, group, &in->log_stream_names, ids))
        return false;
    qsort(ids->items, ids->count, sizeof *ids->items, compare_ids);
    return true;
}

static bool selected(const struct query *query, int64_t stream_id)
{
    const struct i64_list *ids = &query->stream_ids;

    return !ids->items || bsearch(&stream_id, ids->items, ids->count, sizeof *ids->items, compare_ids);
}

/* The page's beginning and direction: those in the token, if there is one.  False: the token is malformed. */
static bool place_read(const struct logs_filter_log_events_request *in, struct query *query)
{
    struct position first = {query->from_ms, 0}, end = {query->end_ms, 0};
    str token = in->next_token;

    query->backward =
        str_present(token) ? str_starts_with(token, S("b/")) : in->start_from_head && !*in->start_from_head;
    query->at = query->backward ? end : first;
    if (!str_present(token))
        return true;
    if ((!query->backward && !str_starts_with(token, S("f/"))) ||
        !logs_position_parse(str_from(token, 2), &query->at))
        return false;
    if (query->backward && query->at.timestamp_ms >= query->end_ms)
        query->at = end;
    if (!query->backward && query->at.timestamp_ms < query->from_ms)
        query->at = first;
    return true;
}

/* What is wrong with the request, or absent; then *query is set, except its streams. */
static str query_problem(const struct call *call, const struct logs_filter_log_events_request *in,
                         struct query *query)
{
    str problem = {0};

    if (in->log_stream_names.count > 0 && str_present(in->log_stream_name_prefix))
        return S("logStreamNames and logStreamNamePrefix cannot both be specified.");
    if (in->start_time && in->end_time && *in->start_time > *in->end_time)
        return S("The startTime must not be after the endTime.");
    if (!place_read(in, query))
        return S("The specified nextToken is invalid.");
    if (query->backward && in->start_time && *in->start_time < backward_from_ms)
        return S(
            "startFromHead can be false only when the startTime is on or after Jan 1, 2024 00:00:00 UTC.");
    logs_pattern_parse(call->arena, str_present(in->filter_pattern) ? in->filter_pattern : S(""),
                       &query->pattern, &problem);
    return problem;
}

/* False: fail() has been called. */
static bool query_of(const struct call *call, const struct group *group,
                     const struct logs_filter_log_events_request *in, struct query *query)
{
    int64_t oldest_ms = logs_group_oldest_ms(call, group->row.retention_days);

    query->from_ms = in->start_time && *in->start_time > oldest_ms ? *in->start_time : oldest_ms;
    query->end_ms = in->end_time && *in->end_time < INT64_MAX ? *in->end_time + 1 : INT64_MAX;
    query->limit = in->limit ? (size_t)*in->limit : PAGE_EVENTS;
    str problem = query_problem(call, in, query);
    if (str_present(problem)) {
        fail(call, &LOGS_INVALID_PARAMETER_EXCEPTION, "%.*s", STR_ARGS(problem));
        return false;
    }
    return select_streams(call, group, in, query);
}

struct event_page {
    struct logs_filtered_log_event_list events;
    size_t bytes, examined, examined_bytes;
    struct position last; /* the last event that was read */
    bool full;
    struct arena_mark mark; /* memory after it can be freed */
    struct stream_name {
        int64_t id;
        str name;   /* absent: the stream is deleted */
    } names[NAMES]; /* of recently seen streams */
};

static str name_of(const struct call *call, const struct group *group, struct event_page *page,
                   int64_t stream_id)
{
    struct stream_name *known = &page->names[(uint64_t)stream_id % NAMES];
    struct logs_find_stream_name_row row = {0};

    if (known->id == stream_id)
        return known->name;
    logs_find_stream_name(
        call->txn, &(struct logs_find_stream_name_params){.id = stream_id, .group_id = group->row.id}, &row);
    *known = (struct stream_name){stream_id, row.name};
    page->mark = arena_mark(call->arena);
    return row.name;
}

static bool wants(const struct call *call, const struct group *group, struct query *query,
                  struct event_page *page, const struct logs_event_row *event)
{
    if (!selected(query, event->stream_id) || !logs_pattern_matches(&query->pattern, event->message))
        return false;
    str name = name_of(call, group, page, event->stream_id);
    return str_present(name) && str_starts_with(name, query->prefix);
}

/* A call continues for a while at least, so that a client that follows the tokens reaches the end. */
static bool has_examined_enough(const struct call *call, const struct event_page *page)
{
    return page->examined == MAX_EXAMINED || page->examined_bytes >= MAX_EXAMINED_BYTES ||
           (page->examined > 0 && time_is_up(call));
}

static bool has_room(const struct query *query, const struct event_page *page, size_t bytes)
{
    return page->events.count < query->limit &&
           (page->events.count == 0 || page->bytes + bytes <= PAGE_BYTES);
}

static void show(const struct call *call, struct event_page *page, const struct logs_event_row *event)
{
    *list_add(call->arena, &page->events) = (struct logs_filtered_log_event){
        .log_stream_name = page->names[(uint64_t)event->stream_id % NAMES].name,
        .timestamp = arena_i64(call->arena, event->timestamp_ms),
        .ingestion_time = arena_i64(call->arena, event->ingested_ms),
        .message = event->message,
        .event_id = logs_position_text(call->arena, page->last),
    };
    page->bytes += event->message.size + EVENT_OVERHEAD_BYTES;
    page->mark = arena_mark(call->arena);
}

/* Memory of events that do not match is freed at once: there may be a hundred thousand. */
static void examine(const struct call *call, const struct group *group, struct query *query,
                    struct event_page *page, const struct logs_event_row *event)
{
    page->full = has_examined_enough(call, page);
    bool wanted = !page->full && wants(call, group, query, page, event);
    page->full = page->full || (wanted && !has_room(query, page, event->message.size + EVENT_OVERHEAD_BYTES));
    if (page->full)
        return;
    page->examined++;
    page->examined_bytes += event->message.size;
    page->last = (struct position){event->timestamp_ms, event->id};
    if (wanted)
        show(call, page, event);
    arena_rewind(call->arena, page->mark);
}

static void scan_group(const struct call *call, const struct group *group, struct query *query,
                       struct event_page *page)
{
    struct logs_read_group_params params = {.group_id = group->row.id,
                                            .after_ms = query->at.timestamp_ms,
                                            .after_id = query->at.id,
                                            .end_ms = query->end_ms};
    struct logs_read_group_cursor cursor = logs_read_group_open(call->txn, &params);
    struct logs_event_row event;

    page->mark = arena_mark(call->arena);
    while (!page->full && logs_read_group_next(&cursor, &event))
        examine(call, group, query, page, &event);
    logs_read_group_close(&cursor);
}

static void scan_group_backward(const struct call *call, const struct group *group, struct query *query,
                                struct event_page *page)
{
    struct logs_read_group_backward_params params = {.group_id = group->row.id,
                                                     .before_ms = query->at.timestamp_ms,
                                                     .before_id = query->at.id,
                                                     .from_ms = query->from_ms};
    struct logs_read_group_backward_cursor cursor = logs_read_group_backward_open(call->txn, &params);
    struct logs_event_row event;

    page->mark = arena_mark(call->arena);
    while (!page->full && logs_read_group_backward_next(&cursor, &event))
        examine(call, group, query, page, &event);
    logs_read_group_backward_close(&cursor);
}

static void scan_stream(const struct call *call, const struct group *group, struct query *query,
                        struct event_page *page)
{
    struct logs_read_stream_params params = {.stream_id = query->stream_ids.items[0],
                                             .after_ms = query->at.timestamp_ms,
                                             .after_id = query->at.id,
                                             .end_ms = query->end_ms};
    struct logs_read_stream_cursor cursor = logs_read_stream_open(call->txn, &params);
    struct logs_event_row event;

    page->mark = arena_mark(call->arena);
    while (!page->full && logs_read_stream_next(&cursor, &event))
        examine(call, group, query, page, &event);
    logs_read_stream_close(&cursor);
}

static void scan(const struct call *call, const struct group *group, struct query *query,
                 struct event_page *page)
{
    if (query->stream_ids.items && query->stream_ids.count == 0)
        return;
    if (query->backward)
        scan_group_backward(call, group, query, page);
    else if (query->stream_ids.items && query->stream_ids.count == 1)
        scan_stream(call, group, query, page);
    else
        scan_group(call, group, query, page);
}

enum outcome logs_filter_log_events(const struct call *call, const struct logs_filter_log_events_request *in,
                                    struct logs_filter_log_events_response *out)
{
    const struct group *group = logs_group_of(call);
    struct query query = {0};
    struct event_page page = {0};

    if (!group || !query_of(call, group, in, &query))
        return FAILED;

    page.last = query.at;
    scan(call, group, &query, &page);
    if (page.full)
        out->next_token = arena_join(call->arena, query.backward ? S("b/") : S("f/"),
                                     logs_position_text(call->arena, page.last));
    if (page.events.count == 0)
        list_make_empty(call->arena, &page.events);
    out->events = page.events;
    list_make_empty(call->arena, &out->searched_log_streams); /* AWS's list is always empty since 2020 */
    return DONE;
}
