#include "unit.h"

#include "base/hash.h"
#include "base/limits.h"
#include "wire/event_stream.h"

static struct event_header all_types[] = {
    {STR_INIT("yes"), EVENT_HEADER_TRUE, 0, {0}},
    {STR_INIT("no"), EVENT_HEADER_FALSE, 0, {0}},
    {STR_INIT("byte"), EVENT_HEADER_BYTE, -128, {0}},
    {STR_INIT("short"), EVENT_HEADER_SHORT, 32767, {0}},
    {STR_INIT("integer"), EVENT_HEADER_INTEGER, INT32_MIN, {0}},
    {STR_INIT("long"), EVENT_HEADER_LONG, INT64_MAX, {0}},
    {STR_INIT("bytes"), EVENT_HEADER_BYTES, 0, STR_INIT("\x00\xff")},
    {STR_INIT(":event-type"), EVENT_HEADER_TEXT, 0, STR_INIT("Records")},
    {STR_INIT("moment"), EVENT_HEADER_TIMESTAMP, 1363896240123, {0}},
    {STR_INIT("uuid"), EVENT_HEADER_UUID, 0, STR_INIT("0123456789abcdef")},
};
enum { TYPES = sizeof all_types / sizeof *all_types };

static str written(struct event_header *headers, size_t count, str payload)
{
    struct text text = text_in(&scratch);

    event_message_write(&text, &(struct event_message){headers, count, payload});
    return text_str(&text);
}

static enum event_result result_of(str stream)
{
    struct event_message message;

    return event_message_read(&scratch, &stream, &message);
}

/* The published example of an empty message, and one with a payload, with their published CRCs. */
TEST(the_known_messages_are_written)
{
    struct event_header content = {STR_INIT("content-type"), EVENT_HEADER_TEXT, 0,
                                   STR_INIT("application/json")};

    assert_text(hex_encode(&scratch, written(NULL, 0, S(""))), "000000100000000005c248eb7d98c8ff");
    assert_text(hex_encode(&scratch, written(NULL, 0, S("{'foo':'bar'}"))),
                "0000001d00000000fd528c5a7b27666f6f273a27626172277dc365393"
                "6");
    assert_text(hex_encode(&scratch, written(&content, 1, S("{'foo':'bar'}"))),
                "0000003d0000002007fd83960c636f6e74656e742d747970650700106170706c69636174696f6e2f6a736f6e"
                "7b27666f6f273a27626172277d8d9c08b1");
}

TEST(headers_of_every_type_are_read_back)
{
    str stream = written(all_types, TYPES, S("payload"));
    struct event_message message;

    assert_int_equal(event_message_read(&scratch, &stream, &message), EVENT_OK);
    assert_int_equal(stream.size, 0);
    assert_int_equal(message.count, TYPES);
    assert_text(message.payload, "payload");
    for (size_t i = 0; i < TYPES; i++) {
        assert_str(message.items[i].name, all_types[i].name);
        assert_int_equal(message.items[i].type, all_types[i].type);
        assert_int_equal(message.items[i].number, all_types[i].number);
        assert_true(str_equal(message.items[i].text, all_types[i].text));
    }
    assert_text(event_header(&message, S(":event-type"))->text, "Records");
    assert_null(event_header(&message, S("Event-Type")));
}

TEST(a_stream_gives_one_message_after_the_other)
{
    struct text text = text_in(&scratch);
    struct event_message message;

    text_add(&text, written(NULL, 0, S("one")));
    text_add(&text, written(NULL, 0, S("two")));
    str stream = text_str(&text);
    assert_int_equal(event_message_read(&scratch, &stream, &message), EVENT_OK);
    assert_text(message.payload, "one");
    assert_int_equal(event_message_read(&scratch, &stream, &message), EVENT_OK);
    assert_text(message.payload, "two");
    assert_int_equal(event_message_read(&scratch, &stream, &message), EVENT_INCOMPLETE);
}

TEST(a_message_that_is_cut_anywhere_is_incomplete)
{
    str whole = written(all_types, TYPES, S("payload"));

    for (size_t size = 0; size < whole.size; size++)
        assert_int_equal(result_of(str_head(whole, size)), EVENT_INCOMPLETE);
    assert_int_equal(result_of(whole), EVENT_OK);
}

TEST(a_bit_that_is_turned_anywhere_is_found)
{
    str whole = written(all_types, TYPES, S("payload"));

    for (size_t i = 0; i < whole.size * 8; i++) {
        str copy = arena_copy(&scratch, whole);
        ((char *)(uintptr_t)copy.data)[i / 8] ^= (char)(1 << i % 8);
        assert_int_equal(result_of(copy), EVENT_BAD);
    }
}

static void add_u32(struct text *text, size_t number)
{
    for (int shift = 24; shift >= 0; shift -= 8)
        text_add_char(text, (char)(number >> shift));
}

/* A message with these lengths and right CRCs around any bytes. */
static str sealed(size_t total, size_t headers, str inside)
{
    struct text text = text_in(&scratch);

    add_u32(&text, total);
    add_u32(&text, headers);
    add_u32(&text, crc32_of(text_str(&text)));
    text_add(&text, inside);
    add_u32(&text, crc32_of(text_str(&text)));
    return text_str(&text);
}

static enum event_result with_headers(str headers)
{
    return result_of(sealed(16 + headers.size, headers.size, headers));
}

TEST(headers_that_do_not_fit_their_length_are_refused)
{
    assert_int_equal(with_headers(S("\1a\0")), EVENT_OK);
    assert_int_equal(with_headers(S("\1a\4\0\0\0\1")), EVENT_OK);
    assert_int_equal(with_headers(S("\1a\4\0\0\0")), EVENT_BAD);
    assert_int_equal(with_headers(S("\1a")), EVENT_BAD);
    assert_int_equal(with_headers(S("\2a")), EVENT_BAD);
    assert_int_equal(with_headers(S("\0\0")), EVENT_BAD);
    assert_int_equal(with_headers(S("\1a\7\0\1x")), EVENT_OK);
    assert_int_equal(with_headers(S("\1a\7\0\2x")), EVENT_BAD);
    assert_int_equal(with_headers(S("\1a\7\0")), EVENT_BAD);
    assert_int_equal(with_headers(S("\1a\11"
                                    "0123456789abcde")),
                     EVENT_BAD);
}

TEST(a_header_of_no_type_is_refused)
{
    assert_int_equal(with_headers(S("\1a\12")), EVENT_BAD);
    assert_int_equal(with_headers(S("\1a\377")), EVENT_BAD);
}

TEST(a_header_that_is_there_twice_is_refused)
{
    assert_int_equal(with_headers(S("\1a\0\1b\0")), EVENT_OK);
    assert_int_equal(with_headers(S("\1a\0\1a\1")), EVENT_BAD);
}

TEST(lengths_that_do_not_fit_each_other_are_refused_at_once)
{
    assert_int_equal(result_of(sealed(15, 0, S(""))), EVENT_BAD);
    assert_int_equal(result_of(sealed(16, 1, S(""))), EVENT_BAD);
    assert_int_equal(result_of(sealed(0, 0, S(""))), EVENT_BAD);
    assert_int_equal(result_of(sealed(0xffffffff, 0, S(""))), EVENT_BAD);
    assert_int_equal(result_of(sealed(16, 0xffffffff, S(""))), EVENT_BAD);
}

TEST(a_message_is_as_large_as_the_limits_allow_and_no_larger)
{
    size_t headers = LIMIT_EVENT_HEADERS_BYTES, payload = LIMIT_EVENT_PAYLOAD_BYTES;

    assert_int_equal(result_of(sealed(16 + payload, 0, S(""))), EVENT_INCOMPLETE);
    assert_int_equal(result_of(sealed(16 + payload + 1, 0, S(""))), EVENT_BAD);
    assert_int_equal(result_of(sealed(16 + headers, headers, S(""))), EVENT_INCOMPLETE);
    assert_int_equal(result_of(sealed(16 + headers + 1, headers + 1, S(""))), EVENT_BAD);
}

static str many_headers(size_t count)
{
    struct text text = text_in(&scratch);

    for (size_t i = 0; i < count; i++)
        text_format(&text, "\3%03zu%c", i, 0);
    return text_str(&text);
}

TEST(there_are_as_many_headers_as_the_limit_and_no_more)
{
    assert_int_equal(with_headers(many_headers(LIMIT_EVENT_HEADERS)), EVENT_OK);
    assert_int_equal(with_headers(many_headers(LIMIT_EVENT_HEADERS + 1)), EVENT_BAD);
}

TESTS(test(the_known_messages_are_written), test(headers_of_every_type_are_read_back),
      test(a_stream_gives_one_message_after_the_other), test(a_message_that_is_cut_anywhere_is_incomplete),
      test(a_bit_that_is_turned_anywhere_is_found), test(headers_that_do_not_fit_their_length_are_refused),
      test(a_header_of_no_type_is_refused), test(a_header_that_is_there_twice_is_refused),
      test(lengths_that_do_not_fit_each_other_are_refused_at_once),
      test(a_message_is_as_large_as_the_limits_allow_and_no_larger),
      test(there_are_as_many_headers_as_the_limit_and_no_more))
