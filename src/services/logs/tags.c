/*
 * tags.c: a group's tags.
 */
#include "logs_internal.h"

#include "aws/tag_rules.h"

bool logs_tags_put(const struct call *call, const struct group *group, const struct str_map *tags)
{
    for (size_t i = 0; i < tags->count && tags->count <= TAGS_MAX; i++)
        logs_put_tag(call->txn, &(struct logs_put_tag_params){.group_id = group->row.id,
                                                              .name = tags->items[i].key,
                                                              .value = tags->items[i].value});
    struct logs_list_tags_params key = {.group_id = group->row.id};
    if (tags->count == 0 || (tags->count <= TAGS_MAX && logs_list_tags(call->txn, &key).count <= TAGS_MAX))
        return true;
    fail(call, &LOGS_TOO_MANY_TAGS_EXCEPTION, "A resource can have no more than 50 tags.");
    return false;
}

void logs_tags_in_context(const struct call *call, int64_t group_id, struct context_list *context)
{
    check(group_id > 0);
    struct logs_list_tags_rows rows =
        logs_list_tags(call->txn, &(struct logs_list_tags_params){.group_id = group_id});

    for (size_t i = 0; i < rows.count; i++)
        context_add_resource_tag(call, context, rows.items[i].name, rows.items[i].value);
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
    for (size_t i = 0; i < in->tag_keys.count; i++)
        logs_remove_tag(call->txn, &(struct logs_remove_tag_params){.group_id = group.row.id,
                                                                    .name = in->tag_keys.items[i]});
    return DONE;
}

enum outcome logs_list_tags_for_resource(const struct call *call,
                                         const struct logs_list_tags_for_resource_request *in,
                                         struct logs_list_tags_for_resource_response *out)
{
    struct group group;

    if (!logs_group_open(call, (struct group_address){.identifier = in->resource_arn}, (str){0}, &group))
        return FAILED;
    struct logs_list_tags_rows rows =
        logs_list_tags(call->txn, &(struct logs_list_tags_params){.group_id = group.row.id});
    list_make_empty(call->arena, &out->tags);
    for (size_t i = 0; i < rows.count; i++)
        *list_add(call->arena, &out->tags) =
            (struct str_map_entry){.key = rows.items[i].name, .value = rows.items[i].value};
    return DONE;
}
