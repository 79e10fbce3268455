#pragma once

/*
 * anomaly.h: what is expected of a series, from its values of two weeks.
 *
 * AWS's models are not public.  Here each hour of the week has the mean and the standard deviation of its
 * values; an hour with too few values has those of its hour of the day, or of all.
 */
#include "queries.h"

/*
 * Fill in the values of two series, which have periods: `width` standard deviations above what is expected,
 * and below.  Periods of which nothing is known are left out.  stat: of a metric, whose detector may exclude
 * times; or NULL.
 */
void cloudwatch_anomaly_band(const struct call *call, const struct cloudwatch_metric_stat *stat,
                             const struct series_values *past, double width, struct series_values band[2]);

/* anomaly_detectors.c */
/* The times that the metric's detector excludes; empty: none. */
struct cloudwatch_range_list cloudwatch_anomaly_exclusions(const struct call *call,
                                                           const struct cloudwatch_metric_stat *stat);
