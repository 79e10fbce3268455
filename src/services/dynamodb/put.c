/*
 * put.c: PutItem.
 */
#include "dynamodb_internal.h"

static bool request_check(const struct call *call, const struct dynamodb_put_item_input *in,
                          struct expressions *expressions)
{
    struct write_request request = {
        .has_expected = in->expected.items,
        .conditional_operator = in->conditional_operator,
        .condition = in->condition_expression,
        .return_values = in->return_values,
        .names = &in->expression_attribute_names,
        .values = &in->expression_attribute_values,
        .attributes = &in->item,
    };

    return write_request_check(call, &request, expressions);
}

enum outcome dynamodb_put_item(const struct call *call, const struct dynamodb_put_item_input *in,
                               struct dynamodb_put_item_output *out)
{
    bool return_old = str_equal(in->return_values, S("ALL_OLD"));
    struct expressions expressions = {0};
    struct table table;
    struct item_key key;
    struct stored stored;

    if (!table_locate(call, in->table_name, &table))
        return FAILED;
    bool valid = request_check(call, in, &expressions);
    struct access access = {.expressions = valid ? &expressions : NULL,
                            .attributes = &in->item,
                            .return_values = in->return_values,
                            .consumed_capacity = in->return_consumed_capacity};
    if (!access_check(call, &table, &access) || !table_open(call, &table) ||
        !key_of_item(call, &table, &in->item, &key))
        return FAILED;
    if (return_old || expressions.condition)
        stored_read(call, &table, &key, &stored);
    else
        stored_find(call, &table, &key, &stored);
    if (!stored_meets(call, expressions.condition, &stored, in->return_values_on_condition_check_failure) ||
        !stored_write(call, &table, &key, &stored, &in->item,
                      S("Item size has exceeded the maximum allowed size")))
        return FAILED;
    if (return_old)
        out->attributes = stored.item;
    out->consumed_capacity =
        consumed(call, &table, in->return_consumed_capacity, write_units(stored.size_bytes));
    return DONE;
}
