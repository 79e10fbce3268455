/*
 * statement.c: prepared statements, each once per connection and schema.
 */
#include "store/statement.h"

#include "base/check.h"
#include "store/store_internal.h"

/* A linear search: with about ten schemas it is faster than hashing. */
static struct statement *find_place(struct txn *txn, const struct schema *schema, size_t index)
{
    size_t i = 0;

    while (i < txn->schema_count && txn->schemas[i].schema != schema)
        i++;
    check(i < txn->schema_count); /* false: the store was opened without this schema */
    return &txn->schemas[i].statements[index];
}

static void prepare(struct statement *statement, const char *text)
{
    struct txn *txn = statement->txn;
    unsigned flags = statement->extra ? 0 : SQLITE_PREPARE_PERSISTENT;

    if (sqlite3_prepare_v3(txn->db, text, -1, flags, &statement->prepared, NULL) != SQLITE_OK)
        txn_note_trouble(txn);
    else
        statement->writes = !sqlite3_stmt_readonly(statement->prepared);
}

static void note_begin(struct statement *statement)
{
    struct txn *txn = statement->txn;

    statement->running = true;
    statement->began_before = txn->running_newest;
    txn->running_newest = statement;
    txn->running++;
}

/* Unlink the statement.  The newest usually ends first. */
static void note_end(struct statement *statement)
{
    struct statement **link = &statement->txn->running_newest;

    while (*link != statement)
        link = &(*link)->began_before;
    *link = statement->began_before;
    statement->running = false;
    statement->txn->running--;
}

struct statement *statement_begin(struct txn *txn, const struct schema *schema, size_t index)
{
    struct statement *statement = find_place(txn, schema, index);

    if (statement->running) {
        statement = arena_new(txn->arena, struct statement);
        statement->extra = true;
    }
    statement->txn = txn;
    statement->finished = false;
    note_begin(statement);
    if (!txn->broken && !statement->prepared)
        prepare(statement, schema->statements[index]);
    if (!txn->broken && statement->writes)
        txn_will_write(txn);
    if (schema->changes_cached && schema->changes_cached[index])
        cache_change(txn);
    return statement;
}

static void bound(struct statement *statement, int code)
{
    if (code != SQLITE_OK)
        txn_note_trouble(statement->txn);
}

static void bind_null(struct statement *statement, int position)
{
    if (!statement->txn->broken)
        bound(statement, sqlite3_bind_null(statement->prepared, position));
}

void statement_bind_integer(struct statement *statement, int position, int64_t value)
{
    if (!statement->txn->broken)
        bound(statement, sqlite3_bind_int64(statement->prepared, position, value));
}

void statement_bind_real(struct statement *statement, int position, double value)
{
    if (!statement->txn->broken)
        bound(statement, sqlite3_bind_double(statement->prepared, position, value));
}

void statement_bind_optional_integer(struct statement *statement, int position, const int64_t *value)
{
    if (value)
        statement_bind_integer(statement, position, *value);
    else
        bind_null(statement, position);
}

void statement_bind_optional_real(struct statement *statement, int position, const double *value)
{
    if (value)
        statement_bind_real(statement, position, *value);
    else
        bind_null(statement, position);
}

void statement_bind_text(struct statement *statement, int position, str value)
{
    if (!statement->txn->broken)
        bound(statement, sqlite3_bind_text64(statement->prepared, position, value.data, value.size,
                                             SQLITE_STATIC, SQLITE_UTF8));
}

void statement_bind_blob(struct statement *statement, int position, str value)
{
    if (!statement->txn->broken)
        bound(statement,
              sqlite3_bind_blob64(statement->prepared, position, value.data, value.size, SQLITE_STATIC));
}

bool statement_next(struct statement *statement)
{
    check(statement->running);
    if (statement->txn->broken || statement->finished)
        return false;

    int code = sqlite3_step(statement->prepared);
    if (code == SQLITE_ROW)
        return true;
    statement->finished = true;
    if (code != SQLITE_DONE)
        txn_note_trouble(statement->txn);
    return false;
}

int64_t statement_read_integer(struct statement *statement, int column)
{
    return sqlite3_column_int64(statement->prepared, column);
}

double statement_read_real(struct statement *statement, int column)
{
    return sqlite3_column_double(statement->prepared, column);
}

static bool is_null(struct statement *statement, int column)
{
    return sqlite3_column_type(statement->prepared, column) == SQLITE_NULL;
}

const int64_t *statement_read_optional_integer(struct statement *statement, int column)
{
    if (is_null(statement, column))
        return NULL;
    return arena_i64(statement->txn->arena, statement_read_integer(statement, column));
}

const double *statement_read_optional_real(struct statement *statement, int column)
{
    if (is_null(statement, column))
        return NULL;
    return arena_double(statement->txn->arena, statement_read_real(statement, column));
}

str statement_read_bytes(struct statement *statement, int column)
{
    if (is_null(statement, column))
        return (str){0};

    /* SQLite requires this order of calls; an empty blob has no pointer. */
    const char *data = sqlite3_column_blob(statement->prepared, column);
    int size = sqlite3_column_bytes(statement->prepared, column);
    return size > 0 ? arena_copy(statement->txn->arena, (str){data, (size_t)size}) : S("");
}

struct arena *statement_arena(struct statement *statement)
{
    return statement->txn->arena;
}

static void stop(struct statement *statement)
{
    note_end(statement);
    if (statement->extra)
        sqlite3_finalize(statement->prepared);
    else
        sqlite3_reset(statement->prepared);
}

void statement_end(struct statement *statement)
{
    check(statement->running);
    while (statement->writes && statement_next(statement))
        ;
    stop(statement);
}

void txn_abandon(struct txn *txn, size_t depth)
{
    while (txn->running_newest)
        stop(txn->running_newest);
    while (txn->depth > depth)
        txn_rollback(txn);
}

int64_t statement_execute(struct statement *statement)
{
    while (statement_next(statement))
        ;
    int64_t changed = statement->txn->broken ? 0 : sqlite3_changes64(statement->txn->db);
    statement_end(statement);
    return changed;
}

int64_t statement_insert(struct statement *statement)
{
    int64_t changed = statement_execute(statement);

    return changed > 0 ? sqlite3_last_insert_rowid(statement->txn->db) : 0;
}
