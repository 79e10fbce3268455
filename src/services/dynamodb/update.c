/*
 * update.c: UpdateItem.
 */
#include "dynamodb_internal.h"
#include "pages.h"

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

static struct item_write asked_by(const struct dynamodb_update_item_input *in)
{
    return (struct item_write){
        .write = {.kind = WRITE_UPDATES,
                  .given = &in->key,
                  .return_values = in->return_values,
                  .return_values_on_failure = in->return_values_on_condition_check_failure},
        .texts = {.condition = in->condition_expression,
                  .update = in->update_expression,
                  .legacy = {.attribute_updates = &in->attribute_updates,
                             .expected = &in->expected,
                             .conditional_operator = in->conditional_operator},
                  .names = &in->expression_attribute_names,
                  .values = &in->expression_attribute_values},
    };
}

void dynamodb_update_context(const struct call *call, const struct dynamodb_update_item_input *in,
                             const struct resource *resource, struct context_list *context)
{
    struct item_write asked = asked_by(in);

    dynamodb_item_write_context(call, &asked, resource, context);
}

void dynamodb_update_item_prepare(const struct call *call, const struct dynamodb_update_item_input *in)
{
    struct item_write asked = asked_by(in);

    dynamodb_item_write_prepare(call, &asked);
}

enum outcome dynamodb_update_item(const struct call *call, const struct dynamodb_update_item_input *in,
                                  struct dynamodb_update_item_output *out)
{
    struct item_write asked = asked_by(in);
    struct write write;

    enum outcome outcome = dynamodb_item_write(call, &asked, &write);
    if (outcome != DONE)
        return outcome;
    if (str_present(write.blob))
        dynamodb_update_return(call, in->return_values, &write, &out->attributes);
    out->consumed_capacity = dynamodb_write_capacity(call, &write, in->return_consumed_capacity);
    out->item_collection_metrics =
        dynamodb_collection_metrics(call, &write, in->return_item_collection_metrics);
    return DONE;
}
