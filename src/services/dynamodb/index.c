/*
 * index.c: secondary indexes: what an index holds of an item, and where.
 *
 * An item is in an index when it has all attributes of the index's key, with their types.  Its entry is found
 * by its place: the partition key as that of a table (spread_key()), and then one text of bytes: each
 * attribute of the sort key, escaped, and the table's key, which tells apart items with the same index key.
 * So memcmp() order of places is the order of a Query, and every condition on sort keys is a range of places.
 * A long partition key, or key of the table, is shortened to its beginning and a hash: their order does not
 * matter.
 */
#include "dynamodb_internal.h"
#include "indexes.h"

#include "base/check.h"
#include "base/hash.h"
#include "base/text.h"
#include "wire/json.h"

enum { LONGEST_WHOLE_BYTES = 128 }; /* the order is stored on disk */

/* ---- the indexes of a table ---- */

/* The statement read_indexes says what the items of the arrays are. */
enum {
    STORED_ID,
    STORED_NAME,
    STORED_KIND,
    STORED_PROJECTION,
    STORED_KEYS,
    STORED_NON_KEY_ATTRIBUTES,
    STORED_BACKFILLING,
    STORED_SHORTENS
};
enum { KEY_NAME, KEY_TYPE, KEY_KIND };

static struct key_schema keys_of(struct arena *arena, const struct json *stored)
{
    struct key_attribute *attributes = arena_alloc(arena, stored->count * sizeof *attributes);
    struct key_schema keys = {.items = attributes, .count = stored->count};

    for (size_t i = 0; i < keys.count; i++) {
        const struct json *key = stored->items[i].items;
        attributes[i] = (struct key_attribute){key[KEY_NAME].text, key[KEY_TYPE].text};
        if (dynamodb_key_type_of(key[KEY_KIND].text) == DYNAMODB_KEY_TYPE_HASH)
            keys.hash_count++;
    }
    return keys;
}

static struct index index_of(struct arena *arena, const struct json *stored)
{
    struct index index = {
        .name = stored[STORED_NAME].text,
        .local = str_equal(stored[STORED_KIND].text, S("LOCAL")),
        .projection = dynamodb_projection_type_of(stored[STORED_PROJECTION].text),
        .keys = keys_of(arena, &stored[STORED_KEYS]),
        .backfilling = str_equal(stored[STORED_BACKFILLING].text, S("1")),
    };
    index.keys.shortens = str_equal(stored[STORED_SHORTENS].text, S("1"));
    bool well = str_to_i64(stored[STORED_ID].text, &index.id);

    check(well);
    for (size_t i = 0; i < stored[STORED_NON_KEY_ATTRIBUTES].count; i++)
        *list_add(arena, &index.non_key_attributes) = stored[STORED_NON_KEY_ATTRIBUTES].items[i].text;
    return index;
}

/* Keeps the indexes in the order in which they were made. */
static void add_in_order(struct arena *arena, struct index_list *indexes, struct index index)
{
    list_add(arena, indexes);
    size_t at = indexes->count - 1;
    for (; at > 0 && indexes->items[at - 1].id > index.id; at--)
        indexes->items[at] = indexes->items[at - 1];
    indexes->items[at] = index;
}

void dynamodb_indexes_read(const struct call *call, struct table *table)
{
    struct dynamodb_read_indexes_row row;

    table->indexes = (struct index_list){0};
    if (!table->row.index_count)
        return;
    dynamodb_read_indexes(call->txn, &(struct dynamodb_read_indexes_params){.table_id = table->row.id}, &row);
    const struct json *stored = json_parse(call->arena, row.indexes, NULL);
    check(json_is(stored, JSON_ARRAY));
    for (size_t i = 0; i < stored->count; i++)
        add_in_order(call->arena, &table->indexes, index_of(call->arena, stored->items[i].items));
}

const struct index *dynamodb_index_named(const struct table *table, str name)
{
    for (size_t i = 0; i < table->indexes.count; i++)
        if (str_equal(table->indexes.items[i].name, name))
            return &table->indexes.items[i];
    return NULL;
}

str dynamodb_index_arn(struct arena *arena, const struct table *table, str name)
{
    return arena_format(arena, "%.*s/index/%.*s", STR_ARGS(table->arn), STR_ARGS(name));
}

/* ---- places ---- */

void dynamodb_key_escape(struct text *text, str bytes)
{
    for (ptrdiff_t at = str_index(bytes, 0); at >= 0; at = str_index(bytes, 0)) {
        text_add(text, str_head(bytes, (size_t)at + 1));
        text_add_char(text, (char)0xff);
        bytes = str_from(bytes, (size_t)at + 1);
    }
    text_add(text, bytes);
}

void dynamodb_key_end(struct text *text)
{
    text_add(text, (str){"\0\1", 2});
}

/*
 * The bytes of that attribute of a key; absent when the item lacks it, or has another type or nothing in it.
 */
static str part_of(struct lookups *lookups, const struct key_attribute *attribute,
                   const struct dynamodb_attribute_map *item)
{
    const struct dynamodb_attribute_value *value = dynamodb_lookup_attribute(lookups, item, attribute->name);

    if (!value || !dynamodb_key_has_type(value, attribute->type))
        return (str){0};
    str bytes = dynamodb_key_bytes(lookups->arena, value);
    return str_empty(bytes) ? (str){0} : bytes;
}

/* Add those attributes of a key; false when one is missing, or all of them are too long. */
static bool add_parts(struct text *text, const struct key_schema *part, struct lookups *lookups,
                      const struct dynamodb_attribute_map *item, size_t max_bytes)
{
    size_t size = 0;

    for (size_t i = 0; i < part->count; i++) {
        str bytes = part_of(lookups, &part->items[i], item);
        if (!str_present(bytes))
            return false;
        dynamodb_key_escape(text, bytes);
        dynamodb_key_end(text);
        size += bytes.size;
    }
    return size <= max_bytes;
}

/* For what is only compared with its equals: no two texts become the same one. */
static str shorten(struct arena *arena, str text)
{
    if (text.size <= LONGEST_WHOLE_BYTES)
        return text;
    struct sha256 hash = sha256(text);
    return arena_join(arena, str_head(text, LONGEST_WHOLE_BYTES + 1 - SHA256_SIZE), HASH_STR(hash));
}

static str text_of_parts(struct arena *arena, const str *parts, size_t count)
{
    struct text text = text_in(arena);

    if (count == 1)
        return parts[0];
    for (size_t i = 0; i < count; i++) {
        dynamodb_key_escape(&text, parts[i]);
        dynamodb_key_end(&text);
    }
    return text_str(&text);
}

str dynamodb_partition(struct arena *arena, const struct key_schema *keys, const str *parts)
{
    str spread = spread_key(arena, text_of_parts(arena, parts, keys->hash_count));

    if (!keys->shortens)
        return spread;
    return arena_join(arena, str_head(spread, SPREAD_BYTES), shorten(arena, str_from(spread, SPREAD_BYTES)));
}

static bool partition_of(struct lookups *lookups, const struct key_schema *keys,
                         const struct dynamodb_attribute_map *item, str *partition)
{
    str parts[MAX_INDEX_KEY_ATTRIBUTES];
    size_t size = 0;

    check(keys->hash_count >= 1 && keys->hash_count <= MAX_INDEX_KEY_ATTRIBUTES);
    for (size_t i = 0; i < keys->hash_count; i++) {
        parts[i] = part_of(lookups, &keys->items[i], item);
        if (!str_present(parts[i]))
            return false;
        size += parts[i].size;
    }
    *partition = dynamodb_partition(lookups->arena, keys, parts);
    return size <= MAX_HASH_BYTES;
}

/* The attributes from there on. */
static struct key_schema keys_from(const struct key_schema *keys, size_t first)
{
    return (struct key_schema){.items = keys->items + first, .count = keys->count - first};
}

bool dynamodb_index_place(struct lookups *lookups, const struct table *table, const struct index *index,
                          const struct dynamodb_attribute_map *item, struct item_key *place)
{
    struct key_schema range = keys_from(&index->keys, index->keys.hash_count);
    /* A local index has the partition key of the table. */
    struct key_schema tail = keys_from(&table->keys, index->local ? table->keys.hash_count : 0);
    struct text text = text_in(lookups->arena), end = text_in(lookups->arena);

    if (!partition_of(lookups, &index->keys, item, &place->hash) ||
        !add_parts(&text, &range, lookups, item, MAX_RANGE_BYTES) ||
        !add_parts(&end, &tail, lookups, item, SIZE_MAX))
        return false;
    text_add(&text, index->keys.shortens ? shorten(lookups->arena, text_str(&end)) : text_str(&end));
    place->range = text_str(&text);
    return true;
}

/* ---- projections ---- */

static bool has_name(const struct key_schema *keys, str name)
{
    for (size_t i = 0; i < keys->count; i++)
        if (str_equal(keys->items[i].name, name))
            return true;
    return false;
}

bool dynamodb_index_projects(const struct table *table, const struct index *index, str attribute)
{
    const struct str_list *others = &index->non_key_attributes;

    return index->projection == DYNAMODB_PROJECTION_TYPE_ALL || has_name(&index->keys, attribute) ||
           has_name(&table->keys, attribute) || str_is_one_of(attribute, others->items, others->count);
}

struct key_schema dynamodb_index_whole_key(struct arena *arena, const struct table *table,
                                           const struct index *index)
{
    const struct key_schema *keys = &index->keys;
    struct key_attribute *all = arena_alloc(arena, (keys->count + table->keys.count) * sizeof *all);
    struct key_schema whole = {.items = all, .count = keys->count, .hash_count = keys->hash_count};

    for (size_t i = 0; i < keys->count; i++)
        all[i] = keys->items[i];
    for (size_t i = 0; i < table->keys.count; i++)
        if (!has_name(keys, table->keys.items[i].name))
            all[whole.count++] = table->keys.items[i];
    return whole;
}

static void add_names(struct arena *arena, const struct key_schema *keys, struct str_list *names)
{
    for (size_t i = 0; i < keys->count; i++)
        *list_add(arena, names) = keys->items[i].name;
}

void dynamodb_index_names(struct arena *arena, const struct table *table, const struct index *index,
                          struct str_list *names)
{
    add_names(arena, &table->keys, names);
    add_names(arena, &index->keys, names);
    for (size_t i = 0; i < index->non_key_attributes.count; i++)
        *list_add(arena, names) = index->non_key_attributes.items[i];
}

static void add_attribute(struct lookups *lookups, const struct dynamodb_attribute_map *item, str name,
                          struct dynamodb_attribute_map *projected)
{
    const struct dynamodb_attribute_value *value = dynamodb_lookup_attribute(lookups, item, name);

    if (value && !dynamodb_item_get(projected, name))
        *list_add(lookups->arena, projected) = (struct dynamodb_attribute_map_entry){name, *value};
}

struct dynamodb_attribute_map dynamodb_index_project(struct lookups *lookups, const struct table *table,
                                                     const struct index *index,
                                                     const struct dynamodb_attribute_map *item)
{
    struct key_schema whole = dynamodb_index_whole_key(lookups->arena, table, index);
    struct dynamodb_attribute_map projected = {0};

    if (index->projection == DYNAMODB_PROJECTION_TYPE_ALL)
        return *item;
    for (size_t i = 0; i < whole.count; i++)
        add_attribute(lookups, item, whole.items[i].name, &projected);
    for (size_t i = 0; i < index->non_key_attributes.count; i++)
        add_attribute(lookups, item, index->non_key_attributes.items[i], &projected);
    return projected;
}
