/*
 * fuzz_lookup_csv.c: lookup tables from strangers: checked, and then looked things up in.
 */
#include "base/check.h"
#include "insights_lookup.h"
#include "lookup_csv.h"

#include "fuzz.h"

#include <string.h>

enum { MOST_BYTES = 4 * 1024 * 1024 };

/* What is written of a table is read again as the same table. */
static void check_written(struct arena *arena, str text, const struct csv_table *table)
{
    struct csv_reader reader = logs_csv_begin(text);
    struct text copy = text_in(arena);
    struct csv_field field;
    struct csv_table again;
    str problem;

    while (logs_csv_row(&reader)) {
        for (bool first = true; logs_csv_field(&reader, &field); first = false)
            logs_csv_add(&copy, first, logs_csv_content(&field, arena_alloc(arena, field.raw.size + 1)));
        text_add_char(&copy, '\n');
    }
    check(logs_csv_check(arena, text_str(&copy), &again, &problem));
    check(again.rows == table->rows && again.columns.count == table->columns.count);
}

FUZZ(arena, input)
{
    struct insights_memory memory = {.arena = arena, .most = MOST_BYTES};
    struct csv_table table;
    str problem;

    if (!logs_csv_check(arena, input, &table, &problem)) {
        check(str_present(problem));
        return;
    }
    check_written(arena, input, &table);
    char *copy = arena_alloc(arena, input.size + 1);
    memcpy(copy, input.data, input.size);
    struct insights_lookup lookup = {.keys = {.items = table.columns.items, .count = 1},
                                     .outputs = table.columns};
    check(logs_insights_lookup_table(&memory, &lookup, 1, (str){copy, input.size}, copy) || memory.full);
}
