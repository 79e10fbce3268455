#include "unit.h"

#include "base/hash.h"
#include "base/limits.h"
#include "wire/cbor.h"

#include <math.h>
#include <string.h>

static str bytes_of(const char *hex)
{
    str bytes = {0};

    assert_true(hex_decode(&scratch, str_of(hex), &bytes));
    return bytes;
}

static const struct cbor *parsed(const char *hex)
{
    return cbor_parse(&scratch, bytes_of(hex));
}

/* ---- reading: the examples of RFC 8949, appendix A ---- */

TEST(integers_of_every_width_are_read)
{
    static const struct {
        const char *hex;
        int64_t value;
    } cases[] = {
        {"00", 0},
        {"17", 23},
        {"1818", 24},
        {"1903e8", 1000},
        {"1a000f4240", 1000000},
        {"1b000000e8d4a51000", 1000000000000},
        {"1b7fffffffffffffff", INT64_MAX},
        {"20", -1},
        {"3863", -100},
        {"3903e7", -1000},
        {"3b7fffffffffffffff", INT64_MIN},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int64_t value = 99;
        assert_true(cbor_to_i64(parsed(cases[i].hex), &value));
        assert_int_equal(value, cases[i].value);
    }
}

TEST(an_integer_that_64_bits_do_not_hold_is_a_double_only)
{
    int64_t whole;
    double real;

    assert_false(cbor_to_i64(parsed("1b8000000000000000"), &whole));
    assert_false(cbor_to_i64(parsed("3b8000000000000000"), &whole));
    assert_true(cbor_to_double(parsed("1bffffffffffffffff"), &real) && real == 0x1p64);
    assert_true(cbor_to_double(parsed("3bffffffffffffffff"), &real) && real == -0x1p64);
    assert_false(cbor_to_double(parsed("6131"), &real));
}

TEST(floats_of_every_width_are_read)
{
    static const struct {
        const char *hex;
        double value;
    } cases[] = {
        {"f90000", 0.0},
        {"f93c00", 1.0},
        {"f93e00", 1.5},
        {"f97bff", 65504.0},
        {"f90001", 5.960464477539063e-8},
        {"f90400", 0.00006103515625},
        {"f9c400", -4.0},
        {"f97c00", INFINITY},
        {"f9fc00", -INFINITY},
        {"fa47c35000", 100000.0},
        {"fa7f7fffff", 3.4028234663852886e+38},
        {"fb3ff199999999999a", 1.1},
        {"fb7e37e43c8800759c", 1.0e+300},
        {"fbfff0000000000000", -INFINITY},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        double value = 99;
        assert_true(cbor_to_double(parsed(cases[i].hex), &value));
        assert_true(value == cases[i].value);
    }
    assert_true(signbit(parsed("f98000")->real));
    assert_true(isnan(parsed("f97e00")->real) && isnan(parsed("f97c01")->real));
    assert_true(isnan(parsed("fa7fc00000")->real) && isnan(parsed("fb7ff8000000000000")->real));
}

TEST(simple_values_are_read_and_undefined_is_null)
{
    assert_int_equal(parsed("f4")->type, CBOR_FALSE);
    assert_int_equal(parsed("f5")->type, CBOR_TRUE);
    assert_int_equal(parsed("f6")->type, CBOR_NULL);
    assert_int_equal(parsed("f7")->type, CBOR_NULL);
}

TEST(text_and_bytes_are_read_in_one_piece_or_in_many)
{
    assert_text(parsed("6449455446")->text, "IETF");
    assert_text(parsed("62c3bc")->text, "\xc3\xbc");
    assert_text(parsed("60")->text, "");
    assert_text(parsed("7f657374726561646d696e67ff")->text, "streaming");
    assert_text(parsed("7fff")->text, "");
    assert_true(parsed("7fff")->text.data != NULL);
    assert_text(parsed("4401020304")->text, "\x01\x02\x03\x04");
    assert_text(parsed("5f42010243030405ff")->text, "\x01\x02\x03\x04\x05");
    assert_int_equal(parsed("5fff")->type, CBOR_BYTES);
}

TEST(arrays_and_maps_are_read_with_and_without_their_length)
{
    const struct cbor *array = parsed("8301820203820405"), *same = parsed("9f018202039f0405ffff");
    const struct cbor *map = parsed("a26161016162820203"), *open = parsed("bf61610161629f0203ffff");

    assert_int_equal(array->count, 3);
    assert_int_equal(array->items[1].items[1].number, 3);
    assert_int_equal(same->count, 3);
    assert_int_equal(same->items[2].items[1].number, 5);
    assert_int_equal(cbor_get(map, S("b"))->items[0].number, 2);
    assert_int_equal(cbor_get(open, S("b"))->items[1].number, 3);
    assert_null(cbor_get(map, S("c")));
    assert_null(cbor_get(array, S("a")));
    assert_null(cbor_get(NULL, S("a")));
    assert_int_equal(parsed("a0")->count, 0);
    assert_int_equal(parsed("80")->type, CBOR_ARRAY);
}

TEST(of_a_key_that_is_there_twice_the_last_is_found)
{
    assert_text(cbor_get_str(parsed("a3616161316161613261626133"), S("a")), "2");
    assert_false(str_present(cbor_get_str(parsed("a1616101"), S("a"))));
}

TEST(a_tag_holds_its_number_and_its_value)
{
    const struct cbor *tag = parsed("c1fb41d452d9ec200000"), *other = parsed("d818456449455446");

    assert_int_equal(tag->type, CBOR_TAG);
    assert_int_equal(tag->tag.number, 1);
    assert_true(tag->tag.value->real == 1363896240.5);
    assert_int_equal(other->tag.number, 24);
    assert_text(other->tag.value->text, "dIETF");
}

TEST(what_is_not_well_formed_is_refused)
{
    static const char *const cases[] = {
        "",           /* nothing */
        "0000",       /* two values */
        "18",         /* the number is cut off */
        "1b00000000", /* so is this one */
        "1c",         /* 28 to 30 have no meaning */
        "1e",
        "7d",
        "fc",
        "1f", /* an integer needs a length */
        "3f",
        "df",
        "ff",                 /* a break without anything to end */
        "6261",               /* the text is cut off */
        "5b7fffffffffffffff", /* longer than any source */
        "7f01ff",             /* a piece that is not text */
        "7f4101ff",           /* another piece that is not text */
        "7f7f6161ffff",       /* a piece of indefinite length */
        "7f6161",             /* no end */
        "8201",               /* the array is cut off */
        "9f01",               /* no end */
        "9b7fffffffffffffff", /* longer than any source */
        "a16161",             /* a key without a value */
        "bf6161ff",           /* the same, ended */
        "a10101",             /* a key that is not text */
        "bb7fffffffffffffff", /* longer than any source */
        "c1",                 /* a tag without a value */
        "61ff",               /* not UTF-8 */
        "7f61c361bcff",       /* a character in two pieces */
        "e0",
        "f3",
        "f8ff",
        "f818",
        "f814", /* simple values without a meaning */
        "f93c", /* half a half */
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        if (parsed(cases[i]))
            fail_msg("%s was read", cases[i]);
}

static str nested(size_t depth)
{
    struct text text = text_in(&scratch);

    for (size_t i = 1; i < depth; i++)
        cbor_add_array(&text, 1);
    cbor_add_i64(&text, 1);
    return text_str(&text);
}

TEST(values_nest_as_deep_as_the_limit_and_no_deeper)
{
    assert_non_null(cbor_parse(&scratch, nested(LIMIT_CBOR_DEPTH)));
    assert_null(cbor_parse(&scratch, nested(LIMIT_CBOR_DEPTH + 1)));
}

static str zeros(size_t count)
{
    struct text text = text_in(&scratch);

    cbor_add_array(&text, count);
    memset(text_reserve(&text, count), 0, count);
    text_grew(&text, count);
    return text_str(&text);
}

TEST(there_are_as_many_values_as_the_limit_and_no_more)
{
    assert_non_null(cbor_parse(&scratch, zeros(LIMIT_CBOR_VALUES - 1)));
    assert_null(cbor_parse(&scratch, zeros(LIMIT_CBOR_VALUES)));
}

/* ---- writing ---- */

static str hex_of(const struct text *text)
{
    return hex_encode(&scratch, text_str(text));
}

TEST(integers_are_written_in_the_fewest_bytes)
{
    static const struct {
        int64_t value;
        const char *hex;
    } cases[] = {
        {0, "00"},
        {23, "17"},
        {24, "1818"},
        {255, "18ff"},
        {256, "190100"},
        {65535, "19ffff"},
        {65536, "1a00010000"},
        {4294967295, "1affffffff"},
        {4294967296, "1b0000000100000000"},
        {-1, "20"},
        {-24, "37"},
        {-25, "3818"},
        {-256, "38ff"},
        {-257, "390100"},
        {INT64_MAX, "1b7fffffffffffffff"},
        {INT64_MIN, "3b7fffffffffffffff"},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct text text = text_in(&scratch);
        cbor_add_i64(&text, cases[i].value);
        assert_str(hex_of(&text), str_of(cases[i].hex));
    }
}

TEST(doubles_are_written_in_32_bits_where_these_hold_them)
{
    static const struct {
        double value;
        const char *hex;
    } cases[] = {
        {1.5, "fa3fc00000"},
        {-0.0, "fa80000000"},
        {0x1.fffffep127, "fa7f7fffff"},
        {0x1.fffffep128, "fb47ffffffe0000000"},
        {1.1, "fb3ff199999999999a"},
        {INFINITY, "fa7f800000"},
        {-INFINITY, "faff800000"},
        {NAN, "fa7fc00000"},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct text text = text_in(&scratch);
        cbor_add_double(&text, cases[i].value);
        assert_str(hex_of(&text), str_of(cases[i].hex));
    }
}

TEST(everything_else_is_written_as_the_rfc_has_it)
{
    struct text text = text_in(&scratch);

    cbor_open_map(&text);
    cbor_add_text(&text, S("a"));
    cbor_add_array(&text, 3);
    cbor_add_bool(&text, true);
    cbor_add_bool(&text, false);
    cbor_add_null(&text);
    cbor_add_text(&text, S("b"));
    cbor_add_map(&text, 1);
    cbor_add_text(&text, S("c"));
    cbor_add_bytes(&text, S("\x01\xff"));
    cbor_add_text(&text, S("d"));
    cbor_add_tag(&text, 1);
    cbor_add_i64(&text, 1363896240);
    cbor_close_map(&text);
    assert_text(hex_of(&text), "bf616183f5f4f66162a161634201ff6164c11a514b67b0ff");
}

TEST(text_that_is_no_utf_8_is_written_with_its_parts_replaced)
{
    struct text text = text_in(&scratch);

    cbor_add_text(&text, S("a\xff\xfe z"));
    assert_text(cbor_parse(&scratch, text_str(&text))->text, "a\xef\xbf\xbd\xef\xbf\xbd z");
}

TESTS(test(integers_of_every_width_are_read), test(an_integer_that_64_bits_do_not_hold_is_a_double_only),
      test(floats_of_every_width_are_read), test(simple_values_are_read_and_undefined_is_null),
      test(text_and_bytes_are_read_in_one_piece_or_in_many),
      test(arrays_and_maps_are_read_with_and_without_their_length),
      test(of_a_key_that_is_there_twice_the_last_is_found), test(a_tag_holds_its_number_and_its_value),
      test(what_is_not_well_formed_is_refused), test(values_nest_as_deep_as_the_limit_and_no_deeper),
      test(there_are_as_many_values_as_the_limit_and_no_more), test(integers_are_written_in_the_fewest_bytes),
      test(doubles_are_written_in_32_bits_where_these_hold_them),
      test(everything_else_is_written_as_the_rfc_has_it),
      test(text_that_is_no_utf_8_is_written_with_its_parts_replaced))
