#include "aws/wildcard.h"

#include "unit.h"

#include <string.h>

static str compiled(str source)
{
    return wildcard_compile(&scratch, source, true, true).text;
}

static bool like(str pattern, str text)
{
    return wildcard_match(compiled(pattern), text);
}

static bool names(str pattern, str resource)
{
    return wildcard_match_resource(compiled(pattern), resource);
}

static bool arn_like(str pattern, str arn)
{
    return wildcard_match_arn(compiled(pattern), arn);
}

static str repeated(str piece, size_t times)
{
    char *all = arena_alloc(&scratch, piece.size * times);

    for (size_t i = 0; i < times; i++)
        memcpy(all + i * piece.size, piece.data, piece.size);
    return (str){all, piece.size * times};
}

TEST(a_star_matches_any_run_of_characters)
{
    assert_true(like(S("*"), S("")));
    assert_true(like(S("a*c"), S("abbbc")));
    assert_true(like(S("*a*b*"), S("xxaxxbxx")));
    assert_true(like(S("*aab"), S("aaaab")));
    assert_false(like(S("a*c"), S("abcd")));
    assert_false(like(S(""), S("a")));
}

TEST(a_question_mark_matches_one_character_of_utf_8)
{
    assert_true(like(S("a?c"), S("abc")));
    assert_true(like(S("a?c"), S("a\xc3\xa9"
                                 "c")));
    assert_false(like(S("a?c"), S("ac")));
    assert_false(like(S("a?"), S("abc")));
    assert_true(like(S("*?"), S("\xe2\x82\xac")));
    assert_false(like(S("*??"), S("\xe2\x82\xac")));
    assert_true(like(S("??*"), S("\xf0\x9f\x98\x80\xc3\xa9")));
    assert_false(like(S("???*"), S("\xf0\x9f\x98\x80\xc3\xa9")));
}

/* Going back to the last star would take a thousand times longer. */
TEST(a_pattern_that_nearly_matches_everywhere_is_refused)
{
    str many = repeated(S("a"), 4000), pattern = arena_concat(&scratch, S("*"), many, S("b"));

    for (int i = 0; i < 10; i++)
        assert_false(like(pattern, arena_join(&scratch, many, many)));
    assert_true(like(pattern, arena_concat(&scratch, many, many, S("b"))));
}

TEST(only_a_single_star_matches_a_text_that_is_too_long)
{
    str longest = repeated(S("a"), WILDCARD_MAX_TEXT), longer = arena_join(&scratch, longest, S("a"));

    assert_true(like(S("a*"), longest));
    assert_false(like(S("a*"), longer));
    assert_true(like(S("*"), longer));
}

TEST(an_escaped_wildcard_is_an_ordinary_character)
{
    assert_true(like(S("a${*}c"), S("a*c")));
    assert_false(like(S("a${*}c"), S("abc")));
    assert_true(like(S("${?}${$}"), S("?$")));
}

TEST(a_variable_has_both_braces_and_a_name)
{
    static const char *const none[] = {"$a{b}", "a{b}", "${}", "${ab", "$ab}", "{ab}", "${*}"};

    assert_true(wildcard_compile(&scratch, S("a${b}"), true, true).has_variables);
    assert_false(wildcard_compile(&scratch, S("a${b}"), true, false).has_variables);
    for (size_t i = 0; i < sizeof none / sizeof *none; i++)
        assert_false(wildcard_compile(&scratch, str_of(none[i]), true, true).has_variables);
}

TEST(a_star_at_the_end_of_a_segment_reaches_over_colons)
{
    assert_true(
        names(S("arn:aws:sqs:us-east-1:000000000000:*"), S("arn:aws:sqs:us-east-1:000000000000:orders")));
    assert_true(names(S("arn:aws:sqs:*:orders"), S("arn:aws:sqs:us-east-1:000000000000:orders")));
    assert_true(
        names(S("arn:aws:logs:*"), S("arn:aws:logs:us-east-1:000000000000:log-group:/aws/lambda/f:*")));
    assert_true(names(S("*"), S("arn:aws:sqs:us-east-1:000000000000:orders")));
}

TEST(a_star_within_a_segment_stops_at_colons)
{
    assert_true(names(S("arn:aws:s3:::my*bucket"), S("arn:aws:s3:::my-own-bucket")));
    assert_false(names(S("arn:aws:sqs:us*1:orders"), S("arn:aws:sqs:us-east-1:000000000001:orders")));
    assert_true(names(S("arn:*:us-*-1:*:q*s"), S("arn:aws:sqs:us-east-1:000000000000:queues")));
    assert_false(names(S("arn:*:us-*-1:*:q*s"), S("arn:aws:sqs:us-east-2:000000000000:queues")));
}

TEST(stars_on_both_sides_of_a_question_mark_at_a_colon_grow)
{
    assert_true(names(S("a*?*b"), S("aa:ab")));
    assert_true(names(S("*??*b"), S("aa:bab")));
    assert_false(names(S("a*?*b"), S("aa:a:ab")));
}

TEST(an_arn_is_compared_part_by_part)
{
    assert_true(
        arn_like(S("arn:aws:sns:*:000000000000:Order*"), S("arn:aws:sns:us-east-1:000000000000:OrderTopic")));
    assert_true(arn_like(S("arn:*:*:*:*:*"), S("arn:aws:lambda:us-east-1:000000000000:function:f:1")));
    assert_false(arn_like(S("arn:aws:sns:*"), S("arn:aws:sns:us-east-1:000000000000:OrderTopic")));
    assert_false(arn_like(S("arn:aws:sns:*:000000000000:Order*"), S("not an arn")));
}

TEST(each_part_of_an_arn_counts)
{
    static const char *const others[] = {
        "aws:aws:sns:us-east-1:000000000000:OrderTopic",
        "arn:aws-cn:sns:us-east-1:000000000000:OrderTopic",
        "arn:aws:sqs:us-east-1:000000000000:OrderTopic",
        "arn:aws:sns:us-east-2:000000000000:OrderTopic",
        "arn:aws:sns:us-east-1:000000000001:OrderTopic",
        "arn:aws:sns:us-east-1:000000000000:OrderTopics",
        "arn:aws:sns:us-east-1:000000000000:OrderTopic:sub",
        "arn:aws:sns:us-east-1:000000000000",
        "arn:aws:sns:us-east-1::OrderTopic",
        "",
    };
    str arn = S("arn:aws:sns:us-east-1:000000000000:OrderTopic");

    assert_true(arn_like(arn, arn));
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        assert_false(arn_like(arn, str_of(others[i])));
        assert_false(arn_like(str_of(others[i]), arn));
        assert_false(names(arn, str_of(others[i])));
    }
}

TEST(a_wildcard_in_one_part_leaves_the_others_as_they_are)
{
    assert_true(
        arn_like(S("arn:aws:sns:us-east-1:000000000000:*"), S("arn:aws:sns:us-east-1:000000000000:a:b")));
    assert_false(
        arn_like(S("arn:aws:sns:us-east-1:000000000000:*"), S("arn:aws:sqs:us-east-1:000000000000:a")));
    assert_false(arn_like(S("arn:aws:sns:*:000000000000:a"), S("arn:aws:sns:us-east-1:000000000001:a")));
    assert_false(
        arn_like(S("arn:aws:*:us-east-1:000000000000:a"), S("arn:aws:sns:us-east-2:000000000000:a")));
    assert_false(
        arn_like(S("*:aws:sns:us-east-1:000000000000:a"), S("arn:aws-cn:sns:us-east-1:000000000000:a")));
}

TESTS(test(a_star_matches_any_run_of_characters), test(a_question_mark_matches_one_character_of_utf_8),
      test(an_escaped_wildcard_is_an_ordinary_character), test(a_variable_has_both_braces_and_a_name),
      test(a_pattern_that_nearly_matches_everywhere_is_refused),
      test(only_a_single_star_matches_a_text_that_is_too_long),
      test(stars_on_both_sides_of_a_question_mark_at_a_colon_grow),
      test(a_star_at_the_end_of_a_segment_reaches_over_colons), test(a_star_within_a_segment_stops_at_colons),
      test(an_arn_is_compared_part_by_part), test(each_part_of_an_arn_counts),
      test(a_wildcard_in_one_part_leaves_the_others_as_they_are))
