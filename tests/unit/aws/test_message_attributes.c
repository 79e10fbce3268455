#include "aws/message_attributes.h"

#include "unit.h"

static str repeated(char c, size_t count)
{
    char *text = arena_alloc(&scratch, count + 1);

    memset(text, c, count);
    return (str){text, count};
}

TEST(a_type_may_have_a_label_behind_a_dot)
{
    assert_true(message_attribute_is_type(S("Number"), S("Number")));
    assert_true(message_attribute_is_type(S("Number.int"), S("Number")));
    assert_false(message_attribute_is_type(S("Numbers"), S("Number")));
    assert_false(message_attribute_is_type(S("Numbe"), S("Number")));
    assert_false(message_attribute_is_type(S("number"), S("Number")));
}

TEST(a_number_has_38_digits_at_most)
{
    assert_true(message_attribute_is_number(repeated('1', 38)));
    assert_false(message_attribute_is_number(repeated('1', 39)));
    assert_true(message_attribute_is_number(S("-1.5e3")));
    assert_false(message_attribute_is_number(S("1,5")));
    assert_false(message_attribute_is_number(S("")));
}

TEST(a_number_is_between_10_to_the_minus_128_and_10_to_the_126)
{
    assert_true(message_attribute_is_number(S("1e126")));
    assert_false(message_attribute_is_number(S("1e127")));
    assert_true(message_attribute_is_number(S("1e-128")));
    assert_false(message_attribute_is_number(S("1e-129")));
    assert_true(message_attribute_is_number(S("0e999")));
}

TEST(names_that_begin_with_aws_or_amazon_are_reserved)
{
    assert_true(message_attribute_is_reserved(S("AWS.x")));
    assert_true(message_attribute_is_reserved(S("aMaZoN.x")));
    assert_false(message_attribute_is_reserved(S("AWSx")));
    assert_false(message_attribute_is_reserved(S("AWS")));
    assert_false(message_attribute_is_reserved(S("Amazon")));
}

TEST(a_message_group_has_1_to_128_letters_digits_and_punctuation)
{
    assert_true(message_group_is_id(S("A9!~")));
    assert_true(message_group_is_id(repeated('a', 128)));
    assert_false(message_group_is_id(repeated('a', 129)));
    assert_false(message_group_is_id(S("")));
    assert_false(message_group_is_id(S("a b")));
    assert_false(message_group_is_id(S("\xc3\xa4")));
}

TESTS(test(a_type_may_have_a_label_behind_a_dot), test(a_number_has_38_digits_at_most),
      test(a_number_is_between_10_to_the_minus_128_and_10_to_the_126),
      test(names_that_begin_with_aws_or_amazon_are_reserved),
      test(a_message_group_has_1_to_128_letters_digits_and_punctuation))
