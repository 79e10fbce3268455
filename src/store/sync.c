/*
 * sync.c: makes commits durable: on a thread of its own, or, when the engine has nothing else to do and the
 * disk is quick, at once.
 *
 * Syncs run one after the other, each for all commits made before it began.  The write-ahead log is one file
 * for the store's whole life (restarting the log keeps the file), so one descriptor of our own is enough;
 * what a restart overwrites has been synced into the database before.
 */
#include "base/check.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/thread.h"
#include "base/time.h"
#include "store/store_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

bool sync_is_awaited(const struct store *store)
{
    return !store->options.in_memory && store->options.durability == DURABILITY_FULL;
}

_Noreturn void sync_failed(const char *what)
{
    log_error("the disk failed to store data: stopping, to recover from what is on it",
              log_field("error", what));
    abort();
}

/* The time that it took, in microseconds. */
static int64_t sync_log(const struct store *store)
{
    int64_t began_us = monotonic_us();
    int result;

    do {
#ifdef __APPLE__
        result = fcntl(store->log_file, F_FULLFSYNC);
#else
        result = fdatasync(store->log_file);
#endif
    } while (result != 0 && errno == EINTR);
    if (result != 0)
        sync_failed(strerror(errno));
    return monotonic_us() - began_us;
}

/* With the lock held: is there a commit that has to be synced, and that nobody is syncing? */
static bool can_sync(const struct store *store)
{
    bool wanted = store->awaited > store->synced || store->stopping || !sync_is_awaited(store);

    return wanted && store->committed != store->synced && !store->syncing;
}

/* With the lock held, which is released meanwhile: sync all commits made so far. */
static void sync_commits(struct store *store)
{
    uint64_t committed = store->committed;

    store->synced_bytes = store->log_bytes;
    store->syncing = true;
    pthread_mutex_unlock(&store->lock);
    int64_t took_us = sync_log(store);
    pthread_mutex_lock(&store->lock);
    store->syncing = false;
    store->sync_us = took_us;
    store->synced = committed;
    if (sync_is_awaited(store))
        atomic_store(&store->durable, committed);
}

/* With the lock held.  False when everything is synced and the store is closing. */
static bool wait_for_commit(struct store *store)
{
    while (!can_sync(store) && !store->stopping)
        pthread_cond_wait(&store->has_committed, &store->lock);
    return can_sync(store);
}

static void *run_syncs(void *context)
{
    struct store *store = context;

    thread_set_name("sync");
    pthread_mutex_lock(&store->lock);
    while (wait_for_commit(store)) {
        sync_commits(store);
        uint64_t synced = store->synced;
        pthread_mutex_unlock(&store->lock);
        if (sync_is_awaited(store))
            store->options.on_durable(store->options.context, synced);
        else
            store_pause(store, &store->has_committed, LIMIT_RELAXED_SYNC_MS);
        pthread_mutex_lock(&store->lock);
    }
    pthread_mutex_unlock(&store->lock);
    return NULL;
}

/* With the lock held: will a sync take no longer than to wake the sync thread? */
static bool is_quick(const struct store *store)
{
    return store->sync_us <= LIMIT_QUICK_SYNC_US &&
           store->log_bytes - store->synced_bytes <= LIMIT_QUICK_SYNC_BYTES;
}

/* With the lock held. */
static void note_awaited(struct store *store, uint64_t sequence)
{
    if (sequence > store->awaited)
        store->awaited = sequence;
}

void store_await(struct store *store, uint64_t sequence)
{
    if (store->awaited >= sequence)
        return;
    pthread_mutex_lock(&store->lock);
    note_awaited(store, sequence);
    bool waits = can_sync(store);
    pthread_mutex_unlock(&store->lock);
    if (waits)
        pthread_cond_signal(&store->has_committed);
}

void store_sync(struct store *store, uint64_t awaited, bool idle)
{
    pthread_mutex_lock(&store->lock);
    note_awaited(store, awaited);
    bool waits = can_sync(store), here = waits && idle && sync_is_awaited(store) && is_quick(store);
    if (here)
        sync_commits(store);
    uint64_t synced = store->synced;
    pthread_mutex_unlock(&store->lock);
    if (here)
        store->options.on_durable(store->options.context, synced);
    else if (waits)
        pthread_cond_signal(&store->has_committed); /* the sync thread needs the lock at once */
}

bool sync_start(struct store *store, struct arena *arena, str *error)
{
    char path[STORE_PATH_BYTES + 8];

    if (store->options.in_memory)
        return true;
    snprintf(path, sizeof path, "%s-wal", store->folder.database);
    store->log_file = open(path, O_RDWR | O_CLOEXEC);
    if (store->log_file < 0) {
        *error = arena_format(arena, "cannot open %s: %s", path, strerror(errno));
        return false;
    }
    store->sync_us = sync_log(store);
    if (!folder_sync(store->folder.path)) {
        *error = arena_format(arena, "cannot sync the folder %s: %s", store->folder.path, strerror(errno));
        return false;
    }
    check(pthread_create(&store->sync_thread, NULL, run_syncs, store) == 0);
    store->has_sync_thread = true;
    return true;
}

/* The caller has set store->stopping. */
void sync_stop(struct store *store)
{
    if (store->has_sync_thread)
        pthread_join(store->sync_thread, NULL);
    if (store->log_file >= 0)
        close(store->log_file);
}
