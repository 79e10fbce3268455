/*
 * connection_reply.c: replies to the socket, whole or piece by piece.
 *
 * Replies gather in the loop's output and are sent with one system call when there is nothing more to serve
 * at once.
 */
#include "server/connection_internal.h"

#include "base/time.h"

#include <stdlib.h>
#include <string.h>

enum {
    REPLY_HEAD_BYTES = 1024,
    SENT_AT_ONCE_BYTES = 512 * 1024, /* of a large body; then other connections have a turn */
};

/* Bytes that the socket did not take. */
struct leftover {
    uv_write_t write;
    size_t size;
    str output, body;  /* what is left of them */
    void *body_memory; /* where the body is; NULL: in `data` */
    char data[];
};

/* A reply's body, or what is left of it. */
struct body {
    str bytes;
    const void *memory;  /* where it begins, */
    struct arena *arena; /* in that arena; or NULL */
};

static _Atomic size_t unsent; /* bytes in leftovers of all connections */

/* ---- bytes that wait for the socket ---- */

static void leftover_free(struct leftover *leftover)
{
    free(leftover->body_memory);
    free(leftover);
}

static void on_written(uv_write_t *write, int status);

/* Send what is left of the output, or a piece of what is left of the body.  False: it cannot be sent. */
static bool send_more(struct connection *connection, struct leftover *leftover)
{
    str *from = leftover->output.size > 0 ? &leftover->output : &leftover->body;
    str piece = str_head(*from, from->size < SENT_AT_ONCE_BYTES ? from->size : SENT_AT_ONCE_BYTES);
    uv_buf_t buffer = uv_buf_init((char *)(uintptr_t)piece.data, (unsigned)piece.size);

    *from = str_from(*from, piece.size);
    return uv_write(&leftover->write, (uv_stream_t *)&connection->tcp, &buffer, 1, on_written) == 0;
}

static void on_written(uv_write_t *write, int status)
{
    struct connection *connection = write->handle->data;
    struct leftover *leftover = (struct leftover *)write;
    bool goes_on = connection_is_open(connection) && status == 0;
    bool more = leftover->output.size + leftover->body.size > 0;

    if (goes_on && more && send_more(connection, leftover))
        return;
    atomic_fetch_sub(&unsent, leftover->size);
    leftover_free(leftover);
    if (!connection_is_open(connection))
        return;
    if (!goes_on || more) {
        connection_close(connection);
        return;
    }
    connection->writing = false;
    connection_expire_in(connection, LIMIT_HTTP_IDLE_TIMEOUT_MS);
    connection_move_on(connection);
}

/* NULL: no memory.  Takes over the body's memory if it can: copying a large body would take long. */
static struct leftover *leftover_new(str output, struct body body)
{
    void *body_memory = body.arena ? arena_part_with(body.arena, body.memory) : NULL;
    size_t copied = output.size + (body_memory ? 0 : body.bytes.size);
    struct leftover *leftover = malloc(sizeof *leftover + copied);

    if (!leftover) {
        free(body_memory);
        return NULL;
    }
    *leftover = (struct leftover){.size = output.size + body.bytes.size, .body_memory = body_memory};
    memcpy(leftover->data, output.data, output.size);
    leftover->output = (str){leftover->data, output.size};
    leftover->body = body.bytes;
    if (!body_memory && body.bytes.size > 0) {
        memcpy(leftover->data + output.size, body.bytes.data, body.bytes.size);
        leftover->body.data = leftover->data + output.size;
    }
    return leftover;
}

/* When too many bytes of replies wait, clients that do not read their replies are disconnected. */
static void write_later(struct connection *connection, str output, struct body body)
{
    size_t size = output.size + body.bytes.size;
    bool affordable = size <= UNSENT_BYTES && atomic_load(&unsent) <= UNSENT_BYTES - size;
    struct leftover *leftover = affordable ? leftover_new(output, body) : NULL;

    if (!leftover || !send_more(connection, leftover)) {
        if (leftover)
            leftover_free(leftover);
        connection_close(connection);
        return;
    }
    atomic_fetch_add(&unsent, size);
    connection->writing = true;
    connection_expire_in(connection, LIMIT_HTTP_BODY_TIMEOUT_MS);
}

/* The bytes after the first `count` ones; empty when there are no more. */
static str after(str bytes, size_t count)
{
    return str_from(bytes, count < bytes.size ? count : bytes.size);
}

/* The body is that of the last of the gathered replies. */
static void flush_with(struct connection *connection, struct body body)
{
    struct loop *loop = connection->loop;
    str output = text_str(&loop->output);
    str first =
        str_head(body.bytes, body.bytes.size < SENT_AT_ONCE_BYTES ? body.bytes.size : SENT_AT_ONCE_BYTES);

    if (output.size == 0)
        return;
    uv_buf_t buffers[] = {uv_buf_init(loop->output.data, (unsigned)output.size),
                          uv_buf_init((char *)(uintptr_t)first.data, (unsigned)first.size)};
    int taken = uv_try_write((uv_stream_t *)&connection->tcp, buffers, first.size > 0 ? 2 : 1);
    size_t sent = taken > 0 ? (size_t)taken : 0;
    if (taken < 0 && taken != UV_EAGAIN)
        connection_close(connection);
    body.bytes = after(body.bytes, sent < output.size ? 0 : sent - output.size);
    if (connection_is_open(connection) && after(output, sent).size + body.bytes.size > 0)
        write_later(connection, after(output, sent), body);
    arena_reset(&loop->output_arena);
    loop->output = text_in(&loop->output_arena);
}

void connection_flush(struct connection *connection)
{
    flush_with(connection, (struct body){.bytes = S("")});
}

struct writing {
    struct loop *loop;
    const struct http_reply *reply;
    str body; /* that is gathered with the head */
    bool keep_alive;
};

static void write_now(void *context)
{
    const struct writing *writing = context;
    struct text *output = &writing->loop->output;

    output->arena = &writing->loop->output_arena;
    text_reserve(output, writing->body.size + REPLY_HEAD_BYTES);
    http_reply_head_write(output, writing->reply, writing->keep_alive,
                          wall_clock_ms()); /* clients set their clocks by the Date header */
    text_add(output, writing->body);
}

/* A large body is sent from where it is: the loop would take long to copy it. */
static void write_reply(struct connection *connection, const struct http_reply *reply, struct body body,
                        bool keep_alive)
{
    struct loop *loop = connection->loop;
    bool large = body.bytes.size >= LIMIT_LOOP_BODY_BYTES;
    struct writing writing = {loop, reply, large ? S("") : body.bytes, keep_alive};

    if (!arena_run(&loop->output_arena, write_now, &writing)) { /* out of memory */
        arena_reset(&loop->output_arena);
        loop->output = text_in(&loop->output_arena);
        connection_close(connection);
        return;
    }
    connection->finishing = !keep_alive;
    connection_expire_in(connection, LIMIT_HTTP_IDLE_TIMEOUT_MS);
    if (large)
        flush_with(connection, body);
}

void connection_reply_last(struct connection *connection, const struct http_reply *reply)
{
    write_reply(connection, reply, (struct body){.bytes = reply->body}, false);
}

static bool keeps_alive(const struct connection *connection)
{
    return connection->slot->exchange.request->keep_alive && !connection->loop->draining &&
           !http_parser_in_body(connection->slot->parser);
}

/* Detach the slot, which the connection does not need any more. */
static struct slot *release_slot(struct connection *connection)
{
    struct slot *slot = connection->slot;

    connection->slot = NULL;
    connection->in_flight = connection->feeding = false;
    connection_tell_port(connection, slot, connection->port->request_ended);
    return slot;
}

static bool asks_for_head(const struct exchange *exchange)
{
    return str_equal(exchange->request->method, S("HEAD"));
}

static void begin_stream(struct connection *connection);

void connection_reply(struct connection *connection)
{
    struct exchange *exchange = &connection->slot->exchange;
    bool keep_alive = keeps_alive(connection);

    exchange_encode(exchange);
    if (exchange->reply.more) {
        begin_stream(connection);
        return;
    }
    struct slot *slot = release_slot(connection);
    bool bodiless = asks_for_head(exchange) || !http_has_body(exchange->reply.status);
    str body = bodiless ? S("") : exchange->reply.body;
    write_reply(connection, &exchange->reply,
                (struct body){.bytes = body, .memory = body.data, .arena = &exchange->arena}, keep_alive);
    slot_give_back(slot);
}

/* ---- replies in pieces ---- */

void connection_ask_for_more(struct connection *connection)
{
    connection->stream.home = false;
    connection->deadline_ms = UINT64_MAX;
    exchange_more(connection->loop->dispatcher, &connection->slot->exchange);
}

static void end_stream(struct connection *connection)
{
    connection->finishing = !connection->stream.keeps_alive || connection->loop->draining;
    connection->stream.begun = connection->stream.home = false;
    connection_expire_in(connection, LIMIT_HTTP_IDLE_TIMEOUT_MS);
    connection_let_go(release_slot(connection));
}

static void piece_now(void *context)
{
    struct connection *connection = context;
    struct text *output = &connection->loop->output;
    const struct http_reply *reply = &connection->slot->exchange.reply;
    enum http_framing framing = connection->stream.framing;

    output->arena = &connection->loop->output_arena;
    text_reserve(output, reply->body.size + REPLY_HEAD_BYTES);
    if (!connection->stream.begun)
        http_head_write(output, reply, framing, connection->stream.keeps_alive, wall_clock_ms());
    if (asks_for_head(&connection->slot->exchange))
        return;
    http_piece_write(output, framing, reply->body);
    if (!reply->more)
        http_end_write(output, framing);
}

/* False: the piece cannot be sent, and the client must see that the reply is incomplete. */
static bool write_piece(struct connection *connection)
{
    struct loop *loop = connection->loop;
    const struct exchange *exchange = &connection->slot->exchange;
    uint64_t *left = &connection->stream.left;
    bool sized = connection->stream.framing == HTTP_SIZED;

    if (exchange->outcome != DONE || (sized && exchange->reply.body.size > *left) ||
        !arena_run(&loop->output_arena, piece_now, connection)) {
        arena_reset(&loop->output_arena);
        loop->output = text_in(&loop->output_arena);
        return false;
    }
    *left -= sized ? exchange->reply.body.size : 0;
    return exchange->reply.more || *left == 0;
}

void connection_send_piece(struct connection *connection)
{
    const struct exchange *exchange = &connection->slot->exchange;

    connection->stream.home = true;
    if (!write_piece(connection)) {
        connection_close(connection);
        return;
    }
    connection->stream.begun = true;
    bool is_last = connection->stream.framing == HTTP_SIZED && connection->stream.left == 0;
    bool bodiless = asks_for_head(exchange) || connection->stream.framing == HTTP_WITHOUT_BODY;
    if (!exchange->reply.more || is_last || bodiless)
        end_stream(connection);
}

static void refuse_stream(struct connection *connection, enum share_limit limit)
{
    static const str bodies[] = {
        [SHARE_OF_ADDRESS_TAKEN] =
            STR_INIT("{\"message\":\"The server sends as many replies piece by piece to this address as one "
                     "may have. Close one, or try again later.\"}"),
        [SHARE_OF_PRINCIPAL_TAKEN] = STR_INIT(
            "{\"message\":\"The server sends as many replies piece by piece to this principal as one "
            "may have. Close one, or try again later.\"}"),
        [SHARE_OF_ALL_TAKEN] = STR_INIT(
            "{\"message\":\"The server sends as many replies piece by piece as it may. Close one, or "
            "try again later.\"}"),
    };
    struct http_reply refusal = {.status = 503, .content_type = S("application/json"), .body = bodies[limit]};
    bool keep_alive = keeps_alive(connection);

    connection_let_go(release_slot(connection));
    write_reply(connection, &refusal, (struct body){.bytes = refusal.body}, keep_alive);
}

static void begin_stream(struct connection *connection)
{
    struct slot *slot = connection->slot;
    const struct exchange *exchange = &slot->exchange;
    enum http_framing framing = http_framing_of(exchange->request, &exchange->reply);

    enum share_limit limit = slot_begin_stream(slot, connection->share);

    if (limit != SHARE_FREE) {
        refuse_stream(connection, limit);
        return;
    }
    connection->stream.framing = framing;
    connection->stream.keeps_alive = keeps_alive(connection) && framing != HTTP_UNTIL_CLOSED;
    connection->stream.left = framing == HTTP_SIZED ? exchange->reply.size : 0;
    connection_send_piece(connection);
}
