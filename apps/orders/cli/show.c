/*
 * show.c: `orderly orders show ORDER`.
 */
#include "orders/cli/commands.h"
#include "orders/cli/items.h"
#include "orders/cli/way.h"

#include "base/time.h"
#include "cli/output.h"

#include <stdlib.h>

enum { WAIT_MS = 100, LOOKS_PER_DEAD_LOOK = 20, DETAIL_COLUMNS = 90 };

static const char *end_name(enum way_end end)
{
    switch (end) {
    case WAY_UNKNOWN:
        return "unknown";
    case WAY_PENDING:
        return "on its way";
    case WAY_STORED:
        return "stored";
    case WAY_DEAD:
        return "dead-lettered";
    }
    return "";
}

/* ---- for people ---- */

static void print_item(struct orders *orders, const struct way *way)
{
    struct json_writer writer = json_writer_in(orders->arena);

    item_write_json(&writer, &way->item);
    printf("  %.*s\n", STR_ARGS(output_text(orders->arena, json_written(&writer))));
}

static void print_hops(struct orders *orders, const struct way *way)
{
    for (size_t i = 0; i < way->hops.count; i++) {
        const struct hop *hop = &way->hops.items[i];
        str time = output_time(orders->arena, hop->ms);
        str since = arena_format(orders->arena, "+%lld ms", (long long)(hop->ms - way->hops.items[0].ms));
        str detail = output_line(orders->arena, str_trim(hop->detail), DETAIL_COLUMNS);
        printf("  %10.*s  %-17s %.*s%s%.*s\n", STR_ARGS(since), hop->name, STR_ARGS(time),
               str_empty(detail) ? "" : "  ", STR_ARGS(detail));
    }
}

static void print_dead(struct orders *orders, const struct way *way)
{
    str body = output_line(orders->arena, str_trim(way->letter.text), DETAIL_COLUMNS);

    printf("  It is in " ORDERS_DEAD_LETTERS ": %.*s\n", STR_ARGS(body));
    if (str_present(way->reason))
        printf("  Because: %.*s\n", STR_ARGS(output_line(orders->arena, way->reason, DETAIL_COLUMNS)));
    puts("  `orderly orders dlq --redrive` sends it again.");
}

static void print_way(struct orders *orders, const struct way *way)
{
    str id = output_text(orders->arena, way->order_id);

    printf("Order %.*s: %s\n", STR_ARGS(id), end_name(way->end));
    if (way->item.count > 0)
        print_item(orders, way);
    if (way->end == WAY_UNKNOWN)
        puts("  It is not in the table, not in the function's log, not in the dead-letter queue. It may wait "
             "in the\n"
             "  queue, or was never published.");
    if (way->end == WAY_PENDING)
        puts("  It was tried and will be tried again.");
    if (way->hops.count > 0)
        putchar('\n');
    print_hops(orders, way);
    if (way->end == WAY_DEAD)
        print_dead(orders, way);
    if (way->messages > 1)
        printf("  It was published %zu times; this is the last.\n", way->messages);
    if (way->letters_looked_at > 0)
        printf("  Looking into " ORDERS_DEAD_LETTERS " counted as one more receive of %zu %s there.\n",
               way->letters_looked_at, way->letters_looked_at == 1 ? "message" : "messages");
}

/* ---- for scripts ---- */

static void write_hops(struct json_writer *writer, const struct way *way)
{
    json_name(writer, S("hops"));
    json_open_array(writer);
    for (size_t i = 0; i < way->hops.count; i++) {
        const struct hop *hop = &way->hops.items[i];
        json_open_object(writer);
        json_field(writer, S("hop"), str_of(hop->name));
        json_name(writer, S("at"));
        json_i64(writer, hop->ms);
        json_name(writer, S("afterMs"));
        json_i64(writer, hop->ms - way->hops.items[0].ms);
        json_field(writer, S("detail"), hop->detail);
        json_close_object(writer);
    }
    json_close_array(writer);
}

static void print_json(struct orders *orders, const struct way *way)
{
    struct json_writer writer = json_writer_in(orders->arena);

    json_open_object(&writer);
    json_field(&writer, S("orderId"), way->order_id);
    json_field(&writer, S("end"), str_of(end_name(way->end)));
    if (way->item.count > 0) {
        json_name(&writer, S("item"));
        item_write_json(&writer, &way->item);
    }
    write_hops(&writer, way);
    json_field(&writer, S("reason"), way->reason);
    if (way->end == WAY_DEAD)
        json_field(&writer, S("deadLetter"), way->letter.body);
    json_close_object(&writer);
    printf("%.*s\n", STR_ARGS(json_written(&writer)));
}

/* ---- both ---- */

static bool has_ended(const struct way *way)
{
    return (way->end == WAY_STORED && way->hops.count > 0) || way->end == WAY_DEAD;
}

/* Look until the order has ended, or time is up. Looks into the dead-letter queue seldom: each counts. */
static bool find_with_patience(struct orders *orders, struct way *way)
{
    int64_t until_us = monotonic_us() + orders->arguments->wait_seconds * 1000000;
    str order_id = str_of(orders->arguments->operand);
    struct arena_mark mark = arena_mark(orders->arena);

    for (unsigned look = 1;; look++) {
        bool last = monotonic_us() >= until_us;
        if (!way_find(orders, order_id, last || look % LOOKS_PER_DEAD_LOOK == 0, way))
            return false;
        if (last || has_ended(way))
            return true;
        arena_rewind(orders->arena, mark);
        pause_ms(WAIT_MS);
    }
}

int orders_show(struct orders *orders)
{
    struct way way;

    if (!find_with_patience(orders, &way))
        return EXIT_FAILURE;
    if (orders->arguments->json)
        print_json(orders, &way);
    else
        print_way(orders, &way);
    return way.end == WAY_UNKNOWN ? EXIT_FAILURE : EXIT_SUCCESS;
}
