/*
 * query.c: Query: the items of one partition, in the order of their sort keys.
 *
 * Every condition on the sort key is a range of bytes, from `low` on and below `high`: the next key after k
 * is k with a zero byte appended, and no key reaches 1025 bytes of ff.
 */
#include "dynamodb_internal.h"

#include "base/hash.h"

#include <string.h>

enum { ABOVE_ALL_BYTES = 1025, MAX_KEY_ATTRIBUTES = 2 };

struct range {
    str partition, low, high;
};

static bool request_check(const struct call *call, const struct dynamodb_query_input *in,
                          struct expressions *expressions)
{
    struct expression_texts texts = {
        .filter = in->filter_expression,
        .key_condition = in->key_condition_expression,
        .projection = in->projection_expression,
        .names = &in->expression_attribute_names,
        .values = &in->expression_attribute_values,
        .attributes_to_get = &in->attributes_to_get,
        .value_expressions = "FilterExpression and KeyConditionExpression are",
    };

    if (!str_present(in->key_condition_expression))
        return dynamodb_refuse(
            call, S("Either the KeyConditions or KeyConditionExpression parameter must be specified in the "
                    "request."));
    return dynamodb_expressions_read(call, &texts, expressions) &&
           dynamodb_attributes_check(call, &in->exclusive_start_key);
}

/* ---- the key condition against the table's schema ---- */

static const struct key_term *term_of(const struct key_condition *key, str name)
{
    for (size_t i = 0; i < key->count; i++)
        if (str_equal(key->items[i].name, name))
            return &key->items[i];
    return NULL;
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

static bool check_value(const struct call *call, const struct dynamodb_attribute_value *value,
                        const struct key_attribute *attribute)
{
    if (!str_equal(dynamodb_value_type_name(dynamodb_value_type(value)), attribute->type))
        return dynamodb_refuse(
            call, S("One or more parameter values were invalid: Condition parameter type does not match "
                    "schema type"));
    if (!str_empty(dynamodb_key_bytes(call->arena, value)))
        return true;
    return dynamodb_refuse(call,
                           arena_format(call->arena,
                                        "One or more parameter values are not valid. The AttributeValue for "
                                        "a key attribute cannot contain an empty %s value. Key: %.*s",
                                        value->s.data ? "string" : "binary", STR_ARGS(attribute->name)));
}

static bool check_term(const struct call *call, const struct key_term *term,
                       const struct key_attribute *attribute)
{
    return check_value(call, term->first, attribute) &&
           (!term->second || check_value(call, term->second, attribute));
}

static str above_all(struct arena *arena)
{
    char *bytes = arena_alloc(arena, ABOVE_ALL_BYTES);

    memset(bytes, 0xff, ABOVE_ALL_BYTES);
    return (str){bytes, ABOVE_ALL_BYTES};
}

static str just_above(struct arena *arena, str key)
{
    return arena_join(arena, key, (str){"", 1});
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

static void narrow_by_comparison(struct arena *arena, enum comparator comparator, str key,
                                 struct range *range)
{
    switch (comparator) {
    case LESS:
        range->high = key;
        break;
    case LESS_OR_EQUAL:
        range->high = just_above(arena, key);
        break;
    case GREATER:
        range->low = just_above(arena, key);
        break;
    case GREATER_OR_EQUAL:
        range->low = key;
        break;
    default:
        range->low = key;
        range->high = just_above(arena, key);
    }
}

static bool narrow(const struct call *call, const struct key_term *term,
                   const struct key_attribute *attribute, struct range *range)
{
    if (!check_term(call, term, attribute))
        return false;

    str first = dynamodb_key_bytes(call->arena, term->first);
    switch (term->kind) {
    case TERM_COMPARISON:
        narrow_by_comparison(call->arena, term->comparator, first, range);
        break;
    case TERM_BETWEEN:
        range->low = first;
        range->high = just_above(call->arena, dynamodb_key_bytes(call->arena, term->second));
        break;
    case TERM_BEGINS_WITH:
        range->low = first;
        range->high = above_prefix(call->arena, first);
        break;
    }
    return true;
}

static bool range_of(const struct call *call, const struct key_schema *schema,
                     const struct key_condition *key, struct range *range)
{
    const struct key_attribute *sort_attribute = schema->count > 1 ? &schema->items[1] : NULL;
    const struct key_term *hash = term_of(key, schema->items[0].name);
    const struct key_term *sort = sort_attribute ? term_of(key, sort_attribute->name) : NULL;

    if (key->count > MAX_KEY_ATTRIBUTES)
        return refuse_count(call, key->count, schema->count);
    if (!hash)
        return refuse_missing(call, schema->items[0].name);
    if (key->count == 2 && !sort_attribute)
        return dynamodb_refuse(call, S("Query key condition not supported"));
    if (key->count == 2 && !sort)
        return refuse_missing(call, sort_attribute->name);
    if (hash->kind != TERM_COMPARISON || hash->comparator != EQUAL)
        return dynamodb_refuse(call, S("Query key condition not supported"));
    if (!check_term(call, hash, &schema->items[0]))
        return false;
    *range = (struct range){spread_key(call->arena, dynamodb_key_bytes(call->arena, hash->first)), S(""),
                            above_all(call->arena)};
    return !sort || narrow(call, sort, sort_attribute, range);
}

/* Begin the page after that key, which must be in the query's own range. */
static bool start_after(const struct call *call, const struct key_schema *schema,
                        const struct dynamodb_query_input *in, bool forward, struct range *range)
{
    struct item_key start = {0};
    str problem = {0};

    if (!in->exclusive_start_key.items)
        return true;
    if (!dynamodb_key_of_start(call->arena, schema, &in->exclusive_start_key, &start, &problem))
        return dynamodb_refuse(
            call, arena_format(call->arena, "The provided starting key is invalid: %.*s", STR_ARGS(problem)));
    if (!str_equal(start.hash, range->partition))
        return dynamodb_refuse(
            call, S("The provided starting key is outside query boundaries based on provided conditions"));
    if (str_compare(start.range, range->low) < 0 || str_compare(start.range, range->high) >= 0)
        return dynamodb_refuse(call, S("The provided starting key does not match the range key predicate"));
    if (forward)
        range->low = just_above(call->arena, start.range);
    else
        range->high = start.range;
    return true;
}

static bool filter_check(const struct call *call, const struct key_schema *schema, const struct node *filter)
{
    for (size_t i = 0; filter && i < schema->count; i++)
        if (dynamodb_condition_names(filter, schema->items[i].name))
            return dynamodb_refuse(call, arena_format(call->arena,
                                                      "Filter Expression can only contain non-primary key "
                                                      "attributes: Primary key attribute: %.*s",
                                                      STR_ARGS(schema->items[i].name)));
    return true;
}

/* ---- reading ---- */

static void fill_forward(struct item_page *page, const struct range *range)
{
    struct dynamodb_query_forward_params params = {.table_id = page->table->row.id,
                                                   .hash_key = range->partition,
                                                   .low = range->low,
                                                   .high = range->high};
    struct dynamodb_query_forward_cursor cursor = dynamodb_query_forward_open(page->call->txn, &params);
    struct dynamodb_query_forward_row row;

    while (dynamodb_query_forward_next(&cursor, &row) && dynamodb_page_add(page, row.size_bytes, row.item))
        ;
    dynamodb_query_forward_close(&cursor);
}

static void fill_backward(struct item_page *page, const struct range *range)
{
    struct dynamodb_query_backward_params params = {.table_id = page->table->row.id,
                                                    .hash_key = range->partition,
                                                    .low = range->low,
                                                    .high = range->high};
    struct dynamodb_query_backward_cursor cursor = dynamodb_query_backward_open(page->call->txn, &params);
    struct dynamodb_query_backward_row row;

    while (dynamodb_query_backward_next(&cursor, &row) && dynamodb_page_add(page, row.size_bytes, row.item))
        ;
    dynamodb_query_backward_close(&cursor);
}

void dynamodb_query_context(const struct call *call, const struct dynamodb_query_input *in,
                            const struct resource *resource, struct context_list *context)
{
    struct expressions read = {0};
    const struct expressions *expressions =
        dynamodb_read_for_context(call, request_check(call, in, &read), &read);

    dynamodb_access_in_context(
        call, resource->row,
        &(struct access){.expressions = expressions, .attributes = &in->exclusive_start_key}, context);
    dynamodb_select_in_context(call, in->select, expressions, context);
}

enum outcome dynamodb_query(const struct call *call, const struct dynamodb_query_input *in,
                            struct dynamodb_query_output *out)
{
    bool forward = !in->scan_index_forward || *in->scan_index_forward;
    struct expressions expressions = {0};
    struct key_condition key = {0};
    const struct table *table = dynamodb_table_of(call);
    struct range range = {0};
    struct item_page page = {.call = call, .table = table, .expressions = &expressions};
    str problem = {0};

    if (!table || !request_check(call, in, &expressions))
        return FAILED;
    if (!dynamodb_key_condition_read(call->arena, expressions.key_condition, &key, &problem))
        return fail(call, &DYNAMODB_VALIDATION_EXCEPTION, "%.*s", STR_ARGS(problem));
    if (!dynamodb_table_open(call, table) ||
        !dynamodb_page_begin(&page, in->select, in->index_name, in->limit) ||
        !range_of(call, &table->keys, &key, &range) ||
        !filter_check(call, &table->keys, expressions.condition) ||
        !start_after(call, &table->keys, in, forward, &range) ||
        !dynamodb_key_paths_check(call, &table->keys, &expressions))
        return FAILED;
    if (forward)
        fill_forward(&page, &range);
    else
        fill_backward(&page, &range);
    dynamodb_count_returned(call, table, page.count);
    out->items = page.items;
    out->count = arena_i64(call->arena, page.count);
    out->scanned_count = arena_i64(call->arena, page.scanned);
    out->last_evaluated_key = dynamodb_page_next(&page);
    out->consumed_capacity = dynamodb_capacity_of(call, table, in->return_consumed_capacity,
                                                  dynamodb_read_units(page.size_bytes, in->consistent_read));
    return DONE;
}
