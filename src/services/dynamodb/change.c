/*
 * change.c: stores the change of one item.
 *
 * Every write of an item ends here, whichever operation planned it: so the item's row, its entries in
 * indexes, the counts of its table, its stream, its history and the rows of time to live always agree.  Plans
 * read the item in the same call, and the engine is the only writer, so `before` is the item that is stored;
 * the unique key of dynamodb_item guards that there is one item for one key.
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

/* The change with the item as it was, which its plan may have found without its blob. */
static struct change complete(const struct call *call, const struct change *change)
{
    struct change whole = *change;
    struct dynamodb_read_blob_row row;

    if (whole.before.id && !str_present(whole.before.blob) &&
        dynamodb_read_blob(call->txn, &(struct dynamodb_read_blob_params){.id = whole.before.id}, &row))
        whole.before.blob = row.item;
    return whole;
}

int dynamodb_change_copies(const struct table *table)
{
    static const int images[] = {[DYNAMODB_STREAM_VIEW_TYPE_NEW_IMAGE] = 1,
                                 [DYNAMODB_STREAM_VIEW_TYPE_OLD_IMAGE] = 1,
                                 [DYNAMODB_STREAM_VIEW_TYPE_NEW_AND_OLD_IMAGES] = 2,
                                 [DYNAMODB_STREAM_VIEW_TYPE_KEYS_ONLY] = 0};
    int copies = table->row.is_kept ? 2 : 1;

    return table->row.stream_id ? copies + images[dynamodb_stream_view_type_of(table->row.stream_view)]
                                : copies;
}

static void note_expiry(const struct call *call, const struct change *change, int64_t id)
{
    if (str_present(change->blob))
        dynamodb_expiry_note(call, change->table, id, change->blob);
    else
        dynamodb_expiry_forget(call, id);
}

void dynamodb_change_apply(const struct call *call, const struct change *change)
{
    const struct table *table = change->table;
    bool watched = (table->indexes.count > 0 && !change->entries) || table->row.stream_id;
    struct change whole = watched ? complete(call, change) : *change;
    int64_t id = whole.before.id;

    check(str_present(whole.blob) || id);
    if (table->row.is_kept)
        dynamodb_version_keep(call, &whole);
    if (str_present(whole.blob))
        id = store_item(call, &whole);
    else
        dynamodb_remove_item(call->txn, &(struct dynamodb_remove_item_params){.id = id});
    count_change(call, &whole);
    if (table->indexes.count > 0)
        dynamodb_entries_change(call, &whole, id);
    if (table->row.stream_id)
        dynamodb_stream_note(call, &whole);
    if (str_present(table->row.ttl_name))
        note_expiry(call, &whole, id);
}
