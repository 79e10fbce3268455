/*
 * index_describe.c: makes, describes and removes the secondary indexes of a table.
 */
#include "dynamodb_internal.h"
#include "indexes.h"
#include "tables.h"

#include <stdlib.h>

/* https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/GSI.html#GSI.StorageConsiderations */
enum { ENTRY_OVERHEAD_BYTES = 100 };

/* ---- making ---- */

struct key_schema dynamodb_schema_of(struct arena *arena, const struct dynamodb_key_schema *keys,
                                     const struct dynamodb_attribute_definitions *definitions)
{
    struct key_attribute *attributes = arena_alloc(arena, keys->count * sizeof *attributes);
    struct key_schema schema = {.items = attributes, .count = keys->count};

    for (size_t i = 0; i < keys->count; i++) {
        str name = keys->items[i].attribute_name;
        attributes[i] = (struct key_attribute){name, dynamodb_definition_type(definitions, name)};
        if (dynamodb_key_type_of(keys->items[i].key_type) == DYNAMODB_KEY_TYPE_HASH)
            schema.hash_count++;
    }
    return schema;
}

static enum dynamodb_key_type kind_of(const struct key_schema *schema, size_t at)
{
    return at < schema->hash_count ? DYNAMODB_KEY_TYPE_HASH : DYNAMODB_KEY_TYPE_RANGE;
}

void dynamodb_keys_store(const struct call *call, int64_t table_id, int64_t index_number,
                         const struct key_schema *schema)
{
    for (size_t i = 0; i < schema->count; i++)
        dynamodb_add_key(call->txn,
                         &(struct dynamodb_add_key_params){
                             .table_id = table_id,
                             .index_number = index_number,
                             .kind = dynamodb_key_type_text(kind_of(schema, i)),
                             .position = (int64_t)(i < schema->hash_count ? i : i - schema->hash_count),
                             .name = schema->items[i].name,
                             .type = schema->items[i].type,
                         });
}

void dynamodb_index_make(const struct call *call, struct table *table,
                         const struct index_definition *definition,
                         const struct dynamodb_attribute_definitions *definitions)
{
    const struct dynamodb_provisioned_throughput *throughput = definition->throughput;
    const struct dynamodb_on_demand_throughput *bounds = definition->bounds;
    struct index *index = list_add(call->arena, &table->indexes);

    *index = (struct index){
        .name = definition->name,
        .local = definition->local,
        .projection = dynamodb_projection_type_of(definition->projection->projection_type),
        .keys = dynamodb_schema_of(call->arena, definition->keys, definitions),
        .non_key_attributes = definition->projection->non_key_attributes,
    };
    struct dynamodb_index_settings_row row = {
        .read_units = throughput ? throughput->read_capacity_units : 0,
        .write_units = throughput ? throughput->write_capacity_units : 0,
        .max_read_units = bounds ? dynamodb_bound_of(bounds->max_read_request_units) : NULL,
        .max_write_units = bounds ? dynamodb_bound_of(bounds->max_write_request_units) : NULL,
    };
    dynamodb_warm_raise_index(&row, definition->warm);
    index->id = dynamodb_add_index(call->txn, &(struct dynamodb_add_index_params){
                                                  .table_id = table->row.id,
                                                  .name = index->name,
                                                  .kind = index->local ? S("LOCAL") : S("GLOBAL"),
                                                  .projection = definition->projection->projection_type,
                                                  .read_units = row.read_units,
                                                  .write_units = row.write_units,
                                                  .max_read_units = row.max_read_units,
                                                  .max_write_units = row.max_write_units,
                                                  .warm_read_units = row.warm_read_units,
                                                  .warm_write_units = row.warm_write_units,
                                              });
    dynamodb_keys_store(call, table->row.id, index->id, &index->keys);
    for (size_t i = 0; i < index->non_key_attributes.count; i++)
        dynamodb_add_index_attribute(
            call->txn,
            &(struct dynamodb_add_index_attribute_params){
                .index_id = index->id, .position = (int64_t)i, .name = index->non_key_attributes.items[i]});
    dynamodb_add_index_count(call->txn, &(struct dynamodb_add_index_count_params){.index_id = index->id});
}

/* ---- describing ---- */

struct dynamodb_key_schema dynamodb_keys_described(struct arena *arena, const struct key_schema *schema)
{
    struct dynamodb_key_schema keys = {0};

    for (size_t i = 0; i < schema->count; i++)
        *list_add(arena, &keys) = (struct dynamodb_key_schema_element){
            .attribute_name = schema->items[i].name, .key_type = dynamodb_key_type_text(kind_of(schema, i))};
    return keys;
}

static void define(struct arena *arena, const struct key_schema *schema,
                   struct dynamodb_attribute_definitions *definitions)
{
    for (size_t i = 0; i < schema->count; i++)
        if (!str_present(dynamodb_definition_type(definitions, schema->items[i].name)))
            *list_add(arena, definitions) = (struct dynamodb_attribute_definition){
                .attribute_name = schema->items[i].name, .attribute_type = schema->items[i].type};
}

static int by_name(const void *a, const void *b)
{
    return str_compare(((const struct dynamodb_attribute_definition *)a)->attribute_name,
                       ((const struct dynamodb_attribute_definition *)b)->attribute_name);
}

struct dynamodb_attribute_definitions dynamodb_definitions_described(struct arena *arena,
                                                                     const struct table *table)
{
    struct dynamodb_attribute_definitions definitions = {0};

    define(arena, &table->keys, &definitions);
    for (size_t i = 0; i < table->indexes.count; i++)
        define(arena, &table->indexes.items[i].keys, &definitions);
    if (definitions.count > 1)
        qsort(definitions.items, definitions.count, sizeof *definitions.items, by_name);
    return definitions;
}

static const struct dynamodb_projection *describe_projection(struct arena *arena, const struct index *index)
{
    struct dynamodb_projection *projection = arena_new(arena, struct dynamodb_projection);

    projection->projection_type = dynamodb_projection_type_text(index->projection);
    if (index->projection == DYNAMODB_PROJECTION_TYPE_INCLUDE)
        for (size_t i = 0; i < index->non_key_attributes.count; i++)
            *list_add(arena, &projection->non_key_attributes) = index->non_key_attributes.items[i];
    dynamodb_names_sort(&projection->non_key_attributes);
    return projection;
}

static struct dynamodb_read_index_count_row count_of(const struct call *call, const struct index *index)
{
    struct dynamodb_read_index_count_row counted = {0};

    sums_store(call);
    dynamodb_read_index_count(call->txn, &(struct dynamodb_read_index_count_params){.index_id = index->id},
                              &counted);
    return counted;
}

static struct dynamodb_index_description describe(const struct call *call, const struct table *table,
                                                  const struct index *index)
{
    struct dynamodb_read_index_count_row counted = count_of(call, index);

    return (struct dynamodb_index_description){
        .index_name = index->name,
        .key_schema = dynamodb_keys_described(call->arena, &index->keys),
        .projection = describe_projection(call->arena, index),
        .index_size_bytes = arena_i64(call->arena, counted.bytes + counted.entries * ENTRY_OVERHEAD_BYTES),
        .item_count = arena_i64(call->arena, counted.entries),
        .index_arn = dynamodb_index_arn(call->arena, table, index->name),
    };
}

static void add_throughput(const struct call *call, const struct dynamodb_index_settings_row *row,
                           struct dynamodb_global_secondary_index_description *description)
{
    struct dynamodb_provisioned_throughput_description *throughput =
        arena_new(call->arena, struct dynamodb_provisioned_throughput_description);

    throughput->number_of_decreases_today = arena_i64(call->arena, 0);
    throughput->read_capacity_units = arena_i64(call->arena, row->read_units);
    throughput->write_capacity_units = arena_i64(call->arena, row->write_units);
    description->provisioned_throughput = throughput;
    if (row->max_read_units || row->max_write_units) {
        struct dynamodb_on_demand_throughput *bounds =
            arena_new(call->arena, struct dynamodb_on_demand_throughput);
        bounds->max_read_request_units = row->max_read_units;
        bounds->max_write_request_units = row->max_write_units;
        description->on_demand_throughput = bounds;
    }
}

static void add_warm_throughput(const struct call *call, const struct dynamodb_index_settings_row *row,
                                struct dynamodb_global_secondary_index_description *description)
{
    struct dynamodb_global_secondary_index_warm_throughput_description *warm =
        arena_new(call->arena, struct dynamodb_global_secondary_index_warm_throughput_description);

    warm->read_units_per_second = arena_i64(call->arena, row->warm_read_units);
    warm->write_units_per_second = arena_i64(call->arena, row->warm_write_units);
    warm->status =
        row->warming ? dynamodb_index_status_text(DYNAMODB_INDEX_STATUS_UPDATING) : description->index_status;
    description->warm_throughput = warm;
}

static struct dynamodb_index_settings_row settings_of(const struct call *call, const struct index *index)
{
    struct dynamodb_index_settings_row row = {0};

    dynamodb_read_index_settings(call->txn, &(struct dynamodb_read_index_settings_params){.id = index->id},
                                 &row);
    return row;
}

static enum dynamodb_index_status index_status(const struct index *index, enum dynamodb_table_status status)
{
    if (index->deleted || status == DYNAMODB_TABLE_STATUS_DELETING)
        return DYNAMODB_INDEX_STATUS_DELETING;
    return index->backfilling || status == DYNAMODB_TABLE_STATUS_CREATING ? DYNAMODB_INDEX_STATUS_CREATING
                                                                          : DYNAMODB_INDEX_STATUS_ACTIVE;
}

void dynamodb_indexes_describe(const struct call *call, const struct table *table,
                               enum dynamodb_table_status status,
                               struct dynamodb_table_description *description)
{
    for (size_t i = 0; i < table->indexes.count; i++) {
        const struct index *index = &table->indexes.items[i];
        if (index->local) {
            list_add(call->arena, &description->local_secondary_indexes)->index_description =
                describe(call, table, index);
            continue;
        }
        struct dynamodb_global_secondary_index_description *global =
            list_add(call->arena, &description->global_secondary_indexes);
        struct dynamodb_index_settings_row row = settings_of(call, index);
        global->index_description = describe(call, table, index);
        add_throughput(call, &row, global);
        global->index_status = dynamodb_index_status_text(index_status(index, status));
        if (index->backfilling)
            global->backfilling =
                arena_bool(call->arena, !index->made && index != dynamodb_allocating_index(call, table));
        if (status != DYNAMODB_TABLE_STATUS_CREATING)
            add_warm_throughput(call, &row, global);
    }
}

/* ---- removing ---- */

void dynamodb_index_remove(const struct call *call, const struct index *index)
{
    dynamodb_remove_index(call->txn, &(struct dynamodb_remove_index_params){.id = index->id});
    dynamodb_remove_index_attributes(
        call->txn, &(struct dynamodb_remove_index_attributes_params){.index_id = index->id});
    dynamodb_remove_backfill(call->txn, &(struct dynamodb_remove_backfill_params){.index_id = index->id});
    dynamodb_remove_index_count(call->txn,
                                &(struct dynamodb_remove_index_count_params){.index_id = index->id});
    dynamodb_entries_remove_later(call, index->id);
}
