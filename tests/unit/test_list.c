#include "unit.h"

#include "base/list.h"

struct numbers {
    int *items;
    size_t count;
};

TEST(items_keep_their_places_while_the_list_grows)
{
    struct numbers numbers = {0};

    for (int i = 0; i < 1000; i++)
        *list_add(&scratch, &numbers) = i;
    assert_int_equal(numbers.count, 1000);
    for (int i = 0; i < 1000; i++)
        assert_int_equal(numbers.items[i], i);
}

TEST(a_new_item_is_zeroed)
{
    struct numbers numbers = {0};

    for (int i = 0; i < 9; i++) {
        int *item = list_add(&scratch, &numbers);
        assert_int_equal(*item, 0);
        *item = -1;
    }
}

TEST(an_empty_list_is_present_and_can_grow)
{
    struct numbers numbers = {0};

    list_make_empty(&scratch, &numbers);
    assert_non_null(numbers.items);
    assert_int_equal(numbers.count, 0);
    *list_add(&scratch, &numbers) = 5;
    *list_add(&scratch, &numbers) = 6;
    assert_int_equal(numbers.items[0] + numbers.items[1], 11);
}

TESTS(test(items_keep_their_places_while_the_list_grows), test(a_new_item_is_zeroed),
      test(an_empty_list_is_present_and_can_grow))
