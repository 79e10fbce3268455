#pragma once

/*
 * http.h: HTTP/1.1 requests from bytes (llhttp does the parsing), and replies to bytes.
 *
 * The parser is fed whatever arrives.  It knows no socket: the connection asks the parser for the next whole
 * request, tells it when that request has been answered, and obeys `state`.  Names and values live in the
 * arena given to http_parser_begin().
 */
#include "base/arena.h"
#include "base/hash.h"
#include "base/limits.h"
#include "base/text.h"
#include "wire/gzip.h"

struct http_header {
    str name, value;
};

struct http_headers {
    struct http_header *items;
    size_t count;
};

struct http_request {
    str method, target; /* as sent */
    str path, query;    /* of target, still encoded */
    struct http_headers headers;
    str payload;                       /* the body as sent, without chunk framing: what a signature covers */
    const struct sha256 *payload_hash; /* NULL until it is computed */
    str body;                          /* the same, until http_unpack() replaces it by the unpacked payload */
    bool keep_alive;
    bool takes_chunks; /* HTTP/1.1: a reply may be chunked */
};

struct http_reply {
    int status;
    str content_type; /* absent: no header */
    struct http_headers headers;
    str body;      /* the whole body; with `more`, its first piece */
    bool more;     /* the server asks for further pieces; see engine.h */
    bool sized;    /* all pieces together have `size` bytes */
    uint64_t size; /* sent as Content-Length; without it the reply is chunked */
};

/* How a client sees the end of a reply whose pieces are sent one by one. */
enum http_framing { HTTP_SIZED, HTTP_CHUNKED, HTTP_UNTIL_CLOSED, HTTP_WITHOUT_BODY };

enum http_state {
    HTTP_NEED_MORE, /* feed more bytes */
    HTTP_HEAD_DONE, /* once, when only the head is whole: accept or refuse the body, then feed on */
    HTTP_COMPLETE,  /* http_parser_request() is whole */
    HTTP_BAD,       /* answer http_parser_error_status(), then close */
};

struct http_parser;

struct http_parser *http_parser_new(void);
void http_parser_free(struct http_parser *parser);

/* Start on the next request of the connection, whose memory is `arena`. */
void http_parser_begin(struct http_parser *parser, struct arena *arena);
/*
 * Feed bytes, which are copied.  *used is how many were taken: at HTTP_COMPLETE the rest belongs to the next
 * (pipelined) request and must be fed again after http_parser_begin().
 */
enum http_state http_parser_feed(struct http_parser *parser, str bytes, size_t *used);
/* The whole request at HTTP_COMPLETE; at HTTP_HEAD_DONE without its body. */
const struct http_request *http_parser_request(const struct http_parser *parser);
/*
 * After HTTP_HEAD_DONE: set how large the body may be.  False when the client has already announced a larger
 * one.
 */
bool http_parser_limit_body(struct http_parser *parser, size_t limit);
/* Does the client wait for "100 Continue" before it sends the body? */
bool http_parser_expects_continue(const struct http_parser *parser);
/* Bytes of memory that the request holds, or would hold with `more` further bytes of body. */
size_t http_parser_held(const struct http_parser *parser, size_t more);
/*
 * For a body that is kept elsewhere: the parser has http_parser_body_size() bytes of it, and
 * http_parser_take_body() takes them out; they are valid until the next feed.  At HTTP_COMPLETE the caller
 * takes the rest and sets the whole body, as sent or decoded, with its hash; the parser then frees its own
 * memory for the body.
 */
size_t http_parser_body_size(const struct http_parser *parser);
str http_parser_take_body(struct http_parser *parser);
void http_parser_give_body(struct http_parser *parser, str body, const struct sha256 *hash);
/*
 * At HTTP_COMPLETE: a field of the trailer section of a chunked body; absent without one.  It lives as long
 * as the arena, also when that is rewound.
 */
str http_parser_trailer(const struct http_parser *parser, str name);
/* Bytes of the body that have arrived, taken or not. */
size_t http_parser_received(const struct http_parser *parser);
/* At HTTP_BAD: 400, 413, 431, 501, 503 (out of memory) or 505. */
int http_parser_error_status(const struct http_parser *parser);
/* What has arrived so far, for time-outs. */
bool http_parser_idle(const struct http_parser *parser); /* no byte of a request yet */
bool http_parser_in_body(const struct http_parser *parser);

/* Does Content-Encoding say that the body is compressed? */
bool http_is_packed(const struct http_request *request);
enum gzip_result http_unpack(struct arena *arena, struct http_request *request, size_t limit);

/* Does Accept-Encoding allow a compressed reply? */
bool http_accepts_gzip(const struct http_headers *headers);

/* The value of that header (any case), or the absent str. */
str http_header(const struct http_headers *headers, str name);
void http_header_add(struct arena *arena, struct http_headers *headers, str name, str value);

/* May a reply of that status have a body?  The bytes of one that may not would begin the next reply. */
bool http_has_body(int status);
/* Can it be the name of a header (RFC 9110, token)?  And its value: are there no control characters in it? */
bool http_name_valid(str name);
bool http_value_valid(str value);

/*
 * Status line, Date, Content-Type, Content-Length, the headers, Connection when closing; the body follows.
 * Control characters in a header's value become spaces; a header with an invalid name is left out.
 */
void http_reply_head_write(struct text *text, const struct http_reply *reply, bool keep_alive,
                           int64_t now_ms);
/* The same in parts, for a reply with `more`: the head; each piece, which may be empty; the end. */
enum http_framing http_framing_of(const struct http_request *request, const struct http_reply *reply);
void http_head_write(struct text *text, const struct http_reply *reply, enum http_framing framing,
                     bool keep_alive, int64_t now_ms);
void http_piece_write(struct text *text, enum http_framing framing, str piece);
void http_end_write(struct text *text, enum http_framing framing);
