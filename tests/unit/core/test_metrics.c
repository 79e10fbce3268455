/*
 * test_metrics.c: what services count is kept in memory until its minute is over.
 */
#include "core.h"

#include <sqlite3.h>
#include <stdio.h>

enum { MINUTE_MS = 60 * 1000 };

static str stored(void)
{
    struct request *request = begin_http("GET", "/_orderly/metrics/services", "");

    assert_int_equal(status_of(request), 200);
    return body_of(request);
}

static bool has(const char *text)
{
    return str_find(stored(), str_of(text)) >= 0;
}

/* Wait until the metrics contain the text; each request is a batch. */
static void wait_for_metric(const char *text)
{
    for (int i = 0; i < 1000 && !has(text); i++)
        let_run();
    assert_true(has(text));
}

/* Wait for the beginning of a minute, so that no minute ends during the test. */
static void begin_minute(void)
{
    advance_clock(MINUTE_MS - engine_now_ms(core_engine()) % MINUTE_MS);
}

TEST(what_was_counted_is_stored_when_its_minute_is_over)
{
    begin_minute();
    assert_run("count a 3; count a 1; count b 7");
    let_run();
    assert_text(stored(), "[]");
    advance_clock(MINUTE_MS);
    wait_for_metric(
        "\"namespace\":\"Toy\",\"name\":\"Values\",\"dimensions\":{\"Thing\":\"a\"},\"unit\":\"Count\","
        "\"count\":2,\"sum\":4,\"min\":1,\"max\":3}");
    wait_for_metric("{\"Thing\":\"b\"},\"unit\":\"Count\",\"count\":1,\"sum\":7,\"min\":7,\"max\":7}");
}

TEST(each_minute_has_rows_of_its_own)
{
    assert_run("count a 1");
    advance_clock(MINUTE_MS);
    wait_for_metric("\"sum\":1,");
    assert_run("count a 2");
    advance_clock(MINUTE_MS);
    wait_for_metric("\"sum\":2,");
    assert_true(has("\"sum\":1,"));
}

TEST(a_call_that_fails_has_counted_nothing)
{
    assert_int_equal(run("count a 1; fail"), 400);
    assert_run("try count a 2 | fail; count b 3");
    advance_clock(MINUTE_MS);
    wait_for_metric("{\"Thing\":\"b\"}");
    assert_false(has("{\"Thing\":\"a\"}"));
}

TEST(what_is_counted_at_once_stays_when_the_call_fails)
{
    begin_minute();
    assert_int_equal(run("count-at-once a 2; fail"), 400);
    assert_run("count-at-once a 5; count a 1");
    advance_clock(MINUTE_MS);
    wait_for_metric("{\"Thing\":\"a\"},\"unit\":\"Count\",\"count\":3,\"sum\":8,\"min\":1,\"max\":5}");
}

TEST(a_metric_without_a_dimension_has_none_and_one_of_operations_has_two)
{
    begin_minute();
    assert_run("count-alone 2; count-operation a 3");
    advance_clock(MINUTE_MS);
    wait_for_metric("\"name\":\"Alone\",\"dimensions\":{},\"unit\":\"Count\",\"count\":1,\"sum\":2,");
    wait_for_metric(
        "\"name\":\"Operations\",\"dimensions\":{\"Thing\":\"a\",\"Operation\":\"Run\"},\"unit\":\"Count\","
        "\"count\":1,\"sum\":3,");
}

TEST(what_was_counted_at_once_is_stored_by_a_stop_and_forgotten_by_a_reset)
{
    assert_run("count-at-once a 5");
    core_restart();
    assert_true(has("\"count\":1,\"sum\":5,\"min\":5,\"max\":5}"));
    assert_run("count-at-once b 5");
    assert_int_equal(status_of(begin_http("POST", "/_localstack/state/reset", "")), 200);
    assert_run("count c 1");
    advance_clock(MINUTE_MS);
    wait_for_metric("{\"Thing\":\"c\"}");
    assert_false(has("{\"Thing\":\"b\"}"));
}

TEST(a_server_that_stops_stores_the_minute_that_is_not_over)
{
    assert_run("count a 5");
    core_restart();
    assert_true(has("\"count\":1,\"sum\":5,\"min\":5,\"max\":5}"));
}

TEST(a_reset_forgets_what_was_counted)
{
    assert_run("count a 1");
    assert_int_equal(status_of(begin_http("POST", "/_localstack/state/reset", "")), 200);
    assert_run("count b 1");
    advance_clock(MINUTE_MS);
    wait_for_metric("{\"Thing\":\"b\"}");
    assert_false(has("{\"Thing\":\"a\"}"));
}

/* Store a minute with that many series. */
static void store_minute(int minute, int series)
{
    enum { EACH = 64 };
    char steps[EACH * 24], last[64];

    begin_minute();
    for (int i = 0; i < series; i += EACH) {
        int size = 0;
        for (int k = i; k < i + EACH && k < series; k++)
            size += snprintf(steps + size, sizeof steps - (size_t)size, "count t%d-%d 1;", minute, k);
        assert_run(steps);
    }
    advance_clock(MINUTE_MS);
    snprintf(last, sizeof last, "{\"Thing\":\"t%d-%d\"}", minute, series - 1);
    wait_for_metric(last);
}

/* Query the database, while the engine is closed; the result is one number. */
static int64_t number_of(const char *query)
{
    char path[4096];
    sqlite3 *db;
    sqlite3_stmt *statement;

    snprintf(path, sizeof path, "%s/orderly.db", core_options()->store.folder);
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(db, query, -1, &statement, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
    int64_t number = sqlite3_column_int64(statement, 0);
    sqlite3_finalize(statement);
    sqlite3_close(db);
    return number;
}

static void assert_kept(int64_t rows, int64_t first)
{
    core_stop();
    core_close();
    assert_int_equal(number_of("select count(*) from engine_metric"), rows);
    assert_int_equal(number_of("select min(id) from engine_metric"), first);
    core_start();
}

TEST(the_oldest_rows_go_when_there_are_too_many)
{
    enum { MOST = 50000, OF_A_MINUTE = 4096, FULL_MINUTES = MOST / OF_A_MINUTE };

    for (int minute = 0; minute < FULL_MINUTES; minute++)
        store_minute(minute, OF_A_MINUTE);
    store_minute(FULL_MINUTES, MOST % OF_A_MINUTE);
    assert_kept(MOST, 1);
    store_minute(FULL_MINUTES + 1, 1);
    assert_kept(MOST, 2);
}

TEST(a_minute_has_a_bounded_number_of_series)
{
    enum { MOST = 4096, EACH = 64 };
    char steps[EACH * 24];

    begin_minute();
    for (int i = 0; i <= MOST; i += EACH) {
        int size = 0;
        for (int k = i; k < i + EACH; k++)
            size += snprintf(steps + size, sizeof steps - (size_t)size, "count t%d 1;", k);
        assert_run(steps);
    }
    advance_clock(MINUTE_MS);
    wait_for_metric("{\"Thing\":\"t4095\"}");
    for (int i = 0; i < 100; i++)
        let_run();
    assert_false(has("{\"Thing\":\"t4096\"}"));
}

TESTS(engine_test(what_was_counted_is_stored_when_its_minute_is_over),
      engine_test(each_minute_has_rows_of_its_own), engine_test(a_call_that_fails_has_counted_nothing),
      engine_test(what_is_counted_at_once_stays_when_the_call_fails),
      engine_test(a_metric_without_a_dimension_has_none_and_one_of_operations_has_two),
      engine_test(what_was_counted_at_once_is_stored_by_a_stop_and_forgotten_by_a_reset),
      engine_test(a_server_that_stops_stores_the_minute_that_is_not_over),
      engine_test(a_reset_forgets_what_was_counted), engine_test(a_minute_has_a_bounded_number_of_series),
      engine_test(the_oldest_rows_go_when_there_are_too_many))
