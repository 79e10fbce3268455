/*
 * newest.c: the SQL that makes a new database's tables as the migrations leave them, without their history.
 *
 * A migration may move rows, but puts none into an empty database: otherwise a new database would lack them.
 */
#include "sqlc.h"

#include "base/list.h"
#include "store/functions.h"

static sqlite3_stmt *prepare(struct source *source, sqlite3 *db, const char *sql)
{
    sqlite3_stmt *prepared;

    if (sqlite3_prepare_v2(db, sql, -1, &prepared, NULL) != SQLITE_OK)
        source_error(source, 1, "%s", sqlite3_errmsg(db));
    return prepared;
}

static str column_text(struct source *source, sqlite3_stmt *prepared, int column)
{
    return arena_copy(source->arena, str_of((const char *)sqlite3_column_text(prepared, column)));
}

/* The statements that make the source's own tables, and then their indexes. */
static struct names own_schema(struct source *source, sqlite3 *db)
{
    sqlite3_stmt *prepared =
        prepare(source, db,
                "select sql, tbl_name from sqlite_schema where sql is not null"
                " and name not like 'sqlite\\_%' escape '\\' order by type <> 'table', rowid");
    struct names found = {0};

    while (sqlite3_step(prepared) == SQLITE_ROW) {
        if (!has_name(&source->used_tables, column_text(source, prepared, 1)))
            *list_add(source->arena, &found) = column_text(source, prepared, 0);
    }
    sqlite3_finalize(prepared);
    return found;
}

static void check_empty(struct source *source, sqlite3 *db)
{
    for (size_t i = 0; i < source->tables.count; i++) {
        str table = source->tables.items[i];
        str sql = arena_format(source->arena, "select 1 from %.*s limit 1", STR_ARGS(table));
        sqlite3_stmt *prepared = prepare(source, db, arena_cstr(source->arena, sql));
        if (sqlite3_step(prepared) == SQLITE_ROW)
            source_error(source, 1, "the migrations put rows into the new table %.*s", STR_ARGS(table));
        sqlite3_finalize(prepared);
    }
}

static bool same_names(const struct names *a, const struct names *b)
{
    bool same = a->count == b->count;

    for (size_t i = 0; same && i < a->count; i++)
        same = str_equal(a->items[i], b->items[i]);
    return same;
}

/* Run in an empty database, the statements make these tables again. */
static void check_again(struct source *source)
{
    sqlite3 *db;

    if (sqlite3_open(":memory:", &db) != SQLITE_OK || !functions_add(db))
        source_error(source, 1, "%s", sqlite3_errmsg(db));
    for (size_t i = 0; i < source->newest.count; i++) {
        if (sqlite3_exec(db, arena_cstr(source->arena, source->newest.items[i]), NULL, NULL, NULL) !=
            SQLITE_OK)
            source_error(source, 1, "a new table: %s", sqlite3_errmsg(db));
    }
    struct names again = own_schema(source, db);
    if (!same_names(&source->newest, &again))
        source_error(source, 1, "new tables would not be as the migrations leave them");
    sqlite3_close(db);
}

void find_newest(struct source *source, sqlite3 *db)
{
    check_empty(source, db);
    source->newest = own_schema(source, db);
    check_again(source);
}
