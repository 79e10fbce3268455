/*
 * entries.c: keeps the entries of a table's secondary indexes: a change of an item changes its entries.
 *
 * Only dynamodb_change_apply() calls dynamodb_entries_change(), so that an index always holds what its table
 * has.  An entry names the row of its item and copies nothing but its key and its size.
 */
#include "dynamodb_internal.h"

/* What an index holds of an item; place.hash is absent when it holds nothing. */
struct entry {
    struct item_key place;
    struct dynamodb_attribute_map item; /* projected */
    int64_t size_bytes;
};

static struct entry entry_of(struct lookups *lookups, const struct table *table, const struct index *index,
                             const struct dynamodb_attribute_map *item, int64_t item_bytes)
{
    struct entry entry = {.size_bytes = item_bytes};
    struct item_size size;

    if (!item->items || !dynamodb_index_place(lookups, table, index, item, &entry.place))
        return (struct entry){0};
    entry.item = dynamodb_index_project(lookups, table, index, item);
    if (index->projection == DYNAMODB_PROJECTION_TYPE_ALL)
        return entry;
    dynamodb_item_encode(lookups->arena, &entry.item, &size);
    entry.size_bytes = (int64_t)size.bytes;
    return entry;
}

static bool is_present(const struct entry *entry)
{
    return str_present(entry->place.hash);
}

static bool are_equal(struct lookups *lookups, const struct dynamodb_attribute_map *a,
                      const struct dynamodb_attribute_map *b)
{
    if (a->count != b->count)
        return false;
    for (size_t i = 0; i < a->count; i++) {
        const struct dynamodb_attribute_value *other = dynamodb_lookup_attribute(lookups, b, a->items[i].key);
        if (!other || !dynamodb_value_equal(lookups->arena, &a->items[i].value, other))
            return false;
    }
    return true;
}

/* What the entries of a changed item share. */
struct entries {
    int64_t item_id;
    struct lookups lookups;
    enum { UNKNOWN, EQUAL_ITEMS, DIFFERENT_ITEMS } whole; /* the items before and after */
};

/* Do both entries show the same attributes?  The items themselves are compared once for all indexes. */
static bool are_same(struct entries *entries, const struct index *index, const struct entry *before,
                     const struct entry *after)
{
    struct lookups *lookups = &entries->lookups;

    if (before->size_bytes != after->size_bytes)
        return false;
    if (index->projection != DYNAMODB_PROJECTION_TYPE_ALL)
        return are_equal(lookups, &before->item, &after->item);
    if (entries->whole == UNKNOWN)
        entries->whole = are_equal(lookups, &before->item, &after->item) ? EQUAL_ITEMS : DIFFERENT_ITEMS;
    return entries->whole == EQUAL_ITEMS;
}

/* ---- storing ---- */

static void store_counts(struct txn *txn, const struct sum *sum)
{
    dynamodb_change_index_count(txn, &(struct dynamodb_change_index_count_params){.index_id = sum->key[0],
                                                                                  .entries = sum->by[0],
                                                                                  .bytes = sum->by[1]});
}

static void count_entry(const struct call *call, const struct index *index, int64_t entries, int64_t bytes)
{
    if (entries != 0 || bytes != 0)
        sum_add(call, &(struct sum){.store = store_counts, .key = {index->id, 0}, .by = {entries, bytes}});
}

static void add_entry(const struct call *call, const struct index *index, const struct entry *entry,
                      int64_t item_id)
{
    dynamodb_add_entry(call->txn, &(struct dynamodb_entry_row){.index_id = index->id,
                                                               .hash_key = entry->place.hash,
                                                               .range_key = entry->place.range,
                                                               .item_id = item_id,
                                                               .size_bytes = entry->size_bytes});
    count_entry(call, index, 1, entry->size_bytes);
}

static void remove_entry(const struct call *call, const struct index *index, const struct entry *entry)
{
    dynamodb_remove_entry(call->txn, &(struct dynamodb_remove_entry_params){.index_id = index->id,
                                                                            .hash_key = entry->place.hash,
                                                                            .range_key = entry->place.range});
    count_entry(call, index, -1, -entry->size_bytes);
}

static void resize_entry(const struct call *call, const struct index *index, const struct entry *before,
                         const struct entry *after)
{
    if (before->size_bytes == after->size_bytes)
        return;
    dynamodb_resize_entry(call->txn, &(struct dynamodb_resize_entry_params){.index_id = index->id,
                                                                            .hash_key = after->place.hash,
                                                                            .range_key = after->place.range,
                                                                            .size_bytes = after->size_bytes});
    count_entry(call, index, 0, after->size_bytes - before->size_bytes);
}

/*
 * Returns the write units: those of each entry that is removed or added, of the larger one when it changes in
 * its place, 0 when it stays as it is.
 */
static double change_entry(const struct call *call, struct entries *entries, const struct index *index,
                           const struct entry *before, const struct entry *after)
{
    bool stays = is_present(before) && is_present(after) &&
                 str_equal(before->place.hash, after->place.hash) &&
                 str_equal(before->place.range, after->place.range);
    double units = 0;

    if (stays) {
        resize_entry(call, index, before, after);
        int64_t size = before->size_bytes > after->size_bytes ? before->size_bytes : after->size_bytes;
        return are_same(entries, index, before, after) ? 0 : dynamodb_write_units(size);
    }
    if (is_present(before)) {
        remove_entry(call, index, before);
        units += dynamodb_write_units(before->size_bytes);
    }
    if (is_present(after)) {
        add_entry(call, index, after, entries->item_id);
        units += dynamodb_write_units(after->size_bytes);
    }
    return units;
}

/* The decoded item; items == NULL: no item. */
static struct dynamodb_attribute_map image_of(const struct call *call, str blob)
{
    return str_present(blob) ? dynamodb_item_decode(call->arena, blob) : (struct dynamodb_attribute_map){0};
}

void dynamodb_entries_change(const struct call *call, const struct change *change, int64_t item_id)
{
    struct entries entries = {.item_id = item_id, .lookups = lookups_in(call->arena)};
    const struct table *table = change->table;
    int64_t after_bytes = str_present(change->blob) ? change->size_bytes : 0;
    int64_t local_bytes = after_bytes - change->before.size_bytes;
    struct dynamodb_attribute_map item_before = image_of(call, change->before.blob);
    struct dynamodb_attribute_map item_after = image_of(call, change->blob);

    for (size_t i = 0; i < table->indexes.count; i++) {
        const struct index *index = &table->indexes.items[i];
        if (!dynamodb_index_has_reached(call, index, &change->key))
            continue;
        struct entry before =
            entry_of(&entries.lookups, table, index, &item_before, change->before.size_bytes);
        struct entry after = entry_of(&entries.lookups, table, index, &item_after, after_bytes);
        double units = change_entry(call, &entries, index, &before, &after);
        if (change->index_units)
            change->index_units[i] += units;
        if (index->local)
            local_bytes += after.size_bytes - before.size_bytes;
    }
    dynamodb_collection_grow(call, table, change->key.hash, local_bytes);
}

void dynamodb_entry_add(const struct call *call, const struct table *table, const struct index *index,
                        const struct stored *stored)
{
    struct arena_mark mark = arena_mark(call->arena);
    struct lookups lookups = lookups_in(call->arena);
    struct dynamodb_attribute_map item = dynamodb_item_decode(call->arena, stored->blob);
    struct entry entry = entry_of(&lookups, table, index, &item, stored->size_bytes);

    if (is_present(&entry))
        add_entry(call, index, &entry, stored->id);
    arena_rewind(call->arena, mark);
}
