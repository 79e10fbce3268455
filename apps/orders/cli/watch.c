/*
 * watch.c: `orderly orders watch`.
 */
#include "orders/cli/watch.h"

#include "orders/cli/commands.h"
#include "orders/cli/traces.h"

#include <stdlib.h>

int orders_watch(struct orders *orders)
{
    bool traced;

    if (!orders_traces_served(orders, &traced))
        return EXIT_FAILURE;
    return traced ? watch_traces(orders) : watch_log(orders);
}
