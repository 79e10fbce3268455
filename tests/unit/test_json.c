#include "unit.h"

#include "base/limits.h"
#include "wire/json.h"

#include <math.h>
#include <stdlib.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

static const struct json *parse(str source)
{
    return json_parse(&scratch, source, NULL);
}

static str rewritten(str source)
{
    const struct json *value = parse(source);
    struct json_writer writer = json_writer_in(&scratch);

    assert_non_null(value);
    json_value(&writer, value);
    return json_written(&writer);
}

/* Parsed from a copy of its exact size, so that the sanitizer reports reading past the end. */
static bool accepted(str source)
{
    char *copy = malloc(source.size + 1);

    memcpy(copy, source.data, source.size);
    copy = realloc(copy, source.size ? source.size : 1);
    bool valid = parse((str){copy, source.size}) != NULL;
    free(copy);
    return valid;
}

static void assert_all(const str *sources, size_t count, bool expected)
{
    for (size_t i = 0; i < count; i++)
        if (accepted(sources[i]) != expected)
            fail_msg("%s: %.*s", expected ? "refused" : "accepted", STR_ARGS(sources[i]));
}

TEST(every_kind_of_value_is_accepted)
{
    static const str good[] = {STR_INIT("null"),
                               STR_INIT("true"),
                               STR_INIT("false"),
                               STR_INIT("\"\""),
                               STR_INIT("[]"),
                               STR_INIT("{}"),
                               STR_INIT(" \t\r\n[ ] "),
                               STR_INIT("{ \"a\" : [ 1 , 2 ] , \"\" : { } }"),
                               STR_INIT("[[],[[]],{}]"),
                               STR_INIT("\"\x7f\""),
                               STR_INIT("[\"\\u0000\"]"),
                               STR_INIT("\"\xe2\x82\xac\"")};

    assert_all(good, COUNT(good), true);
}

TEST(numbers_within_the_grammar_are_accepted)
{
    static const str good[] = {
        STR_INIT("0"),    STR_INIT("-0"),    STR_INIT("1"),
        STR_INIT("-12"),  STR_INIT("0.5"),   STR_INIT("1e5"),
        STR_INIT("1E+5"), STR_INIT("1e-05"), STR_INIT("123456789012345678901234567890.5e400")};

    assert_all(good, COUNT(good), true);
}

TEST(numbers_outside_the_grammar_are_refused)
{
    static const str bad[] = {STR_INIT("-"),        STR_INIT("+1"),    STR_INIT("01"),   STR_INIT("-01"),
                              STR_INIT("1."),       STR_INIT(".5"),    STR_INIT("1.e5"), STR_INIT("1e"),
                              STR_INIT("1e+"),      STR_INIT("1e+-5"), STR_INIT("0x10"), STR_INIT("1_000"),
                              STR_INIT("Infinity"), STR_INIT("NaN"),   STR_INIT("-NaN"), STR_INIT("1 2"),
                              STR_INIT("--1"),      STR_INIT("1a")};

    assert_all(bad, COUNT(bad), false);
}

TEST(broken_structure_is_refused)
{
    static const str bad[] = {STR_INIT(""),          STR_INIT(" "),
                              STR_INIT("["),         STR_INIT("]"),
                              STR_INIT("{"),         STR_INIT("}"),
                              STR_INIT("[1"),        STR_INIT("[1,"),
                              STR_INIT("[1,]"),      STR_INIT("[,1]"),
                              STR_INIT("[1,,2]"),    STR_INIT("[1 2]"),
                              STR_INIT("[1}"),       STR_INIT("{\"a\"}"),
                              STR_INIT("{\"a\":}"),  STR_INIT("{\"a\":1,}"),
                              STR_INIT("{,}"),       STR_INIT("{a:1}"),
                              STR_INIT("{1:1}"),     STR_INIT("{'a':1}"),
                              STR_INIT("{\"a\" 1}"), STR_INIT("{\"a\":1 \"b\":2}"),
                              STR_INIT("{\"a\":1]"), STR_INIT("{\"a\"::1}"),
                              STR_INIT("[1]x"),      STR_INIT("[][]"),
                              STR_INIT("nul"),       STR_INIT("True"),
                              STR_INIT("nulls"),     STR_INIT("/* */ 1"),
                              STR_INIT("1 // one"),  STR_INIT("\xef\xbb\xbf{}"),
                              STR_INIT("\0"),        STR_INIT("1\0"),
                              STR_INIT("\f1")};

    assert_all(bad, COUNT(bad), false);
}

TEST(broken_strings_are_refused)
{
    static const str bad[] = {STR_INIT("\""),          STR_INIT("\"a"),
                              STR_INIT("\"\\\""),      STR_INIT("\"\\"),
                              STR_INIT("\"\\x41\""),   STR_INIT("\"\\u12\""),
                              STR_INIT("\"\\u12G4\""), STR_INIT("\"\\u"),
                              STR_INIT("\"\\U0041\""), STR_INIT("\"a\nb\""),
                              STR_INIT("\"a\tb\""),    STR_INIT("\"a\0b\""),
                              STR_INIT("\"\x1f\""),    STR_INIT("'a'"),
                              STR_INIT("\"\\\n\""),    STR_INIT("\"01234567\x01\"")};

    assert_all(bad, COUNT(bad), false);
}

TEST(invalid_utf8_is_refused)
{
    static const str bad[] = {STR_INIT("\"\x80\""),
                              STR_INIT("\"\xc0\xaf\""),
                              STR_INIT("\"\xc1\xbf\""),
                              STR_INIT("\"\xe0\x80\x80\""),
                              STR_INIT("\"\xed\xa0\x80\""),
                              STR_INIT("\"\xf0\x80\x80\x80\""),
                              STR_INIT("\"\xf4\x90\x80\x80\""),
                              STR_INIT("\"\xf5\x80\x80\x80\""),
                              STR_INIT("\"\xff\""),
                              STR_INIT("\"\xe2\x82\""),
                              STR_INIT("\"\xe2"),
                              STR_INIT("\"\xf0\x9f\x98"),
                              STR_INIT("{\"\xff\":1}"),
                              STR_INIT("\"\\\xe2\x82\xac\"")};

    assert_all(bad, COUNT(bad), false);
}

TEST(a_lone_surrogate_is_refused)
{
    static const str bad[] = {STR_INIT("\"\\ud800\""),        STR_INIT("\"\\udc00\""),
                              STR_INIT("\"\\ud800\\ud800\""), STR_INIT("\"\\ud83dx\""),
                              STR_INIT("\"\\ud83d\\n\""),     STR_INIT("\"\\ude00\\ud83d\""),
                              STR_INIT("\"\\ud83d\\u0041\""), STR_INIT("\"\\ud83d\\")};

    assert_all(bad, COUNT(bad), false);
}

TEST(escapes_become_what_they_mean)
{
    assert_text(parse(S("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\""))->text, "\"\\/\b\f\n\r\t");
    assert_text(parse(S("\"a\\u00e9b\\u20AC\\ud83d\\uDE00c\""))->text, "a\xc3\xa9"
                                                                       "b\xe2\x82\xac\xf0\x9f\x98\x80"
                                                                       "c");
    assert_text(parse(S("\"\\u0000\""))->text, "\0");
    assert_text(parse(S("\"\xc3\xa9\\n\xc3\xa9\""))->text, "\xc3\xa9\n\xc3\xa9");
    assert_text(parse(S("\"\\u0022\\u005c\""))->text, "\"\\");
}

TEST(text_without_escapes_is_borrowed_from_the_source)
{
    str source = S("{\"name\": \"value\"}");

    assert_ptr_equal(json_get_str(parse(source), S("name")).data, source.data + 10);
}

TEST(an_escape_is_found_at_every_place_in_a_word)
{
    for (size_t i = 0; i < 20; i++) {
        char source[] = "\"aaaaaaaaaaaaaaaaaaaaaaaa\"";
        memcpy(source + 1 + i, "\\n", 2);
        str text = parse(str_of(source))->text;
        assert_int_equal(text.size, 23);
        assert_int_equal(text.data[i], '\n');
        source[1 + i] = '\x1f';
        assert_null(parse(str_of(source)));
        source[1 + i] = '\x80';
        assert_null(parse(str_of(source)));
    }
}

TEST(a_number_keeps_its_text)
{
    assert_text(parse(S(" -1.50e+3 "))->text, "-1.50e+3");
    assert_text(rewritten(S("[1.0,123456789012345678901]")), "[1.0,123456789012345678901]");
}

TEST(nesting_is_allowed_up_to_the_limit)
{
    char source[2 * LIMIT_JSON_DEPTH + 2];

    memset(source, '[', LIMIT_JSON_DEPTH);
    memset(source + LIMIT_JSON_DEPTH, ']', LIMIT_JSON_DEPTH);
    assert_non_null(parse((str){source, 2 * LIMIT_JSON_DEPTH}));
    assert_false(json_is_too_deep((str){source, 2 * LIMIT_JSON_DEPTH}));
    memset(source, '[', LIMIT_JSON_DEPTH + 1);
    memset(source + LIMIT_JSON_DEPTH + 1, ']', LIMIT_JSON_DEPTH + 1);
    assert_null(parse((str){source, 2 * LIMIT_JSON_DEPTH + 2}));
    assert_true(json_is_too_deep((str){source, 2 * LIMIT_JSON_DEPTH + 2}));
    source[0] = source[sizeof source - 1] = '"';
    assert_false(json_is_too_deep((str){source, sizeof source}));
}

TEST(a_reader_may_allow_more_levels)
{
    enum { LEVELS = 3 * LIMIT_JSON_DEPTH };
    static char source[2 * LEVELS];
    struct arena arena = {0};

    memset(source, '[', LEVELS);
    memset(source + LEVELS, ']', LEVELS);
    assert_null(json_parse_deep(&arena, (str){source, 2 * LEVELS}, LEVELS - 1));
    assert_non_null(json_parse_deep(&arena, (str){source, 2 * LEVELS}, LEVELS));
    arena_free(&arena);
}

TEST(endless_nesting_is_refused)
{
    char *source = malloc(1000000);

    for (size_t i = 0; i + 5 <= 1000000; i += 5)
        memcpy(source + i, "{\"\":[", 5);
    assert_null(parse((str){source, 1000000}));
    free(source);
}

TEST(siblings_do_not_count_as_depth)
{
    assert_int_equal(parse(S("[[],[],[[]],{\"a\":{}}]"))->count, 4);
    for (int i = 0; i < 3 * LIMIT_JSON_DEPTH; i++)
        assert_non_null(parse(S("[[]]")));
}

TEST(a_document_of_too_many_values_is_refused)
{
    size_t size = 2 * ((size_t)LIMIT_JSON_VALUES + 1) + 1;
    char *source = malloc(size);

    source[0] = '[';
    for (size_t i = 1; i + 1 < size; i += 2)
        memcpy(source + i, "1,", 2);
    source[size - 1] = ']';
    assert_null(parse((str){source, size}));
    source[size - 3] = ']';
    assert_non_null(parse((str){source, size - 2}));
    free(source);
}

TEST(many_children_survive_the_growing_stack)
{
    struct json_writer writer = json_writer_in(&scratch);

    json_open_array(&writer);
    for (int64_t i = 0; i < 1000; i++) {
        json_open_object(&writer);
        json_name(&writer, arena_format(&scratch, "%d", (int)i));
        json_i64(&writer, i);
        json_close_object(&writer);
    }
    json_close_array(&writer);
    const struct json *value = parse(json_written(&writer));
    assert_int_equal(value->count, 1000);
    assert_text(json_get(&value->items[777], S("777"))->text, "777");
}

TEST(the_place_of_an_error_is_told)
{
    size_t error_at;

    assert_null(json_parse(&scratch, S("{\"a\": tru}"), &error_at));
    assert_int_equal(error_at, 6);
    assert_null(json_parse(&scratch, S("[1] x"), &error_at));
    assert_int_equal(error_at, 4);
}

TEST(the_last_of_a_repeated_name_counts)
{
    const struct json *value = parse(S("{\"a\":1,\"a\":\"2\"}"));

    assert_int_equal(value->count, 2);
    assert_text(json_get_str(value, S("a")), "2");
}

TEST(looking_into_what_is_no_object_finds_nothing)
{
    assert_null(json_get(NULL, S("a")));
    assert_null(json_get(parse(S("[1]")), S("a")));
    assert_null(json_get(parse(S("{\"a\":1}")), S("b")));
    assert_absent(json_get_str(parse(S("{\"a\":1}")), S("a")));
    assert_false(json_is(NULL, JSON_NULL));
}

TEST(commas_are_put_by_the_writer)
{
    assert_text(
        rewritten(S(" { \"a\" : [ 1 , [ ] , { } , null ] , \"b\" : { \"c\" : true , \"d\" : false } } ")),
        "{\"a\":[1,[],{},null],\"b\":{\"c\":true,\"d\":false}}");
}

TEST(only_what_must_be_is_escaped)
{
    struct json_writer writer = json_writer_in(&scratch);

    json_string(&writer, S("\"\\/\b\t\n\f\r\x01\x1f\x7f\xc3\xa9\0!"));
    assert_text(json_written(&writer), "\"\\\"\\\\/\\b\\t\\n\\f\\r\\u0001\\u001f\x7f\xc3\xa9\\u0000!\"");
}

TEST(absent_fields_are_left_out_and_empty_ones_written)
{
    struct json_writer writer = json_writer_in(&scratch);

    json_open_object(&writer);
    json_field(&writer, S("a"), (str){0});
    json_field(&writer, S("b"), S(""));
    json_name(&writer, S("c"));
    json_raw(&writer, S("[1]"));
    json_close_object(&writer);
    assert_text(json_written(&writer), "{\"b\":\"\",\"c\":[1]}");
}

static str double_text(double value)
{
    struct json_writer writer = json_writer_in(&scratch);

    json_double(&writer, value);
    return json_written(&writer);
}

TEST(doubles_are_written_as_short_as_they_read_back)
{
    static const double values[] = {0.1, 1.0 / 3, 1e300, 5e-324, 123456.789, 1e15, 1e22, 9007199254740993.0,
                                    -2.5};

    assert_text(double_text(1769860800), "1769860800");
    assert_text(double_text(1769860800.123), "1769860800.123");
    assert_text(double_text(0.1), "0.1");
    assert_text(double_text(-3), "-3");
    for (size_t i = 0; i < COUNT(values); i++) {
        assert_true(strtod(arena_cstr(&scratch, double_text(values[i])), NULL) == values[i]);
        assert_non_null(parse(double_text(values[i])));
    }
}

TEST(what_is_no_number_is_written_as_aws_does)
{
    assert_text(double_text((double)NAN), "\"NaN\"");
    assert_text(double_text((double)INFINITY), "\"Infinity\"");
    assert_text(double_text(-(double)INFINITY), "\"-Infinity\"");
}

TEST(what_is_no_utf_8_is_replaced_byte_by_byte)
{
    struct json_writer writer = json_writer_in(&scratch);

    json_string(&writer, S("0123456\xc3 \xff\"\xed\xa0\x80\xe2\x82\xac\xe2\x82"));
    assert_text(json_written(&writer),
                "\"0123456\xef\xbf\xbd \xef\xbf\xbd\\\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"
                "\xe2\x82\xac\xef\xbf\xbd\xef\xbf\xbd\"");
}

static bool repeats(str source)
{
    return json_has_repeats(&scratch, parse(source));
}

TEST(a_repeated_name_is_found_however_deep)
{
    assert_true(repeats(S("{\"a\":1,\"b\":2,\"a\":1}")));
    assert_true(repeats(S("{\"a\":1,\"\\u0061\":2}")));
    assert_true(repeats(S("[1,{\"x\":[{\"b\":{},\"b\":[]}]}]")));
    assert_false(repeats(S("{\"a\":{\"a\":[{\"a\":1},{\"a\":1}]},\"A\":1,\"b\":\"a\"}")));
    assert_false(repeats(S("[\"a\",\"a\",null,1,1]")));
    assert_false(repeats(S("{}")));
}

TESTS(test(every_kind_of_value_is_accepted), test(numbers_within_the_grammar_are_accepted),
      test(numbers_outside_the_grammar_are_refused), test(broken_structure_is_refused),
      test(broken_strings_are_refused), test(invalid_utf8_is_refused), test(a_lone_surrogate_is_refused),
      test(escapes_become_what_they_mean), test(text_without_escapes_is_borrowed_from_the_source),
      test(an_escape_is_found_at_every_place_in_a_word), test(a_number_keeps_its_text),
      test(nesting_is_allowed_up_to_the_limit), test(a_reader_may_allow_more_levels),
      test(endless_nesting_is_refused), test(siblings_do_not_count_as_depth),
      test(a_document_of_too_many_values_is_refused), test(many_children_survive_the_growing_stack),
      test(the_place_of_an_error_is_told), test(the_last_of_a_repeated_name_counts),
      test(looking_into_what_is_no_object_finds_nothing), test(commas_are_put_by_the_writer),
      test(only_what_must_be_is_escaped), test(absent_fields_are_left_out_and_empty_ones_written),
      test(doubles_are_written_as_short_as_they_read_back), test(what_is_no_number_is_written_as_aws_does),
      test(what_is_no_utf_8_is_replaced_byte_by_byte), test(a_repeated_name_is_found_however_deep))
