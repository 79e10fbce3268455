#pragma once

/*
 * sts_sessions.h: temporary credentials, of a role that is assumed, or of the long-lived key that asks for
 * some.
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
/* Always FAILED: of STS a session of a key may only call AssumeRole and GetCallerIdentity. */
enum outcome sts_refuse_session(const struct call *call);
