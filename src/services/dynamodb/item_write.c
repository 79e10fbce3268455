/*
 * item_write.c: what PutItem, UpdateItem and DeleteItem have in common: all but their parameters and what
 * ReturnValues asks of them.
 */
#include "dynamodb_internal.h"
#include "tables.h"

static bool return_values_check(const struct call *call, const struct write *write)
{
    enum dynamodb_return_value asked;

    if (write->kind == WRITE_UPDATES || !str_present(write->return_values))
        return true;
    asked = dynamodb_return_value_of(write->return_values);
    return asked == DYNAMODB_RETURN_VALUE_NONE || asked == DYNAMODB_RETURN_VALUE_ALL_OLD ||
           dynamodb_refuse_request(call, S("ReturnValues can only be ALL_OLD or NONE"));
}

/* Statements and transactions are not charged. */
static bool charge_check(const struct call *call, const struct write *write)
{
    return dynamodb_update_charge_fits(&write->expressions.update) ||
           dynamodb_refuse(call, dynamodb_update_too_large);
}

static bool request_check(const struct call *call, const struct item_write *asked, struct write *write)
{
    struct expression_texts texts = asked->texts;

    if (dynamodb_write_was_checked(call, write))
        return write->valid;
    texts.attributes = asked->write.given;
    return dynamodb_write_checked(call, write,
                                  (!call->progress->deep || return_values_check(call, write)) &&
                                      dynamodb_expressions_read(call, &texts, &write->expressions) &&
                                      return_values_check(call, write) && charge_check(call, write));
}

/* Find the item's key.  False: fail() has been called. */
static bool address(const struct call *call, const struct item_write *asked, struct write *write)
{
    write->table = dynamodb_table_of(call);
    return write->table && request_check(call, asked, write) && dynamodb_table_open(call, write->table) &&
           dynamodb_write_find_key(call, write);
}

void dynamodb_item_write_context(const struct call *call, const struct item_write *asked,
                                 const struct resource *resource, struct context_list *context)
{
    struct write write = dynamodb_write_begin(call, asked->write);
    const struct expressions *expressions =
        dynamodb_read_for_context(call, request_check(call, asked, &write), &write.expressions);

    dynamodb_access_in_context(call, resource->row,
                               &(struct access){.expressions = expressions, .attributes = asked->write.given},
                               context);
    dynamodb_return_values_in_context(call, asked->write.return_values, asked->write.return_values_on_failure,
                                      context);
}

void dynamodb_item_write_prepare(const struct call *call, const struct item_write *asked)
{
    struct write *write = arena_new(call->arena, struct write);

    *write = asked->write;
    if (address(call, asked, write))
        dynamodb_write_prepare(call, write);
    leave_prepared(call, write);
}

enum outcome dynamodb_item_write(const struct call *call, const struct item_write *asked, struct write *write)
{
    *write = dynamodb_write_begin(call, asked->write);
    return address(call, asked, write) ? dynamodb_write_item(call, write) : FAILED;
}
