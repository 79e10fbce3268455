/*
 * item_key.c: keys of items: checked against the table's schema, and as bytes in DynamoDB's order.
 */
#include "dynamodb_internal.h"

#include "base/hash.h"
#include "number.h"

const str dynamodb_key_mismatch = STR_INIT("The provided key element does not match the schema");
const str dynamodb_hash_too_long =
    STR_INIT("One or more parameter values were invalid: Size of hashkey has exceeded the maximum size limit "
             "of2048 bytes");
const str dynamodb_range_too_long =
    STR_INIT("One or more parameter values were invalid: Aggregated size of all range keys has exceeded the "
             "size limit of 1024 bytes");

str dynamodb_key_bytes(struct arena *arena, const struct dynamodb_attribute_value *value)
{
    struct number number;

    if (!dynamodb_value_is(value, VALUE_N))
        return value->s;
    dynamodb_number_parse(value->n, &number);
    return dynamodb_number_key(arena, &number);
}

static bool problem_is(str *problem, str sentence)
{
    *problem = sentence;
    return false;
}

static bool check_size(struct arena *arena, str name, enum value_type type, str bytes, bool hash,
                       str *problem)
{
    if (str_empty(bytes))
        return problem_is(problem,
                          arena_format(arena,
                                       "One or more parameter values are not valid. The AttributeValue "
                                       "for a key attribute cannot contain an empty %s value. Key: "
                                       "%.*s",
                                       type == VALUE_S ? "string" : "binary", STR_ARGS(name)));
    if (hash && bytes.size > MAX_HASH_BYTES)
        return problem_is(problem, dynamodb_hash_too_long);
    if (!hash && bytes.size > MAX_RANGE_BYTES)
        return problem_is(problem, dynamodb_range_too_long);
    return true;
}

static bool read_part(struct arena *arena, str name, const struct dynamodb_attribute_value *value, bool hash,
                      str *bytes, str *problem)
{
    *bytes = dynamodb_key_bytes(arena, value);
    if (!check_size(arena, name, dynamodb_value_type(value), *bytes, hash, problem))
        return false;
    if (hash)
        *bytes = spread_key(arena, *bytes);
    return true;
}

static bool is_hash(const struct key_schema *schema, size_t at)
{
    return at < schema->hash_count;
}

bool dynamodb_key_has_type(const struct dynamodb_attribute_value *value, str type)
{
    return str_equal(dynamodb_value_type_name(dynamodb_value_type(value)), type);
}

static bool check_item_part(struct arena *arena, const struct key_attribute *attribute,
                            const struct dynamodb_attribute_value *value, str *problem)
{
    if (!value)
        return problem_is(problem, arena_format(arena,
                                                "One or more parameter values were invalid: Missing the key "
                                                "%.*s in the item",
                                                STR_ARGS(attribute->name)));
    if (dynamodb_key_has_type(value, attribute->type))
        return true;
    return problem_is(problem,
                      arena_format(arena,
                                   "One or more parameter values were invalid: Type mismatch for key "
                                   "%.*s expected: %.*s actual: %.*s",
                                   STR_ARGS(attribute->name), STR_ARGS(attribute->type),
                                   STR_ARGS(dynamodb_value_type_name(dynamodb_value_type(value)))));
}

static bool read_item_part(const struct call *call, const struct dynamodb_attribute_map *item,
                           const struct key_attribute *attribute, bool hash, str *bytes)
{
    const struct dynamodb_attribute_value *value = dynamodb_item_get(item, attribute->name);
    str problem;

    return (check_item_part(call->arena, attribute, value, &problem) &&
            read_part(call->arena, attribute->name, value, hash, bytes, &problem)) ||
           dynamodb_refuse(call, problem);
}

bool dynamodb_key_of_item(const struct call *call, const struct key_schema *schema,
                          const struct dynamodb_attribute_map *item, struct item_key *key)
{
    key->range = S("");
    for (size_t i = 0; i < schema->count; i++)
        if (!read_item_part(call, item, &schema->items[i], is_hash(schema, i),
                            is_hash(schema, i) ? &key->hash : &key->range))
            return false;
    return true;
}

static bool read_key_part(struct arena *arena, const struct dynamodb_attribute_map *map,
                          const struct key_attribute *attribute, bool hash, str *bytes, str *problem)
{
    const struct dynamodb_attribute_value *value = dynamodb_item_get(map, attribute->name);

    if (!value || !dynamodb_key_has_type(value, attribute->type))
        return problem_is(problem, dynamodb_key_mismatch);
    return read_part(arena, attribute->name, value, hash, bytes, problem);
}

bool dynamodb_key_of_start(struct arena *arena, const struct key_schema *schema,
                           const struct dynamodb_attribute_map *map, struct item_key *key, str *problem)
{
    key->range = S("");
    for (size_t i = 0; i < schema->count; i++)
        if (!read_key_part(arena, map, &schema->items[i], is_hash(schema, i),
                           is_hash(schema, i) ? &key->hash : &key->range, problem))
            return false;
    return true;
}

bool dynamodb_key_of_batched_item(const struct call *call, const struct key_schema *schema,
                                  const struct dynamodb_attribute_map *item, struct item_key *key)
{
    str problem;

    return dynamodb_key_of_start(call->arena, schema, item, key, &problem) || dynamodb_refuse(call, problem);
}

bool dynamodb_key_sizes_check(const struct call *call, const struct key_schema *schema,
                              const struct dynamodb_attribute_map *map)
{
    str bytes, problem;

    for (size_t i = 0; i < schema->count; i++) {
        const struct key_attribute *attribute = &schema->items[i];
        const struct dynamodb_attribute_value *value = dynamodb_item_get(map, attribute->name);
        if (value && dynamodb_key_has_type(value, attribute->type) &&
            !read_part(call->arena, attribute->name, value, is_hash(schema, i), &bytes, &problem))
            return dynamodb_refuse(call, problem);
    }
    return true;
}

bool dynamodb_key_of_request(const struct call *call, const struct key_schema *schema,
                             const struct dynamodb_attribute_map *map, struct item_key *key)
{
    str problem = dynamodb_key_mismatch;

    return (map->count == schema->count && dynamodb_key_of_start(call->arena, schema, map, key, &problem)) ||
           dynamodb_refuse(call, problem);
}

struct dynamodb_attribute_map dynamodb_key_attributes(struct arena *arena, const struct key_schema *schema,
                                                      const struct dynamodb_attribute_map *item)
{
    struct dynamodb_attribute_map key = {0};

    for (size_t i = 0; i < schema->count; i++) {
        str name = schema->items[i].name;
        *list_add(arena, &key) = (struct dynamodb_attribute_map_entry){name, *dynamodb_item_get(item, name)};
    }
    return key;
}

/* ---- the keys of one request ---- */

struct item_places dynamodb_places_for(struct arena *arena, size_t most)
{
    return (struct item_places){.items = arena_alloc(arena, (most + 1) * sizeof(struct item_place)),
                                .found = positions_for(arena, most)};
}

static uint64_t hash_of_place(const struct item_place *place)
{
    uint64_t words[] = {keyed_hash(place->key.hash), keyed_hash(place->key.range), (uint64_t)place->table_id};

    return keyed_hash((str){(const char *)words, sizeof words});
}

bool dynamodb_places_add(struct item_places *places, int64_t table_id, struct item_key key)
{
    struct item_place *added = &places->items[places->count];

    *added = (struct item_place){table_id, key};
    uint64_t hash = hash_of_place(added), slot = hash;
    for (size_t at; positions_next(&places->found, &slot, &at);) {
        const struct item_place *other = &places->items[at];
        if (other->table_id == table_id && str_equal(other->key.hash, key.hash) &&
            str_equal(other->key.range, key.range))
            return false;
    }
    positions_add(&places->found, hash, places->count++);
    return true;
}
