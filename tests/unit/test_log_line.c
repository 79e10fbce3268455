#include "unit.h"

#include "base/log.h"

enum { TIME_MS = 1000 };

#define LINE(format, ...)                                                                                    \
    log_line(&scratch, (format),                                                                             \
             &(struct log_event){TIME_MS, LOG_WARN, LOG_MESSAGE(__VA_ARGS__, LOG_END),                       \
                                 (const struct log_field[]){LOG_FIELDS(__VA_ARGS__, LOG_END)}})
#define TEXT_HEAD "1970-01-01T00:00:01.000Z warn "
#define JSON_HEAD "{\"time\":\"1970-01-01T00:00:01.000Z\",\"level\":\"warn\",\"message\":"

TEST(an_event_without_fields_is_its_message)
{
    assert_text(LINE(LOG_AS_TEXT, S("stopping now")), TEXT_HEAD "stopping now");
    assert_text(LINE(LOG_AS_JSON, S("stopping now")), JSON_HEAD "\"stopping now\"}");
}

TEST(both_formats_are_made_of_the_same_fields)
{
    const char *text =
        TEXT_HEAD "m word=a:b=c/d two=\"a b\" none=\"\" least=-9223372036854775808 most=9223372036854775807";
    const char *json =
        JSON_HEAD "\"m\",\"word\":\"a:b=c/d\",\"two\":\"a b\",\"none\":\"\",\"least\":-9223372036854775808,"
                  "\"most\":9223372036854775807}";
    str lines[2];

    for (int format = LOG_AS_TEXT; format <= LOG_AS_JSON; format++)
        lines[format] =
            LINE((enum log_format)format, S("m"), log_field("word", S("a:b=c/d")), log_field("two", "a b"),
                 log_field("none", S("")), log_field("least", INT64_MIN), log_field("most", UINT64_MAX));
    assert_str(lines[LOG_AS_TEXT], str_of(text));
    assert_str(lines[LOG_AS_JSON], str_of(json));
}

TEST(an_absent_text_leaves_its_field_out)
{
    assert_text(LINE(LOG_AS_TEXT, S("m"), log_field("a", (str){0}), log_field("b", 1)), TEXT_HEAD "m b=1");
    assert_text(LINE(LOG_AS_JSON, S("m"), log_field("a", (str){0}), log_field("b", 1)),
                JSON_HEAD "\"m\",\"b\":1}");
}

TEST(a_field_that_the_message_says_is_in_json_only)
{
    assert_text(LINE(LOG_AS_TEXT, S("got 200"), log_said_field("status", 200)), TEXT_HEAD "got 200");
    assert_text(LINE(LOG_AS_JSON, S("got 200"), log_said_field("status", 200)),
                JSON_HEAD "\"got 200\",\"status\":200}");
}

TEST(a_line_is_one_line_of_utf8)
{
    str bad = S("a\n\"\\\x1f\x7f\xc3\x28\xed\xa0\x80\xe6\xbc\xa2\xff");

#define ESCAPED                                                                                              \
    "a\\u000a%s\"%s\\\\u001f\\u007f\xef\xbf\xbd("                                                            \
    "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xe6\xbc\xa2\xef\xbf\xbd"
    str plain = arena_format(&scratch, ESCAPED, "", ""), quoted = arena_format(&scratch, ESCAPED, "\\", "\\");
    assert_str(LINE(LOG_AS_TEXT, bad, log_field("k", bad)),
               arena_concat(&scratch, S(TEXT_HEAD), plain, S(" k=\""), quoted, S("\"")));
    assert_str(LINE(LOG_AS_JSON, bad, log_field("k", bad)),
               arena_concat(&scratch, S(JSON_HEAD "\""), quoted, S("\",\"k\":\""), quoted, S("\"}")));
}

/* `size` bytes: x, and then characters of three bytes. */
static str text_of(size_t size)
{
    char *text = arena_alloc(&scratch, size);

    text[0] = 'x';
    for (size_t i = 1; i < size; i++)
        text[i] = "\xe6\xbc\xa2"[(i - 1) % 3];
    return (str){text, size};
}

TEST(a_long_text_is_cut_between_characters)
{
    str whole = text_of(LOG_TEXT_BYTES - 2), last = text_of(LOG_TEXT_BYTES + 1);

    assert_str(LINE(LOG_AS_JSON, S("m"), log_field("k", whole)),
               arena_concat(&scratch, S(JSON_HEAD "\"m\",\"k\":\""), whole, S("\"}")));
    assert_str(LINE(LOG_AS_JSON, S("m"), log_field("k", last)),
               arena_concat(&scratch, S(JSON_HEAD "\"m\",\"k\":\""), whole, S("\"}")));
}

TESTS(test(an_event_without_fields_is_its_message), test(both_formats_are_made_of_the_same_fields),
      test(an_absent_text_leaves_its_field_out), test(a_field_that_the_message_says_is_in_json_only),
      test(a_line_is_one_line_of_utf8), test(a_long_text_is_cut_between_characters))
