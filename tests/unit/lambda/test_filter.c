/*
 * test_filter.c: how many bytes of records the engine matches itself.
 */
#include "services/lambda/sources.h"

#undef fail /* the engine's fail(); cmocka has its own */
#include "unit.h"

static const struct call call = {.arena = &scratch};

/* Patterns of so many bytes each. */
static const struct filter *filter_of(size_t count, int bytes)
{
    struct lambda_filter_criteria criteria = {0};

    for (size_t i = 0; i < count; i++)
        *list_add(&scratch, &criteria.filters) =
            (struct lambda_filter){.pattern = arena_format(&scratch, "%-*s", bytes, "{\"body\":[\"a\"]}")};
    return lambda_filter_new(&call, &criteria);
}

TEST(without_a_filter_half_a_megabyte_does_not_take_long)
{
    assert_false(lambda_filter_takes_long(NULL, 500 * 1000));
    assert_true(lambda_filter_takes_long(NULL, 500 * 1000 + 1));
}

TEST(the_longer_the_patterns_the_fewer_bytes_of_records_take_long)
{
    assert_false(lambda_filter_takes_long(filter_of(1, 30), 50 * 1000));
    assert_true(lambda_filter_takes_long(filter_of(1, 30), 50 * 1000 + 1));
    assert_false(lambda_filter_takes_long(filter_of(1, 2970), 1000));
    assert_true(lambda_filter_takes_long(filter_of(1, 2970), 1000 + 1));
}

TEST(all_patterns_of_a_filter_count)
{
    assert_false(lambda_filter_takes_long(filter_of(5, 594), 1000));
    assert_true(lambda_filter_takes_long(filter_of(5, 594), 1000 + 1));
}

TESTS(test(without_a_filter_half_a_megabyte_does_not_take_long),
      test(the_longer_the_patterns_the_fewer_bytes_of_records_take_long),
      test(all_patterns_of_a_filter_count))
