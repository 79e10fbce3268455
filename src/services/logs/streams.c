/*
 * streams.c: making, describing and deleting streams.
 *
 * A deleted stream stays as a row of no group until removal.c has removed its events.
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

/* What one page of the list is made of. */
struct page {
    str prefix, token;
    int64_t limit;
    bool by_time, descending;
};

/* Where a page by time begins: behind the stream at this position.  False: fail() has been called. */
static bool time_page_start(const struct call *call, const struct page *page, struct position *start)
{
    int64_t first = page->descending ? INT64_MAX : -1;

    *start = (struct position){.timestamp_ms = first, .id = first};
    if (!str_present(page->token) || logs_position_parse(page->token, start))
        return true;
    fail(call, &LOGS_INVALID_PARAMETER_EXCEPTION, "The specified nextToken is invalid.");
    return false;
}

static bool ids_by_time(const struct call *call, const struct group *group, const struct page *page,
                        struct logs_stream_id_rows *ids)
{
    struct position start;

    if (!time_page_start(call, page, &start))
        return false;
    if (page->descending)
        *ids = logs_list_streams_by_time_descending(
            call->txn, &(struct logs_list_streams_by_time_descending_params){.group_id = group->row.id,
                                                                             .before_ms = start.timestamp_ms,
                                                                             .before_id = start.id,
                                                                             .limit = page->limit + 1});
    else
        *ids = logs_list_streams_by_time(
            call->txn, &(struct logs_list_streams_by_time_params){.group_id = group->row.id,
                                                                  .after_ms = start.timestamp_ms,
                                                                  .after_id = start.id,
                                                                  .limit = page->limit + 1});
    return true;
}

static struct logs_stream_id_rows ids_by_name(const struct call *call, const struct group *group,
                                              const struct page *page)
{
    return logs_list_streams_by_name(call->txn, &(struct logs_list_streams_by_name_params){
                                                    .group_id = group->row.id,
                                                    .from = logs_names_from(call, page->prefix, page->token),
                                                    .end = logs_prefix_end(call, page->prefix),
                                                    .limit = page->limit + 1});
}

static struct logs_stream_id_rows ids_by_name_descending(const struct call *call, const struct group *group,
                                                         const struct page *page)
{
    str end = logs_prefix_end(call, page->prefix);
    bool earlier = str_present(page->token) && str_compare(page->token, end) < 0;

    return logs_list_streams_by_name_descending(
        call->txn, &(struct logs_list_streams_by_name_descending_params){.group_id = group->row.id,
                                                                         .from = page->prefix,
                                                                         .end = earlier ? page->token : end,
                                                                         .limit = page->limit + 1});
}

/* Returns the token that goes on behind this stream: its name or, by time, its time and id. */
static str describe(const struct call *call, const struct group *group, int64_t id, const struct page *page,
                    struct logs_log_stream *stream)
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
    stream->upload_sequence_token =
        logs_position_text(call->arena, (struct position){.timestamp_ms = row.created_ms, .id = id});
    stream->arn = logs_stream_arn(call, group->row.name, row.name);
    stream->stored_bytes = arena_i64(call->arena, 0); /* as AWS says since 2019 */
    int64_t last_event_ms = row.last_event_ms ? *row.last_event_ms : 0;
    return page->by_time ? logs_position_text(call->arena, (struct position){last_event_ms, id}) : row.name;
}

enum outcome logs_describe_log_streams(const struct call *call,
                                       const struct logs_describe_log_streams_request *in,
                                       struct logs_describe_log_streams_response *out)
{
    const struct group *group = logs_group_of(call);
    struct logs_stream_id_rows ids;
    struct page page = {
        .prefix = str_present(in->log_stream_name_prefix) ? in->log_stream_name_prefix : S(""),
        .token = in->next_token,
        .limit = in->limit ? *in->limit : PAGE_SIZE,
        .by_time = logs_order_by_of(in->order_by) == LOGS_ORDER_BY_LAST_EVENT_TIME,
        .descending = in->descending && *in->descending,
    };

    if (!group)
        return FAILED;
    if (page.by_time && str_present(in->log_stream_name_prefix))
        return fail(call, &LOGS_INVALID_PARAMETER_EXCEPTION,
                    "Cannot order by LastEventTime with a logStreamNamePrefix.");
    if (page.by_time) {
        if (!ids_by_time(call, group, &page, &ids))
            return FAILED;
    } else if (page.descending) {
        ids = ids_by_name_descending(call, group, &page);
    } else {
        ids = ids_by_name(call, group, &page);
    }

    str token = {0};
    list_make_empty(call->arena, &out->log_streams);
    for (size_t i = 0; i < ids.count && (int64_t)i < page.limit; i++)
        token = describe(call, group, ids.items[i].id, &page, list_add(call->arena, &out->log_streams));
    if ((int64_t)ids.count > page.limit)
        out->next_token = token;
    return DONE;
}
