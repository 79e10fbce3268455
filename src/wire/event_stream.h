#pragma once

/*
 * event_stream.h: messages of application/vnd.amazon.eventstream, both ways.
 * https://smithy.io/2.0/aws/amazon-eventstream.html
 *
 *     total length (4), length of the headers (4), CRC of these two (4), headers, payload, CRC of all (4)
 *
 * A stream is one message after the other.  Each message tells its own length, and may arrive in pieces.
 */
#include "base/text.h"

enum event_header_type {
    EVENT_HEADER_TRUE,
    EVENT_HEADER_FALSE,
    EVENT_HEADER_BYTE,
    EVENT_HEADER_SHORT,
    EVENT_HEADER_INTEGER,
    EVENT_HEADER_LONG,
    EVENT_HEADER_BYTES,
    EVENT_HEADER_TEXT,
    EVENT_HEADER_TIMESTAMP, /* milliseconds since 1970 */
    EVENT_HEADER_UUID,      /* 16 bytes */
};

struct event_header {
    str name; /* ":event-type" */
    enum event_header_type type;
    int64_t number; /* of byte, short, integer, long and timestamp */
    str text;       /* of bytes, text and uuid */
};

struct event_message {
    struct event_header *items; /* the headers, in order; each name once */
    size_t count;
    str payload;
};

enum event_result {
    EVENT_OK,
    EVENT_INCOMPLETE, /* more bytes are needed */
    EVENT_BAD,        /* the stream is broken: no further message can be found in it */
};

/*
 * Take the first message off *stream.  Names, texts and the payload borrow from it.  A message larger than
 * LIMIT_EVENT_HEADERS_BYTES and LIMIT_EVENT_PAYLOAD_BYTES allow is bad as soon as its lengths have arrived.
 */
enum event_result event_message_read(struct arena *arena, str *stream, struct event_message *message);
/* The first header of that name, NULL when the message has no such header. */
const struct event_header *event_header(const struct event_message *message, str name);

/*
 * Append the message.  The caller makes sure that names have 1 to 255 bytes, texts and bytes at most 32767,
 * that numbers fit their type, and that headers and payload keep to their limits.
 */
void event_message_write(struct text *text, const struct event_message *message);
