/*
 * item_key.c: keys of items: checked against the table's schema, and as bytes in DynamoDB's order.
 */
#include "dynamodb_internal.h"

#include "base/hash.h"
#include "number.h"

enum { MAX_HASH_BYTES = 2048, MAX_RANGE_BYTES = 1024 };

static const str mismatch = STR_INIT("The provided key element does not match the schema");

str dynamodb_key_bytes(struct arena *arena, const struct dynamodb_attribute_value *value)
{
    struct number number;

    if (value->s.data)
        return value->s;
    if (value->b.data)
        return value->b;
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
        return problem_is(problem,
                          S("One or more parameter values were invalid: Size of hashkey has exceeded the "
                            "maximum size limit of2048 bytes"));
    if (!hash && bytes.size > MAX_RANGE_BYTES)
        return problem_is(
            problem, S("One or more parameter values were invalid: Aggregated size of all range keys has "
                       "exceeded the size limit of 1024 bytes"));
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

static bool has_type(const struct dynamodb_attribute_value *value, str type)
{
    return str_equal(dynamodb_value_type_name(dynamodb_value_type(value)), type);
}

static bool check_item_part(struct arena *arena, str name, str type,
                            const struct dynamodb_attribute_value *value, str *problem)
{
    if (!value)
        return problem_is(problem, arena_format(arena,
                                                "One or more parameter values were invalid: Missing the key "
                                                "%.*s in the item",
                                                STR_ARGS(name)));
    if (has_type(value, type))
        return true;
    return problem_is(problem,
                      arena_format(arena,
                                   "One or more parameter values were invalid: Type mismatch for key "
                                   "%.*s expected: %.*s actual: %.*s",
                                   STR_ARGS(name), STR_ARGS(type),
                                   STR_ARGS(dynamodb_value_type_name(dynamodb_value_type(value)))));
}

static bool read_item_part(const struct call *call, const struct dynamodb_attribute_map *item, str name,
                           str type, bool hash, str *bytes)
{
    const struct dynamodb_attribute_value *value = dynamodb_item_get(item, name);
    str problem;

    return (check_item_part(call->arena, name, type, value, &problem) &&
            read_part(call->arena, name, value, hash, bytes, &problem)) ||
           dynamodb_refuse(call, problem);
}

bool dynamodb_key_of_item(const struct call *call, const struct table *table,
                          const struct dynamodb_attribute_map *item, struct item_key *key)
{
    const struct dynamodb_find_table_row *row = &table->row;

    key->range = S("");
    return read_item_part(call, item, row->hash_name, row->hash_type, true, &key->hash) &&
           (!str_present(row->range_name) ||
            read_item_part(call, item, row->range_name, row->range_type, false, &key->range));
}

static bool read_key_part(struct arena *arena, const struct dynamodb_attribute_map *map, str name, str type,
                          bool hash, str *bytes, str *problem)
{
    const struct dynamodb_attribute_value *value = dynamodb_item_get(map, name);

    if (!value || !has_type(value, type))
        return problem_is(problem, mismatch);
    return read_part(arena, name, value, hash, bytes, problem);
}

bool dynamodb_key_of_start(struct arena *arena, const struct table *table,
                           const struct dynamodb_attribute_map *map, struct item_key *key, str *problem)
{
    const struct dynamodb_find_table_row *row = &table->row;
    bool ranged = str_present(row->range_name);

    key->range = S("");
    if (map->count != (ranged ? 2 : 1))
        return problem_is(problem, mismatch);
    return read_key_part(arena, map, row->hash_name, row->hash_type, true, &key->hash, problem) &&
           (!ranged ||
            read_key_part(arena, map, row->range_name, row->range_type, false, &key->range, problem));
}

bool dynamodb_key_of_request(const struct call *call, const struct table *table,
                             const struct dynamodb_attribute_map *map, struct item_key *key)
{
    str problem;

    return dynamodb_key_of_start(call->arena, table, map, key, &problem) || dynamodb_refuse(call, problem);
}

struct dynamodb_attribute_map dynamodb_key_attributes(struct arena *arena, const struct table *table,
                                                      const struct dynamodb_attribute_map *item)
{
    str names[] = {table->row.hash_name, table->row.range_name};
    struct dynamodb_attribute_map key = {0};

    for (size_t i = 0; i < 2 && str_present(names[i]); i++)
        *list_add(arena, &key) =
            (struct dynamodb_attribute_map_entry){names[i], *dynamodb_item_get(item, names[i])};
    return key;
}
