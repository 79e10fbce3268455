/*
 * function_log.c: FilterLogEvents, page by page.
 */
#include "orders/cli/function_log.h"

#include "base/list.h"

static void add_events(struct arena *arena, const struct logs_filter_log_events_response *page,
                       struct log_lines *lines)
{
    for (size_t i = 0; i < page->events.count; i++) {
        const struct logs_filtered_log_event *event = &page->events.items[i];
        struct log_line line = log_line_read(arena, event->message, event->timestamp ? *event->timestamp : 0);
        line.stream = event->log_stream_name;
        line.event_id = event->event_id;
        *list_add(arena, lines) = line;
    }
}

bool log_read(struct orders *orders, const struct log_query *query, struct log_lines *lines)
{
    str stream = query->stream;
    struct logs_filter_log_events_request in = {
        .log_group_name = S(ORDERS_LOG_GROUP),
        .log_stream_names = {str_present(stream) ? &stream : NULL, str_present(stream)},
        .start_time = query->from_ms > 0 ? &query->from_ms : NULL,
        .end_time = query->to_ms > 0 ? &query->to_ms : NULL,
    };

    if (str_present(query->words))
        in.filter_pattern = arena_format(orders->arena, "\"%.*s\"", STR_ARGS(query->words));
    do {
        struct logs_filter_log_events_response page = {0};
        if (!orders_call(orders, &LOGS_FILTER_LOG_EVENTS, &in, &page))
            return failed_with(&orders->failure, &LOGS_RESOURCE_NOT_FOUND_EXCEPTION);
        add_events(orders->arena, &page, lines);
        in.next_token = page.next_token;
    } while (in.next_token.size > 0);
    return true;
}
