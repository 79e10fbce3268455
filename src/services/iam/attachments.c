/*
 * attachments.c: the managed policies of roles, users and groups.
 */
#include "services/iam/iam_internal.h"

enum { MAX_ATTACHMENTS = 10 };

static bool is_attached(const struct call *call, const struct identity *identity, str policy_arn,
                        size_t *count)
{
    struct iam_attachments_rows rows =
        iam_attachments(call->txn, &(struct iam_attachments_params){identity->row.id});

    *count = rows.count;
    for (size_t i = 0; i < rows.count; i++)
        if (str_equal(rows.items[i].policy_arn, policy_arn))
            return true;
    return false;
}

static enum outcome not_attachable(const struct call *call, str policy_arn)
{
    return fail(call, &IAM_NO_SUCH_ENTITY_EXCEPTION, "Policy %.*s does not exist or is not attachable.",
                STR_ARGS(policy_arn));
}

static enum outcome attach(const struct call *call, str policy_arn)
{
    const struct identity *identity = iam_identity_to_change(call);
    struct managed_policy policy;
    size_t count;

    if (!identity || !iam_policy_arn_check(call, policy_arn))
        return FAILED;
    if (!iam_managed_policy_find(call->txn, call->arena, policy_arn, &policy) ||
        !(policy.aws || str_equal(policy.row.account, call->account)))
        return not_attachable(call, policy_arn);
    if (is_attached(call, identity, policy_arn, &count))
        return DONE;
    if (count >= MAX_ATTACHMENTS)
        return fail(call, &IAM_LIMIT_EXCEEDED_EXCEPTION, "Cannot exceed quota for %.*s: %d",
                    STR_ARGS(identity->kind->attachment_quota), MAX_ATTACHMENTS);
    iam_insert_attachment(call->txn, &(struct iam_insert_attachment_params){identity->row.id, policy_arn});
    iam_policies_changed(call);
    return DONE;
}

static enum outcome detach(const struct call *call, str policy_arn)
{
    const struct identity *identity = iam_identity_to_change(call);

    if (!identity || !iam_policy_arn_check(call, policy_arn))
        return FAILED;
    struct iam_remove_attachment_params params = {identity->row.id, policy_arn};
    if (iam_remove_attachment(call->txn, &params) == 0)
        return fail(call, &IAM_NO_SUCH_ENTITY_EXCEPTION, "Policy %.*s was not found.", STR_ARGS(policy_arn));
    iam_policies_changed(call);
    return DONE;
}

static bool list_attached(const struct call *call, str path_prefix, struct iam_attached_policy_list *list,
                          struct page *page)
{
    const struct identity *identity = iam_identity_of(call);
    struct managed_policy policy;

    if (!identity)
        return false;
    struct iam_attachments_rows rows =
        iam_attachments(call->txn, &(struct iam_attachments_params){identity->row.id});
    list_make_empty(call->arena, list);
    for (size_t i = 0; i < rows.count; i++) {
        str arn = rows.items[i].policy_arn;
        if (!iam_managed_policy_find(call->txn, call->arena, arn, &policy) ||
            !str_starts_with(policy.path, path_prefix) || !iam_page_takes(page, arn))
            continue;
        *list_add(call->arena, list) =
            (struct iam_attached_policy){.policy_name = policy.name, .policy_arn = arn};
    }
    return true;
}

enum outcome iam_attach_role_policy(const struct call *call, const struct iam_attach_role_policy_request *in,
                                    struct iam_attach_role_policy_output *out)
{
    (void)out;
    return attach(call, in->policy_arn);
}

enum outcome iam_attach_user_policy(const struct call *call, const struct iam_attach_user_policy_request *in,
                                    struct iam_attach_user_policy_output *out)
{
    (void)out;
    return attach(call, in->policy_arn);
}

enum outcome iam_detach_role_policy(const struct call *call, const struct iam_detach_role_policy_request *in,
                                    struct iam_detach_role_policy_output *out)
{
    (void)out;
    return detach(call, in->policy_arn);
}

enum outcome iam_detach_user_policy(const struct call *call, const struct iam_detach_user_policy_request *in,
                                    struct iam_detach_user_policy_output *out)
{
    (void)out;
    return detach(call, in->policy_arn);
}

enum outcome iam_list_attached_role_policies(const struct call *call,
                                             const struct iam_list_attached_role_policies_request *in,
                                             struct iam_list_attached_role_policies_response *out)
{
    struct page page;

    if (!iam_page_open(call, in->marker, in->max_items, &page) ||
        !list_attached(call, in->path_prefix, &out->attached_policies, &page))
        return FAILED;
    iam_page_close(call, &page, &out->is_truncated, &out->marker);
    return DONE;
}

enum outcome iam_list_attached_user_policies(const struct call *call,
                                             const struct iam_list_attached_user_policies_request *in,
                                             struct iam_list_attached_user_policies_response *out)
{
    struct page page;

    if (!iam_page_open(call, in->marker, in->max_items, &page) ||
        !list_attached(call, in->path_prefix, &out->attached_policies, &page))
        return FAILED;
    iam_page_close(call, &page, &out->is_truncated, &out->marker);
    return DONE;
}

enum outcome iam_attach_group_policy(const struct call *call,
                                     const struct iam_attach_group_policy_request *in,
                                     struct iam_attach_group_policy_output *out)
{
    (void)out;
    return attach(call, in->policy_arn);
}

enum outcome iam_detach_group_policy(const struct call *call,
                                     const struct iam_detach_group_policy_request *in,
                                     struct iam_detach_group_policy_output *out)
{
    (void)out;
    return detach(call, in->policy_arn);
}

enum outcome iam_list_attached_group_policies(const struct call *call,
                                              const struct iam_list_attached_group_policies_request *in,
                                              struct iam_list_attached_group_policies_response *out)
{
    struct page page;

    if (!iam_page_open(call, in->marker, in->max_items, &page) ||
        !list_attached(call, in->path_prefix, &out->attached_policies, &page))
        return FAILED;
    iam_page_close(call, &page, &out->is_truncated, &out->marker);
    return DONE;
}

static void add_entity(const struct call *call, const struct iam_entity_row *entity,
                       struct iam_list_entities_for_policy_response *out)
{
    if (str_equal(entity->kind, IAM_ROLE_KIND.word))
        *list_add(call->arena, &out->policy_roles) =
            (struct iam_policy_role){entity->name, entity->unique_id};
    else if (str_equal(entity->kind, IAM_GROUP_KIND.word))
        *list_add(call->arena, &out->policy_groups) =
            (struct iam_policy_group){entity->name, entity->unique_id};
    else
        *list_add(call->arena, &out->policy_users) =
            (struct iam_policy_user){entity->name, entity->unique_id};
}

static bool wants(str filter, str word)
{
    return !str_present(filter) || str_equal(filter, word);
}

static bool wants_kind(str filter, str kind)
{
    return wants(filter, iam_identity_kind(kind)->title);
}

/* Groups come before roles, roles before users; the key of an entity is "role/name". */
static str entity_key(const struct call *call, const struct iam_entity_row *entity)
{
    return arena_format(call->arena, "%.*s/%.*s", STR_ARGS(entity->kind), STR_ARGS(entity->folded_name));
}

static struct iam_entity_rows
entities_of(const struct call *call, const struct iam_list_entities_for_policy_request *in, str path_prefix)
{
    if (str_present(in->policy_usage_filter) &&
        iam_policy_usage_type_of(in->policy_usage_filter) == IAM_POLICY_USAGE_TYPE_PERMISSIONS_BOUNDARY)
        return iam_bounded_identities(call->txn,
                                      &(struct iam_bounded_identities_params){.boundary_arn = in->policy_arn,
                                                                              .account = call->account,
                                                                              .path_prefix = path_prefix});
    return iam_attached_identities(
        call->txn, &(struct iam_attached_identities_params){
                       .policy_arn = in->policy_arn, .account = call->account, .path_prefix = path_prefix});
}

enum outcome iam_list_entities_for_policy(const struct call *call,
                                          const struct iam_list_entities_for_policy_request *in,
                                          struct iam_list_entities_for_policy_response *out)
{
    str path_prefix = str_present(in->path_prefix) ? in->path_prefix : S("/");
    struct page page;

    if (!iam_managed_policy_is_there(call_resource(call, 0)->row))
        return not_attachable(call, in->policy_arn);
    if (!iam_page_open(call, in->marker, in->max_items, &page))
        return FAILED;
    list_make_empty(call->arena, &out->policy_groups);
    list_make_empty(call->arena, &out->policy_users);
    list_make_empty(call->arena, &out->policy_roles);
    struct iam_entity_rows entities = entities_of(call, in, path_prefix);
    for (size_t i = 0; i < entities.count; i++)
        if (wants_kind(in->entity_filter, entities.items[i].kind) &&
            iam_page_takes(&page, entity_key(call, &entities.items[i])))
            add_entity(call, &entities.items[i], out);
    iam_page_close(call, &page, &out->is_truncated, &out->marker);
    return DONE;
}
