#pragma once

/*
 * store.h: the database, as everyone above it sees it.
 *
 * One file, one writer (the engine thread), any number of readers (the server threads).  A
 * commit puts a batch into the write-ahead log without waiting for the disk; a thread of the
 * store's own syncs the log behind it and says up to which commit everything is durable.
 *
 * Disk trouble is remembered inside the transaction and reported once, by store_commit() or
 * store_end_read(); after it every statement of that transaction finds nothing and changes
 * nothing, so callers test nothing else.  Trouble of a statement's own making (a broken constraint:
 * a bug of ours) is undone and forgotten by the txn_rollback() of the call it happened in.
 *
 * When a sync fails, nobody knows what is on disk: the process logs it and aborts, and the next start
 * recovers what really is there.
 *
 * Nobody writes SQL in C: tools/sqlc turns each X.sql into a schema and typed functions over
 * statements that are prepared once per connection.
 */
#include "base/arena.h"

struct store;
struct store_reader;
struct txn;

struct schema; /* generated from X.sql, see store/schema.h */

enum durability { DURABILITY_FULL, DURABILITY_RELAXED };

struct store_options {
    const char *folder; /* created when missing; ignored when in_memory */
    bool in_memory;
    enum durability durability;
    const struct schema *const *schemas; /* NULL-terminated */
    /*
     * Called on the sync thread whenever more commits became durable.  With DURABILITY_RELAXED and
     * in memory it is called from store_commit() itself.  Not NULL.
     */
    void (*on_durable)(void *context, uint64_t sequence);
    void *context;
};

/* Opens, migrates, starts the sync and checkpoint threads.  NULL and *error (in arena) on trouble. */
struct store *store_open(const struct store_options *options, struct arena *arena, str *error);
/* Syncs what is committed, checkpoints, closes.  Readers must be closed before. */
void store_close(struct store *store);

/*
 * Writing: the engine thread only, one transaction at a time.
 *
 * store_begin() opens a batch; each call inside it runs between txn_savepoint() and either
 * txn_release() or txn_rollback(), which leaves no trace of it.  Savepoints nest, to a depth of 64,
 * and cost nothing until something is written inside.
 *
 * Once per LIMIT_WAL_BYTES written, store_begin() waits some milliseconds for the log to start over.
 * While an engine keeps writing faster than the disk takes the log in, each batch waits some more.
 */
struct txn *store_begin(struct store *store);
void txn_savepoint(struct txn *txn);
void txn_release(struct txn *txn);
void txn_rollback(struct txn *txn);
/* How many savepoints are open. */
size_t txn_depth(const struct txn *txn);
/* Is it a reader's, and sees what was committed? */
bool txn_reads_only(const struct txn *txn);
/*
 * A call was left in the middle (arena_run()): its statements end, and what is open above that depth is
 * rolled back.  Before its arena is rewound.
 */
void txn_abandon(struct txn *txn, size_t depth);
/*
 * False when the batch could not be committed (then it is rolled back whole; the store works on
 * when the trouble passes).  *sequence is what must become durable before anybody may be told;
 * when nothing was written it is the last commit's.  Sequences count from 0 at each opening.  Every
 * cursor must be closed by then.
 */
bool store_commit(struct store *store, uint64_t *sequence);
/*
 * Is the disk full?  Then only what frees space should write: the room that is left was kept for that.
 * It ends by itself when there is room again.
 */
bool store_is_full(const struct store *store);
/* The folder, for files that are soon gone again; NULL in memory, where there is no disk for them. */
const char *store_disk_folder(const struct store *store);
/* Is there room for them, beside what the store is about to need? */
bool store_leaves_room(const struct store *store, size_t bytes);
/*
 * Inside a batch, outside savepoints: some milliseconds of giving unused pages back to the disk.  True
 * when there are more.
 */
bool store_give_back(struct store *store);
uint64_t store_durable(const struct store *store);

/* Reading on another thread: one reader per thread, short transactions. */
struct store_reader *store_reader_open(struct store *store);
void store_reader_close(struct store_reader *reader);
struct txn *store_begin_read(struct store_reader *reader);
/* *sequence: the answer may leave once this is durable.  False when a statement failed. */
bool store_end_read(struct store_reader *reader, uint64_t *sequence);
/* End whatever a call that was left in the middle had begun. */
void store_abandon_read(struct store_reader *reader);
/* End a snapshot and begin another; no cursor may be open.  Other transactions stay as they are. */
void store_read_anew(struct txn *txn);

/* Rows are copied into this arena; it is set anew for each call that uses the transaction. */
void txn_use_arena(struct txn *txn, struct arena *arena);
bool txn_has_written(const struct txn *txn);
bool txn_broken(const struct txn *txn);
/* In words, for the log; absent when the transaction is whole. */
str txn_trouble(const struct txn *txn);

/* How often a write transaction has waited for the log's checkpoint: a little while, and until it was done.
 */
struct store_waits {
    uint64_t throttled, held;
};
struct store_waits store_waits(struct store *store);

/*
 * Delete every row of every table (the reset endpoint) but the tables named; a NULL ends the list, which may
 * be NULL itself.  Part of the current write transaction.
 */
void txn_delete_everything(struct txn *txn, const char *const *spared);
