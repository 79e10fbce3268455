/*
 * put.c: PutItem.
 */
#include "dynamodb_internal.h"
#include "pages.h"

static struct item_write asked_by(const struct dynamodb_put_item_input *in)
{
    return (struct item_write){
        .write = {.kind = WRITE_PUTS,
                  .given = &in->item,
                  .return_values = in->return_values,
                  .return_values_on_failure = in->return_values_on_condition_check_failure},
        .texts = {.condition = in->condition_expression,
                  .legacy = {.expected = &in->expected, .conditional_operator = in->conditional_operator},
                  .names = &in->expression_attribute_names,
                  .values = &in->expression_attribute_values},
    };
}

void dynamodb_put_context(const struct call *call, const struct dynamodb_put_item_input *in,
                          const struct resource *resource, struct context_list *context)
{
    struct item_write asked = asked_by(in);

    dynamodb_item_write_context(call, &asked, resource, context);
}

void dynamodb_put_item_prepare(const struct call *call, const struct dynamodb_put_item_input *in)
{
    struct item_write asked = asked_by(in);

    dynamodb_item_write_prepare(call, &asked);
}

enum outcome dynamodb_put_item(const struct call *call, const struct dynamodb_put_item_input *in,
                               struct dynamodb_put_item_output *out)
{
    struct item_write asked = asked_by(in);
    struct write write;

    enum outcome outcome = dynamodb_item_write(call, &asked, &write);
    if (outcome != DONE)
        return outcome;
    if (dynamodb_return_value_of(in->return_values) == DYNAMODB_RETURN_VALUE_ALL_OLD)
        out->attributes = write.stored.item;
    out->consumed_capacity = dynamodb_write_capacity(call, &write, in->return_consumed_capacity);
    out->item_collection_metrics =
        dynamodb_collection_metrics(call, &write, in->return_item_collection_metrics);
    return DONE;
}
