#include "items.h"

static str problem_of(str json)
{
    struct dynamodb_attribute_map item = {0};
    str problem = {0};

    assert_true(model_from_json(&scratch, &DYNAMODB_ATTRIBUTE_MAP, json, &item));
    return dynamodb_item_check(&scratch, VALUE_LAYER_CURRENT, &item, &problem) ? S("fine") : problem;
}

static size_t size_of_item(str json)
{
    struct dynamodb_attribute_map item = item_of(json);
    struct item_size size;

    dynamodb_item_encode(&scratch, &item, &size);
    return size.bytes;
}

static bool equal(str a, str b)
{
    struct dynamodb_attribute_map item =
        item_of(arena_format(&scratch, "{\"a\":%.*s,\"b\":%.*s}", STR_ARGS(a), STR_ARGS(b)));

    return dynamodb_value_equal(&scratch, &item.items[0].value, &item.items[1].value);
}

TEST(an_item_of_every_type_comes_back_from_its_blob)
{
    str json =
        S("{\"s\":{\"S\":\"é\"},\"e\":{\"S\":\"\"},\"n\":{\"N\":\"-12.5\"},\"b\":{\"B\":\"AP8=\"},"
          "\"ss\":{\"SS\":[\"a\",\"b\"]},\"ns\":{\"NS\":[\"1\",\"2\"]},\"bs\":{\"BS\":[\"AA==\"]},"
          "\"m\":{\"M\":{\"x\":{\"L\":[{\"NULL\":true},{\"BOOL\":false},{\"BOOL\":true}]},\"y\":{\"M\":{}}}},"
          "\"l\":{\"L\":[]}}");
    struct dynamodb_attribute_map item = item_of(json);
    struct item_size size;

    struct dynamodb_attribute_map again =
        dynamodb_item_decode(&scratch, dynamodb_item_encode(&scratch, &item, &size));
    assert_str(json_of(&again), json);
}

TEST(attributes_are_picked_from_a_blob_among_values_of_every_type)
{
    struct dynamodb_attribute_map item =
        item_of(S("{\"first\": {\"N\": \"1\"}, \"m\": {\"M\": {\"last\": {\"L\": [{\"NULL\": true}, "
                  "{\"BOOL\": false}]}}}, "
                  "\"ss\": {\"SS\": [\"a\", \"b\"]}, \"ns\": {\"NS\": [\"1\"]}, \"bs\": {\"BS\": "
                  "[\"YQ==\"]}, \"b\": {\"B\": "
                  "\"YQ==\"}, \"l\": {\"L\": []}, \"last\": {\"S\": \"x\"}}"));
    struct str_list names = {(str[]){S("last"), S("none"), S("first"), S("last")}, 4};
    struct item_size size;

    dynamodb_names_sort(&names);
    assert_int_equal(names.count, 3);
    struct dynamodb_attribute_map picked =
        dynamodb_item_pick(&scratch, dynamodb_item_encode(&scratch, &item, &size), &names);

    assert_text(json_of(&picked), "{\"first\":{\"N\":\"1\"},\"last\":{\"S\":\"x\"}}");
}

TEST(sizes_are_counted_as_aws_counts_them)
{
    assert_int_equal(size_of_item(S("{\"id\":{\"S\":\"abc\"}}")), 5);
    assert_int_equal(size_of_item(S("{\"id\":{\"N\":\"100\"}}")), 4);
    assert_int_equal(size_of_item(S("{\"id\":{\"B\":\"AP8=\"}}")), 4);
    assert_int_equal(size_of_item(S("{\"id\":{\"BOOL\":true},\"no\":{\"NULL\":true}}")), 6);
    assert_int_equal(size_of_item(S("{\"id\":{\"SS\":[\"ab\",\"c\"]}}")), 5);
    assert_int_equal(size_of_item(S("{\"id\":{\"L\":[]}}")), 5);
    assert_int_equal(size_of_item(S("{\"id\":{\"M\":{\"k\":{\"S\":\"vv\"}}}}")), 2 + 3 + 1 + 1 + 2);
}

TEST(a_value_has_one_type)
{
    static const char *const types[] = {
        "\"S\":\"x\"",       "\"N\":\"1\"", "\"B\":\"AP8=\"", "\"SS\":[\"x\"]", "\"NS\":[\"1\"]",
        "\"BS\":[\"AA==\"]", "\"M\":{}",    "\"L\":[]",       "\"NULL\":true",  "\"BOOL\":true"};
    enum { TYPES = sizeof types / sizeof *types };

    for (size_t i = 0; i < TYPES; i++)
        for (size_t j = i + 1; j < TYPES; j++)
            assert_text(
                problem_of(arena_format(&scratch, "{\"a\":{%s,%s}}", types[i], types[j])),
                "Supplied AttributeValue has more than one datatypes set, must contain exactly one of the "
                "supported datatypes");
}

TEST(values_outside_the_rules_are_refused_in_awss_words)
{
    assert_text(problem_of(S("{\"a\":{}}")),
                "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes");
    assert_text(
        problem_of(S("{\"a\":{\"S\":\"x\",\"N\":\"1\"}}")),
        "Supplied AttributeValue has more than one datatypes set, must contain exactly one of the supported "
        "datatypes");
    assert_text(problem_of(S("{\"a\":{\"L\":[{\"SS\":[]}]}}")),
                "One or more parameter values were invalid: An string set  may not be empty");
    assert_text(
        problem_of(S("{\"a\":{\"SS\":[\"x\",\"x\"]}}")),
        "One or more parameter values were invalid: Input collection [\"x\", \"x\"] contains duplicates.");
    assert_text(problem_of(S("{\"a\":{\"NS\":[\"1\",\"1.0\"]}}")),
                "One or more parameter values were invalid: Input collection contains duplicates.");
    assert_text(
        problem_of(S("{\"a\":{\"BS\":[\"AA==\",\"AA==\"]}}")),
        "One or more parameter values were invalid: Input collection [\"AA==\",\"AA==\"]of type BS contains "
        "duplicates.");
    assert_text(
        problem_of(S("{\"a\":{\"NULL\":false}}")),
        "One or more parameter values were invalid: Null attribute value types must have the value of true");
    assert_text(problem_of(S("{\"a\":{\"N\":\"ten\"}}")),
                "The parameter cannot be converted to a numeric value: ten");
}

TEST(equality_looks_at_content_not_at_writing)
{
    assert_true(equal(S("{\"N\":\"1.0\"}"), S("{\"N\":\"1\"}")));
    assert_true(equal(S("{\"SS\":[\"a\",\"b\"]}"), S("{\"SS\":[\"b\",\"a\"]}")));
    assert_true(equal(S("{\"M\":{\"x\":{\"S\":\"1\"},\"y\":{\"S\":\"2\"}}}"),
                      S("{\"M\":{\"y\":{\"S\":\"2\"},\"x\":{\"S\":\"1\"}}}")));
    assert_false(
        equal(S("{\"L\":[{\"S\":\"1\"},{\"S\":\"2\"}]}"), S("{\"L\":[{\"S\":\"2\"},{\"S\":\"1\"}]}")));
    assert_false(equal(S("{\"S\":\"1\"}"), S("{\"N\":\"1\"}")));
    assert_false(equal(S("{\"BOOL\":true}"), S("{\"BOOL\":false}")));
}

static int depth_of_item(str json)
{
    struct dynamodb_attribute_map item = item_of(json);
    struct item_size size;

    dynamodb_item_encode(&scratch, &item, &size);
    return size.depth;
}

TEST(levels_of_values_are_counted)
{
    assert_int_equal(depth_of_item(S("{}")), 0);
    assert_int_equal(depth_of_item(S("{\"a\":{\"S\":\"x\"},\"b\":{\"SS\":[\"x\"]}}")), 1);
    assert_int_equal(depth_of_item(S("{\"a\":{\"L\":[{\"M\":{\"x\":{\"N\":\"1\"}}}]},\"b\":{\"L\":[]}}")), 3);
}

TESTS(test(attributes_are_picked_from_a_blob_among_values_of_every_type), test(levels_of_values_are_counted),
      test(an_item_of_every_type_comes_back_from_its_blob), test(sizes_are_counted_as_aws_counts_them),
      test(a_value_has_one_type), test(values_outside_the_rules_are_refused_in_awss_words),
      test(equality_looks_at_content_not_at_writing))
