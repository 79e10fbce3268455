/*
 * access.c: may the caller do this to the table and its items?
 *
 * Supplies the condition keys of fine-grained policies.  Which attributes a request names is known only once
 * its expressions are read, so a handler checks its request first; but dynamodb_access_check() asks IAM
 * before anybody hears what is wrong with the request.  A Scan has no dynamodb:LeadingKeys on AWS either: it
 * reads all keys.
 *
 * https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazondynamodb.html
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/specifying-conditions.html
 */
#include "dynamodb_internal.h"

#include "base/hash.h"
#include "number.h"

/* ---- tags ---- */

static void add_table_tags(const struct call *call, const struct table *table, struct context_list *context)
{
    struct dynamodb_list_tags_rows rows =
        dynamodb_list_tags(call->txn, &(struct dynamodb_list_tags_params){.table_id = table->row.id});

    for (size_t i = 0; i < rows.count; i++)
        context_add_resource_tag(call, context, rows.items[i].name, rows.items[i].value);
}

static void add_request_tags(const struct call *call, const struct dynamodb_tag_list *tags,
                             struct context_list *context)
{
    for (size_t i = 0; i < tags->count; i++)
        context_add_request_tag(call, context, tags->items[i].key, tags->items[i].value);
}

/* The account's administrator may do everything in it: no policy is asked, and nothing needs to be known. */
static bool is_asked(const struct call *call)
{
    return call->caller->kind != PRINCIPAL_ROOT;
}

bool dynamodb_table_authorize(const struct call *call, const struct table *table,
                              const struct dynamodb_tag_list *tags)
{
    struct context_list context = {0};

    if (is_asked(call)) {
        add_table_tags(call, table, &context);
        add_request_tags(call, tags, &context);
    }
    return authorize_in_context(call, table->arn, (str){0}, &context);
}

/* ---- what a request about items names ---- */

static void add_attribute(const struct call *call, struct context_list *context, str name)
{
    context_add(call, context, S("dynamodb:Attributes"), name);
}

static void add_paths(const struct call *call, struct context_list *context, const struct node *node)
{
    if (node && node->kind == NODE_PATH)
        add_attribute(call, context, node->path.items[0].name);
    for (size_t i = 0; node && i < node->operands.count; i++)
        add_paths(call, context, node->operands.items[i]);
}

static void add_expressions(const struct call *call, struct context_list *context,
                            const struct expressions *expressions)
{
    add_paths(call, context, expressions->condition);
    add_paths(call, context, expressions->key_condition);
    for (size_t i = 0; i < expressions->update.count; i++) {
        add_attribute(call, context, expressions->update.items[i].path.items[0].name);
        add_paths(call, context, expressions->update.items[i].operand);
    }
    for (size_t i = 0; expressions->projection && i < expressions->projection->count; i++)
        add_attribute(call, context, expressions->projection->items[i].items[0].name);
}

/* Of an item's or a key's attributes, or of a query's condition; NULL when there is no such value. */
static const struct dynamodb_attribute_value *
leading_value(const struct call *call, const struct table *table, const struct access *access)
{
    struct key_condition key = {0};
    str problem;

    if (!access->expressions || !access->expressions->key_condition)
        return access->attributes ? dynamodb_item_get(access->attributes, table->row.hash_name) : NULL;
    if (!dynamodb_key_condition_read(call->arena, access->expressions->key_condition, &key, &problem))
        return NULL;
    for (size_t i = 0; i < key.count; i++)
        if (str_equal(key.terms[i].name, table->row.hash_name))
            return key.terms[i].first;
    return NULL;
}

static str text_of(struct arena *arena, const struct dynamodb_attribute_value *value)
{
    struct number number;

    if (value->s.data)
        return value->s;
    if (value->b.data)
        return base64_encode(arena, value->b);
    return dynamodb_number_parse(value->n, &number) == NUMBER_OK ? dynamodb_number_text(arena, &number)
                                                                 : value->n;
}

static void add_leading_key(const struct call *call, struct context_list *context, const struct table *table,
                            const struct access *access)
{
    const struct dynamodb_attribute_value *value =
        table->row.id && !access->whole_table ? leading_value(call, table, access) : NULL;

    if (value && (value->s.data || value->n.data || value->b.data))
        context_add(call, context, S("dynamodb:LeadingKeys"), text_of(call->arena, value));
}

/* ---- asking ---- */

static str given_or(str given, str otherwise)
{
    return str_present(given) ? given : otherwise;
}

static void add_options(const struct call *call, struct context_list *context, const struct access *access)
{
    bool specific = access->expressions && access->expressions->projection;

    context_add(call, context, S("dynamodb:ReturnConsumedCapacity"),
                given_or(access->consumed_capacity, S("NONE")));
    if (access->reads)
        context_add(call, context, S("dynamodb:Select"),
                    given_or(access->select, specific ? S("SPECIFIC_ATTRIBUTES") : S("ALL_ATTRIBUTES")));
    else
        context_add(call, context, S("dynamodb:ReturnValues"), given_or(access->return_values, S("NONE")));
}

static bool items_authorize(const struct call *call, const struct table *table, const struct access *access)
{
    struct context_list context = {0};

    if (is_asked(call)) {
        add_table_tags(call, table, &context);
        add_leading_key(call, &context, table, access);
        for (size_t i = 0; access->attributes && i < access->attributes->count; i++)
            add_attribute(call, &context, access->attributes->items[i].key);
        if (access->expressions)
            add_expressions(call, &context, access->expressions);
        add_options(call, &context, access);
    }
    return authorize_in_context(call, table->arn, (str){0}, &context);
}

bool dynamodb_access_check(const struct call *call, const struct table *table, const struct access *access)
{
    struct failure failure = take_failure(call);

    if (!items_authorize(call, table, access) || !dynamodb_table_name_check(call, table->name))
        return false;
    if (!failure.error)
        return true;
    fail(call, failure.error, "%.*s", STR_ARGS(failure.message));
    return false;
}
