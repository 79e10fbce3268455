/*
 * table_status.c: the statuses of a table, and when they end.
 *
 * A table is CREATING, UPDATING or DELETING for as long as --table-delay says, on the engine's clock.  Then
 * an internal operation settles it: it applies what the update has left, or removes the table.  Without a
 * delay that happens in the call itself, so that no other request sees such a status.
 */
#include "dynamodb_internal.h"
#include "tables.h"

#include "aws/arn.h"
#include "base/check.h"
#include "wire/json.h"

bool dynamodb_table_is(str status, enum dynamodb_table_status one)
{
    return str_equal(status, dynamodb_table_status_text(one));
}

bool dynamodb_refuse_in_use(const struct call *call, str reason)
{
    fail(call, &DYNAMODB_RESOURCE_IN_USE_EXCEPTION,
         "Attempt to change a resource which is still in use: %.*s", STR_ARGS(reason));
    return false;
}

bool dynamodb_table_is_settled(const struct call *call, const struct table *table)
{
    if (dynamodb_table_is(table->row.status, DYNAMODB_TABLE_STATUS_CREATING))
        return dynamodb_refuse_in_use(call,
                                      arena_join(call->arena, S("Table is being created: "), table->name));
    return !dynamodb_table_is(table->row.status, DYNAMODB_TABLE_STATUS_DELETING) ||
           dynamodb_refuse_in_use(call, arena_join(call->arena, S("Table is being deleted: "), table->name));
}

void dynamodb_describe(const struct call *call, str text, struct json_writer *state)
{
    struct resource found = {0};
    struct arn arn;

    if (!arn_parse(text, &arn) || !str_starts_with(arn.resource, S("table/")) ||
        str_index(str_from(arn.resource, S("table/").size), '/') >= 0)
        return;
    if (!dynamodb_locate_arn(call, text, &found)) {
        json_null(state);
        return;
    }
    json_open_object(state);
    json_field(state, S("status"), ((const struct table *)found.row)->row.status);
    json_close_object(state);
}

/* ---- settling ---- */

static bool read_settings(const struct call *call, int64_t table_id, struct dynamodb_settings_row *row)
{
    return dynamodb_read_settings(call->txn, &(struct dynamodb_read_settings_params){.id = table_id}, row);
}

/* The table's ARN finds it as a request's would. */
static void remove_table(const struct call *call, const struct dynamodb_settings_row *row)
{
    struct resource found = {0};
    struct call there = call_in(call, row->account, row->region);
    bool located = dynamodb_locate_table(&there, row->name, &found);

    check(located);
    dynamodb_table_remove(&there, found.row);
    resource_changed(call, found.arn);
}

enum outcome dynamodb_settle_table(const struct call *call, const struct dynamodb_settle_table_input *in,
                                   struct dynamodb_settle_table_output *out)
{
    struct dynamodb_settings_row row;

    (void)out;
    if (!read_settings(call, in->table_id, &row))
        return DONE;
    if (dynamodb_table_is(row.status, DYNAMODB_TABLE_STATUS_DELETING)) {
        remove_table(call, &row);
        return DONE;
    }
    if (in->read_units)
        row.read_units = *in->read_units;
    if (in->write_units)
        row.write_units = *in->write_units;
    if (str_present(in->table_class)) {
        row.table_class = in->table_class;
        row.class_ms = arena_i64(call->arena, call->now_ms);
    }
    dynamodb_warm_raise(&row, NULL);
    row.status = dynamodb_table_status_text(DYNAMODB_TABLE_STATUS_ACTIVE);
    row.changing = (str){0};
    dynamodb_change_settings(call->txn, &row);
    struct call there = call_in(call, row.account, row.region);
    resource_changed(&there, arn(&there, S("dynamodb"), arena_join(call->arena, S("table/"), row.name)));
    return DONE;
}

void dynamodb_table_settle_later(const struct call *call, const struct dynamodb_settle_table_input *in)
{
    int64_t delay_ms = dynamodb_table_delay_ms();

    if (delay_ms > 0)
        timer_set(call, &DYNAMODB_SETTLE_TABLE, arena_decimal(call->arena, in->table_id),
                  call->now_ms + delay_ms, in);
    else
        dynamodb_settle_table(call, in, NULL);
}
