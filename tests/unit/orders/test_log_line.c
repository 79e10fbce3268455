/*
 * test_log_line.c: parsing the log lines of the three functions.
 */
#include "unit.h"

#include "orders/cli/log_line.h"

#define REQUEST "8f507cfc-1b2a-4c3d-9e8f-0a1b2c3d4e5f"

static struct log_line line_of(str text)
{
    return log_line_read(&scratch, text, 1000);
}

TEST(the_c_functions_line_says_everything)
{
    struct log_line line =
        line_of(S("{\"orderId\":\"O1\",\"messageId\":\"m\",\"requestId\":\"r\",\"published\":1,"
                  "\"queued\":2,\"received\":3,\"started\":4,\"stored\":5,\"receiveCount\":1,"
                  "\"outcome\":\"stored\"}\n"));

    assert_int_equal(line.kind, LOG_OUTCOME);
    assert_text(line.order_id, "O1");
    assert_text(line.outcome, "stored");
    assert_int_equal(line.published_ms, 1);
    assert_int_equal(line.stored_ms, 5);
    assert_int_equal(line.receive_count, 1);
    assert_absent(line.reason);
}

TEST(a_rejected_message_has_no_order_and_a_reason)
{
    struct log_line line = line_of(S("{\"messageId\":\"m\",\"receiveCount\":3,\"outcome\":\"rejected\","
                                     "\"reason\":\"not a JSON object\"}"));

    assert_int_equal(line.kind, LOG_OUTCOME);
    assert_absent(line.order_id);
    assert_int_equal(line.stored_ms, -1);
    assert_text(line.reason, "not a JSON object");
}

TEST(lambda_says_when_an_invocation_begins_and_ends)
{
    struct log_line line = line_of(S("START RequestId: " REQUEST " Version: $LATEST\n"));

    assert_int_equal(line.kind, LOG_START);
    assert_text(line.request_id, REQUEST);
    line = line_of(S("REPORT RequestId: " REQUEST "\tDuration: 12.34 ms\tBilled Duration: 13 ms"));
    assert_int_equal(line.kind, LOG_REPORT);
    assert_text(line.request_id, REQUEST);
}

TEST(the_nodejs_function_mentions_the_order)
{
    struct log_line line =
        line_of(S("2026-01-31T12:00:00.123Z\t" REQUEST "\tINFO\tReceived order message: {\r"
                  "  orderId: 'O1234',\r  userId: 'U123'\r}"));

    assert_int_equal(line.kind, LOG_MENTION);
    assert_text(line.order_id, "O1234");
    assert_text(line.request_id, REQUEST);
}

TEST(the_python_function_mentions_the_order)
{
    struct log_line line = line_of(S("Received order: {'orderId': 'O1234', 'userId': 'U123'}\n"));

    assert_int_equal(line.kind, LOG_MENTION);
    assert_text(line.order_id, "O1234");
    assert_absent(line.request_id);
    assert_text(line_of(S("Stored order: O1234\n")).order_id, "O1234");
}

TEST(errors_and_time_outs_are_problems)
{
    assert_int_equal(
        line_of(S("2026-01-31T12:00:00.123Z " REQUEST " Task timed out after 5.00 seconds")).kind,
        LOG_PROBLEM);
    assert_int_equal(
        line_of(S("2026-01-31T12:00:00.123Z\t" REQUEST "\tERROR\tError processing message: SyntaxError"))
            .kind,
        LOG_PROBLEM);
    assert_int_equal(line_of(S("[ERROR] JSONDecodeError: Expecting value")).kind, LOG_PROBLEM);
}

TEST(anything_else_is_something_else)
{
    assert_int_equal(line_of(S("")).kind, LOG_OTHER);
    assert_int_equal(line_of(S("{\"a\":1}")).kind, LOG_OTHER);
    assert_int_equal(line_of(S("{\"")).kind, LOG_OTHER);
    assert_int_equal(line_of(S("END RequestId: 8f50")).kind, LOG_OTHER);
}

TESTS(test(the_c_functions_line_says_everything), test(a_rejected_message_has_no_order_and_a_reason),
      test(lambda_says_when_an_invocation_begins_and_ends), test(the_nodejs_function_mentions_the_order),
      test(the_python_function_mentions_the_order), test(errors_and_time_outs_are_problems),
      test(anything_else_is_something_else))
