/*
 * entries.c: keeps the entries of a table's secondary indexes: a change of an item changes its entries.
 *
 * Only dynamodb_change_apply() calls dynamodb_entries_change(), so that an index always holds what its table
 * has.  An entry names the row of its item and copies nothing but its key and its size.
 *
 * What a change does to the entries follows from the item before and after it, and from the table's indexes:
 * so a worker plans it.
 */
#include "dynamodb_internal.h"
#include "indexes.h"
#include "pages.h"

#include "base/check.h"

#include <string.h>

/* What an index holds of an item; place.hash is absent when it holds nothing. */
struct entry {
    struct item_key place;
    struct dynamodb_attribute_map item; /* projected */
    int64_t size_bytes;
};

/* An item before or after its change. */
struct image {
    struct item_image given;
    int64_t *bytes; /* of each attribute; 0: no index has asked yet */
};

static struct image image_of(const struct call *call, const struct item_image *given)
{
    return (struct image){*given, arena_alloc(call->arena, given->item.count * sizeof(int64_t))};
}

/* The size of that attribute, which the item has; measured once for all indexes. */
static int64_t bytes_of(struct lookups *lookups, struct image *image, str name)
{
    ptrdiff_t at = dynamodb_lookup_name(lookups, &image->given.item, name);
    struct dynamodb_attribute_map alone = {&image->given.item.items[at], 1};
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

    if (!image->given.item.items ||
        !dynamodb_index_place(lookups, table, index, &image->given.item, &entry.place))
        return (struct entry){0};
    entry.item = dynamodb_index_project(lookups, table, index, &image->given.item);
    if (index->projection == DYNAMODB_PROJECTION_TYPE_ALL)
        entry.size_bytes = image->given.bytes;
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
    struct lookups lookups;
    struct image before, after;
    enum sameness *attributes; /* of the item before */
    enum sameness whole;
};

/* Is that attribute, which the item had before, as it was? */
static bool is_same(struct entries *entries, str name)
{
    const struct dynamodb_attribute_map *before = &entries->before.given.item,
                                        *after = &entries->after.given.item;
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

/* ---- planning ---- */

static bool stays(const struct entry_change *change)
{
    return str_present(change->before.hash) && str_equal(change->before.hash, change->after.hash) &&
           str_equal(change->before.range, change->after.range);
}

/*
 * The write units: those of each entry that is removed or added, of the larger one when it changes in its
 * place, 0 when it stays as it is.
 */
static double units_of(struct entries *entries, const struct index *index, const struct entry *before,
                       const struct entry *after)
{
    int64_t larger = before->size_bytes > after->size_bytes ? before->size_bytes : after->size_bytes;
    double units = 0;

    if (stays(&(struct entry_change){.before = before->place, .after = after->place}))
        return are_same(entries, index, before, after) ? 0 : dynamodb_write_units(larger);
    if (is_present(before))
        units += dynamodb_write_units(before->size_bytes);
    if (is_present(after))
        units += dynamodb_write_units(after->size_bytes);
    return units;
}

static struct entry_change plan_one(struct entries *entries, const struct table *table,
                                    const struct index *index)
{
    struct entry before = entry_of(&entries->lookups, table, index, &entries->before);
    struct entry after = entry_of(&entries->lookups, table, index, &entries->after);

    return (struct entry_change){
        .before = before.place,
        .after = after.place,
        .before_bytes = before.size_bytes,
        .after_bytes = after.size_bytes,
        .units = units_of(entries, index, &before, &after),
    };
}

static void plan(const struct call *call, const struct table *table, const struct item_image *before,
                 const struct item_image *after, struct entry_change *changes)
{
    struct entries entries = {
        .lookups = lookups_in(call->arena),
        .before = image_of(call, before),
        .after = image_of(call, after),
        .attributes = arena_alloc(call->arena, before->item.count * sizeof *entries.attributes),
    };

    for (size_t i = 0; i < table->indexes.count; i++)
        changes[i] = plan_one(&entries, table, &table->indexes.items[i]);
}

static size_t place_bytes(const struct item_key *place)
{
    return place->hash.size + place->range.size;
}

static void move(str *text, char **to)
{
    if (!str_present(*text))
        return;
    memcpy(*to, text->data, text->size);
    text->data = *to;
    *to += text->size;
}

/* A copy in one piece of loose memory. */
static const struct entry_change *keep(const struct call *call, const struct entry_change *changes,
                                       size_t count)
{
    size_t bytes = count * sizeof *changes;

    for (size_t i = 0; i < count; i++)
        bytes += place_bytes(&changes[i].before) + place_bytes(&changes[i].after);
    struct entry_change *kept = arena_resize_loose(call->arena, NULL, bytes + 1);
    char *to = (char *)(kept + count);
    for (size_t i = 0; i < count; i++) {
        kept[i] = changes[i];
        move(&kept[i].before.hash, &to);
        move(&kept[i].before.range, &to);
        move(&kept[i].after.hash, &to);
        move(&kept[i].after.range, &to);
    }
    return kept;
}

/* The items' parts are forgotten at the end: a request may change many. */
const struct entry_change *dynamodb_entries_plan(const struct call *call, const struct table *table,
                                                 const struct item_image *before,
                                                 const struct item_image *after)
{
    struct arena_mark mark = arena_mark(call->arena);
    struct entry_change *changes = arena_alloc(call->arena, table->indexes.count * sizeof *changes);

    plan(call, table, before, after, changes);
    const struct entry_change *kept = keep(call, changes, table->indexes.count);
    arena_rewind(call->arena, mark);
    return kept;
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

static void count_change(const struct call *call, const struct index *index,
                         const struct entry_change *change)
{
    int64_t before = str_present(change->before.hash) ? 1 : 0,
            after = str_present(change->after.hash) ? 1 : 0;

    count_entry(call, index, after - before, change->after_bytes - change->before_bytes);
}

/* The entries of a swapped row are apart from those of the item's other rows at the same places. */
static str range_of(const struct call *call, const struct item_key *place, int64_t row)
{
    return row > 0 ? place->range : arena_join(call->arena, place->range, arena_decimal(call->arena, row));
}

static void add_entry(const struct call *call, const struct index *index, const struct entry_change *change,
                      int64_t row)
{
    if (str_present(change->after.hash))
        dynamodb_add_entry(call->txn,
                           &(struct dynamodb_entry_row){.index_id = index->id,
                                                        .hash_key = change->after.hash,
                                                        .range_key = range_of(call, &change->after, row),
                                                        .item_id = row,
                                                        .size_bytes = change->after_bytes});
}

static void remove_entry(const struct call *call, const struct index *index, const struct item_key *place,
                         int64_t row)
{
    if (str_present(place->hash))
        dynamodb_remove_entry(call->txn,
                              &(struct dynamodb_remove_entry_params){.index_id = index->id,
                                                                     .hash_key = place->hash,
                                                                     .range_key = range_of(call, place, row),
                                                                     .item_id = row});
}

static void resize_entry(const struct call *call, const struct index *index,
                         const struct entry_change *change, int64_t row)
{
    dynamodb_resize_entry(
        call->txn, &(struct dynamodb_resize_entry_params){.index_id = index->id,
                                                          .hash_key = change->after.hash,
                                                          .range_key = range_of(call, &change->after, row),
                                                          .size_bytes = change->after_bytes});
}

static void store(const struct call *call, const struct index *index, const struct entry_change *change,
                  int64_t row)
{
    if (!stays(change)) {
        remove_entry(call, index, &change->before, row);
        add_entry(call, index, change, row);
    } else if (change->before_bytes != change->after_bytes) {
        resize_entry(call, index, change, row);
    }
}

/* What the indexes need of an item that is added or removed: the rest may be large. */
static struct item_image needed(const struct call *call, const struct table *table, str blob, int64_t bytes)
{
    struct str_list names = {0};

    if (!str_present(blob))
        return (struct item_image){.bytes = 0};
    for (size_t i = 0; i < table->indexes.count; i++)
        dynamodb_index_names(call->arena, table, &table->indexes.items[i], &names);
    dynamodb_names_sort(&names);
    return (struct item_image){dynamodb_item_pick(call->arena, blob, &names), bytes};
}

/*
 * The change's own plan, or one that is made now: of an item that is added or removed, never of another one.
 */
static const struct entry_change *planned(const struct call *call, const struct change *change)
{
    struct item_image before, after;

    if (change->entries)
        return change->entries;
    check(!change->before.id || !str_present(change->blob));
    before = needed(call, change->table, change->before.blob, change->before.size_bytes);
    after = needed(call, change->table, change->blob, change->size_bytes);
    return dynamodb_entries_plan(call, change->table, &before, &after);
}

/* The decoded items are forgotten at the end, as in a plan. */
void dynamodb_entries_change(const struct call *call, const struct change *change, int64_t row)
{
    struct arena_mark mark = arena_mark(call->arena);
    const struct entry_change *entries = planned(call, change);
    const struct table *table = change->table;
    int64_t after_bytes = str_present(change->blob) ? change->size_bytes : 0;

    for (size_t i = 0; i < table->indexes.count; i++) {
        const struct index *index = &table->indexes.items[i];
        if (!dynamodb_index_has_reached(call, index, &change->key)) {
            if (change->swap) /* which has stored it too early */
                remove_entry(call, index, &entries[i].after, row);
            continue;
        }
        if (!change->swap)
            store(call, index, &entries[i], row);
        count_change(call, index, &entries[i]);
        if (change->index_units)
            change->index_units[i] += entries[i].units;
    }
    dynamodb_collection_grow(
        call, table, change->key.hash,
        dynamodb_collection_growth(table, entries, after_bytes - change->before.size_bytes));
    arena_rewind(call->arena, mark);
}

void dynamodb_entry_add(const struct call *call, const struct table *table, const struct index *index,
                        const struct stored *stored)
{
    struct arena_mark mark = arena_mark(call->arena);
    struct lookups lookups = lookups_in(call->arena);
    struct item_image item = needed(call, table, stored->blob, stored->size_bytes);
    struct image image = image_of(call, &item);
    struct entry entry = entry_of(&lookups, table, index, &image);

    struct entry_change change = {.after = entry.place, .after_bytes = entry.size_bytes};
    add_entry(call, index, &change, stored->id);
    count_change(call, index, &change);
    arena_rewind(call->arena, mark);
}

/* ---- swaps ---- */

int64_t dynamodb_entries_moved_bytes(const struct entry_change *changes, size_t count)
{
    int64_t bytes = 0;

    for (size_t i = 0; i < count; i++)
        if (!stays(&changes[i]))
            bytes += (int64_t)(place_bytes(&changes[i].before) + place_bytes(&changes[i].after));
        else if (changes[i].before_bytes != changes[i].after_bytes)
            bytes += (int64_t)place_bytes(&changes[i].after);
    return bytes;
}

/* The attributes of all keys. */
static struct item_image keys_of(const struct call *call, const struct table *table, str blob)
{
    struct str_list names = {0};

    for (size_t i = 0; i < table->indexes.count; i++) {
        struct key_schema keys = dynamodb_index_whole_key(call->arena, table, &table->indexes.items[i]);
        for (size_t k = 0; k < keys.count; k++)
            *list_add(call->arena, &names) = keys.items[k].name;
    }
    dynamodb_names_sort(&names);
    return (struct item_image){dynamodb_item_pick(call->arena, blob, &names), 0};
}

str dynamodb_entries_source(const struct call *call, const struct table *table, str blob)
{
    struct item_size size;

    if (!str_present(blob))
        return blob;
    struct item_image item = keys_of(call, table, blob);
    return dynamodb_item_encode(call->arena, &item.item, &size);
}

int64_t dynamodb_entries_add(const struct call *call, const struct table *table,
                             const struct entry_change *changes, int64_t row)
{
    struct arena_mark mark = arena_mark(call->arena);
    int64_t bytes = 0;

    for (size_t i = 0; i < table->indexes.count; i++) {
        add_entry(call, &table->indexes.items[i], &changes[i], row);
        bytes += (int64_t)place_bytes(&changes[i].after);
    }
    arena_rewind(call->arena, mark);
    return bytes;
}

int64_t dynamodb_entries_remove(const struct call *call, const struct table *table, str blob, int64_t row)
{
    struct arena_mark mark = arena_mark(call->arena);
    struct entry_change *changes = arena_alloc(call->arena, table->indexes.count * sizeof *changes);
    struct item_image item = keys_of(call, table, blob);
    int64_t bytes = 0;

    plan(call, table, &item, &(struct item_image){.bytes = 0}, changes);
    for (size_t i = 0; i < table->indexes.count; i++) {
        remove_entry(call, &table->indexes.items[i], &changes[i].before, row);
        bytes += (int64_t)place_bytes(&changes[i].before);
    }
    arena_rewind(call->arena, mark);
    return bytes;
}
