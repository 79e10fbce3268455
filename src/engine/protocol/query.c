/*
 * query.c: the AWS Query protocol: forms in, XML out, and the other way round.
 * https://smithy.io/2.0/aws/protocols/aws-query-protocol.html
 */
#include "engine/protocol/errors.h"
#include "engine/protocol/protocol_internal.h"
#include "engine/protocol/query_form.h"
#include "engine/protocol/query_xml.h"

#include "wire/form.h"
#include "wire/xml.h"

/* ---- requests, the server's side ---- */

static bool refuse(const struct call *call, const struct form_mismatch *mismatch)
{
    const struct dialect *dialect = call_service(call)->dialect;
    str sentence = dialect->bad_value_sentence(call->arena, mismatch);

    fail(call, dialect->bad_value, "%.*s", STR_ARGS(sentence));
    return false;
}

static bool has_index_zero(str name)
{
    str label;

    while (str_next(&name, '.', &label))
        if (str_equal(label, S("0")))
            return true;
    return false;
}

/* Lists of any name count from one: https://github.com/rusoto/rusoto/issues/324 */
static bool indexes_check(const struct call *call, const struct form *form)
{
    for (size_t i = 0; i < form->count; i++)
        if (has_index_zero(form->items[i].name)) {
            fail(call, &MALFORMED_INPUT, "0 is not a valid index");
            return false;
        }
    return true;
}

bool query_decode_request(const struct call *call, const struct http_request *request, void *in)
{
    const struct shape *input = call->operation->input;
    const struct dialect *dialect = call_service(call)->dialect;
    struct form_mismatch mismatch;
    struct form form;
    bool in_body = request->body.size > 0;

    if (!form_parse(call->arena, in_body ? request->body : request->query, &form)) {
        fail(call, &MALFORMED_QUERY_STRING, "The query string contains a syntax error.");
        return false;
    }
    if (!indexes_check(call, &form))
        return false;
    if (dialect->tidy_form)
        dialect->tidy_form(call->arena, request->path, &form);
    return !input || form_to_structure(call->arena, input, &form, in, &mismatch) || refuse(call, &mismatch);
}

/* ---- replies, the server's side ---- */

static void open_root(struct text *text, const struct service *service, str name)
{
    text_add_char(text, '<');
    text_add(text, name);
    if (service && service->xml_namespace) {
        text_add(text, S(" xmlns=\""));
        text_add(text, str_of(service->xml_namespace));
        text_add(text, S("\""));
    }
    text_add_char(text, '>');
}

static void begin(struct text *text)
{
    text_add(text, S("<?xml version=\"1.0\"?>\n"));
}

static void finish(const struct call *call, const struct text *text, struct http_reply *reply)
{
    reply->content_type = S("text/xml");
    reply->body = text_str(text);
    add_request_id(call, reply);
}

static void encode_reply(const struct call *call, const void *out, struct http_reply *reply)
{
    const struct operation *operation = call->operation;
    str root = arena_format(call->arena, "%sResponse", operation->name);
    str wrapper = str_of(operation->result_wrapper);
    struct text text = text_in(call->arena);

    begin(&text);
    open_root(&text, operation->service, root);
    if (str_present(wrapper))
        xml_open(&text, wrapper);
    if (operation->output)
        structure_to_xml(&text, operation->output, out, operation->service->dialect->xml_moments);
    if (str_present(wrapper))
        xml_close(&text, wrapper);
    xml_open(&text, S("ResponseMetadata"));
    xml_element(&text, S("RequestId"), call->request_id);
    xml_close(&text, S("ResponseMetadata"));
    xml_close(&text, root);
    reply->status = 200;
    finish(call, &text, reply);
}

static str sentence_of(const struct service *service, const struct failure *failure)
{
    return service && service->dialect->error_sentence ? service->dialect->error_sentence(failure)
                                                       : failure->message;
}

str query_error_sentence(const struct call *call)
{
    return sentence_of(call_service(call), &call->progress->failure);
}

/* Write code, message and details into an open element. */
static void write_failure(struct text *text, const struct service *service, const struct failure *failure)
{
    const struct dialect *dialect = service ? service->dialect : &PLAIN_DIALECT;

    xml_element(text, S("Code"), error_query_code(failure->error));
    xml_element(text, S("Message"), sentence_of(service, failure));
    if (failure->details)
        structure_to_xml(text, failure->error->shape, failure->details, dialect->xml_moments);
    if (dialect->error_end)
        text_add(text, str_of(dialect->error_end));
}

void write_xml_error(struct text *text, const struct call *call)
{
    const struct service *service = call_service(call);
    const struct failure *failure = &call->progress->failure;

    begin(text);
    open_root(text, service, S("ErrorResponse"));
    xml_open(text, S("Error"));
    xml_element(text, S("Type"), failure->error->sender ? S("Sender") : S("Receiver"));
    write_failure(text, service, failure);
    xml_close(text, S("Error"));
    xml_element(text, S("RequestId"), call->request_id);
    xml_close(text, S("ErrorResponse"));
}

void write_bare_xml_error(struct text *text, const struct call *call)
{
    begin(text);
    xml_open(text, S("Error"));
    write_failure(text, call_service(call), &call->progress->failure);
    xml_element(text, S("RequestId"), call->request_id);
    xml_close(text, S("Error"));
}

static void encode_error(const struct call *call, struct http_reply *reply)
{
    struct text text = text_in(call->arena);

    if (call->progress->failure.error == &NOTHING_OF_RESOURCE)
        text_add(&text, S("<UnknownOperationException/>\n"));
    else
        write_xml_error(&text, call);
    reply->status = call->progress->failure.error->status;
    finish(call, &text, reply);
}

/* ---- the client's side ---- */

static void encode_request(struct arena *arena, const struct operation *operation, const void *in,
                           struct http_request *request)
{
    struct text text = text_in(arena);

    form_add(&text, S("Action"), str_of(operation->name));
    form_add(&text, S("Version"), str_of(operation->service->version));
    if (operation->input)
        structure_to_form(&text, operation->input, S(""), in);
    request->method = S("POST");
    request->target = request->path = S("/");
    request->query = S("");
    request->body = text_str(&text);
    http_header_add(arena, &request->headers, S("Content-Type"),
                    S("application/x-www-form-urlencoded; charset=utf-8"));
}

static str child_text(const struct xml_node *node, str name)
{
    const struct xml_node *child = xml_child(node, name);

    return child ? child->text : (str){0};
}

void read_xml_error(struct arena *arena, const struct http_reply *reply, struct failure *failure)
{
    const struct xml_node *root = xml_parse(arena, reply->body);
    const struct xml_node *error =
        root && str_equal(root->name, S("Error")) ? root : xml_child(root, S("Error"));

    failure->error = error_from_reply(arena, child_text(error, S("Code")), reply->status);
    failure->message = child_text(error, S("Message"));
}

/* Any server answers with 200 to something; only AWS's protocol has this element around it. */
static bool is_response(const struct xml_node *root)
{
    return root && str_ends_with(root->name, S("Response"));
}

static bool decode_reply(struct arena *arena, const struct operation *operation,
                         const struct http_reply *reply, void *out, struct failure *failure)
{
    const struct xml_node *root = xml_parse(arena, reply->body), *result = root;

    if (reply->status >= 300) {
        read_xml_error(arena, reply, failure);
        return false;
    }
    if (operation->result_wrapper)
        result = xml_child(root, str_of(operation->result_wrapper));
    if (is_response(root) &&
        (!operation->output || !result || xml_to_structure(arena, operation->output, result, false, out)))
        return true;
    failure->error = &MALFORMED_INPUT;
    failure->message = S("The reply could not be read");
    return false;
}

const struct protocol PROTOCOL_OF_QUERY = {PROTOCOL_QUERY, QUERY_REFUSALS, query_decode_request, encode_reply,
                                           encode_error,   encode_request, decode_reply};
