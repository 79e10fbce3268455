/*
 * test_trace_pages.c: how many bytes of hops may wait for an idle moment to be indexed.
 */
#include "unit.h"
#undef fail /* cmocka's fail(); the engine has its own */

#include "engine/trace/trace_internal.h"

enum { MIB = 1024 * 1024 };

TEST(the_more_pages_wait_the_less_calls_put_them_off)
{
    assert_int_equal(trace_put_off_ms(0), 100);
    assert_int_equal(trace_put_off_ms(8 * MIB - 1), 100);
    assert_int_equal(trace_put_off_ms(8 * MIB), 20);
    assert_int_equal(trace_put_off_ms(32 * MIB - 1), 20);
    assert_int_equal(trace_put_off_ms(32 * MIB), 0);
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

TESTS(test(the_more_pages_wait_the_less_calls_put_them_off),
      test(pages_beyond_sixty_four_mebibytes_are_dropped),
      test(slices_follow_one_another_at_once_unless_clients_wait))
