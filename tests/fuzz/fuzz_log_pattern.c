/*
 * fuzz_log_pattern.c: filter patterns and log events from strangers: a pattern that parses can be matched,
 * and a message that matches has fields.
 *
 * The input is a pattern, a zero byte, and a message.
 */
#include "fuzz.h"
#include "services/logs/log_pattern.h"

enum { MAX_PATTERN = 1024 };

FUZZ(arena, input)
{
    ptrdiff_t end = str_index(input, '\0');
    str text = end < 0 ? input : str_head(input, (size_t)end), problem;
    str message = end < 0 ? S("") : str_from(input, (size_t)end + 1);
    struct pattern pattern;
    bool valid = logs_pattern_parse(arena, str_head(text, MAX_PATTERN), &pattern, &problem);

    check(valid == !str_present(problem));
    if (valid && logs_pattern_matches(&pattern, message)) {
        struct log_message event = {.arena = arena, .message = message};
        struct log_column_values fields = logs_pattern_extract(&pattern, &event);
        check(fields.count == 0 || pattern.columns);
    }
}
