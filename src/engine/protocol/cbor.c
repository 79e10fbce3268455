/*
 * cbor.c: Smithy RPC v2 with CBOR, both ways.
 * https://smithy.io/2.0/additional-specs/protocols/smithy-rpc-v2.html
 *
 * The path names service and operation, and every message has the header "smithy-protocol: rpc-v2-cbor".
 */
#include "engine/protocol/cbor_shape.h"
#include "engine/protocol/errors.h"
#include "engine/protocol/protocol_internal.h"

static const str protocol_header = STR_INIT("smithy-protocol"), protocol_value = STR_INIT("rpc-v2-cbor"),
                 media_type = STR_INIT("application/cbor");

bool cbor_is_spoken(const struct http_headers *headers)
{
    return str_equal(http_header(headers, protocol_header), protocol_value);
}

static str cbor_of(struct arena *arena, const struct shape *shape, const void *structure)
{
    struct text text = text_in(arena);

    cbor_open_map(&text);
    cbor_write_members(&text, shape, structure);
    cbor_close_map(&text);
    return text_str(&text);
}

/* ---- the server's side ---- */

static bool refuse(const struct call *call, const struct member *wrong)
{
    if (wrong)
        fail(call, &SERIALIZATION_EXCEPTION, "The value of %.*s can not be converted to its type",
             STR_ARGS(wrong->json_name));
    else
        fail(call, &SERIALIZATION_EXCEPTION, "%s", "");
    return false;
}

static bool decode_request(const struct call *call, const struct http_request *request, void *in)
{
    static const struct cbor nothing = {.type = CBOR_MAP};
    const struct member *wrong = NULL;
    const struct cbor *cbor = request->body.size ? cbor_parse(call->arena, request->body) : &nothing;

    return (cbor && cbor_to_structure(call->arena, call->operation->input, cbor, true, in, &wrong)) ||
           refuse(call, wrong);
}

static void finish(const struct call *call, struct http_reply *reply)
{
    if (reply->body.size > 0)
        reply->content_type = media_type;
    http_header_add(call->arena, &reply->headers, protocol_header, protocol_value);
    add_request_id(call, reply);
}

static void encode_reply(const struct call *call, const void *out, struct http_reply *reply)
{
    const struct operation *operation = call->operation;

    reply->status = 200;
    reply->body =
        operation->flags & OPERATION_NO_OUTPUT ? S("") : cbor_of(call->arena, operation->output, out);
    finish(call, reply);
}

static void write_error(struct text *text, const struct failure *failure)
{
    const struct error *error = failure->error;
    const void *details = failure->details ? failure->details : error->defaults;
    str name = str_of(error->name);

    cbor_add_text(text, S("__type"));
    cbor_add_text(text, error->prefix ? arena_join(text->arena, str_of(error->prefix), name) : name);
    if (failure->message.size > 0) {
        cbor_add_text(text, error->message_name ? str_of(error->message_name) : S("message"));
        cbor_add_text(text, failure->message);
    }
    if (details)
        cbor_write_members(text, error->shape, details);
}

static void encode_error(const struct call *call, struct http_reply *reply)
{
    struct text text = text_in(call->arena);

    cbor_open_map(&text);
    write_error(&text, &call->progress->failure);
    cbor_close_map(&text);
    reply->status = call->progress->failure.error->status;
    reply->body = text_str(&text);
    finish(call, reply);
    add_query_error(call, reply);
}

/* ---- the client's side ---- */

static void encode_request(struct arena *arena, const struct operation *operation, const void *in,
                           struct http_request *request)
{
    request->method = S("POST");
    request->target = request->path =
        arena_format(arena, "/service/%s/operation/%s", operation->service->target_prefix, operation->name);
    request->query = S("");
    request->body = operation->flags & OPERATION_NO_INPUT ? S("") : cbor_of(arena, operation->input, in);
    http_header_add(arena, &request->headers, protocol_header, protocol_value);
    http_header_add(arena, &request->headers, S("Accept"), media_type);
    if (request->body.size > 0)
        http_header_add(arena, &request->headers, S("Content-Type"), media_type);
}

/* A reply in another protocol has only its status. */
static void read_failure(struct arena *arena, const struct http_reply *reply, struct failure *failure)
{
    const struct cbor *cbor = cbor_is_spoken(&reply->headers) ? cbor_parse(arena, reply->body) : NULL;
    str code = cbor_get_str(cbor, S("__type")), message = cbor_get_str(cbor, S("message"));

    failure->error =
        error_from_reply(arena, str_from(code, (size_t)(str_last_index(code, '#') + 1)), reply->status);
    failure->message = str_present(message) ? message : cbor_get_str(cbor, S("Message"));
}

static bool read_output(struct arena *arena, const struct shape *output, const struct http_reply *reply,
                        void *out)
{
    const struct member *wrong;

    if (!cbor_is_spoken(&reply->headers))
        return false;
    if (reply->body.size == 0)
        return true;
    const struct cbor *cbor = cbor_parse(arena, reply->body);
    return cbor && cbor_to_structure(arena, output, cbor, false, out, &wrong);
}

static bool decode_reply(struct arena *arena, const struct operation *operation,
                         const struct http_reply *reply, void *out, struct failure *failure)
{
    if (reply->status >= 300) {
        read_failure(arena, reply, failure);
        return false;
    }
    if (read_output(arena, operation->output, reply, out))
        return true;
    failure->error = &SERIALIZATION_EXCEPTION;
    failure->message = S("The reply could not be read");
    return false;
}

const struct protocol PROTOCOL_OF_RPC_V2_CBOR = {PROTOCOL_RPC_V2_CBOR, JSON_REFUSALS, decode_request,
                                                 encode_reply,         encode_error,  encode_request,
                                                 decode_reply};
