#include "aws/tag_rules.h"

#include "unit.h"

struct item {
    str value, key;
};

static bool repeat(const struct item *items, size_t count, enum tag_case tag_case)
{
    return tag_keys_repeat(&scratch, count > 0 ? &items->key : NULL, count, sizeof *items, tag_case);
}

TEST(a_key_stands_once_in_a_list)
{
    const struct item items[] = {{S("v"), S("b")}, {S("b"), S("a")}, {S("a"), S("B")}, {S("v"), S("a")}};

    assert_false(repeat(items, 0, TAG_CASE_MATTERS));
    assert_false(repeat(items, 3, TAG_CASE_MATTERS));
    assert_true(repeat(items, 3, TAG_CASE_IGNORED));
    assert_true(repeat(items, 4, TAG_CASE_MATTERS));
    assert_false(repeat(items, 2, TAG_CASE_IGNORED));
}

TEST(many_keys_are_compared_without_looking_at_all_pairs)
{
    enum { MANY = 200 * 1000 };
    struct item *items = arena_alloc(&scratch, MANY * sizeof *items);

    for (int i = 0; i < MANY; i++)
        items[i].key = arena_decimal(&scratch, i);
    assert_false(repeat(items, MANY, TAG_CASE_IGNORED));
    items[MANY - 1].key = items[0].key;
    assert_true(repeat(items, MANY, TAG_CASE_IGNORED));
}

TEST(keys_that_begin_with_aws_are_reserved)
{
    assert_true(tag_key_is_reserved(S("aws:x")));
    assert_true(tag_key_is_reserved(S("AwS:")));
    assert_false(tag_key_is_reserved(S("aws")));
    assert_false(tag_key_is_reserved(S("xaws:")));
}

TESTS(test(a_key_stands_once_in_a_list), test(many_keys_are_compared_without_looking_at_all_pairs),
      test(keys_that_begin_with_aws_are_reserved))
