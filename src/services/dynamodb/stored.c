/*
 * stored.c: one item in the store: read, put and removed by its key.
 *
 * The engine is the only writer, so what a handler has found stays as it is until the handler writes:
 * there is never a second item with the same key.
 */
#include "dynamodb_internal.h"

void stored_find(const struct call *call, const struct table *table, const struct item_key *key,
                 struct stored *stored)
{
    struct dynamodb_find_place_row row;

    *stored = (struct stored){0};
    if (dynamodb_find_place(call->txn,
                            &(struct dynamodb_find_place_params){
                                .table_id = table->row.id, .hash_key = key->hash, .range_key = key->range},
                            &row))
        *stored = (struct stored){.id = row.id, .size_bytes = row.size_bytes};
}

void stored_read(const struct call *call, const struct table *table, const struct item_key *key,
                 struct stored *stored)
{
    struct dynamodb_find_item_row row;

    *stored = (struct stored){0};
    if (dynamodb_find_item(call->txn,
                           &(struct dynamodb_find_item_params){
                               .table_id = table->row.id, .hash_key = key->hash, .range_key = key->range},
                           &row))
        *stored = (struct stored){
            .id = row.id, .size_bytes = row.size_bytes, .item = item_decode(call->arena, row.item)};
}

bool stored_meets(const struct call *call, const struct node *condition, const struct stored *stored,
                  str return_values_on_failure)
{
    if (!condition || expression_holds(call->arena, condition, &stored->item))
        return true;
    fail(call, &DYNAMODB_CONDITIONAL_CHECK_FAILED_EXCEPTION, "The conditional request failed");
    if (stored->id && str_equal(return_values_on_failure, S("ALL_OLD"))) {
        struct dynamodb_conditional_check_failed_exception *details =
            arena_new(call->arena, struct dynamodb_conditional_check_failed_exception);
        details->item = stored->item;
        fail_details(call, details);
    }
    return false;
}

/* Only of a trace that the request named: nobody could find the row of another. */
static void trace_item(const struct call *call, str kind, const struct table *table,
                       const struct dynamodb_attribute_value_map *item)
{
    if (!call->in_trace)
        return;
    struct dynamodb_attribute_value_map key = key_attributes(call->arena, table, item);

    trace(call, kind, table->arn, model_to_json(call->arena, &DYNAMODB_ATTRIBUTE_MAP, &key));
}

bool stored_write(const struct call *call, const struct table *table, const struct item_key *key,
                  struct stored *stored, const struct dynamodb_attribute_value_map *item, str too_large)
{
    struct item_size size;
    str blob = item_encode(call->arena, item, &size);
    struct dynamodb_item_row row = {
        .id = stored->id,
        .table_id = table->row.id,
        .hash_key = key->hash,
        .range_key = key->range,
        .size_bytes = (int64_t)size.bytes,
        .item = blob,
    };

    if (size.bytes > MAX_ITEM_BYTES)
        return refuse(call, too_large);
    if (size.depth > MAX_ITEM_DEPTH)
        return refuse(call, item_too_deep);
    if (!row.id)
        dynamodb_add_item(call->txn, &row);
    else if (row.size_bytes == stored->size_bytes)
        dynamodb_replace_item(call->txn, &row);
    else
        dynamodb_replace_item_resized(call->txn, &row);
    if (stored->size_bytes < row.size_bytes)
        stored->size_bytes = row.size_bytes; /* the larger of the two is what the write costs */
    trace_item(call, S("item written"), table, item);
    return true;
}

void stored_remove(const struct call *call, const struct table *table, const struct stored *stored)
{
    if (!stored->id)
        return;
    dynamodb_remove_item(call->txn, &(struct dynamodb_remove_item_params){.id = stored->id});
    trace_item(call, S("item deleted"), table, &stored->item);
}
