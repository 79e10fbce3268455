/*
 * stream_read.c: shard iterators, and reading the records of a shard.
 *
 * An iterator is a place, (shard, number of the last record that was read), sealed with the stream's ARN and
 * the time of its making.
 */
#include "stream_internal.h"

#include "base/hash.h"

#include <string.h>

enum {
    RECORDS_LIMIT = 1000,
    RECORDS_BYTES = 1024 * 1024,
    AWAITED_BYTES = 128 * 1024, /* read on the engine */
};

static const char *const iterator_purpose = "dynamodb/iterator";

static bool refuse(const struct call *call, const char *sentence)
{
    fail(call, &DYNAMODBSTREAMS_VALIDATION_EXCEPTION, "%s", sentence);
    return false;
}

/* ---- iterators ---- */

static str iterator_of(const struct call *call, const struct stream *stream, str shard, int64_t after)
{
    return seal(call, str_of(iterator_purpose),
                arena_format(call->arena, "%lld %lld %.*s %.*s", (long long)call->now_ms, (long long)after,
                             STR_ARGS(shard), STR_ARGS(stream->arn)));
}

static bool iterator_read(const struct call *call, str text, struct stream *stream)
{
    str data, issued, after, shard;
    struct stream_position position;

    if (!unseal(call, str_of(iterator_purpose), text, &data) || !str_next(&data, ' ', &issued) ||
        !str_next(&data, ' ', &after) || !str_next(&data, ' ', &shard) ||
        !str_to_i64(issued, &position.issued_ms) || !str_to_i64(after, &position.after) ||
        !dynamodb_stream_find(call, data, stream) || !str_equal(stream->row.region, call->region))
        return refuse(call, "Invalid ShardIterator");
    position.shard = shard;
    stream->position = position;
    return true;
}

bool dynamodbstreams_locate_iterated_stream(const struct call *call,
                                            const struct dynamodbstreams_get_records_input *in,
                                            struct resource *found)
{
    struct stream *stream = arena_new(call->arena, struct stream);

    if (!iterator_read(call, in->shard_iterator, stream))
        return false;
    *found = dynamodb_stream_resource(call, stream);
    return true;
}

/* ---- places ---- */

static bool shard_find(const struct call *call, const struct stream *stream, str name,
                       struct dynamodb_shard_row *shard)
{
    if (dynamodb_find_shard(call->txn,
                            &(struct dynamodb_find_shard_params){.stream_id = stream->row.id, .name = name},
                            shard) &&
        (!shard->closed_ms || *shard->closed_ms >= dynamodb_stream_horizon_ms(call)))
        return true;
    fail(call, &DYNAMODBSTREAMS_RESOURCE_NOT_FOUND_EXCEPTION,
         "Requested resource not found: Shard does not exist");
    return false;
}

/* The number of the shard's last record so far; first_number - 1 without one. */
static int64_t last_of(const struct call *call, const struct dynamodb_shard_row *shard)
{
    int64_t last = shard->last_number ? *shard->last_number : dynamodb_last_record(call, shard->stream_id);

    return last < shard->first_number ? shard->first_number - 1 : last;
}

/*
 * The number before the shard's oldest record that is not trimmed, and was made at `since_ms` or later: a
 * binary search, because times follow the numbers.  Records that are removed already are the oldest ones.
 */
static int64_t before_records_since(const struct call *call, const struct dynamodb_shard_row *shard,
                                    int64_t since_ms)
{
    int64_t older = shard->first_number - 1, younger = last_of(call, shard) + 1;
    int64_t horizon_ms = dynamodb_stream_horizon_ms(call);

    if (since_ms < horizon_ms)
        since_ms = horizon_ms;
    while (younger - older > 1) {
        int64_t middle = older + (younger - older) / 2;
        struct dynamodb_find_first_record_params range = {.low = dynamodb_record_id(shard->stream_id, middle),
                                                          .high =
                                                              dynamodb_record_id(shard->stream_id, younger)};
        struct dynamodb_find_first_record_row found;
        if (!dynamodb_find_first_record(call->txn, &range, &found))
            return younger - 1;
        int64_t number = dynamodb_record_number(found.id);
        if (found.made_ms < since_ms) {
            older = number;
        } else if (number > middle) {
            return number - 1;
        } else {
            younger = number;
        }
    }
    return older;
}

static int64_t trimmed_until(const struct call *call, const struct dynamodb_shard_row *shard)
{
    return before_records_since(call, shard, INT64_MIN);
}

static bool trimmed_check(const struct call *call, const struct dynamodb_shard_row *shard, int64_t after)
{
    if (after >= trimmed_until(call, shard))
        return true;
    fail(call, &DYNAMODBSTREAMS_TRIMMED_DATA_ACCESS_EXCEPTION,
         "The data you are trying to access has been trimmed");
    return false;
}

enum {
    AT_NUMBER = DYNAMODBSTREAMS_SHARD_ITERATOR_TYPE_AT_SEQUENCE_NUMBER,
    AFTER_NUMBER = DYNAMODBSTREAMS_SHARD_ITERATOR_TYPE_AFTER_SEQUENCE_NUMBER,
    AT_TIME = DYNAMODBSTREAMS_SHARD_ITERATOR_TYPE_AT_TIMESTAMP,
    LATEST = DYNAMODBSTREAMS_SHARD_ITERATOR_TYPE_LATEST,
};

static bool parameter_check(const struct call *call,
                            const struct dynamodbstreams_get_shard_iterator_input *in, const char *name,
                            bool wanted, bool given)
{
    if (wanted == given)
        return true;
    fail(call, &DYNAMODBSTREAMS_VALIDATION_EXCEPTION,
         "One or more parameter values were invalid: %s %s when ShardIteratorType is %.*s", name,
         wanted ? "is required" : "must not be specified", STR_ARGS(in->shard_iterator_type));
    return false;
}

/* The place that a sequence number names. */
static bool place_of_number(const struct call *call, const struct dynamodb_stream_row *stream,
                            const struct dynamodb_shard_row *shard,
                            const struct dynamodbstreams_get_shard_iterator_input *in, int64_t *after)
{
    int64_t number, last = last_of(call, shard);
    bool at = (int)dynamodbstreams_shard_iterator_type_of(in->shard_iterator_type) == AT_NUMBER;

    if (!dynamodb_sequence_read(stream, in->sequence_number, &number) || number < shard->first_number ||
        (number > last && number != shard->first_number))
        return refuse(call, "One or more parameter values were invalid: SequenceNumber is not in the shard");
    /* A shard without records begins with a number that no record has yet. */
    *after = at || number > last ? number - 1 : number;
    return trimmed_check(call, shard, *after);
}

/* Records show whole seconds, so a record is as old as its second. */
static bool place_of_time(const struct call *call, const struct dynamodb_shard_row *shard, int64_t time_ms,
                          int64_t *after)
{
    if (time_ms > call->now_ms)
        return refuse(call, "One or more parameter values were invalid: Timestamp must not be in the future");
    *after = before_records_since(call, shard, (time_ms + MS_PER_S - 1) / MS_PER_S * MS_PER_S);
    return true;
}

static bool place_read(const struct call *call, const struct dynamodb_stream_row *stream,
                       const struct dynamodb_shard_row *shard,
                       const struct dynamodbstreams_get_shard_iterator_input *in, int64_t *after)
{
    int type = (int)dynamodbstreams_shard_iterator_type_of(in->shard_iterator_type);
    bool by_number = type == AT_NUMBER || type == AFTER_NUMBER;

    if (!parameter_check(call, in, "SequenceNumber", by_number, str_present(in->sequence_number)) ||
        !parameter_check(call, in, "Timestamp", type == AT_TIME, in->timestamp != NULL))
        return false;
    if (by_number)
        return place_of_number(call, stream, shard, in, after);
    if (type == AT_TIME)
        return place_of_time(call, shard, *in->timestamp, after);
    *after = type == LATEST ? last_of(call, shard) : trimmed_until(call, shard);
    return true;
}

enum outcome dynamodbstreams_get_shard_iterator(const struct call *call,
                                                const struct dynamodbstreams_get_shard_iterator_input *in,
                                                struct dynamodbstreams_get_shard_iterator_output *out)
{
    const struct stream *stream = dynamodb_stream_of(call, call_resource(call, 0)->row);
    struct dynamodb_shard_row shard;
    int64_t after;

    if (!stream || !shard_find(call, stream, in->shard_id, &shard) ||
        !place_read(call, &stream->row, &shard, in, &after))
        return FAILED;
    out->shard_iterator = iterator_of(call, stream, shard.name, after);
    return DONE;
}

/* ---- records ---- */

_Static_assert(sizeof(struct dynamodbstreams_attribute_map) == sizeof(struct dynamodb_attribute_map) &&
                   sizeof(struct dynamodbstreams_attribute_value) == sizeof(struct dynamodb_attribute_value),
               "both models declare the same values");

/* An item of a record, in the shapes of this service. */
static struct dynamodbstreams_attribute_map image_of(const struct call *call, str blob)
{
    struct dynamodbstreams_attribute_map image = {0};

    if (str_present(blob)) {
        struct dynamodb_attribute_map item = dynamodb_item_decode(call->arena, blob);
        memcpy(&image, &item, sizeof image);
    }
    return image;
}

/* A copy: the row is valid until the next one. */
static str kept(const struct call *call, str text)
{
    return str_present(text) ? arena_copy(call->arena, text) : text;
}

static const struct dynamodbstreams_identity *time_to_live(const struct call *call)
{
    struct dynamodbstreams_identity *identity = arena_new(call->arena, struct dynamodbstreams_identity);

    identity->type = S("Service");
    identity->principal_id = S("dynamodb.amazonaws.com");
    return identity;
}

static str event_id(const struct call *call, const struct stream *stream, str sequence_number)
{
    struct md5 hash = md5(arena_join(call->arena, stream->arn, sequence_number));

    return hex_encode(call->arena, HASH_STR(hash));
}

static void add_record(const struct call *call, const struct stream *stream,
                       const struct dynamodb_record_row *row, struct dynamodbstreams_record_list *records)
{
    struct dynamodbstreams_record *record = list_add(call->arena, records);
    struct dynamodbstreams_stream_record *change =
        arena_new(call->arena, struct dynamodbstreams_stream_record);

    change->approximate_creation_date_time =
        arena_i64(call->arena, row->made_ms / MS_PER_S * MS_PER_S); /* as on AWS, whole seconds */
    change->sequence_number =
        dynamodb_sequence_number(call->arena, &stream->row, dynamodb_record_number(row->id));
    change->size_bytes = arena_i64(call->arena, row->size_bytes);
    change->stream_view_type = stream->row.view_type;
    change->keys = image_of(call, kept(call, row->item_keys));
    change->old_image = image_of(call, kept(call, row->old_image));
    change->new_image = image_of(call, kept(call, row->new_image));
    record->event_id = event_id(call, stream, change->sequence_number);
    record->event_name = kept(call, row->event);
    record->event_version = S("1.1");
    record->event_source = S("aws:dynamodb");
    record->aws_region = stream->row.region;
    record->dynamodb = change;
    if (row->expired)
        record->user_identity = time_to_live(call);
}

/* How much one read brings: at least one record. */
struct read_limit {
    int64_t records, bytes;
};

/* Read some records after *after, and move *after.  Returns their size. */
static int64_t read_records(const struct call *call, const struct stream *stream,
                            const struct dynamodb_shard_row *shard, struct read_limit limit,
                            struct dynamodbstreams_record_list *records, int64_t *after)
{
    struct dynamodb_read_records_params range = {
        .low = dynamodb_record_id(shard->stream_id, *after + 1),
        .high = dynamodb_record_id(shard->stream_id, last_of(call, shard) + 1)};
    struct dynamodb_read_records_cursor cursor = dynamodb_read_records_open(call->txn, &range);
    struct dynamodb_record_row row;
    int64_t bytes = 0;

    while ((int64_t)records->count < limit.records && !time_is_up(call) &&
           dynamodb_read_records_next(&cursor, &row)) {
        if (bytes + row.size_bytes > limit.bytes && records->count > 0)
            break;
        bytes += row.size_bytes;
        add_record(call, stream, &row, records);
        *after = dynamodb_record_number(row.id);
    }
    dynamodb_read_records_close(&cursor);
    return bytes;
}

static bool age_check(const struct call *call, const struct stream_position *position)
{
    if (call->now_ms - position->issued_ms <= STREAM_ITERATOR_MS)
        return true;
    fail(call, &DYNAMODBSTREAMS_EXPIRED_ITERATOR_EXCEPTION, "Shard iterator has expired");
    return false;
}

/* Read from the iterator's place.  False: fail() has been called. */
static bool get_records(const struct call *call, const struct stream *stream, const int64_t *asked,
                        int64_t most_bytes, struct dynamodbstreams_get_records_output *out)
{
    struct read_limit limit = {.bytes = most_bytes};
    int64_t after = stream->position.after;
    struct dynamodb_shard_row shard;

    if (!dynamodb_stream_limit(call, asked, RECORDS_LIMIT, &limit.records) ||
        !dynamodb_stream_of(call, stream) || !age_check(call, &stream->position) ||
        !shard_find(call, stream, stream->position.shard, &shard) || !trimmed_check(call, &shard, after))
        return false;
    list_make_empty(call->arena, &out->records);
    int64_t bytes = read_records(call, stream, &shard, limit, &out->records, &after);
    if (out->records.count > 0)
        dynamodb_count_records(call, &stream->row, (int64_t)out->records.count, bytes);
    if (!shard.last_number || after < *shard.last_number)
        out->next_shard_iterator = iterator_of(call, stream, shard.name, after);
    return true;
}

enum outcome dynamodbstreams_get_records(const struct call *call,
                                         const struct dynamodbstreams_get_records_input *in,
                                         struct dynamodbstreams_get_records_output *out)
{
    return get_records(call, call_resource(call, 0)->row, in->limit, RECORDS_BYTES, out) ? DONE : FAILED;
}

static bool is_allowed(const struct call *call, const struct stream *stream)
{
    struct resource resource = dynamodb_stream_resource(call, stream);

    return authorize_resource(call, &resource);
}

enum outcome dynamodbstreams_await_records(const struct call *call,
                                           const struct dynamodbstreams_await_records_input *in,
                                           struct dynamodbstreams_get_records_output *out)
{
    struct stream stream;
    int64_t give_up_ms = call->arrived_ms + in->wait_seconds * MS_PER_S;

    if (!iterator_read(call, in->shard_iterator, &stream) || !is_allowed(call, &stream) ||
        !get_records(call, &stream, in->limit, AWAITED_BYTES, out))
        return FAILED;
    if (out->records.count > 0 || !str_present(out->next_shard_iterator) || call->now_ms >= give_up_ms ||
        call->last_run)
        return DONE;
    return park(call, dynamodb_stream_arrivals(call, stream.row.id), give_up_ms);
}

enum outcome dynamodbstreams_find_last_record(const struct call *call,
                                              const struct dynamodbstreams_find_last_record_input *in,
                                              struct dynamodbstreams_find_last_record_output *out)
{
    struct stream stream;
    struct dynamodb_shard_row shard;

    if (!dynamodb_stream_find(call, in->stream_arn, &stream))
        return fail(call, &DYNAMODBSTREAMS_VALIDATION_EXCEPTION, "Invalid StreamArn");
    if (!is_allowed(call, &stream) || !dynamodb_stream_of(call, &stream) ||
        !shard_find(call, &stream, in->shard_id, &shard))
        return FAILED;
    int64_t last = last_of(call, &shard);
    if (last >= shard.first_number)
        out->sequence_number = dynamodb_sequence_number(call->arena, &stream.row, last);
    return DONE;
}
