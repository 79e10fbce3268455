#pragma once

/*
 * output.h: text for a terminal: texts of other people cannot control it, columns are aligned for any
 * content, and progress is shown only on a terminal.
 */
#include "base/arena.h"

#include <stdio.h>

/* Call this before the other functions here: it sets the locale, so that widths are those of UTF-8. */
void output_start(void);

/* Control characters become spaces, because a message may have any sender. */
str output_text(struct arena *arena, str text);
/* One line of at most `columns`, ending with an ellipsis when it was longer. */
str output_line(struct arena *arena, str text, size_t columns);
/* The number of columns that the text takes on a terminal. */
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
    const bool *right; /* per column: align to the right */
    const str
        *notes; /* per row, printed below it on several lines; a str may be absent. NULL: no row has a note */
    int indent, note_indent;
};
void output_print_table(struct arena *arena, const struct output_table *table);

/* A progress bar on stderr, if stderr is a terminal. */
struct progress {
    const char *label;
    const char *unit; /* what the bar counts per second; NULL: no rate */
    int64_t total, drawn_us, began_us;
    bool shown;
};
struct progress progress_begin(const char *label, const char *unit, int64_t total);
void progress_show(struct progress *progress, int64_t done);
void progress_end(struct progress *progress);
