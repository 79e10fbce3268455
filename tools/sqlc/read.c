/*
 * read.c: the source text, line by line, into migrations and statements.
 *
 * A line that begins with "-- word:" and a known word is a directive.  Any other comment right above a
 * statement (without a blank line between) explains the statement; elsewhere comments are SQL's own.
 *
 * To add a directive, write its reader and add a row to the table of directives.
 */
#include "sqlc.h"

#include "base/list.h"
#include "base/text.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct reader {
    struct source *source;
    int line;
    struct text comment; /* lines that explain a statement, if one follows */
    struct text sql;
    int sql_line;
    struct migration *migration; /* the one being read, or NULL */
    struct statement *statement; /* the one being read, or NULL */
};

static str read_file(struct source *source)
{
    struct text content = text_in(source->arena);
    FILE *file = fopen(source->path, "r");
    size_t size = 0;

    if (!file)
        source_error(source, 0, "%s", strerror(errno));
    do {
        text_grew(&content, size);
        size = fread(text_reserve(&content, 4096), 1, 4096, file);
    } while (size > 0);
    fclose(file);
    return text_str(&content);
}

static bool next_word(str *rest, str *word)
{
    *rest = str_trim(*rest);
    if (str_empty(*rest))
        return false;

    ptrdiff_t space = str_index(*rest, ' ');
    size_t size = space < 0 ? rest->size : (size_t)space;
    *word = str_head(*rest, size);
    *rest = str_from(*rest, size);
    return true;
}

static void begin_section(struct reader *reader)
{
    reader->sql = text_in(reader->source->arena);
    reader->sql_line = 0;
    reader->migration = NULL;
    reader->statement = NULL;
}

static void end_section(struct reader *reader)
{
    str text = str_trim(text_str(&reader->sql));
    struct sql sql = {text, reader->sql_line};

    if (reader->statement) {
        if (str_empty(text))
            source_error(reader->source, reader->line, "a statement without SQL");
        if (str_ends_with(text, S(";")))
            sql.text = str_trim(str_head(text, text.size - 1));
        reader->statement->sql = sql;
    } else if (reader->migration) {
        reader->migration->sql = sql;
    }
    begin_section(reader);
}

static void begin_migration(struct reader *reader, str rest)
{
    struct source *source = reader->source;
    int64_t version;

    end_section(reader);
    if (!str_to_i64(str_trim(rest), &version))
        source_error(source, reader->line, "a migration needs a version: -- migration: 1");
    if (version != (int64_t)source->migrations.count + 1)
        source_error(source, reader->line, "migrations are numbered 1, 2, 3, ...");
    reader->migration = list_add(source->arena, &source->migrations);
    reader->migration->version = version;
}

static bool kind_parse(str word, enum kind *kind)
{
    static const struct {
        str word;
        enum kind kind;
    } kinds[] = {
        {STR_INIT(":one"), KIND_ONE},   {STR_INIT(":many"), KIND_MANY},     {STR_INIT(":each"), KIND_EACH},
        {STR_INIT(":exec"), KIND_EXEC}, {STR_INIT(":insert"), KIND_INSERT}, {STR_INIT(":cached"), KIND_ONE},
    };

    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        if (str_equal(kinds[i].word, word)) {
            *kind = kinds[i].kind;
            return true;
        }
    }
    return false;
}

static void begin_statement(struct reader *reader, str rest)
{
    struct source *source = reader->source;
    str name, kind_word, more;
    enum kind kind;

    end_section(reader);
    if (!next_word(&rest, &name) || !next_word(&rest, &kind_word) || next_word(&rest, &more))
        source_error(source, reader->line, "expected -- statement: name :kind");
    if (!is_c_name(name))
        source_error(source, reader->line, "\"%.*s\" cannot name a C function", STR_ARGS(name));
    if (!kind_parse(kind_word, &kind))
        source_error(source, reader->line, "the kind is one of :one :cached :many :each :exec :insert");
    for (size_t i = 0; i < source->statements.count; i++) {
        if (str_equal(source->statements.items[i].name, name))
            source_error(source, reader->line, "a second statement named %.*s", STR_ARGS(name));
    }

    reader->statement = list_add(source->arena, &source->statements);
    reader->statement->name = name;
    reader->statement->line = reader->line;
    reader->statement->kind = kind;
    reader->statement->cached = str_equal(kind_word, S(":cached"));
    if (returns_rows(reader->statement))
        reader->statement->row = name;
}

/* Declare a field: name type [null] */
static void declare(struct reader *reader, struct fields *fields, str rest)
{
    struct field field = {.line = reader->line};
    str type, null = S("null"), more;
    bool good = next_word(&rest, &field.name) && next_word(&rest, &type) && type_parse(type, &field.type);

    if (good && next_word(&rest, &null))
        field.nullable = true;
    if (!good || !str_equal(null, S("null")) || next_word(&rest, &more))
        source_error(reader->source, reader->line, "expected a name, integer|real|text|blob, and maybe null");
    if (find_field(fields, field.name))
        source_error(reader->source, reader->line, "%.*s is declared twice", STR_ARGS(field.name));
    *list_add(reader->source->arena, fields) = field;
}

static void check_place(const struct reader *reader, const char *directive)
{
    if (!reader->statement || reader->sql_line)
        source_error(reader->source, reader->line, "-- %s: stands between -- statement: and its SQL",
                     directive);
}

static void read_param(struct reader *reader, str rest)
{
    check_place(reader, "param");
    declare(reader, &reader->statement->declared_params, rest);
}

static void read_column(struct reader *reader, str rest)
{
    check_place(reader, "column");
    declare(reader, &reader->statement->declared_columns, rest);
}

/* Read an enum: table.column value value ... */
static void read_enum(struct reader *reader, str rest)
{
    struct source *source = reader->source;
    struct enumeration *found;
    str name, value;

    end_section(reader);
    ptrdiff_t dot = next_word(&rest, &name) ? str_index(name, '.') : -1;
    if (dot < 0)
        source_error(source, reader->line, "expected -- enum: table.column value value ...");
    if (find_enum(source, str_head(name, (size_t)dot), str_from(name, (size_t)dot + 1)))
        source_error(source, reader->line, "%.*s is declared twice", STR_ARGS(name));
    found = list_add(source->arena, &source->enums);
    found->table = str_head(name, (size_t)dot);
    found->column = str_from(name, (size_t)dot + 1);
    found->line = reader->line;
    while (next_word(&rest, &value)) {
        if (!is_c_name(arena_join(source->arena, S("_"), value)))
            source_error(source, reader->line, "\"%.*s\" cannot be part of a name in C", STR_ARGS(value));
        if (has_name(&found->values, value))
            source_error(source, reader->line, "%.*s has the value %.*s twice", STR_ARGS(name),
                         STR_ARGS(value));
        *list_add(source->arena, &found->values) = value;
    }
    if (found->values.count == 0)
        source_error(source, reader->line, "%.*s has no values", STR_ARGS(name));
}

/* Read the path of a source, relative to the folder of this one. */
static void read_uses(struct reader *reader, str rest)
{
    struct source *source = reader->source;
    str path = str_trim(rest), folder = str_of(source->path);
    struct source used = {.arena = source->arena};

    if (source->migrations.count > 0 || source->statements.count > 0)
        source_error(source, reader->line, "-- uses: stands before all migrations and statements");
    if (!str_ends_with(path, S(".sql")))
        source_error(source, reader->line, "expected -- uses: the path of an .sql file");
    folder = str_head(folder, (size_t)(str_last_index(folder, '/') + 1));
    used.path = arena_concat(source->arena, folder, path, S("\0")).data;
    read_source(&used);
    if (used.uses.count > 0)
        source_error(source, reader->line, "%s uses others itself", used.path);
    *list_add(source->arena, &source->uses) = used;
}

static void read_row(struct reader *reader, str rest)
{
    str name = str_trim(rest);

    check_place(reader, "row");
    if (!is_c_name(name))
        source_error(reader->source, reader->line, "\"%.*s\" cannot name a C struct", STR_ARGS(name));
    reader->statement->row = name;
}

static bool read_directive(struct reader *reader, str comment)
{
    static const struct {
        str word;
        void (*read)(struct reader *reader, str rest);
    } directives[] = {
        {STR_INIT("migration:"), begin_migration},
        {STR_INIT("statement:"), begin_statement},
        {STR_INIT("param:"), read_param},
        {STR_INIT("column:"), read_column},
        {STR_INIT("row:"), read_row},
        {STR_INIT("enum:"), read_enum},
        {STR_INIT("uses:"), read_uses},
    };

    for (size_t i = 0; i < sizeof directives / sizeof *directives; i++) {
        if (str_starts_with(comment, directives[i].word)) {
            directives[i].read(reader, str_from(comment, directives[i].word.size));
            return true;
        }
    }
    return false;
}

static void take_comment(struct reader *reader)
{
    if (reader->statement && reader->comment.size)
        reader->statement->comment = str_trim(text_str(&reader->comment));
    reader->comment = text_in(reader->source->arena);
}

static void read_comment(struct reader *reader, str line)
{
    str comment = str_trim(str_from(line, 2));

    if (read_directive(reader, comment)) {
        take_comment(reader);
        return;
    }
    text_add(&reader->comment, comment);
    text_add_char(&reader->comment, '\n');
}

static void read_sql(struct reader *reader, str line)
{
    if (!reader->migration && !reader->statement)
        source_error(reader->source, reader->line, "SQL before any -- migration: or -- statement:");
    if (!reader->sql_line) {
        reader->sql_line = reader->line;
        take_comment(reader);
    }
    text_add(&reader->sql, line);
}

/* Blank lines and comments inside SQL become blank lines, so that errors have the right line. */
static void read_line(struct reader *reader, str line)
{
    str trimmed = str_trim(line);

    reader->line++;
    if (str_starts_with(trimmed, S("--")))
        read_comment(reader, trimmed);
    else if (str_empty(trimmed))
        reader->comment = text_in(reader->source->arena);
    else
        read_sql(reader, line);
    if (reader->sql_line)
        text_add_char(&reader->sql, '\n');
}

void read_source(struct source *source)
{
    struct reader reader = {.source = source, .comment = text_in(source->arena)};
    str rest = read_file(source), line;

    begin_section(&reader);
    while (str_next(&rest, '\n', &line))
        read_line(&reader, line);
    end_section(&reader);
}
