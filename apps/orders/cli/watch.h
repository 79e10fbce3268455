#pragma once

/*
 * watch.h: following all orders: by the traces of the queue's messages, or by the function's log.
 */
#include "orders/cli/orders.h"

/* Each returns the exit code, when as many lines as asked for have been printed, or a call failed. */
int watch_traces(struct orders *orders);
int watch_log(struct orders *orders);
