#pragma once

/*
 * log_terms.h: filter patterns of terms.
 *
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/matching-terms-unstructured-log-events.html
 *
 * Terms ("ERROR disk", "\"a phrase\"", "?this ?that", "ERROR -ignored") match when the message contains their
 * text, with the same case.  All terms are searched for at once, in one walk over the message, for any number
 * of terms; a single term is found by the C library's search, which is faster.
 */
#include "base/arena.h"

struct log_automaton;

/* What it means when a message contains the text. */
struct log_wanted {
    bool required, optional, excluded;
    uint64_t found; /* the last walk that found it */
};

struct log_terms {
    struct log_automaton *automaton;
    struct log_wanted *wanted; /* indexed by the text's number */
    size_t required;           /* the number of required texts */
    str only;                  /* the text, when there is one, which is required or optional */
    bool only_optional, never, always;
    uint64_t walks;
    uint64_t steps; /* the cost of matching so far: bytes read, and texts found */
};

/* NULL: the text is not valid. */
struct log_terms *logs_terms_parse(struct arena *arena, str text);
bool logs_terms_match(struct log_terms *terms, str message);
