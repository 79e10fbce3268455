/*
 * chunked.c: request bodies of Content-Encoding aws-chunked, for operations that are `chunked` in the model.
 *
 * X-Amz-Content-Sha256 declares such a body in place of its hash.  The head's signature covers this header,
 * and is the first link of the chain of the chunks' signatures: so the head is verified before the body is
 * read, and the body is used only when all of it has been verified.
 */
#include "engine/engine_internal.h"

#include <string.h>

/* https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html */
#define REFUSED(error_name, http_status)                                                                     \
    {                                                                                                        \
        .name = (error_name), .query_code = (error_name), .status = (http_status), .sender = true            \
    }

static const struct error NO_LENGTH = REFUSED("MissingContentLength", 411);
static const struct error BAD_TRAILER = REFUSED("MalformedTrailerError", 400);
static const struct error INCOMPLETE = REFUSED("IncompleteBody", 400);
static const struct error SMALL_CHUNK = REFUSED("InvalidChunkSizeError", 403);
static const struct error BAD_DIGEST = REFUSED("BadDigest", 400);

#define MALFORMED_TRAILER                                                                                    \
    "The request contained trailing data that was not well-formed or did not conform to our published "      \
    "schema."

struct form {
    str name;
    bool is_signed, has_trailer;
};

static const struct form forms[] = {
    {STR_INIT(SIGV4_STREAMING "AWS4-HMAC-SHA256-PAYLOAD"), .is_signed = true},
    {STR_INIT(SIGV4_STREAMING "AWS4-HMAC-SHA256-PAYLOAD-TRAILER"), .is_signed = true, .has_trailer = true},
    {STR_INIT(SIGV4_STREAMING "UNSIGNED-PAYLOAD-TRAILER"), .has_trailer = true},
};

/* NULL: the request does not declare such a body, or does not sign what it declares. */
static const struct form *form_of(const struct sigv4 *sigv4)
{
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++)
        if (str_equal(forms[i].name, sigv4->declared_payload))
            return &forms[i];
    return NULL;
}

bool chunked_is_declared(const struct exchange *exchange, const struct sigv4 *sigv4)
{
    str in_header = http_header(&exchange->request->headers, S("X-Amz-Content-Sha256"));

    return str_starts_with(sigv4->declared_payload, S(SIGV4_STREAMING)) ||
           str_starts_with(in_header, S(SIGV4_STREAMING));
}

bool chunked_may_come(const struct exchange *exchange, const struct sigv4 *sigv4)
{
    const struct operation *operation = exchange->call.operation;

    return !chunked_is_declared(exchange, sigv4) ||
           (operation && operation->flags & OPERATION_CHUNKED && form_of(sigv4));
}

/* "x-amz-checksum-crc32" */
static enum checksum_kind kind_of_trailer(str name)
{
    static const str prefix = STR_INIT("x-amz-checksum-");

    return str_equal_nocase(str_head(name, prefix.size), prefix)
               ? checksum_kind_of(str_from(name, prefix.size))
               : CHECKSUM_NONE;
}

static bool expect_trailer(const struct exchange *exchange, struct aws_chunked_terms *terms)
{
    terms->trailer = kind_of_trailer(http_header(&exchange->request->headers, S("X-Amz-Trailer")));
    if (terms->trailer == CHECKSUM_NONE)
        fail(&exchange->call, &BAD_TRAILER, MALFORMED_TRAILER);
    return terms->trailer != CHECKSUM_NONE;
}

static bool expect_size(const struct exchange *exchange, struct aws_chunked_terms *terms)
{
    str text = http_header(&exchange->request->headers, S("X-Amz-Decoded-Content-Length"));
    int64_t size;

    if (!str_to_i64(text, &size) || size < 0) {
        fail(&exchange->call, &NO_LENGTH, "You must provide the Content-Length HTTP header.");
        return false;
    }
    terms->size = (uint64_t)size;
    return true;
}

bool chunked_expect(struct exchange *exchange, const struct sigv4 *sigv4, const struct sha256 *key)
{
    const struct form *form = form_of(sigv4);
    struct arena *arena = exchange->call.arena;

    if (!form)
        return true;
    struct aws_chunked_terms *terms = arena_new(arena, struct aws_chunked_terms);
    *terms = (struct aws_chunked_terms){
        .is_signed = form->is_signed,
        .key_unknown = !key,
        .amz_date = sigv4->amz_date,
        .scope = arena_format(arena, "%.*s/%.*s/%.*s/aws4_request", STR_ARGS(sigv4->date),
                              STR_ARGS(sigv4->region), STR_ARGS(sigv4->service)),
        .signature = sigv4->signature,
    };
    if (key)
        terms->signing_key = *key;
    exchange->chunks = terms;
    return expect_size(exchange, terms) && (!form->has_trailer || expect_trailer(exchange, terms));
}

enum aws_chunked_result chunked_feed(struct aws_chunked *reader, str bytes,
                                     bool (*take)(void *context, str piece), void *context)
{
    enum aws_chunked_result result;
    str piece;

    do
        result = aws_chunked_read(reader, &bytes, &piece);
    while ((result == AWS_CHUNKED_PIECE && take(context, piece)) ||
           (result == AWS_CHUNKED_END && bytes.size > 0));
    return result;
}

bool chunked_accept(const struct exchange *exchange, enum aws_chunked_result result, bool is_last)
{
    static const struct {
        const struct error *error;
        const char *message;
    } errors[] = {
        [AWS_CHUNKED_BAD] = {&INCOMPLETE, "You did not provide the number of bytes specified by the "
                                          "Content-Length HTTP header."},
        [AWS_CHUNKED_SMALL_CHUNK] = {&SMALL_CHUNK,
                                     "Only the last chunk is allowed to have a size less than 8192 bytes."},
        [AWS_CHUNKED_BAD_TRAILER] = {&BAD_TRAILER, MALFORMED_TRAILER},
        [AWS_CHUNKED_BAD_CHECKSUM] = {&BAD_DIGEST, "The Content-MD5 or checksum value that you specified did "
                                                   "not match what the server received."},
    };

    if (result == AWS_CHUNKED_END || (result == AWS_CHUNKED_MORE && !is_last))
        return true;
    if (result == AWS_CHUNKED_MORE)
        result = AWS_CHUNKED_BAD;
    if (result == AWS_CHUNKED_MISMATCH)
        return auth_refuse_mismatch(&exchange->call, exchange->protocol->name);
    fail(&exchange->call, errors[result].error, "%s", errors[result].message);
    return false;
}

static bool add_piece(void *body, str piece)
{
    str *decoded = body;

    memcpy((char *)decoded->data + decoded->size, piece.data, piece.size);
    decoded->size += piece.size;
    return true;
}

bool chunked_decode(struct exchange *exchange)
{
    struct arena *arena = exchange->call.arena;

    if (!exchange->chunks || exchange->call.spool)
        return true;
    struct http_request *request = arena_new(arena, struct http_request);
    *request = *exchange->request;
    request->body = (str){arena_alloc(arena, request->payload.size + 1), 0};
    struct aws_chunked *reader = aws_chunked_new(exchange->chunks);
    enum aws_chunked_result result = chunked_feed(reader, request->payload, add_piece, &request->body);
    aws_chunked_free(reader);
    request->payload = request->body;
    request->payload_hash = NULL;
    exchange->request = request;
    return chunked_accept(exchange, result, true);
}
