/*
 * wait.c: `orderly orders wait`: waits until every order of a file is in the table.
 *
 * Orders are looked up one after the other, each until it is in the table: so waiting for many orders costs
 * little more than one read for each.  Where the endpoint has traces, an order that was given up is not
 * waited for.
 */
#include "orders/cli/commands.h"
#include "orders/cli/traces.h"
#include "orders/cli/way.h"

#include "base/list.h"
#include "base/time.h"
#include "cli/output.h"
#include "client/file.h"
#include "wire/json.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { WAIT_MS = 100 };

struct wait {
    struct orders *orders;
    struct str_list order_ids;
    size_t stored;        /* the number of orders, from the first on, that are in the table */
    int64_t dead_letters; /* in the queue */
    int64_t began_us, until_us;
    struct progress progress;
};

/* Lines that are not orders are skipped: they will never be in the table. */
static bool read_order_ids(struct wait *wait)
{
    struct orders *orders = wait->orders;
    const char *path = orders->arguments->file;
    str content = S(""), line;

    if (path && !file_read(orders->arena, path, &content)) {
        fprintf(stderr, "orderly: %s cannot be read: %s.\n", path, strerror(errno));
        return false;
    }
    while (str_next(&content, '\n', &line)) {
        str id = json_get_str(json_parse(orders->arena, str_trim(line), NULL), S("orderId"));
        if (str_present(id))
            *list_add(orders->arena, &wait->order_ids) = id;
    }
    return true;
}

/* Look up orders, up to the first that is missing.  False: a call failed. */
static bool look(struct wait *wait)
{
    struct orders *orders = wait->orders;
    struct arena_mark mark = arena_mark(orders->arena);
    bool there = true;

    while (there && wait->stored < wait->order_ids.count) {
        struct dynamodb_attribute_map item;
        if (!orders_get(orders, wait->order_ids.items[wait->stored], &item))
            return false;
        there = item.count > 0;
        wait->stored += there;
        arena_rewind(orders->arena, mark);
        progress_show(&wait->progress, (int64_t)wait->stored);
    }
    bool known = orders_queue_length(orders, ORDERS_DEAD_LETTERS, &wait->dead_letters);
    arena_rewind(orders->arena, mark);
    return known;
}

static bool is_over(const struct wait *wait)
{
    return wait->stored == wait->order_ids.count &&
           wait->dead_letters >= wait->orders->arguments->dead_letters;
}

/* *ended: the first missing order was given up.  False: the reason why this is unknown has been printed. */
static bool look_for_end(struct wait *wait, bool *ended)
{
    struct orders *orders = wait->orders;
    struct arena_mark mark = arena_mark(orders->arena);
    struct way way = {0};
    bool traced = false;

    *ended = false;
    if (wait->stored == wait->order_ids.count)
        return true;
    if (!orders_traces_served(orders, &traced))
        return false;
    if (traced && !way_find(orders, wait->order_ids.items[wait->stored], false, &way))
        return false;
    *ended = way_is_given_up(way.end);
    arena_rewind(orders->arena, mark);
    return true;
}

static void report_missing(const struct wait *wait)
{
    struct orders *orders = wait->orders;
    str id = wait->order_ids.items[wait->stored];
    struct way way = {0};
    bool traced = false;

    printf("order %.*s is not in the table", STR_ARGS(output_text(orders->arena, id)));
    if (orders_traces_served(orders, &traced) && traced && way_find(orders, id, false, &way))
        printf(" (%s)", way_end_name(way.end));
}

static void report(const struct wait *wait)
{
    str took = output_duration(wait->orders->arena, monotonic_us() - wait->began_us);

    printf("After %.*s: ", STR_ARGS(took));
    if (wait->stored < wait->order_ids.count)
        report_missing(wait);
    else if (wait->stored > 0)
        printf("all %zu orders are in the table", wait->order_ids.count);
    printf("%s%lld %s in " ORDERS_DEAD_LETTERS ".\n", wait->order_ids.count ? ", " : "",
           (long long)wait->dead_letters, wait->dead_letters == 1 ? "message" : "messages");
}

int orders_wait(struct orders *orders)
{
    struct wait wait = {.orders = orders, .began_us = monotonic_us()};

    wait.until_us = wait.began_us + orders->arguments->wait_seconds * 1000000;
    if (!read_order_ids(&wait))
        return EXIT_FAILURE;
    wait.progress = progress_begin("waiting", NULL, (int64_t)wait.order_ids.count);
    bool answered, ended = false;
    while ((answered = look(&wait) && look_for_end(&wait, &ended)) && !ended && !is_over(&wait) &&
           monotonic_us() < wait.until_us)
        pause_ms(WAIT_MS);
    progress_end(&wait.progress);
    if (!answered)
        return EXIT_FAILURE;
    report(&wait);
    return is_over(&wait) ? EXIT_SUCCESS : EXIT_FAILURE;
}
