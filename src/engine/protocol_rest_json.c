/*
 * protocol_rest_json.c: REST-JSON: a member travels in the path, the query, a
 * header, the status, as the whole body, or in the body's JSON.
 * https://smithy.io/2.0/aws/protocols/aws-restjson1-protocol.html
 */
#include "engine/errors.h"
#include "engine/protocol_internal.h"
#include "engine/rest_path.h"

#include "base/list.h"
#include "wire/uri.h"
#include "wire/utf8.h"

static const struct member *members_end(const struct shape *shape)
{
    return shape->members + shape->member_count;
}

static const struct member *find_location(const struct shape *shape, enum location location)
{
    for (const struct member *member = shape->members; member < members_end(shape); member++)
        if (member->location == location)
            return member;
    return NULL;
}

/* Headers speak HTTP's dates unless the model says otherwise; the rest is ISO 8601 as in XML. */
static enum timestamp_format format_of(const struct member *member)
{
    bool in_header = member->location == IN_HEADER;

    return member->timestamp_format == TIMESTAMP_DEFAULT && in_header ? TIMESTAMP_HTTP
                                                                      : member->timestamp_format;
}

/* ---- requests, the server's side ---- */

static bool decode_scalar(const struct call *call, const struct member *member, const struct shape *shape,
                          str text, void *value)
{
    if (utf8_valid(text) && scalar_from_text(call->arena, shape, format_of(member), text, value))
        return true;
    fail(call, &SERIALIZATION_EXCEPTION, "STRING_VALUE can not be converted to the type of %.*s",
         STR_ARGS(member->query_name));
    return false;
}

static bool decode_label(const struct call *call, const struct member *member, str path, void *in)
{
    str raw = rest_path_label(str_of(call->operation->http_path), path, member->query_name), text;

    if (!str_present(raw))
        return true;
    if (!uri_decode(call->arena, raw, &text)) {
        fail(call, &SERIALIZATION_EXCEPTION, "The path is not well encoded");
        return false;
    }
    return decode_scalar(call, member, member->shape, text, member_room(call->arena, member, in));
}

/* A list in the query repeats its name: tagKeys=a&tagKeys=b. */
static bool decode_repeated(const struct call *call, const struct member *member, const struct form *query,
                            void *in)
{
    const struct shape *element = member->shape->element;
    struct items items = {0};

    for (size_t i = 0; i < query->count; i++) {
        if (!str_equal(query->items[i].name, member->query_name))
            continue;
        items.data = list_grow(call->arena, items.data, items.count, element->size);
        char *item = items.data + items.count++ * element->size;
        if (!decode_scalar(call, member, element, query->items[i].value, item))
            return false;
    }
    items_write(member_room(call->arena, member, in), items);
    return true;
}

static bool decode_query(const struct call *call, const struct member *member, const struct form *query,
                         void *in)
{
    if (member->shape->type == SHAPE_LIST)
        return decode_repeated(call, member, query, in);
    str text = form_get(query, member->query_name);
    return !str_present(text) ||
           decode_scalar(call, member, member->shape, text, member_room(call->arena, member, in));
}

static bool decode_header(const struct call *call, const struct member *member,
                          const struct http_headers *headers, void *in)
{
    str text = http_header(headers, member->query_name);

    return !str_present(text) ||
           decode_scalar(call, member, member->shape, text, member_room(call->arena, member, in));
}

/* All headers that begin with the member's prefix, as a map of text without the prefix. */
static void read_header_map(struct arena *arena, const struct member *member,
                            const struct http_headers *headers, void *structure)
{
    struct str_map *map = member_room(arena, member, structure);

    for (size_t i = 0; i < headers->count; i++) {
        str name = headers->items[i].name, prefix = member->query_name;
        if (str_equal_nocase(str_head(name, prefix.size), prefix) && name.size > prefix.size)
            *list_add(arena, map) =
                (struct str_map_entry){str_from(name, prefix.size), headers->items[i].value};
    }
}

static bool decode_located(const struct call *call, const struct member *member,
                           const struct http_request *request, const struct form *query, void *in)
{
    switch (member->location) {
    case IN_PATH:
        return decode_label(call, member, request->path, in);
    case IN_QUERY:
        return decode_query(call, member, query, in);
    case IN_HEADER:
        return decode_header(call, member, &request->headers, in);
    case IN_HEADERS:
        read_header_map(call->arena, member, &request->headers, in);
        return true;
    default:
        return true;
    }
}

/* A payload that is a structure is JSON; anything else is the body's bytes. */
static bool decode_payload(const struct call *call, const struct member *payload, str body, void *in)
{
    if (body.size == 0)
        return true;
    void *room = member_room(call->arena, payload, in);
    if (payload->shape->type == SHAPE_STRUCTURE)
        return json_decode_body(call, payload->shape, body, room);
    *(str *)room = body;
    return true;
}

static bool decode_body(const struct call *call, const struct shape *input, str body, void *in)
{
    const struct member *payload = find_location(input, IN_PAYLOAD);

    if (!payload && find_location(input, IN_BODY))
        return json_decode_body(call, input, body, in);
    mark_missing(input, in);
    return !payload || decode_payload(call, payload, body, in);
}

static bool decode_request(const struct call *call, const struct http_request *request, void *in)
{
    const struct shape *input = call->operation->input;
    struct form query;

    if (!input)
        return true;
    if (!form_parse(call->arena, request->query, &query)) {
        fail(call, &SERIALIZATION_EXCEPTION, "The query string is not well encoded");
        return false;
    }
    if (!decode_body(call, input, request->body, in))
        return false;
    for (const struct member *member = input->members; member < members_end(input); member++)
        if (!decode_located(call, member, request, &query, in))
            return false;
    return true;
}

/* ---- both sides write headers and bodies ---- */

static void write_header(struct arena *arena, const struct member *member, const void *value,
                         struct http_headers *headers)
{
    http_header_add(arena, headers, member->query_name,
                    scalar_to_text(arena, member->shape, format_of(member), value));
}

static void write_header_map(struct arena *arena, const struct member *member, const struct str_map *map,
                             struct http_headers *headers)
{
    for (size_t i = 0; i < map->count; i++)
        http_header_add(arena, headers, arena_join(arena, member->query_name, map->items[i].key),
                        map->items[i].value);
}

static str json_of(struct arena *arena, const struct shape *shape, const void *structure)
{
    struct json_writer writer = json_writer_in(arena);

    json_open_object(&writer);
    json_write_members(&writer, shape, structure);
    json_close_object(&writer);
    return json_written(&writer);
}

/* The body of a message of that shape: its payload, or the JSON of what is not elsewhere. */
static str body_of(struct arena *arena, const struct shape *shape, const void *structure)
{
    const struct member *payload = find_location(shape, IN_PAYLOAD);

    if (!payload)
        return find_location(shape, IN_BODY) ? json_of(arena, shape, structure) : S("");
    const void *value = member_value(payload, structure);
    if (!value)
        return S("");
    return payload->shape->type == SHAPE_STRUCTURE ? json_of(arena, payload->shape, value)
                                                   : *(const str *)value;
}

/* ---- replies, the server's side ---- */

static void write_located(struct arena *arena, const struct member *member, const void *value,
                          struct http_reply *reply)
{
    if (member->location == IN_STATUS)
        reply->status = (int)*(const int64_t *)value;
    else if (member->location == IN_HEADERS)
        write_header_map(arena, member, value, &reply->headers);
    else if (member->location == IN_HEADER && str_equal_nocase(member->query_name, S("Content-Type")))
        reply->content_type = *(const str *)value;
    else if (member->location == IN_HEADER)
        write_header(arena, member, value, &reply->headers);
}

static void encode_reply(const struct call *call, const void *out, struct http_reply *reply)
{
    const struct operation *operation = call->operation;
    const struct shape *output = operation->output;
    bool no_output = operation->flags & OPERATION_NO_OUTPUT;

    reply->status = operation->http_status ? operation->http_status : 200;
    reply->body = output && !no_output ? body_of(call->arena, output, out) : S("");
    if (reply->body.size > 0)
        reply->content_type = S("application/json");
    add_request_id(call, reply);
    if (!output)
        return;
    for (const struct member *member = output->members; member < members_end(output); member++) {
        const void *value = member_value(member, out);
        if (value)
            write_located(call->arena, member, value, reply);
    }
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
}

/* ---- the client's side ---- */

struct labels {
    struct arena *arena;
    const struct shape *shape;
    const void *in;
};

static str label_value(void *context, str label)
{
    const struct labels *labels = context;

    for (const struct member *member = labels->shape->members; member < members_end(labels->shape);
         member++) {
        const void *value = member_value(member, labels->in);
        if (value && member->location == IN_PATH && str_equal(member->query_name, label))
            return scalar_to_text(labels->arena, member->shape, format_of(member), value);
    }
    return S("");
}

static void write_query(struct text *query, const struct member *member, const void *value)
{
    const struct shape *shape = member->shape;

    if (shape->type != SHAPE_LIST) {
        form_add(query, member->query_name, scalar_to_text(query->arena, shape, format_of(member), value));
        return;
    }
    struct items items = items_read(value);
    for (size_t i = 0; i < items.count; i++)
        form_add(query, member->query_name,
                 scalar_to_text(query->arena, shape->element, format_of(member),
                                items.data + i * shape->element->size));
}

static void write_request_members(struct arena *arena, const struct shape *input, const void *in,
                                  struct text *query, struct http_request *request)
{
    for (const struct member *member = input->members; member < members_end(input); member++) {
        const void *value = member_value(member, in);
        if (!value)
            continue;
        if (member->location == IN_QUERY)
            write_query(query, member, value);
        else if (member->location == IN_HEADER)
            write_header(arena, member, value, &request->headers);
        else if (member->location == IN_HEADERS)
            write_header_map(arena, member, value, &request->headers);
    }
}

static void encode_request(struct arena *arena, const struct operation *operation, const void *in,
                           struct http_request *request)
{
    str pattern = str_of(operation->http_path);
    ptrdiff_t mark = str_index(pattern, '?');
    struct labels labels = {arena, operation->input, in};
    struct text query = text_in(arena);

    request->method = str_of(operation->http_method);
    request->path = operation->input ? rest_path_fill(arena, pattern, label_value, &labels) : pattern;
    if (mark >= 0)
        text_add(&query, str_from(pattern, (size_t)mark + 1));
    if (operation->input)
        write_request_members(arena, operation->input, in, &query, request);
    request->query = text_str(&query);
    request->target = request->path;
    if (request->query.size > 0)
        request->target = arena_format(arena, "%.*s?%.*s", STR_ARGS(request->path), STR_ARGS(request->query));
    request->body = operation->input ? body_of(arena, operation->input, in) : S("");
    if (request->body.size > 0)
        http_header_add(arena, &request->headers, S("Content-Type"), S("application/json"));
}

static bool read_header(struct arena *arena, const struct member *member, str text, void *out)
{
    return !str_present(text) ||
           scalar_from_text(arena, member->shape, format_of(member), text, member_room(arena, member, out));
}

static bool read_located(struct arena *arena, const struct member *member, const struct http_reply *reply,
                         void *out)
{
    switch (member->location) {
    case IN_STATUS:
        *(int64_t *)member_room(arena, member, out) = reply->status;
        return true;
    case IN_HEADERS:
        read_header_map(arena, member, &reply->headers, out);
        return true;
    case IN_HEADER:
        return read_header(arena, member, http_header(&reply->headers, member->query_name), out);
    default:
        return true;
    }
}

static bool read_body(struct arena *arena, const struct shape *shape, str body, void *out)
{
    const struct member *payload = find_location(shape, IN_PAYLOAD);
    struct mismatch mismatch;

    if (body.size == 0 || (!payload && !find_location(shape, IN_BODY)))
        return true;
    if (payload && payload->shape->type != SHAPE_STRUCTURE) {
        *(str *)member_room(arena, payload, out) = body;
        return true;
    }
    const struct json *json = json_parse(arena, body, NULL);
    if (!json)
        return false;
    if (!payload)
        return json_to_structure(arena, shape, json, NULL, out, &mismatch);
    return json_to_structure(arena, payload->shape, json, NULL, member_room(arena, payload, out), &mismatch);
}

static bool read_reply(struct arena *arena, const struct shape *output, const struct http_reply *reply,
                       void *out)
{
    if (!read_body(arena, output, reply->body, out))
        return false;
    for (const struct member *member = output->members; member < members_end(output); member++)
        if (!read_located(arena, member, reply, out))
            return false;
    return true;
}

static bool decode_reply(struct arena *arena, const struct operation *operation,
                         const struct http_reply *reply, void *out, struct failure *failure)
{
    if (reply->status >= 300) {
        json_read_failure(arena, reply, failure);
        return false;
    }
    if (!operation->output || read_reply(arena, operation->output, reply, out))
        return true;
    failure->error = &SERIALIZATION_EXCEPTION;
    failure->message = S("The reply could not be read");
    return false;
}

const struct protocol PROTOCOL_OF_REST_JSON = {PROTOCOL_REST_JSON, REST_JSON_REFUSALS, decode_request,
                                               encode_reply,       encode_error,       encode_request,
                                               decode_reply};
