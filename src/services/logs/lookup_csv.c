/*
 * lookup_csv.c: reads CSV, and checks that it is a table.
 */
#include "lookup_csv.h"

#include "base/list.h"

#include <string.h>

enum { MOST_HEADER_BYTES = 64 * 1024 };

static const str byte_order_mark = STR_INIT("\xef\xbb\xbf");

struct csv_reader logs_csv_begin(str text)
{
    return (struct csv_reader){.text = text,
                               .at = str_starts_with(text, byte_order_mark) ? byte_order_mark.size : 0};
}

static bool is_at(const struct csv_reader *reader, char c)
{
    return reader->at < reader->text.size && reader->text.data[reader->at] == c;
}

bool logs_csv_row(struct csv_reader *reader)
{
    while (is_at(reader, '\n') || is_at(reader, '\r'))
        reader->at++;
    reader->in_row = reader->at < reader->text.size && !reader->problem;
    reader->row += reader->in_row;
    return reader->in_row;
}

static bool fail_row(struct csv_reader *reader, const char *problem)
{
    reader->problem = problem;
    reader->in_row = false;
    return false;
}

/* Behind the first quote: up to the quote that is not doubled. */
static bool read_quoted(struct csv_reader *reader, struct csv_field *field)
{
    const char *end = reader->text.data + reader->text.size, *begin = reader->text.data + reader->at,
               *quote = begin;

    while ((quote = memchr(quote, '"', (size_t)(end - quote))) && quote + 1 < end && quote[1] == '"') {
        field->doubled = true;
        quote += 2;
    }
    if (!quote)
        return fail_row(reader, "a quoted value that does not end");
    field->raw = (str){begin, (size_t)(quote - begin)};
    reader->at += field->raw.size + 1;
    if (is_at(reader, '\r'))
        reader->at++;
    if (reader->at < reader->text.size && !is_at(reader, ',') && !is_at(reader, '\n'))
        return fail_row(reader, "text behind a quoted value");
    return true;
}

static void read_plain(struct csv_reader *reader, struct csv_field *field)
{
    size_t begin = reader->at;

    while (reader->at < reader->text.size && !is_at(reader, ',') && !is_at(reader, '\n'))
        reader->at++;
    size_t size = reader->at - begin;
    if (size > 0 && !is_at(reader, ',') && reader->text.data[begin + size - 1] == '\r')
        size--;
    field->raw = (str){reader->text.data + begin, size};
}

bool logs_csv_field(struct csv_reader *reader, struct csv_field *field)
{
    *field = (struct csv_field){0};
    if (!reader->in_row)
        return false;
    if (is_at(reader, '"')) {
        reader->at++;
        if (!read_quoted(reader, field))
            return false;
    } else
        read_plain(reader, field);
    reader->in_row = is_at(reader, ',');
    reader->at += reader->in_row;
    return true;
}

str logs_csv_content(const struct csv_field *field, char *to)
{
    size_t size = 0;

    for (size_t i = 0; i < field->raw.size; i++) {
        to[size++] = field->raw.data[i];
        if (field->doubled && field->raw.data[i] == '"')
            i++;
    }
    return (str){to, size};
}

void logs_csv_add(struct text *csv, bool is_first, str content)
{
    bool quoted = str_empty(content) || /* a row of one empty value is not a blank line */
                  str_starts_with(content, byte_order_mark);

    for (size_t i = 0; i < content.size; i++)
        quoted = quoted || (strchr("\",\r\n", content.data[i]) && content.data[i]);
    if (!is_first)
        text_add_char(csv, ',');
    if (!quoted) {
        text_add(csv, content);
        return;
    }
    text_add_char(csv, '"');
    for (size_t i = 0; i < content.size; i++) {
        if (content.data[i] == '"')
            text_add_char(csv, '"');
        text_add_char(csv, content.data[i]);
    }
    text_add_char(csv, '"');
}

/* ---- checking ---- */

static str header_problem(struct arena *arena, const struct csv_reader *reader,
                          const struct insights_texts *columns)
{
    if (columns->count == 0)
        return S("The CSV has no header row.");
    if (columns->count > LOOKUP_MOST_COLUMNS || reader->at > MOST_HEADER_BYTES)
        return S("The CSV's header has more than 1000 columns, or more than 64 KB.");
    for (size_t i = 0; i < columns->count; i++) {
        if (str_empty(columns->items[i]))
            return arena_format(arena, "Column %zu of the CSV has no name.", i + 1);
        if (str_is_one_of(columns->items[i], columns->items, i))
            return arena_format(arena, "The CSV has two columns with the name %.*s.",
                                STR_ARGS(columns->items[i]));
    }
    return (str){0};
}

static bool read_header(struct arena *arena, struct csv_reader *reader, struct insights_texts *columns,
                        str *problem)
{
    struct csv_field field;

    if (logs_csv_row(reader))
        while (columns->count <= LOOKUP_MOST_COLUMNS && logs_csv_field(reader, &field))
            *list_add(arena, columns) = logs_csv_content(&field, arena_alloc(arena, field.raw.size + 1));
    *problem = reader->problem ? arena_format(arena, "The CSV's header has %s.", reader->problem)
                               : header_problem(arena, reader, columns);
    return !str_present(*problem);
}

bool logs_csv_check(struct arena *arena, str text, struct csv_table *table, str *problem)
{
    struct csv_reader reader = logs_csv_begin(text);
    struct csv_field field;

    *table = (struct csv_table){0};
    if (!read_header(arena, &reader, &table->columns, problem))
        return false;
    while (logs_csv_row(&reader)) {
        size_t count = 0;
        while (logs_csv_field(&reader, &field))
            count++;
        if (reader.problem || count == table->columns.count) {
            table->rows += !reader.problem;
            continue;
        }
        *problem = arena_format(arena, "Row %lld of the CSV has %zu columns, its header has %zu.",
                                (long long)reader.row, count, table->columns.count);
        return false;
    }
    if (reader.problem)
        *problem = arena_format(arena, "Row %lld of the CSV has %s.", (long long)reader.row, reader.problem);
    return !reader.problem;
}
