#pragma once

/*
 * insights_value.h: the values that queries compute with.
 *
 * A log event has only texts.  A text that is a decimal number counts as that number where numbers are
 * needed, and so do moments (their milliseconds).  Booleans are the numbers 1 and 0, as in AWS's results.
 */
#include "wire/json.h"

enum insights_kind {
    INSIGHTS_ABSENT,
    INSIGHTS_TEXT,
    INSIGHTS_NUMBER,
    INSIGHTS_TIME, /* number: milliseconds since 1970 */
    INSIGHTS_JSON, /* a list or a map */
};

struct insights_value {
    enum insights_kind kind;
    double number;
    str text; /* of a text; of a list or a map that is kept: its JSON */
    const struct json *json;
};

/*
 * Memory that lasts as long as the query runs, in one arena with memory that is rewound after each event.  It
 * is bounded: a query that needs more has failed.
 */
struct insights_memory {
    struct arena *arena;
    char *next, *end;
    size_t held, most;
    bool full;
    struct insights_chunk *chunks;
};
/* Zeroed, and aligned for any type.  Never NULL: past the bound `full` is set, and the caller stops soon. */
void *logs_insights_keep(struct insights_memory *memory, size_t size);
void logs_insights_release(struct insights_memory *memory);
str logs_insights_keep_text(struct insights_memory *memory, str text);
struct insights_value logs_insights_keep_value(struct insights_memory *memory, struct insights_value value);

struct insights_value logs_insights_text(str text); /* absent if the text is */
struct insights_value logs_insights_number(double number);
struct insights_value logs_insights_time(double ms);
struct insights_value logs_insights_boolean(bool value);
/* Strings become texts, numbers and booleans numbers; null is absent. */
struct insights_value logs_insights_of_json(const struct json *json);

/* False when it is not a number. */
bool logs_insights_is_number(const struct insights_value *value, double *number);
bool logs_insights_is_true(const struct insights_value *value);
/* As results show it: numbers with at most four decimals, moments as "2026-01-31 12:00:00.000". */
str logs_insights_show(struct arena *arena, const struct insights_value *value);
/* <0, 0, >0: as numbers if both are, else as texts. */
int logs_insights_compare(struct arena *arena, const struct insights_value *a,
                          const struct insights_value *b);
/* Equal values, by logs_insights_compare(), have equal keys. */
str logs_insights_key(struct arena *arena, const struct insights_value *value);
/*
 * The order of `sort`: what is not a number comes before all numbers, and runs of digits in it are compared
 * as numbers.
 */
int logs_insights_natural_order(struct arena *arena, const struct insights_value *a,
                                const struct insights_value *b);
/*
 * The part of a list or a map that a path names: "items.0.name".  A member's name may itself have dots.
 */
struct insights_value logs_insights_part(struct arena *arena, const struct insights_value *whole, str path);
