/*
 * put.c: PutItem.
 */
#include "dynamodb_internal.h"

static bool asks_for(str parameter, const char *value)
{
    return str_equal(parameter, str_of(value));
}

static bool request_check(struct call *call, const struct dynamodb_put_item_input *in,
                          struct expressions *expressions)
{
    struct expression_texts texts = {
        .condition = in->condition_expression,
        .names = &in->expression_attribute_names,
        .values = &in->expression_attribute_values,
        .value_expressions = "ConditionExpression is",
    };

    return legacy_refuse(call, "Expected", in->expected.items, "ConditionExpression") &&
           legacy_refuse(call, "ConditionalOperator", str_present(in->conditional_operator),
                         "ConditionExpression") &&
           expressions_read(call, &texts, expressions) && attributes_check(call, &in->item) &&
           (!str_present(in->return_values) || asks_for(in->return_values, "NONE") ||
            asks_for(in->return_values, "ALL_OLD") || refuse(call, S("Return values set to invalid value")));
}

enum outcome dynamodb_put_item(struct call *call, const struct dynamodb_put_item_input *in,
                               struct dynamodb_put_item_output *out)
{
    bool return_old = asks_for(in->return_values, "ALL_OLD");
    struct expressions expressions;
    struct table table;
    struct item_key key;
    struct stored stored;

    if (!table_address(call, in->table_name, &table) || !request_check(call, in, &expressions) ||
        !table_open(call, &table) || !key_of_item(call, &table, &in->item, &key))
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
