/*
 * query.c: Query: the items of one partition of a table or an index, in the order of their sort keys.
 */
#include "dynamodb_internal.h"
#include "pages.h"
#include "tables.h"

static bool request_check(const struct call *call, const struct dynamodb_query_input *in,
                          struct expressions *expressions)
{
    struct expression_texts texts = {
        .filter = in->filter_expression,
        .key_condition = in->key_condition_expression,
        .projection = in->projection_expression,
        .names = &in->expression_attribute_names,
        .values = &in->expression_attribute_values,
        .legacy = {.attributes_to_get = &in->attributes_to_get,
                   .query_filter = &in->query_filter,
                   .key_conditions = &in->key_conditions,
                   .conditional_operator = in->conditional_operator},
        .value_expressions = "FilterExpression and KeyConditionExpression are",
        .attributes = &in->exclusive_start_key,
        .attributes_are_start = true,
        .needs_key_condition = true,
    };

    return dynamodb_expressions_read(call, &texts, expressions);
}

/* Begin the page after that key, which must be in the query's own range. */
static bool start_after(const struct item_page *page, const struct dynamodb_query_input *in, bool forward,
                        struct key_range *range)
{
    const struct call *call = page->call;
    struct item_key start = {0};
    str problem;

    if (!in->exclusive_start_key.items)
        return true;
    if (!dynamodb_page_start(page, &in->exclusive_start_key, &start, &problem))
        return dynamodb_refuse(call, S(DYNAMODB_START_INVALID)); /* on AWS, only a Scan says why */
    if (!str_equal(start.hash, range->partition))
        return dynamodb_refuse(
            call, S("The provided starting key is outside query boundaries based on provided conditions"));
    if (str_compare(start.range, range->low) < 0 || str_compare(start.range, range->high) >= 0)
        return dynamodb_refuse(call, S("The provided starting key does not match the range key predicate"));
    if (forward)
        range->low = dynamodb_page_after(page, start.range);
    else
        range->high = start.range;
    return true;
}

static bool filter_check(const struct call *call, const struct key_schema *schema,
                         const struct expressions *expressions)
{
    for (size_t i = 0; expressions->condition && i < schema->count; i++)
        if (dynamodb_condition_names(expressions->condition, schema->items[i].name))
            return dynamodb_refuse(
                call, arena_format(call->arena,
                                   "%s can only contain non-primary key attributes: Primary key attribute: "
                                   "%.*s",
                                   expressions->filtered_by, STR_ARGS(schema->items[i].name)));
    return true;
}

/* ---- reading ---- */

static void fill_forward(struct item_page *page, const struct key_range *range)
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

static void fill_backward(struct item_page *page, const struct key_range *range)
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

static void fill_forward_by_index(struct item_page *page, const struct key_range *range)
{
    struct dynamodb_index_forward_params params = {
        .index_id = page->index->id, .hash_key = range->partition, .low = range->low, .high = range->high};
    struct dynamodb_index_forward_cursor cursor = dynamodb_index_forward_open(page->call->txn, &params);
    struct dynamodb_index_forward_row row;

    while (dynamodb_index_forward_next(&cursor, &row) &&
           dynamodb_page_add_entry(page, row.size_bytes, row.item_bytes, row.item))
        ;
    dynamodb_index_forward_close(&cursor);
}

static void fill_backward_by_index(struct item_page *page, const struct key_range *range)
{
    struct dynamodb_index_backward_params params = {
        .index_id = page->index->id, .hash_key = range->partition, .low = range->low, .high = range->high};
    struct dynamodb_index_backward_cursor cursor = dynamodb_index_backward_open(page->call->txn, &params);
    struct dynamodb_index_backward_row row;

    while (dynamodb_index_backward_next(&cursor, &row) &&
           dynamodb_page_add_entry(page, row.size_bytes, row.item_bytes, row.item))
        ;
    dynamodb_index_backward_close(&cursor);
}

void dynamodb_page_fill_range(struct item_page *page, const struct key_range *range, bool forward)
{
    if (page->index && forward)
        fill_forward_by_index(page, range);
    else if (page->index)
        fill_backward_by_index(page, range);
    else if (forward)
        fill_forward(page, range);
    else
        fill_backward(page, range);
}

void dynamodb_query_context(const struct call *call, const struct dynamodb_query_input *in,
                            const struct resource *resource, struct context_list *context)
{
    struct expressions read = {0};
    const struct expressions *expressions =
        dynamodb_read_for_context(call, request_check(call, in, &read), &read);

    dynamodb_access_in_context(call, resource->row,
                               &(struct access){.expressions = expressions,
                                                .attributes = &in->exclusive_start_key,
                                                .index_name = in->index_name},
                               context);
    dynamodb_select_in_context(call, in->select, expressions, in->index_name, context);
}

enum outcome dynamodb_query(const struct call *call, const struct dynamodb_query_input *in,
                            struct dynamodb_query_output *out)
{
    bool forward = !in->scan_index_forward || *in->scan_index_forward;
    struct expressions expressions = {0};
    const struct table *table = dynamodb_table_of(call);
    struct key_range range = {0};
    struct item_page page = {.call = call, .table = table, .expressions = &expressions};
    struct page_request asked = {in->select, in->index_name, in->limit, in->consistent_read};

    if (!table || !request_check(call, in, &expressions))
        return FAILED;
    if (!dynamodb_table_open(call, table) || !dynamodb_page_begin(&page, &asked) ||
        !dynamodb_key_range_read(call, page.keys, page.index != NULL, &expressions.key, &range) ||
        !filter_check(call, page.keys, &expressions) || !dynamodb_page_filter_check(&page) ||
        !start_after(&page, in, forward, &range) || !dynamodb_page_paths_check(&page))
        return FAILED;
    dynamodb_page_fill_range(&page, &range, forward);
    dynamodb_count_returned(call, table, page.count);
    out->items = page.items;
    out->count = arena_i64(call->arena, page.count);
    out->scanned_count = arena_i64(call->arena, page.scanned);
    out->last_evaluated_key = dynamodb_page_next(&page);
    out->consumed_capacity = dynamodb_page_capacity(&page, in->return_consumed_capacity);
    return DONE;
}
