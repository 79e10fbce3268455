/*
 * capacity.c: the capacity that a request consumes.
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

static struct dynamodb_capacity *capacity_of(const struct call *call, double units)
{
    struct dynamodb_capacity *capacity = arena_new(call->arena, struct dynamodb_capacity);

    capacity->capacity_units = arena_double(call->arena, units);
    return capacity;
}

/* The table and each index that the request touched. */
static void add_parts(const struct call *call, const struct table *table, double units,
                      const double *index_units, struct dynamodb_consumed_capacity *capacity)
{
    capacity->table = capacity_of(call, units);
    for (size_t i = 0; index_units && i < table->indexes.count; i++) {
        const struct index *index = &table->indexes.items[i];
        if (index_units[i] <= 0)
            continue;
        struct dynamodb_capacity_map *indexes =
            index->local ? &capacity->local_secondary_indexes : &capacity->global_secondary_indexes;
        *list_add(call->arena, indexes) =
            (struct dynamodb_capacity_map_entry){index->name, *capacity_of(call, index_units[i])};
    }
}

const struct dynamodb_consumed_capacity *dynamodb_capacity_with_indexes(const struct call *call,
                                                                        const struct table *table, str asked,
                                                                        double units,
                                                                        const double *index_units)
{
    double total = units, of_table = units; /* which has those of its local indexes */

    dynamodb_throughput_charge(call, table, NULL, units);
    for (size_t i = 0; index_units && i < table->indexes.count; i++) {
        const struct index *index = &table->indexes.items[i];
        dynamodb_throughput_charge(call, table, index, index_units[i]);
        total += index_units[i];
        if (index->local)
            of_table += index_units[i];
        else
            dynamodb_count_capacity(call, table, index, index_units[i]);
    }
    dynamodb_count_capacity(call, table, NULL, of_table);
    if (!str_present(asked) ||
        dynamodb_return_consumed_capacity_of(asked) == DYNAMODB_RETURN_CONSUMED_CAPACITY_NONE)
        return NULL;

    struct dynamodb_consumed_capacity *capacity = arena_new(call->arena, struct dynamodb_consumed_capacity);
    capacity->table_name = table->given;
    capacity->capacity_units = arena_double(call->arena, total);
    if (dynamodb_return_consumed_capacity_of(asked) == DYNAMODB_RETURN_CONSUMED_CAPACITY_INDEXES)
        add_parts(call, table, units, index_units, capacity);
    return capacity;
}

const struct dynamodb_consumed_capacity *
dynamodb_capacity_of(const struct call *call, const struct table *table, str asked, double units)
{
    return dynamodb_capacity_with_indexes(call, table, asked, units, NULL);
}

/* ---- requests about several tables ---- */

static struct table_use *use_of(const struct call *call, struct table_uses *uses, const struct table *table)
{
    for (size_t i = 0; i < uses->count; i++)
        if (uses->items[i].table->row.id == table->row.id)
            return &uses->items[i];
    struct table_use *use = list_add(call->arena, uses);
    *use = (struct table_use){
        .table = table,
        .index_units = arena_alloc(call->arena, (table->indexes.count + 1) * sizeof(double)),
    };
    return use;
}

void dynamodb_use_add(const struct call *call, struct table_uses *uses, const struct table *table,
                      double units, const double *index_units)
{
    struct table_use *use = use_of(call, uses, table);

    use->units += units * uses->factor;
    for (size_t i = 0; index_units && i < table->indexes.count; i++)
        use->index_units[i] += index_units[i];
}

static void split(struct dynamodb_capacity *capacity, enum use_kind kind)
{
    *(kind == USE_READS ? &capacity->read_capacity_units : &capacity->write_capacity_units) =
        capacity->capacity_units;
}

static void split_all(struct dynamodb_capacity_map *capacities, enum use_kind kind)
{
    for (size_t i = 0; i < capacities->count; i++)
        split(&capacities->items[i].value, kind);
}

/* In a transaction the units are also shown as those of reads or of writes. */
static void split_capacity(const struct call *call, enum use_kind kind,
                           struct dynamodb_consumed_capacity *capacity)
{
    *(kind == USE_READS ? &capacity->read_capacity_units : &capacity->write_capacity_units) =
        capacity->capacity_units;
    if (capacity->table) {
        struct dynamodb_capacity *of_table = arena_new(call->arena, struct dynamodb_capacity);
        *of_table = *capacity->table;
        split(of_table, kind);
        capacity->table = of_table;
    }
    split_all(&capacity->local_secondary_indexes, kind);
    split_all(&capacity->global_secondary_indexes, kind);
}

void dynamodb_uses_show(const struct call *call, const struct table_uses *uses, enum use_kind kind, str asked,
                        struct dynamodb_consumed_capacity_list *shown)
{
    for (size_t i = 0; i < uses->count; i++) {
        const struct table_use *use = &uses->items[i];
        const struct dynamodb_consumed_capacity *capacity =
            dynamodb_capacity_with_indexes(call, use->table, asked, use->units, use->index_units);
        if (!capacity)
            continue;
        struct dynamodb_consumed_capacity *added = list_add(call->arena, shown);
        *added = *capacity;
        if (kind != USE_PLAIN)
            split_capacity(call, kind, added);
    }
}

const struct call *dynamodb_as_reading(const struct call *call)
{
    struct call *reading = arena_new(call->arena, struct call);
    struct operation *operation = arena_new(call->arena, struct operation);

    *operation = *call->operation;
    operation->flags |= OPERATION_READS;
    *reading = *call;
    reading->operation = operation;
    return reading;
}
