/*
 * query_json.c: the AWS Query protocol for clients that accept only JSON, as API Gateway's
 * integrations do: the requests are forms, the replies are JSON.
 *
 *     {"SendMessageResponse": {"SendMessageResult": {"MessageId": …, "SequenceNumber": null},
 *                              "ResponseMetadata": {"RequestId": …}}}
 *     {"Error": {"Code": …, "Message": …, "Type": "Sender", "Detail": null}, "RequestId": …}
 *
 * Absent members are null.  A map that XML names by its own words ("Name", "Value") is a list of objects with
 * these two members.
 */
#include "engine/protocol/protocol_internal.h"

static void write_value(struct json_writer *writer, const struct service *service, const struct shape *shape,
                        const void *value);

/* The name that the service gives the member here. */
static str name_of(const struct service *service, const struct member *member)
{
    const struct json_alias *aliases = service->dialect->query_json_names;

    for (; aliases && aliases->member; aliases++)
        if (str_equal(str_of(aliases->member), member->name))
            return str_of(aliases->name);
    return member->name;
}

static void write_structure(struct json_writer *writer, const struct service *service,
                            const struct shape *shape, const void *structure)
{
    json_open_object(writer);
    for (const struct member *member = shape->members; member < members_end(shape); member++) {
        const void *value = member_value(member, structure);
        json_name(writer, name_of(service, member));
        if (value)
            write_value(writer, service, member->shape, value);
        else
            json_null(writer);
    }
    json_close_object(writer);
}

static void write_list(struct json_writer *writer, const struct service *service, const struct shape *shape,
                       struct items items)
{
    json_open_array(writer);
    for (size_t i = 0; i < items.count; i++)
        write_value(writer, service, shape->element, items.data + i * item_size(shape));
    json_close_array(writer);
}

static void write_pairs(struct json_writer *writer, const struct service *service, const struct shape *shape,
                        struct items items)
{
    json_open_array(writer);
    for (size_t i = 0; i < items.count; i++) {
        char *entry = items.data + i * item_size(shape);
        json_open_object(writer);
        json_field(writer, str_of(shape->key_name), *entry_key(entry));
        json_name(writer, str_of(shape->value_name));
        write_value(writer, service, shape->element, entry + MAP_VALUE_OFFSET);
        json_close_object(writer);
    }
    json_close_array(writer);
}

static void write_object(struct json_writer *writer, const struct service *service, const struct shape *shape,
                         struct items items)
{
    json_open_object(writer);
    for (size_t i = 0; i < items.count; i++) {
        char *entry = items.data + i * item_size(shape);
        json_name(writer, *entry_key(entry));
        write_value(writer, service, shape->element, entry + MAP_VALUE_OFFSET);
    }
    json_close_object(writer);
}

static void write_value(struct json_writer *writer, const struct service *service, const struct shape *shape,
                        const void *value)
{
    if (shape->type == SHAPE_STRUCTURE)
        write_structure(writer, service, shape, value);
    else if (shape->type == SHAPE_LIST)
        write_list(writer, service, shape, items_read(value));
    else if (shape->type != SHAPE_MAP)
        json_write_value(writer, shape, value);
    else if (shape->key_name && shape->value_name)
        write_pairs(writer, service, shape, items_read(value));
    else
        write_object(writer, service, shape, items_read(value));
}

static void finish(const struct call *call, struct json_writer *writer, int status, struct http_reply *reply)
{
    reply->status = status;
    reply->content_type = S("application/json");
    reply->body = json_written(writer);
    add_request_id(call, reply);
}

static void encode_reply(const struct call *call, const void *out, struct http_reply *reply)
{
    const struct operation *operation = call->operation;
    struct json_writer writer = json_writer_in(call->arena);

    json_open_object(&writer);
    json_name(&writer, arena_format(call->arena, "%sResponse", operation->name));
    json_open_object(&writer);
    if (operation->result_wrapper) {
        json_name(&writer, str_of(operation->result_wrapper));
        write_structure(&writer, operation->service, operation->output, out);
    }
    json_name(&writer, S("ResponseMetadata"));
    json_open_object(&writer);
    json_field(&writer, S("RequestId"), call->request_id);
    json_close_object(&writer);
    json_close_object(&writer);
    json_close_object(&writer);
    finish(call, &writer, 200, reply);
}

static void encode_error(const struct call *call, struct http_reply *reply)
{
    const struct failure *failure = &call->progress->failure;
    struct json_writer writer = json_writer_in(call->arena);

    json_open_object(&writer);
    json_name(&writer, S("Error"));
    json_open_object(&writer);
    json_field(&writer, S("Code"), error_query_code(failure->error));
    json_field(&writer, S("Message"), query_error_sentence(call));
    json_field(&writer, S("Type"), failure->error->sender ? S("Sender") : S("Receiver"));
    json_name(&writer, S("Detail"));
    json_null(&writer);
    json_close_object(&writer);
    json_field(&writer, S("RequestId"), call->request_id);
    json_close_object(&writer);
    finish(call, &writer, failure->error->status, reply);
}

bool query_wants_json(const struct http_request *request)
{
    return str_starts_with(http_header(&request->headers, S("Accept")), S("application/json"));
}

const struct protocol PROTOCOL_OF_QUERY_JSON = {
    PROTOCOL_QUERY, QUERY_REFUSALS, query_decode_request, encode_reply, encode_error, NULL, NULL};
