#pragma once

/*
 * log_pattern.h: the filter patterns of CloudWatch Logs.
 *
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html
 *
 * Terms ("ERROR disk", "\"a phrase\"", "?this ?that", "ERROR -ignored") match by the text that a message
 * contains, in its letters' case.  The empty pattern matches everything.
 */
#include "base/arena.h"

enum term_kind { TERM_REQUIRED, TERM_OPTIONAL, TERM_EXCLUDED };

struct term {
    enum term_kind kind;
    str text;
};

struct pattern {
    struct {
        struct term *items;
        size_t count;
    } terms;
    bool only_optional;
};

/* False when it is not a pattern that can be matched; *problem says why. */
bool log_pattern_parse(struct arena *arena, str text, struct pattern *pattern, str *problem);
bool log_pattern_matches(const struct pattern *pattern, str message);
