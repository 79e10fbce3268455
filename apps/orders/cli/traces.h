#pragma once

/*
 * traces.h: Orderly's own record of the ways of messages: GET /_orderly/traces.
 *
 * Other endpoints do not have it, and with --auth strict only the administrator may read it;
 * orders_traces_served() finds out.
 */
#include "orders/cli/orders.h"
#include "wire/json.h"

struct trace_entry {
    str id, kind, verdict;                /* "delivered"; "ok" */
    str resource, message_id, request_id; /* absent where they do not apply */
    str reason;                           /* absent on success */
    int64_t at_ms, took_ms, attempt;      /* 0: unknown */
    str parent;                           /* the id of the hop that caused this one, or absent */
    const struct json *detail;            /* may be NULL */
};

struct trace {
    str id, outcome;
    int64_t began_ms, last_ms;
    struct {
        struct trace_entry *items; /* in order of time; filled by orders_traces_read() */
        size_t count;
    } hops;
};

/* A hop as it happens. */
struct traces_follower {
    void *context;
    void (*begun)(void *context); /* called once hops are being received: no later hop is missed */
    /* Gets a hop; false ends the following. */
    bool (*hop)(void *context, str trace_id, const struct trace_entry *hop);
};

struct trace_list {
    struct trace *items; /* the newest first */
    size_t count;
};

/* Is the endpoint Orderly?  Asks once.  False: the endpoint does not answer, which has been printed. */
bool orders_traces_served(struct orders *orders, bool *served);
/* What to search for; absent and 0 match anything. */
struct traces_query {
    str text, message, resource; /* an order's id; a message's id; an ARN */
    int64_t since_ms;            /* the trace has a hop since then */
    int64_t limit;               /* the largest number of traces */
};
/* Traces without their hops.  False: the reason has been printed. */
bool orders_traces_find(struct orders *orders, const struct traces_query *query, struct trace_list *traces);
/* Read the trace's hops.  False: the reason has been printed. */
bool orders_traces_read(struct orders *orders, struct trace *trace);
/* The newest matching trace with its hops; its id is absent when no trace matches. */
bool orders_traces_newest(struct orders *orders, const struct traces_query *query, struct trace *trace);

/*
 * Follow the hops of traces with that resource until the follower returns false, also while the server
 * restarts.  Each hop is on orders->arena, and freed after the call with it.  False: the reason has been
 * printed.
 */
bool orders_traces_follow(struct orders *orders, str resource, const struct traces_follower *follower);

/* Is there a hop of that kind? */
bool trace_has_kind(const struct trace *trace, str kind);
/* The reason of the last hop that failed, or absent. */
str trace_reason(const struct trace *trace);
/*
 * The order id of the item that the hop put into the table, or of the line that the function printed; absent
 * when it has none.
 */
str trace_entry_order(struct arena *arena, const struct trace_entry *entry);
