/*
 * migrate.c: brings a database up to this version's schemas, in one transaction, or makes the
 * tables of a new one.
 */
#include "store/store_internal.h"

static const char create_table[] = "create table if not exists schema_version (name text primary key, "
                                   "version integer not null) without rowid";

static bool run(struct txn *txn, const char *sql)
{
    return sqlite3_exec(txn->db, sql, NULL, NULL, NULL) == SQLITE_OK;
}

static bool read_version(struct txn *txn, const char *name, int *version)
{
    sqlite3_stmt *prepared;

    if (sqlite3_prepare_v2(txn->db, "select version from schema_version where name = ?", -1, &prepared,
                           NULL) != SQLITE_OK)
        return false;
    sqlite3_bind_text(prepared, 1, name, -1, SQLITE_STATIC);
    *version = sqlite3_step(prepared) == SQLITE_ROW ? sqlite3_column_int(prepared, 0) : 0;
    return sqlite3_finalize(prepared) == SQLITE_OK;
}

static bool write_version(struct txn *txn, const char *name, int version)
{
    sqlite3_stmt *prepared;

    if (sqlite3_prepare_v2(txn->db, "replace into schema_version values (?, ?)", -1, &prepared, NULL) !=
        SQLITE_OK)
        return false;
    sqlite3_bind_text(prepared, 1, name, -1, SQLITE_STATIC);
    sqlite3_bind_int(prepared, 2, version);
    sqlite3_step(prepared);
    return sqlite3_finalize(prepared) == SQLITE_OK;
}

/* A new database needs no history: each change of a table makes SQLite read all tables again. */
static bool make_newest(struct txn *txn, const struct schema *schema)
{
    for (size_t i = 0; i < schema->newest_count; i++) {
        if (!run(txn, schema->newest[i]))
            return false;
    }
    return true;
}

static bool apply_migrations(struct txn *txn, const struct schema *schema, int version)
{
    for (size_t next = (size_t)version; next < schema->migration_count; next++) {
        if (!run(txn, schema->migrations[next].sql))
            return false;
    }
    return true;
}

static bool apply_schema(struct txn *txn, const struct schema *schema, int version, bool new_database)
{
    if ((size_t)version == schema->migration_count)
        return true;
    bool done = new_database && schema->newest_count > 0 ? make_newest(txn, schema)
                                                         : apply_migrations(txn, schema, version);
    return done && write_version(txn, schema->name, (int)schema->migration_count);
}

/* No schema has left its version. */
static bool is_new(struct txn *txn, bool *is)
{
    sqlite3_stmt *prepared;

    if (sqlite3_prepare_v2(txn->db, "select 1 from schema_version", -1, &prepared, NULL) != SQLITE_OK)
        return false;
    *is = sqlite3_step(prepared) == SQLITE_DONE;
    return sqlite3_finalize(prepared) == SQLITE_OK;
}

static bool apply(struct txn *txn, const struct schema *const *schemas, struct arena *arena, str *error)
{
    bool new_database;

    if (!run(txn, create_table) || !is_new(txn, &new_database))
        return false;
    for (size_t i = 0; schemas[i]; i++) {
        int version;
        if (!read_version(txn, schemas[i]->name, &version))
            return false;
        if (version > (int)schemas[i]->migration_count) {
            *error = arena_format(arena,
                                  "the data was written by a newer orderly: its %s schema has version %d, "
                                  "and this one knows versions up to %zu",
                                  schemas[i]->name, version, schemas[i]->migration_count);
            return false;
        }
        if (!apply_schema(txn, schemas[i], version, new_database))
            return false;
    }
    return true;
}

bool migrate(struct txn *txn, const struct schema *const *schemas, struct arena *arena, str *error)
{
    *error = (str){0};
    if (run(txn, "begin immediate") && apply(txn, schemas, arena, error) && run(txn, "commit"))
        return true;
    if (!str_present(*error))
        *error = arena_format(arena, "cannot bring the database up to date: %s", sqlite3_errmsg(txn->db));
    if (sqlite3_get_autocommit(txn->db) == 0)
        run(txn, "rollback");
    return false;
}
