#include "engine_test.h"

#include "dynamodb_model.h"
#include "logs_model.h"
#include "sns_model.h"
#include "sqs_model.h"

/* The sentence for a body that does not have the operation's shape. */
static str refusal(const struct operation *operation, enum protocol_name protocol, str body)
{
    struct call call = call_of(operation);

    assert_null(decoded(&call, protocol, body));
    assert_string_equal(call.progress->failure.error->name, "SerializationException");
    return call.progress->failure.message;
}

TEST(a_send_is_read_from_json)
{
    struct call call = call_of(&SQS_SEND_MESSAGE);
    str body =
        S("{\"QueueUrl\":\"http://localhost:4566/000000000000/orders\",\"MessageBody\":\"a \\\"b\\\"\","
          "\"DelaySeconds\":5,\"Unknown\":[1,{}],\"MessageGroupId\":null,"
          "\"MessageAttributes\":{\"kind\":{\"DataType\":\"Binary\",\"BinaryValue\":\"AAEC\"}}}");
    const struct sqs_send_message_request *in = decoded(&call, PROTOCOL_JSON_1_0, body);

    assert_text(in->queue_url, "http://localhost:4566/000000000000/orders");
    assert_text(in->message_body, "a \"b\"");
    assert_int_equal(*in->delay_seconds, 5);
    assert_absent(in->message_group_id);
    assert_int_equal(in->message_attributes.count, 1);
    assert_text(in->message_attributes.items[0].key, "kind");
    assert_text(in->message_attributes.items[0].value.data_type, "Binary");
    assert_str(in->message_attributes.items[0].value.binary_value, ((str){"\0\1\2", 3}));
}

TEST(a_send_is_read_from_a_form)
{
    struct call call = call_of(&SQS_SEND_MESSAGE);
    str body =
        S("Action=SendMessage&Version=2012-11-05&QueueUrl=http%3A%2F%2Flocalhost%2F1%2Fq&MessageBody=a+b%26c"
          "&DelaySeconds=5&MessageAttribute.2.Name=two&MessageAttribute.2.Value.DataType=String"
          "&MessageAttribute.2.Value.StringValue=2&MessageAttribute.10.Name=ten"
          "&MessageAttribute.10.Value.DataType=Number&MessageAttribute.10.Value.StringValue=10");
    const struct sqs_send_message_request *in = decoded(&call, PROTOCOL_QUERY, body);

    assert_text(in->queue_url, "http://localhost/1/q");
    assert_text(in->message_body, "a b&c");
    assert_int_equal(*in->delay_seconds, 5);
    assert_int_equal(in->message_attributes.count, 2);
    assert_text(in->message_attributes.items[0].key, "two");
    assert_text(in->message_attributes.items[1].key, "ten");
    assert_text(in->message_attributes.items[1].value.string_value, "10");
}

TEST(of_fields_of_a_form_with_one_name_the_first_counts)
{
    struct call call = call_of(&SQS_RECEIVE_MESSAGE);
    str body = S("Action=ReceiveMessage&QueueUrl=b&QueueUrl=a&AttributeName.1=d&AttributeName.1=c"
                 "&MaxNumberOfMessages=2&MaxNumberOfMessages=x&AttributeName.2=e");
    const struct sqs_receive_message_request *in = decoded(&call, PROTOCOL_QUERY, body);

    assert_text(in->queue_url, "b");
    assert_int_equal(*in->max_number_of_messages, 2);
    assert_int_equal(in->attribute_names.count, 2);
    assert_text(in->attribute_names.items[0], "d");
    assert_text(in->attribute_names.items[1], "e");
}

TEST(one_number_written_in_two_ways_is_two_items)
{
    struct call call = call_of(&SQS_DELETE_MESSAGE_BATCH);
    str body = S("Action=DeleteMessageBatch&QueueUrl=q&DeleteMessageBatchRequestEntry.1.Id=b"
                 "&DeleteMessageBatchRequestEntry.001.Id=a&DeleteMessageBatchRequestEntry.1.ReceiptHandle=c"
                 "&DeleteMessageBatchRequestEntry.001.ReceiptHandle=d");
    const struct sqs_delete_message_batch_request *in = decoded(&call, PROTOCOL_QUERY, body);

    assert_int_equal(in->entries.count, 2);
    assert_text(in->entries.items[0].id, "a");
    assert_text(in->entries.items[0].receipt_handle, "d");
    assert_text(in->entries.items[1].id, "b");
    assert_text(in->entries.items[1].receipt_handle, "c");
}

TEST(sqs_takes_the_queue_from_the_path)
{
    struct call call = call_of(&SQS_RECEIVE_MESSAGE);
    struct http_request request = {.method = S("GET"),
                                   .path = S("/000000000000/orders/"),
                                   .query =
                                       S("Action=ReceiveMessage&AttributeName=All&AttributeName.2=Policy")};
    struct sqs_receive_message_request in = {0};

    assert_true(protocol_find(PROTOCOL_QUERY)->decode_request(&call, &request, &in));
    assert_text(in.queue_url, "/000000000000/orders");
}

TEST(an_entry_given_twice_counts_once_and_the_last_wins)
{
    struct call call = call_of(&DYNAMODB_PUT_ITEM);
    str body =
        S("{\"TableName\":\"t\",\"Item\":{\"a\":{\"S\":\"1\"},\"b\":{\"S\":\"2\"},\"a\":{\"S\":\"3\"}}}");
    const struct dynamodb_put_item_input *in = decoded(&call, PROTOCOL_JSON_1_0, body);

    assert_int_equal(in->item.count, 2);
    assert_text(in->item.items[0].key, "a");
    assert_text(in->item.items[0].value.s, "3");
    assert_text(in->item.items[1].value.s, "2");
}

TEST(many_entries_given_twice_count_once)
{
    struct call call = call_of(&DYNAMODB_PUT_ITEM);
    struct text body = text_in(&scratch);

    text_add(&body, S("{\"TableName\":\"t\",\"Item\":{"));
    for (int i = 0; i < 300; i++)
        text_format(&body, "%s\"k%d\":{\"N\":\"%d\"}", i ? "," : "", i % 100, i);
    text_add(&body, S("}}"));
    const struct dynamodb_put_item_input *in = decoded(&call, PROTOCOL_JSON_1_0, text_str(&body));
    assert_int_equal(in->item.count, 100);
    assert_text(in->item.items[0].value.n, "200");
    assert_text(in->item.items[99].value.n, "299");
}

TEST(an_empty_body_is_an_empty_object)
{
    struct call call = call_of(&DYNAMODB_LIST_TABLES);

    assert_non_null(decoded(&call, PROTOCOL_JSON_1_0, S("")));
}

TEST(what_is_no_json_is_refused_without_a_word)
{
    assert_text(refusal(&SQS_SEND_MESSAGE, PROTOCOL_JSON_1_0, S("{")), "");
    assert_text(refusal(&SQS_SEND_MESSAGE, PROTOCOL_JSON_1_0, S("null")), "");
    assert_text(refusal(&SQS_SEND_MESSAGE, PROTOCOL_JSON_1_0, S("[]")),
                "Start of list found where not expected");
}

TEST(coral_says_which_type_it_cannot_convert)
{
    assert_text(refusal(&SQS_SEND_MESSAGE, PROTOCOL_JSON_1_0, S("{\"MessageBody\":1}")),
                "NUMBER_VALUE can not be converted to a String");
    assert_text(refusal(&SQS_SEND_MESSAGE, PROTOCOL_JSON_1_0, S("{\"DelaySeconds\":\"5\"}")),
                "STRING_VALUE can not be converted to an Integer");
    assert_text(refusal(&SQS_SEND_MESSAGE, PROTOCOL_JSON_1_0, S("{\"MessageBody\":{}}")),
                "Start of structure or map found where not expected.");
    assert_text(refusal(&SQS_SEND_MESSAGE, PROTOCOL_JSON_1_0, S("{\"MessageAttributes\":true}")),
                "Expected map or null");
    assert_text(refusal(&LOGS_PUT_LOG_EVENTS, PROTOCOL_JSON_1_1, S("{\"logEvents\":1}")),
                "Expected list or null");
}

TEST(dynamodb_says_it_in_its_own_words)
{
    static const struct {
        const char *attribute, *sentence;
    } cases[] = {
        {"{\"S\":1}", "NUMBER_VALUE cannot be converted to String"},
        {"{\"S\":1.5}", "DECIMAL_VALUE cannot be converted to String"},
        {"{\"S\":true}", "TRUE_VALUE cannot be converted to String"},
        {"{\"S\":[]}", "Unrecognized collection type class java.lang.String"},
        {"{\"S\":{}}", "Start of structure or map found where not expected"},
        {"{\"BOOL\":1}", "NUMBER_VALUE cannot be converted to Boolean"},
        {"{\"B\":1}", "only base-64-encoded strings are convertible to bytes"},
        {"{\"B\":\"23456\"}", "Base64 encoded length is expected a multiple of 4 bytes but found: 5"},
        {"{\"B\":\"=+/=\"}", "Invalid last non-pad Base64 character dectected"},
        {"{\"SS\":1}", "Unexpected field type"},
        {"{\"L\":[1]}", "Unexpected value type in payload"},
        {"{\"M\":[]}", "Unrecognized collection type java.util.Map<java.lang.String, "
                       "com.amazonaws.dynamodb.v20120810.AttributeValue>"},
        {"1", "Unexpected value type in payload"},
        {"[]", "Unrecognized collection type class com.amazonaws.dynamodb.v20120810.AttributeValue"},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_str(refusal(&DYNAMODB_PUT_ITEM, PROTOCOL_JSON_1_0,
                           arena_format(&scratch, "{\"Item\":{\"a\":%s}}", cases[i].attribute)),
                   str_of(cases[i].sentence));
}

TEST(a_text_is_a_boolean_for_dynamodb_only_in_a_union)
{
    static const struct {
        const char *text;
        bool value;
    } cases[] = {{"true", true}, {"TRUE", true}, {"yes", true}, {"1", true}, {"no", false}, {"x", false}};

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct call call = call_of(&DYNAMODB_PUT_ITEM);
        const struct dynamodb_put_item_input *in =
            decoded(&call, PROTOCOL_JSON_1_0,
                    arena_format(&scratch, "{\"Item\":{\"a\":{\"BOOL\":\"%s\"}}}", cases[i].text));
        assert_int_equal(*in->item.items[0].value.bool_, cases[i].value);
    }
    assert_text(refusal(&DYNAMODB_GET_ITEM, PROTOCOL_JSON_1_0, S("{\"ConsistentRead\":\"true\"}")),
                "Unexpected token received from parser");
}

TEST(several_members_of_a_union_are_kept_to_be_refused)
{
    struct call call = call_of(&DYNAMODB_PUT_ITEM);
    const struct dynamodb_put_item_input *in = decoded(&call, PROTOCOL_JSON_1_0,
                                                       S("{\"Item\":{\"a\":{\"S\":\"x\",\"N\":\"1\",\"BOOL\":"
                                                         "true},\"b\":{\"S\":null,\"N\":\"2\"},\"c\":{}}}"));
    const struct dynamodb_attribute_value *value = &in->item.items[0].value;

    assert_int_equal(value->is, UNION_HAS_SEVERAL);
    assert_str(model_to_json(&scratch, &DYNAMODB_ATTRIBUTE_VALUE, value),
               S("{\"S\":\"x\",\"N\":\"1\",\"BOOL\":true}"));
    assert_int_equal(in->item.items[1].value.is, DYNAMODB_ATTRIBUTE_VALUE_N);
    assert_text(in->item.items[1].value.n, "2");
    assert_int_equal(in->item.items[2].value.is, 0);
}

TEST(a_member_of_a_union_given_twice_counts_once_and_the_last_wins)
{
    struct call call = call_of(&DYNAMODB_PUT_ITEM);
    const struct dynamodb_put_item_input *in =
        decoded(&call, PROTOCOL_JSON_1_0, S("{\"Item\":{\"a\":{\"S\":\"x\",\"S\":\"y\"}}}"));

    assert_int_equal(in->item.items[0].value.is, DYNAMODB_ATTRIBUTE_VALUE_S);
    assert_text(in->item.items[0].value.s, "y");
}

TEST(a_value_takes_24_bytes)
{
    assert_int_equal(sizeof(struct dynamodb_attribute_value), 24);
}

TEST(a_fraction_is_no_integer)
{
    static const char *const numbers[] = {"1.5", "-0.0", "1.0", "1e2", "1e400", "9223372036854775808"};

    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        assert_text(refusal(&SQS_SEND_MESSAGE, PROTOCOL_JSON_1_0,
                            arena_format(&scratch, "{\"DelaySeconds\":%s}", numbers[i])),
                    "NUMBER_VALUE can not be converted to an Integer");
}

TEST(a_null_in_a_list_is_absent)
{
    struct call call = call_of(&SQS_UNTAG_QUEUE);
    const struct sqs_untag_queue_request *in =
        decoded(&call, PROTOCOL_JSON_1_0, S("{\"TagKeys\":[\"a\",null]}"));

    assert_int_equal(in->tag_keys.count, 2);
    assert_absent(in->tag_keys.items[1]);
}

TEST(fractions_of_whole_numbers_are_cut_off_by_dynamodb)
{
    struct call call = call_of(&DYNAMODB_SCAN);
    const struct dynamodb_scan_input *in = decoded(&call, PROTOCOL_JSON_1_0, S("{\"Limit\":7.9}"));

    assert_int_equal(*in->limit, 7);
}

TEST(a_form_with_a_bad_escape_is_malformed)
{
    struct call call = call_of(&SNS_PUBLISH);

    assert_null(decoded(&call, PROTOCOL_QUERY, S("Action=Publish&Message=%zz")));
    assert_string_equal(call.progress->failure.error->name, "MalformedQueryString");
}

TEST(a_form_with_text_for_a_number_is_refused)
{
    struct call call = call_of(&SQS_SEND_MESSAGE);

    assert_null(decoded(&call, PROTOCOL_QUERY, S("DelaySeconds=soon")));
    assert_text(call.progress->failure.message,
                "Value soon for parameter DelaySeconds is invalid. Reason: Must be an integer.");
}

TEST(what_a_service_stores_comes_back_the_same)
{
    str json = S(
        "{\"M\":{\"a\":{\"N\":\"1\"},\"b\":{\"L\":[{\"BOOL\":true},{\"NULL\":true},{\"BS\":[\"AAE=\"]}]}}}");
    struct dynamodb_attribute_value value = {0};

    assert_true(model_from_json(&scratch, &DYNAMODB_ATTRIBUTE_VALUE, json, &value));
    assert_str(model_to_json(&scratch, &DYNAMODB_ATTRIBUTE_VALUE, &value), json);
    assert_false(model_from_json(&scratch, &DYNAMODB_ATTRIBUTE_VALUE, S("{\"S\":1}"), &value));
    assert_false(model_from_json(&scratch, &DYNAMODB_ATTRIBUTE_VALUE, S("{"), &value));
}

TESTS(test(a_send_is_read_from_json), test(a_send_is_read_from_a_form),
      test(of_fields_of_a_form_with_one_name_the_first_counts),
      test(one_number_written_in_two_ways_is_two_items), test(sqs_takes_the_queue_from_the_path),
      test(an_entry_given_twice_counts_once_and_the_last_wins), test(many_entries_given_twice_count_once),
      test(an_empty_body_is_an_empty_object), test(what_is_no_json_is_refused_without_a_word),
      test(coral_says_which_type_it_cannot_convert), test(dynamodb_says_it_in_its_own_words),
      test(a_text_is_a_boolean_for_dynamodb_only_in_a_union),
      test(several_members_of_a_union_are_kept_to_be_refused),
      test(a_member_of_a_union_given_twice_counts_once_and_the_last_wins), test(a_value_takes_24_bytes),
      test(a_fraction_is_no_integer), test(a_null_in_a_list_is_absent),
      test(fractions_of_whole_numbers_are_cut_off_by_dynamodb), test(a_form_with_a_bad_escape_is_malformed),
      test(a_form_with_text_for_a_number_is_refused), test(what_a_service_stores_comes_back_the_same))
