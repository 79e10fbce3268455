/*
 * fuzz_event_pattern.c: patterns and events from strangers: a pattern that parses can be matched.
 *
 * The input is a pattern, a zero byte, and an event.
 */
#include "aws/event_pattern.h"
#include "fuzz.h"

FUZZ(arena, input)
{
    ptrdiff_t end = str_index(input, '\0');
    str text = end < 0 ? input : str_head(input, (size_t)end), problem;
    const struct json *event = end < 0 ? NULL : json_parse(arena, str_from(input, (size_t)end + 1), NULL);
    const struct json *split = event_split(arena, event);

    for (int dialect = EVENT_PATTERN_SNS_ATTRIBUTES; dialect <= EVENT_PATTERN_LAMBDA; dialect++) {
        const struct event_pattern *pattern =
            event_pattern_parse(arena, text, (enum event_pattern_dialect)dialect, &problem);
        check((pattern == NULL) == str_present(problem));
        if (pattern)
            event_pattern_matches(pattern, event_lookup_member,
                                  (void *)(dialect == EVENT_PATTERN_SNS_BODY ? split : event));
    }
}
