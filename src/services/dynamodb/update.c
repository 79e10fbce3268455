/*
 * update.c: UpdateItem.
 */
#include "dynamodb_internal.h"

static bool texts_check(const struct call *call, const struct dynamodb_update_item_input *in,
                        struct expressions *expressions)
{
    struct expression_texts texts = {
        .condition = in->condition_expression,
        .update = in->update_expression,
        .legacy = {.attribute_updates = &in->attribute_updates,
                   .expected = &in->expected,
                   .conditional_operator = in->conditional_operator},
        .names = &in->expression_attribute_names,
        .values = &in->expression_attribute_values,
        .attributes = &in->key,
    };

    return dynamodb_expressions_read(call, &texts, expressions);
}

static bool request_check(const struct call *call, const struct dynamodb_update_item_input *in,
                          struct write *write)
{
    if (dynamodb_write_was_checked(call, write))
        return write->valid;
    return dynamodb_write_checked(call, write, texts_check(call, in, &write->expressions));
}

bool dynamodb_update_keys_check(const struct call *call, const struct key_schema *schema,
                                const struct update *update)
{
    for (size_t i = 0; i < update->count; i++)
        for (size_t j = 0; j < schema->count; j++)
            if (str_equal(update->items[i].path.items[0].name, schema->items[j].name))
                return dynamodb_refuse(
                    call, arena_format(call->arena,
                                       "One or more parameter values were invalid: Cannot update attribute "
                                       "%.*s. This attribute is part of the key",
                                       STR_ARGS(schema->items[j].name)));
    return true;
}

/* The attributes that the update names, of the item before or after it. */
static struct dynamodb_attribute_map updated_parts(const struct call *call, const struct update *update,
                                                   const struct dynamodb_attribute_map *item)
{
    struct projection projection = {0};

    for (size_t i = 0; i < update->count; i++)
        *list_add(call->arena, &projection) = update->items[i].path;
    dynamodb_projection_sort(&projection);
    return dynamodb_projection_apply(call->arena, &projection, item);
}

void dynamodb_update_return(const struct call *call, str asked, const struct write *write,
                            struct dynamodb_attribute_map *attributes)
{
    const struct update *update = &write->expressions.update;
    struct dynamodb_attribute_map chosen = {0};

    if (dynamodb_return_value_of(asked) == DYNAMODB_RETURN_VALUE_ALL_OLD)
        chosen = write->stored.item;
    else if (dynamodb_return_value_of(asked) == DYNAMODB_RETURN_VALUE_ALL_NEW)
        chosen = write->item;
    else if (dynamodb_return_value_of(asked) == DYNAMODB_RETURN_VALUE_UPDATED_OLD)
        chosen = updated_parts(call, update, &write->stored.item);
    else if (dynamodb_return_value_of(asked) == DYNAMODB_RETURN_VALUE_UPDATED_NEW)
        chosen = updated_parts(call, update, &write->item);
    if (chosen.count > 0)
        *attributes = chosen;
}

/* Find the item's key.  False: fail() has been called. */
static bool address(const struct call *call, const struct dynamodb_update_item_input *in, struct write *write)
{
    write->table = dynamodb_table_of(call);
    return write->table && request_check(call, in, write) && dynamodb_table_open(call, write->table) &&
           dynamodb_key_of_request(call, &write->table->keys, &in->key, &write->key) &&
           dynamodb_update_keys_check(call, &write->table->keys, &write->expressions.update) &&
           dynamodb_key_paths_check(call, &write->table->keys, &write->expressions, "Key");
}

void dynamodb_update_context(const struct call *call, const struct dynamodb_update_item_input *in,
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

static struct write write_of(const struct dynamodb_update_item_input *in)
{
    return (struct write){
        .kind = WRITE_UPDATES,
        .given = &in->key,
        .return_values = in->return_values,
        .return_values_on_failure = in->return_values_on_condition_check_failure,
    };
}

void dynamodb_update_item_prepare(const struct call *call, const struct dynamodb_update_item_input *in)
{
    struct write *write = arena_new(call->arena, struct write);

    *write = write_of(in);
    if (address(call, in, write))
        dynamodb_write_prepare(call, write);
    leave_prepared(call, write);
}

enum outcome dynamodb_update_item(const struct call *call, const struct dynamodb_update_item_input *in,
                                  struct dynamodb_update_item_output *out)
{
    struct write write = dynamodb_write_begin(call, write_of(in));

    if (!address(call, in, &write))
        return FAILED;
    enum outcome outcome = dynamodb_write_item(call, &write);
    if (outcome != DONE)
        return outcome;
    if (str_present(write.blob))
        dynamodb_update_return(call, in->return_values, &write, &out->attributes);
    out->consumed_capacity = dynamodb_write_capacity(call, &write, in->return_consumed_capacity);
    out->item_collection_metrics =
        dynamodb_collection_metrics(call, &write, in->return_item_collection_metrics);
    return DONE;
}
