/*
 * url_event.c: the event of a request to a function URL, in payload format 2.0.
 * https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html#urls-payloads
 */
#include "lambda_internal.h"
#include "urls.h"

#include "base/hash.h"
#include "base/positions.h"
#include "base/text.h"
#include "base/utf8.h"
#include "wire/form.h"
#include "wire/json.h"
#include "wire/percent.h"

static const str default_route = STR_INIT("$default");

struct named_value {
    str name;
    struct text value;
};

/* Values by their names, in the order of the names; a request can have tens of thousands. */
struct named_values {
    struct arena *arena;
    struct named_value *items; /* never NULL */
    size_t count;
    struct positions positions;
};

/* Room for that many names. */
static struct named_values named_values_for(const struct call *call, size_t most)
{
    return (struct named_values){.arena = call->arena,
                                 .items = arena_alloc(call->arena, (most + 1) * sizeof(struct named_value)),
                                 .positions = positions_for(call->arena, most)};
}

/* NULL: nothing has that name yet. */
static struct named_value *value_named(const struct named_values *values, str name)
{
    uint64_t slot = keyed_hash(name);

    for (size_t i; positions_next(&values->positions, &slot, &i);)
        if (str_equal(values->items[i].name, name))
            return &values->items[i];
    return NULL;
}

/* A name that occurs again gets its values separated by commas. */
static void add_value(struct named_values *values, str name, str value)
{
    struct named_value *named = value_named(values, name);

    if (named) {
        text_add_char(&named->value, ',');
    } else {
        positions_add(&values->positions, keyed_hash(name), values->count);
        named = &values->items[values->count++];
        *named = (struct named_value){.name = name, .value = text_in(values->arena)};
    }
    text_add(&named->value, value);
}

static void write_values(struct json_writer *writer, str name, const struct named_values *values)
{
    json_name(writer, name);
    json_open_object(writer);
    for (size_t i = 0; i < values->count; i++)
        json_field(writer, values->items[i].name, text_str(&values->items[i].value));
    json_close_object(writer);
}

static str port_of(const struct call *call)
{
    str rest = str_from(call->endpoint, S("http://").size), host;

    str_next(&rest, ':', &host);
    return str_present(rest) ? rest : S("80");
}

/* Headers of the connection, and those that say what this server knows itself. */
static bool is_left_out(str name)
{
    static const str left_out[] = {STR_INIT("Cookie"), STR_INIT("Connection"), STR_INIT("Transfer-Encoding"),
                                   STR_INIT("X-Forwarded-Proto"), STR_INIT("X-Forwarded-Port")};

    for (size_t i = 0; i < sizeof left_out / sizeof *left_out; i++)
        if (str_equal_nocase(name, left_out[i]))
            return true;
    return false;
}

static void add_headers(const struct call *call, struct json_writer *writer,
                        const struct http_request *request)
{
    enum { OWN_HEADERS = 4 };
    struct named_values values = named_values_for(call, request->headers.count + OWN_HEADERS);

    for (size_t i = 0; i < request->headers.count; i++) {
        const struct http_header *header = &request->headers.items[i];
        if (!is_left_out(header->name))
            add_value(&values, arena_lower_case(call->arena, header->name), header->value);
    }
    add_value(&values, S("x-forwarded-for"), call->source_ip);
    add_value(&values, S("x-forwarded-proto"), S("http"));
    add_value(&values, S("x-forwarded-port"), port_of(call));
    if (!value_named(&values, S("x-amzn-trace-id")))
        add_value(&values, S("x-amzn-trace-id"), arena_join(call->arena, S("Root="), trace_of_call(call)));
    write_values(writer, S("headers"), &values);
}

/* A client may send several headers with cookies. */
static void add_cookies(const struct call *call, struct json_writer *writer,
                        const struct http_request *request)
{
    struct str_list cookies = {0};
    str cookie;

    for (size_t i = 0; i < request->headers.count; i++) {
        str rest = request->headers.items[i].value;
        if (!str_equal_nocase(request->headers.items[i].name, S("Cookie")))
            continue;
        while (str_next(&rest, ';', &cookie))
            if (!str_empty(str_trim(cookie)))
                *list_add(call->arena, &cookies) = str_trim(cookie);
    }
    if (cookies.count == 0)
        return;
    json_name(writer, S("cookies"));
    json_open_array(writer);
    for (size_t i = 0; i < cookies.count; i++)
        json_string(writer, cookies.items[i]);
    json_close_array(writer);
}

static void add_query(const struct call *call, struct json_writer *writer, str query)
{
    struct form form = form_read_query(call->arena, query);
    struct named_values values = named_values_for(call, form.count);

    json_field(writer, S("rawQueryString"), str_present(query) ? query : S(""));
    for (size_t i = 0; i < form.count; i++)
        add_value(&values, form.items[i].name, form.items[i].value);
    if (form.count > 0)
        write_values(writer, S("queryStringParameters"), &values);
}

static void add_authorizer(const struct call *call, struct json_writer *writer, str access_key_id)
{
    const struct principal *caller = call->caller;

    json_name(writer, S("authorizer"));
    json_open_object(writer);
    json_name(writer, S("iam"));
    json_open_object(writer);
    json_field(writer, S("accessKey"), access_key_id);
    json_field(writer, S("accountId"), caller->account);
    json_field(writer, S("callerId"), caller->id);
    json_name(writer, S("cognitoIdentity"));
    json_null(writer);
    json_name(writer, S("principalOrgId"));
    json_null(writer);
    json_field(writer, S("userArn"), caller->arn);
    json_field(writer, S("userId"), caller->id);
    json_close_object(writer);
    json_close_object(writer);
}

static void add_http(const struct call *call, struct json_writer *writer, const struct http_request *request,
                     str path)
{
    str decoded = percent_decode_loosely(call->arena, path);

    json_name(writer, S("http"));
    json_open_object(writer);
    json_field(writer, S("method"), request->method);
    json_field(writer, S("path"), utf8_valid(decoded) ? decoded : path);
    json_field(writer, S("protocol"), request->takes_chunks ? S("HTTP/1.1") : S("HTTP/1.0"));
    json_field(writer, S("sourceIp"), call->source_ip);
    json_field(writer, S("userAgent"), http_header(&request->headers, S("User-Agent")));
    json_close_object(writer);
}

static void add_context(const struct call *call, struct json_writer *writer, const struct url_request *url,
                        const struct http_request *request)
{
    bool is_signed = lambda_url_is_signed(url) && call->caller->kind != PRINCIPAL_ANONYMOUS;

    json_name(writer, S("requestContext"));
    json_open_object(writer);
    json_field(writer, S("accountId"), is_signed ? call->caller->account : S("anonymous"));
    json_field(writer, S("apiId"), url->row.url_id);
    if (is_signed)
        add_authorizer(call, writer, url->signature.access_key_id);
    json_field(writer, S("domainName"), url->domain);
    json_field(writer, S("domainPrefix"), url->row.url_id);
    add_http(call, writer, request, url->path);
    json_field(writer, S("requestId"), call->request_id);
    json_field(writer, S("routeKey"), default_route);
    json_field(writer, S("stage"), default_route);
    json_field(writer, S("time"), time_common_log(call->arena, call->arrived_ms));
    json_i64_field(writer, S("timeEpoch"), call->arrived_ms);
    json_close_object(writer);
}

/* Texts are sent as they are; other bodies in base64.  A type may have letters of any case. */
static bool is_text(struct arena *arena, const struct http_request *request)
{
    static const str kinds[] = {STR_INIT("text/"), STR_INIT("json"), STR_INIT("xml"), STR_INIT("javascript")};
    str type = arena_lower_case(arena, http_header(&request->headers, S("Content-Type")));

    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (str_find(type, kinds[i]) >= 0)
            return utf8_valid(request->body);
    return false;
}

static void add_body(const struct call *call, struct json_writer *writer, const struct http_request *request)
{
    bool encoded = request->body.size > 0 && !is_text(call->arena, request);

    if (request->body.size > 0)
        json_field(writer, S("body"), encoded ? base64_encode(call->arena, request->body) : request->body);
    json_name(writer, S("isBase64Encoded"));
    json_bool(writer, encoded);
}

str lambda_url_event(const struct call *call, const struct url_request *url,
                     const struct http_request *request)
{
    struct json_writer writer = json_writer_in(call->arena);

    json_open_object(&writer);
    json_field(&writer, S("version"), S("2.0"));
    json_field(&writer, S("routeKey"), default_route);
    json_field(&writer, S("rawPath"), url->path);
    add_query(call, &writer, request->query);
    add_cookies(call, &writer, request);
    add_headers(call, &writer, request);
    add_context(call, &writer, url, request);
    add_body(call, &writer, request);
    json_close_object(&writer);
    return json_written(&writer);
}
