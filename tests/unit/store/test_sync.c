/*
 * test_sync.c: which commits are synced at once, by the thread that made them, and which wait for others.
 */
#include "base/limits.h"
#include "demo_sql.h"
#include "fixture.h"
#include "store/store_internal.h"

#include <pthread.h>
#include <stdatomic.h>
#include <unistd.h>

static bool idle;
static pthread_t committer;
static atomic_bool synced_here;
static _Atomic uint64_t told; /* of the newest commit that was called durable */

static void note_durable(void *context, uint64_t sequence)
{
    (void)context;
    atomic_store(&synced_here, pthread_equal(pthread_self(), committer) != 0);
    atomic_store(&told, sequence);
}

static int open_told(void **state)
{
    int result = fixture_setup(state);
    struct fixture *fixture = *state;
    struct store_options options = fixture_options(fixture);
    str error;

    store_close(fixture->store);
    options.on_durable = note_durable;
    fixture->store = store_open(&options, &fixture->arena, &error);
    committer = pthread_self();
    atomic_store(&told, 0);
    idle = true;
    return fixture->store ? result : -1;
}

static uint64_t commit_message(struct fixture *fixture)
{
    uint64_t sequence;

    demo_add(begin(fixture), &(struct demo_add_params){.body = S("{}")});
    assert_true(store_commit(fixture->store, &sequence));
    return sequence;
}

static uint64_t add_message(struct fixture *fixture)
{
    uint64_t sequence = commit_message(fixture);

    store_sync(fixture->store, sequence, idle);
    return sequence;
}

static uint64_t add_unawaited(struct fixture *fixture)
{
    uint64_t sequence = commit_message(fixture);

    store_sync(fixture->store, 0, idle);
    return sequence;
}

static void wait_until_told(uint64_t sequence)
{
    for (int i = 0; atomic_load(&told) < sequence; i++) {
        assert_true(i < 100000);
        usleep(100);
    }
}

/* As if the last sync had taken so long. */
static void set_sync_us(struct fixture *fixture, int64_t sync_us)
{
    pthread_mutex_lock(&fixture->store->lock);
    fixture->store->sync_us = sync_us;
    pthread_mutex_unlock(&fixture->store->lock);
}

static bool is_synced_here(struct fixture *fixture, int64_t sync_us)
{
    set_sync_us(fixture, sync_us);
    wait_until_told(add_message(fixture));
    return atomic_load(&synced_here);
}

static void an_idle_committer_syncs_itself_on_a_quick_disk(void **state)
{
    struct fixture *fixture = *state;

    assert_true(is_synced_here(fixture, LIMIT_QUICK_SYNC_US));
    assert_int_equal(store_durable(fixture->store), atomic_load(&told));
    assert_false(is_synced_here(fixture, LIMIT_QUICK_SYNC_US + 1));
    idle = false;
    assert_false(is_synced_here(fixture, LIMIT_QUICK_SYNC_US));
    idle = true;
    assert_true(is_synced_here(fixture, LIMIT_QUICK_SYNC_US));
}

/* A commit with which that much waits to be synced, when a commit adds `own` bytes to the log. */
static bool is_little(struct fixture *fixture, int64_t own, int64_t bytes)
{
    pthread_mutex_lock(&fixture->store->lock);
    fixture->store->sync_us = 0;
    fixture->store->synced_bytes = fixture->store->log_bytes + own - bytes;
    pthread_mutex_unlock(&fixture->store->lock);
    wait_until_told(add_message(fixture));
    return atomic_load(&synced_here);
}

static void an_idle_committer_syncs_only_a_little_itself(void **state)
{
    struct fixture *fixture = *state;
    const int64_t *log_bytes = &fixture->store->log_bytes;

    wait_until_told(add_message(fixture));
    int64_t before = *log_bytes;
    wait_until_told(add_message(fixture));
    int64_t own = *log_bytes - before;
    assert_true(is_little(fixture, own, LIMIT_QUICK_SYNC_BYTES));
    assert_false(is_little(fixture, own, LIMIT_QUICK_SYNC_BYTES + 1));
}

static void one_sync_runs_at_a_time(void **state)
{
    struct fixture *fixture = *state;

    wait_until_told(add_message(fixture)); /* a log's first commit syncs its head itself */
    disk_hold(true);
    idle = false;
    uint64_t first = add_message(fixture);
    pthread_mutex_lock(&fixture->store->lock);
    while (!fixture->store->syncing) {
        pthread_mutex_unlock(&fixture->store->lock);
        usleep(100);
        pthread_mutex_lock(&fixture->store->lock);
    }
    pthread_mutex_unlock(&fixture->store->lock);
    idle = true;
    uint64_t second = add_message(fixture);
    assert_int_equal(store_durable(fixture->store), first - 1);
    disk_hold(false);
    wait_until_told(second);
    assert_false(atomic_load(&synced_here));
}

static atomic_int syncs;

static void count_sync(const char *path, int file)
{
    (void)path, (void)file;
    atomic_fetch_add(&syncs, 1);
}

static void what_nobody_waits_for_is_synced_with_what_somebody_waits_for(void **state)
{
    struct fixture *fixture = *state;

    wait_until_told(add_message(fixture));
    uint64_t durable = store_durable(fixture->store);
    disk_watch(fixture->folder, count_sync);
    atomic_store(&syncs, 0);
    set_sync_us(fixture, 0); /* a quick disk: an awaited commit would be synced here */
    assert_int_equal(add_unawaited(fixture), durable + 1);
    assert_int_equal(store_durable(fixture->store), durable);
    idle = false;
    assert_int_equal(add_unawaited(fixture), durable + 2);
    assert_int_equal(store_durable(fixture->store), durable);
    wait_until_told(add_message(fixture));
    assert_int_equal(store_durable(fixture->store), durable + 3);
    assert_int_equal(atomic_load(&syncs), 1);
    disk_watch(NULL, NULL);
}

static void a_commit_is_synced_once_somebody_waits_for_it(void **state)
{
    struct fixture *fixture = *state;
    uint64_t before = add_unawaited(fixture);

    store_await(fixture->store, before);
    wait_until_told(before);
    store_await(fixture->store, before); /* has no effect any more */
    store_await(fixture->store, before + 1);
    wait_until_told(add_unawaited(fixture));
}

static void closing_syncs_what_nobody_waits_for(void **state)
{
    struct fixture *fixture = *state;

    wait_until_told(add_message(fixture));
    add_unawaited(fixture);
    disk_watch(fixture->folder, count_sync);
    atomic_store(&syncs, 0);
    atomic_store(&told, 0);
    store_close(fixture->store);
    fixture->store = NULL;
    disk_watch(NULL, NULL);
    assert_true(atomic_load(&syncs) > 0);
    assert_true(atomic_load(&told) > 0);
}

static void a_commit_without_changes_is_not_synced(void **state)
{
    struct fixture *fixture = *state;
    uint64_t last = add_message(fixture);

    wait_until_told(last);
    begin(fixture);
    disk_hold(true);
    assert_int_equal(commit(fixture->store), last);
    disk_hold(false);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(an_idle_committer_syncs_itself_on_a_quick_disk, open_told,
                                        fixture_teardown),
        cmocka_unit_test_setup_teardown(an_idle_committer_syncs_only_a_little_itself, open_told,
                                        fixture_teardown),
        cmocka_unit_test_setup_teardown(one_sync_runs_at_a_time, open_told, fixture_teardown),
        cmocka_unit_test_setup_teardown(what_nobody_waits_for_is_synced_with_what_somebody_waits_for,
                                        open_told, fixture_teardown),
        cmocka_unit_test_setup_teardown(a_commit_is_synced_once_somebody_waits_for_it, open_told,
                                        fixture_teardown),
        cmocka_unit_test_setup_teardown(closing_syncs_what_nobody_waits_for, open_told, fixture_teardown),
        cmocka_unit_test_setup_teardown(a_commit_without_changes_is_not_synced, open_told, fixture_teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
