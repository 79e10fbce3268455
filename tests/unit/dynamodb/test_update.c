#include "services/dynamodb/expression.h"

#include "items.h"

static const char item_json[] =
    "{\"id\":{\"S\":\"a\"},\"n\":{\"N\":\"5\"},\"l\":{\"L\":[{\"N\":\"0\"},{\"N\":\"1\"},{\"N\":\"2\"}]},"
    "\"m\":{\"M\":{\"x\":{\"S\":\"y\"}}},\"s\":{\"SS\":[\"p\",\"q\"]}}";

/* The item after the update, or what is wrong with it. */
static str updated(str text)
{
    struct dynamodb_attribute_map item = item_of(str_of(item_json));
    struct dynamodb_attribute_map values =
        item_of(S("{\":one\":{\"N\":\"1\"},\":s\":{\"SS\":[\"q\",\"r\"]},\":all\":{\"SS\":[\"p\",\"q\"]},"
                  "\":l\":{\"L\":[{\"N\":\"9\"}]},\":x\":{\"S\":\"x\"},"
                  "\":huge\":{\"N\":\"100000000000000000000000000000000000000000000000000\"}}"));
    bool values_used[8] = {0};
    struct str_map names = {0};
    struct scope scope = {.arena = &scratch, .names = &names, .values = &values, .values_used = values_used};
    struct update update;
    str problem;

    if (!dynamodb_update_parse(&scope, text, &update, &problem) ||
        !dynamodb_update_apply(&scratch, &update, &item, &problem))
        return problem;
    return json_of(&item);
}

static bool gives(str text, str part)
{
    str result = updated(text);

    if (str_find(result, part) < 0)
        print_error("%.*s\n", STR_ARGS(result));
    return str_find(result, part) >= 0;
}

TEST(set_reads_the_item_as_it_was)
{
    assert_true(gives(S("SET n = n + :one, o = n"), S("\"n\":{\"N\":\"6\"}")));
    assert_true(gives(S("SET n = n + :one, o = n"), S("\"o\":{\"N\":\"5\"}")));
    assert_true(gives(S("SET n = :one - n"), S("\"n\":{\"N\":\"-4\"}")));
    assert_true(gives(S("SET n = (n + :one)"), S("\"n\":{\"N\":\"6\"}")));
    assert_true(gives(S("SET n = (n) - (:one)"), S("\"n\":{\"N\":\"4\"}")));
    assert_true(gives(S("SET n = if_not_exists(nope, n)"), S("\"n\":{\"N\":\"5\"}")));
    assert_true(gives(S("SET l = list_append(:l, l)"), S("\"l\":{\"L\":[{\"N\":\"9\"},{\"N\":\"0\"}")));
    assert_true(gives(S("SET m.z = :x"), S("\"m\":{\"M\":{\"x\":{\"S\":\"y\"},\"z\":{\"S\":\"x\"}}}")));
    assert_true(gives(S("SET l[7] = :x"), S("{\"N\":\"2\"},{\"S\":\"x\"}]")));
}

TEST(elements_beyond_the_end_of_a_list_are_added_in_the_order_of_their_indexes)
{
    assert_true(gives(S("SET l[84] = :x, l[3] = :one, l[17] = n"),
                      S("{\"N\":\"2\"},{\"N\":\"1\"},{\"N\":\"5\"},{\"S\":\"x\"}]")));
}

TEST(indexes_of_removed_elements_mean_what_they_meant)
{
    assert_true(gives(S("REMOVE l[0], l[1]"), S("\"l\":{\"L\":[{\"N\":\"2\"}]}")));
    assert_true(gives(S("REMOVE l[0] SET l[2] = :x"), S("\"l\":{\"L\":[{\"N\":\"1\"},{\"S\":\"x\"}]}")));
    assert_true(gives(S("REMOVE m.x, n, nope"), S("\"m\":{\"M\":{}},\"s\"")));
}

TEST(add_and_delete_know_numbers_and_sets)
{
    assert_true(gives(S("ADD n :one, fresh :one"), S("\"n\":{\"N\":\"6\"}")));
    assert_true(gives(S("ADD s :s"), S("\"s\":{\"SS\":[\"p\",\"q\",\"r\"]}")));
    assert_true(gives(S("DELETE s :s"), S("\"s\":{\"SS\":[\"p\"]}")));
    assert_true(str_find(updated(S("DELETE s :all")), S("\"s\"")) < 0);
    assert_text(updated(S("ADD m :one")), "An operand in the update expression has an incorrect data type");
}

TEST(an_update_that_makes_no_sense_is_refused_in_awss_words)
{
    assert_text(updated(S("SET n = :one SET o = :one")),
                "The \"SET\" section can only be used once in an update expression;");
    assert_text(updated(S("SET n")), "Syntax error; token: \"<EOF>\", near: \"n\"");
    assert_text(updated(S("SET o = nope")),
                "The provided expression refers to an attribute that does not exist in the item");
    assert_text(updated(S("SET n = :huge + n")),
                "Number overflow. Attempting to store a number with magnitude larger than supported range");
    assert_text(updated(S("SET l = list_append(list_append(l, l), l)")),
                "The function is not allowed to be used this way in an expression; function: list_append");
    assert_text(updated(S("SET nope.x = :one")),
                "The document path provided in the update expression is invalid for update");
    assert_text(updated(S("SET n = m.x + :x")),
                "Incorrect operand type for operator or function; operator or function: +, operand type: S");
    assert_text(updated(S("ADD n :x")), "Incorrect operand type for operator or function; operator: ADD, "
                                        "operand type: STRING, typeSet: ALLOWED_FOR_ADD_OPERAND");
    assert_text(updated(S("DELETE s :one")),
                "Incorrect operand type for operator or function; operator: "
                "DELETE, operand type: NUMBER, typeSet: ALLOWED_FOR_ADD_OPERAND");
    assert_text(updated(S("SET m = :x, m.x = :x")), "Two document paths overlap with each other; must remove "
                                                    "or rewrite one of these paths; path one: [m], "
                                                    "path two: [m, x]");
}

TESTS(test(set_reads_the_item_as_it_was),
      test(elements_beyond_the_end_of_a_list_are_added_in_the_order_of_their_indexes),
      test(indexes_of_removed_elements_mean_what_they_meant), test(add_and_delete_know_numbers_and_sets),
      test(an_update_that_makes_no_sense_is_refused_in_awss_words))
