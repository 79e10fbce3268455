/*
 * checkpoint.c: empties the write-ahead log into the database, so that the log does not grow for ever.
 *
 * There are two steps.  Most pages are moved while the engine goes on writing (SQLite's passive checkpoint).
 * But the log starts over only when it is empty, and under load the engine has always written more by then.
 * So when little is left, the gate is closed between two batches, the rest is moved, and the next batch
 * writes at the log's beginning.  The engine waits for the gate, so it is closed only when there is little
 * left to move, to sync and to wait for.  A passive checkpoint that the engine has overtaken does not sync
 * the database; this file does, before the gate is closed.  While a long reader pins the log, the gate stays
 * open and the log grows, up to STORE_MOST_LOG_BYTES.  Beyond that size the gate is closed though much is
 * left, and the engine waits for the reader, up to READERS_MUST_END_MS.
 */
#include "base/check.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/thread.h"
#include "store/store_internal.h"

#include <sys/stat.h>
#include <time.h>

enum {
    LITTLE_LEFT_PAGES = 256,
    PASSIVE_ROUNDS = 4,
    READERS_WAIT_MS = 5,        /* how long the engine may wait for readers to finish, … */
    READERS_MUST_END_MS = 1000, /* … and when the log is very large: longer than the longest read */
    RETRY_MS = 50,
    IDLE_MS = 1000,
    RETRY_AFTER_TROUBLE_MS = 1000,
};

static int64_t largest_log(const struct store *store)
{
    return store_is_full(store) ? space_full_log_bytes(store) : space_log_bytes(store);
}

/* Wait up to IDLE_MS, with the lock held. */
static void wait_a_while(struct store *store)
{
    struct timespec until;

    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += IDLE_MS / 1000;
    pthread_cond_timedwait(&store->log_is_large, &store->lock, &until);
}

/*
 * Wait until the log is large, or until nothing has been written for a while: then it can be emptied
 * without disturbing anybody.  On a full disk any log is emptied, because the file shrinks only then.
 */
static bool wait_for_work(struct store *store, bool *idle)
{
    uint64_t before;

    pthread_mutex_lock(&store->lock);
    do {
        before = store->committed;
        if (store->log_bytes <= largest_log(store) && !store->stopping)
            wait_a_while(store);
        space_look(store);
        if (store->log_bytes <= largest_log(store))
            space_tell(store);
        *idle = (store->committed == before || store_is_full(store)) && store->log_bytes > 0;
    } while (store->log_bytes <= largest_log(store) && !*idle && !store->stopping);
    bool stopping = store->stopping;
    *idle &= store->log_bytes <= largest_log(store);
    store->moving = !stopping;
    pthread_mutex_unlock(&store->lock);
    return !stopping;
}

static void tell_failed(const char *error, int code)
{
    static struct log_pace pace;
    unsigned left_out;

    if (log_due(&pace, &left_out))
        log_error("checkpoint failed", log_field("error", error), log_field("code", code),
                  log_field("not_told_before", left_out));
}

/*
 * False on trouble with the disk.  A reader or another checkpoint in the way is no trouble: *complete is then
 * false.
 */
static bool checkpoint(struct store *store, int mode, int *left_pages, bool *complete)
{
    int log_pages = 0, moved_pages = 0;
    int code = sqlite3_wal_checkpoint_v2(store->checkpointer.db, NULL, mode, &log_pages, &moved_pages);

    *left_pages = log_pages - moved_pages;
    *complete = code == SQLITE_OK && *left_pages == 0;
    if (code == SQLITE_OK || (code & 0xff) == SQLITE_BUSY)
        return true;
    if (code == SQLITE_IOERR_FSYNC)
        sync_failed(sqlite3_errmsg(store->checkpointer.db));
    if ((code & 0xff) == SQLITE_FULL)
        space_ran_out(store);
    tell_failed(sqlite3_errmsg(store->checkpointer.db), code);
    return false;
}

static bool move_most(struct store *store, bool *little_is_left)
{
    int left_pages = LITTLE_LEFT_PAGES;
    bool complete;

    for (int round = 0; round < PASSIVE_ROUNDS && left_pages >= LITTLE_LEFT_PAGES; round++) {
        if (!checkpoint(store, SQLITE_CHECKPOINT_PASSIVE, &left_pages, &complete))
            return false;
    }
    *little_is_left = left_pages < LITTLE_LEFT_PAGES;
    return true;
}

static void sync_database(struct store *store)
{
    sqlite3_file *file = NULL;

    if (store->options.in_memory)
        return;
    check(sqlite3_file_control(store->checkpointer.db, "main", SQLITE_FCNTL_FILE_POINTER, &file) ==
          SQLITE_OK);
    if (file->pMethods->xSync(file, SQLITE_SYNC_NORMAL) != SQLITE_OK)
        sync_failed("the database");
}

static void close_gate(struct store *store)
{
    pthread_mutex_lock(&store->lock);
    store->gate_closed = true;
    while (store->writing)
        pthread_cond_wait(&store->gate_changed, &store->lock);
    pthread_mutex_unlock(&store->lock);
}

/*
 * Open the gate, whether the log is empty or not: the engine does not wait for a long reader or a full disk.
 */
static void let_engine_go(struct store *store, bool log_is_empty)
{
    pthread_mutex_lock(&store->lock);
    store->gate_closed = false;
    store->moving = false;
    if (log_is_empty)
        store->log_bytes = store->synced_bytes = 0;
    pthread_cond_broadcast(&store->gate_changed);
    pthread_mutex_unlock(&store->lock);
}

static int64_t log_bytes(struct store *store)
{
    pthread_mutex_lock(&store->lock);
    int64_t bytes = store->log_bytes;
    pthread_mutex_unlock(&store->lock);
    return bytes;
}

static bool restart_log(struct store *store, int mode, bool *restarted)
{
    int left_pages;

    sync_database(store);
    close_gate(store);
    sqlite3_busy_timeout(store->checkpointer.db,
                         log_bytes(store) > STORE_LOG_BYTES ? READERS_MUST_END_MS : READERS_WAIT_MS);
    return checkpoint(store, mode, &left_pages, restarted);
}

/*
 * Whether the log's file is cut as well.  A sync is faster after writing over what the file already had,
 * because the file system need not store a new size.  So an idle log keeps its file, unless that is very
 * large or in memory.
 */
static int restart_mode(const struct store *store, bool may_cut)
{
    struct stat file;
    bool is_large = store->options.in_memory ||
                    (fstat(store->log_file, &file) == 0 && file.st_size > STORE_KEPT_LOG_BYTES);

    return may_cut && is_large ? SQLITE_CHECKPOINT_TRUNCATE : SQLITE_CHECKPOINT_RESTART;
}

/* True when the log is empty, or can be emptied now. */
static bool empty_log(struct store *store, bool idle)
{
    bool was_full = atomic_load(&store->full), little_is_left = false, restarted = false;
    int mode = restart_mode(store, idle && !was_full);
    bool good = move_most(store, &little_is_left);

    if (good && (little_is_left || log_bytes(store) > STORE_MOST_LOG_BYTES))
        good = restart_log(store, mode, &restarted);

    let_engine_go(store, restarted);
    if (!good && !was_full && atomic_load(&store->full))
        return true; /* the reserve has just been given up: there is room to try again */
    if (restarted || !good)
        space_tell(store);
    if (!good)
        store_pause(store, &store->log_is_large, RETRY_AFTER_TROUBLE_MS);
    else if (!restarted)
        store_pause(store, &store->log_is_large, RETRY_MS);
    return good && restarted;
}

static void *run_checkpoints(void *context)
{
    struct store *store = context;
    bool idle;

    thread_set_name("checkpoint");
    while (wait_for_work(store, &idle))
        if (empty_log(store, idle) && idle)
            memory_trim();
    return NULL;
}

bool checkpoint_start(struct store *store, struct arena *arena, str *error)
{
    static const struct schema *const no_schemas[] = {NULL};

    if (!txn_open(&store->checkpointer, store->folder.database, no_schemas, false, arena, error))
        return false;
    if (store->options.in_memory)
        txn_pragma(&store->checkpointer, "synchronous", 0);
    check(pthread_create(&store->checkpoint_thread, NULL, run_checkpoints, store) == 0);
    return true;
}

/* The caller has set store->stopping. */
void checkpoint_stop(struct store *store)
{
    if (!store->checkpointer.db)
        return;
    pthread_join(store->checkpoint_thread, NULL);
    txn_close(&store->checkpointer);
}
