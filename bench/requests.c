/*
 * requests.c: the requests of each operation of the load generator.
 */
#include "load.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { BODY_BYTES = 4096 };

static struct request make(const struct load *load, const struct message *message)
{
    return load->options.unsigned_requests ? plain_request(&load->signer, message)
                                           : sign_request(&load->signer, message);
}

static struct request json(const struct load *load, const char *service, const char *target, const char *body)
{
    struct message message = {
        .service = service,
        .target = target,
        .content_type = "application/x-amz-json-1.0",
        .path = "/",
        .body = body,
    };

    return make(load, &message);
}

static void write_null(const struct load *load, size_t number, struct request *request)
{
    struct message message = {
        .service = "sqs",
        .content_type = "application/x-amz-json-1.0",
        .path = "/_orderly/null",
        .body = "{}",
    };

    (void)number;
    *request = make(load, &message);
}

static void write_send(const struct load *load, size_t number, struct request *request)
{
    char body[BODY_BYTES], filler[320];

    memset(filler, 'x', sizeof filler);
    snprintf(body, sizeof body,
             "{\"QueueUrl\": \"%s\", \"MessageBody\": \"{\\\"orderId\\\": \\\"O%zu\\\", \\\"note\\\": "
             "\\\"%.*s\\\"}\"}",
             load->options.queue_url, number, (int)sizeof filler, filler);
    *request = json(load, "sqs", "AmazonSQS.SendMessage", body);
}

static void write_fill(const struct load *load, size_t number, struct request *request)
{
    char body[BODY_BYTES];
    int used = snprintf(body, sizeof body, "{\"QueueUrl\": \"%s\", \"Entries\": [", load->options.queue_url);

    for (int i = 0; i < BATCH; i++)
        used += snprintf(body + used, sizeof body - (size_t)used,
                         "%s{\"Id\": \"%d\", \"MessageBody\": \"message %zu of the benchmark\"}",
                         i ? ", " : "", i, number * BATCH + (size_t)i);
    snprintf(body + used, sizeof body - (size_t)used, "]}");
    *request = json(load, "sqs", "AmazonSQS.SendMessageBatch", body);
}

static void receive(const struct load *load, int most, struct request *request)
{
    char body[BODY_BYTES];

    snprintf(body, sizeof body, "{\"QueueUrl\": \"%s\", \"MaxNumberOfMessages\": %d}",
             load->options.queue_url, most);
    *request = json(load, "sqs", "AmazonSQS.ReceiveMessage", body);
}

static void write_receive(const struct load *load, size_t number, struct request *request)
{
    (void)number;
    receive(load, 1, request);
}

static void write_receive_batch(const struct load *load, size_t number, struct request *request)
{
    (void)number;
    receive(load, BATCH, request);
}

static void write_park(const struct load *load, size_t number, struct request *request)
{
    char body[BODY_BYTES];

    (void)number;
    snprintf(body, sizeof body, "{\"QueueUrl\": \"%s\", \"WaitTimeSeconds\": 20}", load->options.queue_url);
    *request = json(load, "sqs", "AmazonSQS.ReceiveMessage", body);
}

static void write_delete(const struct load *load, const struct connection *connection,
                         struct request *request)
{
    char body[BODY_BYTES];

    snprintf(body, sizeof body, "{\"QueueUrl\": \"%s\", \"ReceiptHandle\": \"%s\"}", load->options.queue_url,
             connection->handles[0]);
    *request = json(load, "sqs", "AmazonSQS.DeleteMessage", body);
}

static void write_delete_batch(const struct load *load, const struct connection *connection,
                               struct request *request)
{
    char body[BODY_BYTES + BATCH * HANDLE_BYTES];
    int used = snprintf(body, sizeof body, "{\"QueueUrl\": \"%s\", \"Entries\": [", load->options.queue_url);

    for (size_t i = 0; i < connection->handle_count; i++)
        used += snprintf(body + used, sizeof body - (size_t)used,
                         "%s{\"Id\": \"%zu\", \"ReceiptHandle\": \"%s\"}", i ? ", " : "", i,
                         connection->handles[i]);
    snprintf(body + used, sizeof body - (size_t)used, "]}");
    *request = json(load, "sqs", "AmazonSQS.DeleteMessageBatch", body);
}

/* Two requests for each item, with different notes: writing an unchanged item would write no page. */
enum { PUTS_OF_AN_ITEM = 2, ITEMS_OF_A_BATCH = 25 };

static void write_put(const struct load *load, size_t number, struct request *request)
{
    char body[BODY_BYTES], filler[200];

    memset(filler, number % PUTS_OF_AN_ITEM ? 'y' : 'x', sizeof filler);
    snprintf(
        body, sizeof body,
        "{\"TableName\": \"%s\", \"Item\": {\"orderId\": {\"S\": \"O%zu\"}, \"userId\": {\"S\": \"U123\"}, "
        "\"itemName\": {\"S\": \"Laptop\"}, \"quantity\": {\"N\": \"1\"}, \"status\": {\"S\": \"new\"}, "
        "\"timestamp\": {\"S\": \"2025-05-03T12:00:00Z\"}, \"note\": {\"S\": \"%.*s\"}}}",
        load->options.table, number / PUTS_OF_AN_ITEM, (int)sizeof filler, filler);
    *request = json(load, "dynamodb", "DynamoDB_20120810.PutItem", body);
}

/* Puts of ITEMS_OF_A_BATCH items, which are new in the first run. */
static void write_batch_write(const struct load *load, size_t number, struct request *request)
{
    char body[4 * BODY_BYTES], filler[200];
    int used = snprintf(body, sizeof body, "{\"RequestItems\": {\"%s\": [", load->options.table);

    memset(filler, 'x', sizeof filler);
    for (size_t i = 0; i < ITEMS_OF_A_BATCH; i++)
        used +=
            snprintf(body + used, sizeof body - (size_t)used,
                     "%s{\"PutRequest\": {\"Item\": {\"orderId\": {\"S\": \"B%zu\"}, \"itemName\": {\"S\": "
                     "\"Laptop\"}, \"quantity\": {\"N\": \"1\"}, \"note\": {\"S\": \"%.*s\"}}}}",
                     i ? ", " : "", number * ITEMS_OF_A_BATCH + i, (int)sizeof filler, filler);
    snprintf(body + used, sizeof body - (size_t)used, "]}}");
    *request = json(load, "dynamodb", "DynamoDB_20120810.BatchWriteItem", body);
}

void load_write_get(const struct load *load, const char *id, struct request *request)
{
    char body[BODY_BYTES];

    snprintf(body, sizeof body,
             "{\"TableName\": \"%s\", \"ConsistentRead\": true, \"Key\": {\"orderId\": {\"S\": \"%s\"}}}",
             load->options.table, id);
    *request = json(load, "dynamodb", "DynamoDB_20120810.GetItem", body);
}

static void write_get(const struct load *load, size_t number, struct request *request)
{
    char key[32];

    snprintf(key, sizeof key, "O%zu", number / PUTS_OF_AN_ITEM);
    load_write_get(load, key, request);
}

/* One of the items of batch-write, far from those of the requests around it. */
static size_t far_item(const struct load *load, size_t number)
{
    return number * 2654435761 % load->options.items;
}

static void write_get_far(const struct load *load, size_t number, struct request *request)
{
    char key[32];

    snprintf(key, sizeof key, "B%zu", far_item(load, number));
    load_write_get(load, key, request);
}

/* The note differs from one run to the next. */
static void write_put_far(const struct load *load, size_t number, struct request *request)
{
    char body[BODY_BYTES], filler[190];

    memset(filler, 'x', sizeof filler);
    snprintf(body, sizeof body,
             "{\"TableName\": \"%s\", \"Item\": {\"orderId\": {\"S\": \"B%zu\"}, \"itemName\": {\"S\": "
             "\"Laptop\"}, \"quantity\": {\"N\": \"1\"}, \"note\": {\"S\": \"%010d%.*s\"}}}",
             load->options.table, far_item(load, number), getpid(), (int)sizeof filler, filler);
    *request = json(load, "dynamodb", "DynamoDB_20120810.PutItem", body);
}

/* The first page of the partition that --prefix names. */
static void write_query(const struct load *load, size_t number, struct request *request)
{
    char body[BODY_BYTES];

    (void)number;
    snprintf(body, sizeof body,
             "{\"TableName\": \"%s\", \"KeyConditionExpression\": \"orderId = :order\", "
             "\"ExpressionAttributeValues\": {\":order\": {\"S\": \"%s\"}}}",
             load->options.table, load->options.prefix);
    *request = json(load, "dynamodb", "DynamoDB_20120810.Query", body);
}

/* The first page of each segment of a parallel scan. */
enum { SEGMENTS = 256 };

static void write_scan(const struct load *load, size_t number, struct request *request)
{
    char body[BODY_BYTES];

    snprintf(body, sizeof body, "{\"TableName\": \"%s\", \"Segment\": %zu, \"TotalSegments\": %d}",
             load->options.table, number % SEGMENTS, SEGMENTS);
    *request = json(load, "dynamodb", "DynamoDB_20120810.Scan", body);
}

/* An order, percent-encoded for a form. */
#define ORDER                                                                                                \
    "%%7B%%22orderId%%22%%3A%%22%s%zu%%22%%2C%%22userId%%22%%3A%%22U123%%22%%2C%%22itemName%%22%%3A%%"       \
    "22Laptop"                                                                                               \
    "%%22%%2C%%22quantity%%22%%3A1%%2C%%22status%%22%%3A%%22new%%22%%2C%%22timestamp%%22%%3A%%222025-05-"    \
    "03T12"                                                                                                  \
    "%%3A00%%3A00Z%%22%%7D"

static struct request form(const struct load *load, const char *body)
{
    struct message message = {
        .service = "sns",
        .content_type = "application/x-www-form-urlencoded; charset=utf-8",
        .path = "/",
        .body = body,
    };

    return make(load, &message);
}

void load_write_publish(const struct load *load, size_t number, struct request *request)
{
    char body[BODY_BYTES];

    snprintf(body, sizeof body, "Action=Publish&Version=2010-03-31&TopicArn=%s&Message=" ORDER,
             load->options.topic, load->options.prefix, number);
    *request = form(load, body);
}

static void write_publish_batch(const struct load *load, size_t number, struct request *request)
{
    char body[BODY_BYTES];
    int used = snprintf(body, sizeof body, "Action=PublishBatch&Version=2010-03-31&TopicArn=%s",
                        load->options.topic);

    for (int i = 0; i < 10; i++)
        used += snprintf(body + used, sizeof body - (size_t)used,
                         "&PublishBatchRequestEntries.member.%d.Id=%d"
                         "&PublishBatchRequestEntries.member.%d.Message=" ORDER,
                         i + 1, i, i + 1, load->options.prefix, number * 10 + (size_t)i);
    *request = form(load, body);
}

const struct operation OPERATIONS[] = {
    {"null", 1, write_null, NULL},
    {"send", 1024, write_send, NULL},
    {"fill", 1024, write_fill, NULL},
    {"receive-delete", 1, write_receive, write_delete},
    {"receive-delete-batch", 1, write_receive_batch, write_delete_batch},
    {"put", 16384, write_put, NULL},
    {"get", 16384, write_get, NULL},
    {"publish", 1024, load_write_publish, NULL},
    {"publish-batch", 1024, write_publish_batch, NULL},
    {"park", 1, write_park, NULL},
    {"flow", 0, NULL, NULL},
    {"batch-write", 4096, write_batch_write, NULL},
    {"get-far", 65536, write_get_far, NULL},
    {"put-far", 65536, write_put_far, NULL},
    {"query", 1, write_query, NULL},
    {"scan", SEGMENTS, write_scan, NULL},
    {0},
};
