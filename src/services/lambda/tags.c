/*
 * tags.c: tags of functions and of event source mappings, by their ARN.
 */
#include "lambda_internal.h"

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

/* Tags belong to the function, not to a version. */
static bool unqualified_check(const struct call *call, const struct function *function)
{
    if (!str_present(function->qualifier))
        return true;
    fail(call, &LAMBDA_INVALID_PARAMETER_VALUE_EXCEPTION,
         "Tags on function aliases and versions are not supported. Please specify a function ARN.");
    return false;
}

/* The resource of the request, authorized.  False: it is missing or denied, and fail() has been called. */
static bool resource_open(const struct call *call, str resource, struct context_list *context)
{
    struct function function;

    if (str_find(resource, S(":function:")) >= 0)
        return lambda_function_open_in_context(call, resource, (str){0}, context, &function) &&
               unqualified_check(call, &function);
    lambda_resource_tags_in_context(call, resource, context);
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

    (void)out;
    context_add_request_tags(call, &context, &in->tags);
    return resource_open(call, in->resource, &context) &&
                   lambda_resource_tags_put(call, in->resource, &in->tags)
               ? DONE
               : FAILED;
}

enum outcome lambda_untag_resource(const struct call *call, const struct lambda_untag_resource_request *in,
                                   struct lambda_untag_resource_output *out)
{
    struct context_list context = {0};

    (void)out;
    context_add_tag_keys(call, &context, &in->tag_keys);
    if (!resource_open(call, in->resource, &context))
        return FAILED;
    for (size_t i = 0; i < in->tag_keys.count; i++)
        lambda_remove_tag(call->txn, &(struct lambda_remove_tag_params){.resource = in->resource,
                                                                        .name = in->tag_keys.items[i]});
    return DONE;
}

enum outcome lambda_list_tags(const struct call *call, const struct lambda_list_tags_request *in,
                              struct lambda_list_tags_response *out)
{
    struct context_list context = {0};

    if (!resource_open(call, in->resource, &context))
        return FAILED;
    out->tags = lambda_resource_tags(call, in->resource);
    if (out->tags.count == 0)
        list_make_empty(call->arena, &out->tags);
    return DONE;
}
