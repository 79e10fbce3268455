/*
 * encode.c: from a typed output, or an error, to the bytes of the reply.
 */
#include "engine/engine_internal.h"
#include "engine/metrics/metrics_internal.h"
#include "engine/protocol/protocol.h"

#include "base/time.h"

struct encoding {
    struct exchange *exchange;
    bool on_loop;
};

static void encode_now(void *context)
{
    struct exchange *exchange = ((struct encoding *)context)->exchange;
    bool on_loop = ((struct encoding *)context)->on_loop;
    const struct protocol *protocol =
        exchange->protocol ? exchange->protocol : protocol_find(PROTOCOL_JSON_1_0);

    if (exchange->call.stream && exchange->call.stream->begun)
        events_encode_piece(exchange);
    else if (exchange->outcome == DONE && exchange->call.stream)
        events_encode_head(exchange, protocol);
    else if (exchange->outcome == DONE)
        protocol->encode_reply(&exchange->call, exchange->out, &exchange->reply);
    else
        protocol->encode_error(&exchange->call, &exchange->reply);
    if (!exchange->call.stream)
        reply_pack(exchange, on_loop ? LIMIT_LOOP_PACKED_BYTES : SIZE_MAX);
}

void reply_encode(struct exchange *exchange, bool on_loop)
{
    struct arena_mark mark = arena_mark(&exchange->arena);
    struct encoding encoding = {exchange, on_loop};

    if (arena_run(&exchange->arena, encode_now, &encoding))
        return;
    exchange->reply = (struct http_reply){0};
    exchange->outcome = FAILED;
    call_fail_exhausted(&exchange->call, mark);
    encode_now(&encoding);
}

void exchange_encode_piece(struct exchange *exchange)
{
    if (!exchange->door && exchange->reply.status == 0)
        reply_encode(exchange, true);
}

void exchange_encode(struct exchange *exchange)
{
    if (exchange->reply.status == 0) {
        int64_t began_us = monotonic_us();
        reply_encode(exchange, true);
        meter_call(exchange->call.engine, exchange->operation, METER_LOOP, monotonic_us() - began_us);
    }
    door_add_headers(exchange);
    log_request(exchange);
    metrics_request_ended(exchange);
}
