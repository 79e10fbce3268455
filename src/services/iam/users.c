/*
 * users.c: making, showing, renaming and deleting users.
 */
#include "services/iam/iam_internal.h"

struct iam_user iam_user_summary(const struct identity *user)
{
    return (struct iam_user){
        .path = user->row.path,
        .user_name = user->row.name,
        .user_id = user->row.unique_id,
        .arn = user->arn,
        .create_date = user->row.created_ms,
    };
}

static const struct iam_user *shown(const struct call *call, const struct identity *user)
{
    struct iam_user *shown = arena_new(call->arena, struct iam_user);

    *shown = iam_user_summary(user);
    shown->permissions_boundary = iam_identity_boundary(call, user);
    shown->tags = iam_tags_of(call, user->arn);
    return shown;
}

enum outcome iam_create_user(const struct call *call, const struct iam_create_user_request *in,
                             struct iam_create_user_response *out)
{
    str path = str_present(in->path) ? in->path : S("/");
    struct identity user = {
        .kind = &IAM_USER_KIND,
        .arn = iam_arn(call->arena, call->account, IAM_USER_KIND.word, path, in->user_name),
        .row =
            {
                .account = call->account,
                .name = in->user_name,
                .path = path,
                .created_ms = call->now_ms,
                .boundary_arn = in->permissions_boundary,
            },
    };

    if (!iam_boundary_check(call, in->permissions_boundary) ||
        !iam_tags_check(call, &in->tags, TAG_CASE_IGNORED) || !iam_identity_create(call, &user, &in->tags))
        return FAILED;
    out->user = shown(call, &user);
    return DONE;
}

/* The root of an account is shown as a user, too. */
static const struct iam_user *root_user(const struct call *call)
{
    struct iam_user *user = arena_new(call->arena, struct iam_user);

    *user = (struct iam_user){
        .path = S("/"),
        .user_name = S("root"),
        .user_id = call->account,
        .arn = call->caller->arn,
    };
    return user;
}

enum outcome iam_get_user(const struct call *call, const struct iam_get_user_request *in,
                          struct iam_get_user_response *out)
{
    (void)in;
    if (iam_is_about_root(call)) {
        out->user = root_user(call);
        return DONE;
    }
    const struct identity *user = iam_identity_of(call);
    if (!user)
        return FAILED;
    out->user = shown(call, user);
    return DONE;
}

enum outcome iam_list_users(const struct call *call, const struct iam_list_users_request *in,
                            struct iam_list_users_response *out)
{
    str path_prefix = str_present(in->path_prefix) ? in->path_prefix : S("/");
    struct page page;

    if (!iam_page_open(call, in->marker, in->max_items, &page))
        return FAILED;
    struct iam_page_identities_rows rows = iam_identity_page(call, &IAM_USER_KIND, path_prefix, &page);
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

enum outcome iam_update_user(const struct call *call, const struct iam_update_user_request *in,
                             struct iam_update_user_output *out)
{
    const struct identity *user = iam_identity_of(call);

    (void)out;
    return user && iam_identity_rename(call, user, in->new_path, in->new_user_name) ? DONE : FAILED;
}

enum outcome iam_delete_user(const struct call *call, const struct iam_delete_user_request *in,
                             struct iam_delete_user_output *out)
{
    const struct identity *user = iam_identity_of(call);

    (void)in;
    (void)out;
    if (!user)
        return FAILED;
    struct iam_access_keys_params keys = {call->account, &user->row.id};
    if (iam_access_keys(call->txn, &keys).count > 0)
        return fail(call, &IAM_DELETE_CONFLICT_EXCEPTION,
                    "Cannot delete entity, must delete access keys first.");
    if (user->row.group_count > 0)
        return fail(call, &IAM_DELETE_CONFLICT_EXCEPTION,
                    "Cannot delete entity, must remove users from group first.");
    return iam_identity_delete(call, user) ? DONE : FAILED;
}
