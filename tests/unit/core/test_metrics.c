/*
 * test_metrics.c: what services count is kept in memory until its minute is over.
 */
#include "core.h"

#include <stdio.h>

enum { MINUTE_MS = 60 * 1000 };

/* Wait for the beginning of a minute, so that no minute ends during the test. */
static void begin_minute(void)
{
    advance_clock(MINUTE_MS - engine_now_ms(core_engine()) % MINUTE_MS);
}

TEST(what_was_counted_is_stored_when_its_minute_is_over)
{
    begin_minute();
    assert_run("count a 3; count a 1; count b 7");
    let_run();
    assert_no_item("Values Thing=a");
    advance_clock(MINUTE_MS);
    wait_for_item("Values Thing=a", "2 Count, sum 4, 1 to 3;");
    wait_for_item("Values Thing=b", "1 Count, sum 7, 7 to 7;");
}

TEST(each_minute_is_stored_by_itself)
{
    begin_minute();
    assert_run("count a 1");
    advance_clock(MINUTE_MS);
    wait_for_item("Values Thing=a", "1 Count, sum 1, 1 to 1;");
    assert_run("count a 2");
    advance_clock(MINUTE_MS);
    wait_for_item("Values Thing=a", "1 Count, sum 1, 1 to 1;1 Count, sum 2, 2 to 2;");
}

TEST(a_call_that_fails_has_counted_nothing)
{
    assert_int_equal(run("count a 1; fail"), 400);
    assert_run("try count a 2 | fail; count b 3");
    advance_clock(MINUTE_MS);
    wait_for_item("Values Thing=b", "1 Count, sum 3, 3 to 3;");
    assert_no_item("Values Thing=a");
}

TEST(what_is_counted_at_once_stays_when_the_call_fails)
{
    begin_minute();
    assert_int_equal(run("count-at-once a 2; fail"), 400);
    assert_run("count-at-once a 5; count a 1");
    advance_clock(MINUTE_MS);
    wait_for_item("Values Thing=a", "3 Count, sum 8, 1 to 5;");
}

TEST(a_metric_has_no_dimension_or_one_or_two)
{
    begin_minute();
    assert_run("count-alone 2; count-operation a/b 3; count-two a/b/c 4");
    advance_clock(MINUTE_MS);
    wait_for_item("Alone", "1 Count, sum 2, 2 to 2;");
    wait_for_item("Operations Thing=a/b Operation=Run", "1 Count, sum 3, 3 to 3;");
    wait_for_item("Two Thing=a Part=b/c", "1 Count, sum 4, 4 to 4;");
}

TEST(a_metric_has_a_series_for_each_operation_only_if_it_says_so)
{
    begin_minute();
    assert_run("count-operation a 1; count a 1; timer t 0 count-operation a 2 | count a 2 | put counted 1");
    wait_for_item("counted", "1");
    assert_run("count-operation a 4; count a 4");
    advance_clock(MINUTE_MS);
    wait_for_item("Operations Thing=a Operation=Run", "2 Count, sum 5, 1 to 4;");
    wait_for_item("Operations Thing=a Operation=RunLater", "1 Count, sum 2, 2 to 2;");
    wait_for_item("Values Thing=a", "3 Count, sum 7, 1 to 4;");
}

TEST(what_was_counted_at_once_is_stored_by_a_stop_and_forgotten_by_a_reset)
{
    begin_minute();
    assert_run("count-at-once a 5");
    core_restart();
    assert_item("Values Thing=a", "1 Count, sum 5, 5 to 5;");
    assert_run("count-at-once b 5");
    assert_int_equal(status_of(begin_http("POST", "/_localstack/state/reset", "")), 200);
    assert_run("count c 1");
    advance_clock(MINUTE_MS);
    wait_for_item("Values Thing=c", "1 Count, sum 1, 1 to 1;");
    assert_no_item("Values Thing=b");
}

TEST(a_server_that_stops_stores_the_minute_that_is_not_over)
{
    begin_minute();
    assert_run("count a 5");
    core_restart();
    assert_item("Values Thing=a", "1 Count, sum 5, 5 to 5;");
}

TEST(a_reset_forgets_what_was_counted)
{
    assert_run("count a 1");
    assert_int_equal(status_of(begin_http("POST", "/_localstack/state/reset", "")), 200);
    assert_run("count b 1");
    advance_clock(MINUTE_MS);
    wait_for_item("Values Thing=b", "1 Count, sum 1, 1 to 1;");
    assert_no_item("Values Thing=a");
}

TEST(times_keep_their_values_with_three_digits)
{
    begin_minute();
    assert_run("count-time a 327; count-time a 200; count-time a 327; count-time a 123456");
    assert_run("count-times-at-once a 2 2; count-time a 0");
    advance_clock(MINUTE_MS);
    wait_for_item("Times Thing=a", "6 Milliseconds, sum 1245.1, 0 to 1234.56: 0*1 2*2 3.27*2 1230*1;");
}

TEST(shares_of_threads_are_added_and_given_on_one_series_at_a_time)
{
    core_stop();
    core_close();
    core_options()->slice_us = -1;
    core_start();
    begin_minute();
    assert_run("count a 1; count-at-once a 2; count-at-once b 3; count-at-once c 4; count d 5");
    advance_clock(MINUTE_MS);
    wait_for_item("Values Thing=a", "2 Count, sum 3, 1 to 2;");
    wait_for_item("Values Thing=b", "1 Count, sum 3, 3 to 3;");
    wait_for_item("Values Thing=c", "1 Count, sum 4, 4 to 4;");
    wait_for_item("Values Thing=d", "1 Count, sum 5, 5 to 5;");
    assert_run("count-at-once a 7");
    core_restart();
    assert_item("Values Thing=a", "2 Count, sum 3, 1 to 2;1 Count, sum 7, 7 to 7;");
}

#define assert_ends(key, end) assert_true(str_ends_with(get(key), S(end)))

TEST(more_than_four_hundred_values_have_two_digits)
{
    begin_minute();
    assert_run("count-times-at-once a 1 400; count-times-at-once b 1 401; count-times-at-once b 401 401");
    advance_clock(MINUTE_MS);
    while (!str_present(get("Times Thing=b")))
        let_run();
    assert_ends("Times Thing=a", " 398*1 399*1 400*1;");
    assert_ends("Times Thing=b", " 380*10 390*10 400*8;");
}

TEST(a_minute_has_a_bounded_number_of_series)
{
    enum { MOST = 4096, EACH = 64 };
    char steps[EACH * 24];

    begin_minute();
    for (int i = 0; i <= MOST; i += EACH) {
        int size = 0;
        for (int k = i; k < i + EACH; k++)
            size += snprintf(steps + size, sizeof steps - (size_t)size, "count t%d 1;", k);
        assert_run(steps);
    }
    advance_clock(MINUTE_MS);
    wait_for_item("Values Thing=t4095", "1 Count, sum 1, 1 to 1;");
    for (int i = 0; i < 100; i++)
        let_run();
    assert_no_item("Values Thing=t4096");
}

TESTS(engine_test(what_was_counted_is_stored_when_its_minute_is_over),
      engine_test(each_minute_is_stored_by_itself), engine_test(a_call_that_fails_has_counted_nothing),
      engine_test(what_is_counted_at_once_stays_when_the_call_fails),
      engine_test(a_metric_has_no_dimension_or_one_or_two),
      engine_test(a_metric_has_a_series_for_each_operation_only_if_it_says_so),
      engine_test(what_was_counted_at_once_is_stored_by_a_stop_and_forgotten_by_a_reset),
      engine_test(a_server_that_stops_stores_the_minute_that_is_not_over),
      engine_test(a_reset_forgets_what_was_counted),
      engine_test(shares_of_threads_are_added_and_given_on_one_series_at_a_time),
      engine_test(times_keep_their_values_with_three_digits),
      engine_test(more_than_four_hundred_values_have_two_digits),
      engine_test(a_minute_has_a_bounded_number_of_series))
