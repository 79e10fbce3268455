#pragma once

/*
 * way.h: one order's way through the system.
 *
 * With Orderly it comes from the traces (way_traces.c). With other endpoints it is reconstructed from the
 * table, the function's log and the dead-letter queue (way_log.c).
 */
#include "orders/cli/dead_letters.h"

enum way_end {
    WAY_UNKNOWN, /* no sign of the order */
    WAY_PENDING, /* seen, but neither stored nor given up */
    WAY_STORED,
    WAY_DEAD,
    WAY_LOST,    /* did not reach the queue */
    WAY_EXPIRED, /* no queue kept it any longer */
};
/* Nothing happens to the order any more, and it is not stored. */
bool way_is_given_up(enum way_end end);

/* "dead-lettered" */
const char *way_end_name(enum way_end end);

struct way_step {
    int64_t at_ms;
    str name, resource;       /* "delivered"; an ARN or a description, absent if it has no place */
    int64_t attempt, took_ms; /* 0: unknown */
    str verdict, reason;      /* "ok"; both may be absent */
};

struct way {
    str order_id;
    enum way_end end;
    struct dynamodb_attribute_map item; /* count 0 when the table lacks it */
    struct {
        struct way_step *items;
        size_t count;
    } steps;         /* in order of time */
    str trace_id;    /* absent unless it comes from traces */
    size_t messages; /* the number of messages with this order; the steps are those of the last message */
    str reason;      /* why the last attempt failed; absent when it stored the order */
    struct dead_letter letter; /* of WAY_DEAD, if the queue was read */
    size_t letters_looked_at;  /* in the queue; each look counts as a receive */
};

/* `look_for_dead`: also look into the dead-letter queue if needed.  False: the reason has been printed. */
bool way_find(struct orders *orders, str order_id, bool look_for_dead, struct way *way);

/* The two sources; call them once the item is known.  False: the reason has been printed. */
bool way_from_traces(struct orders *orders, struct way *way);
bool way_from_log(struct orders *orders, bool look_for_dead, struct way *way);
