/*
 * test_deliveries.c: deliveries by the engine's clock, which the tests move: what each end of an attempt does
 * to one, which ones the bounds of a target hold up, and what restarts and deletions make of them.
 */
#include "core.h"

#include "base/check.h"
#include "wire/json.h"

#include <sqlite3.h>

enum { SECOND = 1000, MINUTE = 60 * SECOND, HOUR = 60 * MINUTE, DAY = 24 * HOUR, MARGIN = 30 * SECOND };

static const struct delivery_policy one_retry = {.post_backoff_retries = 1, .max_delay_ms = 10 * MINUTE};

/* What one row of one column has; any thread of the engine may write meanwhile. */
static int64_t number_in_database(const char *query)
{
    char path[128];
    sqlite3 *database;
    sqlite3_stmt *statement;

    snprintf(path, sizeof path, "%s/orderly.db", core_options()->store.folder);
    check(sqlite3_open_v2(path, &database, SQLITE_OPEN_READWRITE, NULL) == SQLITE_OK);
    sqlite3_busy_timeout(database, MINUTE);
    check(sqlite3_prepare_v2(database, query, -1, &statement, NULL) == SQLITE_OK);
    check(sqlite3_step(statement) == SQLITE_ROW);
    int64_t number = sqlite3_column_int64(statement, 0);
    sqlite3_finalize(statement);
    sqlite3_close(database);
    return number;
}

static int64_t rows_of(const char *table)
{
    char query[128];

    snprintf(query, sizeof query, "select count(*) from %s", table);
    return number_in_database(query);
}

#define assert_nothing_is_left()                                                                             \
    assert_int_equal(                                                                                        \
        rows_of("engine_delivery") + rows_of("engine_delivery_body") + rows_of("engine_delivery_target"), 0)

static void start_with_slices_of(int64_t slice_us)
{
    core_stop();
    core_close();
    core_options()->slice_us = slice_us;
    core_start();
}

/* The attempts so far are those until shortly before the delay is over, and then one more. */
static void assert_next_attempt_after(int64_t delay_ms, const char *before, const char *after)
{
    advance_clock(delay_ms - MARGIN);
    let_run();
    assert_str(get("tries"), str_of(before));
    advance_clock(MARGIN);
    wait_for_item("tries", after);
}

/* ---- the end of an attempt ---- */

TEST(a_delivery_is_attempted_in_the_batch_that_added_it_and_gone_once_it_is_delivered)
{
    assert_run("post a t note tries | settle delivered");
    assert_item("tries", "1 ");
    assert_item("again", "n");
    advance_clock(DAY);
    let_run();
    assert_item("tries", "1 ");
    assert_no_item("grave");
    assert_nothing_is_left();
}

TEST(what_failed_is_tried_again_in_each_phase_and_then_buried)
{
    toy_policy = (struct delivery_policy){.immediate_retries = 1,
                                          .pre_backoff_retries = 1,
                                          .backoff_retries = 2,
                                          .post_backoff_retries = 1,
                                          .backoff = BACKOFF_LINEAR,
                                          .min_delay_ms = 10 * MINUTE,
                                          .max_delay_ms = 20 * MINUTE};
    assert_run("post a t note tries | settle failed it rains");
    wait_for_item("tries", "1 2 ");
    assert_next_attempt_after(10 * MINUTE, "1 2 ", "1 2 3 ");
    assert_next_attempt_after(10 * MINUTE, "1 2 3 ", "1 2 3 4 ");
    assert_next_attempt_after(20 * MINUTE, "1 2 3 4 ", "1 2 3 4 5 ");
    assert_no_item("grave");
    assert_next_attempt_after(20 * MINUTE, "1 2 3 4 5 ", "1 2 3 4 5 6 ");
    assert_item("grave", "a 6 it rains;");
    assert_item("again", "yyyyyn");
    assert_nothing_is_left();
}

TEST(what_is_delivered_by_a_retry_is_not_buried)
{
    toy_policy = one_retry;
    assert_run("put how failed it rains; post a t note tries | settle_as how");
    assert_run("put how delivered");
    assert_next_attempt_after(10 * MINUTE, "1 ", "1 2 ");
    assert_no_item("grave");
    assert_nothing_is_left();
}

TEST(what_was_refused_for_good_is_buried_without_a_retry)
{
    toy_policy = one_retry;
    assert_run("post a t note tries | settle refused nobody lives there");
    assert_item("grave", "a 1 nobody lives there;");
    assert_nothing_is_left();
}

TEST(what_was_throttled_uses_up_no_retries_and_waits_twice_as_long_each_time)
{
    toy_policy = one_retry;
    toy_policy.throttle_min_ms = 10 * MINUTE;
    toy_policy.throttle_max_ms = 30 * MINUTE;
    assert_run("put how throttled too fast; post a t note tries | settle_as how");
    assert_next_attempt_after(10 * MINUTE, "1 ", "1 2 ");
    assert_next_attempt_after(20 * MINUTE, "1 2 ", "1 2 3 ");
    assert_next_attempt_after(30 * MINUTE, "1 2 3 ", "1 2 3 4 ");
    assert_run("put how failed it rains");
    assert_next_attempt_after(30 * MINUTE, "1 2 3 4 ", "1 2 3 4 5 ");
    assert_next_attempt_after(10 * MINUTE, "1 2 3 4 5 ", "1 2 3 4 5 6 ");
    assert_item("grave", "a 6 it rains;");
}

TEST(what_was_throttled_has_failed_where_the_policy_says_nothing_of_throttling)
{
    toy_policy = one_retry;
    assert_run("post a t note tries | settle throttled too fast");
    assert_next_attempt_after(10 * MINUTE, "1 ", "1 2 ");
    assert_item("grave", "a 2 too fast;");
}

TEST(an_attempt_may_begin_at_the_last_moment_of_its_age_and_not_after_it)
{
    toy_policy = one_retry;
    toy_policy.max_age_ms = 10 * MINUTE;
    assert_run("posted kept t failed it rains");
    toy_policy.max_age_ms = 10 * MINUTE - 1;
    assert_run("posted late t failed it snows");
    assert_item("again", "yn");
    assert_item("grave", "late 1 it snows;");
}

TEST(a_first_attempt_that_was_delivered_or_used_up_its_policy_leaves_no_row)
{
    assert_run("posted a t delivered");
    assert_run("posted b t failed it rains");
    assert_item("again", "nn");
    assert_item("grave", "b 1 it rains;");
    assert_nothing_is_left();
}

TEST(a_first_attempt_that_failed_is_followed_by_the_second)
{
    toy_policy = one_retry;
    assert_run("posted a t failed it rains");
    advance_clock(10 * MINUTE - MARGIN);
    let_run();
    assert_no_item("tries");
    advance_clock(MARGIN);
    wait_for_item("tries", "2 ");
    assert_nothing_is_left();
}

TEST(what_is_too_old_when_its_time_comes_is_buried_without_an_attempt)
{
    toy_policy = one_retry;
    toy_policy.max_age_ms = 20 * MINUTE;
    assert_run("post_many 1 a t letter note tries | settle failed it rains");
    advance_clock(DAY);
    wait_for_item("grave", "a 1 it rainsletter;");
    assert_item("tries", "1 ");
    assert_nothing_is_left();
}

TEST(what_is_too_old_and_has_no_grave_is_gone)
{
    toy_has_graves = false;
    toy_policy = one_retry;
    toy_policy.max_age_ms = 20 * MINUTE;
    assert_run("post a t note tries | settle failed it rains");
    advance_clock(DAY);
    let_run();
    let_run();
    assert_item("tries", "1 ");
    assert_nothing_is_left();
}

TEST(an_attempt_whose_operation_fails_has_failed_and_what_it_wrote_is_undone)
{
    toy_policy = one_retry;
    assert_run("post a t note tries | fail");
    assert_no_item("grave");
    advance_clock(10 * MINUTE);
    wait_for_item("grave", "a 2 As it was told.;");
    assert_no_item("tries");
    assert_nothing_is_left();
}

TEST(an_attempt_that_ended_well_and_whose_operation_then_fails_has_failed)
{
    assert_run("post a t settle delivered | fail");
    assert_item("grave", "a 1 As it was told.;");
    assert_no_item("again");
}

TEST(an_attempt_for_which_there_is_no_memory_is_throttled)
{
    toy_policy.throttle_min_ms = toy_policy.throttle_max_ms = 10 * MINUTE;
    assert_run("post a t use 300000000");
    advance_clock(10 * MINUTE);
    let_run();
    let_run();
    assert_no_item("grave");
    assert_int_equal(number_in_database("select throttles from engine_delivery"), 2);
}

TEST(a_failed_attempt_that_leaves_no_memory_is_throttled)
{
    toy_policy.throttle_min_ms = toy_policy.throttle_max_ms = 10 * MINUTE;
    assert_run("post a t fail-full");
    assert_int_equal(number_in_database("select throttles from engine_delivery where state = 'waiting'"), 1);
    advance_clock(10 * MINUTE);
    let_run();
    let_run();
    assert_int_equal(number_in_database("select throttles from engine_delivery where state = 'waiting'"), 2);
    assert_no_item("grave");
}

TEST(an_attempt_whose_dead_letter_needs_more_memory_than_there_is_is_made_again)
{
    toy_grave_bytes = 300000000;
    assert_run("post a t settle refused no; post b t settle delivered");
    wait_for_item("again", "n");
    assert_int_equal(rows_of("engine_delivery"), 1);
    toy_grave_bytes = 0;
    advance_clock(MINUTE - SECOND);
    let_run();
    assert_no_item("grave");
    advance_clock(SECOND);
    wait_for_item("grave", "a 1 no;");
    assert_nothing_is_left();
}

TEST(an_attempt_whose_end_was_reported_when_there_was_no_memory_is_made_again)
{
    toy_policy.at_once = 1;
    assert_run("post a t note tries id; post b t settle delivered");
    toy_grave_bytes = 300000000;
    assert_run("spawn settle_later id refused no");
    wait_for_item("again", "n"); /* b */
    assert_no_item("grave");
    toy_grave_bytes = 0;
    advance_clock(MINUTE - SECOND);
    let_run();
    assert_item("tries", "1 ");
    advance_clock(SECOND);
    wait_for_item("tries", "1 1 ");
    assert_run("spawn settle_later id refused no");
    wait_for_item("grave", "a 1 no;");
    assert_nothing_is_left();
}

TEST(a_client_whose_report_of_an_end_fails_may_repeat_it)
{
    assert_run("post a t note tries id");
    toy_grave_bytes = 300000000;
    assert_int_equal(run("settle_later id refused no"), 503);
    toy_grave_bytes = 0;
    advance_clock(DAY);
    let_run();
    assert_item("tries", "1 ");
    assert_run("settle_later id refused no");
    assert_item("grave", "a 1 no;");
    assert_nothing_is_left();
}

TEST(a_dead_letter_that_fails_leaves_nothing)
{
    assert_run("post undead t settle refused no");
    assert_no_item("grave");
    assert_item("again", "n");
    assert_nothing_is_left();
}

TEST(an_attempt_may_end_long_after_its_operation_and_only_once)
{
    toy_policy = one_retry;
    assert_run("post a t note tries id");
    advance_clock(DAY);
    let_run();
    assert_item("tries", "1 ");
    assert_run("settle_later id failed it rains");
    assert_run("settle_later id failed it rains");
    wait_for_item("again", "yn");
    advance_clock(10 * MINUTE);
    wait_for_item("tries", "1 2 ");
    assert_run("settle_later id delivered");
    assert_nothing_is_left();
    assert_run("settle_later id delivered");
    wait_for_item("again", "ynnn");
}

TEST(an_attempt_may_wait)
{
    assert_run("post a t note tries | wait gate open 86400000 | settle delivered");
    assert_int_equal(rows_of("engine_delivery"), 1);
    assert_run("put open 1; wake gate");
    wait_for_item("again", "n");
    assert_nothing_is_left();
}

TEST(a_call_that_fails_adds_nothing)
{
    assert_int_equal(run("post a t note tries; fail"), 400);
    assert_run("put b 1");
    assert_no_item("tries");
    assert_nothing_is_left();
}

/* ---- bodies ---- */

TEST(a_body_is_stored_once_and_goes_with_the_last_delivery_that_has_it)
{
    assert_run("put how failed; post_many 3 a t letter note tries id | read body");
    wait_for_item("body", "letterletterletter"); /* a batch that took long leaves some to the next one */
    assert_int_equal(rows_of("engine_delivery_body"), 1);
    assert_run("settle_later id delivered");
    assert_int_equal(rows_of("engine_delivery_body"), 1);
    core_restart();
    wait_for_item("body", "letterletterletterletterletter");
    assert_run("settle_later id delivered");
    core_restart();
    wait_for_item("body", "letterletterletterletterletterletter");
    assert_run("settle_later id delivered");
    assert_nothing_is_left();
}

TEST(a_delivery_without_a_body_has_none)
{
    assert_run("post a t read body | settle refused no");
    assert_item("body", "nothing");
    assert_item("grave", "a 1 no;");
}

/* ---- restarts ---- */

TEST(an_attempt_under_way_at_a_restart_begins_again_as_the_same_attempt)
{
    toy_policy = one_retry;
    assert_run("post a t note tries id");
    core_restart();
    wait_for_item("tries", "1 1 ");
    assert_run("settle_later id failed it rains");
    core_restart();
    let_run();
    assert_item("tries", "1 1 ");
    assert_next_attempt_after(10 * MINUTE, "1 1 ", "1 1 2 ");
    core_restart();
    wait_for_item("tries", "1 1 2 2 ");
    assert_run("settle_later id failed it rains");
    wait_for_item("grave", "a 2 it rains;");
}

TEST(an_id_names_no_other_delivery_after_a_restart)
{
    assert_run("post a t note tries id");
    assert_run("settle_later id delivered");
    core_restart();
    assert_run("post b t note tries other");
    assert_run("settle_later id delivered");
    assert_int_equal(rows_of("engine_delivery"), 1);
}

TEST(a_batch_that_cannot_be_committed_has_attempted_nothing)
{
    toy_policy = (struct delivery_policy){.post_backoff_retries = 1, .max_delay_ms = 300};
    assert_run("put how failed it rains; post a t note tries | settle_as how");
    assert_run("put how delivered");
    int64_t past_due_ms = engine_now_ms(core_engine()) + 400;
    fill_disk(true);
    assert_int_equal(run("post b t note tries | settle delivered"), 500);
    while (engine_now_ms(core_engine()) < past_due_ms)
        run("put a 1");
    fill_disk(false);
    advance_clock(10 * MINUTE);
    wait_for_item("tries", "1 2 ");
    let_run();
    assert_item("tries", "1 2 ");
    assert_nothing_is_left();
}

TEST(a_reset_forgets_deliveries)
{
    toy_policy = one_retry;
    assert_run("post a t note tries | settle failed it rains; post b t note tries");
    assert_int_equal(status_of(begin_http("POST", "/_localstack/state/reset", "")), 200);
    advance_clock(DAY);
    let_run();
    assert_no_item("tries");
    assert_run("post c t note tries | settle delivered");
    assert_item("tries", "1 ");
    assert_nothing_is_left();
}

/* ---- targets ---- */

TEST(as_many_attempts_as_its_bound_are_under_way_for_a_target)
{
    toy_policy.at_once = 2;
    assert_run("post a t note tries a; post b t note tries b; post c t note tries c; post d t note tries d; "
               "post e u note others e");
    wait_for_item("tries", "1 1 ");
    wait_for_item("others", "1 ");
    assert_run("settle_later a delivered");
    wait_for_item("tries", "1 1 1 ");
    core_restart();
    wait_for_item("tries", "1 1 1 1 1 ");
    assert_run("settle_later b delivered; settle_later c delivered");
    wait_for_item("tries", "1 1 1 1 1 1 ");
    assert_run("settle_later d delivered; settle_later e delivered");
    assert_nothing_is_left();
}

TEST(a_retry_that_comes_while_its_target_has_enough_waits_for_room)
{
    toy_policy = one_retry;
    toy_policy.at_once = 1;
    assert_run("post a t note tries a");
    assert_run("settle_later a failed it rains; post b t note tries b");
    wait_for_item("tries", "1 1 ");
    advance_clock(DAY);
    let_run();
    assert_item("tries", "1 1 ");
    assert_run("settle_later b delivered");
    wait_for_item("tries", "1 1 2 ");
    assert_run("settle_later a delivered");
    assert_nothing_is_left();
}

TEST(what_becomes_too_old_while_it_is_held_makes_room_for_the_next)
{
    toy_policy.at_once = 1;
    toy_policy.max_age_ms = HOUR;
    assert_run("post a t note tries a; post b t note tries b");
    advance_clock(HOUR + MINUTE);
    assert_run("post c t note tries c");
    assert_run("settle_later a delivered");
    wait_for_item("tries", "1 1 ");
    assert_item("grave", "b 0 ;");
    assert_run("settle_later c delivered");
    assert_nothing_is_left();
}

/* The times at which attempts began, as the steps "stamp" have noted them. */
static size_t read_stamps(int64_t *stamps, size_t most)
{
    str rest = get("stamps"), stamp;
    size_t count = 0;

    while (str_present(rest) && str_next(&rest, ' ', &stamp) && !str_empty(stamp)) {
        assert_true(count < most);
        assert_true(str_to_i64(stamp, &stamps[count++]));
    }
    return count;
}

static void assert_stamps(size_t count, int64_t apart_ms)
{
    int64_t stamps[64] = {0};

    assert_int_equal(read_stamps(stamps, 64), count);
    for (size_t i = 1; i < count; i++)
        assert_true(stamps[i] - stamps[i - 1] >= apart_ms);
}

static void advance_until_stamped(size_t count, int64_t by_ms)
{
    int64_t stamps[64] = {0};

    for (size_t i = 0; i < count && read_stamps(stamps, 64) < count; i++) {
        advance_clock(by_ms);
        let_run();
    }
    assert_stamps(count, by_ms);
}

TEST(attempts_for_a_target_begin_no_faster_than_its_rate)
{
    toy_policy.per_second = 1;
    assert_run("post_many 6 a t - stamp stamps | settle delivered; post b u note others | settle delivered");
    wait_for_item("others", "1 "); /* a batch that took long leaves b to the next one */
    advance_until_stamped(6, SECOND);
    assert_int_equal(rows_of("engine_delivery"), 0);
}

TEST(a_rate_divides_its_second)
{
    toy_policy.per_second = 4;
    assert_run("post_many 9 a t - stamp stamps | settle delivered");
    advance_until_stamped(9, 250);
}

TEST(a_pause_does_not_make_up_for_a_rate)
{
    toy_policy.per_second = 1;
    assert_run("post_many 5 a t - stamp stamps | settle delivered");
    core_restart();
    advance_clock(HOUR);
    advance_until_stamped(5, SECOND);
}

TEST(a_retry_is_throttled_like_a_first_attempt)
{
    toy_policy = one_retry;
    toy_policy.per_second = 1;
    toy_has_graves = false;
    assert_run("post_many 3 a t - stamp stamps | settle failed it rains");
    advance_until_stamped(3, SECOND);
    advance_clock(10 * MINUTE);
    advance_until_stamped(6, SECOND);
    assert_int_equal(rows_of("engine_delivery"), 0);
}

TEST(both_bounds_of_a_target_hold)
{
    toy_policy.per_second = 1;
    toy_policy.at_once = 1;
    assert_run("post a t note tries a | stamp stamps; post b t note tries b | stamp stamps; "
               "post c t note tries c | stamp stamps");
    advance_clock(10 * SECOND);
    let_run();
    assert_item("tries", "1 ");
    assert_run("settle_later a delivered");
    wait_for_item("tries", "1 1 ");
    assert_run("settle_later b delivered");
    advance_clock(SECOND);
    wait_for_item("tries", "1 1 1 ");
    assert_stamps(3, SECOND);
    assert_run("settle_later c delivered; drop t");
    assert_nothing_is_left();
}

TEST(what_is_too_old_when_it_is_next_lets_the_others_go_on)
{
    toy_policy.per_second = 1;
    toy_policy.max_age_ms = HOUR;
    assert_run("post_many 3 a t - stamp stamps | settle delivered");
    advance_clock(HOUR + MINUTE);
    toy_policy.max_age_ms = 0;
    assert_run("post b t stamp stamps | settle delivered");
    wait_for_item("grave", "a 0 ;a 0 ;");
    advance_until_stamped(2, SECOND);
    assert_int_equal(rows_of("engine_delivery"), 0);
}

/* ---- owners that go ---- */

TEST(a_target_that_is_dropped_is_attempted_no_more_and_its_deliveries_are_removed)
{
    toy_policy = one_retry;
    assert_run("post_many 40 a t letter settle failed it rains; post open t note tries id; "
               "post c u note others | settle failed it rains");
    wait_for_item("tries", "1 ");
    wait_for_item("others", "1 ");
    assert_run("drop t");
    assert_run("settle_later id failed it rains");
    advance_clock(10 * MINUTE);
    wait_for_item("others", "1 2 ");
    while (rows_of("engine_delivery") > 0 || rows_of("engine_delivery_target") > 0)
        let_run();
    assert_nothing_is_left();
    assert_item("grave", "c 2 it rains;");
    assert_item("tries", "1 ");
}

TEST(deliveries_of_a_dropped_target_are_removed_in_slices_also_after_a_restart)
{
    enum { DELIVERIES = 2000, PER_CALL = 100 };

    start_with_slices_of(-1);
    toy_policy = one_retry;
    for (int i = 0; i < DELIVERIES; i += PER_CALL)
        assert_run("post_many 100 a t letter settle failed it rains");
    while (number_in_database("select count(*) from engine_delivery where failures = 1") < DELIVERIES)
        let_run();
    assert_run("drop t");
    core_stop();
    core_close();
    assert_true(rows_of("engine_delivery") > 0);
    core_start();
    while (rows_of("engine_delivery") > 0 || rows_of("engine_delivery_target") > 0)
        let_run();
    assert_nothing_is_left();
    assert_no_item("grave");
}

TEST(dropping_a_target_without_deliveries_writes_nothing)
{
    assert_run("drop t");
    assert_nothing_is_left();
}

/* ---- many ---- */

TEST(ten_thousand_that_are_due_at_once_take_turns_with_calls)
{
    enum { DELIVERIES = 10000, PER_CALL = 100 };

    toy_policy = one_retry;
    assert_run("put how failed it rains");
    for (int i = 0; i < DELIVERIES; i += PER_CALL)
        assert_run("post_many 100 a t letter add done x | settle_as how");
    while (get("done").size < DELIVERIES)
        let_run();
    assert_run("put how delivered; put done -");
    advance_clock(10 * MINUTE);
    assert_run("put meanwhile 1");
    assert_true(get("done").size < DELIVERIES);
    while (get("done").size < DELIVERIES + 1)
        let_run();
    assert_no_item("grave");
    assert_nothing_is_left();
}

TEST(a_call_waits_for_one_slice_of_those_that_are_held)
{
    enum { DELIVERIES = 1500 };

    start_with_slices_of(-1);
    toy_policy.at_once = 1;
    assert_run("post_many 1500 a t - note tries id");
    assert_run("put meanwhile 1");
    assert_true(number_in_database("select count(*) from engine_delivery where state = 'waiting'") > 0);
    while (number_in_database("select count(*) from engine_delivery where state = 'held'") < DELIVERIES - 1)
        let_run();
    assert_item("tries", "1 ");
}

/* ---- traces ---- */

/* Each hop as "kind verdict attempt reason;". */
static str hops_of(const char *path)
{
    static struct arena arena;
    const struct json *hops =
        json_get(json_parse(&arena, body_of(begin_http("GET", path, "")), NULL), S("hops"));
    struct text text = text_in(&arena);

    assert_true(json_is(hops, JSON_ARRAY));
    for (uint32_t i = 0; i < hops->count; i++) {
        const struct json *hop = &hops->items[i], *attempt = json_get(hop, S("attempt"));
        text_format(&text, "%.*s %.*s %.*s %.*s;", STR_ARGS(json_get_str(hop, S("kind"))),
                    STR_ARGS(json_get_str(hop, S("verdict"))), STR_ARGS(attempt ? attempt->text : S("-")),
                    STR_ARGS(json_get_str(hop, S("reason"))));
    }
    return text_str(&text);
}

TEST(each_attempt_and_what_follows_it_leave_hops)
{
    toy_policy = one_retry;
    toy_policy.throttle_min_ms = toy_policy.throttle_max_ms = 1500;
    assert_run("put how throttled too fast; post a t note tries | settle_as how");
    assert_run("put how failed it rains");
    advance_clock(1500);
    wait_for_item("tries", "1 2 ");
    advance_clock(10 * MINUTE);
    wait_for_item("tries", "1 2 3 ");
    assert_text(hops_of("/_orderly/traces/" TOY_TRACE),
                "not-delivered throttled 1 too fast;retried ok 2 It is tried again in 1500 ms.;"
                "not-delivered failed 2 it rains;retried ok 3 It is tried again in 600 s.;"
                "not-delivered failed 3 it rains;"
                "not-delivered not-delivered 3 It was given up after 3 attempts: its retries are used up.;");
}

TEST(a_delivery_that_comes_off_at_last_makes_its_trace_good)
{
    toy_policy = (struct delivery_policy){.immediate_retries = 1};
    assert_run("put how failed it rains; post a t note tries | settle_as how | put how delivered");
    wait_for_item("tries", "1 2 ");
    assert_text(hops_of("/_orderly/traces/" TOY_TRACE),
                "not-delivered failed 1 it rains;retried ok 2 It is tried again at once.;delivered ok 2 ;");
    assert_true(str_find(body_of(begin_http("GET", "/_orderly/traces", "")), S("\"outcome\":\"ok\"")) >= 0);
}

TESTS(engine_test(a_delivery_is_attempted_in_the_batch_that_added_it_and_gone_once_it_is_delivered),
      engine_test(what_failed_is_tried_again_in_each_phase_and_then_buried),
      engine_test(what_is_delivered_by_a_retry_is_not_buried),
      engine_test(what_was_refused_for_good_is_buried_without_a_retry),
      engine_test(what_was_throttled_uses_up_no_retries_and_waits_twice_as_long_each_time),
      engine_test(what_was_throttled_has_failed_where_the_policy_says_nothing_of_throttling),
      engine_test(an_attempt_may_begin_at_the_last_moment_of_its_age_and_not_after_it),
      engine_test(a_first_attempt_that_was_delivered_or_used_up_its_policy_leaves_no_row),
      engine_test(a_first_attempt_that_failed_is_followed_by_the_second),
      engine_test(what_is_too_old_when_its_time_comes_is_buried_without_an_attempt),
      engine_test(what_is_too_old_and_has_no_grave_is_gone),
      engine_test(an_attempt_whose_operation_fails_has_failed_and_what_it_wrote_is_undone),
      engine_test(an_attempt_that_ended_well_and_whose_operation_then_fails_has_failed),
      engine_test(an_attempt_for_which_there_is_no_memory_is_throttled),
      engine_test(a_failed_attempt_that_leaves_no_memory_is_throttled),
      engine_test(an_attempt_whose_dead_letter_needs_more_memory_than_there_is_is_made_again),
      engine_test(an_attempt_whose_end_was_reported_when_there_was_no_memory_is_made_again),
      engine_test(a_client_whose_report_of_an_end_fails_may_repeat_it),
      engine_test(a_dead_letter_that_fails_leaves_nothing),
      engine_test(an_attempt_may_end_long_after_its_operation_and_only_once),
      engine_test(an_attempt_may_wait), engine_test(a_call_that_fails_adds_nothing),
      engine_test(a_body_is_stored_once_and_goes_with_the_last_delivery_that_has_it),
      engine_test(a_delivery_without_a_body_has_none),
      engine_test(an_attempt_under_way_at_a_restart_begins_again_as_the_same_attempt),
      engine_test(an_id_names_no_other_delivery_after_a_restart),
      engine_test(a_batch_that_cannot_be_committed_has_attempted_nothing),
      engine_test(a_reset_forgets_deliveries),
      engine_test(as_many_attempts_as_its_bound_are_under_way_for_a_target),
      engine_test(a_retry_that_comes_while_its_target_has_enough_waits_for_room),
      engine_test(what_becomes_too_old_while_it_is_held_makes_room_for_the_next),
      engine_test(attempts_for_a_target_begin_no_faster_than_its_rate),
      engine_test(a_rate_divides_its_second), engine_test(a_pause_does_not_make_up_for_a_rate),
      engine_test(a_retry_is_throttled_like_a_first_attempt), engine_test(both_bounds_of_a_target_hold),
      engine_test(what_is_too_old_when_it_is_next_lets_the_others_go_on),
      engine_test(a_target_that_is_dropped_is_attempted_no_more_and_its_deliveries_are_removed),
      engine_test(deliveries_of_a_dropped_target_are_removed_in_slices_also_after_a_restart),
      engine_test(dropping_a_target_without_deliveries_writes_nothing),
      engine_test(ten_thousand_that_are_due_at_once_take_turns_with_calls),
      engine_test(a_call_waits_for_one_slice_of_those_that_are_held),
      engine_test(each_attempt_and_what_follows_it_leave_hops),
      engine_test(a_delivery_that_comes_off_at_last_makes_its_trace_good))
