/*
 * upkeep.c: counts the items of tables, and removes the items of deleted tables.
 *
 * Both may take minutes, so timers do them: each run reads a bounded number of rows and continues in a later
 * batch.
 *
 * Every put would have to write a counter.  So a table is counted when DescribeTable asks, up to EXACT_UP_TO;
 * a larger one was counted within the last hour (AWS: within six).
 */
#include "dynamodb_internal.h"

#include "base/check.h"

enum {
    EXACT_UP_TO = 4000, /* items: less than a millisecond */
    COUNTED_PER_RUN = 2000,
    COUNT_PAUSE_MS = 10,
    COUNT_INTERVAL_MS = 3600 * 1000,
    REMOVED_PER_RUN = 250,
    REMOVED_BYTES_PER_RUN = 2 * 1024 * 1024, /* a large item has many pages */
    REMOVE_PAUSE_MS = 2,
};

/* ---- counting ---- */

struct dynamodb_count_items_row dynamodb_items_count(const struct call *call, int64_t table_id)
{
    struct dynamodb_count_items_row now = {0};
    struct dynamodb_count_row kept = {0};

    dynamodb_count_items(
        call->txn, &(struct dynamodb_count_items_params){.table_id = table_id, .limit = EXACT_UP_TO + 1},
        &now);
    if (now.items <= EXACT_UP_TO ||
        !dynamodb_read_count(call->txn, &(struct dynamodb_read_count_params){.table_id = table_id}, &kept) ||
        kept.items < now.items)
        return now;
    return (struct dynamodb_count_items_row){.items = kept.items, .bytes = kept.bytes};
}

static void count_at(const struct call *call, int64_t table_id, int64_t due_ms)
{
    timer_set(call, &DYNAMODB_COUNT_TABLE, arena_decimal(call->arena, table_id), due_ms,
              &(struct dynamodb_count_table_input){.table = table_id});
}

static void begin_counting_at(const struct call *call, int64_t table_id, int64_t due_ms)
{
    dynamodb_set_count(
        call->txn, &(struct dynamodb_count_row){.table_id = table_id, .hash_key = S(""), .range_key = S("")});
    count_at(call, table_id, due_ms);
}

void dynamodb_items_begin_counting(const struct call *call, int64_t table_id)
{
    begin_counting_at(call, table_id, call->now_ms + COUNT_INTERVAL_MS);
}

/* Add the next rows to the count; false after the last row. */
static bool count_some(const struct call *call, struct dynamodb_count_row *count)
{
    struct dynamodb_list_sizes_rows rows =
        dynamodb_list_sizes(call->txn, &(struct dynamodb_list_sizes_params){.table_id = count->table_id,
                                                                            .hash_key = count->hash_key,
                                                                            .range_key = count->range_key,
                                                                            .limit = COUNTED_PER_RUN});

    for (size_t i = 0; i < rows.count; i++)
        count->counted_bytes += rows.items[i].size_bytes;
    count->counted_items += (int64_t)rows.count;
    if (rows.count < COUNTED_PER_RUN)
        return false;
    count->hash_key = rows.items[rows.count - 1].hash_key;
    count->range_key = rows.items[rows.count - 1].range_key;
    return true;
}

enum outcome dynamodb_count_table(const struct call *call, const struct dynamodb_count_table_input *in,
                                  struct dynamodb_count_table_output *out)
{
    struct dynamodb_count_row count;

    (void)out;
    if (!dynamodb_read_count(call->txn, &(struct dynamodb_read_count_params){.table_id = in->table}, &count))
        return DONE;
    bool more = count_some(call, &count);
    if (!more)
        count = (struct dynamodb_count_row){.table_id = count.table_id,
                                            .items = count.counted_items,
                                            .bytes = count.counted_bytes,
                                            .hash_key = S(""),
                                            .range_key = S("")};
    dynamodb_set_count(call->txn, &count);
    count_at(call, in->table, call->now_ms + (more ? COUNT_PAUSE_MS : COUNT_INTERVAL_MS));
    return DONE;
}

/* ---- removing ---- */

/* One timer for all tables: tables that are deleted together do not share a batch. */
static void remove_at(const struct call *call, int64_t due_ms)
{
    timer_set(call, &DYNAMODB_REMOVE_ITEMS, S("all"), due_ms, &(struct dynamodb_remove_items_input){0});
}

/* The items are unreachable, because ids of tables are not reused. */
void dynamodb_items_remove_later(const struct call *call, int64_t table_id)
{
    check(table_id > 0);
    dynamodb_remove_count(call->txn, &(struct dynamodb_remove_count_params){.table_id = table_id});
    dynamodb_add_gone(call->txn, &(struct dynamodb_add_gone_params){.table_id = table_id});
    remove_at(call, call->now_ms + REMOVE_PAUSE_MS);
}

/* What this run may still remove. */
struct budget {
    int64_t rows, bytes;
};

/* False when the budget was too small. */
static bool remove_table_items(const struct call *call, int64_t table_id, struct budget *budget)
{
    struct dynamodb_list_places_rows rows = dynamodb_list_places(
        call->txn, &(struct dynamodb_list_places_params){.table_id = table_id, .limit = budget->rows + 1});

    for (size_t i = 0; i < rows.count; i++) {
        if (budget->rows <= 0 || budget->bytes <= 0 ||
            (budget->rows < REMOVED_PER_RUN && slice_is_over(call)))
            return false;
        dynamodb_remove_item(call->txn, &(struct dynamodb_remove_item_params){.id = rows.items[i].id});
        budget->rows--;
        budget->bytes -= rows.items[i].size_bytes;
    }
    return true;
}

enum outcome dynamodb_remove_items(const struct call *call, const struct dynamodb_remove_items_input *in,
                                   struct dynamodb_remove_items_output *out)
{
    struct budget budget = {REMOVED_PER_RUN, REMOVED_BYTES_PER_RUN};
    struct dynamodb_find_gone_row gone;

    (void)in;
    (void)out;
    while (dynamodb_find_gone(call->txn, &gone)) {
        if (budget.rows <= 0 || !remove_table_items(call, gone.table_id, &budget)) {
            remove_at(call, call->now_ms + REMOVE_PAUSE_MS);
            return DONE;
        }
        dynamodb_remove_gone(call->txn, &(struct dynamodb_remove_gone_params){.table_id = gone.table_id});
        budget.rows--; /* the table itself costs some work, too */
    }
    return DONE;
}

/* ---- at the start ---- */

/* Adopt what versions before migration 2 have left: tables without a count, and deleted ones. */
void dynamodb_upkeep_start(const struct call *call)
{
    struct dynamodb_list_uncounted_rows rows = dynamodb_list_uncounted(call->txn);
    struct dynamodb_find_gone_row gone;

    for (size_t i = 0; i < rows.count; i++)
        begin_counting_at(call, rows.items[i].id, call->now_ms);
    if (dynamodb_find_gone(call->txn, &gone))
        remove_at(call, call->now_ms);
}
