#include "unit.h"

#include "base/text.h"

TEST(text_without_additions_is_empty_and_present)
{
    struct text text = text_in(&scratch);

    assert_text(text_str(&text), "");
    text_add(&text, (str){0});
    assert_text(text_str(&text), "");
}

TEST(additions_follow_each_other)
{
    struct text text = text_in(&scratch);

    text_add(&text, S("a="));
    text_add_i64(&text, INT64_MIN);
    text_add_char(&text, ';');
    text_format(&text, "%03d", 7);
    text_add_i64(&text, 0);
    assert_text(text_str(&text), "a=-9223372036854775808;0070");
}

TEST(text_survives_growing)
{
    struct text text = text_in(&scratch);

    for (int i = 0; i < 10000; i++)
        text_add_char(&text, (char)('a' + i % 26));
    assert_int_equal(text.size, 10000);
    for (int i = 0; i < 10000; i++)
        assert_int_equal(text.data[i], 'a' + i % 26);
}

TEST(reserved_room_counts_only_when_used)
{
    struct text text = text_in(&scratch);
    char *room = text_reserve(&text, 1000);

    memcpy(room, "abc", 3);
    text_grew(&text, 3);
    assert_text(text_str(&text), "abc");
}

TESTS(test(text_without_additions_is_empty_and_present), test(additions_follow_each_other),
      test(text_survives_growing), test(reserved_room_counts_only_when_used))
