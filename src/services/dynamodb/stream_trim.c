/*
 * stream_trim.c: removes the records and shards that are older than 24 hours, and closed streams with them.
 *
 * Readers do not see them any more as soon as their time has come; a timer of each stream removes the rows,
 * a bounded number in one run, at most once a minute.
 */
#include "stream_internal.h"

enum {
    TRIMMED_PER_RUN = 250,
    TRIMMED_BYTES_PER_RUN = 2 * 1024 * 1024, /* a large record has many pages */
    TRIM_PAUSE_MS = 60 * MS_PER_S,
};

/* An open stream keeps its newest record, whose number the next one follows. */
static int64_t end_of(const struct call *call, const struct dynamodb_stream_row *stream)
{
    return stream->closed_ms ? dynamodb_record_id(stream->id + 1, 0)
                             : dynamodb_record_id(stream->id, dynamodb_last_record(call, stream->id));
}

/* Remove old records.  False: more are left.  *next_ms is when the next one is old. */
static bool trim_records(const struct call *call, const struct dynamodb_stream_row *stream, int64_t *next_ms)
{
    struct dynamodb_find_first_record_params range = {.low = dynamodb_record_id(stream->id, 0),
                                                      .high = end_of(call, stream)};
    struct dynamodb_find_first_record_row first;
    struct slice slice = {TRIMMED_PER_RUN, TRIMMED_BYTES_PER_RUN, false};

    *next_ms = call->now_ms + STREAM_KEPT_MS;
    while (dynamodb_find_first_record(call->txn, &range, &first)) {
        if (first.made_ms >= dynamodb_stream_horizon_ms(call)) {
            *next_ms = first.made_ms + STREAM_KEPT_MS;
            return true;
        }
        if (slice_is_spent(call, &slice))
            return false;
        dynamodb_remove_record(call->txn, &(struct dynamodb_remove_record_params){.id = first.id});
        dynamodb_image_drop(call, first.old_image_id);
        dynamodb_image_drop(call, first.new_image_id);
        slice_spend(&slice, 1, first.size_bytes);
    }
    return true;
}

enum outcome dynamodbstreams_trim_stream(const struct call *call,
                                         const struct dynamodbstreams_trim_stream_input *in,
                                         struct dynamodbstreams_trim_stream_output *out)
{
    struct dynamodb_stream_row stream;
    int64_t next_ms, horizon_ms = dynamodb_stream_horizon_ms(call);
    str id = arena_decimal(call->arena, in->stream_id);

    (void)out;
    if (!dynamodb_read_stream(call->txn, &(struct dynamodb_read_stream_params){.id = in->stream_id}, &stream))
        return DONE;
    if (!trim_records(call, &stream, &next_ms)) {
        slice_again(call, &DYNAMODBSTREAMS_TRIM_STREAM, id, in);
        return DONE;
    }
    dynamodb_remove_shards(call->txn, &(struct dynamodb_remove_shards_params){.stream_id = in->stream_id,
                                                                              .horizon_ms = horizon_ms});
    if (stream.closed_ms && *stream.closed_ms < horizon_ms) {
        dynamodb_remove_stream(call->txn, &(struct dynamodb_remove_stream_params){.id = in->stream_id});
        return DONE;
    }
    if (stream.closed_ms && *stream.closed_ms + STREAM_KEPT_MS < next_ms)
        next_ms = *stream.closed_ms + STREAM_KEPT_MS;
    if (next_ms < call->now_ms + TRIM_PAUSE_MS)
        next_ms = call->now_ms + TRIM_PAUSE_MS;
    timer_set(call, &DYNAMODBSTREAMS_TRIM_STREAM, id, next_ms + 1, in);
    return DONE;
}
