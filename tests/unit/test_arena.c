#include "unit.h"

#include "base/limits.h"

TEST(memory_is_zeroed_and_aligned)
{
    for (size_t size = 1; size < 3000; size = size * 3 + 1) {
        char *memory = arena_alloc(&scratch, size);
        assert_int_equal((uintptr_t)memory % 16, 0);
        for (size_t i = 0; i < size; i++)
            assert_int_equal(memory[i], 0);
        memset(memory, 0xff, size);
    }
}

TEST(allocations_do_not_overlap)
{
    char *first = arena_alloc(&scratch, 20), *second = arena_alloc(&scratch, 20);

    assert_true(second >= first + 20 || first >= second + 20);
}

TEST(what_is_larger_than_a_block_gets_its_own)
{
    char *memory = arena_alloc(&scratch, 10 * LIMIT_ARENA_BLOCK_BYTES);

    memset(memory, 1, 10 * LIMIT_ARENA_BLOCK_BYTES);
    assert_non_null(arena_alloc(&scratch, 1));
}

TEST(a_reset_arena_reuses_its_first_block_zeroed)
{
    char *first = arena_alloc(&scratch, 100);

    memset(first, 0xff, 100);
    for (int i = 0; i < 100; i++)
        arena_alloc(&scratch, 1000);
    arena_reset(&scratch);
    char *again = arena_alloc(&scratch, 100);
    assert_ptr_equal(again, first);
    assert_int_equal(again[50], 0);
}

TEST(an_empty_arena_may_be_reset_and_freed)
{
    arena_reset(&scratch);
    arena_free(&scratch);
    assert_non_null(arena_alloc(&scratch, 1));
}

TEST(copies_end_in_nul_and_absent_stays_absent)
{
    assert_string_equal(arena_copy(&scratch, S("abc")).data, "abc");
    assert_text(arena_copy(&scratch, S("")), "");
    assert_absent(arena_copy(&scratch, (str){0}));
    assert_string_equal(arena_cstr(&scratch, S("x")), "x");
}

TEST(text_is_formatted_and_joined)
{
    assert_text(arena_format(&scratch, "%s=%d", "a", 5), "a=5");
    assert_text(arena_join(&scratch, S("ab"), S("c")), "abc");
    assert_text(arena_join(&scratch, S(""), (str){0}), "");
}

TEST(optional_scalars_are_pointers)
{
    assert_true(*arena_i64(&scratch, INT64_MIN) == INT64_MIN);
    assert_true(*arena_double(&scratch, 0.5) == 0.5);
    assert_true(*arena_bool(&scratch, true));
}

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/asan_interface.h>

TEST(what_is_not_handed_out_is_poisoned)
{
    arena_alloc(&scratch, 1);
    struct arena_mark mark = arena_mark(&scratch);
    char *rewound = arena_alloc(&scratch, 20);

    assert_false(__asan_address_is_poisoned(rewound + 19));
    assert_true(__asan_address_is_poisoned(rewound + 20));
    arena_rewind(&scratch, mark);
    assert_true(__asan_address_is_poisoned(rewound));
    arena_format(&scratch, "%s", "text");
    assert_false(__asan_address_is_poisoned(rewound + 4));
    assert_true(__asan_address_is_poisoned(rewound + 5));
}
#else
TEST(what_is_not_handed_out_is_poisoned)
{
    skip(); /* by the sanitizers' build only */
}
#endif

TESTS(test(memory_is_zeroed_and_aligned), test(allocations_do_not_overlap),
      test(what_is_larger_than_a_block_gets_its_own), test(a_reset_arena_reuses_its_first_block_zeroed),
      test(an_empty_arena_may_be_reset_and_freed), test(copies_end_in_nul_and_absent_stays_absent),
      test(text_is_formatted_and_joined), test(what_is_not_handed_out_is_poisoned),
      test(optional_scalars_are_pointers))
