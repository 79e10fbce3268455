#pragma once

/*
 * connection_internal.h: what the files of a connection share.
 */
#include "server/server_internal.h"

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

/* The client has so many milliseconds from now, or the connection is closed. */
void connection_expire_in(struct connection *connection, uint64_t ms);
bool connection_is_open(const struct connection *connection);
/* Call one of the port's hooks, if it is set, with the request of the slot. */
void connection_tell_port(const struct connection *connection, const struct slot *slot,
                          void (*what)(struct port *port, const struct http_request *request));
/* The client has gone, or has received everything: the maker of the reply's pieces may have to be told. */
void connection_let_go(struct slot *slot);
/* Serve the waiting bytes, then send the gathered replies. */
void connection_move_on(struct connection *connection);

/* ---- connection_reply.c ---- */

/* Send the gathered replies.  The connection may be closed afterwards. */
void connection_flush(struct connection *connection);
/* Answer a request that did not run, and close: the rest of it is not read. */
void connection_reply_last(struct connection *connection, const struct http_reply *reply);
/* Answer the request, which has run: whole, or with the first piece. */
void connection_reply(struct connection *connection);
/* Send one piece; the first has the head before it. */
void connection_send_piece(struct connection *connection);
/*
 * The socket has taken everything sent so far, so ask for the next piece.  Bytes that do not fit into the
 * socket wait in one leftover; a client that does not read them in time is disconnected, as with any reply.
 */
void connection_ask_for_more(struct connection *connection);

/* ---- connection_room.c ---- */

/*
 * Charge the budget for `more` further bytes of the request; clients that have stalled for a second are
 * disconnected if necessary.
 */
bool connection_pay_for(struct connection *connection, size_t more);
/*
 * The request is complete: a small one is charged no longer, because its wait in the engine is free.  False:
 * there is no room for a large one.
 */
bool connection_settle_charge(struct connection *connection);
