#pragma once

/*
 * cors.h: the headers that tell a browser that a page of another origin may read a reply.
 * https://fetch.spec.whatwg.org/#http-cors-protocol
 *
 * Invariant: these headers name one origin, which the caller has found to be allowed; never "*".
 */
#include "wire/http.h"

struct cors {
    str origin;         /* the value of the request's Origin header */
    str methods;        /* "GET,POST" */
    str headers;        /* absent: the names that the preflight asks for */
    str expose_headers; /* absent: only those that a browser shows anyway */
    int64_t max_age_s;
    bool credentials;
};

/* Does a browser ask whether it may send a request? */
bool cors_is_preflight(const struct http_request *request);
/* The reply to a preflight: 204. */
void cors_answer_preflight(struct arena *arena, const struct http_request *request, const struct cors *cors,
                           struct http_reply *reply);
/* Add the headers that any other reply to that origin needs. */
void cors_add(struct arena *arena, const struct cors *cors, struct http_reply *reply);
