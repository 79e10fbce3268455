/*
 * watch_traces.c: a line for each order that comes into the table, and for each step that goes wrong.
 *
 * Each look asks for the traces in which something happened lately, and reads those that have grown since
 * the look before. What has been shown is remembered by the hops' ids.
 */
#include "orders/cli/timeline.h"
#include "orders/cli/traces.h"
#include "orders/cli/watch.h"

#include "base/map.h"
#include "base/time.h"
#include "cli/output.h"

#include <stdlib.h>

enum {
    WAIT_MS = 500,
    OVERLAP_MS = 5000,
    CLOCK_TOLERANCE_MS = 15 * 60 * 1000,
    MOST_TRACES = 1000,
    TEXT_COLUMNS = 90,
    ID_COLUMNS = 12,
    VERDICT_COLUMNS = 13,
};

struct watch {
    struct orders *orders;
    struct map seen; /* traces' ids, with how many hops they had; hops' ids */
    int64_t newest_ms, left;
    str queue_arn;
};

/* What the table calls it; where it never came there, the message's id. */
static str name_of(struct arena *arena, const struct trace *trace, const struct trace_entry *hop)
{
    str name = trace_entry_order(arena, hop);

    for (size_t i = 0; i < trace->hops.count && !str_present(name); i++)
        name = trace_entry_order(arena, &trace->hops.items[i]);
    for (size_t i = 0; i < trace->hops.count && !str_present(name); i++)
        name = trace->hops.items[i].message_id;
    return str_present(name) ? name : S("");
}

static void print_hop(struct watch *watch, const struct trace *trace, const struct trace_entry *hop)
{
    struct arena *arena = watch->orders->arena;
    bool well = str_equal(hop->verdict, S("ok"));
    str took = timeline_time(arena, hop->at_ms - trace->began_ms);

    printf("%.*s  ", STR_ARGS(output_time(arena, hop->at_ms)));
    output_padded(stdout, output_line(arena, name_of(arena, trace, hop), ID_COLUMNS), ID_COLUMNS);
    fputs("  ", stdout);
    output_padded(stdout, well ? S("stored") : output_text(arena, hop->kind), VERDICT_COLUMNS);
    printf("  %8.*s", STR_ARGS(took));
    if (str_present(hop->reason))
        printf("  %.*s", STR_ARGS(output_line(arena, timeline_sentence(arena, hop->reason), TEXT_COLUMNS)));
    putchar('\n');
    watch->left--;
}

static bool is_worth_a_line(struct arena *arena, const struct trace_entry *hop)
{
    return str_present(trace_entry_order(arena, hop)) || !str_equal(hop->verdict, S("ok"));
}

static void show_trace(struct watch *watch, const struct trace *trace)
{
    for (size_t i = 0; i < trace->hops.count; i++) {
        const struct trace_entry *hop = &trace->hops.items[i];
        if (is_worth_a_line(watch->orders->arena, hop) && !map_put(&watch->seen, hop->id, watch) &&
            watch->left > 0)
            print_hop(watch, trace, hop);
    }
}

/* Read it if it has grown. */
static bool look_at(struct watch *watch, struct trace *trace)
{
    void *count = (void *)(uintptr_t)trace->hop_count;

    if (trace->last_ms > watch->newest_ms)
        watch->newest_ms = trace->last_ms;
    if (map_put(&watch->seen, trace->id, count) == count)
        return true;
    if (!orders_traces_read(watch->orders, trace))
        return false;
    show_trace(watch, trace);
    return true;
}

static bool look(struct watch *watch)
{
    struct trace_list traces = {0};
    struct traces_query query = {
        .resource = watch->queue_arn, .since_ms = watch->newest_ms - OVERLAP_MS, .limit = MOST_TRACES};

    if (!orders_traces_find(watch->orders, &query, &traces))
        return false;
    for (size_t i = traces.count; i > 0; i--)
        if (!look_at(watch, &traces.items[i - 1]))
            return false;
    fflush(stdout);
    return true;
}

int watch_traces(struct orders *orders)
{
    struct watch watch = {.orders = orders, .newest_ms = wall_clock_ms() - CLOCK_TOLERANCE_MS};

    if (!orders_who_am_i(orders))
        return EXIT_FAILURE;
    watch.queue_arn = orders_arn(orders, "sqs", ORDERS_QUEUE);
    struct arena_mark mark = arena_mark(orders->arena);
    bool answered = look(&watch); /* no lines are left: what is there already is only remembered */

    watch.left = orders->arguments->count;
    if (answered)
        fputs("Watching the orders. Ctrl-C ends it.\n", stderr);
    while (answered && watch.left > 0) {
        arena_rewind(orders->arena, mark);
        pause_ms(WAIT_MS);
        answered = look(&watch);
    }
    map_free(&watch.seen);
    return answered ? EXIT_SUCCESS : EXIT_FAILURE;
}
