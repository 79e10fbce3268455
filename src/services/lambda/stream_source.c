/*
 * stream_source.c: DynamoDB streams as event sources: what is read, and where.
 *
 * A mapping reads its stream once, shard after shard, under the function's role.  A record that the filter
 * takes is held as a row until its batch is done, in the transaction that moves the reader's place; so
 * neither a restart nor a crash loses a record or reads it twice.  A stream has one open shard, whose records
 * are numbered in the order of the writes.
 */
#include "batches.h"
#include "destinations.h"
#include "sources.h"

#include "aws/arn.h"
#include "dynamodbstreams_model.h"
#include "wire/json.h"

enum {
    RECORDS_AT_ONCE = 250, /* read between two looks at the time */
    WAIT_SECONDS = 600,    /* an iterator is valid for fifteen minutes */
    NO_SHARD_MS = 60 * MS_PER_S,
    HELD_AHEAD = 1000,         /* records, besides two batches */
    HELD_AT_ONCE = 512 * 1024, /* bytes of records in one call */
    MOST_LANES = 10,
};

/* ---- permissions of the function's role ---- */

static bool refuse(const struct call *call, const char *before, str arn, const char *behind)
{
    fail(call, &LAMBDA_INVALID_PARAMETER_VALUE_EXCEPTION, "%s%.*s%s", before, STR_ARGS(arn), behind);
    return false;
}

/* No policy of another account's stream can allow ListStreams, which is not about one stream. */
static bool role_may_read(const struct call *call, const struct principal *role, str stream_arn, str policy)
{
    static const char *const actions[] = {"dynamodb:GetRecords", "dynamodb:GetShardIterator",
                                          "dynamodb:DescribeStream", "dynamodb:ListStreams"};
    size_t count = sizeof actions / sizeof *actions;

    if (!str_equal(arn_account(stream_arn), call->account))
        count--;
    for (size_t i = 0; i < count; i++)
        if (!role || !may(call, role, str_of(actions[i]), stream_arn, policy))
            return refuse(call, "Cannot access stream ", stream_arn,
                          ". Please ensure the role can perform the GetRecords, GetShardIterator, "
                          "DescribeStream, and ListStreams Actions on your stream in IAM.");
    return true;
}

/* ---- shards ---- */

/*
 * The newest shard, or the oldest one; or the child of a shard.  False: no shard, or *failure says why.
 */
static bool find_shard(const struct call *call, const struct principal *role,
                       struct dynamodbstreams_describe_stream_input in, bool newest, str *shard,
                       struct failure *failure)
{
    *shard = (str){0};
    for (;;) {
        struct dynamodbstreams_describe_stream_output out = {0};
        if (invoke(call, role, &DYNAMODBSTREAMS_DESCRIBE_STREAM, &in, &out, failure) != DONE)
            return false;
        const struct dynamodbstreams_shard_list *shards = &out.stream_description->shards;
        if (shards->count > 0)
            *shard = shards->items[newest ? shards->count - 1 : 0].shard_id;
        in.exclusive_start_shard_id = out.stream_description->last_evaluated_shard_id;
        if (!newest || !str_present(in.exclusive_start_shard_id))
            return str_present(*shard);
    }
}

static bool find_child(const struct call *call, const struct poll *poll, str shard, str *child,
                       struct failure *failure)
{
    struct dynamodbstreams_shard_filter filter = {.type = S("CHILD_SHARDS"), .shard_id = shard};

    return find_shard(call, poll->role,
                      (struct dynamodbstreams_describe_stream_input){.stream_arn = poll->mapping.source_arn,
                                                                     .shard_filter = &filter},
                      false, child, failure);
}

/* ---- the place ---- */

/* Where LATEST is now: behind the newest record. */
static bool set_latest(const struct call *call, const struct principal *role, str stream_arn,
                       struct lambda_reader_row *reader)
{
    struct dynamodbstreams_find_last_record_output out = {0};
    struct failure failure;

    if (!find_shard(call, role, (struct dynamodbstreams_describe_stream_input){.stream_arn = stream_arn},
                    true, &reader->shard, &failure))
        return false;
    const struct dynamodbstreams_find_last_record_input in = {.stream_arn = stream_arn,
                                                              .shard_id = reader->shard};
    if (invoke(call, role, &DYNAMODBSTREAMS_FIND_LAST_RECORD, &in, &out, &failure) != DONE)
        return false;
    reader->position = out.sequence_number;
    return true;
}

/* A new mapping's place; a changed one keeps its place. */
static void begin(const struct call *call, const struct lambda_mapping_row *mapping)
{
    struct lambda_event_source_mapping_configuration settings;
    struct lambda_reader_row reader;
    struct function function;
    struct function_name target = lambda_mapping_target(mapping);

    lambda_mapping_settings_read(call, mapping, &settings);
    lambda_lanes_set(call, mapping, *settings.parallelization_factor);
    if (lambda_get_reader(call->txn, &(struct lambda_get_reader_params){.mapping_id = mapping->id}, &reader))
        return;
    reader = (struct lambda_reader_row){.mapping_id = mapping->id};
    bool from_now =
        lambda_event_source_position_of(settings.starting_position) == LAMBDA_EVENT_SOURCE_POSITION_LATEST;
    if (from_now && lambda_version_find(call, &target, &function) &&
        !set_latest(call, lambda_function_role(call, &function), mapping->source_arn, &reader))
        reader.shard = (str){0};
    lambda_set_reader(call->txn, &reader);
}

static void end(const struct call *call, const struct lambda_mapping_row *mapping)
{
    lambda_matching_forget(call, mapping->id);
}

static void forget(const struct call *call, const struct lambda_mapping_row *mapping)
{
    lambda_lanes_drop(call, mapping->id);
    lambda_records_forget(call, mapping->id);
    lambda_remove_reader(call->txn, &(struct lambda_remove_reader_params){.mapping_id = mapping->id});
}

/* ---- accepting ---- */

static bool destination_check(const struct call *call, const struct function *function, str destination)
{
    const struct destination *kind = lambda_destination_of(destination);

    if (!str_empty(destination) && kind &&
        (kind->kind == DESTINATION_FUNCTION || str_ends_with(destination, S(".fifo"))))
        return refuse(call, "The destination ARN ", destination, " is invalid.");
    return lambda_destination_check(call, function, destination);
}

static bool accepts(const struct call *call, const struct function *function,
                    const struct lambda_mapping_row *mapping)
{
    const struct principal *role = lambda_function_role(call, function);
    struct lambda_event_source_mapping_configuration settings;
    struct resource found = {0};
    struct failure failure;
    str shard;

    if (!resource_of_arn(call, mapping->source_arn, &found))
        found.policy = (str){0};
    if (!role_may_read(call, role, mapping->source_arn, found.policy))
        return false;
    if (!find_shard(call, role,
                    (struct dynamodbstreams_describe_stream_input){.stream_arn = mapping->source_arn}, false,
                    &shard, &failure))
        return refuse(call, "Stream not found: ", mapping->source_arn, "");
    lambda_mapping_settings_read(call, mapping, &settings);
    return destination_check(call, function, settings.destination_config->on_failure->destination);
}

/* ---- records ---- */

static void add_identity(struct json_writer *writer, const struct dynamodbstreams_identity *identity)
{
    json_name(writer, S("userIdentity"));
    json_open_object(writer);
    json_field(writer, S("principalId"), identity->principal_id);
    json_field(writer, S("type"), identity->type);
    json_close_object(writer);
}

static str record_json(const struct call *call, const struct dynamodbstreams_record *record, str stream_arn)
{
    struct json_writer writer = json_writer_in(call->arena);

    json_open_object(&writer);
    json_field(&writer, S("eventID"), record->event_id);
    json_field(&writer, S("eventName"), record->event_name);
    json_field(&writer, S("eventVersion"), record->event_version);
    json_field(&writer, S("eventSource"), record->event_source);
    json_field(&writer, S("awsRegion"), record->aws_region);
    json_name(&writer, S("dynamodb"));
    json_raw(&writer, model_to_json(call->arena, &DYNAMODBSTREAMS_STREAM_RECORD, record->dynamodb));
    if (record->user_identity)
        add_identity(&writer, record->user_identity);
    json_field(&writer, S("eventSourceARN"), stream_arn);
    json_close_object(&writer);
    return json_written(&writer);
}

/* Of the item's key: all changes of an item are in one lane. */
static int64_t key_hash(const struct call *call, const struct dynamodbstreams_record *record)
{
    str keys = model_to_json(call->arena, &DYNAMODBSTREAMS_ATTRIBUTE_MAP, &record->dynamodb->keys);

    return (int64_t)(str_hash(keys) & INT32_MAX);
}

/* What the mapping's lanes have got. */
struct held_sum {
    int64_t count, size;
};

static void add_to_lanes(const struct call *call, const struct poll *poll, int64_t first_lane,
                         const struct held_sum *sums)
{
    for (int64_t i = 0; i < MOST_LANES; i++)
        if (sums[i].count > 0)
            lambda_add_to_lane(call->txn, &(struct lambda_add_to_lane_params){.mapping_id = poll->mapping.id,
                                                                              .number = first_lane + i,
                                                                              .count = sums[i].count,
                                                                              .size = sums[i].size});
}

/* A record that was read, and how it is held; its JSON is absent when no filter takes it. */
struct read_record {
    str json, sequence;
    int64_t key_hash, made_ms;
};
struct read_records {
    str shard, position; /* behind which they were read */
    struct read_record *items;
    size_t count;
};

static void match(const struct call *call, const struct poll *poll,
                  const struct dynamodbstreams_record_list *records, struct read_records *read)
{
    for (size_t i = 0; i < records->count; i++) {
        const struct dynamodbstreams_record *record = &records->items[i];
        struct read_record *one = list_add(call->arena, read);
        str json = record_json(call, record, poll->mapping.source_arn);
        one->sequence = record->dynamodb->sequence_number;
        if (poll->filter && !lambda_filter_takes(call, poll->filter, json, (str){0}))
            continue;
        one->json = json;
        one->key_hash = key_hash(call, record);
        one->made_ms = *record->dynamodb->approximate_creation_date_time;
    }
}

static void hold_one(const struct call *call, const struct poll *poll, const struct lambda_reader_row *reader,
                     const struct read_record *record, struct held_sum *sums)
{
    int64_t lane = record->key_hash % *poll->settings.parallelization_factor;
    int64_t size = (int64_t)record->json.size;

    sums[lane].count++;
    sums[lane].size += size;
    lambda_add_held(call->txn, &(struct lambda_add_held_params){
                                   .mapping_id = poll->mapping.id,
                                   .held_ms = call->now_ms,
                                   .content = record->json,
                                   .size = size,
                                   .key_hash = record->key_hash,
                                   .lane = reader->first_lane + lane,
                                   .shard = reader->shard,
                                   .sequence = record->sequence,
                                   .made_ms = record->made_ms,
                               });
}

/* Hold the records from `first` on, as many as one call may write, and move the reader; returns the next. */
static size_t hold(const struct call *call, const struct poll *poll, struct lambda_reader_row *reader,
                   const struct read_records *read, size_t first)
{
    struct slice slice = {RECORDS_AT_ONCE, HELD_AT_ONCE, false};
    struct held_sum sums[MOST_LANES] = {0};
    size_t taken = 0, i = first;

    for (; i < read->count && !slice_is_spent(call, &slice); i++) {
        const struct read_record *record = &read->items[i];
        if (str_present(record->json)) {
            hold_one(call, poll, reader, record, sums);
            taken++;
        }
        slice_spend(&slice, 1, (int64_t)record->json.size);
    }
    add_to_lanes(call, poll, reader->first_lane, sums);
    lambda_events_count(call, &poll->mapping, &poll->settings, EVENTS_POLLED, i - first);
    lambda_events_count(call, &poll->mapping, &poll->settings, EVENTS_FILTERED_OUT, i - first - taken);
    reader->position = read->items[i - 1].sequence;
    lambda_set_reader(call->txn, reader);
    return i;
}

/* ---- reading ---- */

/* The iterator of the reader's place; behind the place, when records there have been trimmed. */
static bool iterator_of(const struct call *call, const struct poll *poll,
                        const struct lambda_reader_row *reader, str *iterator, struct failure *failure)
{
    struct dynamodbstreams_get_shard_iterator_input in = {
        .stream_arn = poll->mapping.source_arn,
        .shard_id = reader->shard,
        .shard_iterator_type = /* StartingPosition has the same words */
        lambda_event_source_position_text(LAMBDA_EVENT_SOURCE_POSITION_TRIM_HORIZON),
    };
    struct dynamodbstreams_get_shard_iterator_output out = {0};

    if (str_present(reader->position)) {
        struct dynamodbstreams_get_shard_iterator_input behind = in;
        behind.sequence_number = reader->position;
        behind.shard_iterator_type = S("AFTER_SEQUENCE_NUMBER");
        bool found =
            invoke(call, poll->role, &DYNAMODBSTREAMS_GET_SHARD_ITERATOR, &behind, &out, failure) == DONE;
        *iterator = out.shard_iterator;
        if (found || failure->error != &DYNAMODBSTREAMS_TRIMMED_DATA_ACCESS_EXCEPTION)
            return found;
    }
    bool found = invoke(call, poll->role, &DYNAMODBSTREAMS_GET_SHARD_ITERATOR, &in, &out, failure) == DONE;
    *iterator = out.shard_iterator;
    return found;
}

/*
 * Begin with the stream's oldest shard: at the start of the mapping, or when the reader's shard is trimmed.
 */
static enum outcome begin_shard(const struct call *call, const struct poll *poll,
                                struct lambda_reader_row *reader, struct failure *failure)
{
    *failure = (struct failure){.message = S("The stream has no shards.")};
    if (!find_shard(call, poll->role,
                    (struct dynamodbstreams_describe_stream_input){.stream_arn = poll->mapping.source_arn},
                    false, &reader->shard, failure))
        return FAILED;
    reader->position = (str){0};
    lambda_set_reader(call->txn, reader);
    return DONE;
}

/* The shard is read to its end. */
static enum outcome next_shard(const struct call *call, const struct poll *poll,
                               struct lambda_reader_row *reader, struct failure *failure)
{
    str child;

    *failure = (struct failure){0};
    if (!find_child(call, poll, reader->shard, &child, failure))
        return failure->error ? FAILED : spawn_rest(call, call->now_ms + NO_SHARD_MS);
    reader->shard = child;
    reader->position = (str){0};
    lambda_set_reader(call->txn, reader);
    return DONE;
}

static bool takes_long(const struct poll *poll, const struct dynamodbstreams_record_list *records)
{
    int64_t size = 0;

    for (size_t i = 0; i < records->count; i++)
        size += *records->items[i].dynamodb->size_bytes;
    return lambda_filter_takes_long(poll->filter, (size_t)size);
}

static enum outcome read_some(const struct call *call, struct poll *poll, struct failure *failure)
{
    struct dynamodbstreams_get_records_output out = {0};
    struct lambda_reader_row reader = {.mapping_id = poll->mapping.id};
    str iterator;

    lambda_get_reader(call->txn, &(struct lambda_get_reader_params){.mapping_id = poll->mapping.id}, &reader);
    if (!str_present(reader.shard))
        return begin_shard(call, poll, &reader, failure);
    if (!iterator_of(call, poll, &reader, &iterator, failure))
        return failure->error == &DYNAMODBSTREAMS_RESOURCE_NOT_FOUND_EXCEPTION
                   ? begin_shard(call, poll, &reader, failure)
                   : FAILED;
    const struct dynamodbstreams_await_records_input in = {
        .shard_iterator = iterator,
        .limit = arena_i64(call->arena, RECORDS_AT_ONCE),
        .wait_seconds = WAIT_SECONDS,
    };
    enum outcome outcome = invoke(call, poll->role, &DYNAMODBSTREAMS_AWAIT_RECORDS, &in, &out, failure);
    if (outcome != DONE)
        return outcome;
    if (takes_long(poll, &out.records)) {
        lambda_matching_begin(call, poll, S(""));
        return DONE;
    }
    struct read_records read = {0};
    match(call, poll, &out.records, &read);
    if (read.count > 0 && hold(call, poll, &reader, &read, 0) < read.count)
        return DONE;
    return str_present(out.next_shard_iterator) ? DONE : next_shard(call, poll, &reader, failure);
}

/* ---- by a worker ---- */

static void *match_next(const struct call *call, const struct poll *poll,
                        const struct lambda_matching_row *matching)
{
    struct read_records *read = arena_new(call->arena, struct read_records);
    struct dynamodbstreams_get_records_output out = {0};
    struct dynamodbstreams_get_records_input in = {.limit = arena_i64(call->arena, RECORDS_AT_ONCE)};
    struct lambda_reader_row reader;
    struct failure failure;

    if (!lambda_get_reader(call->txn, &(struct lambda_get_reader_params){.mapping_id = matching->mapping_id},
                           &reader) ||
        !iterator_of(call, poll, &reader, &in.shard_iterator, &failure) ||
        invoke(call, poll->role, &DYNAMODBSTREAMS_GET_RECORDS, &in, &out, &failure) != DONE)
        return NULL;
    if (call->preparing)
        read_anew(call);
    read->shard = reader.shard;
    read->position = reader.position;
    match(call, poll, &out.records, read);
    return read;
}

/* The first one that is not held yet; their count if the reader is not among them. */
static size_t first_behind(const struct read_records *read, const struct lambda_reader_row *reader)
{
    if (!str_equal(reader->shard, read->shard))
        return read->count;
    if (str_equal(reader->position, read->position))
        return 0;
    for (size_t i = 0; i < read->count; i++)
        if (str_equal(reader->position, read->items[i].sequence))
            return i + 1;
    return read->count;
}

static bool take_next(const struct call *call, const struct poll *poll,
                      const struct lambda_matching_row *matching, void *matched)
{
    const struct read_records *read = matched;
    struct lambda_reader_row reader;

    if (!lambda_get_reader(call->txn, &(struct lambda_get_reader_params){.mapping_id = matching->mapping_id},
                           &reader))
        return true;
    size_t first = first_behind(read, &reader);
    return first == read->count || hold(call, poll, &reader, read, first) == read->count;
}

/* ---- running ---- */

/* Records are read ahead only as far as lanes could use them soon, and as those that are done are removed. */
static bool may_read(const struct call *call, struct poll *poll)
{
    struct lambda_sum_lanes_row held = {0};

    lambda_sum_lanes(call->txn, &(struct lambda_sum_lanes_params){.mapping_id = poll->mapping.id}, &held);
    poll->is_full =
        held.count >= 2 * poll->mapping.batch_size + HELD_AHEAD || held.size >= (int64_t)2 * EVENT_BYTES;
    return !poll->is_full && !held.removing && lambda_lanes_are_made(call, poll->mapping.id);
}

/* Read until there is nothing to read, enough records are held, or other calls have their turn. */
static enum outcome run(const struct call *call, struct poll *poll)
{
    struct failure failure;
    int64_t matched_ms;

    do {
        bool reads = may_read(call, poll);
        if (lambda_matching_is_on(call, poll, &matched_ms))
            reads = false;
        poll->reads_on = reads;
        int64_t due_ms = lambda_lanes_dispatch(call, poll, false);
        if (!reads)
            return spawn_rest(call, due_ms < matched_ms ? due_ms : matched_ms);
        enum outcome outcome = read_some(call, poll, &failure);
        poll->reads_on = outcome == DONE;
        switch (outcome) {
        case PARKED:
            lambda_poller_clear_error(call, &poll->mapping);
            return lambda_stay_parked(call, lambda_lanes_dispatch(call, poll, true));
        case FAILED:
            lambda_lanes_dispatch(call, poll, false);
            return lambda_poller_back_off(call, &poll->mapping,
                                          str_present(failure.reason) ? failure.reason : failure.message);
        case DONE:
            lambda_poller_clear_error(call, &poll->mapping);
        }
    } while (!slice_is_over(call));
    return spawn_rest(call, call->now_ms);
}

const struct event_source LAMBDA_STREAM_SOURCE = {
    .service = "dynamodb",
    .is_stream = true,
    .default_batch_size = 100,
    .user_reason = "User action",
    .conflict = {"The event source arn", "provided mapping already exists"},
    .accepts = accepts,
    .begin = begin,
    .end = end,
    .forget = forget,
    .run = run,
    .match = match_next,
    .take = take_next,
};
