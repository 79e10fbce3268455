#pragma once

/*
 * output.h: text for a terminal: what comes from others cannot steer it, columns stand under each other
 * whatever is in them, and progress shows where somebody looks.
 */
#include "base/arena.h"

#include <stdio.h>

/* Before anything else here: widths are UTF-8's. */
void output_start(void);

/* Control characters become spaces: messages come from anywhere. */
str output_text(struct arena *arena, str text);
/* One line of at most `columns`, with an ellipsis where it was longer. */
str output_line(struct arena *arena, str text, size_t columns);
/* The columns that it takes on a terminal. */
size_t output_width(str text);
/* Padded with spaces, right-aligned where `width` is negative. */
void output_padded(FILE *stream, str text, int width);
/* "12,345" */
str output_count(struct arena *arena, int64_t number);
/* "3 ms", "1.25 s" */
str output_duration(struct arena *arena, int64_t us);
/* "2026-01-31 12:00:00.123", in UTC as in AWS's logs. */
str output_time(struct arena *arena, int64_t ms);

/* Breaks the text between words into lines that end within `columns`, each after `indent` spaces. */
void output_print_wrapped(struct arena *arena, str text, int indent, int columns);

/* Cells of rows; the first row is the head. */
struct output_table {
    size_t columns, rows;
    str *cells;
    const bool *right; /* of each column: align to the right */
    const str
        *notes; /* of each row, printed below it in several lines; absent: none.  NULL: no row has one */
    int indent, note_indent;
};
void output_print_table(struct arena *arena, const struct output_table *table);

/* A bar on stderr, if that is a terminal. */
struct progress {
    const char *label;
    const char *unit; /* the bar shows how many of it a second; NULL: no rate */
    int64_t total, drawn_us, began_us;
    bool shown;
};
struct progress progress_begin(const char *label, const char *unit, int64_t total);
void progress_show(struct progress *progress, int64_t done);
void progress_end(struct progress *progress);
