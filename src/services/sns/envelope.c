/*
 * envelope.c: the JSON text around a message, byte for byte in SNS's layout.
 * https://docs.aws.amazon.com/sns/latest/dg/sns-message-and-json-formats.html
 */
#include "subscription.h"

#include "base/check.h"
#include "base/hash.h"
#include "base/time.h"
#include "wire/json.h"

static void add_signed(struct text *text, str name, str value)
{
    if (!str_present(value))
        return;
    text_add(text, name);
    text_add_char(text, '\n');
    text_add(text, value);
    text_add_char(text, '\n');
}

/* https://docs.aws.amazon.com/sns/latest/dg/sns-verify-signature-of-message.html */
static str text_to_sign(const struct call *call, const struct topic *topic, const struct message *message,
                        str body)
{
    struct text text = text_in(call->arena);

    add_signed(&text, S("Message"), body);
    add_signed(&text, S("MessageId"), message->id);
    add_signed(&text, S("Subject"), message->subject);
    add_signed(&text, S("Timestamp"), time_iso8601_ms(call->arena, message->published_ms));
    add_signed(&text, S("TopicArn"), topic->arn);
    add_signed(&text, S("Type"), S("Notification"));
    return text_str(&text);
}

/* A line `  "Name" : "value"`, with a comma before all but the first line. */
static void add_line(struct json_writer *writer, str name, str value)
{
    if (!str_present(value))
        return;
    text_add(&writer->text, writer->text.size > 1 ? S(",\n  ") : S("\n  "));
    writer->need_comma = false;
    json_string(writer, name);
    text_add(&writer->text, S(" : "));
    writer->need_comma = false;
    json_string(writer, value);
}

static void add_attribute(const struct call *call, struct json_writer *writer, bool first,
                          const struct sns_message_attribute_map_entry *entry)
{
    bool binary = str_present(entry->value.binary_value);

    text_add(&writer->text, first ? S("\n    ") : S(",\n    "));
    writer->need_comma = false;
    json_string(writer, entry->key);
    text_add(&writer->text, S(" : "));
    writer->need_comma = false;
    json_open_object(writer);
    json_field(writer, S("Type"), entry->value.data_type);
    json_field(writer, S("Value"),
               binary ? base64_encode(call->arena, entry->value.binary_value) : entry->value.string_value);
    json_close_object(writer);
}

static void add_attributes(const struct call *call, struct json_writer *writer, const struct message *message)
{
    if (message->attributes->count == 0)
        return;
    text_add(&writer->text, S(",\n  \"MessageAttributes\" : {"));
    for (size_t i = 0; i < message->attributes->count; i++)
        add_attribute(call, writer, i == 0, &message->attributes->items[i]);
    text_add(&writer->text, S("\n  }"));
}

static void add_signature(const struct call *call, struct json_writer *writer,
                          const struct signature *signature)
{
    add_line(writer, S("SignatureVersion"), signature->version == 1 ? S("1") : S("2"));
    add_line(writer, S("Signature"), signature->base64);
    add_line(writer, S("SigningCertURL"),
             arena_format(call->arena, "%.*s/SimpleNotificationService-%.*s.pem", STR_ARGS(call->endpoint),
                          STR_ARGS(signature->key_name)));
}

/* Queues take no U+FFFE and no U+FFFF, which a message may have: they are escaped. */
static str for_queues(const struct call *call, str envelope, size_t *insert_at)
{
    str head = json_for_xml(call->arena, str_head(envelope, *insert_at)),
        tail = json_for_xml(call->arena, str_from(envelope, *insert_at));

    if (head.size + tail.size == envelope.size)
        return envelope;
    *insert_at = head.size;
    return arena_join(call->arena, head, tail);
}

/* `signature` is NULL for a FIFO topic, whose messages have none. */
static str write_envelope(const struct call *call, const struct topic *topic, const struct message *message,
                          str text, const struct signature *signature, size_t *insert_at)
{
    struct json_writer writer = json_writer_in(call->arena);

    text_add_char(&writer.text, '{');
    add_line(&writer, S("Type"), S("Notification"));
    add_line(&writer, S("MessageId"), message->id);
    add_line(&writer, S("SequenceNumber"), message->sequence_number);
    add_line(&writer, S("TopicArn"), topic->arn);
    add_line(&writer, S("Subject"), message->subject);
    add_line(&writer, S("Message"), text);
    add_line(&writer, S("Timestamp"), time_iso8601_ms(call->arena, message->published_ms));
    if (signature)
        add_signature(call, &writer, signature);
    add_line(&writer, S("UnsubscribeURL"),
             arena_join(call->arena, call->endpoint, S("/?Action=Unsubscribe&SubscriptionArn=")));
    *insert_at = writer.text.size - 1; /* before the closing quote */
    add_attributes(call, &writer, message);
    add_line(&writer, S("Replayed"), message->replayed ? S("true") : (str){0});
    text_add(&writer.text, S("\n}"));
    return for_queues(call, text_str(&writer.text), insert_at);
}

void sns_envelope_prepare(const struct call *call, const struct topic *topic, str text,
                          struct message *message)
{
    if (topic->row.fifo_id || /* whose messages have no sequence number yet, and never a signature */
        !sns_signer_sign(call, topic->row.signature_version, text_to_sign(call, topic, message, text),
                         &message->signature))
        return;
    message->signed_text = text;
    message->envelope = write_envelope(call, topic, message, text, &message->signature, &message->insert_at);
}

static bool is_prepared(const struct call *call, const struct topic *topic, const struct message *message,
                        str text)
{
    return str_present(message->signed_text) && str_equal(message->signed_text, text) &&
           sns_signature_is_current(call, &message->signature, topic->row.signature_version);
}

str sns_envelope(const struct call *call, const struct topic *topic, const struct message *message, str text,
                 size_t *insert_at)
{
    struct signature signature;

    if (str_present(message->sequence_number))
        return write_envelope(call, topic, message, text, NULL, insert_at);
    if (is_prepared(call, topic, message, text)) {
        *insert_at = message->insert_at;
        return message->envelope;
    }
    check(sns_signer_sign(call, topic->row.signature_version, text_to_sign(call, topic, message, text),
                          &signature));
    return write_envelope(call, topic, message, text, &signature, insert_at);
}

static str confirmation_message(const struct call *call, const struct topic *topic,
                                const struct confirmation *confirmation)
{
    if (confirmation->ends)
        return arena_concat(call->arena, S("You have chosen to deactivate subscription "),
                            confirmation->subscription_arn,
                            S(".\nTo cancel this operation and restore the subscription, visit the "
                              "SubscribeURL included in this message."));
    return arena_concat(
        call->arena, S("You have chosen to subscribe to the topic "), topic->arn,
        S(".\nTo confirm the subscription, visit the SubscribeURL included in this message."));
}

/* The members in the order of the JSON text. */
enum { TYPE, MESSAGE_ID, TOKEN, TOPIC_ARN, MESSAGE, SUBSCRIBE_URL, TIMESTAMP, CONFIRMATION_MEMBERS };
static const str confirmation_names[CONFIRMATION_MEMBERS] = {
    [TYPE] = STR_INIT("Type"),           [MESSAGE_ID] = STR_INIT("MessageId"),
    [TOKEN] = STR_INIT("Token"),         [TOPIC_ARN] = STR_INIT("TopicArn"),
    [MESSAGE] = STR_INIT("Message"),     [SUBSCRIBE_URL] = STR_INIT("SubscribeURL"),
    [TIMESTAMP] = STR_INIT("Timestamp"),
};

static struct signature confirmation_sign(const struct call *call, const struct topic *topic,
                                          const str values[CONFIRMATION_MEMBERS])
{
    static const int order[] = {MESSAGE, MESSAGE_ID, SUBSCRIBE_URL, TIMESTAMP, TOKEN, TOPIC_ARN, TYPE};
    struct text text = text_in(call->arena);
    struct signature signature = {0};

    for (size_t i = 0; i < CONFIRMATION_MEMBERS; i++)
        add_signed(&text, confirmation_names[order[i]], values[order[i]]);
    check(sns_signer_sign(call, topic->row.signature_version, text_str(&text), &signature));
    return signature;
}

str sns_confirmation_envelope(const struct call *call, const struct topic *topic,
                              const struct confirmation *confirmation)
{
    struct json_writer writer = json_writer_in(call->arena);
    const str values[CONFIRMATION_MEMBERS] = {
        [TYPE] = confirmation->ends ? S("UnsubscribeConfirmation") : S("SubscriptionConfirmation"),
        [MESSAGE_ID] = confirmation->message_id,
        [TOKEN] = confirmation->token,
        [TOPIC_ARN] = topic->arn,
        [MESSAGE] = confirmation_message(call, topic, confirmation),
        [SUBSCRIBE_URL] =
            arena_concat(call->arena, call->endpoint, S("/?Action=ConfirmSubscription&TopicArn="), topic->arn,
                         S("&Token="), confirmation->token),
        [TIMESTAMP] = time_iso8601_ms(call->arena, call->now_ms),
    };
    struct signature signature = confirmation_sign(call, topic, values);

    text_add_char(&writer.text, '{');
    for (size_t i = 0; i < CONFIRMATION_MEMBERS; i++)
        add_line(&writer, confirmation_names[i], values[i]);
    add_signature(call, &writer, &signature);
    text_add(&writer.text, S("\n}"));
    return text_str(&writer.text);
}

str sns_envelope_insert(const struct call *call, str subscription_arn)
{
    struct json_writer writer = json_writer_in(call->arena);

    json_string(&writer, subscription_arn);
    str quoted = json_written(&writer);
    return str_head(str_from(quoted, 1), quoted.size - 2);
}
