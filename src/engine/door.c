/*
 * door.c: the checks that every request passes, for all paths, before anything else runs.
 *
 * Invariant: a page in somebody's browser changes nothing here unless --allowed-origin lets its origin in. In
 * open mode no secret protects the server (any page can sign as test/test), so these checks do.
 *
 * A URL from the address bar is served, but may not write: a browser sends the same headers for a URL that
 * another site redirected to.
 */
#include "engine/engine_internal.h"

#include "base/log.h"
#include "wire/cors.h"
#include "wire/uri.h"
#include "wire/xml.h"

static const struct origin_rules nobody; /* a sandbox's own port is for that sandbox only */

static struct log_pace refusals;

/* Only well-formed values are repeated, to the client and in the log. */
static void log_refusal(const struct exchange *exchange, const struct visitor *visitor, const char *reason)
{
    unsigned left_out;
    bool host_known = visitor->host_kind != HOST_MALFORMED && visitor->host_kind != HOST_ABSENT;

    if (log_due(&refusals, &left_out))
        log_warn("refused a request", log_field("reason", reason),
                 log_field("host", host_known ? visitor->host : S("-")),
                 log_field("origin", str_present(visitor->origin) ? visitor->origin : S("-")),
                 log_field("path", exchange->request->path), log_field("from", exchange->source_ip),
                 log_field("refused_before", left_out));
}

/* SDKs that speak Query read only XML, and show no other reply's text. */
static void reply_xml(struct exchange *exchange, int status, str code, str message)
{
    struct text text = text_in(&exchange->arena);

    xml_open(&text, S("ErrorResponse"));
    xml_open(&text, S("Error"));
    xml_element(&text, S("Type"), S("Sender"));
    xml_element(&text, S("Code"), code);
    xml_element(&text, S("Message"), message);
    xml_close(&text, S("Error"));
    xml_close(&text, S("ErrorResponse"));
    exchange->reply =
        (struct http_reply){.status = status, .content_type = S("text/xml"), .body = text_str(&text)};
}

/* Called when perhaps only the head has arrived. */
static bool reads_xml(const struct http_request *request)
{
    return str_starts_with(http_header(&request->headers, S("Content-Type")),
                           S("application/x-www-form-urlencoded"));
}

static void reply_unknown_host(struct exchange *exchange, str host)
{
    str message = arena_format(&exchange->arena,
                               "Orderly does not know that it is called \"%.*s\". If it is, start it with "
                               "--allowed-host %.*s",
                               STR_ARGS(host), STR_ARGS(host));

    if (reads_xml(exchange->request))
        reply_xml(exchange, 403, S("UnknownHost"), message);
    else
        reply_message(exchange, 403, message);
}

static bool refuse_host(struct exchange *exchange, const struct visitor *visitor)
{
    struct uri host = {0};

    log_refusal(exchange, visitor, "unknown host; --allowed-host lets it in");
    if (visitor->host_kind == HOST_MALFORMED || !uri_parse_host(visitor->host, &host))
        reply_message(exchange, 400, S("The Host header names no host."));
    else
        reply_unknown_host(exchange, host.host);
    return false;
}

static bool refuse_page(struct exchange *exchange, const struct visitor *visitor)
{
    log_refusal(exchange, visitor, "a page of another origin; --allowed-origin lets it in");
    if (str_present(visitor->origin))
        reply_message(exchange, 403,
                      arena_format(&exchange->arena,
                                   "Pages of %.*s may not call Orderly. To let them in, start it with "
                                   "--allowed-origin %.*s",
                                   STR_ARGS(visitor->origin), STR_ARGS(visitor->origin)));
    else
        reply_message(
            exchange, 403,
            S("A page in a browser sent this, and it does not say of which origin it is. Pages of an "
              "origin that --allowed-origin names may call Orderly by fetch()."));
    return false;
}

void door_refuse_write(struct exchange *exchange)
{
    reply_message(
        exchange, 403,
        S("A URL in the address bar of a browser may read, but not change anything: another site may "
          "have led there. Send the request from a program."));
}

static struct cors cors_of(str origin)
{
    return (struct cors){
        .origin = origin,
        .methods = S("GET,HEAD,POST,PUT,DELETE,PATCH,OPTIONS"),
        .expose_headers = S("x-amzn-requestid,x-amzn-errortype,x-amzn-query-error,x-amzn-trace-id,x-amz-"
                            "crc32,smithy-protocol,"
                            "x-amz-function-error,x-amz-executed-version,x-amz-log-result,etag,date"),
        .max_age_s = 600,
    };
}

static bool answer_preflight(struct exchange *exchange)
{
    struct cors cors = cors_of(exchange->allowed_origin);

    if (!cors_is_preflight(exchange->request))
        return false;
    cors_answer_preflight(&exchange->arena, exchange->request, &cors, &exchange->reply);
    exchange->allowed_origin = (str){0}; /* the reply has its headers already */
    return true;
}

/* Does the request belong to a door whose handler decides about pages? */
static bool door_decides(const struct exchange *exchange)
{
    str rest;
    const struct door *door = doors_find(exchange->call.engine->doors, exchange->request, &rest);

    return door && door->flags & DOOR_PAGES;
}

bool door_open(struct exchange *exchange)
{
    struct call *call = &exchange->call;
    const struct engine_options *options = &call->engine->options;
    bool sandbox = str_present(exchange->sandbox);
    struct visitor visitor =
        origin_visitor(sandbox ? &nobody : &options->origin_rules, exchange->request, exchange->local_ip);

    exchange->allowed_origin = (str){0};
    exchange->foreign_page = false;
    exchange->reads_only = visitor.sender == SENDER_TYPED_URL;
    call->endpoint = visitor.host_kind == HOST_OURS ? arena_join(call->arena, S("http://"), visitor.host)
                                                    : options->endpoint;
    if (visitor.host_kind == HOST_MALFORMED || visitor.host_kind == HOST_FOREIGN)
        return refuse_host(exchange, &visitor);
    if (visitor.sender == SENDER_FOREIGN_PAGE && !sandbox && door_decides(exchange)) {
        exchange->foreign_page = true;
        return true;
    }
    if (visitor.sender == SENDER_FOREIGN_PAGE || (sandbox && visitor.sender != SENDER_PROGRAM))
        return refuse_page(exchange, &visitor);
    if (visitor.sender != SENDER_ALLOWED_PAGE)
        return true;
    exchange->allowed_origin = visitor.origin;
    return !answer_preflight(exchange);
}

void door_add_headers(struct exchange *exchange)
{
    struct cors cors = cors_of(exchange->allowed_origin);

    if (str_present(exchange->allowed_origin))
        cors_add(&exchange->arena, &cors, &exchange->reply);
}
