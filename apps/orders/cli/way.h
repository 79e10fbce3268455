#pragma once

/*
 * way.h: one order's way through the system, put together from the table, the function's log and the
 * dead-letter queue.
 */
#include "orders/cli/dead_letters.h"
#include "orders/cli/function_log.h"

enum way_end {
    WAY_UNKNOWN, /* no trace of it */
    WAY_PENDING, /* seen, but neither stored nor dead */
    WAY_STORED,
    WAY_DEAD,
};

struct hop {
    const char *name; /* "published" */
    str detail;       /* absent where there is nothing to add */
    int64_t ms;
};

struct way {
    str order_id;
    enum way_end end;
    struct dynamodb_attribute_map item; /* count 0 when it is not in the table */
    struct {
        struct hop *items;
        size_t count;
    } hops;          /* in order of time */
    size_t messages; /* how many messages with this order the log knows; the hops are the last one's */
    str reason;      /* why the last try did not store it */
    struct dead_letter letter; /* of WAY_DEAD */
    size_t letters_looked_at;  /* each counts one receive more */
};

/* `look_for_dead`: also into the dead-letter queue, unless it is stored. False: it has been said why. */
bool way_find(struct orders *orders, str order_id, bool look_for_dead, struct way *way);
