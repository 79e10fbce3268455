/*
 * message.c: checks messages to publish.
 * https://docs.aws.amazon.com/sns/latest/api/API_Publish.html
 */
#include "sns_internal.h"

#include "aws/message_attributes.h"
#include "base/hash.h"
#include "wire/json.h"

static bool refuse(const struct call *call, const char *problem)
{
    fail(call, &SNS_INVALID_PARAMETER_EXCEPTION, "Invalid parameter: %s", problem);
    return false;
}

/* At most 100 characters, without control characters. */
static bool is_subject(str subject)
{
    size_t characters = str_characters(subject);

    for (size_t i = 0; i < subject.size; i++)
        if ((unsigned char)subject.data[i] < 0x20 || subject.data[i] == 0x7f)
            return false;
    return characters >= 1 && characters <= MAX_SUBJECT_CHARACTERS;
}

static bool structure_check(const struct call *call, const struct topic *topic, const struct message *message)
{
    const struct json *texts;
    bool is_direct = !topic->row.id;

    if (!str_present(message->structure))
        return true;
    if (!str_equal(message->structure, S("json")))
        return refuse(call, "MessageStructure");
    texts = json_parse(call->arena, message->text, NULL);
    if (!json_is(texts, JSON_OBJECT) || json_has_repeats(call->arena, texts))
        return refuse(call, "Message Structure - JSON message body failed to parse");
    return is_direct || json_is(json_get(texts, S("default")), JSON_STRING) ||
           refuse(call, "Message Structure - No default entry in JSON message body");
}

/* A FIFO topic's message needs both ids; the second one may follow from the content. */
static bool ids_present_check(const struct call *call, const struct topic *topic,
                              const struct message *message)
{
    if (!topic->row.fifo_id)
        return true;
    if (!str_present(message->group_id))
        return refuse(call, "The MessageGroupId parameter is required for FIFO topics");
    return topic->row.content_deduplication || str_present(message->deduplication_id) ||
           refuse(call, "The topic should either have ContentBasedDeduplication enabled or "
                        "MessageDeduplicationId provided explicitly");
}

static bool ids_check(const struct call *call, const struct topic *topic, const struct message *message)
{
    if (str_present(message->deduplication_id) && !topic->row.fifo_id)
        return refuse(call,
                      "MessageDeduplicationId Reason: The request includes MessageDeduplicationId parameter "
                      "that is not valid for this topic type");
    if (str_present(message->deduplication_id) && !message_group_is_id(message->deduplication_id))
        return refuse(call, "MessageDeduplicationId Reason: MessageDeduplicationId can only include "
                            "alphanumeric and punctuation characters. 1 to 128 in length");
    if (str_present(message->group_id) && !message_group_is_id(message->group_id))
        return refuse(call,
                      "MessageGroupId Reason: MessageGroupId can only include alphanumeric and punctuation "
                      "characters. 1 to 128 in length");
    return true;
}

bool sns_message_check_form(const struct call *call, const struct topic *topic, const struct message *message)
{
    return sns_published_attributes_check(call, message->attributes) &&
           structure_check(call, topic, message) && ids_present_check(call, topic, message);
}

bool sns_message_check_content(const struct call *call, const struct topic *topic, struct message *message)
{
    if (str_empty(message->text))
        return refuse(call, "Empty message");
    if (str_present(message->subject) && !is_subject(message->subject))
        return refuse(call, "Subject");
    if (!ids_check(call, topic, message))
        return false;
    if ((int64_t)(message->text.size + sns_published_attributes_size(message->attributes)) >
        sns_message_size_limit(topic))
        return refuse(call, "Message too long");
    if (topic->row.fifo_id && !str_present(message->deduplication_id)) {
        struct sha256 digest = sha256(message->text);
        message->deduplication_id = hex_encode(call->arena, HASH_STR(digest));
    }
    return true;
}

bool sns_message_check(const struct call *call, const struct topic *topic, struct message *message)
{
    /* An empty text is not JSON, either: the content is told first. */
    if (str_empty(message->text))
        return refuse(call, "Empty message");
    return sns_message_check_form(call, topic, message) && sns_message_check_content(call, topic, message);
}

str sns_message_text_for(const struct call *call, const struct message *message, str protocol)
{
    const struct json *texts;

    if (!str_present(message->structure))
        return message->text;
    texts = json_parse(call->arena, message->text, NULL);
    str own = json_get_str(texts, protocol);
    return str_present(own) ? own : json_get_str(texts, S("default"));
}
