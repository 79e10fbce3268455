#pragma once

/*
 * log_automaton.h: finding many texts in one walk (Aho and Corasick, 1975).
 *
 * A state is the longest suffix of the input so far that begins one of the texts.  Each state knows the next
 * state for every byte, so a byte costs one look-up, for any texts.
 */
#include "base/arena.h"

enum { LOG_AUTOMATON_START = 0 };

struct log_automaton;

/* The texts must not be empty.  Each gets a number; equal texts share the number of the first one. */
struct log_automaton *logs_automaton_new(struct arena *arena, const str *texts, size_t count,
                                         size_t *numbers);
/* At the start, from that byte on: the first byte that leads to another state, or the text's size. */
size_t logs_automaton_skip(const struct log_automaton *automaton, str text, size_t from);
uint32_t logs_automaton_next(const struct log_automaton *automaton, uint32_t state, char byte);
/*
 * The texts that end in a state: logs_automaton_end() returns the first state to pass to
 * logs_automaton_found(), each result is the next one, and LOG_AUTOMATON_START means that there are no more.
 */
uint32_t logs_automaton_end(const struct log_automaton *automaton, uint32_t state);
uint32_t logs_automaton_found(const struct log_automaton *automaton, uint32_t end, size_t *number);
