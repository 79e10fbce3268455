/*
 * swaps.c: the entries of one request in indexes, stored before the request is done.
 *
 * An entry counts only while the row that it names exists: reads of an index join them.  So a request that
 * changes many bytes of entries gives each item a new row, with an id that no other row ever has, and its
 * first runs store the entries of these rows, some in each.  The last run only swaps the rows: from then on
 * the new entries count, and the old ones do not.
 *
 * dynamodb_swap lists these changes.  When the request is done, or given up, a timer removes the entries
 * whose row does not exist, whether that is the old row or the new one.
 */
#include "dynamodb_internal.h"
#include "tables.h"

enum {
    SWAPPED_BYTES = 1024 * 1024, /* entries of fewer bytes are changed in one run */
    ENTRY_COST = 2,              /* a byte in its place in an index costs as much as two of an item */
    ENDED_PER_RUN = 50,
    ENDED_BYTES_PER_RUN = 1024 * 1024,
};

static int64_t bytes_of(const struct write *write)
{
    return write->entries ? dynamodb_entries_moved_bytes(write->entries, write->table->indexes.count) : 0;
}

bool dynamodb_swaps_pay(const struct write_set *set, size_t count)
{
    int64_t bytes = 0;

    for (size_t i = 0; i < count; i++)
        bytes += bytes_of(&set->items[i]);
    return bytes > SWAPPED_BYTES;
}

int64_t dynamodb_swap_of(const struct write *write)
{
    return write->swap.old_row == write->stored.id ? write->swap.id : 0;
}

/* ---- before the rows are swapped ---- */

static bool find(const struct call *call, int64_t number, struct swap *swap)
{
    struct dynamodb_find_swap_row row;

    if (!dynamodb_find_swap(call->txn, &(struct dynamodb_find_swap_params){.draft = number}, &row))
        return false;
    *swap = (struct swap){row.id, row.old_row ? *row.old_row : 0};
    return true;
}

static int64_t add(const struct call *call, const struct write *write, int64_t number)
{
    const struct table *table = write->table;
    struct arena_mark mark = arena_mark(call->arena);
    struct dynamodb_swap_row row = {
        .draft = number,
        .table_id = table->row.id,
        .old_row = write->stored.id ? &write->stored.id : NULL,
        .old_item = dynamodb_entries_source(call, table, write->stored.blob),
        .new_item = dynamodb_entries_source(call, table, write->blob),
    };
    int64_t id = dynamodb_add_swap(call->txn, &row);

    arena_rewind(call->arena, mark);
    return (int64_t)(row.old_item.size + row.new_item.size) +
           ENTRY_COST * dynamodb_entries_add(call, table, write->entries, -id);
}

bool dynamodb_swaps_write(const struct call *call, struct write_set *set, size_t count, struct slice *slice)
{
    for (size_t i = 0; i < count; i++) {
        struct write *write = &set->items[i];
        int64_t number = set->drafts + (int64_t)i;
        if (bytes_of(write) == 0 || find(call, number, &write->swap))
            continue;
        if (slice_is_spent(call, slice))
            return false;
        slice_spend(slice, 1, add(call, write, number));
    }
    if (!slice->begun)
        dynamodb_raise_row_ids(call->txn);
    return true;
}

/* ---- afterwards ---- */

static bool exists(const struct call *call, int64_t row)
{
    struct dynamodb_find_row_of_id_row found;

    return dynamodb_find_row_of_id(call->txn, &(struct dynamodb_find_row_of_id_params){.id = row}, &found);
}

static int64_t remove_entries(const struct call *call, const struct table *table, str item, int64_t row)
{
    if (!str_present(item) || exists(call, row))
        return 0;
    return ENTRY_COST * dynamodb_entries_remove(call, table, item, row);
}

/* Returns the bytes of what it has removed.  The entries of a deleted table go with its indexes. */
static int64_t end(const struct call *call, const struct dynamodb_swap_row *swap)
{
    int64_t bytes = (int64_t)(swap->old_item.size + swap->new_item.size);
    struct table table;

    if (dynamodb_table_of_id(call, swap->table_id, &table)) {
        if (swap->old_row)
            bytes += remove_entries(call, &table, swap->old_item, *swap->old_row);
        bytes += remove_entries(call, &table, swap->new_item, -swap->id);
    }
    dynamodb_remove_swap(call->txn, &(struct dynamodb_remove_swap_params){.id = swap->id});
    return bytes;
}

bool dynamodb_swaps_end(const struct call *call, int64_t low, int64_t high)
{
    struct slice slice = {ENDED_PER_RUN, ENDED_BYTES_PER_RUN, false};
    struct dynamodb_swap_row swap;

    while (dynamodb_find_next_swap(
        call->txn, &(struct dynamodb_find_next_swap_params){.low = low, .high = high}, &swap)) {
        if (slice_is_spent(call, &slice))
            return false;
        slice_spend(&slice, 1, end(call, &swap));
    }
    return true;
}
