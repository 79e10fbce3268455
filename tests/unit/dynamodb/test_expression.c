#include "base/text.h"
#include "services/dynamodb/expression.h"

#include "items.h"

static struct str_map_entry name_entries[] = {{STR_INIT("#n"), STR_INIT("name with spaces")},
                                              {STR_INIT("#s"), STR_INIT("status")}};
static const struct str_map names = {name_entries, 2};
static bool names_used[2], values_used[16];
static struct dynamodb_attribute_map values;

static struct scope scope(void)
{
    values = item_of(
        S("{\":a\":{\"S\":\"a\"},\":b\":{\"S\":\"b\"},\":one\":{\"N\":\"1\"},\":ten\":{\"N\":\"1E1\"},"
          "\":yes\":{\"BOOL\":true},\":set\":{\"SS\":[\"a\"]},\":type\":{\"S\":\"SS\"},"
          "\":list\":{\"L\":[]},\":null\":{\"NULL\":true}}"));
    return (struct scope){.arena = &scratch,
                          .names = &names,
                          .values = &values,
                          .names_used = names_used,
                          .values_used = values_used};
}

static str problem_of(str text)
{
    struct scope own = scope();
    str problem;

    return dynamodb_condition_parse(&own, text, &problem) ? S("fine") : problem;
}

static const char item_json[] =
    "{\"id\":{\"S\":\"b\"},\"n\":{\"N\":\"5\"},\"status\":{\"S\":\"active\"},\"flag\":{\"BOOL\":true},"
    "\"name with spaces\":{\"S\":\"a\"},\"tags\":{\"SS\":[\"a\",\"z\"]},\"nil\":{\"NULL\":true},"
    "\"pieces\":{\"L\":[{\"S\":\"a\"},{\"M\":{\"deep\":{\"N\":\"10\"}}}]},\"m\":{\"M\":{\"x\":{\"S\":\"a\"}}}"
    ","
    "\"ten\":{\"N\":\"10\"}}";

static bool holds(str text)
{
    struct scope own = scope();
    struct dynamodb_attribute_map item = item_of(str_of(item_json));
    str problem = {0};
    const struct node *condition = dynamodb_condition_parse(&own, text, &problem);

    if (!condition)
        print_error("%.*s\n", STR_ARGS(problem));
    assert_non_null(condition);
    return dynamodb_expression_holds(&scratch, condition, &item);
}

static str projected(str text)
{
    struct scope own = scope();
    struct dynamodb_attribute_map item = item_of(str_of(item_json)), parts;
    struct projection projection;
    str problem;

    if (!dynamodb_projection_parse(&own, text, &projection, &problem))
        return problem;
    parts = dynamodb_projection_apply(&scratch, &projection, &item);
    return json_of(&parts);
}

static str key_problem_of(str text)
{
    struct scope own = scope();
    struct key_condition key = {0};
    str problem;
    const struct node *condition = dynamodb_condition_parse(&own, text, &problem);

    assert_non_null(condition);
    return dynamodb_key_condition_read(&scratch, condition, &key, &problem) ? S("fine") : problem;
}

TEST(comparisons_know_types_and_order)
{
    assert_true(holds(S("id = :b")));
    assert_false(holds(S("id = :a")));
    assert_true(holds(S("id <> :one")));
    assert_true(holds(S("n > :one and n < :ten")));
    assert_true(holds(S("ten = :ten")));
    assert_true(holds(S("n >= :one AND n <= :ten")));
    assert_false(holds(S("id > :one")));
    assert_false(holds(S("ten < :ten")));
    assert_true(holds(S("ten <= :ten")));
    assert_false(holds(S("ten <= :one")));
    assert_false(holds(S("ten > :ten")));
    assert_true(holds(S("ten >= :ten")));
    assert_false(holds(S("n >= :ten")));
    assert_true(holds(S("n BETWEEN :one AND :ten")));
    assert_true(holds(S("id IN (:a, :b)")));
    assert_false(holds(S("id IN (:a)")));
    assert_true(holds(S("flag = :yes")));
    assert_true(holds(S("pieces[1].deep = ten")));
}

TEST(a_missing_attribute_differs_from_everything_and_compares_with_nothing)
{
    assert_true(holds(S("nowhere <> :a")));
    assert_false(holds(S("nowhere = :a")));
    assert_false(holds(S("nowhere < :a")));
    assert_false(holds(S("contains(nowhere, :a)")));
    assert_true(holds(S("attribute_not_exists(nowhere)")));
    assert_true(holds(S("attribute_exists(nil)")));
    assert_false(holds(S("size(nowhere) > :one")));
}

TEST(and_binds_more_than_or_and_not_more_than_both)
{
    assert_true(holds(S("id = :b OR id = :a AND id = :a")));
    assert_false(holds(S("(id = :b OR id = :a) AND id = :a")));
    assert_false(holds(S("NOT id = :b AND id = :b")));
    assert_true(holds(S("NOT (id = :b AND id = :a)")));
    assert_true(holds(S("not id = :a and not (id = :a or id IN (:a))")));
    assert_true(holds(S("n BETWEEN :one AND :ten AND id = :b")));
    assert_true(holds(S("(id) = (:b)")));
}

TEST(functions_look_into_texts_sets_lists_and_maps)
{
    assert_true(holds(S("begins_with(#n, :a)")));
    assert_false(holds(S("begins_with(id, :a)")));
    assert_true(holds(S("contains(tags, :a) AND NOT contains(tags, :b)")));
    assert_true(holds(S("contains(pieces, :a)")));
    assert_true(holds(S("contains(#s, :a)")));
    assert_true(holds(S("attribute_type(tags, :type)")));
    assert_true(holds(S("size(tags) > :one")));
    assert_true(holds(S("size(#n) = :one AND size(m) = size(m.x)")));
    assert_true(holds(S("attribute_exists(pieces[1].deep) AND attribute_not_exists(pieces[2])")));
    assert_true(holds(S("attribute_exists(m.x) AND attribute_not_exists(m.x.y)")));
}

TEST(a_syntax_error_shows_the_token_and_its_neighbours)
{
    assert_text(problem_of(S("a-b")), "Syntax error; token: \"-\", near: \"a-b\"");
    assert_text(problem_of(S("id = ")), "Syntax error; token: \"<EOF>\", near: \"=\"");
    assert_text(problem_of(S("attribute_exists(id) AND NOT #s")),
                "Syntax error; token: \"<EOF>\", near: \"#s\"");
    assert_text(problem_of(S("size()")), "Syntax error; token: \")\", near: \"()\"");
    assert_text(problem_of(S("id == :a")), "Syntax error; token: \"=\", near: \"== :a\"");
    assert_text(problem_of(S("id :a-")), "Syntax error; token: \":a\", near: \"id :a-\"");
    assert_text(problem_of(S("(id = :a")), "Syntax error; token: \"<EOF>\", near: \":a\"");
    assert_text(problem_of(S("a AND b")), "Syntax error; token: \"AND\", near: \"a AND b\"");
    assert_text(problem_of(S("(a = :a) = :b")), "Syntax error; token: \"=\", near: \") = :b\"");
    assert_text(problem_of(S("id = :a id")), "Syntax error; token: \"id\", near: \":a id\"");
    assert_text(problem_of(S("_a = :a")), "Syntax error; token: \"_\", near: \"_a\"");
    assert_text(problem_of(S("\xc3\xa9 = :a")), "Syntax error; token: \"\xc3\xa9\", near: \"\xc3\xa9 =\"");
    assert_text(problem_of(S(" ")), "The expression can not be empty;");
}

TEST(names_values_functions_and_words_are_checked_in_awss_words)
{
    assert_text(problem_of(S("#x = :a")),
                "An expression attribute name used in the document path is not defined; attribute name: #x");
    assert_text(problem_of(S("id = :x")),
                "An expression attribute value used in expression is not defined; attribute value: :x");
    assert_text(problem_of(S("status = :a")),
                "Attribute name is a reserved keyword; reserved keyword: status");
    assert_text(problem_of(S("m.Zone = :a")), "Attribute name is a reserved keyword; reserved keyword: Zone");
    assert_text(problem_of(S("nope(id, :a)")), "Invalid function name; function: nope");
    assert_text(problem_of(S("if_not_exists(id, :a)")),
                "The function is not allowed in a condition expression; function: if_not_exists");
    assert_text(problem_of(S("list_append(id, :a) = :a")),
                "The function is not allowed in a condition expression; function: list_append");
    assert_text(problem_of(S("id IN (:a, :a)")), "fine");
    assert_text(problem_of(S("id IN (:a, id)")),
                "The first operand must be distinct from the remaining operands for this operator or "
                "function; operator: IN, first operand: [id]");
    assert_text(problem_of(S("id BETWEEN :a AND :b")), "fine");
    assert_text(problem_of(S("id BETWEEN :a AND id")),
                "The first operand must be distinct from the remaining operands for this operator or "
                "function; operator: BETWEEN, first operand: [id]");
    assert_text(problem_of(S("((id = :a))")), "The expression has redundant parentheses;");
    assert_text(problem_of(S("((id)) = :a")), "The expression has redundant parentheses;");
    assert_text(problem_of(S("size(id)")),
                "The function is not allowed to be used this way in an expression; function: size");
    assert_text(problem_of(S("contains(id, :a) = :yes")),
                "The function is not allowed to be used this way in an expression; function: contains");
}

TEST(operands_must_fit)
{
    assert_text(
        problem_of(S("begins_with(id)")),
        "Incorrect number of operands for operator or function; operator or function: begins_with, number of "
        "operands: 1");
    assert_text(problem_of(S("begins_with(id, :one)")), "Incorrect operand type for operator or function; "
                                                        "operator or function: begins_with, operand type: N");
    assert_text(
        problem_of(S("id < :yes")),
        "Incorrect operand type for operator or function; operator or function: <, operand type: BOOL");
    assert_text(
        problem_of(S(":yes < id")),
        "Incorrect operand type for operator or function; operator or function: <, operand type: BOOL");
    assert_text(
        problem_of(S("n BETWEEN :one AND :yes")),
        "Incorrect operand type for operator or function; operator or function: BETWEEN, operand type: BOOL");
    assert_text(problem_of(S("attribute_exists(:a)")),
                "Operator or function requires a document path; operator or function: attribute_exists");
    assert_text(problem_of(S("attribute_type(id, :a)")),
                "Invalid attribute type name found; type: a, valid types: {B,NULL,SS,BOOL,L,BS,N,NS,S,M}");
    assert_text(
        problem_of(S("m.x = m.x")),
        "The first operand must be distinct from the remaining operands for this operator or function; "
        "operator: =, first operand: [m, x]");
    assert_text(
        problem_of(S("n BETWEEN :ten AND :one")),
        "The BETWEEN operator requires upper bound to be greater than or equal to lower bound; lower bound "
        "operand: AttributeValue: {N:10}, upper bound operand: AttributeValue: {N:1}");
    assert_text(
        problem_of(S("n BETWEEN :a AND :one")),
        "The BETWEEN operator requires same data type for lower and upper bounds; lower bound operand: "
        "AttributeValue: {S:a}, upper bound operand: AttributeValue: {N:1}");
}

TEST(in_finds_each_of_many_values_and_tells_types_apart)
{
    str many = S(" IN (:one, :b, :yes, :ten, :one, :b, :yes, :ten, :ten, :b");

    assert_true(holds(arena_concat(&scratch, S("id"), many, S(")"))));
    assert_true(holds(arena_concat(&scratch, S("ten"), many, S(")"))));
    assert_true(holds(arena_concat(&scratch, S("flag"), many, S(")"))));
    assert_true(holds(arena_concat(&scratch, S("pieces[1].deep"), many, S(", ten)"))));
    assert_false(holds(arena_concat(&scratch, S("nowhere"), many, S(")"))));
    assert_false(holds(arena_concat(&scratch, S("nil"), many, S(")"))));
    assert_false(holds(arena_concat(&scratch, S("n"), many, S(")"))));
}

TEST(in_takes_a_hundred_operands_and_no_more)
{
    struct text text = text_in(&scratch);

    text_add(&text, S("id IN (:a"));
    for (int i = 1; i < 100; i++)
        text_add(&text, S(", :b"));
    str hundred = text_str(&text);
    assert_true(holds(arena_join(&scratch, hundred, S(")"))));
    assert_text(problem_of(arena_join(&scratch, hundred, S(", :a)"))),
                "The IN operator is provided with too many operands; number of operands: 101");
}

TEST(an_expression_has_three_hundred_operators_and_no_more)
{
    struct text text = text_in(&scratch);

    text_add(&text, S("NOT id=:b"));
    for (int i = 2; i < 300; i += 2)
        text_add(&text, S(" OR id=:a"));
    str most = text_str(&text);
    assert_true(most.size < 4096);
    assert_false(holds(arena_join(&scratch, most, S(""))));
    assert_text(problem_of(arena_join(&scratch, most, S(" OR id=:a"))),
                "The expression contains too many operators; operator count: 301");
}

TEST(nesting_ends_in_a_sentence_not_in_the_stack)
{
    char text[4000];

    memset(text, '(', sizeof text);
    assert_text(problem_of((str){text, sizeof text}), "The expression is nested too deeply;");
    for (size_t i = 0; i + 4 <= sizeof text; i += 4)
        memcpy(text + i, "NOT ", 4);
    assert_text(problem_of((str){text, sizeof text}), "The expression is nested too deeply;");
}

TEST(a_projection_keeps_structure_and_order)
{
    assert_text(projected(S("n, id")), "{\"id\":{\"S\":\"b\"},\"n\":{\"N\":\"5\"}}");
    assert_text(
        projected(S("m.x, pieces[1].deep")),
        "{\"pieces\":{\"L\":[{\"M\":{\"deep\":{\"N\":\"10\"}}}]},\"m\":{\"M\":{\"x\":{\"S\":\"a\"}}}}");
    assert_text(projected(S("pieces[1], pieces[0]")),
                "{\"pieces\":{\"L\":[{\"S\":\"a\"},{\"M\":{\"deep\":{\"N\":\"10\"}}}]}}");
    assert_text(projected(S("nowhere, m.y, id.x, pieces[7]")), "{}");
    assert_text(projected(S("#n")), "{\"name with spaces\":{\"S\":\"a\"}}");
}

TEST(paths_of_a_projection_keep_apart)
{
    assert_text(projected(S("m, m.x")), "Two document paths overlap with each other; must remove or rewrite "
                                        "one of these paths; path one: [m], "
                                        "path two: [m, x]");
    assert_text(projected(S("m.x, m[0]")), "Two document paths conflict with each other; must remove or "
                                           "rewrite one of these paths; path one: [m, "
                                           "x], path two: [m, [0]]");
    assert_text(projected(S("n, name")), "Attribute name is a reserved keyword; reserved keyword: name");
    assert_text(projected(S("n,")), "Syntax error; token: \"<EOF>\", near: \",\"");
    assert_text(projected(S("pieces[x]")), "Syntax error; token: \"x\", near: \"[x]\"");
}

TEST(a_key_condition_has_one_term_for_each_attribute)
{
    assert_text(key_problem_of(S("id = :a AND begins_with(n, :a)")), "fine");
    assert_text(key_problem_of(S("(id = :a) AND (n BETWEEN :a AND :b)")), "fine");
    assert_text(key_problem_of(S(":a = id")), "fine");
    assert_text(key_problem_of(S("id = :a OR n = :b")),
                "Invalid operator used in KeyConditionExpression: OR");
    assert_text(key_problem_of(S("id <> :a")), "Invalid operator used in KeyConditionExpression: <>");
    assert_text(key_problem_of(S("attribute_exists(id)")),
                "Invalid operator used in KeyConditionExpression: attribute_exists");
    assert_text(
        key_problem_of(S("id = :a AND id = :b")),
        "Invalid KeyConditionExpression: KeyConditionExpressions must only contain one condition per key");
    assert_text(key_problem_of(S("m.x = :a")),
                "KeyConditionExpressions cannot have conditions on nested attributes");
    assert_text(key_problem_of(S("size(id) = :one")),
                "KeyConditionExpressions cannot contain nested operations");
    assert_text(
        key_problem_of(S("id = n")),
        "Invalid condition in KeyConditionExpression: Multiple attribute names used in one condition");
}

TEST(every_reserved_word_is_known_in_any_case)
{
    assert_true(dynamodb_is_reserved_word(S("ABORT")));
    assert_true(dynamodb_is_reserved_word(S("zone")));
    assert_true(dynamodb_is_reserved_word(S("Status")));
    assert_false(dynamodb_is_reserved_word(S("orderId")));
    assert_false(dynamodb_is_reserved_word(S("")));
    assert_false(dynamodb_is_reserved_word(S("ABORTS")));
}

TEST(an_index_of_a_list_has_a_largest_value)
{
    assert_text(problem_of(S("attribute_exists(l[4294967294])")), "fine");
    assert_text(problem_of(S("attribute_exists(l[4294967295])")),
                "List index is not within the allowable range; index: [4294967295]");
    assert_text(problem_of(S("attribute_exists(l[99999999999999999999])")),
                "List index is not within the allowable range; index: [99999999999999999999]");
}

TESTS(test(an_index_of_a_list_has_a_largest_value), test(comparisons_know_types_and_order),
      test(a_missing_attribute_differs_from_everything_and_compares_with_nothing),
      test(and_binds_more_than_or_and_not_more_than_both),
      test(functions_look_into_texts_sets_lists_and_maps),
      test(a_syntax_error_shows_the_token_and_its_neighbours),
      test(names_values_functions_and_words_are_checked_in_awss_words), test(operands_must_fit),
      test(in_finds_each_of_many_values_and_tells_types_apart), test(in_takes_a_hundred_operands_and_no_more),
      test(an_expression_has_three_hundred_operators_and_no_more),
      test(nesting_ends_in_a_sentence_not_in_the_stack), test(a_projection_keeps_structure_and_order),
      test(paths_of_a_projection_keep_apart), test(a_key_condition_has_one_term_for_each_attribute),
      test(every_reserved_word_is_known_in_any_case))
