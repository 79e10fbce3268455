#pragma once

/*
 * words.h: the words by which a trace is found.
 *
 * Each word is a hash of the word and its kind: of a message's text, a resource's ARN, a message's id, a
 * verdict.
 */
#include "base/list.h"

#include <stdint.h>

enum word_kind { WORD_OF_TEXT = 't', WORD_RESOURCE = 'r', WORD_MESSAGE = 'm', WORD_VERDICT = 'v' };

enum { MOST_WORDS_OF_TEXT = 64 };

struct word_list {
    int64_t *items;
    size_t count;
};

/* The hash of a word of that kind. */
int64_t word_of(enum word_kind kind, str text);
bool word_listed(const struct word_list *words, int64_t word);
/* The same in the bytes of a list. */
bool word_stored(str words, int64_t word);

/*
 * A range is TRACES_OF_RANGE traces, by their rows' ids.  Its places say which words are in which of its
 * traces: a sorted list, in which only the upper bits of a word are left.
 */
enum { TRACES_OF_RANGE = 64 };

int64_t trace_range(int64_t trace);
int64_t trace_range_first(int64_t range);
int64_t trace_range_last(int64_t range);

uint64_t word_place(int64_t word, int64_t trace);
/* For qsort(). */
int word_place_order(const void *a, const void *b);
/*
 * The newest trace of the range, up to `last`, that has the word by the range's places; or 0.  It may have
 * another word with the same upper bits, or exist no more.
 */
int64_t word_newest(str places, int64_t range, int64_t word, int64_t last);

/*
 * Add the first MOST_WORDS_OF_TEXT different words of a text: runs of at least two letters, digits and '_',
 * without regard to ASCII case.  Names of a JSON object's members are not words.
 */
void words_of_text(struct arena *arena, str text, struct word_list *words);
