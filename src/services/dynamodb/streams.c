/*
 * streams.c: a table's stream: opening, closing, finding, listing and describing it.
 *
 * A table has at most one open stream.  A closed one stays readable for STREAM_KEPT_MS, even when its table
 * is deleted; it has its own rows for that.
 */
#include "stream_internal.h"
#include "tables.h"

#include "aws/arn.h"
#include "engine/page.h"

enum { LIST_LIMIT = 100 };

int64_t dynamodb_stream_horizon_ms(const struct call *call)
{
    return call->now_ms - STREAM_KEPT_MS;
}

static str arn_of(const struct call *call, str table_name, str label)
{
    return arn(call, S("dynamodb"),
               arena_format(call->arena, "table/%.*s/stream/%.*s", STR_ARGS(table_name), STR_ARGS(label)));
}

str dynamodb_stream_arn(const struct call *call, const struct table *table, str label)
{
    struct call there = call_in(call, table->account, table->region);

    return arn_of(&there, table->name, label);
}

/* ---- opening and closing ---- */

/* When the stream begins, but later than an older one of the table that began in the same millisecond. */
static str new_label(const struct call *call, const struct table *table)
{
    struct dynamodb_stream_row taken;

    for (int64_t ms = call->now_ms;; ms++) {
        str text = time_iso8601_ms(call->arena, ms);
        str label = str_head(text, text.size - 1); /* without the Z */
        if (!dynamodb_find_stream(call->txn,
                                  &(struct dynamodb_find_stream_params){.account = table->account,
                                                                        .region = table->region,
                                                                        .table_name = table->name,
                                                                        .label = label},
                                  &taken))
            return label;
    }
}

static void trim_later(const struct call *call, int64_t stream_id, int64_t due_ms)
{
    timer_set(call, &DYNAMODBSTREAMS_TRIM_STREAM, arena_decimal(call->arena, stream_id), due_ms,
              &(struct dynamodbstreams_trim_stream_input){.stream_id = stream_id});
}

void dynamodb_stream_open(const struct call *call, const struct table *table, str view_type)
{
    str label = new_label(call, table);
    int64_t id = dynamodb_add_stream(
        call->txn, &(struct dynamodb_stream_row){
                       .account = table->account,
                       .region = table->region,
                       .table_name = table->name,
                       .label = label,
                       .view_type = view_type,
                       .hash_name = table->keys.items[0].name,
                       .range_name = table->keys.count > 1 ? table->keys.items[1].name : (str){0},
                       .created_ms = call->now_ms,
                   });

    dynamodb_shard_open(call, id, (str){0}, 1);
    dynamodb_set_stream(call->txn, &(struct dynamodb_set_stream_params){.id = table->row.id,
                                                                        .stream_id = &id,
                                                                        .stream_view = view_type,
                                                                        .stream_label = label});
    trim_later(call, id, call->now_ms + STREAM_KEPT_MS + 1);
}

void dynamodb_stream_close(const struct call *call, const struct table *table)
{
    int64_t id = *table->row.stream_id;
    struct dynamodb_find_last_shard_row shard;

    if (dynamodb_find_last_shard(call->txn, &(struct dynamodb_find_last_shard_params){.stream_id = id},
                                 &shard))
        dynamodb_shard_close(call, id, &shard);
    dynamodb_close_stream(call->txn,
                          &(struct dynamodb_close_stream_params){.closed_ms = &call->now_ms, .id = id});
    dynamodb_set_stream(
        call->txn, &(struct dynamodb_set_stream_params){
                       .id = table->row.id, .stream_label = dynamodb_settings_of(call, table).stream_label});
}

/* ---- StreamSpecification ---- */

bool dynamodb_stream_check(const struct call *call, const struct dynamodb_stream_specification *specification)
{
    if (!specification || specification->stream_enabled == str_present(specification->stream_view_type))
        return true;
    return dynamodb_refuse(
        call,
        specification->stream_enabled
            ? S("One or more parameter values were invalid: Table is being created with a stream enabled, "
                "UpdateViewType is required")
            : S("One or more parameter values were invalid: Table is being created with a stream "
                "disabled, UpdateViewType should not be specified"));
}

bool dynamodb_stream_request_check(const struct call *call,
                                   const struct dynamodb_stream_specification *specification)
{
    if (!specification || specification->stream_enabled == str_present(specification->stream_view_type))
        return true;
    return dynamodb_refuse(
        call, specification->stream_enabled
                  ? S("One or more parameter values were invalid: If stream is being enabled then "
                      "UpdateViewType is required")
                  : S("One or more parameter values were invalid: If stream is being disabled, then "
                      "UpdateViewType must not be specified"));
}

bool dynamodb_stream_update(const struct call *call, const struct table *table,
                            const struct dynamodb_stream_specification *specification,
                            struct dynamodb_settings_row *settings)
{
    bool enabled = table->row.stream_id != NULL;

    if (!specification)
        return true;
    if (enabled == specification->stream_enabled)
        return dynamodb_refuse(
            call, arena_format(call->arena, "Table %s: TableName: %.*s",
                               enabled ? "already has an enabled stream" : "has no stream to disable",
                               STR_ARGS(table->name)));
    if (enabled)
        dynamodb_stream_close(call, table);
    else
        dynamodb_stream_open(call, table, specification->stream_view_type);
    *settings = dynamodb_settings_of(call, table);
    return true;
}

/* ---- finding ---- */

/* arn:aws:dynamodb:<region>:<account>:table/<name>/stream/<label> */
static bool read_arn(str text, struct dynamodb_stream_row *key)
{
    struct arn parts;

    if (!arn_parse(text, &parts) || !str_equal(parts.partition, S("aws")) ||
        !str_equal(parts.service, S("dynamodb")) || !str_starts_with(parts.resource, S("table/")))
        return false;
    str resource = str_from(parts.resource, sizeof "table/" - 1);
    ptrdiff_t slash = str_index(resource, '/');
    if (slash <= 0 || !str_starts_with(str_from(resource, (size_t)slash), S("/stream/")))
        return false;
    key->account = parts.account;
    key->region = parts.region;
    key->table_name = str_head(resource, (size_t)slash);
    key->label = str_from(resource, (size_t)slash + sizeof "/stream/" - 1);
    return str_present(key->label);
}

bool dynamodb_stream_find(const struct call *call, str text, struct stream *stream)
{
    struct dynamodb_stream_row row = {0};

    *stream = (struct stream){.arn = text};
    if (!read_arn(text, &stream->row))
        return false;
    if (dynamodb_find_stream(call->txn,
                             &(struct dynamodb_find_stream_params){.account = stream->row.account,
                                                                   .region = stream->row.region,
                                                                   .table_name = stream->row.table_name,
                                                                   .label = stream->row.label},
                             &row) &&
        (!row.closed_ms || *row.closed_ms >= dynamodb_stream_horizon_ms(call)))
        stream->row = row;
    return true;
}

struct resource dynamodb_stream_resource(const struct call *call, const struct stream *stream)
{
    struct dynamodb_policy_row policy = {0};

    if (stream->row.has_policy)
        dynamodb_read_stream_policy(
            call->txn, &(struct dynamodb_read_stream_policy_params){.id = stream->row.id}, &policy);
    return (struct resource){.arn = stream->arn, .policy = policy.policy, .row = stream};
}

bool dynamodb_locate_stream_arn(const struct call *call, str text, struct resource *found)
{
    struct stream *stream = arena_new(call->arena, struct stream);

    if (!dynamodb_stream_find(call, text, stream))
        return false;
    *found = dynamodb_stream_resource(call, stream);
    return true;
}

static bool refuse(const struct call *call, const char *sentence)
{
    fail(call, &DYNAMODBSTREAMS_VALIDATION_EXCEPTION, "%s", sentence);
    return false;
}

bool dynamodbstreams_locate_stream(const struct call *call, str given, struct resource *found)
{
    return (dynamodb_locate_stream_arn(call, given, found) &&
            str_equal(((const struct stream *)found->row)->row.region, call->region)) ||
           refuse(call, "Invalid StreamArn");
}

const struct stream *dynamodb_stream_of(const struct call *call, const struct stream *stream)
{
    if (stream->row.id)
        return stream;
    fail(call, &DYNAMODBSTREAMS_RESOURCE_NOT_FOUND_EXCEPTION,
         "Requested resource not found: Stream: %.*s not found", STR_ARGS(stream->arn));
    return NULL;
}

/* ---- listing ---- */

bool dynamodbstreams_locate_listed_streams(const struct call *call,
                                           const struct dynamodbstreams_list_streams_input *in,
                                           struct resource *found)
{
    str name = str_present(in->table_name) ? in->table_name : S("*");

    *found = (struct resource){.arn = arn_of(call, name, S("*"))};
    return true;
}

bool dynamodb_stream_limit(const struct call *call, const int64_t *limit, int64_t most, int64_t *read)
{
    *read = limit ? *limit : most;
    if (*read <= most)
        return true;
    fail(
        call, &DYNAMODBSTREAMS_VALIDATION_EXCEPTION,
        "1 validation error detected: Value '%lld' at 'limit' failed to satisfy constraint: Member must have "
        "value less than or equal to %lld",
        (long long)*read, (long long)most);
    return false;
}

static void add_stream(const struct call *call, struct dynamodbstreams_list_streams_output *out, str name,
                       str label)
{
    struct dynamodbstreams_stream *stream = list_add(call->arena, &out->streams);

    stream->stream_arn = arn_of(call, name, label);
    stream->table_name = name;
    stream->stream_label = label;
}

static void list_all(const struct call *call, const struct dynamodb_stream_row *after, struct page *page,
                     struct dynamodbstreams_list_streams_output *out)
{
    struct dynamodb_list_streams_rows rows = dynamodb_list_streams(
        call->txn, &(struct dynamodb_list_streams_params){.account = call->account,
                                                          .region = call->region,
                                                          .table_name = after->table_name,
                                                          .label = after->label,
                                                          .horizon_ms = dynamodb_stream_horizon_ms(call),
                                                          .limit = page_rows(page)});

    for (size_t i = 0; i < rows.count && page_takes(page, rows.items[i].label); i++)
        add_stream(call, out, rows.items[i].table_name, rows.items[i].label);
}

static void list_of_table(const struct call *call, str name, const struct dynamodb_stream_row *after,
                          struct page *page, struct dynamodbstreams_list_streams_output *out)
{
    struct dynamodb_list_table_streams_rows rows = dynamodb_list_table_streams(
        call->txn, &(struct dynamodb_list_table_streams_params){
                       .account = call->account,
                       .region = call->region,
                       .table_name = name,
                       .label = str_equal(after->table_name, name) ? after->label : S(""),
                       .horizon_ms = dynamodb_stream_horizon_ms(call),
                       .limit = page_rows(page)});

    for (size_t i = 0; i < rows.count && page_takes(page, rows.items[i].label); i++)
        add_stream(call, out, rows.items[i].table_name, rows.items[i].label);
}

enum outcome dynamodbstreams_list_streams(const struct call *call,
                                          const struct dynamodbstreams_list_streams_input *in,
                                          struct dynamodbstreams_list_streams_output *out)
{
    struct dynamodb_stream_row after = {.table_name = S(""), .label = S("")};
    struct page page = {0};

    if (!dynamodb_stream_limit(call, in->limit, LIST_LIMIT, &page.limit))
        return FAILED;
    if (str_present(in->exclusive_start_stream_arn) && !read_arn(in->exclusive_start_stream_arn, &after) &&
        !refuse(call, "Invalid StreamArn"))
        return FAILED;
    list_make_empty(call->arena, &out->streams);
    if (str_present(in->table_name))
        list_of_table(call, in->table_name, &after, &page, out);
    else
        list_all(call, &after, &page, out);
    if (page.more)
        out->last_evaluated_stream_arn = out->streams.items[out->streams.count - 1].stream_arn;
    return DONE;
}

/* ---- describing ---- */

static void add_key(const struct call *call, struct dynamodbstreams_stream_description *description, str name,
                    enum dynamodbstreams_key_type key_type)
{
    if (str_present(name))
        *list_add(call->arena, &description->key_schema) = (struct dynamodbstreams_key_schema_element){
            .attribute_name = name, .key_type = dynamodbstreams_key_type_text(key_type)};
}

static void add_shard(const struct call *call, struct dynamodbstreams_stream_description *description,
                      const struct dynamodb_stream_row *stream, const struct dynamodb_shard_row *row)
{
    struct dynamodbstreams_shard *shard = list_add(call->arena, &description->shards);
    struct dynamodbstreams_sequence_number_range *range =
        arena_new(call->arena, struct dynamodbstreams_sequence_number_range);

    range->starting_sequence_number = dynamodb_sequence_number(call->arena, stream, row->first_number);
    if (row->last_number)
        range->ending_sequence_number = dynamodb_sequence_number(
            call->arena, stream, dynamodb_shard_end(row->first_number, *row->last_number));
    shard->shard_id = row->name;
    shard->parent_shard_id = row->parent;
    shard->sequence_number_range = range;
}

static bool filter_check(const struct call *call, const struct dynamodbstreams_shard_filter *filter)
{
    if (!filter || (str_present(filter->type) && str_present(filter->shard_id)))
        return true;
    return refuse(call,
                  "One or more parameter values were invalid: ShardFilter must have a Type and a ShardId");
}

static void add_shards(const struct call *call, const struct dynamodbstreams_describe_stream_input *in,
                       const struct dynamodb_stream_row *stream, struct page *page,
                       struct dynamodbstreams_stream_description *description)
{
    struct dynamodb_shard_rows rows = dynamodb_list_shards(
        call->txn,
        &(struct dynamodb_list_shards_params){
            .stream_id = stream->id,
            .after = str_present(in->exclusive_start_shard_id) ? in->exclusive_start_shard_id : S(""),
            .horizon_ms = dynamodb_stream_horizon_ms(call),
            .of_parent = in->shard_filter ? in->shard_filter->shard_id : (str){0},
            .limit = page_rows(page)});

    list_make_empty(call->arena, &description->shards);
    for (size_t i = 0; i < rows.count && page_takes(page, rows.items[i].name); i++)
        add_shard(call, description, stream, &rows.items[i]);
    if (page->more)
        description->last_evaluated_shard_id = page->last;
}

enum outcome dynamodbstreams_describe_stream(const struct call *call,
                                             const struct dynamodbstreams_describe_stream_input *in,
                                             struct dynamodbstreams_describe_stream_output *out)
{
    const struct stream *stream = dynamodb_stream_of(call, call_resource(call, 0)->row);
    struct page page = {0};

    if (!stream || !dynamodb_stream_limit(call, in->limit, LIST_LIMIT, &page.limit) ||
        !filter_check(call, in->shard_filter))
        return FAILED;
    struct dynamodbstreams_stream_description *description =
        arena_new(call->arena, struct dynamodbstreams_stream_description);
    description->stream_arn = stream->arn;
    description->stream_label = stream->row.label;
    description->stream_status =
        dynamodbstreams_stream_status_text(stream->row.closed_ms ? DYNAMODBSTREAMS_STREAM_STATUS_DISABLED
                                                                 : DYNAMODBSTREAMS_STREAM_STATUS_ENABLED);
    description->stream_view_type = stream->row.view_type;
    description->creation_request_date_time = arena_i64(call->arena, stream->row.created_ms);
    description->table_name = stream->row.table_name;
    add_key(call, description, stream->row.hash_name, DYNAMODBSTREAMS_KEY_TYPE_HASH);
    add_key(call, description, stream->row.range_name, DYNAMODBSTREAMS_KEY_TYPE_RANGE);
    add_shards(call, in, &stream->row, &page, description);
    out->stream_description = description;
    return DONE;
}
