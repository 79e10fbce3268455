/*
 * tags.c: a topic's tags.
 */
#include "sns_internal.h"

void topic_put_tags(struct call *call, const struct topic *topic, const struct sns_tag_list *tags)
{
    for (size_t i = 0; i < tags->count; i++)
        sns_put_tag(call->txn, &(struct sns_put_tag_params){.topic_id = topic->row.id,
                                                            .name = tags->items[i].key,
                                                            .value = tags->items[i].value});
}

/* These operations have an error of their own for a topic that is not there. */
static bool resource_open(struct call *call, str arn, struct topic *topic)
{
    if (topic_open(call, arn, topic))
        return true;
    if (call->failure.error == &SNS_NOT_FOUND_EXCEPTION)
        fail(call, &SNS_RESOURCE_NOT_FOUND_EXCEPTION, "Resource does not exist");
    return false;
}

enum outcome sns_tag_resource(struct call *call, const struct sns_tag_resource_request *in,
                              struct sns_tag_resource_response *out)
{
    struct topic topic;

    (void)out;
    if (!resource_open(call, in->resource_arn, &topic))
        return FAILED;
    topic_put_tags(call, &topic, &in->tags);
    return DONE;
}

enum outcome sns_untag_resource(struct call *call, const struct sns_untag_resource_request *in,
                                struct sns_untag_resource_response *out)
{
    struct topic topic;

    (void)out;
    if (!resource_open(call, in->resource_arn, &topic))
        return FAILED;
    for (size_t i = 0; i < in->tag_keys.count; i++)
        sns_remove_tag(call->txn, &(struct sns_remove_tag_params){.topic_id = topic.row.id,
                                                                  .name = in->tag_keys.items[i]});
    return DONE;
}

enum outcome sns_list_tags_for_resource(struct call *call,
                                        const struct sns_list_tags_for_resource_request *in,
                                        struct sns_list_tags_for_resource_response *out)
{
    struct topic topic;

    if (!resource_open(call, in->resource_arn, &topic))
        return FAILED;
    struct sns_list_tags_rows rows =
        sns_list_tags(call->txn, &(struct sns_list_tags_params){.topic_id = topic.row.id});
    list_make_empty(call->arena, &out->tags);
    for (size_t i = 0; i < rows.count; i++)
        *list_add(call->arena, &out->tags) = (struct sns_tag){rows.items[i].name, rows.items[i].value};
    return DONE;
}
