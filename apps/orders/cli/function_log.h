#pragma once

/*
 * function_log.h: reading the function's log.
 */
#include "orders/cli/log_line.h"
#include "orders/cli/orders.h"

struct log_query {
    str words;              /* a term that must be in the line; absent: any line */
    str stream;             /* absent: all */
    int64_t from_ms, to_ms; /* 0: no bound */
};
/* Appends what is found, oldest first. False: orders->failure says why; a log that is not there yet is empty.
 */
bool log_read(struct orders *orders, const struct log_query *query, struct log_lines *lines);
