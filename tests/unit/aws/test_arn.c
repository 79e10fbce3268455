#include "aws/arn.h"

#include "unit.h"

TEST(an_arn_has_six_parts_and_the_last_one_takes_the_rest)
{
    struct arn arn;

    assert_true(arn_parse(S("arn:aws-cn:lambda:cn-north-1:012345678901:function:f:PROD"), &arn));
    assert_text(arn.partition, "aws-cn");
    assert_text(arn.service, "lambda");
    assert_text(arn.region, "cn-north-1");
    assert_text(arn.account, "012345678901");
    assert_text(arn.resource, "function:f:PROD");
}

TEST(region_and_account_may_be_empty)
{
    struct arn arn;

    assert_true(arn_parse(S("arn:aws:s3:::bucket/key"), &arn));
    assert_text(arn.region, "");
    assert_text(arn.account, "");
    assert_text(arn.resource, "bucket/key");
}

TEST(anything_else_is_no_arn)
{
    static const char *const others[] = {
        "",
        "arn",
        "arn:aws:sqs:us-east-1:000000000000",
        "arn:aws:sqs:us-east-1:000000000000:",
        "ARN:aws:sqs:us-east-1:000000000000:q",
        "urn:aws:sqs:us-east-1:000000000000:q",
        "http://localhost:4566/000000000000/q:x:y",
    };
    struct arn arn;

    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        assert_false(arn_parse(str_of(others[i]), &arn));
    assert_false(arn_parse((str){0}, &arn));
    assert_absent(arn.service);
}

TEST(an_arn_is_built_from_its_parts)
{
    struct arn parts = {.service = S("sns"), .region = S("us-east-1"), .account = S("1"), .resource = S("T")};

    assert_text(arn_build(&scratch, &parts), "arn:aws:sns:us-east-1:1:T");
    parts.partition = S("aws-us-gov");
    parts.region = (str){0};
    assert_text(arn_build(&scratch, &parts), "arn:aws-us-gov:sns::1:T");
    assert_text(arn_of_root(&scratch, S("012345678901")), "arn:aws:iam::012345678901:root");
}

TEST(a_region_is_words_and_a_number)
{
    static const char *regions[] = {"us-east-1", "us-gov-west-1", "me-central-12"};
    static const char *others[] = {"",           "us-east",    "us-1",       "us-east-1-",
                                   "-us-east-1", "us-east-1a", "us--east-1", "a-b-c-d-1",
                                   "US-EAST-1",  "localhost",  "us-east-"};

    for (size_t i = 0; i < sizeof regions / sizeof *regions; i++)
        assert_true(arn_is_region(str_of(regions[i])));
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        assert_false(arn_is_region(str_of(others[i])));
}

TEST(the_account_of_an_arn_has_twelve_characters)
{
    assert_text(arn_account(S("arn:aws:sqs:us-east-1:000000000000:q")), "000000000000");
    assert_text(arn_account(S("arn:aws:iam::000000000000")), "000000000000");
    assert_absent(arn_account(S("arn:aws:iam::00000000000:root")));
    assert_absent(arn_account(S("arn:aws:iam::0000000000000:root")));
    assert_absent(arn_account(S("arn:aws:iam::aws:policy/P")));
    assert_absent(arn_account(S("000000000000")));
}

TEST(the_name_in_an_arn_follows_the_last_slash)
{
    assert_text(arn_name(S("arn:aws:iam::000000000000:role/a/path/Name")), "Name");
    assert_text(arn_name(S("Name")), "Name");
}

TEST(the_last_part_of_an_arn_follows_the_last_colon)
{
    assert_text(arn_last(S("arn:aws:sqs:us-east-1:000000000000:q")), "q");
    assert_text(arn_last(S("arn:aws:lambda:us-east-1:000000000000:function:f:7")), "7");
    assert_text(arn_last(S("q")), "q");
}

TESTS(test(a_region_is_words_and_a_number), test(an_arn_has_six_parts_and_the_last_one_takes_the_rest),
      test(region_and_account_may_be_empty), test(anything_else_is_no_arn),
      test(an_arn_is_built_from_its_parts), test(the_account_of_an_arn_has_twelve_characters),
      test(the_name_in_an_arn_follows_the_last_slash), test(the_last_part_of_an_arn_follows_the_last_colon))
