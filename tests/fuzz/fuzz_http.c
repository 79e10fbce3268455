/*
 * fuzz_http.c: a request is parsed the same however its bytes are cut up.
 *
 * The first byte of the input is the size of the pieces.
 */
#include "fuzz.h"
#include "wire/http.h"

struct outcome {
    enum http_state state;
    size_t used;
    struct http_request request;
};

static struct outcome feed(struct arena *arena, str bytes, size_t step)
{
    struct http_parser *parser = http_parser_new();
    struct outcome outcome = {.state = HTTP_NEED_MORE};

    http_parser_begin(parser, arena);
    while (outcome.used < bytes.size &&
           (outcome.state == HTTP_NEED_MORE || outcome.state == HTTP_HEAD_DONE)) {
        str piece = str_head(str_from(bytes, outcome.used), step);
        size_t used;
        outcome.state = http_parser_feed(parser, piece, &used);
        check(used <= piece.size);
        check(used == piece.size || outcome.state == HTTP_COMPLETE || outcome.state == HTTP_BAD);
        outcome.used += used;
    }
    if (outcome.state == HTTP_BAD)
        check(http_parser_error_status(parser) >= 400);
    if (outcome.state == HTTP_COMPLETE)
        outcome.request = *http_parser_request(parser);
    if (outcome.state == HTTP_HEAD_DONE)
        outcome.state = HTTP_NEED_MORE;
    http_parser_free(parser);
    return outcome;
}

static void check_request(const struct http_request *request)
{
    check(request->headers.count <= LIMIT_HTTP_HEADERS);
    check(request->body.size <= LIMIT_HTTP_BODY_BYTES && str_present(request->payload));
    check(str_starts_with(request->path, S("/")) && str_present(request->query));
    for (size_t i = 0; i < request->headers.count; i++) {
        check(request->headers.items[i].name.size > 0);
        check(str_index(request->headers.items[i].value, '\n') < 0);
        check(str_index(request->headers.items[i].value, '\0') < 0);
    }
}

static void check_equal(const struct http_request *a, const struct http_request *b)
{
    check(str_equal(a->method, b->method) && str_equal(a->target, b->target));
    check(str_equal(a->payload, b->payload) && str_equal(a->body, b->body));
    check(a->keep_alive == b->keep_alive && a->headers.count == b->headers.count);
    for (size_t i = 0; i < a->headers.count; i++) {
        check(str_equal(a->headers.items[i].name, b->headers.items[i].name));
        check(str_equal(a->headers.items[i].value, b->headers.items[i].value));
    }
}

FUZZ(arena, input)
{
    size_t step = input.size ? (unsigned char)input.data[0] % 32 + 1u : 1;
    str bytes = str_from(input, 1);
    struct outcome whole = feed(arena, bytes, SIZE_MAX), pieces = feed(arena, bytes, step);

    check(whole.state == pieces.state);
    if (whole.state != HTTP_COMPLETE)
        return;
    check(whole.used == pieces.used);
    check_request(&whole.request);
    check_equal(&whole.request, &pieces.request);
}
