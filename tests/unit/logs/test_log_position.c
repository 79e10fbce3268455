/*
 * test_log_position.c: event ids.
 */
#include "unit.h"

#include "services/logs/log_position.h"

TEST(a_position_is_the_timestamp_times_two_to_the_144_and_the_id)
{
    struct position position = {.timestamp_ms = 1, .id = 7};

    assert_text(logs_position_text(&scratch, position),
                "00000000000022300745198530623141535718272648361505980423");
}

TEST(a_position_survives_its_text)
{
    struct position position = {.timestamp_ms = 1794000000123, .id = INT64_MAX}, read;

    assert_true(logs_position_parse(logs_position_text(&scratch, position), &read));
    assert_int_equal(read.timestamp_ms, position.timestamp_ms);
    assert_int_equal(read.id, position.id);
}

TEST(later_positions_have_later_texts)
{
    str first = logs_position_text(&scratch, (struct position){1794000000123, 9});
    str second = logs_position_text(&scratch, (struct position){1794000000123, 10});
    str third = logs_position_text(&scratch, (struct position){1794000000124, 1});

    assert_true(str_compare(first, second) < 0 && str_compare(second, third) < 0);
}

TEST(what_is_not_56_digits_is_no_position)
{
    struct position position;

    assert_false(logs_position_parse(S("12"), &position));
    assert_false(
        logs_position_parse(S("0000000000000000000000000000000000000000000000000000000x"), &position));
}

TESTS(test(a_position_is_the_timestamp_times_two_to_the_144_and_the_id), test(a_position_survives_its_text),
      test(later_positions_have_later_texts), test(what_is_not_56_digits_is_no_position))
