#pragma once

/*
 * store_internal.h: what the files of the store share.
 *
 *     folder.c      the folder on disk (or in memory) and its lock
 *     txn.c         a connection with its transaction, its savepoints and its trouble
 *     cache.c       rows that cached statements have found
 *     statement.c   prepared statements, for the generated code
 *     migrate.c     the schemas
 *     log_file.c    the write-ahead log, written in long pieces
 *     sync.c        the thread that makes commits durable
 *     space.c       room on the disk: the reserve, and giving back
 *     checkpoint.c  the thread that empties the write-ahead log into the database
 *     store.c       opening, committing and reading, with all of these
 */
#include "base/limits.h"
#include "store/cache.h"
#include "store/schema.h"
#include "store/store.h"

#include <pthread.h>
#include <sqlite3.h>
#include <stdatomic.h>

enum {
    STORE_PATH_BYTES = 4096,
    STORE_TROUBLE_BYTES = 256,
    STORE_SAVEPOINT_DEPTH = 64, /* calls that invoke calls */
    STORE_BUSY_MS = 10 * 1000,  /* another process may have the file open in a shell */
    STORE_PAGE_BYTES = 4096,
    STORE_LOG_BYTES = 4 * LIMIT_WAL_BYTES, /* above this size each batch waits a little for the checkpoint */
    STORE_THROTTLE_MS = 20,
    STORE_MOST_LOG_BYTES = 6 * LIMIT_WAL_BYTES, /* above this size, until the checkpoint is complete */
    STORE_LOG_GROWTH_BYTES = 4 * 1024 * 1024,   /* the log's file grows by no more at once */
    STORE_KEPT_LOG_BYTES = 2 * LIMIT_WAL_BYTES, /* an idle log's file is cut when it is larger */
    STORE_WRITER_CACHE_KIB = 8 * 1024,
    STORE_READER_CACHE_KIB = 1024,
    STORE_CACHE_SLOTS = 512, /* of rows, see cache.h */
};

/* One place per statement of each schema and connection; filled at the statement's first use. */
struct statement {
    struct txn *txn;
    sqlite3_stmt *prepared;
    bool writes;
    bool running;                   /* between statement_begin() and statement_end() */
    bool finished;                  /* all rows have been read */
    bool extra;                     /* another run of a statement that is running: freed at its end */
    struct statement *began_before; /* the next older one among the transaction's running statements */
};

struct schema_statements {
    const struct schema *schema;
    struct statement *statements;
};

enum control {
    CONTROL_BEGIN_WRITE,
    CONTROL_BEGIN_READ,
    CONTROL_COMMIT,
    CONTROL_ROLLBACK,
    CONTROL_SAVEPOINT,
    CONTROL_RELEASE,
    CONTROL_ROLLBACK_TO,
    CONTROL_DATA_VERSION, /* changes when another connection has committed */
    CONTROL_COUNT,
};

struct cache_slot {
    struct cache_key key;
    uint64_t epoch;
    void *row;
    struct arena arena; /* of the row and all that it points to */
};

/* No count of changes: a count is odd only while a change is committed. */
#define CHANGES_UNKNOWN UINT64_MAX

struct cache {
    struct cache_slot slots[STORE_CACHE_SLOTS];
    uint64_t epoch;
    int64_t data_version;
    bool is_current; /* data_version was read in this transaction */
    bool changed;    /* this transaction has changed what cached statements read */
    bool looks_up;   /* this transaction may find kept rows without a snapshot */

    const _Atomic uint64_t *changes; /* of the store; NULL: this is not a reader */
    uint64_t changes_before;         /* when the transaction began */
    uint64_t changes_kept;           /* after which the kept rows are true */
};

enum level {
    LEVEL_NONE,  /* nothing was written at this level */
    LEVEL_POINT, /* a savepoint */
    LEVEL_WHOLE, /* the whole transaction: nothing was written before */
};

/* A connection and the one transaction that it can have at a time. */
struct txn {
    sqlite3 *db;
    sqlite3_stmt *controls[CONTROL_COUNT];
    struct schema_statements *schemas;
    size_t schema_count;
    struct arena *arena;
    struct cache cache;
    bool reads_only;
    size_t running;                   /* the number of running statements, */
    struct statement *running_newest; /* and the newest of them */
    int64_t changes_before;
    size_t depth;                                 /* savepoints asked for, */
    enum level opened[STORE_SAVEPOINT_DEPTH + 1]; /* and how the database has opened each of them */
    size_t savepoints;                            /* open in the database */
    bool broken;
    bool disk_full;  /* the trouble is a full disk */
    bool forgivable; /* rolling back to the enclosing savepoint mends the trouble */
    size_t trouble_depth;
    char trouble[STORE_TROUBLE_BYTES];
};

/* log_file.c: an sqlite3_vfs that gathers writes to the log */
#define LOG_FILE_VFS "orderly-log"
void log_file_register(void);

/* txn.c */
/* The schemas end with NULL.  False: *error, in the arena, says why. */
bool txn_open(struct txn *txn, const char *path, const struct schema *const *schemas, bool reads_only,
              struct arena *arena, str *error);
void txn_close(struct txn *txn);
/* Set a pragma of the connection. */
bool txn_pragma(struct txn *txn, const char *pragma, int64_t value);
/* 0 when it cannot be read. */
int64_t txn_pragma_value(struct txn *txn, const char *pragma);
void txn_control(struct txn *txn, enum control control);
/* Call this before a statement that writes: the savepoints asked for become real. */
void txn_will_write(struct txn *txn);
/* A call to SQLite has just failed; remember why. */
void txn_note_trouble(struct txn *txn);
/* Prepare for the next transaction. */
void txn_begin(struct txn *txn, enum control control);

/* cache.c */
/* A transaction begins. */
void cache_begin(struct txn *txn);
void cache_drop(struct txn *txn);
/* Drop the rows, and let the readers drop theirs when this transaction is committed. */
void cache_change(struct txn *txn);
void cache_free(struct txn *txn);

struct folder {
    char path[STORE_PATH_BYTES];     /* of the folder */
    char database[STORE_PATH_BYTES]; /* of the file in it */
    int lock;                        /* held while the store is open; -1 */
    bool in_memory;
};

/* folder.c */
/* Make the folder and lock it.  False: *error, in the arena, says why. */
bool folder_open(struct folder *folder, const struct store_options *options, struct arena *arena, str *error);
/* Make the names of the folder's files durable. */
bool folder_sync(const char *path);
void folder_close(struct folder *folder);

struct store {
    struct store_options options;
    struct folder folder;
    struct txn writer;

    pthread_mutex_t lock; /* protects all members down to the threads */
    bool stopping;
    bool writing;                /* between store_begin() and store_commit() */
    atomic_bool moving;          /* a checkpoint is emptying the log */
    bool gate_closed;            /* no transaction may begin: the log is being restarted */
    bool syncing;                /* somebody syncs, without the lock */
    pthread_cond_t gate_changed; /* signalled when writing, moving or gate_closed changes */
    uint64_t throttled, held;    /* see store_waits() */
    _Atomic uint64_t committed;  /* written by the engine thread only */
    _Atomic uint64_t changes;    /* of what cached statements read; odd while one is committed */
    uint64_t synced;             /* the newest commit that a sync has ended for */
    _Atomic uint64_t awaited;    /* the newest commit that somebody waits for; it may not be made yet */
    int64_t sync_us;             /* how long the last sync took */
    pthread_cond_t has_committed;
    int64_t log_bytes;
    int64_t synced_bytes; /* of the log, when the last sync began */
    pthread_cond_t log_is_large;

    atomic_bool full;              /* the disk is full, and the reserve is given up */
    bool full_told;                /* it has been logged; used by the checkpoint thread only */
    _Atomic int64_t reserve_bytes; /* the size of the reserve made last */
    bool gives_back;               /* the database can shrink */

    _Atomic uint64_t announced; /* readers may have seen commits up to this one */
    _Atomic uint64_t durable;

    bool has_sync_thread;
    pthread_t sync_thread;
    int log_file; /* our own descriptor of the write-ahead log */
    pthread_t checkpoint_thread;
    struct txn checkpointer;
};

struct store_reader {
    struct store *store;
    struct txn txn;
    uint64_t committed; /* when the snapshot began */
    bool keeps;         /* the snapshot has ended for its reader, but not in the database */
    bool has_read;      /* it has asked for a snapshot, and so has its cache */
};

/* store.c */
/* Sleep, but not while the store closes: closing signals `closing`. */
void store_pause(struct store *store, pthread_cond_t *closing, int64_t ms);

/*
 * migrate.c: run the migrations that the database lacks, in one transaction.  False: nothing has changed, and
 * *error, in the arena, says why.
 */
bool migrate(struct txn *txn, const struct schema *const *schemas, struct arena *arena, str *error);

/* space.c: the files that reserve room */
#define SPACE_RESERVE "reserve"
#define SPACE_START_RESERVE "reserve-start"
enum {
    SPACE_QUICK_BYTES = 32 * 1024 * 1024, /* a database up to this size is rebuilt at a start */
};
/* On a full disk: give up the smaller reserve that is kept for the start. */
void space_before_start(struct store *store);
/* Make the reserve; without room for it the store starts as full. */
void space_start(struct store *store);
/* False: the database cannot be read. */
bool space_prepare(struct store *store);
/* The log is emptied from this size on, and on a full disk from that one. */
int64_t space_log_bytes(const struct store *store);
int64_t space_full_log_bytes(const struct store *store);
/* After a commit: could the disk take the pages of a log of that size?  If not, it counts as full. */
void space_watch(struct store *store, int64_t log_bytes);
/* Call this when a write finds the disk full.  Any thread. */
void space_ran_out(struct store *store);
/* Log once that the disk is full. */
void space_tell(struct store *store);
/* After closing: reserve room for the next start. */
void space_end(struct store *store);
/* Check whether there is room again. */
void space_look(struct store *store);

/* sync.c */
/* Start the sync thread; a store in memory has none.  False: *error, in the arena, says why. */
bool sync_start(struct store *store, struct arena *arena, str *error);
/* Does a commit become durable only by a sync?  No: in memory, and with DURABILITY_RELAXED, at once. */
bool sync_is_awaited(const struct store *store);
/* The caller has set store->stopping. */
void sync_stop(struct store *store);
/*
 * After a failed sync nobody knows what is on disk, and another sync would report success without the lost
 * writes.  So the process ends here; the next start recovers what is really there.
 */
_Noreturn void sync_failed(const char *what);

/* checkpoint.c */
/* Start the checkpoint thread.  False: *error, in the arena, says why. */
bool checkpoint_start(struct store *store, struct arena *arena, str *error);
/* The caller has set store->stopping. */
void checkpoint_stop(struct store *store);
