/*
 * json_mismatch.c: what AWS says when a JSON value is not of the modelled type.
 *
 * There are two wordings.  Most services speak through the Coral framework; DynamoDB, and it alone,
 * has a front end of its own (the one that also sends x-amz-crc32), which words the same things
 * differently.
 */
#include "engine/protocol_internal.h"

#include <string.h>

static bool is_collection(const struct shape *shape)
{
    return shape->type == SHAPE_LIST || shape->type == SHAPE_MAP || shape->type == SHAPE_STRUCTURE;
}

/* The parser's name of a scalar's token. */
static str token(const struct json *json)
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

static str type_name(const struct shape *shape)
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

/* ---- Coral ---- */

static str coral_sentence(struct arena *arena, const struct mismatch *mismatch)
{
    const struct shape *shape = mismatch->shape;

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
    str type = type_name(shape);
    return arena_format(arena, "%.*s can not be converted to %s %.*s", STR_ARGS(token(mismatch->json)),
                        type.data[0] == 'I' ? "an" : "a", STR_ARGS(type));
}

/* ---- DynamoDB ---- */

/* "com.amazonaws.dynamodb.v20120810." and the shape for its own types, else Java's. */
static str java_class(struct arena *arena, const struct service *service, const struct shape *shape)
{
    str package = str_of(service->error_prefix);

    if (shape->type == SHAPE_STRUCTURE)
        return arena_format(arena, "%.*s.%s", STR_ARGS(str_head(package, package.size - 1)), shape->name);
    if (shape->type == SHAPE_BLOB)
        return S("java.nio.ByteBuffer");
    return arena_format(arena, "java.lang.%.*s", STR_ARGS(type_name(shape)));
}

static str unexpected_list(struct arena *arena, const struct service *service, const struct shape *shape)
{
    if (shape->type != SHAPE_MAP)
        return arena_format(arena, "Unrecognized collection type class %.*s",
                            STR_ARGS(java_class(arena, service, shape)));
    return arena_format(arena, "Unrecognized collection type java.util.Map<java.lang.String, %.*s>",
                        STR_ARGS(java_class(arena, service, shape->element)));
}

static str bad_blob(struct arena *arena, const struct json *json)
{
    if (json->type != JSON_STRING)
        return S("only base-64-encoded strings are convertible to bytes");
    if (json->text.size % 4)
        return arena_format(arena, "Base64 encoded length is expected a multiple of 4 bytes but found: %zu",
                            json->text.size);
    return S("Invalid last non-pad Base64 character dectected");
}

static str bad_scalar(struct arena *arena, const struct mismatch *mismatch)
{
    const struct json *json = mismatch->json;
    bool decimal = json->type == JSON_NUMBER && str_index(json->text, '.') >= 0;

    if (mismatch->shape->type == SHAPE_BLOB)
        return bad_blob(arena, json);
    if (mismatch->shape->type == SHAPE_BOOLEAN && json->type == JSON_STRING)
        return S("Unexpected token received from parser");
    return arena_format(arena, "%.*s cannot be converted to %.*s",
                        STR_ARGS(decimal ? S("DECIMAL_VALUE") : token(json)),
                        STR_ARGS(type_name(mismatch->shape)));
}

static str dynamodb_sentence(struct arena *arena, const struct service *service,
                             const struct mismatch *mismatch)
{
    if (mismatch->json->type == JSON_OBJECT)
        return S("Start of structure or map found where not expected");
    if (mismatch->json->type == JSON_ARRAY)
        return unexpected_list(arena, service, mismatch->shape);
    if (!is_collection(mismatch->shape))
        return bad_scalar(arena, mismatch);
    return mismatch->in_collection ? S("Unexpected value type in payload") : S("Unexpected field type");
}

str mismatch_sentence(struct arena *arena, const struct service *service, const struct mismatch *mismatch)
{
    return service->crc32_header ? dynamodb_sentence(arena, service, mismatch)
                                 : coral_sentence(arena, mismatch);
}
