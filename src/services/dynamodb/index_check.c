/*
 * index_check.c: checks the secondary indexes of a request, in AWS's order.
 */
#include "dynamodb_internal.h"
#include "indexes.h"
#include "tables.h"

enum {
    MAX_LOCAL_INDEXES = 5,
    MAX_GLOBAL_INDEXES = 20,
    MAX_NON_KEY_ATTRIBUTES = 100, /* of all indexes of a table */
    MAX_SHOWN = 10,               /* elements shown of a list that is too long */
    MAX_CHECKED = 100,            /* of a longer list only the length is checked */
};

static struct index_definition local_definition(const struct dynamodb_local_secondary_index *in)
{
    return (struct index_definition){
        .local = true, .name = in->index_name, .keys = &in->key_schema, .projection = in->projection};
}

static struct index_definition global_definition(const struct dynamodb_global_secondary_index *in)
{
    return (struct index_definition){
        .name = in->index_name,
        .keys = &in->key_schema,
        .projection = in->projection,
        .throughput = in->provisioned_throughput,
        .bounds = in->on_demand_throughput,
        .warm = in->warm_throughput,
    };
}

struct index_definition_list dynamodb_definitions_of(struct arena *arena,
                                                     const struct dynamodb_create_table_input *in)
{
    struct index_definition_list definitions = {0};

    for (size_t i = 0; i < in->local_secondary_indexes.count; i++)
        *list_add(arena, &definitions) = local_definition(&in->local_secondary_indexes.items[i]);
    for (size_t i = 0; i < in->global_secondary_indexes.count; i++)
        *list_add(arena, &definitions) = global_definition(&in->global_secondary_indexes.items[i]);
    return definitions;
}

/* ---- key schemas ---- */

bool dynamodb_keys_defined_check(const struct call *call, const struct dynamodb_key_schema *keys,
                                 const struct dynamodb_attribute_definitions *definitions)
{
    struct str_list names = {0}, defined = {0};
    bool all = true;

    for (size_t i = 0; i < keys->count; i++) {
        str name = keys->items[i].attribute_name;
        dynamodb_name_add(call->arena, &names, name);
        all = all && str_present(dynamodb_definition_type(definitions, name));
    }
    if (all)
        return true;
    for (size_t i = 0; i < definitions->count; i++)
        dynamodb_name_add(call->arena, &defined, definitions->items[i].attribute_name);
    if (defined.count < names.count)
        return dynamodb_refuse(call, S("Invalid KeySchema: Some index key attribute have no definition"));
    return dynamodb_refuse_parameter(
        call, arena_format(call->arena,
                           "Some index key attributes are not defined in AttributeDefinitions. Keys: [%.*s], "
                           "AttributeDefinitions: [%.*s]",
                           STR_ARGS(dynamodb_names_text(call->arena, &names, NAME_TABLE_OF_THEIR_NUMBER)),
                           STR_ARGS(dynamodb_names_text(call->arena, &defined, NAME_TABLE_OF_THEIR_NUMBER))));
}

bool dynamodb_refuse_long_schema(const struct call *call, const struct dynamodb_key_schema *keys, str path)
{
    struct text text = text_in(call->arena);

    for (size_t i = 0; i < keys->count && i < MAX_SHOWN; i++)
        text_format(&text, "%sKeySchemaElement(attributeName=%.*s, keyType=%.*s)", i ? ", " : "",
                    STR_ARGS(keys->items[i].attribute_name), STR_ARGS(keys->items[i].key_type));
    return dynamodb_refuse(call,
                           arena_format(call->arena,
                                        "1 validation error detected: Value '[%.*s]' at '%.*s' failed to "
                                        "satisfy constraint: Member must have length less than or equal to 2",
                                        STR_ARGS(text_str(&text)), STR_ARGS(path)));
}

static bool is_hash(const struct dynamodb_key_schema *keys, size_t at)
{
    return dynamodb_key_type_of(keys->items[at].key_type) == DYNAMODB_KEY_TYPE_HASH;
}

static bool have_same_name(const struct dynamodb_key_schema *keys)
{
    return keys->count == 2 && str_equal(keys->items[0].attribute_name, keys->items[1].attribute_name);
}

static bool refuse_same_name(const struct call *call)
{
    return dynamodb_refuse(
        call, S("Both the Hash Key and the Range Key element in the KeySchema have the same name"));
}

static bool first_check(const struct call *call, const struct dynamodb_key_schema *keys)
{
    return is_hash(keys, 0) ||
           dynamodb_refuse(call, S("Invalid KeySchema: The first KeySchemaElement is not a HASH key type"));
}

bool dynamodb_table_keys_check(const struct call *call, const struct dynamodb_key_schema *keys)
{
    if (have_same_name(keys))
        return refuse_same_name(call);
    if (!first_check(call, keys))
        return false;
    return keys->count < 2 || !is_hash(keys, 1) ||
           dynamodb_refuse(call, S("Invalid KeySchema: The second KeySchemaElement is not a RANGE key type"));
}

static bool names_differ(const struct dynamodb_key_schema *keys)
{
    for (size_t i = 0; i < keys->count; i++)
        for (size_t j = 0; j < i; j++)
            if (str_equal(keys->items[i].attribute_name, keys->items[j].attribute_name))
                return false;
    return true;
}

static bool numbers_check(const struct call *call, const struct dynamodb_key_schema *keys)
{
    size_t hash = 0;

    for (size_t i = 0; i < keys->count; i++) {
        if (i > 0 && is_hash(keys, i) && !is_hash(keys, i - 1))
            return dynamodb_refuse_parameter(
                call, S("All HASH key attributes must precede RANGE key attributes in the KeySchema"));
        hash += is_hash(keys, i) ? 1 : 0;
    }
    if (hash > MAX_INDEX_KEY_ATTRIBUTES)
        return dynamodb_refuse_parameter(
            call, S("The KeySchema exceeds the maximum allowed number of HASH key attributes"));
    return keys->count - hash <= MAX_INDEX_KEY_ATTRIBUTES ||
           dynamodb_refuse_parameter(
               call, S("The KeySchema exceeds the maximum allowed number of RANGE key attributes"));
}

/* https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/GSI.html#GSI.MultiAttributeKeys */
static bool global_keys_check(const struct call *call, const struct dynamodb_key_schema *keys)
{
    if (!first_check(call, keys))
        return false;
    if (have_same_name(keys) && !is_hash(keys, 1))
        return refuse_same_name(call);
    if (!names_differ(keys))
        return dynamodb_refuse(call, S("The KeySchema contains multiple key attributes with the same name"));
    return numbers_check(call, keys);
}

static bool local_keys_check(const struct call *call, const struct index_definition *definition,
                             const struct dynamodb_key_schema *of_table)
{
    const struct dynamodb_key_schema *keys = definition->keys;
    str hash = keys->items[0].attribute_name, hash_of_table = of_table->items[0].attribute_name;

    if (!dynamodb_table_keys_check(call, keys))
        return false;
    if (keys->count < 2)
        return dynamodb_refuse_parameter(
            call, arena_format(call->arena, "Index KeySchema does not have a range key for index: %.*s",
                               STR_ARGS(definition->name)));
    return str_equal(hash, hash_of_table) ||
           dynamodb_refuse_parameter(
               call, arena_format(call->arena,
                                  "Index KeySchema does not have the same leading hash key as table "
                                  "KeySchema for index: %.*s. index hash key: %.*s, table hash key: "
                                  "%.*s",
                                  STR_ARGS(definition->name), STR_ARGS(hash), STR_ARGS(hash_of_table)));
}

/* ---- projections ---- */

static bool attributes_differ(const struct call *call, const struct str_list *names)
{
    const str *repeated = dynamodb_first_repeated(call->arena, names);

    return !repeated || dynamodb_refuse_parameter(
                            call, arena_format(call->arena, "Duplicate element in NonKeyAttributes: %.*s",
                                               STR_ARGS(*repeated)));
}

static bool projection_check(const struct call *call, const struct dynamodb_projection *projection)
{
    str type = projection->projection_type;
    bool named = projection->non_key_attributes.items != NULL;
    bool includes = dynamodb_projection_type_of(type) == DYNAMODB_PROJECTION_TYPE_INCLUDE;

    if (!str_present(type))
        return dynamodb_refuse_parameter(call, S("Unknown ProjectionType: null"));
    if (named == includes)
        return attributes_differ(call, &projection->non_key_attributes);
    return dynamodb_refuse_parameter(
        call, arena_format(call->arena, "ProjectionType is %.*s, but NonKeyAttributes is %sspecified",
                           STR_ARGS(type), includes ? "not " : ""));
}

static bool refuse_attributes(const struct call *call)
{
    return dynamodb_refuse_parameter(
        call, S("Number of NonKeyAttributes of all indexes exceeds per-table limit of 100"));
}

static bool non_key_attributes_check(const struct call *call, const struct index_definition_list *definitions)
{
    size_t count = 0;

    for (size_t i = 0; i < definitions->count; i++)
        count += definitions->items[i].projection->non_key_attributes.count;
    return count <= MAX_NON_KEY_ATTRIBUTES || refuse_attributes(call);
}

/* ---- throughput ---- */

bool dynamodb_refuse_index_throughput(const struct call *call, str name, bool on_demand,
                                      enum index_request request)
{
    static const struct {
        const char *unwanted, *missing; /* ProvisionedThroughput */
    } sentences[] = {
        [INDEX_OF_NEW_TABLE] = {"ProvisionedThroughput should not be specified for index: %.*s when "
                                "BillingMode is PAY_PER_REQUEST",
                                "ProvisionedThroughput is not specified for index: %.*s"},
        [INDEX_ADDED] = {"Neither ReadCapacityUnits nor WriteCapacityUnits can be specified for index: %.*s "
                         "when BillingMode is PAY_PER_REQUEST",
                         "Both ReadCapacityUnits and WriteCapacityUnits must be specified for index: %.*s"},
        [INDEX_CHANGED] = {"The only Updates for index: %.*s when TableThroughputMode is PAY_PER_REQUEST can "
                           "be to OnDemandThroughput, WarmThroughput",
                           "ProvisionedThroughput must be specified for index: %.*s"},
    };

    return dynamodb_refuse_parameter(
        call, arena_format(call->arena, on_demand ? sentences[request].unwanted : sentences[request].missing,
                           STR_ARGS(name)));
}

bool dynamodb_index_throughput_check(const struct call *call, const struct index_definition *definition,
                                     bool on_demand, enum index_request request)
{
    struct bounds_target target = {
        .index = definition->name, .on_demand = on_demand, .changes = request != INDEX_OF_NEW_TABLE};

    if (definition->local)
        return true;
    if (!dynamodb_bounds_check(call, definition->bounds, &target))
        return false;
    if (on_demand == (definition->throughput != NULL))
        return dynamodb_refuse_index_throughput(call, definition->name, on_demand, request);
    return dynamodb_units_check(call, definition->throughput, definition->name);
}

/* A local index has the throughput of its table, and no own one. */
static bool warm_check(const struct call *call, const struct index_definition *definition, bool on_demand)
{
    if (definition->local)
        return true;
    return dynamodb_warm_check(call, definition->warm,
                               &(struct warm_target){arena_join(call->arena, S("index "), definition->name),
                                                     on_demand,
                                                     dynamodb_warm_least(on_demand, definition->throughput)});
}

/* ---- all of them ---- */

static bool index_check(const struct call *call, const struct dynamodb_create_table_input *in,
                        const struct index_definition *definition)
{
    return (definition->local ? local_keys_check(call, definition, &in->key_schema)
                              : global_keys_check(call, definition->keys)) &&
           projection_check(call, definition->projection);
}

static bool name_check(const struct call *call, const struct index_definition_list *definitions, size_t at)
{
    for (size_t i = 0; i < at; i++)
        if (str_equal(definitions->items[i].name, definitions->items[at].name))
            return dynamodb_refuse_parameter(call, arena_format(call->arena, "Duplicate index name: %.*s",
                                                                STR_ARGS(definitions->items[at].name)));
    return true;
}

static bool refuse_number(const struct call *call, bool local)
{
    return dynamodb_refuse_parameter(
        call, local ? S("Number of LocalSecondaryIndexes exceeds per-table limit of 5")
                    : S("GlobalSecondaryIndex count exceeds the per-table limit of 20"));
}

/* Check the local ones, or the global ones: each step for all of them. */
static bool kind_check(const struct call *call, const struct dynamodb_create_table_input *in,
                       const struct index_definition_list *definitions, bool local)
{
    size_t first = local ? 0 : in->local_secondary_indexes.count;
    size_t end = local ? in->local_secondary_indexes.count : definitions->count;

    for (size_t i = first; i < end; i++)
        if (!dynamodb_keys_defined_check(call, definitions->items[i].keys, &in->attribute_definitions))
            return false;
    for (size_t i = first; i < end; i++)
        if (!index_check(call, in, &definitions->items[i]))
            return false;
    for (size_t i = first; i < end; i++)
        if (!name_check(call, definitions, i))
            return false;
    return end - first <= (local ? MAX_LOCAL_INDEXES : MAX_GLOBAL_INDEXES) || refuse_number(call, local);
}

/* Lists whose lengths AWS's model does not bound. */
static bool lengths_check(const struct call *call, const struct dynamodb_create_table_input *in)
{
    const struct dynamodb_local_secondary_index_list *locals = &in->local_secondary_indexes;
    const struct dynamodb_global_secondary_index_list *globals = &in->global_secondary_indexes;

    if (locals->count > MAX_CHECKED || globals->count > MAX_CHECKED)
        return refuse_number(call, locals->count > MAX_CHECKED);
    for (size_t i = 0; i < locals->count; i++)
        if (locals->items[i].key_schema.count > 2)
            return dynamodb_refuse_long_schema(
                call, &locals->items[i].key_schema,
                arena_format(call->arena, "localSecondaryIndexes.%zu.member.keySchema", i + 1));
    for (size_t i = 0; i < globals->count; i++)
        if (globals->items[i].key_schema.count > MAX_CHECKED)
            return dynamodb_refuse_parameter(
                call, S("The KeySchema exceeds the maximum allowed number of HASH key attributes"));
    return true;
}

static bool lists_check(const struct call *call, const struct dynamodb_create_table_input *in)
{
    if (in->local_secondary_indexes.items && in->local_secondary_indexes.count == 0)
        return dynamodb_refuse_parameter(call, S("List of LocalSecondaryIndexes is empty"));
    if (in->global_secondary_indexes.items && in->global_secondary_indexes.count == 0)
        return dynamodb_refuse_parameter(call, S("List of GlobalSecondaryIndexes is empty"));
    return in->local_secondary_indexes.count == 0 || in->key_schema.count == 2 ||
           dynamodb_refuse_parameter(
               call, S("Table KeySchema does not have a range key, which is required when specifying "
                       "a LocalSecondaryIndex"));
}

bool dynamodb_indexes_check(const struct call *call, const struct dynamodb_create_table_input *in)
{
    bool on_demand = dynamodb_billing_mode_of(in->billing_mode) == DYNAMODB_BILLING_MODE_PAY_PER_REQUEST;

    if (!lists_check(call, in) || !lengths_check(call, in))
        return false;
    struct index_definition_list definitions = dynamodb_definitions_of(call->arena, in);
    if (!kind_check(call, in, &definitions, true) || !kind_check(call, in, &definitions, false))
        return false;
    for (size_t i = 0; i < definitions.count; i++)
        if (!dynamodb_index_throughput_check(call, &definitions.items[i], on_demand, INDEX_OF_NEW_TABLE) ||
            !warm_check(call, &definitions.items[i], on_demand))
            return false;
    return non_key_attributes_check(call, &definitions);
}

bool dynamodb_new_index_check(const struct call *call, const struct table *table,
                              const struct index_definition *definition,
                              const struct index_update_request *request)
{
    size_t globals = 0, attributes = definition->projection->non_key_attributes.count;

    if (definition->keys->count > MAX_CHECKED || request->definitions->count > MAX_CHECKED)
        return dynamodb_refuse_parameter(
            call, S("The KeySchema exceeds the maximum allowed number of HASH key attributes"));
    for (size_t i = 0; i < table->indexes.count; i++) {
        globals += table->indexes.items[i].local ? 0 : 1;
        attributes += table->indexes.items[i].non_key_attributes.count;
    }
    if (!dynamodb_keys_defined_check(call, definition->keys, request->definitions) ||
        !global_keys_check(call, definition->keys) || !projection_check(call, definition->projection) ||
        !dynamodb_index_throughput_check(call, definition, request->on_demand, INDEX_ADDED) ||
        !warm_check(call, definition, request->on_demand))
        return false;
    if (globals >= MAX_GLOBAL_INDEXES) {
        fail(call, &DYNAMODB_LIMIT_EXCEEDED_EXCEPTION,
             "Subscriber limit exceeded: Number of global secondary indexes exceeds per-table limit of %d",
             MAX_GLOBAL_INDEXES);
        return false;
    }
    return attributes <= MAX_NON_KEY_ATTRIBUTES || refuse_attributes(call);
}

/* ---- definitions that no key uses ---- */

bool dynamodb_definitions_used_check(const struct call *call, const struct dynamodb_create_table_input *in)
{
    struct index_definition_list indexes = dynamodb_definitions_of(call->arena, in);
    struct str_list used = {0}, defined = {0};

    for (size_t i = 0; i < in->key_schema.count; i++)
        dynamodb_name_add(call->arena, &used, in->key_schema.items[i].attribute_name);
    for (size_t i = 0; i < indexes.count; i++)
        for (size_t j = 0; j < indexes.items[i].keys->count; j++)
            dynamodb_name_add(call->arena, &used, indexes.items[i].keys->items[j].attribute_name);
    if (used.count == in->attribute_definitions.count)
        return true;
    if (indexes.count == 0)
        return dynamodb_refuse_parameter(
            call, S("Number of attributes in KeySchema does not exactly match number of "
                    "attributes defined in AttributeDefinitions"));
    for (size_t i = 0; i < in->attribute_definitions.count; i++)
        dynamodb_name_add(call->arena, &defined, in->attribute_definitions.items[i].attribute_name);
    return dynamodb_refuse_parameter(
        call, arena_format(call->arena,
                           "Some AttributeDefinitions are not used. AttributeDefinitions: [%.*s], keys used: "
                           "[%.*s]",
                           STR_ARGS(dynamodb_names_text(call->arena, &defined, NAME_TABLE_OF_THEIR_NUMBER)),
                           STR_ARGS(dynamodb_names_text(call->arena, &used, NAME_TABLE_OF_DEFAULT_SIZE))));
}
