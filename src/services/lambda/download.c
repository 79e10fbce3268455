/*
 * download.c: GetFunction's Code.Location: the package, for whoever holds the URL, for ten minutes.
 *
 * AWS gives out a presigned URL of S3.  Ours is a path that ends in a seal of the package's digest and of the
 * time when it expires; refusals are S3's.
 */
#include "lambda_internal.h"

#include "base/time.h"

enum { LIFETIME_S = 600, FORBIDDEN = 403, NOT_FOUND = 404, OK = 200 };

static const str folder = STR_INIT("/_lambda/code/");
static const str purpose = STR_INIT("lambda/code");

str lambda_package_url(const struct call *call, const struct function *function)
{
    int64_t expires_ms = call->now_ms + (int64_t)LIFETIME_S * MS;
    str data = arena_format(call->arena, "%lld/%.*s", (long long)expires_ms, STR_ARGS(function->row.package));

    return arena_concat(call->arena, call->endpoint, folder, seal(call, purpose, data));
}

/* What lambda_package_url() was told.  False: it did not make this URL. */
static bool url_read(const struct call *call, str path, int64_t *expires_ms, str *sha256)
{
    str expires;

    return unseal(call, purpose, str_from(path, folder.size), sha256) && str_next(sha256, '/', &expires) &&
           str_to_i64(expires, expires_ms);
}

/* In S3's words; `details` is XML. */
static struct public_file refusal(const struct call *call, int status, const char *code, const char *message,
                                  str details)
{
    return (struct public_file){
        .status = status,
        .content_type = S("application/xml"),
        .body = arena_format(
            call->arena,
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>%s</Code><Message>%s</Message>"
            "%.*s<RequestId>%.*s</RequestId></Error>",
            code, message, STR_ARGS(details), STR_ARGS(call->request_id)),
    };
}

static struct public_file expired(const struct call *call, int64_t expires_ms)
{
    str times = arena_format(call->arena,
                             "<X-Amz-Expires>%d</X-Amz-Expires><Expires>%.*s</Expires>"
                             "<ServerTime>%.*s</ServerTime>",
                             LIFETIME_S, STR_ARGS(time_iso8601(call->arena, expires_ms)),
                             STR_ARGS(time_iso8601(call->arena, call->now_ms)));

    return refusal(call, FORBIDDEN, "AccessDenied", "Request has expired", times);
}

struct public_file lambda_package_public_file(const struct call *call, str path)
{
    int64_t expires_ms;
    str sha256, zip;

    if (!str_starts_with(path, folder))
        return (struct public_file){0};
    if (!url_read(call, path, &expires_ms, &sha256))
        return refusal(call, FORBIDDEN, "SignatureDoesNotMatch",
                       "The request signature we calculated does not match the signature you provided. "
                       "Check your key and signing method.",
                       S(""));
    if (call->now_ms >= expires_ms)
        return expired(call, expires_ms);
    if (!lambda_package_read(call, sha256, &zip))
        return refusal(call, NOT_FOUND, "NoSuchKey", "The specified key does not exist.", S(""));
    return (struct public_file){.status = OK, .content_type = S("application/zip"), .body = zip};
}
