/*
 * read.c: reading one stream, forward and backward.
 *
 * A token is a direction and a position in the order of time: "f/<position>/s" continues after that position,
 * "b/<position>/s" before it.  Each page returns both tokens, and at the end they stay the same.
 */
#include "logs_internal.h"

/* The request, decoded. */
struct span {
    struct position at;      /* continue from here */
    int64_t from_ms, end_ms; /* the end is excluded */
    size_t limit;
    bool backward;
};

/* A page: its events, and the positions of the first and the last of them. */
struct event_page {
    struct logs_output_log_event_list events;
    struct position first, last;
    size_t bytes;
};

/* False when the page is full. */
static bool page_add(const struct call *call, struct event_page *page, size_t limit,
                     const struct logs_event_row *row)
{
    size_t bytes = row->message.size + EVENT_OVERHEAD_BYTES;

    if (page->events.count == limit || (page->events.count > 0 && page->bytes + bytes > PAGE_BYTES))
        return false;
    page->bytes += bytes;
    *list_add(call->arena, &page->events) = (struct logs_output_log_event){
        .timestamp = arena_i64(call->arena, row->timestamp_ms),
        .ingestion_time = arena_i64(call->arena, row->ingested_ms),
        .message = row->message,
    };
    page->last = (struct position){row->timestamp_ms, row->id};
    if (page->events.count == 1)
        page->first = page->last;
    return true;
}

static void read_forward(const struct call *call, int64_t stream_id, const struct span *span,
                         struct event_page *page)
{
    struct position after =
        span->at.timestamp_ms < span->from_ms ? (struct position){span->from_ms, 0} : span->at;
    struct logs_read_stream_params params = {
        .stream_id = stream_id, .after_ms = after.timestamp_ms, .after_id = after.id, .end_ms = span->end_ms};
    struct logs_read_stream_cursor cursor = logs_read_stream_open(call->txn, &params);
    struct logs_event_row row;

    while (logs_read_stream_next(&cursor, &row) && page_add(call, page, span->limit, &row))
        ;
    logs_read_stream_close(&cursor);
}

static void reverse(struct event_page *page)
{
    struct position first = page->first;

    page->first = page->last;
    page->last = first;
    for (size_t i = 0, j = page->events.count; i + 1 < j; i++) {
        struct logs_output_log_event event = page->events.items[i];
        page->events.items[i] = page->events.items[--j];
        page->events.items[j] = event;
    }
}

static void read_backward(const struct call *call, int64_t stream_id, const struct span *span,
                          struct event_page *page)
{
    struct position before =
        span->at.timestamp_ms >= span->end_ms ? (struct position){span->end_ms, 0} : span->at;
    struct logs_read_stream_backward_params params = {.stream_id = stream_id,
                                                      .before_ms = before.timestamp_ms,
                                                      .before_id = before.id,
                                                      .from_ms = span->from_ms};
    struct logs_read_stream_backward_cursor cursor = logs_read_stream_backward_open(call->txn, &params);
    struct logs_event_row row;

    while (logs_read_stream_backward_next(&cursor, &row) && page_add(call, page, span->limit, &row))
        ;
    logs_read_stream_backward_close(&cursor);
    reverse(page);
}

/* False: fail() has been called. */
static bool token_read(const struct call *call, str token, struct span *span)
{
    bool forward = str_starts_with(token, S("f/"));

    span->backward = str_starts_with(token, S("b/"));
    if ((forward || span->backward) && str_ends_with(token, S("/s")) &&
        logs_position_parse(str_head(str_from(token, 2), token.size - 4), &span->at))
        return true;
    fail(call, &LOGS_INVALID_PARAMETER_EXCEPTION, "The specified nextToken is invalid.");
    return false;
}

static str token_text(const struct call *call, char direction, struct position at)
{
    return arena_format(call->arena, "%c/%.*s/s", direction, STR_ARGS(logs_position_text(call->arena, at)));
}

/* Empty page: repeat the client's token; the opposite token must still include the boundary event. */
static void tokens_of_empty_page(const struct call *call, const struct span *span,
                                 struct logs_get_log_events_response *out)
{
    struct position forward = span->at, backward = span->at;

    if (span->backward && forward.id > 0)
        forward.id--;
    else if (!span->backward && backward.id < INT64_MAX)
        backward.id++;
    out->next_forward_token = token_text(call, 'f', forward);
    out->next_backward_token = token_text(call, 'b', backward);
}

/* False: fail() has been called. */
static bool span_of(const struct call *call, const struct group *group,
                    const struct logs_get_log_events_request *in, struct span *span)
{
    int64_t oldest_ms = logs_group_oldest_ms(call, group->row.retention_days);

    span->from_ms = in->start_time && *in->start_time > oldest_ms ? *in->start_time : oldest_ms;
    span->end_ms = in->end_time ? *in->end_time : INT64_MAX;
    span->limit = in->limit ? (size_t)*in->limit : PAGE_EVENTS;
    if (in->start_time && in->end_time && *in->start_time > *in->end_time) {
        fail(call, &LOGS_INVALID_PARAMETER_EXCEPTION, "The startTime must not be after the endTime.");
        return false;
    }
    if (str_present(in->next_token))
        return token_read(call, in->next_token, span);
    span->backward = !(in->start_from_head && *in->start_from_head);
    span->at.timestamp_ms = span->backward ? INT64_MAX : 0;
    return true;
}

enum outcome logs_get_log_events(const struct call *call, const struct logs_get_log_events_request *in,
                                 struct logs_get_log_events_response *out)
{
    const struct group *group = logs_group_of(call);
    struct span span = {0};
    struct event_page page = {0};
    int64_t stream_id;

    if (!group || !logs_stream_find(call, group, in->log_stream_name, &stream_id) ||
        !span_of(call, group, in, &span))
        return FAILED;

    if (span.backward)
        read_backward(call, stream_id, &span, &page);
    else
        read_forward(call, stream_id, &span, &page);
    if (page.events.count == 0) {
        if (!str_present(in->next_token)) /* later events will be after this */
            span = (struct span){.at.timestamp_ms = span.from_ms};
        tokens_of_empty_page(call, &span, out);
        list_make_empty(call->arena, &page.events);
    } else {
        out->next_forward_token = token_text(call, 'f', page.last);
        out->next_backward_token = token_text(call, 'b', page.first);
    }
    out->events = page.events;
    return DONE;
}
