/*
 * probe.c: the protocols without a server, for test_botocore.py: one JSON command per line on stdin, one JSON
 * answer per line on stdout.
 *
 *     {"do": "decode", "signing_name": …, "method": …, "target": …, "headers": {…}, "body": base64}
 *         routes and decodes a request; answers {"operation": …, "in": {…}} or {"error": …}
 *     {"do": "reply", "service": …, "operation": …, "protocol": …, "out": {…}}
 *     {"do": "fail", …, "error": "name", "message": …}
 *         answer the HTTP reply
 *     {"do": "request", "service": …, "operation": …, "protocol": …, "in": {…}}
 *         answers the HTTP request that our client would send
 *     {"do": "read", "service": …, "operation": …, "protocol": …, "status": …, "headers": {…}, "body": …}
 *         answers the reply as our client decodes it
 *     {"do": "event", "headers": [{"name": …, "type": …, "number": …, "text": base64}], "body": base64}
 *         answers {"body": the message of an event stream}
 *
 * To add a command, write its function and add a row to the table of commands.
 */
#include "base/hash.h"
#include "engine/call.h"
#include "engine/protocol/protocol.h"
#include "wire/event_stream.h"
#include "wire/json.h"

#include "tested_services.h"

#include <stdio.h>
#include <stdlib.h>

static const struct service *const services[] = {TESTED_SERVICES NULL};

static const struct operation *find_operation(const struct json *command)
{
    str service = json_get_str(command, S("service")), operation = json_get_str(command, S("operation"));

    for (const struct service *const *at = services; *at; at++)
        for (const struct operation *const *each = (*at)->operations; *each; each++)
            if (str_equal(str_of((*at)->name), service) && str_equal(str_of((*each)->name), operation))
                return *each;
    fprintf(stderr, "no operation %.*s.%.*s\n", STR_ARGS(service), STR_ARGS(operation));
    exit(1);
}

static const struct protocol *find_protocol(const struct json *command)
{
    static const char *const names[] = {
        [PROTOCOL_JSON_1_0] = "json-1.0", [PROTOCOL_JSON_1_1] = "json-1.1",
        [PROTOCOL_QUERY] = "query",       [PROTOCOL_REST_JSON] = "rest-json",
        [PROTOCOL_REST_XML] = "rest-xml", [PROTOCOL_RPC_V2_CBOR] = "rpc-v2-cbor"};
    str name = json_get_str(command, S("protocol"));

    for (size_t i = 1; i < sizeof names / sizeof *names; i++)
        if (str_equal(str_of(names[i]), name))
            return protocol_find((enum protocol_name)i);
    exit(1);
}

static str body_of(struct arena *arena, const struct json *command)
{
    str body = {0};

    base64_decode(arena, json_get_str(command, S("body")), &body);
    return body;
}

static struct http_headers headers_of(struct arena *arena, const struct json *command)
{
    const struct json *source = json_get(command, S("headers"));
    struct http_headers headers = {0};

    for (uint32_t i = 0; source && i < source->count; i++)
        http_header_add(arena, &headers, source->members[i].name, source->members[i].value.text);
    return headers;
}

static void write_headers(struct json_writer *writer, const struct http_headers *headers)
{
    json_name(writer, S("headers"));
    json_open_object(writer);
    for (size_t i = 0; i < headers->count; i++)
        json_field(writer, headers->items[i].name, headers->items[i].value);
    json_close_object(writer);
}

static void write_body(struct json_writer *writer, str body)
{
    json_field(writer, S("body"), base64_encode(writer->text.arena, body));
}

static void write_failure(struct json_writer *writer, const struct failure *failure)
{
    json_field(writer, S("error"), str_of(failure->error->name));
    json_field(writer, S("message"), failure->message);
}

static void *value_of(struct arena *arena, const struct shape *shape, const struct json *command, str name)
{
    struct json_writer writer = json_writer_in(arena);
    void *value = arena_alloc(arena, shape->size);

    json_value(&writer, json_get(command, name));
    if (!model_from_json(arena, shape, json_written(&writer), value))
        exit(1);
    return value;
}

static void do_decode(struct arena *arena, const struct json *command, struct json_writer *writer)
{
    struct http_request request = {.method = json_get_str(command, S("method")),
                                   .target = json_get_str(command, S("target")),
                                   .headers = headers_of(arena, command),
                                   .body = body_of(arena, command)};
    ptrdiff_t mark = str_index(request.target, '?');
    request.path = mark < 0 ? request.target : str_head(request.target, (size_t)mark);
    request.query = mark < 0 ? S("") : str_from(request.target, (size_t)mark + 1);

    struct route route = route_find(arena, services, &request, json_get_str(command, S("signing_name")));
    if (!route.operation)
        return;
    const struct shape *input = route.operation->input;
    struct call_progress progress = {0};
    struct call call = {.arena = arena, .operation = route.operation, .progress = &progress};
    void *in = arena_alloc(arena, input->size);
    json_field(writer, S("service"), str_of(route.service->name));
    json_field(writer, S("operation"), str_of(route.operation->name));
    if (!route.protocol->decode_request(&call, &request, in)) {
        write_failure(writer, &call.progress->failure);
        return;
    }
    json_name(writer, S("in"));
    json_raw(writer, model_to_json(arena, input, in));
}

static void write_reply(struct json_writer *writer, const struct http_reply *reply)
{
    json_name(writer, S("status"));
    json_i64(writer, reply->status);
    json_field(writer, S("content_type"), reply->content_type);
    write_headers(writer, &reply->headers);
    write_body(writer, reply->body);
}

static void do_reply(struct arena *arena, const struct json *command, struct json_writer *writer)
{
    const struct operation *operation = find_operation(command);
    struct call_progress progress = {0};
    struct call call = {
        .arena = arena, .operation = operation, .request_id = S("the-request-id"), .progress = &progress};
    struct http_reply reply = {0};

    find_protocol(command)->encode_reply(&call, value_of(arena, operation->output, command, S("out")),
                                         &reply);
    write_reply(writer, &reply);
}

static void do_fail(struct arena *arena, const struct json *command, struct json_writer *writer)
{
    const struct operation *operation = find_operation(command);
    struct call_progress progress = {0};
    struct call call = {
        .arena = arena, .operation = operation, .request_id = S("the-request-id"), .progress = &progress};
    struct http_reply reply = {0};

    fail(&call, operation->service->validation_error, "%.*s", STR_ARGS(json_get_str(command, S("message"))));
    find_protocol(command)->encode_error(&call, &reply);
    write_reply(writer, &reply);
}

static void do_request(struct arena *arena, const struct json *command, struct json_writer *writer)
{
    const struct operation *operation = find_operation(command);
    struct http_request request = {0};

    find_protocol(command)->encode_request(arena, operation,
                                           value_of(arena, operation->input, command, S("in")), &request);
    json_field(writer, S("method"), request.method);
    json_field(writer, S("target"), request.target);
    write_headers(writer, &request.headers);
    write_body(writer, request.body);
}

static void do_read(struct arena *arena, const struct json *command, struct json_writer *writer)
{
    const struct operation *operation = find_operation(command);
    int64_t status = 0;
    str_to_i64(json_get(command, S("status"))->text, &status);
    struct http_reply reply = {
        .status = (int)status, .headers = headers_of(arena, command), .body = body_of(arena, command)};
    void *out = arena_alloc(arena, operation->output->size);
    struct failure failure = {0};

    if (!find_protocol(command)->decode_reply(arena, operation, &reply, out, &failure)) {
        write_failure(writer, &failure);
        return;
    }
    json_name(writer, S("out"));
    json_raw(writer, model_to_json(arena, operation->output, out));
}

static int64_t number_of(const struct json *object, str name)
{
    int64_t number = 0;

    str_to_i64(json_get(object, name)->text, &number);
    return number;
}

static void do_event(struct arena *arena, const struct json *command, struct json_writer *writer)
{
    const struct json *headers = json_get(command, S("headers"));
    struct event_message message = {.payload = body_of(arena, command)};
    struct text text = text_in(arena);

    message.items = arena_alloc(arena, (headers->count + 1) * sizeof *message.items);
    for (; message.count < headers->count; message.count++) {
        const struct json *header = &headers->items[message.count];
        struct event_header *item = &message.items[message.count];
        item->name = json_get_str(header, S("name"));
        item->type = (enum event_header_type)number_of(header, S("type"));
        item->number = number_of(header, S("number"));
        base64_decode(arena, json_get_str(header, S("text")), &item->text);
    }
    event_message_write(&text, &message);
    write_body(writer, text_str(&text));
}

static void run(struct arena *arena, str line)
{
    static const struct {
        str name;
        void (*run)(struct arena *, const struct json *, struct json_writer *);
    } verbs[] = {{STR_INIT("decode"), do_decode}, {STR_INIT("reply"), do_reply},
                 {STR_INIT("fail"), do_fail},     {STR_INIT("request"), do_request},
                 {STR_INIT("read"), do_read},     {STR_INIT("event"), do_event}};
    const struct json *command = json_parse(arena, line, NULL);
    struct json_writer writer = json_writer_in(arena);

    json_open_object(&writer);
    for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++)
        if (str_equal(verbs[i].name, json_get_str(command, S("do"))))
            verbs[i].run(arena, command, &writer);
    json_close_object(&writer);
    str answer = json_written(&writer);
    printf("%.*s\n", STR_ARGS(answer));
    fflush(stdout);
}

int main(void)
{
    char *line = NULL;
    size_t capacity = 0;
    ssize_t size;

    while ((size = getline(&line, &capacity, stdin)) > 0) {
        struct arena arena = {0};
        run(&arena, (str){line, (size_t)size});
        arena_free(&arena);
    }
    free(line);
    return 0;
}
