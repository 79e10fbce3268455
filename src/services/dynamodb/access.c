/*
 * access.c: the condition keys of policies about a table's items.
 *
 * They are read from the request only when a policy uses them.  A Scan has no values of the partition key, as
 * on AWS: it reads all keys.
 *
 * https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazondynamodb.html
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/specifying-conditions.html
 */
#include "dynamodb_internal.h"
#include "indexes.h"

#include "base/hash.h"
#include "number.h"

/* ---- values of the request ---- */

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
    for (size_t i = 0; i < expressions->key.count; i++)
        add_attribute(call, context, expressions->key.items[i].name);
    for (size_t i = 0; i < expressions->update.count; i++) {
        add_attribute(call, context, expressions->update.items[i].path.items[0].name);
        add_paths(call, context, expressions->update.items[i].operand);
    }
    for (size_t i = 0; expressions->projection && i < expressions->projection->count; i++)
        add_attribute(call, context, expressions->projection->items[i].items[0].name);
}

/* The value of that attribute of a key, in an item, a key or a query's condition; NULL when it has none. */
static const struct dynamodb_attribute_value *key_value(const struct access *access, str name)
{
    const struct key_condition *key = access->expressions ? &access->expressions->key : NULL;

    if (!key || key->count == 0)
        return access->attributes ? dynamodb_item_get(access->attributes, name) : NULL;
    for (size_t i = 0; i < key->count; i++)
        if (str_equal(key->items[i].name, name))
            return key->items[i].first;
    return NULL;
}

static str text_of(struct arena *arena, const struct dynamodb_attribute_value *value)
{
    struct number number;

    if (dynamodb_value_is(value, VALUE_S))
        return value->s;
    if (dynamodb_value_is(value, VALUE_B))
        return base64_encode(arena, value->b);
    return dynamodb_number_parse(value->n, &number) == NUMBER_OK ? dynamodb_number_text(arena, &number)
                                                                 : value->n;
}

/* By the attribute's place in the partition key. */
static const char *const partition_key_values[] = {
    "dynamodb:FirstPartitionKeyValues",
    "dynamodb:SecondPartitionKeyValues",
    "dynamodb:ThirdPartitionKeyValues",
    "dynamodb:FourthPartitionKeyValues",
};

/* For the query of an index, of the index.  The first value has an older name, too. */
static void add_partition_key(const struct call *call, struct context_list *context,
                              const struct table *table, const struct access *access)
{
    const struct index *index = dynamodb_index_named(table, access->index_name);
    const struct key_schema *keys = index ? &index->keys : &table->keys;

    for (size_t i = 0; i < keys->hash_count; i++) {
        const struct dynamodb_attribute_value *value = key_value(access, keys->items[i].name);
        if (!value || !dynamodb_value_is_scalar(value))
            continue;
        str text = text_of(call->arena, value);
        if (i == 0)
            context_add(call, context, S("dynamodb:LeadingKeys"), text);
        context_add(call, context, str_of(partition_key_values[i]), text);
    }
}

void dynamodb_access_in_context(const struct call *call, const struct table *table,
                                const struct access *access, struct context_list *context)
{
    if (table->row.id && !access->whole_table)
        add_partition_key(call, context, table, access);
    for (size_t i = 0; i < access->attributes->count; i++)
        add_attribute(call, context, access->attributes->items[i].key);
    if (access->expressions)
        add_expressions(call, context, access->expressions);
}

void dynamodb_select_in_context(const struct call *call, str asked, const struct expressions *expressions,
                                str index_name, struct context_list *context)
{
    enum dynamodb_select otherwise = expressions && expressions->projection
                                         ? DYNAMODB_SELECT_SPECIFIC_ATTRIBUTES
                                     : str_present(index_name) ? DYNAMODB_SELECT_ALL_PROJECTED_ATTRIBUTES
                                                               : DYNAMODB_SELECT_ALL_ATTRIBUTES;

    context_add(call, context, S("dynamodb:Select"),
                str_present(asked) ? asked : dynamodb_select_text(otherwise));
}

void dynamodb_return_values_in_context(const struct call *call, str return_values, str on_failure,
                                       struct context_list *context)
{
    bool shows = dynamodb_return_values_on_condition_check_failure_of(on_failure) ==
                 DYNAMODB_RETURN_VALUES_ON_CONDITION_CHECK_FAILURE_ALL_OLD;
    str otherwise = dynamodb_return_value_text(DYNAMODB_RETURN_VALUE_NONE);

    if (str_present(on_failure) && shows)
        return_values = dynamodb_return_value_text(DYNAMODB_RETURN_VALUE_ALL_OLD);
    context_add(call, context, S("dynamodb:ReturnValues"),
                str_present(return_values) ? return_values : otherwise);
}

const struct expressions *dynamodb_read_for_context(const struct call *call, bool well,
                                                    const struct expressions *expressions)
{
    take_failure(call);
    return well ? expressions : NULL;
}
