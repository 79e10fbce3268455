/*
 * table_check.c: checks a CreateTable request.
 */
#include "dynamodb_internal.h"

#include "base/text.h"

enum {
    MAX_DEFINITIONS = 167, /* keys of the table, of 5 local indexes, and 8 of each of 20 global ones */
    MAX_SHOWN = 10,        /* elements shown of a list that is too long */
};
static const int64_t max_capacity_units = 1000000000000;

static str names_of_keys(const struct call *call, const struct dynamodb_key_schema *keys)
{
    struct text text = text_in(call->arena);

    for (size_t i = 0; i < keys->count; i++)
        text_format(&text, "%s%.*s", i ? ", " : "", STR_ARGS(keys->items[i].attribute_name));
    return text_str(&text);
}

static str names_of_definitions(const struct call *call,
                                const struct dynamodb_attribute_definitions *definitions)
{
    struct text text = text_in(call->arena);

    for (size_t i = 0; i < definitions->count; i++)
        text_format(&text, "%s%.*s", i ? ", " : "", STR_ARGS(definitions->items[i].attribute_name));
    return text_str(&text);
}

str dynamodb_definition_type(const struct dynamodb_attribute_definitions *definitions, str name)
{
    for (size_t i = 0; i < definitions->count; i++)
        if (str_equal(definitions->items[i].attribute_name, name))
            return definitions->items[i].attribute_type;
    return (str){0};
}

static bool check_required(const struct call *call, const struct dynamodb_create_table_input *in)
{
    if (!in->key_schema.items)
        return dynamodb_refuse(
            call, S("1 validation error detected: Value null at 'keySchema' failed to satisfy constraint: "
                    "Member must not be null"));
    if (!in->attribute_definitions.items)
        return dynamodb_refuse(
            call, S("1 validation error detected: Value null at 'attributeDefinitions' failed to satisfy "
                    "constraint: Member must not be null"));
    return true;
}

static bool check_defined(const struct call *call, const struct dynamodb_create_table_input *in)
{
    for (size_t i = 0; i < in->key_schema.count; i++) {
        if (str_present(
                dynamodb_definition_type(&in->attribute_definitions, in->key_schema.items[i].attribute_name)))
            continue;
        return dynamodb_refuse(
            call, arena_format(call->arena,
                               "One or more parameter values were invalid: Some index key attributes are not "
                               "defined in AttributeDefinitions. Keys: [%.*s], AttributeDefinitions: [%.*s]",
                               STR_ARGS(names_of_keys(call, &in->key_schema)),
                               STR_ARGS(names_of_definitions(call, &in->attribute_definitions))));
    }
    return true;
}

static bool check_definitions(const struct call *call,
                              const struct dynamodb_attribute_definitions *definitions)
{
    for (size_t i = 0; i < definitions->count; i++)
        for (size_t j = 0; j < i; j++)
            if (str_equal(definitions->items[i].attribute_name, definitions->items[j].attribute_name))
                return dynamodb_refuse(
                    call, arena_format(call->arena,
                                       "One or more parameter values were invalid: Duplicate attribute name: "
                                       "%.*s",
                                       STR_ARGS(definitions->items[i].attribute_name)));
    return true;
}

static bool refuse_long_schema(const struct call *call, const struct dynamodb_key_schema *keys)
{
    struct text text = text_in(call->arena);

    for (size_t i = 0; i < keys->count && i < MAX_SHOWN; i++)
        text_format(&text, "%sKeySchemaElement(attributeName=%.*s, keyType=%.*s)", i ? ", " : "",
                    STR_ARGS(keys->items[i].attribute_name), STR_ARGS(keys->items[i].key_type));
    return dynamodb_refuse(
        call, arena_format(call->arena,
                           "1 validation error detected: Value '[%.*s]' at 'keySchema' failed to "
                           "satisfy constraint: Member must have length less than or equal to 2",
                           STR_ARGS(text_str(&text))));
}

static bool refuse_definitions(const struct call *call)
{
    return dynamodb_refuse(
        call, S("One or more parameter values were invalid: Number of attributes in KeySchema does not "
                "exactly match number of attributes defined in AttributeDefinitions"));
}

static bool check_schema(const struct call *call, const struct dynamodb_create_table_input *in)
{
    const struct dynamodb_key_schema *keys = &in->key_schema;

    if (keys->count > 2)
        return refuse_long_schema(call, keys);
    if (keys->count > in->attribute_definitions.count)
        return dynamodb_refuse(call, S("Invalid KeySchema: Some index key attribute have no definition"));
    if (in->attribute_definitions.count > MAX_DEFINITIONS)
        return refuse_definitions(call);
    if (!check_defined(call, in) || !check_definitions(call, &in->attribute_definitions))
        return false;
    if (keys->count == 2 && str_equal(keys->items[0].attribute_name, keys->items[1].attribute_name))
        return dynamodb_refuse(
            call, S("Both the Hash Key and the Range Key element in the KeySchema have the same name"));
    if (dynamodb_key_type_of(keys->items[0].key_type) != DYNAMODB_KEY_TYPE_HASH)
        return dynamodb_refuse(call,
                               S("Invalid KeySchema: The first KeySchemaElement is not a HASH key type"));
    if (keys->count == 2 && dynamodb_key_type_of(keys->items[1].key_type) != DYNAMODB_KEY_TYPE_RANGE)
        return dynamodb_refuse(call,
                               S("Invalid KeySchema: The second KeySchemaElement is not a RANGE key type"));
    return keys->count == in->attribute_definitions.count || refuse_definitions(call);
}

static bool check_units(const struct call *call, const char *name, int64_t units)
{
    return units <= max_capacity_units ||
           dynamodb_refuse(call, arena_format(call->arena, "Given value %lld for %s is out of bounds",
                                              (long long)units, name));
}

static bool check_billing(const struct call *call, const struct dynamodb_create_table_input *in)
{
    const struct dynamodb_provisioned_throughput *throughput = in->provisioned_throughput;
    bool on_demand = dynamodb_billing_mode_of(in->billing_mode) == DYNAMODB_BILLING_MODE_PAY_PER_REQUEST;

    if (on_demand && throughput)
        return dynamodb_refuse(call,
                               S("One or more parameter values were invalid: Neither ReadCapacityUnits nor "
                                 "WriteCapacityUnits can be specified when BillingMode is PAY_PER_REQUEST"));
    if (!on_demand && !throughput)
        return dynamodb_refuse(
            call, S("One or more parameter values were invalid: ReadCapacityUnits and WriteCapacityUnits "
                    "must both be specified when BillingMode is PROVISIONED"));
    if (!on_demand && in->on_demand_throughput)
        return dynamodb_refuse(
            call, S("One or more parameter values were invalid: OnDemandThroughput can only be specified "
                    "when BillingMode is PAY_PER_REQUEST"));
    return !throughput || (check_units(call, "ReadCapacityUnits", throughput->read_capacity_units) &&
                           check_units(call, "WriteCapacityUnits", throughput->write_capacity_units));
}

bool dynamodb_table_check(const struct call *call, const struct dynamodb_create_table_input *in)
{
    return check_required(call, in) && check_billing(call, in) && check_schema(call, in) &&
           dynamodb_stream_check(call, in->stream_specification) && dynamodb_tags_check(call, &in->tags);
}
