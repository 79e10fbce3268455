/*
 * test_trace_pages.c: how many bytes of hops may wait for an idle moment to be indexed.
 */
#include "unit.h"
#undef fail /* cmocka's fail(); the engine has its own */

#include "engine/engine_internal.h"

enum { MIB = 1024 * 1024 };

TEST(pages_of_eight_mebibytes_wait_for_no_idle_moment)
{
    assert_false(trace_index_is_due(0));
    assert_false(trace_index_is_due(8 * MIB - 1));
    assert_true(trace_index_is_due(8 * MIB));
}

TEST(above_thirty_two_mebibytes_slices_follow_one_another_sooner)
{
    assert_int_equal(trace_index_again_ms(32 * MIB, true), 20);
    assert_int_equal(trace_index_again_ms(32 * MIB + 1, true), 5);
}

TEST(without_calls_that_wait_slices_follow_one_another_at_once)
{
    assert_int_equal(trace_index_again_ms(1, false), 1);
    assert_int_equal(trace_index_again_ms(32 * MIB + 1, false), 1);
}

TESTS(test(pages_of_eight_mebibytes_wait_for_no_idle_moment),
      test(above_thirty_two_mebibytes_slices_follow_one_another_sooner),
      test(without_calls_that_wait_slices_follow_one_another_at_once))
