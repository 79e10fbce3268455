/*
 * tags.c: tags of functions and of event source mappings, by their ARN.
 */
#include "lambda_internal.h"

#include "aws/arn.h"
#include "aws/tag_rules.h"

struct str_map lambda_resource_tags(const struct call *call, str resource)
{
    struct lambda_list_tags_of_rows rows =
        lambda_list_tags_of(call->txn, &(struct lambda_list_tags_of_params){.resource = resource});
    struct str_map tags = {0};

    for (size_t i = 0; i < rows.count; i++)
        *list_add(call->arena, &tags) = (struct str_map_entry){rows.items[i].name, rows.items[i].value};
    return tags;
}

void lambda_resource_tags_in_context(const struct call *call, str resource, struct context_list *context)
{
    struct str_map tags = lambda_resource_tags(call, resource);

    for (size_t i = 0; i < tags.count; i++)
        context_add_resource_tag(call, context, tags.items[i].key, tags.items[i].value);
}

bool lambda_resource_tags_put(const struct call *call, str resource, const struct str_map *tags)
{
    for (size_t i = 0; i < tags->count; i++)
        if (tag_key_is_reserved(tags->items[i].key)) {
            fail(call, &LAMBDA_INVALID_PARAMETER_VALUE_EXCEPTION,
                 "aws: prefixed tag key names are not allowed for external use.");
            return false;
        }
    for (size_t i = 0; i < tags->count && tags->count <= TAGS_MAX; i++)
        lambda_put_tag(call->txn, &(struct lambda_put_tag_params){.resource = resource,
                                                                  .name = tags->items[i].key,
                                                                  .value = tags->items[i].value});
    if (tags->count == 0 ||
        (tags->count <= TAGS_MAX && lambda_resource_tags(call, resource).count <= TAGS_MAX))
        return true;
    fail(call, &LAMBDA_INVALID_PARAMETER_VALUE_EXCEPTION, "The number of tags exceeds the limit of %d.",
         TAGS_MAX);
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

/* Tags are the function's, whatever its versions. */
static bool function_check(const struct call *call)
{
    const struct function *function = lambda_function_of(call);

    if (function && str_present(function->qualifier))
        fail(call, &LAMBDA_INVALID_PARAMETER_VALUE_EXCEPTION,
             "Tags on function aliases and versions are not supported. Please specify a function ARN.");
    return function && !str_present(function->qualifier);
}

/* Is what the request names there?  False: fail() has been called. */
static bool resource_check(const struct call *call, str resource)
{
    if (is_function(resource))
        return function_check(call);
    if (!call_resource(call, 0)->row)
        fail(call, &LAMBDA_RESOURCE_NOT_FOUND_EXCEPTION, "The resource you requested does not exist.");
    return call_resource(call, 0)->row;
}

enum outcome lambda_tag_resource(const struct call *call, const struct lambda_tag_resource_request *in,
                                 struct lambda_tag_resource_output *out)
{
    (void)out;
    return resource_check(call, in->resource) && lambda_resource_tags_put(call, in->resource, &in->tags)
               ? DONE
               : FAILED;
}

enum outcome lambda_untag_resource(const struct call *call, const struct lambda_untag_resource_request *in,
                                   struct lambda_untag_resource_output *out)
{
    (void)out;
    if (!resource_check(call, in->resource))
        return FAILED;
    for (size_t i = 0; i < in->tag_keys.count; i++)
        lambda_remove_tag(call->txn, &(struct lambda_remove_tag_params){.resource = in->resource,
                                                                        .name = in->tag_keys.items[i]});
    return DONE;
}

enum outcome lambda_list_tags(const struct call *call, const struct lambda_list_tags_request *in,
                              struct lambda_list_tags_response *out)
{
    if (!resource_check(call, in->resource))
        return FAILED;
    out->tags = lambda_resource_tags(call, in->resource);
    if (out->tags.count == 0)
        list_make_empty(call->arena, &out->tags);
    return DONE;
}
