#pragma once
#include <stdbool.h>
#include <stddef.h>

#include "orderly_json.h"

/*
 * endpoint.h: signed requests to DynamoDB, over one kept connection.
 *
 * There are two kinds. endpoint_http.c is part of the program; endpoint_https.c is a shared object of its
 * own, which the program loads for a URL with https: with it come libcurl and its thirty libraries, whose
 * loading takes five milliseconds.
 */
struct endpoint_settings {
    const char *url; /* with a slash at its end */
    const char *target;
    const char *region, *key_id, *secret;
    const char *token; /* NULL: the credentials have none */
};

struct endpoint_request {
    const char *trace_id; /* for X-Amzn-Trace-Id; "": none */
    const char *body;
    size_t length;
    long timeout_ms; /* from 1 */
};

struct endpoint {
    /*
     * POST one request.  True: the endpoint has answered with that status and body.  False: *problem says why
     * not; it is valid until the next request.
     */
    bool (*post)(struct endpoint *endpoint, const struct endpoint_request *request, long *status,
                 struct json_text *body, const char **problem);
};

/*
 * Open an endpoint; it lives as long as the program, and so must the settings' texts.  NULL: memory has run
 * out, or the library could not be started.
 */
typedef struct endpoint *endpoint_open_function(const struct endpoint_settings *settings);
endpoint_open_function endpoint_open_http, endpoint_open_https;

/* The file with endpoint_open_https(), as the dynamic loader finds it. */
#define ENDPOINT_HTTPS_LIBRARY "libendpoint-https.so"
