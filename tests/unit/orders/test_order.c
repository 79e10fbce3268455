/*
 * test_order.c: texts that the command line accepts as an order.
 */
#include "unit.h"

#include "orders/cli/order.h"

#define ORDER(quantity, timestamp)                                                                           \
    S("{\"orderId\":\"O1\",\"userId\":\"U1\",\"itemName\":\"Laptop\",\"quantity\":" quantity                 \
      ",\"status\":\"new\",\"timestamp\":\"" timestamp "\"}")
#define TIME "2025-05-03T12:00:00Z"

static str problem(str text)
{
    return order_problem(&scratch, text);
}

TEST(the_order_of_the_tutorial_is_good)
{
    assert_absent(problem(ORDER("1", TIME)));
}

TEST(an_order_may_hold_more_than_it_must)
{
    assert_absent(problem(S("{\"orderId\":\"O1\",\"userId\":\"U1\",\"itemName\":\"\\u00e9\",\"quantity\":12,"
                            "\"status\":\"new\",\"timestamp\":\"" TIME "\",\"gift\":{\"to\":[1,null]}}")));
}

TEST(what_is_no_json_is_located)
{
    assert_text(problem(S("hello")), "not JSON: column 1 is unexpected");
    assert_text(problem(S("{\"orderId\":\"O1\"")), "not JSON: it ends too early");
    assert_text(problem(S("[]")), "not a JSON object");
}

TEST(each_text_must_be_there_and_say_something)
{
    assert_text(problem(S("{}")), "orderId is missing");
    assert_text(problem(S("{\"orderId\":7}")), "orderId must be a text");
    assert_text(problem(S("{\"orderId\":\"O1\",\"userId\":\"\"}")), "userId must not be empty");
    assert_text(problem(S("{\"orderId\":\"O1\",\"userId\":\"U1\",\"itemName\":\"x\"}")), "status is missing");
}

TEST(a_quantity_is_a_positive_integer)
{
    assert_text(problem(ORDER("0", TIME)), "quantity must be a positive integer");
    assert_text(problem(ORDER("-1", TIME)), "quantity must be a positive integer");
    assert_text(problem(ORDER("1.0", TIME)), "quantity must be a positive integer");
    assert_text(problem(ORDER("1e3", TIME)), "quantity must be a positive integer");
    assert_text(problem(ORDER("\"1\"", TIME)), "quantity must be a positive integer");
    assert_text(problem(ORDER("1234567890123456789", TIME)), "quantity must be a positive integer");
    assert_absent(problem(ORDER("123456789012345678", TIME)));
}

TEST(a_timestamp_is_iso_8601)
{
    assert_absent(problem(ORDER("1", "2025-05-03T15:01:05.250+02:00")));
    assert_text(problem(ORDER("1", "yesterday")),
                "timestamp must be an ISO 8601 time, as 2025-05-03T12:00:00Z is");
    assert_text(problem(ORDER("1", "2025-02-30T12:00:00Z")),
                "timestamp must be an ISO 8601 time, as 2025-05-03T12:00:00Z is");
}

TEST(an_order_fits_a_message)
{
    size_t size = 256 * 1024 + 1;
    char *large = arena_alloc(&scratch, size);

    memset(large, ' ', size);
    assert_text(problem((str){large, size}), "larger than the 256 KiB that a message may have");
}

TESTS(test(the_order_of_the_tutorial_is_good), test(an_order_may_hold_more_than_it_must),
      test(what_is_no_json_is_located), test(each_text_must_be_there_and_say_something),
      test(a_quantity_is_a_positive_integer), test(a_timestamp_is_iso_8601), test(an_order_fits_a_message))
