/*
 * stream.c: replies that are sent piece by piece; call.h has the contract.
 *
 * One piece is sent at a time.  Between two pieces the connection owns the exchange, whose arena holds only
 * the request and a place.
 */
#include "engine/engine_internal.h"

#include "base/check.h"

#include <string.h>

str stream_place(const struct call *call)
{
    return (str){call->stream->place, call->stream->place_size};
}

bool stream_place_read(const struct call *call, void *place, size_t size)
{
    if (call->stream->place_size != size)
        return false;
    memcpy(place, call->stream->place, size);
    return true;
}

void stream_keep(const struct call *call, str place)
{
    check(place.size <= sizeof call->stream->place);
    memmove(call->stream->place, place.data, place.size);
    call->stream->place_size = place.size;
}

enum outcome stream_send(const struct call *call, str piece)
{
    call->stream->piece = piece;
    call->stream->more = true;
    return DONE;
}

enum outcome stream_event(const struct call *call)
{
    return stream_send(call, S(""));
}

bool stream_left(const struct call *call)
{
    return call->stream->left;
}

/* A reset may have set the clock back. */
bool stream_is_silent(const struct call *call, int64_t sent_ms)
{
    return call->now_ms < sent_ms || call->now_ms - sent_ms >= STREAM_HEARTBEAT_MS;
}

void stream_begin_events(const struct call *call, struct http_reply *reply)
{
    *reply = (struct http_reply){.status = 200, .content_type = S("text/event-stream")};
    http_header_add(call->arena, &reply->headers, S("Cache-Control"), S("no-store"));
}

void stream_begin_run(struct exchange *exchange)
{
    struct stream *stream = exchange->call.stream;

    if (!stream)
        return;
    stream->more = false;
    stream->piece = S("");
    stream->left |= exchange->cancelled;
}

void stream_end_run(struct exchange *exchange)
{
    struct stream *stream = exchange->call.stream;

    if (!stream || exchange->outcome != DONE)
        return;
    exchange->reply.more = stream->more && !stream->left;
    if (stream->more || stream->begun)
        exchange->reply.body = stream->piece;
}
