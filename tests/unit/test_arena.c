#include "unit.h"

#include "base/limits.h"

#include <limits.h>
#include <stdlib.h>

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

TEST(a_copy_in_lower_case_changes_ascii_letters_only)
{
    str text = S("@AZ[`az{ \xC3\x89 09");

    assert_text(arena_lower_case(&scratch, text), "@az[`az{ \xC3\x89 09");
    assert_string_equal(arena_lower_case(&scratch, S("Ab")).data, "ab");
    assert_text(arena_lower_case(&scratch, S("")), "");
    assert_absent(arena_lower_case(&scratch, (str){0}));
    assert_text(text, "@AZ[`az{ \xC3\x89 09");
}

TEST(text_is_formatted_and_joined)
{
    assert_text(arena_format(&scratch, "%s=%d", "a", 5), "a=5");
    assert_text(arena_join(&scratch, S("ab"), S("c")), "abc");
    assert_text(arena_join(&scratch, S(""), (str){0}), "");
}

TEST(a_formatted_str_keeps_its_nuls)
{
    str before = arena_format(&scratch, "'%.*s' is no name", STR_ARGS(S("a\0b"))),
        whole = S("'a\0b' is no name");

    assert_true(str_equal(before, whole));
    assert_text(arena_format(&scratch, "[%.*s]", STR_ARGS((str){0})), "[]");
    arena_room(&scratch, (size_t)(scratch.end - scratch.next) - 8); /* no room for it: it is written twice */
    assert_true(str_equal(arena_format(&scratch, "'%.*s' is no name", STR_ARGS(S("a\0b"))), whole));
}

/* As printf writes it, for each conversion, flag and length that the program has. */
#define ASSERT_PRINTF(...)                                                                                   \
    do {                                                                                                     \
        char expected[400];                                                                                  \
        snprintf(expected, sizeof expected, __VA_ARGS__);                                                    \
        assert_str(arena_format(&scratch, __VA_ARGS__), str_of(expected));                                   \
    } while (0)

TEST(all_else_is_formatted_as_by_printf)
{
    ASSERT_PRINTF("100%%|%c|%s|%.2s|%.5s", 'x', "text", "text", "abc");
    ASSERT_PRINTF("%d|%02d|%+d|%-6d|%06d", INT32_MIN, 7, 7, -7, -7);
    ASSERT_PRINTF("%u|%04x|%X|%o|%06u", UINT32_MAX, 0xabU, 0xabU, 0755U, 12U);
    ASSERT_PRINTF("%lld|%019lld|%ld|%llu|%016llx", INT64_MIN + 0LL, 12LL, 3L, ULLONG_MAX, 0xabcULL);
    ASSERT_PRINTF("%zu|%03zu|%zx|%jd", SIZE_MAX, (size_t)5, (size_t)255, (intmax_t)-1);
    ASSERT_PRINTF("%f|%.1f|%.0f|%g|%.4g|%.10g", 0.1, 0.25, 1.7976931348623157e308, 1e-7, 123456.0, 1.0 / 3);
    ASSERT_PRINTF("%.*g|%.4E|%e|%G", 17, 0.1, 12345.678, -1.0, 1e100);
    ASSERT_PRINTF("%0*lld|%-*d|%*u|%0*.*f", 21, 12LL, 6, 7, 0, 8U, 9, 2, 1.5);
    ASSERT_PRINTF("%0*d", 399, 1); /* all that `expected` has room for */
    ASSERT_PRINTF("[%6s|%-6s|%*s|%-*.*s|%2s]", "text", "text", 6, "text", 6, 2, "text", "text");
}

TEST(optional_scalars_are_pointers)
{
    assert_true(*arena_i64(&scratch, INT64_MIN) == INT64_MIN);
    assert_true(*arena_double(&scratch, 0.5) == 0.5);
    assert_true(*arena_bool(&scratch, true));
}

static void ask_for(void *size)
{
    arena_alloc(&scratch, *(size_t *)size);
}

TEST(what_a_request_may_have_it_gets_and_one_byte_more_leaves_the_code)
{
    size_t most = LIMIT_CALL_MEMORY_BYTES, more = most + 1;

    assert_true(arena_run(&scratch, ask_for, &most));
    arena_free(&scratch);
    assert_false(arena_run(&scratch, ask_for, &more));
    more = SIZE_MAX / 2;
    assert_false(arena_run(&scratch, ask_for, &more));
}

TEST(what_was_freed_counts_no_more)
{
    size_t half = LIMIT_CALL_MEMORY_BYTES / 2 + 16;
    struct arena_mark mark = arena_mark(&scratch);

    assert_true(arena_run(&scratch, ask_for, &half));
    assert_false(arena_run(&scratch, ask_for, &half));
    arena_rewind(&scratch, mark);
    assert_int_equal(scratch.held, 0);
    assert_true(arena_run(&scratch, ask_for, &half));
}

TEST(all_requests_together_have_a_limit_too)
{
    struct arena others[LIMIT_CALLS_MEMORY_BYTES / LIMIT_CALL_MEMORY_BYTES] = {0};
    size_t half = LIMIT_CALL_MEMORY_BYTES - (size_t)64 * 1024, little = LIMIT_ARENA_BLOCK_BYTES;

    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        arena_alloc(&others[i], half);
    assert_false(arena_run(&scratch, ask_for, &half));
    assert_true(arena_run(&scratch, ask_for, &little)); /* a small request still succeeds */
    arena_free(&others[0]);
    assert_true(arena_run(&scratch, ask_for, &half));
    for (size_t i = 1; i < sizeof others / sizeof *others; i++)
        arena_free(&others[i]);
}

static void hold_and_ask(void *size)
{
    struct arena_guard *guard = arena_hold(&scratch);

    arena_alloc(&scratch, *(size_t *)size);
    arena_let_go(&scratch, guard);
    arena_alloc(&scratch, *(size_t *)size);
    *(size_t *)size = 0;
}

TEST(code_that_holds_something_is_not_left)
{
    size_t more = LIMIT_CALL_MEMORY_BYTES / 2 + 16;

    assert_false(arena_run(&scratch, hold_and_ask, &more));
    assert_int_not_equal(more, 0);
    assert_true(scratch.held > LIMIT_CALL_MEMORY_BYTES / 2);
}

static void run_within(void *size)
{
    size_t little = 1;

    assert_false(arena_run(&scratch, ask_for, size));
    assert_true(arena_run(&scratch, ask_for, &little));
    ask_for(size);
}

TEST(a_run_within_a_run_is_left_alone)
{
    size_t more = LIMIT_CALL_MEMORY_BYTES + 1;

    assert_false(arena_run(&scratch, run_within, &more));
    assert_null(scratch.guard);
}

TEST(loose_memory_grows_and_goes_with_the_arena)
{
    char *first = arena_resize_loose(&scratch, NULL, 100), *second = arena_resize_loose(&scratch, NULL, 10);

    memset(first, 'a', 100);
    memset(second, 'b', 10);
    first = arena_resize_loose(&scratch, first, 1000000);
    assert_int_equal(first[99], 'a');
    second = arena_resize_loose(&scratch, second, 20);
    assert_int_equal(second[9], 'b');
    assert_int_equal(scratch.held, 1000020);
    arena_free_loose(&scratch, first);
    assert_int_equal(scratch.held, 20);
    arena_reset(&scratch);
    assert_int_equal(scratch.held, 0);
}

TEST(loose_memory_can_leave_the_arena)
{
    char *kept[3];

    for (int i = 0; i < 3; i++)
        kept[i] = memset(arena_resize_loose(&scratch, NULL, 100), 'a' + i, 100);
    assert_null(arena_part_with(&scratch, kept[1] + 1));
    void *memory = arena_part_with(&scratch, kept[1]);
    assert_null(arena_part_with(&scratch, kept[1]));
    assert_int_equal(scratch.held, 200);
    arena_free(&scratch);
    assert_int_equal(kept[1][99], 'b');
    free(memory);
}

TEST(a_large_first_block_is_not_kept_for_reuse)
{
    arena_alloc(&scratch, LIMIT_ARENA_BLOCK_BYTES + 16);
    arena_reset(&scratch);
    assert_int_equal(scratch.held, 0);
    arena_alloc(&scratch, LIMIT_ARENA_BLOCK_BYTES);
    arena_reset(&scratch);
    assert_int_equal(scratch.held, LIMIT_ARENA_BLOCK_BYTES);
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
    skip(); /* only the sanitizers' build can tell */
}
#endif

TESTS(test(what_a_request_may_have_it_gets_and_one_byte_more_leaves_the_code),
      test(what_was_freed_counts_no_more), test(all_requests_together_have_a_limit_too),
      test(code_that_holds_something_is_not_left), test(a_run_within_a_run_is_left_alone),
      test(loose_memory_grows_and_goes_with_the_arena), test(loose_memory_can_leave_the_arena),
      test(a_large_first_block_is_not_kept_for_reuse), test(memory_is_zeroed_and_aligned),
      test(allocations_do_not_overlap), test(what_is_larger_than_a_block_gets_its_own),
      test(a_reset_arena_reuses_its_first_block_zeroed), test(an_empty_arena_may_be_reset_and_freed),
      test(copies_end_in_nul_and_absent_stays_absent), test(a_copy_in_lower_case_changes_ascii_letters_only),
      test(text_is_formatted_and_joined), test(a_formatted_str_keeps_its_nuls),
      test(all_else_is_formatted_as_by_printf), test(what_is_not_handed_out_is_poisoned),
      test(optional_scalars_are_pointers))
