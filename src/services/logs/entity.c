/*
 * entity.c: what is wrong with the entity that events are said to come from.
 *
 * A service is known by its name and its environment, a resource by its type and its identifier.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/adding-your-own-related-telemetry.html
 */
#include "logs_internal.h"

static const str key_names[] = {STR_INIT("Type"), STR_INIT("ResourceType"), STR_INIT("Identifier"),
                                STR_INIT("Name"), STR_INIT("Environment")};

static const struct {
    str type, keys[2];
} types[] = {
    {STR_INIT("Service"), {STR_INIT("Name"), STR_INIT("Environment")}},
    {STR_INIT("RemoteService"), {STR_INIT("Name"), STR_INIT("Environment")}},
    {STR_INIT("AWS::Service"), {STR_INIT("Name"), STR_INIT("Environment")}},
    {STR_INIT("Resource"), {STR_INIT("ResourceType"), STR_INIT("Identifier")}},
    {STR_INIT("AWS::Resource"), {STR_INIT("ResourceType"), STR_INIT("Identifier")}},
};

static str value_of(const struct str_map *attributes, str key)
{
    for (size_t i = 0; i < attributes->count; i++)
        if (str_equal(attributes->items[i].key, key))
            return attributes->items[i].value;
    return (str){0};
}

str logs_entity_problem(const struct logs_entity *entity)
{
    const struct str_map *attributes = &entity->key_attributes;
    str type = value_of(attributes, S("Type"));

    for (size_t i = 0; i < attributes->count; i++)
        if (!str_is_one_of(attributes->items[i].key, key_names, sizeof key_names / sizeof *key_names))
            return logs_entity_rejection_error_type_text(
                LOGS_ENTITY_REJECTION_ERROR_TYPE_INVALID_KEY_ATTRIBUTES);
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (str_equal(type, types[i].type)) {
            if (str_present(value_of(attributes, types[i].keys[0])) &&
                str_present(value_of(attributes, types[i].keys[1])))
                return (str){0};
            return logs_entity_rejection_error_type_text(
                LOGS_ENTITY_REJECTION_ERROR_TYPE_MISSING_REQUIRED_FIELDS);
        }
    return logs_entity_rejection_error_type_text(
        str_present(type) ? LOGS_ENTITY_REJECTION_ERROR_TYPE_INVALID_TYPE_VALUE
                          : LOGS_ENTITY_REJECTION_ERROR_TYPE_MISSING_REQUIRED_FIELDS);
}
