#pragma once

/*
 * log_automaton.h: finding many texts in one walk (Aho and Corasick, 1975).
 *
 * A state is the longest end of what has been read that begins one of the texts.  Each state knows the state
 * that every byte leads to, so a byte costs one look, whatever the texts are.
 */
#include "base/arena.h"

enum { LOG_AUTOMATON_START = 0 };

struct log_automaton;

/* Of texts that are not empty.  Each has a number, which equal texts share: that of the first of them. */
struct log_automaton *logs_automaton_new(struct arena *arena, const str *texts, size_t count,
                                         size_t *numbers);
uint32_t logs_automaton_next(const struct log_automaton *automaton, uint32_t state, char byte);
/*
 * The texts that end in a state: logs_automaton_end() is the first state to ask, each answer is the next, and
 * LOG_AUTOMATON_START says that there are no more.
 */
uint32_t logs_automaton_end(const struct log_automaton *automaton, uint32_t state);
uint32_t logs_automaton_found(const struct log_automaton *automaton, uint32_t end, size_t *number);
