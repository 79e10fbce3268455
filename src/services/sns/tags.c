/*
 * tags.c: a topic's tags.
 */
#include "sns_internal.h"

#include "services/tags/tags.h"

static bool distinct_check(const struct call *call, const struct sns_tag_list *tags)
{
    if (tags->count < 2 || !tag_keys_repeat(call->arena, &tags->items[0].key, tags->count,
                                            sizeof *tags->items, TAG_CASE_MATTERS))
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
                 "these symbols: _ . : / = + - @");
            return false;
        }
    return true;
}

bool sns_topic_put_tags(const struct call *call, const struct topic *topic, const struct sns_tag_list *tags)
{
    struct str_map map = TAGS_MAP(call->arena, tags);

    if (!distinct_check(call, tags) || !characters_check(call, tags) ||
        !tags_keys_check(call, &map, &SNS_INVALID_PARAMETER_EXCEPTION, "Invalid parameter: "))
        return false;
    if (tags_put(call, topic->arn, &map, TAG_CASE_MATTERS))
        return true;
    fail(call, &SNS_TAG_LIMIT_EXCEEDED_EXCEPTION,
         "Could not complete request: tag quota of per resource exceeded");
    return false;
}

bool sns_topic_has_tags(const struct call *call, const struct topic *topic, const struct sns_tag_list *tags)
{
    struct str_map all = tags_of(call->txn, call->arena, topic->arn);

    for (size_t i = 0; i < tags->count; i++) {
        str value = str_map_get(&all, tags->items[i].key);
        if (!str_present(value) || !str_equal(value, tags->items[i].value))
            return false;
    }
    return true;
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
    tags_remove(call, topic->arn, &in->tag_keys, TAG_CASE_MATTERS);
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
    struct str_map tags = tags_of(call->txn, call->arena, topic->arn);
    list_make_empty(call->arena, &out->tags);
    for (size_t i = 0; i < tags.count; i++)
        *list_add(call->arena, &out->tags) = (struct sns_tag){tags.items[i].key, tags.items[i].value};
    return DONE;
}
