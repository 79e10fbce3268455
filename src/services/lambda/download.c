/*
 * download.c: the locations of functions' and layers' packages, for every holder of the URL, for ten minutes.
 *
 * AWS returns a presigned URL of S3.  Ours is a path that ends in a seal of the package's digest and of the
 * time when it expires; refusals are S3's.
 */
#include "code.h"
#include "lambda_internal.h"

enum { LIFETIME_S = 600, FORBIDDEN = 403, NOT_FOUND = 404, OK = 200 };

static const str folder = STR_INIT("/_lambda/code/");
static const str purpose = STR_INIT("lambda/code");

str lambda_package_url(const struct call *call, str sha256)
{
    int64_t expires_ms = call->now_ms + (int64_t)LIFETIME_S * MS_PER_S;
    str data = arena_format(call->arena, "%lld/%.*s", (long long)expires_ms, STR_ARGS(sha256));

    return arena_concat(call->arena, call->endpoint, folder, seal(call, purpose, data));
}

/* Read the arguments of lambda_package_url().  False: it did not make this URL. */
static bool url_read(const struct call *call, str sealed, int64_t *expires_ms, str *sha256)
{
    str expires;

    return unseal(call, purpose, sealed, sha256) && str_next(sha256, '/', &expires) &&
           str_to_i64(expires, expires_ms);
}

/* Refuse in S3's words; `details` is XML. */
static enum outcome refuse(const struct call *call, struct http_reply *reply, int status, const char *what,
                           str details)
{
    *reply = (struct http_reply){
        .status = status,
        .content_type = S("application/xml"),
        .body = arena_format(call->arena,
                             "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error>%s%.*s"
                             "<RequestId>%.*s</RequestId></Error>",
                             what, STR_ARGS(details), STR_ARGS(call->request_id)),
    };
    return DONE;
}

static enum outcome refuse_expired(const struct call *call, struct http_reply *reply, int64_t expires_ms)
{
    str times = arena_format(call->arena,
                             "<X-Amz-Expires>%d</X-Amz-Expires><Expires>%.*s</Expires>"
                             "<ServerTime>%.*s</ServerTime>",
                             LIFETIME_S, STR_ARGS(time_iso8601(call->arena, expires_ms)),
                             STR_ARGS(time_iso8601(call->arena, call->now_ms)));

    return refuse(call, reply, FORBIDDEN, "<Code>AccessDenied</Code><Message>Request has expired</Message>",
                  times);
}

static enum outcome begin(const struct call *call, struct http_reply *reply, str sha256, int64_t *size)
{
    *size = lambda_package_size(call, sha256);
    if (*size < 0)
        return refuse(call, reply, NOT_FOUND,
                      "<Code>NoSuchKey</Code><Message>The specified key does not exist.</Message>", S(""));
    *reply = (struct http_reply){
        .status = OK, .content_type = S("application/zip"), .sized = true, .size = (uint64_t)*size};
    return DONE;
}

static enum outcome send_piece(const struct call *call, str sha256, int64_t from)
{
    str piece;

    if (!lambda_package_read_piece(call, sha256, from, &piece))
        return fail(call, &LAMBDA_RESOURCE_NOT_FOUND_EXCEPTION, "The package is gone.");
    stream_keep(call, arena_decimal(call->arena, from + (int64_t)piece.size));
    return stream_send(call, piece);
}

/* A URL may expire while its package is being sent. */
enum outcome lambda_package_download(const struct call *call, const struct visit *visit,
                                     struct http_reply *reply)
{
    int64_t expires_ms, size, from = 0;
    str sha256;

    if (!url_read(call, visit->rest, &expires_ms, &sha256))
        return refuse(call, reply, FORBIDDEN,
                      "<Code>SignatureDoesNotMatch</Code><Message>The request signature we calculated does "
                      "not match the signature you provided. Check your key and signing method.</Message>",
                      S(""));
    if (str_to_i64(stream_place(call), &from))
        return send_piece(call, sha256, from);
    if (call->now_ms >= expires_ms)
        return refuse_expired(call, reply, expires_ms);
    begin(call, reply, sha256, &size);
    return size < 0 ? DONE : send_piece(call, sha256, 0);
}
