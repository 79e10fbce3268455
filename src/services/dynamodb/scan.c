/*
 * scan.c: Scan, in the order of the keys.
 *
 * AWS scans in the order of a hash of the partition key, which nobody may rely on.  A parallel scan gives
 * each partition key to a segment by a hash; every segment reads past the others' items.
 */
#include "dynamodb_internal.h"

/* Which part of a parallel scan this is; of one when it is none. */
struct share {
    int64_t segment, total;
};

static bool share_read(const struct call *call, const struct dynamodb_scan_input *in, struct share *share)
{
    *share = (struct share){0, 1};
    if (!in->segment && !in->total_segments)
        return true;
    if (!in->total_segments)
        return refuse(
            call, S("The TotalSegments parameter is required but was not present in the request when Segment "
                    "parameter is present"));
    if (!in->segment)
        return refuse(call,
                      S("The Segment parameter is required but was not present in the request when parameter "
                        "TotalSegments is present"));
    *share = (struct share){*in->segment, *in->total_segments};
    return share->segment < share->total ||
           refuse(call, arena_format(call->arena,
                                     "The Segment parameter is zero-based and must be less than parameter "
                                     "TotalSegments: Segment: %lld is not less than TotalSegments: %lld",
                                     (long long)share->segment, (long long)share->total));
}

static bool has_share(const struct share *share, str hash_key)
{
    return share->total == 1 || (int64_t)(str_hash(hash_key) % (uint64_t)share->total) == share->segment;
}

static bool request_check(const struct call *call, const struct dynamodb_scan_input *in,
                          struct expressions *expressions)
{
    struct expression_texts texts = {
        .filter = in->filter_expression,
        .projection = in->projection_expression,
        .names = &in->expression_attribute_names,
        .values = &in->expression_attribute_values,
        .attributes_to_get = &in->attributes_to_get,
        .value_expressions = "FilterExpression is",
    };

    return legacy_refuse(call, "ScanFilter", in->scan_filter.items, "FilterExpression") &&
           legacy_refuse(call, "ConditionalOperator", str_present(in->conditional_operator),
                         "FilterExpression") &&
           expressions_read(call, &texts, expressions) && attributes_check(call, &in->exclusive_start_key);
}

static bool start_read(const struct call *call, const struct dynamodb_scan_input *in,
                       const struct table *table, const struct share *share, struct item_key *start)
{
    str problem;

    *start = (struct item_key){S(""), S("")};
    if (!in->exclusive_start_key.items)
        return true;
    if (!key_of_start(call->arena, table, &in->exclusive_start_key, start, &problem))
        return refuse(
            call, arena_format(call->arena, "The provided starting key is invalid: %.*s", STR_ARGS(problem)));
    return has_share(share, start->hash) ||
           refuse(call,
                  arena_format(call->arena,
                               "The provided starting key is invalid: Invalid ExclusiveStartKey. Please use "
                               "ExclusiveStartKey with correct Segment. TotalSegments: %lld Segment: %lld",
                               (long long)share->total, (long long)share->segment));
}

static void fill(struct page *page, const struct share *share, const struct item_key *start)
{
    struct dynamodb_scan_items_params from = {
        .table_id = page->table->row.id, .hash_key = start->hash, .range_key = start->range};
    struct dynamodb_scan_items_cursor cursor = dynamodb_scan_items_open(page->call->txn, &from);
    struct dynamodb_scan_items_row row;
    bool room = true;

    while (room) {
        struct arena_mark before = arena_mark(page->call->arena);
        if (!dynamodb_scan_items_next(&cursor, &row))
            break;
        if (has_share(share, row.hash_key))
            room = page_add(page, row.size_bytes, row.item);
        else
            arena_rewind(page->call->arena, before);
    }
    dynamodb_scan_items_close(&cursor);
}

enum outcome dynamodb_scan(const struct call *call, const struct dynamodb_scan_input *in,
                           struct dynamodb_scan_output *out)
{
    struct expressions expressions;
    struct table table;
    struct share share;
    struct item_key start;
    struct page page = {.call = call, .table = &table, .expressions = &expressions};

    if (!table_address(call, in->table_name, &table) || !request_check(call, in, &expressions) ||
        !share_read(call, in, &share) || !table_open(call, &table) ||
        !page_begin(&page, in->select, in->index_name, in->limit) ||
        !start_read(call, in, &table, &share, &start))
        return FAILED;
    fill(&page, &share, &start);
    out->items = page.items;
    out->count = arena_i64(call->arena, page.count);
    out->scanned_count = arena_i64(call->arena, page.scanned);
    out->last_evaluated_key = page_next(&page);
    out->consumed_capacity = consumed(call, &table, in->return_consumed_capacity,
                                      read_units(page.size_bytes, in->consistent_read));
    return DONE;
}
