/*
 * walk.c: traces from the newest on, as a search reads them.
 *
 * A search for words goes from range to range (ranges.c): a closed range has a sorted list of words;
 * of an open one the traces' rows are read.
 */
#include "engine/trace/search.h"

static bool has_one(const struct trace_walk *walk, str words)
{
    for (size_t i = 0; i < walk->words.count; i++)
        if (word_stored(words, walk->words.items[i]))
            return true;
    return false;
}

/* The range's newest trace, from `first` to `last`, that has one of the words; or 0. */
static int64_t newest_by_rows(const struct trace_walk *walk, int64_t first, int64_t last)
{
    struct engine_list_words_of_traces_params params = {.first = first, .last = last};
    struct engine_list_words_of_traces_cursor cursor =
        engine_list_words_of_traces_open(walk->call->txn, &params);
    struct engine_list_words_of_traces_row row;
    int64_t found = 0;

    while (!found && engine_list_words_of_traces_next(&cursor, &row))
        if (has_one(walk, row.words))
            found = row.id;
    engine_list_words_of_traces_close(&cursor);
    return found;
}

/* The same, of a closed range by its list. */
static int64_t newest_by_list(const struct trace_walk *walk, const struct engine_list_trace_ranges_row *range,
                              int64_t last)
{
    int64_t newest = 0;

    for (size_t i = 0; i < walk->words.count; i++) {
        int64_t trace = word_newest(range->words, range->range, walk->words.items[i], last);
        if (trace > newest)
            newest = trace;
    }
    return newest;
}

static bool is_confirmed(const struct trace_walk *walk, int64_t trace)
{
    struct engine_find_words_of_trace_row row;

    return engine_find_words_of_trace(walk->call->txn,
                                      &(struct engine_find_words_of_trace_params){.id = trace}, &row) &&
           has_one(walk, row.words);
}

static int64_t newest_in(const struct trace_walk *walk, const struct engine_list_trace_ranges_row *range,
                         int64_t before_id)
{
    int64_t first = trace_range_first(range->range), last = trace_range_last(range->range), trace;

    if (last >= before_id)
        last = before_id - 1;
    if (!str_present(range->words))
        return newest_by_rows(walk, first, last);
    for (; last >= first && (trace = newest_by_list(walk, range, last)); last = trace - 1)
        if (is_confirmed(walk, trace))
            return trace;
    return 0;
}

/* The newest trace before that one that has one of the words, or 0. */
static int64_t newest_before(const struct trace_walk *walk, int64_t before_id)
{
    struct engine_list_trace_ranges_params params = {.most = trace_range(before_id)};
    struct engine_list_trace_ranges_cursor cursor = engine_list_trace_ranges_open(walk->call->txn, &params);
    struct engine_list_trace_ranges_row row;
    int64_t found = 0;

    while (!found && engine_list_trace_ranges_next(&cursor, &row))
        found = newest_in(walk, &row, before_id);
    engine_list_trace_ranges_close(&cursor);
    return found;
}

static void open_at(struct trace_walk *walk, int64_t before_id)
{
    walk->cursor =
        engine_list_traces_open(walk->call->txn, &(struct engine_list_traces_params){.before_id = before_id});
    walk->is_open = true;
}

struct trace_walk trace_walk_begin(const struct call *call, struct word_list words, int64_t before_id)
{
    struct trace_walk walk = {.call = call, .words = words, .before_id = before_id};

    if (words.count == 0)
        open_at(&walk, before_id);
    return walk;
}

void trace_walk_end(struct trace_walk *walk)
{
    if (walk->is_open)
        engine_list_traces_close(&walk->cursor);
    walk->is_open = false;
}

static bool next_of_words(struct trace_walk *walk, struct engine_trace_row *row)
{
    trace_walk_end(walk);
    walk->before_id = newest_before(walk, walk->before_id);
    if (!walk->before_id)
        return false;
    open_at(walk, walk->before_id + 1);
    return engine_list_traces_next(&walk->cursor, row);
}

bool trace_walk_next(struct trace_walk *walk, struct engine_trace_row *row)
{
    return walk->words.count > 0 ? next_of_words(walk, row) : engine_list_traces_next(&walk->cursor, row);
}
