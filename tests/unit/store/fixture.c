/*
 * fixture.c: the tests' store, and their own fdatasync(), which SQLite calls as well.
 */
#include "fixture.h"

#include "base/folder.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

const struct schema *const demo_schemas[] = {&DEMO_SCHEMA, NULL};

static atomic_bool held, failing;
static pthread_mutex_t watch_lock = PTHREAD_MUTEX_INITIALIZER;
static const char *watched_folder;
static void (*watcher)(const char *path, int file);

static void tell_watcher(int file)
{
    char link[64], path[256];

    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    ssize_t size = readlink(link, path, sizeof path - 1);
    pthread_mutex_lock(&watch_lock);
    if (watched_folder && size > 0) {
        path[size] = '\0';
        if (strncmp(path, watched_folder, strlen(watched_folder)) == 0)
            watcher(path, file);
    }
    pthread_mutex_unlock(&watch_lock);
}

int fdatasync(int file)
{
    while (atomic_load(&held))
        usleep(100);
    if (atomic_load(&failing)) {
        errno = EIO;
        return -1;
    }
    tell_watcher(file);
    return (int)syscall(SYS_fdatasync, file);
}

void disk_hold(bool hold)
{
    atomic_store(&held, hold);
}

void disk_fail(bool fail)
{
    atomic_store(&failing, fail);
}

void disk_watch(const char *folder, void (*synced)(const char *path, int file))
{
    pthread_mutex_lock(&watch_lock);
    watched_folder = folder;
    watcher = synced;
    pthread_mutex_unlock(&watch_lock);
}

static void ignore_durable(void *context, uint64_t sequence)
{
    (void)context, (void)sequence;
}

struct store_options fixture_options(const struct fixture *fixture)
{
    return (struct store_options){
        .folder = fixture->folder,
        .schemas = demo_schemas,
        .on_durable = ignore_durable,
    };
}

void fixture_open(struct fixture *fixture)
{
    struct store_options options = fixture_options(fixture);
    str error = {0};

    fixture->store = store_open(&options, &fixture->arena, &error);
    if (!fixture->store)
        fail_msg("%.*s", STR_ARGS(error));
}

int fixture_setup(void **state)
{
    struct fixture *fixture = calloc(1, sizeof *fixture);

    assert_non_null(fixture);
    strcpy(fixture->folder, "/tmp/orderly-test-XXXXXX");
    assert_non_null(mkdtemp(fixture->folder));
    fixture_open(fixture);
    *state = fixture;
    return 0;
}

int fixture_teardown(void **state)
{
    struct fixture *fixture = *state;

    if (fixture->store)
        store_close(fixture->store);
    arena_free(&fixture->arena);
    folder_remove(fixture->folder);
    free(fixture);
    return 0;
}

void fixture_reopen(struct fixture *fixture)
{
    store_close(fixture->store);
    fixture_open(fixture);
}

struct txn *begin(struct fixture *fixture)
{
    struct txn *txn = store_begin(fixture->store);

    txn_use_arena(txn, &fixture->arena);
    return txn;
}

struct txn *begin_read(struct fixture *fixture, struct store_reader *reader)
{
    struct txn *txn = store_begin_read(reader);

    txn_use_arena(txn, &fixture->arena);
    return txn;
}

void wait_until_durable(const struct store *store, uint64_t sequence)
{
    for (int i = 0; store_durable(store) < sequence; i++) {
        assert_true(i < 100000);
        usleep(100);
    }
}

uint64_t commit(struct store *store)
{
    uint64_t sequence;

    assert_true(store_commit(store, &sequence));
    store_sync(store, sequence, false);
    return sequence;
}

int64_t count_messages(struct txn *txn)
{
    struct demo_count_row row;

    assert_true(demo_count(txn, &row));
    return row.count;
}
