#include "aws/policy_document.h"

#include "unit.h"

#define HEAD "\"Version\":\"2012-10-17\",\"Id\":\"new\""

static str added(str document, str statement)
{
    struct policy_document policy = policy_document_read(&scratch, document);

    return policy_document_add(&scratch, &policy, S(HEAD), statement);
}

static str removed(str document, str sid)
{
    struct policy_document policy = policy_document_read(&scratch, document);

    return policy_document_remove(&scratch, &policy, sid);
}

TEST(the_first_statement_makes_a_document)
{
    assert_text(added((str){0}, S("{\"Sid\":\"a\"}")), "{" HEAD ",\"Statement\":[{\"Sid\":\"a\"}]}");
}

TEST(another_statement_stands_behind_those_that_are_there)
{
    assert_text(
        added(S("{\"Id\":\"x\",\"Statement\":[{\"Sid\":\"a\"}],\"Version\":\"v\"}"), S("{\"Sid\":\"b\"}")),
        "{\"Id\":\"x\",\"Version\":\"v\",\"Statement\":[{\"Sid\":\"a\"},{\"Sid\":\"b\"}]}");
}

TEST(a_statement_may_stand_alone)
{
    struct policy_document policy = policy_document_read(&scratch, S("{\"Statement\":{\"Sid\":\"a\"}}"));

    assert_int_equal(policy.count, 1);
    assert_true(policy_document_find(&policy, S("a")));
    assert_false(policy_document_find(&policy, S("b")));
    assert_text(added(S("{\"Statement\":{\"Sid\":\"a\"}}"), S("{}")), "{\"Statement\":[{\"Sid\":\"a\"},{}]}");
}

TEST(a_statement_without_a_sid_is_nobodys)
{
    struct policy_document policy = policy_document_read(&scratch, S("{\"Statement\":[{\"Sid\":1},{}]}"));

    assert_false(policy_document_find(&policy, S("")));
    assert_false(policy_document_find(&policy, (str){0}));
    assert_text(removed(S("{\"Statement\":[{},{\"Sid\":\"a\"}]}"), S("a")), "{\"Statement\":[{}]}");
}

TEST(with_its_last_statement_the_document_goes)
{
    assert_text(removed(S("{\"Statement\":[{\"Sid\":\"a\"},{\"Sid\":\"b\"}]}"), S("a")),
                "{\"Statement\":[{\"Sid\":\"b\"}]}");
    assert_absent(removed(S("{\"Statement\":[{\"Sid\":\"b\"}]}"), S("b")));
    assert_absent(removed(S("{\"Statement\":{\"Sid\":\"b\"}}"), S("b")));
}

TEST(what_is_no_policy_has_no_statements)
{
    static const char *const others[] = {
        "", "null", "[]", "{", "{\"Statement\":\"a\"}", "{\"Statement\":null}"};

    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        assert_int_equal(policy_document_read(&scratch, str_of(others[i])).count, 0);
}

TESTS(test(the_first_statement_makes_a_document), test(another_statement_stands_behind_those_that_are_there),
      test(a_statement_may_stand_alone), test(a_statement_without_a_sid_is_nobodys),
      test(with_its_last_statement_the_document_goes), test(what_is_no_policy_has_no_statements))
