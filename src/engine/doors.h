#pragma once

/*
 * doors.h: what answers a host and a path besides the operations of AWS's protocols.
 *
 * To add a door, write an entry into the table that your `struct module` names, up to an entry without a
 * path:
 *
 *     {.method = "GET", .path = "/_aws/sqs/messages", .answer = show_messages, .flags = DOOR_ON_WORKER},
 *
 * and a handler that fills *reply.  `fail()` answers with an AWS error in JSON.  Two doors for the same host,
 * method and path do not start.  Where several fit, the one with the longest pattern answers; a request that
 * fits none is one of an AWS protocol.
 *
 * A door has let nobody in when its handler runs but whom engine/door.c lets in everywhere: programs, pages
 * of this server and of named origins, and URLs from the address bar.  With --auth strict a door needs the
 * administrator's signature unless it is DOOR_OPEN.
 *
 * To add a stream, give the door DOOR_STREAMS and see stream_send() in call.h.
 */
#include "engine/call.h"
#include "wire/http.h"

enum door_flags {
    DOOR_OPEN = 1,      /* anybody may, without a signature: it must cost little */
    DOOR_CHANGES = 2,   /* something: refused to what a form of a foreign page could have sent */
    DOOR_ON_WORKER = 4, /* call->txn is a snapshot; it may take some milliseconds */
    DOOR_ON_ENGINE = 8, /* as an operation that writes: it may park; with DOOR_ON_WORKER it begins on the
                           engine and may move_to_worker() */
    DOOR_STREAMS = 16,  /* with one of the two before: the reply may be sent piece by piece */
    DOOR_TO_PAGE = 32,  /* only for a request that asks for text/html and has no query and no signature */
};

struct visit {
    const struct http_request *request;
    str rest; /* what the path's '*' stands for; absent when it has none */
};

struct door {
    const char *host;   /* "*.lambda-url.*": a '*' is one label, as the last all that are left; NULL: any */
    const char *method; /* GET answers HEAD, too; NULL: any */
    const char *path;   /* one '*' in it is any text */
    enum outcome (*answer)(const struct call *call, const struct visit *visit, struct http_reply *reply);
    unsigned flags; /* without DOOR_ON_…: on the connection's loop, without a store */
};
