/*
 * removal.c: removes unreachable events: the expired ones, and those of deleted groups and streams.
 *
 * They are unreachable at once; this file frees their space.  There is one run at a time for the whole store:
 * it removes a bounded number of rows and bytes, and continues in a later batch.
 *
 * A new event gets the id after the last row's, so the last row stays, blank, until there is a later one: no
 * id is used again.
 */
#include "logs_internal.h"

enum { ROWS_PER_RUN = 500, BYTES_PER_RUN = 4 * 1024 * 1024 };

struct old_event_list {
    struct logs_old_event_row *items;
    size_t count;
};

/* False when the slice is used up. */
static bool collect(const struct call *call, struct slice *slice, struct old_event_list *events,
                    const struct logs_old_event_row *event)
{
    *list_add(call->arena, events) = *event;
    slice_spend(slice, 1, event->bytes);
    return !slice_is_spent(call, slice);
}

/* Subtract the bytes from the stream and from its group. */
static void count_lost(const struct call *call, int64_t stream_id, int64_t bytes)
{
    check(bytes >= 0);
    if (bytes == 0)
        return;
    logs_stream_lost(call->txn, &(struct logs_stream_lost_params){.id = stream_id, .bytes = bytes});
    logs_group_lost(call->txn, &(struct logs_group_lost_params){.stream_id = stream_id, .bytes = bytes});
}

static void remove_event(const struct call *call, int64_t id, int64_t last_id)
{
    logs_remove_index_entry(call->txn, &(struct logs_remove_index_entry_params){.event_id = id});
    if (id == last_id)
        logs_blank_event(call->txn, &(struct logs_blank_event_params){.id = id});
    else
        logs_remove_event(call->txn, &(struct logs_remove_event_params){.id = id});
}

static void remove_events(const struct call *call, const struct old_event_list *events)
{
    int64_t stream_id = 0, bytes = 0;
    struct logs_find_last_event_row last = {0};

    logs_find_last_event(call->txn, &last);

    for (size_t i = 0; i < events->count; i++) {
        const struct logs_old_event_row *event = &events->items[i];
        if (event->stream_id != stream_id) {
            count_lost(call, stream_id, bytes);
            bytes = 0;
        }
        stream_id = event->stream_id;
        bytes += event->bytes + EVENT_OVERHEAD_BYTES;
        remove_event(call, event->id, last.id);
    }
    logs_remove_blank_events(call->txn, &(struct logs_remove_blank_events_params){.last_id = last.id});
    count_lost(call, stream_id, bytes);
}

/* Rows must not change while a cursor reads them, so the events are collected first. */
static void remove_old_events(const struct call *call, int64_t group_id, int64_t before_ms,
                              struct slice *slice)
{
    struct logs_list_old_events_params params = {.group_id = group_id, .before_ms = before_ms};
    struct logs_list_old_events_cursor cursor = logs_list_old_events_open(call->txn, &params);
    struct old_event_list events = {0};
    struct logs_old_event_row event;

    check(slice->rows > 0 && slice->bytes > 0);
    while (logs_list_old_events_next(&cursor, &event) && collect(call, slice, &events, &event))
        ;
    logs_list_old_events_close(&cursor);
    remove_events(call, &events);
}

static void remove_stream_events(const struct call *call, int64_t stream_id, struct slice *slice)
{
    struct logs_list_stream_events_params params = {.stream_id = stream_id};
    struct logs_list_stream_events_cursor cursor = logs_list_stream_events_open(call->txn, &params);
    struct old_event_list events = {0};
    struct logs_old_event_row event;

    check(slice->rows > 0 && slice->bytes > 0);
    while (logs_list_stream_events_next(&cursor, &event) && collect(call, slice, &events, &event))
        ;
    logs_list_stream_events_close(&cursor);
    remove_events(call, &events);
}

/* The next three return false when there is nothing of their kind to remove. */
static bool remove_from_ended_group(const struct call *call, struct slice *slice)
{
    struct logs_find_ended_group_row group;

    if (!logs_find_ended_group(call->txn, &group))
        return false;
    remove_old_events(call, group.id, INT64_MAX, slice);
    if (!slice_is_spent(call, slice))
        slice_spend(slice,
                    logs_remove_some_streams(call->txn,
                                             &(struct logs_remove_some_streams_params){.group_id = group.id,
                                                                                       .limit = slice->rows}),
                    0);
    if (!slice_is_spent(call, slice))
        logs_remove_group(call->txn, &(struct logs_remove_group_params){.id = group.id});
    slice_spend(slice, 1, 0); /* the group itself costs some work, too */
    return true;
}

static bool remove_from_deleted_stream(const struct call *call, struct slice *slice)
{
    struct logs_find_deleted_stream_row stream;

    if (!logs_find_deleted_stream(call->txn, &stream))
        return false;
    remove_stream_events(call, stream.id, slice);
    if (!slice_is_spent(call, slice))
        logs_remove_stream(call->txn, &(struct logs_remove_stream_params){.id = stream.id});
    slice_spend(slice, 1, 0);
    return true;
}

static bool remove_expired(const struct call *call, struct slice *slice)
{
    struct logs_find_removal_row group;

    if (!logs_find_removal(call->txn, &group))
        return false;
    remove_old_events(call, group.id, *group.remove_before_ms, slice);
    if (!slice_is_spent(call, slice))
        logs_set_removal(call->txn, &(struct logs_set_removal_params){.id = group.id});
    slice_spend(slice, 1, 0);
    return true;
}

static void run_at(const struct call *call, int64_t due_ms)
{
    timer_set(call, &LOGS_REMOVE_EVENTS, S("all"), due_ms, &(struct logs_remove_events_request){0});
}

void logs_cleanup_start(const struct call *call)
{
    run_at(call, call->now_ms);
}

enum outcome logs_remove_events(const struct call *call, const struct logs_remove_events_request *in,
                                struct logs_remove_events_output *out)
{
    struct slice slice = {ROWS_PER_RUN, BYTES_PER_RUN, false};

    (void)out;
    while (!slice_is_spent(call, &slice) &&
           (remove_from_ended_group(call, &slice) || remove_from_deleted_stream(call, &slice) ||
            remove_expired(call, &slice)))
        ;
    if (slice_is_spent(call, &slice))
        slice_again(call, &LOGS_REMOVE_EVENTS, S("all"), in);
    return DONE;
}

static void expire_at(const struct call *call, str group_arn, int64_t group_id, int64_t due_ms)
{
    timer_set(call, &LOGS_EXPIRE_EVENTS, group_arn, due_ms,
              &(struct logs_expire_events_request){.group_id = group_id, .group_arn = group_arn});
}

void logs_expiry_start(const struct call *call, const struct group *group)
{
    expire_at(call, group->arn, group->row.id, call->now_ms);
}

void logs_expiry_stop(const struct call *call, const struct group *group)
{
    timer_cancel(call, &LOGS_EXPIRE_EVENTS, group->arn);
}

enum outcome logs_expire_events(const struct call *call, const struct logs_expire_events_request *in,
                                struct logs_expire_events_output *out)
{
    struct logs_find_group_retention_row group;
    struct logs_find_oldest_event_row oldest;

    (void)out;
    if (!logs_find_group_retention(call->txn, &(struct logs_find_group_retention_params){.id = in->group_id},
                                   &group) ||
        !group.retention_days)
        return DONE;

    int64_t before_ms = logs_group_oldest_ms(call, group.retention_days);
    if (logs_find_oldest_event(call->txn, &(struct logs_find_oldest_event_params){.group_id = in->group_id},
                               &oldest) &&
        oldest.timestamp_ms < before_ms) {
        logs_set_removal(call->txn,
                         &(struct logs_set_removal_params){
                             .id = in->group_id, .remove_before_ms = arena_i64(call->arena, before_ms)});
        run_at(call, call->now_ms);
    }
    expire_at(call, in->group_arn, in->group_id, call->now_ms + HOUR_MS);
    return DONE;
}
