/*
 * upkeep.c: removes the items of deleted tables, and the entries of deleted indexes.
 *
 * That may take minutes, so a timer does it: each run removes a bounded number of rows and continues in a
 * later batch.
 */
#include "dynamodb_internal.h"

#include "base/check.h"

enum {
    REMOVED_PER_RUN = 250,
    REMOVED_BYTES_PER_RUN = 2 * 1024 * 1024, /* a large item has many pages */
    ROWS_PER_STATEMENT = 25,
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

void dynamodb_items_removal_resume(const struct call *call)
{
    remove_at(call, call->now_ms);
}

/* Nothing leads to the entries: ids of indexes are not reused. */
void dynamodb_entries_remove_later(const struct call *call, int64_t index_id)
{
    check(index_id > 0);
    dynamodb_add_gone_index(call->txn, &(struct dynamodb_add_gone_index_params){.index_id = index_id});
    remove_at(call, call->now_ms + REMOVE_PAUSE_MS);
}

/* False when the slice was too small. */
static bool remove_table_items(const struct call *call, int64_t table_id, struct slice *slice)
{
    struct dynamodb_list_places_rows rows = dynamodb_list_places(
        call->txn, &(struct dynamodb_list_places_params){.table_id = table_id, .limit = slice->rows + 1});

    for (size_t i = 0; i < rows.count; i++) {
        if (slice_is_spent(call, slice))
            return false;
        dynamodb_remove_item(call->txn, &(struct dynamodb_remove_item_params){.id = rows.items[i].id});
        dynamodb_image_drop(call, rows.items[i].image_id);
        dynamodb_expiry_forget(call, rows.items[i].id);
        slice_spend(slice, 1, rows.items[i].size_bytes);
    }
    return true;
}

static int64_t remove_some_entries(const struct call *call, int64_t index_id, int64_t limit)
{
    return dynamodb_remove_entries(
        call->txn, &(struct dynamodb_remove_entries_params){.index_id = index_id, .limit = limit});
}

static int64_t remove_some_collections(const struct call *call, int64_t table_id, int64_t limit)
{
    return dynamodb_remove_collections(
        call->txn, &(struct dynamodb_remove_collections_params){.table_id = table_id, .limit = limit});
}

/* False when the slice was too small.  Such rows are small: their bytes are not counted. */
static bool remove_small(const struct call *call, int64_t id, struct slice *slice,
                         int64_t (*remove_some)(const struct call *call, int64_t id, int64_t limit))
{
    while (!slice_is_spent(call, slice)) {
        int64_t limit = slice->rows < ROWS_PER_STATEMENT ? slice->rows : ROWS_PER_STATEMENT;
        int64_t removed = remove_some(call, id, limit);
        slice_spend(slice, removed, 0);
        if (removed < limit)
            return true;
    }
    return false;
}

static bool remove_tables(const struct call *call, struct slice *slice)
{
    struct dynamodb_find_gone_row gone;

    while (dynamodb_find_gone(call->txn, &gone)) {
        if (slice->rows <= 0 || !remove_table_items(call, gone.table_id, slice) ||
            !remove_small(call, gone.table_id, slice, remove_some_collections))
            return false;
        dynamodb_remove_gone(call->txn, &(struct dynamodb_remove_gone_params){.table_id = gone.table_id});
        slice_spend(slice, 1, 0); /* the table itself costs some work, too */
    }
    return true;
}

static bool remove_indexes(const struct call *call, struct slice *slice)
{
    struct dynamodb_find_gone_index_row gone;

    while (dynamodb_find_gone_index(call->txn, &gone)) {
        if (slice->rows <= 0 || !remove_small(call, gone.index_id, slice, remove_some_entries))
            return false;
        dynamodb_remove_gone_index(call->txn,
                                   &(struct dynamodb_remove_gone_index_params){.index_id = gone.index_id});
        slice_spend(slice, 1, 0);
    }
    return true;
}

enum outcome dynamodb_remove_items(const struct call *call, const struct dynamodb_remove_items_input *in,
                                   struct dynamodb_remove_items_output *out)
{
    struct slice slice = {REMOVED_PER_RUN, REMOVED_BYTES_PER_RUN, false};

    (void)in;
    (void)out;
    if (!remove_tables(call, &slice) || !remove_indexes(call, &slice))
        remove_at(call, call->now_ms + REMOVE_PAUSE_MS);
    return DONE;
}

/* Continue what was left to do when the server stopped. */
void dynamodb_upkeep_start(const struct call *call)
{
    struct dynamodb_find_gone_row gone;
    struct dynamodb_find_gone_index_row gone_index;

    if (dynamodb_find_gone(call->txn, &gone) || dynamodb_find_gone_index(call->txn, &gone_index))
        remove_at(call, call->now_ms);
}
