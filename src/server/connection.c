/*
 * connection.c: one client's connection: requests in, one at a time, replies out in their order.
 *
 * Bytes are parsed straight from the loop's read buffer.  While a request is in flight, later bytes wait in
 * `input`; reading continues, because only reading shows that the client has closed.
 * The connection also waits while a piece of a large body is written to its file, or is with its handler.
 * Replies gather in the
 * loop's output and are sent with one system call when there is nothing more to serve at once.
 *
 * The exchange may be with the engine when the connection closes: its slot then loses its connection, and is
 * freed when the exchange comes back.
 */
#include "server/server_internal.h"

#include "base/check.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/time.h"

#include <stdlib.h>
#include <string.h>

enum {
    OUTPUT_FLUSH_BYTES = 64 * 1024,
    REPLY_HEAD_BYTES = 1024,
    SENT_AT_ONCE_BYTES = 512 * 1024, /* of a large body; then other connections have a turn */
};

struct connection {
    uv_tcp_t tcp;
    uv_shutdown_t shutdown;
    struct loop *loop;
    struct port *port;
    struct connection *previous, *next;
    struct slot *slot; /* of the request being read or in flight; NULL between requests */
    bool in_flight;    /* the slot is with the engine, or here between two pieces of its reply */
    bool in_body;
    bool feeding;  /* the handler takes the body piece by piece, and has begun */
    bool spooling; /* a piece of the body is being written to its file */
    bool writing;  /* the socket did not take everything at once */
    bool reading;
    bool waits_for_room; /* the budget for requests is used up: received bytes stay in `input` */
    bool ended;          /* the client has sent its last byte */
    bool finishing;      /* the last reply, with "Connection: close", is being sent */
    bool lingering;      /* our side is shut; wait for the client to close */
    char *input;         /* waiting bytes: from input_start to input_end */
    size_t input_start, input_end, input_capacity;
    size_t lingered; /* bytes read and dropped */
    struct {
        bool begun;       /* the reply is sent piece by piece */
        bool home;        /* the exchange is here, and has more pieces */
        bool keeps_alive; /* another request may follow */
        enum http_framing framing;
        uint64_t left; /* bytes left to send, when the reply is HTTP_SIZED */
    } stream;
    struct quiet quiet;
    struct share *share;
    uint64_t deadline_ms;    /* in the time of uv_now(); UINT64_MAX: no deadline */
    struct address from, at; /* the client's address, and our address that it called */
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

static void move_on(struct connection *connection);

static void expire_in(struct connection *connection, uint64_t ms)
{
    connection->deadline_ms = uv_now(&connection->loop->uv) + ms;
}

/* ---- closing ---- */

static void on_closed(uv_handle_t *handle)
{
    struct connection *connection = handle->data;

    share_leave(connection->share);
    free(connection->input);
    free(connection);
}

static void unlink_connection(struct connection *connection)
{
    struct loop *loop = connection->loop;

    if (connection->previous)
        connection->previous->next = connection->next;
    else
        loop->connections = connection->next;
    if (connection->next)
        connection->next->previous = connection->previous;
    atomic_fetch_sub_explicit(&loop->connection_count, 1, memory_order_relaxed);
    atomic_fetch_sub_explicit(&connection->port->connections, 1, memory_order_relaxed);
}

static void tell_port(const struct connection *connection, const struct slot *slot,
                      void (*what)(struct port *port, const struct http_request *request))
{
    if (what)
        what(connection->port, slot->exchange.request);
}

/* The client has gone, or has received everything: the maker of the reply's pieces may have to be told. */
static void let_go(struct slot *slot)
{
    slot->connection = NULL;
    if (!slot->exchange.reply.more || !exchange_leave(slot->loop->dispatcher, &slot->exchange))
        slot_give_back(slot);
}

static void drop_slot(struct connection *connection)
{
    struct slot *slot = connection->slot;

    if (!slot)
        return;
    connection->slot = NULL;
    slot->connection = NULL;
    if (connection->spooling)
        return; /* the exchange comes back first */
    if (connection->in_flight || connection->feeding)
        tell_port(connection, slot, connection->port->request_ended);
    if (connection->in_flight && !connection->stream.home)
        engine_cancel(connection->loop->engine, &slot->exchange);
    else
        let_go(slot);
}

void connection_close(struct connection *connection)
{
    if (uv_is_closing((uv_handle_t *)&connection->tcp))
        return;
    drop_slot(connection);
    quiet_move(connection->loop, connection, NULL);
    unlink_connection(connection);
    uv_close((uv_handle_t *)&connection->tcp, on_closed);
    loop_end_when_empty(connection->loop);
}

static bool open_still(const struct connection *connection)
{
    return !uv_is_closing((const uv_handle_t *)&connection->tcp);
}

/*
 * When a socket with unread bytes is closed, the kernel resets the connection, and the client may lose the
 * reply: so shut our side, and read on for a while.
 */
static void on_shut(uv_shutdown_t *request, int status)
{
    (void)request, (void)status;
}

static void linger(struct connection *connection)
{
    if (connection->ended ||
        uv_shutdown(&connection->shutdown, (uv_stream_t *)&connection->tcp, on_shut) != 0) {
        connection_close(connection);
        return;
    }
    connection->lingering = true;
    expire_in(connection, LINGER_MS);
}

/* ---- replies ---- */

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
    bool goes_on = open_still(connection) && status == 0;
    bool more = leftover->output.size + leftover->body.size > 0;

    if (goes_on && more && send_more(connection, leftover))
        return;
    atomic_fetch_sub(&unsent, leftover->size);
    leftover_free(leftover);
    if (!open_still(connection))
        return;
    if (!goes_on || more) {
        connection_close(connection);
        return;
    }
    connection->writing = false;
    expire_in(connection, LIMIT_HTTP_IDLE_TIMEOUT_MS);
    move_on(connection);
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
    expire_in(connection, LIMIT_HTTP_BODY_TIMEOUT_MS);
}

/* The bytes after the first `count` ones; empty when there are no more. */
static str after(str bytes, size_t count)
{
    return str_from(bytes, count < bytes.size ? count : bytes.size);
}

/* Send the gathered replies, and the body of the last one.  The connection may be closed afterwards. */
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
    if (open_still(connection) && after(output, sent).size + body.bytes.size > 0)
        write_later(connection, after(output, sent), body);
    arena_reset(&loop->output_arena);
    loop->output = text_in(&loop->output_arena);
}

static void flush(struct connection *connection)
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
    expire_in(connection, LIMIT_HTTP_IDLE_TIMEOUT_MS);
    if (large)
        flush_with(connection, body);
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
    tell_port(connection, slot, connection->port->request_ended);
    return slot;
}

static bool asks_for_head(const struct exchange *exchange)
{
    return str_equal(exchange->request->method, S("HEAD"));
}

static void begin_stream(struct connection *connection);

static void reply(struct connection *connection)
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

/*
 * The socket has taken everything sent so far, so ask for the next piece.  Bytes that do not fit into the
 * socket wait in one leftover; a client that does not read them in time is disconnected, as with any reply.
 */
static void ask_for_more(struct connection *connection)
{
    connection->stream.home = false;
    connection->deadline_ms = UINT64_MAX;
    exchange_more(connection->loop->dispatcher, &connection->slot->exchange);
}

static void end_stream(struct connection *connection)
{
    connection->finishing = !connection->stream.keeps_alive || connection->loop->draining;
    connection->stream.begun = connection->stream.home = false;
    expire_in(connection, LIMIT_HTTP_IDLE_TIMEOUT_MS);
    let_go(release_slot(connection));
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

/* Send one piece; the first has the head before it. */
static void send_piece(struct connection *connection)
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

    let_go(release_slot(connection));
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
    send_piece(connection);
}

static void go_on_spooling(struct connection *connection);
static bool wants_more(const struct slot *slot);
static void go_on_feeding(struct connection *connection);

void connection_answered(struct slot *slot)
{
    struct connection *connection = slot->connection;

    if (!connection) {
        let_go(slot);
        return;
    }
    if (connection->spooling) {
        go_on_spooling(connection);
    } else if (wants_more(slot)) {
        go_on_feeding(connection);
    } else if (connection->stream.begun) {
        exchange_encode_piece(&slot->exchange);
        send_piece(connection);
    } else {
        reply(connection);
    }
    move_on(connection);
}

/* The request is malformed or arrives too slowly. */
static void refuse(struct connection *connection, int status)
{
    struct slot *slot = connection->slot;
    struct http_reply refusal = {.status = status, .body = S("")};

    log_debug("refused", log_field("status", status), log_field("from", connection->from.text));
    if (connection->feeding)
        tell_port(connection, slot, connection->port->request_ended);
    connection->feeding = false;
    connection->slot = NULL;
    slot_give_back(slot);
    write_reply(connection, &refusal, (struct body){.bytes = refusal.body}, false);
}

/* ---- memory for requests ---- */

struct want {
    struct slot *slot;
    struct share *share;
    size_t bytes, disk_bytes;
};

static bool take_room(void *context)
{
    struct want *want = context;
    struct slot *slot = want->slot;

    if (want->bytes > slot->charged) {
        if (!share_take(slot->share, want->bytes, want->bytes - slot->charged))
            return false;
        slot->charged = want->bytes;
    }
    return slot_take_disk(slot, want->share, want->disk_bytes);
}

/* The disk space of the request's body with `more` further bytes. */
static size_t disk_bytes_of(const struct slot *slot, size_t more)
{
    size_t bytes = http_parser_received(slot->parser) + more, step = LIMIT_SPOOL_STEP_BYTES;

    return slot->exchange.spools && bytes > LIMIT_SPOOLED_BODY_BYTES ? (bytes + step - 1) / step * step : 0;
}

/*
 * Charge the budget for `more` further bytes of the request; clients that have stalled for a second are
 * disconnected if necessary.
 */
static bool pay_for(struct connection *connection, size_t more)
{
    struct slot *slot = connection->slot;
    struct want want = {slot, connection->share, SLOT_BYTES + http_parser_held(slot->parser, more),
                        disk_bytes_of(slot, more)};

    if (!slot->share) {
        slot->share = connection->share;
        share_keep(slot->share);
    }
    if (take_room(&want))
        return true;
    quiet_move(connection->loop, connection, NULL); /* it does not count as stalled itself */
    quiet_end_stalled(connection->loop, take_room, &want);
    return take_room(&want);
}

/*
 * The request is complete: a small one is charged no longer, because its wait in the engine is free.  False:
 * there is no room for a large one.
 */
static bool settle_charge(struct connection *connection)
{
    if (http_parser_held(connection->slot->parser, 0) > SLOT_BYTES)
        return pay_for(connection, 0);
    slot_end_charge(connection->slot);
    return true;
}

/* ---- requests ---- */

static void describe(struct connection *connection)
{
    struct exchange *exchange = &connection->slot->exchange;

    exchange->request = http_parser_request(connection->slot->parser);
    exchange->sandbox = arena_copy(&exchange->arena, connection->port->sandbox);
    exchange->source_ip = arena_copy(&exchange->arena, str_of(connection->from.text));
    exchange->local_ip = arena_copy(&exchange->arena, str_of(connection->at.text));
}

static void run(struct connection *connection)
{
    struct slot *slot = connection->slot;
    struct exchange *exchange = &slot->exchange;
    struct loop *loop = connection->loop;

    if (!settle_charge(connection)) {
        refuse(connection, 503);
        return;
    }
    describe(connection);
    connection->in_flight = true;
    connection->in_body = false;
    connection->deadline_ms = UINT64_MAX;
    tell_port(connection, slot, connection->port->request_arrives);

    exchange->inflow.parser = slot->parser;
    loop->dispatching = slot;
    dispatch(loop->dispatcher, exchange);
    loop->dispatching = NULL;
    if (slot->answered)
        reply(connection);
}

/* ---- bodies that their handlers take piece by piece ---- */

static bool wants_more(const struct slot *slot)
{
    const struct exchange *exchange = &slot->exchange;

    return exchange->in_pieces && exchange->outcome == DONE &&
           (exchange->inflow.wants_next || exchange->inflow.wants_whole);
}

/* The head is complete: the handler's first run has an empty piece. */
static void begin_feeding(struct connection *connection)
{
    struct slot *slot = connection->slot;

    slot->exchange.inflow.piece = S("");
    connection->feeding = true;
    run(connection);
}

/* Is there something that the handler waits for? */
static bool has_fodder(const struct connection *connection, bool is_last)
{
    return connection->feeding && (is_last || (connection->slot->exchange.inflow.wants_next &&
                                               http_parser_body_size(connection->slot->parser) > 0));
}

static void feed_handler(struct connection *connection, bool is_last)
{
    struct slot *slot = connection->slot;
    size_t size = http_parser_body_size(slot->parser);
    struct inflow *inflow = &slot->exchange.inflow;

    inflow->before = http_parser_received(slot->parser) - size;
    inflow->piece = http_parser_take_body(slot->parser);
    inflow->is_last = is_last;
    connection->in_flight = true;
    connection->deadline_ms = UINT64_MAX;
    exchange_feed(&slot->exchange);
}

/* How long the client may take for the next piece is up to the handler. */
static void go_on_feeding(struct connection *connection)
{
    struct slot *slot = connection->slot;

    connection->in_flight = false;
    connection->deadline_ms = UINT64_MAX;
    if (slot->exchange.inflow.wants_next)
        http_parser_limit_body(slot->parser, LIMIT_INFLOW_BYTES);
    if (has_fodder(connection, false))
        feed_handler(connection, false);
}

static void begin_request(struct connection *connection)
{
    connection->slot = slot_take(connection->loop, connection);
    connection->in_body = false;
    expire_in(connection, LIMIT_HTTP_HEAD_TIMEOUT_MS);
}

/* The request is answered before it ran; the rest of it is not read. */
static void answer_early(struct connection *connection)
{
    struct slot *slot = connection->slot;

    connection->slot = NULL;
    exchange_encode(&slot->exchange);
    write_reply(connection, &slot->exchange.reply, (struct body){.bytes = slot->exchange.reply.body}, false);
    slot_give_back(slot);
}

/* The head is complete and the body follows: decide whether to accept the body. */
static void admit(struct connection *connection)
{
    struct slot *slot = connection->slot;
    size_t largest;

    describe(connection);
    if (!dispatch_admit(connection->loop->dispatcher, &slot->exchange, &largest)) {
        answer_early(connection);
        return;
    }
    if (!http_parser_limit_body(slot->parser, largest)) {
        dispatch_refuse_large(&slot->exchange, largest);
        answer_early(connection);
        return;
    }
    connection->in_body = true;
    expire_in(connection, LIMIT_HTTP_BODY_TIMEOUT_MS);
    if (http_parser_expects_continue(slot->parser)) {
        connection->loop->output.arena = &connection->loop->output_arena;
        text_add(&connection->loop->output, S("HTTP/1.1 100 Continue\r\n\r\n"));
    }
    if (slot->exchange.in_pieces)
        begin_feeding(connection);
}

/* Is there a piece of the body to write? */
static bool has_piece(const struct slot *slot, bool is_last)
{
    size_t size = http_parser_body_size(slot->parser);
    bool begun = http_parser_received(slot->parser) > size;

    return slot->exchange.spools && (size > LIMIT_SPOOLED_BODY_BYTES || (is_last && begun));
}

static void spool(struct connection *connection, bool is_last)
{
    struct slot *slot = connection->slot;

    connection->spooling = true;
    connection->deadline_ms = UINT64_MAX;
    exchange_spool(&slot->exchange, http_parser_take_body(slot->parser), is_last);
}

static void go_on_spooling(struct connection *connection)
{
    struct slot *slot = connection->slot;
    const struct exchange *exchange = &slot->exchange;

    connection->spooling = false;
    if (exchange->outcome == FAILED) {
        answer_early(connection);
    } else if (exchange->spooled_whole) {
        http_parser_give_body(slot->parser, exchange->spooled, exchange->spooled_hash);
        run(connection);
    } else {
        expire_in(connection, LIMIT_HTTP_BODY_TIMEOUT_MS);
    }
}

static void wait_for_room(struct connection *connection)
{
    if (!connection->waits_for_room)
        expire_in(connection, LIMIT_BODY_WAIT_MS);
    connection->waits_for_room = true;
}

/* Feed the parser and act on its state; returns the number of bytes taken. */
static size_t feed(struct connection *connection, str bytes)
{
    size_t used = 0;

    if (!connection->slot)
        begin_request(connection);
    struct http_parser *parser = connection->slot->parser;
    if (http_parser_in_body(parser) && !pay_for(connection, bytes.size)) {
        wait_for_room(connection);
        return 0;
    }
    switch (http_parser_feed(parser, bytes, &used)) {
    case HTTP_NEED_MORE:
        if (!pay_for(connection, 0))
            refuse(connection, 503);
        else if (has_piece(connection->slot, false))
            spool(connection, false);
        else if (has_fodder(connection, false))
            feed_handler(connection, false);
        break;
    case HTTP_HEAD_DONE:
        admit(connection);
        if (connection->slot && !connection->feeding && !pay_for(connection, 0))
            refuse(connection, 503);
        break;
    case HTTP_COMPLETE:
        if (has_piece(connection->slot, true))
            spool(connection, true);
        else if (has_fodder(connection, true))
            feed_handler(connection, true);
        else
            run(connection);
        break;
    case HTTP_BAD:
        refuse(connection, http_parser_error_status(parser));
        break;
    }
    return used;
}

static bool can_serve(const struct connection *connection)
{
    return !connection->in_flight && !connection->spooling && !connection->writing &&
           !connection->finishing && !connection->waits_for_room && open_still(connection);
}

static void keep_input(struct connection *connection, str bytes)
{
    size_t waiting = connection->input_end - connection->input_start;

    if (connection->input_capacity - connection->input_end < bytes.size) {
        char *larger = memory_take(waiting + bytes.size + WAITING_READ_BYTES);
        if (waiting)
            memcpy(larger, connection->input + connection->input_start, waiting);
        free(connection->input);
        connection->input = larger;
        connection->input_capacity = waiting + bytes.size + WAITING_READ_BYTES;
        connection->input_start = 0;
        connection->input_end = waiting;
    }
    memcpy(connection->input + connection->input_end, bytes.data, bytes.size);
    connection->input_end += bytes.size;
}

static void drop_input(struct connection *connection)
{
    free(connection->input);
    connection->input = NULL;
    connection->input_start = connection->input_end = connection->input_capacity = 0;
}

/* Serve requests in `bytes` until one must wait; returns the rest. */
static str serve_bytes(struct connection *connection, str bytes)
{
    while (bytes.size > 0 && can_serve(connection)) {
        bytes = str_from(bytes, feed(connection, bytes));
        if (connection->loop->output.size >= OUTPUT_FLUSH_BYTES)
            flush(connection);
    }
    return bytes;
}

/* ---- reading ---- */

static void on_allocate(uv_handle_t *handle, size_t suggested, uv_buf_t *buffer)
{
    struct connection *connection = handle->data;

    (void)suggested;
    bool waits = (connection->in_flight && !connection->feeding) || connection->spooling;
    *buffer = uv_buf_init(connection->loop->read_buffer, waits ? WAITING_READ_BYTES : READ_BUFFER_BYTES);
}

static void read_or_pause(struct connection *connection);

/* After any event: close, linger, or read on. */
static void settle(struct connection *connection)
{
    if (!open_still(connection) || connection->writing)
        return;
    if (connection->stream.home)
        ask_for_more(connection);
    else if (connection->finishing && !connection->lingering)
        linger(connection);
    else if (connection->ended && !connection->in_flight && !connection->spooling)
        connection_close(connection);
}

/* Serve the waiting bytes, then send the gathered replies. */
static void move_on(struct connection *connection)
{
    str waiting = str_from((str){connection->input, connection->input_end}, connection->input_start);

    str rest = serve_bytes(connection, waiting);
    connection->input_start = connection->input_end - rest.size;
    if (rest.size == 0 || connection->finishing)
        drop_input(connection);
    flush(connection);
    settle(connection);
    read_or_pause(connection);
}

static void take_bytes(struct connection *connection, str bytes)
{
    if (connection->finishing) {
        connection->lingered += bytes.size;
        if (connection->lingered > LINGER_BYTES)
            connection_close(connection);
        return;
    }
    if (connection->input_start == connection->input_end)
        bytes = serve_bytes(connection, bytes);
    if (bytes.size > 0 && !connection->finishing)
        keep_input(connection, bytes);
    flush(connection);
    settle(connection);
    read_or_pause(connection);
}

static void end_of_input(struct connection *connection)
{
    connection->ended = true;
    read_or_pause(connection);
    if (connection->in_flight)
        engine_cancel(connection->loop->engine, &connection->slot->exchange);
    settle(connection);
}

static void on_read(uv_stream_t *stream, ssize_t size, const uv_buf_t *buffer)
{
    struct connection *connection = stream->data;

    if (size > 0)
        take_bytes(connection, (str){buffer->base, (size_t)size});
    else if (size == UV_EOF && !connection->lingering)
        end_of_input(connection);
    else if (size < 0)
        connection_close(connection);
}

/* The list of quiet connections that this one belongs to, where it can be found when its place is needed. */
static struct quiet_list *quiet_list_of(struct connection *connection)
{
    if (connection->in_flight || connection->feeding || connection->spooling || connection->writing ||
        connection->finishing || connection->waits_for_room)
        return NULL;
    return connection->slot ? &connection->loop->receiving : &connection->loop->idle;
}

/* Reading pauses while enough bytes of the client wait. */
static void read_or_pause(struct connection *connection)
{
    size_t waiting = connection->input_end - connection->input_start;
    size_t most = connection->feeding ? READ_BUFFER_BYTES : INPUT_WAITING_BYTES;
    bool read = !connection->ended && waiting < most && !connection->waits_for_room;

    if (open_still(connection))
        quiet_move(connection->loop, connection, quiet_list_of(connection));
    if (!open_still(connection) || read == connection->reading)
        return;
    connection->reading = read;
    if (read)
        uv_read_start((uv_stream_t *)&connection->tcp, on_allocate, on_read);
    else
        uv_read_stop((uv_stream_t *)&connection->tcp);
}

/* ---- life ---- */

void connection_open(struct loop *loop, struct port *port, int fd, const struct address *from,
                     struct share *share)
{
    struct connection *connection = memory_take(sizeof *connection);

    connection->share = share;
    check(uv_tcp_init(&loop->uv, &connection->tcp) == 0);
    connection->tcp.data = connection;
    connection->loop = loop;
    connection->port = port;
    atomic_fetch_add_explicit(&port->connections, 1, memory_order_relaxed);
    connection->from = *from;
    connection->at = address_called(fd);
    connection->next = loop->connections;
    if (loop->connections)
        loop->connections->previous = connection;
    loop->connections = connection;
    loop_begin_sweeping(loop);

    check(uv_tcp_open(&connection->tcp, fd) == 0);
    uv_tcp_nodelay(&connection->tcp, 1);
    expire_in(connection, LIMIT_HTTP_IDLE_TIMEOUT_MS);
    if (loop->draining)
        connection_close(connection);
    else
        read_or_pause(connection);
}

const struct share *connection_share(const struct connection *connection)
{
    return connection->share;
}

struct quiet *connection_quiet(struct connection *connection)
{
    return &connection->quiet;
}

static void expire(struct connection *connection)
{
    bool reads_request = connection->slot && !connection->in_flight && !connection->writing;

    if (!reads_request || http_parser_idle(connection->slot->parser)) {
        connection_close(connection);
        return;
    }
    refuse(connection, connection->waits_for_room ? 503 : 408);
    connection->waits_for_room = false;
    move_on(connection);
}

/* Try again whether there is room; the deadline stays the same. */
static void try_again(struct connection *connection)
{
    uint64_t deadline_ms = connection->deadline_ms;

    connection->waits_for_room = false;
    move_on(connection);
    if (open_still(connection) && connection->waits_for_room)
        connection->deadline_ms = deadline_ms;
}

void connections_sweep(struct loop *loop)
{
    for (struct connection *connection = loop->connections, *next; connection; connection = next) {
        next = connection->next;
        if (connection->deadline_ms <= uv_now(&loop->uv))
            expire(connection);
        else if (connection->waits_for_room)
            try_again(connection);
    }
}

/* When the loop ends, clients that are still reading their last reply get a little longer. */
void connections_close_idle(struct loop *loop)
{
    for (struct connection *connection = loop->connections, *next; connection; connection = next) {
        next = connection->next;
        if (connection->writing)
            expire_in(connection, LINGER_MS);
        else if (loop->ending || (!connection->in_flight && !connection->lingering))
            connection_close(connection);
    }
}

void connections_close(struct loop *loop, const struct port *port)
{
    for (struct connection *connection = loop->connections, *next; connection; connection = next) {
        next = connection->next;
        if (connection->port == port)
            connection_close(connection);
    }
}
