/*
 * test_store.c: the store's promises, one test each.
 */
#include "base/folder.h"
#include "base/limits.h"
#include "fixture.h"
#include "store/schema.h"
#include "store/store_internal.h"

#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static int64_t add(struct txn *txn, str body)
{
    return demo_add(txn, &(struct demo_add_params){.body = body});
}

static int64_t put(struct txn *txn, int64_t id)
{
    return demo_put(txn, &(struct demo_put_params){.id = id, .body = S("x")});
}

static bool has(struct txn *txn, int64_t id)
{
    struct demo_find_row row;

    return demo_find(txn, &(struct demo_find_params){id}, &row);
}

static void an_abandoned_call_ends_its_statements_and_is_undone(void **state)
{
    struct fixture *fixture = *state;
    struct demo_scan_row row;
    struct txn *txn = begin(fixture);

    int64_t before = add(txn, S("before"));
    txn_savepoint(txn);
    size_t depth = txn_depth(txn);
    int64_t inside = add(txn, S("inside"));
    txn_savepoint(txn);
    add(txn, S("deeper"));
    struct demo_scan_cursor outer = demo_scan_open(txn), again = demo_scan_open(txn);
    assert_true(demo_scan_next(&outer, &row));
    assert_true(demo_scan_next(&again, &row));

    txn_abandon(txn, depth);
    txn_rollback(txn);
    assert_true(has(txn, before));
    assert_false(has(txn, inside));
    assert_int_equal(count_messages(txn), 1);
    commit(fixture->store);
}

static void a_reader_opens_while_a_batch_is_being_written(void **state)
{
    struct fixture *fixture = *state;
    uint64_t sequence;

    add(begin(fixture), S("unfinished"));
    struct store_reader *reader = store_reader_open(fixture->store);
    assert_non_null(reader);
    commit(fixture->store);
    assert_int_equal(count_messages(begin_read(fixture, reader)), 1);
    assert_true(store_end_read(reader, &sequence));
    store_reader_close(reader);
}

static void an_abandoned_reader_reads_again(void **state)
{
    struct fixture *fixture = *state;
    struct store_reader *reader = store_reader_open(fixture->store);
    struct demo_scan_row row;
    uint64_t sequence;

    add(begin(fixture), S("x"));
    commit(fixture->store);
    struct demo_scan_cursor cursor = demo_scan_open(begin_read(fixture, reader));
    assert_true(demo_scan_next(&cursor, &row));
    store_abandon_read(reader);
    assert_int_equal(count_messages(begin_read(fixture, reader)), 1);
    assert_true(store_end_read(reader, &sequence));
    store_abandon_read(reader); /* nothing was begun */
    store_reader_close(reader);
}

static void what_is_committed_is_there_after_reopening(void **state)
{
    struct fixture *fixture = *state;
    struct demo_find_row row;

    int64_t id = add(begin(fixture), S("hello"));
    commit(fixture->store);
    fixture_reopen(fixture);

    struct txn *txn = begin(fixture);
    assert_true(demo_find(txn, &(struct demo_find_params){id}, &row));
    assert_true(str_equal(row.body, S("hello")));
    commit(fixture->store);
}

static void null_and_empty_are_kept_apart(void **state)
{
    struct fixture *fixture = *state;
    struct txn *txn = begin(fixture);
    const int64_t due_ms = INT64_MIN;
    const double weight = 0.1;
    struct demo_add_params params = {.body = S(""), .note = S(""), .due_ms = &due_ms, .weight = &weight};
    struct demo_find_row full, bare;

    int64_t full_id = demo_add(txn, &params);
    int64_t bare_id = add(txn, S("a\0b"));
    assert_true(demo_find(txn, &(struct demo_find_params){full_id}, &full));
    assert_true(demo_find(txn, &(struct demo_find_params){bare_id}, &bare));
    commit(fixture->store);

    assert_true(str_present(full.body) && str_empty(full.body));
    assert_true(str_present(full.note) && str_empty(full.note));
    assert_true(*full.due_ms == INT64_MIN);
    assert_true(*full.weight == 0.1);
    assert_true(str_equal(bare.body, S("a\0b")));
    assert_false(str_present(bare.note));
    assert_null(bare.due_ms);
    assert_null(bare.weight);
}

static void a_row_goes_in_as_it_came_out(void **state)
{
    struct fixture *fixture = *state;
    struct txn *txn = begin(fixture);
    struct demo_message_row row = {.body = S("b"), .receives = 2, .note = S("n")};

    int64_t first = demo_copy(txn, &row);
    assert_true(demo_find_whole(txn, &(struct demo_find_whole_params){first}, &row));
    assert_int_equal(row.id, first);
    assert_true(str_equal(row.body, S("b")) && row.receives == 2 && str_equal(row.note, S("n")));

    int64_t second = demo_copy(txn, &row);
    assert_true(demo_find_whole(txn, &(struct demo_find_whole_params){second}, &row));
    assert_int_equal(row.id, second);
    assert_true(str_equal(row.body, S("b")) && row.receives == 2 && str_equal(row.note, S("n")));
    commit(fixture->store);
}

static void what_a_statement_does_not_return_is_zero_in_its_row(void **state)
{
    struct fixture *fixture = *state;
    struct txn *txn = begin(fixture);
    struct demo_message_row row = {.body = S("b"), .receives = 2, .note = S("n")};

    int64_t id = demo_copy(txn, &row);
    assert_true(demo_find_body(txn, &(struct demo_find_body_params){id}, &row));
    assert_true(str_equal(row.body, S("b")));
    assert_true(row.id == 0 && row.receives == 0 && !str_present(row.note));
    commit(fixture->store);
}

static void statements_say_what_they_changed(void **state)
{
    struct fixture *fixture = *state;
    struct txn *txn = begin(fixture);
    struct demo_receive_row row;

    int64_t id = add(txn, S("m"));
    assert_true(demo_receive(txn, &(struct demo_receive_params){id}, &row));
    assert_int_equal(row.receives, 1);
    assert_false(demo_receive(txn, &(struct demo_receive_params){id + 1}, &row));
    assert_int_equal(demo_remove(txn, &(struct demo_remove_params){id}), 1);
    assert_int_equal(demo_remove(txn, &(struct demo_remove_params){id}), 0);
    assert_int_equal(demo_add_name(txn, &(struct demo_add_name_params){S("n")}), 1);
    assert_int_equal(demo_claim_name(txn, &(struct demo_claim_name_params){S("n")}), 0);
    commit(fixture->store);
}

static void a_writing_statement_is_carried_out_whole_though_one_row_is_read(void **state)
{
    struct fixture *fixture = *state;
    struct txn *txn = begin(fixture);
    struct demo_receive_all_row any;
    struct demo_find_row row;

    for (int64_t id = 1; id <= 100; id++)
        put(txn, id);
    assert_true(demo_receive_all(txn, &any));
    for (int64_t id = 1; id <= 100; id++) {
        assert_true(demo_find(txn, &(struct demo_find_params){id}, &row));
        assert_int_equal(row.receives, 1);
    }
    commit(fixture->store);
}

static void lists_are_bounded_and_in_order(void **state)
{
    struct fixture *fixture = *state;
    struct txn *txn = begin(fixture);

    for (int64_t id = 1; id <= 20; id++)
        put(txn, id);
    struct demo_list_rows rows = demo_list(txn, &(struct demo_list_params){.after = 3, .limit = 10});
    assert_int_equal(rows.count, 10);
    for (size_t i = 0; i < rows.count; i++)
        assert_int_equal(rows.items[i].id, 4 + (int64_t)i);
    commit(fixture->store);
}

static void a_cursor_can_be_opened_while_the_same_one_runs(void **state)
{
    struct fixture *fixture = *state;
    struct txn *txn = begin(fixture);
    struct demo_scan_row outer_row, inner_row;
    int pairs = 0;

    for (int64_t id = 1; id <= 5; id++)
        put(txn, id);
    struct demo_scan_cursor outer = demo_scan_open(txn);
    while (demo_scan_next(&outer, &outer_row)) {
        struct demo_scan_cursor inner = demo_scan_open(txn);
        while (demo_scan_next(&inner, &inner_row))
            pairs++;
        demo_scan_close(&inner);
    }
    demo_scan_close(&outer);
    assert_int_equal(pairs, 25);
    commit(fixture->store);
}

static void a_call_that_fails_leaves_no_trace_in_its_batch(void **state)
{
    struct fixture *fixture = *state;
    struct txn *txn = begin(fixture);

    txn_savepoint(txn);
    put(txn, 1);
    txn_release(txn);
    txn_savepoint(txn);
    put(txn, 2);
    txn_rollback(txn);
    txn_savepoint(txn);
    put(txn, 3);
    txn_release(txn);
    assert_true(has(txn, 1) && !has(txn, 2) && has(txn, 3));
    commit(fixture->store);
}

static void a_call_undoes_what_the_calls_inside_it_did(void **state)
{
    struct fixture *fixture = *state;
    struct txn *txn = begin(fixture);

    txn_savepoint(txn);
    txn_savepoint(txn);
    put(txn, 1);
    txn_release(txn);
    put(txn, 2);
    txn_savepoint(txn);
    put(txn, 3);
    txn_rollback(txn);
    assert_true(has(txn, 1) && has(txn, 2) && !has(txn, 3));
    txn_rollback(txn);
    assert_int_equal(count_messages(txn), 0);
    commit(fixture->store);
}

/* Random savepoints against a model: for each level, the set of rows at the time when it was entered. */
static void savepoints_nest_in_any_order(void **state)
{
    enum { ROWS = 24, DEPTH = 6, STEPS = 20000 };
    struct fixture *fixture = *state;
    struct txn *txn = begin(fixture);
    uint32_t rows = 0, entered[DEPTH];
    size_t depth = 0;

    srand(7);
    for (int step = 0; step < STEPS; step++) {
        int64_t id = rand() % ROWS;
        int dice = rand() % 6;
        if (dice == 0 && depth < DEPTH) {
            entered[depth++] = rows;
            txn_savepoint(txn);
        } else if (dice == 1 && depth > 0) {
            depth--;
            txn_release(txn);
        } else if (dice == 2 && depth > 0) {
            rows = entered[--depth];
            txn_rollback(txn);
        } else if (dice == 3) {
            assert_int_equal(has(txn, id), rows >> id & 1);
        } else if (rows >> id & 1) {
            assert_int_equal(demo_remove(txn, &(struct demo_remove_params){id}), 1);
            rows &= ~(1u << id);
        } else {
            assert_int_equal(put(txn, id), 1);
            rows |= 1u << id;
        }
        assert_false(txn_broken(txn));
    }
    for (; depth > 0; depth--)
        txn_release(txn);
    for (int64_t id = 0; id < ROWS; id++)
        assert_int_equal(has(txn, id), rows >> id & 1);
    commit(fixture->store);
    arena_reset(&fixture->arena);
}

static void a_broken_constraint_is_undone_with_its_call(void **state)
{
    struct fixture *fixture = *state;
    struct txn *txn = begin(fixture);

    txn_savepoint(txn);
    put(txn, 1);
    txn_release(txn);
    txn_savepoint(txn);
    put(txn, 2);
    assert_int_equal(put(txn, 1), 0);
    assert_true(txn_broken(txn));
    assert_true(str_find(txn_trouble(txn), S("UNIQUE")) >= 0);
    assert_false(has(txn, 1));
    txn_savepoint(txn);
    txn_rollback(txn);
    assert_true(txn_broken(txn));
    txn_rollback(txn);
    assert_false(txn_broken(txn));
    assert_true(has(txn, 1) && !has(txn, 2));
    commit(fixture->store);
}

static void a_broken_constraint_outside_any_call_fails_the_batch(void **state)
{
    struct fixture *fixture = *state;
    struct txn *txn = begin(fixture);
    uint64_t sequence;

    put(txn, 1);
    put(txn, 1);
    assert_false(store_commit(fixture->store, &sequence));
    store_sync(fixture->store, sequence, false);
    wait_until_durable(fixture->store, sequence);
    txn = begin(fixture);
    assert_false(txn_broken(txn));
    assert_int_equal(count_messages(txn), 0);
    commit(fixture->store);
}

static void a_reader_keeps_its_snapshot(void **state)
{
    struct fixture *fixture = *state;
    struct store_reader *reader = store_reader_open(fixture->store);
    uint64_t sequence;

    put(begin(fixture), 1);
    uint64_t first = commit(fixture->store);
    struct txn *read = begin_read(fixture, reader);
    assert_int_equal(count_messages(read), 1);

    put(begin(fixture), 2);
    commit(fixture->store);
    assert_int_equal(count_messages(read), 1);
    assert_true(store_end_read(reader, &sequence));
    assert_true(sequence >= first);

    read = begin_read(fixture, reader);
    assert_int_equal(count_messages(read), 2);
    assert_true(store_end_read(reader, &sequence));
    store_reader_close(reader);
}

static void nothing_is_durable_before_it_is_synced(void **state)
{
    struct fixture *fixture = *state;
    struct store_reader *reader = store_reader_open(fixture->store);
    uint64_t seen;

    disk_hold(true);
    uint64_t before = store_durable(fixture->store);
    put(begin(fixture), 1);
    uint64_t written = commit(fixture->store);
    assert_true(written > before);
    assert_int_equal(count_messages(begin_read(fixture, reader)), 1);
    assert_true(store_end_read(reader, &seen));
    assert_true(seen >= written);
    usleep(20 * 1000);
    assert_int_equal(store_durable(fixture->store), before);

    disk_hold(false);
    wait_until_durable(fixture->store, seen);
    store_reader_close(reader);
}

static void a_batch_that_wrote_nothing_has_the_last_sequence(void **state)
{
    struct fixture *fixture = *state;

    put(begin(fixture), 1);
    uint64_t first = commit(fixture->store);
    count_messages(begin(fixture));
    assert_int_equal(commit(fixture->store), first);
}

static void relaxed_commits_count_as_durable_at_once(void **state)
{
    struct fixture *fixture = *state;
    struct store_options options = fixture_options(fixture);
    str error;

    store_close(fixture->store);
    options.durability = DURABILITY_RELAXED;
    fixture->store = store_open(&options, &fixture->arena, &error);
    assert_non_null(fixture->store);
    put(begin(fixture), 1);
    commit(fixture->store); /* the first commit in a log always waits for the disk */
    disk_hold(true);
    put(begin(fixture), 2);
    uint64_t sequence = commit(fixture->store);
    assert_int_equal(store_durable(fixture->store), sequence);
    disk_hold(false);
}

/* Run `body` in a child process and return its exit status. */
static int in_child(struct fixture *fixture, void (*body)(struct fixture *fixture))
{
    int status;

    store_close(fixture->store);
    fixture->store = NULL;
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        struct store_options options = fixture_options(fixture);
        str error;
        fixture->store = store_open(&options, &fixture->arena, &error);
        body(fixture);
        _exit(0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    return status;
}

static void write_while_syncs_fail(struct fixture *fixture)
{
    uint64_t sequence;

    freopen("/dev/null", "w", stderr);
    disk_fail(true);
    put(begin(fixture), 1);
    if (!store_commit(fixture->store, &sequence))
        _exit(1);
    store_sync(fixture->store, sequence, false);
    for (;;) {
        if (store_durable(fixture->store) >= sequence)
            _exit(2);
        usleep(100);
    }
}

static void a_failed_sync_ends_the_process(void **state)
{
    int status = in_child(*state, write_while_syncs_fail);

    assert_true(WIFSIGNALED(status));
    assert_int_equal(WTERMSIG(status), SIGABRT);
}

/* Commit rows until a commit fails, and then check that it failed as a whole. */
static int64_t fill_the_disk(struct fixture *fixture)
{
    static char body[64 * 1024];
    int64_t committed = 0;
    uint64_t sequence;

    for (;;) {
        struct txn *txn = begin(fixture);
        for (int i = 0; i < 4; i++)
            add(txn, (str){body, sizeof body});
        bool good = store_commit(fixture->store, &sequence);
        store_sync(fixture->store, sequence, false);
        if (!good)
            break;
        committed += 4;
    }
    wait_until_durable(fixture->store, sequence);
    assert_int_equal(count_messages(begin(fixture)), committed);
    commit(fixture->store);
    return committed;
}

static void write_past_the_limit(struct fixture *fixture)
{
    struct rlimit limit = {1024 * 1024, RLIM_INFINITY};

    freopen("/dev/null", "w", stderr);
    signal(SIGXFSZ, SIG_IGN);
    setrlimit(RLIMIT_FSIZE, &limit);
    int64_t before = fill_the_disk(fixture);
    limit.rlim_cur = RLIM_INFINITY;
    setrlimit(RLIMIT_FSIZE, &limit);
    add(begin(fixture), S("again"));
    wait_until_durable(fixture->store, commit(fixture->store));
    assert_int_equal(count_messages(begin(fixture)), before + 1);
    commit(fixture->store);
}

static void a_failed_write_rolls_the_batch_back_and_the_store_works_on(void **state)
{
    assert_int_equal(in_child(*state, write_past_the_limit), 0);
}

static void a_full_disk_rolls_the_batch_back_and_the_store_works_on(void **state)
{
    struct fixture *fixture = *state;

    store_close(fixture->store);
    fixture->store = NULL;
    if (mount("none", fixture->folder, "tmpfs", 0, "size=2m") != 0)
        skip();

    struct store_options options = fixture_options(fixture);
    str error;
    fixture->store = store_open(&options, &fixture->arena, &error);
    int64_t before = fill_the_disk(fixture);
    assert_int_equal(mount("none", fixture->folder, "tmpfs", MS_REMOUNT, "size=8m"), 0);
    add(begin(fixture), S("again"));
    wait_until_durable(fixture->store, commit(fixture->store));
    assert_int_equal(count_messages(begin(fixture)), before + 1);
    commit(fixture->store);

    store_close(fixture->store);
    fixture->store = NULL;
    assert_int_equal(umount(fixture->folder), 0);
}

struct restless_reader {
    struct store *store;
    atomic_bool *stop;
};

static void *read_without_pause(void *context)
{
    struct restless_reader *restless = context;
    struct store_reader *reader = store_reader_open(restless->store);
    struct arena arena = {0};
    int64_t before = 0;
    uint64_t sequence;

    while (!atomic_load(restless->stop)) {
        struct txn *txn = store_begin_read(reader);
        txn_use_arena(txn, &arena);
        struct demo_count_row row;
        assert_true(demo_count(txn, &row));
        assert_true(row.count >= before);
        before = row.count;
        usleep(500);
        assert_true(store_end_read(reader, &sequence));
        arena_reset(&arena);
    }
    store_reader_close(reader);
    arena_free(&arena);
    return NULL;
}

static int64_t log_size(const struct fixture *fixture)
{
    char path[256];
    struct stat file;

    snprintf(path, sizeof path, "%s/orderly.db-wal", fixture->folder);
    assert_int_equal(stat(path, &file), 0);
    return file.st_size;
}

enum { BATCH = 16 };

static bool log_is_bounded(const struct fixture *fixture)
{
    return log_size(fixture) < 7 * (int64_t)LIMIT_WAL_BYTES;
}

static void write_batch(struct fixture *fixture)
{
    static char body[40 * 1000];
    struct txn *txn = begin(fixture);

    for (int i = 0; i < BATCH; i++)
        add(txn, (str){body, sizeof body});
    commit(fixture->store);
}

static void the_log_stays_bounded_while_all_write_and_read(void **state)
{
    enum { READERS = 2, BATCHES = 400 };
    struct fixture *fixture = *state;
    pthread_t threads[READERS];
    atomic_bool stop = false;
    struct restless_reader restless = {fixture->store, &stop};
    bool bounded = true;

    for (int i = 0; i < READERS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, read_without_pause, &restless), 0);
    for (int batch = 0; batch < BATCHES; batch++) {
        write_batch(fixture);
        bounded &= log_is_bounded(fixture);
    }
    atomic_store(&stop, true);
    for (int i = 0; i < READERS; i++)
        pthread_join(threads[i], NULL);
    assert_true(bounded);
    assert_int_equal(count_messages(begin(fixture)), BATCHES * BATCH);
    commit(fixture->store);
}

struct pinning_reader {
    struct store *store;
    atomic_bool has_begun, stop, has_ended;
};

static bool gate_is_closed(struct store *store)
{
    pthread_mutex_lock(&store->lock);
    bool closed = store->gate_closed;
    pthread_mutex_unlock(&store->lock);
    return closed;
}

static void *read_until_the_gate_is_closed(void *context)
{
    struct pinning_reader *pinning = context;
    struct store_reader *reader = store_reader_open(pinning->store);
    struct arena arena = {0};
    struct demo_count_row row;
    uint64_t sequence;
    struct txn *txn = store_begin_read(reader);

    txn_use_arena(txn, &arena);
    assert_true(demo_count(txn, &row));
    atomic_store(&pinning->has_begun, true);
    while (!gate_is_closed(pinning->store) && !atomic_load(&pinning->stop))
        usleep(100);
    assert_true(store_end_read(reader, &sequence));
    atomic_store(&pinning->has_ended, true);
    store_reader_close(reader);
    arena_free(&arena);
    return NULL;
}

static void at_the_most_that_the_log_may_hold_all_wait_for_a_reader_that_pins_it(void **state)
{
    struct fixture *fixture = *state;
    struct pinning_reader pinning = {.store = fixture->store};
    pthread_t thread;

    assert_int_equal(pthread_create(&thread, NULL, read_until_the_gate_is_closed, &pinning), 0);
    while (!atomic_load(&pinning.has_begun))
        sched_yield();
    while (!atomic_load(&pinning.has_ended) && log_is_bounded(fixture))
        write_batch(fixture);
    atomic_store(&pinning.stop, true);
    pthread_join(thread, NULL);
    assert_true(log_is_bounded(fixture));
}

static void deleting_everything_keeps_the_schema(void **state)
{
    struct fixture *fixture = *state;
    struct txn *txn = begin(fixture);

    put(txn, 1);
    demo_add_name(txn, &(struct demo_add_name_params){S("n")});
    txn_savepoint(txn);
    txn_delete_everything(txn, NULL);
    assert_int_equal(count_messages(txn), 0);
    assert_int_equal(demo_add_name(txn, &(struct demo_add_name_params){S("n")}), 1);
    txn_release(txn);
    commit(fixture->store);
    fixture_reopen(fixture);
    assert_int_equal(count_messages(begin(fixture)), 0);
    commit(fixture->store);
}

static void two_stores_cannot_have_one_folder(void **state)
{
    struct fixture *fixture = *state;
    struct store_options options = fixture_options(fixture);
    str error = {0};

    assert_null(store_open(&options, &fixture->arena, &error));
    assert_true(str_ends_with(error, S("is in use by another orderly")));
}

static void the_folder_is_made_with_those_above_it(void **state)
{
    struct fixture *fixture = *state;
    struct store_options options = fixture_options(fixture);
    char above[96], path[128];
    str error = {0};

    snprintf(above, sizeof above, "%s/above", fixture->folder);
    snprintf(path, sizeof path, "%s/data", above);
    options.folder = path;
    struct store *store = store_open(&options, &fixture->arena, &error);
    assert_non_null(store);
    store_close(store);
    folder_remove(path);
    rmdir(above);
}

static const struct migration versions[] = {
    {1, "create table later (id integer primary key)"},
    {2, "insert into later values (1)"},
    {3, "alter table later add column more text; insert into later (more) values ('x')"},
};

static struct store *open_later(struct fixture *fixture, size_t version, str *error)
{
    struct schema schema = {.name = "later", .migrations = versions, .migration_count = version};
    const struct schema *schemas[] = {&schema, NULL};
    struct store_options options = fixture_options(fixture);

    options.schemas = schemas;
    struct store *store = store_open(&options, &fixture->arena, error);
    if (store)
        store_close(store);
    return store;
}

static void each_migration_runs_once_and_in_order(void **state)
{
    struct fixture *fixture = *state;
    str error = {0};

    store_close(fixture->store);
    fixture->store = NULL;
    assert_non_null(open_later(fixture, 1, &error));
    assert_non_null(open_later(fixture, 3, &error));
    assert_non_null(open_later(fixture, 3, &error));
}

static struct store *open_newest(struct fixture *fixture, str *error)
{
    static const char *const newest[] = {"create table later (id integer primary key)",
                                         "create index later_id on later (id)"};
    static const struct migration bad[] = {{1, "create tabel oops"}};
    const struct schema schema = {
        .name = "later", .migrations = bad, .migration_count = 1, .newest = newest, .newest_count = 2};
    const struct schema *schemas[] = {&schema, NULL};
    struct store_options options = fixture_options(fixture);

    options.schemas = schemas;
    struct store *store = store_open(&options, &fixture->arena, error);
    if (store)
        store_close(store);
    return store;
}

static void only_a_new_database_is_made_without_its_history(void **state)
{
    struct fixture *fixture = *state;
    str error = {0};

    store_close(fixture->store);
    fixture->store = NULL;
    assert_null(open_newest(fixture, &error)); /* it has the fixture's tables */
    assert_true(str_find(error, S("syntax error")) >= 0);
    folder_remove(fixture->folder);
    assert_non_null(open_newest(fixture, &error));
    assert_non_null(open_newest(fixture, &error));
}

static void the_data_of_a_newer_version_is_refused(void **state)
{
    struct fixture *fixture = *state;
    str error = {0};

    store_close(fixture->store);
    fixture->store = NULL;
    assert_non_null(open_later(fixture, 3, &error));
    assert_null(open_later(fixture, 2, &error));
    assert_true(str_equal(error, S("the data was written by a newer orderly: its later schema has version 3, "
                                   "and this one knows versions up to 2")));
}

static void a_migration_that_fails_changes_nothing(void **state)
{
    static const struct migration bad[] = {{1, "create table later (id integer); create tabel oops"}};
    struct fixture *fixture = *state;
    const struct schema schema = {.name = "later", .migrations = bad, .migration_count = 1};
    const struct schema *schemas[] = {&schema, NULL};
    struct store_options options = fixture_options(fixture);
    str error = {0};

    store_close(fixture->store);
    fixture->store = NULL;
    options.schemas = schemas;
    assert_null(store_open(&options, &fixture->arena, &error));
    assert_true(str_find(error, S("syntax error")) >= 0);
    assert_non_null(open_later(fixture, 3, &error));
}

static mode_t mode_of(const struct fixture *fixture, const char *name)
{
    char path[128];
    struct stat status;

    snprintf(path, sizeof path, "%s/%s", fixture->folder, name);
    assert_int_equal(stat(path, &status), 0);
    return status.st_mode & ALLPERMS;
}

static void change_mode(const struct fixture *fixture, const char *name, mode_t mode)
{
    char path[128];

    snprintf(path, sizeof path, "%s/%s", fixture->folder, name);
    assert_int_equal(chmod(path, mode), 0);
}

static void assert_closed(const struct fixture *fixture)
{
    assert_int_equal(mode_of(fixture, "."), 0700);
    assert_int_equal(mode_of(fixture, "lock"), 0600);
    assert_int_equal(mode_of(fixture, "orderly.db"), 0600);
    assert_int_equal(mode_of(fixture, "orderly.db-wal"), 0600);
    assert_int_equal(mode_of(fixture, "orderly.db-shm"), 0600);
}

static void write_something(struct fixture *fixture)
{
    add(begin(fixture), S("hello"));
    commit(fixture->store);
}

static void nobody_else_may_read_whatever_the_umask(void **state)
{
    static const mode_t masks[] = {0, 0022, 0277, 0777};
    const struct fixture *outer = *state;

    for (size_t i = 0; i < sizeof masks / sizeof *masks; i++) {
        struct fixture fixture = {0};
        struct store_options options = fixture_options(&fixture);
        str error;
        snprintf(fixture.folder, sizeof fixture.folder, "%s/%zu", outer->folder, i);
        mode_t before = umask(masks[i]);
        fixture.store = store_open(&options, &fixture.arena, &error);
        umask(before);
        assert_non_null(fixture.store);
        write_something(&fixture);
        assert_closed(&fixture);
        store_close(fixture.store);
        arena_free(&fixture.arena);
        folder_remove(fixture.folder);
    }
}

static void what_others_could_read_before_is_closed_at_the_start(void **state)
{
    static const char *const names[] = {"orderly.db", "orderly.db-wal", "orderly.db-shm", "lock", "."};
    struct fixture *fixture = *state;

    store_close(fixture->store);
    fixture->store = NULL;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char path[128];
        snprintf(path, sizeof path, "%s/%s", fixture->folder, names[i]);
        int file = open(path, O_CREAT | O_RDONLY, 0666); /* SQLite removes its own two files when it closes */
        if (file >= 0)
            close(file);
        change_mode(fixture, names[i], 0777);
    }
    fixture_open(fixture);
    write_something(fixture);
    assert_closed(fixture);
}

/* As when somebody starts the server with --data /tmp, or /var/lib. */
static void a_folder_that_others_use_too_is_not_closed_but_the_files_are(void **state)
{
    struct fixture *fixture = *state;
    char other[128];

    snprintf(other, sizeof other, "%s/other", fixture->folder);
    change_mode(fixture, ".", 01777);
    fixture_reopen(fixture);
    assert_int_equal(mode_of(fixture, "."), 01777);
    assert_int_equal(mode_of(fixture, "orderly.db"), 0600);

    change_mode(fixture, ".", 0755);
    assert_int_equal(mkdir(other, 0755), 0);
    fixture_reopen(fixture);
    assert_int_equal(mode_of(fixture, "."), 0755);
    assert_int_equal(mode_of(fixture, "orderly.db"), 0600);

    assert_int_equal(rmdir(other), 0);
    fixture_reopen(fixture);
    assert_closed(fixture);
}

static int memory_folders_of(pid_t process)
{
    char prefix[64];
    DIR *folder = opendir("/dev/shm");
    const struct dirent *entry;
    int count = 0;

    snprintf(prefix, sizeof prefix, "orderly-%ld-", (long)process);
    while (folder && (entry = readdir(folder)) != NULL)
        count += strncmp(entry->d_name, prefix, strlen(prefix)) == 0;
    if (folder)
        closedir(folder);
    return count;
}

static struct store *open_in_memory(struct fixture *fixture)
{
    struct store_options options = fixture_options(fixture);
    str error;

    options.in_memory = true;
    return store_open(&options, &fixture->arena, &error);
}

static void in_memory_readers_see_what_is_written_and_nothing_stays(void **state)
{
    struct fixture *fixture = *state;
    uint64_t seen;

    store_close(fixture->store);
    fixture->store = open_in_memory(fixture);
    assert_non_null(fixture->store);
    struct store_reader *reader = store_reader_open(fixture->store);
    put(begin(fixture), 1);
    uint64_t written = commit(fixture->store);
    assert_int_equal(store_durable(fixture->store), written);
    assert_int_equal(count_messages(begin_read(fixture, reader)), 1);
    assert_true(store_end_read(reader, &seen));
    store_reader_close(reader);
    store_close(fixture->store);
    fixture->store = NULL;
    assert_int_equal(memory_folders_of(getpid()), 0);
}

static void what_a_killed_process_had_in_memory_is_removed_by_the_next(void **state)
{
    struct fixture *fixture = *state;
    int status;

    pid_t child = fork();
    if (child == 0) {
        open_in_memory(fixture);
        raise(SIGKILL);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    struct store *store = open_in_memory(fixture);
    assert_non_null(store);
    store_close(store);
    assert_int_equal(memory_folders_of(child), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(an_abandoned_call_ends_its_statements_and_is_undone),
        TEST(a_reader_opens_while_a_batch_is_being_written),
        TEST(an_abandoned_reader_reads_again),
        TEST(what_is_committed_is_there_after_reopening),
        TEST(null_and_empty_are_kept_apart),
        TEST(a_row_goes_in_as_it_came_out),
        TEST(what_a_statement_does_not_return_is_zero_in_its_row),
        TEST(statements_say_what_they_changed),
        TEST(a_writing_statement_is_carried_out_whole_though_one_row_is_read),
        TEST(lists_are_bounded_and_in_order),
        TEST(a_cursor_can_be_opened_while_the_same_one_runs),
        TEST(a_call_that_fails_leaves_no_trace_in_its_batch),
        TEST(a_call_undoes_what_the_calls_inside_it_did),
        TEST(savepoints_nest_in_any_order),
        TEST(a_broken_constraint_is_undone_with_its_call),
        TEST(a_broken_constraint_outside_any_call_fails_the_batch),
        TEST(a_reader_keeps_its_snapshot),
        TEST(nothing_is_durable_before_it_is_synced),
        TEST(a_batch_that_wrote_nothing_has_the_last_sequence),
        TEST(relaxed_commits_count_as_durable_at_once),
        TEST(a_failed_sync_ends_the_process),
        TEST(a_failed_write_rolls_the_batch_back_and_the_store_works_on),
        TEST(a_full_disk_rolls_the_batch_back_and_the_store_works_on),
        TEST(the_log_stays_bounded_while_all_write_and_read),
        TEST(at_the_most_that_the_log_may_hold_all_wait_for_a_reader_that_pins_it),
        TEST(deleting_everything_keeps_the_schema),
        TEST(two_stores_cannot_have_one_folder),
        TEST(the_folder_is_made_with_those_above_it),
        TEST(nobody_else_may_read_whatever_the_umask),
        TEST(what_others_could_read_before_is_closed_at_the_start),
        TEST(a_folder_that_others_use_too_is_not_closed_but_the_files_are),
        TEST(each_migration_runs_once_and_in_order),
        TEST(only_a_new_database_is_made_without_its_history),
        TEST(the_data_of_a_newer_version_is_refused),
        TEST(a_migration_that_fails_changes_nothing),
        TEST(in_memory_readers_see_what_is_written_and_nothing_stays),
        TEST(what_a_killed_process_had_in_memory_is_removed_by_the_next),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
