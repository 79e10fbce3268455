#pragma once

/*
 * insights_pattern.h: the patterns of `pattern`: texts in which what varies is replaced by tokens.
 *
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_QuerySyntax-Pattern.html
 *
 * AWS finds by comparing events which words vary.  Here the form of a word decides: numbers, moments, UUIDs,
 * addresses, and all other words with digits vary.  So a text has the same pattern in every query.
 */
#include "insights_row.h"
#include "insights_table.h"

struct insights_pattern {
    struct insights_pattern *next; /* in the order of their first row */
    str text;
    uint64_t count, previous; /* of rows; of those in the time that `diff` compares with */
};

struct insights_patterns {
    struct insights_memory *memory;
    struct insights_table table;
    struct insights_pattern *first, *last;
    uint64_t rows;
    struct insights_pattern **sorted; /* the most frequent first; NULL before the end */
};

/* Count a row with this text. */
void logs_insights_pattern_take(struct insights_patterns *patterns, struct arena *arena, str text);
/* Add the rows of another time to `previous`. */
void logs_insights_patterns_compare(struct insights_patterns *patterns,
                                    const struct insights_patterns *previous);
void logs_insights_patterns_sort(struct insights_patterns *patterns);
/* Write a pattern's columns to the slots of the row of `evaluation`. */
void logs_insights_pattern_row(const struct insights_patterns *patterns,
                               const struct insights_command *command, const struct insights_pattern *pattern,
                               struct insights_evaluation *evaluation);
