/*
 * fuzz_event_stream.c: a message that was read is written the same, byte for byte, with right CRCs.  The
 * fuzzer rarely finds right CRCs, so the input's headers and payload are also tried in a message with CRCs of
 * our own.
 */
#include "base/hash.h"
#include "base/limits.h"
#include "fuzz.h"
#include "wire/event_stream.h"

static void read_all(struct arena *arena, str stream)
{
    struct event_message message;
    str before = stream;

    while (event_message_read(arena, &stream, &message) == EVENT_OK) {
        struct text text = text_in(arena);
        event_message_write(&text, &message);
        check(str_equal(text_str(&text), str_head(before, before.size - stream.size)));
        before = stream;
    }
}

static str in_a_message(struct arena *arena, str headers, str payload)
{
    struct text text = text_in(arena);
    uint32_t numbers[] = {(uint32_t)(16 + headers.size + payload.size), (uint32_t)headers.size};

    for (size_t i = 0; i < 2; i++)
        for (int shift = 24; shift >= 0; shift -= 8)
            text_add_char(&text, (char)(numbers[i] >> shift));
    for (int round = 0; round < 2; round++) {
        uint32_t crc = crc32_of(text_str(&text));
        for (int shift = 24; shift >= 0; shift -= 8)
            text_add_char(&text, (char)(crc >> shift));
        if (round == 0) {
            text_add(&text, headers);
            text_add(&text, payload);
        }
    }
    return text_str(&text);
}

FUZZ(arena, input)
{
    read_all(arena, input);
    if (input.size <= LIMIT_EVENT_HEADERS_BYTES)
        read_all(arena, in_a_message(arena, input, S("payload")));
}
