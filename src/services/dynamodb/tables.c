/*
 * tables.c: making, describing, listing and deleting tables.
 *
 * A table can be used as soon as CreateTable has answered.  Its reply says CREATING all the same, as AWS's
 * does; DescribeTable, which programs use for waiting, says ACTIVE.
 */
#include "dynamodb_internal.h"

#include "base/check.h"
#include "base/hash.h"
#include "engine/page.h"
#include "services/tags/tags.h"

enum {
    LIST_LIMIT = 100,
    WARM_READ_UNITS = 12000, /* of an on-demand table, in a second */
    WARM_WRITE_UNITS = 4000,
};

/* ---- describing ---- */

static void add_throughput(const struct call *call, struct dynamodb_table_description *description,
                           const struct dynamodb_read_settings_row *row)
{
    struct dynamodb_provisioned_throughput_description *throughput =
        arena_new(call->arena, struct dynamodb_provisioned_throughput_description);

    throughput->number_of_decreases_today = arena_i64(call->arena, 0);
    throughput->read_capacity_units = arena_i64(call->arena, row->read_units);
    throughput->write_capacity_units = arena_i64(call->arena, row->write_units);
    description->provisioned_throughput = throughput;
}

static void add_on_demand(const struct call *call, struct dynamodb_table_description *description,
                          const struct dynamodb_read_settings_row *row)
{
    if (row->on_demand) {
        struct dynamodb_billing_mode_summary *billing =
            arena_new(call->arena, struct dynamodb_billing_mode_summary);
        billing->billing_mode = dynamodb_billing_mode_text(DYNAMODB_BILLING_MODE_PAY_PER_REQUEST);
        billing->last_update_to_pay_per_request_date_time = arena_i64(call->arena, row->created_ms);
        description->billing_mode_summary = billing;
    }
    if (row->max_read_units || row->max_write_units) {
        struct dynamodb_on_demand_throughput *bounds =
            arena_new(call->arena, struct dynamodb_on_demand_throughput);
        bounds->max_read_request_units = row->max_read_units;
        bounds->max_write_request_units = row->max_write_units;
        description->on_demand_throughput = bounds;
    }
}

static void add_class(const struct call *call, struct dynamodb_table_description *description,
                      const struct dynamodb_read_settings_row *row)
{
    if (!str_present(row->table_class))
        return;
    struct dynamodb_table_class_summary *summary =
        arena_new(call->arena, struct dynamodb_table_class_summary);
    summary->table_class = row->table_class;
    description->table_class_summary = summary;
}

static void add_count(const struct call *call, struct dynamodb_table_description *description,
                      const struct table *table)
{
    struct dynamodb_read_count_row counted = {0};

    sums_store(call);
    dynamodb_read_count(call->txn, &(struct dynamodb_read_count_params){.table_id = table->row.id}, &counted);
    description->item_count = arena_i64(call->arena, counted.items);
    description->table_size_bytes = arena_i64(call->arena, counted.bytes);
}

/* As on AWS, only DescribeTable shows it; a provisioned table can always serve the throughput that it has. */
static void add_warm_throughput(const struct call *call, struct dynamodb_table_description *description,
                                const struct dynamodb_read_settings_row *row)
{
    struct dynamodb_table_warm_throughput_description *warm =
        arena_new(call->arena, struct dynamodb_table_warm_throughput_description);

    warm->read_units_per_second = arena_i64(call->arena, row->on_demand ? WARM_READ_UNITS : row->read_units);
    warm->write_units_per_second =
        arena_i64(call->arena, row->on_demand ? WARM_WRITE_UNITS : row->write_units);
    warm->status = dynamodb_table_status_text(DYNAMODB_TABLE_STATUS_ACTIVE);
    description->warm_throughput = warm;
}

/* While an index is being filled, the table is UPDATING. */
static enum dynamodb_table_status shown_status(const struct table *table, enum dynamodb_table_status status)
{
    for (size_t i = 0; status == DYNAMODB_TABLE_STATUS_ACTIVE && i < table->indexes.count; i++)
        if (table->indexes.items[i].backfilling)
            return DYNAMODB_TABLE_STATUS_UPDATING;
    return status;
}

struct dynamodb_table_description *dynamodb_table_describe(const struct call *call, const struct table *table,
                                                           enum dynamodb_table_status status)
{
    struct dynamodb_table_description *description =
        arena_new(call->arena, struct dynamodb_table_description);
    struct dynamodb_read_settings_row row = {0};

    dynamodb_read_settings(call->txn, &(struct dynamodb_read_settings_params){.id = table->row.id}, &row);
    description->key_schema = dynamodb_keys_described(call->arena, &table->keys);
    description->attribute_definitions = dynamodb_definitions_described(call->arena, table);
    description->table_name = table->name;
    description->table_status = dynamodb_table_status_text(shown_status(table, status));
    description->creation_date_time = arena_i64(call->arena, row.created_ms);
    description->table_arn = table->arn;
    description->table_id = row.table_uuid;
    description->deletion_protection_enabled = arena_bool(call->arena, row.protected);
    add_throughput(call, description, &row);
    add_on_demand(call, description, &row);
    add_class(call, description, &row);
    if (status == DYNAMODB_TABLE_STATUS_ACTIVE)
        add_warm_throughput(call, description, &row);
    add_count(call, description, table);
    dynamodb_indexes_describe(call, table, status, description);
    return description;
}

static bool refuse_missing(const struct call *call, const struct table *table)
{
    fail(call, &DYNAMODB_RESOURCE_NOT_FOUND_EXCEPTION, "Requested resource not found: Table: %.*s not found",
         STR_ARGS(table->name));
    return false;
}

enum outcome dynamodb_describe_table(const struct call *call, const struct dynamodb_describe_table_input *in,
                                     struct dynamodb_describe_table_output *out)
{
    const struct table *table = dynamodb_table_of(call);

    (void)in;
    if (!table || (!table->row.id && !refuse_missing(call, table)))
        return FAILED;
    out->table = dynamodb_table_describe(call, table, DYNAMODB_TABLE_STATUS_ACTIVE);
    return DONE;
}

/* Every table has continuous backups on AWS; point-in-time recovery is off until it is turned on. */
enum outcome dynamodb_describe_continuous_backups(const struct call *call,
                                                  const struct dynamodb_describe_continuous_backups_input *in,
                                                  struct dynamodb_describe_continuous_backups_output *out)
{
    struct dynamodb_continuous_backups_description *description =
        arena_new(call->arena, struct dynamodb_continuous_backups_description);
    struct dynamodb_point_in_time_recovery_description *recovery =
        arena_new(call->arena, struct dynamodb_point_in_time_recovery_description);
    const struct table *table = dynamodb_table_of(call);

    (void)in;
    if (!table)
        return FAILED;
    if (!table->row.id)
        return fail(call, &DYNAMODB_TABLE_NOT_FOUND_EXCEPTION, "Table not found: %.*s",
                    STR_ARGS(table->name));
    recovery->point_in_time_recovery_status =
        dynamodb_point_in_time_recovery_status_text(DYNAMODB_POINT_IN_TIME_RECOVERY_STATUS_DISABLED);
    description->continuous_backups_status =
        dynamodb_continuous_backups_status_text(DYNAMODB_CONTINUOUS_BACKUPS_STATUS_ENABLED);
    description->point_in_time_recovery_description = recovery;
    out->continuous_backups_description = description;
    return DONE;
}

enum outcome dynamodb_describe_time_to_live(const struct call *call,
                                            const struct dynamodb_describe_time_to_live_input *in,
                                            struct dynamodb_describe_time_to_live_output *out)
{
    struct dynamodb_time_to_live_description *description =
        arena_new(call->arena, struct dynamodb_time_to_live_description);
    const struct table *table = dynamodb_table_of(call);

    (void)in;
    if (!table || (!table->row.id && !refuse_missing(call, table)))
        return FAILED;
    description->time_to_live_status =
        dynamodb_time_to_live_status_text(DYNAMODB_TIME_TO_LIVE_STATUS_DISABLED);
    out->time_to_live_description = description;
    return DONE;
}

/* ---- making ---- */

static void add(const struct call *call, const struct dynamodb_create_table_input *in, struct table *table)
{
    const struct dynamodb_provisioned_throughput *throughput = in->provisioned_throughput;
    const struct dynamodb_on_demand_throughput *bounds = in->on_demand_throughput;

    struct index_definition_list indexes = dynamodb_definitions_of(call->arena, in);

    table->keys = dynamodb_schema_of(call->arena, &in->key_schema, &in->attribute_definitions);
    table->row.id = dynamodb_add_table(
        call->txn,
        &(struct dynamodb_add_table_params){
            .account = table->account,
            .region = table->region,
            .name = table->name,
            .table_uuid = random_uuid(call->arena),
            .created_ms = call->now_ms,
            .read_units = throughput ? throughput->read_capacity_units : 0,
            .write_units = throughput ? throughput->write_capacity_units : 0,
            .on_demand = dynamodb_billing_mode_of(in->billing_mode) == DYNAMODB_BILLING_MODE_PAY_PER_REQUEST,
            .max_read_units = bounds ? bounds->max_read_request_units : NULL,
            .max_write_units = bounds ? bounds->max_write_request_units : NULL,
            .table_class = in->table_class,
            .protected = in->deletion_protection_enabled && *in->deletion_protection_enabled,
        });
    dynamodb_keys_store(call, table->row.id, 0, &table->keys);
    for (size_t i = 0; i < indexes.count; i++)
        dynamodb_index_make(call, table, &indexes.items[i], &in->attribute_definitions);
    dynamodb_add_count(call->txn, &(struct dynamodb_add_count_params){.table_id = table->row.id});
    struct str_map tags = TAGS_MAP(call->arena, &in->tags);
    bool fit = tags_put(call, table->arn, &tags, TAG_CASE_MATTERS);
    check(fit); /* dynamodb_table_check() has checked their number */
}

enum outcome dynamodb_create_table(const struct call *call, const struct dynamodb_create_table_input *in,
                                   struct dynamodb_create_table_output *out)
{
    const struct table *located = dynamodb_table_of(call);

    if (!located || !dynamodb_table_check(call, in))
        return FAILED;
    struct table table = *located;
    if (table.row.id)
        return fail(call, &DYNAMODB_RESOURCE_IN_USE_EXCEPTION, "Table already exists: %.*s",
                    STR_ARGS(table.name));
    add(call, in, &table);
    out->table_description = dynamodb_table_describe(call, &table, DYNAMODB_TABLE_STATUS_CREATING);
    return DONE;
}

/* ---- listing ---- */

enum outcome dynamodb_list_tables(const struct call *call, const struct dynamodb_list_tables_input *in,
                                  struct dynamodb_list_tables_output *out)
{
    bool first = !str_present(in->exclusive_start_table_name);
    struct page page = {.after = first ? S("") : in->exclusive_start_table_name,
                        .limit = in->limit ? *in->limit : LIST_LIMIT};
    struct dynamodb_list_names_rows rows =
        dynamodb_list_names(call->txn, &(struct dynamodb_list_names_params){
                                           .account = call->account,
                                           .region = call->region,
                                           .after = page.after,
                                           .limit = page_rows(&page),
                                       });

    list_make_empty(call->arena, &out->table_names);
    for (size_t i = 0; i < rows.count && page_takes(&page, rows.items[i].name); i++)
        *list_add(call->arena, &out->table_names) = rows.items[i].name;
    if (page.more)
        out->last_evaluated_table_name = page.last;
    return DONE;
}

/* ---- deleting ---- */

/* As AWS: without keys and creation time. */
static const struct dynamodb_table_description *describe_deleted(const struct call *call,
                                                                 const struct table *table)
{
    struct dynamodb_table_description *description =
        dynamodb_table_describe(call, table, DYNAMODB_TABLE_STATUS_DELETING);

    description->attribute_definitions = (struct dynamodb_attribute_definitions){0};
    description->key_schema = (struct dynamodb_key_schema){0};
    description->local_secondary_indexes = (struct dynamodb_local_secondary_index_description_list){0};
    description->global_secondary_indexes = (struct dynamodb_global_secondary_index_description_list){0};
    description->creation_date_time = NULL;
    return description;
}

static void remove_rows(const struct call *call, const struct table *table)
{
    int64_t table_id = table->row.id;

    for (size_t i = 0; i < table->indexes.count; i++)
        dynamodb_index_remove(call, &table->indexes.items[i]);
    dynamodb_remove_table(call->txn, &(struct dynamodb_remove_table_params){.id = table_id});
    dynamodb_remove_keys(call->txn, &(struct dynamodb_remove_keys_params){.table_id = table_id});
    dynamodb_remove_count(call->txn, &(struct dynamodb_remove_count_params){.table_id = table_id});
}

enum outcome dynamodb_delete_table(const struct call *call, const struct dynamodb_delete_table_input *in,
                                   struct dynamodb_delete_table_output *out)
{
    struct dynamodb_read_settings_row row = {0};
    const struct table *table = dynamodb_table_of(call);

    (void)in;
    if (!table || (!table->row.id && !refuse_missing(call, table)))
        return FAILED;
    dynamodb_read_settings(call->txn, &(struct dynamodb_read_settings_params){.id = table->row.id}, &row);
    if (row.protected)
        return fail(call, &DYNAMODB_VALIDATION_EXCEPTION,
                    "Resource cannot be deleted as it is currently protected against deletion. Disable "
                    "deletion protection first.");
    out->table_description = describe_deleted(call, table);
    tags_remove_all(call, table->arn);
    remove_rows(call, table);
    dynamodb_items_remove_later(call, table->row.id);
    return DONE;
}
