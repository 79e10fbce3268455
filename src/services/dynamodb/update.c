/*
 * update.c: UpdateItem.
 */
#include "dynamodb_internal.h"

static bool request_check(const struct call *call, const struct dynamodb_update_item_input *in,
                          struct expressions *expressions)
{
    struct expression_texts texts = {
        .condition = in->condition_expression,
        .update = in->update_expression,
        .names = &in->expression_attribute_names,
        .values = &in->expression_attribute_values,
        .value_expressions = "UpdateExpression and ConditionExpression are",
    };

    return legacy_refuse(call, "AttributeUpdates", in->attribute_updates.items, "UpdateExpression") &&
           legacy_refuse(call, "Expected", in->expected.items, "ConditionExpression") &&
           legacy_refuse(call, "ConditionalOperator", str_present(in->conditional_operator),
                         "ConditionExpression") &&
           expressions_read(call, &texts, expressions) && attributes_check(call, &in->key);
}

static bool keys_check(const struct call *call, const struct table *table, const struct update *update)
{
    str names[] = {table->row.hash_name, table->row.range_name};

    for (size_t i = 0; i < update->count; i++)
        for (size_t j = 0; j < 2; j++)
            if (str_present(names[j]) && str_equal(update->items[i].path.items[0].name, names[j]))
                return refuse(
                    call, arena_format(call->arena,
                                       "One or more parameter values were invalid: Cannot update attribute "
                                       "%.*s. This attribute is part of the key",
                                       STR_ARGS(names[j])));
    return true;
}

/* The parts that the update names, of the item before or after it. */
static struct dynamodb_attribute_value_map updated_parts(const struct call *call, const struct update *update,
                                                         const struct dynamodb_attribute_value_map *item)
{
    struct projection projection = {0};

    for (size_t i = 0; i < update->count; i++)
        *list_add(call->arena, &projection) = update->items[i].path;
    projection_sort(&projection);
    return projection_apply(call->arena, &projection, item);
}

static void return_values(const struct call *call, str asked, const struct update *update,
                          const struct dynamodb_attribute_value_map *old,
                          const struct dynamodb_attribute_value_map *new,
                          struct dynamodb_attribute_value_map *attributes)
{
    struct dynamodb_attribute_value_map chosen = {0};

    if (str_equal(asked, S("ALL_OLD")))
        chosen = *old;
    else if (str_equal(asked, S("ALL_NEW")))
        chosen = *new;
    else if (str_equal(asked, S("UPDATED_OLD")))
        chosen = updated_parts(call, update, old);
    else if (str_equal(asked, S("UPDATED_NEW")))
        chosen = updated_parts(call, update, new);
    if (chosen.count > 0)
        *attributes = chosen;
}

/* An update that only takes away makes no item where there is none. */
static bool only_removes(const struct update *update)
{
    for (size_t i = 0; i < update->count; i++)
        if (update->items[i].kind != ACTION_REMOVE && update->items[i].kind != ACTION_DELETE)
            return false;
    return update->count > 0;
}

enum outcome dynamodb_update_item(const struct call *call, const struct dynamodb_update_item_input *in,
                                  struct dynamodb_update_item_output *out)
{
    struct expressions expressions = {0};
    struct table table;
    struct item_key key;
    struct stored stored;
    str problem = {0};

    if (!table_locate(call, in->table_name, &table))
        return FAILED;
    bool valid = request_check(call, in, &expressions);
    struct access access = {.expressions = valid ? &expressions : NULL,
                            .attributes = &in->key,
                            .return_values = in->return_values,
                            .consumed_capacity = in->return_consumed_capacity};
    if (!access_check(call, &table, &access) || !table_open(call, &table) ||
        !key_of_request(call, &table, &in->key, &key) || !keys_check(call, &table, &expressions.update))
        return FAILED;
    stored_read(call, &table, &key, &stored);
    if (!stored_meets(call, expressions.condition, &stored, in->return_values_on_condition_check_failure))
        return FAILED;
    struct dynamodb_attribute_value_map item = stored.id ? stored.item : in->key;
    if (!update_apply(call->arena, &expressions.update, &item, &problem))
        return fail(call, &DYNAMODB_VALIDATION_EXCEPTION, "%.*s", STR_ARGS(problem));
    if (!stored.id && only_removes(&expressions.update)) {
        out->consumed_capacity = consumed(call, &table, in->return_consumed_capacity, write_units(0));
        return DONE;
    }
    if (!stored_write(call, &table, &key, &stored, &item, update_too_large))
        return FAILED;
    return_values(call, in->return_values, &expressions.update, &stored.item, &item, &out->attributes);
    out->consumed_capacity =
        consumed(call, &table, in->return_consumed_capacity, write_units(stored.size_bytes));
    return DONE;
}
