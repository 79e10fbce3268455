#pragma once

/*
 * exchange.h: one call on the wire: a request that can be sent again, and its reply.
 *
 * Internal to the client.
 */
#include "client/client.h"

#include <curl/curl.h>

struct client {
    const struct config *config;
    CURL *curl;              /* for calls made one by one */
    int64_t clock_offset_ms; /* the server's clock minus ours */
    void (*tell)(str sentence);
    bool told; /* that an answer is waited for: once for all calls that are made together */
};

struct client_exchange {
    struct client *client;
    CURL *curl;
    struct arena *arena;
    const struct operation *operation; /* NULL: GET `path` with `query`, and `out` is a struct http_reply */
    str path, query;
    const void *in;
    void *out, *tag;
    const struct client_reader
        *reader; /* takes the body of a reply to `path` with status 200; NULL: the body is kept */

    str endpoint;
    struct curl_slist *headers;
    struct text body; /* of the reply */
    bool taken;       /* the reader has received a part of it */
    struct http_reply reply;
    struct failure failure;
    unsigned attempts;
    int64_t sent_us;
    int64_t again_us; /* when to try again; 0: now */
};

/* Prepare curl to send the request, signed with the current time. */
void client_exchange_begin(struct client_exchange *exchange);

enum client_exchange_state { EXCHANGE_ANSWERED, EXCHANGE_FAILED, EXCHANGE_AGAIN };
/* Curl has finished: `out` is filled, `failure` is set, or the exchange is to begin again at again_us. */
enum client_exchange_state client_exchange_end(struct client_exchange *exchange, CURLcode code);
/* Free what client_exchange_begin() made. */
void client_exchange_free(struct client_exchange *exchange);
