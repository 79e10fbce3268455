/*
 * table_update.c: UpdateTable.
 *
 * A request makes one change; few can be combined.  It is checked by itself, against the table's status, and
 * against its settings; then it is applied to a copy of the settings.  What AWS shows only when a table is
 * ACTIVE again (throughput, class) is left to dynamodb_settle_table().
 */
#include "dynamodb_internal.h"
#include "global_tables.h"
#include "indexes.h"
#include "tables.h"

#include "base/text.h"
#include "base/time.h"

enum {
    FREE_DECREASES = 4, /* in a day; then one an hour */
    MS_PER_HOUR = 3600 * MS_PER_S,
};
static const int64_t ms_per_day = (int64_t)24 * MS_PER_HOUR;

/* What a request changes. */
enum changes {
    CHANGES_BILLING = 1,
    CHANGES_THROUGHPUT = 2,
    CHANGES_ENCRYPTION = 4,
    CHANGES_CLASS = 8,
    CHANGES_PROTECTION = 16,
    CHANGES_WARM_THROUGHPUT = 32,
    CHANGES_BOUNDS = 64,
    CHANGES_STREAM = 128,
    CHANGES_INDEXES = 256,
    CHANGES_INDEX_WARMTH = 512, /* and of indexes nothing else */
    CHANGES_REPLICAS = 1024,
    CHANGES_INDEX_SET = 2048, /* an index is made or deleted */
    /* The table is UPDATING until they are made. */
    CHANGES_STATUS = CHANGES_BILLING | CHANGES_THROUGHPUT | CHANGES_CLASS | CHANGES_STREAM,
};

bool dynamodb_has_bounds(const struct dynamodb_on_demand_throughput *bounds)
{
    return bounds && (bounds->max_read_request_units || bounds->max_write_request_units);
}

static unsigned index_changes(const struct dynamodb_global_secondary_index_update_list *updates)
{
    unsigned changes = 0;

    for (size_t i = 0; i < updates->count; i++) {
        const struct dynamodb_update_global_secondary_index_action *update = updates->items[i].update;
        if (!update)
            changes |= CHANGES_INDEXES | CHANGES_INDEX_SET;
        else if (update->provisioned_throughput || dynamodb_has_bounds(update->on_demand_throughput))
            changes |= CHANGES_INDEXES;
    }
    return updates->count > 0 && !changes ? CHANGES_INDEX_WARMTH : changes;
}

static unsigned changes_of(const struct dynamodb_update_table_input *in)
{
    return (str_present(in->billing_mode) ? CHANGES_BILLING : 0) |
           (in->provisioned_throughput ? CHANGES_THROUGHPUT : 0) |
           (in->sse_specification ? CHANGES_ENCRYPTION : 0) |
           (str_present(in->table_class) ? CHANGES_CLASS : 0) |
           (in->deletion_protection_enabled ? CHANGES_PROTECTION : 0) |
           (in->warm_throughput ? CHANGES_WARM_THROUGHPUT : 0) |
           (dynamodb_has_bounds(in->on_demand_throughput) ? CHANGES_BOUNDS : 0) |
           index_changes(&in->global_secondary_index_updates) |
           (in->stream_specification ? CHANGES_STREAM : 0) |
           (in->replica_updates.count > 0 ? CHANGES_REPLICAS : 0);
}

/* ---- checks of the request by itself ---- */

/* Two changes that no request makes at once. */
static bool check_pairs(const struct call *call, unsigned changes)
{
    static const struct {
        unsigned changes;
        const char *sentence;
    } pairs[] = {
        {CHANGES_STREAM | CHANGES_THROUGHPUT, "You cannot modify stream status while updating table IOPS"},
        {CHANGES_INDEX_SET | CHANGES_THROUGHPUT,
         "You cannot create or delete index while updating table IOPS"},
        {CHANGES_INDEX_SET | CHANGES_STREAM,
         "You cannot create or delete index while changing stream status"},
    };

    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++)
        if ((changes & pairs[i].changes) == pairs[i].changes)
            return dynamodb_refuse_parameter(call, str_of(pairs[i].sentence));
    return true;
}

static bool check_combination(const struct call *call, unsigned changes)
{
    static const struct {
        unsigned change;
        const char *sentence;
    } alone[] = {
        {CHANGES_ENCRYPTION, "Server-Side Encryption modification must be the only operation in the request"},
        {CHANGES_CLASS, "TableClass modification must be the only operation in the request"},
        {CHANGES_PROTECTION, "DeletionProtection modification must be the only operation in the request"},
        {CHANGES_WARM_THROUGHPUT, "WarmThroughput must be the only operation in the request"},
    };

    if (!changes)
        return dynamodb_refuse(
            call, S("At least one of ProvisionedThroughput, BillingMode, UpdateStreamEnabled, "
                    "GlobalSecondaryIndexUpdates, SSESpecification, ReplicaUpdates, "
                    "MultiAccountReplicaReady, ReplicaTransitRoleArn, MultiRegionConsistency, "
                    "DeletionProtectionEnabled, OnDemandThroughput, WarmThroughput or TableClass is "
                    "required"));
    for (size_t i = 0; i < sizeof alone / sizeof *alone; i++)
        if (changes & alone[i].change && changes != alone[i].change)
            return dynamodb_refuse_parameter(call, str_of(alone[i].sentence));
    if (changes & CHANGES_BOUNDS && changes & ~(unsigned)(CHANGES_BOUNDS | CHANGES_BILLING))
        return dynamodb_refuse_parameter(
            call, S("OnDemandThroughput can only be combined with BillingMode in an UpdateTable request"));
    return check_pairs(call, changes);
}

static bool check_billing(const struct call *call, const struct dynamodb_update_table_input *in)
{
    bool given = str_present(in->billing_mode);
    bool on_demand =
        given && dynamodb_billing_mode_of(in->billing_mode) == DYNAMODB_BILLING_MODE_PAY_PER_REQUEST;

    if (on_demand && in->provisioned_throughput)
        return dynamodb_refuse_parameter(
            call, S("ProvisionedThroughput cannot be specified when BillingMode is PAY_PER_REQUEST"));
    if (given && !on_demand && !in->provisioned_throughput)
        return dynamodb_refuse_parameter(
            call, S("ProvisionedThroughput must be specified when BillingMode is PROVISIONED"));
    return dynamodb_units_check(call, in->provisioned_throughput, (str){0});
}

/* ---- checks against the table's settings ---- */

int64_t dynamodb_decreases_today(const struct call *call, const struct dynamodb_settings_row *row)
{
    bool today = row->decreased_ms && *row->decreased_ms / ms_per_day == call->now_ms / ms_per_day;

    return today ? row->decreases : 0;
}

const int64_t *dynamodb_bound_of(const int64_t *asked)
{
    return asked && *asked != NO_BOUND ? asked : NULL;
}

/* "Wednesday, July 25, 2018 8:48:14 PM UTC" */
static str long_date(const struct call *call, int64_t ms)
{
    static const char *const days[] = {"Thursday", "Friday",  "Saturday", "Sunday",
                                       "Monday",   "Tuesday", "Wednesday"};
    static const char *const months[] = {"January",   "February", "March",    "April",
                                         "May",       "June",     "July",     "August",
                                         "September", "October",  "November", "December"};
    str iso = time_iso8601(call->arena, ms); /* 2018-07-25T20:48:14Z */
    int64_t month = 1, day = 1, hour = 0;

    str_to_i64(str_head(str_from(iso, 5), 2), &month);
    str_to_i64(str_head(str_from(iso, 8), 2), &day);
    str_to_i64(str_head(str_from(iso, 11), 2), &hour);
    return arena_format(call->arena, "%s, %s %lld, %.*s %lld%.*s %s UTC",
                        days[ms / ms_per_day % (int64_t)(sizeof days / sizeof *days)], months[month - 1],
                        (long long)day, STR_ARGS(str_head(iso, 4)), (long long)((hour + 11) % 12 + 1),
                        STR_ARGS(str_head(str_from(iso, 13), 6)), hour < 12 ? "AM" : "PM");
}

static bool check_decrease(const struct call *call, const struct dynamodb_settings_row *row)
{
    int64_t decreases = dynamodb_decreases_today(call, row);

    if (decreases < FREE_DECREASES || *row->decreased_ms + MS_PER_HOUR <= call->now_ms)
        return true;
    fail(call, &DYNAMODB_LIMIT_EXCEEDED_EXCEPTION,
         "Subscriber limit exceeded: Provisioned throughput decreases are limited within a given UTC day. "
         "After the first 4 decreases, each subsequent decrease in the same UTC day can be performed at most "
         "once every 3600 seconds. Number of decreases today: %lld. Last decrease at %.*s. Next decrease can "
         "be made at %.*s",
         (long long)decreases, STR_ARGS(long_date(call, *row->decreased_ms)),
         STR_ARGS(long_date(call, *row->decreased_ms + MS_PER_HOUR)));
    return false;
}

static bool is_lower(const struct dynamodb_settings_row *row,
                     const struct dynamodb_provisioned_throughput *throughput)
{
    return throughput->read_capacity_units < row->read_units ||
           throughput->write_capacity_units < row->write_units;
}

static bool is_higher(const struct dynamodb_settings_row *row,
                      const struct dynamodb_provisioned_throughput *throughput)
{
    return throughput->read_capacity_units > row->read_units ||
           throughput->write_capacity_units > row->write_units;
}

/* Of a table that stays provisioned. */
static bool check_throughput(const struct call *call, const struct dynamodb_settings_row *row,
                             const struct dynamodb_provisioned_throughput *throughput)
{
    if (is_lower(row, throughput))
        return check_decrease(call, row);
    if (is_higher(row, throughput))
        return true;
    return dynamodb_refuse(
        call,
        arena_format(call->arena,
                     "The provisioned throughput for the table will not change. The requested value equals "
                     "the current value. Current ReadCapacityUnits provisioned for the table: %lld. "
                     "Requested ReadCapacityUnits: %lld. Current WriteCapacityUnits provisioned for the "
                     "table: %lld. Requested WriteCapacityUnits: %lld. Refer to the Amazon DynamoDB "
                     "Developer Guide for current limits and how to request higher limits.",
                     (long long)row->read_units, (long long)throughput->read_capacity_units,
                     (long long)row->write_units, (long long)throughput->write_capacity_units));
}

static bool becomes_on_demand(const struct dynamodb_settings_row *row,
                              const struct dynamodb_update_table_input *in)
{
    return str_present(in->billing_mode)
               ? dynamodb_billing_mode_of(in->billing_mode) == DYNAMODB_BILLING_MODE_PAY_PER_REQUEST
               : row->on_demand;
}

static bool check_against(const struct call *call, const struct dynamodb_settings_row *row,
                          const struct dynamodb_update_table_input *in)
{
    bool on_demand = becomes_on_demand(row, in);

    if (in->replica_updates.count > 0)
        return dynamodb_refuse_replicas(call, &in->replica_updates);
    if (in->sse_specification)
        return dynamodb_refuse_parameter(call, S("Table is already encrypted by default"));
    if (row->global_ms && in->stream_specification && !in->stream_specification->stream_enabled)
        return dynamodb_refuse_parameter(call,
                                         S("Disabling Stream is not allowed for a Global Table replica."));
    if (on_demand && in->provisioned_throughput)
        return dynamodb_refuse_parameter(
            call, S("Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when "
                    "BillingMode is PAY_PER_REQUEST"));
    if (!dynamodb_bounds_check(call, in->on_demand_throughput,
                               &(struct bounds_target){.on_demand = on_demand, .changes = true}) ||
        !dynamodb_warm_update_check(
            call, in->warm_throughput,
            &(struct warm_target){S("table"), on_demand, {row->warm_read_units, row->warm_write_units}}))
        return false;
    return !in->provisioned_throughput || row->on_demand ||
           check_throughput(call, row, in->provisioned_throughput);
}

/* Protection and warm throughput may change while a table is UPDATING. */
static bool check_status(const struct call *call, const struct table *table,
                         const struct dynamodb_settings_row *row, unsigned changes)
{
    static const struct {
        unsigned changes;
        enum table_change asked;
    } kinds[] = {
        {CHANGES_BILLING | CHANGES_THROUGHPUT, TABLE_IOPS},
        {CHANGES_BOUNDS, TABLE_BOUNDS},
        {CHANGES_STREAM, TABLE_STREAM},
        {CHANGES_CLASS, TABLE_CLASS},
        {CHANGES_INDEX_SET, TABLE_INDEX},
        {CHANGES_INDEXES, TABLE_INDEX_UPDATE},
    };

    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (changes & kinds[i].changes && !dynamodb_table_may_change(call, table, row, kinds[i].asked))
            return false;
    return true;
}

/* ---- applying ---- */

static void note_throughput(const struct call *call, struct dynamodb_settings_row *row,
                            const struct dynamodb_provisioned_throughput *throughput)
{
    if (is_higher(row, throughput))
        row->increased_ms = arena_i64(call->arena, call->now_ms);
    if (is_lower(row, throughput)) {
        row->decreases = dynamodb_decreases_today(call, row) + 1;
        row->decreased_ms = arena_i64(call->arena, call->now_ms);
    }
}

static void change_billing(const struct call *call, struct dynamodb_settings_row *row,
                           const struct dynamodb_update_table_input *in)
{
    bool on_demand = becomes_on_demand(row, in);

    if (on_demand && !row->on_demand) {
        row->read_units = row->write_units = 0;
        row->on_demand_ms = arena_i64(call->arena, call->now_ms);
    }
    if (!on_demand && row->on_demand) {
        row->read_units = in->provisioned_throughput->read_capacity_units;
        row->write_units = in->provisioned_throughput->write_capacity_units;
        row->max_read_units = row->max_write_units = NULL;
    }
    row->on_demand = on_demand;
}

static void change_bounds(struct dynamodb_settings_row *row,
                          const struct dynamodb_on_demand_throughput *bounds)
{
    if (bounds && bounds->max_read_request_units)
        row->max_read_units = bounds->max_read_request_units;
    if (bounds && bounds->max_write_request_units)
        row->max_write_units = bounds->max_write_request_units;
}

/* Is it the class that the table has?  STANDARD is that of a table whose class was never set. */
static bool has_class(const struct dynamodb_settings_row *row, str table_class)
{
    str present = str_present(row->table_class) ? row->table_class
                                                : dynamodb_table_class_text(DYNAMODB_TABLE_CLASS_STANDARD);

    return str_equal(present, table_class);
}

/* Change what changes at once. */
static void change_settings(const struct call *call, struct dynamodb_settings_row *row,
                            const struct dynamodb_update_table_input *in)
{
    change_bounds(row, in->on_demand_throughput);
    change_billing(call, row, in);
    if (in->deletion_protection_enabled)
        row->protected = *in->deletion_protection_enabled;
    if (in->warm_throughput)
        row->warming = true;
    if (!(changes_of(in) & CHANGES_STATUS))
        return;
    row->status = dynamodb_table_status_text(DYNAMODB_TABLE_STATUS_UPDATING);
    row->changing = dynamodb_change_text(str_present(in->table_class) ? TABLE_CLASS
                                         : in->stream_specification   ? TABLE_STREAM
                                                                      : TABLE_IOPS,
                                         in->table_class);
}

/* Store what changes at once, and leave the rest to the end of the delay. */
static void store(const struct call *call, struct dynamodb_settings_row *row,
                  const struct dynamodb_update_table_input *in)
{
    const struct dynamodb_provisioned_throughput *throughput = in->provisioned_throughput;
    struct dynamodb_settle_table_input rest = {
        .table_id = row->id,
        .read_units = throughput ? &throughput->read_capacity_units : NULL,
        .write_units = throughput ? &throughput->write_capacity_units : NULL,
        .table_class = has_class(row, in->table_class) ? (str){0} : in->table_class,
    };

    if (throughput)
        note_throughput(call, row, throughput);
    row->max_read_units = dynamodb_bound_of(row->max_read_units);
    row->max_write_units = dynamodb_bound_of(row->max_write_units);
    dynamodb_change_settings(call->txn, row);
    if (changes_of(in) & CHANGES_STATUS)
        dynamodb_table_settle_later(call, &rest);
    if (in->warm_throughput)
        dynamodb_warm_settle_later(call, &(struct dynamodb_settle_warm_throughput_input){
                                             .table_id = row->id,
                                             .read_units = in->warm_throughput->read_units_per_second,
                                             .write_units = in->warm_throughput->write_units_per_second,
                                         });
}

static struct index_update_request index_updates_of(const struct dynamodb_settings_row *row,
                                                    const struct dynamodb_update_table_input *in)
{
    return (struct index_update_request){.updates = &in->global_secondary_index_updates,
                                         .definitions = &in->attribute_definitions,
                                         .was_on_demand = row->on_demand,
                                         .on_demand = becomes_on_demand(row, in)};
}

const struct dynamodb_table_description *dynamodb_table_update(const struct call *call,
                                                               const struct table *located,
                                                               const struct dynamodb_update_table_input *in)
{
    unsigned changes = changes_of(in);

    if (!check_combination(call, changes) || !check_billing(call, in) ||
        !dynamodb_warm_request_check(call, in->warm_throughput, S("")) ||
        !dynamodb_index_updates_check(call, &in->global_secondary_index_updates,
                                      &in->attribute_definitions) ||
        !dynamodb_stream_request_check(call, in->stream_specification) ||
        !dynamodb_table_is_known(call, located) || !dynamodb_table_is_settled(call, located))
        return NULL;
    struct dynamodb_settings_row row = dynamodb_settings_of(call, located);
    struct index_update_request indexes = index_updates_of(&row, in);
    struct table table = *located;
    if (!check_status(call, located, &row, changes) || !check_against(call, &row, in) ||
        !dynamodb_index_updates_fit(call, &table, &indexes) ||
        !dynamodb_stream_update(call, &table, in->stream_specification, &row))
        return NULL;
    change_settings(call, &row, in);
    dynamodb_index_updates_apply(call, &table, &indexes);
    struct dynamodb_table_description *description = dynamodb_table_describe(call, &table, &row);
    if (changes & CHANGES_INDEX_SET)
        description->table_status = dynamodb_table_status_text(DYNAMODB_TABLE_STATUS_UPDATING);
    store(call, &row, in);
    dynamodb_index_updates_settle(call, &table, &in->global_secondary_index_updates);
    return description;
}

enum outcome dynamodb_update_table(const struct call *call, const struct dynamodb_update_table_input *in,
                                   struct dynamodb_update_table_output *out)
{
    const struct table *table = dynamodb_table_of(call);

    if (table)
        out->table_description = dynamodb_table_update(call, table, in);
    return out->table_description ? DONE : FAILED;
}
