/*
 * sts.c: GetCallerIdentity, GetAccessKeyInfo, and assuming a role.
 */
#include "services/iam/sts_sessions.h"

enum {
    DEFAULT_SECONDS = 3600,
    MAX_CHAINED_SECONDS = 3600,
};

enum outcome sts_get_caller_identity(const struct call *call,
                                     const struct sts_get_caller_identity_request *in,
                                     struct sts_get_caller_identity_response *out)
{
    (void)in;
    out->user_id = call->caller->id;
    out->account = call->caller->account;
    out->arn = call->caller->arn;
    return DONE;
}

/* Any account's key, as on AWS, and whether it is active, inactive or expired. */
enum outcome sts_get_access_key_info(const struct call *call,
                                     const struct sts_get_access_key_info_request *in,
                                     struct sts_get_access_key_info_response *out)
{
    struct iam_find_access_key_row key;
    struct iam_find_session_row session;

    if (is_session_of_key(call->caller))
        return sts_refuse_session(call);
    if (iam_find_access_key(call->txn, &(struct iam_find_access_key_params){in->access_key_id}, &key))
        out->account = key.account;
    else if (iam_find_session(call->txn, &(struct iam_find_session_params){in->access_key_id}, &session))
        out->account = session.account;
    else
        return fail(call, &STS_VALIDATION_ERROR, "The access key ID %.*s does not exist.",
                    STR_ARGS(in->access_key_id));
    return DONE;
}

/* A missing role trusts nobody, so only a server that does not enforce policies gets here without a role. */
static const struct identity *role_of(const struct call *call)
{
    const struct resource *role = call_resource(call, 0);

    if (!role->row)
        fail(call, &STS_ACCESS_DENIED,
             "User: %.*s is not authorized to perform: sts:AssumeRole on resource: %.*s",
             STR_ARGS(call->caller->arn), STR_ARGS(role->arn));
    return role->row;
}

static bool check_duration(const struct call *call, const struct identity *role, const int64_t *seconds)
{
    if (!seconds || call->caller->kind == PRINCIPAL_SERVICE)
        return true;
    if (*seconds > *role->row.max_session_seconds) {
        fail(call, &STS_VALIDATION_ERROR,
             "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.");
        return false;
    }
    if (call->caller->kind == PRINCIPAL_ROLE && *seconds > MAX_CHAINED_SECONDS) {
        fail(call, &STS_VALIDATION_ERROR,
             "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role "
             "chaining.");
        return false;
    }
    return true;
}

/* Sessions that Lambda opens for a function are those of the function's own sandboxes. */
static str function_arn(const struct principal *caller)
{
    bool is_lambda = caller->kind == PRINCIPAL_SERVICE && str_equal(caller->name, S("lambda.amazonaws.com"));

    return is_lambda ? caller->source_arn : (str){0};
}

static const struct sts_credentials *open_session(const struct call *call, const struct identity *role,
                                                  const struct sts_assume_role_request *in, str policy)
{
    struct iam_insert_session_params session = {
        .account = role->row.account,
        .role_name = role->row.name,
        .owner = role->row.unique_id,
        .session_name = in->role_session_name,
        .session_policy = policy,
        .function_arn = function_arn(call->caller),
    };

    return sts_session_open(call, &session, in->duration_seconds ? *in->duration_seconds : DEFAULT_SECONDS,
                            in->minimum_session_token_size);
}

static void note_use(const struct call *call, const struct identity *role)
{
    struct iam_set_last_used_params params = {
        .last_used_ms = &call->now_ms,
        .last_used_region = call->region,
        .id = role->row.id,
    };
    iam_set_last_used(call->txn, &params);
}

enum outcome sts_assume_role(const struct call *call, const struct sts_assume_role_request *in,
                             struct sts_assume_role_response *out)
{
    struct sts_assumed_role_user *user = arena_new(call->arena, struct sts_assumed_role_user);
    const struct identity *role = role_of(call);
    str policy;

    if (call->caller->kind == PRINCIPAL_FEDERATED)
        return sts_refuse_session(call);
    if (!role || !sts_mfa_check(call, in->serial_number, in->token_code) ||
        !check_duration(call, role, in->duration_seconds) ||
        !sts_session_policy(call, role->row.account, in->policy, &in->policy_arns, &policy))
        return FAILED;
    struct principal session = iam_session_principal(call->arena, role, in->role_session_name);
    *user = (struct sts_assumed_role_user){.assumed_role_id = session.id, .arn = session.arn};
    note_use(call, role);
    out->credentials = open_session(call, role, in, policy);
    out->assumed_role_user = user;
    if (str_present(policy))
        out->packed_policy_size = sts_packed_size(call, in->policy);
    return DONE;
}
