/*
 * insights_functions.c: the functions and operators, by name.
 *
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_QuerySyntax-operations-functions.html
 *
 * A function of an absent value is absent, unless it says otherwise.
 */
#include "insights_functions.h"

#include <math.h>

typedef struct insights_value value; /* the tables below name it in each line */

/* ---- numbers ---- */

/* False: one of the two is not a number. */
static bool two_numbers(const value *arguments, double *a, double *b)
{
    return logs_insights_is_number(&arguments[0], a) && logs_insights_is_number(&arguments[1], b);
}

#define ARITHMETIC(name, expression)                                                                         \
    static value name(struct insights_evaluation *evaluation, const value *arguments, size_t count)          \
    {                                                                                                        \
        double a, b;                                                                                         \
        (void)evaluation;                                                                                    \
        (void)count;                                                                                         \
        return two_numbers(arguments, &a, &b) ? logs_insights_number(expression) : (value){0};               \
    }
ARITHMETIC(add, a + b)
ARITHMETIC(subtract, a - b)
ARITHMETIC(multiply, a *b)
ARITHMETIC(divide, a / b)
ARITHMETIC(remainder_of, fmod(a, b))
ARITHMETIC(power, pow(a, b))

#define OF_NUMBER(name, expression)                                                                          \
    static value name(struct insights_evaluation *evaluation, const value *arguments, size_t count)          \
    {                                                                                                        \
        double a;                                                                                            \
        (void)evaluation;                                                                                    \
        (void)count;                                                                                         \
        return logs_insights_is_number(&arguments[0], &a) ? logs_insights_number(expression) : (value){0};   \
    }
OF_NUMBER(absolute, fabs(a))
OF_NUMBER(ceiling, ceil(a))
OF_NUMBER(floor_of, floor(a))
OF_NUMBER(logarithm, log(a))
OF_NUMBER(square_root, sqrt(a))

/* What are not numbers does not count. */
static value extreme(const value *arguments, size_t count, double sign)
{
    double number, best = 0;
    bool found = false;

    for (size_t i = 0; i < count; i++)
        if (logs_insights_is_number(&arguments[i], &number) && (!found || sign * number > sign * best)) {
            best = number;
            found = true;
        }
    return found ? logs_insights_number(best) : (value){0};
}

static value greatest(struct insights_evaluation *evaluation, const value *arguments, size_t count)
{
    (void)evaluation;
    return extreme(arguments, count, 1);
}

static value least(struct insights_evaluation *evaluation, const value *arguments, size_t count)
{
    (void)evaluation;
    return extreme(arguments, count, -1);
}

/* ---- comparisons ---- */

/* A comparison with an absent value is not true.  `order`: below, at or above 0, as the values compare. */
#define COMPARISON(name, condition)                                                                          \
    static value name(struct insights_evaluation *evaluation, const value *arguments, size_t count)          \
    {                                                                                                        \
        (void)count;                                                                                         \
        if (arguments[0].kind == INSIGHTS_ABSENT || arguments[1].kind == INSIGHTS_ABSENT)                    \
            return logs_insights_boolean(false);                                                             \
        int order = logs_insights_compare(evaluation->arena, &arguments[0], &arguments[1]);                  \
        return logs_insights_boolean(condition);                                                             \
    }
COMPARISON(equal, order == 0)
COMPARISON(less, order < 0)
COMPARISON(at_most, order <= 0)
COMPARISON(greater, order > 0)
COMPARISON(at_least, order >= 0)

/* An absent value is not equal to anything. */
static value unequal(struct insights_evaluation *evaluation, const value *arguments, size_t count)
{
    return logs_insights_boolean(equal(evaluation, arguments, count).number == 0);
}

static value is_in(struct insights_evaluation *evaluation, const value *arguments, size_t count)
{
    for (size_t i = 1; i < count && arguments[0].kind != INSIGHTS_ABSENT; i++)
        if (logs_insights_compare(evaluation->arena, &arguments[0], &arguments[i]) == 0)
            return logs_insights_boolean(true);
    return logs_insights_boolean(false);
}

static value negate(struct insights_evaluation *evaluation, const value *arguments, size_t count)
{
    (void)evaluation;
    (void)count;
    return logs_insights_boolean(!logs_insights_is_true(&arguments[0]));
}

/* ---- any values ---- */

static value is_present(struct insights_evaluation *evaluation, const value *arguments, size_t count)
{
    (void)evaluation;
    (void)count;
    return logs_insights_boolean(arguments[0].kind != INSIGHTS_ABSENT);
}

static value coalesce(struct insights_evaluation *evaluation, const value *arguments, size_t count)
{
    (void)evaluation;
    for (size_t i = 0; i < count; i++)
        if (arguments[i].kind != INSIGHTS_ABSENT)
            return arguments[i];
    return (value){0};
}

/* Nothing is masked here. */
static value unmask(struct insights_evaluation *evaluation, const value *arguments, size_t count)
{
    return coalesce(evaluation, arguments, count);
}

static value parse_json(struct insights_evaluation *evaluation, const value *arguments, size_t count)
{
    (void)count;
    if (arguments[0].kind != INSIGHTS_TEXT)
        return arguments[0].kind == INSIGHTS_JSON ? arguments[0] : (value){0};
    return logs_insights_of_json(json_parse(evaluation->arena, arguments[0].text, NULL));
}

static value write_json(struct insights_evaluation *evaluation, const value *arguments, size_t count)
{
    (void)count;
    return arguments[0].kind == INSIGHTS_ABSENT
               ? (value){0}
               : logs_insights_text(logs_insights_show(evaluation->arena, &arguments[0]));
}

static const struct insights_function general[] = {
    {"+", 2, 2, add, false},
    {"-", 2, 2, subtract, false},
    {"*", 2, 2, multiply, false},
    {"/", 2, 2, divide, false},
    {"%", 2, 2, remainder_of, false},
    {"^", 2, 2, power, false},
    {"power", 2, 2, power, false},
    {"abs", 1, 1, absolute, false},
    {"ceil", 1, 1, ceiling, false},
    {"floor", 1, 1, floor_of, false},
    {"log", 1, 1, logarithm, false},
    {"sqrt", 1, 1, square_root, false},
    {"greatest", 1, INSIGHTS_MOST_ARGUMENTS, greatest, false},
    {"least", 1, INSIGHTS_MOST_ARGUMENTS, least, false},
    {"=", 2, 2, equal, false},
    {"!=", 2, 2, unequal, false},
    {"<", 2, 2, less, false},
    {"<=", 2, 2, at_most, false},
    {">", 2, 2, greater, false},
    {">=", 2, 2, at_least, false},
    {"in", 2, INSIGHTS_MOST_ARGUMENTS, is_in, false},
    {"not", 1, 1, negate, false},
    {"ispresent", 1, 1, is_present, false},
    {"coalesce", 1, INSIGHTS_MOST_ARGUMENTS, coalesce, false},
    {"unmask", 1, 1, unmask, false},
    {"jsonparse", 1, 1, parse_json, false},
    {"jsonstringify", 1, 1, write_json, false},
    {NULL, 0, 0, NULL, false},
};

static const struct insights_function *const tables[] = {
    general, logs_insights_text_functions, logs_insights_time_functions, logs_insights_address_functions};

const struct insights_function *logs_insights_function(str name)
{
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++)
        for (const struct insights_function *function = tables[i]; function->name; function++)
            if (str_equal_nocase(name, str_of(function->name)))
                return function;
    return NULL;
}
