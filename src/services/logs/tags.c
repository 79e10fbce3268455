/*
 * tags.c: a group's tags.
 */
#include "logs_internal.h"

#include "services/tags/tags.h"

bool logs_tags_put(const struct call *call, const struct group *group, const struct str_map *tags)
{
    if (tags_put(call, group->arn, tags, TAG_CASE_MATTERS))
        return true;
    fail(call, &LOGS_TOO_MANY_TAGS_EXCEPTION, "A resource can have no more than 50 tags.");
    return false;
}

void logs_tags_in_context(const struct call *call, const struct resource *resource,
                          struct context_list *context)
{
    const struct group *group = resource->row;

    tags_in_context(call, group->arn, context);
}

enum outcome logs_tag_resource(const struct call *call, const struct logs_tag_resource_request *in,
                               struct logs_tag_resource_output *out)
{
    const struct group *group = logs_group_of(call);

    (void)out;
    return group && logs_tags_put(call, group, &in->tags) ? DONE : FAILED;
}

enum outcome logs_untag_resource(const struct call *call, const struct logs_untag_resource_request *in,
                                 struct logs_untag_resource_output *out)
{
    const struct group *group = logs_group_of(call);

    (void)out;
    if (!group)
        return FAILED;
    tags_remove(call, group->arn, &in->tag_keys, TAG_CASE_MATTERS);
    return DONE;
}

enum outcome logs_list_tags_for_resource(const struct call *call,
                                         const struct logs_list_tags_for_resource_request *in,
                                         struct logs_list_tags_for_resource_response *out)
{
    const struct group *group = logs_group_of(call);

    (void)in;
    if (!group)
        return FAILED;
    out->tags = tags_of(call->txn, call->arena, group->arn);
    if (out->tags.count == 0)
        list_make_empty(call->arena, &out->tags);
    return DONE;
}
