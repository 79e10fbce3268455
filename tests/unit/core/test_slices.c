/*
 * test_slices.c: a large change takes turns with other calls, and slow work is counted.
 */
#include "core.h"

#include <sqlite3.h>
#include <stdio.h>

/* An engine whose slices end after that many microseconds. */
static void start_with_slices_of(int64_t slice_us)
{
    core_stop();
    core_close();
    core_options()->slice_us = slice_us;
    core_start();
}

static size_t swept(void)
{
    return get("swept").size;
}

/* Each call passes through the engine: so this waits for work, not for time. */
static void wait_until_swept(size_t count)
{
    while (swept() < count)
        let_run();
    assert_int_equal(swept(), count);
}

TEST(a_sweep_goes_on_until_its_slice_is_over)
{
    start_with_slices_of(INT64_MAX);
    assert_run("timer a 0 sweep A 5; timer b 0 sweep B 5");
    wait_until_swept(10);
    assert_item("swept", "AAAAABBBBB");
}

TEST(sweeps_take_turns)
{
    start_with_slices_of(-1);
    assert_run("timer A 0 sweep A 5; timer B 0 sweep B 5");
    wait_until_swept(10);
    str order = get("swept");
    for (size_t i = 0; i + 2 < 6; i++)
        assert_false(order.data[i] == order.data[i + 1] && order.data[i] == order.data[i + 2]);
}

TEST(a_call_that_comes_during_a_sweep_waits_for_one_slice)
{
    start_with_slices_of(-1);
    toy_hook = pause_at_hook;
    struct request *arming = begin_run("timer A 0 sweep A 200");
    wait_until_paused();
    struct request *call = begin_run("add swept -");
    go_on();
    assert_int_equal(status_of(arming), 200);
    assert_int_equal(status_of(call), 200);
    wait_until_swept(201);
    assert_true(str_index(get("swept"), '-') <= 2);
}

TEST(a_timer_that_is_due_does_not_wait_for_the_end_of_a_sweep)
{
    start_with_slices_of(-1);
    assert_run("timer A 0 sweep A 200");
    assert_run("timer z 0 add swept -");
    wait_until_swept(201);
    assert_true(str_index(get("swept"), '-') < 200);
}

TEST(a_sweep_goes_on_after_a_restart)
{
    start_with_slices_of(-1);
    assert_run("timer A 0 sweep A 50");
    core_restart();
    wait_until_swept(50);
}

static size_t hop_count(const char *id)
{
    char path[128];
    struct request *request;

    snprintf(path, sizeof path, "/_orderly/traces/%s", id);
    request = begin_http("GET", path, "");
    assert_true(status_of(request) == 200 || status_of(request) == 404);
    str body = body_of(request);
    size_t count = 0;
    for (size_t i = 0; i + 5 < body.size; i++)
        count += memcmp(body.data + i, "\"put\"", 5) == 0;
    free_request(request);
    return count;
}

enum { DAY_MS = 24 * 3600 * 1000 };

TEST(old_hops_are_pruned_until_none_is_left_whatever_their_id_says)
{
    static const char old[] = "1-00000000-000000000000000000000000",
                      future[] = "1-ffffffff-000000000000000000000000";

    start_with_slices_of(-1);
    assert_run("hops 1-00000000-000000000000000000000000 1000; hops 1-ffffffff-000000000000000000000000 50");
    advance_clock(7 * DAY_MS - 60 * 1000);
    let_run();
    assert_int_equal(hop_count(old), 1000);
    assert_int_equal(hop_count(future), 50);
    advance_clock(120 * 1000);
    while (hop_count(old) > 0 || hop_count(future) > 0)
        ;
}

TEST(nothing_young_is_pruned)
{
    assert_run("hops 1-00000000-000000000000000000000000 10");
    advance_clock(8LL * DAY_MS);
    assert_run("hops 1-00000000-000000000000000000000001 10");
    while (hop_count("1-00000000-000000000000000000000000") > 0)
        ;
    assert_int_equal(hop_count("1-00000000-000000000000000000000001"), 10);
}

/* While the engine is closed. */
static int64_t number_in_store(const char *sql)
{
    char path[4096];
    sqlite3 *db;
    sqlite3_stmt *statement;

    snprintf(path, sizeof path, "%s/orderly.db", core_options()->store.folder);
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &statement, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
    int64_t number = sqlite3_column_int64(statement, 0);
    sqlite3_finalize(statement);
    sqlite3_close(db);
    return number;
}

/* Start again with the size less `missing` as the bound, and let a pruning pass. */
static void keep_all_traces_but(int64_t missing)
{
    core_stop();
    core_close();
    core_options()->trace_keep.bytes = number_in_store("select bytes from engine_trace_size") - missing;
    core_start();
    advance_clock(60 * 1000);
    let_run();
}

TEST(traces_may_take_exactly_as_much_room_as_is_asked)
{
    static const char first[] = "1-00000000-000000000000000000000000",
                      second[] = "1-00000000-000000000000000000000001";

    assert_run("hops 1-00000000-000000000000000000000000 10");
    advance_clock(1000);
    assert_run("hops 1-00000000-000000000000000000000001 10");
    assert_int_equal(hop_count(first), 10);
    assert_int_equal(hop_count(second), 10);
    keep_all_traces_but(0);
    assert_int_equal(hop_count(first), 10);
    keep_all_traces_but(1);
    assert_int_equal(hop_count(first), 0);
    assert_int_equal(hop_count(second), 10);
}

/* Ranges of traces whose words are in one list, while the engine is closed. */
static int64_t closed_ranges(void)
{
    core_stop();
    core_close();
    int64_t count = number_in_store("select count(*) from engine_trace_range where words is not null");
    core_start();
    return count;
}

/* So many traces, all at the resource "toy" and with a text of their own; the numbers go on. */
static void make_traces(int count)
{
    static int made;
    char steps[100 * 64];

    for (int end = made + count; made < end;) {
        size_t size = 0;
        for (int i = 0; i < 100 && made < end; i++, made++)
            size += (size_t)snprintf(steps + size, sizeof steps - size, "hops 1-00000000-%024d 1 word%d; ",
                                     made, made);
        assert_run(steps);
    }
}

static bool finds(const char *query, const char *text)
{
    struct request *request = begin_http("GET", query, "");
    assert_int_equal(status_of(request), 200);
    bool found = str_find(body_of(request), str_of(text)) >= 0;
    free_request(request);
    return found;
}

static void assert_all_are_found(void)
{
    assert_true(finds("/_orderly/traces?text=word3", "1-00000000-000000000000000000000003"));
    assert_true(finds("/_orderly/traces?text=word4401", "1-00000000-000000000000000000004401"));
    assert_false(finds("/_orderly/traces?text=word9999", "traceId"));
    assert_true(finds("/_orderly/traces?resource=toy&next=5", "1-00000000-000000000000000000000003"));
}

TEST(traces_are_found_by_their_words_before_and_after_their_range_is_closed_and_when_it_opens_again)
{
    start_with_slices_of(60 * 1000 * 1000);
    make_traces(4402);
    assert_all_are_found();
    advance_clock(60 * 1000);
    let_run();
    assert_int_equal(closed_ranges(), 5); /* the newest 64 of 69 stay open */
    assert_all_are_found();
    assert_run("hops 1-00000000-000000000000000000000003 1 late");
    assert_true(finds("/_orderly/traces?text=late", "1-00000000-000000000000000000000003"));
    assert_all_are_found();
    assert_int_equal(closed_ranges(), 4);
}

static str slow_calls_with(int64_t slow_us)
{
    core_stop();
    core_close();
    core_options()->slow_us = slow_us;
    core_start();
    assert_run("put a 1");
    str metrics = body_of(begin_http("GET", "/_orderly/metrics", ""));
    return str_from(metrics, (size_t)str_find(metrics, S("\"slow_calls\"")));
}

TEST(a_call_that_takes_longer_than_the_bound_is_counted_under_its_operation_and_place)
{
    str slow = slow_calls_with(-1);

    assert_true(str_find(slow, S("{\"operation\":\"toy:Run\",\"on\":\"engine\",\"calls\":1,")) >= 0);
    assert_true(str_find(slow, S("{\"operation\":\"toy:Run\",\"on\":\"loop\",\"calls\":2,")) >= 0);
}

TEST(a_call_within_the_bound_is_not_counted_as_slow)
{
    assert_text(slow_calls_with(INT64_MAX), "\"slow_calls\":[]}");
}

TESTS(engine_test(a_sweep_goes_on_until_its_slice_is_over), engine_test(sweeps_take_turns),
      engine_test(a_call_that_comes_during_a_sweep_waits_for_one_slice),
      engine_test(a_timer_that_is_due_does_not_wait_for_the_end_of_a_sweep),
      engine_test(a_sweep_goes_on_after_a_restart),
      engine_test(old_hops_are_pruned_until_none_is_left_whatever_their_id_says),
      engine_test(nothing_young_is_pruned), engine_test(traces_may_take_exactly_as_much_room_as_is_asked),
      engine_test(
          traces_are_found_by_their_words_before_and_after_their_range_is_closed_and_when_it_opens_again),
      engine_test(a_call_that_takes_longer_than_the_bound_is_counted_under_its_operation_and_place),
      engine_test(a_call_within_the_bound_is_not_counted_as_slow))
