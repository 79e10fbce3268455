/*
 * tags.c: names and values that clients put on groups.
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

void logs_tags_in_context(const struct call *call, const void *source, struct context_list *context)
{
    const struct group *group = source;

    tags_in_context(call, group->arn, context);
}

enum outcome logs_tag_resource(const struct call *call, const struct logs_tag_resource_request *in,
                               struct logs_tag_resource_output *out)
{
    struct group_address address = {.identifier = in->resource_arn};
    struct context_list context = {0};
    struct group group;

    (void)out;
    context_add_request_tags(call, &context, &in->tags);
    if (!logs_group_open_in_context(call, address, (str){0}, context, &group))
        return FAILED;
    return logs_tags_put(call, &group, &in->tags) ? DONE : FAILED;
}

enum outcome logs_untag_resource(const struct call *call, const struct logs_untag_resource_request *in,
                                 struct logs_untag_resource_output *out)
{
    struct group_address address = {.identifier = in->resource_arn};
    struct context_list context = {0};
    struct group group;

    (void)out;
    context_add_tag_keys(call, &context, &in->tag_keys);
    if (!logs_group_open_in_context(call, address, (str){0}, context, &group))
        return FAILED;
    tags_remove(call, group.arn, &in->tag_keys, TAG_CASE_MATTERS);
    return DONE;
}

enum outcome logs_list_tags_for_resource(const struct call *call,
                                         const struct logs_list_tags_for_resource_request *in,
                                         struct logs_list_tags_for_resource_response *out)
{
    struct group group;

    if (!logs_group_open(call, (struct group_address){.identifier = in->resource_arn}, (str){0}, &group))
        return FAILED;
    out->tags = tags_of(call->txn, call->arena, group.arn);
    if (out->tags.count == 0)
        list_make_empty(call->arena, &out->tags);
    return DONE;
}
