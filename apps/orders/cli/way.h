#pragma once

/*
 * way.h: one order's way through the system.
 *
 * Orderly tells it by its traces (way_traces.c). Elsewhere it is put together from the table, the function's
 * log and the dead-letter queue (way_log.c).
 */
#include "orders/cli/dead_letters.h"

enum way_end {
    WAY_UNKNOWN, /* no sign of it */
    WAY_PENDING, /* seen, but neither stored nor given up */
    WAY_STORED,
    WAY_DEAD,
    WAY_LOST, /* it did not reach the queue */
};

/* "dead-lettered" */
const char *way_end_name(enum way_end end);

struct way_step {
    int64_t at_ms;
    str name, resource;       /* "delivered"; an ARN, or what it is in words; absent: nowhere */
    int64_t attempt, took_ms; /* 0: not told */
    str verdict, reason;      /* "ok"; absent when there is nothing to say */
};

struct way {
    str order_id;
    enum way_end end;
    struct dynamodb_attribute_map item; /* count 0 when it is not in the table */
    struct {
        struct way_step *items;
        size_t count;
    } steps;                   /* in order of time */
    str trace_id;              /* absent: not from traces */
    size_t messages;           /* how many messages held this order; the steps are the last one's */
    str reason;                /* why the last attempt did not store it; absent when it did */
    struct dead_letter letter; /* of WAY_DEAD, where it was looked for */
    size_t letters_looked_at;  /* each counts one receive more */
};

/* `look_for_dead`: also into the dead-letter queue where that must be. False: it has been said why. */
bool way_find(struct orders *orders, str order_id, bool look_for_dead, struct way *way);

/* The two sources, after the item is known. False: it has been said why. */
bool way_from_traces(struct orders *orders, struct way *way);
bool way_from_log(struct orders *orders, bool look_for_dead, struct way *way);
