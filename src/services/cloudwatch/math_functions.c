/*
 * math_functions.c: what metric math computes.
 */
#include "math_functions.h"
#include "queries.h"

#include "base/check.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* ---- making values ---- */

static struct series_values series_like(struct arena *arena, const struct series_values *like, size_t count)
{
    struct series_values series = *like;

    series.at_s = arena_alloc(arena, (count + 1) * sizeof *series.at_s);
    series.values = arena_alloc(arena, (count + 1) * sizeof *series.values);
    series.count = 0;
    return series;
}

static void add(struct series_values *series, int64_t at_s, double value)
{
    if (!isfinite(value))
        return;
    series->at_s[series->count] = at_s;
    series->values[series->count++] = value;
}

/* Add a computed value: a division by zero has no point, and a message says that points are missing. */
static void add_computed(struct series_values *series, int64_t at_s, double value)
{
    series->dropped |= !isfinite(value);
    add(series, at_s, value);
}

/* The value at that time; NAN: the series has none.  *next moves on with the time. */
static double value_at(const struct series_values *series, size_t *next, int64_t at_s)
{
    while (*next < series->count && series->at_s[*next] < at_s)
        (*next)++;
    return *next < series->count && series->at_s[*next] == at_s ? series->values[*next] : NAN;
}

/* The time of a point; INT64_MAX: the series has fewer. */
static int64_t time_of(const struct series_values *series, size_t number)
{
    return number < series->count ? series->at_s[number] : INT64_MAX;
}

static struct math_value number_value(double number)
{
    return (struct math_value){.kind = MATH_NUMBER, .number = number};
}

static struct math_value several(struct arena *arena, enum math_kind kind, size_t count)
{
    return (struct math_value){.kind = kind,
                               .count = count,
                               .series = arena_alloc(arena, (count + 1) * sizeof(struct series_values))};
}

struct math_value cloudwatch_math_array(const struct math_arguments *arguments)
{
    size_t count = 0;

    for (size_t i = 0; i < arguments->count; i++)
        count += arguments->items[i].count;
    struct math_value array = several(arguments->arena, MATH_SEVERAL, count);
    array.count = 0;
    for (size_t i = 0; i < arguments->count; i++)
        for (size_t j = 0; j < arguments->items[i].count; j++)
            array.series[array.count++] = arguments->items[i].series[j];
    return array;
}

/* ---- operators ---- */

static double operate(const char *sign, double left, double right)
{
    switch (sign[0]) {
    case '+':
        return left + right;
    case '-':
        return left - right;
    case '*':
        return left * right;
    case '/':
        return right == 0 ? NAN : left / right;
    case '^':
        return pow(left, right);
    case '=':
        return left == right;
    case '!':
        return left != right;
    case '<':
        return sign[1] ? left <= right : left < right;
    case '>':
        return sign[1] ? left >= right : left > right;
    case '&':
    case 'A':
        return left != 0 && right != 0;
    default:
        return left != 0 || right != 0;
    }
}

static struct series_values with_number(struct arena *arena, const char *sign,
                                        const struct series_values *series, double number,
                                        bool number_is_left)
{
    struct series_values result = series_like(arena, series, series->count);

    for (size_t i = 0; i < series->count; i++)
        add_computed(&result, series->at_s[i],
                     number_is_left ? operate(sign, number, series->values[i])
                                    : operate(sign, series->values[i], number));
    return result;
}

/* A value that only one of them has meets a 0. */
static struct series_values with_series(struct arena *arena, const char *sign,
                                        const struct series_values *left, const struct series_values *right)
{
    struct series_values result = series_like(arena, left, left->count + right->count);

    result.dropped |= right->dropped;
    for (size_t i = 0, j = 0; i < left->count || j < right->count;) {
        int64_t left_s = time_of(left, i), right_s = time_of(right, j);
        double a = left_s <= right_s ? left->values[i++] : 0, b = right_s <= left_s ? right->values[j++] : 0;
        add_computed(&result, left_s < right_s ? left_s : right_s, operate(sign, a, b));
    }
    return result;
}

/* NULL: a number, or fewer series; one series goes with each of the other's. */
static const struct series_values *series_at(const struct math_value *value, size_t number)
{
    if (value->kind == MATH_NUMBER || (value->count != 1 && number >= value->count))
        return NULL;
    return value->count == 1 ? value->series : &value->series[number];
}

struct math_value cloudwatch_math_operate(struct arena *arena, const char *sign,
                                          const struct math_value *left, const struct math_value *right)
{
    if (left->kind == MATH_NUMBER && right->kind == MATH_NUMBER)
        return number_value(operate(sign, left->number, right->number));

    const struct math_value *longer = left->count >= right->count ? left : right;
    bool is_array = left->kind == MATH_SEVERAL || right->kind == MATH_SEVERAL;
    struct math_value result = several(arena, is_array ? MATH_SEVERAL : MATH_SERIES, longer->count);
    for (size_t i = 0; i < longer->count; i++) {
        const struct series_values *a = series_at(left, i), *b = series_at(right, i);
        check(longer->series);
        if (a && b)
            result.series[i] = with_series(arena, sign, a, b);
        else if (b && left->kind == MATH_NUMBER)
            result.series[i] = with_number(arena, sign, b, left->number, true);
        else if (a && right->kind == MATH_NUMBER)
            result.series[i] = with_number(arena, sign, a, right->number, false);
        else
            result.series[i] = series_like(arena, longer->series, 0);
    }
    return result;
}

/* ---- functions of each point ---- */

static struct math_value each_point(const struct math_arguments *arguments, double (*function)(double))
{
    const struct math_value *of = &arguments->items[0];
    struct math_value result = several(arguments->arena, of->kind, of->count);

    if (of->kind == MATH_NUMBER)
        return number_value(function(of->number));
    for (size_t i = 0; i < of->count; i++) {
        result.series[i] = series_like(arguments->arena, &of->series[i], of->series[i].count);
        for (size_t j = 0; j < of->series[i].count; j++)
            add_computed(&result.series[i], of->series[i].at_s[j], function(of->series[i].values[j]));
    }
    return result;
}

/* ---- one number of a series; of several series, one series ---- */

struct tally {
    double count, sum, squares, least, most;
    double places; /* how many values there would be if none were missing */
};

static void tally_add(struct tally *tally, double value)
{
    tally->least = tally->count == 0 ? value : fmin(tally->least, value);
    tally->most = tally->count == 0 ? value : fmax(tally->most, value);
    tally->count++;
    tally->sum += value;
    tally->squares += value * value;
}

static double count_of(const struct tally *tally)
{
    return tally->count;
}
static double sum_of(const struct tally *tally)
{
    return tally->sum;
}
/* A missing value counts as 0. */
static double average_of(const struct tally *tally)
{
    return tally->sum / tally->places;
}
static double least_of(const struct tally *tally)
{
    return tally->least;
}
static double most_of(const struct tally *tally)
{
    return tally->most;
}
static double deviation_of(const struct tally *tally)
{
    double mean = tally->sum / tally->count;

    return sqrt(fmax(0, tally->squares / tally->count - mean * mean));
}

/* The points of several series at the same time, together. */
static struct math_value fold(const struct math_arguments *arguments, double (*of)(const struct tally *tally))
{
    const struct math_value *all = &arguments->items[0];
    size_t total = 0, *next = arena_alloc(arguments->arena, (all->count + 1) * sizeof *next);
    struct math_value result = several(arguments->arena, MATH_SERIES, 1);

    memset(next, 0, all->count * sizeof *next);
    for (size_t i = 0; i < all->count; i++)
        total += all->series[i].count;
    if (all->count == 0) {
        result.kind = MATH_SEVERAL;
        result.count = 0;
        return result;
    }
    result.series[0] = series_like(arguments->arena, all->series, total);
    for (;;) {
        int64_t at_s = INT64_MAX;
        struct tally tally = {.places = (double)all->count};
        for (size_t i = 0; i < all->count; i++)
            if (time_of(&all->series[i], next[i]) < at_s)
                at_s = all->series[i].at_s[next[i]];
        if (at_s == INT64_MAX)
            return result;
        for (size_t i = 0; i < all->count; i++)
            if (time_of(&all->series[i], next[i]) == at_s)
                tally_add(&tally, all->series[i].values[next[i]++]);
        add(&result.series[0], at_s, of(&tally));
    }
}

/* The periods of the range, in the series' own grid: none if it has no period. */
static struct math_grid grid_of(const struct math_arguments *arguments, const struct series_values *series)
{
    struct math_grid grid = {.period_s = series->period_s};

    if (grid.period_s > 0) {
        grid.start_s = arguments->scope->start_s(arguments->scope->context, grid.period_s);
        grid.end_s = arguments->scope->end_s;
    }
    return grid;
}

static int64_t periods_of(const struct math_grid *grid)
{
    return grid->end_s > grid->start_s ? (grid->end_s - grid->start_s - 1) / grid->period_s + 1 : 0;
}

static struct math_value reduce(const struct math_arguments *arguments,
                                double (*of)(const struct tally *tally))
{
    const struct math_value *value = &arguments->items[0];
    struct tally tally = {0};

    if (value->kind == MATH_SEVERAL)
        return fold(arguments, of);
    if (value->kind == MATH_NUMBER)
        tally_add(&tally, value->number);
    for (size_t i = 0; value->kind == MATH_SERIES && i < value->series->count; i++)
        tally_add(&tally, value->series->values[i]);
    tally.places = tally.count;
    if (value->kind == MATH_SERIES) {
        struct math_grid grid = grid_of(arguments, value->series);
        tally.places = fmax(tally.count, (double)periods_of(&grid));
    }
    return number_value(tally.count > 0 ? of(&tally) : 0);
}

/* ---- SORT ---- */

static double value_of(const struct series_values *series, double (*of)(const struct tally *tally))
{
    struct tally tally = {0};

    for (size_t i = 0; i < series->count; i++)
        tally_add(&tally, series->values[i]);
    tally.places = tally.count;
    return of(&tally);
}

struct ranked {
    double value;
    size_t place;
};

/* Equal ones keep their order. */
static int by_value(const void *a, const void *b)
{
    const struct ranked *left = a, *right = b;

    if (left->value != right->value)
        return left->value < right->value ? -1 : 1;
    return left->place < right->place ? -1 : 1;
}

const char *cloudwatch_math_sort(struct arena *arena, str by, bool ascending, size_t most,
                                 struct math_value *value)
{
    static const struct {
        str name;
        double (*of)(const struct tally *tally);
    } orders[] = {{STR_INIT("AVG"), average_of},
                  {STR_INIT("MIN"), least_of},
                  {STR_INIT("MAX"), most_of},
                  {STR_INIT("SUM"), sum_of}};
    struct ranked *ranked = arena_alloc(arena, (value->count + 1) * sizeof *ranked);
    struct math_value sorted = several(arena, MATH_SEVERAL, value->count);
    double (*of)(const struct tally *tally) = NULL;
    size_t count = 0;

    for (size_t i = 0; i < sizeof orders / sizeof *orders; i++)
        if (str_equal(by, orders[i].name))
            of = orders[i].of;
    if (!of || value->kind == MATH_NUMBER)
        return "SORT() takes an array and AVG, MIN, MAX or SUM";
    for (size_t i = 0; i < value->count; i++) /* series without points have no rank, and are left out */
        if (value->series[i].count > 0)
            ranked[count++] = (struct ranked){(ascending ? 1 : -1) * value_of(&value->series[i], of), i};
    qsort(ranked, count, sizeof *ranked, by_value);
    sorted.count = count < most ? count : most;
    for (size_t i = 0; i < sorted.count; i++)
        sorted.series[i] = value->series[ranked[i].place];
    *value = sorted;
    return NULL;
}

/* ---- functions along a series ---- */

static void differences(struct series_values *result, const struct series_values *of)
{
    for (size_t i = 1; i < of->count; i++)
        add(result, of->at_s[i], of->values[i] - of->values[i - 1]);
}

static void seconds_between(struct series_values *result, const struct series_values *of)
{
    for (size_t i = 1; i < of->count; i++)
        add(result, of->at_s[i], (double)(of->at_s[i] - of->at_s[i - 1]));
}

static void rates(struct series_values *result, const struct series_values *of)
{
    for (size_t i = 1; i < of->count; i++)
        add(result, of->at_s[i],
            (of->values[i] - of->values[i - 1]) / (double)(of->at_s[i] - of->at_s[i - 1]));
}

static void running_sums(struct series_values *result, const struct series_values *of)
{
    double sum = 0;

    for (size_t i = 0; i < of->count; i++)
        add(result, of->at_s[i], sum += of->values[i]);
}

static struct math_value along(const struct math_arguments *arguments,
                               void (*function)(struct series_values *result, const struct series_values *of))
{
    const struct math_value *of = &arguments->items[0];
    struct math_value result = several(arguments->arena, of->kind, of->count);

    for (size_t i = 0; i < of->count; i++) {
        result.series[i] = series_like(arguments->arena, &of->series[i], of->series[i].count);
        function(&result.series[i], &of->series[i]);
    }
    return result;
}

/* ---- the time of each point ---- */

enum { DAY_SECONDS = 86400, MAX_PERIODS = 200000 };

static double epoch_of(int64_t at_s)
{
    return (double)at_s;
}
static double minute_of(int64_t at_s)
{
    return (double)(at_s / 60 % 60);
}
static double hour_of(int64_t at_s)
{
    return (double)(at_s / 3600 % 24);
}
/* Monday is 1. */
static double day_of(int64_t at_s)
{
    return (double)((at_s / DAY_SECONDS + 3) % 7 + 1);
}

static struct tm calendar_of(int64_t at_s)
{
    time_t seconds = at_s;
    struct tm at;

    gmtime_r(&seconds, &at);
    return at;
}

static double date_of(int64_t at_s)
{
    return calendar_of(at_s).tm_mday;
}
static double month_of(int64_t at_s)
{
    return calendar_of(at_s).tm_mon + 1;
}
static double year_of(int64_t at_s)
{
    return calendar_of(at_s).tm_year + 1900;
}

/* Each period has a point, also where the series has none. */
static const char *times(const struct math_arguments *arguments, double (*of)(int64_t at_s),
                         struct math_value *value)
{
    const struct math_value *series = &arguments->items[0];

    *value = several(arguments->arena, series->kind, series->count);
    for (size_t i = 0; i < series->count; i++) {
        struct math_grid grid = grid_of(arguments, &series->series[i]);
        int64_t periods = periods_of(&grid);
        if (periods > MAX_PERIODS)
            return "a function of times over too many periods";
        value->series[i] = series_like(arguments->arena, &series->series[i], (size_t)periods);
        for (int64_t at_s = grid.start_s; at_s < grid.end_s; at_s += grid.period_s)
            add(&value->series[i], at_s, of(at_s));
    }
    return NULL;
}

/* ---- parts of arrays ---- */

static const char *remove_empty(const struct math_arguments *arguments, struct math_value *value)
{
    const struct math_value *all = &arguments->items[0];

    *value = several(arguments->arena, MATH_SEVERAL, all->count);
    value->count = 0;
    for (size_t i = 0; i < all->count; i++)
        if (all->series[i].count > 0)
            value->series[value->count++] = all->series[i];
    return NULL;
}

/* One series of the array, which may have none. */
static const char *pick(const struct math_arguments *arguments, size_t number, struct math_value *value)
{
    const struct math_value *all = &arguments->items[0];

    if (arguments->count != 1 || all->kind == MATH_NUMBER)
        return "FIRST() and LAST() take an array";
    *value = *all;
    if (all->count > 0)
        *value = (struct math_value){.kind = MATH_SERIES, .series = &all->series[number], .count = 1};
    return NULL;
}

static const char *first(const struct math_arguments *arguments, struct math_value *value)
{
    return pick(arguments, 0, value);
}

static const char *last(const struct math_arguments *arguments, struct math_value *value)
{
    return pick(arguments, arguments->items[0].count - 1, value);
}

/* SLICE(array, from, to); all from there on when only `from` is given. */
static const char *slice(const struct math_arguments *arguments, struct math_value *value)
{
    const struct math_value *all = &arguments->items[0];
    double from = arguments->items[1].number,
           to = arguments->count > 2 ? arguments->items[2].number : (double)all->count;

    for (size_t i = 1; i < arguments->count; i++)
        if (arguments->items[i].kind != MATH_NUMBER)
            return "SLICE() takes an array and one or two numbers";
    if (arguments->count < 2 || all->kind == MATH_NUMBER ||
        !(from >= 0 && from < (double)all->count && to >= from))
        return "SLICE() of what the array does not have";
    *value = *all;
    value->kind = MATH_SEVERAL;
    value->series += (size_t)from;
    value->count = (to < (double)all->count ? (size_t)to : all->count) - (size_t)from;
    return NULL;
}

/* ---- FILL, IF ---- */

/* What fills a gap; *other is the next point of the series that fills it. */
static double filled(const struct math_arguments *arguments, const struct series_values *of, size_t next,
                     int64_t at_s, size_t *other)
{
    const struct math_value *with = &arguments->items[1];

    if (arguments->filling == MATH_FILL_NUMBER)
        return with->kind == MATH_NUMBER ? with->number : value_at(with->series, other, at_s);
    if (next == 0)
        return NAN;
    if (arguments->filling == MATH_FILL_REPEAT)
        return of->values[next - 1];
    if (next == of->count)
        return NAN;
    double share = (double)(at_s - of->at_s[next - 1]) / (double)(of->at_s[next] - of->at_s[next - 1]);
    return of->values[next - 1] + share * (of->values[next] - of->values[next - 1]);
}

/* Every period of the range gets a point. */
static const char *fill(const struct math_arguments *arguments, struct math_value *value)
{
    const struct math_value *of = &arguments->items[0];

    if (arguments->count != 2 || of->kind == MATH_NUMBER || arguments->items[1].kind == MATH_SEVERAL)
        return "FILL() takes series and a filling";
    *value = several(arguments->arena, of->kind, of->count);
    for (size_t i = 0; i < of->count; i++) {
        const struct series_values *series = &of->series[i];
        struct math_grid grid = grid_of(arguments, series);
        int64_t periods = periods_of(&grid);
        size_t next = 0, other = 0;
        if (periods > MAX_PERIODS)
            return "FILL() over too many periods";
        value->series[i] = series_like(arguments->arena, series, (size_t)periods);
        for (int64_t at_s = grid.start_s; at_s < grid.end_s; at_s += grid.period_s) {
            bool has = time_of(series, next) == at_s;
            add(&value->series[i], at_s,
                has ? series->values[next] : filled(arguments, series, next, at_s, &other));
            next += has;
        }
    }
    return NULL;
}

static double operand_at(const struct math_value *operand, size_t *next, int64_t at_s)
{
    return operand->kind == MATH_NUMBER ? operand->number : value_at(operand->series, next, at_s);
}

/* A condition that is a number chooses one of the two; what is left out is a series without points. */
static struct math_value choose_whole(const struct math_arguments *arguments)
{
    const struct math_value *then = &arguments->items[1];
    struct math_value empty;

    if (arguments->items[0].number != 0)
        return *then;
    if (arguments->count > 2)
        return arguments->items[2];
    if (then->kind == MATH_NUMBER)
        return number_value(NAN);
    empty = several(arguments->arena, MATH_SERIES, 1);
    empty.series[0] = series_like(arguments->arena, then->series, 0);
    return empty;
}

static const char *choose(const struct math_arguments *arguments, struct math_value *value)
{
    const struct math_value *condition = &arguments->items[0], *then = &arguments->items[1];
    const struct math_value none = {.kind = MATH_NUMBER, .number = NAN};
    const struct math_value *otherwise = arguments->count > 2 ? &arguments->items[2] : &none;
    size_t next_then = 0, next_otherwise = 0;

    if (arguments->count < 2 || then->kind == MATH_SEVERAL || otherwise->kind == MATH_SEVERAL ||
        condition->kind == MATH_SEVERAL)
        return "IF() takes a condition and one or two operands, none of them an array";
    if (condition->kind == MATH_NUMBER) {
        *value = choose_whole(arguments);
        return NULL;
    }
    *value = several(arguments->arena, MATH_SERIES, 1);
    value->series[0] = series_like(arguments->arena, condition->series, condition->series->count);
    for (size_t i = 0; i < condition->series->count; i++) {
        int64_t at_s = condition->series->at_s[i];
        bool is_true = condition->series->values[i] != 0;
        double chosen =
            is_true ? operand_at(then, &next_then, at_s) : operand_at(otherwise, &next_otherwise, at_s);
        add(value->series, at_s, is_true && isnan(chosen) ? 0 : chosen); /* as AWS's page on IF has it */
    }
    return NULL;
}

/* ---- TIME_SERIES ---- */

static struct math_value spread(struct arena *arena, double number, const struct math_grid *grid)
{
    int64_t count = (grid->end_s - grid->start_s) / grid->period_s + 1;
    struct math_value value = several(arena, MATH_SERIES, 1);
    struct series_values *series = value.series;

    if (count > QUERIES_MOST_DATAPOINTS)
        count = QUERIES_MOST_DATAPOINTS;
    *series = (struct series_values){.period_s = grid->period_s};
    *series = series_like(arena, series, (size_t)count);
    for (int64_t at_s = grid->start_s; at_s < grid->end_s && count > 0; at_s += grid->period_s, count--)
        add(series, at_s, number);
    return value;
}

static const char *time_series(const struct math_arguments *arguments, struct math_value *value)
{
    if (arguments->count != 1 || arguments->items[0].kind != MATH_NUMBER)
        return "TIME_SERIES() takes a number";
    *value = spread(arguments->arena, arguments->items[0].number, &arguments->scope->grid);
    return NULL;
}

/* ---- the table ---- */

static const struct function {
    const char *name;
    double (*of_point)(double);
    double (*of_tally)(const struct tally *tally);
    void (*along)(struct series_values *result, const struct series_values *of);
    double (*of_time)(int64_t at_s);
} functions[] = {
    {.name = "ABS", .of_point = fabs},       {.name = "CEIL", .of_point = ceil},
    {.name = "FLOOR", .of_point = floor},    {.name = "LOG", .of_point = log},
    {.name = "LOG10", .of_point = log10},    {.name = "SUM", .of_tally = sum_of},
    {.name = "AVG", .of_tally = average_of}, {.name = "MIN", .of_tally = least_of},
    {.name = "MAX", .of_tally = most_of},    {.name = "STDDEV", .of_tally = deviation_of},
    {.name = "DIFF", .along = differences},  {.name = "DIFF_TIME", .along = seconds_between},
    {.name = "RATE", .along = rates},        {.name = "RUNNING_SUM", .along = running_sums},
    {.name = "EPOCH", .of_time = epoch_of},  {.name = "MINUTE", .of_time = minute_of},
    {.name = "HOUR", .of_time = hour_of},    {.name = "DAY", .of_time = day_of},
    {.name = "DATE", .of_time = date_of},    {.name = "MONTH", .of_time = month_of},
    {.name = "YEAR", .of_time = year_of},    {.name = "DATAPOINT_COUNT", .of_tally = count_of},
};

/* Functions of their own shape. */
static const struct {
    const char *name;
    const char *(*call)(const struct math_arguments *arguments, struct math_value *value);
} others[] = {{"FILL", fill},
              {"FIRST", first},
              {"IF", choose},
              {"LAST", last},
              {"REMOVE_EMPTY", remove_empty},
              {"SLICE", slice},
              {"TIME_SERIES", time_series}};

static const char *call_function(const struct function *function, const struct math_arguments *arguments,
                                 struct math_value *value)
{
    if ((function->of_time || function->along) && arguments->items[0].kind == MATH_NUMBER)
        return "the function takes series";
    if (function->of_time)
        return times(arguments, function->of_time, value);
    if (function->of_point)
        *value = each_point(arguments, function->of_point);
    else if (function->of_tally)
        *value = reduce(arguments, function->of_tally);
    else if (function->along)
        *value = along(arguments, function->along);
    return NULL;
}

const char *cloudwatch_math_call(str name, const struct math_arguments *arguments, struct math_value *value)
{
    const struct math_value *first = &arguments->items[0];

    if (arguments->count == 0)
        return "a function without arguments";
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (str_equal(name, str_of(others[i].name)))
            return others[i].call(arguments, value);
    if (arguments->count != 1)
        return "the function takes one argument";
    if (str_equal(name, S("PERIOD")) && first->kind == MATH_SERIES) {
        *value = number_value((double)first->series->period_s);
        return NULL;
    }
    if (str_equal(name, S("METRIC_COUNT"))) {
        *value = number_value((double)first->count);
        return NULL;
    }
    for (size_t i = 0; i < sizeof functions / sizeof *functions; i++)
        if (str_equal(name, str_of(functions[i].name)))
            return call_function(&functions[i], arguments, value);
    return "an unknown function";
}
