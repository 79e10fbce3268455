/*
 * bench.c: the cost of decoding beyond that of parsing, in microseconds of one core.
 */
#include "base/time.h"
#include "engine/call.h"
#include "engine/protocol/protocol.h"
#include "wire/json.h"

#include "dynamodb_model.h"
#include "sns_model.h"
#include "sqs_model.h"

#include <stdio.h>

enum { ROUNDS = 200000 };

static struct arena arena;

static void parse(const struct operation *operation, str body)
{
    (void)operation;
    json_parse(&arena, body, NULL);
}

static void decode(const struct operation *operation, enum protocol_name protocol, str body, bool checked)
{
    struct call call = {.arena = &arena, .operation = operation};
    struct http_request request = {.path = S("/"), .query = S(""), .body = body};
    void *in = arena_alloc(&arena, operation->input->size);

    protocol_find(protocol)->decode_request(&call, &request, in);
    if (checked)
        validate(&call, operation->input, in);
}

static void decode_json(const struct operation *operation, str body)
{
    decode(operation, PROTOCOL_JSON_1_0, body, false);
}

static void decode_and_validate_json(const struct operation *operation, str body)
{
    decode(operation, PROTOCOL_JSON_1_0, body, true);
}

static void decode_form(const struct operation *operation, str body)
{
    decode(operation, PROTOCOL_QUERY, body, true);
}

static void encode_send(const struct operation *operation, str body)
{
    struct call call = {.arena = &arena, .operation = operation, .request_id = S("the-request-id")};
    struct sqs_send_message_result out = {.message_id = body, .md5_of_message_body = body};
    struct http_reply reply = {0};

    protocol_find(PROTOCOL_JSON_1_0)->encode_reply(&call, &out, &reply);
}

static void measure(const char *what, void (*run)(const struct operation *, str),
                    const struct operation *operation, str body)
{
    int64_t best_us = INT64_MAX;

    for (int attempt = 0; attempt < 5; attempt++) {
        int64_t began_us = monotonic_us();
        for (int i = 0; i < ROUNDS; i++) {
            run(operation, body);
            arena_reset(&arena);
        }
        int64_t took_us = monotonic_us() - began_us;
        best_us = took_us < best_us ? took_us : best_us;
    }
    printf("%-40s %.3f us\n", what, (double)best_us / ROUNDS);
}

int main(void)
{
    str send = S(
        "{\"QueueUrl\":\"http://localhost:4566/000000000000/orders\",\"MessageBody\":\"{\\\"orderId\\\": 17, "
        "\\\"items\\\": [{\\\"sku\\\": \\\"A-100\\\", \\\"quantity\\\": 2}], \\\"total\\\": 49.9}\","
        "\"DelaySeconds\":0,\"MessageAttributes\":{\"kind\":{\"DataType\":\"String\",\"StringValue\":"
        "\"order\"},"
        "\"priority\":{\"DataType\":\"Number\",\"StringValue\":\"1\"}}}");
    str put = S("{\"TableName\":\"Orders\",\"Item\":{\"orderId\":{\"S\":\"0d3f9b9e-8a55\"},\"status\":{\"S\":"
                "\"NEW\"},"
                "\"total\":{\"N\":\"49.90\"},\"customer\":{\"S\":\"ada@example.com\"},\"createdAt\":{\"S\":"
                "\"2026-01-02T03:04:05Z\"},\"paid\":{\"BOOL\":true},\"tags\":{\"SS\":[\"a\",\"b\"]},\"note\":"
                "{\"NULL\":true},"
                "\"address\":{\"M\":{\"city\":{\"S\":\"Turin\"},\"zip\":{\"S\":\"10121\"}}},\"lines\":{\"L\":"
                "[{\"N\":\"1\"},"
                "{\"N\":\"2\"}]}}}");
    str publish =
        S("Action=Publish&Version=2010-03-31&TopicArn=arn%3Aaws%3Asns%3Aus-east-1%3A000000000000%3Aorders"
          "&Message=%7B%22orderId%22%3A+17%7D&MessageAttributes.entry.1.Name=kind"
          "&MessageAttributes.entry.1.Value.DataType=String"
          "&MessageAttributes.entry.1.Value.StringValue=order");

    measure("SendMessage: parse", parse, &SQS_SEND_MESSAGE, send);
    measure("SendMessage: parse, decode", decode_json, &SQS_SEND_MESSAGE, send);
    measure("SendMessage: parse, decode, validate", decode_and_validate_json, &SQS_SEND_MESSAGE, send);
    measure("SendMessage: encode the reply", encode_send, &SQS_SEND_MESSAGE,
            S("0123456789abcdef0123456789abcdef"));
    measure("PutItem of 10: parse", parse, &DYNAMODB_PUT_ITEM, put);
    measure("PutItem of 10: parse, decode", decode_json, &DYNAMODB_PUT_ITEM, put);
    measure("PutItem of 10: parse, decode, validate", decode_and_validate_json, &DYNAMODB_PUT_ITEM, put);
    measure("Publish: form, decode, validate", decode_form, &SNS_PUBLISH, publish);
    arena_free(&arena);
    return 0;
}
