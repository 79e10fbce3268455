/*
 * put.c: stores events.
 *
 * Every function invocation runs this: one insert per event, one update of the stream.  A client's request
 * with many events parks between slices, as ten thousand inserts would hold the engine: its events can be
 * read before its reply is sent, and of a request that a kill interrupts some may be stored.
 */
#include "extraction.h"

#include "engine/count.h"

enum {
    MAX_BATCH_BYTES = 1048576,
    MAX_AGE_MS = 14 * DAY_MS,
    MAX_AHEAD_MS = 2 * HOUR_MS,
    SLICE_EVENTS = 100, /* at least, in a run of a request that takes several */
};

static const struct metric incoming_bytes = {"AWS/Logs", "IncomingBytes", "LogGroupName", "Bytes"};
static const struct metric incoming_events = {"AWS/Logs", "IncomingLogEvents", "LogGroupName", "None"};
static const struct metric all_bytes = {"AWS/Logs", "IncomingBytes", NULL, "Bytes"};
static const struct metric all_events = {"AWS/Logs", "IncomingLogEvents", NULL, "None"};

/*
 * Events [first, end) of a batch are accepted: it is in order, so events that are too old or too new are at
 * its ends.
 */
struct accepted {
    size_t first, end;
};

static size_t bytes_of(const struct logs_input_log_event *event)
{
    return event->message.size + EVENT_OVERHEAD_BYTES;
}

static bool sizes_check(const struct call *call, const struct logs_input_log_events *events)
{
    size_t sum = 0;

    for (size_t i = 0; i < events->count; i++) {
        size_t bytes = bytes_of(&events->items[i]);
        if (bytes > MAX_BATCH_BYTES) {
            fail(call, &LOGS_INVALID_PARAMETER_EXCEPTION,
                 "Log event too large: %zu bytes exceeds limit of %d", bytes, MAX_BATCH_BYTES);
            return false;
        }
        sum += bytes;
    }
    if (sum > MAX_BATCH_BYTES)
        fail(call, &LOGS_INVALID_PARAMETER_EXCEPTION, "Upload too large: %zu bytes exceeds limit of %d", sum,
             MAX_BATCH_BYTES);
    return sum <= MAX_BATCH_BYTES;
}

static bool order_check(const struct call *call, const struct logs_input_log_events *events)
{
    for (size_t i = 1; i < events->count; i++)
        if (events->items[i].timestamp < events->items[i - 1].timestamp) {
            fail(call, &LOGS_INVALID_PARAMETER_EXCEPTION,
                 "Log events in a single PutLogEvents request must be in chronological order.");
            return false;
        }
    return true;
}

/* As on AWS, the events are stored though their entity is rejected. */
static void entity_check(const struct call *call, const struct logs_entity *entity,
                         struct logs_put_log_events_response *out)
{
    str problem = entity ? logs_entity_problem(entity) : (str){0};

    if (!str_present(problem))
        return;
    struct logs_rejected_entity_info *rejected = arena_new(call->arena, struct logs_rejected_entity_info);
    rejected->error_type = problem;
    out->rejected_entity_info = rejected;
}

/* The index of the first event at or after that moment. */
static size_t first_from(const struct logs_input_log_events *events, int64_t ms)
{
    size_t i = 0;

    while (i < events->count && events->items[i].timestamp < ms)
        i++;
    return i;
}

static struct accepted accept(const struct call *call, const struct group *group,
                              const struct logs_input_log_events *events,
                              struct logs_put_log_events_response *out)
{
    int64_t at_ms = call->invoked ? call->now_ms : call->arrived_ms, since_ms = call->now_ms - at_ms;
    size_t too_old = first_from(events, at_ms - MAX_AGE_MS);
    size_t expired = first_from(events, logs_group_oldest_ms(call, group->row.retention_days) - since_ms);
    size_t too_new = first_from(events, at_ms + MAX_AHEAD_MS + 1);
    struct logs_rejected_log_events_info *rejected =
        arena_new(call->arena, struct logs_rejected_log_events_info);

    if (too_old > 0)
        rejected->too_old_log_event_end_index = arena_i64(call->arena, (int64_t)too_old);
    if (expired > too_old)
        rejected->expired_log_event_end_index = arena_i64(call->arena, (int64_t)expired);
    if (too_new < events->count)
        rejected->too_new_log_event_start_index = arena_i64(call->arena, (int64_t)too_new);
    if (too_old > 0 || expired > 0 || too_new < events->count)
        out->rejected_log_events_info = rejected;
    return (struct accepted){.first = too_old > expired ? too_old : expired, .end = too_new};
}

static bool is_extracted_from(const struct group *group, const struct logs_input_log_events *events,
                              struct accepted accepted)
{
    const struct logs_find_group_row *row = &group->row;
    bool watched =
        row->metric_filters > 0 || row->subscriptions > 0 || row->account_subscription || row->index_policy;

    if (!logs_group_is_standard(group))
        return false;
    for (size_t i = accepted.first; i < accepted.end && !watched; i++)
        watched = logs_may_embed_metrics(events->items[i].message);
    return watched;
}

static void count_incoming(const struct call *call, const struct group *group, size_t events, int64_t bytes)
{
    count(call, &incoming_events, group->row.name, (double)events);
    count(call, &incoming_bytes, group->row.name, (double)bytes);
    count(call, &all_events, S(""), (double)events);
    count(call, &all_bytes, S(""), (double)bytes);
}

/*
 * Stores events from the first accepted one on, all of them unless `in_slices`; returns how many.  Their ids
 * follow each other, up to *last_id: nobody else adds events meanwhile.
 */
static size_t store_events(const struct call *call, const struct group *group, int64_t stream_id,
                           const struct logs_input_log_event *events, size_t count, bool in_slices,
                           int64_t *last_id)
{
    size_t stored = 0;

    while (stored < count) {
        *last_id = logs_add_event(call->txn, &(struct logs_add_event_params){
                                                 .group_id = group->row.id,
                                                 .stream_id = stream_id,
                                                 .timestamp_ms = events[stored].timestamp,
                                                 .ingested_ms = call->now_ms,
                                                 .message = events[stored].message,
                                             });
        stored++;
        if (in_slices && stored % SLICE_EVENTS == 0 && slice_is_over(call))
            break;
    }
    return stored;
}

/* Returns the end of the events that are stored. */
static size_t store(const struct call *call, const struct group *group, int64_t stream_id,
                    const struct logs_input_log_events *events, struct accepted accepted, int64_t *last_id)
{
    bool in_slices = !call->invoked && !call->last_run;
    int64_t bytes = 0;

    check(accepted.first < accepted.end && accepted.end <= events->count);
    size_t stored = store_events(call, group, stream_id, events->items + accepted.first,
                                 accepted.end - accepted.first, in_slices, last_id);
    accepted.end = accepted.first + stored;
    for (size_t i = accepted.first; i < accepted.end; i++)
        bytes += (int64_t)bytes_of(&events->items[i]);
    logs_stream_received(call->txn, &(struct logs_stream_received_params){
                                        .id = stream_id,
                                        .last_event_ms = &events->items[accepted.end - 1].timestamp,
                                        .last_ingestion_ms = &call->now_ms,
                                        .bytes = bytes,
                                    });
    logs_group_received(call->txn, &(struct logs_group_received_params){.id = group->row.id, .bytes = bytes});
    count_incoming(call, group, stored, bytes);
    logs_tails_wake(call, group->row.id);
    if (is_extracted_from(group, events, accepted))
        logs_extract_later(call, group, stream_id, *last_id - (int64_t)stored + 1, *last_id);
    return accepted.end;
}

/* ---- a request that takes several runs ---- */

/* The events before this one are stored. */
static size_t stored_before(const struct call *call)
{
    struct logs_find_put_progress_params key = {.request_id = call->request_id};
    struct logs_find_put_progress_row progress;

    return !call->invoked && logs_find_put_progress(call->txn, &key, &progress) ? (size_t)progress.stored : 0;
}

static enum outcome go_on_later(const struct call *call, size_t stored)
{
    logs_forget_put_progress(call->txn,
                             &(struct logs_forget_put_progress_params){.before_ms = call->now_ms - HOUR_MS});
    logs_set_put_progress(call->txn, &(struct logs_set_put_progress_params){.request_id = call->request_id,
                                                                            .stored = (int64_t)stored,
                                                                            .at_ms = call->now_ms});
    return park(call, arena_concat(call->arena, S("logs/put"), S("/"), call->request_id), call->now_ms + 1);
}

/*
 * Sequence tokens are still returned, but not checked any more, as on AWS.  What is accepted depends on the
 * time of the request's arrival, which is the same in all its runs.
 */
enum outcome logs_put_log_events(const struct call *call, const struct logs_put_log_events_request *in,
                                 struct logs_put_log_events_response *out)
{
    const struct group *group = logs_group_of(call);
    int64_t stream_id, last_id = 0;

    if (!group || !logs_stream_find(call, group, in->log_stream_name, &stream_id) ||
        !sizes_check(call, &in->log_events) || !order_check(call, &in->log_events))
        return FAILED;

    struct accepted accepted = accept(call, group, &in->log_events, out);
    if (accepted.first < accepted.end) {
        const struct logs_input_log_event *items = in->log_events.items;
        if (items[accepted.end - 1].timestamp - items[accepted.first].timestamp > DAY_MS)
            return fail(
                call, &LOGS_INVALID_PARAMETER_EXCEPTION,
                "The batch of log events in a single PutLogEvents request cannot span more than 24 hours.");
        size_t before = stored_before(call), end = accepted.end;
        accepted.first = before > accepted.first ? before : accepted.first;
        if (accepted.first < end)
            end = store(call, group, stream_id, &in->log_events, accepted, &last_id);
        if (end < accepted.end)
            return go_on_later(call, end);
        if (before > 0)
            logs_remove_put_progress(
                call->txn, &(struct logs_remove_put_progress_params){.request_id = call->request_id});
    }
    entity_check(call, in->entity, out);
    out->next_sequence_token =
        logs_position_text(call->arena, (struct position){.timestamp_ms = call->now_ms, .id = last_id});
    return DONE;
}
