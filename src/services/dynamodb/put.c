/*
 * put.c: PutItem.
 */
#include "dynamodb_internal.h"

static bool request_check(const struct call *call, const struct dynamodb_put_item_input *in,
                          struct write *write)
{
    struct write_request request = {
        .condition = in->condition_expression,
        .return_values = in->return_values,
        .names = &in->expression_attribute_names,
        .values = &in->expression_attribute_values,
        .attributes = &in->item,
    };

    if (dynamodb_write_was_checked(call, write))
        return write->valid;
    return dynamodb_write_checked(call, write,
                                  dynamodb_write_request_check(call, &request, &write->expressions));
}

/* Which item, and may it be written?  False: fail() has been called. */
static bool address(const struct call *call, const struct dynamodb_put_item_input *in, struct write *write)
{
    struct table *table = &write->table;

    if (!dynamodb_table_locate(call, in->table_name, table))
        return false;
    bool valid = request_check(call, in, write);
    struct access access = {.expressions = valid ? &write->expressions : NULL,
                            .attributes = &in->item,
                            .return_values = in->return_values,
                            .consumed_capacity = in->return_consumed_capacity};
    return dynamodb_access_check(call, table, &access) && dynamodb_table_open(call, table) &&
           dynamodb_key_of_item(call, table, &in->item, &write->key);
}

static struct write write_of(const struct dynamodb_put_item_input *in)
{
    return (struct write){
        .kind = WRITE_PUTS,
        .given = &in->item,
        .return_values = in->return_values,
        .return_values_on_failure = in->return_values_on_condition_check_failure,
    };
}

void dynamodb_put_item_prepare(const struct call *call, const struct dynamodb_put_item_input *in)
{
    struct write *write = arena_new(call->arena, struct write);

    *write = write_of(in);
    if (address(call, in, write))
        dynamodb_write_prepare(call, write);
    leave_prepared(call, write);
}

enum outcome dynamodb_put_item(const struct call *call, const struct dynamodb_put_item_input *in,
                               struct dynamodb_put_item_output *out)
{
    struct write write = dynamodb_write_begin(call, write_of(in));

    if (!address(call, in, &write))
        return FAILED;
    enum outcome outcome = dynamodb_write_item(call, &write);
    if (outcome != DONE)
        return outcome;
    if (dynamodb_return_value_of(in->return_values) == DYNAMODB_RETURN_VALUE_ALL_OLD)
        out->attributes = write.stored.item;
    out->consumed_capacity = dynamodb_consumed(call, &write.table, in->return_consumed_capacity,
                                               dynamodb_write_units(write.stored.size_bytes));
    return DONE;
}
