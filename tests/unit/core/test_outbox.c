/*
 * test_outbox.c: when replies are sent and effects start; a full disk; and how the engine stops.
 */
#include "core.h"
#include "world_model.h"

static void tell(const char *steps)
{
    world_told_post(core_engine(), &(struct world_told){.steps = str_of(steps)}, NULL, NULL);
}

TEST(an_answer_waits_for_the_disk)
{
    hold_disk(true);
    struct request *request = begin_run("put a 1");

    wait_until_disk_is_asked();
    assert_false(is_answered(request));
    hold_disk(false);
    assert_int_equal(status_of(request), 200);
}

TEST(a_read_of_what_is_not_durable_yet_waits_for_the_disk)
{
    assert_run("put a 1");
    hold_disk(true);
    struct request *write = begin_run("put a 2");
    wait_until_disk_is_asked();
    struct request *read = begin("Get", "{\"Key\": \"a\"}");
    assert_false(is_answered(read));
    hold_disk(false);
    assert_text(body_of(read), "{\"Value\":\"2\"}");
    assert_int_equal(status_of(write), 200);
}

TEST(a_read_sees_what_was_acknowledged_before)
{
    for (int i = 0; i < 200; i++) {
        char steps[32], value[16];
        snprintf(value, sizeof value, "%d", i);
        snprintf(steps, sizeof steps, "put a %d", i);
        assert_run(steps);
        assert_str(get("a"), str_of(value));
    }
}

/* Syncs of the engine while two calls run as one batch. */
static unsigned syncs_of_two_at_once(void)
{
    unsigned before = syncs_of_engine();

    struct request *busy = begin_run("hook");
    wait_until_paused();
    struct request *one = begin_run("put a 1"), *other = begin_run("put b 1");
    go_on();
    assert_int_equal(status_of(one) + status_of(other) + status_of(busy), 600);
    return syncs_of_engine() - before;
}

TEST(the_engine_syncs_the_commit_of_one_call_itself_but_not_of_two)
{
    have_quick_disk();
    toy_hook = pause_at_hook;
    while (syncs_of_engine() == 0) /* a machine with much to do makes any disk slow now and then */
        assert_run("put a 1");
    assert_int_equal(syncs_of_two_at_once(), 0);
}

TEST(answers_of_a_batch_leave_in_the_order_of_its_calls)
{
    struct request *requests[50];

    hold_disk(true);
    for (int i = 0; i < 50; i++)
        requests[i] = begin_run("add a x");
    hold_disk(false);
    for (int i = 1; i < 50; i++)
        assert_true(place_of(requests[i - 1]) < place_of(requests[i]));
}

TEST(effects_start_in_the_order_in_which_they_were_begun)
{
    enum { EFFECTS = 60 };
    struct request *requests[EFFECTS];

    for (int i = 0; i < EFFECTS; i++) {
        char steps[32];
        snprintf(steps, sizeof steps, "effect e %d", i);
        requests[i] = begin_run(steps);
    }
    wait_for_effects(EFFECTS);
    for (int i = 0; i < EFFECTS; i++) {
        char text[16];
        snprintf(text, sizeof text, "e %d", i);
        assert_string_equal(effect_at((size_t)i).data, text);
        assert_int_equal(status_of(requests[i]), 200);
    }
}

TEST(an_effect_of_a_call_that_failed_never_starts)
{
    assert_int_equal(run("effect e x; fail"), 400);
    assert_run("effect f x");
    wait_for_effects(1);
    assert_text(effect_at(0), "f x");
}

TEST(an_effect_does_not_wait_for_the_disk)
{
    assert_run("put z 1"); /* a log's first commit always waits for the disk */
    hold_disk(true);
    struct request *request = begin_run("put a 1; effect e one");

    wait_for_effects(1);
    assert_text(effect_at(0), "e one");
    wait_until_disk_is_asked();
    assert_false(is_answered(request));
    hold_disk(false);
    assert_int_equal(status_of(request), 200);
}

TEST(an_effect_does_not_start_again_after_a_restart)
{
    assert_run("effect e one");
    wait_for_effects(1);
    core_restart();
    let_run();
    assert_int_equal(effect_count(), 1);
}

TEST(an_answer_that_promises_nothing_leaves_while_the_disk_is_busy)
{
    assert_run("put z 1");
    hold_disk(true);
    struct request *request = begin_run("unsynced; put a 1");

    assert_int_equal(status_of(request), 200);
    wait_until_disk_is_asked();
    hold_disk(false);
    core_restart();
    assert_item("a", "1");
}

TEST(an_answer_that_promises_nothing_waits_for_what_others_wrote_before)
{
    assert_run("put z 1");
    hold_disk(true);
    struct request *write = begin_run("put a 1");
    wait_until_disk_is_asked();
    struct request *request = begin_run("unsynced; put b 1"), *later = begin_run("unsynced; effect e one");

    wait_for_effects(1);
    assert_false(is_answered(write));
    assert_false(is_answered(request));
    assert_false(is_answered(later));
    hold_disk(false);
    assert_int_equal(status_of(write), 200);
    assert_int_equal(status_of(request), 200);
    assert_int_equal(status_of(later), 200);
}

/* While a reply waits for the disk, a batch that has a call stays open until four more have come. */
TEST(an_answer_that_promises_nothing_waits_for_what_others_wrote_with_it)
{
    enum { MORE = 32 };
    struct request *more[MORE];

    assert_run("put z 1");
    hold_disk(true);
    assert_run("unsynced; put y 1");
    struct request *failed = begin_run("unsynced; fail"); /* waits, and does not last */
    wait_until_disk_is_asked();
    struct request *write = begin_run("put a 1"), *request = begin_run("unsynced; put b 1; effect f two");
    for (int i = 0; i < MORE; i++)
        more[i] = begin_run("put c 1");
    wait_for_effects(1);
    assert_text(effect_at(0), "f two");
    assert_false(is_answered(request));
    hold_disk(false);
    assert_int_equal(status_of(failed), 400);
    assert_int_equal(status_of(write), 200);
    assert_int_equal(status_of(request), 200);
    for (int i = 0; i < MORE; i++)
        assert_int_equal(status_of(more[i]), 200);
}

TEST(a_read_of_what_an_answer_did_not_promise_waits_for_the_disk)
{
    assert_run("put a 1");
    hold_disk(true);
    struct request *write = begin_run("unsynced; put a 2");
    assert_int_equal(status_of(write), 200);
    struct request *read = begin("Get", "{\"Key\": \"a\"}");
    wait_until_disk_is_asked();
    assert_false(is_answered(read));
    hold_disk(false);
    assert_text(body_of(read), "{\"Value\":\"2\"}");
}

static void go_past(void) {}

TEST(a_poller_runs_while_the_call_that_has_woken_it_is_synced)
{
    toy_hook = go_past;
    assert_run("poll p hook | add runs x | rest 3600000");
    wait_for_item("runs", "x");
    toy_hook = pause_at_hook;
    hold_disk(true);
    struct request *request = begin_run("put a 1; poke p");
    wait_until_paused();
    wait_until_disk_is_asked();
    assert_false(is_answered(request));
    go_on();
    hold_disk(false);
    assert_int_equal(status_of(request), 200);
    wait_for_item("runs", "xx");
}

TEST(a_parked_call_that_promises_nothing_is_answered_while_the_disk_is_busy)
{
    struct request *waiting = begin_run("unsynced; wait gate open 86400000");

    assert_run("put z 1");
    hold_disk(true);
    struct request *waking = begin_run("unsynced; put open 1; wake gate");
    assert_int_equal(status_of(waking), 200);
    assert_int_equal(status_of(waiting), 200);
    wait_until_disk_is_asked();
    hold_disk(false);
}

TEST(a_call_that_promises_nothing_and_fails_is_answered_as_others_are)
{
    assert_run("put z 1");
    hold_disk(true);
    struct request *write = begin_run("unsynced; put a 1");
    assert_int_equal(status_of(write), 200);
    struct request *request = begin_run("unsynced; fail");
    assert_run("unsynced; effect e one");
    assert_false(is_answered(request));
    hold_disk(false);
    assert_int_equal(status_of(request), 400);
}

TEST(the_world_tells_the_engine)
{
    tell("put told 1");
    wait_for_item("told", "1");
}

TEST(when_the_disk_is_full_clients_are_told_and_nothing_is_kept)
{
    fill_disk(true);
    int write = run("put a 1; effect e x; spawn put s 1");
    int timer = run("timer t 0 put t 1");
    int clock = status_of(begin_http("POST", "/_orderly/clock", "{\"advance_ms\": 86400000}"));
    fill_disk(false);
    assert_int_equal(write, 500);
    assert_int_equal(timer, 500);
    assert_int_equal(clock, 500);
    assert_run("put b 1");
    assert_no_item("a");
    assert_no_item("s");
    assert_no_item("t");
    assert_int_equal(effect_count(), 0);
}

TEST(who_parked_while_the_disk_was_full_runs_again)
{
    fill_disk(true);
    struct request *waiting = begin_run("add runs x; wait gate open 86400000");
    int write = run("put a 1");
    assert_no_item("runs");
    fill_disk(false);
    assert_int_equal(write, 500);
    advance_clock(2000);
    wait_for_item("runs", "x");
    assert_run("put open 1; wake gate");
    assert_int_equal(status_of(waiting), 200);
}

TEST(who_was_woken_for_what_could_not_be_kept_is_told_so)
{
    struct request *woken = begin_run("wait gate open 86400000");

    let_run();
    fill_disk(true);
    int wake = run("put open 1; wake gate");
    fill_disk(false);
    assert_int_equal(wake, 500);
    assert_int_equal(status_of(woken), 500);
}

TEST(an_internal_call_runs_again_after_the_disk_was_full)
{
    fill_disk(true);
    tell("add told 1");
    int write = run("put a 1"); /* in the same batch or a later one */
    fill_disk(false);
    assert_int_equal(write, 500);
    assert_run("put b 1");
    advance_clock(2000);
    wait_for_item("told", "1");
}

TEST(a_timer_runs_once_though_the_disk_was_full_when_it_was_due)
{
    assert_run("timer t 1 add fired x");
    wait_for_item("fired", "x");
    assert_run("timer t 200 add fired y");
    fill_disk(true);
    for (int i = 0; i < 5; i++)
        run("put a 1");
    fill_disk(false);
    advance_clock(5000);
    wait_for_item("fired", "xy");
    advance_clock(5000);
    let_run();
    assert_item("fired", "xy");
}

TEST(who_waits_when_the_engine_stops_is_answered_with_what_there_is)
{
    struct request *receive = begin("Receive", "{\"Queue\": \"q\", \"WaitMs\": 60000}");
    struct request *stubborn = begin_run("sleep bed");

    let_run();
    core_stop();
    assert_true(is_answered(receive));
    assert_true(is_answered(stubborn));
    assert_text(body_of(receive), "{}");
    assert_int_equal(status_of(stubborn), 503);
}

TEST(all_that_is_in_flight_when_the_engine_stops_is_answered)
{
    enum { MANY = 1500 };
    static struct request *requests[MANY];

    for (int i = 0; i < MANY; i++)
        requests[i] = i % 3 == 0   ? begin_run("add a x")
                      : i % 3 == 1 ? begin("Receive", "{\"Queue\": \"q\", \"WaitMs\": 60000}")
                                   : begin("Get", "{\"Key\": \"a\"}");
    core_stop();
    for (int i = 0; i < MANY; i++) {
        assert_true(is_answered(requests[i]));
        assert_int_equal(status_of(requests[i]), 200);
    }
    assert_int_equal(get("a").size, MANY / 3);
}

TEST(a_call_that_comes_after_the_stop_is_told_so)
{
    core_stop();
    struct request *late = begin_run("put a 1");
    assert_int_equal(status_of(late), 503);
    assert_int_equal(status_of(begin_http("POST", "/_orderly/clock", "{\"advance_ms\": 1}")), 503);
}

TEST(pollers_and_timers_do_not_keep_the_engine_from_stopping)
{
    assert_run("spawn sleep bell; spawn spawn sleep a; timer t 1 timer t 0 put x 1");
    let_run();
    core_stop();
}

TEST(the_engine_stops_while_the_disk_is_full)
{
    struct request *waiting = begin_run("add runs x; wait gate open 86400000");

    let_run();
    fill_disk(true);
    tell("put told 1");
    core_stop();
    fill_disk(false);
    assert_int_equal(status_of(waiting), 500);
}

TEST(services_that_cannot_start_are_said_to_the_caller_of_the_engine)
{
    struct arena arena = {0};
    str error = {0};

    core_stop();
    core_close();
    toy_start = S("put a 1; break");
    assert_null(engine_start(core_options(), &arena, &error));
    assert_true(str_present(error));
    arena_free(&arena);
    toy_start = S("");
    core_start();
    assert_no_item("a");
}

TEST(in_memory_everything_works_but_for_the_restart)
{
    core_stop();
    core_close();
    core_options()->store.in_memory = true;
    core_start();
    assert_run("put a 1; effect e x; timer t 0 put t 1");
    assert_item("a", "1");
    wait_for_item("t", "1");
    wait_for_effects(1);
    core_restart();
    assert_no_item("a");
    assert_int_equal(effect_count(), 1);
}

TESTS(engine_test(an_answer_waits_for_the_disk),
      engine_test(a_read_of_what_is_not_durable_yet_waits_for_the_disk),
      engine_test(a_read_sees_what_was_acknowledged_before),
      engine_test(the_engine_syncs_the_commit_of_one_call_itself_but_not_of_two),
      engine_test(answers_of_a_batch_leave_in_the_order_of_its_calls),
      engine_test(effects_start_in_the_order_in_which_they_were_begun),
      engine_test(an_effect_of_a_call_that_failed_never_starts),
      engine_test(an_effect_does_not_wait_for_the_disk),
      engine_test(an_effect_does_not_start_again_after_a_restart),
      engine_test(an_answer_that_promises_nothing_leaves_while_the_disk_is_busy),
      engine_test(an_answer_that_promises_nothing_waits_for_what_others_wrote_before),
      engine_test(an_answer_that_promises_nothing_waits_for_what_others_wrote_with_it),
      engine_test(a_read_of_what_an_answer_did_not_promise_waits_for_the_disk),
      engine_test(a_poller_runs_while_the_call_that_has_woken_it_is_synced),
      engine_test(a_parked_call_that_promises_nothing_is_answered_while_the_disk_is_busy),
      engine_test(a_call_that_promises_nothing_and_fails_is_answered_as_others_are),
      engine_test(the_world_tells_the_engine),
      engine_test(when_the_disk_is_full_clients_are_told_and_nothing_is_kept),
      engine_test(who_parked_while_the_disk_was_full_runs_again),
      engine_test(who_was_woken_for_what_could_not_be_kept_is_told_so),
      engine_test(an_internal_call_runs_again_after_the_disk_was_full),
      engine_test(a_timer_runs_once_though_the_disk_was_full_when_it_was_due),
      engine_test(who_waits_when_the_engine_stops_is_answered_with_what_there_is),
      engine_test(all_that_is_in_flight_when_the_engine_stops_is_answered),
      engine_test(a_call_that_comes_after_the_stop_is_told_so),
      engine_test(pollers_and_timers_do_not_keep_the_engine_from_stopping),
      engine_test(the_engine_stops_while_the_disk_is_full),
      engine_test(services_that_cannot_start_are_said_to_the_caller_of_the_engine),
      engine_test(in_memory_everything_works_but_for_the_restart))
