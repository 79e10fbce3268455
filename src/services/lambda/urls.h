#pragma once

/*
 * urls.h: requests to function URLs, and the replies that functions make.
 */
#include "engine/doors.h"
#include "lambda_internal.h"

/* urls.c */
#define LAMBDA_URL_PATH "/_orderly/lambda-url/"
/* NULL: it has none. */
const struct lambda_cors *lambda_url_cors(const struct call *call, const struct lambda_url_row *row);

/* url_requests.c */
struct http_request;
struct json;
/* A request to a function URL. */
struct url_request {
    struct lambda_url_row row;
    struct function function;
    const struct lambda_cors *cors; /* NULL: the URL has none */
    str domain, path;               /* as the event tells them */
    struct {
        str access_key_id, region;
    } signature; /* of a request to a URL that asks for one; if it was not good the call has no caller */
};
enum outcome lambda_url_answer(const struct call *call, const struct visit *visit, struct http_reply *reply);
/* Does the URL ask for a signature? */
bool lambda_url_is_signed(const struct url_request *url);

/* url_event.c */
str lambda_url_event(const struct call *call, const struct url_request *url,
                     const struct http_request *request);

/* url_reply.c */
/* The reply that the answer describes.  False: it is malformed. */
bool lambda_url_reply(const struct call *call, str payload, struct http_reply *reply);
/* Its status, headers and cookies only; the reply keeps its status when the answer has none. */
bool lambda_url_head(const struct call *call, const struct json *answer, struct http_reply *reply);
