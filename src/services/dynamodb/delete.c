/*
 * delete.c: DeleteItem.
 */
#include "dynamodb_internal.h"

static bool request_check(const struct call *call, const struct dynamodb_delete_item_input *in,
                          struct write *write)
{
    struct write_request request = {
        .condition = in->condition_expression,
        .return_values = in->return_values,
        .legacy = {.expected = &in->expected, .conditional_operator = in->conditional_operator},
        .names = &in->expression_attribute_names,
        .values = &in->expression_attribute_values,
        .attributes = &in->key,
    };

    if (dynamodb_write_was_checked(call, write))
        return write->valid;
    return dynamodb_write_checked(call, write,
                                  dynamodb_write_request_check(call, &request, &write->expressions));
}

/* Find the item's key.  False: fail() has been called. */
static bool address(const struct call *call, const struct dynamodb_delete_item_input *in, struct write *write)
{
    write->table = dynamodb_table_of(call);
    return write->table && request_check(call, in, write) && dynamodb_table_open(call, write->table) &&
           dynamodb_key_of_request(call, &write->table->keys, &in->key, &write->key) &&
           dynamodb_key_paths_check(call, &write->table->keys, &write->expressions, "Key");
}

void dynamodb_delete_context(const struct call *call, const struct dynamodb_delete_item_input *in,
                             const struct resource *resource, struct context_list *context)
{
    struct write write = dynamodb_write_begin(call, (struct write){0});
    const struct expressions *expressions =
        dynamodb_read_for_context(call, request_check(call, in, &write), &write.expressions);

    dynamodb_access_in_context(call, resource->row,
                               &(struct access){.expressions = expressions, .attributes = &in->key}, context);
    dynamodb_return_values_in_context(call, in->return_values, in->return_values_on_condition_check_failure,
                                      context);
}

static struct write write_of(const struct dynamodb_delete_item_input *in)
{
    return (struct write){
        .kind = WRITE_DELETES,
        .given = &in->key,
        .return_values = in->return_values,
        .return_values_on_failure = in->return_values_on_condition_check_failure,
    };
}

void dynamodb_delete_item_prepare(const struct call *call, const struct dynamodb_delete_item_input *in)
{
    struct write *write = arena_new(call->arena, struct write);

    *write = write_of(in);
    if (address(call, in, write))
        dynamodb_write_prepare(call, write);
    leave_prepared(call, write);
}

enum outcome dynamodb_delete_item(const struct call *call, const struct dynamodb_delete_item_input *in,
                                  struct dynamodb_delete_item_output *out)
{
    struct write write = dynamodb_write_begin(call, write_of(in));

    if (!address(call, in, &write))
        return FAILED;
    enum outcome outcome = dynamodb_write_item(call, &write);
    if (outcome != DONE)
        return outcome;
    if (dynamodb_return_value_of(in->return_values) == DYNAMODB_RETURN_VALUE_ALL_OLD)
        out->attributes = write.stored.item;
    out->consumed_capacity = dynamodb_write_capacity(call, &write, in->return_consumed_capacity);
    out->item_collection_metrics =
        dynamodb_collection_metrics(call, &write, in->return_item_collection_metrics);
    return DONE;
}
