/*
 * fuzz_rest.c: any request of a REST-XML service is decoded or refused, and a decoded request can be
 * sent again and decodes to the same.
 *
 * The input is a path, a query, headers (any number of "name: value") and, after an empty line, a body.
 */
#include "engine/call.h"
#include "engine/protocol/protocol.h"
#include "engine/protocol/rest_path.h"
#include "fuzz.h"
#include "rest_model.h"

static bool read_request(struct arena *arena, str input, struct http_request *request)
{
    str line;

    *request = (struct http_request){.method = S("PUT"), .query = S(""), .body = S("")};
    if (!str_next(&input, '\n', &line) || !str_starts_with(line, S("/")))
        return false;
    ptrdiff_t question = str_index(line, '?');
    request->target = line;
    request->path = question < 0 ? line : str_head(line, (size_t)question);
    request->query = question < 0 ? S("") : str_from(line, (size_t)question + 1);
    while (str_next(&input, '\n', &line) && line.size > 0) {
        str name, value = line;
        str_next(&value, ':', &name);
        http_header_add(arena, &request->headers, name, str_trim(str_present(value) ? value : S("")));
    }
    request->body = str_present(input) ? input : S("");
    return true;
}

/* The decoded input; NULL when the request is refused, with a sentence. */
static void *decoded(struct arena *arena, const struct operation *operation,
                     const struct http_request *request)
{
    struct call_progress progress = {0};
    struct call call = {.arena = arena, .operation = operation, .progress = &progress};
    void *in = arena_alloc(arena, operation->input->size);

    if (protocol_find(PROTOCOL_REST_XML)->decode_request(&call, request, in))
        return in;
    check(progress.failure.error != NULL);
    return NULL;
}

/* Encode the input, decode it again, and compare. */
static void check_again(struct arena *arena, const struct operation *operation, const void *in)
{
    struct http_request request = {0};

    protocol_find(PROTOCOL_REST_XML)->encode_request(arena, operation, in, &request);
    void *again = decoded(arena, operation, &request);
    check(again != NULL);
    check(
        str_equal(model_to_json(arena, operation->input, in), model_to_json(arena, operation->input, again)));
}

FUZZ(arena, input)
{
    static const struct operation *const operations[] = {
        &REST_PUT_THING, &REST_PUT_DOCUMENT, &REST_PUT_BYTES,    &REST_FORMATS,
        &REST_PRECEDE,   &REST_SEARCH,       &REST_SEARCH_LISTS, &REST_XML_NAMESPACES};
    struct http_request request;

    if (!read_request(arena, input, &request))
        return;
    for (size_t i = 0; i < sizeof operations / sizeof *operations; i++) {
        const void *in = decoded(arena, operations[i], &request);
        if (in && (operations[i] == &REST_SEARCH || operations[i] == &REST_SEARCH_LISTS))
            check_again(arena, operations[i], in);
    }
}
