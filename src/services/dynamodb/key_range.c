/*
 * key_range.c: a key condition as a range of keys in one partition of a table or an index.
 *
 * Every condition on a sort key is a range of bytes, from `low` on and below `high`.  In a table the next key
 * after k is k with a zero byte appended.  In an index the ended parts of a place (index.c) are followed by
 * more, so everything that begins with them is in the range or out of it.
 */
#include "dynamodb_internal.h"
#include "indexes.h"
#include "pages.h"

#include <string.h>

enum { ABOVE_ALL_BYTES = MAX_HASH_BYTES + 1 }; /* no key reaches that many bytes of ff */

static str key_of(const struct key_schema *schema, size_t at)
{
    return schema->items[at].name;
}

static const struct key_term *term_of(const struct key_condition *key, str name)
{
    for (size_t i = 0; i < key->count; i++)
        if (str_equal(key->items[i].name, name))
            return &key->items[i];
    return NULL;
}

static bool is_equality(const struct key_term *term)
{
    return term && term->kind == TERM_COMPARISON && term->comparator == EQUAL;
}

/* ---- which attributes may have conditions ---- */

static bool is_indexable(const struct key_term *term)
{
    return term->kind != TERM_NOT_INDEXABLE;
}

static bool refuse_not_indexable(const struct call *call)
{
    return dynamodb_refuse(call, S("Attempted conditional constraint is not an indexable operation"));
}

static bool refuse_missing(const struct call *call, str name)
{
    return dynamodb_refuse(
        call, arena_format(call->arena, "Query condition missed key schema element: %.*s", STR_ARGS(name)));
}

static bool refuse_count(const struct call *call, size_t conditions, size_t attributes)
{
    return dynamodb_refuse(
        call, arena_format(call->arena,
                           "The number of query conditions (%zu) exceeds the number of key attributes "
                           "defined in the schema (%zu)",
                           conditions, attributes));
}

/* The names of the attributes from `first` to before `end` that have no equality. */
static str names_without_equality(struct arena *arena, const struct key_schema *schema,
                                  const struct key_condition *key, size_t first, size_t end)
{
    struct text text = text_in(arena);

    for (size_t i = first; i < end; i++)
        if (!is_equality(term_of(key, key_of(schema, i))))
            text_format(&text, "%s%.*s", text.size ? ", " : "", STR_ARGS(key_of(schema, i)));
    return text_str(&text);
}

/* A key with several attributes of one kind has sentences of its own. */
static bool has_several(const struct key_schema *schema)
{
    return schema->hash_count > 1 || schema->count - schema->hash_count > 1;
}

static bool several_hash_check(const struct call *call, const struct key_schema *schema,
                               const struct key_condition *key)
{
    str missing = names_without_equality(call->arena, schema, key, 0, schema->hash_count);

    return str_empty(missing) ||
           dynamodb_refuse(
               call,
               arena_format(call->arena,
                            "HASH key attributes %.*s must have equality conditions specified in the query",
                            STR_ARGS(missing)));
}

static bool hash_check(const struct call *call, const struct key_schema *schema,
                       const struct key_condition *key)
{
    const struct key_term *term = term_of(key, key_of(schema, 0));

    if (has_several(schema))
        return several_hash_check(call, schema, key);
    if (!term)
        return refuse_missing(call, key_of(schema, 0));
    if (!is_indexable(term))
        return refuse_not_indexable(call);
    return is_equality(term) || dynamodb_refuse(call, S("Query key condition not supported"));
}

static bool is_of_key(const struct key_schema *schema, str name)
{
    for (size_t i = 0; i < schema->count; i++)
        if (str_equal(key_of(schema, i), name))
            return true;
    return false;
}

/* Every condition is about a key attribute; there is a sort key for a second one. */
static bool names_check(const struct call *call, const struct key_schema *schema,
                        const struct key_condition *key)
{
    bool foreign = false;

    for (size_t i = 0; i < key->count; i++)
        foreign = foreign || !is_of_key(schema, key->items[i].name);
    if (!foreign)
        return true;
    for (size_t i = schema->hash_count; i < schema->count; i++)
        if (!term_of(key, key_of(schema, i)))
            return refuse_missing(call, key_of(schema, i));
    return dynamodb_refuse(call, S("Query key condition not supported"));
}

/* The position after the last sort key attribute with a condition. */
static size_t range_end(const struct key_schema *schema, const struct key_condition *key)
{
    size_t end = schema->count;

    while (end > schema->hash_count && !term_of(key, key_of(schema, end - 1)))
        end--;
    return end;
}

/* All sort key attributes before the last one with a condition have equalities. */
static bool range_check(const struct call *call, const struct key_schema *schema,
                        const struct key_condition *key)
{
    size_t end = range_end(schema, key);

    if (end == schema->hash_count)
        return true;
    str missing = names_without_equality(call->arena, schema, key, schema->hash_count, end - 1);
    return str_empty(missing) ||
           dynamodb_refuse(
               call, arena_format(call->arena,
                                  "RANGE key attributes %.*s must have equality conditions specified in "
                                  "the query because a condition is present on key attribute %.*s",
                                  STR_ARGS(missing), STR_ARGS(key_of(schema, end - 1))));
}

static bool indexable_check(const struct call *call, const struct key_condition *key)
{
    for (size_t i = 0; i < key->count; i++)
        if (!is_indexable(&key->items[i]))
            return refuse_not_indexable(call);
    return true;
}

static bool condition_check(const struct call *call, const struct key_schema *schema,
                            const struct key_condition *key)
{
    size_t most = has_several(schema) ? schema->count : 2;

    if (key->count > most)
        return refuse_count(call, key->count, schema->count);
    return hash_check(call, schema, key) && names_check(call, schema, key) && indexable_check(call, key) &&
           range_check(call, schema, key);
}

/* ---- values ---- */

static bool check_value(const struct call *call, const struct dynamodb_attribute_value *value,
                        const struct key_attribute *attribute)
{
    if (!dynamodb_key_has_type(value, attribute->type))
        return dynamodb_refuse(
            call, S("One or more parameter values were invalid: Condition parameter type does not match "
                    "schema type"));
    if (!str_empty(dynamodb_key_bytes(call->arena, value)))
        return true;
    return dynamodb_refuse(call,
                           arena_format(call->arena,
                                        "One or more parameter values are not valid. The AttributeValue for "
                                        "a key attribute cannot contain an empty %s value. Key: %.*s",
                                        dynamodb_value_is(value, VALUE_S) ? "string" : "binary",
                                        STR_ARGS(attribute->name)));
}

static bool check_term(const struct call *call, const struct key_term *term,
                       const struct key_attribute *attribute)
{
    return check_value(call, term->first, attribute) &&
           (!term->second || check_value(call, term->second, attribute));
}

/* ---- ranges of bytes ---- */

static str above_all(struct arena *arena)
{
    char *bytes = arena_alloc(arena, ABOVE_ALL_BYTES);

    memset(bytes, 0xff, ABOVE_ALL_BYTES);
    return (str){bytes, ABOVE_ALL_BYTES};
}

/* The least key above all keys with the prefix. */
static str above_prefix(struct arena *arena, str prefix)
{
    char *bytes = arena_alloc(arena, prefix.size + 1);
    size_t size = prefix.size;

    memcpy(bytes, prefix.data, prefix.size);
    while (size > 0 && (unsigned char)bytes[size - 1] == 0xff)
        size--;
    if (size == 0)
        return above_all(arena);
    bytes[size - 1]++;
    return (str){bytes, size};
}

str dynamodb_key_after(struct arena *arena, str key)
{
    return arena_join(arena, key, (str){"", 1});
}

/* How keys of one table or index are written, and what the parts before the current one are. */
struct writing {
    struct arena *arena;
    bool places; /* of an index */
    str before;
};

static str part_text(const struct writing *writing, const struct dynamodb_attribute_value *value, bool whole)
{
    str bytes = dynamodb_key_bytes(writing->arena, value);
    struct text text = text_in(writing->arena);

    if (!writing->places)
        return bytes;
    text_add(&text, writing->before);
    dynamodb_key_escape(&text, bytes);
    if (whole)
        dynamodb_key_end(&text);
    return text_str(&text);
}

/* The least key above all keys with that value. */
static str above_value(const struct writing *writing, str part)
{
    return writing->places ? above_prefix(writing->arena, part) : dynamodb_key_after(writing->arena, part);
}

static void narrow_by_comparison(const struct writing *writing, const struct key_term *term,
                                 struct key_range *range)
{
    str part = part_text(writing, term->first, true);

    switch (term->comparator) {
    case LESS:
        range->high = part;
        break;
    case LESS_OR_EQUAL:
        range->high = above_value(writing, part);
        break;
    case GREATER:
        range->low = above_value(writing, part);
        break;
    case GREATER_OR_EQUAL:
        range->low = part;
        break;
    default:
        range->low = part;
        range->high = above_value(writing, part);
    }
}

static void narrow(const struct writing *writing, const struct key_term *term, struct key_range *range)
{
    switch (term->kind) {
    case TERM_COMPARISON:
        narrow_by_comparison(writing, term, range);
        break;
    case TERM_BETWEEN:
        range->low = part_text(writing, term->first, true);
        range->high = above_value(writing, part_text(writing, term->second, true));
        break;
    case TERM_BEGINS_WITH:
        range->low = part_text(writing, term->first, false);
        range->high = above_prefix(writing->arena, range->low);
        break;
    case TERM_NOT_INDEXABLE: /* refused before */
        break;
    }
}

static str partition_of(struct arena *arena, const struct key_schema *schema, const struct key_condition *key)
{
    str parts[MAX_INDEX_KEY_ATTRIBUTES] = {0};

    for (size_t i = 0; i < schema->hash_count; i++)
        parts[i] = dynamodb_key_bytes(arena, term_of(key, key_of(schema, i))->first);
    return dynamodb_partition(arena, schema, parts);
}

bool dynamodb_key_range_read(const struct call *call, const struct key_schema *schema, bool places,
                             const struct key_condition *key, struct key_range *range)
{
    struct writing writing = {.arena = call->arena, .places = places, .before = S("")};

    if (!condition_check(call, schema, key))
        return false;
    for (size_t i = 0; i < schema->count; i++) {
        const struct key_term *term = term_of(key, key_of(schema, i));
        if (term && !check_term(call, term, &schema->items[i]))
            return false;
    }
    *range = (struct key_range){partition_of(call->arena, schema, key), S(""), above_all(call->arena)};
    for (size_t i = schema->hash_count; i < range_end(schema, key); i++) {
        narrow(&writing, term_of(key, key_of(schema, i)), range);
        writing.before = range->low; /* before the last one, all are equalities */
    }
    return true;
}
