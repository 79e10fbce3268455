#pragma once

/*
 * label.h: labels of series with dynamic values, `orders [max: ${MAX}, at ${MAX_TIME}]`.
 *
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/graph-dynamic-labels.html
 */
#include "cloudwatch_internal.h"
#include "math_expression.h"

struct label_options {
    str fallback;    /* the series' label when it has none of its own, and ${LABEL} */
    bool of_array;   /* the label is that of an array: a plain one comes before the series' own */
    int64_t zone_ms; /* added to times */
    int64_t now_ms;  /* for times relative to now */
    str region, account;
};

/* A time zone, "+0130" or "-0800"; false: the text does not have that form. */
bool cloudwatch_zone_parse(str text, int64_t *zone_ms);
/* The label with its values; names that we do not know stay as they are. */
str cloudwatch_label(struct arena *arena, str label, const struct series_values *series,
                     const struct label_options *options);
