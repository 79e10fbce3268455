#pragma once

/*
 * exchange.h: one call on the wire: a request that can be sent again, and its reply.
 *
 * Internal to the client.
 */
#include "cli/client.h"

#include <curl/curl.h>

struct client {
    const struct config *config;
    CURL *curl;              /* of the calls made one by one */
    int64_t clock_offset_ms; /* the server's clock less ours */
};

struct exchange {
    struct client *client;
    CURL *curl;
    struct arena *arena;
    const struct operation *operation;
    const void *in;
    void *out, *tag;

    str endpoint;
    struct curl_slist *headers;
    struct text body; /* of the reply */
    struct http_reply reply;
    struct failure failure;
    unsigned attempts;
    int64_t again_us; /* when to try again; 0: now */
};

/* Prepare curl to send it, signed as of now. */
void exchange_begin(struct exchange *exchange);

enum exchange_state { EXCHANGE_ANSWERED, EXCHANGE_FAILED, EXCHANGE_AGAIN };
/* Curl is done with it: `out` is filled, `failure` is set, or it is to begin again at again_us. */
enum exchange_state exchange_end(struct exchange *exchange, CURLcode code);
/* What exchange_begin() made. */
void exchange_free(struct exchange *exchange);
