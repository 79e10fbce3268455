#include "unit.h"

#include "engine/protocol/rest_path.h"

static int fit(const char *pattern, const char *path, const char *query)
{
    struct form form;

    assert_true(form_parse(&scratch, str_of(query), &form));
    return rest_path_fit(str_of(pattern), str_of(path), &form);
}

TEST(literal_parts_must_be_equal)
{
    assert_int_equal(fit("/2015-03-31/functions", "/2015-03-31/functions", ""), 2);
    assert_int_equal(fit("/2015-03-31/functions", "/2015-03-31/layers", ""), 0);
}

TEST(a_label_takes_one_segment_that_is_not_empty)
{
    assert_int_equal(fit("/functions/{Name}/policy", "/functions/f/policy", ""), 2);
    assert_int_equal(fit("/functions/{Name}/policy", "/functions//policy", ""), 0);
    assert_int_equal(fit("/functions/{Name}", "/functions/f/policy", ""), 0);
    assert_int_equal(fit("/functions/{Name}", "/functions", ""), 0);
}

TEST(a_slash_at_the_end_does_not_count)
{
    assert_int_equal(fit("/2015-03-31/functions", "/2015-03-31/functions/", ""), 2);
}

TEST(a_greedy_label_takes_the_rest)
{
    assert_int_equal(fit("/tags/{Path+}", "/tags/a/b/c", ""), 1);
    assert_str(rest_path_label(S("/tags/{Path+}"), S("/tags/a/b/c"), S("Path")), S("a/b/c"));
}

TEST(a_pattern_may_ask_for_a_query_parameter)
{
    assert_int_equal(fit("/layers?find=LayerVersion", "/layers", "find=LayerVersion&Arn=x"), 2);
    assert_int_equal(fit("/layers?find=LayerVersion", "/layers", "find=Other"), 0);
    assert_int_equal(fit("/layers?find=LayerVersion", "/layers", ""), 0);
    assert_int_equal(fit("/layers", "/layers", "find=LayerVersion"), 1);
}

TEST(labels_are_found_by_name)
{
    str pattern = S("/functions/{FunctionName}/aliases/{Name}");

    assert_text(rest_path_label(pattern, S("/functions/f/aliases/live"), S("Name")), "live");
    assert_text(rest_path_label(pattern, S("/functions/f/aliases/live"), S("FunctionName")), "f");
    assert_absent(rest_path_label(pattern, S("/functions/f/aliases/live"), S("Other")));
}

static str an_arn(void *context, str label)
{
    (void)context;
    return str_equal(label, S("Resource")) ? S("arn:aws:x/y") : S("");
}

TEST(labels_are_encoded_when_they_are_filled_in)
{
    assert_text(rest_path_fill(&scratch, S("/tags/{Resource}?List=ALL"), an_arn, NULL),
                "/tags/arn%3Aaws%3Ax%2Fy");
    assert_text(rest_path_fill(&scratch, S("/tags/{Resource+}"), an_arn, NULL), "/tags/arn%3Aaws%3Ax/y");
}

TESTS(test(literal_parts_must_be_equal), test(a_label_takes_one_segment_that_is_not_empty),
      test(a_slash_at_the_end_does_not_count), test(a_greedy_label_takes_the_rest),
      test(a_pattern_may_ask_for_a_query_parameter), test(labels_are_found_by_name),
      test(labels_are_encoded_when_they_are_filled_in))
