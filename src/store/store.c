/*
 * store.c: opening, committing, reading.
 *
 * Commits are numbered.  A number is announced before its commit begins, so whatever a reader sees has a
 * number that is announced by the time the reader looks.  The number of a failed commit becomes durable like
 * the others, because a reader may be waiting for it.
 */
#include "base/check.h"
#include "base/log.h"
#include "store/size.h"
#include "store/store_internal.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>

/* Counting allocations takes a global lock on each allocation. */
static void configure_library(void)
{
    sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
    log_file_register();
}

/* SQLite calls this on the engine thread after each commit that wrote something. */
static int note_log_size(void *context, sqlite3 *db, const char *name, int pages)
{
    struct store *store = context;

    (void)db, (void)name;
    pthread_mutex_lock(&store->lock);
    store->log_bytes = (int64_t)pages * STORE_PAGE_BYTES;
    pthread_mutex_unlock(&store->lock);
    return SQLITE_OK;
}

static bool open_files(struct store *store, struct arena *arena, str *error)
{
    const struct schema *const *schemas = store->options.schemas;

    if (!folder_open(&store->folder, &store->options, arena, error))
        return false;
    space_before_start(store);
    if (!txn_open(&store->writer, store->folder.database, schemas, false, arena, error))
        return false;
    sqlite3_wal_hook(store->writer.db, note_log_size, store);
    txn_pragma(&store->writer, "cache_size", -STORE_WRITER_CACHE_KIB);
    if (store->options.in_memory)
        txn_pragma(&store->writer, "synchronous", 0);
    if (!migrate(&store->writer, schemas, arena, error))
        return false;
    if (!space_prepare(store)) {
        *error = arena_format(arena, "cannot read the database: %s", sqlite3_errmsg(store->writer.db));
        return false;
    }
    space_start(store);
    return true;
}

static void init_locks(struct store *store)
{
    pthread_condattr_t monotonic;

    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_mutex_init(&store->lock, NULL);
    pthread_cond_init(&store->gate_changed, &monotonic);
    pthread_cond_init(&store->has_committed, &monotonic);
    pthread_cond_init(&store->log_is_large, &monotonic);
    pthread_condattr_destroy(&monotonic);
}

struct store *store_open(const struct store_options *options, struct arena *arena, str *error)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    struct store *store = calloc(1, sizeof *store);

    check(store != NULL);
    pthread_once(&once, configure_library);
    store->options = *options;
    store->folder.lock = -1;
    store->log_file = -1;
    init_locks(store);
    if (open_files(store, arena, error) && sync_start(store, arena, error) &&
        checkpoint_start(store, arena, error))
        return store;
    store_close(store);
    return NULL;
}

void store_close(struct store *store)
{
    check(!store->writing);
    pthread_mutex_lock(&store->lock);
    store->stopping = true;
    pthread_cond_signal(&store->has_committed);
    pthread_cond_signal(&store->log_is_large);
    pthread_mutex_unlock(&store->lock);

    sync_stop(store);
    checkpoint_stop(store);
    txn_close(&store->writer);
    space_end(store);
    folder_close(&store->folder);
    pthread_cond_destroy(&store->log_is_large);
    pthread_cond_destroy(&store->has_committed);
    pthread_cond_destroy(&store->gate_changed);
    pthread_mutex_destroy(&store->lock);
    free(store);
}

/* In the clock of our condition variables, which cannot be set. */
static struct timespec moment_in_ms(int64_t ms)
{
    struct timespec moment;

    clock_gettime(CLOCK_MONOTONIC, &moment);
    moment.tv_sec += (moment.tv_nsec / 1000000 + ms) / 1000;
    moment.tv_nsec = (moment.tv_nsec + ms * 1000000) % 1000000000;
    return moment;
}

void store_pause(struct store *store, pthread_cond_t *closing, int64_t ms)
{
    struct timespec until = moment_in_ms(ms);

    pthread_mutex_lock(&store->lock);
    while (!store->stopping && pthread_cond_timedwait(closing, &store->lock, &until) != ETIMEDOUT)
        ;
    pthread_mutex_unlock(&store->lock);
}

/* With the lock held: wait a little for a checkpoint that cannot keep up. */
static void throttle(struct store *store)
{
    struct timespec until = moment_in_ms(STORE_THROTTLE_MS);

    store->throttled++;
    while (store->moving && store->log_bytes > STORE_LOG_BYTES &&
           pthread_cond_timedwait(&store->gate_changed, &store->lock, &until) != ETIMEDOUT)
        ;
}

struct txn *store_begin(struct store *store)
{
    pthread_mutex_lock(&store->lock);
    check(!store->writing);
    if (store->moving && store->log_bytes > STORE_LOG_BYTES)
        throttle(store);
    while (store->gate_closed || (store->moving && store->log_bytes > STORE_MOST_LOG_BYTES)) {
        store->held++;
        pthread_cond_wait(&store->gate_changed, &store->lock);
    }
    store->writing = true;
    pthread_mutex_unlock(&store->lock);
    txn_begin(&store->writer, CONTROL_BEGIN_WRITE);
    return &store->writer;
}

/* While the disk fails, every batch does. */
static void tell_rolled_back(const struct txn *txn)
{
    static struct log_pace pace;
    unsigned left_out;

    if (log_due(&pace, &left_out))
        log_error("a batch was rolled back", log_field("error", txn->trouble),
                  log_field("not_told_before", left_out));
}

/* Commit or roll back; false when the commit failed. */
static bool finish(struct txn *txn)
{
    check(txn->running == 0 && txn->depth == 0);
    if (!txn->broken)
        txn_control(txn, CONTROL_COMMIT);
    if (!txn->broken)
        return true;
    tell_rolled_back(txn);
    if (sqlite3_get_autocommit(txn->db) == 0)
        txn_control(txn, CONTROL_ROLLBACK);
    return false;
}

/* Readers learn whether the commit changes rows that they keep: before they can see it, and when they can. */
static bool finish_and_count(struct store *store)
{
    struct txn *txn = &store->writer;

    if (!txn->cache.changed)
        return finish(txn);
    atomic_fetch_add(&store->changes, 1);
    bool good = finish(txn);
    atomic_fetch_add(&store->changes, 1);
    return good;
}

/* Let a waiting checkpoint in. */
static void publish(struct store *store, uint64_t sequence)
{
    pthread_mutex_lock(&store->lock);
    store->writing = false;
    if (store->gate_closed)
        pthread_cond_broadcast(&store->gate_changed);
    int64_t log_bytes = store->log_bytes;
    if (log_bytes > space_log_bytes(store))
        pthread_cond_signal(&store->log_is_large);
    store->committed = sequence;
    pthread_mutex_unlock(&store->lock);
    space_watch(store, log_bytes);
}

bool store_commit(struct store *store, uint64_t *sequence)
{
    struct txn *txn = &store->writer;
    bool wrote = txn_has_written(txn);

    *sequence = store->committed + (wrote ? 1 : 0);
    atomic_store(&store->announced, *sequence);
    bool good = finish_and_count(store);
    if (txn->disk_full) {
        space_ran_out(store);
        pthread_cond_signal(&store->log_is_large);
    }
    publish(store, *sequence);
    if (wrote && !sync_is_awaited(store)) {
        atomic_store(&store->durable, *sequence);
        store->options.on_durable(store->options.context, *sequence);
    }
    return good;
}

struct store_waits store_waits(struct store *store)
{
    pthread_mutex_lock(&store->lock);
    struct store_waits waits = {.throttled = store->throttled, .held = store->held};
    pthread_mutex_unlock(&store->lock);
    return waits;
}

static int64_t size_of_file(const char *path)
{
    struct stat file;

    return stat(path, &file) == 0 ? (int64_t)file.st_size : 0;
}

struct store_size store_size(const struct store *store)
{
    char log[STORE_PATH_BYTES + 8];

    if (store->folder.in_memory)
        return (struct store_size){0};
    snprintf(log, sizeof log, "%s-wal", store->folder.database);
    return (struct store_size){size_of_file(store->folder.database), size_of_file(log)};
}

uint64_t store_durable(const struct store *store)
{
    return atomic_load(&store->durable);
}

struct store_reader *store_reader_open(struct store *store)
{
    struct store_reader *reader = calloc(1, sizeof *reader);
    struct arena arena = {0};
    str error;

    check(reader != NULL);
    reader->store = store;
    if (!txn_open(&reader->txn, store->folder.database, store->options.schemas, true, &arena, &error)) {
        log_error("a reader could not be opened", log_field("error", error));
        free(reader);
        reader = NULL;
    } else {
        reader->txn.cache.changes = &store->changes;
        reader->txn.cache.changes_kept = CHANGES_UNKNOWN;
    }
    arena_free(&arena);
    return reader;
}

void store_reader_close(struct store_reader *reader)
{
    store_rest(reader);
    txn_close(&reader->txn);
    free(reader);
}

/* A snapshot that is kept has had no trouble. */
void store_rest(struct store_reader *reader)
{
    if (reader->keeps)
        finish(&reader->txn);
    reader->keeps = false;
}

/* SQLite reads all tables for this: most readers of a server that has just started are never asked. */
static void note_first_read(struct store_reader *reader)
{
    if (!reader->has_read)
        txn_pragma(&reader->txn, "cache_size", -STORE_READER_CACHE_KIB);
    reader->has_read = true;
}

struct txn *store_begin_read(struct store_reader *reader)
{
    uint64_t committed = atomic_load(&reader->store->committed);

    note_first_read(reader);
    reader->txn.cache.looks_up = false;
    if (reader->keeps && reader->committed == committed) {
        reader->keeps = false;
        return &reader->txn;
    }
    store_rest(reader);
    reader->committed = committed;
    txn_begin(&reader->txn, CONTROL_BEGIN_READ);
    return &reader->txn;
}

struct txn *store_begin_look_up(struct store_reader *reader)
{
    struct txn *txn = store_begin_read(reader);

    txn->cache.looks_up = true;
    return txn;
}

void store_read_anew(struct txn *txn)
{
    if (txn->reads_only && !txn->broken && finish(txn))
        txn_begin(txn, CONTROL_BEGIN_READ);
}

bool store_end_read(struct store_reader *reader, uint64_t *sequence)
{
    const struct txn *txn = &reader->txn;

    *sequence = atomic_load(&reader->store->announced);
    if (txn->broken || atomic_load(&reader->store->moving))
        return finish(&reader->txn);
    check(txn->running == 0 && txn->depth == 0);
    reader->keeps = true;
    return true;
}

void store_abandon_read(struct store_reader *reader)
{
    txn_abandon(&reader->txn, 0);
    reader->keeps = false;
    if (sqlite3_get_autocommit(reader->txn.db) == 0)
        finish(&reader->txn);
}
