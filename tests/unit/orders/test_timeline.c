/*
 * test_timeline.c: an order's way in plain words.
 */
#include "unit.h"

#include "orders/cli/timeline.h"

static str name_of(str text)
{
    return timeline_name(&scratch, text);
}

static str sentence_of(str text)
{
    return timeline_sentence(&scratch, text);
}

TEST(arns_are_named_by_what_they_are)
{
    assert_text(name_of(S("arn:aws:sns:us-east-1:000000000000:OrderTopic")), "topic OrderTopic");
    assert_text(name_of(S("arn:aws:sqs:us-east-1:000000000000:OrderQueue")), "queue OrderQueue");
    assert_text(name_of(S("arn:aws:lambda:us-east-1:000000000000:function:F")), "function F");
    assert_text(name_of(S("arn:aws:dynamodb:us-east-1:000000000000:table/Orders")), "table Orders");
    assert_text(name_of(S("arn:aws:logs:us-east-1:000000000000:log-group:/aws/lambda/F")),
                "log group /aws/lambda/F");
    assert_text(name_of(S("arn:aws:iam::000000000000:role/R")), "role R");
    assert_text(name_of(S("arn:aws:sts::000000000000:assumed-role/R/session")), "role R");
}

TEST(other_names_stay_as_they_are)
{
    assert_text(name_of(S("arn:aws:s3:::bucket")), "arn:aws:s3:::bucket");
    assert_text(name_of(S("arn:aws:iam::000000000000:user/U")), "arn:aws:iam::000000000000:user/U");
    assert_text(name_of(S("table Orders")), "table Orders");
    assert_text(name_of(S("arn:aws:sqs")), "arn:aws:sqs");
}

TEST(a_reason_becomes_a_sentence)
{
    assert_text(sentence_of(S("no policy of arn:aws:iam::000000000000:role/R allows dynamodb:PutItem on "
                              "arn:aws:dynamodb:us-east-1:000000000000:table/Orders")),
                "No policy of role R allows dynamodb:PutItem on table Orders.");
    assert_text(sentence_of(S("It came from arn:aws:sqs:us-east-1:000000000000:Q, and not from "
                              "\"arn:aws:sns:us-east-1:000000000000:T\".")),
                "It came from queue Q, and not from \"topic T\".");
    assert_text(sentence_of(S("what now?")), "What now?");
    assert_text(sentence_of(S("  ")), "");
    assert_text(sentence_of(S("arn: arn:")), "Arn: arn:.");
}

TEST(of_what_a_function_printed_its_reason_is_told)
{
    assert_text(sentence_of(S("it failed, and printed: {\"orderId\":\"O1\",\"reason\":\"no item\"}")),
                "It failed: no item.");
    assert_text(sentence_of(S("it failed, and printed: {\"orderId\":\"O1\"}")),
                "It failed, and printed: {\"orderId\":\"O1\"}.");
    assert_text(sentence_of(S("it failed, and printed: no {item}")), "It failed, and printed: no {item}.");
}

TEST(a_long_reason_is_cut)
{
    char text[601];

    memset(text, 'x', sizeof text);
    text[0] = 'X';
    assert_int_equal(sentence_of((str){text, 600}).size, 601); /* including the full stop */
    assert_true(str_ends_with(sentence_of((str){text, 601}), S("x…")));
}

TEST(times_have_the_unit_that_fits)
{
    assert_text(timeline_time(&scratch, 0), "0 ms");
    assert_text(timeline_time(&scratch, 9999), "9999 ms");
    assert_text(timeline_time(&scratch, 10000), "10.0 s");
}

TESTS(test(arns_are_named_by_what_they_are), test(other_names_stay_as_they_are),
      test(a_reason_becomes_a_sentence), test(of_what_a_function_printed_its_reason_is_told),
      test(a_long_reason_is_cut), test(times_have_the_unit_that_fits))
