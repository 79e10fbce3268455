/*
 * tags.c: tags of functions and of event source mappings, by their ARN.
 */
#include "lambda_internal.h"

#include "aws/arn.h"
#include "base/hash.h"
#include "services/tags/tags.h"

bool lambda_resource_tags_put(const struct call *call, str resource, const struct str_map *tags)
{
    if (!tags_keys_check(call, tags, &LAMBDA_INVALID_PARAMETER_VALUE_EXCEPTION, ""))
        return false;
    if (tags_put(call, resource, tags, TAG_CASE_MATTERS))
        return true;
    fail(call, &LAMBDA_INVALID_PARAMETER_VALUE_EXCEPTION, "Number of tags exceeds resource tag limit.");
    return false;
}

static bool is_function(str resource)
{
    return str_find(resource, S(":function:")) >= 0;
}

bool lambda_locate_tagged(const struct call *call, str resource, struct resource *found)
{
    struct arn arn = {0};

    if (is_function(resource))
        return lambda_locate_function(call, resource, (str){0}, found);
    arn_parse(resource, &arn);
    if (str_equal(arn.region, call->region))
        lambda_locate_arn(call, resource, found);
    found->arn = resource;
    return true;
}

/* Tags belong to the function, not to a version. */
static bool function_check(const struct call *call, str resource)
{
    if (!lambda_is_qualified(resource))
        return lambda_function_of(call);
    fail(call, &LAMBDA_INVALID_PARAMETER_VALUE_EXCEPTION,
         "Tags on function aliases and versions are not supported. Please specify a function ARN.");
    return false;
}

static bool refuse_missing(const struct call *call, str resource)
{
    bool is_mapping = str_find(resource, S(":event-source-mapping:")) >= 0;

    if (is_mapping)
        fail(call, &LAMBDA_RESOURCE_NOT_FOUND_EXCEPTION, "Event source mapping not found: %.*s",
             STR_ARGS(resource));
    else
        fail(call, &LAMBDA_RESOURCE_NOT_FOUND_EXCEPTION, "The resource you requested does not exist.");
    return false;
}

/* *owner is the ARN that has the tags of the request's resource.  False: it is missing; fail() was called. */
static bool resource_check(const struct call *call, str resource, str *owner)
{
    const struct resource *located = call_resource(call, 0);

    *owner = located->arn;
    if (is_function(resource))
        return function_check(call, resource);
    return located->row || refuse_missing(call, resource);
}

/* Other tags are another revision of the function. */
static void renew_revision(const struct call *call, str resource)
{
    const struct function *function = call_resource(call, 0)->row;

    if (is_function(resource))
        lambda_set_revision(call->txn,
                            &(struct lambda_set_revision_params){.id = function->row.version_id,
                                                                 .revision = random_uuid(call->arena)});
}

enum outcome lambda_tag_resource(const struct call *call, const struct lambda_tag_resource_request *in,
                                 struct lambda_tag_resource_output *out)
{
    str owner;

    (void)out;
    if (!resource_check(call, in->resource, &owner))
        return FAILED;
    if (in->tags.count == 0)
        return fail(call, &LAMBDA_INVALID_PARAMETER_VALUE_EXCEPTION,
                    "An error occurred and the request cannot be processed.");
    if (!lambda_resource_tags_put(call, owner, &in->tags))
        return FAILED;
    renew_revision(call, in->resource);
    return DONE;
}

enum outcome lambda_untag_resource(const struct call *call, const struct lambda_untag_resource_request *in,
                                   struct lambda_untag_resource_output *out)
{
    str owner;

    (void)out;
    if (!resource_check(call, in->resource, &owner))
        return FAILED;
    tags_remove(call, owner, &in->tag_keys, TAG_CASE_MATTERS);
    renew_revision(call, in->resource);
    return DONE;
}

enum outcome lambda_list_tags(const struct call *call, const struct lambda_list_tags_request *in,
                              struct lambda_list_tags_response *out)
{
    str owner;

    if (!resource_check(call, in->resource, &owner))
        return FAILED;
    out->tags = tags_of(call->txn, call->arena, owner);
    if (out->tags.count == 0)
        list_make_empty(call->arena, &out->tags);
    return DONE;
}
