/*
 * test_crash.c: after a kill and after a power cut, every commit that was reported durable is in the
 * database, and the database has exactly the first commits up to some number, each as a whole.
 *
 * Commit n writes the rows n * BATCH + 1 to n * BATCH + BATCH.  The power cut works on copies of the files:
 * each as it was at its last sync, except that every sector written since may or may not have reached the
 * disk.
 */
#include "fixture.h"

#include "base/folder.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { BATCH = 8, BODY_BYTES = 20 * 1000, KILLS = 20, CUTS = 25, SECTOR_BYTES = 512 };

static void write_batch(struct fixture *fixture, int64_t number)
{
    static char body[BODY_BYTES];
    struct txn *txn = store_begin(fixture->store);

    txn_use_arena(txn, &fixture->arena);
    for (int64_t i = 1; i <= BATCH; i++) {
        txn_savepoint(txn);
        demo_put(txn, &(struct demo_put_params){number * BATCH + i, {body, sizeof body}});
        txn_release(txn);
    }
}

/* The number of commits in the database, which must be complete and the first ones. */
static int64_t count_commits(struct store *store, struct arena *arena)
{
    struct txn *txn = store_begin(store);
    struct demo_count_row row;

    txn_use_arena(txn, arena);
    assert_true(demo_count(txn, &row));
    assert_int_equal(row.count % BATCH, 0);
    assert_true(row.count == 0 ? row.highest == NULL : *row.highest == row.count);
    commit(store);
    return row.count / BATCH;
}

static void tell_parent(void *context, uint64_t sequence)
{
    const int *pipe_end = context;

    if (write(*pipe_end, &sequence, sizeof sequence) != sizeof sequence)
        _exit(1);
}

/* Commit until the process is killed. */
static _Noreturn void be_killed(struct fixture *fixture, int pipe_end)
{
    struct store_options options = fixture_options(fixture);
    str error = {0};

    options.on_durable = tell_parent;
    options.context = &pipe_end;
    fixture->store = store_open(&options, &fixture->arena, &error);
    if (!fixture->store)
        _exit(2);
    for (int64_t number = count_commits(fixture->store, &fixture->arena);; number++) {
        write_batch(fixture, number);
        commit(fixture->store);
        arena_reset(&fixture->arena);
    }
}

/* Returns the number of commits that the child had reported as durable. */
static int64_t run_and_kill(struct fixture *fixture, int64_t after_us)
{
    int ends[2], status;
    uint64_t sequence = 0, more;

    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    if (child == 0) {
        close(ends[0]);
        be_killed(fixture, ends[1]);
    }
    close(ends[1]);
    usleep((useconds_t)after_us);
    kill(child, SIGKILL);
    while (read(ends[0], &more, sizeof more) == sizeof more)
        sequence = more;
    close(ends[0]);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status));
    return (int64_t)sequence;
}

static void a_killed_process_loses_nothing_it_reported(void **state)
{
    struct fixture *fixture = *state;
    int64_t before = 0;

    srand((unsigned)getpid());
    for (int i = 0; i < KILLS; i++) {
        store_close(fixture->store);
        fixture->store = NULL;
        int64_t reported = run_and_kill(fixture, 5000 + rand() % 150000);

        struct store_options options = fixture_options(fixture);
        str error;
        fixture->store = store_open(&options, &fixture->arena, &error);
        assert_non_null(fixture->store);
        int64_t found = count_commits(fixture->store, &fixture->arena);
        assert_true(found >= before + reported);
        before = found;
    }
    assert_true(before > KILLS);
}

/* The content of a file that is certainly on disk; its memory stays, because new pages cost more than the
 * copy. */
struct image {
    const char *name;
    char *data;
    size_t size, room;
};

static struct image images[] = {{.name = "orderly.db"}, {.name = "orderly.db-wal"}};
static pthread_mutex_t images_lock = PTHREAD_MUTEX_INITIALIZER;

static void read_all(int file, struct image *image)
{
    struct stat status;

    assert_int_equal(fstat(file, &status), 0);
    size_t size = (size_t)status.st_size;
    if (size > image->room || !image->data) {
        free(image->data);
        image->room = 2 * size + 1;
        image->data = malloc(image->room);
        assert_non_null(image->data);
    }
    ssize_t got = pread(file, image->data, size, 0);
    assert_true(got >= 0);
    image->size = (size_t)got;
}

static void keep_image(const char *path, int file)
{
    pthread_mutex_lock(&images_lock);
    for (size_t i = 0; i < sizeof images / sizeof *images; i++) {
        if (strcmp(strrchr(path, '/') + 1, images[i].name) == 0)
            read_all(file, &images[i]);
    }
    pthread_mutex_unlock(&images_lock);
}

/* Opening the store has synced everything. */
static void keep_first_images(const struct fixture *fixture)
{
    char path[256];

    for (size_t i = 0; i < sizeof images / sizeof *images; i++) {
        snprintf(path, sizeof path, "%s/%s", fixture->folder, images[i].name);
        int file = open(path, O_RDONLY);
        keep_image(path, file);
        close(file);
    }
}

/* Write the image, with some of the sectors that were written after its sync. */
static void write_cut_file(const struct fixture *fixture, const struct image *image, const char *folder)
{
    static struct image cut;
    char path[256];

    snprintf(path, sizeof path, "%s/%s", fixture->folder, image->name);
    int file = open(path, O_RDONLY);
    read_all(file, &cut);
    close(file);

    size_t size = cut.size;
    for (size_t at = 0; at < size && at < image->size; at += SECTOR_BYTES) {
        size_t end = at + SECTOR_BYTES < image->size ? at + SECTOR_BYTES : image->size;
        if (rand() % 2)
            memcpy(cut.data + at, image->data + at, (end < size ? end : size) - at);
    }
    for (size_t at = image->size; at < size; at += SECTOR_BYTES) {
        if (rand() % 2)
            memset(cut.data + at, 0, size - at < SECTOR_BYTES ? size - at : SECTOR_BYTES);
    }

    snprintf(path, sizeof path, "%s/%s", folder, image->name);
    file = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    assert_true(write(file, cut.data, size) == (ssize_t)size);
    close(file);
}

static void check_cut(struct fixture *fixture)
{
    struct store_options options = fixture_options(fixture);
    char folder[] = "/tmp/orderly-cut-XXXXXX";
    str error = {0};

    assert_non_null(mkdtemp(folder));
    pthread_mutex_lock(&images_lock);
    uint64_t durable = store_durable(fixture->store);
    for (size_t i = 0; i < sizeof images / sizeof *images; i++)
        write_cut_file(fixture, &images[i], folder);
    pthread_mutex_unlock(&images_lock);

    options.folder = folder;
    struct store *store = store_open(&options, &fixture->arena, &error);
    if (!store)
        fail_msg("%.*s", STR_ARGS(error));
    assert_true(count_commits(store, &fixture->arena) >= (int64_t)durable);
    store_close(store);
    folder_remove(folder);
}

static void a_power_cut_loses_nothing_that_was_reported(void **state)
{
    struct fixture *fixture = *state;
    int64_t number = 0;

    srand((unsigned)getpid());
    keep_first_images(fixture);
    disk_watch(fixture->folder, keep_image);
    for (int cut = 0; cut < CUTS; cut++) {
        for (int batches = rand() % 30; batches >= 0; batches--) {
            write_batch(fixture, number++);
            uint64_t sequence = commit(fixture->store);
            if (rand() % 3 == 0)
                wait_until_durable(fixture->store, sequence);
            arena_reset(&fixture->arena);
        }
        wait_until_durable(fixture->store, 1);
        check_cut(fixture);
    }
    disk_watch(NULL, NULL);
    for (size_t i = 0; i < sizeof images / sizeof *images; i++)
        free(images[i].data);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_killed_process_loses_nothing_it_reported, fixture_setup,
                                        fixture_teardown),
        cmocka_unit_test_setup_teardown(a_power_cut_loses_nothing_that_was_reported, fixture_setup,
                                        fixture_teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
