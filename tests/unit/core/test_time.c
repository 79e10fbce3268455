/*
 * test_time.c: deadlines, alarms and timers by the engine's clock, which the tests move; also after a restart
 * and a reset.
 */
#include "core.h"

#include "base/time.h"
#include "wire/json.h"

#include <time.h>

enum { MINUTE = 60 * 1000, DAY = 24 * 60 * MINUTE };

static int64_t offset_ms(void)
{
    struct arena arena = {0};
    const struct json *clock = json_parse(&arena, body_of(begin_http("GET", "/_orderly/clock", "")), NULL);
    const struct json *offset = json_get(clock, S("offset_ms"));
    int64_t value = -1;

    assert_true(json_is(offset, JSON_NUMBER) && str_to_i64(offset->text, &value));
    arena_free(&arena);
    return value;
}

static void reset(void)
{
    assert_int_equal(status_of(begin_http("POST", "/_localstack/state/reset", "")), 200);
}

TEST(a_parked_call_runs_when_its_deadline_comes)
{
    struct request *soon = begin_run("wait gate never 600000; put soon 1");
    struct request *late = begin_run("wait gate never 1200000; put late 1");

    let_run();
    advance_clock(10 * MINUTE);
    assert_int_equal(status_of(soon), 200);
    assert_false(is_answered(late));
    assert_no_item("late");
    advance_clock(10 * MINUTE);
    assert_int_equal(status_of(late), 200);
}

TEST(a_deadline_comes_without_anybodys_help)
{
    assert_int_equal(status_of(begin_run("wait gate never 20")), 200);
}

TEST(an_alarm_runs_the_oldest_and_only_it)
{
    struct request *first = begin("Receive", "{\"Queue\": \"q\", \"WaitMs\": %d}", DAY);
    struct request *second = begin("Receive", "{\"Queue\": \"q\", \"WaitMs\": %d}", DAY);

    let_run();
    assert_int_equal(status_of(begin("Send", "{\"Queue\": \"q\", \"Body\": \"a\", \"DelayMs\": %d}", MINUTE)),
                     200);
    assert_int_equal(
        status_of(begin("Send", "{\"Queue\": \"q\", \"Body\": \"b\", \"DelayMs\": %d}", 2 * MINUTE)), 200);
    let_run();
    assert_false(is_answered(first));
    advance_clock(MINUTE);
    assert_text(body_of(first), "{\"Body\":\"a\"}");
    assert_false(is_answered(second));
    advance_clock(MINUTE);
    assert_text(body_of(second), "{\"Body\":\"b\"}");
}

TEST(a_timer_runs_when_it_is_due_and_once)
{
    assert_run("timer t 600000 add fired x");
    advance_clock(10 * MINUTE - 5000);
    let_run();
    assert_no_item("fired");
    advance_clock(5000);
    wait_for_item("fired", "x");
    advance_clock(DAY);
    let_run();
    assert_item("fired", "x");
}

TEST(a_timer_that_is_set_again_is_moved)
{
    assert_run("timer t 600000 add fired early");
    assert_run("timer t 1200000 add fired late");
    advance_clock(10 * MINUTE);
    let_run();
    assert_no_item("fired");
    advance_clock(10 * MINUTE);
    wait_for_item("fired", "late");
}

TEST(a_cancelled_timer_does_not_run)
{
    assert_run("timer t 600000 add fired x; timer other 600000 put other 1");
    assert_run("cancel t");
    advance_clock(10 * MINUTE);
    wait_for_item("other", "1");
    assert_no_item("fired");
}

TEST(a_timer_due_at_the_same_time_can_be_cancelled_by_the_one_before)
{
    assert_run("timer a 600000 cancel b | put a 1; timer b 600000 put b 1; timer c 600001 put c 1");
    advance_clock(11 * MINUTE);
    wait_for_item("c", "1");
    assert_item("a", "1");
    assert_no_item("b");
}

TEST(a_timer_may_set_itself_again)
{
    assert_run("timer t 600000 add fired x | timer t 600000 add fired y");
    advance_clock(10 * MINUTE);
    wait_for_item("fired", "x");
    advance_clock(10 * MINUTE);
    wait_for_item("fired", "xy");
}

TEST(a_timer_whose_call_fails_is_gone_and_what_it_wrote)
{
    assert_run("timer t 600000 add fired x | fail; timer u 600001 put u 1");
    advance_clock(10 * MINUTE + 1);
    wait_for_item("u", "1");
    assert_no_item("fired");
    core_restart();
    let_run();
    assert_no_item("fired");
}

/* Set timers with the ids from `first` up to `end`, all due in ten minutes. */
static void set_timers(int first, int end)
{
    enum { PER_CALL = 50 };

    for (int i = first; i < end; i += PER_CALL) {
        char steps[4000];
        int size = 0;
        for (int j = i; j < end && j < i + PER_CALL; j++)
            size += snprintf(steps + size, sizeof steps - (size_t)size, "timer %d 60000%d add fired x;", j,
                             j % 10);
        assert_run(steps);
    }
}

TEST(thousands_of_timers_may_be_due_at_once)
{
    enum { TIMERS = 3000 };

    set_timers(0, TIMERS);
    advance_clock(DAY);
    struct request *call = begin_run("put meanwhile 1"); /* does not wait for all of them */
    assert_int_equal(status_of(call), 200);
    for (size_t size = 0; size < TIMERS; size = get("fired").size)
        let_run();
    assert_int_equal(get("fired").size, TIMERS);
}

static bool comes_next(str what)
{
    return str_find(body_of(begin_http("GET", "/_orderly/clock", "")), what) >= 0;
}

TEST(what_comes_behind_a_thousand_timers_is_not_listed)
{
    enum { SEARCHED = 1000 };

    assert_run("other-timer late 3600000");
    set_timers(0, SEARCHED - 1);
    assert_true(comes_next(S("toy:RunLater")));
    assert_true(comes_next(S("toy:ForeseeLater")));
    set_timers(SEARCHED - 1, SEARCHED);
    assert_true(comes_next(S("toy:RunLater")));
    assert_false(comes_next(S("toy:ForeseeLater")));
}

TEST(a_timer_survives_a_restart)
{
    assert_run("timer t 600000 add fired x");
    core_restart();
    assert_no_item("fired");
    advance_clock(10 * MINUTE);
    wait_for_item("fired", "x");
}

TEST(a_timer_that_came_due_while_we_were_away_runs_at_the_start)
{
    assert_run("timer t 1 add fired x; timer later 86400000 add fired y");
    core_restart();
    wait_for_item("fired", "x");
}

TEST(the_moved_clock_survives_a_restart)
{
    advance_clock(3 * DAY);
    assert_run("timer t 600000 add fired x");
    core_restart();
    assert_int_equal(offset_ms(), 3 * DAY);
    let_run();
    assert_no_item("fired");
    advance_clock(10 * MINUTE);
    wait_for_item("fired", "x");
}

TEST(the_start_hook_sees_the_moved_clock)
{
    advance_clock(3 * DAY);
    toy_start = S("timer t 600000 add fired x");
    core_restart();
    let_run();
    assert_no_item("fired");
    advance_clock(10 * MINUTE);
    wait_for_item("fired", "x");
}

TEST(the_clock_goes_only_forward_and_not_past_the_year_9999)
{
    assert_int_equal(status_of(begin_http("POST", "/_orderly/clock", "{\"advance_ms\": -1}")), 400);
    assert_int_equal(
        status_of(begin_http("POST", "/_orderly/clock", "{\"advance_ms\": 9223372036854775807}")), 400);
    assert_int_equal(status_of(begin_http("POST", "/_orderly/clock", "{\"advance_ms\": \"1\"}")), 400);
    assert_int_equal(status_of(begin_http("POST", "/_orderly/clock", "{")), 400);
    assert_int_equal(offset_ms(), 0);
}

TEST(a_reset_forgets_everything_and_the_clock)
{
    assert_run("put a 1; timer t 600000 add fired x");
    advance_clock(3 * DAY / 1000);
    reset();
    assert_int_equal(offset_ms(), 0);
    assert_no_item("a");
    advance_clock(DAY);
    let_run();
    assert_no_item("fired");
}

TEST(who_waits_looks_again_after_a_reset)
{
    advance_clock(3 * DAY);
    struct request *waiting = begin_run("add runs x; wait gate open 100");

    let_run();
    reset();
    assert_int_equal(status_of(waiting), 200);
}

TEST(the_start_hooks_run_again_after_a_reset_by_the_new_clock)
{
    toy_start = S("timer t 600000 add fired x; put started 1");
    advance_clock(3 * DAY);
    reset();
    assert_item("started", "1");
    let_run();
    assert_no_item("fired");
    advance_clock(10 * MINUTE);
    wait_for_item("fired", "x");
}

TEST(a_reset_ends_the_pollers_and_the_start_hooks_begin_new_ones)
{
    toy_poller = S("add polls x; sleep bell");
    core_restart();
    wait_for_item("polls", "x");
    reset();
    wait_for_item("polls", "x");
    assert_run("wake_all bell");
    wait_for_item("polls", "xx"); /* exactly two of them */
    let_run();
    assert_item("polls", "xx");
}

static _Atomic int64_t wall_shift_us;

static int64_t shifted_wall_us(void)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000 + wall_shift_us;
}

static void shift_wall(int64_t by_ms)
{
    wall_shift_us += by_ms * 1000;
    wall_clock_replace(shifted_wall_us);
}

static int teardown_wall(void **state)
{
    wall_clock_replace(NULL);
    wall_shift_us = 0;
    return core_teardown(state);
}

#define wall_test(name) cmocka_unit_test_setup_teardown(name, core_setup, teardown_wall)

static int64_t now_ms(void)
{
    return engine_now_ms(core_engine());
}

TEST(a_wall_clock_that_steps_back_holds_nothing_up)
{
    struct request *receive = begin("Receive", "{\"Queue\": \"q\", \"WaitMs\": 60000}");
    int64_t before_ms = now_ms();

    assert_int_equal(status_of(begin("Send", "{\"Queue\": \"q\", \"Body\": \"m\", \"DelayMs\": 30}")), 200);
    shift_wall(-60 * MINUTE);
    assert_true(now_ms() >= before_ms);
    assert_text(body_of(receive), "{\"Body\":\"m\"}");
}

TEST(time_goes_on_over_a_restart_with_a_wall_clock_that_is_behind)
{
    assert_run("timer t 60000 put t 1");
    int64_t before_ms = now_ms();
    shift_wall(-60 * MINUTE);
    core_restart();
    assert_true(now_ms() >= before_ms);
    assert_true(now_ms() < before_ms + MINUTE);
    advance_clock(MINUTE);
    wait_for_item("t", "1");
}

TEST(time_follows_the_wall_clock_forward)
{
    int64_t before_ms = now_ms();

    assert_run("timer t 3600000 put t 1");
    shift_wall(60 * MINUTE);
    assert_true(now_ms() >= before_ms + 60 * MINUTE);
    wait_for_item("t", "1");
}

TEST(a_wall_clock_that_comes_back_does_not_take_time_back)
{
    shift_wall(60 * MINUTE);
    int64_t ahead_ms = now_ms();
    shift_wall(-60 * MINUTE);
    assert_true(now_ms() >= ahead_ms);
    assert_run("put a 1");
    core_restart();
    assert_true(now_ms() >= ahead_ms);
}

TESTS(engine_test(a_parked_call_runs_when_its_deadline_comes),
      engine_test(a_deadline_comes_without_anybodys_help), engine_test(an_alarm_runs_the_oldest_and_only_it),
      engine_test(a_timer_runs_when_it_is_due_and_once), engine_test(a_timer_that_is_set_again_is_moved),
      engine_test(a_cancelled_timer_does_not_run),
      engine_test(a_timer_due_at_the_same_time_can_be_cancelled_by_the_one_before),
      engine_test(a_timer_may_set_itself_again),
      engine_test(a_timer_whose_call_fails_is_gone_and_what_it_wrote),
      engine_test(thousands_of_timers_may_be_due_at_once),
      engine_test(what_comes_behind_a_thousand_timers_is_not_listed), engine_test(a_timer_survives_a_restart),
      engine_test(a_timer_that_came_due_while_we_were_away_runs_at_the_start),
      engine_test(the_moved_clock_survives_a_restart), engine_test(the_start_hook_sees_the_moved_clock),
      engine_test(the_clock_goes_only_forward_and_not_past_the_year_9999),
      engine_test(a_reset_forgets_everything_and_the_clock), engine_test(who_waits_looks_again_after_a_reset),
      engine_test(the_start_hooks_run_again_after_a_reset_by_the_new_clock),
      engine_test(a_reset_ends_the_pollers_and_the_start_hooks_begin_new_ones),
      wall_test(a_wall_clock_that_steps_back_holds_nothing_up),
      wall_test(time_goes_on_over_a_restart_with_a_wall_clock_that_is_behind),
      wall_test(time_follows_the_wall_clock_forward),
      wall_test(a_wall_clock_that_comes_back_does_not_take_time_back))
