#pragma once

/*
 * hop.h: one step on the way of a message or an invocation.
 *
 * A way begins with a publish, a send, an invocation, or a request that names its trace in X-Amzn-Trace-Id.
 * Hops are stored in the same transaction as the step itself: when the call fails, its hops are undone with
 * it.
 *
 * Both enums' numbers are stored.  To add a kind or a verdict, see trace/trace.c.
 */
#include "base/str.h"

#include <stdbool.h>
#include <stdint.h>

enum hop_kind {
    HOP_PUBLISHED,
    HOP_DELIVERED, /* to a subscriber */
    HOP_NOT_DELIVERED,
    HOP_DENIED, /* a request in this trace */
    HOP_SENT,   /* to a queue */
    HOP_RECEIVED,
    HOP_INVOKED,
    HOP_RETURNED, /* an invocation, with or without an error */
    HOP_LOGGED,
    HOP_PUT, /* an item */
    HOP_DELETED,
    HOP_DEAD_LETTERED,
    HOP_RETRIED,      /* a failed invocation, or a failed message of a batch, waits for its next attempt */
    HOP_FILTERED_OUT, /* a subscriber's filter policy does not choose the message */
    HOP_EXPIRED,      /* a message has become older than its queue keeps messages */
    HOP_THROTTLED,    /* a message waits, because the function that takes it has no room for it */
    HOP_KINDS,
};

/* The result of the step. */
enum verdict {
    VERDICT_OK,
    VERDICT_FAILED,
    VERDICT_DENIED,
    VERDICT_NOT_DELIVERED,
    VERDICT_THROTTLED,
    VERDICT_TIMED_OUT,
    VERDICT_DEAD_LETTERED,
    VERDICT_FILTERED_OUT, /* as wanted: it is no failure */
    VERDICT_EXPIRED,
    VERDICTS,
};

struct trace_hop {
    enum hop_kind kind;
    enum verdict verdict;
    str trace_id; /* absent: the trace that the request named; without one, no hop is written */
    str resource_arn;
    str message_id, request_id; /* request_id absent: the call's own */
    str reason;                 /* why it failed */
    str detail;                 /* a JSON object */
    str text;                   /* the message; its words are indexed, the text itself is not kept */
    int64_t at_ms;              /* 0: now */
    int64_t duration_ms, attempt;
    int64_t parent; /* the hop that caused it; 0: trace/read.c usually finds it */
    /*
     * When its message was sent, if the trace began with the message; trace_id is absent then.  Such a hop
     * may be written a little after its step, and be lost in a crash.
     */
    int64_t sent_ms;
    bool tells_sent; /* also replaces the message's hop "sent", which is not written yet */
};
