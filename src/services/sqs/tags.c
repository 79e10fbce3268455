/*
 * tags.c: a queue's cost allocation tags.
 */
#include "sqs_internal.h"

#include "services/tags/tags.h"

static bool refuse(const struct call *call, const char *reason)
{
    fail(call, &SQS_INVALID_PARAMETER_VALUE_EXCEPTION, "%s", reason);
    return false;
}

#define ALLOWED_CHARACTERS                                                                                   \
    " may only contain unicode letters, digits, white space, or one of these symbols: _ . : / = + - @"

static bool key_check(const struct call *call, str key)
{
    size_t characters = str_characters(key);

    if (characters < 1 || characters > TAG_KEY_MAX_CHARACTERS)
        return refuse(call, "Tag keys must be between 1 and 128 characters in length.");
    return str_is_xml_text(key) || refuse(call, "Tag keys" ALLOWED_CHARACTERS);
}

static bool value_check(const struct call *call, str value)
{
    if (str_characters(value) > TAG_VALUE_MAX_CHARACTERS)
        return refuse(call, "Tag values must be between 0 and 256 characters in length.");
    return str_is_xml_text(value) || refuse(call, "Tag values" ALLOWED_CHARACTERS);
}

bool sqs_queue_put_tags(const struct call *call, const struct queue *queue, const struct str_map *tags)
{
    for (size_t i = 0; i < tags->count; i++)
        if (!key_check(call, tags->items[i].key) || !value_check(call, tags->items[i].value))
            return false;
    if (!tags_keys_check(call, tags, &SQS_INVALID_PARAMETER_VALUE_EXCEPTION, ""))
        return false;
    if (tags_put(call, queue->arn, tags, TAG_CASE_MATTERS))
        return true;
    fail(call, &SQS_INVALID_PARAMETER_VALUE_EXCEPTION, "Too many tags added for queue %.*s.",
         STR_ARGS(queue->row.name));
    return false;
}

enum outcome sqs_tag_queue(const struct call *call, const struct sqs_tag_queue_request *in,
                           struct sqs_tag_queue_output *out)
{
    const struct queue *queue = sqs_queue_of(call);

    (void)out;
    if (!queue)
        return FAILED;
    if (in->tags.count == 0)
        return fail(call, &SQS_MISSING_REQUIRED_PARAMETER_EXCEPTION,
                    "The request must contain the parameter Tags.");
    return sqs_queue_put_tags(call, queue, &in->tags) ? DONE : FAILED;
}

enum outcome sqs_untag_queue(const struct call *call, const struct sqs_untag_queue_request *in,
                             struct sqs_untag_queue_output *out)
{
    const struct queue *queue = sqs_queue_of(call);

    (void)out;
    if (!queue)
        return FAILED;
    if (in->tag_keys.count == 0)
        return fail(call, &SQS_INVALID_PARAMETER_VALUE_EXCEPTION,
                    "Tag keys must be between 1 and 128 characters in length.");
    tags_remove(call, queue->arn, &in->tag_keys, TAG_CASE_MATTERS);
    return DONE;
}

enum outcome sqs_list_queue_tags(const struct call *call, const struct sqs_list_queue_tags_request *in,
                                 struct sqs_list_queue_tags_result *out)
{
    const struct queue *queue = sqs_queue_of(call);

    (void)in;
    if (!queue)
        return FAILED;
    out->tags = tags_of(call->txn, call->arena, queue->arn);
    return DONE;
}
