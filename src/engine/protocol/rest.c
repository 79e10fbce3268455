/*
 * rest.c: members in their places: path, query, headers, status, payload; the protocol encodes the document.
 */
#include "engine/protocol/rest.h"

#include "engine/protocol/errors.h"
#include "engine/protocol/rest_path.h"

#include "base/list.h"
#include "base/utf8.h"
#include "wire/uri.h"

static const struct member *find_location(const struct shape *shape, enum location location)
{
    for (const struct member *member = shape->members; member < members_end(shape); member++)
        if (member->location == location)
            return member;
    return NULL;
}

/*
 * Headers use HTTP's dates unless the model names another format; the other places use ISO 8601, as XML does.
 */
static enum timestamp_format format_of(const struct member *member)
{
    bool in_header = member->location == IN_HEADER;

    return member->timestamp_format == TIMESTAMP_DEFAULT && in_header ? TIMESTAMP_HTTP
                                                                      : member->timestamp_format;
}

/* ---- lists in headers ---- */

/* A quoted item, "a \"b\", c", without its quotes. */
static bool take_quoted(struct arena *arena, str *rest, str *item)
{
    struct text text = text_in(arena);
    size_t at = 1;

    while (at < rest->size && rest->data[at] != '"') {
        at += rest->data[at] == '\\' && at + 1 < rest->size;
        text_add_char(&text, rest->data[at++]);
    }
    if (at == rest->size)
        return false;
    str after = str_trim(str_from(*rest, at + 1));
    *item = text_str(&text);
    *rest = after.size ? str_from(after, 1) : (str){0};
    return after.size == 0 || after.data[0] == ',';
}

/* An HTTP date has a comma of its own. */
static str take_plain(str *rest, bool dates)
{
    str item = {0}, more;

    str_next(rest, ',', &item);
    if (dates && str_next(rest, ',', &more))
        item.size = (size_t)(more.data + more.size - item.data);
    return str_trim(item);
}

static bool read_header_list(struct arena *arena, const struct member *member, str text, void *list)
{
    const struct shape *element = member->shape->element;
    enum timestamp_format format = format_of(member);
    struct items items = {list_grow(arena, NULL, 0, element->size), 0};
    str rest = text.size > 0 ? text : (str){0}, item;

    while (str_present(rest)) {
        rest = str_trim(rest);
        if (!str_starts_with(rest, S("\"")))
            item = take_plain(&rest, element->type == SHAPE_TIMESTAMP && format == TIMESTAMP_HTTP);
        else if (!take_quoted(arena, &rest, &item))
            return false;
        items.data = list_grow(arena, items.data, items.count, element->size);
        if (!scalar_from_text(arena, element, format, item, items.data + items.count++ * element->size))
            return false;
    }
    items_write(list, items);
    return true;
}

static bool read_header(struct arena *arena, const struct member *member, str text, void *structure)
{
    void *room = member_room(arena, member, structure);

    if (!utf8_valid(text))
        return false;
    return member->shape->type == SHAPE_LIST
               ? read_header_list(arena, member, text, room)
               : scalar_from_text(arena, member->shape, format_of(member), text, room);
}

static bool needs_quotes(str item)
{
    return str_index(item, ',') >= 0 || str_index(item, '"') >= 0;
}

static void add_header_item(struct text *text, const struct shape *element, str item)
{
    if (element->type != SHAPE_STRING || !needs_quotes(item)) {
        text_add(text, item);
        return;
    }
    text_add_char(text, '"');
    for (size_t i = 0; i < item.size; i++) {
        if (item.data[i] == '"' || item.data[i] == '\\')
            text_add_char(text, '\\');
        text_add_char(text, item.data[i]);
    }
    text_add_char(text, '"');
}

static str header_list_text(struct arena *arena, const struct member *member, struct items items)
{
    const struct shape *element = member->shape->element;
    struct text text = text_in(arena);

    for (size_t i = 0; i < items.count; i++) {
        if (i > 0)
            text_add(&text, S(", "));
        add_header_item(&text, element,
                        scalar_to_text(arena, element, format_of(member), items.data + i * element->size));
    }
    return text_str(&text);
}

/* ---- requests, the server's side ---- */

static bool refuse(const struct call *call, const struct member *member)
{
    fail(call, &SERIALIZATION_EXCEPTION, "STRING_VALUE can not be converted to the type of %.*s",
         STR_ARGS(member->query_name));
    return false;
}

static bool decode_scalar(const struct call *call, const struct member *member, const struct shape *shape,
                          str text, void *value)
{
    return (utf8_valid(text) && scalar_from_text(call->arena, shape, format_of(member), text, value)) ||
           refuse(call, member);
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

static void write_list_of_one(struct arena *arena, const struct shape *list, str text, void *place)
{
    struct items items = {list_grow(arena, NULL, 0, item_size(list)), 1};

    *(str *)(void *)items.data = text;
    items_write(place, items);
}

/*
 * A map in the query gets all parameters, even those of other members, as in Smithy's servers.  In a map of
 * lists a repeated name has all its values.
 */
static void read_parameters(struct arena *arena, const struct member *member, const struct form *query,
                            void *structure)
{
    const struct shape *shape = member->shape;
    struct items map = {0};

    for (size_t i = 0; i < query->count; i++) {
        map.data = list_grow(arena, map.data, map.count, item_size(shape));
        char *entry = map.data + map.count++ * item_size(shape);
        *entry_key(entry) = query->items[i].name;
        if (shape->element->type == SHAPE_LIST)
            write_list_of_one(arena, shape->element, query->items[i].value, entry + MAP_VALUE_OFFSET);
        else
            *(str *)(void *)(entry + MAP_VALUE_OFFSET) = query->items[i].value;
    }
    void *room = member_room(arena, member, structure);
    items_write(room, map);
    if (shape->element->type == SHAPE_LIST)
        map_join_repeats(arena, shape, room);
    else
        map_drop_repeats(arena, shape, room);
}

static bool decode_query(const struct call *call, const struct member *member, const struct form *query,
                         void *in)
{
    if (member->shape->type == SHAPE_MAP) {
        read_parameters(call->arena, member, query, in);
        return true;
    }
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

    if (!str_present(text) || read_header(call->arena, member, text, in))
        return true;
    return refuse(call, member);
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

/* A payload that is a structure is a document; anything else is the body's bytes. */
static bool decode_payload(const struct call *call, const struct rest_body *rest,
                           const struct member *payload, str body, void *in)
{
    if (body.size == 0)
        return true;
    void *room = member_room(call->arena, payload, in);
    if (payload->shape->type == SHAPE_STRUCTURE)
        return rest->decode(call, payload->shape, body, room);
    *(str *)room = body;
    return true;
}

static bool decode_body(const struct call *call, const struct rest_body *rest, const struct shape *input,
                        str body, void *in)
{
    const struct member *payload = find_location(input, IN_PAYLOAD);

    if (!payload && find_location(input, IN_BODY))
        return rest->decode(call, input, body, in);
    mark_missing(input, in);
    return !payload || decode_payload(call, rest, payload, body, in);
}

bool rest_decode_request(const struct call *call, const struct rest_body *rest,
                         const struct http_request *request, void *in)
{
    const struct shape *input = call->operation->input;
    struct form query;

    if (!input)
        return true;
    if (!form_parse(call->arena, request->query, &query)) {
        fail(call, &SERIALIZATION_EXCEPTION, "The query string is not well encoded");
        return false;
    }
    if (!decode_body(call, rest, input, request->body, in))
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
    str text = member->shape->type == SHAPE_LIST
                   ? header_list_text(arena, member, items_read(value))
                   : scalar_to_text(arena, member->shape, format_of(member), value);

    if (text.size > 0)
        http_header_add(arena, headers, member->query_name, text);
}

static void write_header_map(struct arena *arena, const struct member *member, const struct str_map *map,
                             struct http_headers *headers)
{
    for (size_t i = 0; i < map->count; i++)
        http_header_add(arena, headers, arena_join(arena, member->query_name, map->items[i].key),
                        map->items[i].value);
}

struct body {
    str bytes, media_type; /* absent when the message has no body */
};

/* The body of a message of that shape: its payload, or the document of the members without another place. */
static struct body body_of(struct arena *arena, const struct rest_body *rest, const struct service *service,
                           const struct shape *shape, const void *structure)
{
    const struct member *payload = find_location(shape, IN_PAYLOAD);
    struct body body = {S(""), rest->media_type};

    if (!payload) {
        if (find_location(shape, IN_BODY))
            body.bytes = rest->encode(arena, service, shape, structure);
        return body;
    }
    const void *value = member_value(payload, structure);
    if (payload->shape->type != SHAPE_STRUCTURE)
        body.media_type = payload->shape->type == SHAPE_BLOB ? rest->blob_media_type : rest->text_media_type;
    if (value)
        body.bytes = payload->shape->type == SHAPE_STRUCTURE
                         ? rest->encode(arena, service, payload->shape, value)
                         : *(const str *)value;
    return body;
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

void rest_encode_reply(const struct call *call, const struct rest_body *rest, const void *out,
                       struct http_reply *reply)
{
    const struct operation *operation = call->operation;
    const struct shape *output = operation->output;
    bool no_output = operation->flags & OPERATION_NO_OUTPUT;

    reply->status = operation->http_status ? operation->http_status : 200;
    struct body body = {.bytes = S("")};
    if (output && !no_output)
        body = body_of(call->arena, rest, operation->service, output, out);
    reply->body = body.bytes;
    if (reply->body.size > 0)
        reply->content_type = body.media_type;
    add_request_id(call, reply);
    if (!output)
        return;
    for (const struct member *member = output->members; member < members_end(output); member++) {
        const void *value = member_value(member, out);
        if (value)
            write_located(call->arena, member, value, reply);
    }
}

void rest_write_error_headers(const struct call *call, struct http_reply *reply)
{
    const struct failure *failure = &call->progress->failure;
    const void *details = failure->details ? failure->details : failure->error->defaults;
    const struct shape *shape = details ? failure->error->shape : NULL;

    for (size_t i = 0; shape && i < shape->member_count; i++) {
        const void *value = member_value(&shape->members[i], details);
        if (value && shape->members[i].location == IN_HEADER)
            write_header(call->arena, &shape->members[i], value, &reply->headers);
    }
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

/* A list in the query repeats its name. */
static void write_parameter(struct text *query, str name, const struct shape *shape,
                            enum timestamp_format format, const void *value)
{
    if (shape->type != SHAPE_LIST) {
        form_add(query, name, scalar_to_text(query->arena, shape, format, value));
        return;
    }
    struct items items = items_read(value);
    for (size_t i = 0; i < items.count; i++)
        form_add(query, name,
                 scalar_to_text(query->arena, shape->element, format, items.data + i * shape->element->size));
}

static bool is_own_parameter(const struct shape *input, str name)
{
    for (const struct member *member = input->members; member < members_end(input); member++)
        if (member->location == IN_QUERY && member->shape->type != SHAPE_MAP &&
            str_equal(member->query_name, name))
            return true;
    return false;
}

/* A parameter of another member wins over the map's entry of that name. */
static void write_parameters(struct text *query, const struct shape *input, const struct member *member,
                             const void *value)
{
    struct items map = items_read(value);

    for (size_t i = 0; i < map.count; i++) {
        char *entry = map.data + i * item_size(member->shape);
        if (!is_own_parameter(input, *entry_key(entry)))
            write_parameter(query, *entry_key(entry), member->shape->element, TIMESTAMP_DEFAULT,
                            entry + MAP_VALUE_OFFSET);
    }
}

static void write_request_members(struct arena *arena, const struct shape *input, const void *in,
                                  struct text *query, struct http_request *request)
{
    for (const struct member *member = input->members; member < members_end(input); member++) {
        const void *value = member_value(member, in);
        if (!value)
            continue;
        if (member->location == IN_QUERY && member->shape->type == SHAPE_MAP)
            write_parameters(query, input, member, value);
        else if (member->location == IN_QUERY)
            write_parameter(query, member->query_name, member->shape, format_of(member), value);
        else if (member->location == IN_HEADER)
            write_header(arena, member, value, &request->headers);
        else if (member->location == IN_HEADERS)
            write_header_map(arena, member, value, &request->headers);
    }
}

void rest_encode_request(struct arena *arena, const struct rest_body *rest, const struct operation *operation,
                         const void *in, struct http_request *request)
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
    struct body body = {.bytes = S("")};
    if (operation->input)
        body = body_of(arena, rest, operation->service, operation->input, in);
    request->body = body.bytes;
    if (body.bytes.size > 0 && !str_present(http_header(&request->headers, S("Content-Type"))))
        http_header_add(arena, &request->headers, S("Content-Type"), body.media_type);
}

static bool read_located(struct arena *arena, const struct member *member, const struct http_reply *reply,
                         void *out)
{
    str text;

    switch (member->location) {
    case IN_STATUS:
        *(int64_t *)member_room(arena, member, out) = reply->status;
        return true;
    case IN_HEADERS:
        read_header_map(arena, member, &reply->headers, out);
        return true;
    case IN_HEADER:
        text = http_header(&reply->headers, member->query_name);
        return !str_present(text) || read_header(arena, member, text, out);
    default:
        return true;
    }
}

static bool read_body(struct arena *arena, const struct rest_body *rest, const struct shape *shape, str body,
                      void *out)
{
    const struct member *payload = find_location(shape, IN_PAYLOAD);

    if (body.size == 0 || (!payload && !find_location(shape, IN_BODY)))
        return true;
    if (!payload)
        return rest->read(arena, shape, body, out);
    void *room = member_room(arena, payload, out);
    if (payload->shape->type == SHAPE_STRUCTURE)
        return rest->read(arena, payload->shape, body, room);
    *(str *)room = body;
    return true;
}

bool rest_read_reply(struct arena *arena, const struct rest_body *rest, const struct shape *output,
                     const struct http_reply *reply, void *out)
{
    if (!read_body(arena, rest, output, reply->body, out))
        return false;
    for (const struct member *member = output->members; member < members_end(output); member++)
        if (!read_located(arena, member, reply, out))
            return false;
    return true;
}
