/*
 * dialect.c: the dialects of AWS's own frameworks, and their sentences about a value of the wrong type.
 */
#include "engine/dialect.h"

#include "engine/protocol/errors.h"

#include <string.h>

/* The name of a scalar's token in AWS's JSON parser. */
str mismatch_token(const struct json *json)
{
    switch (json->type) {
    case JSON_NULL:
        return S("NULL_VALUE");
    case JSON_FALSE:
        return S("FALSE_VALUE");
    case JSON_TRUE:
        return S("TRUE_VALUE");
    case JSON_STRING:
        return S("STRING_VALUE");
    default:
        return S("NUMBER_VALUE");
    }
}

str mismatch_type_name(const struct shape *shape)
{
    switch (shape->type) {
    case SHAPE_BLOB:
        return S("Blob");
    case SHAPE_BOOLEAN:
        return S("Boolean");
    case SHAPE_INTEGER:
        return strstr(shape->name, "Long") ? S("Long") : S("Integer");
    case SHAPE_DOUBLE:
        return S("Double");
    case SHAPE_TIMESTAMP:
        return S("Date");
    default:
        return S("String");
    }
}

str coral_mismatch_sentence(struct arena *arena, const struct service *service,
                            const struct mismatch *mismatch)
{
    const struct shape *shape = mismatch->shape;

    (void)service;
    if (mismatch->json->type == JSON_ARRAY)
        return S("Start of list found where not expected");
    if (mismatch->json->type == JSON_OBJECT)
        return S("Start of structure or map found where not expected.");
    switch (shape->type) {
    case SHAPE_LIST:
        return S("Expected list or null");
    case SHAPE_MAP:
        return S("Expected map or null");
    case SHAPE_STRUCTURE:
        return S("Expected null");
    default:
        break;
    }
    str type = mismatch_type_name(shape);
    return arena_format(arena, "%.*s can not be converted to %s %.*s",
                        STR_ARGS(mismatch_token(mismatch->json)), type.data[0] == 'I' ? "an" : "a",
                        STR_ARGS(type));
}

str coral_bad_value_sentence(struct arena *arena, const struct form_mismatch *mismatch)
{
    return arena_format(arena, "Value '%.*s' at '%.*s' can not be converted to its type",
                        STR_ARGS(mismatch->value), STR_ARGS(mismatch->name));
}

const struct dialect CORAL_DIALECT = {
    .validate = validate_coral,
    .mismatch_sentence = coral_mismatch_sentence,
    .bad_value = &MALFORMED_INPUT,
    .bad_value_sentence = coral_bad_value_sentence,
};

const struct dialect PLAIN_DIALECT = {
    .validate = validate_plain,
    .mismatch_sentence = coral_mismatch_sentence,
    .bad_value = &MALFORMED_INPUT,
    .bad_value_sentence = coral_bad_value_sentence,
};
