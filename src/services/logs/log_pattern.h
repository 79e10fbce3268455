#pragma once

/*
 * log_pattern.h: the filter patterns of CloudWatch Logs.
 *
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html
 *
 * Terms ("ERROR disk", "\"a phrase\"", "?this ?that", "ERROR -ignored") match by the text that a message
 * contains, in its letters' case.  The empty pattern matches everything.
 *
 * All terms are looked for at once, in one walk over the message, however many they are.
 */
#include "base/arena.h"

struct log_automaton;

/* What it says about a text if a message contains it. */
struct log_wanted {
    bool required, optional, excluded;
    uint64_t found; /* the walk that found it last */
};

struct pattern {
    struct log_automaton *automaton;
    struct log_wanted *wanted; /* by the text's number */
    size_t required;           /* how many texts are */
    bool only_optional, never, always;
    uint64_t walks;
    uint64_t steps; /* what matching has cost so far: bytes looked at, and texts found */
};

/* False when it is not a pattern that can be matched; *problem says why. */
bool logs_pattern_parse(struct arena *arena, str text, struct pattern *pattern, str *problem);
bool logs_pattern_matches(struct pattern *pattern, str message);
