/*
 * http_reply.c: headers, and replies to bytes.
 */
#include "wire/http.h"

#include "base/list.h"
#include "base/time.h"

#include <string.h>

str http_header(const struct http_headers *headers, str name)
{
    for (size_t i = 0; i < headers->count; i++)
        if (str_equal_nocase(headers->items[i].name, name))
            return headers->items[i].value;
    return (str){0};
}

void http_header_add(struct arena *arena, struct http_headers *headers, str name, str value)
{
    struct http_header *header = list_add(arena, headers);

    *header = (struct http_header){name, value};
}

static str status_text(int status)
{
    static const struct {
        int status;
        str text;
    } known[] = {{200, STR_INIT("OK")},
                 {100, STR_INIT("Continue")},
                 {201, STR_INIT("Created")},
                 {202, STR_INIT("Accepted")},
                 {204, STR_INIT("No Content")},
                 {206, STR_INIT("Partial Content")},
                 {301, STR_INIT("Moved Permanently")},
                 {302, STR_INIT("Found")},
                 {303, STR_INIT("See Other")},
                 {304, STR_INIT("Not Modified")},
                 {307, STR_INIT("Temporary Redirect")},
                 {400, STR_INIT("Bad Request")},
                 {401, STR_INIT("Unauthorized")},
                 {403, STR_INIT("Forbidden")},
                 {404, STR_INIT("Not Found")},
                 {405, STR_INIT("Method Not Allowed")},
                 {408, STR_INIT("Request Timeout")},
                 {409, STR_INIT("Conflict")},
                 {410, STR_INIT("Gone")},
                 {411, STR_INIT("Length Required")},
                 {412, STR_INIT("Precondition Failed")},
                 {413, STR_INIT("Content Too Large")},
                 {415, STR_INIT("Unsupported Media Type")},
                 {416, STR_INIT("Range Not Satisfiable")},
                 {424, STR_INIT("Failed Dependency")},
                 {429, STR_INIT("Too Many Requests")},
                 {431, STR_INIT("Request Header Fields Too Large")},
                 {500, STR_INIT("Internal Server Error")},
                 {501, STR_INIT("Not Implemented")},
                 {502, STR_INIT("Bad Gateway")},
                 {503, STR_INIT("Service Unavailable")},
                 {504, STR_INIT("Gateway Timeout")},
                 {505, STR_INIT("HTTP Version Not Supported")}};

    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (known[i].status == status)
            return known[i].text;
    return S("Unknown");
}

bool http_has_body(int status)
{
    return status >= 200 && status != 204 && status != 304;
}

static bool is_control(char c)
{
    return ((unsigned char)c < ' ' && c != '\t') || c == 0x7f;
}

bool http_value_valid(str value)
{
    for (size_t i = 0; i < value.size; i++)
        if (is_control(value.data[i]))
            return false;
    return true;
}

bool http_name_valid(str name)
{
    return !str_empty(name) && str_is_word(name, S("!#$%&'*+-.^_`|~"));
}

/* A value may come from a client (a function's reply): a line end inside it would begin another header. */
static void add_header_line(struct text *text, str name, str value)
{
    text_add(text, name);
    text_add(text, S(": "));
    char *to = text_reserve(text, value.size + 1);
    for (size_t i = 0; i < value.size; i++)
        to[i] = is_control(value.data[i]) ? ' ' : value.data[i];
    text_grew(text, value.size);
    text_add(text, S("\r\n"));
}

/*
 * The date of a reply.  Each thread keeps the last date that it wrote, for other replies in the same second.
 */
static str date_at(struct arena *arena, int64_t now_ms)
{
    enum { DATE_SIZE = 29 };
    static _Thread_local char kept[DATE_SIZE];
    static _Thread_local int64_t kept_s; /* 0 matches no reply */

    if (now_ms / MS_PER_S != kept_s || kept_s == 0) {
        str date = time_http_date(arena, now_ms);
        if (date.size != DATE_SIZE)
            return date;
        memcpy(kept, date.data, DATE_SIZE);
        kept_s = now_ms / MS_PER_S;
    }
    return (str){kept, DATE_SIZE};
}

static void write_status(struct text *text, const struct http_reply *reply, int64_t now_ms)
{
    text_add(text, S("HTTP/1.1 "));
    text_add_i64(text, reply->status);
    text_add_char(text, ' ');
    text_add(text, status_text(reply->status));
    text_add(text, S("\r\n"));
    add_header_line(text, S("Date"), date_at(text->arena, now_ms));
    if (str_present(reply->content_type))
        add_header_line(text, S("Content-Type"), reply->content_type);
}

static void write_length(struct text *text, uint64_t size)
{
    text_add(text, S("Content-Length: "));
    text_add_i64(text, (int64_t)size);
    text_add(text, S("\r\n"));
}

static void write_headers(struct text *text, const struct http_reply *reply, bool keep_alive)
{
    for (size_t i = 0; i < reply->headers.count; i++)
        if (http_name_valid(reply->headers.items[i].name))
            add_header_line(text, reply->headers.items[i].name, reply->headers.items[i].value);
    if (!keep_alive)
        add_header_line(text, S("Connection"), S("close"));
    text_add(text, S("\r\n"));
}

void http_reply_head_write(struct text *text, const struct http_reply *reply, bool keep_alive, int64_t now_ms)
{
    write_status(text, reply, now_ms);
    if (http_has_body(reply->status))
        write_length(text, reply->body.size);
    write_headers(text, reply, keep_alive);
}

/* ---- replies in pieces ---- */

enum http_framing http_framing_of(const struct http_request *request, const struct http_reply *reply)
{
    if (!http_has_body(reply->status))
        return HTTP_WITHOUT_BODY;
    if (reply->sized)
        return HTTP_SIZED;
    return request->takes_chunks ? HTTP_CHUNKED : HTTP_UNTIL_CLOSED;
}

void http_head_write(struct text *text, const struct http_reply *reply, enum http_framing framing,
                     bool keep_alive, int64_t now_ms)
{
    write_status(text, reply, now_ms);
    if (framing == HTTP_SIZED)
        write_length(text, reply->size);
    else if (framing == HTTP_CHUNKED)
        text_add(text, S("Transfer-Encoding: chunked\r\n"));
    write_headers(text, reply, keep_alive);
}

/* An empty chunk would be the last one. */
void http_piece_write(struct text *text, enum http_framing framing, str piece)
{
    if (str_empty(piece) || framing == HTTP_WITHOUT_BODY)
        return;
    if (framing == HTTP_CHUNKED)
        text_add(text, arena_format(text->arena, "%zx\r\n", piece.size));
    text_add(text, piece);
    if (framing == HTTP_CHUNKED)
        text_add(text, S("\r\n"));
}

void http_end_write(struct text *text, enum http_framing framing)
{
    if (framing == HTTP_CHUNKED)
        text_add(text, S("0\r\n\r\n"));
}
