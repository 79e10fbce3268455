#pragma once

/*
 * unit.h: what every unit test includes: cmocka, and comparing a str with a literal.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"

/* Memory for tests; freed when a test ends. */
static struct arena scratch;

static inline int free_arena(void **state)
{
    (void)state;
    arena_free(&scratch);
    return 0;
}

#define test(name) cmocka_unit_test_teardown(name, free_arena)
#define TEST(name) static void name(void **cmocka_state __attribute__((unused)))

static inline void equal_at(str actual, str expected, const char *file, int line)
{
    if (str_present(actual) && str_equal(actual, expected))
        return;
    print_error("\"%.*s\"%s\n is not \"%.*s\"\n", STR_ARGS(actual), str_present(actual) ? "" : " (absent)",
                STR_ARGS(expected));
    _fail(file, line);
}

#define assert_str(actual, expected) equal_at((actual), (expected), __FILE__, __LINE__)
#define assert_text(actual, literal) assert_str((actual), S(literal))
#define assert_absent(actual) assert_false(str_present(actual))

#define TESTS(...)                                                                                           \
    int main(void)                                                                                           \
    {                                                                                                        \
        const struct CMUnitTest tests[] = {__VA_ARGS__};                                                     \
        return cmocka_run_group_tests(tests, NULL, NULL);                                                    \
    }
