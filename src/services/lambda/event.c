/*
 * event.c: the event that a function gets for a queue's messages.
 *
 * https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html
 */
#include "batches.h"
#include "invocations.h"
#include "lambda_internal.h"

#include "base/hash.h"
#include "sqs_model.h"
#include "wire/json.h"

#include <stdlib.h>

static const str trace_header_name = STR_INIT("AWSTraceHeader");

static void add_empty_list(struct json_writer *writer, str name)
{
    json_name(writer, name);
    json_open_array(writer);
    json_close_array(writer);
}

static void add_message_attribute(const struct call *call, struct json_writer *writer,
                                  const struct sqs_message_attribute_value *value)
{
    json_open_object(writer);
    json_field(writer, S("stringValue"), value->string_value);
    if (str_present(value->binary_value))
        json_field(writer, S("binaryValue"), base64_encode(call->arena, value->binary_value));
    add_empty_list(writer, S("stringListValues"));
    add_empty_list(writer, S("binaryListValues"));
    json_field(writer, S("dataType"), value->data_type);
    json_close_object(writer);
}

static void add_message_attributes(const struct call *call, struct json_writer *writer,
                                   const struct sqs_message *message)
{
    json_name(writer, S("messageAttributes"));
    json_open_object(writer);
    for (size_t i = 0; i < message->message_attributes.count; i++) {
        json_name(writer, message->message_attributes.items[i].key);
        add_message_attribute(call, writer, &message->message_attributes.items[i].value);
    }
    json_close_object(writer);
}

/* A trace header with nothing but the trace was added by SQS, not by a sender. */
static bool is_untraced(str name, str value)
{
    return str_equal(name, trace_header_name) && str_index(value, ';') < 0;
}

static void add_attributes(struct json_writer *writer, const struct sqs_message *message)
{
    /* In AWS's order. */
    static const str names[] = {
        STR_INIT("ApproximateReceiveCount"),
        STR_INIT("AWSTraceHeader"),
        STR_INIT("SentTimestamp"),
        STR_INIT("SequenceNumber"),
        STR_INIT("MessageGroupId"),
        STR_INIT("SenderId"),
        STR_INIT("MessageDeduplicationId"),
        STR_INIT("DeadLetterQueueSourceArn"),
        STR_INIT("ApproximateFirstReceiveTimestamp"),
    };

    json_name(writer, S("attributes"));
    json_open_object(writer);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        str value = str_map_get(&message->attributes, names[i]);
        if (!is_untraced(names[i], value))
            json_field(writer, names[i], value);
    }
    json_close_object(writer);
}

static void add_digest_or_null(struct json_writer *writer, const struct sqs_message *message)
{
    json_name(writer, S("md5OfMessageAttributes"));
    if (str_present(message->md5_of_message_attributes))
        json_string(writer, message->md5_of_message_attributes);
    else
        json_null(writer);
}

/*
 * AWS's records of mappings with a batching window have a digest of the attributes, or null, before the
 * body's; those of other mappings have it after the body's, if the message has attributes.
 */
static str record_of(const struct call *call, const struct sqs_message *message, str body, str queue_arn,
                     bool has_window)
{
    struct json_writer writer = json_writer_in(call->arena);

    json_open_object(&writer);
    json_field(&writer, S("messageId"), message->message_id);
    json_field(&writer, S("receiptHandle"), message->receipt_handle);
    json_field(&writer, S("body"), body);
    add_attributes(&writer, message);
    add_message_attributes(call, &writer, message);
    if (has_window)
        add_digest_or_null(&writer, message);
    json_field(&writer, S("md5OfBody"), message->md5_of_body);
    if (!has_window)
        json_field(&writer, S("md5OfMessageAttributes"), message->md5_of_message_attributes);
    json_field(&writer, S("eventSource"), S("aws:sqs"));
    json_field(&writer, S("eventSourceARN"), queue_arn);
    json_field(&writer, S("awsRegion"), call->region);
    json_close_object(&writer);
    return json_written(&writer);
}

str lambda_event_record(const struct call *call, const struct sqs_message *message, str queue_arn,
                        bool has_window)
{
    return record_of(call, message, message->body, queue_arn, has_window);
}

str lambda_event_record_head(const struct call *call, const struct sqs_message *message, str queue_arn)
{
    return record_of(call, message, (str){0}, queue_arn, false);
}

str lambda_event_trace_id(const struct sqs_message *message)
{
    str rest = str_map_get(&message->attributes, trace_header_name), part;

    while (str_present(rest) && str_next(&rest, ';', &part))
        if (str_starts_with(part, S("Root=")))
            return str_from(part, 5);
    return (str){0};
}

str lambda_event_lineage(const struct call *call, const struct sqs_message *message)
{
    return lambda_lineage_of_header(call->arena, str_map_get(&message->attributes, trace_header_name));
}

static int compare_ids(const void *a, const void *b)
{
    return str_compare(*(const str *)a, *(const str *)b);
}

void lambda_ids_sort(struct str_list *ids)
{
    size_t count = 0;

    if (ids->count > 0)
        qsort(ids->items, ids->count, sizeof *ids->items, compare_ids);
    for (size_t i = 0; i < ids->count; i++)
        if (i == 0 || !str_equal(ids->items[i], ids->items[count - 1]))
            ids->items[count++] = ids->items[i];
    ids->count = count;
}

/* NULL: the id is not among them. */
static const str *find_id(const struct str_list *ids, str id)
{
    return ids->count > 0 ? bsearch(&id, ids->items, ids->count, sizeof *ids->items, compare_ids) : NULL;
}

bool lambda_ids_have(const struct str_list *ids, str id)
{
    return find_id(ids, id) != NULL;
}

struct ids_seen lambda_ids_unseen(const struct call *call, const struct str_list *ids)
{
    return (struct ids_seen){.ids = ids, .is_seen = arena_alloc(call->arena, ids->count)};
}

void lambda_ids_see(struct ids_seen *seen, str id)
{
    const str *found = find_id(seen->ids, id);

    if (!found || seen->is_seen[found - seen->ids->items])
        return;
    seen->is_seen[found - seen->ids->items] = true;
    seen->count++;
}

bool lambda_ids_all_seen(const struct ids_seen *seen)
{
    return seen->count == seen->ids->count;
}
