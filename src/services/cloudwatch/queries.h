#pragma once

/*
 * queries.h: metrics and expressions over one range of time, as GetMetricData and alarms ask for them.
 */
#include "cloudwatch_internal.h"
#include "math_expression.h"

enum { QUERIES_MOST = 500, QUERIES_MOST_DATAPOINTS = 100800 };

struct answer {
    enum { UNKNOWN, BEING_COMPUTED, KNOWN, WRONG } state;
    struct math_value value;
    const char *problem; /* of a WRONG one */
};

struct queries {
    const struct call *call;
    const struct cloudwatch_metric_data_query_list *list;
    int64_t start_ms, end_ms;
    int64_t from_s, end_s;  /* the part of the range that is read, unless... */
    bool reads_all;         /* all of it is */
    struct answer *answers; /* one for each query */
    unsigned depth;         /* of expressions within expressions */
    unsigned bands;         /* that were computed, */
    bool has_no_bands;      /* unless they are empty */
    bool is_past;           /* these are the queries over the time before the range */
};

/* The queries of a range, all of which is read. */
struct queries cloudwatch_queries(const struct call *call,
                                  const struct cloudwatch_metric_data_query_list *list, int64_t start_ms,
                                  int64_t end_ms);
/* Is each of them well formed by itself?  False: fail() has been called. */
bool cloudwatch_queries_check(const struct queries *queries);
/* Fail with a ValidationError; returns false. */
bool cloudwatch_refuse(const struct call *call, str sentence);
/* The answer to one query; it is computed when it is asked for first. */
const struct answer *cloudwatch_query_answer(struct queries *queries, size_t number);
/* False if it has no answer: fail() has been called. */
bool cloudwatch_query_is_right(struct queries *queries, size_t number);
/* The series of an answer that is right.  False if it is a number: fail() has been called. */
bool cloudwatch_query_series(struct queries *queries, size_t number, struct math_value *value);
/* In what steps a query is answered, and how many seconds a row covers that is read for it. */
int64_t cloudwatch_query_period_s(const struct cloudwatch_metric_data_query *query);
int64_t cloudwatch_query_row_s(const struct queries *queries,
                               const struct cloudwatch_metric_data_query *query);

/*
 * An alarm's queries: well formed, with one result, beside the band that is its threshold (absent: it has
 * none)?  False: fail() has been called.
 */
bool cloudwatch_alarm_queries_check(const struct call *call,
                                    const struct cloudwatch_metric_data_query_list *list, str threshold_id);
/* The series of that result; false: an expression cannot be computed. */
bool cloudwatch_alarm_series(const struct call *call, const struct cloudwatch_metric_data_query_list *list,
                             str threshold_id, int64_t start_ms, int64_t end_ms,
                             struct series_values *series);
/* The band that is the alarm's threshold, as two series: upper and lower.  False: it cannot be computed. */
bool cloudwatch_alarm_band(const struct call *call, const struct cloudwatch_metric_data_query_list *list,
                           str id, int64_t start_ms, int64_t end_ms, struct series_values band[2]);
