/*
 * index_keys.c: refuses items whose attributes cannot be the keys of the table's secondary indexes.
 *
 * An item may lack such an attribute: then it is not in the index.  An update is refused only for the
 * attributes that it changes, because an index that was made later leaves out the items that do not fit.
 */
#include "dynamodb_internal.h"
#include "indexes.h"

struct violation {
    const struct index *index;
    const struct key_attribute *attribute;
    const struct dynamodb_attribute_value *value;
};

static bool fits(struct arena *arena, const struct key_attribute *attribute,
                 const struct dynamodb_attribute_value *value)
{
    return dynamodb_key_has_type(value, attribute->type) && !str_empty(dynamodb_key_bytes(arena, value));
}

/* The item before and after a write. */
struct images {
    const struct dynamodb_attribute_map *before, *after; /* before: NULL for a put */
    struct lookups lookups;
};

static const struct dynamodb_attribute_value *new_value(struct images *images, str name)
{
    return dynamodb_lookup_attribute(&images->lookups, images->after, name);
}

static bool is_changed(struct images *images, str name, const struct dynamodb_attribute_value *value)
{
    const struct dynamodb_attribute_value *old =
        images->before ? dynamodb_lookup_attribute(&images->lookups, images->before, name) : NULL;

    return !old || !dynamodb_value_equal(images->lookups.arena, old, value);
}

static bool refuse_type(const struct call *call, const struct violation *found)
{
    return dynamodb_refuse(
        call, arena_format(call->arena,
                           "One or more parameter values were invalid: Type mismatch for Index Key %.*s "
                           "Expected: %.*s Actual: %.*s IndexName: %.*s",
                           STR_ARGS(found->attribute->name), STR_ARGS(found->attribute->type),
                           STR_ARGS(dynamodb_value_type_name(dynamodb_value_type(found->value))),
                           STR_ARGS(found->index->name)));
}

static bool refuse_empty(const struct call *call, const struct violation *found, bool updated)
{
    const char *type = dynamodb_value_is(found->value, VALUE_S) ? "string" : "binary";

    if (updated)
        return dynamodb_refuse(
            call, arena_format(call->arena,
                               "One or more parameter values are not valid. The update expression attempted "
                               "to update a secondary index key to a value that is not supported. The "
                               "AttributeValue for a key attribute cannot contain an empty %s value.",
                               type));
    return dynamodb_refuse(
        call, arena_format(call->arena,
                           "One or more parameter values are not valid. A value specified for a secondary "
                           "index key is not supported. The AttributeValue for a key attribute cannot "
                           "contain an empty %s value. IndexName: %.*s, IndexKey: %.*s",
                           type, STR_ARGS(found->index->name), STR_ARGS(found->attribute->name)));
}

/* As AWS, the violation of the index whose name comes first. */
static void find_violation(struct images *images, const struct index *index, struct violation *found)
{
    if (found->index && str_compare(found->index->name, index->name) < 0)
        return;
    for (size_t i = 0; i < index->keys.count; i++) {
        const struct key_attribute *attribute = &index->keys.items[i];
        const struct dynamodb_attribute_value *value = new_value(images, attribute->name);
        if (value && !fits(images->lookups.arena, attribute, value) &&
            is_changed(images, attribute->name, value)) {
            *found = (struct violation){index, attribute, value};
            return;
        }
    }
}

/*
 * The sum of the sizes of the attributes from `first` to before `end`; 0 when the item has not all of them.
 */
static size_t size_of(struct images *images, const struct key_schema *keys, size_t first, size_t end)
{
    size_t size = 0;

    for (size_t i = first; i < end; i++) {
        const struct dynamodb_attribute_value *value = new_value(images, keys->items[i].name);
        if (!value || !dynamodb_key_has_type(value, keys->items[i].type))
            return 0;
        size += dynamodb_key_bytes(images->lookups.arena, value).size;
    }
    return size;
}

static bool key_changes(struct images *images, const struct key_schema *keys)
{
    for (size_t i = 0; i < keys->count; i++) {
        const struct dynamodb_attribute_value *value = new_value(images, keys->items[i].name);
        if (value && is_changed(images, keys->items[i].name, value))
            return true;
    }
    return false;
}

static bool sizes_check(const struct call *call, const struct key_schema *keys, struct images *images)
{
    if (!key_changes(images, keys))
        return true;
    if (size_of(images, keys, 0, keys->hash_count) > MAX_HASH_BYTES)
        return dynamodb_refuse(call, dynamodb_hash_too_long);
    return size_of(images, keys, keys->hash_count, keys->count) <= MAX_RANGE_BYTES ||
           dynamodb_refuse(call, dynamodb_range_too_long);
}

bool dynamodb_index_keys_check(const struct call *call, const struct table *table,
                               const struct dynamodb_attribute_map *before,
                               const struct dynamodb_attribute_map *item)
{
    struct images images = {before, item, lookups_in(call->arena)};
    struct violation found = {0};

    for (size_t i = 0; i < table->indexes.count; i++)
        find_violation(&images, &table->indexes.items[i], &found);
    if (found.index)
        return dynamodb_key_has_type(found.value, found.attribute->type)
                   ? refuse_empty(call, &found, before != NULL)
                   : refuse_type(call, &found);
    for (size_t i = 0; i < table->indexes.count; i++)
        if (!sizes_check(call, &table->indexes.items[i].keys, &images))
            return false;
    return true;
}

struct table_stamp dynamodb_table_stamp(const struct table *table)
{
    size_t count = table->indexes.count;

    return (struct table_stamp){count, count > 0 ? table->indexes.items[count - 1].id : 0,
                                table->row.stream_id ? *table->row.stream_id : 0};
}

bool dynamodb_stamps_equal(const struct table_stamp *a, const struct table_stamp *b)
{
    return a->indexes == b->indexes && a->last_index_id == b->last_index_id && a->stream_id == b->stream_id;
}

bool dynamodb_put_keys_check(const struct call *call, struct write *write)
{
    struct table_stamp now = dynamodb_table_stamp(write->table);

    if (dynamodb_stamps_equal(&now, &write->checked_for))
        return true;
    if (!dynamodb_index_keys_check(call, write->table, NULL, write->given))
        return false;
    write->checked_for = now;
    return true;
}
