#pragma once

/*
 * watch.h: following all orders: by the traces of the queue's messages, or by the function's log.
 */
#include "orders/cli/orders.h"

/* Each returns the exit code, when the wanted number of lines has been printed, or a call has failed. */
int watch_traces(struct orders *orders);
int watch_log(struct orders *orders);
