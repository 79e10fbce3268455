#pragma once

/*
 * protocol.h: one table entry per AWS protocol, for both directions, over the model's tables.
 *
 * The server decodes requests and encodes replies; the command line, a client like any other, encodes
 * requests and decodes replies.
 *
 * To add a protocol, write a `struct protocol` in a file of its own, add its name to enum protocol_name and
 * to the table in protocol.c, and tell its requests from others in route.c.
 */
#include "engine/model.h"
#include "wire/http.h"

struct call;
struct failure;

struct protocol {
    enum protocol_name name;
    const struct error *refusals; /* indexed by enum refusal, for services whose dialect has none */

    /*
     * Fill `in` (zeroed, of the operation's input shape).  False: fail() has been called. Missing required
     * numbers and booleans hold a mark that validate() refuses, so no code may read `in` before validate().
     * Text is borrowed from the request.
     */
    bool (*decode_request)(const struct call *call, const struct http_request *request, void *in);
    void (*encode_reply)(const struct call *call, const void *out, struct http_reply *reply);
    /* Encode call->failure.  call->operation may be NULL: then the reply contains no service's names. */
    void (*encode_error)(const struct call *call, struct http_reply *reply);

    /* The client's side: everything except the Host header and the signature. */
    void (*encode_request)(struct arena *arena, const struct operation *operation, const void *in,
                           struct http_request *request);
    /* Fill `out`, or *failure with an error made from the reply. */
    bool (*decode_reply)(struct arena *arena, const struct operation *operation,
                         const struct http_reply *reply, void *out, struct failure *failure);
};

const struct protocol *protocol_find(enum protocol_name name);

/*
 * The operation that a request is for, by path and headers alone: X-Amz-Target, Content-Type, the Action and
 * Version of a form, the REST path, the credential scope.
 */
struct route {
    const struct service *service; /* NULL: no service understands the request */
    const struct protocol *protocol;
    const struct operation *operation; /* NULL: not an operation of ours */
    str operation_name;                /* in the client's words; absent when it names no operation */
    /* Answer with 400 NotImplemented instead of AWS's unknown operation; NULL: AWS does not know it. */
    const struct known_operation *known_to_aws;
};

struct route route_find(struct arena *arena, const struct service *const *services,
                        const struct http_request *request, str signing_name);
/* The same before the body has arrived: for a form it finds only the service. */
struct route route_find_by_head(struct arena *arena, const struct service *const *services,
                                const struct http_request *request, str signing_name);

/*
 * Check a decoded request against the model: required members, ranges, lengths, patterns, enums, unions.
 * False: fail() has been called with AWS's sentence and the service's validation_error.
 */
bool validate(const struct call *call, const struct shape *shape, const void *in);
