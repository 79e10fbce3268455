/*
 * global_settings.c: the settings of a global table, which are those of its one replica.
 *
 * A change of them is an UpdateTable, with its checks and its sentences.
 */
#include "global_tables.h"
#include "tables.h"

/* ---- describing ---- */

/* Absent when the mode has no units. */
static const int64_t *units_of(const int64_t *units)
{
    return units && *units > 0 ? units : NULL;
}

static void add_indexes(const struct call *call, struct dynamodb_replica_settings_description *settings,
                        const struct dynamodb_table_description *table,
                        const struct dynamodb_auto_scaling_settings_description *scaling)
{
    for (size_t i = 0; i < table->global_secondary_indexes.count; i++) {
        const struct dynamodb_global_secondary_index_description *index =
            &table->global_secondary_indexes.items[i];
        *list_add(call->arena, &settings->replica_global_secondary_index_settings) =
            (struct dynamodb_replica_global_secondary_index_settings_description){
                .index_name = index->index_description.index_name,
                .index_status = index->index_status,
                .provisioned_read_capacity_units =
                    units_of(index->provisioned_throughput->read_capacity_units),
                .provisioned_read_capacity_auto_scaling_settings = scaling,
                .provisioned_write_capacity_units =
                    units_of(index->provisioned_throughput->write_capacity_units),
                .provisioned_write_capacity_auto_scaling_settings = scaling,
            };
    }
}

static struct dynamodb_replica_settings_description_list
describe(const struct call *call, str region, const struct dynamodb_table_description *table)
{
    struct dynamodb_replica_settings_description_list list = {0};
    struct dynamodb_replica_settings_description *settings = list_add(call->arena, &list);
    struct dynamodb_auto_scaling_settings_description *scaling =
        arena_new(call->arena, struct dynamodb_auto_scaling_settings_description);

    scaling->auto_scaling_disabled = arena_bool(call->arena, true);
    settings->region_name = region;
    settings->replica_status = table->table_status;
    settings->replica_billing_mode_summary = table->billing_mode_summary;
    settings->replica_provisioned_read_capacity_units = table->provisioned_throughput->read_capacity_units;
    settings->replica_provisioned_read_capacity_auto_scaling_settings = scaling;
    settings->replica_provisioned_write_capacity_units = table->provisioned_throughput->write_capacity_units;
    settings->replica_provisioned_write_capacity_auto_scaling_settings = scaling;
    settings->replica_table_class_summary = table->table_class_summary;
    add_indexes(call, settings, table, scaling);
    return list;
}

enum outcome
dynamodb_describe_global_table_settings(const struct call *call,
                                        const struct dynamodb_describe_global_table_settings_input *in,
                                        struct dynamodb_describe_global_table_settings_output *out)
{
    const struct table *table = dynamodb_table_of(call);

    (void)in;
    if (!dynamodb_global_exists(call, table))
        return FAILED;
    struct dynamodb_settings_row row = dynamodb_settings_of(call, table);
    out->global_table_name = table->name;
    out->replica_settings = describe(call, table->region, dynamodb_table_describe(call, table, &row));
    return DONE;
}

/* ---- changing ---- */

/* An UpdateTable that the request becomes. */
struct request {
    const struct call *call;
    const struct dynamodb_table_description *now;
    struct dynamodb_update_table_input update;
};

/* These units; NULL: those that there are. */
static struct dynamodb_provisioned_throughput *
throughput_asked(const struct call *call, const struct dynamodb_provisioned_throughput_description *now,
                 const int64_t *read_units, const int64_t *write_units)
{
    struct dynamodb_provisioned_throughput *asked =
        arena_new(call->arena, struct dynamodb_provisioned_throughput);

    asked->read_capacity_units = read_units ? *read_units : *now->read_capacity_units;
    asked->write_capacity_units = write_units ? *write_units : *now->write_capacity_units;
    return asked;
}

static const struct dynamodb_global_secondary_index_description *index_named(const struct request *request,
                                                                             str name)
{
    for (size_t i = 0; i < request->now->global_secondary_indexes.count; i++)
        if (str_equal(request->now->global_secondary_indexes.items[i].index_description.index_name, name))
            return &request->now->global_secondary_indexes.items[i];
    fail(request->call, &DYNAMODB_INDEX_NOT_FOUND_EXCEPTION,
         "The operation tried to access a nonexistent index.");
    return NULL;
}

/* What the request asks for that index: the update is made when it is asked for first. */
static struct dynamodb_global_secondary_index_update *update_named(struct request *request, str name)
{
    struct dynamodb_global_secondary_index_update_list *updates =
        &request->update.global_secondary_index_updates;

    for (size_t i = 0; i < updates->count; i++)
        if (str_equal(updates->items[i].update->index_name, name))
            return &updates->items[i];
    return list_add(request->call->arena, updates);
}

/* False: fail() has been called. */
static bool add_index(struct request *request, str name, const int64_t *read_units,
                      const int64_t *write_units)
{
    const struct dynamodb_global_secondary_index_description *index = index_named(request, name);

    if (!index)
        return false;
    struct dynamodb_global_secondary_index_update *update = update_named(request, name);
    const struct dynamodb_provisioned_throughput *before =
        update->update ? update->update->provisioned_throughput : NULL;
    struct dynamodb_update_global_secondary_index_action *action =
        arena_new(request->call->arena, struct dynamodb_update_global_secondary_index_action);
    action->index_name = name;
    action->provisioned_throughput =
        throughput_asked(request->call, index->provisioned_throughput,
                         read_units || !before ? read_units : &before->read_capacity_units,
                         write_units || !before ? write_units : &before->write_capacity_units);
    update->update = action;
    return true;
}

static bool add_replica(struct request *request, const struct dynamodb_replica_settings_update *asked)
{
    for (size_t i = 0; i < asked->replica_global_secondary_index_settings_update.count; i++) {
        const struct dynamodb_replica_global_secondary_index_settings_update *index =
            &asked->replica_global_secondary_index_settings_update.items[i];
        if (!add_index(request, index->index_name, index->provisioned_read_capacity_units, NULL))
            return false;
    }
    request->update.table_class = asked->replica_table_class;
    return true;
}

/* NULL when the request names no replica, or after fail(). */
static const struct dynamodb_replica_settings_update *
replica_of(const struct call *call, const struct dynamodb_replica_settings_update_list *updates)
{
    for (size_t i = 0; i < updates->count; i++)
        if (!str_equal(updates->items[i].region_name, call->region)) {
            dynamodb_refuse_no_replica(call);
            return NULL;
        }
    if (updates->count > 1)
        dynamodb_refuse(call, S("One or more parameter values were invalid: ReplicaSettingsUpdate must name "
                                "each region once"));
    return updates->count == 1 ? &updates->items[0] : NULL;
}

static bool add_changes(struct request *request, const struct dynamodb_update_global_table_settings_input *in)
{
    const struct dynamodb_replica_settings_update *replica =
        replica_of(request->call, &in->replica_settings_update);
    const int64_t *read_units = replica ? replica->replica_provisioned_read_capacity_units : NULL,
                  *write_units = in->global_table_provisioned_write_capacity_units;

    if (in->replica_settings_update.count > 0 && !replica)
        return false;
    request->update.table_name = in->global_table_name;
    request->update.billing_mode = in->global_table_billing_mode;
    if (read_units || write_units)
        request->update.provisioned_throughput =
            throughput_asked(request->call, request->now->provisioned_throughput, read_units, write_units);
    for (size_t i = 0; i < in->global_table_global_secondary_index_settings_update.count; i++) {
        const struct dynamodb_global_table_global_secondary_index_settings_update *index =
            &in->global_table_global_secondary_index_settings_update.items[i];
        if (!add_index(request, index->index_name, NULL, index->provisioned_write_capacity_units))
            return false;
    }
    return !replica || add_replica(request, replica);
}

enum outcome
dynamodb_update_global_table_settings(const struct call *call,
                                      const struct dynamodb_update_global_table_settings_input *in,
                                      struct dynamodb_update_global_table_settings_output *out)
{
    const struct table *table = dynamodb_table_of(call);

    if (!dynamodb_global_exists(call, table))
        return FAILED;
    struct dynamodb_settings_row row = dynamodb_settings_of(call, table);
    struct request request = {.call = call, .now = dynamodb_table_describe(call, table, &row)};
    if (!add_changes(&request, in))
        return FAILED;
    const struct dynamodb_table_description *changed = dynamodb_table_update(call, table, &request.update);
    if (!changed)
        return FAILED;
    out->global_table_name = table->name;
    out->replica_settings = describe(call, table->region, changed);
    return DONE;
}
