#pragma once

/*
 * doors.h: hosts and paths that are not operations of AWS's protocols.
 *
 * To add a door, write an entry into the table in your `struct module`, which ends with an entry without a
 * path:
 *
 *     {.method = "GET", .path = "/_aws/sqs/messages", .answer = show_messages, .flags = DOOR_ON_WORKER},
 *
 * and a handler that fills *reply.  `fail()` answers with an AWS error in JSON.  Two doors with the same
 * host, method and path make the start fail.  When several doors match, the one with the longest pattern
 * answers; a request that matches no door belongs to an AWS protocol.
 *
 * When its handler runs, engine/door.c has admitted only programs, pages of this server and of allowed
 * origins, and URLs from the address bar (and with DOOR_PAGES any page).  With --auth strict a door needs the
 * administrator's signature unless it is DOOR_OPEN.
 *
 * To add a stream, give the door DOOR_STREAMS and see stream_send() in call.h.
 */
#include "engine/call.h"
#include "wire/http.h"

enum door_flags {
    DOOR_OPEN = 1,      /* no signature needed: it must be cheap */
    DOOR_CHANGES = 2,   /* it writes: refused to requests that a form of a foreign page can send */
    DOOR_ON_WORKER = 4, /* call->txn is a snapshot; it may take some milliseconds */
    DOOR_ON_ENGINE = 8, /* it may write and park; with DOOR_ON_WORKER it may move_to_worker(), see below */
    DOOR_STREAMS = 16,  /* with one of the two above: the reply may be sent piece by piece */
    DOOR_LARGE = 64,    /* its body may have LIMIT_BODY_MIB */
    DOOR_CALLER = 128,  /* call->caller is who signed the request; nobody without a good signature, and then
                           call->bad_signature says what is wrong with the one that it has */
    DOOR_PAGES = 256,   /* its handler decides about pages of other origins: see visit.from_foreign_page */
    DOOR_TO_PAGE = 32,  /* only for a request that asks for text/html and has no query and no signature */
};

/*
 * A door on the engine that returns move_to_worker() runs the rest there, with a snapshot.  What it has
 * written is kept; prepared() returns what it has left by leave_prepared(), so that it knows the rest.  On
 * the worker it may leave something else, and return move_to_engine(): then it runs on the engine again.
 */

struct visit {
    const struct http_request *request;
    str rest;               /* the text that matches the path's '*', or absent */
    bool from_foreign_page; /* sent by a page that nobody let in: only a door with DOOR_PAGES meets one */
    bool from_allowed_page; /* its origin is an --allowed-origin, and the reply gets the headers for it */
};

struct door {
    const char
        *host; /* "*.lambda-url.*": a '*' matches one label, as the last part all remaining ones; NULL: any */
    const char *method; /* GET also answers HEAD; NULL: any */
    const char *path;   /* one '*' in it matches any text */
    enum outcome (*answer)(const struct call *call, const struct visit *visit, struct http_reply *reply);
    unsigned flags;                /* without DOOR_ON_…: runs on the connection's loop, without a store */
    const struct service *service; /* with DOOR_CALLER: the one that signatures are for; NULL: any */
};
