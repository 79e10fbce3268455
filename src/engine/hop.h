#pragma once

/*
 * hop.h: one step on the way of a message or an invocation.
 *
 * A way begins with a publish, a send, an invocation, or a request that names its trace in X-Amzn-Trace-Id.
 * Hops are stored with what they tell of: when the call fails, its hops are undone with it.
 *
 * The numbers of both enums are stored: add to their ends only, and to the names in trace.c.
 */
#include "base/str.h"

#include <stdbool.h>
#include <stdint.h>

enum hop_kind {
    HOP_PUBLISHED,
    HOP_DELIVERED, /* to a subscriber */
    HOP_NOT_DELIVERED,
    HOP_DENIED, /* a request of this trace */
    HOP_SENT,   /* to a queue */
    HOP_RECEIVED,
    HOP_INVOKED,
    HOP_RETURNED, /* an invocation, well or not */
    HOP_LOGGED,
    HOP_PUT, /* an item */
    HOP_DELETED,
    HOP_DEAD_LETTERED,
    HOP_RETRIED, /* a failed invocation, or a message that failed in its batch, waits for its next attempt */
    HOP_KINDS,
};

/* How it ended. */
enum verdict {
    VERDICT_OK,
    VERDICT_FAILED,
    VERDICT_DENIED,
    VERDICT_NOT_DELIVERED,
    VERDICT_THROTTLED,
    VERDICT_TIMED_OUT,
    VERDICT_DEAD_LETTERED,
    VERDICTS,
};

struct trace_hop {
    enum hop_kind kind;
    enum verdict verdict;
    str trace_id; /* absent: that of the request, if it named one; else there is no hop */
    str resource_arn;
    str message_id, request_id; /* request_id absent: the call's own */
    str reason;                 /* why it did not go well */
    str detail;                 /* a JSON object */
    str text;                   /* the message; the trace is found by its words, which alone are kept */
    int64_t at_ms;              /* 0: now */
    int64_t duration_ms, attempt;
    int64_t parent; /* the hop that caused it; 0: see trace_read.c, which finds most */
    /*
     * When its message was sent, if the trace began with that; trace_id is absent then.  Such a hop may be
     * written a little later than what it tells of, and be lost in a crash.
     */
    int64_t sent_ms;
    bool
        tells_sent; /* that hop of the message is not written yet: this one, which has its text, tells both */
};
