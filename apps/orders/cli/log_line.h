#pragma once

/*
 * log_line.h: which order a line of the function's log is about, and what it says about the order.
 *
 * The C function writes a JSON object for each message (apps/orders/functions/README.md). The other functions
 * write text that mentions the order; Lambda itself writes START and REPORT around it.
 */
#include "base/arena.h"

enum log_kind {
    LOG_OTHER,
    LOG_OUTCOME, /* the C function's line: all members below are known */
    LOG_MENTION, /* text that names an order */
    LOG_START,   /* of an invocation */
    LOG_REPORT,
    LOG_PROBLEM, /* an error or a time-out */
};

struct log_line {
    enum log_kind kind;
    str text, stream, event_id;
    int64_t logged_ms;
    str order_id, message_id, request_id, outcome, reason; /* absent where the line lacks them */
    int64_t published_ms, queued_ms, received_ms, started_ms, stored_ms; /* -1 where the line lacks them */
    int64_t receive_count;
};

struct log_lines {
    struct log_line *items;
    size_t count;
};

/* Parse one line. */
struct log_line log_line_read(struct arena *arena, str text, int64_t logged_ms);
