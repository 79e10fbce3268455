/*
 * space.c: room on the disk: a reserve for when the disk is full, and giving unused pages back.
 *
 * Deleting needs room, too: for the pages that it changes in the log, and for pages of the log that are new
 * to the database.  So two files without content keep some room: the reserve, which is given up when a write
 * finds the disk full, and a smaller one for the next start.  Until the reserve can be made again the store
 * is full: the engine lets only deleting operations write, the log is kept short, and the log's file is never
 * cut.
 *
 * Four fifths of the reserve are for the pages of a whole log, which may all be new to the database, and one
 * is for the log of deletes.  So the log is emptied when it has four fifths of the reserve, which is smaller
 * on a small disk; and when it grows beyond them, because a checkpoint cannot keep up, the disk counts as
 * full as soon as it could not take the rest.
 *
 * Pages that deletes have freed are cut off the end of the file in short steps, inside batches that run when
 * the engine is nearly idle; the next checkpoint shrinks the file.
 */
#include "base/check.h"
#include "base/log.h"
#include "base/time.h"
#include "store/store_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/statvfs.h>
#include <unistd.h>

enum {
    RESERVE_BYTES = LIMIT_WAL_BYTES / 4 * 5,
    START_RESERVE_BYTES = 2 * 1024 * 1024,
    SMALLEST_RESERVE_BYTES = 1024 * 1024,
    START_NEEDS_BYTES = 1024 * 1024,
    STEP_PAGES = 64,
    STEP_US = 3000,
    KEPT_FREE_PAGES = 1024, /* they are reused soon, but on a full disk all are given back */
};

/* ---- the reserve ---- */

static void file_name(const struct store *store, const char *name, char path[STORE_PATH_BYTES + 16])
{
    snprintf(path, STORE_PATH_BYTES + 16, "%s/%s", store->folder.path, name);
}

static bool make_file(const struct store *store, const char *name, off_t size)
{
    char path[STORE_PATH_BYTES + 16];

    file_name(store, name, path);
    int file = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    bool made = file >= 0 && posix_fallocate(file, 0, size) == 0;
    if (file >= 0)
        close(file);
    if (!made)
        unlink(path);
    return made;
}

static void remove_file(const struct store *store, const char *name)
{
    char path[STORE_PATH_BYTES + 16];

    file_name(store, name, path);
    unlink(path);
}

static bool has_room(const struct store *store, uint64_t bytes)
{
    struct statvfs space;

    return statvfs(store->folder.path, &space) != 0 || (uint64_t)space.f_bavail * space.f_frsize >= bytes;
}

/* The size of the reserve made last, or of a whole one. */
static int64_t reserve_bytes(const struct store *store)
{
    int64_t bytes = atomic_load_explicit(&store->reserve_bytes, memory_order_relaxed);

    return bytes ? bytes : RESERVE_BYTES;
}

/* So much is free when a disk that was full has room again.  0: it was full from the start. */
static uint64_t given_up_and_more(const struct store *store)
{
    return (uint64_t)atomic_load(&store->reserve_bytes) / 5 * 7;
}

int64_t space_log_bytes(const struct store *store)
{
    return reserve_bytes(store) / 5 * 4;
}

int64_t space_full_log_bytes(const struct store *store)
{
    return reserve_bytes(store) / 10;
}

/* On a small disk the reserve takes a quarter of the free room: the log and its pages need as much again. */
static bool make_reserves(struct store *store)
{
    for (off_t size = RESERVE_BYTES; size >= SMALLEST_RESERVE_BYTES; size /= 2)
        if (has_room(store, 4 * (uint64_t)size) && make_file(store, SPACE_RESERVE, size) &&
            make_file(store, SPACE_START_RESERVE, START_RESERVE_BYTES)) {
            atomic_store(&store->reserve_bytes, size);
            return true;
        }
    remove_file(store, SPACE_RESERVE);
    return false;
}

void space_before_start(struct store *store)
{
    if (!store->folder.in_memory && !has_room(store, START_NEEDS_BYTES))
        remove_file(store, SPACE_START_RESERVE);
}

void space_start(struct store *store)
{
    if (!store->folder.in_memory && !make_reserves(store))
        atomic_store(&store->full, true);
}

void space_end(struct store *store)
{
    if (store->folder.lock >= 0 && !store->folder.in_memory && atomic_load(&store->full))
        make_file(store, SPACE_START_RESERVE, START_RESERVE_BYTES);
}

/* Allocate the log's part of the reserve at once: other processes write to the disk, too. */
void space_ran_out(struct store *store)
{
    if (store->folder.in_memory || atomic_exchange(&store->full, true))
        return;
    remove_file(store, SPACE_RESERVE);
    (void)!posix_fallocate(store->log_file, 0, reserve_bytes(store) / 5);
}

void space_watch(struct store *store, int64_t log_bytes)
{
    int64_t beyond = log_bytes - space_log_bytes(store);

    if (beyond > 0 && !store_is_full(store) && !has_room(store, (uint64_t)beyond))
        space_ran_out(store);
}

void space_tell(struct store *store)
{
    if (!atomic_load(&store->full) || store->full_told)
        return;
    store->full_told = true;
    log_error("the disk is full: only what frees space is written until there is room",
              log_field("folder", store->folder.path));
}

/* The disk had little room when the reserve was made. */
static void enlarge_reserve(struct store *store)
{
    int64_t reserve = reserve_bytes(store);

    if (!store->folder.in_memory && reserve < RESERVE_BYTES && has_room(store, 8 * (uint64_t)reserve) &&
        !make_reserves(store))
        space_ran_out(store);
}

void space_look(struct store *store)
{
    if (!store_is_full(store)) {
        enlarge_reserve(store);
        return;
    }
    if (!has_room(store, given_up_and_more(store)) || !make_reserves(store))
        return;
    atomic_store(&store->full, false);
    store->full_told = false;
    log_info("there is room on the disk again", log_field("folder", store->folder.path));
}

const char *store_disk_folder(const struct store *store)
{
    return store->folder.in_memory ? NULL : store->folder.path;
}

bool store_leaves_room(const struct store *store, size_t bytes)
{
    return !store_is_full(store) && has_room(store, (uint64_t)bytes + (uint64_t)reserve_bytes(store) / 5 * 2);
}

bool store_is_full(const struct store *store)
{
    return atomic_load_explicit(&store->full, memory_order_relaxed);
}

/* ---- giving back ---- */

static int64_t free_pages(struct store *store)
{
    return txn_pragma_value(&store->writer, "freelist_count");
}

bool store_give_back(struct store *store)
{
    struct txn *txn = &store->writer;
    char step[64];
    int64_t began_us = monotonic_us(), kept = store_is_full(store) ? 0 : KEPT_FREE_PAGES;

    check(txn->running == 0 && txn->depth == 0);
    snprintf(step, sizeof step, "pragma incremental_vacuum(%d)", STEP_PAGES);
    while (!txn->broken && store->gives_back && free_pages(store) > kept) {
        if (monotonic_us() - began_us >= STEP_US)
            return true;
        if (sqlite3_exec(txn->db, step, NULL, NULL, NULL) != SQLITE_OK)
            txn_note_trouble(txn);
    }
    return false;
}

/* A database of an earlier version is rebuilt with auto_vacuum when that is quick. */
bool space_prepare(struct store *store)
{
    struct txn *txn = &store->writer;
    int64_t bytes = txn_pragma_value(txn, "page_count") * STORE_PAGE_BYTES;
    bool incremental = txn_pragma_value(txn, "auto_vacuum") == 2;

    if (!incremental && bytes <= SPACE_QUICK_BYTES && has_room(store, 3 * (uint64_t)SPACE_QUICK_BYTES)) {
        if (!txn_pragma(txn, "auto_vacuum", 2) ||
            sqlite3_exec(txn->db, "vacuum", NULL, NULL, NULL) != SQLITE_OK)
            return false;
        incremental = true;
    }
    if (!incremental)
        log_warn("this database was made by an older version: what is deleted is used again, but its file "
                 "does not shrink; `sqlite3 orderly.db 'pragma auto_vacuum = 2; vacuum'` changes that while "
                 "the server is stopped",
                 log_field("folder", store->folder.path));
    store->gives_back = incremental;
    return true;
}
