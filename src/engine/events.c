/*
 * events.c: replies that are streams of events, application/vnd.amazon.eventstream.
 * https://smithy.io/2.0/spec/streaming.html, https://smithy.io/2.0/aws/amazon-eventstream.html
 *
 * The output's member `in eventstream` is a union, and each piece of the reply is one event of it.  The other
 * members go before the first event: in REST in the head, in the other protocols in an event of their own,
 * initial-response.  The failure of a later run becomes an exception, which is the last message.
 */
#include "engine/engine_internal.h"
#include "engine/protocol/protocol_internal.h"

#include "wire/event_stream.h"

static const str stream_type = STR_INIT("application/vnd.amazon.eventstream");

static struct event_header header(const char *name, str value)
{
    return (struct event_header){.name = str_of(name), .type = EVENT_HEADER_TEXT, .text = value};
}

static void add_event(struct text *piece, str type, str content_type, str payload)
{
    struct event_header headers[] = {header(":message-type", S("event")), header(":event-type", type),
                                     header(":content-type", content_type)};

    event_message_write(piece, &(struct event_message){headers, sizeof headers / sizeof *headers, payload});
}

static str json_of(struct arena *arena, const struct shape *shape, const void *structure)
{
    struct json_writer writer = json_writer_in(arena);

    json_open_object(&writer);
    json_write_members(&writer, shape, structure);
    json_close_object(&writer);
    return json_written(&writer);
}

static const struct member *member_in(const struct shape *shape, enum location location)
{
    for (const struct member *member = shape->members; member < members_end(shape); member++)
        if (member->location == location)
            return member;
    return NULL;
}

/* The event is its payload, if it has one; otherwise a document. */
static void add_member(struct text *piece, const struct member *event, const void *value)
{
    const struct member *payload = member_in(event->shape, IN_PAYLOAD);

    if (!payload) {
        add_event(piece, event->json_name, S("application/json"), json_of(piece->arena, event->shape, value));
        return;
    }
    const str *bytes = member_value(payload, value);
    bool is_text = payload->shape->type == SHAPE_STRING;
    add_event(piece, event->json_name, is_text ? S("text/plain") : S("application/octet-stream"),
              bytes ? *bytes : S(""));
}

static void add_output(struct text *piece, const struct operation *operation, const void *out)
{
    const struct member *stream = member_in(operation->output, IN_EVENTS);
    const void *event = member_value(stream, out);

    for (const struct member *member = stream->shape->members; event && member < members_end(stream->shape);
         member++) {
        const void *value = member_value(member, event);
        if (value)
            add_member(piece, member, value);
    }
}

static void add_exception(struct text *piece, const struct failure *failure)
{
    struct json_writer writer = json_writer_in(piece->arena);
    struct event_header headers[] = {header(":message-type", S("exception")),
                                     header(":exception-type", str_of(failure->error->name)),
                                     header(":content-type", S("application/json"))};

    json_open_object(&writer);
    json_write_error(&writer, failure);
    json_close_object(&writer);
    event_message_write(
        piece, &(struct event_message){headers, sizeof headers / sizeof *headers, json_written(&writer)});
}

void events_encode_head(struct exchange *exchange, const struct protocol *protocol)
{
    struct http_reply *reply = &exchange->reply;
    struct text piece = text_in(&exchange->arena);

    protocol->encode_reply(&exchange->call, exchange->out, reply);
    if (protocol->name != PROTOCOL_REST_JSON)
        add_event(&piece, S("initial-response"), reply->content_type, reply->body);
    reply->content_type = stream_type;
    if (reply->more)
        add_output(&piece, exchange->operation, exchange->out);
    reply->body = text_str(&piece);
}

void events_encode_piece(struct exchange *exchange)
{
    struct text piece = text_in(&exchange->arena);

    if (exchange->outcome == FAILED)
        add_exception(&piece, &exchange->progress.failure);
    else if (exchange->reply.more)
        add_output(&piece, exchange->operation, exchange->out);
    exchange->reply.status = 200; /* already encoded as an exception */
    exchange->reply.body = text_str(&piece);
    exchange->outcome = DONE;
}
