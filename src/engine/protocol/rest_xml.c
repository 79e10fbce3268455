/*
 * rest_xml.c: REST-XML: rest.c with XML as the document.
 * https://smithy.io/2.0/aws/protocols/aws-restxml-protocol.html
 */
#include "engine/protocol/errors.h"
#include "engine/protocol/query_xml.h"
#include "engine/protocol/rest.h"

#include "wire/xml.h"

/* ---- documents ---- */

static bool has_content(const struct shape *shape, const void *structure)
{
    for (const struct member *member = shape->members; member < shape->members + shape->member_count;
         member++)
        if (member->location == IN_BODY && member_value(member, structure))
            return true;
    return false;
}

/* The document of the structure; "" when it has no members. */
static str xml_of(struct arena *arena, const struct service *service, const struct shape *shape,
                  const void *structure)
{
    struct text text = text_in(arena);
    str name = str_of(shape->xml_name ? shape->xml_name : shape->name);
    struct xml_namespace usual = {service ? service->xml_namespace : NULL, NULL};

    if (!has_content(shape, structure))
        return S("");
    text_add(&text, S("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"));
    xml_open_structure(&text, name, shape->declares.uri ? &shape->declares : &usual, shape, structure);
    structure_to_xml(&text, shape, structure, TIMESTAMP_DEFAULT);
    xml_close(&text, name);
    return text_str(&text);
}

static bool decode_xml(const struct call *call, const struct shape *shape, str body, void *structure)
{
    const struct xml_node *root = body.size ? xml_parse(call->arena, body) : NULL;

    mark_missing(shape, structure);
    if (body.size == 0 || (root && xml_to_structure(call->arena, shape, root, true, structure)))
        return true;
    fail(call, &MALFORMED_INPUT, "%s",
         root ? "A value of the XML can not be converted to its type" : "The XML is not well-formed");
    return false;
}

static bool read_xml(struct arena *arena, const struct shape *shape, str body, void *out)
{
    const struct xml_node *root = xml_parse(arena, body);

    return root && xml_to_structure(arena, shape, root, false, out);
}

static const struct rest_body xml_body = {
    .media_type = STR_INIT("application/xml"),
    .blob_media_type = STR_INIT("application/octet-stream"),
    .text_media_type = STR_INIT("text/plain"),
    .decode = decode_xml,
    .encode = xml_of,
    .read = read_xml,
};

/* ---- the server's side ---- */

static bool decode_request(const struct call *call, const struct http_request *request, void *in)
{
    return rest_decode_request(call, &xml_body, request, in);
}

static void encode_reply(const struct call *call, const void *out, struct http_reply *reply)
{
    rest_encode_reply(call, &xml_body, out, reply);
}

static void encode_error(const struct call *call, struct http_reply *reply)
{
    const struct service *service = call_service(call);
    struct text text = text_in(call->arena);

    if (service && service->dialect->bare_errors)
        write_bare_xml_error(&text, call);
    else
        write_xml_error(&text, call);
    reply->status = call->progress->failure.error->status;
    reply->content_type = S("application/xml");
    reply->body = text_str(&text);
    add_request_id(call, reply);
    rest_write_error_headers(call, reply);
}

/* ---- the client's side ---- */

static void encode_request(struct arena *arena, const struct operation *operation, const void *in,
                           struct http_request *request)
{
    rest_encode_request(arena, &xml_body, operation, in, request);
}

static bool decode_reply(struct arena *arena, const struct operation *operation,
                         const struct http_reply *reply, void *out, struct failure *failure)
{
    if (reply->status >= 300) {
        read_xml_error(arena, reply, failure);
        return false;
    }
    if (rest_read_reply(arena, &xml_body, operation->output, reply, out))
        return true;
    failure->error = &MALFORMED_INPUT;
    failure->message = S("The reply could not be read");
    return false;
}

const struct protocol PROTOCOL_OF_REST_XML = {PROTOCOL_REST_XML, QUERY_REFUSALS, decode_request, encode_reply,
                                              encode_error,      encode_request, decode_reply};
