#pragma once

/*
 * log_condition.h: the conditions of JSON and of space-delimited filter patterns.
 *
 * Both kinds of patterns compare values with numbers, texts and regular expressions, and combine comparisons
 * with &&, || and parentheses.  They differ in what names a value.
 *
 * To add a kind of pattern with conditions, write a log_take_operand that reads the name of a value, and a
 * log_test that finds the event's values of that name and calls logs_value_passes() for them.
 */
#include "base/arena.h"

struct log_regex;
struct log_reader;

enum log_operator {
    LOG_EQUAL = 1,
    LOG_NOT_EQUAL,
    LOG_LESS,
    LOG_LESS_EQUAL,
    LOG_GREATER,
    LOG_GREATER_EQUAL,
    LOG_IS_NULL,
    LOG_IS_TRUE,
    LOG_IS_FALSE,
    LOG_NOT_EXISTS,
};

/* What a value is compared with. */
struct log_literal {
    str text; /* without the asterisks at its ends */
    bool any_before, any_after;
    bool is_number;
    long double number;
    const struct log_regex *regex; /* or NULL */
};

enum log_condition_kind { LOG_TEST, LOG_ALL, LOG_ANY };

struct log_condition {
    enum log_condition_kind kind;
    const struct log_condition *left, *right; /* of LOG_ALL and LOG_ANY */
    enum log_operator operator;               /* of a test, as the rest */
    const void *operand;
    struct log_literal literal;
};

/* Reads the name of a value; NULL: the text has no name here. */
typedef const void *log_take_operand(struct log_reader *reader);

/* The place in a pattern's text. */
struct log_reader {
    struct arena *arena;
    str rest;
    log_take_operand *take_operand;
    const void *context; /* for take_operand */
    bool tests_nodes;    /* IS NULL and its like are known */
    size_t regexes;      /* that were read so far */
    size_t wildcards, depth;
    str problem; /* the sentence of what is wrong, if it has one of its own */
};

/* NULL: what is there is not a condition. */
const struct log_condition *logs_condition_read(struct log_reader *reader);

enum log_value_kind { LOG_VALUE_TEXT, LOG_VALUE_NUMBER, LOG_VALUE_TRUE, LOG_VALUE_FALSE, LOG_VALUE_NULL };

struct log_value {
    enum log_value_kind kind;
    str text;
};

/* Does the value pass the test?  Not for LOG_NOT_EXISTS. */
bool logs_value_passes(const struct log_condition *test, struct log_value value);

/* Does the event pass that single test? */
typedef bool log_test(const struct log_condition *test, const void *event);
/* Does the event pass the tests of the condition? */
bool logs_condition_holds(const struct log_condition *condition, log_test *passes, const void *event);

/* Steps of readers: all skip spaces first. */
void logs_skip_spaces(struct log_reader *reader);
bool logs_take(struct log_reader *reader, str word);
/* Cut off the characters for which `belongs` is true. */
str logs_take_while(struct log_reader *reader, bool (*belongs)(char c));
/*
 * Cut a phrase off *rest, which begins with its quote.  Inside, a backslash before a quote makes it an
 * ordinary character.
 */
bool logs_take_phrase(struct arena *arena, str *rest, str *phrase);
/* Letters (of all alphabets), digits, _ and -. */
bool logs_is_word_character(char c);
