/*
 * pack.c: gzips large replies for clients that accept it, for the services of AWS that do the same.
 *
 * x-amz-crc32 covers the body as it is sent: SDKs that accept gzip check it before they unpack.
 */
#include "engine/dialect.h"
#include "engine/engine_internal.h"

static void set_checksum(struct arena *arena, struct http_reply *reply)
{
    for (size_t i = 0; i < reply->headers.count; i++)
        if (str_equal(reply->headers.items[i].name, S("x-amz-crc32")))
            reply->headers.items[i].value = arena_decimal(arena, crc32_of(reply->body));
}

void reply_pack(struct exchange *exchange, size_t most_bytes)
{
    struct http_reply *reply = &exchange->reply;

    if (reply->body.size <= LIMIT_UNPACKED_REPLY_BYTES || reply->body.size > most_bytes ||
        !exchange->operation || !exchange->operation->service->dialect->packs_replies ||
        !http_accepts_gzip(&exchange->request->headers))
        return;
    reply->body = gzip_deflate(&exchange->arena, reply->body);
    http_header_add(&exchange->arena, &reply->headers, S("Content-Encoding"), S("gzip"));
    set_checksum(&exchange->arena, reply);
}
