/*
 * scan.c: Scan, in the order of spread_key() of the partition key: nearly that of a hash, as on AWS.
 *
 * Each segment of a parallel scan is a range of that order, so it reads only its own items, and an item's
 * segment never changes.
 */
#include "dynamodb_internal.h"
#include "pages.h"
#include "tables.h"

#include "base/hash.h"

/* Segment and TotalSegments; {0, 1} when the scan is not parallel. */
struct share {
    int64_t segment, total;
};

static bool share_read(const struct call *call, const struct dynamodb_scan_input *in, struct share *share)
{
    *share = (struct share){0, 1};
    if (!in->segment && !in->total_segments)
        return true;
    if (!in->total_segments)
        return dynamodb_refuse(
            call, S("The TotalSegments parameter is required but was not present in the request when Segment "
                    "parameter is present"));
    if (!in->segment)
        return dynamodb_refuse(
            call, S("The Segment parameter is required but was not present in the request when parameter "
                    "TotalSegments is present"));
    *share = (struct share){*in->segment, *in->total_segments};
    return share->segment < share->total ||
           dynamodb_refuse(call,
                           arena_format(call->arena,
                                        "The Segment parameter is zero-based and must be less than parameter "
                                        "TotalSegments: Segment: %lld is not less than TotalSegments: %lld",
                                        (long long)share->segment, (long long)share->total));
}

/* The least spread (see base/hash.h) of that segment; after the last segment, a spread above every key's. */
static uint32_t first_spread(int64_t segment, int64_t total)
{
    uint64_t all = UINT32_MAX;

    return (uint32_t)((all * (uint64_t)segment + (uint64_t)total - 1) / (uint64_t)total);
}

static bool request_check(const struct call *call, const struct dynamodb_scan_input *in,
                          struct expressions *expressions)
{
    struct expression_texts texts = {
        .filter = in->filter_expression,
        .projection = in->projection_expression,
        .names = &in->expression_attribute_names,
        .values = &in->expression_attribute_values,
        .legacy = {.attributes_to_get = &in->attributes_to_get,
                   .scan_filter = &in->scan_filter,
                   .conditional_operator = in->conditional_operator},
        .value_expressions = "FilterExpression is",
        .attributes = &in->exclusive_start_key,
        .attributes_are_start = true,
    };

    return dynamodb_expressions_read(call, &texts, expressions);
}

static bool span_read(const struct item_page *page, const struct dynamodb_scan_input *in,
                      const struct share *share, struct key_span *span)
{
    const struct call *call = page->call;
    str first = spread_bytes(call->arena, first_spread(share->segment, share->total));
    str problem;

    *span =
        (struct key_span){.after = {first, S("")},
                          .end = spread_bytes(call->arena, first_spread(share->segment + 1, share->total))};
    if (!in->exclusive_start_key.items)
        return true;
    if (!dynamodb_page_start(page, &in->exclusive_start_key, &span->after, &problem))
        return dynamodb_refuse(call, problem);
    if (str_compare(span->after.hash, first) >= 0 && str_compare(span->after.hash, span->end) < 0)
        return true;
    return dynamodb_refuse(
        call, arena_format(call->arena,
                           "The provided starting key is invalid: Invalid ExclusiveStartKey. Please use "
                           "ExclusiveStartKey with correct Segment. TotalSegments: %lld Segment: %lld",
                           (long long)share->total, (long long)share->segment));
}

static void fill_by_table(struct item_page *page, const struct key_span *span)
{
    struct dynamodb_scan_items_params params = {.table_id = page->table->row.id,
                                                .hash_key = span->after.hash,
                                                .range_key = span->after.range,
                                                .end_key = span->end};
    struct dynamodb_scan_items_cursor cursor = dynamodb_scan_items_open(page->call->txn, &params);
    struct dynamodb_scan_items_row row;

    while (dynamodb_scan_items_next(&cursor, &row) && dynamodb_page_add(page, row.size_bytes, row.item))
        ;
    dynamodb_scan_items_close(&cursor);
}

static void fill_by_index(struct item_page *page, const struct key_span *span)
{
    struct dynamodb_scan_index_params params = {.index_id = page->index->id,
                                                .hash_key = span->after.hash,
                                                .range_key = dynamodb_page_after(page, span->after.range),
                                                .end_key = span->end};
    struct dynamodb_scan_index_cursor cursor = dynamodb_scan_index_open(page->call->txn, &params);
    struct dynamodb_scan_index_row row;

    while (dynamodb_scan_index_next(&cursor, &row) &&
           dynamodb_page_add_entry(page, row.size_bytes, row.item_bytes, row.item))
        ;
    dynamodb_scan_index_close(&cursor);
}

void dynamodb_page_fill_span(struct item_page *page, const struct key_span *span)
{
    if (page->index)
        fill_by_index(page, span);
    else
        fill_by_table(page, span);
}

struct key_span dynamodb_whole_span(struct arena *arena)
{
    return (struct key_span){.after = {spread_bytes(arena, first_spread(0, 1)), S("")},
                             .end = spread_bytes(arena, first_spread(1, 1))};
}

void dynamodb_scan_context(const struct call *call, const struct dynamodb_scan_input *in,
                           const struct resource *resource, struct context_list *context)
{
    struct expressions read = {0};
    const struct expressions *expressions =
        dynamodb_read_for_context(call, request_check(call, in, &read), &read);

    dynamodb_access_in_context(call, resource->row,
                               &(struct access){.expressions = expressions,
                                                .attributes = &in->exclusive_start_key,
                                                .index_name = in->index_name,
                                                .whole_table = true},
                               context);
    dynamodb_select_in_context(call, in->select, expressions, in->index_name, context);
}

enum outcome dynamodb_scan(const struct call *call, const struct dynamodb_scan_input *in,
                           struct dynamodb_scan_output *out)
{
    const struct table *table = dynamodb_table_of(call);
    struct expressions expressions = {0};
    struct share share;
    struct key_span span;
    struct item_page page = {.call = call, .table = table, .expressions = &expressions};
    struct page_request asked = {in->select, in->index_name, in->limit, in->consistent_read};

    if (!table || !request_check(call, in, &expressions) || !share_read(call, in, &share) ||
        !dynamodb_table_open(call, table) || !dynamodb_page_begin(&page, &asked) ||
        !span_read(&page, in, &share, &span) || !dynamodb_page_paths_check(&page))
        return FAILED;
    dynamodb_page_fill_span(&page, &span);
    dynamodb_count_returned(call, table, page.count);
    out->items = page.items;
    out->count = arena_i64(call->arena, page.count);
    out->scanned_count = arena_i64(call->arena, page.scanned);
    out->last_evaluated_key = dynamodb_page_next(&page);
    out->consumed_capacity = dynamodb_page_capacity(&page, in->return_consumed_capacity);
    return DONE;
}
