#include "services/dynamodb/number.h"

#include "unit.h"

#include <stdlib.h>

static struct number number(str text)
{
    struct number parsed;

    assert_int_equal(dynamodb_number_parse(text, &parsed), NUMBER_OK);
    return parsed;
}

static str normal(str text)
{
    struct number parsed = number(text);

    return dynamodb_number_text(&scratch, &parsed);
}

static enum number_result result(str text)
{
    struct number parsed;

    return dynamodb_number_parse(text, &parsed);
}

static enum number_result older_result(str text)
{
    struct number parsed;

    return dynamodb_number_parse_older(text, &parsed);
}

static str key(str text)
{
    struct number parsed = number(text);

    return dynamodb_number_key(&scratch, &parsed);
}

TEST(equal_numbers_have_one_text)
{
    assert_text(normal(S("1.0")), "1");
    assert_text(normal(S("1E3")), "1000");
    assert_text(normal(S("0.000")), "0");
    assert_text(normal(S("-0")), "0");
    assert_text(normal(S("0E100")), "0");
    assert_text(normal(S("+007.50")), "7.5");
    assert_text(normal(S(".5")), "0.5");
    assert_text(normal(S("5.")), "5");
    assert_text(normal(S("-12E-4")), "-0.0012");
    assert_text(normal(S("120")), "120");
    assert_text(normal(S("100.001")), "100.001");
}

TEST(the_older_layer_reads_exponents_and_scales_of_32_bits)
{
    assert_int_equal(older_result(S("1e125")), NUMBER_OK);
    assert_int_equal(older_result(S("1e126")), NUMBER_OVERFLOW);
    assert_int_equal(older_result(S("1e-131")), NUMBER_UNDERFLOW);
    assert_int_equal(older_result(S("1e2147483646")), NUMBER_OVERFLOW);
    assert_int_equal(older_result(S("1e2147483647")), NUMBER_UNDERFLOW);
    assert_int_equal(older_result(S("12e2147483646")), NUMBER_UNDERFLOW);
    assert_int_equal(older_result(S("0.1e2147483647")), NUMBER_OVERFLOW);
    assert_int_equal(older_result(S("1e2147483648")), NUMBER_INVALID);
    assert_int_equal(older_result(S("1e-2147483647")), NUMBER_UNDERFLOW);
    assert_int_equal(older_result(S("1.5e-2147483647")), NUMBER_INVALID);
    assert_int_equal(older_result(S("1e-2147483648")), NUMBER_INVALID);
    assert_int_equal(older_result(S("")), NUMBER_INVALID);
    assert_int_equal(result(S("1e2147483648")), NUMBER_OVERFLOW);
    assert_int_equal(result(S("1e-2147483649")), NUMBER_UNDERFLOW);
}

TEST(thirty_eight_digits_are_exact_and_more_are_refused)
{
    assert_text(normal(S("99999999999999999999999999999999999999")),
                "99999999999999999999999999999999999999");
    assert_text(normal(S("1234567890123456789.0123456789012345678")),
                "1234567890123456789.0123456789012345678");
    assert_text(normal(S("100000000000000000000000000000000000000000")),
                "100000000000000000000000000000000000000000");
    assert_int_equal(result(S("111111111111111111111111111111111111111")), NUMBER_TOO_PRECISE);
    assert_int_equal(result(S("0.111111111111111111111111111111111111111")), NUMBER_TOO_PRECISE);
    assert_int_equal(result(S("0.1111111111111111111111111111111111111100000")), NUMBER_OK);
}

TEST(numbers_out_of_range_are_refused)
{
    assert_int_equal(result(S("9.9999999999999999999999999999999999999E+125")), NUMBER_OK);
    assert_int_equal(result(S("1E126")), NUMBER_OVERFLOW);
    assert_int_equal(result(S("-10E125")), NUMBER_OVERFLOW);
    assert_int_equal(result(S("1E-130")), NUMBER_OK);
    assert_int_equal(result(S("1E-131")), NUMBER_UNDERFLOW);
    assert_int_equal(result(S("1E9223372036854775807")), NUMBER_OVERFLOW);
    assert_int_equal(result(S("1E9223372036854775808")), NUMBER_INVALID);
    assert_int_equal(result(S("1E99999999999999999999999999")), NUMBER_INVALID);
    assert_int_equal(result(S("0E125")), NUMBER_OK);
    assert_int_equal(result(S("0E126")), NUMBER_OVERFLOW);
    assert_int_equal(result(S("0E-130")), NUMBER_OK);
    assert_int_equal(result(S("0E-131")), NUMBER_UNDERFLOW);
    assert_int_equal(result(S("1E-9223372036854775807")), NUMBER_UNDERFLOW);
}

TEST(what_is_no_number_is_refused)
{
    static const char *const texts[] = {"",    " ",        "-",     "+",   ".",   "e5",
                                        "1e",  "1e+",      "1 ",    " 1",  "1 2", "0x10",
                                        "NaN", "Infinity", "1.2.3", "--1", "1,5", "1e1.5"};

    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        assert_int_equal(result(str_of(texts[i])), NUMBER_INVALID);
}

TEST(keys_are_in_the_order_of_the_numbers)
{
    static const char *const ordered[] = {
        "-9.9E125", "-1E100", "-1001", "-1000",  "-20",     "-3.5", "-3.45",  "-3.4",   "-1.1",
        "-1.01",    "-1",     "-0.1",  "-0.001", "-1E-130", "0",    "1E-130", "1E-100", "0.001",
        "0.09",     "0.1",    "0.5",   "1",      "1.01",    "1.1",  "1.11",   "2",      "9",
        "9.9",      "10",     "11",    "99",     "100",     "101",  "1E38",   "9E99",   "9.9E125"};

    for (size_t i = 1; i < sizeof ordered / sizeof *ordered; i++)
        assert_true(str_compare(key(str_of(ordered[i - 1])), key(str_of(ordered[i]))) < 0);
}

/* ---- properties, of random decimals ---- */

static uint64_t state;

static unsigned random_below(unsigned bound)
{
    state = state * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)(state >> 33) % bound;
}

static str random_decimal(void)
{
    char digits[NUMBER_DIGITS + 1];
    unsigned count = 1 + random_below(random_below(2) ? 3 : NUMBER_DIGITS);

    for (unsigned i = 0; i < count; i++)
        digits[i] = (char)('0' + random_below(10));
    digits[count] = '\0';
    return arena_format(&scratch, "%s%s%sE%d", random_below(2) ? "-" : "", random_below(2) ? "" : "0.",
                        digits, (int)random_below(random_below(2) ? 4 : 80) - 2);
}

static int sign(int order)
{
    return (order > 0) - (order < 0);
}

TEST(random_numbers_compare_as_their_keys_and_survive_their_text)
{
    state = 1;
    for (int i = 0; i < 20000; i++) {
        struct number a = number(random_decimal()), b = number(random_decimal());
        int order = dynamodb_number_compare(&a, &b);
        assert_int_equal(sign(order), sign(str_compare(dynamodb_number_key(&scratch, &a),
                                                       dynamodb_number_key(&scratch, &b))));
        assert_int_equal(sign(order), -sign(dynamodb_number_compare(&b, &a)));
        struct number again = number(dynamodb_number_text(&scratch, &a));
        assert_int_equal(dynamodb_number_compare(&a, &again), 0);
        assert_str(dynamodb_number_text(&scratch, &again), dynamodb_number_text(&scratch, &a));
        arena_reset(&scratch);
    }
}

TEST(small_sums_are_those_of_the_machine)
{
    state = 2;
    for (int i = 0; i < 20000; i++) {
        int64_t x = (int64_t)random_below(2000000) - 1000000, y = (int64_t)random_below(2000) - 1000;
        struct number a = number(arena_format(&scratch, "%lldE-3", (long long)x));
        struct number b = number(arena_format(&scratch, "%lldE-3", (long long)y)), sum;
        struct number expected = number(arena_format(&scratch, "%lldE-3", (long long)(x + y)));
        assert_int_equal(dynamodb_number_add(&a, &b, &sum), NUMBER_OK);
        assert_str(dynamodb_number_text(&scratch, &sum), dynamodb_number_text(&scratch, &expected));
        arena_reset(&scratch);
    }
}

TEST(sums_that_cannot_be_stored_are_refused)
{
    struct number sum, large = number(S("9E125")), small = number(S("1E-130")), one = number(S("1"));

    assert_int_equal(dynamodb_number_add(&large, &large, &sum), NUMBER_OVERFLOW);
    assert_int_equal(dynamodb_number_add(&one, &small, &sum), NUMBER_TOO_PRECISE);
    struct number a = number(S("99999999999999999999999999999999999999"));
    assert_int_equal(dynamodb_number_add(&a, &one, &sum), NUMBER_OK);
    assert_text(dynamodb_number_text(&scratch, &sum), "100000000000000000000000000000000000000");
}

TEST(a_number_counts_a_byte_for_two_digits_and_one_more)
{
    struct number zero = number(S("0")), one = number(S("1")), three = number(S("123")),
                  minus = number(S("-12")), large = number(S("1E125")), small = number(S("1E-100"));

    assert_int_equal(dynamodb_number_size(&zero), 1);
    assert_int_equal(dynamodb_number_size(&one), 2);
    assert_int_equal(dynamodb_number_size(&three), 3);
    assert_int_equal(dynamodb_number_size(&minus), 3);
    assert_int_equal(dynamodb_number_size(&large), 2);
    assert_int_equal(dynamodb_number_size(&small), 2);
}

TEST(digits_on_both_sides_of_the_point_are_counted_apart)
{
    struct number half = number(S("1.5")), pi = number(S("3.14159")), hundred = number(S("100.5")),
                  fraction = number(S("0.15"));

    assert_int_equal(dynamodb_number_size(&half), 3);
    assert_int_equal(dynamodb_number_size(&pi), 5);
    assert_int_equal(dynamodb_number_size(&hundred), 4);
    assert_int_equal(dynamodb_number_size(&fraction), 2);
}

/* The quick method and the full method, wherever the quick one applies. */
static void assert_plain(str text)
{
    struct number number;
    size_t size;

    assert_int_equal(dynamodb_number_parse(text, &number), NUMBER_OK);
    assert_true(dynamodb_number_is_plain(text, &size));
    assert_str(dynamodb_number_text(&scratch, &number), text);
    assert_int_equal(size, dynamodb_number_size(&number));
}

TEST(plain_integers_are_known_without_being_parsed)
{
    static const char *const others[] = {
        "",    "-",   "-0",  "00", "01", "+1",
        "1.0", "1e2", "1E2", "1 ", "a",  "100000000000000000000000000000000000000" /* 39 digits */};
    size_t size;

    for (int i = -1200; i <= 1200; i++)
        assert_plain(arena_format(&scratch, "%d", i));
    assert_plain(S("12345678901234567890123456789012345678"));
    assert_plain(S("-99999999999999999999999999999999999999"));
    assert_plain(S("10000000000000000000000000000000000000"));
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        assert_false(dynamodb_number_is_plain(str_of(others[i]), &size));
}

TESTS(test(plain_integers_are_known_without_being_parsed), test(equal_numbers_have_one_text),
      test(thirty_eight_digits_are_exact_and_more_are_refused), test(numbers_out_of_range_are_refused),
      test(the_older_layer_reads_exponents_and_scales_of_32_bits), test(what_is_no_number_is_refused),
      test(keys_are_in_the_order_of_the_numbers),
      test(random_numbers_compare_as_their_keys_and_survive_their_text),
      test(small_sums_are_those_of_the_machine), test(sums_that_cannot_be_stored_are_refused),
      test(a_number_counts_a_byte_for_two_digits_and_one_more),
      test(digits_on_both_sides_of_the_point_are_counted_apart))
