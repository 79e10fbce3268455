#pragma once

/*
 * schema.h: the tables that sqlc generates from an X.sql, as the store reads them.
 */
#include <stdbool.h>
#include <stddef.h>

struct migration {
    int version; /* 1, 2, 3, ... */
    const char *sql;
};

struct schema {
    const char *name;
    /*
     * Ends with NULL: schemas whose tables its migrations name, and which the store migrates first.  Or NULL.
     */
    const struct schema *const *uses;
    const struct migration *migrations; /* in order */
    size_t migration_count;
    /*
     * Statements that make the tables of the last migration in a new database; or none: it is migrated, too.
     */
    const char *const *newest;
    size_t newest_count;
    const char *const *tables; /* after the last migration */
    size_t table_count;
    const char *const *statements;
    size_t statement_count;
    const bool *changes_cached; /* per statement: changes a table that a cached statement reads; or NULL */
};
