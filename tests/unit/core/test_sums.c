/*
 * test_sums.c: the sums of calls are stored with them, once; the sums of a failed call are not.
 */
#include "core.h"

#include <stdio.h>

TEST(a_sum_has_what_all_calls_have_added)
{
    assert_run("sum 1 5 -1");
    assert_run("sum 1 2 1; sum 1 1 1; sum 2 9 0");
    assert_item("a1", "8");
    assert_item("b1", "1");
    assert_item("a2", "9");
}

TEST(what_comes_to_nothing_is_not_stored)
{
    assert_run("sum 1 5 2; sum 1 -5 -2");
    assert_no_item("a1");
}

TEST(calls_of_one_batch_add_to_one_sum_and_the_one_that_fails_adds_nothing)
{
    hold_disk(true);
    struct request *first = begin_run("put x 1");
    wait_until_disk_is_asked();
    struct request *good = begin_run("sum 1 5 1"), *bad = begin_run("sum 1 100 100; sum 2 1 1; fail"),
                   *last = begin_run("sum 1 20 2; added seen 1");
    hold_disk(false);
    assert_int_equal(status_of(first), 200);
    assert_int_equal(status_of(good), 200);
    assert_int_equal(status_of(bad), 400);
    assert_int_equal(status_of(last), 200);
    assert_item("a1", "25");
    assert_item("b1", "3");
    assert_no_item("a2");
}

TEST(a_failed_inner_call_adds_nothing_though_it_had_stored_the_sums)
{
    assert_run("sum 1 5 1; try sum 1 7 7 | sums | fail; added seen 1");
    assert_item("seen", "5 1");
    assert_item("a1", "5");
    assert_item("b1", "1");
}

TEST(a_sum_that_was_stored_is_not_stored_again)
{
    assert_run("sum 1 5 1; sums; added seen 1; sum 1 2 0");
    assert_item("seen", "0 0");
    assert_item("a1", "7");
    assert_item("b1", "1");
}

TEST(there_may_be_many_sums)
{
    char steps[8192], key[16];
    size_t used = 0;

    for (int i = 0; i < 300; i++)
        used += (size_t)snprintf(steps + used, sizeof steps - used, "sum %d 1 %d; ", i % 150, i);
    assert_run(steps);
    for (int i = 0; i < 150; i++) {
        snprintf(key, sizeof key, "a%d", i);
        assert_item(key, "2");
    }
    assert_item("b149", "448");
}

TEST(a_call_without_memory_adds_nothing)
{
    assert_int_equal(run("sum 1 5 1; sums; sum 1 7 7; use 300000000"), 503);
    assert_run("sum 1 2 0; added seen 1");
    assert_item("seen", "2 0");
    assert_item("a1", "2");
}

TESTS(engine_test(a_sum_has_what_all_calls_have_added), engine_test(what_comes_to_nothing_is_not_stored),
      engine_test(calls_of_one_batch_add_to_one_sum_and_the_one_that_fails_adds_nothing),
      engine_test(a_failed_inner_call_adds_nothing_though_it_had_stored_the_sums),
      engine_test(a_sum_that_was_stored_is_not_stored_again), engine_test(there_may_be_many_sums),
      engine_test(a_call_without_memory_adds_nothing))
