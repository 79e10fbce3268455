#include "wire/event_stream.h"

#include "base/check.h"
#include "base/hash.h"
#include "base/limits.h"
#include "base/list.h"

enum { LENGTHS_BYTES = 8, CRC_BYTES = 4, PRELUDE_BYTES = LENGTHS_BYTES + CRC_BYTES };
enum {
    SMALLEST_BYTES = PRELUDE_BYTES + CRC_BYTES,
    LONGEST_NAME = 255,
    LONGEST_TEXT = 32767,
    UUID_BYTES = 16
};

/* How a header's value is written on the wire. */
static const struct {
    unsigned char size; /* of the value, or of the length before it */
    bool text;          /* a length, then bytes */
} forms[] = {
    [EVENT_HEADER_TRUE] = {0, false},      [EVENT_HEADER_FALSE] = {0, false},
    [EVENT_HEADER_BYTE] = {1, false},      [EVENT_HEADER_SHORT] = {2, false},
    [EVENT_HEADER_INTEGER] = {4, false},   [EVENT_HEADER_LONG] = {8, false},
    [EVENT_HEADER_BYTES] = {2, true},      [EVENT_HEADER_TEXT] = {2, true},
    [EVENT_HEADER_TIMESTAMP] = {8, false}, [EVENT_HEADER_UUID] = {UUID_BYTES, false},
};
enum { HEADER_TYPES = sizeof forms / sizeof *forms };

/* ---- reading ---- */

static uint64_t unsigned_at(const char *at, size_t size)
{
    uint64_t number = 0;

    for (size_t i = 0; i < size; i++)
        number = number << 8 | (unsigned char)at[i];
    return number;
}

static int64_t signed_at(const char *at, size_t size)
{
    unsigned unused = (unsigned)(64 - size * 8);

    return (int64_t)(unsigned_at(at, size) << unused) >> unused;
}

/* Take `size` bytes off the front; false when there are fewer. */
static bool take(str *rest, size_t size, str *taken)
{
    if (rest->size < size)
        return false;
    *taken = str_head(*rest, size);
    *rest = str_from(*rest, size);
    return true;
}

static bool take_number(str *rest, size_t size, size_t *number)
{
    str bytes;

    if (!take(rest, size, &bytes))
        return false;
    *number = (size_t)unsigned_at(bytes.data, size);
    return true;
}

static bool take_value(str *rest, struct event_header *header)
{
    size_t size = forms[header->type].size, length;
    str value;

    if (forms[header->type].text)
        return take_number(rest, size, &length) && length <= LONGEST_TEXT &&
               take(rest, length, &header->text);
    if (!take(rest, size, &value))
        return false;
    if (header->type == EVENT_HEADER_UUID)
        header->text = value;
    else if (size > 0)
        header->number = signed_at(value.data, size);
    return true;
}

static bool take_header(str *rest, struct event_header *header)
{
    size_t length, type;

    if (!take_number(rest, 1, &length) || length == 0 || !take(rest, length, &header->name) ||
        !take_number(rest, 1, &type) || type >= HEADER_TYPES)
        return false;
    header->type = (enum event_header_type)type;
    return take_value(rest, header);
}

static bool read_headers(struct arena *arena, str rest, struct event_message *message)
{
    struct event_header header = {0};

    while (rest.size > 0) {
        if (message->count == LIMIT_EVENT_HEADERS || !take_header(&rest, &header) ||
            event_header(message, header.name))
            return false;
        *list_add(arena, message) = header;
        header = (struct event_header){0};
    }
    return true;
}

static bool crc_is(str bytes, const char *crc)
{
    return crc32_of(bytes) == (uint32_t)unsigned_at(crc, CRC_BYTES);
}

/* Do the two lengths fit each other and the limits? */
static bool lengths_are_good(size_t total, size_t headers)
{
    return total >= SMALLEST_BYTES && headers <= LIMIT_EVENT_HEADERS_BYTES &&
           headers <= total - SMALLEST_BYTES && total - SMALLEST_BYTES - headers <= LIMIT_EVENT_PAYLOAD_BYTES;
}

enum event_result event_message_read(struct arena *arena, str *stream, struct event_message *message)
{
    if (stream->size < PRELUDE_BYTES)
        return EVENT_INCOMPLETE;
    size_t total = (size_t)unsigned_at(stream->data, 4), headers = (size_t)unsigned_at(stream->data + 4, 4);
    if (!crc_is(str_head(*stream, LENGTHS_BYTES), stream->data + LENGTHS_BYTES) ||
        !lengths_are_good(total, headers))
        return EVENT_BAD;
    if (stream->size < total)
        return EVENT_INCOMPLETE;
    size_t before_crc = total - CRC_BYTES;
    str whole = str_head(*stream, before_crc), inside = str_from(whole, PRELUDE_BYTES);
    *message = (struct event_message){.payload = str_from(inside, headers)};
    if (!crc_is(whole, stream->data + before_crc) || !read_headers(arena, str_head(inside, headers), message))
        return EVENT_BAD;
    *stream = str_from(*stream, total);
    return EVENT_OK;
}

const struct event_header *event_header(const struct event_message *message, str name)
{
    for (size_t i = 0; i < message->count; i++)
        if (str_equal(message->items[i].name, name))
            return &message->items[i];
    return NULL;
}

/* ---- writing ---- */

static void add_number(struct text *text, size_t size, uint64_t number)
{
    while (size-- > 0)
        text_add_char(text, (char)(number >> (size * 8)));
}

static bool fits(int64_t number, size_t size)
{
    int64_t most = size < 8 ? ((int64_t)1 << (size * 8 - 1)) - 1 : INT64_MAX;

    return number <= most && number >= -most - 1;
}

static void add_header(struct text *text, const struct event_header *header)
{
    size_t size = forms[header->type].size;

    check(header->name.size > 0 && header->name.size <= LONGEST_NAME);
    add_number(text, 1, header->name.size);
    text_add(text, header->name);
    add_number(text, 1, header->type);
    if (forms[header->type].text) {
        check(header->text.size <= LONGEST_TEXT);
        add_number(text, size, header->text.size);
        text_add(text, header->text);
    } else if (header->type == EVENT_HEADER_UUID) {
        check(header->text.size == UUID_BYTES);
        text_add(text, header->text);
    } else if (size > 0) {
        check(fits(header->number, size));
        add_number(text, size, (uint64_t)header->number);
    }
}

void event_message_write(struct text *text, const struct event_message *message)
{
    struct text headers = text_in(text->arena);
    size_t start = text->size;

    for (size_t i = 0; i < message->count; i++)
        add_header(&headers, &message->items[i]);
    check(lengths_are_good(SMALLEST_BYTES + headers.size + message->payload.size, headers.size));
    check(message->count <= LIMIT_EVENT_HEADERS);
    add_number(text, 4, SMALLEST_BYTES + headers.size + message->payload.size);
    add_number(text, 4, headers.size);
    add_number(text, CRC_BYTES, crc32_of(str_from(text_str(text), start)));
    text_add(text, text_str(&headers));
    text_add(text, message->payload);
    add_number(text, CRC_BYTES, crc32_of(str_from(text_str(text), start)));
}
