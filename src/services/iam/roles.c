/*
 * roles.c: making, showing, changing and deleting roles.
 */
#include "services/iam/iam.h"
#include "services/iam/iam_internal.h"

enum { DEFAULT_SESSION_SECONDS = 3600, MAX_TRUST_POLICY_SIZE = 2048 };

const struct iam_role_last_used *iam_role_last_used(const struct call *call, const struct identity *role)
{
    struct iam_role_last_used *used = arena_new(call->arena, struct iam_role_last_used);
    struct iam_uses noted = {0};

    *used = (struct iam_role_last_used){
        .last_used_date = role->row.last_used_ms,
        .region = role->row.last_used_region,
    };
    iam_uses_noted(call->arena, role->row.unique_id, &noted);
    const struct iam_use *last = iam_last_use(&noted);
    if (last && (!used->last_used_date || *used->last_used_date < last->last_ms))
        *used = (struct iam_role_last_used){.last_used_date = &last->last_ms, .region = last->region};
    return used;
}

/* As in lists: without tags, boundary and use. */
static struct iam_role summary_of(const struct call *call, const struct identity *role)
{
    return (struct iam_role){
        .path = role->row.path,
        .role_name = role->row.name,
        .role_id = role->row.unique_id,
        .arn = role->arn,
        .create_date = role->row.created_ms,
        .assume_role_policy_document =
            iam_document_reply(call, iam_show_policy(call, role->row.trust_policy)),
        .description = role->row.description,
        .max_session_duration = role->row.max_session_seconds,
    };
}

/* As CreateRole and UpdateRoleDescription answer: without the sessions' duration, and use. */
static struct iam_role *shown(const struct call *call, const struct identity *role)
{
    struct iam_role *shown = arena_new(call->arena, struct iam_role);

    *shown = summary_of(call, role);
    shown->max_session_duration = NULL;
    shown->permissions_boundary = iam_identity_boundary(call, role);
    shown->tags = iam_tags_of(call, role->arn);
    return shown;
}

static bool bind(const struct call *call, str document, str *bound)
{
    str principal;

    if (iam_policy_bind(call, document, bound, &principal))
        return true;
    fail(call, &IAM_MALFORMED_POLICY_DOCUMENT_EXCEPTION, "Invalid principal in policy: \"AWS\":\"%.*s\"",
         STR_ARGS(principal));
    return false;
}

/* The paths of roles that only AWS makes. */
static bool check_path(const struct call *call, str path)
{
    str reserved = iam_reserved_path(path);

    if (!str_present(reserved))
        return true;
    fail(call, &IAM_INVALID_INPUT_EXCEPTION,
         "Path prefix '%.*s' can only be used for AWS Service linked Roles", STR_ARGS(reserved));
    return false;
}

/* *bound: as it is stored. */
static bool check_trust_policy(const struct call *call, str document, str *bound)
{
    if (!iam_document_check(call, POLICY_TRUST, document) || !bind(call, document, bound))
        return false;
    if (iam_document_size(document) <= MAX_TRUST_POLICY_SIZE)
        return true;
    fail(call, &IAM_LIMIT_EXCEEDED_EXCEPTION, "Cannot exceed quota for ACLSizePerRole: %d",
         MAX_TRUST_POLICY_SIZE);
    return false;
}

enum outcome iam_create_role(const struct call *call, const struct iam_create_role_request *in,
                             struct iam_create_role_response *out)
{
    str path = str_present(in->path) ? in->path : S("/");
    struct identity role = {
        .kind = &IAM_ROLE_KIND,
        .arn = iam_arn(call->arena, call->account, IAM_ROLE_KIND.word, path, in->role_name),
        .row =
            {
                .account = call->account,
                .name = in->role_name,
                .path = path,
                .created_ms = call->now_ms,
                .description = in->description,
                .max_session_seconds = in->max_session_duration
                                           ? in->max_session_duration
                                           : arena_i64(call->arena, DEFAULT_SESSION_SECONDS),
                .boundary_arn = in->permissions_boundary,
            },
    };

    if (!check_path(call, path) ||
        !check_trust_policy(call, in->assume_role_policy_document, &role.row.trust_policy) ||
        !iam_boundary_check(call, in->permissions_boundary) ||
        !iam_tags_check(call, &in->tags, TAG_CASE_IGNORED) || !iam_identity_create(call, &role, &in->tags))
        return FAILED;
    struct iam_role *made = shown(call, &role);
    made->description = (str){0}; /* GetRole has it */
    out->role = made;
    return DONE;
}

enum outcome iam_get_role(const struct call *call, const struct iam_get_role_request *in,
                          struct iam_get_role_response *out)
{
    const struct identity *role = iam_identity_of(call);

    (void)in;
    if (!role)
        return FAILED;
    struct iam_role *full = shown(call, role);
    full->max_session_duration = role->row.max_session_seconds;
    full->role_last_used = iam_role_last_used(call, role);
    out->role = full;
    return DONE;
}

enum outcome iam_list_roles(const struct call *call, const struct iam_list_roles_request *in,
                            struct iam_list_roles_response *out)
{
    str path_prefix = str_present(in->path_prefix) ? in->path_prefix : S("/");
    struct page page;

    if (!iam_page_open(call, in->marker, in->max_items, &page))
        return FAILED;
    struct iam_page_identities_rows rows = iam_identity_page(call, &IAM_ROLE_KIND, path_prefix, &page);
    list_make_empty(call->arena, &out->roles);
    for (size_t i = 0; i < rows.count; i++) {
        struct identity role;
        if (iam_page_takes(&page, rows.items[i].folded_name) &&
            iam_identity_find_id(call->txn, call->arena, rows.items[i].id, &role))
            *list_add(call->arena, &out->roles) = summary_of(call, &role);
    }
    iam_page_close(call, &page, &out->is_truncated, &out->marker);
    return DONE;
}

enum outcome iam_delete_role(const struct call *call, const struct iam_delete_role_request *in,
                             struct iam_delete_role_output *out)
{
    const struct identity *role = iam_identity_to_change(call);

    (void)in;
    (void)out;
    if (!role || !iam_identity_delete(call, role))
        return FAILED;
    return DONE;
}

static void change_settings(const struct call *call, const struct identity *role, str description,
                            const int64_t *max_session_seconds)
{
    struct iam_set_role_settings_params params = {
        .description = description,
        .max_session_seconds = max_session_seconds,
        .id = role->row.id,
    };
    iam_set_role_settings(call->txn, &params);
}

enum outcome iam_update_role(const struct call *call, const struct iam_update_role_request *in,
                             struct iam_update_role_response *out)
{
    const struct identity *role =
        in->max_session_duration ? iam_identity_to_change(call) : iam_identity_of(call);

    (void)out;
    if (!role)
        return FAILED;
    change_settings(call, role, str_present(in->description) ? in->description : role->row.description,
                    in->max_session_duration ? in->max_session_duration : role->row.max_session_seconds);
    return DONE;
}

enum outcome iam_update_role_description(const struct call *call,
                                         const struct iam_update_role_description_request *in,
                                         struct iam_update_role_description_response *out)
{
    const struct identity *role = iam_identity_of(call);

    if (!role)
        return FAILED;
    change_settings(call, role, in->description, role->row.max_session_seconds);
    struct identity changed = *role;
    changed.row.description = in->description;
    out->role = shown(call, &changed);
    return DONE;
}

enum outcome iam_update_assume_role_policy(const struct call *call,
                                           const struct iam_update_assume_role_policy_request *in,
                                           struct iam_update_assume_role_policy_output *out)
{
    const struct identity *role = iam_identity_to_change(call);
    str trust_policy;

    (void)out;
    if (!role || !check_trust_policy(call, in->policy_document, &trust_policy))
        return FAILED;
    iam_set_trust_policy(call->txn, &(struct iam_set_trust_policy_params){trust_policy, role->row.id});
    return DONE;
}

/* Instance profiles belong to EC2, which Orderly does not have: no role is in one. */
enum outcome iam_list_instance_profiles_for_role(const struct call *call,
                                                 const struct iam_list_instance_profiles_for_role_request *in,
                                                 struct iam_list_instance_profiles_for_role_response *out)
{
    const struct identity *role = iam_identity_of(call);

    (void)in;
    if (!role)
        return FAILED;
    list_make_empty(call->arena, &out->instance_profiles);
    out->is_truncated = arena_bool(call->arena, false);
    return DONE;
}
