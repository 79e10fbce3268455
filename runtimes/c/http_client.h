#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "orderly_json.h"

/*
 * http_client.h: a blocking HTTP/1.1 client for one server, over one kept connection.
 *
 * It exists because the Runtime API is a plain HTTP server on this machine, and a function should start
 * in a millisecond: loading libcurl takes three.
 */
struct http_client {
    const char *address;      /* "host:port"; belongs to the caller */
    int socket;               /* -1: not connected */
    long timeout_ms;          /* for an exchange; 0 in all exchanges: wait for ever */
    bool timed_out;           /* the last exchange failed because its time was up */
    int64_t deadline_ms;      /* of the exchange, on the monotonic clock */
    struct json_text request; /* its head; the memory is kept */
    char *buffer;             /* received bytes that have not been read: start..end */
    size_t start, end;
};

/* A reply, valid until the next exchange.  The memory is kept and reused. */
struct http_reply {
    int status;
    char *head; /* "name: value" lines, each ended by a NUL; the last one is empty */
    size_t head_length;
    char *body; /* a NUL follows it */
    size_t body_length;
    size_t head_capacity, body_capacity;
};

/*
 * Sends one request and waits for the reply, as long as client->timeout_ms says.  `headers` are whole lines,
 * each ended by "\r\n".  False when the server cannot be reached, does not speak HTTP/1.1, or is too slow.
 */
bool http_exchange(struct http_client *client, const char *method, const char *path, const char *headers,
                   const char *body, size_t body_length, struct http_reply *reply);

/* A header's value, "" when absent. */
const char *http_header(const struct http_reply *reply, const char *name);
