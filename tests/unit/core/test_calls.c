/*
 * test_calls.c: how a call ends, and how this affects the other calls of its batch and the calls that it
 * invokes.
 */
#include "core.h"

TEST(what_a_call_wrote_stays)
{
    assert_run("put a 1; add a 2");
    assert_item("a", "12");
}

TEST(a_failed_call_is_answered_with_its_error)
{
    struct request *failed = begin_run("fail");

    assert_int_equal(status_of(failed), 400);
    assert_text(body_of(failed), "{\"__type\":\"toy#Refused\",\"message\":\"As it was told.\"}");
}

TEST(an_error_may_be_long)
{
    char words[6000], command[sizeof words + 8], body[sizeof words + 64];

    memset(words, 'w', sizeof words - 1);
    words[sizeof words - 1] = '\0';
    snprintf(command, sizeof command, "fail %s", words);
    snprintf(body, sizeof body, "{\"__type\":\"toy#Refused\",\"message\":\"As it was told.%s\"}", words);
    assert_str(body_of(begin_run(command)), str_of(body));
}

TEST(a_failed_call_leaves_no_trace_and_its_neighbours_stay)
{
    hold_disk(true);
    struct request *before = begin_run("put first 1"); /* the disk is busy: the next calls share a batch */
    struct request *good = begin_run("put a 1");
    struct request *bad = begin_run("put b 1; effect never x; timer never 0 put t 1; spawn put s 1; fail");
    struct request *after = begin_run("put c 1");
    hold_disk(false);

    assert_int_equal(status_of(before), 200);
    assert_int_equal(status_of(good), 200);
    assert_int_equal(status_of(bad), 400);
    assert_int_equal(status_of(after), 200);
    let_run();
    assert_item("a", "1");
    assert_item("c", "1");
    assert_no_item("b");
    assert_no_item("s");
    assert_no_item("t");
    assert_int_equal(effect_count(), 0);
}

TEST(a_broken_statement_fails_its_call_and_nobody_elses)
{
    hold_disk(true);
    struct request *before = begin_run("put first 1");
    struct request *broken = begin_run("put a 1; break");
    struct request *mistaken = begin_run("put b 1; break; fail");
    struct request *good = begin_run("put c 1");
    hold_disk(false);

    assert_int_equal(status_of(before), 200);
    assert_int_equal(status_of(broken), 500);
    assert_int_equal(status_of(mistaken), 500); /* the failed statement looks like a missing row */
    assert_int_equal(status_of(good), 200);
    assert_no_item("a");
    assert_no_item("b");
    assert_item("c", "1");
}

TEST(a_call_that_takes_too_much_memory_is_answered_and_leaves_no_trace)
{
    hold_disk(true);
    struct request *before = begin_run("put first 1");
    struct request *greedy =
        begin_run("put a 1; effect never x; spawn put s 1; use 200000000; use 200000000");
    struct request *deep = begin_run("put b 1; try put c 1 | use 300000000; put d 1");
    struct request *good = begin_run("put e 1; use 200000000");
    hold_disk(false);

    assert_int_equal(status_of(before), 200);
    assert_int_equal(status_of(greedy), 503);
    assert_int_equal(status_of(deep), 503);
    assert_int_equal(status_of(good), 200);
    let_run();
    assert_no_item("a");
    assert_no_item("b");
    assert_no_item("c");
    assert_no_item("s");
    assert_item("e", "1");
    assert_int_equal(effect_count(), 0);
}

TEST(who_waits_goes_on_when_the_call_that_woke_another_runs_out_of_memory)
{
    struct request *first = begin_run("wait bell item 100000; use 300000000");
    let_run();
    struct request *second = begin_run("wait bell item 100000");
    let_run();

    assert_run("put item 1; wake bell");
    assert_int_equal(status_of(first), 503);
    assert_int_equal(status_of(second), 200);
}

TEST(a_call_gets_what_was_prepared_for_it)
{
    assert_run("put a 1");
    assert_int_equal(status_of(begin("Foresee", "{\"Key\": \"a\", \"Into\": \"b\"}")), 200);
    assert_item("b", "1");
}

TEST(what_preparing_fails_with_is_forgotten)
{
    assert_int_equal(status_of(begin("Foresee", "{\"Key\": \"none\", \"Into\": \"b\"}")), 200);
    assert_item("b", "nothing");
    assert_int_equal(status_of(begin("Foresee", "{\"Key\": \"denied\", \"Into\": \"c\"}")), 403);
    assert_no_item("c");
}

TEST(a_call_that_waits_keeps_what_was_prepared)
{
    assert_run("put a 1");
    struct request *waiting = begin("Foresee", "{\"Key\": \"a\", \"Into\": \"b\", \"After\": \"signal\"}");
    wait_for_item("b", "waits");
    assert_false(is_answered(waiting));
    assert_run("put a 2; put signal 1; wake signal");
    assert_int_equal(status_of(waiting), 200);
    assert_item("b", "1");
}

TEST(nothing_is_prepared_for_a_call_that_another_makes)
{
    assert_run("put a 1");
    assert_int_equal(status_of(begin("Foresee", "{\"Key\": \"a\", \"Into\": \"b\", \"Also\": \"c\"}")), 200);
    assert_item("b", "1");
    assert_item("c", "nothing");
}

TEST(an_internal_operation_is_not_for_clients)
{
    assert_int_equal(status_of(begin("RunLater", "{\"Steps\": \"put a 1\"}")), 400);
    assert_no_item("a");
}

TEST(who_may_not_is_told_so_and_nothing_is_done)
{
    struct request *denied = begin_run("put a 1; ask denied");

    assert_int_equal(status_of(denied), 403);
    assert_text(body_of(denied), "{\"__type\":\"toy#AccessDenied\",\"message\":\"root may not toy:Run.\"}");
    assert_no_item("a");
    assert_int_equal(status_of(begin("Get", "{\"Key\": \"denied\"}")), 403);
}

TEST(an_invoked_call_that_fails_is_undone_and_its_caller_goes_on)
{
    assert_run("put a 1; try put b 1 | fail; put c 1");
    assert_item("a", "1");
    assert_no_item("b");
    assert_item("c", "1");
}

TEST(an_invoked_call_goes_with_the_caller_that_fails_after_it)
{
    assert_int_equal(run("invoke put a 1; fail"), 400);
    assert_no_item("a");
}

TEST(a_failed_invocation_takes_its_effects_timers_and_spawned_calls_along)
{
    assert_run(
        "effect kept x; try effect lost x | timer t 0 put t 1 | spawn put s 1 | fail; spawn put kept 1");
    wait_for_item("kept", "1");
    wait_for_effects(1);
    let_run();
    assert_no_item("s");
    assert_no_item("t");
    assert_int_equal(effect_count(), 1);
    assert_text(effect_at(0), "kept x");
}

TEST(a_broken_statement_in_an_invoked_call_fails_only_that)
{
    assert_run("put a 1; try put b 1 | break; put c 1");
    assert_item("a", "1");
    assert_no_item("b");
    assert_item("c", "1");
}

TEST(a_spawned_call_runs_when_its_cause_is_committed)
{
    assert_run("spawn put a 1");
    wait_for_item("a", "1");
}

TEST(what_a_spawned_call_has_to_prepare_is_prepared)
{
    assert_run("put a 1; foresee a b");
    wait_for_item("b", "1");
    toy_start = S("put c 3; foresee c d"); /* before any other call runs */
    core_restart();
    wait_for_item("d", "3");
    toy_start = (str){0};
}

TESTS(engine_test(what_a_call_wrote_stays), engine_test(a_failed_call_is_answered_with_its_error),
      engine_test(an_error_may_be_long), engine_test(a_failed_call_leaves_no_trace_and_its_neighbours_stay),
      engine_test(a_broken_statement_fails_its_call_and_nobody_elses),
      engine_test(a_call_that_takes_too_much_memory_is_answered_and_leaves_no_trace),
      engine_test(who_waits_goes_on_when_the_call_that_woke_another_runs_out_of_memory),
      engine_test(a_call_gets_what_was_prepared_for_it), engine_test(what_preparing_fails_with_is_forgotten),
      engine_test(a_call_that_waits_keeps_what_was_prepared),
      engine_test(nothing_is_prepared_for_a_call_that_another_makes),
      engine_test(an_internal_operation_is_not_for_clients),
      engine_test(who_may_not_is_told_so_and_nothing_is_done),
      engine_test(an_invoked_call_that_fails_is_undone_and_its_caller_goes_on),
      engine_test(an_invoked_call_goes_with_the_caller_that_fails_after_it),
      engine_test(a_failed_invocation_takes_its_effects_timers_and_spawned_calls_along),
      engine_test(a_broken_statement_in_an_invoked_call_fails_only_that),
      engine_test(a_spawned_call_runs_when_its_cause_is_committed),
      engine_test(what_a_spawned_call_has_to_prepare_is_prepared))
