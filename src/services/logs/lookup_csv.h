#pragma once

/*
 * lookup_csv.h: CSV, as RFC 4180 has it: rows of fields between commas; a field in double quotes may have
 * commas, line breaks, and quotes that are doubled.  Blank lines are no rows.
 *
 *     struct csv_reader reader = logs_csv_begin(text);
 *     while (logs_csv_row(&reader))
 *         while (logs_csv_field(&reader, &field))
 *             ...
 *     if (reader.problem) ...
 */
#include "base/text.h"
#include "insights_program.h"

struct csv_reader {
    str text;
    size_t at;
    int64_t row; /* its number, from 1 on */
    bool in_row;
    const char *problem; /* what is wrong with this row, or NULL */
};

struct csv_field {
    str raw;      /* without the quotes around it */
    bool doubled; /* it has quotes that are doubled */
};

/* Fields borrow from the text. */
struct csv_reader logs_csv_begin(str text);
/* False: there are no more rows, or there was a problem. */
bool logs_csv_row(struct csv_reader *reader);
bool logs_csv_field(struct csv_reader *reader, struct csv_field *field);
/* Write the content of the field to `to`, which may be where the field is; returns it. */
str logs_csv_content(const struct csv_field *field, char *to);

enum { LOOKUP_MOST_COLUMNS = 1000 };

struct csv_table {
    struct insights_texts columns;
    int64_t rows;
};
/* Read a table with a header.  False: *problem is a sentence. */
bool logs_csv_check(struct arena *arena, str text, struct csv_table *table, str *problem);
/* Add a field to the row that is being written. */
void logs_csv_add(struct text *csv, bool is_first, str content);
