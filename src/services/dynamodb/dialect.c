/*
 * dialect.c: DynamoDB's dialect of JSON.  Its own front end sends x-amz-crc32, has its own sentences about
 * wrong types, and accepts fractions as integers.
 *
 * In 2026 AWS has moved operations, one after the other, to a framework that words refusals differently.  The
 * tables here are the state of us-east-1: enveloped_operations, older_operations and reworded.  To move
 * another operation, add it to the first and the last, and take it out of older_operations.
 */
#include "dialect.h"

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

/* ---- the words of us-east-1 ---- */

#define ENVELOPE "1 validation error detected: "

/* A sentence about the request itself begins with the envelope; one about the table does not. */
static const char *const enveloped_operations[] = {"PutItem", "UpdateItem", "DeleteItem"};

/* Their values are still checked by the older layer. */
static const char *const older_operations[] = {"BatchWriteItem", "TransactWriteItems", "TransactGetItems",
                                               "Scan"};

static bool is_among(const struct call *call, const char *const *operations, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (str_equal(str_of(operations[i]), str_of(call->operation->name)))
            return true;
    return false;
}

static bool is_enveloped(const struct call *call)
{
    return is_among(call, enveloped_operations, sizeof enveloped_operations / sizeof *enveloped_operations);
}

enum value_layer dynamodb_value_layer(const struct call *call)
{
    return is_among(call, older_operations, sizeof older_operations / sizeof *older_operations)
               ? VALUE_LAYER_OLDER
               : VALUE_LAYER_CURRENT;
}

/*
 * The older layer, which reads deep requests, has no envelope.  How it refuses the depth itself is not
 * recorded.
 */
static str in_envelope(const struct call *call, str sentence)
{
    bool older = call->progress->deep && !str_equal(sentence, S(DYNAMODB_TOO_DEEP));

    return is_enveloped(call) && !older ? arena_join(call->arena, S(ENVELOPE), sentence) : sentence;
}

static bool refuse(const struct call *call, str sentence)
{
    fail(call, call->operation->service->validation_error, "%.*s", STR_ARGS(sentence));
    return false;
}

bool dynamodb_refuse_request(const struct call *call, str sentence)
{
    return refuse(call, in_envelope(call, sentence));
}

bool dynamodb_refuse_select(const struct call *call, str sentence)
{
    bool query = str_equal(str_of(call->operation->name), S("Query"));

    return refuse(call, query ? arena_join(call->arena, S(ENVELOPE), sentence) : sentence);
}

static str too_deep_sentence(const struct call *call)
{
    return in_envelope(call, S(DYNAMODB_TOO_DEEP));
}

enum { MIN_NAME = 3, MAX_NAME = 255, MAX_ARN = 1024 };

bool dynamodb_table_name_check_at(const struct call *call, str name, str member)
{
    const char *broken = name.size < MIN_NAME   ? "have length greater than or equal to 3"
                         : name.size > MAX_NAME ? "have length less than or equal to 255"
                         : !str_is_word(name, S("_.-"))
                             ? "satisfy regular expression pattern: [a-zA-Z0-9_.-]+"
                             : NULL;

    return !broken ||
           refuse(call, arena_format(call->arena,
                                     "1 validation error detected: Value '%.*s' at '%.*s' failed to satisfy "
                                     "constraint: Member must %s",
                                     STR_ARGS(name), STR_ARGS(member), broken));
}

bool dynamodb_table_name_check(const struct call *call, str name)
{
    return dynamodb_table_name_check_at(call, name, S("tableName"));
}

#define NO_TABLE "The parameter 'TableName' is required but was not present in the request"
#define EMPTY_TABLE                                                                                          \
    ENVELOPE "Value at 'TableName' failed to satisfy constraint: Member must have length greater than or "   \
             "equal to 1"
/* UPDATE_NEW is AWS's slip. */
#define RETURN_VALUES                                                                                        \
    "Failed to satisfy constraint: Member must satisfy enum value set: [ALL_OLD, UPDATED_OLD, ALL_NEW, "     \
    "UPDATE_NEW, NONE]"
/* So is ALL. */
#define CONDITIONAL_OPERATOR "Failed to satisfy constraint: Member must satisfy enum value set: [ALL, OR]"

static const struct reworded reworded[] = {
    {"CreateTable", "TableName", true, true, NO_TABLE},
    {"DescribeTable", "TableName", true, true, NO_TABLE},
    {"UpdateTable", "TableName", true, true, NO_TABLE},
    {"DeleteTable", "TableName", true, true, NO_TABLE},
    {"DescribeTimeToLive", "TableName", true, true, NO_TABLE},
    {"UpdateTimeToLive", "TableName", true, true, NO_TABLE},
    {"PutItem", "TableName", false, true, EMPTY_TABLE},
    {"UpdateItem", "TableName", false, true, EMPTY_TABLE},
    {"DeleteItem", "TableName", false, true, EMPTY_TABLE},
    {"PutItem", "ReturnValues", false, false, RETURN_VALUES},
    {"UpdateItem", "ReturnValues", false, true, ENVELOPE RETURN_VALUES},
    {"DeleteItem", "ReturnValues", false, false, RETURN_VALUES},
    {"PutItem", "ConditionalOperator", false, true, ENVELOPE CONDITIONAL_OPERATOR},
    {"UpdateItem", "ConditionalOperator", false, true, ENVELOPE CONDITIONAL_OPERATOR},
    {"DeleteItem", "ConditionalOperator", false, true, ENVELOPE CONDITIONAL_OPERATOR},
    {"Query", "ConditionalOperator", false, true, CONDITIONAL_OPERATOR},
    {"BatchWriteItem", "RequestItems", false, true,
     "The requestItems parameter is required for BatchWriteItem"},
    {"Query", "Limit", false, false,
     "Value at 'Limit' failed to satisfy constraint: Member must have value greater than or equal to 1"},
    {0},
};

static const char *const newer_operations[] = {"BatchGetItem", NULL};
static const char *const enums_first[] = {"BatchWriteItem", NULL};

static const struct unmodelled unmodelled[] = {
    {"AttributeValue", "B", "iNT=null, dECIMAL=null, dOUBLE=null"},
    {"AttributeValue", "BS", "iNTSET=null, dECIMALSET=null, dOUBLESET=null"},
    {"PutRequest", "Item", "workloadProfileName=null"},
    {"DeleteRequest", "Key", "workloadProfileName=null"},
    {0},
};

/* Texts of a wrong size for an ARN are left to the model, ARNs to the one who finds their tables. */
static bool table_check(const struct call *call, str table)
{
    return str_empty(table) || table.size > MAX_ARN || str_starts_with(table, S("arn:")) ||
           dynamodb_table_name_check(call, table);
}

static const char *const first_members[] = {"TableName", NULL};

const struct dialect DYNAMODB_DIALECT = {
    .validate = validate_coral,
    .first_members = first_members,
    .first_check = table_check,
    .null_items_are_untold = true,
    .keys_may_be_arns = true,
    .reworded = reworded,
    .newer_operations = newer_operations,
    .enums_first = enums_first,
    .unmodelled = unmodelled,
    .too_deep_sentence = too_deep_sentence,
    .deep_levels = 512,
    .unions_read_texts = true,
    .mismatch_sentence = mismatch_sentence,
    .cuts_fractions = true,
    .crc32_header = true,
    .packs_replies = true,
};
