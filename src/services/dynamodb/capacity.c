/*
 * capacity.c: the capacity that a request consumes.  Nothing is charged, and no request is throttled.
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/capacity-mode.html
 */
#include "dynamodb_internal.h"

#include "base/check.h"

static double units_of(int64_t size_bytes, int64_t unit_bytes)
{
    int64_t units = (size_bytes + unit_bytes - 1) / unit_bytes;

    check(size_bytes >= 0);
    return units < 1 ? 1 : (double)units;
}

double dynamodb_write_units(int64_t size_bytes)
{
    return units_of(size_bytes, WRITE_UNIT_BYTES);
}

double dynamodb_read_units(int64_t size_bytes, const bool *consistent)
{
    double units = units_of(size_bytes, READ_UNIT_BYTES);

    return consistent && *consistent ? units : units / 2;
}

const struct dynamodb_consumed_capacity *
dynamodb_capacity_of(const struct call *call, const struct table *table, str asked, double units)
{
    dynamodb_count_capacity(call, table, units);
    if (!str_present(asked) ||
        dynamodb_return_consumed_capacity_of(asked) == DYNAMODB_RETURN_CONSUMED_CAPACITY_NONE)
        return NULL;

    struct dynamodb_consumed_capacity *capacity = arena_new(call->arena, struct dynamodb_consumed_capacity);
    capacity->table_name = table->given;
    capacity->capacity_units = arena_double(call->arena, units);
    if (dynamodb_return_consumed_capacity_of(asked) == DYNAMODB_RETURN_CONSUMED_CAPACITY_INDEXES) {
        struct dynamodb_capacity *of_table = arena_new(call->arena, struct dynamodb_capacity);
        of_table->capacity_units = capacity->capacity_units;
        capacity->table = of_table;
    }
    return capacity;
}
