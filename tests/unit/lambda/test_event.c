/*
 * test_event.c: the event that a function gets for a queue's messages, and the answers that it may give.
 */
#include "services/lambda/batches.h"
#include "services/lambda/invocations.h"
#include "services/lambda/lambda_internal.h"
#include "sqs_model.h"

#undef fail /* the engine's fail(); cmocka has its own */
#include "unit.h"

static struct call call = {.arena = &scratch, .region = STR_INIT("us-east-1")};

static const str queue_arn = STR_INIT("arn:aws:sqs:us-east-1:000000000000:q");

static struct sqs_message message(struct str_map_entry *attributes, size_t count)
{
    return (struct sqs_message){
        .message_id = S("id"),
        .receipt_handle = S("handle"),
        .body = S("a \"body\""),
        .md5_of_body = S("digest"),
        .attributes = {attributes, count},
    };
}

TEST(a_record_has_awss_members)
{
    struct str_map_entry attributes[] = {{S("ApproximateReceiveCount"), S("1")}};
    struct sqs_message_body_attribute_map_entry own[] = {
        {S("kind"), {.string_value = S("new"), .data_type = S("String")}},
        {S("bytes"), {.binary_value = {"\0\xff", 2}, .data_type = S("Binary")}},
    };
    struct sqs_message one = message(attributes, 1);

    one.message_attributes.items = own;
    one.message_attributes.count = 2;
    assert_text(lambda_event_record(&call, &one, queue_arn, true),
                "{\"messageId\":\"id\",\"receiptHandle\":\"handle\",\"body\":\"a \\\"body\\\"\","
                "\"attributes\":{\"ApproximateReceiveCount\":\"1\"},"
                "\"messageAttributes\":{"
                "\"kind\":{\"stringValue\":\"new\",\"stringListValues\":[],\"binaryListValues\":[],"
                "\"dataType\":\"String\"},"
                "\"bytes\":{\"binaryValue\":\"AP8=\",\"stringListValues\":[],\"binaryListValues\":[],"
                "\"dataType\":\"Binary\"}},"
                "\"md5OfMessageAttributes\":null,\"md5OfBody\":\"digest\",\"eventSource\":\"aws:sqs\","
                "\"eventSourceARN\":\"arn:aws:sqs:us-east-1:000000000000:q\",\"awsRegion\":\"us-east-1\"}");
}

TEST(the_digest_of_attributes_follows_the_bodys_without_a_window)
{
    struct sqs_message one = message(NULL, 0);

    assert_true(str_find(lambda_event_record(&call, &one, queue_arn, false), S("md5OfMessageAttributes")) <
                0);
    one.md5_of_message_attributes = S("own");
    assert_true(str_find(lambda_event_record(&call, &one, queue_arn, false),
                         S("\"md5OfBody\":\"digest\",\"md5OfMessageAttributes\":\"own\",")) > 0);
    assert_true(str_find(lambda_event_record(&call, &one, queue_arn, true),
                         S("\"md5OfMessageAttributes\":\"own\",\"md5OfBody\":\"digest\",")) > 0);
}

TEST(attributes_come_in_awss_order)
{
    struct str_map_entry sent[] = {{S("SenderId"), S("4")},
                                   {S("MessageGroupId"), S("3")},
                                   {S("ApproximateReceiveCount"), S("1")},
                                   {S("ApproximateFirstReceiveTimestamp"), S("5")},
                                   {S("SentTimestamp"), S("2")}};
    struct sqs_message one = message(sent, sizeof sent / sizeof *sent);

    assert_true(str_find(lambda_event_record(&call, &one, queue_arn, false),
                         S("\"attributes\":{\"ApproximateReceiveCount\":\"1\",\"SentTimestamp\":\"2\","
                           "\"MessageGroupId\":\"3\",\"SenderId\":\"4\","
                           "\"ApproximateFirstReceiveTimestamp\":\"5\"}")) > 0);
}

TEST(a_head_has_all_but_the_body)
{
    struct str_map_entry attributes[] = {{S("ApproximateReceiveCount"), S("1")}};
    struct sqs_message one = message(attributes, 1);
    str body = S("\"body\":\"a \\\"body\\\"\","), record = lambda_event_record(&call, &one, queue_arn, false);
    size_t at = (size_t)str_find(record, body);

    assert_true(str_equal(lambda_event_record_head(&call, &one, queue_arn),
                          arena_join(call.arena, str_head(record, at), str_from(record, at + body.size))));
}

TEST(the_trace_is_taken_from_the_header)
{
    struct str_map_entry sent[] = {{S("AWSTraceHeader"), S("Root=1-2-3;Parent=4;Sampled=1")}};
    struct str_map_entry ours[] = {{S("AWSTraceHeader"), S("Root=1-2-3")}};
    struct sqs_message one = message(sent, 1), two = message(ours, 1), three = message(NULL, 0);

    assert_text(lambda_event_trace_id(&one), "1-2-3");
    assert_text(lambda_event_trace_id(&two), "1-2-3");
    assert_absent(lambda_event_trace_id(&three));
    assert_true(str_find(lambda_event_record(&call, &one, queue_arn, false), S("AWSTraceHeader")) > 0);
    assert_true(str_find(lambda_event_record(&call, &two, queue_arn, false), S("AWSTraceHeader")) < 0);
}

TEST(an_answer_without_failures_is_success)
{
    static const char *const answers[] = {"",
                                          "null",
                                          "{}",
                                          "{\"statusCode\":200}",
                                          "{\"batchItemFailures\":[]}",
                                          "{\"batchItemFailures\":null}"};
    struct str_list ids;

    for (size_t i = 0; i < sizeof answers / sizeof *answers; i++) {
        assert_true(lambda_event_failures(&call, str_of(answers[i]), &ids));
        assert_int_equal(ids.count, 0);
    }
}

TEST(failures_are_listed_by_their_ids)
{
    struct str_list ids;

    assert_true(lambda_event_failures(
        &call, S("{\"batchItemFailures\":[{\"itemIdentifier\":\"a\"},{\"itemIdentifier\":\"b\"}]}"), &ids));
    assert_int_equal(ids.count, 2);
    assert_text(ids.items[0], "a");
    assert_text(ids.items[1], "b");
}

TEST(a_malformed_answer_makes_no_sense)
{
    static const char *const answers[] = {"{",
                                          "\"done\"",
                                          "[]",
                                          "{\"batchItemFailures\":{}}",
                                          "{\"batchItemFailures\":[\"a\"]}",
                                          "{\"batchItemFailures\":[{}]}",
                                          "{\"batchItemFailures\":[{\"itemIdentifier\":\"\"}]}",
                                          "{\"batchItemFailures\":[{\"itemIdentifier\":null}]}",
                                          "{\"batchItemFailures\":[{\"wrong\":\"a\"}]}"};
    struct str_list ids;

    for (size_t i = 0; i < sizeof answers / sizeof *answers; i++)
        assert_false(lambda_event_failures(&call, str_of(answers[i]), &ids));
}

TESTS(test(a_record_has_awss_members), test(the_digest_of_attributes_follows_the_bodys_without_a_window),
      test(attributes_come_in_awss_order), test(a_head_has_all_but_the_body),
      test(the_trace_is_taken_from_the_header), test(an_answer_without_failures_is_success),
      test(failures_are_listed_by_their_ids), test(a_malformed_answer_makes_no_sense))
