#pragma once

/*
 * count.h: metrics of services, in CloudWatch's form.
 *
 *     static const struct metric sent = {"AWS/SQS", "NumberOfMessagesSent", "QueueName", "Count"};
 *     count(call, &sent, queue_name, 1);
 *
 * Counts are summed in memory for each minute of the engine's clock and stored at its end, or when the server
 * stops; a kill loses up to a minute.  A failed call counts nothing with count(); count_at_once() counts in
 * any case.
 *
 * To add a metric, define one as above and call count() where the thing happens.  What can be told only when
 * a request has ended (how long it took, with which error) is counted in the module's request_ended().
 */
#include "base/str.h"

struct call;

struct metric {
    const char *name_space, *name;
    /*
     * The names of the dimensions, or NULL.  `of` is the value of the first one.  The value of a second one
     * is
     * - the name of the call's operation: "TableName,Operation", or, under another name,
     *   "Service,Operation:Resource";
     * - always the same: "Service,Type=API", also as the first of all: "Type=API,Service";
     * - in `of`, too, which is both values with a slash between them: "TableName,IndexName".
     */
    const char *dimension;
    const char *unit; /* "Milliseconds": the values are kept, too, so that there are percentiles */
};

struct counted_value {
    double value, weight;
};

/* of: the dimension's value.  The account and the region are the call's.  Not in a prepare function. */
void count(const struct call *call, const struct metric *metric, str of, double value);
/* The same on any thread, and kept when the call fails. */
void count_at_once(const struct call *call, const struct metric *metric, str of, double value);

/* The sums of what was counted of one metric of one resource in a minute, for module.counted. */
struct counted_minute {
    int64_t began_ms;
    str account, region, name_space, name, unit;
    struct {
        str name, value;
    } dimensions[4];
    size_t dimension_count;
    int64_t count;
    double sum, least, most;
    const struct counted_value *values; /* sorted; NULL: they are not known */
    size_t value_count;                 /* at most 400 */
};
