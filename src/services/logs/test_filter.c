/*
 * test_filter.c: TestMetricFilter: which of some messages a filter pattern matches.
 */
#include "logs_internal.h"

static void record(const struct call *call, const struct pattern *pattern, int64_t number, str message,
                   struct logs_metric_filter_match_record *match)
{
    struct log_message event = {.arena = call->arena, .message = message};
    struct log_column_values fields = logs_pattern_extract(pattern, &event);

    match->event_number = arena_i64(call->arena, number);
    match->event_message = message;
    list_make_empty(call->arena, &match->extracted_values);
    for (size_t i = 0; i < fields.count; i++)
        str_map_add(call->arena, &match->extracted_values, fields.items[i].name, fields.items[i].value);
}

enum outcome logs_test_metric_filter(const struct call *call,
                                     const struct logs_test_metric_filter_request *in,
                                     struct logs_test_metric_filter_response *out)
{
    struct pattern pattern;
    str problem;

    if (!logs_pattern_parse(call->arena, in->filter_pattern, &pattern, &problem))
        return fail(call, &LOGS_INVALID_PARAMETER_EXCEPTION, "%.*s", STR_ARGS(problem));
    list_make_empty(call->arena, &out->matches);
    for (size_t i = 0; i < in->log_event_messages.count; i++)
        if (logs_pattern_matches(&pattern, in->log_event_messages.items[i]))
            record(call, &pattern, (int64_t)i, in->log_event_messages.items[i],
                   list_add(call->arena, &out->matches));
    return DONE;
}
