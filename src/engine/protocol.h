#pragma once

/*
 * protocol.h: one table entry per AWS protocol, each both ways over the model's tables.
 *
 * The server decodes requests and encodes replies; the command line, a client like any other,
 * encodes requests and decodes replies.
 */
#include "engine/model.h"
#include "wire/http.h"

struct call;
struct failure;

struct protocol {
    enum protocol_name name;
    const struct error *refusals; /* by enum refusal, unless the service's dialect has its own */

    /*
     * Fill `in` (zeroed, of the operation's input shape).  False: fail() has been called.
     * Required numbers and booleans that are missing hold a mark that validate() refuses, so nothing
     * may look into `in` before that.  Text is borrowed from the request.
     */
    bool (*decode_request)(const struct call *call, const struct http_request *request, void *in);
    void (*encode_reply)(const struct call *call, const void *out, struct http_reply *reply);
    /* From call->failure.  call->operation may be NULL: then no service's names are in it. */
    void (*encode_error)(const struct call *call, struct http_reply *reply);

    /* The client's side: everything but the Host header and the signature. */
    void (*encode_request)(struct arena *arena, const struct operation *operation, const void *in,
                           struct http_request *request);
    /* Fill `out`, or *failure, whose error is made from the reply. */
    bool (*decode_reply)(struct arena *arena, const struct operation *operation,
                         const struct http_reply *reply, void *out, struct failure *failure);
};

const struct protocol *protocol_find(enum protocol_name name);

/*
 * What a request asks for, by path and headers alone: X-Amz-Target, Content-Type, the Action and
 * Version of a form, the REST path, the credential scope.
 */
struct route {
    const struct service *service; /* NULL: nothing here speaks like that */
    const struct protocol *protocol;
    const struct operation *operation; /* NULL: not one of ours */
    str operation_name;                /* as the client called it; absent when it named none */
    bool known_to_aws;                 /* answer 501 NotImplemented rather than AWS's unknown operation */
};

struct route route_find(struct arena *arena, const struct service *const *services,
                        const struct http_request *request, str signing_name);
/* The same before the body is there: of a form only the service is known then. */
struct route route_find_by_head(struct arena *arena, const struct service *const *services,
                                const struct http_request *request, str signing_name);

/*
 * Check what has been decoded against the model: required members, ranges, lengths, patterns, enums,
 * unions.  False: fail() has been called with AWS's sentence and the service's validation_error.
 */
bool validate(const struct call *call, const struct shape *shape, const void *in);
