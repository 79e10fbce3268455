/*
 * txn.c: a connection and its transaction.
 *
 * Savepoints are lazy.  Most calls only read, or fail before they write; so a savepoint is only counted, and
 * opened in the database at the first write inside it.  A level without writes of its own opens nothing: on
 * release it takes over what the level inside it has opened.  The first level to write in a transaction opens
 * nothing either: to roll it back, the whole transaction is rolled back and begun again.
 */
#include "base/check.h"
#include "store/functions.h"
#include "store/store_internal.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Savepoints may share a name: the name means the innermost one. */
static const char *const control_texts[CONTROL_COUNT] = {
    [CONTROL_BEGIN_WRITE] = "begin immediate",
    [CONTROL_BEGIN_READ] = "begin",
    [CONTROL_COMMIT] = "commit",
    [CONTROL_ROLLBACK] = "rollback",
    [CONTROL_SAVEPOINT] = "savepoint call",
    [CONTROL_RELEASE] = "release call",
    [CONTROL_ROLLBACK_TO] = "rollback to call",
    [CONTROL_DATA_VERSION] = "pragma data_version",
};

static void make_places(struct txn *txn, const struct schema *const *schemas)
{
    while (schemas[txn->schema_count])
        txn->schema_count++;
    txn->schemas = calloc(txn->schema_count + 1, sizeof *txn->schemas);
    check(txn->schemas != NULL);
    for (size_t i = 0; i < txn->schema_count; i++) {
        txn->schemas[i].schema = schemas[i];
        txn->schemas[i].statements = calloc(schemas[i]->statement_count + 1, sizeof(struct statement));
        check(txn->schemas[i].statements != NULL);
    }
}

bool txn_pragma(struct txn *txn, const char *pragma, int64_t value)
{
    char text[128];

    snprintf(text, sizeof text, "pragma %s = %" PRId64, pragma, value);
    return sqlite3_exec(txn->db, text, NULL, NULL, NULL) == SQLITE_OK;
}

int64_t txn_pragma_value(struct txn *txn, const char *pragma)
{
    char text[128];
    sqlite3_stmt *prepared;
    int64_t value = 0;

    snprintf(text, sizeof text, "pragma %s", pragma);
    if (sqlite3_prepare_v2(txn->db, text, -1, &prepared, NULL) == SQLITE_OK &&
        sqlite3_step(prepared) == SQLITE_ROW)
        value = sqlite3_column_int64(prepared, 0);
    sqlite3_finalize(prepared);
    return value;
}

/* Only of a new database: setting auto_vacuum of another one would wait for the write lock. */
static bool set_auto_vacuum(struct txn *txn)
{
    return txn_pragma_value(txn, "page_count") > 0 || txn_pragma(txn, "auto_vacuum", 2 /* incremental */);
}

/* How the file is kept, and written.  SQLite reads all tables for some of it. */
static bool configure_file(struct txn *txn)
{
    return txn_pragma(txn, "synchronous", 1 /* normal */) && set_auto_vacuum(txn) &&
           sqlite3_exec(txn->db, "pragma journal_mode = wal", NULL, NULL, NULL) == SQLITE_OK &&
           txn_pragma(txn, "wal_autocheckpoint", 0) && txn_pragma(txn, "journal_size_limit", STORE_LOG_BYTES);
}

/* Opens the file and its log, and no more: the tables are read when they are asked for. */
static bool look_at_file(struct txn *txn)
{
    return txn_pragma_value(txn, "schema_version") > 0;
}

static bool configure(struct txn *txn)
{
    sqlite3_extended_result_codes(txn->db, 1);
    sqlite3_busy_timeout(txn->db, STORE_BUSY_MS);
    if (!txn_pragma(txn, "page_size", STORE_PAGE_BYTES) || !txn_pragma(txn, "secure_delete", 0) ||
        !txn_pragma(txn, "temp_store", 2 /* memory */) || !txn_pragma(txn, "foreign_keys", 0) ||
        !txn_pragma(txn, "mmap_size", 0))
        return false;
    if (!(txn->reads_only ? look_at_file(txn) : configure_file(txn)))
        return false;
    for (size_t i = 0; i < CONTROL_COUNT; i++) {
        if (sqlite3_prepare_v3(txn->db, control_texts[i], -1, SQLITE_PREPARE_PERSISTENT, &txn->controls[i],
                               NULL) != SQLITE_OK)
            return false;
    }
    return true;
}

bool txn_open(struct txn *txn, const char *path, const struct schema *const *schemas, bool reads_only,
              struct arena *arena, str *error)
{
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;

    *txn = (struct txn){.reads_only = reads_only};
    make_places(txn, schemas);
    if (sqlite3_open_v2(path, &txn->db, flags, LOG_FILE_VFS) == SQLITE_OK && functions_add(txn->db) &&
        configure(txn))
        return true;
    *error = arena_format(arena, "cannot open %s: %s", path, sqlite3_errmsg(txn->db));
    txn_close(txn);
    return false;
}

void txn_close(struct txn *txn)
{
    for (size_t i = 0; i < txn->schema_count; i++) {
        for (size_t s = 0; s < txn->schemas[i].schema->statement_count; s++)
            sqlite3_finalize(txn->schemas[i].statements[s].prepared);
        free(txn->schemas[i].statements);
    }
    free(txn->schemas);
    for (size_t i = 0; i < CONTROL_COUNT; i++)
        sqlite3_finalize(txn->controls[i]);
    check(sqlite3_close(txn->db) == SQLITE_OK);
    cache_free(txn);
    *txn = (struct txn){0};
}

/* Trouble that the statement causes itself: the transaction is as it was before the statement. */
static bool is_statements_own(int code)
{
    switch (code & 0xff) {
    case SQLITE_CONSTRAINT:
    case SQLITE_ERROR:
    case SQLITE_MISMATCH:
    case SQLITE_TOOBIG:
        return true;
    default:
        return false;
    }
}

static bool is_disk_full(const struct txn *txn, int code)
{
    int error = sqlite3_system_errno(txn->db);

    return (code & 0xff) == SQLITE_FULL ||
           ((code & 0xff) == SQLITE_IOERR && (error == ENOSPC || error == EDQUOT));
}

void txn_note_trouble(struct txn *txn)
{
    int code = sqlite3_extended_errcode(txn->db);

    if (code == SQLITE_IOERR_FSYNC || code == SQLITE_IOERR_DIR_FSYNC)
        sync_failed(sqlite3_errmsg(txn->db));
    if (txn->broken)
        return;
    txn->broken = true;
    txn->disk_full = is_disk_full(txn, code);
    txn->forgivable = is_statements_own(code) && sqlite3_get_autocommit(txn->db) == 0;
    txn->trouble_depth = txn->depth;
    snprintf(txn->trouble, sizeof txn->trouble, "%s (SQLite %d)", sqlite3_errmsg(txn->db), code);
}

bool txn_has_written(const struct txn *txn)
{
    return sqlite3_total_changes64(txn->db) != txn->changes_before;
}

int64_t txn_changed_rows(const struct txn *txn)
{
    return sqlite3_total_changes64(txn->db);
}

bool txn_broken(const struct txn *txn)
{
    return txn->broken;
}

str txn_trouble(const struct txn *txn)
{
    return txn->broken ? str_of(txn->trouble) : (str){0};
}

void txn_use_arena(struct txn *txn, struct arena *arena)
{
    txn->arena = arena;
}

void txn_control(struct txn *txn, enum control control)
{
    sqlite3_stmt *prepared = txn->controls[control];

    if (control == CONTROL_ROLLBACK || control == CONTROL_ROLLBACK_TO)
        cache_drop(txn);
    if (sqlite3_step(prepared) != SQLITE_DONE)
        txn_note_trouble(txn);
    sqlite3_reset(prepared);
}

void txn_begin(struct txn *txn, enum control control)
{
    check(txn->running == 0 && txn->depth == 0);
    txn->broken = txn->forgivable = txn->disk_full = false;
    cache_begin(txn);
    txn->changes_before = sqlite3_total_changes64(txn->db);
    txn->savepoints = 0;
    txn_control(txn, control);
}

/* Nothing has been written before, and no running statement would be disturbed by a rollback. */
static bool is_first_to_write(const struct txn *txn)
{
    return !txn_has_written(txn) && txn->savepoints == 0 && txn->running <= 1;
}

void txn_will_write(struct txn *txn)
{
    check(!txn->reads_only);
    if (txn->depth == 0 || txn->opened[txn->depth])
        return;
    if (is_first_to_write(txn)) {
        txn->opened[txn->depth] = LEVEL_WHOLE;
        return;
    }
    txn_control(txn, CONTROL_SAVEPOINT);
    txn->savepoints++;
    txn->opened[txn->depth] = LEVEL_POINT;
}

bool txn_reads_only(const struct txn *txn)
{
    return txn->reads_only;
}

size_t txn_depth(const struct txn *txn)
{
    return txn->depth;
}

void txn_savepoint(struct txn *txn)
{
    check(txn->depth < STORE_SAVEPOINT_DEPTH);
    txn->opened[++txn->depth] = LEVEL_NONE;
}

/* The innermost level ends; what it opened in the database passes to the next level, or is released. */
static void leave_level(struct txn *txn)
{
    enum level level = txn->opened[txn->depth--];

    if (level == LEVEL_NONE)
        return;
    if (txn->depth > 0 && txn->opened[txn->depth] == LEVEL_NONE) {
        txn->opened[txn->depth] = level;
    } else if (level == LEVEL_POINT) {
        txn->savepoints--;
        if (!txn->broken)
            txn_control(txn, CONTROL_RELEASE);
    }
}

static void begin_anew(struct txn *txn)
{
    txn_control(txn, CONTROL_ROLLBACK);
    txn_control(txn, CONTROL_BEGIN_WRITE);
    txn->changes_before = sqlite3_total_changes64(txn->db);
    txn->cache.is_current = false;
}

void txn_release(struct txn *txn)
{
    check(txn->depth > 0);
    leave_level(txn);
    if (txn->trouble_depth > txn->depth)
        txn->trouble_depth = txn->depth;
}

void txn_rollback(struct txn *txn)
{
    check(txn->depth > 0);
    if (txn->forgivable && txn->trouble_depth == txn->depth)
        txn->broken = txn->forgivable = false;
    enum level level = txn->opened[txn->depth];
    if (!txn->broken && level == LEVEL_WHOLE)
        begin_anew(txn);
    else if (!txn->broken && level == LEVEL_POINT)
        txn_control(txn, CONTROL_ROLLBACK_TO);
    leave_level(txn);
}

static bool is_named(const char *const *names, const char *name)
{
    while (names && *names && strcmp(*names, name) != 0)
        names++;
    return names && *names;
}

void txn_delete_everything(struct txn *txn, const char *const *spared)
{
    for (size_t i = 0; i < txn->schema_count; i++) {
        const struct schema *schema = txn->schemas[i].schema;
        for (size_t t = 0; t < schema->table_count && !txn->broken; t++) {
            char text[256];
            if (is_named(spared, schema->tables[t]))
                continue;
            check(snprintf(text, sizeof text, "delete from \"%s\"", schema->tables[t]) < (int)sizeof text);
            txn_will_write(txn);
            cache_change(txn);
            if (sqlite3_exec(txn->db, text, NULL, NULL, NULL) != SQLITE_OK)
                txn_note_trouble(txn);
        }
    }
}
