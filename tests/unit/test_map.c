#include "unit.h"

#include "base/map.h"

static int one = 1, two = 2;

TEST(what_was_put_is_found)
{
    struct map map = {0};

    assert_null(map_get(&map, S("a")));
    assert_null(map_put(&map, S("a"), &one));
    assert_ptr_equal(map_get(&map, S("a")), &one);
    assert_null(map_get(&map, S("b")));
    map_free(&map);
}

TEST(putting_again_replaces_and_returns_what_was_there)
{
    struct map map = {0};

    map_put(&map, S("a"), &one);
    assert_ptr_equal(map_put(&map, S("a"), &two), &one);
    assert_ptr_equal(map_get(&map, S("a")), &two);
    assert_int_equal(map.count, 1);
    map_free(&map);
}

TEST(keys_are_copied)
{
    struct map map = {0};
    char key[] = "abc";

    map_put(&map, str_of(key), &one);
    key[0] = 'x';
    assert_ptr_equal(map_get(&map, S("abc")), &one);
    map_free(&map);
}

static void add_up(void *context, str key, void *value)
{
    (void)key;
    *(int *)context += *(int *)value;
}

TEST(a_thousand_entries_are_found_visited_and_removed)
{
    static int values[1000];
    struct map map = {0};
    int sum = 0;

    for (int i = 0; i < 1000; i++) {
        values[i] = i;
        map_put(&map, arena_format(&scratch, "key-%d", i), &values[i]);
    }
    map_each(&map, add_up, &sum);
    assert_int_equal(sum, 499500);
    for (int i = 0; i < 1000; i += 2)
        assert_ptr_equal(map_remove(&map, arena_format(&scratch, "key-%d", i)), &values[i]);
    assert_int_equal(map.count, 500);
    assert_null(map_get(&map, S("key-10")));
    assert_ptr_equal(map_get(&map, S("key-11")), &values[11]);
    map_free(&map);
}

TEST(removing_what_is_not_there_changes_nothing)
{
    struct map map = {0};

    assert_null(map_remove(&map, S("a")));
    map_put(&map, S(""), &one);
    assert_null(map_remove(&map, S("a")));
    assert_ptr_equal(map_remove(&map, S("")), &one);
    map_free(&map);
}

TESTS(test(what_was_put_is_found), test(putting_again_replaces_and_returns_what_was_there),
      test(keys_are_copied), test(a_thousand_entries_are_found_visited_and_removed),
      test(removing_what_is_not_there_changes_nothing))
