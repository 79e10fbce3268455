/*
 * url_reply.c: a function's answer as the reply of its URL.
 * https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html#urls-response-payload
 *
 * An object with a statusCode describes the reply; any other answer is its body, without white space between
 * its values.  An answer that HTTP cannot carry is malformed: a status that is not final, a header's name
 * that is not a token, a control character in a value, a head larger than a request's may be.
 */
#include "lambda_internal.h"
#include "urls.h"

#include "base/hash.h"
#include "base/limits.h"
#include "wire/json.h"

enum { LEAST_STATUS = 200, MOST_STATUS = 599, LINE_BYTES = 4 /* ": " and the line's end */ };

static str text_of(const struct call *call, const struct json *value)
{
    struct json_writer writer = json_writer_in(call->arena);

    if (json_is(value, JSON_STRING))
        return value->text;
    json_value(&writer, value);
    return json_written(&writer);
}

static bool is_nothing(const struct json *value)
{
    return !value || json_is(value, JSON_NULL);
}

/* ---- the head ---- */

/* A head that grows. */
struct head {
    const struct call *call;
    struct http_reply *reply;
    size_t bytes;
};

/* Headers that the server, or a connection, has already: AWS renames them, too. */
static bool is_renamed(str name)
{
    static const str renamed[] = {
        STR_INIT("Connection"),
        STR_INIT("Content-Length"),
        STR_INIT("Date"),
        STR_INIT("Keep-Alive"),
        STR_INIT("Server"),
        STR_INIT("Proxy-Authenticate"),
        STR_INIT("Proxy-Connection"),
        STR_INIT("TE"),
        STR_INIT("Trailer"),
        STR_INIT("Transfer-Encoding"),
        STR_INIT("Upgrade"),
        STR_INIT("WWW-Authenticate"),
    };

    for (size_t i = 0; i < sizeof renamed / sizeof *renamed; i++)
        if (str_equal_nocase(name, renamed[i]))
            return true;
    return false;
}

/* False: it is malformed, or one too many. */
static bool add_header(struct head *head, str name, const struct json *value)
{
    struct arena *arena = head->call->arena;

    if (is_nothing(value))
        return true;
    if (json_is(value, JSON_ARRAY) || json_is(value, JSON_OBJECT))
        return false;
    str text = text_of(head->call, value);
    head->bytes += name.size + text.size + LINE_BYTES;
    if (!http_name_valid(name) || !http_value_valid(text) || head->bytes > LIMIT_HTTP_HEAD_BYTES ||
        head->reply->headers.count >= LIMIT_HTTP_HEADERS)
        return false;
    if (str_equal_nocase(name, S("Content-Type")))
        head->reply->content_type = text;
    else
        http_header_add(arena, &head->reply->headers,
                        is_renamed(name) ? arena_join(arena, S("x-amzn-Remapped-"), name) : name, text);
    return true;
}

static bool add_headers(struct head *head, const struct json *headers)
{
    if (is_nothing(headers))
        return true;
    for (size_t i = 0; json_is(headers, JSON_OBJECT) && i < headers->count; i++)
        if (!add_header(head, headers->members[i].name, &headers->members[i].value))
            return false;
    return json_is(headers, JSON_OBJECT);
}

static bool add_cookies(struct head *head, const struct json *cookies)
{
    if (is_nothing(cookies))
        return true;
    for (size_t i = 0; json_is(cookies, JSON_ARRAY) && i < cookies->count; i++)
        if (!add_header(head, S("Set-Cookie"), &cookies->items[i]))
            return false;
    return json_is(cookies, JSON_ARRAY);
}

static bool set_status(const struct json *given, struct http_reply *reply)
{
    int64_t status = 0;

    if (!given)
        return true;
    if (!json_is(given, JSON_NUMBER) && !json_is(given, JSON_STRING))
        return false;
    if (!str_to_i64(given->text, &status) || status < LEAST_STATUS || status > MOST_STATUS)
        return false;
    reply->status = (int)status;
    return true;
}

bool lambda_url_head(const struct call *call, const struct json *answer, struct http_reply *reply)
{
    struct head head = {.call = call, .reply = reply};

    return set_status(json_get(answer, S("statusCode")), reply) &&
           add_headers(&head, json_get(answer, S("headers"))) &&
           add_cookies(&head, json_get(answer, S("cookies")));
}

/* ---- the body ---- */

static bool set_body(const struct call *call, const struct json *answer, struct http_reply *reply)
{
    const struct json *body = json_get(answer, S("body")), *encoded = json_get(answer, S("isBase64Encoded"));

    reply->body = S("");
    if (is_nothing(body))
        return true;
    reply->body = text_of(call, body);
    return !json_is(encoded, JSON_TRUE) || base64_decode(call->arena, reply->body, &reply->body);
}

bool lambda_url_reply(const struct call *call, str payload, struct http_reply *reply)
{
    const struct json *answer = json_parse(call->arena, payload, NULL);

    reply->status = 200;
    reply->content_type = S("application/json");
    if (json_is(answer, JSON_OBJECT) && json_get(answer, S("statusCode")))
        return lambda_url_head(call, answer, reply) && set_body(call, answer, reply);
    reply->body = answer ? text_of(call, answer) : payload;
    return true;
}
