/*
 * json.c: AWS JSON 1.0 and 1.1, both ways.
 * https://smithy.io/2.0/aws/protocols/aws-json-1_0-protocol.html
 *
 * The two differ in their content type and in an error's name: 1.0 writes the whole name
 * ("com.amazonaws.sqs#QueueDoesNotExist"), 1.1 only the part after the '#'.
 */
#include "engine/protocol/errors.h"
#include "engine/protocol/protocol_internal.h"

#include "base/hash.h"

/* An empty body counts as an empty object. */
static const struct json EMPTY_OBJECT = {.type = JSON_OBJECT};

/* ---- the server's side ---- */

/* NULL: it is not JSON, or nested too deeply. */
static const struct json *parse_body(const struct call *call, const struct service *service, str body)
{
    const struct json *json = body.size > 0 ? json_parse(call->arena, body, NULL) : &EMPTY_OBJECT;

    if (json || !service || !service->dialect->deep_levels || !json_is_too_deep(body))
        return json;
    call->progress->deep = true;
    return json_parse_deep(call->arena, body, service->dialect->deep_levels);
}

bool json_decode_body(const struct call *call, const struct shape *shape, str body, void *structure)
{
    const struct service *service = call_service(call);
    const struct json *json = parse_body(call, service, body);
    struct mismatch mismatch;

    if (!json && service && service->dialect->too_deep_sentence && json_is_too_deep(body)) {
        fail(call, service->validation_error, "%.*s", STR_ARGS(service->dialect->too_deep_sentence(call)));
        return false;
    }
    if (!json || json->type < JSON_ARRAY) {
        fail(call, &SERIALIZATION_EXCEPTION, "%s", ""); /* AWS's message is empty */
        return false;
    }
    if (json_to_structure(call->arena, shape, json, call, structure, &mismatch))
        return true;
    str sentence = service->dialect->mismatch_sentence(call->arena, service, &mismatch);
    fail(call, &SERIALIZATION_EXCEPTION, "%.*s", STR_ARGS(sentence));
    return false;
}

static bool decode_request(const struct call *call, const struct http_request *request, void *in)
{
    const struct shape *input = call->operation->input;

    return !input || json_decode_body(call, input, request->body, in);
}

static void finish(const struct call *call, str content_type, struct http_reply *reply)
{
    const struct service *service = call_service(call);

    reply->content_type = content_type;
    add_request_id(call, reply);
    if (service && service->dialect->crc32_header)
        http_header_add(call->arena, &reply->headers, S("x-amz-crc32"),
                        arena_decimal(call->arena, crc32_of(reply->body)));
}

static str json_of(struct json_writer writer, const struct shape *shape, const void *structure)
{
    json_open_object(&writer);
    if (shape)
        json_write_members(&writer, shape, structure);
    json_close_object(&writer);
    return json_written(&writer);
}

static void encode_reply(const struct call *call, const void *out, str content_type, struct http_reply *reply)
{
    const struct operation *operation = call->operation;
    struct json_writer writer = json_writer_in(call->arena);

    writer.text.apart = true; /* the connection can send it after the arena is freed */
    reply->status = 200;
    reply->body = operation->flags & OPERATION_NO_OUTPUT ? S("") : json_of(writer, operation->output, out);
    finish(call, content_type, reply);
}

void json_write_error(struct json_writer *writer, const struct failure *failure)
{
    const struct error *error = failure->error;
    const void *details = failure->details ? failure->details : error->defaults;

    if (failure->message.size > 0)
        json_field(writer, error->message_name ? str_of(error->message_name) : S("message"),
                   failure->message);
    if (details)
        json_write_members(writer, error->shape, details);
}

/* The service's own errors and the framework's errors have different prefixes before the '#'. */
static str type_name(struct arena *arena, const struct error *error, bool whole)
{
    str name = str_of(error->name);

    return whole && error->prefix ? arena_join(arena, str_of(error->prefix), name) : name;
}

static void encode_error(const struct call *call, str content_type, bool whole_name, struct http_reply *reply)
{
    const struct error *error = call->progress->failure.error;
    struct json_writer writer = json_writer_in(call->arena);

    reply->status = error->status;
    json_open_object(&writer);
    json_field(&writer, S("__type"), type_name(call->arena, error, whole_name));
    json_write_error(&writer, &call->progress->failure);
    json_close_object(&writer);
    reply->body = json_written(&writer);
    finish(call, content_type, reply);
    add_query_error(call, reply);
}

static void encode_reply_1_0(const struct call *call, const void *out, struct http_reply *reply)
{
    encode_reply(call, out, S("application/x-amz-json-1.0"), reply);
}

static void encode_reply_1_1(const struct call *call, const void *out, struct http_reply *reply)
{
    encode_reply(call, out, S("application/x-amz-json-1.1"), reply);
}

static void encode_error_1_0(const struct call *call, struct http_reply *reply)
{
    encode_error(call, S("application/x-amz-json-1.0"), true, reply);
}

static void encode_error_1_1(const struct call *call, struct http_reply *reply)
{
    encode_error(call, S("application/x-amz-json-1.1"), false, reply);
}

/* ---- the client's side ---- */

static void encode_request(struct arena *arena, const struct operation *operation, const void *in,
                           str content_type, struct http_request *request)
{
    request->method = S("POST");
    request->target = request->path = S("/");
    request->query = S("");
    request->body = json_of(json_writer_in(arena), operation->input, in);
    http_header_add(arena, &request->headers, S("Content-Type"), content_type);
    http_header_add(arena, &request->headers, S("X-Amz-Target"),
                    arena_format(arena, "%s.%s", operation->service->target_prefix, operation->name));
}

static void encode_request_1_0(struct arena *arena, const struct operation *operation, const void *in,
                               struct http_request *request)
{
    encode_request(arena, operation, in, S("application/x-amz-json-1.0"), request);
}

static void encode_request_1_1(struct arena *arena, const struct operation *operation, const void *in,
                               struct http_request *request)
{
    encode_request(arena, operation, in, S("application/x-amz-json-1.1"), request);
}

void json_read_failure(struct arena *arena, const struct http_reply *reply, struct failure *failure)
{
    const struct json *json = json_parse(arena, reply->body, NULL);
    str code = http_header(&reply->headers, S("x-amzn-ErrorType"));
    str message = json_get_str(json, S("message"));

    if (!str_present(code))
        code = json_get_str(json, S("__type"));
    ptrdiff_t colon = str_index(code, ':');
    if (colon >= 0)
        code = str_head(code, (size_t)colon);
    code = str_from(code, (size_t)(str_last_index(code, '#') + 1));
    failure->error = error_from_reply(arena, code, reply->status);
    failure->message = str_present(message) ? message : json_get_str(json, S("Message"));
}

static bool decode_reply(struct arena *arena, const struct operation *operation,
                         const struct http_reply *reply, void *out, struct failure *failure)
{
    const struct json *json;
    struct mismatch mismatch;

    if (reply->status >= 300) {
        json_read_failure(arena, reply, failure);
        return false;
    }
    if (!operation->output || reply->body.size == 0)
        return true;
    json = json_parse(arena, reply->body, NULL);
    if (json && json_to_structure(arena, operation->output, json, NULL, out, &mismatch))
        return true;
    failure->error = &SERIALIZATION_EXCEPTION;
    failure->message = S("The reply could not be read");
    return false;
}

const struct protocol PROTOCOL_OF_JSON_1_0 = {PROTOCOL_JSON_1_0, JSON_REFUSALS,    decode_request,
                                              encode_reply_1_0,  encode_error_1_0, encode_request_1_0,
                                              decode_reply};

const struct protocol PROTOCOL_OF_JSON_1_1 = {PROTOCOL_JSON_1_1, JSON_REFUSALS,    decode_request,
                                              encode_reply_1_1,  encode_error_1_1, encode_request_1_1,
                                              decode_reply};
