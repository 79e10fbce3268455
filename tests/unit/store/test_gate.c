/*
 * test_gate.c: when a batch waits for the log's checkpoint, and when it does not.
 *
 * The store here has no threads: the tests decide how far its checkpoint is.
 */
#include "fixture.h"
#include "store/store_internal.h"

#include <sched.h>

static struct store store;
static struct arena arena;

static void ignore_durable(void *context, uint64_t sequence)
{
    (void)context, (void)sequence;
}

static int open_bare(void **state)
{
    str error;

    (void)state;
    store =
        (struct store){.options = {.in_memory = true, .schemas = demo_schemas, .on_durable = ignore_durable}};
    pthread_mutex_init(&store.lock, NULL);
    pthread_cond_init(&store.has_committed, NULL);
    pthread_cond_init(&store.log_is_large, NULL);
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&store.gate_changed, &monotonic);
    pthread_condattr_destroy(&monotonic);
    return txn_open(&store.writer, ":memory:", demo_schemas, false, &arena, &error) ? 0 : -1;
}

static int close_bare(void **state)
{
    (void)state;
    txn_close(&store.writer);
    pthread_cond_destroy(&store.gate_changed);
    pthread_cond_destroy(&store.log_is_large);
    pthread_cond_destroy(&store.has_committed);
    pthread_mutex_destroy(&store.lock);
    arena_free(&arena);
    return 0;
}

static void run_batch(void)
{
    uint64_t sequence;

    store_begin(&store);
    assert_true(store_commit(&store, &sequence));
}

static void assert_waits(uint64_t throttled, uint64_t held)
{
    struct store_waits waits = store_waits(&store);

    assert_int_equal(waits.throttled, throttled);
    assert_int_equal(waits.held, held);
}

static void a_batch_waits_a_little_for_a_checkpoint_behind_a_log_that_is_too_large(void **state)
{
    (void)state;
    store.moving = true;
    store.log_bytes = STORE_LOG_BYTES;
    run_batch();
    assert_waits(0, 0);
    store.log_bytes = STORE_LOG_BYTES + 1;
    run_batch();
    assert_waits(1, 0);
    store.log_bytes = STORE_MOST_LOG_BYTES;
    run_batch();
    assert_waits(2, 0);
}

static void without_a_checkpoint_under_way_there_is_nothing_to_wait_for(void **state)
{
    (void)state;
    store.log_bytes = STORE_MOST_LOG_BYTES + 1;
    run_batch();
    assert_waits(0, 0);
}

/* Do what a checkpoint does at its end, as soon as it holds up a batch. */
static void *end_checkpoint_once_held(void *context)
{
    (void)context;
    while (store_waits(&store).held == 0)
        sched_yield();
    pthread_mutex_lock(&store.lock);
    assert_false(store.writing);
    store.gate_closed = false;
    store.moving = false;
    pthread_cond_broadcast(&store.gate_changed);
    pthread_mutex_unlock(&store.lock);
    return NULL;
}

static void run_batch_that_is_held(void)
{
    pthread_t checkpoint;

    assert_int_equal(pthread_create(&checkpoint, NULL, end_checkpoint_once_held, NULL), 0);
    run_batch();
    pthread_join(checkpoint, NULL);
    assert_true(store_waits(&store).held >= 1);
}

static void from_the_most_that_the_log_may_hold_on_a_batch_waits_until_the_checkpoint_is_done(void **state)
{
    (void)state;
    store.moving = true;
    store.log_bytes = STORE_MOST_LOG_BYTES + 1;
    run_batch_that_is_held();
    assert_false(store.moving);
}

static void a_batch_waits_at_a_closed_gate_however_small_the_log_is(void **state)
{
    (void)state;
    store.gate_closed = true;
    run_batch_that_is_held();
    assert_int_equal(store_waits(&store).throttled, 0);
}

int main(void)
{
    log_file_register(); /* opening a complete store does the same */
#define BARE(test) cmocka_unit_test_setup_teardown(test, open_bare, close_bare)
    const struct CMUnitTest tests[] = {
        BARE(a_batch_waits_a_little_for_a_checkpoint_behind_a_log_that_is_too_large),
        BARE(without_a_checkpoint_under_way_there_is_nothing_to_wait_for),
        BARE(from_the_most_that_the_log_may_hold_on_a_batch_waits_until_the_checkpoint_is_done),
        BARE(a_batch_waits_at_a_closed_gate_however_small_the_log_is),
    };
#undef BARE

    return cmocka_run_group_tests(tests, NULL, NULL);
}
