/*
 * check_enums.c: a column that is an enum contains only its values, and no statement uses another value.
 *
 * The table checks it: `check (column in (...))` with exactly the values of the enum.  In a statement, a text
 * that is compared with such a column, or assigned to it, must be one of its values; any other text must be a
 * value of an enum of the statement's tables.  So a misspelt state fails the build.
 */
#include "sqlc.h"

#include "base/text.h"

/* state text [not null] check (state in ('starting', 'idle')) */
static str constraint_of(struct arena *arena, const struct enumeration *known)
{
    struct text text = text_in(arena);

    text_format(&text, "check (%.*s in (", STR_ARGS(known->column));
    for (size_t i = 0; i < known->values.count; i++)
        text_format(&text, "%s'%.*s'", i ? ", " : "", STR_ARGS(known->values.items[i]));
    text_add(&text, S("))"));
    return text_str(&text);
}

static bool has_constraint(struct source *source, sqlite3 *db, const struct enumeration *known)
{
    str constraint = constraint_of(source->arena, known);
    static const char query[] = "select sql from sqlite_schema where type = 'table' and name = ?";
    sqlite3_stmt *prepared;
    bool found = false;

    if (sqlite3_prepare_v2(db, query, -1, &prepared, NULL) != SQLITE_OK)
        source_error(source, known->line, "%s", sqlite3_errmsg(db));
    sqlite3_bind_text(prepared, 1, known->table.data, (int)known->table.size, SQLITE_STATIC);
    if (sqlite3_step(prepared) == SQLITE_ROW)
        found = str_find(str_of((const char *)sqlite3_column_text(prepared, 0)), constraint) >= 0;
    sqlite3_finalize(prepared);
    return found;
}

/* ---- texts in statements ---- */

static bool is_name_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

static size_t back_over(str text, size_t at, const char *some)
{
    while (at > 0 && str_index(str_of(some), text.data[at - 1]) >= 0)
        at--;
    return at;
}

/*
 * The column that the text at `at` is compared with or assigned to: the name before the operator; else empty.
 */
static str column_before(str sql, size_t at)
{
    size_t end = back_over(sql, at, " \n=<>!"), begin = end;

    if (end == back_over(sql, at, " \n"))
        return S("");
    while (begin > 0 && is_name_char(sql.data[begin - 1]))
        begin--;
    return str_from(str_head(sql, end), begin);
}

static bool uses(const struct statement *statement, str table)
{
    return has_name(&statement->reads, table) || has_name(&statement->writes, table);
}

/* Is it a value of that column or, without a column, of any enum of the statement's tables? */
static bool is_known(const struct source *source, const struct statement *statement, str column, str value)
{
    bool any = true;

    for (size_t i = 0; i < source->enums.count; i++) {
        const struct enumeration *known = &source->enums.items[i];
        if (!uses(statement, known->table) || (column.size > 0 && !str_equal(known->column, column)))
            continue;
        any = false;
        for (size_t k = 0; k < known->values.count; k++)
            if (str_equal(known->values.items[k], value))
                return true;
    }
    return any;
}

static int line_of(const struct sql *sql, size_t at)
{
    int line = sql->line;

    for (size_t i = 0; i < at; i++)
        line += sql->text.data[i] == '\n';
    return line;
}

static void check_text(const struct source *source, const struct statement *statement, size_t at, str value)
{
    str column = column_before(statement->sql.text, at);

    if (!is_known(source, statement, column, value))
        source_error(source, line_of(&statement->sql, at), "'%.*s' is no value of %.*s%s", STR_ARGS(value),
                     STR_ARGS(column), column.size ? "" : "an enum of these tables");
}

static void check_texts(const struct source *source, const struct statement *statement)
{
    str sql = statement->sql.text;

    for (size_t at = 0; at < sql.size; at++) {
        if (sql.data[at] != '\'')
            continue;
        ptrdiff_t size = str_index(str_from(sql, at + 1), '\'');
        if (size < 0)
            return;
        bool blob = at > 0 && (sql.data[at - 1] == 'x' || sql.data[at - 1] == 'X');
        if (!blob)
            check_text(source, statement, at, str_head(str_from(sql, at + 1), (size_t)size));
        at += (size_t)size + 1;
    }
}

const struct enumeration *find_unchecked(struct source *source, sqlite3 *db)
{
    for (size_t i = 0; i < source->enums.count; i++)
        if (!has_constraint(source, db, &source->enums.items[i]))
            return &source->enums.items[i];
    return NULL;
}

void check_enums(const struct source *source, const struct enumeration *unchecked)
{
    if (unchecked)
        source_error(source, unchecked->line, "the table %.*s lacks %.*s", STR_ARGS(unchecked->table),
                     STR_ARGS(constraint_of(source->arena, unchecked)));
    for (size_t i = 0; i < source->statements.count; i++)
        check_texts(source, &source->statements.items[i]);
}
