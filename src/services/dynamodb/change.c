/*
 * change.c: stores the change of one item.
 *
 * Every write of an item ends here, whichever operation planned it: so the item's row, its entries in
 * indexes, the counts of its table, its stream, its history and the rows of time to live always agree.  Plans
 * read the item in the same call, and the engine is the only writer, so `before` is the item that is stored;
 * the unique key of dynamodb_item guards that there is one item for one key.
 */
#include "backups.h"
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

static void remove_item(const struct call *call, int64_t id)
{
    dynamodb_remove_item(call->txn, &(struct dynamodb_remove_item_params){.id = id});
}

static int64_t swap_item(const struct call *call, struct dynamodb_item_row *row, const struct change *change)
{
    if (row->id)
        remove_item(call, row->id);
    row->id = -change->swap;
    dynamodb_add_swapped_item(call->txn, row);
    return row->id;
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
        .item = change->image_id ? S("") : change->blob,
        .image_id = dynamodb_image_name(&change->image_id),
    };

    if (change->swap)
        return swap_item(call, &row, change);
    if (!row.id)
        return dynamodb_add_item(call->txn, &row);
    dynamodb_replace_item(call->txn, &row);
    return row.id;
}

/* ---- images ---- */

static bool has_image(const struct table *table, enum dynamodb_stream_view_type one)
{
    enum dynamodb_stream_view_type view;

    if (!table->row.stream_id)
        return false;
    view = dynamodb_stream_view_type_of(table->row.stream_view);
    return view == one || view == DYNAMODB_STREAM_VIEW_TYPE_NEW_AND_OLD_IMAGES;
}

int dynamodb_change_keeps(const struct table *table)
{
    return (table->row.is_kept ? 1 : 0) + (has_image(table, DYNAMODB_STREAM_VIEW_TYPE_OLD_IMAGE) ? 1 : 0);
}

bool dynamodb_change_copies(const struct table *table)
{
    return dynamodb_change_keeps(table) > 0 || has_image(table, DYNAMODB_STREAM_VIEW_TYPE_NEW_IMAGE);
}

/* Does a part of the change need the item as it was, besides the rows that may name its image? */
static bool needs_content(const struct change *change)
{
    const struct table *table = change->table;

    return (table->indexes.count > 0 && !change->entries) ||
           (table->row.stream_id && !str_present(change->blob));
}

/* Its plan may have found the item as it was without the blob. */
static void read_before(const struct call *call, struct change *change)
{
    struct stored *before = &change->before;
    struct dynamodb_read_blob_row row;

    if (!before->id || str_present(before->blob))
        return;
    if (before->image_id) {
        if (needs_content(change))
            before->blob = dynamodb_image_read(call, before->image_id);
    } else if ((needs_content(change) || dynamodb_change_keeps(change->table) > 0) &&
               dynamodb_read_blob(call->txn, &(struct dynamodb_read_blob_params){.id = before->id}, &row)) {
        before->blob = row.item;
    }
}

/* The item as it was leaves its row, for those that keep it. */
static void share_before(const struct call *call, struct change *change)
{
    struct stored *before = &change->before;
    int uses = (change->table->row.is_kept ? 1 : 0) + (dynamodb_stream_images(change).old ? 1 : 0);

    if (before->image_id) {
        dynamodb_image_use(call, before->image_id, uses - 1);
    } else if (change->draft_before && uses > 0) {
        dynamodb_image_take(call, change->draft_before, uses);
        before->image_id = change->draft_before;
    } else if (uses > 1 && dynamodb_image_pays(before->blob)) {
        before->image_id = dynamodb_image_add(call, before->blob, uses);
    }
}

static void share_after(const struct call *call, struct change *change)
{
    int uses = 1 + (dynamodb_stream_images(change).new ? 1 : 0);

    if (change->draft) {
        dynamodb_image_take(call, change->draft, uses);
        change->image_id = change->draft;
    } else if (dynamodb_change_copies(change->table) && dynamodb_image_pays(change->blob)) {
        change->image_id = dynamodb_image_add(call, change->blob, uses);
    }
}

/* ---- the change ---- */

static void note_expiry(const struct call *call, const struct change *change, int64_t id)
{
    if (change->before.id && change->before.id != id)
        dynamodb_expiry_forget(call, change->before.id);
    if (str_present(change->blob))
        dynamodb_expiry_note(call, change->table, id, change->blob);
    else
        dynamodb_expiry_forget(call, id);
}

void dynamodb_change_apply(const struct call *call, const struct change *change)
{
    const struct table *table = change->table;
    struct change whole = *change;
    int64_t id = whole.before.id;

    check(str_present(whole.blob) || id);
    read_before(call, &whole);
    if (id)
        share_before(call, &whole);
    if (table->row.is_kept)
        dynamodb_version_keep(call, &whole);
    if (str_present(whole.blob)) {
        share_after(call, &whole);
        id = store_item(call, &whole);
    } else {
        remove_item(call, id);
    }
    count_change(call, &whole);
    if (table->indexes.count > 0)
        dynamodb_entries_change(call, &whole, id);
    if (table->row.stream_id)
        dynamodb_stream_note(call, &whole);
    if (str_present(table->row.ttl_name))
        note_expiry(call, &whole, id);
}
