/*
 * table_check.c: checks a CreateTable request.
 */
#include "dynamodb_internal.h"
#include "indexes.h"
#include "tables.h"

enum {
    MAX_DEFINITIONS = 167, /* keys of the table, of 5 local indexes, and 8 of each of 20 global ones */
};
static const int64_t max_capacity_units = 1000000000000;

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

static bool check_definitions(const struct call *call,
                              const struct dynamodb_attribute_definitions *definitions)
{
    for (size_t i = 0; i < definitions->count; i++)
        for (size_t j = 0; j < i; j++)
            if (str_equal(definitions->items[i].attribute_name, definitions->items[j].attribute_name))
                return dynamodb_refuse(call, arena_format(call->arena, "Attribute Name is duplicated: %.*s",
                                                          STR_ARGS(definitions->items[i].attribute_name)));
    return true;
}

static bool check_schema(const struct call *call, const struct dynamodb_create_table_input *in)
{
    const struct dynamodb_key_schema *keys = &in->key_schema;

    if (keys->count > 2)
        return dynamodb_refuse_long_schema(call, keys, S("keySchema"));
    if (keys->count > in->attribute_definitions.count)
        return dynamodb_refuse(call, S("Invalid KeySchema: Some index key attribute have no definition"));
    if (in->attribute_definitions.count > MAX_DEFINITIONS)
        return dynamodb_refuse_parameter(
            call,
            S("Number of attributes in KeySchema does not exactly match number of attributes defined in "
              "AttributeDefinitions"));
    return dynamodb_keys_defined_check(call, keys, &in->attribute_definitions) &&
           check_definitions(call, &in->attribute_definitions) && dynamodb_table_keys_check(call, keys) &&
           dynamodb_indexes_check(call, in) && dynamodb_definitions_used_check(call, in);
}

static bool check_units(const struct call *call, const char *name, int64_t units, str index)
{
    str of = str_present(index) ? arena_join(call->arena, S(" for index "), index) : (str){0};

    return units <= max_capacity_units ||
           dynamodb_refuse(call, arena_format(call->arena, "Given value %lld for %s is out of bounds%.*s",
                                              (long long)units, name, STR_ARGS(of)));
}

bool dynamodb_units_check(const struct call *call, const struct dynamodb_provisioned_throughput *throughput,
                          str index)
{
    return !throughput || (check_units(call, "ReadCapacityUnits", throughput->read_capacity_units, index) &&
                           check_units(call, "WriteCapacityUnits", throughput->write_capacity_units, index));
}

static bool refuse_mode(const struct call *call, const char *name, const struct bounds_target *target)
{
    str of = !str_present(target->index) ? (str){0}
                                         : arena_format(call->arena, " for index%s: %.*s",
                                                        target->changes ? " " : "", STR_ARGS(target->index));

    return dynamodb_refuse_parameter(
        call, arena_format(call->arena, "%s for OnDemandThroughput%.*s cannot be specified when %s", name,
                           STR_ARGS(of),
                           target->changes ? "the table BillingMode is PROVISIONED"
                                           : "table BillingMode is PROVISIONED."));
}

static bool check_bound(const struct call *call, const char *name, const int64_t *units,
                        const struct bounds_target *target)
{
    str of = str_present(target->index) ? arena_join(call->arena, S("index : "), target->index) : S("table");

    if (units && !target->on_demand)
        return refuse_mode(call, name, target);
    return !units || *units >= 1 || (target->changes && *units == NO_BOUND) ||
           dynamodb_refuse_parameter(
               call, arena_format(call->arena,
                                  "Requested %s for OnDemandThroughput for %.*s is outside of valid range",
                                  name, STR_ARGS(of)));
}

bool dynamodb_bounds_check(const struct call *call, const struct dynamodb_on_demand_throughput *bounds,
                           const struct bounds_target *target)
{
    return !bounds || (check_bound(call, "MaxReadRequestUnits", bounds->max_read_request_units, target) &&
                       check_bound(call, "MaxWriteRequestUnits", bounds->max_write_request_units, target));
}

static bool check_warm_throughput(const struct call *call, const struct dynamodb_create_table_input *in,
                                  bool on_demand)
{
    return dynamodb_warm_check(
        call, in->warm_throughput,
        &(struct warm_target){S("table"), on_demand,
                              dynamodb_warm_least(on_demand, in->provisioned_throughput)});
}

static bool check_billing(const struct call *call, const struct dynamodb_create_table_input *in)
{
    const struct dynamodb_provisioned_throughput *throughput = in->provisioned_throughput;
    bool on_demand = dynamodb_billing_mode_of(in->billing_mode) == DYNAMODB_BILLING_MODE_PAY_PER_REQUEST;

    if (on_demand && throughput)
        return dynamodb_refuse_parameter(
            call, S("Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when BillingMode is "
                    "PAY_PER_REQUEST"));
    if (!on_demand && !throughput)
        return dynamodb_refuse_parameter(
            call, S("ReadCapacityUnits and WriteCapacityUnits must both be specified when BillingMode is "
                    "PROVISIONED"));
    return dynamodb_bounds_check(call, in->on_demand_throughput,
                                 &(struct bounds_target){.on_demand = on_demand}) &&
           dynamodb_units_check(call, throughput, (str){0}) && check_warm_throughput(call, in, on_demand);
}

bool dynamodb_table_check(const struct call *call, const struct dynamodb_create_table_input *in)
{
    str bound;

    return check_required(call, in) && check_billing(call, in) && check_schema(call, in) &&
           dynamodb_stream_check(call, in->stream_specification) && dynamodb_tags_check(call, &in->tags) &&
           (!str_present(in->resource_policy) ||
            dynamodb_policy_check(call, in->resource_policy, false, &bound));
}
