#include "unit.h"

#include "base/time.h"

static const int64_t noon_ms = 1769860800123; /* 2026-01-31T12:00:00.123Z, a Saturday */

TEST(a_moment_is_written_in_each_of_awss_ways)
{
    assert_text(time_iso8601(&scratch, noon_ms), "2026-01-31T12:00:00Z");
    assert_text(time_iso8601(&scratch, INT64_C(-62167219200000)), "0000-01-01T00:00:00Z");
    assert_text(time_iso8601(&scratch, INT64_C(-62167219201000)), "-001-12-31T23:59:59Z");
    assert_text(time_iso8601_ms(&scratch, noon_ms), "2026-01-31T12:00:00.123Z");
    assert_text(time_amz_date(&scratch, noon_ms), "20260131T120000Z");
    assert_text(time_http_date(&scratch, noon_ms), "Sat, 31 Jan 2026 12:00:00 GMT");
    assert_text(time_path_date(&scratch, noon_ms), "2026/01/31");
}

TEST(a_moment_before_1970_is_written)
{
    assert_text(time_iso8601_ms(&scratch, -1), "1969-12-31T23:59:59.999Z");
    assert_text(time_http_date(&scratch, -1), "Wed, 31 Dec 1969 23:59:59 GMT");
}

static int64_t parsed(str text)
{
    int64_t ms = 0;

    assert_true(time_parse_iso8601(text, &ms));
    return ms;
}

TEST(iso_8601_is_read_with_fractions_and_offsets)
{
    assert_int_equal(parsed(S("2026-01-31T12:00:00.123Z")), noon_ms);
    assert_int_equal(parsed(S("2026-01-31T12:00:00.1239999Z")), noon_ms);
    assert_int_equal(parsed(S("2026-01-31T13:00:00.123+01:00")), noon_ms);
    assert_int_equal(parsed(S("2026-01-31t06:30:00.123-0530")), noon_ms);
    assert_int_equal(parsed(S("1970-01-01 00:00:00Z")), 0);
}

TEST(leap_days_are_days_and_others_are_not)
{
    int64_t ms;

    assert_true(time_parse_iso8601(S("2024-02-29T00:00:00Z"), &ms));
    assert_true(time_parse_iso8601(S("2000-02-29T00:00:00Z"), &ms));
    assert_false(time_parse_iso8601(S("2026-02-29T00:00:00Z"), &ms));
    assert_false(time_parse_iso8601(S("1900-02-29T00:00:00Z"), &ms));
    assert_false(time_parse_iso8601(S("2026-04-31T00:00:00Z"), &ms));
}

TEST(what_is_no_moment_is_refused)
{
    static const str bad[] = {STR_INIT(""),
                              STR_INIT("2026-01-31"),
                              STR_INIT("2026-01-31T12:00:00"),
                              STR_INIT("2026-01-31T24:00:00Z"),
                              STR_INIT("2026-13-01T00:00:00Z"),
                              STR_INIT("2026-01-31T12:60:00Z"),
                              STR_INIT("2026-01-31T12:00:00.Z"),
                              STR_INIT("2026-01-31T12:00:00Zx"),
                              STR_INIT("-026-01-31T12:00:00Z"),
                              STR_INIT("2026-01-31T12:00:00+25:00")};
    int64_t ms;

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(time_parse_iso8601(bad[i], &ms));
}

TEST(every_day_of_four_centuries_is_read_back)
{
    int64_t day_ms = 24 * 60 * 60 * 1000, ms;

    for (int64_t day = -141000; day < 6000; day += 7) {
        arena_reset(&scratch);
        assert_true(time_parse_iso8601(time_iso8601_ms(&scratch, day * day_ms + 1), &ms));
        assert_true(ms == day * day_ms + 1);
    }
}

TEST(a_signatures_date_is_read)
{
    int64_t ms;

    assert_true(time_parse_amz_date(S("20260131T120000Z"), &ms));
    assert_int_equal(ms, noon_ms - 123);
    assert_false(time_parse_amz_date(S("20260131T120000"), &ms));
    assert_false(time_parse_amz_date(S("2026-01-31T12:00:00Z"), &ms));
    assert_false(time_parse_amz_date(S("20260132T120000Z"), &ms));
    assert_false(time_parse_amz_date((str){0}, &ms));
}

TEST(an_http_date_is_read)
{
    int64_t ms;

    assert_true(time_parse_http_date(S("Sat, 31 Jan 2026 12:00:00 GMT"), &ms));
    assert_int_equal(ms, noon_ms - 123);
    assert_false(time_parse_http_date(S("Sat, 31 Foo 2026 12:00:00 GMT"), &ms));
    assert_false(time_parse_http_date(S("Sat, 31 Jan 2026 12:00:00 CET"), &ms));
    assert_false(time_parse_http_date((str){0}, &ms));
}

TEST(the_clocks_run)
{
    assert_true(wall_clock_ms() > noon_ms - (int64_t)10 * 365 * 24 * 3600 * 1000);
    assert_true(monotonic_us() <= monotonic_us());
}

TESTS(test(a_moment_is_written_in_each_of_awss_ways), test(a_moment_before_1970_is_written),
      test(iso_8601_is_read_with_fractions_and_offsets), test(leap_days_are_days_and_others_are_not),
      test(what_is_no_moment_is_refused), test(every_day_of_four_centuries_is_read_back),
      test(a_signatures_date_is_read), test(an_http_date_is_read), test(the_clocks_run))
