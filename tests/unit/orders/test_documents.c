/*
 * test_documents.c: policies that mean the same.
 */
#include "unit.h"

#include "orders/cli/documents.h"

static bool equal(str a, str b)
{
    return documents_equal(&scratch, a, b);
}

TEST(the_order_of_members_does_not_matter)
{
    assert_true(equal(S("{\"a\":1,\"b\":{\"c\":true}}"), S("{ \"b\": {\"c\": true}, \"a\": 1 }")));
    assert_false(equal(S("{\"a\":1,\"b\":2}"), S("{\"a\":1,\"c\":2}")));
    assert_false(equal(S("{\"a\":1}"), S("{\"a\":1,\"b\":2}")));
}

TEST(the_order_of_items_does)
{
    assert_false(equal(S("[1,2]"), S("[2,1]")));
}

TEST(a_number_may_be_a_text)
{
    assert_true(equal(S("{\"maxReceiveCount\":3}"), S("{\"maxReceiveCount\":\"3\"}")));
    assert_false(equal(S("{\"maxReceiveCount\":3}"), S("{\"maxReceiveCount\":4}")));
}

TEST(one_item_may_stand_without_its_list)
{
    assert_true(equal(S("{\"Action\":[\"sqs:SendMessage\"]}"), S("{\"Action\":\"sqs:SendMessage\"}")));
}

TEST(what_is_absent_or_no_json_equals_nothing)
{
    assert_false(equal((str){0}, S("{}")));
    assert_false(equal(S("{"), S("{")));
}

TESTS(test(the_order_of_members_does_not_matter), test(the_order_of_items_does), test(a_number_may_be_a_text),
      test(one_item_may_stand_without_its_list), test(what_is_absent_or_no_json_equals_nothing))
