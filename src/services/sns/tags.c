/*
 * tags.c: a topic's tags.
 */
#include "sns_internal.h"

#include "aws/tag_rules.h"

static bool distinct_check(const struct call *call, const struct sns_tag_list *tags)
{
    if (tags->count < 2 ||
        !tag_keys_repeat(call->arena, &tags->items[0].key, tags->count, sizeof *tags->items, false))
        return true;
    fail(call, &SNS_INVALID_PARAMETER_EXCEPTION, "Invalid parameter: Duplicated keys are not allowed.");
    return false;
}

/* Replies are XML: characters that XML cannot carry are refused, because they would come back changed. */
static bool characters_check(const struct call *call, const struct sns_tag_list *tags)
{
    for (size_t i = 0; i < tags->count; i++)
        if (!str_is_xml_text(tags->items[i].key) || !str_is_xml_text(tags->items[i].value)) {
            fail(call, &SNS_INVALID_PARAMETER_EXCEPTION,
                 "Invalid parameter: Tags may only contain unicode letters, digits, white space, or one of "
                 "these "
                 "symbols: _ . : / = + - @");
            return false;
        }
    return true;
}

static struct sns_list_tags_rows tags_of(const struct call *call, const struct topic *topic)
{
    return sns_list_tags(call->txn, &(struct sns_list_tags_params){.topic_id = topic->row.id});
}

bool sns_topic_put_tags(const struct call *call, const struct topic *topic, const struct sns_tag_list *tags)
{
    if (!distinct_check(call, tags) || !characters_check(call, tags))
        return false;
    for (size_t i = 0; i < tags->count && tags->count <= TAGS_MAX; i++)
        sns_put_tag(call->txn, &(struct sns_put_tag_params){.topic_id = topic->row.id,
                                                            .name = tags->items[i].key,
                                                            .value = tags->items[i].value});
    if (tags->count <= TAGS_MAX && tags_of(call, topic).count <= TAGS_MAX)
        return true;
    fail(call, &SNS_TAG_LIMIT_EXCEEDED_EXCEPTION,
         "Could not complete request: tag quota of per resource exceeded");
    return false;
}

static bool has_tag(const struct sns_list_tags_rows *rows, const struct sns_tag *tag)
{
    for (size_t i = 0; i < rows->count; i++)
        if (str_equal(rows->items[i].name, tag->key))
            return str_equal(rows->items[i].value, tag->value);
    return false;
}

bool sns_topic_has_tags(const struct call *call, const struct topic *topic, const struct sns_tag_list *tags)
{
    struct sns_list_tags_rows rows = tags_of(call, topic);

    for (size_t i = 0; i < tags->count; i++)
        if (!has_tag(&rows, &tags->items[i]))
            return false;
    return true;
}

void sns_tags_of_topic_in_context(const struct call *call, int64_t topic_id, struct context_list *context)
{
    struct sns_list_tags_rows rows =
        sns_list_tags(call->txn, &(struct sns_list_tags_params){.topic_id = topic_id});

    for (size_t i = 0; i < rows.count; i++)
        context_add_resource_tag(call, context, rows.items[i].name, rows.items[i].value);
}

void sns_topic_tags_in_context(const struct call *call, const struct resource *resource,
                               struct context_list *context)
{
    const struct topic *topic = resource->row;

    sns_tags_of_topic_in_context(call, topic->row.id, context);
}

/* These operations have their own error for a missing topic. */
static const struct topic *tagged_topic(const struct call *call)
{
    const struct topic *topic = call_resource(call, 0)->row;

    if (!topic)
        fail(call, &SNS_RESOURCE_NOT_FOUND_EXCEPTION, "Resource does not exist");
    return topic;
}

enum outcome sns_tag_resource(const struct call *call, const struct sns_tag_resource_request *in,
                              struct sns_tag_resource_response *out)
{
    const struct topic *topic = tagged_topic(call);

    (void)out;
    return topic && sns_topic_put_tags(call, topic, &in->tags) ? DONE : FAILED;
}

enum outcome sns_untag_resource(const struct call *call, const struct sns_untag_resource_request *in,
                                struct sns_untag_resource_response *out)
{
    const struct topic *topic = tagged_topic(call);

    (void)out;
    if (!topic)
        return FAILED;
    for (size_t i = 0; i < in->tag_keys.count; i++)
        sns_remove_tag(call->txn, &(struct sns_remove_tag_params){.topic_id = topic->row.id,
                                                                  .name = in->tag_keys.items[i]});
    return DONE;
}

enum outcome sns_list_tags_for_resource(const struct call *call,
                                        const struct sns_list_tags_for_resource_request *in,
                                        struct sns_list_tags_for_resource_response *out)
{
    const struct topic *topic = tagged_topic(call);

    (void)in;
    if (!topic)
        return FAILED;
    struct sns_list_tags_rows rows = tags_of(call, topic);
    list_make_empty(call->arena, &out->tags);
    for (size_t i = 0; i < rows.count; i++)
        *list_add(call->arena, &out->tags) = (struct sns_tag){rows.items[i].name, rows.items[i].value};
    return DONE;
}
