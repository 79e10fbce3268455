/*
 * order_processor.c: the function OrderProcessor: orders from the queue into the table.
 *
 * Each message is handled separately.  A message that could not be stored is reported as a batch item
 * failure, and the queue delivers it again or finally moves it to the dead-letter queue.  Each message leaves
 * one log line in JSON, which records the order's way; ../README.md describes it.
 */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "order.h"
#include "orderly_lambda.h"
#include "table.h"

struct processor {
    struct table *table;
    struct json_memory memory; /* of one invocation */
    int64_t started_ms;        /* when the invocation began */
    struct json_text line;     /* of the log; the memory is kept */
};

static void add_name(struct json_text *line, const char *name)
{
    json_add_texts(line, line->length > 1 ? ",\"" : "\"", name, "\":", NULL);
}

static void add_text(struct json_text *line, const char *name, const char *value)
{
    if (!value)
        return;
    add_name(line, name);
    json_add_string(line, value, strlen(value));
}

static void add_number(struct json_text *line, const char *name, int64_t value)
{
    if (value < 0)
        return;
    add_name(line, name);
    json_add_integer(line, value);
}

static int64_t attribute_number(const struct json *record, const char *name)
{
    const char *value = json_string(json_member(json_member(record, "attributes"), name));

    return value ? strtoll(value, NULL, 10) : -1;
}

/* Stores one message's order and logs the result.  False if the queue must deliver the message again. */
static bool process(struct processor *processor, const struct lambda_invocation *invocation,
                    const struct json *record)
{
    const char *body = json_string(json_member(record, "body"));
    struct order order = order_in(&processor->memory, body ? body : "");
    const char *reason = order_problem(order.item), *outcome = reason ? "rejected" : "stored";
    struct json_text *line = &processor->line;

    if (!reason && !table_put(processor->table, order.item, invocation, &reason))
        outcome = "failed";
    line->length = 0;
    json_add_texts(line, "{", NULL);
    add_text(line, "orderId", json_string(json_member(order.item, "orderId")));
    add_text(line, "messageId", json_string(json_member(record, "messageId")));
    add_text(line, "requestId", invocation->request_id);
    add_number(line, "published", order.published_ms);
    add_number(line, "queued", attribute_number(record, "SentTimestamp"));
    add_number(line, "received", attribute_number(record, "ApproximateFirstReceiveTimestamp"));
    add_number(line, "started", processor->started_ms);
    add_number(line, "stored", reason ? -1 : lambda_now_ms());
    add_number(line, "receiveCount", attribute_number(record, "ApproximateReceiveCount"));
    add_text(line, "outcome", outcome);
    add_text(line, "reason", reason);
    lambda_log("%s}", line->data);
    return !reason;
}

static void handle(void *context, struct lambda_invocation *invocation)
{
    struct processor *processor = context;
    struct json_text failures = {0};

    processor->started_ms = lambda_now_ms();
    json_clear(&processor->memory);
    const struct json *event = json_read(&processor->memory, invocation->payload, invocation->payload_size);
    const struct json *records = json_member(event, "Records");
    if (!records || records->kind != JSON_ARRAY) {
        lambda_fail(invocation, "InvalidEvent", "The event has no Records: this function reads a queue.");
        return;
    }
    for (const struct json *record = records->first; record; record = record->next) {
        const char *message_id = json_string(json_member(record, "messageId"));
        if (process(processor, invocation, record) || !message_id)
            continue;
        json_add(&failures, "%s{\"itemIdentifier\":", failures.length > 0 ? "," : "");
        json_add_string(&failures, message_id, strlen(message_id));
        json_add(&failures, "}");
    }
    struct json_text reply = {0};
    json_add(&reply, "{\"batchItemFailures\":[%s]}", failures.data ? failures.data : "");
    lambda_reply(invocation, reply.data, reply.length);
    json_text_release(&reply);
    json_text_release(&failures);
}

int main(void)
{
    const char *problem;
    struct processor processor = {.table = table_open(&problem)};

    if (!processor.table)
        return lambda_init_failed("Runtime.InitError", problem);
    return lambda_run(handle, &processor);
}
