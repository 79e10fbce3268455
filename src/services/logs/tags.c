/*
 * tags.c: names and values that clients put on groups.
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

void logs_tags_in_context(const struct call *call, const struct resource *resource,
                          struct context_list *context)
{
    const struct group *group = resource->row;
    struct logs_list_tags_rows rows =
        logs_list_tags(call->txn, &(struct logs_list_tags_params){.group_id = group->row.id});

    for (size_t i = 0; i < rows.count; i++)
        context_add_resource_tag(call, context, rows.items[i].name, rows.items[i].value);
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
    for (size_t i = 0; i < in->tag_keys.count; i++)
        logs_remove_tag(call->txn, &(struct logs_remove_tag_params){.group_id = group->row.id,
                                                                    .name = in->tag_keys.items[i]});
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
    struct logs_list_tags_rows rows =
        logs_list_tags(call->txn, &(struct logs_list_tags_params){.group_id = group->row.id});
    list_make_empty(call->arena, &out->tags);
    for (size_t i = 0; i < rows.count; i++)
        *list_add(call->arena, &out->tags) =
            (struct str_map_entry){.key = rows.items[i].name, .value = rows.items[i].value};
    return DONE;
}
