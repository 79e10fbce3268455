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

/* An item before or after its change. */
struct image {
    struct dynamodb_attribute_map item; /* items == NULL: no item */
    int64_t item_bytes;
    int64_t *bytes; /* of each attribute; 0: no index has asked yet */
};

static struct image image_of(const struct call *call, str blob, int64_t bytes)
{
    struct image image = {.item_bytes = bytes};

    if (str_present(blob))
        image.item = dynamodb_item_decode(call->arena, blob);
    image.bytes = arena_alloc(call->arena, image.item.count * sizeof *image.bytes);
    return image;
}

/* The size of that attribute, which the item has; measured once for all indexes. */
static int64_t bytes_of(struct lookups *lookups, struct image *image, str name)
{
    ptrdiff_t at = dynamodb_lookup_name(lookups, &image->item, name);
    struct dynamodb_attribute_map alone = {&image->item.items[at], 1};
    struct arena_mark mark = arena_mark(lookups->arena);
    struct item_size size;

    if (image->bytes[at])
        return image->bytes[at];
    dynamodb_item_encode(lookups->arena, &alone, &size);
    arena_rewind(lookups->arena, mark);
    return image->bytes[at] = (int64_t)size.bytes;
}

static struct entry entry_of(struct lookups *lookups, const struct table *table, const struct index *index,
                             struct image *image)
{
    struct entry entry = {.size_bytes = 0};

    if (!image->item.items || !dynamodb_index_place(lookups, table, index, &image->item, &entry.place))
        return (struct entry){0};
    entry.item = dynamodb_index_project(lookups, table, index, &image->item);
    if (index->projection == DYNAMODB_PROJECTION_TYPE_ALL)
        entry.size_bytes = image->item_bytes;
    else
        for (size_t i = 0; i < entry.item.count; i++)
            entry.size_bytes += bytes_of(lookups, image, entry.item.items[i].key);
    return entry;
}

static bool is_present(const struct entry *entry)
{
    return str_present(entry->place.hash);
}

enum sameness { UNKNOWN, SAME, DIFFERENT };

/* What the entries of a changed item share: nothing is compared twice. */
struct entries {
    int64_t item_id;
    struct lookups lookups;
    struct image before, after;
    enum sameness *attributes; /* of the item before */
    enum sameness whole;
};

/* Is that attribute, which the item had before, as it was? */
static bool is_same(struct entries *entries, str name)
{
    const struct dynamodb_attribute_map *before = &entries->before.item, *after = &entries->after.item;
    ptrdiff_t old = dynamodb_lookup_name(&entries->lookups, before, name);
    ptrdiff_t now = dynamodb_lookup_name(&entries->lookups, after, name);
    enum sameness *known = &entries->attributes[old];

    if (now < 0)
        return false;
    if (*known == UNKNOWN)
        *known =
            dynamodb_value_equal(entries->lookups.arena, &before->items[old].value, &after->items[now].value)
                ? SAME
                : DIFFERENT;
    return *known == SAME;
}

static bool show_same(struct entries *entries, const struct dynamodb_attribute_map *before,
                      const struct dynamodb_attribute_map *after)
{
    if (before->count != after->count)
        return false;
    for (size_t i = 0; i < before->count; i++)
        if (!is_same(entries, before->items[i].key))
            return false;
    return true;
}

/* Do both entries show the same attributes? */
static bool are_same(struct entries *entries, const struct index *index, const struct entry *before,
                     const struct entry *after)
{
    if (before->size_bytes != after->size_bytes)
        return false;
    if (index->projection != DYNAMODB_PROJECTION_TYPE_ALL)
        return show_same(entries, &before->item, &after->item);
    if (entries->whole == UNKNOWN)
        entries->whole = show_same(entries, &before->item, &after->item) ? SAME : DIFFERENT;
    return entries->whole == SAME;
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

static struct entries entries_of(const struct call *call, const struct change *change, int64_t item_id)
{
    int64_t after_bytes = str_present(change->blob) ? change->size_bytes : 0;
    struct entries entries = {
        .item_id = item_id,
        .lookups = lookups_in(call->arena),
        .before = image_of(call, change->before.blob, change->before.size_bytes),
        .after = image_of(call, change->blob, after_bytes),
    };

    entries.attributes = arena_alloc(call->arena, entries.before.item.count * sizeof *entries.attributes);
    return entries;
}

/* The decoded items are forgotten at the end: a request may change many. */
void dynamodb_entries_change(const struct call *call, const struct change *change, int64_t item_id)
{
    struct arena_mark mark = arena_mark(call->arena);
    struct entries entries = entries_of(call, change, item_id);
    const struct table *table = change->table;
    int64_t local_bytes = entries.after.item_bytes - entries.before.item_bytes;

    for (size_t i = 0; i < table->indexes.count; i++) {
        const struct index *index = &table->indexes.items[i];
        if (!dynamodb_index_has_reached(call, index, &change->key))
            continue;
        struct entry before = entry_of(&entries.lookups, table, index, &entries.before);
        struct entry after = entry_of(&entries.lookups, table, index, &entries.after);
        double units = change_entry(call, &entries, index, &before, &after);
        if (change->index_units)
            change->index_units[i] += units;
        if (index->local)
            local_bytes += after.size_bytes - before.size_bytes;
    }
    dynamodb_collection_grow(call, table, change->key.hash, local_bytes);
    arena_rewind(call->arena, mark);
}

void dynamodb_entry_add(const struct call *call, const struct table *table, const struct index *index,
                        const struct stored *stored)
{
    struct arena_mark mark = arena_mark(call->arena);
    struct lookups lookups = lookups_in(call->arena);
    struct image image = image_of(call, stored->blob, stored->size_bytes);
    struct entry entry = entry_of(&lookups, table, index, &image);

    if (is_present(&entry))
        add_entry(call, index, &entry, stored->id);
    arena_rewind(call->arena, mark);
}
