/*
 * cors.c: preflights and the headers of replies.
 */
#include "wire/cors.h"

bool cors_is_preflight(const struct http_request *request)
{
    return str_equal(request->method, S("OPTIONS")) &&
           str_present(http_header(&request->headers, S("Origin"))) &&
           str_present(http_header(&request->headers, S("Access-Control-Request-Method")));
}

static void add_origin(struct arena *arena, const struct cors *cors, struct http_reply *reply)
{
    http_header_add(arena, &reply->headers, S("Access-Control-Allow-Origin"), cors->origin);
    http_header_add(arena, &reply->headers, S("Vary"), S("Origin"));
    if (cors->credentials)
        http_header_add(arena, &reply->headers, S("Access-Control-Allow-Credentials"), S("true"));
}

/* A list of names is echoed, since the client knows it already; any other value is not echoed. */
static str requested_headers(const struct http_request *request)
{
    str requested = http_header(&request->headers, S("Access-Control-Request-Headers"));

    return str_is_word(requested, S("-_, ")) ? requested : (str){0};
}

void cors_answer_preflight(struct arena *arena, const struct http_request *request, const struct cors *cors,
                           struct http_reply *reply)
{
    str headers = str_present(cors->headers) ? cors->headers : requested_headers(request);
    str private_network = http_header(&request->headers, S("Access-Control-Request-Private-Network"));

    *reply = (struct http_reply){.status = 204, .body = S("")};
    add_origin(arena, cors, reply);
    http_header_add(arena, &reply->headers, S("Access-Control-Allow-Methods"), cors->methods);
    if (str_present(headers))
        http_header_add(arena, &reply->headers, S("Access-Control-Allow-Headers"), headers);
    http_header_add(arena, &reply->headers, S("Access-Control-Max-Age"),
                    arena_decimal(arena, cors->max_age_s));
    if (str_equal(private_network, S("true")))
        http_header_add(arena, &reply->headers, S("Access-Control-Allow-Private-Network"), S("true"));
}

void cors_add(struct arena *arena, const struct cors *cors, struct http_reply *reply)
{
    add_origin(arena, cors, reply);
    if (str_present(cors->expose_headers))
        http_header_add(arena, &reply->headers, S("Access-Control-Expose-Headers"), cors->expose_headers);
}
