/*
 * get.c: GetItem.  Reads are always consistent here; ConsistentRead only counts.
 */
#include "dynamodb_internal.h"

enum outcome dynamodb_get_item(const struct call *call, const struct dynamodb_get_item_input *in,
                               struct dynamodb_get_item_output *out)
{
    struct expression_texts texts = {
        .projection = in->projection_expression,
        .names = &in->expression_attribute_names,
        .attributes_to_get = &in->attributes_to_get,
    };
    struct expressions expressions = {0};
    struct table table;
    struct item_key key;
    struct stored stored;

    if (!dynamodb_table_locate(call, in->table_name, &table))
        return FAILED;
    bool valid =
        dynamodb_attributes_check(call, &in->key) && dynamodb_expressions_read(call, &texts, &expressions);
    struct access access = {.expressions = valid ? &expressions : NULL,
                            .attributes = &in->key,
                            .reads = true,
                            .consumed_capacity = in->return_consumed_capacity};
    if (!dynamodb_access_check(call, &table, &access) || !dynamodb_table_open(call, &table) ||
        !dynamodb_key_of_request(call, &table, &in->key, &key))
        return FAILED;
    dynamodb_stored_read(call, &table, &key, &stored);
    if (stored.blob.size > LARGE_ITEM_BYTES && may_move_to_worker(call))
        return move_to_worker(call);
    if (stored.id)
        stored.item = dynamodb_item_decode(call->arena, stored.blob);
    if (stored.id)
        out->item = expressions.projection
                        ? dynamodb_projection_apply(call->arena, expressions.projection, &stored.item)
                        : stored.item;
    out->consumed_capacity = dynamodb_consumed(call, &table, in->return_consumed_capacity,
                                               dynamodb_read_units(stored.size_bytes, in->consistent_read));
    return DONE;
}
