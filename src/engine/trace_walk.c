/*
 * trace_walk.c: traces from the newest on, as a search reads them.
 *
 * The words of traces are stored by ranges of neighbouring traces (trace_words.h): so a word's traces are
 * found range by range.  Of several words, the newest trace of each is known, and the newest of these comes
 * next: so failures are as quick to find when they are rare.
 */
#include "engine/trace_search.h"

#include "base/check.h"

/* The newest trace before that one that has the word, or 0. */
static int64_t trace_of_word(const struct trace_walk *walk, int64_t word, int64_t before_id)
{
    struct engine_find_trace_of_word_before_params params = {.word = word, .before_id = before_id};
    struct engine_find_trace_of_word_before_row found;
    struct engine_find_word_range_row row;

    for (int64_t most = word_range(before_id);
         engine_find_word_range(walk->call->txn, &(struct engine_find_word_range_params){.most = most}, &row);
         most = row.range - 1) {
        params.range = row.range;
        if (engine_find_trace_of_word_before(walk->call->txn, &params, &found))
            return found.trace;
    }
    return 0;
}

static void open_at(struct trace_walk *walk, int64_t before_id)
{
    walk->cursor =
        engine_list_traces_open(walk->call->txn, &(struct engine_list_traces_params){.before_id = before_id});
    walk->is_open = true;
}

struct trace_walk trace_walk_begin(const struct call *call, struct word_list words, int64_t before_id)
{
    struct trace_walk walk = {.call = call, .words = words};

    check(words.count <= VERDICTS);
    if (words.count == 0) {
        open_at(&walk, before_id);
        return walk;
    }
    for (size_t i = 0; i < words.count; i++)
        walk.newest[i] = trace_of_word(&walk, words.items[i], before_id);
    return walk;
}

void trace_walk_end(struct trace_walk *walk)
{
    if (walk->is_open)
        engine_list_traces_close(&walk->cursor);
    walk->is_open = false;
}

/* The newest trace that has one of the words; each of them then goes on before it. */
static bool next_of_words(struct trace_walk *walk, struct engine_trace_row *row)
{
    int64_t newest = 0;

    trace_walk_end(walk);
    for (size_t i = 0; i < walk->words.count; i++)
        if (walk->newest[i] > newest)
            newest = walk->newest[i];
    if (!newest)
        return false;
    for (size_t i = 0; i < walk->words.count; i++)
        if (walk->newest[i] == newest)
            walk->newest[i] = trace_of_word(walk, walk->words.items[i], newest);
    open_at(walk, newest + 1);
    return engine_list_traces_next(&walk->cursor, row);
}

bool trace_walk_next(struct trace_walk *walk, struct engine_trace_row *row)
{
    return walk->words.count > 0 ? next_of_words(walk, row) : engine_list_traces_next(&walk->cursor, row);
}
