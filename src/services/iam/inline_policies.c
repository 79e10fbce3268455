/*
 * inline_policies.c: the policies that belong to one role, user or group.
 */
#include "services/iam/iam_internal.h"

/* All inline policies of an identity share one quota. */
static bool check_size(const struct call *call, const struct identity *identity, str name, str document)
{
    struct iam_inline_policies_rows rows =
        iam_inline_policies(call->txn, &(struct iam_inline_policies_params){identity->row.id});
    int64_t size = iam_document_size(document);

    for (size_t i = 0; i < rows.count; i++)
        if (!str_equal(rows.items[i].policy_name, name))
            size += iam_document_size(rows.items[i].document);
    if (size <= identity->kind->max_inline_bytes)
        return true;
    fail(call, &IAM_LIMIT_EXCEEDED_EXCEPTION, "Maximum policy size of %lld bytes exceeded for %.*s %.*s",
         (long long)identity->kind->max_inline_bytes, STR_ARGS(identity->kind->word),
         STR_ARGS(identity->row.name));
    return false;
}

static enum outcome put_policy(const struct call *call, str name, str document)
{
    const struct identity *identity = iam_identity_to_change(call);

    if (!identity || !iam_document_check(call, POLICY_INLINE, document) ||
        !check_size(call, identity, name, document))
        return FAILED;
    iam_put_inline_policy(call->txn,
                          &(struct iam_put_inline_policy_params){identity->row.id, name, document});
    iam_policies_changed(call);
    return DONE;
}

static enum outcome no_such_policy(const struct call *call, const struct identity *identity, str name)
{
    return fail(call, &IAM_NO_SUCH_ENTITY_EXCEPTION, "The %.*s policy with name %.*s cannot be found.",
                STR_ARGS(identity->kind->word), STR_ARGS(name));
}

static enum outcome get_policy(const struct call *call, str name, str *document)
{
    struct iam_find_inline_policy_row row;
    const struct identity *identity = iam_identity_of(call);

    if (!identity)
        return FAILED;
    struct iam_find_inline_policy_params params = {identity->row.id, name};
    if (!iam_find_inline_policy(call->txn, &params, &row))
        return no_such_policy(call, identity, name);
    *document = iam_document_reply(call, row.document);
    return DONE;
}

static bool list_policies(const struct call *call, struct page *page, struct str_list *names)
{
    const struct identity *identity = iam_identity_of(call);

    if (!identity)
        return false;
    struct iam_inline_policies_rows rows =
        iam_inline_policies(call->txn, &(struct iam_inline_policies_params){identity->row.id});
    list_make_empty(call->arena, names);
    for (size_t i = 0; i < rows.count; i++)
        if (iam_page_takes(page, rows.items[i].policy_name))
            *list_add(call->arena, names) = rows.items[i].policy_name;
    return true;
}

static enum outcome delete_policy(const struct call *call, str name)
{
    const struct identity *identity = iam_identity_to_change(call);

    if (!identity)
        return FAILED;
    struct iam_remove_inline_policy_params params = {identity->row.id, name};
    if (iam_remove_inline_policy(call->txn, &params) == 0)
        return no_such_policy(call, identity, name);
    iam_policies_changed(call);
    return DONE;
}

enum outcome iam_put_role_policy(const struct call *call, const struct iam_put_role_policy_request *in,
                                 struct iam_put_role_policy_output *out)
{
    (void)out;
    return put_policy(call, in->policy_name, in->policy_document);
}

enum outcome iam_put_user_policy(const struct call *call, const struct iam_put_user_policy_request *in,
                                 struct iam_put_user_policy_output *out)
{
    (void)out;
    return put_policy(call, in->policy_name, in->policy_document);
}

enum outcome iam_get_role_policy(const struct call *call, const struct iam_get_role_policy_request *in,
                                 struct iam_get_role_policy_response *out)
{
    out->role_name = in->role_name;
    out->policy_name = in->policy_name;
    return get_policy(call, in->policy_name, &out->policy_document);
}

enum outcome iam_get_user_policy(const struct call *call, const struct iam_get_user_policy_request *in,
                                 struct iam_get_user_policy_response *out)
{
    out->user_name = in->user_name;
    out->policy_name = in->policy_name;
    return get_policy(call, in->policy_name, &out->policy_document);
}

enum outcome iam_list_role_policies(const struct call *call, const struct iam_list_role_policies_request *in,
                                    struct iam_list_role_policies_response *out)
{
    struct page page;

    if (!iam_page_open(call, in->marker, in->max_items, &page) ||
        !list_policies(call, &page, &out->policy_names))
        return FAILED;
    iam_page_close(call, &page, &out->is_truncated, &out->marker);
    return DONE;
}

enum outcome iam_list_user_policies(const struct call *call, const struct iam_list_user_policies_request *in,
                                    struct iam_list_user_policies_response *out)
{
    struct page page;

    if (!iam_page_open(call, in->marker, in->max_items, &page) ||
        !list_policies(call, &page, &out->policy_names))
        return FAILED;
    iam_page_close(call, &page, &out->is_truncated, &out->marker);
    return DONE;
}

enum outcome iam_delete_role_policy(const struct call *call, const struct iam_delete_role_policy_request *in,
                                    struct iam_delete_role_policy_output *out)
{
    (void)out;
    return delete_policy(call, in->policy_name);
}

enum outcome iam_delete_user_policy(const struct call *call, const struct iam_delete_user_policy_request *in,
                                    struct iam_delete_user_policy_output *out)
{
    (void)out;
    return delete_policy(call, in->policy_name);
}

enum outcome iam_put_group_policy(const struct call *call, const struct iam_put_group_policy_request *in,
                                  struct iam_put_group_policy_output *out)
{
    (void)out;
    return put_policy(call, in->policy_name, in->policy_document);
}

enum outcome iam_get_group_policy(const struct call *call, const struct iam_get_group_policy_request *in,
                                  struct iam_get_group_policy_response *out)
{
    out->group_name = in->group_name;
    out->policy_name = in->policy_name;
    return get_policy(call, in->policy_name, &out->policy_document);
}

enum outcome iam_list_group_policies(const struct call *call,
                                     const struct iam_list_group_policies_request *in,
                                     struct iam_list_group_policies_response *out)
{
    struct page page;

    if (!iam_page_open(call, in->marker, in->max_items, &page) ||
        !list_policies(call, &page, &out->policy_names))
        return FAILED;
    iam_page_close(call, &page, &out->is_truncated, &out->marker);
    return DONE;
}

enum outcome iam_delete_group_policy(const struct call *call,
                                     const struct iam_delete_group_policy_request *in,
                                     struct iam_delete_group_policy_output *out)
{
    (void)out;
    return delete_policy(call, in->policy_name);
}
