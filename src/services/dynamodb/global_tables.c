/*
 * global_tables.c: global tables of one region.
 *
 * A global table of version 2017.11.29 is its replica: a table that has the time when it became global, and
 * with which the global table ends.  The replica is in the region of the request; others are refused.
 * Replicas of version 2019.11.21 are those in other regions, so each of its updates is refused.
 *
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/globaltables.V1.html
 */
#include "global_tables.h"
#include "dynamodb_internal.h"
#include "tables.h"

#include "aws/arn.h"
#include "engine/page.h"

enum { LIST_LIMIT = 100 };

/* ---- refusals ---- */

static bool refuse_region(const struct call *call, str region)
{
    return dynamodb_refuse(
        call, arena_format(call->arena,
                           "Region %.*s is not supported. The latest version of global tables are only "
                           "supported in the following regions: [%.*s]",
                           STR_ARGS(region), STR_ARGS(call->region)));
}

/* AWS's sentence has no end. */
static bool refuse_update(const struct call *call)
{
    return dynamodb_refuse(call, S("One or more parameter values were invalid: "));
}

bool dynamodb_refuse_no_replica(const struct call *call)
{
    fail(call, &DYNAMODB_REPLICA_NOT_FOUND_EXCEPTION,
         "The specified replica is no longer part of the global table.");
    return false;
}

/* ---- finding ---- */

static str global_arn(const struct call *call, const struct table *table)
{
    return arn_build(call->arena,
                     &(struct arn){.service = S("dynamodb"),
                                   .account = table->account,
                                   .resource = arena_join(call->arena, S("global-table/"), table->name)});
}

bool dynamodb_locate_global(const struct call *call, str given, struct resource *found)
{
    struct resource table = {0};

    if (!dynamodb_locate_table(call, given, &table))
        return false;
    found->row = table.row;
    found->arn = global_arn(call, table.row);
    return true;
}

static const int64_t *global_ms_of(const struct call *call, const struct table *table)
{
    return table->row.id ? dynamodb_settings_of(call, table).global_ms : NULL;
}

const int64_t *dynamodb_global_exists(const struct call *call, const struct table *table)
{
    const int64_t *global_ms = table ? global_ms_of(call, table) : NULL;

    if (table && !global_ms)
        fail(call, &DYNAMODB_GLOBAL_TABLE_NOT_FOUND_EXCEPTION,
             "Global table with name: '%.*s' does not exist.", STR_ARGS(table->name));
    return global_ms;
}

/* ---- describing ---- */

static const struct dynamodb_global_table_description *describe(const struct call *call,
                                                                const struct table *table, int64_t global_ms,
                                                                enum dynamodb_global_table_status status,
                                                                enum dynamodb_replica_status replica)
{
    struct dynamodb_global_table_description *description =
        arena_new(call->arena, struct dynamodb_global_table_description);

    *list_add(call->arena, &description->replication_group) = (struct dynamodb_replica_description){
        .region_name = table->region, .replica_status = dynamodb_replica_status_text(replica)};
    description->global_table_arn = global_arn(call, table);
    description->creation_date_time = arena_i64(call->arena, global_ms);
    description->global_table_status = dynamodb_global_table_status_text(status);
    description->global_table_name = table->name;
    return description;
}

enum outcome dynamodb_describe_global_table(const struct call *call,
                                            const struct dynamodb_describe_global_table_input *in,
                                            struct dynamodb_describe_global_table_output *out)
{
    const struct table *table = dynamodb_table_of(call);
    const int64_t *global_ms = dynamodb_global_exists(call, table);

    (void)in;
    if (!global_ms)
        return FAILED;
    bool made = call->now_ms >= *global_ms + dynamodb_table_delay_ms();
    out->global_table_description =
        describe(call, table, *global_ms,
                 made ? DYNAMODB_GLOBAL_TABLE_STATUS_ACTIVE : DYNAMODB_GLOBAL_TABLE_STATUS_CREATING,
                 made ? DYNAMODB_REPLICA_STATUS_ACTIVE : DYNAMODB_REPLICA_STATUS_CREATING);
    return DONE;
}

enum outcome dynamodb_list_global_tables(const struct call *call,
                                         const struct dynamodb_list_global_tables_input *in,
                                         struct dynamodb_list_global_tables_output *out)
{
    bool first = !str_present(in->exclusive_start_global_table_name);
    str region = str_present(in->region_name) ? in->region_name : call->region;
    struct page page = {.after = first ? S("") : in->exclusive_start_global_table_name,
                        .limit = in->limit && *in->limit < LIST_LIMIT ? *in->limit : LIST_LIMIT};
    struct dynamodb_list_global_names_rows rows =
        dynamodb_list_global_names(call->txn, &(struct dynamodb_list_global_names_params){
                                                  .account = call->account,
                                                  .region = region,
                                                  .after = page.after,
                                                  .limit = page_rows(&page),
                                              });

    list_make_empty(call->arena, &out->global_tables);
    for (size_t i = 0; i < rows.count && page_takes(&page, rows.items[i].name); i++) {
        struct dynamodb_global_table *listed = list_add(call->arena, &out->global_tables);
        listed->global_table_name = rows.items[i].name;
        list_add(call->arena, &listed->replication_group)->region_name = region;
    }
    if (page.more)
        out->last_evaluated_global_table_name = page.last;
    return DONE;
}

/* ---- making and changing ---- */

/* Can the table be a replica?  False: fail() has been called. */
static bool may_join(const struct call *call, const struct table *table)
{
    if (dynamodb_counted(call, table).items > 0)
        return dynamodb_refuse(call, S("One or more parameter values were invalid: A table that has items "
                                       "cannot become the replica of a global table"));
    return (table->row.stream_id && dynamodb_stream_view_type_of(table->row.stream_view) ==
                                        DYNAMODB_STREAM_VIEW_TYPE_NEW_AND_OLD_IMAGES) ||
           dynamodb_refuse(call, S("One or more parameter values were invalid: A replica must have a stream "
                                   "with the view type NEW_AND_OLD_IMAGES"));
}

static void set_global(const struct call *call, const struct table *table, const int64_t *global_ms)
{
    dynamodb_set_global(call->txn,
                        &(struct dynamodb_set_global_params){.global_ms = global_ms, .id = table->row.id});
}

/* The group has the request's own region, once. */
static bool group_check(const struct call *call, const struct dynamodb_replica_list *group)
{
    for (size_t i = 0; i < group->count; i++)
        if (str_present(group->items[i].region_name) && !str_equal(group->items[i].region_name, call->region))
            return refuse_region(call, group->items[i].region_name);
    return (group->count == 1 && str_present(group->items[0].region_name)) || refuse_update(call);
}

static bool table_is_there(const struct call *call, const struct table *table)
{
    if (dynamodb_table_is_made(table))
        return true;
    fail(call, &DYNAMODB_TABLE_NOT_FOUND_EXCEPTION,
         "Table not found: Table: '%.*s' not found in region: '%.*s'.", STR_ARGS(table->name),
         STR_ARGS(table->region));
    return false;
}

enum outcome dynamodb_create_global_table(const struct call *call,
                                          const struct dynamodb_create_global_table_input *in,
                                          struct dynamodb_create_global_table_output *out)
{
    const struct table *table = dynamodb_table_of(call);

    if (!table || !group_check(call, &in->replication_group) || !table_is_there(call, table))
        return FAILED;
    if (global_ms_of(call, table))
        return fail(call, &DYNAMODB_GLOBAL_TABLE_ALREADY_EXISTS_EXCEPTION,
                    "Global table with name: '%.*s' already exists with replicas in regions: %.*s.",
                    STR_ARGS(table->name), STR_ARGS(table->region));
    if (!may_join(call, table))
        return FAILED;
    set_global(call, table, &call->now_ms);
    out->global_table_description = describe(call, table, call->now_ms, DYNAMODB_GLOBAL_TABLE_STATUS_CREATING,
                                             DYNAMODB_REPLICA_STATUS_CREATING);
    return DONE;
}

/* Add or remove the replica; `member`: is the table one?  False: fail() has been called. */
static bool update_replica(const struct call *call, const struct table *table,
                           const struct dynamodb_replica_update *update, bool *member)
{
    if (!update->create == !update->delete)
        return refuse_update(call);
    str region = update->create ? update->create->region_name : update->delete->region_name;
    bool is_ours = str_equal(region, table->region);
    if (!update->create && (!is_ours || !*member))
        return dynamodb_refuse_no_replica(call);
    if (!is_ours)
        return refuse_region(call, region);
    if (update->create && *member) {
        fail(call, &DYNAMODB_REPLICA_ALREADY_EXISTS_EXCEPTION,
             "The specified replica is already part of the global table.");
        return false;
    }
    *member = update->create;
    return !*member || may_join(call, table);
}

enum outcome dynamodb_update_global_table(const struct call *call,
                                          const struct dynamodb_update_global_table_input *in,
                                          struct dynamodb_update_global_table_output *out)
{
    const struct table *table = dynamodb_table_of(call);
    bool member = true;

    if (in->replica_updates.count == 0) {
        refuse_update(call);
        return FAILED;
    }
    const int64_t *global_ms = dynamodb_global_exists(call, table);
    if (!global_ms)
        return FAILED;
    for (size_t i = 0; i < in->replica_updates.count; i++)
        if (!update_replica(call, table, &in->replica_updates.items[i], &member))
            return FAILED;
    set_global(call, table, member ? global_ms : NULL);
    out->global_table_description =
        describe(call, table, *global_ms, DYNAMODB_GLOBAL_TABLE_STATUS_UPDATING,
                 member ? DYNAMODB_REPLICA_STATUS_UPDATING : DYNAMODB_REPLICA_STATUS_DELETING);
    return DONE;
}

/* ---- version 2019.11.21 ---- */

static bool refuse_strangers(const struct call *call, str region)
{
    return dynamodb_refuse(
        call,
        arena_format(call->arena,
                     "Update global table operation failed because one or more replicas were not part of "
                     "the global table. Please retry the request without these replicas: [%.*s].",
                     STR_ARGS(region)));
}

static bool refuse_member(const struct call *call, str region, bool is_new)
{
    if (str_equal(region, call->region))
        return dynamodb_refuse(call, S("Cannot add or delete the local region through ReplicaUpdates. Use "
                                       "CreateTable, DeleteTable, or UpdateTable as required."));
    return is_new ? refuse_region(call, region) : refuse_strangers(call, region);
}

bool dynamodb_refuse_replicas(const struct call *call,
                              const struct dynamodb_replication_group_update_list *updates)
{
    const struct dynamodb_replication_group_update *first = &updates->items[0];
    int actions = !!first->create + !!first->update + !!first->delete;

    if (updates->count > 1)
        return dynamodb_refuse(call, S("Update table operation with more than one create or delete replica "
                                       "actions not allowed"));
    if (actions > 1)
        return dynamodb_refuse(
            call, S("Update table operation with more than one type of replica actions not allowed."));
    if (!first->create && !first->delete)
        return dynamodb_refuse(
            call, S("There are no actions specified in the Replica Update Action of the request."));
    return refuse_member(call, first->create ? first->create->region_name : first->delete->region_name,
                         first->create);
}
