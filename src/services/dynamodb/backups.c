/*
 * backups.c: on-demand backups: made, described, listed and deleted.
 *
 * A backup has all that it needs to restore the table: the definition, and its items, which backup_copy.c
 * copies.  It outlives its table.  A system backup is that of a deleted table with point-in-time recovery.
 */
#include "backups.h"
#include "dynamodb_internal.h"
#include "indexes.h"
#include "tables.h"

#include "aws/arn.h"
#include "base/check.h"
#include "base/hash.h"
#include "base/time.h"

enum {
    SYSTEM_DAYS = 35,
    LIST_LIMIT = 100,
    KEY_TIME_DIGITS = 14, /* of 01791525400213-63b4d36a */
    MS_PER_DAY = 24 * 3600 * MS_PER_S,
};

/* ---- ARNs ---- */

str dynamodb_backup_arn(const struct call *call, const struct dynamodb_backup_row *row)
{
    return arn_build(call->arena, &(struct arn){.service = S("dynamodb"),
                                                .region = row->region,
                                                .account = row->account,
                                                .resource = arena_format(
                                                    call->arena, "table/%.*s/backup/%.*s",
                                                    STR_ARGS(row->table_name), STR_ARGS(row->backup_key))});
}

str dynamodb_backup_table_arn(const struct call *call, const struct dynamodb_backup_row *row)
{
    return arn_build(call->arena,
                     &(struct arn){.service = S("dynamodb"),
                                   .region = row->region,
                                   .account = row->account,
                                   .resource = arena_join(call->arena, S("table/"), row->table_name)});
}

/* Fill in what the ARN says; false: it is not a backup's. */
static bool read_arn(str text, struct dynamodb_backup_row *row)
{
    struct arn arn;
    str rest, name = {0}, word = {0};

    if (!arn_parse(text, &arn) || !str_equal(arn.partition, S("aws")) ||
        !str_equal(arn.service, S("dynamodb")) || !str_starts_with(arn.resource, S("table/")))
        return false;
    rest = str_from(arn.resource, sizeof "table/" - 1);
    if (!str_next(&rest, '/', &name) || !str_next(&rest, '/', &word) || !str_equal(word, S("backup")))
        return false;
    *row = (struct dynamodb_backup_row){
        .account = arn.account, .region = arn.region, .table_name = name, .backup_key = rest};
    return rest.size > KEY_TIME_DIGITS && str_to_i64(str_head(rest, KEY_TIME_DIGITS), &row->created_ms);
}

/* A backup is restored in any region, and used for everything else in its own. */
static bool may_be_in(const struct call *call, str region)
{
    return str_equal(region, call->region) || call->operation == &DYNAMODB_RESTORE_TABLE_FROM_BACKUP;
}

bool dynamodb_locate_backup(const struct call *call, str given, struct resource *found)
{
    struct dynamodb_backup_row *row = arena_new(call->arena, struct dynamodb_backup_row);
    struct dynamodb_backup_row named;

    if (!read_arn(given, &named) || !may_be_in(call, named.region))
        return dynamodb_refuse(call, S("Invalid Backup ARN"));
    found->arn = given;
    found->row = row;
    dynamodb_find_backup(call->txn,
                         &(struct dynamodb_find_backup_params){.account = named.account,
                                                               .region = named.region,
                                                               .created_ms = named.created_ms,
                                                               .backup_key = named.backup_key,
                                                               .table_name = named.table_name},
                         row);
    return true;
}

const struct dynamodb_backup_row *dynamodb_backup_at(const struct call *call, size_t index)
{
    const struct resource *resource = call_resource(call, index);
    const struct dynamodb_backup_row *row = resource->row;

    if (row->id)
        return row;
    fail(call, &DYNAMODB_BACKUP_NOT_FOUND_EXCEPTION, "Backup not found: %.*s", STR_ARGS(resource->arn));
    return NULL;
}

/* ---- making ---- */

static void define_indexes(const struct call *call, const struct dynamodb_table_description *described,
                           struct dynamodb_create_table_input *definition)
{
    for (size_t i = 0; i < described->local_secondary_indexes.count; i++) {
        const struct dynamodb_index_description *index =
            &described->local_secondary_indexes.items[i].index_description;
        *list_add(call->arena, &definition->local_secondary_indexes) =
            (struct dynamodb_local_secondary_index){.index_name = index->index_name,
                                                    .key_schema = index->key_schema,
                                                    .projection = index->projection};
    }
    for (size_t i = 0; i < described->global_secondary_indexes.count; i++) {
        const struct dynamodb_global_secondary_index_description *index =
            &described->global_secondary_indexes.items[i];
        const struct dynamodb_provisioned_throughput_description *units = index->provisioned_throughput;
        struct dynamodb_provisioned_throughput *throughput =
            arena_new(call->arena, struct dynamodb_provisioned_throughput);
        *throughput = (struct dynamodb_provisioned_throughput){*units->read_capacity_units,
                                                               *units->write_capacity_units};
        *list_add(call->arena, &definition->global_secondary_indexes) =
            (struct dynamodb_global_secondary_index){
                .index_name = index->index_description.index_name,
                .key_schema = index->index_description.key_schema,
                .projection = index->index_description.projection,
                .provisioned_throughput = throughput->read_capacity_units ? throughput : NULL,
                .on_demand_throughput = index->on_demand_throughput,
            };
    }
}

struct dynamodb_create_table_input dynamodb_definition_of(const struct call *call, const struct table *table,
                                                          const struct dynamodb_settings_row *row)
{
    struct dynamodb_provisioned_throughput *throughput =
        arena_new(call->arena, struct dynamodb_provisioned_throughput);
    struct dynamodb_on_demand_throughput *bounds =
        arena_new(call->arena, struct dynamodb_on_demand_throughput);
    struct dynamodb_create_table_input definition = {
        .table_name = table->name,
        .attribute_definitions = dynamodb_definitions_described(call->arena, table),
        .key_schema = dynamodb_keys_described(call->arena, &table->keys),
        .billing_mode = dynamodb_billing_mode_text(row->on_demand ? DYNAMODB_BILLING_MODE_PAY_PER_REQUEST
                                                                  : DYNAMODB_BILLING_MODE_PROVISIONED),
    };

    *throughput = (struct dynamodb_provisioned_throughput){row->read_units, row->write_units};
    *bounds = (struct dynamodb_on_demand_throughput){row->max_read_units, row->max_write_units};
    definition.provisioned_throughput = row->on_demand ? NULL : throughput;
    definition.on_demand_throughput = row->max_read_units || row->max_write_units ? bounds : NULL;
    define_indexes(call, dynamodb_table_describe(call, table, row), &definition);
    return definition;
}

/* Begin a backup of the table as it is now. */
static struct dynamodb_backup_row begin(const struct call *call, const struct table *table, str name,
                                        enum dynamodb_backup_type type)
{
    struct dynamodb_settings_row settings = dynamodb_settings_of(call, table);
    struct dynamodb_create_table_input definition = dynamodb_definition_of(call, table, &settings);
    struct dynamodb_read_count_row counted = dynamodb_counted(call, table);
    bool of_system = type == DYNAMODB_BACKUP_TYPE_SYSTEM;
    str suffix = of_system ? S("00000000") : str_head(random_uuid(call->arena), 8);

    struct dynamodb_backup_row row = {
        .account = table->account,
        .region = table->region,
        .table_name = table->name,
        .backup_key = arena_format(call->arena, "%014lld-%.*s", (long long)call->now_ms, STR_ARGS(suffix)),
        .name = name,
        .type = dynamodb_backup_type_text(type),
        .status = dynamodb_backup_status_text(DYNAMODB_BACKUP_STATUS_CREATING),
        .created_ms = call->now_ms,
        .expires_ms =
            of_system ? arena_i64(call->arena, call->now_ms + (int64_t)SYSTEM_DAYS * MS_PER_DAY) : NULL,
        .table_uuid = settings.table_uuid,
        .table_created_ms = settings.created_ms,
        .stream_view = table->row.stream_view,
        .ttl_name = table->row.ttl_name,
        .definition = model_to_json(call->arena, &DYNAMODB_CREATE_TABLE_INPUT, &definition),
        .items = counted.items,
        .bytes = counted.bytes,
    };
    row.id = dynamodb_add_backup(call->txn, &row);
    dynamodb_copy_begin(call, &(struct dynamodb_copy_row){.source_id = &table->row.id,
                                                          .version_id = dynamodb_version_now(call),
                                                          .backup_id = &row.id});
    return row;
}

void dynamodb_backup_deleted(const struct call *call, const struct table *table)
{
    struct dynamodb_backup_row row =
        begin(call, table, arena_join(call->arena, table->name, S("$DeletedTableBackup")),
              DYNAMODB_BACKUP_TYPE_SYSTEM);

    timer_set(call, &DYNAMODB_REMOVE_BACKUP, arena_decimal(call->arena, row.id), *row.expires_ms,
              &(struct dynamodb_remove_backup_input){.backup_id = row.id});
}

/* ---- describing ---- */

static const struct dynamodb_backup_details *
details_of(const struct call *call, const struct dynamodb_backup_row *row, enum dynamodb_backup_status status)
{
    struct dynamodb_backup_details *details = arena_new(call->arena, struct dynamodb_backup_details);

    details->backup_arn = dynamodb_backup_arn(call, row);
    details->backup_name = row->name;
    details->backup_size_bytes = arena_i64(call->arena, row->bytes);
    details->backup_status = dynamodb_backup_status_text(status);
    details->backup_type = row->type;
    details->backup_creation_date_time = row->created_ms;
    details->backup_expiry_date_time = row->expires_ms;
    return details;
}

static const struct dynamodb_source_table_details *
source_of(const struct call *call, const struct dynamodb_backup_row *row,
          const struct dynamodb_create_table_input *definition)
{
    struct dynamodb_source_table_details *source =
        arena_new(call->arena, struct dynamodb_source_table_details);
    struct dynamodb_source_throughput *throughput = arena_new(call->arena, struct dynamodb_source_throughput);

    if (definition->provisioned_throughput)
        *throughput =
            (struct dynamodb_source_throughput){definition->provisioned_throughput->read_capacity_units,
                                                definition->provisioned_throughput->write_capacity_units};
    source->table_name = row->table_name;
    source->table_id = row->table_uuid;
    source->table_arn = dynamodb_backup_table_arn(call, row);
    source->table_size_bytes = arena_i64(call->arena, row->bytes);
    source->key_schema = definition->key_schema;
    source->table_creation_date_time = row->table_created_ms;
    source->provisioned_throughput = throughput;
    source->on_demand_throughput = definition->on_demand_throughput;
    source->item_count = arena_i64(call->arena, row->items);
    source->billing_mode = definition->billing_mode;
    return source;
}

static void add_index_features(const struct call *call, const struct dynamodb_create_table_input *definition,
                               struct dynamodb_source_table_feature_details *features)
{
    for (size_t i = 0; i < definition->local_secondary_indexes.count; i++) {
        const struct dynamodb_local_secondary_index *index = &definition->local_secondary_indexes.items[i];
        *list_add(call->arena, &features->local_secondary_indexes) =
            (struct dynamodb_local_secondary_index_info){.index_name = index->index_name,
                                                         .key_schema = index->key_schema,
                                                         .projection = index->projection};
    }
    for (size_t i = 0; i < definition->global_secondary_indexes.count; i++) {
        const struct dynamodb_global_secondary_index *index = &definition->global_secondary_indexes.items[i];
        *list_add(call->arena, &features->global_secondary_indexes) =
            (struct dynamodb_global_secondary_index_info){
                .index_name = index->index_name,
                .key_schema = index->key_schema,
                .projection = index->projection,
                .provisioned_throughput = index->provisioned_throughput,
                .on_demand_throughput = index->on_demand_throughput,
            };
    }
}

/* What was on: a table without any of it has an empty structure. */
static const struct dynamodb_source_table_feature_details *
features_of(const struct call *call, const struct dynamodb_backup_row *row,
            const struct dynamodb_create_table_input *definition)
{
    struct dynamodb_source_table_feature_details *features =
        arena_new(call->arena, struct dynamodb_source_table_feature_details);
    struct dynamodb_time_to_live_description *ttl =
        arena_new(call->arena, struct dynamodb_time_to_live_description);
    struct dynamodb_stream_specification *stream =
        arena_new(call->arena, struct dynamodb_stream_specification);

    add_index_features(call, definition, features);
    ttl->time_to_live_status = dynamodb_time_to_live_status_text(DYNAMODB_TIME_TO_LIVE_STATUS_ENABLED);
    ttl->attribute_name = row->ttl_name;
    features->time_to_live_description = str_present(row->ttl_name) ? ttl : NULL;
    stream->stream_enabled = true;
    stream->stream_view_type = row->stream_view;
    features->stream_description = str_present(row->stream_view) ? stream : NULL;
    return features;
}

struct dynamodb_create_table_input dynamodb_backup_definition(const struct call *call,
                                                              const struct dynamodb_backup_row *row)
{
    struct dynamodb_create_table_input definition = {0};
    bool well = model_from_json(call->arena, &DYNAMODB_CREATE_TABLE_INPUT, row->definition, &definition);

    check(well);
    return definition;
}

static const struct dynamodb_backup_description *
describe(const struct call *call, const struct dynamodb_backup_row *row, enum dynamodb_backup_status status)
{
    struct dynamodb_create_table_input definition = dynamodb_backup_definition(call, row);
    struct dynamodb_backup_description *description =
        arena_new(call->arena, struct dynamodb_backup_description);

    description->backup_details = details_of(call, row, status);
    description->source_table_details = source_of(call, row, &definition);
    description->source_table_feature_details = features_of(call, row, &definition);
    return description;
}

/* ---- the operations ---- */

enum outcome dynamodb_create_backup(const struct call *call, const struct dynamodb_create_backup_input *in,
                                    struct dynamodb_create_backup_output *out)
{
    const struct table *table = dynamodb_table_of(call);

    if (!table || !dynamodb_table_backed(call, table))
        return FAILED;
    struct dynamodb_backup_row row = begin(call, table, in->backup_name, DYNAMODB_BACKUP_TYPE_USER);
    out->backup_details = details_of(call, &row, DYNAMODB_BACKUP_STATUS_CREATING);
    return DONE;
}

enum outcome dynamodb_describe_backup(const struct call *call,
                                      const struct dynamodb_describe_backup_input *in,
                                      struct dynamodb_describe_backup_output *out)
{
    const struct dynamodb_backup_row *row = dynamodb_backup_at(call, 0);

    (void)in;
    if (!row)
        return FAILED;
    out->backup_description = describe(call, row, dynamodb_backup_status_of(row->status));
    return DONE;
}

static bool may_delete(const struct call *call, const struct dynamodb_backup_row *row)
{
    str arn = dynamodb_backup_arn(call, row);

    if (row->expires_ms)
        return dynamodb_refuse(
            call, arena_format(call->arena,
                               "Invalid Request: User is not allowed to delete the system backup "
                               "with arn %.*s. It will automatically expire on %.*s",
                               STR_ARGS(arn), STR_ARGS(time_iso8601(call->arena, *row->expires_ms))));
    if (row->restores > 0)
        fail(call, &DYNAMODB_BACKUP_IN_USE_EXCEPTION, "Backup is being used to restore table: %.*s",
             STR_ARGS(arn));
    else if (dynamodb_backup_status_of(row->status) == DYNAMODB_BACKUP_STATUS_CREATING)
        fail(call, &DYNAMODB_BACKUP_IN_USE_EXCEPTION, "Backup is being created: %.*s", STR_ARGS(arn));
    else
        return true;
    return false;
}

enum outcome dynamodb_delete_backup(const struct call *call, const struct dynamodb_delete_backup_input *in,
                                    struct dynamodb_delete_backup_output *out)
{
    const struct dynamodb_backup_row *row = dynamodb_backup_at(call, 0);

    (void)in;
    if (!row || !may_delete(call, row))
        return FAILED;
    out->backup_description = describe(call, row, DYNAMODB_BACKUP_STATUS_DELETED);
    dynamodb_remove_backup(call, &(struct dynamodb_remove_backup_input){.backup_id = row->id}, NULL);
    return DONE;
}

/* ---- listing ---- */

/* Fill in where the list begins. */
static bool read_start(const struct call *call, str arn, struct dynamodb_list_backup_rows_params *params)
{
    struct dynamodb_backup_row start;

    params->backup_key = S("");
    if (!str_present(arn))
        return true;
    if (!read_arn(arn, &start))
        return dynamodb_refuse(call, S("Invalid Backup ARN"));
    params->created_ms = start.created_ms;
    params->backup_key = start.backup_key;
    return str_equal(start.region, call->region) ||
           dynamodb_refuse(
               call, S("Invalid Request: The supplied ExclusiveStartBackupArn does not match the region"));
}

/* The table need not exist any more. */
static bool read_table(const struct call *call, str name_or_arn,
                       struct dynamodb_list_backup_rows_params *params)
{
    struct resource found = {0};

    if (!str_present(name_or_arn))
        return true;
    if (!dynamodb_locate_table(call, name_or_arn, &found) || !dynamodb_refuse_other_account(call, &found))
        return false;
    params->of_table = ((const struct table *)found.row)->name;
    return true;
}

static bool read_filters(const struct call *call, const struct dynamodb_list_backups_input *in,
                         struct dynamodb_list_backup_rows_params *params)
{
    str type = str_present(in->backup_type)
                   ? in->backup_type
                   : dynamodb_backup_type_filter_text(DYNAMODB_BACKUP_TYPE_FILTER_USER);
    bool all = dynamodb_backup_type_filter_of(type) == DYNAMODB_BACKUP_TYPE_FILTER_ALL;

    params->account = call->account;
    params->region = call->region;
    params->of_type = all ? (str){0} : type;
    params->lower_ms = in->time_range_lower_bound ? *in->time_range_lower_bound : 0;
    params->upper_ms = in->time_range_upper_bound ? *in->time_range_upper_bound : INT64_MAX;
    if (params->lower_ms > params->upper_ms)
        return dynamodb_refuse(
            call, S("One or more parameter values were invalid: Time range lower bound must be less "
                    "than or equal to upper bound"));
    return read_table(call, in->table_name, params) &&
           read_start(call, in->exclusive_start_backup_arn, params);
}

static void add_summary(const struct call *call, const struct dynamodb_backup_row *row,
                        struct dynamodb_list_backups_output *out)
{
    *list_add(call->arena, &out->backup_summaries) = (struct dynamodb_backup_summary){
        .table_name = row->table_name,
        .table_id = row->table_uuid,
        .table_arn = dynamodb_backup_table_arn(call, row),
        .backup_arn = dynamodb_backup_arn(call, row),
        .backup_name = row->name,
        .backup_creation_date_time = arena_i64(call->arena, row->created_ms),
        .backup_expiry_date_time = row->expires_ms,
        .backup_status = row->status,
        .backup_type = row->type,
        .backup_size_bytes = arena_i64(call->arena, row->bytes),
    };
}

enum outcome dynamodb_list_backups(const struct call *call, const struct dynamodb_list_backups_input *in,
                                   struct dynamodb_list_backups_output *out)
{
    struct dynamodb_list_backup_rows_params params = {0};
    int64_t limit = in->limit ? *in->limit : LIST_LIMIT;

    if (!read_filters(call, in, &params))
        return FAILED;
    params.limit = limit + 1;
    struct dynamodb_backup_rows rows = dynamodb_list_backup_rows(call->txn, &params);
    list_make_empty(call->arena, &out->backup_summaries);
    for (size_t i = 0; i < rows.count && (int64_t)i < limit; i++)
        add_summary(call, &rows.items[i], out);
    if ((int64_t)rows.count > limit)
        out->last_evaluated_backup_arn = dynamodb_backup_arn(call, &rows.items[limit - 1]);
    return DONE;
}
