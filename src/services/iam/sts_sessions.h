#pragma once

/*
 * sts_sessions.h: temporary credentials, of a role that is assumed, of the long-lived key that asks for
 * some, or of a federated user.
 */
#include "services/iam/iam_internal.h"
#include "sts_model.h"

/*
 * Store a new session, and remove expired ones.  `session` has all but what this makes: keys, token and
 * times. The token has at least `least_token_size` characters; NULL: any number.
 */
const struct sts_credentials *sts_session_open(const struct call *call,
                                               const struct iam_insert_session_params *session,
                                               int64_t seconds, const int64_t *least_token_size);
/* There are no MFA devices, so no code is right.  False: fail() has been called. */
bool sts_mfa_check(const struct call *call, str serial_number, str token_code);
/*
 * Always FAILED: of STS a session of a key may only call AssumeRole and GetCallerIdentity, a federated user
 * only the latter.
 */
enum outcome sts_refuse_session(const struct call *call);

/* session_policies.c */
/*
 * The document and the managed policies, which are AWS's or the account's, as one policy; absent without any.
 * False: fail() has been called.
 */
bool sts_session_policy(const struct call *call, str account, str document,
                        const struct sts_policy_descriptor_type_list *arns, str *policy);
/* PackedPolicySize: how much of the space for session policies the document takes, in percent. */
const int64_t *sts_packed_size(const struct call *call, str document);
