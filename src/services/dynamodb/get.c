/*
 * get.c: GetItem.  Reads are always consistent; ConsistentRead only changes the capacity.
 */
#include "dynamodb_internal.h"
#include "tables.h"

static bool request_check(const struct call *call, const struct dynamodb_get_item_input *in,
                          struct expressions *expressions)
{
    struct expression_texts texts = {
        .projection = in->projection_expression,
        .names = &in->expression_attribute_names,
        .legacy.attributes_to_get = &in->attributes_to_get,
        .attributes = &in->key,
    };

    return dynamodb_expressions_read(call, &texts, expressions);
}

void dynamodb_get_context(const struct call *call, const struct dynamodb_get_item_input *in,
                          const struct resource *resource, struct context_list *context)
{
    struct expressions read = {0};
    const struct expressions *expressions =
        dynamodb_read_for_context(call, request_check(call, in, &read), &read);

    dynamodb_access_in_context(call, resource->row,
                               &(struct access){.expressions = expressions, .attributes = &in->key}, context);
    dynamodb_select_in_context(call, (str){0}, expressions, (str){0}, context);
}

enum outcome dynamodb_get_item(const struct call *call, const struct dynamodb_get_item_input *in,
                               struct dynamodb_get_item_output *out)
{
    const struct table *table = dynamodb_table_of(call);
    struct expressions expressions = {0};
    struct item_key key;
    struct stored stored;

    if (!table || !request_check(call, in, &expressions) || !dynamodb_table_open(call, table) ||
        !dynamodb_key_of_request(call, &table->keys, &in->key, &key) ||
        !dynamodb_key_paths_check(call, &table->keys, &expressions, "Key"))
        return FAILED;
    dynamodb_stored_read(call, table, &key, &stored);
    if (stored.blob.size > LARGE_ITEM_BYTES && may_move_to_worker(call))
        return move_to_worker(call);
    if (stored.id)
        stored.item = dynamodb_item_decode(call->arena, stored.blob);
    if (stored.id)
        out->item = expressions.projection
                        ? dynamodb_projection_apply(call->arena, expressions.projection, &stored.item)
                        : stored.item;
    out->consumed_capacity =
        dynamodb_capacity_of(call, table, in->return_consumed_capacity,
                             dynamodb_read_units(stored.size_bytes, in->consistent_read));
    return DONE;
}
