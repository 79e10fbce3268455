#pragma once

/*
 * math_functions.h: the operators and functions of metric math.
 */
#include "math_expression.h"

enum { MATH_MAX_ARGUMENTS = 50 };

struct math_arguments {
    struct arena *arena;
    struct math_value items[MATH_MAX_ARGUMENTS];
    size_t count;
    enum { MATH_FILL_NUMBER, MATH_FILL_REPEAT, MATH_FILL_LINEAR } filling; /* FILL(m1, REPEAT) */
    const struct math_scope *scope;
};

/*
 * left `sign` right; each series of several is taken by itself.  Of two series, a value that is missing in
 * one is 0.  Comparisons give 1 and 0.
 */
struct math_value cloudwatch_math_operate(struct arena *arena, const char *sign,
                                          const struct math_value *left, const struct math_value *right);
/* Call a function by its name; returns what is wrong, or NULL. */
const char *cloudwatch_math_call(str name, const struct math_arguments *arguments, struct math_value *value);
/*
 * Sort the series of an array by a value of each: AVG, MIN, MAX or SUM; at most so many remain.  Returns what
 * is wrong, or NULL.
 */
const char *cloudwatch_math_sort(struct arena *arena, str by, bool ascending, size_t most,
                                 struct math_value *value);
/* All series of the arguments as one array. */
struct math_value cloudwatch_math_array(const struct math_arguments *arguments);
