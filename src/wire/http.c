/*
 * http.c: llhttp parses requests in its strict mode; this file decides what llhttp leaves open.
 *
 * llhttp is told to stop at the end of the head and at the end of the message.  A scan of the head enforces
 * the size limit before llhttp sees the bytes, and refuses what a proxy in front of us might read
 * differently: folded lines and line ends without a carriage return.
 */
#include "wire/http.h"

#include "base/check.h"
#include "base/memory.h"
#include "wire/uri.h"

#include <llhttp.h>
#include <stdlib.h>
#include <string.h>

/* A name or a value while the head grows: an offset into it. */
struct piece {
    size_t at, size;
};
struct field {
    struct piece name, value;
};

struct http_parser {
    llhttp_t llhttp;
    struct arena *arena;
    struct text head; /* target, names and values, one after the other */
    struct piece target;
    struct field fields[LIMIT_HTTP_HEADERS];
    size_t field_count;
    bool value_seen; /* of the last field: what follows is a new name */

    size_t head_size, line_size; /* bytes scanned of the head and of its last line */
    unsigned line_count;         /* whole lines scanned of the head */
    char last;                   /* the byte scanned last */
    bool head_scanned;           /* up to the empty line that ends it */
    bool head_complete, complete, head_told;

    char *body; /* loose memory of the arena */
    size_t body_size, body_capacity, body_limit;
    size_t body_taken; /* bytes of it that were taken out before */
    struct field trailers[LIMIT_HTTP_TRAILERS];
    size_t trailer_count;
    char *trailer; /* loose memory of the arena: names and values, one after the other */
    size_t trailer_size, trailer_capacity;
    size_t framing_size, chunk_count; /* of a chunked body: bytes beside the data, and how many chunks */
    int error_status;                 /* 0: none */
    struct http_request request;
};

static int refuse(struct http_parser *parser, int status)
{
    if (parser->error_status == 0)
        parser->error_status = status;
    return HPE_USER;
}

/* ---- what llhttp calls ---- */

static struct http_parser *owner(llhttp_t *llhttp)
{
    return llhttp->data;
}

static void piece_add(struct http_parser *parser, struct piece *piece, const char *at, size_t size)
{
    if (piece->size == 0)
        piece->at = parser->head.size;
    text_add(&parser->head, (str){at, size});
    piece->size += size;
}

static int on_url(llhttp_t *llhttp, const char *at, size_t size)
{
    struct http_parser *parser = owner(llhttp);

    piece_add(parser, &parser->target, at, size);
    return HPE_OK;
}

static void grow_trailer(void *context)
{
    struct http_parser *parser = context;

    parser->trailer = arena_resize_loose(parser->arena, parser->trailer, parser->trailer_capacity);
}

/* The size of all trailers is bounded by feed_body(). */
static int trailer_add(struct http_parser *parser, struct piece *piece, const char *at, size_t size)
{
    if (parser->trailer_capacity - parser->trailer_size < size) {
        parser->trailer_capacity = 2 * (parser->trailer_size + size);
        if (!arena_run(parser->arena, grow_trailer, parser))
            return refuse(parser, 503);
    }
    if (piece->size == 0)
        piece->at = parser->trailer_size;
    if (size > 0)
        memcpy(parser->trailer + parser->trailer_size, at, size);
    parser->trailer_size += size;
    piece->size += size;
    return HPE_OK;
}

static int on_trailer_name(struct http_parser *parser, const char *at, size_t size)
{
    if (parser->trailer_count == 0 || parser->value_seen) {
        if (parser->trailer_count == LIMIT_HTTP_TRAILERS)
            return refuse(parser, 431);
        parser->trailers[parser->trailer_count++] = (struct field){0};
        parser->value_seen = false;
    }
    return trailer_add(parser, &parser->trailers[parser->trailer_count - 1].name, at, size);
}

static int on_trailer_value(struct http_parser *parser, const char *at, size_t size)
{
    if (parser->trailer_count == 0 || parser->value_seen)
        return refuse(parser, 400);
    return trailer_add(parser, &parser->trailers[parser->trailer_count - 1].value, at, size);
}

static int on_header_field(llhttp_t *llhttp, const char *at, size_t size)
{
    struct http_parser *parser = owner(llhttp);

    if (parser->head_complete)
        return on_trailer_name(parser, at, size);
    if (parser->field_count == 0 || parser->value_seen) {
        if (parser->field_count == LIMIT_HTTP_HEADERS)
            return refuse(parser, 431);
        parser->fields[parser->field_count++] = (struct field){0};
        parser->value_seen = false;
    }
    piece_add(parser, &parser->fields[parser->field_count - 1].name, at, size);
    return HPE_OK;
}

static int on_header_value(llhttp_t *llhttp, const char *at, size_t size)
{
    struct http_parser *parser = owner(llhttp);

    if (parser->head_complete)
        return on_trailer_value(parser, at, size);
    if (parser->field_count == 0 || parser->value_seen)
        return refuse(parser, 400); /* ": value" */
    piece_add(parser, &parser->fields[parser->field_count - 1].value, at, size);
    return HPE_OK;
}

static int on_header_value_complete(llhttp_t *llhttp)
{
    owner(llhttp)->value_seen = true;
    return HPE_OK;
}

static int on_headers_complete(llhttp_t *llhttp)
{
    owner(llhttp)->head_complete = true;
    return HPE_PAUSED;
}

/*
 * The buffer grows step by step towards the claimed length, so that a claim costs the client as many bytes as
 * it costs us.
 */
static size_t next_capacity(const struct http_parser *parser, size_t wanted)
{
    enum { FIRST = 16 * 1024, STEP = 2 };
    bool claimed = parser->llhttp.flags & F_CONTENT_LENGTH;
    size_t capacity = parser->body_capacity * STEP;
    size_t left = claimed ? (size_t)parser->llhttp.content_length : 0; /* llhttp counts it down */

    if (capacity < FIRST)
        capacity = FIRST;
    if (claimed && capacity > wanted + left)
        capacity = wanted + left;
    return capacity > wanted ? capacity : wanted;
}

static void grow_body(void *context)
{
    struct http_parser *parser = context;

    parser->body = arena_resize_loose(parser->arena, parser->body, parser->body_capacity);
}

static int on_body(llhttp_t *llhttp, const char *at, size_t size)
{
    struct http_parser *parser = owner(llhttp);
    size_t wanted = parser->body_size + size;

    if (parser->body_taken + wanted > parser->body_limit)
        return refuse(parser, 413);
    if (wanted > parser->body_capacity) {
        parser->body_capacity = next_capacity(parser, wanted);
        if (!arena_run(parser->arena, grow_body, parser))
            return refuse(parser, 503);
    }
    memcpy(parser->body + parser->body_size, at, size);
    parser->body_size = wanted;
    return HPE_OK;
}

static int on_chunk_header(llhttp_t *llhttp)
{
    owner(llhttp)->chunk_count++;
    return HPE_OK;
}

static int on_message_complete(llhttp_t *llhttp)
{
    owner(llhttp)->complete = true;
    return HPE_PAUSED;
}

static const llhttp_settings_t callbacks = {
    .on_url = on_url,
    .on_header_field = on_header_field,
    .on_header_value = on_header_value,
    .on_header_value_complete = on_header_value_complete,
    .on_headers_complete = on_headers_complete,
    .on_body = on_body,
    .on_chunk_header = on_chunk_header,
    .on_message_complete = on_message_complete,
};

/* ---- the head ---- */

static str piece_str(const struct http_parser *parser, struct piece piece)
{
    return piece.size ? (str){parser->head.data + piece.at, piece.size} : S("");
}

static size_t header_count(const struct http_headers *headers, str name)
{
    size_t count = 0;

    for (size_t i = 0; i < headers->count; i++)
        count += str_equal_nocase(headers->items[i].name, name);
    return count;
}

/* False when a header has an empty name. */
static bool collect_headers(struct http_parser *parser)
{
    bool named = true;

    for (size_t i = 0; i < parser->field_count; i++) {
        const struct field *field = &parser->fields[i];
        http_header_add(parser->arena, &parser->request.headers, piece_str(parser, field->name),
                        str_trim(piece_str(parser, field->value)));
        named &= field->name.size > 0;
    }
    return named;
}

static bool method_supported(llhttp_method_t method)
{
    switch (method) {
    case HTTP_GET:
    case HTTP_HEAD:
    case HTTP_POST:
    case HTTP_PUT:
    case HTTP_DELETE:
    case HTTP_PATCH:
    case HTTP_OPTIONS:
        return true;
    default:
        return false;
    }
}

static int check_transfer_encoding(const struct http_parser *parser)
{
    const struct http_headers *headers = &parser->request.headers;
    size_t count = header_count(headers, S("Transfer-Encoding"));

    if (count == 0)
        return 0;
    if (parser->llhttp.http_minor == 0)
        return 400;
    if (count > 1 || !str_equal_nocase(http_header(headers, S("Transfer-Encoding")), S("chunked")))
        return 501;
    return 0;
}

/*
 * A target may name its host ("GET http://host/path"), which then counts instead of the Host header: RFC
 * 9112, section 3.2.2.  The two must be equal, because some code looks at Host only.
 */
static bool names_its_host(const struct uri *target, const struct http_headers *headers)
{
    enum { HTTP_PORT = 80 };
    struct uri host = {0};

    if (!str_present(target->scheme))
        return true;
    return uri_parse_host(http_header(headers, S("Host")), &host) &&
           str_equal_nocase(host.host, target->host) && !str_present(target->userinfo) &&
           (host.port ? host.port : HTTP_PORT) == (target->port ? target->port : HTTP_PORT);
}

/* Checks that llhttp does not make: the status to answer, or 0. */
static int check_head(struct http_parser *parser)
{
    const llhttp_t *llhttp = &parser->llhttp;
    struct uri uri;

    if (llhttp->http_major != 1 || llhttp->http_minor > 1)
        return 505;
    if (!method_supported((llhttp_method_t)llhttp->method))
        return 501;

    size_t hosts = header_count(&parser->request.headers, S("Host"));
    if (hosts > 1 || (hosts == 0 && llhttp->http_minor == 1))
        return 400;
    if (!uri_parse(parser->request.target, &uri) || !names_its_host(&uri, &parser->request.headers))
        return 400;
    parser->request.path = uri.path;
    parser->request.query = uri.query;

    if ((llhttp->flags & F_CONTENT_LENGTH) && llhttp->content_length > LIMIT_HTTP_BODY_BYTES)
        return 413;
    return check_transfer_encoding(parser);
}

static void head_done(struct http_parser *parser)
{
    struct http_request *request = &parser->request;

    request->method = str_of(llhttp_method_name((llhttp_method_t)parser->llhttp.method));
    request->target = piece_str(parser, parser->target);
    request->keep_alive = llhttp_should_keep_alive(&parser->llhttp);
    request->takes_chunks = parser->llhttp.http_minor > 0;
    request->payload = request->body = S("");

    int status = collect_headers(parser) ? check_head(parser) : 400;
    if (status != 0)
        refuse(parser, status);
}

bool http_parser_expects_continue(const struct http_parser *parser)
{
    return http_parser_received(parser) == 0 && parser->llhttp.http_minor == 1 &&
           str_equal_nocase(http_header(&parser->request.headers, S("Expect")), S("100-continue"));
}

/* llhttp reads several spaces as one; a proxy in front of us may see another target. */
static bool has_double_space(const struct http_parser *parser, str line)
{
    return (parser->last == ' ' && str_starts_with(line, S(" "))) || str_find(line, S("  ")) >= 0;
}

/* Scan to the next line end, or to the end of the bytes; returns the number of bytes scanned. */
static size_t scan_line(struct http_parser *parser, str bytes)
{
    ptrdiff_t newline = str_index(bytes, '\n');
    size_t size = newline < 0 ? bytes.size : (size_t)newline + 1;
    char last = newline > 0 ? bytes.data[newline - 1] : parser->last;
    bool folded =
        parser->line_size == 0 && parser->head_size > 0 && (bytes.data[0] == ' ' || bytes.data[0] == '\t');
    bool spaced = parser->line_count == 0 && has_double_space(parser, str_head(bytes, size));

    parser->head_size += size;
    parser->line_size += size;
    parser->last = bytes.data[size - 1];
    if (parser->head_size > LIMIT_HTTP_HEAD_BYTES)
        refuse(parser, 431);
    else if (folded || spaced || (newline >= 0 && last != '\r'))
        refuse(parser, 400);
    if (newline >= 0) {
        parser->line_count++;
        parser->head_scanned = parser->line_size == 2;
        parser->line_size = 0;
    }
    return size;
}

/* Scan the head's bytes before llhttp gets them; returns how many bytes belong to the head. */
static size_t scan_head(struct http_parser *parser, str bytes)
{
    size_t size = 0;

    /* Empty lines before a request are skipped: RFC 9112, section 2.2. */
    while (parser->head_size == 0 && size < bytes.size &&
           (bytes.data[size] == '\r' || bytes.data[size] == '\n'))
        size++;
    while (size < bytes.size && !parser->head_scanned && parser->error_status == 0)
        size += scan_line(parser, str_from(bytes, size));
    return size;
}

/* ---- the body ---- */

static void body_done(struct http_parser *parser)
{
    struct http_request *request = &parser->request;

    if (parser->body_size > 0)
        request->payload = request->body = (str){parser->body, parser->body_size};
}

/* ---- feeding ---- */

struct http_parser *http_parser_new(void)
{
    return memory_take(sizeof(struct http_parser));
}

void http_parser_free(struct http_parser *parser)
{
    free(parser);
}

void http_parser_begin(struct http_parser *parser, struct arena *arena)
{
    llhttp_init(&parser->llhttp, HTTP_REQUEST, &callbacks);
    parser->llhttp.data = parser;
    parser->arena = arena;
    parser->head = text_in(arena);
    parser->target = (struct piece){0};
    parser->field_count = parser->head_size = parser->line_size = 0;
    parser->line_count = 0;
    parser->body_size = parser->body_capacity = parser->body_taken = 0;
    parser->framing_size = parser->chunk_count = 0;
    parser->trailer_count = parser->trailer_size = parser->trailer_capacity = 0;
    parser->trailer = NULL;
    parser->value_seen = parser->head_scanned = parser->head_complete = false;
    parser->complete = parser->head_told = false;
    parser->body_limit = LIMIT_HTTP_BODY_BYTES;
    parser->last = '\0';
    parser->body = NULL;
    parser->error_status = 0;
    parser->request = (struct http_request){0};
}

/* Run llhttp over the bytes; returns how many it took before it paused or ended. */
static size_t run(struct http_parser *parser, str bytes)
{
    llhttp_errno_t error = llhttp_execute(&parser->llhttp, bytes.data, bytes.size);

    if (error == HPE_OK)
        return bytes.size;
    if (error != HPE_PAUSED) {
        refuse(parser, error == HPE_INVALID_VERSION ? 505 : 400);
        return 0;
    }
    size_t taken = (size_t)(llhttp_get_error_pos(&parser->llhttp) - bytes.data);
    llhttp_resume(&parser->llhttp);
    return taken;
}

/* Feed the head's part of the bytes; returns how many were taken. */
static size_t feed_head(struct http_parser *parser, str bytes)
{
    size_t size = scan_head(parser, bytes);

    if (parser->error_status != 0)
        return 0;
    size_t taken = run(parser, str_head(bytes, size));
    if (parser->error_status != 0)
        return 0;
    if (parser->head_scanned != parser->head_complete)
        refuse(parser, 400); /* the scan and llhttp see different ends of the head */
    else if (parser->head_complete)
        head_done(parser);
    return taken;
}

/*
 * Feed the body's part of the bytes; returns how many were taken.  Each chunk may have a size line; beyond
 * those, the limit bounds extensions and trailers.
 */
static size_t feed_body(struct http_parser *parser, str bytes)
{
    enum { SIZE_LINE_BYTES = 16 };
    size_t body_size = parser->body_size;
    size_t taken = run(parser, bytes);

    if (!(parser->llhttp.flags & F_CHUNKED))
        return taken;
    parser->framing_size += taken - (parser->body_size - body_size);
    if (parser->framing_size > LIMIT_HTTP_HEAD_BYTES + parser->chunk_count * SIZE_LINE_BYTES)
        refuse(parser, 431);
    return taken;
}

enum http_state http_parser_feed(struct http_parser *parser, str bytes, size_t *used)
{
    check(!parser->complete);
    *used = 0;
    if (!parser->head_complete && bytes.size > 0 && parser->error_status == 0)
        *used = feed_head(parser, bytes);
    if (parser->head_complete && parser->error_status == 0) {
        *used += feed_body(parser, str_from(bytes, *used));
        if (parser->complete && parser->error_status == 0)
            body_done(parser);
    }
    if (parser->error_status != 0)
        return HTTP_BAD;
    if (parser->complete)
        return HTTP_COMPLETE;
    if (parser->head_complete && !parser->head_told) {
        parser->head_told = true;
        return HTTP_HEAD_DONE;
    }
    return HTTP_NEED_MORE;
}

bool http_parser_limit_body(struct http_parser *parser, size_t limit)
{
    bool claimed = parser->llhttp.flags & F_CONTENT_LENGTH;

    parser->body_limit = limit;
    return http_parser_received(parser) + (claimed ? (size_t)parser->llhttp.content_length : 0) <= limit;
}

size_t http_parser_body_size(const struct http_parser *parser)
{
    return parser->body_size;
}

size_t http_parser_received(const struct http_parser *parser)
{
    return parser->body_taken + parser->body_size;
}

str http_parser_take_body(struct http_parser *parser)
{
    str body = {parser->body_size > 0 ? parser->body : "", parser->body_size};

    parser->body_taken += parser->body_size;
    parser->body_size = 0;
    return body;
}

void http_parser_give_body(struct http_parser *parser, str body, const struct sha256 *hash)
{
    check(parser->complete && body.size <= parser->body_taken && parser->body_size == 0);
    arena_free_loose(parser->arena, parser->body);
    parser->body = NULL;
    parser->body_capacity = 0;
    parser->request.payload = parser->request.body = body;
    parser->request.payload_hash = hash;
}

static str trailer_str(const struct http_parser *parser, struct piece piece)
{
    return piece.size ? (str){parser->trailer + piece.at, piece.size} : S("");
}

str http_parser_trailer(const struct http_parser *parser, str name)
{
    for (size_t i = 0; i < parser->trailer_count; i++)
        if (str_equal_nocase(trailer_str(parser, parser->trailers[i].name), name))
            return str_trim(trailer_str(parser, parser->trailers[i].value));
    return (str){0};
}

size_t http_parser_held(const struct http_parser *parser, size_t more)
{
    size_t wanted = parser->body_size + more;
    bool grows = http_parser_in_body(parser) && wanted > parser->body_capacity;

    return 2 * parser->head_size + (grows ? next_capacity(parser, wanted) : parser->body_capacity);
}

const struct http_request *http_parser_request(const struct http_parser *parser)
{
    check(parser->head_complete && parser->error_status == 0);
    return &parser->request;
}

int http_parser_error_status(const struct http_parser *parser)
{
    return parser->error_status;
}

bool http_parser_idle(const struct http_parser *parser)
{
    return parser->head_size == 0;
}

bool http_parser_in_body(const struct http_parser *parser)
{
    return parser->head_complete && !parser->complete;
}

bool http_is_packed(const struct http_request *request)
{
    str encoding = http_header(&request->headers, S("Content-Encoding"));

    return str_equal_nocase(encoding, S("gzip")) || str_equal_nocase(encoding, S("x-gzip"));
}

enum gzip_result http_unpack(struct arena *arena, struct http_request *request, size_t limit)
{
    return gzip_inflate(arena, request->payload, limit, &request->body);
}

/* "q=0", "q=0.000" */
static bool is_zero(str weight)
{
    bool zero = str_starts_with(weight, S("q=0"));

    for (size_t i = 2; i < weight.size && zero; i++)
        zero = weight.data[i] == '0' || weight.data[i] == '.';
    return zero;
}

/* A weight of 0 is a refusal: RFC 9110, section 12.5.3. */
static bool is_refused(str parameters)
{
    str parameter;

    while (str_next(&parameters, ';', &parameter))
        if (is_zero(str_trim(parameter)))
            return true;
    return false;
}

bool http_accepts_gzip(const struct http_headers *headers)
{
    str codings = http_header(headers, S("Accept-Encoding")), coding, name;

    while (str_next(&codings, ',', &coding)) {
        str_next(&coding, ';', &name);
        if (str_equal_nocase(str_trim(name), S("gzip")))
            return !is_refused(coding);
    }
    return false;
}
