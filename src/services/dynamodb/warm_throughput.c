/*
 * warm_throughput.c: warm throughput: what a table or a global index serves at once.
 *
 * It is never less than the mode gives, and never lowered.  It is stored and shown, and nothing else.
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/warm-throughput.html
 */
#include "dynamodb_internal.h"
#include "tables.h"

enum { ON_DEMAND_READ_UNITS = 12000, ON_DEMAND_WRITE_UNITS = 4000 };

struct warm_units dynamodb_warm_least(bool on_demand,
                                      const struct dynamodb_provisioned_throughput *throughput)
{
    return on_demand ? (struct warm_units){ON_DEMAND_READ_UNITS, ON_DEMAND_WRITE_UNITS}
                     : (struct warm_units){throughput->read_capacity_units, throughput->write_capacity_units};
}

/* ---- checking ---- */

bool dynamodb_warm_request_check(const struct call *call, const struct dynamodb_warm_throughput *asked,
                                 str of)
{
    return !asked || asked->read_units_per_second || asked->write_units_per_second ||
           dynamodb_refuse_parameter(
               call, arena_join(call->arena,
                                S("WarmThroughput must have at least one of ReadUnitsPerSecond or "
                                  "WriteUnitsPerSecond specified"),
                                of));
}

static bool refuse_units(const struct call *call, const char *kind, const struct warm_target *target,
                         const char *problem)
{
    return dynamodb_refuse_parameter(
        call, arena_format(call->arena,
                           "Requested %sUnitsPerSecond for WarmThroughput for %.*s is lower "
                           "than %s",
                           kind, STR_ARGS(target->what), problem));
}

bool dynamodb_warm_check(const struct call *call, const struct dynamodb_warm_throughput *asked,
                         const struct warm_target *target)
{
    if (asked && asked->read_units_per_second && *asked->read_units_per_second < target->least.read)
        return refuse_units(call, "Read", target,
                            target->on_demand ? "initial throughput for OnDemand"
                                              : "ReadCapacityUnits of ProvisionedThroughput");
    if (asked && asked->write_units_per_second && *asked->write_units_per_second < target->least.write)
        return refuse_units(call, "Write", target,
                            target->on_demand ? "initial throughput for OnDemand"
                                              : "WriteCapacityUnits of ProvisionedThroughput");
    return true;
}

bool dynamodb_warm_update_check(const struct call *call, const struct dynamodb_warm_throughput *asked,
                                const struct warm_target *target)
{
    static const char lowered[] = "current WarmThroughput, decreasing WarmThroughput is not supported";

    if (asked && asked->read_units_per_second && *asked->read_units_per_second < target->least.read)
        return refuse_units(call, "Read", target, lowered);
    if (asked && asked->write_units_per_second && *asked->write_units_per_second < target->least.write)
        return refuse_units(call, "Write", target, lowered);
    return true;
}

/* ---- raising ---- */

static int64_t larger(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

static struct warm_units raised(struct warm_units now, struct warm_units least,
                                const struct dynamodb_warm_throughput *asked)
{
    now.read = larger(now.read, least.read);
    now.write = larger(now.write, least.write);
    if (asked && asked->read_units_per_second)
        now.read = larger(now.read, *asked->read_units_per_second);
    if (asked && asked->write_units_per_second)
        now.write = larger(now.write, *asked->write_units_per_second);
    return now;
}

void dynamodb_warm_raise(struct dynamodb_settings_row *row, const struct dynamodb_warm_throughput *asked)
{
    struct dynamodb_provisioned_throughput units = {row->read_units, row->write_units};
    struct warm_units now = raised((struct warm_units){row->warm_read_units, row->warm_write_units},
                                   dynamodb_warm_least(row->on_demand, &units), asked);

    row->warm_read_units = now.read;
    row->warm_write_units = now.write;
}

/* Only an index of an on-demand table has no units of its own. */
void dynamodb_warm_raise_index(struct dynamodb_index_settings_row *row,
                               const struct dynamodb_warm_throughput *asked)
{
    struct dynamodb_provisioned_throughput units = {row->read_units, row->write_units};
    struct warm_units now = raised((struct warm_units){row->warm_read_units, row->warm_write_units},
                                   dynamodb_warm_least(row->read_units == 0, &units), asked);

    row->warm_read_units = now.read;
    row->warm_write_units = now.write;
}

/* ---- the end of a change ---- */

static void settle_table(const struct call *call, int64_t id, const struct dynamodb_warm_throughput *asked)
{
    struct dynamodb_settings_row row;

    if (!dynamodb_read_settings(call->txn, &(struct dynamodb_read_settings_params){.id = id}, &row))
        return;
    dynamodb_warm_raise(&row, asked);
    row.warming = false;
    dynamodb_change_settings(call->txn, &row);
}

static void settle_index(const struct call *call, int64_t id, const struct dynamodb_warm_throughput *asked)
{
    struct dynamodb_index_settings_row row;

    if (!dynamodb_read_index_settings(call->txn, &(struct dynamodb_read_index_settings_params){.id = id},
                                      &row))
        return;
    dynamodb_warm_raise_index(&row, asked);
    row.warming = false;
    dynamodb_set_index_settings(call->txn, &row);
}

enum outcome dynamodb_settle_warm_throughput(const struct call *call,
                                             const struct dynamodb_settle_warm_throughput_input *in,
                                             struct dynamodb_settle_warm_throughput_output *out)
{
    struct dynamodb_warm_throughput asked = {in->read_units, in->write_units};

    (void)out;
    if (in->index_id)
        settle_index(call, *in->index_id, &asked);
    else
        settle_table(call, in->table_id, &asked);
    return DONE;
}

void dynamodb_warm_settle_later(const struct call *call,
                                const struct dynamodb_settle_warm_throughput_input *in)
{
    int64_t delay_ms = dynamodb_table_delay_ms();
    str name = in->index_id
                   ? arena_format(call->arena, "%lld/%lld", (long long)in->table_id, (long long)*in->index_id)
                   : arena_decimal(call->arena, in->table_id);

    if (delay_ms > 0)
        timer_set(call, &DYNAMODB_SETTLE_WARM_THROUGHPUT, name, call->now_ms + delay_ms, in);
    else
        dynamodb_settle_warm_throughput(call, in, NULL);
}
