#include "engine/protocol_internal.h"

const struct protocol *protocol_find(enum protocol_name name)
{
    switch (name) {
    case PROTOCOL_JSON_1_0:
        return &PROTOCOL_OF_JSON_1_0;
    case PROTOCOL_JSON_1_1:
        return &PROTOCOL_OF_JSON_1_1;
    case PROTOCOL_QUERY:
        return &PROTOCOL_OF_QUERY;
    case PROTOCOL_REST_JSON:
        return &PROTOCOL_OF_REST_JSON;
    default:
        return NULL;
    }
}

void add_request_id(const struct call *call, struct http_reply *reply)
{
    http_header_add(call->arena, &reply->headers, S("x-amzn-RequestId"), call->request_id);
}

const struct error *error_from_reply(struct arena *arena, str code, int status)
{
    struct error *error = arena_new(arena, struct error);

    error->name = error->query_code = arena_cstr(arena, str_empty(code) ? S("UnknownError") : code);
    error->status = status;
    error->sender = status < 500;
    return error;
}
