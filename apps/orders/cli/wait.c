/*
 * wait.c: `orderly orders wait`: until every order of a file is where it belongs.
 *
 * Orders are looked for one after the other, each until it is there: so waiting for many costs one
 * read for each, and little more.
 */
#include "orders/cli/commands.h"
#include "orders/cli/orders.h"

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
    size_t stored;        /* so many of them, from the first on, are in the table */
    int64_t dead_letters; /* in the queue */
    int64_t began_us, until_us;
    struct progress progress;
};

/* Lines that are no orders will not be in the table: they are not waited for. */
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

/* As far as the first that is not there. False: a call failed. */
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

static void report(const struct wait *wait)
{
    str took = output_duration(wait->orders->arena, monotonic_us() - wait->began_us);

    printf("After %.*s: ", STR_ARGS(took));
    if (wait->stored == wait->order_ids.count)
        printf("all %zu orders are in the table", wait->order_ids.count);
    else
        printf("order %.*s is not in the table", STR_ARGS(wait->order_ids.items[wait->stored]));
    printf(", %lld %s in " ORDERS_DEAD_LETTERS ".\n", (long long)wait->dead_letters,
           wait->dead_letters == 1 ? "message" : "messages");
}

int orders_wait(struct orders *orders)
{
    struct wait wait = {.orders = orders, .began_us = monotonic_us()};

    wait.until_us = wait.began_us + orders->arguments->wait_seconds * 1000000;
    if (!read_order_ids(&wait))
        return EXIT_FAILURE;
    wait.progress = progress_begin("waiting", NULL, (int64_t)wait.order_ids.count);
    bool answered;
    while ((answered = look(&wait)) && !is_over(&wait) && monotonic_us() < wait.until_us)
        pause_ms(WAIT_MS);
    progress_end(&wait.progress);
    if (!answered)
        return EXIT_FAILURE;
    report(&wait);
    return is_over(&wait) ? EXIT_SUCCESS : EXIT_FAILURE;
}
