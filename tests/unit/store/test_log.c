/*
 * test_log.c: a commit reaches the write-ahead log in long pieces, and is read back as it was written.
 */
#include "fixture.h"
#include "store/store_internal.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { LARGE_BYTES = 20 * 1000, MORE_THAN_THE_CACHE = 1000 };
enum { ADDED = 10, MORE_THAN_ARE_ADDED_BYTES = 512 * 1024 };

/* The number of times that this process has written to a file. */
static long writes(void)
{
    FILE *file = fopen("/proc/self/io", "r");
    char line[128];
    long count = -1;

    if (!file)
        skip();
    while (fgets(line, sizeof line, file))
        if (sscanf(line, "syscw: %ld", &count) == 1)
            break;
    fclose(file);
    return count;
}

static str large_body(int64_t id)
{
    static char body[LARGE_BYTES];

    memset(body, (int)('a' + id % 26), sizeof body);
    return (str){body, sizeof body};
}

static void put_large(struct txn *txn, int64_t first, int64_t end)
{
    for (int64_t id = first; id < end; id++)
        demo_put(txn, &(struct demo_put_params){.id = id, .body = large_body(id)});
}

static void assert_large(struct fixture *fixture, struct txn *txn, int64_t first, int64_t end)
{
    struct demo_find_row row;

    for (int64_t id = first; id < end; id++) {
        assert_true(demo_find(txn, &(struct demo_find_params){id}, &row));
        assert_true(str_equal(row.body, large_body(id)));
        arena_reset(&fixture->arena);
    }
}

static void a_commit_is_one_write(void **state)
{
    struct fixture *fixture = *state;
    struct txn *txn = begin(fixture);

    put_large(txn, 1, 2);
    wait_until_durable(fixture->store, commit(fixture->store));
    for (int64_t id = 2; id < 5; id++) {
        txn = begin(fixture);
        put_large(txn, id, id + 1); /* at least five pages */
        long before = writes();
        wait_until_durable(fixture->store, commit(fixture->store));
        assert_int_equal(writes() - before, 1);
    }
}

static void a_transaction_larger_than_the_cache_reads_what_it_has_written(void **state)
{
    struct fixture *fixture = *state;
    struct txn *txn = begin(fixture);

    put_large(txn, 1, MORE_THAN_THE_CACHE);
    assert_large(fixture, txn, 1, MORE_THAN_THE_CACHE);
    txn_savepoint(txn);
    put_large(txn, MORE_THAN_THE_CACHE, 2 * MORE_THAN_THE_CACHE);
    txn_rollback(txn);
    put_large(txn, MORE_THAN_THE_CACHE, MORE_THAN_THE_CACHE + 100);
    commit(fixture->store);

    fixture_reopen(fixture);
    txn = begin(fixture);
    assert_large(fixture, txn, 1, MORE_THAN_THE_CACHE + 100);
    assert_int_equal(count_messages(txn), MORE_THAN_THE_CACHE + 99);
    commit(fixture->store);
}

static void a_reader_sees_each_commit_whole(void **state)
{
    struct fixture *fixture = *state;
    struct store_reader *reader = store_reader_open(fixture->store);
    uint64_t sequence;

    for (int64_t id = 1; id < 40; id++) {
        struct txn *txn = begin(fixture);
        put_large(txn, id, id + 1);
        commit(fixture->store);
        struct txn *read = begin_read(fixture, reader);
        assert_large(fixture, read, id, id + 1);
        assert_true(store_end_read(reader, &sequence));
    }
    store_reader_close(reader);
}

static bool holds_a_snapshot(const struct store_reader *reader)
{
    return sqlite3_get_autocommit(reader->txn.db) == 0;
}

static void read_once(struct fixture *fixture, struct store_reader *reader, int64_t messages)
{
    uint64_t sequence;

    assert_int_equal(count_messages(begin_read(fixture, reader)), messages);
    assert_true(store_end_read(reader, &sequence));
}

static void an_ended_snapshot_is_kept_until_a_commit_or_a_rest(void **state)
{
    struct fixture *fixture = *state;
    struct store_reader *reader = store_reader_open(fixture->store);

    store_rest(reader); /* nothing was begun */
    for (int64_t id = 1; id < 4; id++) {
        put_large(begin(fixture), id, id + 1);
        commit(fixture->store);
        read_once(fixture, reader, id);
        assert_true(holds_a_snapshot(reader));
        read_once(fixture, reader, id);
        assert_true(holds_a_snapshot(reader));
        if (id == 2)
            store_rest(reader);
        assert_int_equal(holds_a_snapshot(reader), id != 2);
    }
    store_reader_close(reader);
}

static void an_ended_snapshot_is_not_kept_during_a_checkpoint(void **state)
{
    struct fixture *fixture = *state;
    struct store_reader *reader = store_reader_open(fixture->store);

    atomic_store(&fixture->store->moving, true);
    read_once(fixture, reader, 0);
    assert_false(holds_a_snapshot(reader));
    atomic_store(&fixture->store->moving, false);
    read_once(fixture, reader, 0);
    assert_true(holds_a_snapshot(reader));
    store_reader_close(reader);
}

static int64_t file_bytes(const struct fixture *fixture)
{
    struct stat file;

    assert_int_equal(fstat(fixture->store->log_file, &file), 0);
    return file.st_size;
}

static int64_t bytes_after_a_commit(struct fixture *fixture)
{
    static int64_t id;

    put_large(begin(fixture), id + 1, id + 2);
    wait_until_durable(fixture->store, commit(fixture->store));
    id++;
    return file_bytes(fixture);
}

/* A sync need not store a new length of the file with each commit. */
static void the_file_grows_in_steps(void **state)
{
    struct fixture *fixture = *state;
    int64_t before = bytes_after_a_commit(fixture), steps = 0, after;

    for (int64_t commits = 1; before < 2 * STORE_LOG_GROWTH_BYTES; commits++) {
        after = bytes_after_a_commit(fixture);
        steps += after > before;
        assert_true(after - before <= STORE_LOG_GROWTH_BYTES + MORE_THAN_ARE_ADDED_BYTES);
        before = after;
        if (commits == 5)
            assert_int_equal(steps, 0); /* of 256 KiB, the first commit has left most */
    }
    assert_in_range(steps, 4, 8);
}

static void wait_until_log_is_empty(struct store *store)
{
    int64_t bytes;

    do {
        usleep(1000);
        pthread_mutex_lock(&store->lock);
        bytes = store->log_bytes;
        pthread_mutex_unlock(&store->lock);
    } while (bytes > 0);
}

static void add_large(struct fixture *fixture, int64_t first)
{
    put_large(begin(fixture), first, first + ADDED);
    commit(fixture->store);
}

/* Wait until the log is emptied while the store is idle. */
static void wait_until_emptied_idle(struct fixture *fixture)
{
    wait_until_log_is_empty(fixture->store);
    add_large(fixture, INT32_MAX);
    wait_until_log_is_empty(fixture->store);
}

/* Make the log's file larger than that, while a reader keeps the log from being emptied. */
static void grow_log(struct fixture *fixture, int64_t bytes)
{
    struct store_reader *reader = store_reader_open(fixture->store);
    struct txn *read = begin_read(fixture, reader);
    uint64_t sequence;

    count_messages(read);
    for (int64_t id = 1; file_bytes(fixture) <= bytes; id += ADDED)
        add_large(fixture, id);
    assert_true(store_end_read(reader, &sequence));
    store_reader_close(reader);
}

static void an_idle_log_is_written_over(void **state)
{
    struct fixture *fixture = *state;

    grow_log(fixture, STORE_KEPT_LOG_BYTES - STORE_LOG_GROWTH_BYTES - MORE_THAN_ARE_ADDED_BYTES);
    int64_t before = file_bytes(fixture);
    assert_true(before <= STORE_KEPT_LOG_BYTES);
    wait_until_emptied_idle(fixture);
    assert_int_equal(file_bytes(fixture), before);
    add_large(fixture, INT32_MAX + INT64_C(1000));
    assert_int_equal(file_bytes(fixture), before);
}

static void the_file_of_an_idle_log_is_cut_when_it_is_large(void **state)
{
    struct fixture *fixture = *state;

    grow_log(fixture, STORE_KEPT_LOG_BYTES);
    wait_until_emptied_idle(fixture);
    assert_int_equal(file_bytes(fixture), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_commit_is_one_write),
        TEST(a_transaction_larger_than_the_cache_reads_what_it_has_written),
        TEST(a_reader_sees_each_commit_whole),
        TEST(an_ended_snapshot_is_kept_until_a_commit_or_a_rest),
        TEST(an_ended_snapshot_is_not_kept_during_a_checkpoint),
        TEST(the_file_grows_in_steps),
        TEST(an_idle_log_is_written_over),
        TEST(the_file_of_an_idle_log_is_cut_when_it_is_large),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
