/*
 * tags.c: tags of roles and users, whose keys ignore case, and of policies, whose keys do not.
 */
#include "services/iam/iam_internal.h"

#include "services/tags/tags.h"

bool iam_tags_check(const struct call *call, const struct iam_tag_list_type *tags, enum tag_case tag_case)
{
    struct str_map map = TAGS_MAP(call->arena, tags);

    if (tags->count < 2 ||
        !tag_keys_repeat(call->arena, &tags->items[0].key, tags->count, sizeof *tags->items, tag_case))
        return tags_keys_check(call, &map, &IAM_INVALID_INPUT_EXCEPTION, "");
    fail(call, &IAM_INVALID_INPUT_EXCEPTION, "Duplicate tag keys found.%s",
         tag_case == TAG_CASE_IGNORED ? " Please note that Tag keys are case insensitive." : "");
    return false;
}

bool iam_tags_put(const struct call *call, str owner, const struct iam_tag_list_type *tags,
                  enum tag_case tag_case)
{
    struct str_map map = TAGS_MAP(call->arena, tags);

    if (tags_put(call, owner, &map, tag_case))
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

static enum outcome tag_identity(const struct call *call, const struct iam_tag_list_type *tags)
{
    const struct identity *identity = iam_identity_of(call);

    if (!identity || !iam_tags_check(call, tags, TAG_CASE_IGNORED))
        return FAILED;
    if (!iam_tags_put(call, identity->arn, tags, TAG_CASE_IGNORED))
        return FAILED;
    iam_policies_changed(call); /* conditions may use aws:PrincipalTag */
    return DONE;
}

static enum outcome untag_identity(const struct call *call, const struct str_list *keys)
{
    const struct identity *identity = iam_identity_of(call);

    if (!identity)
        return FAILED;
    tags_remove(call, identity->arn, keys, TAG_CASE_IGNORED);
    iam_policies_changed(call);
    return DONE;
}

static void take_page(const struct call *call, const struct iam_tag_list_type *all, enum tag_case tag_case,
                      struct page *page, struct iam_tag_list_type *tags)
{
    list_make_empty(call->arena, tags);
    for (size_t i = 0; i < all->count; i++)
        if (iam_page_takes(page, tag_key_compared(call->arena, all->items[i].key, tag_case)))
            *list_add(call->arena, tags) = all->items[i];
}

static bool list_identity_tags(const struct call *call, struct page *page, struct iam_tag_list_type *tags)
{
    const struct identity *identity = iam_identity_of(call);

    if (!identity)
        return false;
    struct iam_tag_list_type all = iam_tags_of(call, identity->arn);
    take_page(call, &all, TAG_CASE_IGNORED, page, tags);
    return true;
}

enum outcome iam_tag_role(const struct call *call, const struct iam_tag_role_request *in,
                          struct iam_tag_role_output *out)
{
    (void)out;
    return tag_identity(call, &in->tags);
}

enum outcome iam_tag_user(const struct call *call, const struct iam_tag_user_request *in,
                          struct iam_tag_user_output *out)
{
    (void)out;
    return tag_identity(call, &in->tags);
}

enum outcome iam_untag_role(const struct call *call, const struct iam_untag_role_request *in,
                            struct iam_untag_role_output *out)
{
    (void)out;
    return untag_identity(call, &in->tag_keys);
}

enum outcome iam_untag_user(const struct call *call, const struct iam_untag_user_request *in,
                            struct iam_untag_user_output *out)
{
    (void)out;
    return untag_identity(call, &in->tag_keys);
}

enum outcome iam_list_role_tags(const struct call *call, const struct iam_list_role_tags_request *in,
                                struct iam_list_role_tags_response *out)
{
    struct page page;

    if (!iam_page_open(call, in->marker, in->max_items, &page) ||
        !list_identity_tags(call, &page, &out->tags))
        return FAILED;
    iam_page_close(call, &page, &out->is_truncated, &out->marker);
    return DONE;
}

enum outcome iam_list_user_tags(const struct call *call, const struct iam_list_user_tags_request *in,
                                struct iam_list_user_tags_response *out)
{
    struct page page;

    if (!iam_page_open(call, in->marker, in->max_items, &page) ||
        !list_identity_tags(call, &page, &out->tags))
        return FAILED;
    iam_page_close(call, &page, &out->is_truncated, &out->marker);
    return DONE;
}

enum outcome iam_tag_policy(const struct call *call, const struct iam_tag_policy_request *in,
                            struct iam_tag_policy_output *out)
{
    const struct managed_policy *policy = iam_own_policy_of(call);

    (void)out;
    if (!policy || !iam_tags_check(call, &in->tags, TAG_CASE_MATTERS))
        return FAILED;
    return iam_tags_put(call, policy->arn, &in->tags, TAG_CASE_MATTERS) ? DONE : FAILED;
}

enum outcome iam_untag_policy(const struct call *call, const struct iam_untag_policy_request *in,
                              struct iam_untag_policy_output *out)
{
    const struct managed_policy *policy = iam_own_policy_of(call);

    (void)out;
    if (!policy)
        return FAILED;
    tags_remove(call, policy->arn, &in->tag_keys, TAG_CASE_MATTERS);
    return DONE;
}

enum outcome iam_list_policy_tags(const struct call *call, const struct iam_list_policy_tags_request *in,
                                  struct iam_list_policy_tags_response *out)
{
    const struct managed_policy *policy = iam_managed_policy_of(call);
    struct page page;

    if (!policy || !iam_page_open(call, in->marker, in->max_items, &page))
        return FAILED;
    struct iam_tag_list_type all = iam_tags_of(call, policy->arn); /* AWS's own policies have no tags */
    take_page(call, &all, TAG_CASE_MATTERS, &page, &out->tags);
    iam_page_close(call, &page, &out->is_truncated, &out->marker);
    return DONE;
}
