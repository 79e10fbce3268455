/*
 * tags.c: a queue's cost allocation tags.
 */
#include "sqs_internal.h"

#include "aws/tag_rules.h"

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
    for (size_t i = 0; i < tags->count && tags->count <= TAGS_MAX; i++)
        sqs_put_tag(call->txn, &(struct sqs_put_tag_params){.queue_id = queue->row.id,
                                                            .name = tags->items[i].key,
                                                            .value = tags->items[i].value});
    struct sqs_list_tags_rows rows =
        sqs_list_tags(call->txn, &(struct sqs_list_tags_params){.queue_id = queue->row.id});
    if (tags->count <= TAGS_MAX && rows.count <= TAGS_MAX)
        return true;
    fail(call, &SQS_INVALID_PARAMETER_VALUE_EXCEPTION, "Too many tags added for queue %.*s.",
         STR_ARGS(queue->row.name));
    return false;
}

void sqs_queue_tags_in_context(const struct call *call, const struct resource *resource,
                               struct context_list *context)
{
    const struct queue *queue = resource->row;
    struct sqs_list_tags_rows rows =
        sqs_list_tags(call->txn, &(struct sqs_list_tags_params){.queue_id = queue->row.id});

    for (size_t i = 0; i < rows.count; i++)
        context_add_resource_tag(call, context, rows.items[i].name, rows.items[i].value);
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
    for (size_t i = 0; i < in->tag_keys.count; i++)
        sqs_remove_tag(call->txn, &(struct sqs_remove_tag_params){.queue_id = queue->row.id,
                                                                  .name = in->tag_keys.items[i]});
    return DONE;
}

enum outcome sqs_list_queue_tags(const struct call *call, const struct sqs_list_queue_tags_request *in,
                                 struct sqs_list_queue_tags_result *out)
{
    const struct queue *queue = sqs_queue_of(call);

    (void)in;
    if (!queue)
        return FAILED;
    struct sqs_list_tags_rows rows =
        sqs_list_tags(call->txn, &(struct sqs_list_tags_params){.queue_id = queue->row.id});
    for (size_t i = 0; i < rows.count; i++)
        *list_add(call->arena, &out->tags) = (struct str_map_entry){rows.items[i].name, rows.items[i].value};
    return DONE;
}
