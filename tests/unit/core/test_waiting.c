/*
 * test_waiting.c: calls that park: which call is woken, in which order, and whether a wake is lost.
 */
#include "core.h"

#include <malloc.h>

static struct request *begin_receive(int wait_ms)
{
    return begin("Receive", "{\"Queue\": \"q\", \"WaitMs\": %d}", wait_ms);
}

static void send(const char *body)
{
    assert_int_equal(status_of(begin("Send", "{\"Queue\": \"q\", \"Body\": \"%s\"}", body)), 200);
}

#define assert_received(request, text) assert_text(body_of(request), "{\"Body\":\"" text "\"}")

TEST(a_parked_call_runs_again_when_it_is_woken)
{
    struct request *receive = begin_receive(60000);

    let_run();
    assert_false(is_answered(receive));
    send("m");
    assert_received(receive, "m");
}

TEST(what_a_call_wrote_before_it_parked_stays)
{
    struct request *waiting = begin_run("add a x; wait gate open 60000");

    let_run();
    assert_item("a", "x");
    assert_run("put open 1; wake gate");
    assert_int_equal(status_of(waiting), 200);
    assert_item("a", "xx");
}

TEST(the_oldest_is_served_first)
{
    struct request *receives[5];

    for (int i = 0; i < 5; i++)
        receives[i] = begin_receive(60000 - i);
    let_run();
    send("0"), send("1"), send("2"), send("3"), send("4");
    assert_received(receives[0], "0");
    assert_received(receives[1], "1");
    assert_received(receives[2], "2");
    assert_received(receives[3], "3");
    assert_received(receives[4], "4");
}

TEST(a_call_woken_for_nothing_keeps_its_place)
{
    struct request *first = begin_receive(60000), *second = begin_receive(60000);

    let_run();
    assert_run("wake q");
    assert_run("wake_all q");
    assert_run("wake q");
    send("1");
    assert_received(first, "1");
    assert_false(is_answered(second));
    send("2");
    assert_received(second, "2");
}

TEST(a_call_that_waited_for_something_else_comes_last)
{
    struct request *first = begin_run("wait a open 60000; wait q b 60000; add served 1");

    let_run();
    struct request *second = begin_run("wait q b 60000; add served 2");
    assert_run("put open 1; wake a");
    let_run();
    assert_run("put b 1; wake_all q");
    assert_int_equal(status_of(first), 200);
    assert_int_equal(status_of(second), 200);
    assert_item("served", "21");
}

TEST(wake_all_wakes_all)
{
    struct request *waiting[10];

    for (int i = 0; i < 10; i++)
        waiting[i] = begin_run("wait gate open 60000");
    let_run();
    assert_run("put open 1; wake_all gate");
    for (int i = 0; i < 10; i++)
        assert_int_equal(status_of(waiting[i]), 200);
}

TEST(who_waits_for_another_name_is_not_woken)
{
    struct request *other = begin_run("add runs x; wait other open 60000");

    let_run();
    assert_run("put open 1; wake_all gate");
    let_run();
    assert_item("runs", "x");
    assert_run("wake other");
    assert_int_equal(status_of(other), 200);
}

TEST(a_wake_by_a_call_that_fails_is_for_nothing)
{
    struct request *receive = begin_receive(60000);

    let_run();
    assert_int_equal(run("wake q; fail"), 400);
    let_run();
    assert_false(is_answered(receive));
    send("m");
    assert_received(receive, "m");
}

TEST(a_message_does_not_go_to_a_client_that_has_gone)
{
    struct request *gone = begin_receive(60000), *here = begin_receive(60000);

    let_run();
    cancel(gone);
    assert_int_equal(status_of(gone), 503);
    send("m");
    assert_received(here, "m");
}

static struct request *leaving;

static void leave(void)
{
    cancel(leaving);
}

TEST(a_wake_that_meets_a_client_that_has_gone_goes_to_the_next)
{
    struct request *first = begin_run("wait q open 60000; add served 1");
    struct request *second = begin_run("wait q open 60000; add served 2");

    let_run();
    leaving = first;
    toy_hook = leave;
    assert_run("put open 1; wake q; hook");
    assert_int_equal(status_of(first), 503);
    assert_int_equal(status_of(second), 200);
    assert_item("served", "2");
}

TEST(a_wake_that_meets_a_call_that_fails_goes_to_the_next)
{
    struct request *fails = begin_run("wait q open 60000; fail");

    let_run();
    struct request *receive = begin_receive(60000);
    let_run();
    assert_run("put open 1");
    send("m");
    assert_int_equal(status_of(fails), 400);
    assert_received(receive, "m");
}

TEST(a_client_that_is_gone_before_its_call_parks_is_given_back)
{
    hold_disk(true);
    struct request *busy = begin_run("put a 1");
    wait_until_disk_is_asked();
    struct request *gone = begin_run("sleep bed");
    cancel(gone);
    hold_disk(false);
    assert_int_equal(status_of(busy), 200);
    assert_int_equal(status_of(gone), 503);
}

TEST(many_clients_go_at_once)
{
    enum { MANY = 2000 };
    static struct request *requests[MANY];

    for (int i = 0; i < MANY; i++)
        requests[i] = begin_receive(60000 + i * 7919 % MANY);
    let_run();
    for (int i = 0; i < MANY; i++)
        if (i % 10)
            cancel(requests[i]);
    for (int i = 0; i < MANY; i++)
        if (i % 10)
            assert_int_equal(status_of(requests[i]), 503);
    for (int i = 0; i < MANY; i += 10)
        send("m");
    for (int i = 0; i < MANY; i += 10)
        assert_received(requests[i], "m");
}

TEST(an_invoked_call_that_parks_parks_its_caller)
{
    struct request *waiting = begin_run("add runs x; invoke wait gate open 60000; put done 1");

    let_run();
    assert_false(is_answered(waiting));
    assert_run("put open 1; wake gate");
    assert_int_equal(status_of(waiting), 200);
    assert_item("runs", "xx");
    assert_item("done", "1");
}

TEST(a_poller_runs_again_and_again_in_the_same_memory)
{
    enum { ROUNDS = 2000, BYTES_PER_ROUND = 20000 };

    assert_run("spawn add runs x | use 20000 | sleep bell");
    wait_for_item("runs", "x");
    size_t used_before = mallinfo2().uordblks;
    for (int i = 0; i < ROUNDS; i++) {
        struct request *request = begin_run("put runs x; wake bell");
        assert_int_equal(status_of(request), 200);
        free_request(request);
    }
    wait_for_item("runs", "xx");
    assert_true(mallinfo2().uordblks < used_before + ROUNDS * BYTES_PER_ROUND / 10);
}

TEST(a_poller_rests_until_it_is_woken_by_its_name_or_its_time_has_come)
{
    assert_run("poll p add runs x | rest 3600000");
    wait_for_item("runs", "x");
    assert_run("poke q; wake p");
    let_run();
    assert_item("runs", "x");
    assert_run("poke p");
    let_run();
    assert_item("runs", "xx");
    advance_clock(60 * 60 * 1000);
    wait_for_item("runs", "xxx");
}

TEST(a_poller_that_was_ended_does_not_run_again)
{
    assert_run("poll p add rested x | rest 60000; poll q add slept x | sleep bell");
    wait_for_item("slept", "x");
    assert_run("unpoll p; unpoll q; unpoll unknown");
    assert_run("poke p; wake_all bell");
    let_run();
    assert_item("rested", "x");
    assert_item("slept", "x");
}

TEST(a_poller_that_was_ended_in_the_same_batch_never_runs)
{
    assert_run("poll p put a 1; unpoll p; poll q put b 1");
    wait_for_item("b", "1");
    assert_no_item("a");
}

TEST(a_call_that_fails_ends_and_begins_no_poller)
{
    assert_run("poll p add runs x | sleep bell");
    wait_for_item("runs", "x");
    assert_run("try unpoll p | poll q put a 1 | fail; wake bell");
    wait_for_item("runs", "xx");
    assert_no_item("a");
}

TEST(a_poller_ends_the_one_of_the_same_name)
{
    assert_run("poll p add first x | sleep bell");
    wait_for_item("first", "x");
    assert_run("poll p add second x | sleep bell");
    wait_for_item("second", "x");
    assert_run("wake_all bell");
    wait_for_item("second", "xx");
    assert_item("first", "x");
}

TEST(a_name_is_free_when_its_poller_has_ended)
{
    assert_run("poll p add runs x");
    wait_for_item("runs", "x");
    assert_run("poll p add runs x; poke p");
    wait_for_item("runs", "xx");
    assert_run("unpoll p; poll p add runs x");
    wait_for_item("runs", "xxx");
}

TEST(a_reset_ends_pollers_and_frees_their_names)
{
    assert_run("poll p add runs x | rest 60000");
    wait_for_item("runs", "x");
    assert_int_equal(status_of(begin_http("POST", "/_localstack/state/reset", "")), 200);
    assert_run("poke p; unpoll p; poll p add runs y | rest 60000");
    wait_for_item("runs", "y");
    assert_run("poke p");
    wait_for_item("runs", "yy");
}

/* The engine's mode for tests: a handler loses what it keeps between its runs outside the store. */
TEST(what_is_handed_over_is_there_in_all_later_runs)
{
    struct request *waiting =
        begin_run("wait gate open 86400000; handed a; wait door ajar 86400000; handed b");

    let_run();
    assert_run("hand gate hello; put open 1; wake gate");
    let_run();
    assert_item("a", "hello");
    assert_run("put ajar 1; wake door");
    assert_int_equal(status_of(waiting), 200);
    assert_item("b", "hello");
}

TEST(what_is_handed_over_last_counts_and_to_nobody_but_who_waits)
{
    struct request *waiting = begin_run("wait gate open 86400000; handed a");

    let_run();
    assert_int_equal(run("hand gate first, which is longer; fail"), 400);
    assert_run("hand gate second; put open 1; wake gate");
    assert_int_equal(status_of(waiting), 200);
    assert_item("a", "second");
    assert_no_item("nobody");
    assert_run("hand gate third; handed c");
    assert_item("nobody", "gate");
    assert_no_item("c");
}

TEST(what_a_parked_call_shows_is_seen_until_it_is_done)
{
    struct request *waiting = begin_run("wait gate open 86400000 hello"),
                   *silent = begin_run("wait door open 86400000");

    let_run();
    assert_run("shown a gate; shown b door; shown c wall");
    assert_item("a", "hello");
    assert_item("b", "nothing");
    assert_item("c", "nothing");
    assert_run("put open 1; wake gate; wake door");
    assert_int_equal(status_of(waiting), 200);
    assert_int_equal(status_of(silent), 200);
    assert_run("shown a gate");
    assert_item("a", "nothing");
}

TEST(a_call_that_was_woken_in_vain_shows_its_text_before_and_after_it_runs)
{
    struct request *waiting = begin_run("wait gate open 86400000 hello"),
                   *reading = begin_run("wait first go 86400000; shown a gate");

    let_run();
    assert_run("put go 1; wake first; wake gate"); /* the reader runs between the wake and the waiter */
    assert_int_equal(status_of(reading), 200);
    assert_item("a", "hello");
    assert_run("shown b gate; put open 1; wake gate");
    assert_item("b", "hello");
    assert_int_equal(status_of(waiting), 200);
}

static int rerun_setup(void **state)
{
    core_setup(state);
    core_stop();
    core_close();
    core_options()->rerun = true;
    core_start();
    return 0;
}

#define rerun_test(name) cmocka_unit_test_setup_teardown(name, rerun_setup, core_teardown)

TEST(in_the_tests_mode_what_parks_runs_twice)
{
    struct request *waiting = begin_run("add a x; wait gate open 60000");

    let_run();
    assert_item("a", "xx");
    assert_run("put open 1; wake gate");
    assert_int_equal(status_of(waiting), 200);
    assert_item("a", "xxx");
}

TEST(in_the_tests_mode_preparations_get_lost)
{
    bool with = false, without = false;

    assert_run("put a seen");
    while (!with || !without) {
        assert_int_equal(status_of(begin("Foresee", "{\"Key\": \"a\", \"Into\": \"b\"}")), 200);
        bool prepared = str_equal(get("b"), S("seen"));
        with = with || prepared;
        without = without || !prepared;
    }
}

TESTS(engine_test(what_is_handed_over_last_counts_and_to_nobody_but_who_waits),
      rerun_test(what_is_handed_over_last_counts_and_to_nobody_but_who_waits),
      engine_test(what_is_handed_over_is_there_in_all_later_runs),
      rerun_test(what_is_handed_over_is_there_in_all_later_runs),
      engine_test(what_a_parked_call_shows_is_seen_until_it_is_done),
      rerun_test(what_a_parked_call_shows_is_seen_until_it_is_done),
      engine_test(a_call_that_was_woken_in_vain_shows_its_text_before_and_after_it_runs),
      rerun_test(a_call_that_was_woken_in_vain_shows_its_text_before_and_after_it_runs),
      rerun_test(in_the_tests_mode_what_parks_runs_twice),
      rerun_test(in_the_tests_mode_preparations_get_lost),
      engine_test(a_parked_call_runs_again_when_it_is_woken),
      engine_test(what_a_call_wrote_before_it_parked_stays), engine_test(the_oldest_is_served_first),
      engine_test(a_call_woken_for_nothing_keeps_its_place),
      engine_test(a_call_that_waited_for_something_else_comes_last), engine_test(wake_all_wakes_all),
      engine_test(who_waits_for_another_name_is_not_woken),
      engine_test(a_wake_by_a_call_that_fails_is_for_nothing),
      engine_test(a_message_does_not_go_to_a_client_that_has_gone),
      engine_test(a_wake_that_meets_a_client_that_has_gone_goes_to_the_next),
      engine_test(a_wake_that_meets_a_call_that_fails_goes_to_the_next),
      engine_test(a_client_that_is_gone_before_its_call_parks_is_given_back),
      engine_test(many_clients_go_at_once), engine_test(an_invoked_call_that_parks_parks_its_caller),
      engine_test(a_poller_runs_again_and_again_in_the_same_memory),
      engine_test(a_poller_rests_until_it_is_woken_by_its_name_or_its_time_has_come),
      engine_test(a_poller_that_was_ended_does_not_run_again),
      engine_test(a_poller_that_was_ended_in_the_same_batch_never_runs),
      engine_test(a_call_that_fails_ends_and_begins_no_poller),
      engine_test(a_poller_ends_the_one_of_the_same_name),
      engine_test(a_name_is_free_when_its_poller_has_ended),
      engine_test(a_reset_ends_pollers_and_frees_their_names))
