/*
 * connection.c: one client's connection: requests in, one at a time, replies out in their order.
 *
 * Bytes are parsed straight from the loop's read buffer.  While a request is in flight, later bytes wait in
 * `input`; reading continues, because only reading shows that the client has closed.
 * The connection also waits while a piece of a large body is written to its file, or is with its handler.
 *
 * The exchange may be with the engine when the connection closes: its slot then loses its connection, and is
 * freed when the exchange comes back.
 */
#include "server/connection_internal.h"

#include "base/check.h"
#include "base/log.h"
#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

enum { OUTPUT_FLUSH_BYTES = 64 * 1024 };

void connection_expire_in(struct connection *connection, uint64_t ms)
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

void connection_tell_port(const struct connection *connection, const struct slot *slot,
                          void (*what)(struct port *port, const struct http_request *request))
{
    if (what)
        what(connection->port, slot->exchange.request);
}

void connection_let_go(struct slot *slot)
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
        connection_tell_port(connection, slot, connection->port->request_ended);
    if (connection->in_flight && !connection->stream.home)
        engine_cancel(connection->loop->engine, &slot->exchange);
    else
        connection_let_go(slot);
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

bool connection_is_open(const struct connection *connection)
{
    return !uv_is_closing((const uv_handle_t *)&connection->tcp);
}

static void on_shut(uv_shutdown_t *request, int status)
{
    (void)request, (void)status;
}

/*
 * When a socket with unread bytes is closed, the kernel resets the connection, and the client may lose the
 * reply: so shut our side, and read on for a while.
 */
static void linger(struct connection *connection)
{
    if (connection->ended ||
        uv_shutdown(&connection->shutdown, (uv_stream_t *)&connection->tcp, on_shut) != 0) {
        connection_close(connection);
        return;
    }
    connection->lingering = true;
    connection_expire_in(connection, LINGER_MS);
}

/* ---- requests ---- */

static void go_on_spooling(struct connection *connection);
static bool wants_more(const struct slot *slot);
static void go_on_feeding(struct connection *connection);

void connection_answered(struct slot *slot)
{
    struct connection *connection = slot->connection;

    if (!connection) {
        connection_let_go(slot);
        return;
    }
    if (connection->spooling) {
        go_on_spooling(connection);
    } else if (wants_more(slot)) {
        go_on_feeding(connection);
    } else if (connection->stream.begun) {
        exchange_encode_piece(&slot->exchange);
        connection_send_piece(connection);
    } else {
        connection_reply(connection);
    }
    connection_move_on(connection);
}

/* The request is malformed or arrives too slowly. */
static void refuse(struct connection *connection, int status)
{
    struct slot *slot = connection->slot;
    struct http_reply refusal = {.status = status, .body = S("")};

    log_debug("refused", log_field("status", status), log_field("from", connection->from.text));
    if (connection->feeding)
        connection_tell_port(connection, slot, connection->port->request_ended);
    connection->feeding = false;
    connection->slot = NULL;
    slot_give_back(slot);
    connection_reply_last(connection, &refusal);
}

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

    if (!connection_settle_charge(connection)) {
        refuse(connection, 503);
        return;
    }
    describe(connection);
    connection->in_flight = true;
    connection->in_body = false;
    connection->deadline_ms = UINT64_MAX;
    connection_tell_port(connection, slot, connection->port->request_arrives);

    exchange->inflow.parser = slot->parser;
    loop->dispatching = slot;
    dispatch(loop->dispatcher, exchange);
    loop->dispatching = NULL;
    if (slot->answered)
        connection_reply(connection);
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
    connection_expire_in(connection, LIMIT_HTTP_HEAD_TIMEOUT_MS);
}

/* The request is answered before it ran; the rest of it is not read. */
static void answer_early(struct connection *connection)
{
    struct slot *slot = connection->slot;

    connection->slot = NULL;
    exchange_encode(&slot->exchange);
    connection_reply_last(connection, &slot->exchange.reply);
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
    connection_expire_in(connection, LIMIT_HTTP_BODY_TIMEOUT_MS);
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
        connection_expire_in(connection, LIMIT_HTTP_BODY_TIMEOUT_MS);
    }
}

static void wait_for_room(struct connection *connection)
{
    if (!connection->waits_for_room)
        connection_expire_in(connection, LIMIT_BODY_WAIT_MS);
    connection->waits_for_room = true;
}

/* Feed the parser and act on its state; returns the number of bytes taken. */
static size_t feed(struct connection *connection, str bytes)
{
    size_t used = 0;

    if (!connection->slot)
        begin_request(connection);
    struct http_parser *parser = connection->slot->parser;
    if (http_parser_in_body(parser) && !connection_pay_for(connection, bytes.size)) {
        wait_for_room(connection);
        return 0;
    }
    switch (http_parser_feed(parser, bytes, &used)) {
    case HTTP_NEED_MORE:
        if (!connection_pay_for(connection, 0))
            refuse(connection, 503);
        else if (has_piece(connection->slot, false))
            spool(connection, false);
        else if (has_fodder(connection, false))
            feed_handler(connection, false);
        break;
    case HTTP_HEAD_DONE:
        admit(connection);
        if (connection->slot && !connection->feeding && !connection_pay_for(connection, 0))
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
           !connection->finishing && !connection->waits_for_room && connection_is_open(connection);
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
            connection_flush(connection);
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
    if (!connection_is_open(connection) || connection->writing)
        return;
    if (connection->stream.home)
        connection_ask_for_more(connection);
    else if (connection->finishing && !connection->lingering)
        linger(connection);
    else if (connection->ended && !connection->in_flight && !connection->spooling)
        connection_close(connection);
}

void connection_move_on(struct connection *connection)
{
    str waiting = str_from((str){connection->input, connection->input_end}, connection->input_start);

    str rest = serve_bytes(connection, waiting);
    connection->input_start = connection->input_end - rest.size;
    if (rest.size == 0 || connection->finishing)
        drop_input(connection);
    connection_flush(connection);
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
    connection_flush(connection);
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

    if (connection_is_open(connection))
        quiet_move(connection->loop, connection, quiet_list_of(connection));
    if (!connection_is_open(connection) || read == connection->reading)
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
    connection_expire_in(connection, LIMIT_HTTP_IDLE_TIMEOUT_MS);
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
    connection_move_on(connection);
}

/* Try again whether there is room; the deadline stays the same. */
static void try_again(struct connection *connection)
{
    uint64_t deadline_ms = connection->deadline_ms;

    connection->waits_for_room = false;
    connection_move_on(connection);
    if (connection_is_open(connection) && connection->waits_for_room)
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
            connection_expire_in(connection, LINGER_MS);
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
