#pragma once

/*
 * minute.h: a table of series, each the sums of one metric of one resource.  It does not grow:
 * further series are dropped, with a line in the log.  One thread at a time.
 */
#include "engine/metrics/spread.h"

enum { RECENT_SERIES = 64 };

struct series {
    const struct metric *metric;
    const char *operation; /* or NULL */
    uint64_t hash;
    str account, region, of;
    int64_t count;
    double sum, least, most;
    bool keeps_values;
    struct spread *spread; /* or NULL; in the minute's arena */
};

struct minute {
    struct arena arena; /* of the series' texts and values */
    int64_t began_ms;
    size_t series_count, most;
    struct series *series;
    struct series *recent[RECENT_SERIES]; /* the last one of a metric, or NULL: mostly it is counted again */
    uint16_t *slots;                      /* 2 * most positions in `series`, plus one */
};

/* most: a power of two below 65536. */
struct minute *minute_new(int64_t began_ms, size_t most);
void minute_free(struct minute **minute);
/* The series that a call's count belongs to, made if it is new; NULL: the table is full. */
struct series *minute_series_of(struct minute *minute, const struct call *call, const struct metric *metric,
                                str of);
/* The series with that key, made if it is new; NULL: the table is full. */
struct series *minute_series(struct minute *minute, const struct series *key);
/* Count a value in a series of the minute. */
void series_add(struct minute *minute, struct series *series, double value);
/* Add what `other` has summed up. */
void series_merge(struct minute *minute, struct series *series, const struct series *other);
