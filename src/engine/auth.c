/*
 * auth.c: finds out who signed a request, and verifies the signature.
 *
 * Runs on the server threads.  A signature is verified whenever the secret is known.  Unless the server is
 * strict, an unknown key counts as the account's administrator as long as no access key has ever been
 * created; a key of twelve digits selects that account.
 */
#include "engine/dialect.h"
#include "engine/engine_internal.h"
#include "engine/protocol/protocol_internal.h"

#include "aws/arn.h"
#include "base/check.h"
#include "base/log.h"
#include "base/time.h"

#include <stdlib.h>
#include <string.h>

enum { KEY_CACHE_SIZE = 256, MS_PER_MINUTE = 60 * MS_PER_S };

/* A signing key costs four HMACs; a client uses one for a whole day. */
struct cached_key {
    struct sha256 key;
    size_t name_size;
    char name[120]; /* date, region, service and secret; the key of a longer name is not cached */
};

struct auth {
    struct cached_key keys[KEY_CACHE_SIZE];
};

struct auth *auth_new(void)
{
    struct auth *auth = calloc(1, sizeof *auth);
    check(auth != NULL);
    return auth;
}

void auth_free(struct auth *auth)
{
    free(auth);
}

static bool refuse(const struct call *call, enum protocol_name protocol, enum refusal refusal, str message)
{
    const struct service *service = call_service(call);
    const struct error *errors = service ? service->dialect->refusals : NULL;

    if (!errors)
        errors = protocol_find(protocol)->refusals;
    fail(call, &errors[refusal], "%.*s", STR_ARGS(message));
    return false;
}

static const struct sha256 *signing_key(struct auth *auth, struct arena *arena, str secret,
                                        const struct sigv4 *sigv4)
{
    str slash = S("/");
    str name = arena_concat(arena, sigv4->date, slash, sigv4->region, slash, sigv4->service, slash, secret);
    struct cached_key *cached = &auth->keys[str_hash_quick(0, name) % KEY_CACHE_SIZE];

    if (!str_equal(name, (str){cached->name, cached->name_size})) {
        cached->key = sigv4_signing_key(secret, sigv4->date, sigv4->region, sigv4->service);
        cached->name_size = name.size <= sizeof cached->name ? name.size : 0;
        memcpy(cached->name, name.data, cached->name_size);
    }
    return &cached->key;
}

static void become_root(const struct call *call, struct credentials *credentials, str account, str secret)
{
    *credentials = (struct credentials){
        .secret = secret,
        .expires_ms = INT64_MAX,
        .principal =
            {
                .kind = PRINCIPAL_ROOT,
                .arn = arn_of_root(call->arena, account),
                .id = account,
                .account = account,
                .name = S("root"),
            },
    };
}

/* When the first access key is created, unknown keys stop working: log it, so that users know why. */
static void warn_of_unknown_key(const struct call *call, str key, bool revoked)
{
    static struct log_pace pace;
    const struct engine_options *options = &call->engine->options;
    unsigned left_out;

    if (!log_due(&pace, &left_out))
        return;
    log_warn(
        "an access key is not known", log_field("access_key_id", key),
        log_field(
            "reason",
            revoked ? "whom it was given to is gone"
            : options->strict_auth
                ? "with --auth strict only keys that were created here are known, and the administrator's"
                : "any key is the administrator's only until the first one is created here: use one of those "
                  "that were, or the administrator's own (test/test, unless it was set)"),
        log_field("not_told_before", left_out));
}

/* Find the owner of the key, or fail the call. */
static bool find_credentials(const struct call *call, struct store_reader *reader, str key,
                             enum protocol_name protocol, struct credentials *credentials)
{
    const struct engine_options *options = &call->engine->options;
    uint64_t sequence;

    if (str_equal(key, options->root_access_key_id)) {
        become_root(call, credentials, options->default_account, options->root_secret);
        return true;
    }
    struct txn *txn = store_begin_look_up(reader);
    txn_use_arena(txn, call->arena);
    bool found = options->identity.find_credentials(txn, call->arena, key, call->now_ms, credentials);
    if (!found && !options->strict_auth && (arn_is_account(key) || !options->identity.has_access_keys(txn))) {
        become_root(call, credentials, arn_is_account(key) ? key : options->default_account, (str){0});
        found = true;
    }
    if (!store_end_read(reader, &sequence)) {
        call_fail_internal(call);
        return false;
    }
    if (found && !credentials->revoked)
        return true;
    warn_of_unknown_key(call, key, found);
    return refuse(call, protocol, REFUSAL_UNKNOWN_KEY,
                  S("The security token included in the request is invalid."));
}

/*
 * Clients sign by the machine's clock, or (the SDK for JavaScript) by the Date of our replies, which shows
 * the engine's clock: the clock nearer to the signature's time is used.  A presigned URL's lifetime is
 * one of the engine's clock.
 */
static int64_t signing_time_ms(const struct call *call, const struct sigv4 *sigv4)
{
    int64_t wall_ms = wall_clock_ms();

    if (sigv4->has_expiry || llabs(sigv4->signed_ms - call->now_ms) < llabs(sigv4->signed_ms - wall_ms))
        return call->now_ms;
    return wall_ms;
}

bool auth_refuse_mismatch(const struct call *call, enum protocol_name protocol)
{
    return refuse(
        call, protocol, REFUSAL_BAD_SIGNATURE,
        S("The request signature we calculated does not match the signature you provided. Check your "
          "AWS Secret Access Key and signing method. Consult the service documentation for details."));
}

/* A presigned URL may name its lifetime; other signatures have that of the clock's skew. */
static str expired_text(const struct call *call, const struct sigv4 *sigv4, int64_t now_ms)
{
    int64_t lifetime_ms = sigv4->has_expiry ? sigv4->expires_ms - sigv4->signed_ms : sigv4->skew_ms;
    bool whole = lifetime_ms % MS_PER_MINUTE == 0;

    return arena_format(call->arena, "Signature expired: %.*s is now earlier than %.*s (%.*s - %lld %s)",
                        STR_ARGS(sigv4->amz_date), STR_ARGS(time_amz_date(call->arena, now_ms - lifetime_ms)),
                        STR_ARGS(time_amz_date(call->arena, now_ms)),
                        (long long)(lifetime_ms / (whole ? MS_PER_MINUTE : MS_PER_S)),
                        whole ? "min." : "sec.");
}

/* Fail the call unless the result is SIGV4_OK. */
static bool accept(const struct call *call, const struct sigv4 *sigv4, enum sigv4_result result,
                   int64_t now_ms, enum protocol_name protocol)
{
    switch (result) {
    case SIGV4_OK:
        return true;
    case SIGV4_INCOMPLETE:
        return refuse(call, protocol, REFUSAL_INCOMPLETE,
                      str_present(sigv4->problem)
                          ? sigv4->problem
                          : S("The request signature does not conform to AWS standards."));
    case SIGV4_EXPIRED:
        return refuse(call, protocol, REFUSAL_BAD_SIGNATURE, expired_text(call, sigv4, now_ms));
    case SIGV4_NOT_YET:
        return refuse(
            call, protocol, REFUSAL_BAD_SIGNATURE,
            arena_format(
                call->arena, "Signature not yet current: %.*s is still later than %.*s (%.*s + %lld min.)",
                STR_ARGS(sigv4->amz_date), STR_ARGS(time_amz_date(call->arena, now_ms + sigv4->skew_ms)),
                STR_ARGS(time_amz_date(call->arena, now_ms)), (long long)(sigv4->skew_ms / MS_PER_MINUTE)));
    case SIGV4_UNSIGNED:
        return refuse(
            call, protocol, REFUSAL_BAD_SIGNATURE,
            str_present(sigv4->problem)
                ? sigv4->problem
                : S("X-Amz-Date, X-Amz-Security-Token and X-Amz-Target must be a 'SignedHeader' in the AWS "
                    "Authorization."));
    case SIGV4_MISMATCH:
        break;
    }
    return auth_refuse_mismatch(call, protocol);
}

/* A session's key needs the session's token; a key without an end has none. */
static bool has_its_token(const struct sigv4 *sigv4, const struct credentials *credentials)
{
    bool given = str_present(sigv4->security_token) && !str_empty(sigv4->security_token);

    if (!str_present(credentials->session_token))
        return !credentials->is_kept || !given;
    return given && equal_in_constant_time(sigv4->security_token, credentials->session_token);
}

static bool verify(struct auth *auth, struct exchange *exchange, const struct sigv4 *sigv4,
                   const struct credentials *credentials, enum protocol_name protocol)
{
    struct call *call = &exchange->call;

    if (!chunked_may_come(exchange, sigv4))
        return auth_refuse_mismatch(call, protocol);
    if (!str_present(credentials->secret))
        return chunked_expect(exchange, sigv4, NULL);
    if (!has_its_token(sigv4, credentials))
        return refuse(call, protocol, REFUSAL_UNKNOWN_KEY,
                      S("The security token included in the request is invalid."));

    const struct sha256 *key = signing_key(auth, call->arena, credentials->secret, sigv4);
    int64_t now_ms = signing_time_ms(call, sigv4);
    return accept(call, sigv4, sigv4_verify(call->arena, exchange->request, sigv4, key, now_ms), now_ms,
                  protocol) &&
           chunked_expect(exchange, sigv4, key);
}

/* The service that the request is for.  NULL: any. */
static const struct service *asked_service(const struct exchange *exchange)
{
    if (exchange->call.operation)
        return exchange->call.operation->service;
    return exchange->door ? exchange->door->service : NULL;
}

/* The signature with the time that its service allows it. */
static struct sigv4 timed(const struct exchange *exchange, const struct sigv4 *sigv4)
{
    const struct service *service = asked_service(exchange);
    struct sigv4 timed = *sigv4;

    if (service && service->dialect->clock_skew_ms)
        timed.skew_ms = service->dialect->clock_skew_ms;
    return timed;
}

/* A signature for one service is refused by another.  Admin endpoints accept any service's. */
static bool is_scoped(const struct exchange *exchange, const struct sigv4 *sigv4, enum protocol_name protocol)
{
    const struct call *call = &exchange->call;
    const struct service *service = asked_service(exchange);
    str problem = sigv4_scope_problem(call->arena, sigv4, service ? str_of(service->signing_name) : (str){0});

    return str_empty(problem) || refuse(call, protocol, REFUSAL_BAD_SIGNATURE, problem);
}

static bool is_signed(const struct exchange *exchange, const struct sigv4 *sigv4, enum protocol_name protocol)
{
    const struct call *call = &exchange->call;

    if (!sigv4->present)
        return refuse(call, protocol, REFUSAL_UNSIGNED, S("Request is missing Authentication Token"));
    return accept(call, sigv4, sigv4->read, call->now_ms, protocol) && is_scoped(exchange, sigv4, protocol);
}

static bool is_in_time(const struct call *call, const struct credentials *credentials,
                       enum protocol_name protocol)
{
    return credentials->expires_ms > call->now_ms ||
           refuse(call, protocol, REFUSAL_EXPIRED,
                  S("The security token included in the request is expired"));
}

/* AWS calls the token of a session invalid where it would need MFA, as in IAM. */
static bool may_use_session(const struct exchange *exchange, const struct credentials *credentials,
                            enum protocol_name protocol)
{
    const struct service *service = asked_service(exchange);

    return !is_session_of_key(&credentials->principal) || !service || !service->dialect->no_key_sessions ||
           refuse(&exchange->call, protocol, REFUSAL_UNKNOWN_KEY,
                  S("The security token included in the request is invalid"));
}

bool auth_admit(struct auth *auth, struct exchange *exchange, struct store_reader *reader,
                const struct sigv4 *given, enum protocol_name protocol)
{
    const struct call *call = &exchange->call;
    const struct sigv4 sigv4 = timed(exchange, given);
    struct credentials credentials;

    if (!is_signed(exchange, &sigv4, protocol) ||
        !find_credentials(call, reader, sigv4.access_key_id, protocol, &credentials) ||
        !is_in_time(call, &credentials, protocol))
        return false;
    if (chunked_is_declared(exchange, &sigv4))
        return verify(auth, exchange, &sigv4, &credentials, protocol);
    int64_t now_ms = signing_time_ms(call, &sigv4);
    return !str_present(credentials.secret) ||
           accept(call, &sigv4, sigv4_check_time(&sigv4, now_ms), now_ms, protocol);
}

bool auth_identify(struct auth *auth, struct exchange *exchange, struct store_reader *reader,
                   const struct sigv4 *given, enum protocol_name protocol)
{
    struct call *call = &exchange->call;
    const struct sigv4 sigv4 = timed(exchange, given);
    struct credentials credentials;

    if (!is_signed(exchange, &sigv4, protocol) ||
        !find_credentials(call, reader, sigv4.access_key_id, protocol, &credentials) ||
        !verify(auth, exchange, &sigv4, &credentials, protocol))
        return false;
    if (!is_in_time(call, &credentials, protocol) || !may_use_session(exchange, &credentials, protocol))
        return false;

    struct principal *caller = arena_new(call->arena, struct principal);
    *caller = credentials.principal;
    call->caller = caller;
    call->account = caller->account;
    call->region = sigv4.region;
    if (credentials.is_kept)
        call->engine->options.identity.note_key_use(call, sigv4.access_key_id, sigv4.service);
    return true;
}

bool auth_is_administrator(struct auth *auth, struct exchange *exchange, struct store_reader *reader)
{
    struct sigv4 sigv4;

    return sigv4_read(exchange->call.arena, exchange->request, &sigv4) == SIGV4_OK &&
           auth_identify(auth, exchange, reader, &sigv4, PROTOCOL_REST_JSON) &&
           exchange->call.caller->kind == PRINCIPAL_ROOT;
}
