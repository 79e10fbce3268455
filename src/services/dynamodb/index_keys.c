/*
 * index_keys.c: refuses items whose attributes cannot be the keys of the table's secondary indexes.
 *
 * An item may lack such an attribute: then it is not in the index.  An update is refused only for the
 * attributes that it changes, because an index that was made later leaves out the items that do not fit.
 */
#include "dynamodb_internal.h"

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

static bool is_changed(const struct call *call, const struct dynamodb_attribute_map *before, str name,
                       const struct dynamodb_attribute_value *value)
{
    const struct dynamodb_attribute_value *old = before ? dynamodb_item_get(before, name) : NULL;

    return !old || !dynamodb_value_equal(call->arena, old, value);
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
    const char *type = found->value->s.data ? "string" : "binary";

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
static void find_violation(const struct call *call, const struct index *index,
                           const struct dynamodb_attribute_map *before,
                           const struct dynamodb_attribute_map *item, struct violation *found)
{
    if (found->index && str_compare(found->index->name, index->name) < 0)
        return;
    for (size_t i = 0; i < index->keys.count; i++) {
        const struct key_attribute *attribute = &index->keys.items[i];
        const struct dynamodb_attribute_value *value = dynamodb_item_get(item, attribute->name);
        if (value && !fits(call->arena, attribute, value) &&
            is_changed(call, before, attribute->name, value)) {
            *found = (struct violation){index, attribute, value};
            return;
        }
    }
}

/* The sum of the sizes of those attributes' keys; 0 when the item has not all of them. */
static size_t size_of(struct arena *arena, const struct key_attribute *attributes, size_t count,
                      const struct dynamodb_attribute_map *item)
{
    size_t size = 0;

    for (size_t i = 0; i < count; i++) {
        const struct dynamodb_attribute_value *value = dynamodb_item_get(item, attributes[i].name);
        if (!value || !dynamodb_key_has_type(value, attributes[i].type))
            return 0;
        size += dynamodb_key_bytes(arena, value).size;
    }
    return size;
}

static bool key_changes(const struct call *call, const struct key_schema *keys,
                        const struct dynamodb_attribute_map *before,
                        const struct dynamodb_attribute_map *item)
{
    for (size_t i = 0; i < keys->count; i++) {
        const struct dynamodb_attribute_value *value = dynamodb_item_get(item, keys->items[i].name);
        if (value && is_changed(call, before, keys->items[i].name, value))
            return true;
    }
    return false;
}

static bool sizes_check(const struct call *call, const struct index *index,
                        const struct dynamodb_attribute_map *before,
                        const struct dynamodb_attribute_map *item)
{
    const struct key_schema *keys = &index->keys;

    if (before && !key_changes(call, keys, before, item))
        return true;
    if (size_of(call->arena, keys->items, keys->hash_count, item) > MAX_HASH_BYTES)
        return dynamodb_refuse(call, dynamodb_hash_too_long);
    return size_of(call->arena, keys->items + keys->hash_count, keys->count - keys->hash_count, item) <=
               MAX_RANGE_BYTES ||
           dynamodb_refuse(call, dynamodb_range_too_long);
}

bool dynamodb_index_keys_check(const struct call *call, const struct table *table,
                               const struct dynamodb_attribute_map *before,
                               const struct dynamodb_attribute_map *item)
{
    struct violation found = {0};

    for (size_t i = 0; i < table->indexes.count; i++)
        find_violation(call, &table->indexes.items[i], before, item, &found);
    if (found.index)
        return dynamodb_key_has_type(found.value, found.attribute->type)
                   ? refuse_empty(call, &found, before != NULL)
                   : refuse_type(call, &found);
    for (size_t i = 0; i < table->indexes.count; i++)
        if (!sizes_check(call, &table->indexes.items[i], before, item))
            return false;
    return true;
}
