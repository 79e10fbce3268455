#include "engine_test.h"

#include "dynamodb_model.h"
#include "lambda_model.h"
#include "logs_model.h"
#include "sns_model.h"
#include "sqs_model.h"

static struct http_reply replied(const struct operation *operation, enum protocol_name protocol,
                                 const void *out)
{
    struct call call = call_of(operation);
    struct http_reply reply = {0};

    protocol_find(protocol)->encode_reply(&call, out, &reply);
    return reply;
}

static struct http_reply failed(const struct operation *operation, enum protocol_name protocol,
                                const struct error *error, const char *message, const void *details)
{
    struct call call = call_of(operation);
    struct http_reply reply = {0};

    fail(&call, error, "%s", message);
    call.progress->failure.details = details;
    protocol_find(protocol)->encode_error(&call, &reply);
    return reply;
}

TEST(a_json_reply_leaves_out_what_is_absent)
{
    struct sqs_send_message_result out = {.message_id = S("m"), .md5_of_message_body = S("5")};
    struct http_reply reply = replied(&SQS_SEND_MESSAGE, PROTOCOL_JSON_1_0, &out);

    assert_int_equal(reply.status, 200);
    assert_text(reply.content_type, "application/x-amz-json-1.0");
    assert_text(reply.body, "{\"MD5OfMessageBody\":\"5\",\"MessageId\":\"m\"}");
    assert_text(http_header(&reply.headers, S("x-amzn-RequestId")), "the-request-id");
    assert_absent(http_header(&reply.headers, S("x-amz-crc32")));
}

TEST(a_reply_of_dynamodb_carries_its_checksum)
{
    struct dynamodb_list_tables_output out = {0};
    struct http_reply reply = replied(&DYNAMODB_LIST_TABLES, PROTOCOL_JSON_1_0, &out);

    assert_text(reply.body, "{}");
    assert_text(http_header(&reply.headers, S("x-amz-crc32")), "2745614147");
}

TEST(a_query_reply_is_wrapped_twice)
{
    struct sqs_send_message_result out = {.message_id = S("a<b")};
    struct http_reply reply = replied(&SQS_SEND_MESSAGE, PROTOCOL_QUERY, &out);

    assert_text(reply.content_type, "text/xml");
    assert_text(reply.body, "<?xml version=\"1.0\"?>\n"
                            "<SendMessageResponse xmlns=\"http://queue.amazonaws.com/doc/2012-11-05/\">"
                            "<SendMessageResult><MessageId>a&lt;b</MessageId></SendMessageResult>"
                            "<ResponseMetadata><RequestId>the-request-id</RequestId></ResponseMetadata>"
                            "</SendMessageResponse>");
}

TEST(an_empty_list_is_an_empty_element_in_xml)
{
    struct sns_topic none;
    struct sns_list_topics_response out = {.topics = {&none, 0}};
    struct http_reply reply = replied(&SNS_LIST_TOPICS, PROTOCOL_QUERY, &out);

    assert_true(str_find(reply.body, S("<ListTopicsResult><Topics></Topics></ListTopicsResult>")) > 0);
}

TEST(an_error_of_sqs_says_what_old_clients_expect)
{
    struct http_reply reply =
        failed(&SQS_SEND_MESSAGE, PROTOCOL_JSON_1_0, &SQS_QUEUE_DOES_NOT_EXIST, "Gone.", NULL);

    assert_int_equal(reply.status, 400);
    assert_text(reply.body, "{\"__type\":\"com.amazonaws.sqs#QueueDoesNotExist\",\"message\":\"Gone.\"}");
    assert_text(http_header(&reply.headers, S("x-amzn-query-error")),
                "AWS.SimpleQueueService.NonExistentQueue;Sender");
}

TEST(an_error_of_sqs_has_its_own_form_in_xml)
{
    struct http_reply reply =
        failed(&SQS_SEND_MESSAGE, PROTOCOL_QUERY, &SQS_QUEUE_DOES_NOT_EXIST, "Gone.", NULL);

    assert_text(
        reply.body,
        "<?xml version=\"1.0\"?>\n"
        "<ErrorResponse xmlns=\"http://queue.amazonaws.com/doc/2012-11-05/\"><Error><Type>Sender</Type>"
        "<Code>AWS.SimpleQueueService.NonExistentQueue</Code><Message>The specified queue does not exist for "
        "this wsdl version.</Message><Detail/></Error>"
        "<RequestId>the-request-id</RequestId></ErrorResponse>");
}

TEST(an_error_may_carry_details)
{
    struct dynamodb_attribute_map_entry entry = {.key = S("pk"),
                                                 .value = {DYNAMODB_ATTRIBUTE_VALUE_S, .s = S("1")}};
    struct dynamodb_conditional_check_failed_exception details = {.item = {&entry, 1}};
    struct http_reply reply = failed(&DYNAMODB_PUT_ITEM, PROTOCOL_JSON_1_0,
                                     &DYNAMODB_CONDITIONAL_CHECK_FAILED_EXCEPTION, "No.", &details);

    assert_text(reply.body,
                "{\"__type\":\"com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException\","
                "\"message\":\"No.\",\"Item\":{\"pk\":{\"S\":\"1\"}}}");
}

TEST(json_1_1_names_an_error_without_its_prefix)
{
    struct http_reply reply = failed(&LOGS_PUT_LOG_EVENTS, PROTOCOL_JSON_1_1,
                                     &LOGS_RESOURCE_NOT_FOUND_EXCEPTION, "No group.", NULL);

    assert_text(reply.content_type, "application/x-amz-json-1.1");
    assert_text(reply.body, "{\"__type\":\"ResourceNotFoundException\",\"message\":\"No group.\"}");
}

TEST(an_error_of_lambda_says_whose_fault_it_is)
{
    struct http_reply reply = failed(&LAMBDA_GET_FUNCTION, PROTOCOL_REST_JSON,
                                     &LAMBDA_RESOURCE_NOT_FOUND_EXCEPTION, "No function.", NULL);

    assert_int_equal(reply.status, 404);
    assert_text(http_header(&reply.headers, S("x-amzn-ErrorType")), "ResourceNotFoundException");
    assert_true(str_find(reply.body, S("\"Type\":\"User\"")) > 0);
}

TEST(an_invocation_answers_in_status_headers_and_payload)
{
    int64_t status = 202;
    struct lambda_invocation_response out = {
        .status_code = &status, .function_error = S("Unhandled"), .payload = S("[1, 2]")};
    struct http_reply reply = replied(&LAMBDA_INVOKE, PROTOCOL_REST_JSON, &out);

    assert_int_equal(reply.status, 202);
    assert_text(reply.body, "[1, 2]");
    assert_text(http_header(&reply.headers, S("X-Amz-Function-Error")), "Unhandled");
}

TEST(an_unknown_operation_can_be_answered_too)
{
    static const struct error unknown = {.name = "InvalidAction", .status = 400, .sender = true};

    assert_true(failed(NULL, PROTOCOL_QUERY, &unknown, "x", NULL).body.size > 0);
    assert_text(failed(NULL, PROTOCOL_JSON_1_0, &unknown, "", NULL).body, "{\"__type\":\"InvalidAction\"}");
    assert_text(failed(NULL, PROTOCOL_REST_JSON, &unknown, "x", NULL).body, "{\"message\":\"x\"}");
}

TESTS(test(a_json_reply_leaves_out_what_is_absent), test(a_reply_of_dynamodb_carries_its_checksum),
      test(a_query_reply_is_wrapped_twice), test(an_empty_list_is_an_empty_element_in_xml),
      test(an_error_of_sqs_says_what_old_clients_expect), test(an_error_of_sqs_has_its_own_form_in_xml),
      test(an_error_may_carry_details), test(json_1_1_names_an_error_without_its_prefix),
      test(an_error_of_lambda_says_whose_fault_it_is),
      test(an_invocation_answers_in_status_headers_and_payload),
      test(an_unknown_operation_can_be_answered_too))
