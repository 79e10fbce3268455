/*
 * output.c: columns, times and bars.
 */
#include "cli/output.h"

#include "base/text.h"
#include "base/time.h"
#include "base/utf8.h"

#include <locale.h>
#include <unistd.h>
#include <wchar.h>

enum { BAR_CELLS = 30, REDRAW_US = 50000, COLUMN_GAP = 2, NOTE_COLUMNS = 100 };

void output_start(void)
{
    if (!setlocale(LC_CTYPE, "C.UTF-8"))
        setlocale(LC_CTYPE, "");
}

str output_text(struct arena *arena, str text)
{
    struct text clean = text_in(arena);
    const char *at = text.data, *end = text.data + text.size;

    while (at < end) {
        size_t size = utf8_sequence(at, end);
        bool control = size == 1 ? (unsigned char)*at < ' ' || *at == 0x7f
                                 : size == 2 && (unsigned char)at[0] == 0xc2 && (unsigned char)at[1] < 0xa0;
        if (size == 0 || control)
            text_add_char(&clean, ' ');
        else
            text_add(&clean, (str){at, size});
        at += size ? size : 1;
    }
    return text_str(&clean);
}

/* The width of the well-formed character at *at; moves *at past it. */
static size_t next_width(const char **at, const char *end)
{
    mbstate_t state = {0};
    wchar_t wide = L' ';
    size_t size = mbrtowc(&wide, *at, (size_t)(end - *at), &state);
    int width = size > 0 && size < (size_t)-2 ? wcwidth(wide) : 1;

    *at += size > 0 && size < (size_t)-2 ? size : 1;
    return width < 0 ? 1 : (size_t)width;
}

size_t output_width(str text)
{
    const char *at = text.data, *end = text.data + text.size;
    size_t width = 0;

    while (at < end)
        width += next_width(&at, end);
    return width;
}

str output_line(struct arena *arena, str text, size_t columns)
{
    str clean = output_text(arena, text);
    const char *at = clean.data, *end = clean.data + clean.size;
    size_t width = 0;

    if (output_width(clean) <= columns)
        return clean;
    while (at < end) {
        const char *begin = at;
        width += next_width(&at, end);
        if (width >= columns)
            return arena_join(arena, str_head(clean, (size_t)(begin - clean.data)), S("…"));
    }
    return clean;
}

void output_padded(FILE *stream, str text, int width)
{
    int room = (width < 0 ? -width : width) - (int)output_width(text);

    if (width < 0 && room > 0)
        fprintf(stream, "%*s", room, "");
    fwrite(text.data, 1, text.size, stream);
    if (width > 0 && room > 0)
        fprintf(stream, "%*s", room, "");
}

str output_count(struct arena *arena, int64_t number)
{
    str digits = arena_decimal(arena, number);
    struct text text = text_in(arena);

    for (size_t i = 0; i < digits.size; i++) {
        if (i > 0 && (digits.size - i) % 3 == 0 && digits.data[i - 1] != '-')
            text_add_char(&text, ',');
        text_add_char(&text, digits.data[i]);
    }
    return text_str(&text);
}

str output_duration(struct arena *arena, int64_t us)
{
    if (us < 10000)
        return arena_format(arena, "%.1f ms", (double)us / 1e3);
    if (us < 1000000)
        return arena_format(arena, "%lld ms", (long long)(us / 1000));
    return arena_format(arena, "%.2f s", (double)us / 1e6);
}

str output_time(struct arena *arena, int64_t ms)
{
    str iso = time_iso8601_ms(arena, ms);

    return arena_format(arena, "%.*s %.*s", STR_ARGS(str_head(iso, 10)),
                        STR_ARGS(str_head(str_from(iso, 11), iso.size - 12)));
}

static size_t column_width(const struct output_table *table, size_t column)
{
    size_t widest = 0;

    for (size_t row = 0; row < table->rows; row++) {
        size_t width = output_width(table->cells[row * table->columns + column]);
        widest = width > widest ? width : widest;
    }
    return widest;
}

void output_print_wrapped(struct arena *arena, str text, int indent, int columns)
{
    str rest = output_text(arena, text), word;
    int at = 0;

    while (!str_empty(rest) && str_next(&rest, ' ', &word)) {
        int width = (int)output_width(word);
        if (width == 0)
            continue;
        if (at > 0 && at + 1 + width > columns) {
            putchar('\n');
            at = 0;
        }
        at += printf("%*s", at > 0 ? 1 : indent, "");
        fwrite(word.data, 1, word.size, stdout);
        at += width;
    }
    if (at > 0)
        putchar('\n');
}

static void print_row(const struct output_table *table, const int *widths, size_t row)
{
    printf("%*s", table->indent, "");
    for (size_t column = 0; column < table->columns; column++) {
        if (column > 0)
            printf("%*s", COLUMN_GAP, "");
        output_padded(stdout, table->cells[row * table->columns + column], widths[column]);
    }
    putchar('\n');
}

void output_print_table(struct arena *arena, const struct output_table *table)
{
    int *widths = arena_alloc(arena, table->columns * sizeof *widths);

    for (size_t column = 0; column < table->columns; column++) {
        bool last = column + 1 == table->columns;
        int width = (int)column_width(table, column);
        widths[column] = table->right[column] ? -width : last ? 0 : width;
    }
    for (size_t row = 0; row < table->rows; row++) {
        print_row(table, widths, row);
        if (table->notes && str_present(table->notes[row]))
            output_print_wrapped(arena, table->notes[row], table->note_indent, NOTE_COLUMNS);
    }
}

/* ---- progress ---- */

struct progress progress_begin(const char *label, const char *unit, int64_t total)
{
    return (struct progress){.label = label,
                             .unit = unit,
                             .total = total,
                             .began_us = monotonic_us(),
                             .shown = isatty(STDERR_FILENO) == 1};
}

static void draw_rate(const struct progress *progress, int64_t done)
{
    int64_t elapsed_us = monotonic_us() - progress->began_us;

    if (progress->unit && elapsed_us > 0)
        fprintf(stderr, "  %.0f %s/s", (double)done * 1e6 / (double)elapsed_us, progress->unit);
}

static void draw(const struct progress *progress, int64_t done)
{
    int filled = progress->total > 0 ? (int)(done * BAR_CELLS / progress->total) : BAR_CELLS;

    fprintf(stderr, "\r  %-10s ", progress->label);
    for (int i = 0; i < BAR_CELLS; i++)
        fputs(i < filled ? "█" : "░", stderr);
    fprintf(stderr, " %lld/%lld", (long long)done, (long long)progress->total);
    draw_rate(progress, done);
    fputs(" \033[K", stderr);
}

void progress_show(struct progress *progress, int64_t done)
{
    int64_t now_us = monotonic_us();

    if (!progress->shown || (done < progress->total && now_us - progress->drawn_us < REDRAW_US))
        return;
    progress->drawn_us = now_us;
    draw(progress, done);
}

void progress_end(struct progress *progress)
{
    if (progress->shown)
        fputs("\r\033[K", stderr);
}
