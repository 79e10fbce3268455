/*
 * tags.c: tags of functions and of event source mappings, by their ARN.
 */
#include "lambda_internal.h"

#include "services/tags/tags.h"

bool lambda_tagging_check(const struct call *call, str resource, const struct str_map *tags)
{
    struct context_list context = {0};

    context_add_request_tags(call, &context, tags);
    return tags->count == 0 ||
           authorize_action_in_context(call, S("lambda:TagResource"), resource, (str){0}, &context);
}

bool lambda_resource_tags_put(const struct call *call, str resource, const struct str_map *tags)
{
    for (size_t i = 0; i < tags->count; i++)
        if (tag_key_is_reserved(tags->items[i].key)) {
            fail(call, &LAMBDA_INVALID_PARAMETER_VALUE_EXCEPTION,
                 "aws: prefixed tag key names are not allowed for external use.");
            return false;
        }
    if (tags_put(call, resource, tags, TAG_CASE_MATTERS))
        return true;
    fail(call, &LAMBDA_INVALID_PARAMETER_VALUE_EXCEPTION, "The number of tags exceeds the limit of %d.",
         TAGS_MAX);
    return false;
}

static bool mapping_exists(const struct call *call, str resource)
{
    struct lambda_mapping_row mapping;

    return lambda_find_mapping(call->txn,
                               &(struct lambda_find_mapping_params){
                                   .uuid = str_from(resource, (size_t)(str_last_index(resource, ':') + 1)),
                                   .account = call->account,
                                   .region = call->region},
                               &mapping);
}

/* Tags are the function's, whatever its versions. */
static bool unqualified_check(const struct call *call, const struct function *function)
{
    if (!str_present(function->qualifier))
        return true;
    fail(call, &LAMBDA_INVALID_PARAMETER_VALUE_EXCEPTION,
         "Tags on function aliases and versions are not supported. Please specify a function ARN.");
    return false;
}

/* Authorized, and there: *owner is what its tags are kept by.  False: fail() has been called. */
static bool resource_open(const struct call *call, str resource, struct context_list *context, str *owner)
{
    struct function function;

    *owner = resource;
    if (str_find(resource, S(":function:")) >= 0) {
        bool opened = lambda_function_open_in_context(call, resource, (str){0}, context, &function) &&
                      unqualified_check(call, &function);
        *owner = function.arn;
        return opened;
    }
    tags_in_context(call, resource, context);
    if (!authorize_in_context(call, resource, (str){0}, context))
        return false;
    if (str_find(resource, S(":event-source-mapping:")) >= 0 && mapping_exists(call, resource))
        return true;
    fail(call, &LAMBDA_RESOURCE_NOT_FOUND_EXCEPTION, "The resource you requested does not exist.");
    return false;
}

enum outcome lambda_tag_resource(const struct call *call, const struct lambda_tag_resource_request *in,
                                 struct lambda_tag_resource_output *out)
{
    struct context_list context = {0};
    str owner;

    (void)out;
    context_add_request_tags(call, &context, &in->tags);
    return resource_open(call, in->resource, &context, &owner) &&
                   lambda_resource_tags_put(call, owner, &in->tags)
               ? DONE
               : FAILED;
}

enum outcome lambda_untag_resource(const struct call *call, const struct lambda_untag_resource_request *in,
                                   struct lambda_untag_resource_output *out)
{
    struct context_list context = {0};
    str owner;

    (void)out;
    context_add_tag_keys(call, &context, &in->tag_keys);
    if (!resource_open(call, in->resource, &context, &owner))
        return FAILED;
    tags_remove(call, owner, &in->tag_keys, TAG_CASE_MATTERS);
    return DONE;
}

enum outcome lambda_list_tags(const struct call *call, const struct lambda_list_tags_request *in,
                              struct lambda_list_tags_response *out)
{
    struct context_list context = {0};
    str owner;

    if (!resource_open(call, in->resource, &context, &owner))
        return FAILED;
    out->tags = tags_of(call->txn, call->arena, owner);
    if (out->tags.count == 0)
        list_make_empty(call->arena, &out->tags);
    return DONE;
}
