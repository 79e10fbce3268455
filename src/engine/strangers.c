/*
 * strangers.c: requests for services of AWS that Orderly does not have.
 *
 * Their clients get an error with the operation's name, in their own protocol: a newcomer's program may call
 * more services than its author knows.
 */
#include "engine/dialect.h"
#include "engine/engine_internal.h"
#include "engine/errors.h"
#include "engine/protocol.h"

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

void stranger_refuse(struct exchange *exchange, const struct route *route, str signing_name)
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
