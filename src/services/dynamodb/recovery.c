/*
 * recovery.c: point-in-time recovery: turned on and off, and described.
 *
 * A table can be restored as of any moment since recovery was turned on, within the period, up to the present
 * (on AWS, up to five minutes ago).
 */
#include "backups.h"
#include "dynamodb_internal.h"
#include "tables.h"

#include "base/time.h"

enum { DEFAULT_DAYS = 35, MS_PER_DAY = 24 * 3600 * MS_PER_S };

bool dynamodb_table_backed(const struct call *call, const struct table *table)
{
    if (table->row.id && !dynamodb_table_is(table->row.status, DYNAMODB_TABLE_STATUS_CREATING))
        return true;
    fail(call, &DYNAMODB_TABLE_NOT_FOUND_EXCEPTION, "Table not found: %.*s", STR_ARGS(table->name));
    return false;
}

bool dynamodb_recovery_of(const struct call *call, int64_t table_id, struct recovery *recovery)
{
    struct dynamodb_read_recovery_row row = {0};

    *recovery = (struct recovery){0};
    if (!dynamodb_read_recovery(call->txn, &(struct dynamodb_read_recovery_params){.id = table_id}, &row) ||
        !row.recovery_ms)
        return false;
    recovery->days = row.recovery_days;
    recovery->earliest_ms = call->now_ms - row.recovery_days * MS_PER_DAY;
    if (recovery->earliest_ms < *row.recovery_ms)
        recovery->earliest_ms = *row.recovery_ms;
    recovery->latest_ms = call->now_ms;
    return true;
}

static const struct dynamodb_continuous_backups_description *describe(const struct call *call,
                                                                      const struct table *table)
{
    struct dynamodb_continuous_backups_description *description =
        arena_new(call->arena, struct dynamodb_continuous_backups_description);
    struct dynamodb_point_in_time_recovery_description *shown =
        arena_new(call->arena, struct dynamodb_point_in_time_recovery_description);
    struct recovery recovery;
    bool on = dynamodb_recovery_of(call, table->row.id, &recovery);

    shown->point_in_time_recovery_status =
        dynamodb_point_in_time_recovery_status_text(on ? DYNAMODB_POINT_IN_TIME_RECOVERY_STATUS_ENABLED
                                                       : DYNAMODB_POINT_IN_TIME_RECOVERY_STATUS_DISABLED);
    if (on) {
        shown->recovery_period_in_days = arena_i64(call->arena, recovery.days);
        shown->earliest_restorable_date_time = arena_i64(call->arena, recovery.earliest_ms);
        shown->latest_restorable_date_time = arena_i64(call->arena, recovery.latest_ms);
    }
    description->continuous_backups_status =
        dynamodb_continuous_backups_status_text(DYNAMODB_CONTINUOUS_BACKUPS_STATUS_ENABLED);
    description->point_in_time_recovery_description = shown;
    return description;
}

enum outcome dynamodb_describe_continuous_backups(const struct call *call,
                                                  const struct dynamodb_describe_continuous_backups_input *in,
                                                  struct dynamodb_describe_continuous_backups_output *out)
{
    const struct table *table = dynamodb_table_of(call);

    (void)in;
    if (!table || !dynamodb_table_backed(call, table))
        return FAILED;
    out->continuous_backups_description = describe(call, table);
    return DONE;
}

/* Turning it off and on again forgets the period and the history. */
static void change(const struct call *call, const struct table *table,
                   const struct dynamodb_point_in_time_recovery_specification *asked)
{
    struct dynamodb_read_recovery_row row = {0};

    dynamodb_read_recovery(call->txn, &(struct dynamodb_read_recovery_params){.id = table->row.id}, &row);
    if (!asked->point_in_time_recovery_enabled)
        row.recovery_ms = NULL;
    else if (!row.recovery_ms) {
        row.recovery_ms = &call->now_ms;
        row.recovery_days = DEFAULT_DAYS;
    }
    if (asked->recovery_period_in_days)
        row.recovery_days = *asked->recovery_period_in_days;
    dynamodb_set_recovery(call->txn,
                          &(struct dynamodb_set_recovery_params){.id = table->row.id,
                                                                 .recovery_ms = row.recovery_ms,
                                                                 .recovery_days = row.recovery_days});
    dynamodb_history_trim_later(call, table->row.id, call->now_ms);
}

enum outcome dynamodb_update_continuous_backups(const struct call *call,
                                                const struct dynamodb_update_continuous_backups_input *in,
                                                struct dynamodb_update_continuous_backups_output *out)
{
    const struct dynamodb_point_in_time_recovery_specification *asked =
        in->point_in_time_recovery_specification;
    const struct table *table = dynamodb_table_of(call);

    if (!table)
        return FAILED;
    if (!asked->point_in_time_recovery_enabled && asked->recovery_period_in_days)
        return fail(
            call, &DYNAMODB_VALIDATION_EXCEPTION,
            "Invalid Request: Cannot specify RecoveryPeriodInDays when disabling point-in-time recovery.");
    if (!dynamodb_table_backed(call, table))
        return FAILED;
    change(call, table, asked);
    out->continuous_backups_description = describe(call, table);
    return DONE;
}
