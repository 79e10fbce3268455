#pragma once

/*
 * function_log.h: reading the function's log.
 */
#include "orders/cli/log_line.h"
#include "orders/cli/orders.h"

struct log_query {
    str words;              /* a term that the line must contain; absent: any line */
    str stream;             /* absent: all streams */
    int64_t from_ms, to_ms; /* 0: no bound */
};
/*
 * Append the lines that match, oldest first.  False: orders->failure says why.  A missing log counts as
 * empty.
 */
bool log_read(struct orders *orders, const struct log_query *query, struct log_lines *lines);
