#include "engine/protocol/protocol_internal.h"

const struct protocol *protocol_find(enum protocol_name name)
{
    static const struct protocol *const protocols[] = {
        [PROTOCOL_NONE] = NULL,
        [PROTOCOL_JSON_1_0] = &PROTOCOL_OF_JSON_1_0,
        [PROTOCOL_JSON_1_1] = &PROTOCOL_OF_JSON_1_1,
        [PROTOCOL_QUERY] = &PROTOCOL_OF_QUERY,
        [PROTOCOL_REST_JSON] = &PROTOCOL_OF_REST_JSON,
        [PROTOCOL_REST_XML] = &PROTOCOL_OF_REST_XML,
        [PROTOCOL_RPC_V2_CBOR] = &PROTOCOL_OF_RPC_V2_CBOR,
    };

    return protocols[name];
}

void add_request_id(const struct call *call, struct http_reply *reply)
{
    http_header_add(call->arena, &reply->headers, S("x-amzn-RequestId"), call->request_id);
}

void add_query_error(const struct call *call, struct http_reply *reply)
{
    const struct service *service = call_service(call);
    const struct error *error = call->progress->failure.error;

    if (service && service->dialect->query_error_header)
        http_header_add(
            call->arena, &reply->headers, S("x-amzn-query-error"),
            arena_join(call->arena, error_query_code(error), error->sender ? S(";Sender") : S(";Receiver")));
}

const struct error *error_from_reply(struct arena *arena, str code, int status)
{
    struct error *error = arena_new(arena, struct error);

    error->name = error->query_code = arena_cstr(arena, str_empty(code) ? S("UnknownError") : code);
    error->status = status;
    error->sender = status < 500;
    return error;
}
