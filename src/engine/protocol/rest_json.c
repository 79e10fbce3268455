/*
 * rest_json.c: REST-JSON: rest.c with JSON as the document.
 * https://smithy.io/2.0/aws/protocols/aws-restjson1-protocol.html
 */
#include "engine/protocol/errors.h"
#include "engine/protocol/rest.h"

static str json_of(struct arena *arena, const struct service *service, const struct shape *shape,
                   const void *structure)
{
    struct json_writer writer = json_writer_in(arena);

    (void)service;
    json_open_object(&writer);
    json_write_members(&writer, shape, structure);
    json_close_object(&writer);
    return json_written(&writer);
}

static bool read_json(struct arena *arena, const struct shape *shape, str body, void *out)
{
    const struct json *json = json_parse(arena, body, NULL);
    struct mismatch mismatch;

    return json && json_to_structure(arena, shape, json, NULL, out, &mismatch);
}

static const struct rest_body json_body = {
    .media_type = STR_INIT("application/json"),
    .blob_media_type = STR_INIT("application/json"),
    .text_media_type = STR_INIT("application/json"),
    .decode = json_decode_body,
    .encode = json_of,
    .read = read_json,
};

static bool decode_request(const struct call *call, const struct http_request *request, void *in)
{
    return rest_decode_request(call, &json_body, request, in);
}

static void encode_reply(const struct call *call, const void *out, struct http_reply *reply)
{
    rest_encode_reply(call, &json_body, out, reply);
}

static void encode_error(const struct call *call, struct http_reply *reply)
{
    struct json_writer writer = json_writer_in(call->arena);

    json_open_object(&writer);
    json_write_error(&writer, &call->progress->failure);
    json_close_object(&writer);
    reply->status = call->progress->failure.error->status;
    reply->content_type = S("application/json");
    reply->body = json_written(&writer);
    add_request_id(call, reply);
    http_header_add(call->arena, &reply->headers, S("x-amzn-ErrorType"),
                    str_of(call->progress->failure.error->name));
    rest_write_error_headers(call, reply);
}

static void encode_request(struct arena *arena, const struct operation *operation, const void *in,
                           struct http_request *request)
{
    rest_encode_request(arena, &json_body, operation, in, request);
}

static bool decode_reply(struct arena *arena, const struct operation *operation,
                         const struct http_reply *reply, void *out, struct failure *failure)
{
    if (reply->status >= 300) {
        json_read_failure(arena, reply, failure);
        return false;
    }
    if (!operation->output || rest_read_reply(arena, &json_body, operation->output, reply, out))
        return true;
    failure->error = &SERIALIZATION_EXCEPTION;
    failure->message = S("The reply could not be read");
    return false;
}

const struct protocol PROTOCOL_OF_REST_JSON = {PROTOCOL_REST_JSON, REST_JSON_REFUSALS, decode_request,
                                               encode_reply,       encode_error,       encode_request,
                                               decode_reply};
