#pragma once

/*
 * engine_test.h: a call without an engine, and a request from its parts.
 */
#include "unit.h"
#undef fail /* cmocka's fail(); the engine has its own */

#include "engine/call.h"
#include "engine/protocol/protocol.h"

static inline struct call call_of(const struct operation *operation)
{
    return (struct call){.arena = &scratch,
                         .operation = operation,
                         .request_id = S("the-request-id"),
                         .progress = arena_new(&scratch, struct call_progress)};
}

/* The body decoded as that operation's input; NULL when the call failed. */
static inline void *decoded(const struct call *call, enum protocol_name protocol, str body)
{
    struct http_request request = {
        .method = S("POST"), .target = S("/"), .path = S("/"), .query = S(""), .body = body};
    void *in = arena_alloc(&scratch, call->operation->input->size);

    return protocol_find(protocol)->decode_request(call, &request, in) ? in : NULL;
}
