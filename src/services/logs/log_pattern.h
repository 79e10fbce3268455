#pragma once

/*
 * log_pattern.h: the filter patterns of CloudWatch Logs.
 *
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html
 *
 * Terms ("ERROR disk", "\"a phrase\"", "?this ?that", "ERROR -ignored") match when the message contains their
 * text, with the same case.  The empty pattern matches every message.
 *
 * All terms are searched for at once, in one walk over the message, for any number of terms.
 */
#include "base/arena.h"

struct log_automaton;

/* What it means when a message contains the text. */
struct log_wanted {
    bool required, optional, excluded;
    uint64_t found; /* the last walk that found it */
};

struct pattern {
    struct log_automaton *automaton;
    struct log_wanted *wanted; /* indexed by the text's number */
    size_t required;           /* the number of required texts */
    bool only_optional, never, always;
    uint64_t walks;
    uint64_t steps; /* the cost of matching so far: bytes read, and texts found */
};

/* False: it is not a valid pattern, and *problem says why. */
bool logs_pattern_parse(struct arena *arena, str text, struct pattern *pattern, str *problem);
bool logs_pattern_matches(struct pattern *pattern, str message);
