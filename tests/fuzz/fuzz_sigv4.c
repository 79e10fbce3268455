/*
 * fuzz_sigv4.c: no request is accepted by chance, and every request that we sign is accepted.
 */
#include "fuzz.h"
#include "wire/sigv4.h"

static const int64_t now_ms = 1769860800000; /* 2026-01-31T12:00:00Z */

static bool parse(struct arena *arena, str bytes, struct http_request *request)
{
    struct http_parser *parser = http_parser_new();
    size_t used;

    http_parser_begin(parser, arena);
    bool complete = http_parser_feed(parser, bytes, &used) == HTTP_COMPLETE;
    if (complete)
        *request = *http_parser_request(parser);
    http_parser_free(parser);
    return complete;
}

static void check_signed(struct arena *arena, struct http_request *request, str service)
{
    struct sigv4_credentials credentials = {S("AKID"), S("secret"), S("token")};
    struct sigv4 sigv4;

    sigv4_sign(arena, request, &credentials, S("eu-west-1"), service, now_ms);
    check(sigv4_read(arena, request, &sigv4) == SIGV4_OK && sigv4.present);
    struct sha256 key = sigv4_signing_key(credentials.secret, sigv4.date, sigv4.region, sigv4.service);
    check(sigv4_verify(arena, request, &sigv4, &key, now_ms) == SIGV4_OK);
}

/* A request without the headers that sigv4_sign() adds. */
static bool unsigned_yet(const struct http_request *request)
{
    for (size_t i = 0; i < request->headers.count; i++) {
        str name = request->headers.items[i].name;
        if (str_equal_nocase(str_head(name, 6), S("x-amz-")) || str_equal_nocase(name, S("Authorization")))
            return false;
    }
    return str_present(http_header(&request->headers, S("Host")));
}

FUZZ(arena, input)
{
    struct http_request request;
    struct sigv4 sigv4;
    struct sha256 random_key;

    if (!parse(arena, input, &request))
        return;
    random_bytes(random_key.bytes, sizeof random_key.bytes);
    if (sigv4_read(arena, &request, &sigv4) == SIGV4_OK && sigv4.present)
        check(sigv4_verify(arena, &request, &sigv4, &random_key, sigv4.signed_ms) != SIGV4_OK);
    if (sigv4.present || !unsigned_yet(&request))
        return;
    struct http_request copy = request;
    check_signed(arena, &copy, S("sqs"));
    check_signed(arena, &request, S("s3"));
}
