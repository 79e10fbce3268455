/*
 * change.c: stores the change of one item.
 *
 * Every write of an item ends here, whichever operation planned it: so the item's row, the counts of its
 * table, its stream and the rows of time to live always agree.  Plans read the item in the same call, and the engine is the only writer, so `before`
 * is the item that is stored; the unique key of dynamodb_item guards that there is one item for one key.
 */
#include "dynamodb_internal.h"

#include "base/check.h"

static void store_counts(struct txn *txn, const struct sum *sum)
{
    dynamodb_change_count(txn, &(struct dynamodb_change_count_params){
                                   .table_id = sum->key[0], .items = sum->by[0], .bytes = sum->by[1]});
}

static void count_change(const struct call *call, const struct change *change)
{
    int64_t items = (str_present(change->blob) ? 1 : 0) - (change->before.id ? 1 : 0);
    int64_t bytes = (str_present(change->blob) ? change->size_bytes : 0) - change->before.size_bytes;

    if (items != 0 || bytes != 0)
        sum_add(call, &(struct sum){
                          .store = store_counts, .key = {change->table->row.id, 0}, .by = {items, bytes}});
}

/* Returns the id of the item's row. */
static int64_t store_item(const struct call *call, const struct change *change)
{
    struct dynamodb_item_row row = {
        .id = change->before.id,
        .table_id = change->table->row.id,
        .hash_key = change->key.hash,
        .range_key = change->key.range,
        .size_bytes = change->size_bytes,
        .item = change->blob,
    };

    if (!row.id)
        return dynamodb_add_item(call->txn, &row);
    dynamodb_replace_item(call->txn, &row);
    return row.id;
}

static void remove_item(const struct call *call, const struct change *change)
{
    dynamodb_remove_item(call->txn, &(struct dynamodb_remove_item_params){.id = change->before.id});
    if (str_present(change->table->row.ttl_name))
        dynamodb_expiry_forget(call, change->before.id);
}

void dynamodb_change_apply(const struct call *call, const struct change *change)
{
    check(str_present(change->blob) || change->before.id);
    if (str_present(change->blob)) {
        int64_t id = store_item(call, change);
        if (str_present(change->table->row.ttl_name))
            dynamodb_expiry_note(call, change->table, id, change->blob);
    } else {
        remove_item(call, change);
    }
    count_change(call, change);
    if (change->table->row.stream_id)
        dynamodb_stream_note(call, change);
}
