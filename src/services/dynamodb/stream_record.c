/*
 * stream_record.c: writes the records of streams.
 *
 * dynamodb_change_apply() calls this for each change of an item in a table with an open stream, so that the
 * change and its record are one transaction.  The engine is the only writer: numbers follow the order of
 * commits without gaps that a reader could miss.
 *
 * A shard is closed by the first write that finds it older than STREAM_SHARD_MS; that write opens its child.
 *
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Streams.html
 */
#include "stream_internal.h"

/* ---- numbers ---- */

int64_t dynamodb_record_id(int64_t stream_id, int64_t number)
{
    return (stream_id << STREAM_NUMBER_BITS) + number;
}

int64_t dynamodb_record_number(int64_t id)
{
    return id & (((int64_t)1 << STREAM_NUMBER_BITS) - 1);
}

int64_t dynamodb_last_record(const struct call *call, int64_t stream_id)
{
    struct dynamodb_find_last_record_row last;

    return dynamodb_find_last_record(
               call->txn,
               &(struct dynamodb_find_last_record_params){.low = dynamodb_record_id(stream_id, 0),
                                                          .high = dynamodb_record_id(stream_id + 1, 0)},
               &last)
               ? dynamodb_record_number(last.id)
               : 0;
}

/* All sequence numbers are equally long, so texts and numbers have the same order. */
enum { SEQUENCE_PREFIX = 13, SEQUENCE_NUMBER = 15 };

str dynamodb_sequence_number(struct arena *arena, const struct dynamodb_stream_row *stream, int64_t number)
{
    return arena_format(arena, "%0*lld%0*lld", SEQUENCE_PREFIX, (long long)stream->created_ms,
                        SEQUENCE_NUMBER, (long long)number);
}

bool dynamodb_sequence_read(const struct dynamodb_stream_row *stream, str text, int64_t *number)
{
    int64_t created_ms;

    return text.size == SEQUENCE_PREFIX + SEQUENCE_NUMBER &&
           str_to_i64(str_head(text, SEQUENCE_PREFIX), &created_ms) && created_ms == stream->created_ms &&
           str_to_i64(str_from(text, SEQUENCE_PREFIX), number) && *number >= 0;
}

/* ---- shards ---- */

str dynamodb_stream_arrivals(const struct call *call, int64_t stream_id)
{
    return arena_format(call->arena, "dynamodb/stream/%lld", (long long)stream_id);
}

void dynamodb_shard_open(const struct call *call, int64_t stream_id, str parent, int64_t first_number)
{
    dynamodb_add_shard(call->txn, &(struct dynamodb_shard_row){
                                      .stream_id = stream_id,
                                      .name = arena_format(call->arena, "shardId-%020lld-%08llx",
                                                           (long long)call->now_ms, (long long)first_number),
                                      .parent = parent,
                                      .started_ms = call->now_ms,
                                      .first_number = first_number,
                                  });
}

int64_t dynamodb_shard_close(const struct call *call, int64_t stream_id,
                             const struct dynamodb_find_last_shard_row *shard)
{
    int64_t last = dynamodb_last_record(call, stream_id);

    if (last < shard->first_number)
        last = shard->first_number - 1;
    dynamodb_close_shard(call->txn, &(struct dynamodb_close_shard_params){.last_number = &last,
                                                                          .closed_ms = &call->now_ms,
                                                                          .stream_id = stream_id,
                                                                          .name = shard->name});
    wake_all(call, dynamodb_stream_arrivals(call, stream_id));
    return dynamodb_shard_end(shard->first_number, last);
}

int64_t dynamodb_shard_end(int64_t first_number, int64_t last_number)
{
    return last_number < first_number ? first_number : last_number;
}

/* The number of the next record, which belongs to the open shard. */
static int64_t next_number(const struct call *call, int64_t stream_id)
{
    struct dynamodb_find_last_shard_row shard;

    if (!dynamodb_find_last_shard(call->txn,
                                  &(struct dynamodb_find_last_shard_params){.stream_id = stream_id}, &shard))
        return 0;
    if (call->now_ms - shard.started_ms >= STREAM_SHARD_MS) {
        int64_t first = dynamodb_shard_close(call, stream_id, &shard) + 1;
        dynamodb_shard_open(call, stream_id, shard.name, first);
        return first;
    }
    int64_t last = dynamodb_last_record(call, stream_id);
    return last < shard.first_number ? shard.first_number : last + 1;
}

/* ---- records ---- */

static str event_of(const struct change *change)
{
    if (!change->before.id)
        return dynamodbstreams_operation_type_text(DYNAMODBSTREAMS_OPERATION_TYPE_INSERT);
    return dynamodbstreams_operation_type_text(str_present(change->blob)
                                                   ? DYNAMODBSTREAMS_OPERATION_TYPE_MODIFY
                                                   : DYNAMODBSTREAMS_OPERATION_TYPE_REMOVE);
}

/* Those that the view type asks for; a change that leaves the item as it was has no record. */
struct record_images dynamodb_stream_images(const struct change *change)
{
    const struct table *table = change->table;

    if (!table->row.stream_id || change->same)
        return (struct record_images){0};
    enum dynamodb_stream_view_type view = dynamodb_stream_view_type_of(table->row.stream_view);
    bool both = view == DYNAMODB_STREAM_VIEW_TYPE_NEW_AND_OLD_IMAGES;
    return (struct record_images){
        .old = change->before.id && (both || view == DYNAMODB_STREAM_VIEW_TYPE_OLD_IMAGE),
        .new = str_present(change->blob) && (both || view == DYNAMODB_STREAM_VIEW_TYPE_NEW_IMAGE),
    };
}

static void add_images(const struct change *change, struct dynamodb_record_row *record)
{
    struct record_images shown = dynamodb_stream_images(change);

    if (shown.old) {
        record->old_image_id = dynamodb_image_name(&change->before.image_id);
        record->old_image = record->old_image_id ? (str){0} : change->before.blob;
        record->size_bytes += change->before.size_bytes;
    }
    if (shown.new) {
        record->new_image_id = dynamodb_image_name(&change->image_id);
        record->new_image = record->new_image_id ? (str){0} : change->blob;
        record->size_bytes += change->size_bytes;
    }
}

static struct dynamodb_attribute_map key_of(const struct call *call, const struct change *change)
{
    const struct key_schema *keys = &change->table->keys;
    struct str_list names = {0};

    for (size_t i = 0; i < keys->count; i++)
        *list_add(call->arena, &names) = keys->items[i].name;
    dynamodb_names_sort(&names);
    struct dynamodb_attribute_map picked = dynamodb_item_pick(
        call->arena, str_present(change->blob) ? change->blob : change->before.blob, &names);
    return dynamodb_key_attributes(call->arena, keys, &picked);
}

static void add_record(const struct call *call, const struct change *change)
{
    int64_t stream_id = *change->table->row.stream_id;
    struct dynamodb_attribute_map key = key_of(call, change);
    struct item_size key_size;
    struct dynamodb_record_row record = {
        .id = dynamodb_record_id(stream_id, next_number(call, stream_id)),
        .made_ms = call->now_ms,
        .event = event_of(change),
        .expired = change->expired,
        .item_keys = dynamodb_item_encode(call->arena, &key, &key_size),
    };

    record.size_bytes = (int64_t)key_size.bytes;
    add_images(change, &record);
    dynamodb_add_record(call->txn, &record);
    wake_all(call, dynamodb_stream_arrivals(call, stream_id));
}

/* As on AWS, a write that leaves the item as it was has no record. */
void dynamodb_stream_note(const struct call *call, const struct change *change)
{
    struct arena_mark mark = arena_mark(call->arena);

    if (!change->same)
        add_record(call, change);
    arena_rewind(call->arena, mark);
}
