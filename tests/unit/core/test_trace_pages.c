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

TEST(pages_beyond_sixty_four_mebibytes_are_dropped)
{
    assert_false(trace_is_behind(64 * MIB));
    assert_true(trace_is_behind(64 * MIB + 1));
}

TEST(slices_follow_one_another_at_once_unless_clients_wait)
{
    assert_int_equal(trace_tend_again_ms(true), 20);
    assert_int_equal(trace_tend_again_ms(false), 1);
}

TESTS(test(pages_of_eight_mebibytes_wait_for_no_idle_moment),
      test(pages_beyond_sixty_four_mebibytes_are_dropped),
      test(slices_follow_one_another_at_once_unless_clients_wait))
