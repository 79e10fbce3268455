/*
 * words.c: the words by which a trace is found; see words.h.
 *
 * Not FTS5: it would store the texts once more, and cost more to write.  The only question is which traces
 * have a word.
 */
#include "engine/trace/words.h"

#include <ctype.h>
#include <string.h>

enum { SHORTEST_WORD = 2, LONGEST_WORD = 64 };

int64_t word_of(enum word_kind kind, str text)
{
    char basis[] = {(char)kind, ':'};

    return (int64_t)str_hash_from(str_hash((str){basis, sizeof basis}), text);
}

int64_t trace_range(int64_t trace)
{
    return trace / TRACES_OF_RANGE;
}

int64_t trace_range_first(int64_t range)
{
    return range * TRACES_OF_RANGE;
}

int64_t trace_range_last(int64_t range)
{
    return trace_range_first(range) + TRACES_OF_RANGE - 1;
}

uint64_t word_place(int64_t word, int64_t trace)
{
    uint64_t of_trace = TRACES_OF_RANGE - 1;

    return ((uint64_t)word & ~of_trace) | ((uint64_t)trace & of_trace);
}

int word_place_order(const void *a, const void *b)
{
    uint64_t first, second;

    memcpy(&first, a, sizeof first);
    memcpy(&second, b, sizeof second);
    return (first > second) - (first < second);
}

static uint64_t place_at(str places, size_t at)
{
    uint64_t place;

    memcpy(&place, places.data + at * sizeof place, sizeof place);
    return place;
}

int64_t word_newest(str places, int64_t range, int64_t word, int64_t last)
{
    uint64_t first = word_place(word, trace_range_first(range)), most = word_place(word, last);
    size_t low = 0, high = places.size / sizeof most;

    while (low < high) { /* `low` becomes the number of places up to `most` */
        size_t middle = low + (high - low) / 2;
        if (place_at(places, middle) <= most)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == 0 || place_at(places, low - 1) < first)
        return 0;
    return trace_range_first(range) + (int64_t)(place_at(places, low - 1) - first);
}

bool word_listed(const struct word_list *words, int64_t word)
{
    for (size_t i = 0; i < words->count; i++)
        if (words->items[i] == word)
            return true;
    return false;
}

bool word_stored(str words, int64_t word)
{
    for (size_t at = 0; at + sizeof word <= words.size; at += sizeof word)
        if (memcmp(words.data + at, &word, sizeof word) == 0)
            return true;
    return false;
}

static bool is_of_word(char c)
{
    return isalnum((unsigned char)c) || c == '_' || (unsigned char)c >= 0x80;
}

static size_t word_end(str text, size_t at)
{
    while (at < text.size && is_of_word(text.data[at]))
        at++;
    return at;
}

/*
 * A name is followed by a quotation mark and a colon; in JSON within JSON the mark has a backslash before it.
 */
static bool is_name(str text, size_t end)
{
    size_t at = end;

    while (at < text.size && text.data[at] == '\\')
        at++;
    if (at >= text.size || text.data[at] != '"')
        return false;
    for (at++; at < text.size && text.data[at] == ' ';)
        at++;
    return at < text.size && text.data[at] == ':';
}

static int64_t word_without_case(str text)
{
    char lower[LONGEST_WORD];

    for (size_t i = 0; i < text.size; i++)
        lower[i] = (char)tolower((unsigned char)text.data[i]);
    return word_of(WORD_OF_TEXT, (str){lower, text.size});
}

void words_of_text(struct arena *arena, str text, struct word_list *words)
{
    size_t most = words->count + MOST_WORDS_OF_TEXT;

    for (size_t at = 0, end; at < text.size && words->count < most; at = end + 1) {
        end = word_end(text, at);
        if (end - at < SHORTEST_WORD || end - at > LONGEST_WORD || is_name(text, end))
            continue;
        int64_t word = word_without_case((str){text.data + at, end - at});
        if (!word_listed(words, word))
            *list_add(arena, words) = word;
    }
}
