#include "unit.h"

#include "engine/protocol/pattern.h"

#include <pthread.h>

TEST(a_pattern_must_match_the_whole_text)
{
    static const char pattern[] = "[a-zA-Z0-9_.-]+";

    assert_true(pattern_matches(pattern, S("Orders")));
    assert_false(pattern_matches(pattern, S("Orders!")));
    assert_false(pattern_matches(pattern, S("")));
    assert_false(pattern_matches(pattern, S("Orders\n")));
}

TEST(alternatives_are_tried_until_one_matches_the_whole)
{
    static const char pattern[] = "a|ab|(x)";

    assert_true(pattern_matches(pattern, S("ab")));
    assert_true(pattern_matches(pattern, S("x")));
    assert_false(pattern_matches(pattern, S("abx")));
}

TEST(javas_unicode_escapes_are_understood)
{
    static const char pattern[] = "[\\u0020-\\uD7FF\\uE000-\\uFFFD\\uD800\\uDC00-\\uDBFF\\uDFFF\\r\\n\\t]*";

    assert_true(pattern_matches(pattern, S("na\xc3\xafve \xf0\x9f\x93\xa6\n")));
    assert_false(pattern_matches(pattern, S("\x01")));
}

TEST(a_hyphen_behind_a_class_is_a_hyphen)
{
    static const char pattern[] = "[\\w-_]+";

    assert_true(pattern_matches(pattern, S("a-b_c9")));
    assert_false(pattern_matches(pattern, S("a.b")));
}

TEST(posix_classes_of_java_are_understood)
{
    static const char pattern[] = "\\p{Print}+";

    assert_true(pattern_matches(pattern, S("Order 7!")));
    assert_false(pattern_matches(pattern, S("Order\t7")));
}

TEST(bytes_that_are_not_utf8_match_nothing)
{
    static const char pattern[] = "[\\s\\S]*";

    assert_false(pattern_matches(pattern, S("\xff")));
}

static const char *const shared[] = {"a+", "b+", "c+", "d+", "[a-d]+", "(ab)+", "\\d{12}", "x?"};

static void *match_all(void *failures)
{
    static const char *const texts[] = {"aa", "bb", "cc", "dd", "abcd", "abab", "000000000000", "x"};

    for (int round = 0; round < 200; round++)
        for (size_t i = 0; i < sizeof shared / sizeof *shared; i++)
            *(int *)failures += !pattern_matches(shared[i], str_of(texts[i]));
    return NULL;
}

TEST(threads_may_meet_at_a_patterns_first_use)
{
    enum { THREADS = 4 };
    pthread_t threads[THREADS];
    int failures[THREADS] = {0};

    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, match_all, &failures[i]), 0);
    for (int i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
        assert_int_equal(failures[i], 0);
    }
}

TESTS(test(a_pattern_must_match_the_whole_text), test(alternatives_are_tried_until_one_matches_the_whole),
      test(javas_unicode_escapes_are_understood), test(a_hyphen_behind_a_class_is_a_hyphen),
      test(posix_classes_of_java_are_understood), test(bytes_that_are_not_utf8_match_nothing),
      test(threads_may_meet_at_a_patterns_first_use))
