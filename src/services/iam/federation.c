/*
 * federation.c: GetFederationToken: a session for a federated user, to which a user or a root gives a name.
 *
 * Such a session may do what its own policy and the policies of the user both allow.
 *
 * https://docs.aws.amazon.com/STS/latest/APIReference/API_GetFederationToken.html
 */
#include "services/iam/sts_sessions.h"

enum { DEFAULT_FEDERATION_SECONDS = 12 * 3600, MAX_ROOT_SECONDS = 3600 };

/* Without a policy, a session has only what policies of resources grant to it. */
static const str NOTHING = STR_INIT("{\"Version\":\"2012-10-17\",\"Statement\":{\"Effect\":\"Allow\","
                                    "\"Action\":\"none:null\",\"Resource\":\"*\"}}");

bool sts_locate_federated_user(const struct call *call, str name, struct resource *found)
{
    found->arn = iam_federated_principal(call->arena, call->account, name).arn;
    return true;
}

static int64_t seconds_of(const struct call *call, const struct sts_get_federation_token_request *in)
{
    int64_t seconds = in->duration_seconds ? *in->duration_seconds : DEFAULT_FEDERATION_SECONDS;

    return call->caller->kind == PRINCIPAL_ROOT && seconds > MAX_ROOT_SECONDS ? MAX_ROOT_SECONDS : seconds;
}

enum outcome sts_get_federation_token(const struct call *call,
                                      const struct sts_get_federation_token_request *in,
                                      struct sts_get_federation_token_response *out)
{
    const struct principal *caller = call->caller;
    struct sts_federated_user *user = arena_new(call->arena, struct sts_federated_user);
    struct principal federated = iam_federated_principal(call->arena, caller->account, in->name);
    str policy;

    if (caller->kind == PRINCIPAL_ROLE || is_session_of_key(caller))
        return sts_refuse_session(call);
    if (!sts_session_policy(call, caller->account, in->policy, &in->policy_arns, &policy))
        return FAILED;
    *user = (struct sts_federated_user){.federated_user_id = federated.id, .arn = federated.arn};
    struct iam_insert_session_params session = {
        .account = caller->account,
        .role_name = S(""),
        .owner = caller->id,
        .session_name = in->name,
        .session_policy = str_present(policy) ? policy : NOTHING,
    };
    out->credentials = sts_session_open(call, &session, seconds_of(call, in), in->minimum_session_token_size);
    out->federated_user = user;
    if (str_present(policy))
        out->packed_policy_size = sts_packed_size(call, in->policy);
    return DONE;
}
