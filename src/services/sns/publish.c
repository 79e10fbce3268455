/*
 * publish.c: a message to every subscriber, in one transaction with the publishing.
 *
 * SNS sends to a queue as anybody would: by SQS's own operation, as the principal sns.amazonaws.com,
 * if the queue's policy lets it.  A queue that refuses loses its copy; the publisher is not told.
 */
#include "sns_internal.h"

#include "base/hash.h"
#include "sqs_model.h"

enum { MAX_RAW_ATTRIBUTES = 10, MAX_ENTRIES = 10, MAX_ID = 80 };

static struct sqs_message_attribute_value_map sqs_attributes(const struct call *call,
                                                             const struct message *message)
{
    struct sqs_message_attribute_value_map attributes = {0};

    for (size_t i = 0; i < message->attributes->count; i++) {
        const struct sns_message_attribute_value_map_entry *from = &message->attributes->items[i];
        struct sqs_message_attribute_value_map_entry *to = list_add(call->arena, &attributes);
        to->key = from->key;
        to->value.data_type = from->value.data_type;
        to->value.string_value = from->value.string_value;
        to->value.binary_value = from->value.binary_value;
    }
    return attributes;
}

static struct sqs_send_message_request request_for(const struct call *call, const struct topic *topic,
                                                   const struct message *message,
                                                   const struct sns_list_subscribers_row *subscriber,
                                                   const struct arn_parts *queue)
{
    str text = message_text_for(call, message, subscriber->protocol);
    struct sqs_send_message_request request = {
        .queue_url =
            arena_format(call->arena, "%.*s/queue/%.*s/%.*s/%.*s", STR_ARGS(call->endpoint),
                         STR_ARGS(queue->region), STR_ARGS(queue->account), STR_ARGS(queue->resource)),
        .message_body = text,
        .message_group_id = message->group_id,
    };

    if (subscriber->raw_delivery)
        request.message_attributes = sqs_attributes(call, message);
    else
        request.message_body = envelope(call, topic, message, text, subscriber->arn);
    return request;
}

static void deliver(const struct call *call, const struct topic *topic, const struct message *message,
                    const struct sns_list_subscribers_row *subscriber)
{
    struct arn_parts queue;
    struct sqs_send_message_result result = {0};
    struct failure failure = {0};

    if (!arn_split(subscriber->endpoint, &queue))
        return;
    if (subscriber->raw_delivery && message->attributes->count > MAX_RAW_ATTRIBUTES) {
        trace(call, S("not delivered"), subscriber->endpoint, S("A raw message has at most 10 attributes."));
        return;
    }
    struct sqs_send_message_request request = request_for(call, topic, message, subscriber, &queue);
    if (invoke(call, service_principal(call, S("sns.amazonaws.com"), topic->arn), &SQS_SEND_MESSAGE, &request,
               &result, &failure) == DONE)
        trace(call, S("delivered"), subscriber->endpoint, result.message_id);
    else
        trace(call, S("not delivered"), subscriber->endpoint, failure.message);
}

static struct sns_list_subscribers_rows subscribers_of(const struct call *call, const struct topic *topic)
{
    return sns_list_subscribers(call->txn, &(struct sns_list_subscribers_params){.topic_id = topic->row.id});
}

static void publish(const struct call *call, const struct topic *topic,
                    const struct sns_list_subscribers_rows *subscribers, const struct message *message)
{
    trace(call, S("published"), topic->arn, message->id);
    for (size_t i = 0; i < subscribers->count; i++)
        deliver(call, topic, message, &subscribers->items[i]);
}

static bool target_check(const struct call *call, const struct sns_publish_input *in, str *arn)
{
    *arn = str_present(in->topic_arn) ? in->topic_arn : in->target_arn;
    if (str_present(in->topic_arn) && str_present(in->target_arn)) {
        fail(
            call, &SNS_INVALID_PARAMETER_EXCEPTION,
            "Invalid parameter: TopicArn or TargetArn Reason: TopicArn and TargetArn are mutually exclusive");
        return false;
    }
    if (str_present(in->phone_number)) {
        fail(call, &SNS_INVALID_PARAMETER_EXCEPTION, "Invalid parameter: PhoneNumber: SMS is not supported.");
        return false;
    }
    if (str_present(*arn))
        return true;
    fail(call, &SNS_INVALID_PARAMETER_EXCEPTION,
         "Invalid parameter: TopicArn or TargetArn Reason: no value for required parameter");
    return false;
}

static struct message message_of(const struct call *call, const struct sns_publish_input *in)
{
    return (struct message){
        .published_ms = call->now_ms,
        .id = random_uuid(call->arena),
        .text = in->message,
        .subject = in->subject,
        .structure = in->message_structure,
        .attributes = &in->message_attributes,
        .deduplication_id = in->message_deduplication_id,
        .group_id = in->message_group_id,
    };
}

/* Signing costs a fifth of a millisecond a message, which the engine thread should not spend. */
static void sign_in_advance(const struct call *call, const struct topic *topic,
                            const struct sns_list_subscribers_rows *subscribers, struct message *message)
{
    for (size_t i = 0; i < subscribers->count; i++)
        if (!subscribers->items[i].raw_delivery) {
            str text = message_text_for(call, message, subscribers->items[i].protocol);
            envelope_prepare(call, topic, text, message);
            return;
        }
}

void sns_publish_prepare(const struct call *call, const struct sns_publish_input *in)
{
    struct message *message = arena_new(call->arena, struct message);
    struct topic topic;
    str arn;

    *message = message_of(call, in);
    if (!target_check(call, in, &arn) || !topic_open(call, arn, &topic) || !message_check(call, message))
        return;
    struct sns_list_subscribers_rows subscribers = subscribers_of(call, &topic);
    sign_in_advance(call, &topic, &subscribers, message);
    leave_prepared(call, message);
}

enum outcome sns_publish(const struct call *call, const struct sns_publish_input *in,
                         struct sns_publish_response *out)
{
    const struct message *signed_before = prepared(call);
    struct message message = signed_before ? *signed_before : message_of(call, in);
    struct topic topic;
    str arn;

    if (!target_check(call, in, &arn) || !topic_open(call, arn, &topic) ||
        (!signed_before && !message_check(call, &message)))
        return FAILED;
    struct sns_list_subscribers_rows subscribers = subscribers_of(call, &topic);
    publish(call, &topic, &subscribers, &message);
    out->message_id = message.id;
    return DONE;
}

static bool is_id(str id)
{
    return id.size >= 1 && id.size <= MAX_ID && str_is_word(id, S("-_"));
}

static bool is_repeated(const struct sns_publish_batch_request_entry_list *entries, size_t index)
{
    for (size_t i = 0; i < index; i++)
        if (str_equal(entries->items[i].id, entries->items[index].id))
            return true;
    return false;
}

static bool entries_check(const struct call *call, const struct sns_publish_batch_request_entry_list *entries)
{
    size_t size = 0;

    if (entries->count == 0) {
        fail(call, &SNS_EMPTY_BATCH_REQUEST_EXCEPTION, "The batch request doesn't contain any entries.");
        return false;
    }
    if (entries->count > MAX_ENTRIES) {
        fail(call, &SNS_TOO_MANY_ENTRIES_IN_BATCH_REQUEST_EXCEPTION,
             "The batch request contains more entries than permissible.");
        return false;
    }
    for (size_t i = 0; i < entries->count; i++) {
        size +=
            entries->items[i].message.size + published_attributes_size(&entries->items[i].message_attributes);
        if (!is_id(entries->items[i].id)) {
            fail(call, &SNS_INVALID_BATCH_ENTRY_ID_EXCEPTION,
                 "The Id of a batch entry in a batch request doesn't abide by the specification.");
            return false;
        }
        if (is_repeated(entries, i)) {
            fail(call, &SNS_BATCH_ENTRY_IDS_NOT_DISTINCT_EXCEPTION,
                 "Two or more batch entries in the request have the same Id.");
            return false;
        }
    }
    if (size > MAX_MESSAGE_BYTES) {
        fail(call, &SNS_BATCH_REQUEST_TOO_LONG_EXCEPTION,
             "The length of all the batch messages put together is more than the limit.");
        return false;
    }
    return true;
}

static struct message message_of_entry(const struct call *call,
                                       const struct sns_publish_batch_request_entry *entry)
{
    return (struct message){
        .published_ms = call->now_ms,
        .id = random_uuid(call->arena),
        .text = entry->message,
        .subject = entry->subject,
        .structure = entry->message_structure,
        .attributes = &entry->message_attributes,
        .deduplication_id = entry->message_deduplication_id,
        .group_id = entry->message_group_id,
    };
}

/* The messages of a batch, or NULL: one of them must not be published, and fail() has been called. */
static struct message *messages_of(const struct call *call,
                                   const struct sns_publish_batch_request_entry_list *entries)
{
    struct message *messages = arena_alloc(call->arena, entries->count * sizeof *messages);

    for (size_t i = 0; i < entries->count; i++) {
        messages[i] = message_of_entry(call, &entries->items[i]);
        if (!message_check(call, &messages[i]))
            return NULL;
    }
    return messages;
}

void sns_publish_batch_prepare(const struct call *call, const struct sns_publish_batch_input *in)
{
    const struct sns_publish_batch_request_entry_list *entries = &in->publish_batch_request_entries;
    struct message *messages;
    struct topic topic;

    if (!topic_open(call, in->topic_arn, &topic) || !entries_check(call, entries) ||
        !(messages = messages_of(call, entries)))
        return;
    struct sns_list_subscribers_rows subscribers = subscribers_of(call, &topic);
    for (size_t i = 0; i < entries->count; i++)
        sign_in_advance(call, &topic, &subscribers, &messages[i]);
    leave_prepared(call, messages);
}

/* A batch with one bad entry is refused as a whole; what SNS itself could not do would be in Failed. */
enum outcome sns_publish_batch(const struct call *call, const struct sns_publish_batch_input *in,
                               struct sns_publish_batch_response *out)
{
    const struct sns_publish_batch_request_entry_list *entries = &in->publish_batch_request_entries;
    const struct message *messages = prepared(call);
    struct topic topic;

    if (!topic_open(call, in->topic_arn, &topic) || !entries_check(call, entries) ||
        (!messages && !(messages = messages_of(call, entries))))
        return FAILED;
    list_make_empty(call->arena, &out->successful);
    list_make_empty(call->arena, &out->failed);
    struct sns_list_subscribers_rows subscribers = subscribers_of(call, &topic);
    for (size_t i = 0; i < entries->count; i++) {
        publish(call, &topic, &subscribers, &messages[i]);
        *list_add(call->arena, &out->successful) =
            (struct sns_publish_batch_result_entry){.id = entries->items[i].id, .message_id = messages[i].id};
    }
    return DONE;
}
