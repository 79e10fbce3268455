/*
 * check.c: checks the source against a database: the migrations are applied to a database in memory, every
 * statement is prepared on it, and the database then tells the statement's parameters and columns.
 *
 * A name has the type that the statement's tables give it, or else the type that any table gives it.
 */
#include "sqlc.h"

#include "base/list.h"
#include "store/functions.h"

#include <sqlite3.h>
#include <string.h>

struct column {
    str table;
    struct field field;
};

struct catalog {
    struct source *source;
    sqlite3 *db;
    struct {
        struct column *items;
        size_t count;
    } columns;
    struct statement *statement; /* the one being prepared */
};

/* The line of the source with byte `offset` of the text. */
static int line_at(const struct sql *sql, int offset)
{
    int line = sql->line;

    for (int i = 0; i < offset && i < (int)sql->text.size; i++)
        line += sql->text.data[i] == '\n';
    return line;
}

/* `at` is the beginning of the SQL, in the text, that the database complains about. */
static _Noreturn void sql_error(const struct catalog *catalog, const struct sql *sql, const char *at)
{
    int offset = sqlite3_error_offset(catalog->db);

    if (offset < 0)
        offset = (int)strspn(at, " \n");
    source_error(catalog->source, line_at(sql, offset + (int)(at - sql->text.data)), "%s",
                 sqlite3_errmsg(catalog->db));
}

static void apply_migration(struct catalog *catalog, const struct migration *migration)
{
    const char *next = migration->sql.text.data;
    const char *end = next + migration->sql.text.size;

    while (next < end) {
        const char *at = next;
        sqlite3_stmt *prepared;

        if (sqlite3_prepare_v2(catalog->db, at, (int)(end - at), &prepared, &next) != SQLITE_OK)
            sql_error(catalog, &migration->sql, at);
        if (prepared) {
            while (sqlite3_step(prepared) == SQLITE_ROW)
                ;
            if (sqlite3_reset(prepared) != SQLITE_OK)
                sql_error(catalog, &migration->sql, at);
        }
        sqlite3_finalize(prepared);
    }
}

static void apply_migrations(struct source *source, sqlite3 *db)
{
    struct catalog catalog = {.source = source, .db = db};

    for (size_t i = 0; i < source->migrations.count; i++)
        apply_migration(&catalog, &source->migrations.items[i]);
}

static str read_text(struct catalog *catalog, sqlite3_stmt *prepared, int column)
{
    return arena_copy(catalog->source->arena, str_of((const char *)sqlite3_column_text(prepared, column)));
}

static void add_column(struct catalog *catalog, sqlite3_stmt *prepared)
{
    struct source *source = catalog->source;
    str type = read_text(catalog, prepared, 2), table = read_text(catalog, prepared, 0);

    if (has_name(&source->used_tables, table))
        return;
    struct column *column = list_add(source->arena, &catalog->columns);
    column->table = table;
    column->field.name = read_text(catalog, prepared, 1);
    column->field.nullable = sqlite3_column_int(prepared, 3) == 0;
    column->field.values = find_enum(source, column->table, column->field.name);
    if (!type_parse(type, &column->field.type))
        source_error(source, 1, "%.*s.%.*s: a column is integer, real, text or blob, not \"%.*s\"",
                     STR_ARGS(column->table), STR_ARGS(column->field.name), STR_ARGS(type));
    if (source->tables.count == 0 ||
        !str_equal(source->tables.items[source->tables.count - 1], column->table))
        *list_add(source->arena, &source->tables) = column->table;
}

/* An integer primary key is never null, nor is any primary key of a table without rowid. */
static void read_columns(struct catalog *catalog)
{
    static const char query[] =
        "select l.name, c.name, c.type, c.\"notnull\" or (c.pk > 0 and (l.wr or (upper(c.type) = 'INTEGER'"
        "    and (select count(*) from pragma_table_xinfo(l.name) where pk > 0) = 1)))"
        " from pragma_table_list l join pragma_table_xinfo(l.name) c"
        " where l.schema = 'main' and l.type = 'table' and l.name not like 'sqlite\\_%' escape '\\'"
        " order by l.name, c.cid";
    sqlite3_stmt *prepared;

    if (sqlite3_prepare_v2(catalog->db, query, -1, &prepared, NULL) != SQLITE_OK)
        source_error(catalog->source, 1, "%s", sqlite3_errmsg(catalog->db));
    while (sqlite3_step(prepared) == SQLITE_ROW)
        add_column(catalog, prepared);
    sqlite3_finalize(prepared);
}

/* Like the store, apply all migrations of the sources that this one uses before its own. */
static void apply_used(struct catalog *catalog)
{
    struct source *source = catalog->source;
    static const char query[] = "select name from pragma_table_list where schema = 'main' and type = 'table'";
    sqlite3_stmt *prepared;

    for (size_t i = 0; i < source->uses.count; i++)
        apply_migrations(&source->uses.items[i], catalog->db);
    if (sqlite3_prepare_v2(catalog->db, query, -1, &prepared, NULL) != SQLITE_OK)
        source_error(source, 1, "%s", sqlite3_errmsg(catalog->db));
    while (sqlite3_step(prepared) == SQLITE_ROW)
        *list_add(source->arena, &source->used_tables) = read_text(catalog, prepared, 0);
    sqlite3_finalize(prepared);
}

static bool is_used(const struct catalog *catalog, str table)
{
    return has_name(&catalog->statement->reads, table) || has_name(&catalog->statement->writes, table);
}

/* SQLite's authorizer: called for each table while a statement is prepared. */
static int note_table(void *context, int action, const char *first, const char *second, const char *database,
                      const char *trigger)
{
    struct catalog *catalog = context;
    struct arena *arena = catalog->source->arena;

    (void)second, (void)database, (void)trigger;
    if (action == SQLITE_READ)
        *list_add(arena, &catalog->statement->reads) = arena_copy(arena, str_of(first));
    else if (action == SQLITE_UPDATE || action == SQLITE_INSERT || action == SQLITE_DELETE)
        *list_add(arena, &catalog->statement->writes) = arena_copy(arena, str_of(first));
    return SQLITE_OK;
}

static void take_type(struct field *field, const struct column *column)
{
    str name = field->name;

    *field = column->field;
    field->name = name;
}

/* Find the type that the tables (all, or only those used) give a name.  The tables must agree. */
static bool find_among(const struct catalog *catalog, str name, bool used_only, int line, struct field *field)
{
    const struct column *found = NULL;

    for (size_t i = 0; i < catalog->columns.count; i++) {
        const struct column *column = &catalog->columns.items[i];
        if (!str_equal_nocase(column->field.name, name) || (used_only && !is_used(catalog, column->table)))
            continue;
        if (found && !same_type(&found->field, &column->field))
            source_error(catalog->source, line,
                         "%.*s is not the same in %.*s and %.*s: declare it with -- param: or -- column:",
                         STR_ARGS(name), STR_ARGS(found->table), STR_ARGS(column->table));
        found = column;
    }
    if (found)
        take_type(field, found);
    return found != NULL;
}

static bool find_by_name(const struct catalog *catalog, str name, int line, struct field *field)
{
    return find_among(catalog, name, true, line, field) || find_among(catalog, name, false, line, field);
}

static void check_name(const struct catalog *catalog, const struct statement *statement,
                       const struct fields *fields, str name)
{
    if (!is_c_name(name))
        source_error(catalog->source, statement->line, "\"%.*s\" cannot be a member's name in C: use `as`",
                     STR_ARGS(name));
    if (find_field(fields, name))
        source_error(catalog->source, statement->line, "two columns named %.*s: use `as`", STR_ARGS(name));
}

static void find_params(struct catalog *catalog, struct statement *statement, sqlite3_stmt *prepared)
{
    for (int i = 1; i <= sqlite3_bind_parameter_count(prepared); i++) {
        const char *written = sqlite3_bind_parameter_name(prepared, i);
        if (!written || written[0] != ':')
            source_error(catalog->source, statement->line, "parameters are written :name");

        struct field field = {.name = arena_copy(catalog->source->arena, str_of(written + 1))};
        const struct field *declared = find_field(&statement->declared_params, field.name);
        check_name(catalog, statement, &statement->params, field.name);
        if (declared)
            field = *declared;
        else if (!find_by_name(catalog, field.name, statement->line, &field))
            source_error(
                catalog->source, statement->line,
                "no column is named as the parameter :%.*s: declare it with -- param:", STR_ARGS(field.name));
        *list_add(catalog->source->arena, &statement->params) = field;
    }
}

/* The table's column behind result column i; false for an expression. */
static bool find_origin(const struct catalog *catalog, sqlite3_stmt *prepared, int i, struct field *field)
{
    const char *table = sqlite3_column_table_name(prepared, i);
    const char *origin = sqlite3_column_origin_name(prepared, i);

    for (size_t c = 0; table && origin && c < catalog->columns.count; c++) {
        const struct column *column = &catalog->columns.items[c];
        if (str_equal(column->table, str_of(table)) && str_equal(column->field.name, str_of(origin))) {
            take_type(field, column);
            return true;
        }
    }
    return false;
}

static void find_columns(struct catalog *catalog, struct statement *statement, sqlite3_stmt *prepared)
{
    for (int i = 0; i < sqlite3_column_count(prepared); i++) {
        struct field field = {
            .name = arena_copy(catalog->source->arena, str_of(sqlite3_column_name(prepared, i)))};
        const struct field *declared = find_field(&statement->declared_columns, field.name);

        check_name(catalog, statement, &statement->columns, field.name);
        if (declared)
            field = *declared;
        else if (!find_origin(catalog, prepared, i, &field) &&
                 !find_by_name(catalog, field.name, statement->line, &field))
            source_error(
                catalog->source, statement->line,
                "the result %.*s is no column of a table: declare it with -- column:", STR_ARGS(field.name));
        *list_add(catalog->source->arena, &statement->columns) = field;
    }
}

static void check_declared(const struct catalog *catalog, const struct fields *declared,
                           const struct fields *used)
{
    for (size_t i = 0; i < declared->count; i++) {
        const struct field *field = &declared->items[i];
        if (!find_field(used, field->name))
            source_error(catalog->source, field->line, "the statement has no %.*s", STR_ARGS(field->name));
    }
}

/* Merge a statement's fields into its row.  The statements of a row must agree on types. */
static void join_row(struct source *source, const struct statement *statement, const struct fields *fields)
{
    struct row *row = find_row(source, statement->row);

    if (fields->count == 0)
        source_error(source, statement->line, "it has no parameters to take from a row");
    if (!row) {
        row = list_add(source->arena, &source->rows);
        row->name = statement->row;
        row->first = statement;
    }
    row->listed = row->listed || statement->kind == KIND_MANY;
    for (size_t i = 0; i < fields->count; i++) {
        const struct field *field = &fields->items[i];
        const struct field *known = find_field(&row->fields, field->name);
        if (!known)
            *list_add(source->arena, &row->fields) = *field;
        else if (!same_type(known, field))
            source_error(
                source, statement->line,
                "%.*s is not the same in the row %.*s above: declare it with -- param: or -- column:",
                STR_ARGS(field->name), STR_ARGS(row->name));
    }
}

static void check_tables(const struct source *source, const struct statement *statement)
{
    for (size_t i = 0; i < source->used_tables.count; i++) {
        str table = source->used_tables.items[i];
        if (has_name(&statement->reads, table) || has_name(&statement->writes, table))
            source_error(source, statement->line,
                         "only migrations may name %.*s, the table of another source", STR_ARGS(table));
    }
}

/* A cached row is found by the statement's parameters, so it needs some. */
static void check_cached(const struct source *source, const struct statement *statement)
{
    if (statement->params.count == 0 || statement->params.count > MAX_CACHED_PARAMS)
        source_error(source, statement->line, "a :cached statement has 1 to %d parameters",
                     MAX_CACHED_PARAMS);
    for (size_t i = 0; i < statement->params.count; i++) {
        const struct field *param = &statement->params.items[i];
        if (param->nullable || param->type == TYPE_REAL)
            source_error(source, statement->line,
                         "the parameters of a :cached statement are integer, text or blob, and never null");
    }
    if (statement->writes.count > 0)
        source_error(source, statement->line, "a :cached statement only reads");
}

static void check_statement(struct catalog *catalog, struct statement *statement)
{
    const struct sql *sql = &statement->sql;
    sqlite3_stmt *prepared;
    const char *tail;

    catalog->statement = statement;
    if (sqlite3_prepare_v2(catalog->db, sql->text.data, (int)sql->text.size, &prepared, &tail) != SQLITE_OK)
        sql_error(catalog, sql, sql->text.data);
    if (!str_empty(str_trim(str_from(sql->text, (size_t)(tail - sql->text.data)))))
        source_error(catalog->source, line_at(sql, (int)(tail - sql->text.data)), "more than one statement");

    check_tables(catalog->source, statement);
    find_params(catalog, statement, prepared);
    find_columns(catalog, statement, prepared);
    check_declared(catalog, &statement->declared_params, &statement->params);
    check_declared(catalog, &statement->declared_columns, &statement->columns);
    if (returns_rows(statement) && statement->columns.count == 0)
        source_error(catalog->source, statement->line, "it returns no columns: use :exec or :insert");
    if (!returns_rows(statement) && statement->columns.count > 0)
        source_error(catalog->source, statement->line, "it returns columns: use :one, :many or :each");
    if (statement->cached)
        check_cached(catalog->source, statement);
    if (str_present(statement->row))
        join_row(catalog->source, statement,
                 returns_rows(statement) ? &statement->columns : &statement->params);
    sqlite3_finalize(prepared);
}

void check_source(struct source *source)
{
    struct catalog catalog = {.source = source};

    if (sqlite3_open(":memory:", &catalog.db) != SQLITE_OK || !functions_add(catalog.db))
        source_error(source, 1, "%s", sqlite3_errmsg(catalog.db));
    apply_used(&catalog);
    apply_migrations(source, catalog.db);
    read_columns(&catalog);
    find_newest(source, catalog.db);
    const struct enumeration *unchecked = find_unchecked(source, catalog.db);
    sqlite3_set_authorizer(catalog.db, note_table, &catalog);
    for (size_t i = 0; i < source->statements.count; i++)
        check_statement(&catalog, &source->statements.items[i]);
    sqlite3_close(catalog.db);
    check_enums(source, unchecked);
}
