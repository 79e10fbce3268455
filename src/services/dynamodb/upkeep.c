/*
 * upkeep.c: removes the items of deleted tables.
 *
 * That may take minutes, so a timer does it: each run removes a bounded number of rows and continues in a
 * later batch.
 */
#include "dynamodb_internal.h"

#include "base/check.h"

enum {
    REMOVED_PER_RUN = 250,
    REMOVED_BYTES_PER_RUN = 2 * 1024 * 1024, /* a large item has many pages */
    REMOVE_PAUSE_MS = 2,
};

/* One timer for all tables: tables that are deleted together do not share a batch. */
static void remove_at(const struct call *call, int64_t due_ms)
{
    timer_set(call, &DYNAMODB_REMOVE_ITEMS, S("all"), due_ms, &(struct dynamodb_remove_items_input){0});
}

/* The items are unreachable, because ids of tables are not reused. */
void dynamodb_items_remove_later(const struct call *call, int64_t table_id)
{
    check(table_id > 0);
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
        dynamodb_expiry_forget(call, rows.items[i].id);
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

/* Continue what was left to do when the server stopped. */
void dynamodb_upkeep_start(const struct call *call)
{
    struct dynamodb_find_gone_row gone;

    if (dynamodb_find_gone(call->txn, &gone))
        remove_at(call, call->now_ms);
}
