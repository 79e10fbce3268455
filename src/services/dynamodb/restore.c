/*
 * restore.c: tables made from a backup, or from another table as it was at a moment.
 *
 * A restored table has the keys, indexes, billing and items of its source.  As on AWS it has no tags, policy,
 * stream, time to live, protection or class.  It is CREATING until backup_copy.c has copied all items.
 */
#include "backups.h"
#include "dynamodb_internal.h"
#include "indexes.h"
#include "tables.h"

#include "base/time.h"

/* ---- overriding ---- */

static bool refuse(const struct call *call, const char *format, str index)
{
    return dynamodb_refuse(call, arena_format(call->arena, format, STR_ARGS(index)));
}

static bool has_keys(const struct dynamodb_key_schema *one, const struct dynamodb_key_schema *other)
{
    for (size_t i = 0; i < one->count && one->count == other->count; i++)
        if (!str_equal(one->items[i].attribute_name, other->items[i].attribute_name) ||
            !str_equal(one->items[i].key_type, other->items[i].key_type))
            return false;
    return one->count == other->count;
}

/* An index has each attribute once; their order means nothing. */
static bool has_projection(const struct dynamodb_projection *asked, const struct dynamodb_projection *source)
{
    const struct str_list *names = &asked->non_key_attributes, *others = &source->non_key_attributes;

    for (size_t i = 0; i < others->count && names->count == others->count; i++)
        if (!str_is_one_of(others->items[i], names->items, names->count))
            return false;
    return str_equal(asked->projection_type, source->projection_type) && names->count == others->count;
}

/* Take the index that is asked for out of those of the source.  False: it is not one of them. */
static bool take_index(struct index_definition_list *sources, const struct index_definition *asked)
{
    for (size_t i = 0; i < sources->count; i++) {
        const struct index_definition *source = &sources->items[i];
        if (source->local == asked->local && has_keys(asked->keys, source->keys) &&
            has_projection(asked->projection, source->projection)) {
            sources->items[i] = sources->items[--sources->count];
            return true;
        }
    }
    return false;
}

static bool refuse_new_index(const struct call *call, str name)
{
    return refuse(
        call,
        "Invalid Request: Index %.*s does not match a secondary index that existed in the source table "
        "and cannot be created during the restore operation",
        name);
}

/* Indexes may be left out, or renamed; a list that is not given keeps all. */
static bool override_indexes(const struct call *call, const struct dynamodb_restore_overrides *overrides,
                             struct dynamodb_create_table_input *definition)
{
    const struct dynamodb_local_secondary_index_list *locals = &overrides->local_secondary_index_override;
    const struct dynamodb_global_secondary_index_list *globals = &overrides->global_secondary_index_override;
    struct index_definition_list sources = dynamodb_definitions_of(call->arena, definition);
    struct index_definition_list asked = dynamodb_definitions_of(
        call->arena, &(struct dynamodb_create_table_input){.local_secondary_indexes = *locals,
                                                           .global_secondary_indexes = *globals});

    for (size_t i = 0; i < asked.count; i++)
        if (!take_index(&sources, &asked.items[i]))
            return refuse_new_index(call, asked.items[i].name);
    if (locals->items)
        definition->local_secondary_indexes =
            locals->count > 0 ? *locals : (struct dynamodb_local_secondary_index_list){0};
    if (globals->items)
        definition->global_secondary_indexes =
            globals->count > 0 ? *globals : (struct dynamodb_global_secondary_index_list){0};
    return true;
}

/* Global indexes are billed as their table. */
static bool fit_global(const struct call *call, bool on_demand,
                       struct dynamodb_create_table_input *definition)
{
    for (size_t i = 0; i < definition->global_secondary_indexes.count; i++) {
        struct dynamodb_global_secondary_index *index = &definition->global_secondary_indexes.items[i];
        if (on_demand)
            index->provisioned_throughput = NULL;
        else if (!index->provisioned_throughput)
            return refuse(call, "Invalid Request: Must specify provisioned throughput for index %.*s",
                          index->index_name);
        else
            index->on_demand_throughput = NULL;
    }
    return true;
}

static bool is_on_demand(str billing_mode)
{
    return dynamodb_billing_mode_of(billing_mode) == DYNAMODB_BILLING_MODE_PAY_PER_REQUEST;
}

static bool check_bound(const struct call *call, const char *name, const int64_t *units)
{
    return !units || *units >= 1 ||
           dynamodb_refuse(call,
                           arena_format(call->arena,
                                        "Invalid Request: Requested %s for OnDemandThroughput is outside "
                                        "of valid range",
                                        name));
}

static bool check_bounds(const struct call *call, const struct dynamodb_on_demand_throughput *bounds)
{
    return !bounds || (check_bound(call, "MaxReadRequestUnits", bounds->max_read_request_units) &&
                       check_bound(call, "MaxWriteRequestUnits", bounds->max_write_request_units));
}

static bool override_billing(const struct call *call, const struct dynamodb_restore_overrides *overrides,
                             struct dynamodb_create_table_input *definition)
{
    bool given = str_present(overrides->billing_mode_override);
    bool on_demand = is_on_demand(given ? overrides->billing_mode_override : definition->billing_mode);

    if (on_demand && overrides->provisioned_throughput_override)
        return dynamodb_refuse(
            call,
            given
                ? S("Invalid Request: Cannot override ProvisionedThroughput if BillingMode is overridden to "
                    "PAY_PER_REQUEST")
                : S("Invalid Request: Cannot override ProvisionedThroughput unless BillingMode is "
                    "PROVISIONED"));
    if (given && !on_demand && !overrides->provisioned_throughput_override)
        return dynamodb_refuse(call,
                               S("Invalid Request: Must override ProvisionedThroughput if BillingMode is "
                                 "overridden to PROVISIONED"));
    if (!on_demand && overrides->on_demand_throughput_override)
        return dynamodb_refuse(
            call, S("Invalid Request: Cannot override MaxReadRequestUnits for OnDemandThroughput "
                    "unless BillingModeOverride is PAY_PER_REQUEST"));
    definition->billing_mode = dynamodb_billing_mode_text(on_demand ? DYNAMODB_BILLING_MODE_PAY_PER_REQUEST
                                                                    : DYNAMODB_BILLING_MODE_PROVISIONED);
    if (on_demand)
        definition->provisioned_throughput = NULL;
    else
        definition->on_demand_throughput = NULL;
    if (overrides->provisioned_throughput_override)
        definition->provisioned_throughput = overrides->provisioned_throughput_override;
    if (overrides->on_demand_throughput_override)
        definition->on_demand_throughput = overrides->on_demand_throughput_override;
    return fit_global(call, on_demand, definition) &&
           dynamodb_units_check(call, overrides->provisioned_throughput_override, (str){0}) &&
           check_bounds(call, overrides->on_demand_throughput_override);
}

static bool override_all(const struct call *call, const struct dynamodb_restore_overrides *overrides,
                         struct dynamodb_create_table_input *definition)
{
    return override_indexes(call, overrides, definition) && override_billing(call, overrides, definition) &&
           dynamodb_indexes_check(call, definition);
}

/* ---- the new table ---- */

static bool check_target(const struct call *call, const struct table *target)
{
    struct dynamodb_copy_row copy;
    struct dynamodb_backup_row backup;

    if (!target->row.id)
        return true;
    if (!dynamodb_find_copy_into(
            call->txn, &(struct dynamodb_find_copy_into_params){.target_id = &target->row.id}, &copy))
        fail(call, &DYNAMODB_TABLE_ALREADY_EXISTS_EXCEPTION, "Table already exists: %.*s",
             STR_ARGS(target->name));
    else if (copy.backup_id &&
             dynamodb_read_backup(call->txn, &(struct dynamodb_read_backup_params){.id = *copy.backup_id},
                                  &backup))
        fail(call, &DYNAMODB_TABLE_IN_USE_EXCEPTION,
             "Table: %.*s is already being restored from backup: %.*s", STR_ARGS(target->name),
             STR_ARGS(dynamodb_backup_arn(call, &backup)));
    else
        fail(call, &DYNAMODB_TABLE_IN_USE_EXCEPTION, "Table: %.*s is already being restored",
             STR_ARGS(target->name));
    return false;
}

/* Make the table, and begin to fill it. */
static const struct dynamodb_table_description *make(const struct call *call, const struct table *target,
                                                     const struct dynamodb_create_table_input *definition,
                                                     struct dynamodb_copy_row *copy)
{
    struct table table = *target;
    struct dynamodb_settings_row row = dynamodb_table_add(call, definition, &table);

    copy->target_id = &row.id;
    dynamodb_copy_begin(call, copy);
    return dynamodb_table_describe(call, &table, &row);
}

const struct dynamodb_restore_summary *dynamodb_restore_summary_of(const struct call *call, int64_t table_id)
{
    struct dynamodb_restore_summary *summary = arena_new(call->arena, struct dynamodb_restore_summary);
    struct dynamodb_copy_row copy;
    struct dynamodb_backup_row backup;
    struct table source;

    if (!dynamodb_find_copy_into(call->txn, &(struct dynamodb_find_copy_into_params){.target_id = &table_id},
                                 &copy))
        return NULL;
    if (copy.source_id && dynamodb_table_of_id(call, *copy.source_id, &source))
        summary->source_table_arn = source.arn;
    if (copy.backup_id &&
        dynamodb_read_backup(call->txn, &(struct dynamodb_read_backup_params){.id = *copy.backup_id},
                             &backup)) {
        summary->source_backup_arn = dynamodb_backup_arn(call, &backup);
        summary->source_table_arn = dynamodb_backup_table_arn(call, &backup);
    }
    summary->restore_date_time = *copy.restored_ms;
    summary->restore_in_progress = true;
    return summary;
}

/* ---- from a backup ---- */

static bool check_backup(const struct call *call, const struct dynamodb_backup_row *backup)
{
    str arn = dynamodb_backup_arn(call, backup);

    if (dynamodb_backup_status_of(backup->status) == DYNAMODB_BACKUP_STATUS_CREATING)
        fail(call, &DYNAMODB_BACKUP_IN_USE_EXCEPTION, "Backup is being created: %.*s", STR_ARGS(arn));
    else if (backup->restores > 0)
        fail(call, &DYNAMODB_BACKUP_IN_USE_EXCEPTION, "Backup is being used to restore another table: %.*s",
             STR_ARGS(arn));
    else
        return true;
    return false;
}

enum outcome dynamodb_restore_table_from_backup(const struct call *call,
                                                const struct dynamodb_restore_table_from_backup_input *in,
                                                struct dynamodb_restore_table_from_backup_output *out)
{
    const struct table *target = dynamodb_table_of(call);
    const struct dynamodb_backup_row *backup = target ? dynamodb_backup_at(call, 1) : NULL;

    if (!backup)
        return FAILED;
    struct dynamodb_create_table_input definition = dynamodb_backup_definition(call, backup);
    if (!override_all(call, &in->restore_overrides, &definition) || !check_target(call, target) ||
        !check_backup(call, backup))
        return FAILED;
    out->table_description =
        make(call, target, &definition,
             &(struct dynamodb_copy_row){.backup_id = &backup->id, .restored_ms = &backup->created_ms});
    return DONE;
}

/* ---- from a moment ---- */

/* Tables are restored from other regions, too. */
bool dynamodb_locate_source_table(const struct call *call,
                                  const struct dynamodb_restore_table_to_point_in_time_input *in,
                                  struct resource *found)
{
    bool by_arn = str_present(in->source_table_arn), by_name = str_present(in->source_table_name);

    if (by_arn && by_name)
        return dynamodb_refuse(call, S("Must provide exactly one of: sourceTableArn, sourceTableName"));
    if (!by_arn && !by_name)
        return dynamodb_refuse(call,
                               S("The parameter 'TableName' is required but was not present in the request"));
    if (by_arn && !str_starts_with(in->source_table_arn, S("arn:")))
        return dynamodb_refuse(call, S("sourceTableArn is not a valid ARN"));
    return dynamodb_locate_anywhere(call, by_arn ? in->source_table_arn : in->source_table_name, found) &&
           dynamodb_refuse_other_account(call, found);
}

static bool check_times(const struct call *call,
                        const struct dynamodb_restore_table_to_point_in_time_input *in)
{
    bool latest = in->use_latest_restorable_time && *in->use_latest_restorable_time;

    if (latest && in->restore_date_time)
        return dynamodb_refuse(
            call, S("Invalid Request: Both RestoreDateTime and UseLatestRestorableTime cannot be "
                    "set for point-in-time restore request. Please use only one of them."));
    return latest || in->restore_date_time ||
           dynamodb_refuse(
               call, S("Invalid Request: Either one of RestoreDateTime or UseLatestRestorableTime must be "
                       "specified, but not both"));
}

/* Can the table be restored as of that moment? */
static bool check_recovery(const struct call *call, const struct table *source, const int64_t *asked_ms,
                           struct recovery *recovery)
{
    if (!dynamodb_recovery_of(call, source->row.id, recovery))
        fail(call, &DYNAMODB_POINT_IN_TIME_RECOVERY_UNAVAILABLE_EXCEPTION,
             "Point in time recovery is not enabled for table '%.*s'", STR_ARGS(source->name));
    else if (asked_ms && (*asked_ms < recovery->earliest_ms || *asked_ms > recovery->latest_ms))
        fail(call, &DYNAMODB_INVALID_RESTORE_TIME_EXCEPTION,
             "RestoreDateTime '%.*s' must be within EarliestRestorableDateTime '%.*s' and "
             "LatestRestorableDateTime "
             "'%.*s'",
             STR_ARGS(time_iso8601(call->arena, *asked_ms)),
             STR_ARGS(time_iso8601(call->arena, recovery->earliest_ms)),
             STR_ARGS(time_iso8601(call->arena, recovery->latest_ms)));
    else
        return true;
    return false;
}

static int64_t version_at(const struct call *call, const struct table *source, int64_t moment_ms)
{
    struct dynamodb_find_version_at_row row = {0};

    dynamodb_find_version_at(
        call->txn,
        &(struct dynamodb_find_version_at_params){.table_id = source->row.id, .changed_ms = moment_ms}, &row);
    return row.id;
}

enum outcome
dynamodb_restore_table_to_point_in_time(const struct call *call,
                                        const struct dynamodb_restore_table_to_point_in_time_input *in,
                                        struct dynamodb_restore_table_to_point_in_time_output *out)
{
    const struct table *target = dynamodb_table_of(call);
    const struct table *source = target && check_times(call, in) ? dynamodb_table_at(call, 1) : NULL;
    struct recovery recovery;

    if (!source || !dynamodb_table_backed(call, source) ||
        !check_recovery(call, source, in->restore_date_time, &recovery) || !check_target(call, target))
        return FAILED;
    struct dynamodb_settings_row settings = dynamodb_settings_of(call, source);
    struct dynamodb_create_table_input definition = dynamodb_definition_of(call, source, &settings);
    if (!override_all(call, &in->restore_overrides, &definition))
        return FAILED;
    int64_t moment_ms = in->restore_date_time ? *in->restore_date_time : recovery.latest_ms;
    out->table_description =
        make(call, target, &definition,
             &(struct dynamodb_copy_row){.source_id = &source->row.id,
                                         .version_id = version_at(call, source, moment_ms),
                                         .restored_ms = &moment_ms});
    return DONE;
}
