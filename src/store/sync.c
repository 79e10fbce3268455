/*
 * sync.c: makes commits durable, on a thread of its own.
 *
 * Syncs run one after the other, each for all commits made before it began.  The write-ahead log is one file
 * for the store's whole life (restarting the log keeps the file), so one descriptor of our own is enough;
 * what a restart overwrites has been synced into the database before.
 */
#include "base/check.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/thread.h"
#include "store/store_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

_Noreturn void sync_failed(const char *what)
{
    log_error("the disk failed to store data: stopping, to recover from what is on it",
              log_field("error", what));
    abort();
}

static void sync_log(const struct store *store)
{
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
}

/* False when everything is synced and the store is closing. */
static bool wait_for_commit(struct store *store, uint64_t synced, uint64_t *committed)
{
    pthread_mutex_lock(&store->lock);
    while (store->committed == synced && !store->stopping)
        pthread_cond_wait(&store->has_committed, &store->lock);
    *committed = store->committed;
    pthread_mutex_unlock(&store->lock);
    return *committed != synced;
}

static void *run_syncs(void *context)
{
    struct store *store = context;
    uint64_t synced = 0, committed;

    thread_set_name("sync");
    while (wait_for_commit(store, synced, &committed)) {
        sync_log(store);
        synced = committed;
        if (store->options.durability == DURABILITY_FULL) {
            atomic_store(&store->durable, committed);
            store->options.on_durable(store->options.context, committed);
        } else {
            store_pause(store, &store->has_committed, LIMIT_RELAXED_SYNC_MS);
        }
    }
    return NULL;
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
    sync_log(store);
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
