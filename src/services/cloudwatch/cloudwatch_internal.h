#pragma once

/*
 * cloudwatch_internal.h: what the files of CloudWatch share.
 *
 * Times of points are whole seconds, *_s.
 */
#include "base/list.h"
#include "cloudwatch_model.h"
#include "cloudwatch_sql.h"
#include "distribution.h"
#include "engine/call.h"
#include "store/store.h"

enum { MINUTE_S = 60, FIVE_MINUTES_S = 300, HOUR_S = 3600, DAY_S = 86400 };

/* identity.c */
/* What a metric is called; two metrics with the same dimensions in another order are one. */
struct identity {
    str account, region, namespace, name;
    str dimensions; /* a JSON object, its names sorted */
};
/* The dimensions as identity.dimensions. */
str cloudwatch_dimensions_text(struct arena *arena, const struct cloudwatch_dimensions *dimensions);
struct cloudwatch_dimensions cloudwatch_dimensions_read(struct arena *arena, str text);
/* The metric's id; 0: nothing was ever put. */
int64_t cloudwatch_metric_find(struct txn *txn, const struct identity *identity);
/* The same, made if it is new, and marked as active. */
int64_t cloudwatch_metric_touch(struct txn *txn, const struct identity *identity, int64_t now_ms);

/* points.c */
/*
 * Points are kept in four periods, each for its own time: every one is stored in all of them at once, so that
 * nothing has to be rolled up later.
 */
struct period {
    int64_t period_s, kept_s;
};
enum { PERIODS = 4 };
extern const struct period cloudwatch_periods[PERIODS]; /* from short to long */
struct measurement {
    int64_t at_s;
    str unit;
    bool high_resolution; /* also kept by the second */
    struct sums sums;
};
void cloudwatch_points_add(struct txn *txn, struct arena *arena, int64_t metric_id,
                           const struct measurement *measurement);
/* Have points removed when they have outlived their time. */
void cloudwatch_points_start(const struct call *call);

/* series.c */
/* A metric's sums in one period. */
struct bucket {
    int64_t at_s;
    str unit; /* absent unless units are apart */
    struct sums sums;
};
struct bucket_list {
    struct bucket *items;
    size_t count;
};
struct series_request {
    int64_t metric_id;
    int64_t from_s, period_s;   /* the periods begin at from_s */
    int64_t read_from_s, end_s; /* those that are read; read_from_s is the beginning of one */
    str unit;                   /* absent: any */
    bool apart;                 /* sums of different units are apart */
    bool with_values;           /* the sums have their distributions */
    /* Called for each period that has points, in order; the bucket is valid during the call. */
    void (*take)(void *context, const struct bucket *bucket);
    void *context;
};
void cloudwatch_series_read(const struct call *call, const struct series_request *request);
/* The longest stored period of which the wanted periods consist: a reading reads a row for each. */
int64_t cloudwatch_series_stored_s(const struct series_request *request);
/*
 * When the first period begins: as AWS does, at a whole minute, and further back at whole five minutes or
 * hours; by the second for shorter periods.
 */
int64_t cloudwatch_series_start_s(const struct call *call, int64_t start_ms, int64_t period_s);
/* A period is 1, 5, 10, 20 or 30 seconds, or whole minutes. */
bool cloudwatch_period_is_valid(int64_t period_s);

/* put.c */
/* A number that is refused, as AWS shows it: "1.5", "NaN", "-Infinity". */
str cloudwatch_number_text(struct arena *arena, double number);

/* tags.c */
/* Find the alarm or dashboard that an ARN names; false: none. */
bool cloudwatch_locate_arn(const struct call *call, str text, struct resource *found);
/* Set tags of an alarm or a dashboard.  False, after fail() with that error: they may not be set. */
bool cloudwatch_tags_put(const struct call *call, str arn, const struct str_map *tags,
                         const struct error *error);

/* alarm_state.c: see describe in struct module. */
struct json_writer;
void cloudwatch_describe(const struct call *call, str arn, struct json_writer *state);

/* statistic.c */
/* What is wanted of sums: "Average", "p99.9", "TM(10%:90%)". */
struct statistic {
    enum statistic_kind {
        STATISTIC_SAMPLE_COUNT,
        STATISTIC_AVERAGE,
        STATISTIC_SUM,
        STATISTIC_MINIMUM,
        STATISTIC_MAXIMUM,
        STATISTIC_PERCENTILE,
        STATISTIC_TRIMMED_MEAN,
        STATISTIC_WINSORIZED_MEAN,
        STATISTIC_TRIMMED_COUNT,
        STATISTIC_TRIMMED_SUM,
        STATISTIC_PERCENTILE_RANK,
    } kind;
    bool absolute;    /* the bounds are values, not percentages */
    double low, high; /* -INFINITY, INFINITY: no bound */
};
/* False: there is no such statistic. */
bool cloudwatch_parse_statistic(str text, struct statistic *statistic);
/* False: the sums do not tell, because their values are unknown. */
bool cloudwatch_sums_statistic(const struct statistic *statistic, const struct sums *sums, double *value);
