/*
 * send.c: putting messages on a queue.
 *
 * A standard queue is a range of (queue, visible_ms); for FIFO queues see fifo.c.  Delay, visibility timeout
 * and long polling are one thing: the message's position in that range.  When a delay or a visibility timeout
 * ends, no timer fires and nothing is written.
 */
#include "sqs_internal.h"

#include "aws/message_attributes.h"
#include "base/hash.h"
#include "base/text.h"
#include "base/utf8.h"
#include "engine/count.h"

enum { MAX_BATCH_BYTES = 1048576, MAX_TRACE_HEADER = 1024 };

struct sent {
    struct posted posted;
    str body_md5, attributes_md5, system_attributes_md5;
};

static bool body_check(const struct call *call, str body)
{
    if (str_empty(body)) {
        fail(call, &SQS_MISSING_REQUIRED_PARAMETER_EXCEPTION,
             "The request must contain the parameter MessageBody.");
        return false;
    }
    if (str_is_xml_text(body))
        return true;
    fail(call, &SQS_INVALID_MESSAGE_CONTENTS,
         "Invalid characters found. Valid unicode characters are #x9 | #xA | #xD | #x20 to #xD7FF | "
         "#xE000 to #xFFFD | #x10000 to #x10FFFF.");
    return false;
}

static bool delay_check(const struct call *call, const int64_t *delay_seconds)
{
    if (!delay_seconds || (*delay_seconds >= 0 && *delay_seconds <= MAX_DELAY_SECONDS))
        return true;
    fail(call, &SQS_INVALID_PARAMETER_VALUE_EXCEPTION,
         "Value %lld for parameter DelaySeconds is invalid. Reason: DelaySeconds must be >= 0 and <= 900.",
         (long long)*delay_seconds);
    return false;
}

/* A standard queue accepts a message group, too (fair queues). */
static bool ids_check(const struct call *call, const struct outgoing *message)
{
    if (str_present(message->group_id) && !message_group_is_id(message->group_id))
        return sqs_value_refuse(
            call, "MessageGroupId", message->group_id,
            "MessageGroupId can only include alphanumeric and punctuation characters. 1 to 128 in "
            "length.");
    return !str_present(message->deduplication_id) || message_group_is_id(message->deduplication_id) ||
           sqs_value_refuse(call, "MessageDeduplicationId", message->deduplication_id,
                            "MessageDeduplicationId can only include alphanumeric and punctuation "
                            "characters. 1 to 128 in length.");
}

/* Only AWSTraceHeader is allowed, and only as text. */
static bool system_attributes_check(const struct call *call,
                                    const struct sqs_message_body_system_attribute_map *attributes)
{
    for (size_t i = 0; i < attributes->count; i++) {
        str name = attributes->items[i].key;
        const struct sqs_message_system_attribute_value *value = &attributes->items[i].value;
        if (sqs_message_system_attribute_name_for_sends_of(name) !=
            SQS_MESSAGE_SYSTEM_ATTRIBUTE_NAME_FOR_SENDS_AWS_TRACE_HEADER)
            return sqs_value_refuse(call, "MessageSystemAttributeName", name,
                                    "There is no such system attribute.");
        if (!str_equal(value->data_type, S("String")) || str_empty(value->string_value))
            return sqs_value_refuse(call, "AWSTraceHeader", value->data_type,
                                    "It must contain a non-empty value of type 'String'.");
        if (value->string_value.size > MAX_TRACE_HEADER || !str_is_xml_text(value->string_value))
            return sqs_value_refuse(call, "AWSTraceHeader", str_head(value->string_value, MAX_TRACE_HEADER),
                                    "It must be a correctly formatted AWS X-Ray trace header.");
    }
    return true;
}

bool sqs_outgoing_check(const struct call *call, const struct outgoing *message)
{
    return body_check(call, message->body) && delay_check(call, message->delay_seconds) &&
           ids_check(call, message) && system_attributes_check(call, message->system_attributes) &&
           sqs_message_attributes_check(call, message->attributes);
}

static bool size_check(const struct call *call, const struct queue *queue, size_t bytes, const char *verdict)
{
    if (bytes <= (size_t)queue->row.maximum_message_size)
        return true;
    fail(call, &SQS_INVALID_PARAMETER_VALUE_EXCEPTION,
         "One or more parameters %s. Reason: Message must be shorter than %lld bytes.", verdict,
         (long long)queue->row.maximum_message_size);
    return false;
}

bool sqs_outgoing_size_check(const struct call *call, const struct queue *queue, size_t bytes)
{
    return size_check(call, queue, bytes, "are invalid");
}

/* AWS words its verdict on the size differently for a message of a batch. */
static bool outgoing_check_for(const struct call *call, const struct queue *queue,
                               const struct outgoing *message, const char *verdict)
{
    return sqs_outgoing_check(call, message) && sqs_fifo_check(call, queue, message) &&
           size_check(call, queue, message->body.size + sqs_message_attributes_size(message->attributes),
                      verdict);
}

str sqs_trace_header_carried(str header)
{
    return header.size <= MAX_TRACE_HEADER && utf8_valid(header) && str_is_xml_text(header) ? header
                                                                                            : (str){0};
}

/* What the sender says in the message is preferred to the header of its request. */
static str trace_header_of(const struct call *call, const struct outgoing *message)
{
    const struct sqs_message_body_system_attribute_map *attributes = message->system_attributes;

    for (size_t i = 0; i < attributes->count; i++)
        if (sqs_message_system_attribute_name_for_sends_of(attributes->items[i].key) ==
            SQS_MESSAGE_SYSTEM_ATTRIBUTE_NAME_FOR_SENDS_AWS_TRACE_HEADER)
            return attributes->items[i].value.string_value;
    return sqs_trace_header_carried(call->trace_header);
}

/*
 * A message continues the trace in its sender's AWSTraceHeader, or else the trace of its request. Any other
 * message begins a trace, whose id sqs_message_trace() computes: nothing is written for it until it is
 * received.
 */
static str trace_id_of(const struct call *call, str trace_header)
{
    str named = trace_of_header(trace_header);

    if (str_present(named))
        return named;
    return str_present(call->trace_id) ? call->trace_id : S("");
}

str sqs_message_trace(const struct call *call, str trace_id, str message_id, int64_t sent_ms)
{
    return str_empty(trace_id) ? trace_of_id(call->arena, message_id, sent_ms) : trace_id;
}

struct trace_hop sqs_message_hop(str trace_id, str message_id, int64_t sent_ms)
{
    bool begins = str_empty(trace_id);

    return (struct trace_hop){
        .trace_id = begins ? (str){0} : trace_id,
        .message_id = message_id,
        .sent_ms = begins ? sent_ms : 0,
    };
}

static void trace_sent(const struct call *call, const struct queue *queue, str trace_id, str message_id,
                       str body)
{
    if (!str_empty(trace_id))
        trace(call, &(struct trace_hop){.kind = HOP_SENT,
                                        .trace_id = trace_id,
                                        .resource_arn = queue->arn,
                                        .message_id = message_id,
                                        .text = body});
}

/* Both kinds of attributes have the same digest; the system's are converted first. */
static str system_attributes_md5(const struct call *call,
                                 const struct sqs_message_body_system_attribute_map *system)
{
    struct sqs_message_body_attribute_map same = {0};

    for (size_t i = 0; i < system->count; i++) {
        struct sqs_message_body_attribute_map_entry *entry = list_add(call->arena, &same);
        entry->key = system->items[i].key;
        entry->value.data_type = system->items[i].value.data_type;
        entry->value.string_value = system->items[i].value.string_value;
        entry->value.binary_value = system->items[i].value.binary_value;
    }
    return sqs_message_attributes_md5(call, &same);
}

void sqs_count_sent(const struct call *call, const struct queue *queue, size_t bytes)
{
    static const struct metric sent = {"AWS/SQS", "NumberOfMessagesSent", "QueueName", "Count"};
    static const struct metric size = {"AWS/SQS", "SentMessageSize", "QueueName", "Bytes"};

    count(call, &sent, queue->row.name, 1);
    count(call, &size, queue->row.name, (double)bytes);
}

/* A sender without a signature is known by its address. */
static str sender_id(const struct call *call)
{
    return call->caller->kind == PRINCIPAL_ANONYMOUS ? call->source_ip : call->caller->id;
}

struct posted sqs_message_put(const struct call *call, const struct queue *queue, const struct parcel *parcel,
                              struct tally *tally)
{
    int64_t generation_id = queue->row.generation_id;
    int64_t visible_ms = call->now_ms + parcel->delay_seconds * MS_PER_S, available_ms = visible_ms;
    struct posted posted = {.message_id = random_uuid(call->arena)};
    struct id_range ids = sqs_ids_sent(generation_id);

    check(parcel->delay_seconds >= 0 && parcel->delay_seconds <= MAX_DELAY_SECONDS);
    check(tally->generation_id == generation_id);
    if (queue->row.fifo)
        posted.sequence = arena_i64(call->arena, sqs_sequence_next(call, generation_id, parcel->group_id));
    sqs_add_message(call->txn, &(struct sqs_add_message_params){
                                   .first_id = ids.first,
                                   .end_id = ids.end,
                                   .generation_id = generation_id,
                                   .visible_ms = visible_ms,
                                   .message_id = posted.message_id,
                                   .sent_ms = call->now_ms,
                                   .sender_id = sender_id(call),
                                   .body = parcel->body,
                                   .attributes = parcel->attributes,
                                   .trace_header = parcel->trace_header,
                                   .trace_id = parcel->trace_id,
                                   .group_id = parcel->group_id,
                                   .body_id = parcel->body_id,
                                   .sequence = posted.sequence,
                                   .deduplication_id = parcel->deduplication_id,
                               });
    sqs_tally_sent(call, tally, (struct message_state){visible_ms, false});
    sqs_tenant_joins(queue, parcel->group_id);
    if (queue->row.fifo)
        available_ms = sqs_fifo_posted(call, queue, parcel, &posted, visible_ms);
    sqs_queue_has_messages(call, queue, available_ms);
    return posted;
}

struct content sqs_message_content(const struct call *call, const struct outgoing *message)
{
    struct md5 digest = md5(message->body);

    return (struct content){
        .body = message->body,
        .body_md5 = hex_encode(call->arena, HASH_STR(digest)),
        .attributes = message->attributes->count
                          ? model_to_json(call->arena, &SQS_MESSAGE_BODY_ATTRIBUTE_MAP, message->attributes)
                          : (str){0},
    };
}

static struct posted put(const struct call *call, const struct queue *queue, const struct outgoing *message,
                         const struct content *content, struct tally *tally)
{
    str deduplication_id = sqs_deduplication_id(call, queue, message);
    struct posted posted;

    if (sqs_duplicate_find(call, queue, message->group_id, deduplication_id, &posted))
        return posted;
    const int64_t *body_id = sqs_body_store(call, content, 1);
    str trace_header = trace_header_of(call, message);
    struct parcel parcel = {
        .body = body_id ? S("") : content->body,
        .attributes = body_id ? (str){0} : content->attributes,
        .body_id = body_id,
        .delay_seconds =
            message->delay_seconds && !queue->row.fifo ? *message->delay_seconds : queue->row.delay_seconds,
        .trace_header = trace_header,
        .trace_id = trace_id_of(call, trace_header),
        .group_id = message->group_id,
        .deduplication_id = deduplication_id,
    };

    posted = sqs_message_put(call, queue, &parcel, tally);
    trace_sent(call, queue, parcel.trace_id, posted.message_id, message->body);
    return posted;
}

static struct sent send(const struct call *call, const struct queue *queue, const struct outgoing *message,
                        struct tally *tally)
{
    struct content content = sqs_message_content(call, message);
    struct posted posted = put(call, queue, message, &content, tally);

    sqs_count_sent(call, queue, message->body.size + sqs_message_attributes_size(message->attributes));
    return (struct sent){
        .posted = posted,
        .body_md5 = content.body_md5,
        .attributes_md5 = sqs_message_attributes_md5(call, message->attributes),
        .system_attributes_md5 = system_attributes_md5(call, message->system_attributes),
    };
}

enum outcome sqs_send_message(const struct call *call, const struct sqs_send_message_request *in,
                              struct sqs_send_message_result *out)
{
    struct outgoing message = {
        .body = in->message_body,
        .delay_seconds = in->delay_seconds,
        .attributes = &in->message_attributes,
        .system_attributes = &in->message_system_attributes,
        .group_id = in->message_group_id,
        .deduplication_id = in->message_deduplication_id,
    };
    const struct queue *queue = sqs_queue_of(call);

    if (!queue || !outgoing_check_for(call, queue, &message, "are invalid"))
        return FAILED;

    struct tally tally = sqs_tally_begin(queue);
    struct sent sent = send(call, queue, &message, &tally);
    sqs_tally_end(call, &tally);
    out->message_id = sent.posted.message_id;
    out->sequence_number = sqs_sequence_text(call, sent.posted.sequence);
    out->md5_of_message_body = sent.body_md5;
    out->md5_of_message_attributes = sent.attributes_md5;
    out->md5_of_message_system_attributes = sent.system_attributes_md5;
    return DONE;
}

static void send_entry(const struct call *call, const struct queue *queue,
                       const struct sqs_send_message_batch_request_entry *entry, struct tally *tally,
                       struct sqs_send_message_batch_result *out)
{
    struct outgoing message = {
        .body = entry->message_body,
        .delay_seconds = entry->delay_seconds,
        .attributes = &entry->message_attributes,
        .system_attributes = &entry->message_system_attributes,
        .group_id = entry->message_group_id,
        .deduplication_id = entry->message_deduplication_id,
    };

    if (!outgoing_check_for(call, queue, &message, "cannot be validated")) {
        *list_add(call->arena, &out->failed) = sqs_batch_error(call, entry->id);
        return;
    }
    struct sent sent = send(call, queue, &message, tally);
    *list_add(call->arena, &out->successful) = (struct sqs_send_message_batch_result_entry){
        .id = entry->id,
        .message_id = sent.posted.message_id,
        .sequence_number = sqs_sequence_text(call, sent.posted.sequence),
        .md5_of_message_body = sent.body_md5,
        .md5_of_message_attributes = sent.attributes_md5,
        .md5_of_message_system_attributes = sent.system_attributes_md5,
    };
}

/* A code that only entries of a batch have. */
static struct sqs_batch_result_error_entry empty_error(const struct call *call, str id, size_t number)
{
    return (struct sqs_batch_result_error_entry){
        .id = id,
        .sender_fault = true,
        .code = S("EmptyValue"),
        .message = arena_format(call->arena, "No Value Found for %s.%zu.MessageBody.",
                                call->operation->input->members[1].shape->element->name, number),
    };
}

static bool batch_size_check(const struct call *call, const struct sqs_send_message_batch_request *in)
{
    size_t size = 0;

    for (size_t i = 0; i < in->entries.count; i++)
        size += in->entries.items[i].message_body.size +
                sqs_message_attributes_size(&in->entries.items[i].message_attributes);
    if (size <= MAX_BATCH_BYTES)
        return true;
    fail(call, &SQS_BATCH_REQUEST_TOO_LONG,
         "Batch requests cannot be longer than 1048576 bytes. You have sent %zu bytes.", size);
    return false;
}

static bool batch_fifo_check(const struct call *call, const struct queue *queue,
                             const struct sqs_send_message_batch_request *in)
{
    for (size_t i = 0; i < in->entries.count; i++)
        if (!sqs_fifo_entry_check(call, queue, in->entries.items[i].message_group_id,
                                  in->entries.items[i].message_deduplication_id))
            return false;
    return true;
}

enum outcome sqs_send_message_batch(const struct call *call, const struct sqs_send_message_batch_request *in,
                                    struct sqs_send_message_batch_result *out)
{
    struct str_list ids = {0};
    const struct queue *queue = sqs_queue_of(call);

    for (size_t i = 0; i < in->entries.count; i++)
        *list_add(call->arena, &ids) = in->entries.items[i].id;
    if (!queue || !sqs_batch_check(call, ids) || !batch_size_check(call, in) ||
        !batch_fifo_check(call, queue, in))
        return FAILED;
    struct tally tally = sqs_tally_begin(queue);
    for (size_t i = 0; i < in->entries.count; i++)
        if (str_empty(in->entries.items[i].message_body))
            *list_add(call->arena, &out->failed) = empty_error(call, ids.items[i], i + 1);
        else
            send_entry(call, queue, &in->entries.items[i], &tally, out);
    sqs_tally_end(call, &tally);
    return DONE;
}
