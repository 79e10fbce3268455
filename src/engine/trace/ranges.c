/*
 * ranges.c: the words of neighbouring traces, in one sorted list.
 *
 * A trace's row has the trace's words.  A search would read all rows: so a range of traces (words.h)
 * that is no longer among the newest is closed: its row gets the places of all its words.  It is opened again
 * when a trace in it gets another word.  Searches read the rows of open ranges.
 */
#include "engine/trace/trace_internal.h"
#include "engine/trace/words.h"
#include "engine_sql.h"

#include "base/list.h"

#include <stdlib.h>
#include <string.h>

enum {
    NEWEST_RANGES = 64, /* which are not closed: their traces probably go on */
    CLOSE_EVERY_MS = 10 * 1000,
};

struct place_list {
    uint64_t *items;
    size_t count;
};

void trace_range_open(struct engine *engine, int64_t trace)
{
    engine_open_trace_range(engine->txn,
                            &(struct engine_open_trace_range_params){.range = trace_range(trace)});
}

static void add_places(struct arena *arena, struct place_list *places, int64_t trace, str words)
{
    int64_t word;

    for (size_t at = 0; at + sizeof word <= words.size; at += sizeof word) {
        memcpy(&word, words.data + at, sizeof word);
        *list_add(arena, places) = word_place(word, trace);
    }
}

static struct place_list places_of(struct engine *engine, struct arena *arena, int64_t range)
{
    struct engine_list_words_of_traces_params params = {.first = trace_range_first(range),
                                                        .last = trace_range_last(range)};
    struct engine_list_words_of_traces_cursor cursor = engine_list_words_of_traces_open(engine->txn, &params);
    struct engine_list_words_of_traces_row row;
    struct place_list places = {0};

    list_make_empty(arena, &places);
    while (engine_list_words_of_traces_next(&cursor, &row))
        add_places(arena, &places, row.id, row.words);
    engine_list_words_of_traces_close(&cursor);
    qsort(places.items, places.count, sizeof *places.items, word_place_order);
    return places;
}

static bool close_oldest(struct engine *engine)
{
    struct engine_find_open_trace_range_params params = {.newest = NEWEST_RANGES};
    struct engine_find_open_trace_range_row open;
    struct arena_mark mark = arena_mark(&engine->batch->arena);

    if (!engine_find_open_trace_range(engine->txn, &params, &open))
        return false;
    struct place_list places = places_of(engine, &engine->batch->arena, open.range);
    str words = {(const char *)places.items, places.count * sizeof *places.items};
    engine_close_trace_range(engine->txn,
                             &(struct engine_close_trace_range_params){.range = open.range, .words = words});
    arena_rewind(&engine->batch->arena, mark);
    return true;
}

bool trace_ranges_close(struct engine *engine)
{
    if (engine->now_ms < engine->close_ranges_ms)
        return false;
    if (close_oldest(engine))
        return true;
    engine->close_ranges_ms = engine->now_ms + CLOSE_EVERY_MS;
    return false;
}

void trace_range_lost(struct engine *engine, int64_t trace)
{
    int64_t range = trace_range(trace);

    engine_remove_trace_range(engine->txn, &(struct engine_remove_trace_range_params){
                                               .range = range,
                                               .first = trace_range_first(range),
                                               .last = trace_range_last(range),
                                           });
}
