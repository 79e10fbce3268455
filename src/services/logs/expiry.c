/*
 * expiry.c: removing events that nobody can read any more.
 *
 * Expired events are never given out; this frees their room.  A run removes a bounded number and comes
 * back for the rest, so that no batch waits long for it.
 */
#include "logs_internal.h"

enum { EVENTS_PER_RUN = 5000 };

static void expire_at(const struct call *call, str group_arn, int64_t group_id, int64_t due_ms)
{
    timer_set(call, &LOGS_EXPIRE_EVENTS, group_arn, due_ms,
              &(struct logs_expire_events_request){.group_id = group_id, .group_arn = group_arn});
}

void log_expiry_start(const struct call *call, const struct group *group)
{
    expire_at(call, group->arn, group->row.id, call->now_ms);
}

void log_expiry_stop(const struct call *call, const struct group *group)
{
    timer_cancel(call, &LOGS_EXPIRE_EVENTS, group->arn);
}

enum outcome logs_expire_events(const struct call *call, const struct logs_expire_events_request *in,
                                struct logs_expire_events_output *out)
{
    struct logs_find_group_retention_row group;

    (void)out;
    if (!logs_find_group_retention(call->txn, &(struct logs_find_group_retention_params){.id = in->group_id},
                                   &group) ||
        !group.retention_days)
        return DONE;

    struct logs_list_expired_rows expired = logs_list_expired(
        call->txn,
        &(struct logs_list_expired_params){.group_id = in->group_id,
                                           .before_ms = log_group_oldest_ms(call, group.retention_days),
                                           .limit = EVENTS_PER_RUN});
    for (size_t i = 0; i < expired.count; i++) {
        const struct logs_list_expired_row *event = &expired.items[i];
        logs_remove_event(call->txn, &(struct logs_remove_event_params){.id = event->id});
        logs_stream_lost(call->txn,
                         &(struct logs_stream_lost_params){.id = event->stream_id,
                                                           .bytes = event->bytes + EVENT_OVERHEAD_BYTES});
    }
    expire_at(call, in->group_arn, in->group_id,
              call->now_ms + (expired.count < EVENTS_PER_RUN ? HOUR_MS : 0));
    return DONE;
}

void log_cleanup_start(const struct call *call)
{
    timer_set(call, &LOGS_REMOVE_DELETED_STREAMS, S("all"), call->now_ms,
              &(struct logs_remove_deleted_streams_request){0});
}

enum outcome logs_remove_deleted_streams(const struct call *call,
                                         const struct logs_remove_deleted_streams_request *in,
                                         struct logs_remove_deleted_streams_output *out)
{
    struct logs_find_deleted_stream_row stream;
    int64_t removed = 0;

    (void)in;
    (void)out;
    while (removed < EVENTS_PER_RUN && logs_find_deleted_stream(call->txn, &stream)) {
        int64_t limit = EVENTS_PER_RUN - removed;
        int64_t count = logs_remove_some_events(
            call->txn, &(struct logs_remove_some_events_params){.stream_id = stream.id, .limit = limit});
        if (count < limit)
            logs_remove_stream(call->txn, &(struct logs_remove_stream_params){.id = stream.id});
        removed += count + 1; /* the stream itself is some work too */
    }
    if (removed >= EVENTS_PER_RUN)
        log_cleanup_start(call);
    return DONE;
}
