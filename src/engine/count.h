#pragma once

/*
 * count.h: metrics of services, in CloudWatch's form.
 *
 *     static const struct metric sent = {"AWS/SQS", "NumberOfMessagesSent", "QueueName", "Count"};
 *     count(call, &sent, queue_name, 1);
 *
 * Counts are summed in memory for each minute of the engine's clock and stored at its end, or when the server
 * stops; a kill loses up to a minute.  A failed call counts nothing.  Only calls that write may count.
 *
 * To add a metric, define one as above and call count() where the thing happens.
 */
#include "base/str.h"

struct call;

struct metric {
    const char *name_space, *name, *dimension, *unit;
};

/* of: the dimension's value.  The account and the region are the call's. */
void count(const struct call *call, const struct metric *metric, str of, double value);
