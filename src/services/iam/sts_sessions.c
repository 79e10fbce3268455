/*
 * sts_sessions.c: see sts_sessions.h; and GetSessionToken.
 *
 * https://docs.aws.amazon.com/STS/latest/APIReference/API_GetSessionToken.html
 */
#include "services/iam/sts_sessions.h"

#include "base/hash.h"
#include "base/time.h"

enum {
    TOKEN_BYTES = 144,
    SESSIONS_REMOVED = 8,
    DEFAULT_USER_SECONDS = 12 * 3600,
    MAX_ROOT_SECONDS = 3600,
};

/* Four characters of base64 are three bytes. */
static str new_token(struct arena *arena, const int64_t *least)
{
    size_t size = least ? ((size_t)*least + 3) / 4 * 3 : 0;

    if (size < TOKEN_BYTES)
        size = TOKEN_BYTES;
    char *bytes = arena_alloc(arena, size);
    random_bytes(bytes, size);
    return base64_encode(arena, (str){bytes, size});
}

/* Every new session deletes expired ones: more than it adds, so that they become fewer. */
static void remove_expired(const struct call *call)
{
    iam_remove_expired_sessions(call->txn, &(struct iam_remove_expired_sessions_params){
                                               .before_ms = call->now_ms, .limit = SESSIONS_REMOVED});
}

const struct sts_credentials *sts_session_open(const struct call *call,
                                               const struct iam_insert_session_params *session,
                                               int64_t seconds, const int64_t *least_token_size)
{
    struct sts_credentials *credentials = arena_new(call->arena, struct sts_credentials);
    struct iam_insert_session_params row = *session;

    row.access_key_id = iam_new_access_key_id(call->arena, S("ASIA"));
    row.secret = iam_new_secret(call->arena);
    row.session_token = new_token(call->arena, least_token_size);
    row.issued_ms = call->now_ms;
    row.expires_ms = call->now_ms + seconds * MS_PER_S;
    *credentials = (struct sts_credentials){.access_key_id = row.access_key_id,
                                            .secret_access_key = row.secret,
                                            .session_token = row.session_token,
                                            .expiration = row.expires_ms};
    remove_expired(call);
    iam_insert_session(call->txn, &row);
    return credentials;
}

bool sts_mfa_check(const struct call *call, str serial_number, str token_code)
{
    if (!str_present(serial_number) && !str_present(token_code))
        return true;
    fail(call, &STS_ACCESS_DENIED, "MultiFactorAuthentication failed with invalid MFA one time pass code.");
    return false;
}

enum outcome sts_refuse_session(const struct call *call)
{
    return fail(call, &STS_ACCESS_DENIED, "Cannot call %s with session credentials", call->operation->name);
}

enum outcome sts_get_session_token(const struct call *call, const struct sts_get_session_token_request *in,
                                   struct sts_get_session_token_response *out)
{
    const struct principal *caller = call->caller;
    int64_t seconds = in->duration_seconds ? *in->duration_seconds : DEFAULT_USER_SECONDS;

    if (caller->kind == PRINCIPAL_ROLE || is_session_of_key(caller))
        return sts_refuse_session(call);
    if (!sts_mfa_check(call, in->serial_number, in->token_code))
        return FAILED;
    if (caller->kind == PRINCIPAL_ROOT && seconds > MAX_ROOT_SECONDS)
        seconds = MAX_ROOT_SECONDS;
    out->credentials = sts_session_open(
        call,
        &(struct iam_insert_session_params){
            .account = caller->account, .role_name = S(""), .owner = caller->id, .session_name = S("")},
        seconds, in->minimum_session_token_size);
    return DONE;
}
