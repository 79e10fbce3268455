#pragma once

/*
 * count.h: metrics of services, in the form in which CloudWatch has them.
 *
 *     static const struct metric sent = {"AWS/SQS", "NumberOfMessagesSent", "QueueName", "Count"};
 *     count(call, &sent, queue_name, 1);
 *
 * What is counted is summed in memory for each minute of the engine's clock and stored when it is over, or
 * when the server stops; a kill loses up to a minute.  A call that fails has counted nothing.  Only calls
 * that write may count.
 */
#include "base/str.h"

struct call;

struct metric {
    const char *name_space, *name, *dimension, *unit;
};

/* of: the dimension's value.  The account and the region are the call's. */
void count(const struct call *call, const struct metric *metric, str of, double value);
