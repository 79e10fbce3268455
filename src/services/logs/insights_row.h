#pragma once

/*
 * insights_row.h: a row of a query: an event with its fields, or what `stats` has made; and the slots of what
 * commands have made.
 *
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_AnalyzeLogData-discoverable-fields.html
 */
#include "insights_program.h"

struct insights_event {
    int64_t id, timestamp_ms, ingested_ms;
    str message, stream, log; /* log: "123456789012:my-group" */
};

struct insights_row {
    const struct insights_event *event; /* NULL: stats has made the row */
    struct insights_value *slots;
    bool has_json;
    struct insights_value json; /* the message, or the first JSON object in it; set when has_json */
};

struct insights_value logs_insights_event_time(const struct insights_row *row);
/* A field of the row's event. */
struct insights_value logs_insights_field(struct arena *arena, struct insights_row *row, str name);

struct insights_field {
    str name, value;
};
struct insights_field_list {
    struct insights_field *items;
    size_t count;
};
/* All fields that an event has, at most 200 of its JSON; but @ptr. */
struct insights_field_list logs_insights_fields(struct arena *arena, const struct insights_event *event);

/* insights_evaluate.c */
struct insights_value logs_insights_evaluate(struct insights_evaluation *evaluation,
                                             const struct insights_node *node);
