#pragma once

/*
 * extraction.h: what is made of new events: metrics of metric filters, and embedded metrics.
 *
 * PutLogEvents notes the events of groups with filters, and those that may have embedded metrics.  A worker
 * reads them in bounded steps, and a call of its own then stores what came of a step, together with the place
 * up to which events are done.  So each event counts once, also when the server is killed.
 */
#include "cloudwatch_model.h"
#include "logs_internal.h"

struct log_series;

struct log_metric_filter {
    struct pattern pattern;
    struct logs_metric_transformation transformation;
    struct log_value_name value; /* unless `number` is used */
    double number;
    bool has_number;
    struct {
        struct log_value_name *items;
        size_t count;
    } dimensions; /* in the order of the transformation's */
};

/* Where data gather.  The same series of one minute share a datum. */
struct log_metrics {
    const struct call *call;
    struct log_series **buckets;
    struct {
        struct log_metric_data {
            str namespace;
            struct cloudwatch_metric_data data;
        } * items;
        size_t count;
    } namespaces;
    size_t data;                            /* of all namespaces */
    double parse_errors, validation_errors; /* of events with embedded metrics */
};

struct log_measured {
    str namespace, name, unit;
    struct cloudwatch_dimensions dimensions;
    int64_t timestamp_ms;
    int64_t resolution_s;
};

/* metric_series.c */
/* CloudWatch would refuse some values, times and names: they are left out, and false is returned. */
bool logs_metrics_add(struct log_metrics *metrics, const struct log_measured *measured, double value);

/* metric_filters.c */
/* False: the filter cannot be used, and *problem says why. */
bool logs_metric_filter_read(struct arena *arena, str pattern,
                             const struct logs_metric_transformation *transformation,
                             struct log_metric_filter *filter, str *problem);
void logs_metric_filter_apply(const struct log_metric_filter *filter, int64_t timestamp_ms,
                              struct log_message *event, struct log_metrics *metrics);

/* embedded_metrics.c */
/* Is it worth a closer look? */
bool logs_may_embed_metrics(str message);
void logs_embedded_metrics(struct log_metrics *metrics, int64_t timestamp_ms, str message);

/* extraction.c */
/* The events of these ids, which follow each other, are to be looked at. */
void logs_extract_later(const struct call *call, const struct group *group, int64_t stream_id,
                        int64_t first_id, int64_t last_id);
/* See struct module. */
void logs_extraction_start(const struct call *call);
