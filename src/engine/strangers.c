/*
 * strangers.c: requests that no operation answers: those of services of AWS that Orderly does not have, of
 * operations that it does not serve, and of none that AWS has.
 *
 * Their clients get an error with the operation's name, in their own protocol: a newcomer's program may call
 * more services than its author knows.
 */
#include "engine/dialect.h"
#include "engine/engine_internal.h"
#include "engine/protocol/errors.h"
#include "engine/protocol/protocol.h"

/* Most services with paths speak REST-JSON; these read only XML. */
static const struct dialect s3_dialect = {.bare_errors = true}, xml_dialect = {.bare_errors = false};
static const struct service xml_services[] = {
    {.name = "s3", .title = "Amazon S3", .signing_name = "s3", .dialect = &s3_dialect},
    {.name = "route53", .title = "Amazon Route 53", .signing_name = "route53", .dialect = &xml_dialect},
    {.name = "cloudfront",
     .title = "Amazon CloudFront",
     .signing_name = "cloudfront",
     .dialect = &xml_dialect},
};

static const struct service *xml_service(str signing_name)
{
    for (size_t i = 0; i < sizeof xml_services / sizeof *xml_services; i++)
        if (str_equal(signing_name, str_of(xml_services[i].signing_name)))
            return &xml_services[i];
    return NULL;
}

/* The last part of "Kinesis_20131202.ListStreams" and "/service/Kinesis/operation/ListStreams". */
static str operation_name(const struct exchange *exchange, const struct route *route)
{
    const struct http_request *request = exchange->request;

    if (str_present(route->operation_name) && !str_empty(route->operation_name))
        return str_from(route->operation_name, (size_t)(str_last_index(route->operation_name, '.') + 1));
    if (route->protocol && route->protocol->name == PROTOCOL_RPC_V2_CBOR)
        return str_from(request->path, (size_t)(str_last_index(request->path, '/') + 1));
    return arena_concat(exchange->call.arena, request->method, S(" "), request->path);
}

static void refuse_service(struct exchange *exchange, const struct route *route, str signing_name)
{
    const struct call *call = &exchange->call;
    str operation = operation_name(exchange, route);
    bool has_path = !route->protocol && !str_present(route->operation_name);

    if (has_path) {
        exchange->call.unserved = xml_service(signing_name);
        exchange->protocol = protocol_find(exchange->call.unserved ? PROTOCOL_REST_XML : PROTOCOL_REST_JSON);
    }
    exchange->asked_for = arena_concat(call->arena, signing_name, has_path ? S(" ") : S("."), operation);
    fail(call, &NOT_IMPLEMENTED, "Orderly does not serve %.*s: %.*s. See docs/compatibility.md.",
         STR_ARGS(signing_name), STR_ARGS(operation));
}

static bool is_ours(const struct engine *engine, str signing_name)
{
    for (const struct module *const *module = engine->options.modules; *module; module++)
        if (str_equal(str_of((*module)->service->signing_name), signing_name))
            return true;
    return str_empty(signing_name);
}

/* No service here understands the request; the credential scope may tell which service the client meant. */
static void refuse_unknown_service(struct exchange *exchange, const struct route *route, str signing_name)
{
    const struct http_request *request = exchange->request;
    bool of_resource =
        route->protocol && route->protocol->name == PROTOCOL_QUERY && !str_present(route->operation_name);
    const struct error *error = str_equal(request->path, S("/")) ? &UNKNOWN_OPERATION_EXCEPTION
                                : of_resource                    ? &NOTHING_OF_RESOURCE
                                                                 : &NOTHING_HERE;

    if (str_present(signing_name) && !is_ours(exchange->call.engine, signing_name))
        refuse_service(exchange, route, signing_name);
    else
        fail(&exchange->call, error, "Nothing here answers %.*s %.*s.", STR_ARGS(request->method),
             STR_ARGS(request->path));
}

static void refuse_unserved(const struct call *call, const struct route *route)
{
    const char *note = route->known_to_aws->note;

    fail(call, &NOT_IMPLEMENTED, "%s: %.*s is an operation of AWS that Orderly does not serve.%s%s",
         route->service->title, STR_ARGS(route->operation_name), note ? " " : "", note ? note : "");
}

void stranger_refuse(struct exchange *exchange, const struct route *route, str signing_name)
{
    struct call *call = &exchange->call;
    enum protocol_name protocol = route->protocol ? route->protocol->name : PROTOCOL_NONE;

    call->unserved = route->service;
    if (route->service && str_present(route->operation_name))
        exchange->asked_for =
            arena_format(call->arena, "%s.%.*s", route->service->name, STR_ARGS(route->operation_name));
    if (!route->service)
        refuse_unknown_service(exchange, route, signing_name);
    else if (route->known_to_aws)
        refuse_unserved(call, route);
    else if (protocol == PROTOCOL_REST_JSON || protocol == PROTOCOL_REST_XML)
        fail(call, &NOT_IMPLEMENTED, "%s: no operation that Orderly serves answers %.*s %.*s.",
             route->service->title, STR_ARGS(exchange->request->method), STR_ARGS(exchange->request->path));
    else if (protocol == PROTOCOL_QUERY && str_empty(route->operation_name))
        fail(call, &MISSING_ACTION, "The request must contain the parameter Action.");
    else if (protocol == PROTOCOL_QUERY)
        fail(call, &INVALID_ACTION, "The action %.*s is not valid for this endpoint.",
             STR_ARGS(route->operation_name));
    else
        fail(call, &UNKNOWN_OPERATION_EXCEPTION, "The operation %.*s is not known to %s.",
             STR_ARGS(route->operation_name), route->service->title);
}
