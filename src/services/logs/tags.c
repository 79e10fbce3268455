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

static enum outcome put(const struct call *call, const struct str_map *tags)
{
    const struct group *group = logs_group_of(call);

    return group && logs_tags_put(call, group, tags) ? DONE : FAILED;
}

static enum outcome remove_keys(const struct call *call, const struct str_list *keys)
{
    const struct group *group = logs_group_of(call);

    if (!group)
        return FAILED;
    tags_remove(call, group->arn, keys, TAG_CASE_MATTERS);
    return DONE;
}

static enum outcome list(const struct call *call, struct str_map *tags)
{
    const struct group *group = logs_group_of(call);

    if (!group)
        return FAILED;
    *tags = tags_of(call->txn, call->arena, group->arn);
    if (tags->count == 0)
        list_make_empty(call->arena, tags);
    return DONE;
}

/* ---- by ARN ---- */

enum outcome logs_tag_resource(const struct call *call, const struct logs_tag_resource_request *in,
                               struct logs_tag_resource_output *out)
{
    (void)out;
    return put(call, &in->tags);
}

enum outcome logs_untag_resource(const struct call *call, const struct logs_untag_resource_request *in,
                                 struct logs_untag_resource_output *out)
{
    (void)out;
    return remove_keys(call, &in->tag_keys);
}

enum outcome logs_list_tags_for_resource(const struct call *call,
                                         const struct logs_list_tags_for_resource_request *in,
                                         struct logs_list_tags_for_resource_response *out)
{
    (void)in;
    return list(call, &out->tags);
}

/* ---- by the group's name: AWS's first generation ---- */

enum outcome logs_tag_log_group(const struct call *call, const struct logs_tag_log_group_request *in,
                                struct logs_tag_log_group_output *out)
{
    (void)out;
    return put(call, &in->tags);
}

enum outcome logs_untag_log_group(const struct call *call, const struct logs_untag_log_group_request *in,
                                  struct logs_untag_log_group_output *out)
{
    (void)out;
    return remove_keys(call, &in->tags);
}

enum outcome logs_list_tags_log_group(const struct call *call,
                                      const struct logs_list_tags_log_group_request *in,
                                      struct logs_list_tags_log_group_response *out)
{
    (void)in;
    return list(call, &out->tags);
}
