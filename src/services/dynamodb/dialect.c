/*
 * dialect.c: DynamoDB's dialect of JSON.  Its own front end sends x-amz-crc32, has its own sentences about
 * wrong types, and accepts fractions as integers.
 */
#include "engine/dialect.h"

static bool is_collection(const struct shape *shape)
{
    return shape->type == SHAPE_LIST || shape->type == SHAPE_MAP || shape->type == SHAPE_STRUCTURE;
}

/* For its own types "com.amazonaws.dynamodb.v20120810." and the shape, for other types Java's class. */
static str java_class(struct arena *arena, const struct service *service, const struct shape *shape)
{
    str package = str_of(service->error_prefix);

    if (shape->type == SHAPE_STRUCTURE)
        return arena_format(arena, "%.*s.%s", STR_ARGS(str_head(package, package.size - 1)), shape->name);
    if (shape->type == SHAPE_BLOB)
        return S("java.nio.ByteBuffer");
    return arena_format(arena, "java.lang.%.*s", STR_ARGS(mismatch_type_name(shape)));
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
                        STR_ARGS(decimal ? S("DECIMAL_VALUE") : mismatch_token(json)),
                        STR_ARGS(mismatch_type_name(mismatch->shape)));
}

static str mismatch_sentence(struct arena *arena, const struct service *service,
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

const struct dialect DYNAMODB_DIALECT = {
    .validate = validate_coral,
    .null_items_are_untold = true,
    .mismatch_sentence = mismatch_sentence,
    .cuts_fractions = true,
    .crc32_header = true,
    .packs_replies = true,
};
