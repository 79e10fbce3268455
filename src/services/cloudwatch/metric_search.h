#pragma once

/*
 * metric_search.h: finding metrics by a search expression, `{AWS/SQS,QueueName}
 * MetricName="NumberOfMessagesSent" OR age`.
 *
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/search-expression-syntax.html
 */
#include "cloudwatch_internal.h"

struct metric_search;

/* NULL: *problem says why. */
const struct metric_search *cloudwatch_search_parse(struct arena *arena, str text, const char **problem);
/* The metrics that match, at most so many, in the order of their namespaces, names and dimensions. */
struct cloudwatch_metric_list cloudwatch_search_run(const struct call *call,
                                                    const struct metric_search *search, size_t most);
