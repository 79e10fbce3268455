/*
 * tags.c: the tags of groups and of lookup tables, which are kept under their ARNs.
 */
#include "lookup_tables.h"

#include "services/tags/tags.h"

bool logs_tags_put(const struct call *call, str arn, const struct str_map *tags)
{
    if (!tags_keys_check(call, tags, &LOGS_INVALID_PARAMETER_EXCEPTION, ""))
        return false;
    if (tags_put(call, arn, tags, TAG_CASE_MATTERS))
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

/* The resource of the request.  NULL: it does not exist, and fail() has been called. */
static const struct resource *tagged(const struct call *call)
{
    const struct resource *resource = call_resource(call, 0);

    if (resource->row)
        return resource;
    fail(call, &LOGS_RESOURCE_NOT_FOUND_EXCEPTION,
         logs_is_lookup_table(call, resource->arn) ? "The specified lookup table does not exist."
                                                   : "The specified log group does not exist.");
    return NULL;
}

static enum outcome put(const struct call *call, const struct str_map *tags)
{
    const struct resource *resource = tagged(call);

    return resource && logs_tags_put(call, resource->arn, tags) ? DONE : FAILED;
}

static enum outcome remove_keys(const struct call *call, const struct str_list *keys)
{
    const struct resource *resource = tagged(call);

    if (!resource)
        return FAILED;
    tags_remove(call, resource->arn, keys, TAG_CASE_MATTERS);
    return DONE;
}

static enum outcome list(const struct call *call, struct str_map *tags)
{
    const struct resource *resource = tagged(call);

    if (!resource)
        return FAILED;
    *tags = tags_of(call->txn, call->arena, resource->arn);
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
