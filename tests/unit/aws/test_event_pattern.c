#include "aws/event_pattern.h"

#include "unit.h"

static const enum event_pattern_dialect ATTRIBUTES = EVENT_PATTERN_SNS_ATTRIBUTES,
                                        BODY = EVENT_PATTERN_SNS_BODY, LAMBDA = EVENT_PATTERN_LAMBDA;

static str problem_of(enum event_pattern_dialect dialect, str text)
{
    str problem;
    const struct event_pattern *pattern = event_pattern_parse(&scratch, text, dialect, &problem);

    assert_int_equal(pattern == NULL, str_present(problem));
    return problem;
}

static bool chooses(enum event_pattern_dialect dialect, const char *pattern_text, const char *event)
{
    str problem;
    const struct event_pattern *pattern =
        event_pattern_parse(&scratch, str_of(pattern_text), dialect, &problem);
    const struct json *json = json_parse(&scratch, str_of(event), NULL);

    if (!pattern)
        print_error("%s: %.*s\n", pattern_text, STR_ARGS(problem));
    assert_non_null(pattern);
    assert_non_null(json);
    return event_pattern_matches(pattern, event_lookup_member, (void *)json);
}

struct example {
    const char *pattern, *event;
    bool chosen;
};

static void run(enum event_pattern_dialect dialect, const struct example *examples, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (chooses(dialect, examples[i].pattern, examples[i].event) != examples[i].chosen) {
            print_error("%s of %s is not %s\n", examples[i].pattern, examples[i].event,
                        examples[i].chosen ? "chosen" : "left");
            fail();
        }
}

#define RUN(dialect, ...)                                                                                    \
    run((dialect), (const struct example[]){__VA_ARGS__},                                                    \
        sizeof((const struct example[]){__VA_ARGS__}) / sizeof(struct example))

TEST(a_value_is_compared_with_its_type)
{
    RUN(BODY, {"{\"a\":[\"x\"]}", "{\"a\":\"x\"}", true}, {"{\"a\":[\"x\"]}", "{\"a\":\"X\"}", false},
        {"{\"a\":[\"5\"]}", "{\"a\":5}", false}, {"{\"a\":[5]}", "{\"a\":\"5\"}", false},
        {"{\"a\":[5]}", "{\"a\":5.0}", true}, {"{\"a\":[3e2]}", "{\"a\":300}", true},
        {"{\"a\":[null]}", "{\"a\":null}", true}, {"{\"a\":[null]}", "{\"a\":\"null\"}", false},
        {"{\"a\":[null]}", "{}", false}, {"{\"a\":[true]}", "{\"a\":true}", true},
        {"{\"a\":[false]}", "{\"a\":true}", false}, {"{\"a\":[\"\"]}", "{\"a\":\"\"}", true},
        {"{\"a\":[123456789012]}", "{\"a\":123456789012}", true},
        {"{\"a\":[123456789012]}", "{\"a\":123456789013}", false});
}

TEST(null_true_and_false_match_in_whatever_order_they_are_named)
{
    RUN(BODY, {"{\"a\":[true,null,false]}", "{\"a\":null}", true},
        {"{\"a\":[true,null,false]}", "{\"a\":true}", true},
        {"{\"a\":[true,null,false]}", "{\"a\":false}", true},
        {"{\"a\":[true,null,false]}", "{\"a\":\"null\"}", false});
}

TEST(every_key_must_match_by_one_of_its_values)
{
    RUN(BODY, {"{\"a\":[\"x\",\"y\"],\"b\":[1,2]}", "{\"a\":\"y\",\"b\":2,\"c\":3}", true},
        {"{\"a\":[\"x\",\"y\"],\"b\":[1,2]}", "{\"a\":\"y\",\"b\":3}", false},
        {"{\"a\":[\"x\"],\"b\":[1]}", "{\"a\":\"x\"}", false}, {"{}", "{\"a\":1}", true});
}

TEST(one_element_of_an_array_is_enough)
{
    RUN(BODY, {"{\"a\":[\"x\"]}", "{\"a\":[\"w\",\"x\"]}", true},
        {"{\"a\":[\"x\"]}", "{\"a\":[\"w\"]}", false}, {"{\"a\":[\"x\"]}", "{\"a\":[[\"x\"]]}", true},
        {"{\"a\":[\"x\"]}", "{\"a\":[{\"x\":1}]}", false},
        {"{\"a\":[{\"anything-but\":[\"x\"]}]}", "{\"a\":[\"x\",\"y\"]}", true},
        {"{\"a\":[{\"anything-but\":[\"x\"]}]}", "{\"a\":[\"x\",\"x\"]}", false});
}

TEST(keys_inside_of_an_array_match_in_the_same_object)
{
    const char *pattern = "{\"a\":{\"b\":[1],\"c\":[2]}}";

    RUN(BODY, {pattern, "{\"a\":{\"b\":1,\"c\":2}}", true}, {pattern, "{\"a\":[{\"b\":1,\"c\":2}]}", true},
        {pattern, "{\"a\":[{\"b\":1},{\"c\":2}]}", false}, {pattern, "{\"a\":[]}", false},
        {pattern, "{\"a\":5}", false}, {pattern, "{}", false});
}

TEST(texts_match_by_their_ends_and_without_case)
{
    RUN(BODY, {"{\"a\":[{\"prefix\":\"ab\"}]}", "{\"a\":\"abc\"}", true},
        {"{\"a\":[{\"prefix\":\"ab\"}]}", "{\"a\":\"a\"}", false},
        {"{\"a\":[{\"prefix\":\"1\"}]}", "{\"a\":12}", false},
        {"{\"a\":[{\"prefix\":\"\"}]}", "{\"a\":\"\"}", true},
        {"{\"a\":[{\"suffix\":\"bc\"}]}", "{\"a\":\"abc\"}", true},
        {"{\"a\":[{\"suffix\":\"bc\"}]}", "{\"a\":\"c\"}", false},
        {"{\"a\":[{\"prefix\":{\"equals-ignore-case\":\"AB\"}}]}", "{\"a\":\"abc\"}", true},
        {"{\"a\":[{\"suffix\":{\"equals-ignore-case\":\"BC\"}}]}", "{\"a\":\"abc\"}", true},
        {"{\"a\":[{\"suffix\":\"BC\"}]}", "{\"a\":\"abc\"}", false},
        {"{\"a\":[{\"equals-ignore-case\":\"aB\"}]}", "{\"a\":\"Ab\"}", true},
        {"{\"a\":[{\"equals-ignore-case\":\"aB\"}]}", "{\"a\":\"abc\"}", false});
}

TEST(a_star_stands_for_any_text)
{
    RUN(BODY, {"{\"a\":[{\"wildcard\":\"a*c\"}]}", "{\"a\":\"ac\"}", true},
        {"{\"a\":[{\"wildcard\":\"a*c\"}]}", "{\"a\":\"abcd\"}", false},
        {"{\"a\":[{\"wildcard\":\"aba*aba\"}]}", "{\"a\":\"ababa\"}", false},
        {"{\"a\":[{\"wildcard\":\"*b*d*\"}]}", "{\"a\":\"abcde\"}", true},
        {"{\"a\":[{\"wildcard\":\"*d*b*\"}]}", "{\"a\":\"abcde\"}", false},
        {"{\"a\":[{\"wildcard\":\"abc\"}]}", "{\"a\":\"abc\"}", true},
        {"{\"a\":[{\"wildcard\":\"*\"}]}", "{\"a\":\"\"}", true},
        {"{\"a\":[{\"wildcard\":\"*\"}]}", "{\"a\":1}", false},
        {"{\"a\":[{\"wildcard\":\"a\\\\*\\\\\\\\*\"}]}", "{\"a\":\"a*\\\\b\"}", true},
        {"{\"a\":[{\"wildcard\":\"a\\\\*\"}]}", "{\"a\":\"ab\"}", false});
}

TEST(numbers_match_on_either_side_of_each_bound)
{
    RUN(BODY, {"{\"a\":[{\"numeric\":[\"=\",1.5]}]}", "{\"a\":15e-1}", true},
        {"{\"a\":[{\"numeric\":[\"=\",1.5]}]}", "{\"a\":1.50001}", false},
        {"{\"a\":[{\"numeric\":[\"=\",1.5]}]}", "{\"a\":1.500001}", true},
        {"{\"a\":[{\"numeric\":[\"<\",10]}]}", "{\"a\":9.99999}", true},
        {"{\"a\":[{\"numeric\":[\"<\",10]}]}", "{\"a\":10}", false},
        {"{\"a\":[{\"numeric\":[\"<=\",10]}]}", "{\"a\":10}", true},
        {"{\"a\":[{\"numeric\":[\"<=\",10]}]}", "{\"a\":10.00001}", false},
        {"{\"a\":[{\"numeric\":[\">\",10]}]}", "{\"a\":10}", false},
        {"{\"a\":[{\"numeric\":[\">\",10]}]}", "{\"a\":10.00001}", true},
        {"{\"a\":[{\"numeric\":[\">=\",10]}]}", "{\"a\":10}", true},
        {"{\"a\":[{\"numeric\":[\">=\",-1,\"<\",1]}]}", "{\"a\":-1}", true},
        {"{\"a\":[{\"numeric\":[\">=\",-1,\"<\",1]}]}", "{\"a\":1}", false},
        {"{\"a\":[{\"numeric\":[\">\",-1,\"<=\",1]}]}", "{\"a\":-1}", false},
        {"{\"a\":[{\"numeric\":[\">\",-1,\"<=\",1]}]}", "{\"a\":1}", true},
        {"{\"a\":[{\"numeric\":[\"=\",1]}]}", "{\"a\":\"1\"}", false},
        {"{\"a\":[{\"numeric\":[\">\",0]}]}", "{\"a\":1000000001}", false});
    RUN(LAMBDA, {"{\"a\":[{\"numeric\":[\">\",0]}]}", "{\"a\":5000000000}", true},
        {"{\"a\":[{\"numeric\":[\"=\",1.5]}]}", "{\"a\":1.500001}", false});
}

TEST(anything_but_takes_what_is_not_named)
{
    RUN(BODY, {"{\"a\":[{\"anything-but\":\"x\"}]}", "{\"a\":\"y\"}", true},
        {"{\"a\":[{\"anything-but\":\"x\"}]}", "{\"a\":\"x\"}", false},
        {"{\"a\":[{\"anything-but\":\"x\"}]}", "{\"a\":5}", true},
        {"{\"a\":[{\"anything-but\":\"x\"}]}", "{}", false},
        {"{\"a\":[{\"anything-but\":[1,2]}]}", "{\"a\":2.0}", false},
        {"{\"a\":[{\"anything-but\":[1,2]}]}", "{\"a\":3}", true},
        {"{\"a\":[{\"anything-but\":{\"prefix\":\"x\"}}]}", "{\"a\":\"xy\"}", false},
        {"{\"a\":[{\"anything-but\":{\"prefix\":[\"x\",\"y\"]}}]}", "{\"a\":\"yy\"}", false},
        {"{\"a\":[{\"anything-but\":{\"prefix\":\"x\"}}]}", "{\"a\":\"yx\"}", true},
        {"{\"a\":[{\"anything-but\":{\"suffix\":\"x\"}}]}", "{\"a\":\"yx\"}", false},
        {"{\"a\":[{\"anything-but\":{\"wildcard\":\"x*z\"}}]}", "{\"a\":\"xyz\"}", false},
        {"{\"a\":[{\"anything-but\":{\"wildcard\":\"x*z\"}}]}", "{\"a\":\"xyzz0\"}", true},
        {"{\"a\":[{\"anything-but\":{\"equals-ignore-case\":[\"X\"]}}]}", "{\"a\":\"x\"}", false});
}

TEST(a_value_is_there_or_not)
{
    RUN(BODY, {"{\"a\":[{\"exists\":true}]}", "{\"a\":null}", true},
        {"{\"a\":[{\"exists\":true}]}", "{}", false},
        {"{\"a\":[{\"exists\":true}]}", "{\"a\":{\"b\":1}}", false},
        {"{\"a\":[{\"exists\":true}]}", "{\"a\":[]}", false}, {"{\"a\":[{\"exists\":false}]}", "{}", true},
        {"{\"a\":[{\"exists\":false}]}", "{\"a\":\"\"}", false},
        {"{\"a\":{\"b\":[{\"exists\":false}]}}", "{}", true},
        {"{\"a\":{\"b\":[{\"exists\":false}]}}", "{\"a\":{\"b\":1}}", false},
        {"{\"a\":[\"x\",{\"exists\":false}]}", "{\"a\":\"x\"}", true},
        {"{\"a\":[\"x\",{\"exists\":false}]}", "{\"a\":\"y\"}", false});
}

TEST(an_address_is_in_a_network)
{
    RUN(BODY, {"{\"a\":[{\"cidr\":\"10.0.0.0/24\"}]}", "{\"a\":\"10.0.0.0\"}", true},
        {"{\"a\":[{\"cidr\":\"10.0.0.0/24\"}]}", "{\"a\":\"10.0.0.255\"}", true},
        {"{\"a\":[{\"cidr\":\"10.0.0.0/24\"}]}", "{\"a\":\"10.0.1.0\"}", false},
        {"{\"a\":[{\"cidr\":\"10.0.0.0/24\"}]}", "{\"a\":\"9.255.255.255\"}", false},
        {"{\"a\":[{\"cidr\":\"10.0.0.0/31\"}]}", "{\"a\":\"10.0.0.2\"}", false},
        {"{\"a\":[{\"cidr\":\"0.0.0.0/0\"}]}", "{\"a\":\"no address\"}", false},
        {"{\"a\":[{\"cidr\":\"2001:db8::/32\"}]}", "{\"a\":\"2001:db8:ffff::1\"}", true},
        {"{\"a\":[{\"cidr\":\"2001:db8::/32\"}]}", "{\"a\":\"2001:db9::\"}", false},
        {"{\"a\":[{\"cidr\":\"::/0\"}]}", "{\"a\":\"10.0.0.1\"}", false});
}

TEST(of_or_one_side_is_enough)
{
    const char *pattern = "{\"s\":[1],\"$or\":[{\"a\":[1],\"b\":[2]},{\"c\":[3]}]}";

    RUN(BODY, {pattern, "{\"s\":1,\"a\":1,\"b\":2}", true}, {pattern, "{\"s\":1,\"c\":3}", true},
        {pattern, "{\"s\":1,\"a\":1}", false}, {pattern, "{\"c\":3}", false});
    RUN(LAMBDA, {"{\"o\":{\"$or\":[{\"a\":[1]},{\"b\":[2]}]}}", "{\"o\":{\"b\":2}}", true},
        {"{\"o\":{\"$or\":[{\"a\":[1]},{\"b\":[2]}]}}", "{\"b\":2}", false});
}

/* An array of that many {} before {"x":1}. */
static const char *event_of_many(size_t count)
{
    struct text text = text_in(&scratch);

    text_add(&text, S("{\"list\":["));
    for (size_t i = 0; i < count; i++)
        text_add(&text, S("{},"));
    text_add(&text, S("{\"x\":1}]}"));
    text_add_char(&text, '\0');
    return text_str(&text).data;
}

/* It would take minutes to look for x in all elements again for each element. */
TEST(absence_in_a_long_array_is_found_out_once)
{
    const char *event = event_of_many(200000);

    RUN(LAMBDA, {"{\"list\":{\"x\":[{\"exists\":false}]}}", event, false},
        {"{\"list\":{\"y\":[{\"exists\":false}],\"x\":[{\"exists\":false}]}}", event, false},
        {"{\"list\":{\"y\":[{\"exists\":false}],\"x\":[{\"exists\":true}]}}", event, true},
        {"{\"$or\":[{\"list\":{\"x\":[{\"exists\":false}]}},{\"list\":{\"y\":[{\"exists\":false}]}}]}", event,
         true});
}

/* Each field has an answer of its own: more of them than are kept. */
TEST(many_fields_may_be_absent)
{
    struct text pattern = text_in(&scratch);

    text_add(&pattern, S("{\"list\":{"));
    for (int i = 0; i < 300; i++)
        text_format(&pattern, "\"k%d\":[{\"exists\":false}],", i);
    text_add(&pattern, S("\"x\":[1]}}"));
    text_add_char(&pattern, '\0');
    RUN(LAMBDA, {text_str(&pattern).data, "{\"list\":[{},{\"x\":1}]}", true},
        {text_str(&pattern).data, "{\"list\":[{\"k7\":0},{\"x\":1}]}", false},
        {text_str(&pattern).data, "{\"list\":[{\"k299\":0},{\"x\":1}]}", false});
}

static const struct json *attribute(void *context, str name)
{
    static struct json value;

    (*(int *)context)++;
    value = (struct json){.type = JSON_STRING, .text = name};
    return str_equal(name, S("gone")) ? NULL : &value;
}

TEST(values_are_looked_up_by_name)
{
    str problem;
    int asked = 0;
    const struct event_pattern *pattern =
        event_pattern_parse(&scratch, S("{\"a\":[\"a\"],\"b\":[{\"prefix\":\"b\"}]}"), ATTRIBUTES, &problem);

    assert_true(event_pattern_matches(pattern, attribute, &asked));
    assert_int_equal(asked, 2);
    pattern = event_pattern_parse(&scratch, S("{\"gone\":[\"gone\"],\"b\":[\"b\"]}"), ATTRIBUTES, &problem);
    assert_false(event_pattern_matches(pattern, attribute, &asked));
    assert_int_equal(asked, 3);
}

TEST(what_is_wrong_is_told_in_awss_words)
{
    static const struct {
        const char *pattern, *problem;
    } wrong[] = {
        {"", "failed to parse JSON."},
        {"{\"a\":[1],\"a\":[2]}", "failed to parse JSON."},
        {"[]", "Filter is not an object"},
        {"{\"a\":\"x\"}", "\"a\" must be an object or an array"},
        {"{\"a\":[]}", "Empty arrays are not allowed"},
        {"{\"a\":{}}", "Empty objects are not allowed"},
        {"{\"a\":[[1]]}", "Match value must be String, number, true, false, or null"},
        {"{\"a\":[{}]}", "Match expression name not found"},
        {"{\"a\":[{\"contains\":\"x\"}]}", "Unrecognized match type contains"},
        {"{\"a\":[{\"prefix\":\"x\",\"suffix\":\"y\"}]}", "Only one key allowed in match expression"},
        {"{\"a\":[{\"prefix\":1}]}", "prefix match pattern must be a string"},
        {"{\"a\":[{\"suffix\":[]}]}", "suffix match pattern must be a string"},
        {"{\"a\":[{\"prefix\":{}}]}", "Prefix expression name not found"},
        {"{\"a\":[{\"suffix\":{\"prefix\":\"x\"}}]}", "Unsupported suffix pattern: prefix"},
        {"{\"a\":[{\"equals-ignore-case\":1}]}", "equals-ignore-case match pattern must be a string"},
        {"{\"a\":[{\"exists\":\"true\"}]}", "exists match pattern must be either true or false."},
        {"{\"a\":[{\"wildcard\":1}]}", "wildcard match pattern must be a string"},
        {"{\"a\":[{\"wildcard\":\"abc**d\"}]}", "Consecutive wildcard characters at pos 4"},
        {"{\"a\":[{\"wildcard\":\"a\\\\b\"}]}", "Invalid escape character at pos 2"},
        {"{\"a\":[{\"wildcard\":\"a\\\\\"}]}", "Invalid escape character at pos 2"},
        {"{\"a\":[{\"cidr\":1}]}", "prefix match pattern must be a string"},
        {"{\"a\":[{\"cidr\":\"10.0.0.0\"}]}", "Malformed CIDR, one '/' required"},
        {"{\"a\":[{\"cidr\":\"10.0.0.0/8/8\"}]}", "Malformed CIDR, one '/' required"},
        {"{\"a\":[{\"cidr\":\"10.0.0.0/x\"}]}", "Malformed CIDR, mask bits must be an integer"},
        {"{\"a\":[{\"cidr\":\"10.0.0.0/-1\"}]}", "Malformed CIDR, mask bits must not be negative"},
        {"{\"a\":[{\"cidr\":\"10.0.0/8\"}]}", "Nonstandard IP address: 10.0.0"},
        {"{\"a\":[{\"cidr\":\"10.0.0.0/32\"}]}", "IPv4 mask bits must be < 32"},
        {"{\"a\":[{\"cidr\":\"::/128\"}]}", "IPv6 mask bits must be < 128"},
        {"{\"a\":[{\"numeric\":1}]}", "Value of numeric must be an array."},
        {"{\"a\":[{\"numeric\":[]}]}", "Invalid member in numeric match: ]"},
        {"{\"a\":[{\"numeric\":[1]}]}", "Invalid member in numeric match: 1"},
        {"{\"a\":[{\"numeric\":[\"==\",1]}]}", "Unrecognized numeric range operator: =="},
        {"{\"a\":[{\"numeric\":[\"=\"]}]}", "Value of equals must be numeric"},
        {"{\"a\":[{\"numeric\":[\"<=\",\"1\"]}]}", "Value of <= must be numeric"},
        {"{\"a\":[{\"numeric\":[\"=\",1,\"<\",2]}]}", "Too many elements in numeric expression"},
        {"{\"a\":[{\"numeric\":[\">\",1,2]}]}", "Bad value in numeric range: 2"},
        {"{\"a\":[{\"numeric\":[\">\",1,\">\",2]}]}", "Bad numeric range operator: >"},
        {"{\"a\":[{\"numeric\":[\">\",1,\"<\"]}]}", "Value of < must be numeric"},
        {"{\"a\":[{\"numeric\":[\">\",1,\"<\",2,3]}]}", "Too many terms in numeric range expression"},
        {"{\"a\":[{\"numeric\":[\">=\",1,\"<=\",1]}]}", "Bottom must be less than top"},
        {"{\"a\":[{\"anything-but\":true}]}",
         "Value of anything-but must be an array or single string/number value."},
        {"{\"a\":[{\"anything-but\":[null]}]}",
         "Inside anything but list, start|null|boolean is not supported."},
        {"{\"a\":[{\"anything-but\":[1,\"x\"]}]}",
         "Inside anything but list, either all values are number or string, mixed type is not supported"},
        {"{\"a\":[{\"anything-but\":[]}]}",
         "Inside anything but list, either all values are number or string, mixed type is not supported"},
        {"{\"a\":[{\"anything-but\":{}}]}", "Anything-But expression name not found"},
        {"{\"a\":[{\"anything-but\":{\"numeric\":1}}]}", "Unsupported anything-but pattern: numeric"},
        {"{\"a\":[{\"anything-but\":{\"prefix\":\"\"}}]}", "Null prefix/suffix not allowed"},
        {"{\"a\":[{\"anything-but\":{\"suffix\":1}}]}", "prefix/suffix match pattern must be a string"},
        {"{\"$or\":{}}", "It must be an Array followed with $or."},
        {"{\"$or\":[1,2]}", "Only JSON object is allowed in array of $or relationship."},
        {"{\"$or\":[{\"a\":[1]}]}", "There must have at least 2 Objects in $or relationship."},
    };

    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        str pattern = str_of(wrong[i].pattern);
        assert_str(problem_of(BODY, pattern),
                   arena_join(&scratch, S("FilterPolicy: "), str_of(wrong[i].problem)));
        assert_text(problem_of(LAMBDA, pattern), "Invalid filter pattern definition.");
    }
}

TEST(numbers_of_a_pattern_stay_within_what_the_service_has)
{
    assert_absent(problem_of(BODY, S("{\"a\":[{\"numeric\":[\"<=\",1000000000]}]}")));
    assert_text(problem_of(BODY, S("{\"a\":[{\"numeric\":[\"<=\",1000000001]}]}")),
                "FilterPolicy: Value must be between -1.0E9 and 1.0E9, inclusive");
    assert_absent(problem_of(LAMBDA, S("{\"a\":[{\"numeric\":[\"<=\",-5000000000]}]}")));
    assert_text(problem_of(LAMBDA, S("{\"a\":[{\"numeric\":[\"<=\",-5000000001]}]}")),
                "Invalid filter pattern definition.");
}

TEST(attributes_have_no_keys_inside_of_keys)
{
    assert_absent(problem_of(BODY, S("{\"a\":{\"b\":[1]}}")));
    assert_text(problem_of(ATTRIBUTES, S("{\"a\":{\"b\":[1]}}")),
                "Filter policy scope MessageAttributes does not support nested filter policy");
    assert_text(problem_of(ATTRIBUTES, S("{\"$or\":[{\"a\":{\"b\":[1]}},{\"c\":[2]}]}")),
                "Filter policy scope MessageAttributes does not support nested filter policy");
}

TEST(a_filter_policy_has_five_keys_at_most)
{
    assert_absent(problem_of(ATTRIBUTES, S("{\"a\":[1],\"b\":[1],\"c\":[1],\"d\":[1],\"e\":[1]}")));
    assert_text(problem_of(ATTRIBUTES, S("{\"a\":[1],\"b\":[1],\"c\":[1],\"d\":[1],\"e\":[1],\"f\":[1]}")),
                "FilterPolicy: Filter policy can not have more than 5 keys");
    assert_absent(problem_of(LAMBDA, S("{\"a\":[1],\"b\":[1],\"c\":[1],\"d\":[1],\"e\":[1],\"f\":[1]}")));
}

TEST(a_filter_policy_has_150_combinations_at_most)
{
    static const char complex[] = "FilterPolicy: Filter policy is too complex";

    assert_absent(problem_of(ATTRIBUTES, S("{\"a\":[0,1,2,3,4],\"b\":[0,1,2,3,4],\"c\":[0,1,2,3,4,5]}")));
    assert_str(problem_of(ATTRIBUTES, S("{\"a\":[0,1,2,3,4],\"b\":[0,1,2,3,4],\"c\":[0,1,2,3,4,5,6]}")),
               str_of(complex));
    /* the number of values of each list times the list's depth: 3 x (2 x 5) x 5 */
    assert_absent(problem_of(BODY, S("{\"a\":[0,1,2],\"b\":{\"c\":[0,1,2,3,4]},\"d\":[0,1,2,3,4]}")));
    assert_str(problem_of(BODY, S("{\"a\":[0,1,2],\"b\":{\"c\":[0,1,2,3,4]},\"d\":[0,1,2,3,4,5]}")),
               str_of(complex));
    /* (2 + 3) x 5 x 6 */
    assert_absent(
        problem_of(ATTRIBUTES, S("{\"a\":[0,1,2,3,4],\"b\":[0,1,2,3,4,5],\"$or\":[{\"c\":[0,1]},{\"d\":[0,"
                                 "1,2]}]}")));
    assert_str(problem_of(ATTRIBUTES,
                          S("{\"a\":[0,1,2,3,4],\"b\":[0,1,2,3,4,5],\"$or\":[{\"c\":[0,1]},{\"d\":[0,1,2,"
                            "3]}]}")),
               str_of(complex));
}

TEST(a_mapping_s_filter_has_no_cidr_and_no_wildcard)
{
    static const char *const others[] = {"{\"a\":[{\"cidr\":\"10.0.0.0/8\"}]}",
                                         "{\"a\":[{\"wildcard\":\"x*\"}]}",
                                         "{\"a\":[{\"anything-but\":{\"wildcard\":\"x*\"}}]}", "{}"};

    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        assert_absent(problem_of(ATTRIBUTES, str_of(others[i])));
        assert_text(problem_of(LAMBDA, str_of(others[i])), "Invalid filter pattern definition.");
    }
}

TESTS(test(a_value_is_compared_with_its_type),
      test(null_true_and_false_match_in_whatever_order_they_are_named),
      test(every_key_must_match_by_one_of_its_values), test(one_element_of_an_array_is_enough),
      test(keys_inside_of_an_array_match_in_the_same_object),
      test(texts_match_by_their_ends_and_without_case), test(a_star_stands_for_any_text),
      test(numbers_match_on_either_side_of_each_bound), test(anything_but_takes_what_is_not_named),
      test(a_value_is_there_or_not), test(an_address_is_in_a_network), test(of_or_one_side_is_enough),
      test(values_are_looked_up_by_name), test(absence_in_a_long_array_is_found_out_once),
      test(many_fields_may_be_absent), test(what_is_wrong_is_told_in_awss_words),
      test(numbers_of_a_pattern_stay_within_what_the_service_has),
      test(attributes_have_no_keys_inside_of_keys), test(a_filter_policy_has_five_keys_at_most),
      test(a_filter_policy_has_150_combinations_at_most),
      test(a_mapping_s_filter_has_no_cidr_and_no_wildcard))
