#include "unit.h"

#include <string.h>

TEST(a_prefix_sorts_before_what_it_begins)
{
    assert_true(str_compare(S("ab"), S("abc")) < 0);
    assert_true(str_compare(S("abc"), S("ab")) > 0);
    assert_true(str_compare(S(""), S("a")) < 0);
    assert_true(str_compare(S("b"), S("abc")) > 0);
    assert_int_equal(str_compare(S("ab"), S("ab")), 0);
}

TEST(bytes_above_127_sort_last)
{
    assert_true(str_compare(S("\xff"), S("a")) > 0);
}

TEST(absent_and_empty_are_told_apart)
{
    assert_false(str_present((str){0}));
    assert_true(str_present(S("")));
    assert_true(str_empty(S("")));
    assert_absent(str_of(NULL));
    assert_absent(str_from((str){0}, 3));
}

TEST(letters_compare_without_case_when_asked)
{
    assert_true(str_equal_nocase(S("X-Amz-Date"), S("x-AMZ-date")));
    assert_false(str_equal_nocase(S("a["), S("a{")));
    assert_false(str_equal(S("A"), S("a")));
}

TEST(cutting_past_the_end_gives_the_empty_text)
{
    assert_text(str_from(S("abc"), 9), "");
    assert_text(str_head(S("abc"), 9), "abc");
    assert_text(str_from(S("abc"), 1), "bc");
    assert_text(str_head(S("abc"), 1), "a");
}

TEST(white_space_is_trimmed_at_both_ends_only)
{
    assert_text(str_trim(S(" \t\r\na b\n ")), "a b");
    assert_text(str_trim(S("  ")), "");
}

TEST(beginnings_and_ends_are_found)
{
    assert_true(str_starts_with(S("arn:aws:sqs"), S("arn:")));
    assert_false(str_starts_with(S("ar"), S("arn:")));
    assert_true(str_ends_with(S("orders.fifo"), S(".fifo")));
    assert_false(str_ends_with(S("fifo"), S(".fifo")));
}

TEST(parts_are_found_at_their_first_place)
{
    assert_int_equal(str_index(S("a/b/c"), '/'), 1);
    assert_int_equal(str_last_index(S("a/b/c"), '/'), 3);
    assert_int_equal(str_index(S("abc"), '/'), -1);
    assert_int_equal(str_last_index(S(""), '/'), -1);
    assert_int_equal(str_find(S("aab"), S("ab")), 1);
    assert_int_equal(str_find(S("ab"), S("abc")), -1);
    assert_int_equal(str_index((str){0}, 'a'), -1);
}

static size_t pieces(str text, str *last)
{
    size_t count = 0;

    while (str_next(&text, ',', last))
        count++;
    return count;
}

TEST(every_separator_begins_a_piece)
{
    str last;

    assert_int_equal(pieces(S("a,,b"), &last), 3);
    assert_text(last, "b");
    assert_int_equal(pieces(S("a,"), &last), 2);
    assert_text(last, "");
    assert_int_equal(pieces(S(""), &last), 1);
    assert_int_equal(pieces((str){0}, &last), 0);
}

TEST(whole_numbers_are_read_to_their_limits)
{
    int64_t value;

    assert_true(str_to_i64(S("9223372036854775807"), &value));
    assert_true(value == INT64_MAX);
    assert_true(str_to_i64(S("-9223372036854775808"), &value));
    assert_true(value == INT64_MIN);
    assert_true(str_to_i64(S("007"), &value));
    assert_int_equal(value, 7);
}

TEST(what_is_no_whole_number_is_refused)
{
    static const str bad[] = {STR_INIT(""),
                              STR_INIT("-"),
                              STR_INIT("+1"),
                              STR_INIT("1 "),
                              STR_INIT("1.0"),
                              STR_INIT("0x1"),
                              STR_INIT("--1"),
                              STR_INIT("9223372036854775808"),
                              STR_INIT("-9223372036854775809")};
    int64_t value;

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(str_to_i64(bad[i], &value));
}

TEST(decimal_numbers_are_measured)
{
    static const struct {
        str text;
        size_t digits;
        int64_t exponent;
    } good[] = {
        {STR_INIT("1"), 1, 0},        {STR_INIT("-12.50"), 3, 1},   {STR_INIT("+0.050"), 1, -2},
        {STR_INIT("007"), 1, 0},      {STR_INIT("1200"), 2, 3},     {STR_INIT(".5e-3"), 1, -4},
        {STR_INIT("10.01E+2"), 4, 3}, {STR_INIT("1.e126"), 1, 126},
    };
    size_t digits;
    int64_t exponent;

    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        assert_true(str_is_decimal(good[i].text, &digits, &exponent));
        assert_int_equal(digits, good[i].digits);
        assert_int_equal(exponent, good[i].exponent);
    }
    assert_true(str_is_decimal(S("-0.00"), &digits, &exponent));
    assert_int_equal(digits, 0);
}

TEST(what_is_no_decimal_number_is_refused)
{
    static const str bad[] = {STR_INIT(""),     STR_INIT("-"),     STR_INIT("."),   STR_INIT("1 "),
                              STR_INIT(" 1"),   STR_INIT("0x1"),   STR_INIT("inf"), STR_INIT("1e"),
                              STR_INIT("e1"),   STR_INIT("1.2.3"), STR_INIT("--1"), STR_INIT("1e+-1"),
                              STR_INIT("1E2e3")};
    size_t digits;
    int64_t exponent;

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(str_is_decimal(bad[i], &digits, &exponent));
    assert_false(str_is_decimal(S("10e9223372036854775807"), &digits, &exponent));
}

TEST(decimal_numbers_are_read_up_to_a_size)
{
    char longest[STR_NUMBER_SIZE + 1];
    double value;

    assert_true(str_to_double(S("-12.5e1"), &value));
    assert_true(value < -124.9 && value > -125.1);
    assert_true(str_to_double(S("1e999"), &value));
    assert_true(value > 1e300);
    assert_false(str_to_double(S(""), &value));
    assert_false(str_to_double(S("0x1"), &value));
    memset(longest, '1', sizeof longest);
    assert_true(str_to_double((str){longest, STR_NUMBER_SIZE}, &value));
    assert_false(str_to_double((str){longest, STR_NUMBER_SIZE + 1}, &value));
}

TEST(a_word_is_letters_digits_and_what_is_allowed_beside)
{
    assert_true(str_is_word(S("azAZ09"), S("")));
    assert_true(str_is_word(S("a-b_c"), S("-_")));
    assert_true(str_is_word(S(""), S("-_")));
    assert_false(str_is_word(S("a.b"), S("-_")));
    assert_false(str_is_word(S("a b"), S("-_")));
    assert_false(str_is_word(S("\xc3\xbc"), S("-_")));
}

TEST(the_hash_is_fnv_1a)
{
    assert_true(str_hash(S("")) == 0xcbf29ce484222325u);
    assert_true(str_hash(S("a")) == 0xaf63dc4c8601ec8cu);
    assert_true(str_hash(S("foobar")) == 0x85944171f73967e8u);
}

TEST(the_quick_hash_depends_on_its_basis_and_on_every_byte)
{
    char bytes[] = "0123456789abcdefghijklmn";

    for (size_t size = 0; size < sizeof bytes; size++) {
        str text = {bytes, size};
        uint64_t hash = str_hash_quick(1, text);
        assert_true(str_hash_quick(1, text) == hash);
        assert_true(str_hash_quick(2, text) != hash);
        for (size_t i = 0; i < size; i++) {
            bytes[i] ^= 1;
            assert_true(str_hash_quick(1, text) != hash);
            bytes[i] ^= 1;
        }
    }
    assert_true(str_hash_quick(1, S("a")) != str_hash_quick(1, S("a\0")));
}

TEST(texts_are_cut_between_characters)
{
    str text = S("a\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80");

    for (size_t size = 0; size <= text.size + 1; size++) {
        bool between = size == 0 || size == 1 || size == 3 || size == 6 || size >= 10;
        assert_true(str_head_whole(text, size).size <= size);
        assert_true((str_head_whole(text, size).size == size) == (between && size <= text.size));
        assert_true(str_tail_whole(text, size).size <= size);
        between = size == 0 || size == 4 || size == 7 || size == 9 || size == 10;
        assert_true((str_tail_whole(text, size).size == size) == between);
    }
    assert_text(str_head_whole(text, 5), "a\xc3\xa9");
    assert_text(str_tail_whole(text, 5), "\xf0\x9f\x98\x80");
}

TEST(what_is_no_utf_8_is_cut_anywhere)
{
    str text = S("\xa9\xa9\xa9\xa9\xa9\xa9\xa9\xa9\xa9\xa9");

    assert_int_equal(str_head_whole(text, 9).size, 6);
    assert_int_equal(str_tail_whole(text, 9).size, 6);
}

TEST(a_character_has_up_to_four_bytes)
{
    str text = S("a\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80");

    assert_int_equal(str_character_size(text, 0), 1);
    assert_int_equal(str_character_size(text, 1), 2);
    assert_int_equal(str_character_size(text, 3), 3);
    assert_int_equal(str_character_size(text, 6), 4);
    assert_int_equal(str_character_size(text, 10), 0);
    assert_int_equal(str_character_size(S("\xc3"), 0), 1);
}

TEST(what_xml_cannot_carry_is_found)
{
    assert_true(str_is_xml_text(S("\t\n\r ~\x7f\xc2\x80\xef\xbf\xbd\xf0\x9f\x98\x80")));
    assert_true(str_is_xml_text(S("")));
    assert_false(str_is_xml_text(S("\x1f")));
    assert_false(str_is_xml_text(S("a\0")));
    assert_false(str_is_xml_text(S("a\x0b")));
    assert_false(str_is_xml_text(S("a\xef\xbf\xbe")));
    assert_false(str_is_xml_text(S("\xef\xbf\xbf")));
}

TESTS(test(a_prefix_sorts_before_what_it_begins), test(bytes_above_127_sort_last),
      test(absent_and_empty_are_told_apart), test(letters_compare_without_case_when_asked),
      test(cutting_past_the_end_gives_the_empty_text), test(white_space_is_trimmed_at_both_ends_only),
      test(beginnings_and_ends_are_found), test(parts_are_found_at_their_first_place),
      test(every_separator_begins_a_piece), test(whole_numbers_are_read_to_their_limits),
      test(what_is_no_whole_number_is_refused), test(decimal_numbers_are_measured),
      test(what_is_no_decimal_number_is_refused), test(decimal_numbers_are_read_up_to_a_size),
      test(a_word_is_letters_digits_and_what_is_allowed_beside), test(the_hash_is_fnv_1a),
      test(a_word_is_letters_digits_and_what_is_allowed_beside),
      test(the_quick_hash_depends_on_its_basis_and_on_every_byte), test(texts_are_cut_between_characters),
      test(what_is_no_utf_8_is_cut_anywhere), test(a_character_has_up_to_four_bytes),
      test(what_xml_cannot_carry_is_found))
