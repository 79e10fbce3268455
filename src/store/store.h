#pragma once

/*
 * store.h: the database, as all layers above see it.
 *
 * One file, one writer (the engine thread), any number of readers (the server threads).  A commit puts a
 * batch into the write-ahead log without waiting for the disk; a thread of the store's own then syncs the log
 * and reports the newest durable commit.
 *
 * Disk trouble is remembered inside the transaction and reported once, by store_commit() or store_end_read();
 * after it every statement of that transaction finds nothing and changes nothing, so callers test nothing
 * else.  Trouble that a statement causes itself (a broken constraint: a bug of ours) is undone and forgotten
 * by the txn_rollback() of its call.
 *
 * When a sync fails, nobody knows what is on disk: the process logs the failure and aborts, and the next
 * start recovers what is really there.
 *
 * C code contains no SQL: tools/sqlc turns each X.sql into a schema and typed functions over statements that
 * are prepared once per connection.
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
     * Called on the sync thread, or from store_sync(), whenever more commits are durable.  With
     * DURABILITY_RELAXED and in memory it is called from store_commit() itself.  Not NULL.
     */
    void (*on_durable)(void *context, uint64_t sequence);
    void *context;
};

/* Opens, migrates, starts the sync and checkpoint threads.  NULL, with *error (in arena), on trouble. */
struct store *store_open(const struct store_options *options, struct arena *arena, str *error);
/* Syncs all commits, checkpoints, closes.  All readers must be closed before. */
void store_close(struct store *store);

/*
 * Writing: the engine thread only, one transaction at a time.
 *
 * store_begin() opens a batch; each call inside it runs between txn_savepoint() and either txn_release() or
 * txn_rollback(), which undoes all writes of the call.  Savepoints nest, to a depth of 64, and cost nothing
 * until something is written inside.
 *
 * Once per LIMIT_WAL_BYTES written, store_begin() waits some milliseconds for the log to start over.  While
 * the engine keeps writing faster than the disk can follow, each batch waits some more.
 */
struct txn *store_begin(struct store *store);
void txn_savepoint(struct txn *txn);
void txn_release(struct txn *txn);
void txn_rollback(struct txn *txn);
/* The number of open savepoints. */
size_t txn_depth(const struct txn *txn);
/* Does the transaction belong to a reader, which sees only committed data? */
bool txn_reads_only(const struct txn *txn);
/*
 * For a call that arena_run() left in the middle: end its statements, and roll back to that depth of
 * savepoints.  Call it before the arena is rewound.
 */
void txn_abandon(struct txn *txn, size_t depth);
/*
 * False when the batch could not be committed: it is rolled back as a whole, and the store works again when
 * the trouble passes.  *sequence is the commit that must become durable before any reply is sent; when
 * nothing was written it is the last commit.  Sequences count from 0 at each opening.  Every cursor must be
 * closed before.
 */
bool store_commit(struct store *store, uint64_t *sequence);
/*
 * Call it after store_commit(), and after what need not wait for the disk.  `awaited`: the commit that
 * somebody waits for now, or 0.  When that commit, or one of an earlier call or of store_await(), is not
 * synced yet, all commits are.  The sync thread does it; or this thread, at once, if it is idle and the sync
 * is quick: to wake the sync thread takes about as long.
 */
void store_sync(struct store *store, uint64_t awaited, bool idle);
/* Somebody waits for that commit: have it synced, as soon as it is made.  Any thread. */
void store_await(struct store *store, uint64_t sequence);
/*
 * Is the disk full?  Then only operations that free space should write: the room that is left is kept for
 * them. The store is no longer full when the disk has room again.
 */
bool store_is_full(const struct store *store);
/* The folder for short-lived files; NULL in memory mode, which has no disk for them. */
const char *store_disk_folder(const struct store *store);
/* Is there room for so many bytes of them, in addition to what the store will need soon? */
bool store_leaves_room(const struct store *store, size_t bytes);
/*
 * Inside a batch, outside savepoints: spend some milliseconds on giving unused pages back to the disk.  True
 * when there are more.
 */
bool store_give_back(struct store *store);
uint64_t store_durable(const struct store *store);

/*
 * Reading on another thread: one reader per thread, short transactions.
 *
 * Beginning and ending a snapshot costs more than a small read.  So an ended snapshot is kept for the next
 * store_begin_read(), which takes it when nothing has been committed since it began; store_rest() lets it go,
 * because a snapshot keeps the log from starting over.
 */
struct store_reader *store_reader_open(struct store *store);
void store_reader_close(struct store_reader *reader);
struct txn *store_begin_read(struct store_reader *reader);
/*
 * The same for look-ups by `:cached` statements: a row that the reader has kept, and that no commit has
 * changed, is found without a snapshot.  Another row of the same transaction may then be newer.
 */
struct txn *store_begin_look_up(struct store_reader *reader);
/* *sequence: the reply may be sent once this commit is durable.  False when a statement failed. */
bool store_end_read(struct store_reader *reader, uint64_t *sequence);
/* Call this before the thread waits. */
void store_rest(struct store_reader *reader);
/* End everything that a call had begun before arena_run() left it in the middle. */
void store_abandon_read(struct store_reader *reader);
/*
 * End a snapshot and begin another; no cursor may be open.  Transactions that are not snapshots stay as they
 * are.
 */
void store_read_anew(struct txn *txn);

/* Rows are copied into this arena; set it again for each call that uses the transaction. */
void txn_use_arena(struct txn *txn, struct arena *arena);
bool txn_has_written(const struct txn *txn);
/* Grows with each row that is changed. */
int64_t txn_changed_rows(const struct txn *txn);
bool txn_broken(const struct txn *txn);
/* The trouble in words, for the log; absent while the transaction is whole. */
str txn_trouble(const struct txn *txn);

/*
 * How often a write transaction waited for the log's checkpoint: a little while (throttled), or until the
 * checkpoint was complete (held).
 */
struct store_waits {
    uint64_t throttled, held;
};
struct store_waits store_waits(struct store *store);

/*
 * Delete every row of every table (the reset endpoint) except the named tables; the list ends with NULL, and
 * may be NULL.  Part of the current write transaction.
 */
void txn_delete_everything(struct txn *txn, const char *const *spared);
