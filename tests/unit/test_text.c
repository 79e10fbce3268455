#include "unit.h"

#include "base/text.h"

#include <stdlib.h>

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

TEST(a_text_apart_is_loose_memory_once_it_is_large)
{
    struct text text = text_in(&scratch);

    text.apart = true;
    text_add(&text, S("begin"));
    assert_null(arena_part_with(&scratch, text.data)); /* small ones are not */
    while (text.size < 300000)
        text_add_char(&text, (char)('a' + text.size % 26));
    str whole = text_str(&text);
    size_t held = scratch.held;
    void *memory = arena_part_with(&scratch, whole.data);
    assert_non_null(memory);
    assert_true(scratch.held < held);
    arena_free(&scratch);
    assert_text(str_head(whole, 8), "beginfgh");
    for (size_t i = 5; i < whole.size; i++)
        assert_int_equal(whole.data[i], 'a' + i % 26);
    free(memory);
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
      test(text_survives_growing), test(a_text_apart_is_loose_memory_once_it_is_large),
      test(reserved_room_counts_only_when_used))
