#pragma once

/*
 * sqlc.h: what the steps of sqlc share: read_source() parses the source, check_source() adds what the
 * database finds out about it, write_header() and write_code() print the result.
 *
 * A mistake in the source ends the program with "file:line: error: ...".  All memory is in one arena.
 */
#include "base/arena.h"

#include <sqlite3.h>
#include <stdio.h>

enum { MAX_CACHED_PARAMS = 4 };

enum kind { KIND_ONE, KIND_MANY, KIND_EACH, KIND_EXEC, KIND_INSERT };

enum type { TYPE_INTEGER, TYPE_REAL, TYPE_TEXT, TYPE_BLOB };

struct names {
    str *items;
    size_t count;
};

/* The texts that a column may have; in C an enum. */
struct enumeration {
    str table, column;
    int line;
    struct names values;
};

/* A column or a parameter. */
struct field {
    str name;
    enum type type;
    const struct enumeration *values; /* NULL: any value of its type */
    bool nullable;
    int line; /* of its declaration in the source */
};

struct fields {
    struct field *items;
    size_t count;
};

struct sql {
    str text;
    int line; /* where the statement's text begins */
};

struct migration {
    int64_t version;
    struct sql sql;
};

struct statement {
    str name;
    int line;
    enum kind kind;
    bool cached; /* rows that it found are kept */
    str row;     /* the name of its row; absent when it neither returns nor takes a row */
    str comment; /* lines without "-- " */
    struct sql sql;
    struct fields declared_params, declared_columns;
    struct fields params, columns; /* filled by check_source(), as are: */
    struct names reads, writes;    /* tables */
};

/* A struct with the fields of all the statements that name it. */
struct row {
    str name;
    const struct statement *first; /* the first of these statements */
    bool listed;                   /* a :many statement uses it */
    struct fields fields;
};

struct source {
    struct arena *arena;
    const char *path;
    struct {
        struct source *items;
        size_t count;
    } uses; /* sources whose tables its migrations may name */
    struct {
        struct migration *items;
        size_t count;
    } migrations;
    struct {
        struct statement *items;
        size_t count;
    } statements;
    struct {
        struct enumeration *items;
        size_t count;
    } enums;
    struct names tables;      /* filled by check_source(): its own, */
    struct names used_tables; /* and those of the sources that it uses */
    struct names newest;      /* statements that make its tables and indexes in a new database */
    struct {
        struct row *items;
        size_t count;
    } rows; /* filled by check_source() */
};

/* read.c */
void read_source(struct source *source);

/* main.c */
/* Print "file:line: sentence" and end. */
_Noreturn void source_error(const struct source *source, int line, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* The name of a source in `-- uses:`: tags for tags.sql. */
str source_name(const struct source *source);

/* check.c */
void check_source(struct source *source);

/* check_enums.c: an enum whose table does not check it, or NULL; and the complaints about enums. */
const struct enumeration *find_unchecked(struct source *source, sqlite3 *db);
void check_enums(const struct source *source, const struct enumeration *unchecked);

/* newest.c: fills `newest` from the database that the migrations made. */
void find_newest(struct source *source, sqlite3 *db);

/* write.c */
void write_header(const struct source *source, str prefix, FILE *out);
void write_code(const struct source *source, str prefix, str header_name, FILE *out);

/* names.c */
/* False for a word that is not a type of columns. */
bool type_parse(str word, enum type *type);
bool returns_rows(const struct statement *statement);
/* Are the statement's parameters the members of a row? */
bool takes_row(const struct statement *statement);
bool has_name(const struct names *names, str name);
/* Does it change a table that a cached statement reads? */
bool changes_cached(const struct source *source, const struct statement *statement);
/* The enum of that column, or NULL. */
const struct enumeration *find_enum(const struct source *source, str table, str column);
/* Do they have the same type in C? */
bool same_type(const struct field *a, const struct field *b);
/* The row of that name, or NULL. */
struct row *find_row(const struct source *source, str name);
const struct field *find_field(const struct fields *fields, str name);
/* Can it be the name of a struct member? */
bool is_c_name(str name);
