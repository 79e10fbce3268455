/*
 * watch_traces.c: prints a line for each order that reaches the table, and for each step that fails.
 *
 * The server sends each hop as it happens; the line's further details come from the hop's trace.
 */
#include "orders/cli/timeline.h"
#include "orders/cli/traces.h"
#include "orders/cli/watch.h"

#include "cli/output.h"

#include <stdlib.h>

enum { TEXT_COLUMNS = 90, ID_COLUMNS = 12, VERDICT_COLUMNS = 13 };

struct watch {
    struct orders *orders;
    int64_t left; /* lines still to print */
    bool failed;
};

/* The order's id in the table; the message's id for an order that did not reach the table. */
static str name_of(struct arena *arena, const struct trace *trace, const struct trace_entry *hop)
{
    str name = trace_entry_order(arena, hop);

    for (size_t i = 0; i < trace->hops.count && !str_present(name); i++)
        name = trace_entry_order(arena, &trace->hops.items[i]);
    for (size_t i = 0; i < trace->hops.count && !str_present(name); i++)
        name = trace->hops.items[i].message_id;
    return str_present(name) ? name : S("");
}

static int64_t began_of(const struct trace *trace)
{
    return trace->hops.count > 0 ? trace->hops.items[0].at_ms : 0;
}

static void print_hop(struct watch *watch, const struct trace *trace, const struct trace_entry *hop)
{
    struct arena *arena = watch->orders->arena;
    bool well = str_equal(hop->verdict, S("ok"));
    str took = timeline_time(arena, hop->at_ms - began_of(trace));

    printf("%.*s  ", STR_ARGS(output_time(arena, hop->at_ms)));
    output_padded(stdout, output_line(arena, name_of(arena, trace, hop), ID_COLUMNS), ID_COLUMNS);
    fputs("  ", stdout);
    output_padded(stdout, well ? S("stored") : output_text(arena, hop->kind), VERDICT_COLUMNS);
    printf("  %8.*s", STR_ARGS(took));
    if (str_present(hop->reason))
        printf("  %.*s", STR_ARGS(output_line(arena, timeline_sentence(arena, hop->reason), TEXT_COLUMNS)));
    putchar('\n');
    fflush(stdout);
    watch->left--;
}

static bool is_worth_a_line(struct arena *arena, const struct trace_entry *hop)
{
    return str_present(trace_entry_order(arena, hop)) || !str_equal(hop->verdict, S("ok"));
}

static bool show_hop(void *context, str trace_id, const struct trace_entry *hop)
{
    struct watch *watch = context;
    struct trace trace = {.id = trace_id};

    if (!is_worth_a_line(watch->orders->arena, hop))
        return true;
    watch->failed = !orders_traces_read(watch->orders, &trace);
    if (!watch->failed)
        print_hop(watch, &trace, hop);
    return !watch->failed && watch->left > 0;
}

static void say_begun(void *context)
{
    (void)context;
    fputs("Watching the orders. Ctrl-C ends it.\n", stderr);
}

int watch_traces(struct orders *orders)
{
    struct watch watch = {.orders = orders, .left = orders->arguments->count};
    struct traces_follower follower = {&watch, say_begun, show_hop};

    if (!orders_who_am_i(orders))
        return EXIT_FAILURE;
    bool good = orders_traces_follow(orders, orders_arn(orders, "sqs", ORDERS_QUEUE), &follower);
    return good && !watch.failed ? EXIT_SUCCESS : EXIT_FAILURE;
}
