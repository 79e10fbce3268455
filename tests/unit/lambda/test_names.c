/*
 * test_names.c: the ways to name a function.
 */
#include "services/lambda/lambda_internal.h"

#undef fail /* the engine's fail(); cmocka has its own */
#include "unit.h"

static struct function_name parsed(str text)
{
    struct function_name name;

    assert_true(lambda_function_name_parse(text, &name));
    return name;
}

TEST(a_name_alone_says_nothing_else)
{
    struct function_name name = parsed(S("orders"));

    assert_text(name.name, "orders");
    assert_absent(name.account);
    assert_absent(name.region);
    assert_absent(name.qualifier);
}

TEST(a_name_may_have_a_qualifier)
{
    struct function_name name = parsed(S("orders:$LATEST"));

    assert_text(name.name, "orders");
    assert_text(name.qualifier, "$LATEST");
}

TEST(an_arn_says_everything)
{
    struct function_name name = parsed(S("arn:aws:lambda:eu-west-1:123456789012:function:orders:live"));

    assert_text(name.region, "eu-west-1");
    assert_text(name.account, "123456789012");
    assert_text(name.name, "orders");
    assert_text(name.qualifier, "live");
    assert_text(lambda_function_arn(&scratch, &name),
                "arn:aws:lambda:eu-west-1:123456789012:function:orders:live");
}

TEST(a_partial_arn_begins_with_the_account)
{
    struct function_name name = parsed(S("123456789012:function:orders"));

    assert_text(name.account, "123456789012");
    assert_text(name.name, "orders");
    assert_absent(name.qualifier);
    assert_text(parsed(S("function:orders")).name, "orders");
    assert_text(parsed(S("123456789012:orders")).name, "orders");
}

TEST(a_name_of_twelve_digits_is_a_name)
{
    assert_text(parsed(S("123456789012")).name, "123456789012");
    assert_text(parsed(S("function")).name, "function");
}

TEST(what_has_empty_or_too_many_parts_is_no_name)
{
    struct function_name name;

    assert_false(lambda_function_name_parse(S(""), &name));
    assert_false(lambda_function_name_parse(S("a::b"), &name));
    assert_false(lambda_function_name_parse(S("orders:1:2"), &name));
    assert_false(lambda_function_name_parse(S("arn:aws:sqs:us-east-1:123456789012:function:q"), &name));
    assert_false(lambda_function_name_parse(S("arn:aws:lambda:us-east-1"), &name));
}

TESTS(test(a_name_alone_says_nothing_else), test(a_name_may_have_a_qualifier), test(an_arn_says_everything),
      test(a_partial_arn_begins_with_the_account), test(a_name_of_twelve_digits_is_a_name),
      test(what_has_empty_or_too_many_parts_is_no_name))
