#pragma once

/*
 * protocol_internal.h: what only the protocols share.
 */
#include "engine/call.h"
#include "engine/dialect.h"
#include "engine/protocol/protocol.h"
#include "engine/protocol/shape.h"

extern const struct protocol PROTOCOL_OF_JSON_1_0, PROTOCOL_OF_JSON_1_1, PROTOCOL_OF_QUERY,
    PROTOCOL_OF_QUERY_JSON, PROTOCOL_OF_REST_JSON, PROTOCOL_OF_REST_XML, PROTOCOL_OF_RPC_V2_CBOR;
extern const struct error JSON_REFUSALS[REFUSALS], REST_JSON_REFUSALS[REFUSALS];

/* The call's service, or NULL when it is unknown. */
static inline const struct service *call_service(const struct call *call)
{
    return call->operation ? call->operation->service : call->unserved;
}

static inline str error_query_code(const struct error *error)
{
    return str_of(error->query_code ? error->query_code : error->name);
}

/* Add x-amzn-RequestId, which every reply has. */
void add_request_id(const struct call *call, struct http_reply *reply);

/* Add x-amzn-query-error, if the service's dialect has it. */
void add_query_error(const struct call *call, struct http_reply *reply);
/* Do these headers say that the message is RPC v2 with CBOR? */
bool cbor_is_spoken(const struct http_headers *headers);

/* The first missing required parameter, or absent: see missing.c. */
str missing_parameter(struct arena *arena, const struct shape *shape, const void *in);

/*
 * False: the request uses something that its model refuses, and fail() has been called; see
 * refused_members.c.
 */
bool refused_check(const struct call *call, const struct shape *shape, const void *in);

/* ---- values in sentences: shown.c ---- */

struct showing {
    bool newer; /* as AWS's newer framework shows them: lists and maps as JSON */
    const struct unmodelled *unmodelled;
};

/* The name of a member as Java has it. */
void show_name(struct text *text, str name);
/* At most LIMIT_SHOWN_VALUE_BYTES, and then "...". */
void show_value(struct text *text, const struct showing *showing, const struct shape *shape,
                const void *value);

/* ---- Query ---- */

bool query_decode_request(const struct call *call, const struct http_request *request, void *in);
/* The sentence about the call's failure. */
str query_error_sentence(const struct call *call);
/* Does the client ask for replies in JSON? */
bool query_wants_json(const struct http_request *request);

/* ---- JSON ---- */

/*
 * Fill the structure from an object; null is absent, unknown members are ignored.  Only members that travel
 * in the body are read.  call: the request's call; missing required members are then marked for
 * validate(), and its service's dialect decides about fractions.  NULL for a reply.
 */
bool json_to_structure(struct arena *arena, const struct shape *shape, const struct json *json,
                       const struct call *call, void *structure, struct mismatch *mismatch);
void json_write_value(struct json_writer *writer, const struct shape *shape, const void *value);
/* Write the present members that travel in the body into an open object. */
void json_write_members(struct json_writer *writer, const struct shape *shape, const void *structure);

/* Parse the body of a request into `structure`, or fail the call with a SerializationException. */
bool json_decode_body(const struct call *call, const struct shape *shape, str body, void *structure);

/* Write the error's message and details into an open object. */
void json_write_error(struct json_writer *writer, const struct failure *failure);
/* Fill *failure from a JSON reply: its code (after any '#') and message. */
void json_read_failure(struct arena *arena, const struct http_reply *reply, struct failure *failure);
/* A client's error for a code that is in no table. */
const struct error *error_from_reply(struct arena *arena, str code, int status);
