/*
 * streams.c: making, describing and deleting streams.
 *
 * A deleted stream remains as a row without a group until removal.c has removed its events.
 */
#include "logs_internal.h"

enum outcome logs_create_log_stream(const struct call *call, const struct logs_create_log_stream_request *in,
                                    struct logs_create_log_stream_output *out)
{
    const struct group *group = logs_group_of(call);

    (void)out;
    if (!group)
        return FAILED;
    if (logs_add_stream(call->txn, &(struct logs_add_stream_params){.group_id = group->row.id,
                                                                    .name = in->log_stream_name,
                                                                    .created_ms = call->now_ms}) == 0)
        return fail(call, &LOGS_RESOURCE_ALREADY_EXISTS_EXCEPTION, "The specified log stream already exists");
    return DONE;
}

enum outcome logs_delete_log_stream(const struct call *call, const struct logs_delete_log_stream_request *in,
                                    struct logs_delete_log_stream_output *out)
{
    const struct group *group = logs_group_of(call);
    int64_t stream_id;

    (void)out;
    if (!group || !logs_stream_find(call, group, in->log_stream_name, &stream_id))
        return FAILED;
    logs_group_lost_stream(
        call->txn, &(struct logs_group_lost_stream_params){.id = group->row.id, .stream_id = stream_id});
    logs_delete_stream(call->txn, &(struct logs_delete_stream_params){.id = stream_id});
    logs_cleanup_start(call);
    return DONE;
}

/* The order of the list, and the parameters of one page. */
struct listing {
    str prefix;
    bool by_time, descending;
    struct page page;
};

/* The beginning of a page by time: after the stream at this position.  False: fail() has been called. */
static bool time_page_start(const struct call *call, const struct listing *listing, struct position *start)
{
    int64_t first = listing->descending ? INT64_MAX : -1;

    *start = (struct position){.timestamp_ms = first, .id = first};
    if (str_empty(listing->page.after) || logs_position_parse(listing->page.after, start))
        return true;
    fail(call, &LOGS_INVALID_PARAMETER_EXCEPTION, "The specified nextToken is invalid.");
    return false;
}

static bool ids_by_time(const struct call *call, const struct group *group, const struct listing *listing,
                        struct logs_stream_id_rows *ids)
{
    struct position start;

    if (!time_page_start(call, listing, &start))
        return false;
    if (listing->descending)
        *ids = logs_list_streams_by_time_descending(
            call->txn,
            &(struct logs_list_streams_by_time_descending_params){.group_id = group->row.id,
                                                                  .before_ms = start.timestamp_ms,
                                                                  .before_id = start.id,
                                                                  .limit = page_rows(&listing->page)});
    else
        *ids = logs_list_streams_by_time(
            call->txn, &(struct logs_list_streams_by_time_params){.group_id = group->row.id,
                                                                  .after_ms = start.timestamp_ms,
                                                                  .after_id = start.id,
                                                                  .limit = page_rows(&listing->page)});
    return true;
}

static struct logs_stream_id_rows ids_by_name(const struct call *call, const struct group *group,
                                              const struct listing *listing)
{
    return logs_list_streams_by_name(call->txn,
                                     &(struct logs_list_streams_by_name_params){
                                         .group_id = group->row.id,
                                         .from = logs_names_from(call, listing->prefix, &listing->page),
                                         .end = logs_prefix_end(call, listing->prefix),
                                         .limit = page_rows(&listing->page)});
}

static struct logs_stream_id_rows ids_by_name_descending(const struct call *call, const struct group *group,
                                                         const struct listing *listing)
{
    str end = logs_prefix_end(call, listing->prefix);
    bool earlier = !str_empty(listing->page.after) && str_compare(listing->page.after, end) < 0;

    return logs_list_streams_by_name_descending(
        call->txn,
        &(struct logs_list_streams_by_name_descending_params){.group_id = group->row.id,
                                                              .from = listing->prefix,
                                                              .end = earlier ? listing->page.after : end,
                                                              .limit = page_rows(&listing->page)});
}

/* Returns the key of the stream in the list: its name or, by time, its time and id. */
static str describe(const struct call *call, const struct group *group, int64_t id,
                    const struct listing *listing, struct logs_log_stream *stream)
{
    struct logs_describe_stream_row row = {0};

    logs_describe_stream(call->txn,
                         &(struct logs_describe_stream_params){
                             .id = id, .oldest_ms = logs_group_oldest_ms(call, group->row.retention_days)},
                         &row);
    stream->log_stream_name = row.name;
    stream->creation_time = arena_i64(call->arena, row.created_ms);
    stream->first_event_timestamp = row.first_event_ms;
    stream->last_event_timestamp = row.last_event_ms;
    stream->last_ingestion_time = row.last_ingestion_ms;
    stream->arn = logs_stream_arn(call, group->row.name, row.name);
    stream->stored_bytes = arena_i64(call->arena, 0); /* AWS returns 0 since 2019 */
    int64_t last_event_ms = row.last_event_ms ? *row.last_event_ms : 0;
    return listing->by_time ? logs_position_text(call->arena, (struct position){last_event_ms, id})
                            : row.name;
}

enum outcome logs_describe_log_streams(const struct call *call,
                                       const struct logs_describe_log_streams_request *in,
                                       struct logs_describe_log_streams_response *out)
{
    const struct group *group = logs_group_of(call);
    struct logs_stream_id_rows ids;
    struct listing listing = {
        .prefix = str_present(in->log_stream_name_prefix) ? in->log_stream_name_prefix : S(""),
        .by_time = logs_order_by_of(in->order_by) == LOGS_ORDER_BY_LAST_EVENT_TIME,
        .descending = in->descending && *in->descending,
    };

    if (!group || !logs_page_open(call, in->next_token, in->limit, &listing.page))
        return FAILED;
    if (listing.by_time && str_present(in->log_stream_name_prefix))
        return fail(call, &LOGS_INVALID_PARAMETER_EXCEPTION,
                    "Cannot order by LastEventTime with a logStreamNamePrefix.");
    if (listing.by_time) {
        if (!ids_by_time(call, group, &listing, &ids))
            return FAILED;
    } else if (listing.descending) {
        ids = ids_by_name_descending(call, group, &listing);
    } else {
        ids = ids_by_name(call, group, &listing);
    }

    list_make_empty(call->arena, &out->log_streams);
    for (size_t i = 0; i < ids.count; i++) {
        struct logs_log_stream stream = {0};
        if (page_takes(&listing.page, describe(call, group, ids.items[i].id, &listing, &stream)))
            *list_add(call->arena, &out->log_streams) = stream;
    }
    out->next_token = page_end(call, &listing.page);
    return DONE;
}
