#pragma once

/*
 * traces.h: what Orderly itself tells of the ways of messages: GET /_orderly/traces.
 *
 * Other endpoints have no such thing; orders_traces_served() asks which kind it is.
 */
#include "orders/cli/orders.h"
#include "wire/json.h"

struct trace_entry {
    str id, kind, verdict;                /* "delivered"; "ok" */
    str resource, message_id, request_id; /* absent where they do not apply */
    str reason;                           /* absent when it went well */
    int64_t at_ms, took_ms, attempt;      /* 0: not told */
    str parent;                           /* the id of the hop that caused it; absent: none */
    const struct json *detail;            /* may be NULL */
};

struct trace {
    str id, outcome;
    int64_t began_ms, last_ms, hop_count;
    struct {
        struct trace_entry *items; /* in order of time; after orders_traces_read() */
        size_t count;
    } hops;
};

/* A hop as it happens. */
struct traces_follower {
    void *context;
    void (*begun)(void *context); /* from now on, no hop is missed */
    /* False: enough. */
    bool (*hop)(void *context, str trace_id, const struct trace_entry *hop);
};

struct trace_list {
    struct trace *items; /* the newest first */
    size_t count;
};

/* Is the endpoint Orderly?  Asked once.  False: it has been said that nobody answered. */
bool orders_traces_served(struct orders *orders, bool *served);
/* What to look for; absent and 0: anything. */
struct traces_query {
    str text, message, resource; /* an order's id; a message's id; an ARN */
    int64_t since_ms;            /* something happened in it since then */
    int64_t limit;               /* how many at most */
};
/* Without their hops.  False: it has been said why. */
bool orders_traces_find(struct orders *orders, const struct traces_query *query, struct trace_list *traces);
/* The trace's hops.  False: it has been said why. */
bool orders_traces_read(struct orders *orders, struct trace *trace);
/* The newest trace with its hops; its id is absent when no trace matches. */
bool orders_traces_newest(struct orders *orders, const struct traces_query *query, struct trace *trace);

/*
 * Follow the hops of traces with that resource until the follower has enough, over a server's restarts.  Each
 * hop is on orders->arena, and gone after it.  False: it has been said why.
 */
bool orders_traces_follow(struct orders *orders, str resource, const struct traces_follower *follower);

/* Is there a hop of that kind? */
bool trace_has_kind(const struct trace *trace, str kind);
/* The reason of the last hop that did not go well; absent when all did. */
str trace_reason(const struct trace *trace);
/* The order that the hop put into the table, or that the function printed; absent when it names none. */
str trace_entry_order(struct arena *arena, const struct trace_entry *entry);
