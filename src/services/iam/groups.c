/*
 * groups.c: groups of users: making, showing, renaming and deleting them, and who is in them.
 *
 * A group is an identity that nobody can act as: each of its users has its policies (policy_cache.c).
 */
#include "services/iam/iam_internal.h"

const int64_t IAM_MAX_GROUPS = 300, IAM_MAX_GROUPS_OF_USER = 10;

static struct iam_group summary_of(const struct identity *group)
{
    return (struct iam_group){
        .path = group->row.path,
        .group_name = group->row.name,
        .group_id = group->row.unique_id,
        .arn = group->arn,
        .create_date = group->row.created_ms,
    };
}

static const struct iam_group *shown(const struct call *call, const struct identity *group)
{
    struct iam_group *shown = arena_new(call->arena, struct iam_group);

    *shown = summary_of(group);
    return shown;
}

struct iam_groups_of_user_rows iam_groups_of(struct txn *txn, const struct identity *user)
{
    if (user->row.group_count == 0)
        return (struct iam_groups_of_user_rows){0};
    return iam_groups_of_user(txn, &(struct iam_groups_of_user_params){user->row.id});
}

/* ---- groups ---- */

static bool stays_in_quota(const struct call *call)
{
    struct iam_count_identities_row row = {0};

    iam_count_identities(call->txn, &(struct iam_count_identities_params){call->account, IAM_GROUP_KIND.word},
                         &row);
    if (row.count <= IAM_MAX_GROUPS)
        return true;
    fail(call, &IAM_LIMIT_EXCEEDED_EXCEPTION, "Cannot exceed quota for GroupsPerAccount: %lld",
         (long long)IAM_MAX_GROUPS);
    return false;
}

enum outcome iam_create_group(const struct call *call, const struct iam_create_group_request *in,
                              struct iam_create_group_response *out)
{
    str path = str_present(in->path) ? in->path : S("/");
    struct identity group = {
        .kind = &IAM_GROUP_KIND,
        .arn = iam_arn(call->arena, call->account, IAM_GROUP_KIND.word, path, in->group_name),
        .row =
            {
                .account = call->account,
                .name = in->group_name,
                .path = path,
                .created_ms = call->now_ms,
            },
    };

    if (!iam_identity_create(call, &group, &(struct iam_tag_list_type){0}) || !stays_in_quota(call))
        return FAILED;
    out->group = shown(call, &group);
    return DONE;
}

static struct iam_page_members_rows members(const struct call *call, const struct identity *group,
                                            const struct page *page)
{
    return iam_page_members(call->txn, &(struct iam_page_members_params){.after = page->after,
                                                                         .limit = page_rows(page),
                                                                         .group_id = group->row.id});
}

enum outcome iam_get_group(const struct call *call, const struct iam_get_group_request *in,
                           struct iam_get_group_response *out)
{
    const struct identity *group = iam_identity_of(call);
    struct page page;

    if (!group || !iam_page_open(call, in->marker, in->max_items, &page))
        return FAILED;
    struct iam_page_members_rows rows = members(call, group, &page);
    out->group = shown(call, group);
    list_make_empty(call->arena, &out->users);
    for (size_t i = 0; i < rows.count; i++) {
        struct identity user;
        if (iam_page_takes(&page, rows.items[i].folded_name) &&
            iam_identity_find_id(call->txn, call->arena, rows.items[i].id, &user))
            *list_add(call->arena, &out->users) = iam_user_summary(&user);
    }
    iam_page_close(call, &page, &out->is_truncated, &out->marker);
    return DONE;
}

enum outcome iam_list_groups(const struct call *call, const struct iam_list_groups_request *in,
                             struct iam_list_groups_response *out)
{
    str path_prefix = str_present(in->path_prefix) ? in->path_prefix : S("/");
    struct page page;

    if (!iam_page_open(call, in->marker, in->max_items, &page))
        return FAILED;
    struct iam_page_identities_rows rows = iam_identity_page(call, &IAM_GROUP_KIND, path_prefix, &page);
    list_make_empty(call->arena, &out->groups);
    for (size_t i = 0; i < rows.count; i++) {
        struct identity group;
        if (iam_page_takes(&page, rows.items[i].folded_name) &&
            iam_identity_find_id(call->txn, call->arena, rows.items[i].id, &group))
            *list_add(call->arena, &out->groups) = summary_of(&group);
    }
    iam_page_close(call, &page, &out->is_truncated, &out->marker);
    return DONE;
}

enum outcome iam_update_group(const struct call *call, const struct iam_update_group_request *in,
                              struct iam_update_group_output *out)
{
    const struct identity *group = iam_identity_of(call);

    (void)out;
    return group && iam_identity_rename(call, group, in->new_path, in->new_group_name) ? DONE : FAILED;
}

enum outcome iam_delete_group(const struct call *call, const struct iam_delete_group_request *in,
                              struct iam_delete_group_output *out)
{
    const struct identity *group = iam_identity_of(call);
    const struct page first = {.after = S(""), .limit = 1};

    (void)in;
    (void)out;
    if (!group)
        return FAILED;
    if (members(call, group, &first).count > 0)
        return fail(call, &IAM_DELETE_CONFLICT_EXCEPTION,
                    "Cannot delete entity, must remove users from group first.");
    return iam_identity_delete(call, group) ? DONE : FAILED;
}

/* ---- users in groups ---- */

static bool find_user(const struct call *call, str name, struct identity *user)
{
    if (iam_identity_find(call->txn, call->arena, &IAM_USER_KIND, call->account, name, user))
        return true;
    fail(call, &IAM_NO_SUCH_ENTITY_EXCEPTION, "The user with name %.*s cannot be found.", STR_ARGS(name));
    return false;
}

static void set_count(const struct call *call, const struct identity *user, int64_t count)
{
    iam_set_group_count(call->txn,
                        &(struct iam_set_group_count_params){.group_count = count, .id = user->row.id});
    iam_policies_changed(call);
}

/* As on AWS, it does not matter whether the user is in the group already. */
enum outcome iam_add_user_to_group(const struct call *call, const struct iam_add_user_to_group_request *in,
                                   struct iam_add_user_to_group_output *out)
{
    const struct identity *group = iam_identity_of(call);
    struct identity user;

    (void)out;
    if (!group || !find_user(call, in->user_name, &user))
        return FAILED;
    struct iam_insert_membership_params params = {.user_id = user.row.id, .group_id = group->row.id};
    if (iam_insert_membership(call->txn, &params) == 0)
        return DONE;
    if (user.row.group_count >= IAM_MAX_GROUPS_OF_USER)
        return fail(call, &IAM_LIMIT_EXCEEDED_EXCEPTION, "Cannot exceed quota for GroupsPerUser: %lld",
                    (long long)IAM_MAX_GROUPS_OF_USER);
    set_count(call, &user, user.row.group_count + 1);
    return DONE;
}

/* Nor whether it is not in the group. */
enum outcome iam_remove_user_from_group(const struct call *call,
                                        const struct iam_remove_user_from_group_request *in,
                                        struct iam_remove_user_from_group_output *out)
{
    const struct identity *group = iam_identity_of(call);
    struct identity user;

    (void)out;
    if (!group || !find_user(call, in->user_name, &user))
        return FAILED;
    struct iam_remove_membership_params params = {.user_id = user.row.id, .group_id = group->row.id};
    if (iam_remove_membership(call->txn, &params) > 0)
        set_count(call, &user, user.row.group_count - 1);
    return DONE;
}

enum outcome iam_list_groups_for_user(const struct call *call,
                                      const struct iam_list_groups_for_user_request *in,
                                      struct iam_list_groups_for_user_response *out)
{
    const struct identity *user = iam_identity_of(call);
    struct page page;

    if (!user || !iam_page_open(call, in->marker, in->max_items, &page))
        return FAILED;
    struct iam_groups_of_user_rows rows = iam_groups_of(call->txn, user);
    list_make_empty(call->arena, &out->groups);
    for (size_t i = 0; i < rows.count; i++) {
        struct identity group;
        if (iam_page_takes(&page, rows.items[i].folded_name) &&
            iam_identity_find_id(call->txn, call->arena, rows.items[i].id, &group))
            *list_add(call->arena, &out->groups) = summary_of(&group);
    }
    iam_page_close(call, &page, &out->is_truncated, &out->marker);
    return DONE;
}
