/*
 * boundaries.c: permissions boundaries: the upper limit of a role's or user's permissions.
 */
#include "services/iam/iam_internal.h"

bool iam_boundary_check(const struct call *call, str policy_arn)
{
    struct managed_policy policy;

    if (!str_present(policy_arn))
        return true;
    if (!iam_is_policy_arn(policy_arn)) {
        fail(call, &IAM_INVALID_INPUT_EXCEPTION, "ARN %.*s is not valid.", STR_ARGS(policy_arn));
        return false;
    }
    if (iam_managed_policy_find(call->txn, call->arena, policy_arn, &policy) &&
        (policy.aws || str_equal(policy.row.account, call->account)))
        return true;
    fail(call, &IAM_NO_SUCH_ENTITY_EXCEPTION, "Scope ARN: %.*s does not exist or is not attachable.",
         STR_ARGS(policy_arn));
    return false;
}

/* Set the identity's boundary; absent: remove it. */
static enum outcome set_boundary(const struct call *call, str policy_arn)
{
    const struct identity *identity = iam_identity_to_change(call);

    if (!identity || !iam_boundary_check(call, policy_arn))
        return FAILED;
    iam_set_boundary(call->txn, &(struct iam_set_boundary_params){policy_arn, identity->row.id});
    iam_policies_changed(call);
    return DONE;
}

enum outcome iam_put_role_permissions_boundary(const struct call *call,
                                               const struct iam_put_role_permissions_boundary_request *in,
                                               struct iam_put_role_permissions_boundary_output *out)
{
    (void)out;
    return set_boundary(call, in->permissions_boundary);
}

enum outcome iam_put_user_permissions_boundary(const struct call *call,
                                               const struct iam_put_user_permissions_boundary_request *in,
                                               struct iam_put_user_permissions_boundary_output *out)
{
    (void)out;
    return set_boundary(call, in->permissions_boundary);
}

enum outcome
iam_delete_role_permissions_boundary(const struct call *call,
                                     const struct iam_delete_role_permissions_boundary_request *in,
                                     struct iam_delete_role_permissions_boundary_output *out)
{
    (void)in;
    (void)out;
    return set_boundary(call, (str){0});
}

enum outcome
iam_delete_user_permissions_boundary(const struct call *call,
                                     const struct iam_delete_user_permissions_boundary_request *in,
                                     struct iam_delete_user_permissions_boundary_output *out)
{
    (void)in;
    (void)out;
    return set_boundary(call, (str){0});
}
