#include "engine_test.h"

#include "dynamodb_model.h"
#include "lambda_model.h"
#include "logs_model.h"
#include "sqs_model.h"

#include "base/limits.h"

#define NEW_FUNCTION "\"FunctionName\":\"f\",\"Role\":\"arn:aws:iam::000000000000:role/r\",\"Code\":{}"

/* The sentence for a JSON input of that operation, absent when it is accepted. */
static str told(const struct operation *operation, str body)
{
    struct call call = call_of(operation);
    void *in = decoded(&call, PROTOCOL_JSON_1_0, body);

    assert_non_null(in);
    return validate(&call, operation->input, in) ? (str){0} : call.progress->failure.message;
}

TEST(what_is_required_must_not_be_null)
{
    assert_text(told(&DYNAMODB_GET_ITEM, S("{\"TableName\": \"Orders\"}")),
                "1 validation error detected: Value null at 'key' failed to satisfy constraint: "
                "Member must not be null");
}

TEST(null_is_as_good_as_nothing)
{
    assert_text(told(&DYNAMODB_GET_ITEM, S("{\"TableName\": \"Orders\", \"Key\": null}")),
                "1 validation error detected: Value null at 'key' failed to satisfy constraint: "
                "Member must not be null");
}

TEST(all_that_is_wrong_is_said_at_once)
{
    str body = S("{\"TableName\":\"Orders\",\"AttributeDefinitions\":[{\"AttributeName\":\"pk\","
                 "\"AttributeType\":\"X\"}],"
                 "\"KeySchema\":[{\"KeyType\":\"HASH\"},{\"AttributeName\":\"a\"}]}");

    assert_text(
        told(&DYNAMODB_CREATE_TABLE, body),
        "3 validation errors detected: "
        "Value 'X' at 'attributeDefinitions.1.member.attributeType' failed to satisfy constraint: "
        "Member must satisfy enum value set: [B, N, S]; "
        "Value null at 'keySchema.1.member.attributeName' failed to satisfy constraint: "
        "Member must not be null; "
        "Value null at 'keySchema.2.member.keyType' failed to satisfy constraint: Member must not be null");
}

TEST(a_collection_is_printed_as_java_does)
{
    assert_text(told(&DYNAMODB_CREATE_TABLE, S("{\"TableName\":\"Orders\",\"KeySchema\":[]}")),
                "1 validation error detected: "
                "Value '[]' at 'keySchema' failed to satisfy constraint: "
                "Member must have length greater than or equal to 1");
}

/* The size of TableName's value in the sentence when the value is that many a's and an é. */
static size_t shown_of_name(int count)
{
    struct call call = call_of(&DYNAMODB_GET_ITEM);
    char *name = arena_alloc(call.arena, (size_t)count + 1);

    memset(name, 'a', (size_t)count);
    str sentence = told(&DYNAMODB_GET_ITEM,
                        arena_format(call.arena, "{\"TableName\":\"%.*s\u00e9\",\"Key\":{}}", count, name));
    str begin = S("1 validation error detected: Value '");
    assert_true(str_starts_with(sentence, begin));
    return (size_t)str_find(sentence, S("' at 'tableName'")) - begin.size;
}

TEST(a_value_is_shown_whole_up_to_its_bound_and_else_its_whole_characters_before_it)
{
    assert_int_equal(shown_of_name(LIMIT_SHOWN_VALUE_BYTES - 2), LIMIT_SHOWN_VALUE_BYTES);
    assert_int_equal(shown_of_name(LIMIT_SHOWN_VALUE_BYTES - 1), LIMIT_SHOWN_VALUE_BYTES - 1 + 3);
    assert_int_equal(shown_of_name(LIMIT_SHOWN_VALUE_BYTES), LIMIT_SHOWN_VALUE_BYTES + 3);
}

TEST(items_are_told_all_that_they_must_satisfy)
{
    str body = S("{" NEW_FUNCTION ", \"VpcConfig\": {\"SubnetIds\": [\"subnet-1\", \"x\"]}}");

    assert_text(told(&LAMBDA_CREATE_FUNCTION, body),
                "1 validation error detected: "
                "Value '[subnet-1, x]' at 'vpcConfig.subnetIds' failed to satisfy constraint: "
                "Member must satisfy constraint: [Member must have length less than or equal to 1024, "
                "Member must have length greater than or equal to 0, "
                "Member must satisfy regular expression pattern: subnet-[0-9a-z]*, Member must not be null]");
}

TEST(dynamodb_does_not_add_that_items_must_not_be_null)
{
    struct call call = call_of(&DYNAMODB_GET_ITEM);
    str body = arena_format(call.arena,
                            "{\"TableName\":\"Orders\",\"Key\":{},\"AttributesToGet\":[\"%065536d\"]}", 1);
    str sentence = told(&DYNAMODB_GET_ITEM, body);

    assert_true(
        str_ends_with(sentence, S("' at 'attributesToGet' failed to satisfy constraint: Member must "
                                  "satisfy constraint: [Member must have length less than or equal to "
                                  "65535]")));
}

TEST(what_the_model_refuses_is_refused_by_name)
{
    assert_text(told(&DYNAMODB_CREATE_TABLE, S("{\"TableName\":\"Orders\",\"VectorIndexes\":[{}]}")),
                "Orderly does not support VectorIndexes yet; see docs/compatibility.md.");
}

TEST(a_model_may_refuse_in_its_own_words)
{
    assert_text(
        told(&DYNAMODB_UPDATE_TABLE, S("{\"TableName\":\"Orders\",\"MultiRegionConsistency\":\"STRONG\"}")),
        "Orderly has one region, so tables have no replicas; see docs/compatibility.md.");
}

TEST(all_values_but_those_excepted_are_refused)
{
    assert_false(str_present(told(&LAMBDA_CREATE_FUNCTION, S("{" NEW_FUNCTION ",\"PackageType\":\"Zip\"}"))));
    assert_text(told(&LAMBDA_CREATE_FUNCTION, S("{" NEW_FUNCTION ",\"PackageType\":\"Image\"}")),
                "Orderly runs functions from packages, not from container images: use PackageType Zip with "
                "Code.ZipFile.");
}

TEST(what_is_wrong_is_said_before_what_is_refused)
{
    assert_text(told(&DYNAMODB_CREATE_TABLE, S("{\"GlobalTableSourceArn\":\"{}\"}")),
                "The parameter 'TableName' is required but was not present in the request");
}

/* For a structure, a typed boolean, a list and a map of opaque values. */
TEST(null_false_and_the_empty_ask_for_nothing)
{
    static const char *const nothing[] = {"\"GlobalTableSourceArn\":null",
                                          "\"SSESpecification\":{\"KMSMasterKeyId\":\"\",\"Enabled\":false}",
                                          "\"VectorIndexes\":[]", "\"GlobalTableSourceArn\":\"\""};
    static const char *const something[] = {"\"GlobalTableSourceArn\":{\"ReadUnitsPerSecond\":0}",
                                            "\"SSESpecification\":{\"Enabled\":false,\"SSEType\":\"KMS\"}",
                                            "\"VectorIndexes\":[{}]", "\"GlobalTableSourceArn\":\" \""};
    struct call call = call_of(&DYNAMODB_CREATE_TABLE);

    for (size_t i = 0; i < sizeof nothing / sizeof *nothing; i++) {
        const char *body = "{\"TableName\":\"Orders\",%s}";
        assert_false(str_present(told(&DYNAMODB_CREATE_TABLE, arena_format(call.arena, body, nothing[i]))));
        assert_true(str_present(told(&DYNAMODB_CREATE_TABLE, arena_format(call.arena, body, something[i]))));
    }
    str encrypted = S("{\"TableName\":\"Orders\",\"SSESpecification\":{\"Enabled\":true}}");
    assert_true(str_present(told(&DYNAMODB_CREATE_TABLE, encrypted)));
    assert_false(str_present(told(&DYNAMODB_SCAN, S("{\"TableName\":\"Orders\",\"ScanFilter\":{}}"))));
    assert_true(str_present(told(&DYNAMODB_SCAN, S("{\"TableName\":\"Orders\",\"ScanFilter\":{\"a\":{}}}"))));
}

TEST(a_number_out_of_range_is_refused)
{
    assert_text(told(&DYNAMODB_SCAN, S("{\"TableName\":\"Orders\",\"Limit\":0}")),
                "1 validation error detected: Value '0' at 'limit' failed to satisfy constraint: "
                "Member must have value greater than or equal to 1");
}

TEST(a_required_number_that_is_missing_is_null)
{
    str body =
        S("{\"TableName\":\"Orders\",\"AttributeDefinitions\":[],\"KeySchema\":[{\"AttributeName\":\"a\","
          "\"KeyType\":\"HASH\"}],\"ProvisionedThroughput\":{\"ReadCapacityUnits\":1}}");

    assert_text(
        told(&DYNAMODB_CREATE_TABLE, body),
        "1 validation error detected: Value null at 'provisionedThroughput.writeCapacityUnits' failed to "
        "satisfy constraint: Member must not be null");
}

TEST(the_plain_style_names_the_parameter_that_is_missing)
{
    assert_text(told(&SQS_SEND_MESSAGE, S("{\"QueueUrl\":\"http://localhost/1/q\"}")),
                "The request must contain the parameter MessageBody.");
    assert_absent(told(&SQS_SEND_MESSAGE, S("{\"QueueUrl\":\"q\",\"MessageBody\":\"\"}")));
}

TEST(the_plain_style_looks_into_lists)
{
    assert_text(told(&SQS_SEND_MESSAGE_BATCH, S("{\"QueueUrl\":\"q\",\"Entries\":[{\"Id\":\"a\"}]}")),
                "The request must contain the parameter SendMessageBatchRequestEntry.1.MessageBody.");
}

TEST(nothing_in_a_collection_may_be_null)
{
    assert_text(
        told(&LOGS_TAG_RESOURCE, S("{\"resourceArn\":\"arn\",\"tags\":{\"k\":null}}")),
        "1 validation error detected: Value '{k=null}' at 'tags' failed to satisfy constraint: Map value "
        "must satisfy constraint: [Member must have length less than or equal to 256, Member must satisfy "
        "regular expression pattern: ^([\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]*)$, Member must not be null]");
    assert_text(
        told(&LOGS_UNTAG_RESOURCE, S("{\"resourceArn\":\"arn\",\"tagKeys\":[null]}")),
        "1 validation error detected: Value '[null]' at 'tagKeys' failed to satisfy constraint: Member must "
        "satisfy constraint: [Member must have length less than or equal to 128, Member must have length "
        "greater than or equal to 1, Member must satisfy regular expression pattern: "
        "^([\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]+)$, Member must not be null]");
}

TEST(a_structure_that_is_null_misses_what_it_requires)
{
    assert_text(
        told(&LOGS_PUT_LOG_EVENTS,
             S("{\"logGroupName\":\"g\",\"logStreamName\":\"s\",\"logEvents\":[null]}")),
        "2 validation errors detected: Value null at 'logEvents.1.member.timestamp' failed to satisfy "
        "constraint: Member must not be null; Value null at 'logEvents.1.member.message' failed to satisfy "
        "constraint: Member must not be null");
}

TEST(the_plain_style_names_the_item_that_is_null)
{
    assert_text(told(&SQS_TAG_QUEUE, S("{\"QueueUrl\":\"q\",\"Tags\":{\"a\":\"\",\"env\":null}}")),
                "The request must contain the parameter Tags.env.");
    assert_text(told(&SQS_UNTAG_QUEUE, S("{\"QueueUrl\":\"q\",\"TagKeys\":[\"a\",null]}")),
                "The request must contain the parameter TagKeys.2.");
}

TEST(an_enum_has_both_directions)
{
    assert_int_equal(dynamodb_key_type_of(S("HASH")), DYNAMODB_KEY_TYPE_HASH);
    assert_int_equal(dynamodb_key_type_of(S("RANGE")), DYNAMODB_KEY_TYPE_RANGE);
    assert_text(dynamodb_key_type_text(DYNAMODB_KEY_TYPE_RANGE), "RANGE");
    assert_text(lambda_architecture_text(LAMBDA_ARCHITECTURE_X86_64), "x86_64");
    assert_int_equal(dynamodb_key_type_of(S("range")), 0);
    assert_int_equal(dynamodb_key_type_of((str){0}), 0);
    assert_false(str_present(dynamodb_key_type_text(0)));
}

TESTS(test(an_enum_has_both_directions), test(what_is_required_must_not_be_null),
      test(null_is_as_good_as_nothing), test(all_that_is_wrong_is_said_at_once),
      test(a_collection_is_printed_as_java_does),
      test(a_value_is_shown_whole_up_to_its_bound_and_else_its_whole_characters_before_it),
      test(items_are_told_all_that_they_must_satisfy),
      test(dynamodb_does_not_add_that_items_must_not_be_null),
      test(what_the_model_refuses_is_refused_by_name), test(a_model_may_refuse_in_its_own_words),
      test(all_values_but_those_excepted_are_refused), test(what_is_wrong_is_said_before_what_is_refused),
      test(null_false_and_the_empty_ask_for_nothing), test(a_number_out_of_range_is_refused),
      test(a_required_number_that_is_missing_is_null),
      test(the_plain_style_names_the_parameter_that_is_missing), test(the_plain_style_looks_into_lists),
      test(nothing_in_a_collection_may_be_null), test(a_structure_that_is_null_misses_what_it_requires),
      test(the_plain_style_names_the_item_that_is_null))
