#pragma once

/*
 * rest.h: what the REST protocols share: a member travels in the path, the query, a header, the status, as
 * the whole body, or in the body's document.  Internal to rest_json.c and rest_xml.c.
 */
#include "engine/protocol/protocol_internal.h"

/* How a protocol writes and reads a document, and its media types. */
struct rest_body {
    str media_type, blob_media_type, text_media_type;
    /* Fill the structure from the document and mark missing members.  False: the call has failed. */
    bool (*decode)(const struct call *call, const struct shape *shape, str body, void *structure);
    str (*encode)(struct arena *arena, const struct service *service, const struct shape *shape,
                  const void *structure);
    /* The client's side of decode.  False: the body is not such a document. */
    bool (*read)(struct arena *arena, const struct shape *shape, str body, void *out);
};

/* Fill the input from the path, the query, the headers and the body.  False: the call has failed. */
bool rest_decode_request(const struct call *call, const struct rest_body *rest,
                         const struct http_request *request, void *in);
void rest_encode_reply(const struct call *call, const struct rest_body *rest, const void *out,
                       struct http_reply *reply);
/* Add the failure's details that travel in headers. */
void rest_write_error_headers(const struct call *call, struct http_reply *reply);
/* The client's side of both.  False: the reply is not such a document. */
void rest_encode_request(struct arena *arena, const struct rest_body *rest, const struct operation *operation,
                         const void *in, struct http_request *request);
bool rest_read_reply(struct arena *arena, const struct rest_body *rest, const struct shape *output,
                     const struct http_reply *reply, void *out);
