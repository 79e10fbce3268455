/*
 * index_update.c: UpdateTable's GlobalSecondaryIndexUpdates.
 *
 * As on AWS, a request makes or deletes one index at most, and not while another one is being made; the
 * index that is being made may be deleted.
 *
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/GSI.OnlineOps.html
 */
#include "dynamodb_internal.h"
#include "indexes.h"
#include "tables.h"

enum { MAX_UPDATES = 20 }; /* one for each index that a table may have */

/* The name in an update. */
static str name_of(const struct dynamodb_global_secondary_index_update *update)
{
    return update->create   ? update->create->index_name
           : update->update ? update->update->index_name
           : update->delete ? update->delete->index_name
                            : (str){0};
}

static bool has_several(const struct dynamodb_global_secondary_index_update *update)
{
    return (update->create && (update->update || update->delete)) || (update->update && update->delete);
}

static bool refuse_number(const struct call *call)
{
    fail(call, &DYNAMODB_LIMIT_EXCEEDED_EXCEPTION,
         "Subscriber limit exceeded: Only 1 online index can be created or deleted simultaneously per table");
    return false;
}

static bool update_itself_check(const struct call *call,
                                const struct dynamodb_global_secondary_index_update *update,
                                const struct dynamodb_attribute_definitions *definitions)
{
    str name = name_of(update);

    if (!str_present(name))
        return dynamodb_refuse_parameter(
            call, S("One of GlobalSecondaryIndexUpdate.Update, GlobalSecondaryIndexUpdate.Create, "
                    "GlobalSecondaryIndexUpdate.Delete must not be null"));
    if (has_several(update))
        return dynamodb_refuse_parameter(call, S("Only one global secondary index action is allowed per "
                                                 "GlobalSecondaryIndexUpdate object"));
    if (update->create && !definitions->items)
        return dynamodb_refuse_parameter(
            call, arena_join(call->arena, S("AttributeDefinitions is not specified for index: "), name));
    return !update->update || dynamodb_warm_request_check(call, update->update->warm_throughput,
                                                          arena_join(call->arena, S(" for index: "), name));
}

bool dynamodb_index_updates_check(const struct call *call,
                                  const struct dynamodb_global_secondary_index_update_list *updates,
                                  const struct dynamodb_attribute_definitions *definitions)
{
    struct str_list names = {0};
    size_t made = 0;

    if (updates->count == 0 && updates->items)
        return dynamodb_refuse_parameter(call, S("List of GlobalSecondaryIndexUpdates is empty"));
    if (updates->count > MAX_UPDATES)
        return refuse_number(call);
    for (size_t i = 0; i < updates->count; i++) {
        str name = name_of(&updates->items[i]);
        if (!update_itself_check(call, &updates->items[i], definitions))
            return false;
        dynamodb_name_add(call->arena, &names, name);
        if (names.count <= i)
            return dynamodb_refuse_parameter(
                call, arena_join(call->arena,
                                 S("Only one global secondary index update per index is allowed "
                                   "simultaneously. Index: "),
                                 name));
        made += updates->items[i].update ? 0 : 1;
    }
    return made <= 1 || refuse_number(call);
}

/* ---- against the table ---- */

static struct index_definition
definition_of(const struct dynamodb_create_global_secondary_index_action *create)
{
    return (struct index_definition){
        .name = create->index_name,
        .keys = &create->key_schema,
        .projection = create->projection,
        .throughput = create->provisioned_throughput,
        .bounds = create->on_demand_throughput,
        .warm = create->warm_throughput,
    };
}

static bool create_check(const struct call *call, const struct table *table,
                         const struct dynamodb_create_global_secondary_index_action *create,
                         const struct index_update_request *request)
{
    struct index_definition definition = definition_of(create);

    if (dynamodb_backfilling_index(table))
        return refuse_number(call);
    if (dynamodb_index_named(table, create->index_name))
        return dynamodb_refuse(call, S("Attempting to create an index which already exists"));
    return dynamodb_new_index_check(call, table, &definition, request);
}

/* The global index of that name, or NULL after fail(): what is to be done is its deletion, or an update. */
static const struct index *global_index(const struct call *call, const struct table *table, str name,
                                        const char *what)
{
    const struct index *index = dynamodb_index_named(table, name);

    if (index && !index->local)
        return index;
    if (index)
        dynamodb_refuse(call, arena_format(call->arena,
                                           "Cannot %s an index that is not a GlobalSecondaryIndex: %.*s",
                                           what, STR_ARGS(name)));
    else
        fail(call, &DYNAMODB_RESOURCE_NOT_FOUND_EXCEPTION,
             "Requested resource not found: Index %.*s for table %.*s", STR_ARGS(name),
             STR_ARGS(table->name));
    return NULL;
}

/* AWS puts two spaces into one of these. */
static bool refuse_allocating(const struct call *call, const char *sentence, const struct table *table,
                              const struct index *index)
{
    return dynamodb_refuse_in_use(call, arena_format(call->arena, "%sTable: %.*s Index: %.*s", sentence,
                                                     STR_ARGS(table->name), STR_ARGS(index->name)));
}

static bool delete_check(const struct call *call, const struct table *table, str name)
{
    const struct index *index = global_index(call, table, name, "delete"),
                       *backfilling = dynamodb_backfilling_index(table);

    if (index && index == dynamodb_allocating_index(call, table))
        return refuse_allocating(call,
                                 "Index creation is in resource allocation phase. Retry deletion during "
                                 "backfilling phase or when the index is active. ",
                                 table, index);
    return index && (!backfilling || backfilling == index || refuse_number(call));
}

static bool refuse_same(const struct call *call, const struct dynamodb_index_settings_row *row,
                        const struct dynamodb_update_global_secondary_index_action *update)
{
    const struct dynamodb_provisioned_throughput *asked = update->provisioned_throughput;

    return dynamodb_refuse(
        call, arena_format(
                  call->arena,
                  "The provisioned throughput for the index %.*s will not change. The requested value equals "
                  "the current value. Current ReadCapacityUnits provisioned for index %.*s: %lld. Requested "
                  "ReadCapacityUnits: %lld. Current WriteCapacityUnits provisioned for index %.*s: %lld. "
                  "Requested WriteCapacityUnits: %lld. Refer to the Amazon DynamoDB Developer Guide for "
                  "current limits and how to request higher limits.",
                  STR_ARGS(update->index_name), STR_ARGS(update->index_name), (long long)row->read_units,
                  (long long)asked->read_capacity_units, STR_ARGS(update->index_name),
                  (long long)row->write_units, (long long)asked->write_capacity_units));
}

static struct dynamodb_index_settings_row settings_of(const struct call *call, const struct index *index)
{
    struct dynamodb_index_settings_row row = {0};

    dynamodb_read_index_settings(call->txn, &(struct dynamodb_read_index_settings_params){.id = index->id},
                                 &row);
    dynamodb_warm_raise_index(&row, NULL);
    return row;
}

static bool throughput_check(const struct call *call, const struct table *table,
                             const struct dynamodb_update_global_secondary_index_action *update,
                             bool on_demand)
{
    const struct dynamodb_provisioned_throughput *throughput = update->provisioned_throughput;
    struct index_definition definition = {
        .name = update->index_name, .throughput = throughput, .bounds = update->on_demand_throughput};
    bool bounds = dynamodb_has_bounds(update->on_demand_throughput);
    bool only_warms = update->warm_throughput && !throughput && !bounds;

    if (!global_index(call, table, update->index_name, "update"))
        return false;
    if (on_demand && !throughput && !bounds && !update->warm_throughput)
        return dynamodb_refuse_index_throughput(call, update->index_name, on_demand, INDEX_CHANGED);
    return only_warms || dynamodb_index_throughput_check(call, &definition, on_demand, INDEX_CHANGED);
}

static bool update_check(const struct call *call, const struct table *table,
                         const struct dynamodb_update_global_secondary_index_action *update, bool on_demand)
{
    const struct dynamodb_provisioned_throughput *throughput = update->provisioned_throughput;
    struct dynamodb_index_settings_row row;

    if (!throughput_check(call, table, update, on_demand))
        return false;
    const struct index *index = dynamodb_index_named(table, update->index_name);
    if (index == dynamodb_allocating_index(call, table))
        return refuse_allocating(call, "Index is being created but is not backfilling yet.  ", table, index);
    row = settings_of(call, index);
    if (throughput && throughput->read_capacity_units == row.read_units &&
        throughput->write_capacity_units == row.write_units)
        return refuse_same(call, &row, update);
    return dynamodb_warm_update_check(
        call, update->warm_throughput,
        &(struct warm_target){arena_join(call->arena, S("index "), update->index_name),
                              on_demand,
                              {row.warm_read_units, row.warm_write_units}});
}

static bool gets_throughput(const struct dynamodb_global_secondary_index_update_list *updates, str name)
{
    for (size_t i = 0; i < updates->count; i++) {
        const struct dynamodb_update_global_secondary_index_action *update = updates->items[i].update;
        if (update && update->provisioned_throughput && str_equal(update->index_name, name))
            return true;
    }
    return false;
}

/* A table that becomes provisioned needs the throughput of each index. */
static bool billing_check(const struct call *call, const struct table *table,
                          const struct index_update_request *request)
{
    for (size_t i = 0; request->was_on_demand && !request->on_demand && i < table->indexes.count; i++) {
        struct index_definition definition = {.name = table->indexes.items[i].name,
                                              .local = table->indexes.items[i].local};
        if (!gets_throughput(request->updates, definition.name) &&
            !dynamodb_index_throughput_check(call, &definition, false, INDEX_CHANGED))
            return false;
    }
    return true;
}

bool dynamodb_index_updates_fit(const struct call *call, const struct table *table,
                                const struct index_update_request *request)
{
    for (size_t i = 0; i < request->updates->count; i++) {
        const struct dynamodb_global_secondary_index_update *update = &request->updates->items[i];
        if (update->create && !create_check(call, table, update->create, request))
            return false;
        if (update->delete &&!delete_check(call, table, update->delete->index_name))
            return false;
        if (update->update && !update_check(call, table, update->update, request->on_demand))
            return false;
    }
    return billing_check(call, table, request);
}

/* ---- doing it ---- */

/* A defined attribute keeps its type. */
static struct dynamodb_attribute_definitions
merged_definitions(const struct call *call, const struct table *table,
                   const struct dynamodb_attribute_definitions *given)
{
    struct dynamodb_attribute_definitions merged = dynamodb_definitions_described(call->arena, table);

    for (size_t i = 0; i < given->count; i++)
        if (!str_present(dynamodb_definition_type(&merged, given->items[i].attribute_name)))
            *list_add(call->arena, &merged) = given->items[i];
    return merged;
}

static void create(const struct call *call, struct table *table,
                   const struct dynamodb_create_global_secondary_index_action *in,
                   const struct index_update_request *request)
{
    struct index_definition definition = definition_of(in);
    struct dynamodb_attribute_definitions definitions = merged_definitions(call, table, request->definitions);

    dynamodb_index_make(call, table, &definition, &definitions);
    struct index *index = &table->indexes.items[table->indexes.count - 1];
    index->backfilling = index->made = true;
    dynamodb_index_build(call, table, index);
}

static void set_throughput(const struct call *call, const struct index *index,
                           const struct dynamodb_update_global_secondary_index_action *update)
{
    const struct dynamodb_provisioned_throughput *throughput = update->provisioned_throughput;
    const struct dynamodb_on_demand_throughput *bounds = update->on_demand_throughput;
    struct dynamodb_index_settings_row row = settings_of(call, index);

    if (throughput) {
        row.read_units = throughput->read_capacity_units;
        row.write_units = throughput->write_capacity_units;
    }
    if (bounds && bounds->max_read_request_units)
        row.max_read_units = dynamodb_bound_of(bounds->max_read_request_units);
    if (bounds && bounds->max_write_request_units)
        row.max_write_units = dynamodb_bound_of(bounds->max_write_request_units);
    row.warming = update->warm_throughput != NULL;
    dynamodb_warm_raise_index(&row, NULL);
    dynamodb_set_index_settings(call->txn, &row);
}

/* An index of an on-demand table has no throughput, one of a provisioned table no bounds. */
static void change_billing(const struct call *call, const struct index *index, bool on_demand)
{
    struct dynamodb_index_settings_row row = settings_of(call, index);

    if (on_demand)
        row.read_units = row.write_units = 0;
    else
        row.max_read_units = row.max_write_units = NULL;
    dynamodb_set_index_settings(call->txn, &row);
}

void dynamodb_index_updates_settle(const struct call *call, const struct table *table,
                                   const struct dynamodb_global_secondary_index_update_list *updates)
{
    for (size_t i = 0; i < updates->count; i++) {
        const struct dynamodb_update_global_secondary_index_action *update = updates->items[i].update;
        if (!update || !update->warm_throughput)
            continue;
        const struct index *index = dynamodb_index_named(table, update->index_name);
        dynamodb_warm_settle_later(call, &(struct dynamodb_settle_warm_throughput_input){
                                             .table_id = table->row.id,
                                             .index_id = &index->id,
                                             .read_units = update->warm_throughput->read_units_per_second,
                                             .write_units = update->warm_throughput->write_units_per_second,
                                         });
    }
}

void dynamodb_index_updates_apply(const struct call *call, struct table *table,
                                  const struct index_update_request *request)
{
    for (size_t i = 0; request->on_demand != request->was_on_demand && i < table->indexes.count; i++)
        change_billing(call, &table->indexes.items[i], request->on_demand);
    for (size_t i = 0; i < request->updates->count; i++) {
        const struct dynamodb_global_secondary_index_update *update = &request->updates->items[i];
        const struct index *index = dynamodb_index_named(table, name_of(update));
        if (update->create)
            create(call, table, update->create, request);
        else if (update->update)
            set_throughput(call, index, update->update);
        else {
            dynamodb_index_remove(call, index);
            table->indexes.items[index - table->indexes.items].deleted = true;
        }
    }
}
