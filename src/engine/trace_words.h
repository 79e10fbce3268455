#pragma once

/*
 * trace_words.h: the words by which a trace is found.
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
/* Words are stored by ranges of 256 traces, by their rows' ids. */
int64_t word_range(int64_t trace);
bool word_listed(const struct word_list *words, int64_t word);

/*
 * Add the first MOST_WORDS_OF_TEXT different words of a text: runs of at least two letters, digits and '_',
 * without regard to ASCII case.  Names of a JSON object's members are not words.
 */
void words_of_text(struct arena *arena, str text, struct word_list *words);
