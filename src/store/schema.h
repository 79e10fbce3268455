#pragma once

/*
 * schema.h: what sqlc makes of an X.sql, as the store reads it.
 */
#include <stdbool.h>
#include <stddef.h>

struct migration {
    int version; /* 1, 2, 3, ... */
    const char *sql;
};

struct schema {
    const char *name;
    /* Up to NULL: schemas whose tables its migrations name, which the store brings up to date before.  Or
     * NULL.
     */
    const struct schema *const *uses;
    const struct migration *migrations; /* in order */
    size_t migration_count;
    const char *const *tables; /* as they stand after the last migration */
    size_t table_count;
    const char *const *statements;
    size_t statement_count;
    const bool
        *changes_cached; /* does that statement change what a cached one reads?  NULL: none is cached */
};
