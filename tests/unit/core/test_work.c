/*
 * test_work.c: work that is too long for a connection's loop runs on workers, and no client can occupy them
 * all.
 */
#include "core.h"
#include "world.h"

#include "base/limits.h"

#include <pthread.h>
#include <stdlib.h>

enum { MANY = LIMIT_WORK_OF_ONE_CLIENT };

/* While held, jobs wait in toy_work_hook(). */
static struct {
    bool held;
    unsigned begun;
} gate;

static void pass_gate(str key)
{
    (void)key;
    lock_news();
    gate.begun++;
    unlock_news();
    lock_news();
    while (gate.held)
        wait_for_news();
    unlock_news();
}

static void hold_jobs(bool hold)
{
    lock_news();
    toy_work_hook = pass_gate;
    gate.held = hold;
    unlock_news();
}

static unsigned begun(void)
{
    lock_news();
    unsigned count = gate.begun;
    unlock_news();
    return count;
}

static void wait_until_begun(unsigned count)
{
    lock_news();
    while (gate.begun < count)
        wait_for_news();
    unlock_news();
}

/* Setup: a new engine with two workers. */
static int two_workers(void **state)
{
    core_setup(state);
    core_stop();
    core_close();
    gate.held = false;
    gate.begun = 0;
    core_options()->workers = 2;
    core_start();
    return 0;
}

/* Teardown: the workers go on, also when a test has failed while it held them. */
static int let_workers_go(void **state)
{
    hold_jobs(false);
    return core_teardown(state);
}

#define work_test(name) cmocka_unit_test_setup_teardown(name, two_workers, let_workers_go)

static struct request *begin_look(const char *key)
{
    return begin("Look", "{\"Key\": \"%s\"}", key);
}

static struct request *begin_foresee(const char *key)
{
    return begin("Foresee", "{\"Key\": \"%s\", \"Into\": \"into\"}", key);
}

/* A request whose body is filled up to that size with spaces. */
static struct request *begin_padded(const char *operation, str json, size_t size)
{
    char *spaces = malloc(size);

    memset(spaces, ' ', size);
    memcpy(spaces, json.data, json.size);
    struct request *request = begin_json(operation, (str){spaces, size});
    free(spaces);
    return request;
}

static struct request *begin_large(size_t size)
{
    return begin_padded("Get", S("{\"Key\": \"a\"}"), size);
}

static struct request *begin_glance(const char *key)
{
    return begin("Glance", "{\"Key\": \"%s\"}", key);
}

/* Both workers wait, one of them in a long read. */
static void hold_both_workers(void)
{
    hold_jobs(true);
    begin_look("x");
    wait_until_begun(1);
    begin("Foresee", "{\"Key\": \"x\", \"Into\": \"held\"}");
    wait_until_begun(2);
}

TEST(a_preparation_leaves_the_loop_to_others)
{
    assert_run("put a 1");
    hold_jobs(true);
    struct request *slow = begin_foresee("a");
    wait_until_begun(1);
    assert_item("a", "1");
    assert_run("put b 1");
    assert_false(is_answered(slow));
    hold_jobs(false);
    assert_int_equal(status_of(slow), 200);
    assert_item("into", "1");
}

TEST(a_long_read_leaves_the_loop_to_others)
{
    hold_jobs(true);
    struct request *slow = begin_look("a");
    wait_until_begun(1);
    assert_run("put a 1");
    assert_item("a", "1");
    assert_false(is_answered(slow));
    hold_jobs(false);
    assert_text(body_of(slow), "{\"Value\":\"whole\"}");
}

TEST(a_short_read_that_finds_much_goes_on_on_a_worker)
{
    assert_run("put a much; put b little");
    hold_both_workers();
    struct request *little = begin_glance("b"), *much = begin_glance("a");
    assert_text(body_of(little), "{\"Value\":\"little\"}");
    assert_false(is_answered(much));
    hold_jobs(false);
    assert_text(body_of(much), "{\"Value\":\"much\"}");
}

TEST(a_read_that_goes_on_on_a_worker_reads_what_is_there_by_then)
{
    assert_run("put a much");
    hold_both_workers();
    struct request *much = begin_glance("a");
    assert_run("put a much more");
    hold_jobs(false);
    assert_text(body_of(much), "{\"Value\":\"much more\"}");
}

TEST(a_read_that_a_write_invokes_stays_on_the_engine)
{
    assert_run("put a much; glance a b");
    assert_item("b", "much");
}

TEST(an_operation_that_is_prepared_if_large_is_not_when_its_body_is_small)
{
    const str json = S("{\"Key\": \"a\", \"Into\": \"into\"}");

    assert_run("put a 1");
    hold_both_workers();
    assert_int_equal(status_of(begin_padded("ForeseeMuch", json, LIMIT_UNPREPARED_BODY_BYTES)), 200);
    assert_item("into", "nothing");
    struct request *large = begin_padded("ForeseeMuch", json, LIMIT_UNPREPARED_BODY_BYTES + 1);
    assert_false(is_answered(large));
    hold_jobs(false);
    assert_int_equal(status_of(large), 200);
    assert_item("into", "1");
}

TEST(a_write_that_finds_much_is_prepared_and_runs_again)
{
    assert_run("put a much");
    hold_both_workers();
    struct request *much = begin("ForeseeMuch", "{\"Key\": \"a\", \"Into\": \"into\"}");
    assert_run("put b 1");
    assert_false(is_answered(much));
    hold_jobs(false);
    assert_int_equal(status_of(much), 200);
    assert_item("into", "much");
}

TEST(a_write_that_was_prepared_does_not_move_again)
{
    assert_run("put a much");
    struct request *request = begin_padded("ForeseeMuch", S("{\"Key\": \"a\", \"Into\": \"into\"}"),
                                           LIMIT_UNPREPARED_BODY_BYTES + 1);
    assert_int_equal(status_of(request), 200);
    assert_item("into", "much");
}

TEST(a_long_reply_to_a_write_is_encoded_by_a_worker)
{
    hold_both_workers();
    struct request *request = begin_run("long; put a 1");
    wait_for_item("a", "1");
    assert_run("put b 1");
    assert_false(is_answered(request));
    hold_jobs(false);
    assert_int_equal(status_of(request), 200);
}

TEST(a_long_reply_that_no_worker_takes_is_encoded_all_the_same)
{
    hold_both_workers();
    for (int i = 0; i < MANY; i++)
        begin_foresee("a");
    assert_int_equal(status_of(begin_foresee("a")), 400);
    assert_run("long; put a 1");
    hold_jobs(false);
}

TEST(an_internal_call_that_no_worker_has_room_for_is_prepared_later)
{
    assert_run("put a 1");
    hold_both_workers();
    for (int i = 0; i < MANY; i++)
        assert_run("foresee a other");
    assert_run("foresee a last");
    let_run();
    hold_jobs(false);
    wait_for_item("last", "1");
}

TEST(an_internal_call_whose_preparation_takes_too_much_memory_runs_without_it)
{
    assert_run("put a greedy; foresee a into");
    wait_for_item("into", "nothing");
}

TEST(a_large_body_is_decoded_by_a_worker)
{
    assert_run("put a 1");
    hold_both_workers();
    struct request *small = begin_large(LIMIT_LOOP_BODY_BYTES),
                   *large = begin_large(LIMIT_LOOP_BODY_BYTES + 1);
    assert_int_equal(status_of(small), 200);
    assert_false(is_answered(large));
    hold_jobs(false);
    assert_text(body_of(large), "{\"Value\":\"1\"}");
}

TEST(long_reads_never_have_all_workers)
{
    struct request *looks[3];

    hold_jobs(true);
    for (int i = 0; i < 3; i++)
        looks[i] = begin_look("a");
    wait_until_begun(1);
    struct request *short_one = begin_foresee("b");
    wait_until_begun(2); /* the preparation: the second long read waits for the end of the first */
    assert_int_equal(place_of(begin_run("put c 1")), 1);
    hold_jobs(false);
    assert_int_equal(status_of(short_one), 200);
    for (int i = 0; i < 3; i++)
        assert_int_equal(status_of(looks[i]), 200);
}

TEST(a_body_that_is_large_beyond_measure_counts_as_long)
{
    hold_jobs(true);
    begin_look("x");
    wait_until_begun(1);
    struct request *within = begin_large(LIMIT_SHORT_BODY_BYTES),
                   *beyond = begin_large(LIMIT_SHORT_BODY_BYTES + 1);
    assert_int_equal(status_of(within), 200);
    assert_false(is_answered(beyond));
    hold_jobs(false);
    assert_int_equal(status_of(beyond), 200);
}

TEST(clients_take_turns)
{
    struct request *greedy[6], *modest;

    hold_jobs(true);
    for (int i = 0; i < 6; i++)
        greedy[i] = begin_look("a");
    wait_until_begun(1);
    come_from("192.0.2.7");
    modest = begin_look("a");
    hold_jobs(false);
    for (int i = 0; i < 6; i++)
        assert_int_equal(status_of(greedy[i]), 200);
    assert_true(place_of(modest) < place_of(greedy[2]));
    for (int i = 1; i < 6; i++)
        assert_true(place_of(greedy[i - 1]) < place_of(greedy[i]));
}

TEST(a_client_who_asks_for_too_much_is_throttled_and_others_are_not)
{
    hold_jobs(true);
    begin_look("a");
    wait_until_begun(1);
    struct request *last = NULL;
    for (int i = 0; i < MANY; i++)
        last = begin_look("a");
    assert_false(is_answered(last));
    struct request *refused = begin_look("a");
    assert_int_equal(status_of(refused), 400);
    assert_non_null(strstr(body_of(refused).data, "ThrottlingException"));
    come_from("192.0.2.7");
    struct request *other = begin_look("a");
    assert_false(is_answered(other));
    hold_jobs(false);
    assert_int_equal(status_of(other), 200);
    assert_int_equal(status_of(last), 200);
}

TEST(a_job_whose_client_has_gone_is_not_begun)
{
    hold_jobs(true);
    begin_look("a");
    wait_until_begun(1);
    struct request *gone = begin_look("a"), *after = begin_look("a");
    cancel(gone);
    hold_jobs(false);
    assert_int_equal(status_of(after), 200);
    assert_int_equal(status_of(gone), 503);
    assert_int_equal(begun(), 2);
}

static void *stop(void *unused)
{
    core_stop();
    return unused;
}

/* Wait until new jobs are refused. */
static void wait_until_stopping(void)
{
    struct request *probe;

    do {
        probe = begin_look("probe");
    } while (!is_answered(probe) || status_of(probe) != 503);
}

TEST(a_stop_ends_what_has_begun_and_gives_back_what_is_long)
{
    pthread_t stopper;

    hold_jobs(true);
    struct request *running = begin_look("a");
    wait_until_begun(1);
    struct request *waiting = begin_look("a"), *prepared = begin_foresee("b");
    wait_until_begun(2);
    struct request *prepared_too = begin_foresee("b");
    pthread_create(&stopper, NULL, stop, NULL);
    wait_until_stopping();
    hold_jobs(false);
    pthread_join(stopper, NULL);
    assert_int_equal(status_of(running), 200);
    assert_int_equal(status_of(waiting), 503);
    assert_int_equal(status_of(prepared), 200);
    assert_int_equal(status_of(prepared_too), 200);
    assert_int_equal(begun(), 3);
}

TEST(a_long_read_is_told_when_its_time_is_up)
{
    assert_text(body_of(begin_look("a")), "{\"Value\":\"whole\"}");
    core_stop();
    core_close();
    core_options()->long_read_ms = -1;
    core_start();
    assert_text(body_of(begin_look("a")), "{\"Value\":\"early\"}");
}

TEST(each_worker_serves_one_after_the_other)
{
    enum { JOBS = 300 };
    struct request *requests[JOBS];

    assert_run("put a 1");
    for (int i = 0; i < JOBS; i++)
        requests[i] = i % 2 ? begin_look("a") : begin_foresee("a");
    for (int i = 0; i < JOBS; i++)
        assert_int_equal(status_of(requests[i]), 200);
    assert_item("into", "1");
}

TESTS(work_test(a_preparation_leaves_the_loop_to_others), work_test(a_long_read_leaves_the_loop_to_others),
      work_test(a_short_read_that_finds_much_goes_on_on_a_worker),
      work_test(a_read_that_goes_on_on_a_worker_reads_what_is_there_by_then),
      work_test(a_read_that_a_write_invokes_stays_on_the_engine),
      work_test(an_operation_that_is_prepared_if_large_is_not_when_its_body_is_small),
      work_test(a_write_that_finds_much_is_prepared_and_runs_again),
      work_test(a_write_that_was_prepared_does_not_move_again),
      work_test(a_long_reply_to_a_write_is_encoded_by_a_worker),
      work_test(a_long_reply_that_no_worker_takes_is_encoded_all_the_same),
      work_test(an_internal_call_that_no_worker_has_room_for_is_prepared_later),
      work_test(an_internal_call_whose_preparation_takes_too_much_memory_runs_without_it),
      work_test(a_large_body_is_decoded_by_a_worker), work_test(long_reads_never_have_all_workers),
      work_test(a_body_that_is_large_beyond_measure_counts_as_long), work_test(clients_take_turns),
      work_test(a_client_who_asks_for_too_much_is_throttled_and_others_are_not),
      work_test(a_job_whose_client_has_gone_is_not_begun),
      work_test(a_stop_ends_what_has_begun_and_gives_back_what_is_long),
      work_test(a_long_read_is_told_when_its_time_is_up), work_test(each_worker_serves_one_after_the_other))
