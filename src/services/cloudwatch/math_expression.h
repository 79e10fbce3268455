#pragma once

/*
 * math_expression.h: metric math, over the series of one request.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html
 */
#include "base/arena.h"

struct cloudwatch_metric;

/* Values at times; the times ascend. */
struct series_values {
    str id, label;
    str units; /* absent unless there are several: "[Count, Seconds]"; the values are those of the first */
    const struct cloudwatch_metric *metric; /* NULL: of an expression */
    str stat;
    int64_t period_s;
    int64_t *at_s;
    double *values;
    size_t count;
    bool dropped; /* some values were not numbers, and have no point */
};

/* What an expression is: a number, one series, or several. */
struct math_value {
    enum math_kind { MATH_NUMBER, MATH_SERIES, MATH_SEVERAL } kind;
    double number;
    struct series_values *series; /* one, or `count` of them */
    size_t count;
};

struct math_search {
    str text, stat;
    int64_t period_s;
};

/* The times of a series that has a value in each period. */
struct math_grid {
    int64_t start_s, end_s, period_s;
};

struct math_scope {
    struct arena *arena;
    /* The value with that id, or NULL: unknown, or it refers to the expression itself. */
    const struct math_value *(*find)(void *context, str id);
    /* The metrics of the request, for METRICS(); part: a part of their ids, or absent. */
    struct math_value (*metrics)(void *context, str part);
    /* The series that SEARCH() finds; returns what is wrong, or NULL. */
    const char *(*search)(void *context, const struct math_search *search, struct math_value *value);
    /*
     * What is expected of the query with that id: two series, `width` standard deviations above and below.
     * Returns what is wrong, or NULL.
     */
    const char *(*band)(void *context, str id, double width, struct math_value *value);
    /* When the first of the periods of that length begins in the range. */
    int64_t (*start_s)(void *context, int64_t period_s);
    void *context;
    int64_t end_s;         /* of the range */
    struct math_grid grid; /* of TIME_SERIES() */
    unsigned *depth;       /* of the expression, and of those that it refers to */
    const char *problem;   /* of the expression; NULL: none */
};

/* False: scope->problem says why. */
bool cloudwatch_math(struct math_scope *scope, str text, struct math_value *value);
