/*
 * watch_log.c: follows the function's log, for endpoints without traces.
 *
 * Events may arrive late and out of order, so each read begins a little before the newest known event, and
 * the ids of events that have been shown are remembered.
 */
#include "orders/cli/function_log.h"
#include "orders/cli/items.h"
#include "orders/cli/watch.h"

#include "base/map.h"
#include "base/time.h"
#include "cli/output.h"

#include <stdlib.h>

enum {
    WAIT_MS = 500,
    OVERLAP_MS = 5000,
    CLOCK_TOLERANCE_MS = 15 * 60 * 1000,
    MAX_ITEMS_PER_LOOK = 25,
    TEXT_COLUMNS = 70
};

struct watch {
    struct orders *orders;
    struct map shown; /* the ids of shown events; the values are not used */
    int64_t newest_ms;
    int64_t left;      /* lines still to print */
    size_t items_left; /* items still to fetch in this read */
};

/* "Laptop × 1", or "" when the item is not read or not in the table. */
static str describe(struct watch *watch, str order_id)
{
    struct dynamodb_attribute_map item = {0};

    if (watch->items_left == 0)
        return S("");
    watch->items_left--;
    if (!orders_get(watch->orders, order_id, &item) || item.count == 0)
        return S("");
    return arena_format(watch->orders->arena, "%.*s × %.*s", STR_ARGS(item_text(&item, S("itemName"))),
                        STR_ARGS(item_text(&item, S("quantity"))));
}

static void print_outcome(struct watch *watch, const struct log_line *line)
{
    struct arena *arena = watch->orders->arena;
    str id = str_present(line->order_id) ? output_line(arena, line->order_id, TEXT_COLUMNS) : S("(no order)");
    str took = S(""), more;

    if (line->published_ms >= 0 && line->stored_ms >= 0)
        took = arena_format(arena, "%lld ms", (long long)(line->stored_ms - line->published_ms));
    more = line->stored_ms >= 0 ? describe(watch, line->order_id) : line->reason;
    output_padded(stdout, id, 12);
    printf("  %-9.*s %8.*s  %.*s\n", STR_ARGS(line->outcome), STR_ARGS(took),
           STR_ARGS(output_line(arena, more, TEXT_COLUMNS)));
}

static void print_text(struct watch *watch, const struct log_line *line)
{
    struct arena *arena = watch->orders->arena;
    bool names = str_present(line->order_id);

    output_padded(stdout, names ? output_line(arena, line->order_id, TEXT_COLUMNS) : S("-"), 12);
    printf("  %s%.*s\n", line->kind == LOG_PROBLEM ? "problem   " : "",
           STR_ARGS(output_line(arena, line->text, TEXT_COLUMNS)));
}

static void show_line(struct watch *watch, const struct log_line *line)
{
    bool known = map_put(&watch->shown, line->event_id, watch) != NULL;

    if (line->logged_ms > watch->newest_ms)
        watch->newest_ms = line->logged_ms;
    if (known || watch->left == 0 || line->kind == LOG_OTHER || line->kind == LOG_START ||
        line->kind == LOG_REPORT)
        return;
    watch->left--;
    printf("%.*s  ", STR_ARGS(output_time(watch->orders->arena, line->logged_ms)));
    if (line->kind == LOG_OUTCOME)
        print_outcome(watch, line);
    else
        print_text(watch, line);
}

static bool look(struct watch *watch)
{
    struct log_lines lines = {0};
    struct log_query query = {.from_ms = watch->newest_ms - OVERLAP_MS};

    if (!log_read(watch->orders, &query, &lines))
        return orders_complain(watch->orders, "Reading the function's log");
    watch->items_left = MAX_ITEMS_PER_LOOK;
    for (size_t i = 0; i < lines.count; i++)
        show_line(watch, &lines.items[i]);
    fflush(stdout);
    return true;
}

int watch_log(struct orders *orders)
{
    struct watch watch = {.orders = orders, .newest_ms = wall_clock_ms() - CLOCK_TOLERANCE_MS};
    struct arena_mark mark = arena_mark(orders->arena);
    bool answered = look(&watch); /* print nothing yet: remember the events that exist already */

    watch.left = orders->arguments->count;
    if (answered)
        fprintf(stderr, "Watching the log of %s. Ctrl-C ends it.\n", ORDERS_FUNCTION);
    while (answered && watch.left > 0) {
        arena_rewind(orders->arena, mark);
        pause_ms(WAIT_MS);
        answered = look(&watch);
    }
    map_free(&watch.shown);
    return answered ? EXIT_SUCCESS : EXIT_FAILURE;
}
