/*
 * url_reply.c: a function's answer as the reply of its URL.
 * https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html#urls-response-payload
 *
 * An object with a statusCode describes the reply; any other answer is its body.
 */
#include "lambda_internal.h"

#include "base/hash.h"
#include "wire/json.h"

enum { LEAST_STATUS = 100, MOST_STATUS = 599 };

static str text_of(const struct call *call, const struct json *value)
{
    struct json_writer writer = json_writer_in(call->arena);

    if (json_is(value, JSON_STRING))
        return value->text;
    json_value(&writer, value);
    return json_written(&writer);
}

/* Headers that the server writes itself. */
static bool is_ours(str name)
{
    static const str ours[] = {STR_INIT("Connection"), STR_INIT("Content-Length"), STR_INIT("Date"),
                               STR_INIT("Keep-Alive"), STR_INIT("Transfer-Encoding")};

    for (size_t i = 0; i < sizeof ours / sizeof *ours; i++)
        if (str_equal_nocase(name, ours[i]))
            return true;
    return false;
}

static void add_header(const struct call *call, str name, const struct json *value, struct http_reply *reply)
{
    str text = text_of(call, value);

    if (str_equal_nocase(name, S("Content-Type")))
        reply->content_type = text;
    else if (!is_ours(name))
        http_header_add(call->arena, &reply->headers, name, text);
}

bool lambda_url_head(const struct call *call, const struct json *answer, struct http_reply *reply)
{
    const struct json *headers = json_get(answer, S("headers")), *cookies = json_get(answer, S("cookies"));
    int64_t status = 0;

    if (!json_is(json_get(answer, S("statusCode")), JSON_NUMBER) ||
        !str_to_i64(json_get(answer, S("statusCode"))->text, &status) || status < LEAST_STATUS ||
        status > MOST_STATUS)
        return false;
    reply->status = (int)status;
    for (size_t i = 0; json_is(headers, JSON_OBJECT) && i < headers->count; i++)
        add_header(call, headers->members[i].name, &headers->members[i].value, reply);
    for (size_t i = 0; json_is(cookies, JSON_ARRAY) && i < cookies->count; i++)
        http_header_add(call->arena, &reply->headers, S("Set-Cookie"), text_of(call, &cookies->items[i]));
    return true;
}

static bool set_body(const struct call *call, const struct json *answer, struct http_reply *reply)
{
    const struct json *body = json_get(answer, S("body")), *encoded = json_get(answer, S("isBase64Encoded"));

    reply->body = S("");
    if (!body || json_is(body, JSON_NULL))
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
    reply->body = json_is(answer, JSON_STRING) ? answer->text : payload;
    return true;
}
