/*
 * tags.c: tags of roles, users and policies.  Their keys ignore case.
 */
#include "services/iam/iam_internal.h"

#include "services/tags/tags.h"

void iam_context_add_iam_tags(const struct call *call, const struct iam_tag_list_type *tags,
                              struct context_list *context)
{
    for (size_t i = 0; i < tags->count; i++) {
        context_add_request_tag(call, context, tags->items[i].key, tags->items[i].value);
    }
}

void iam_context_add_resource_tags(const struct call *call, const struct iam_tag_list_type *tags,
                                   struct context_list *context)
{
    for (size_t i = 0; i < tags->count; i++) {
        const struct iam_tag *tag = &tags->items[i];
        context_add_resource_tag(call, context, tag->key, tag->value);
        context_add(call, context, arena_join(call->arena, S("iam:ResourceTag/"), tag->key), tag->value);
    }
}

bool iam_creation_authorize(const struct call *call, str arn, str tagging,
                            const struct iam_tag_list_type *tags, str boundary)
{
    struct context_list context = {0};

    iam_context_add_iam_tags(call, tags, &context);
    if (str_present(boundary))
        context_add(call, &context, S("iam:PermissionsBoundary"), boundary);
    return authorize_in_context(call, arn, (str){0}, &context) &&
           (tags->count == 0 || authorize_action_in_context(call, tagging, arn, (str){0}, &context));
}

static bool no_system_tag(const struct call *call, const struct iam_tag_list_type *tags)
{
    for (size_t i = 0; i < tags->count; i++)
        if (tag_key_is_reserved(tags->items[i].key)) {
            fail(call, &IAM_INVALID_INPUT_EXCEPTION,
                 "aws: prefixed tag key names are not allowed for external use.");
            return false;
        }
    return true;
}

bool iam_tags_check(const struct call *call, const struct iam_tag_list_type *tags)
{
    if (tags->count < 2 || !tag_keys_repeat(call->arena, &tags->items[0].key, tags->count,
                                            sizeof *tags->items, TAG_CASE_IGNORED))
        return no_system_tag(call, tags);
    fail(call, &IAM_INVALID_INPUT_EXCEPTION,
         "Duplicate tag keys found. Please note that Tag keys are case insensitive.");
    return false;
}

bool iam_tags_put(const struct call *call, str owner, const struct iam_tag_list_type *tags)
{
    struct str_map map = TAGS_MAP(call->arena, tags);

    if (tags_put(call, owner, &map, TAG_CASE_IGNORED))
        return true;
    fail(call, &IAM_LIMIT_EXCEEDED_EXCEPTION, "The number of tags has reached the maximum limit.");
    return false;
}

struct iam_tag_list_type iam_tags_of(const struct call *call, str owner)
{
    struct str_map map = tags_of(call->txn, call->arena, owner);
    struct iam_tag_list_type tags = {0};

    for (size_t i = 0; i < map.count; i++)
        *list_add(call->arena, &tags) = (struct iam_tag){map.items[i].key, map.items[i].value};
    return tags;
}

static enum outcome tag_identity(const struct call *call, const struct identity_kind *kind, str name,
                                 const struct iam_tag_list_type *tags)
{
    struct context_list context = {0};
    struct identity identity;

    iam_context_add_iam_tags(call, tags, &context);
    if (!iam_identity_open_in_context(call, kind, name, &context, &identity) || !iam_tags_check(call, tags))
        return FAILED;
    if (!iam_tags_put(call, identity.arn, tags))
        return FAILED;
    iam_policies_changed(call); /* conditions may use aws:PrincipalTag */
    return DONE;
}

static enum outcome untag_identity(const struct call *call, const struct identity_kind *kind, str name,
                                   const struct str_list *keys)
{
    struct context_list context = {0};
    struct identity identity;

    context_add_tag_keys(call, &context, keys);
    if (!iam_identity_open_in_context(call, kind, name, &context, &identity))
        return FAILED;
    tags_remove(call, identity.arn, keys, TAG_CASE_IGNORED);
    iam_policies_changed(call);
    return DONE;
}

static void take_page(const struct call *call, const struct iam_tag_list_type *all, struct page *page,
                      struct iam_tag_list_type *tags)
{
    list_make_empty(call->arena, tags);
    for (size_t i = 0; i < all->count; i++)
        if (iam_page_takes(page, tag_key_compared(call->arena, all->items[i].key, TAG_CASE_IGNORED)))
            *list_add(call->arena, tags) = all->items[i];
}

static bool list_identity_tags(const struct call *call, const struct identity_kind *kind, str name,
                               struct page *page, struct iam_tag_list_type *tags)
{
    struct identity identity;

    if (!iam_identity_open(call, kind, name, &identity))
        return false;
    struct iam_tag_list_type all = iam_tags_of(call, identity.arn);
    take_page(call, &all, page, tags);
    return true;
}

enum outcome iam_tag_role(const struct call *call, const struct iam_tag_role_request *in,
                          struct iam_tag_role_output *out)
{
    (void)out;
    return tag_identity(call, &IAM_ROLE_KIND, in->role_name, &in->tags);
}

enum outcome iam_tag_user(const struct call *call, const struct iam_tag_user_request *in,
                          struct iam_tag_user_output *out)
{
    (void)out;
    return tag_identity(call, &IAM_USER_KIND, in->user_name, &in->tags);
}

enum outcome iam_untag_role(const struct call *call, const struct iam_untag_role_request *in,
                            struct iam_untag_role_output *out)
{
    (void)out;
    return untag_identity(call, &IAM_ROLE_KIND, in->role_name, &in->tag_keys);
}

enum outcome iam_untag_user(const struct call *call, const struct iam_untag_user_request *in,
                            struct iam_untag_user_output *out)
{
    (void)out;
    return untag_identity(call, &IAM_USER_KIND, in->user_name, &in->tag_keys);
}

enum outcome iam_list_role_tags(const struct call *call, const struct iam_list_role_tags_request *in,
                                struct iam_list_role_tags_response *out)
{
    struct page page;

    if (!iam_page_open(call, in->marker, in->max_items, &page) ||
        !list_identity_tags(call, &IAM_ROLE_KIND, in->role_name, &page, &out->tags))
        return FAILED;
    iam_page_close(call, &page, &out->is_truncated, &out->marker);
    return DONE;
}

enum outcome iam_list_user_tags(const struct call *call, const struct iam_list_user_tags_request *in,
                                struct iam_list_user_tags_response *out)
{
    struct page page;

    if (!iam_page_open(call, in->marker, in->max_items, &page) ||
        !list_identity_tags(call, &IAM_USER_KIND, in->user_name, &page, &out->tags))
        return FAILED;
    iam_page_close(call, &page, &out->is_truncated, &out->marker);
    return DONE;
}

enum outcome iam_tag_policy(const struct call *call, const struct iam_tag_policy_request *in,
                            struct iam_tag_policy_output *out)
{
    struct context_list context = {0};
    struct managed_policy policy;

    (void)out;
    iam_context_add_iam_tags(call, &in->tags, &context);
    if (!iam_managed_policy_open_own_in_context(call, in->policy_arn, context, &policy) ||
        !iam_tags_check(call, &in->tags))
        return FAILED;
    return iam_tags_put(call, policy.arn, &in->tags) ? DONE : FAILED;
}

enum outcome iam_untag_policy(const struct call *call, const struct iam_untag_policy_request *in,
                              struct iam_untag_policy_output *out)
{
    struct context_list context = {0};
    struct managed_policy policy;

    (void)out;
    context_add_tag_keys(call, &context, &in->tag_keys);
    if (!iam_managed_policy_open_own_in_context(call, in->policy_arn, context, &policy))
        return FAILED;
    tags_remove(call, policy.arn, &in->tag_keys, TAG_CASE_IGNORED);
    return DONE;
}

enum outcome iam_list_policy_tags(const struct call *call, const struct iam_list_policy_tags_request *in,
                                  struct iam_list_policy_tags_response *out)
{
    struct managed_policy policy;
    struct page page;

    if (!iam_managed_policy_open(call, in->policy_arn, &policy) ||
        !iam_page_open(call, in->marker, in->max_items, &page))
        return FAILED;
    struct iam_tag_list_type all = iam_tags_of(call, policy.arn); /* AWS's own policies have none */
    take_page(call, &all, &page, &out->tags);
    iam_page_close(call, &page, &out->is_truncated, &out->marker);
    return DONE;
}
