/*
 * tables.c: making, describing, listing and deleting tables.
 *
 * Without --table-delay, a table can be used as soon as CreateTable has answered, and is gone when
 * DeleteTable has.  Their replies say CREATING and DELETING all the same, as AWS's do; DescribeTable, which
 * programs use for waiting, says ACTIVE.  With it, table_status.c ends both.
 */
#include "tables.h"
#include "backups.h"
#include "dynamodb_internal.h"
#include "indexes.h"

#include "base/check.h"
#include "base/hash.h"
#include "engine/page.h"
#include "services/tags/tags.h"

enum { LIST_LIMIT = 100 };

/* ---- describing ---- */

static void add_throughput(const struct call *call, struct dynamodb_table_description *description,
                           const struct dynamodb_settings_row *row)
{
    struct dynamodb_provisioned_throughput_description *throughput =
        arena_new(call->arena, struct dynamodb_provisioned_throughput_description);

    throughput->last_increase_date_time = row->increased_ms;
    throughput->last_decrease_date_time = row->decreased_ms;
    throughput->number_of_decreases_today = arena_i64(call->arena, dynamodb_decreases_today(call, row));
    throughput->read_capacity_units = arena_i64(call->arena, row->read_units);
    throughput->write_capacity_units = arena_i64(call->arena, row->write_units);
    description->provisioned_throughput = throughput;
}

/* Tables that have never been on demand have no summary; the reply of CreateTable has no time in it. */
static void add_billing(const struct call *call, struct dynamodb_table_description *description,
                        const struct dynamodb_settings_row *row)
{
    struct dynamodb_billing_mode_summary *billing =
        arena_new(call->arena, struct dynamodb_billing_mode_summary);

    if (!row->on_demand_ms)
        return;
    billing->billing_mode = dynamodb_billing_mode_text(row->on_demand ? DYNAMODB_BILLING_MODE_PAY_PER_REQUEST
                                                                      : DYNAMODB_BILLING_MODE_PROVISIONED);
    if (!dynamodb_table_is(row->status, DYNAMODB_TABLE_STATUS_CREATING))
        billing->last_update_to_pay_per_request_date_time = row->on_demand_ms;
    description->billing_mode_summary = billing;
}

static void add_on_demand(const struct call *call, struct dynamodb_table_description *description,
                          const struct dynamodb_settings_row *row)
{
    struct dynamodb_on_demand_throughput *bounds =
        arena_new(call->arena, struct dynamodb_on_demand_throughput);

    if (!row->max_read_units && !row->max_write_units)
        return;
    bounds->max_read_request_units = row->max_read_units;
    bounds->max_write_request_units = row->max_write_units;
    description->on_demand_throughput = bounds;
}

static void add_class(const struct call *call, struct dynamodb_table_description *description,
                      const struct dynamodb_settings_row *row)
{
    struct dynamodb_table_class_summary *summary =
        arena_new(call->arena, struct dynamodb_table_class_summary);

    if (!str_present(row->table_class))
        return;
    summary->table_class = row->table_class;
    summary->last_update_date_time = row->class_ms;
    description->table_class_summary = summary;
}

struct dynamodb_read_count_row dynamodb_counted(const struct call *call, const struct table *table)
{
    struct dynamodb_read_count_row counted = {0};

    sums_store(call);
    dynamodb_read_count(call->txn, &(struct dynamodb_read_count_params){.table_id = table->row.id}, &counted);
    return counted;
}

static void add_count(const struct call *call, struct dynamodb_table_description *description,
                      const struct table *table)
{
    struct dynamodb_read_count_row counted = dynamodb_counted(call, table);

    description->item_count = arena_i64(call->arena, counted.items);
    description->table_size_bytes = arena_i64(call->arena, counted.bytes);
}

static void add_warm_throughput(const struct call *call, struct dynamodb_table_description *description,
                                const struct dynamodb_settings_row *row)
{
    struct dynamodb_table_warm_throughput_description *warm =
        arena_new(call->arena, struct dynamodb_table_warm_throughput_description);

    warm->read_units_per_second = arena_i64(call->arena, row->warm_read_units);
    warm->write_units_per_second = arena_i64(call->arena, row->warm_write_units);
    warm->status = dynamodb_table_status_text(row->warming ? DYNAMODB_TABLE_STATUS_UPDATING
                                                           : DYNAMODB_TABLE_STATUS_ACTIVE);
    description->warm_throughput = warm;
}

/* The latest stream stays visible after it is closed. */
static void add_stream(const struct call *call, struct dynamodb_table_description *description,
                       const struct table *table, const struct dynamodb_settings_row *row)
{
    if (row->stream_id) {
        struct dynamodb_stream_specification *specification =
            arena_new(call->arena, struct dynamodb_stream_specification);
        specification->stream_enabled = true;
        specification->stream_view_type = row->stream_view;
        description->stream_specification = specification;
    }
    if (str_present(row->stream_label)) {
        description->latest_stream_label = row->stream_label;
        description->latest_stream_arn = dynamodb_stream_arn(call, table, row->stream_label);
    }
}

/* While an index is being allocated, the table is UPDATING; while it is being filled, ACTIVE. */
static str shown_status(const struct call *call, const struct table *table,
                        const struct dynamodb_settings_row *row)
{
    bool active = dynamodb_table_is(row->status, DYNAMODB_TABLE_STATUS_ACTIVE);

    return active && dynamodb_allocating_index(call, table)
               ? dynamodb_table_status_text(DYNAMODB_TABLE_STATUS_UPDATING)
               : row->status;
}

struct dynamodb_table_description *dynamodb_table_describe(const struct call *call, const struct table *table,
                                                           const struct dynamodb_settings_row *row)
{
    struct dynamodb_table_description *description =
        arena_new(call->arena, struct dynamodb_table_description);

    description->key_schema = dynamodb_keys_described(call->arena, &table->keys);
    description->attribute_definitions = dynamodb_definitions_described(call->arena, table);
    description->table_name = table->name;
    description->table_status = shown_status(call, table, row);
    description->creation_date_time = arena_i64(call->arena, row->created_ms);
    description->table_arn = table->arn;
    description->table_id = row->table_uuid;
    description->deletion_protection_enabled = arena_bool(call->arena, row->protected);
    add_throughput(call, description, row);
    add_billing(call, description, row);
    add_on_demand(call, description, row);
    add_class(call, description, row);
    add_stream(call, description, table, row);
    add_warm_throughput(call, description, row);
    add_count(call, description, table);
    dynamodb_indexes_describe(call, table, dynamodb_table_status_of(row->status), description);
    if (dynamodb_table_is(row->status, DYNAMODB_TABLE_STATUS_CREATING))
        description->restore_summary = dynamodb_restore_summary_of(call, row->id);
    return description;
}

struct dynamodb_settings_row dynamodb_settings_of(const struct call *call, const struct table *table)
{
    struct dynamodb_settings_row row = {0};
    bool found =
        dynamodb_read_settings(call->txn, &(struct dynamodb_read_settings_params){.id = table->row.id}, &row);

    check(found);
    return row;
}

static bool refuse_missing(const struct call *call, const struct table *table)
{
    fail(call, &DYNAMODB_RESOURCE_NOT_FOUND_EXCEPTION, "Requested resource not found: Table: %.*s not found",
         STR_ARGS(table->name));
    return false;
}

static bool table_exists(const struct call *call, const struct table *table)
{
    return table->row.id || refuse_missing(call, table);
}

bool dynamodb_table_is_restored(const struct call *call, const struct table *table)
{
    return dynamodb_table_is(table->row.status, DYNAMODB_TABLE_STATUS_CREATING) &&
           dynamodb_restore_summary_of(call, table->row.id);
}

bool dynamodb_table_is_known(const struct call *call, const struct table *table)
{
    return (table->row.id && !dynamodb_table_is_restored(call, table)) || refuse_missing(call, table);
}

enum outcome dynamodb_describe_table(const struct call *call, const struct dynamodb_describe_table_input *in,
                                     struct dynamodb_describe_table_output *out)
{
    const struct table *table = dynamodb_table_of(call);

    (void)in;
    if (!table || !table_exists(call, table))
        return FAILED;
    struct dynamodb_settings_row row = dynamodb_settings_of(call, table);
    out->table = dynamodb_table_describe(call, table, &row);
    return DONE;
}

/* ---- making ---- */

/* The settings of a new table. */
static struct dynamodb_settings_row
settings_of(const struct call *call, const struct dynamodb_create_table_input *in, const struct table *table)
{
    const struct dynamodb_provisioned_throughput *throughput = in->provisioned_throughput;
    const struct dynamodb_on_demand_throughput *bounds = in->on_demand_throughput;
    bool on_demand = dynamodb_billing_mode_of(in->billing_mode) == DYNAMODB_BILLING_MODE_PAY_PER_REQUEST;
    struct dynamodb_settings_row row = {
        .account = table->account,
        .region = table->region,
        .name = table->name,
        .table_uuid = random_uuid(call->arena),
        .created_ms = call->now_ms,
        .read_units = throughput ? throughput->read_capacity_units : 0,
        .write_units = throughput ? throughput->write_capacity_units : 0,
        .on_demand = on_demand,
        .on_demand_ms = on_demand ? arena_i64(call->arena, call->now_ms) : NULL,
        .max_read_units = bounds ? dynamodb_bound_of(bounds->max_read_request_units) : NULL,
        .max_write_units = bounds ? dynamodb_bound_of(bounds->max_write_request_units) : NULL,
        .table_class = in->table_class,
        .protected = in->deletion_protection_enabled && *in->deletion_protection_enabled,
        .status = dynamodb_table_status_text(DYNAMODB_TABLE_STATUS_CREATING),
    };

    dynamodb_warm_raise(&row, in->warm_throughput);
    return row;
}

struct dynamodb_settings_row
dynamodb_table_add(const struct call *call, const struct dynamodb_create_table_input *in, struct table *table)
{
    struct dynamodb_settings_row row = settings_of(call, in, table);
    struct index_definition_list indexes = dynamodb_definitions_of(call->arena, in);

    table->keys = dynamodb_schema_of(call->arena, &in->key_schema, &in->attribute_definitions);
    row.id = table->row.id = dynamodb_add_table(call->txn, &row);
    dynamodb_keys_store(call, row.id, 0, &table->keys);
    for (size_t i = 0; i < indexes.count; i++)
        dynamodb_index_make(call, table, &indexes.items[i], &in->attribute_definitions);
    dynamodb_add_count(call->txn, &(struct dynamodb_add_count_params){.table_id = table->row.id});
    if (str_present(in->resource_policy))
        dynamodb_policy_begin(call, table, in->resource_policy);
    struct str_map tags = TAGS_MAP(call->arena, &in->tags);
    bool fit = tags_put(call, table->arn, &tags, TAG_CASE_MATTERS);
    check(fit); /* dynamodb_table_check() has checked their number */
    if (in->stream_specification && in->stream_specification->stream_enabled)
        dynamodb_stream_open(call, table, in->stream_specification->stream_view_type);
    return dynamodb_settings_of(call, table);
}

static bool refuse_existing(const struct call *call, const struct table *table)
{
    if (dynamodb_table_is_restored(call, table))
        return dynamodb_refuse_in_use(call, arena_join(call->arena, S("Table is being used: "), table->name));
    if (dynamodb_table_is(table->row.status, DYNAMODB_TABLE_STATUS_CREATING))
        return dynamodb_table_is_settled(call, table);
    fail(call, &DYNAMODB_RESOURCE_IN_USE_EXCEPTION, "Table already exists: %.*s", STR_ARGS(table->name));
    return false;
}

enum outcome dynamodb_create_table(const struct call *call, const struct dynamodb_create_table_input *in,
                                   struct dynamodb_create_table_output *out)
{
    const struct table *located = dynamodb_table_of(call);

    if (!located || !dynamodb_table_check(call, in) || (located->row.id && !refuse_existing(call, located)))
        return FAILED;
    struct table table = *located;
    struct dynamodb_settings_row row = dynamodb_table_add(call, in, &table);
    struct dynamodb_table_description *description = dynamodb_table_describe(call, &table, &row);
    if (!in->warm_throughput)
        description->warm_throughput = NULL;
    out->table_description = description;
    dynamodb_table_settle_later(call, &(struct dynamodb_settle_table_input){.table_id = row.id});
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

/* As AWS: without keys, creation time and warm throughput. */
static const struct dynamodb_table_description *
describe_deleted(const struct call *call, const struct table *table, const struct dynamodb_settings_row *row)
{
    struct dynamodb_table_description *description = dynamodb_table_describe(call, table, row);

    description->attribute_definitions = (struct dynamodb_attribute_definitions){0};
    description->key_schema = (struct dynamodb_key_schema){0};
    description->local_secondary_indexes = (struct dynamodb_local_secondary_index_description_list){0};
    description->global_secondary_indexes = (struct dynamodb_global_secondary_index_description_list){0};
    description->creation_date_time = NULL;
    description->warm_throughput = NULL;
    return description;
}

static bool may_delete(const struct call *call, const struct table *table,
                       const struct dynamodb_settings_row *row)
{
    if (row->protected)
        return dynamodb_refuse(call, S("Resource cannot be deleted as it is currently protected against "
                                       "deletion. Disable deletion protection first."));
    return dynamodb_table_is_settled(call, table) && dynamodb_table_may_be_deleted(call, table, row);
}

void dynamodb_table_remove(const struct call *call, const struct table *table)
{
    int64_t table_id = table->row.id;

    tags_remove_all(call, table->arn);
    if (table->row.stream_id)
        dynamodb_stream_close(call, table);
    for (size_t i = 0; i < table->indexes.count; i++)
        dynamodb_index_remove(call, &table->indexes.items[i]);
    dynamodb_remove_table(call->txn, &(struct dynamodb_remove_table_params){.id = table_id});
    dynamodb_remove_keys(call->txn, &(struct dynamodb_remove_keys_params){.table_id = table_id});
    dynamodb_remove_count(call->txn, &(struct dynamodb_remove_count_params){.table_id = table_id});
    dynamodb_items_remove_later(call, table_id);
    if (table->row.is_kept)
        dynamodb_history_trim_later(call, table_id, call->now_ms);
}

enum outcome dynamodb_delete_table(const struct call *call, const struct dynamodb_delete_table_input *in,
                                   struct dynamodb_delete_table_output *out)
{
    const struct table *table = dynamodb_table_of(call);

    (void)in;
    if (!table || !table_exists(call, table))
        return FAILED;
    struct dynamodb_settings_row row = dynamodb_settings_of(call, table);
    if (!may_delete(call, table, &row))
        return FAILED;
    row.status = dynamodb_table_status_text(DYNAMODB_TABLE_STATUS_DELETING);
    out->table_description = describe_deleted(call, table, &row);
    dynamodb_change_settings(call->txn, &row);
    if (dynamodb_recovery_of(call, row.id, &(struct recovery){0}))
        dynamodb_backup_deleted(call, table);
    dynamodb_table_settle_later(call, &(struct dynamodb_settle_table_input){.table_id = row.id});
    return DONE;
}
