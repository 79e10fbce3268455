/*
 * math_expression.c: an expression is evaluated while it is read.
 *
 * Expressions have at most 2,048 bytes; their depth is bounded, together with that of the expressions they
 * refer to; each step is linear in the series.
 */
#include "math_expression.h"

#include "math_functions.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_DEPTH = 50, MOST_SORTED = 1000000, MOST_PERIOD_S = 455 * 86400 };

struct reader {
    struct math_scope *scope;
    str rest;
};

static bool read_or(struct reader *reader, struct math_value *value);

static bool give_up(struct reader *reader, const char *problem)
{
    if (!reader->scope->problem)
        reader->scope->problem = problem;
    return false;
}

/* Take the word or sign if it comes next. */
static bool take(struct reader *reader, const char *sign)
{
    reader->rest = str_trim(reader->rest);
    if (!str_starts_with(reader->rest, str_of(sign)))
        return false;
    reader->rest = str_from(reader->rest, strlen(sign));
    return true;
}

static bool is_quote(char c)
{
    return c == '"' || c == '\'';
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static str take_word(struct reader *reader)
{
    size_t size = 0;

    while (size < reader->rest.size && (is_letter(reader->rest.data[size]) ||
                                        is_digit(reader->rest.data[size]) || reader->rest.data[size] == '_'))
        size++;
    str word = str_head(reader->rest, size);
    reader->rest = str_from(reader->rest, size);
    return word;
}

static bool read_number(struct reader *reader, struct math_value *value)
{
    char copy[64], *end;
    size_t size = 0;

    while (size < reader->rest.size && size < sizeof copy - 1 &&
           (is_digit(reader->rest.data[size]) || reader->rest.data[size] == '.'))
        size++;
    memcpy(copy, reader->rest.data, size);
    copy[size] = '\0';
    *value = (struct math_value){.kind = MATH_NUMBER, .number = strtod(copy, &end)};
    reader->rest = str_from(reader->rest, size);
    return end == copy + size || give_up(reader, "a number that cannot be read");
}

/* A text in quotes, for METRICS("errors"). */
static bool read_text(struct reader *reader, str *text)
{
    char quote[2] = {reader->rest.data[0], '\0'};

    reader->rest = str_from(reader->rest, 1);
    ptrdiff_t end = str_index(reader->rest, quote[0]);
    if (end < 0)
        return give_up(reader, "a text without its closing quote");
    *text = str_head(reader->rest, (size_t)end);
    reader->rest = str_from(reader->rest, (size_t)end + 1);
    return true;
}

static bool read_metrics(struct reader *reader, struct math_value *value)
{
    str part = {0};

    reader->rest = str_trim(reader->rest);
    if (!str_empty(reader->rest) && (reader->rest.data[0] == '"' || reader->rest.data[0] == '\'') &&
        !read_text(reader, &part))
        return false;
    if (!take(reader, ")"))
        return give_up(reader, "METRICS() takes one text");
    *value = reader->scope->metrics(reader->scope->context, part);
    return true;
}

static bool read_quoted(struct reader *reader, str *text)
{
    reader->rest = str_trim(reader->rest);
    if (str_empty(reader->rest) || (reader->rest.data[0] != '"' && reader->rest.data[0] != '\''))
        return give_up(reader, "a text in quotes is missing");
    return read_text(reader, text);
}

/* SEARCH('{AWS/SQS,QueueName} age', 'Maximum', 300) */
static bool read_search(struct reader *reader, struct math_value *value)
{
    struct math_search search = {.period_s = 300};
    struct math_value period;

    if (!read_quoted(reader, &search.text) || !take(reader, ",") || !read_quoted(reader, &search.stat))
        return give_up(reader, "SEARCH() takes a text, a statistic and a period");
    if (take(reader, ",")) {
        if (!read_or(reader, &period) || period.kind != MATH_NUMBER ||
            !(period.number >= 1 && period.number <= MOST_PERIOD_S))
            return give_up(reader, "the period of SEARCH() is a number of seconds");
        search.period_s = (int64_t)period.number;
    }
    if (!take(reader, ")"))
        return give_up(reader, "SEARCH() takes a text, a statistic and a period");
    const char *problem = reader->scope->search(reader->scope->context, &search, value);
    return !problem || give_up(reader, problem);
}

/* ANOMALY_DETECTION_BAND(m1, 2) */
static bool read_band(struct reader *reader, struct math_value *value)
{
    static const char usage[] = "ANOMALY_DETECTION_BAND() takes an id and a number of standard deviations";
    struct math_value width = {.kind = MATH_NUMBER, .number = 2};

    reader->rest = str_trim(reader->rest);
    str id = take_word(reader);
    if (str_empty(id) || (take(reader, ",") && !read_or(reader, &width)))
        return give_up(reader, usage);
    if (!take(reader, ")") || width.kind != MATH_NUMBER || !(width.number > 0 && width.number <= 1000))
        return give_up(reader, usage);
    const char *problem = reader->scope->band(reader->scope->context, id, width.number, value);
    return !problem || give_up(reader, problem);
}

/* SORT(SEARCH(...), MAX, DESC, 10) */
static bool read_sort(struct reader *reader, struct math_value *value)
{
    static const char usage[] = "SORT() takes an array, AVG, MIN, MAX or SUM, ASC or DESC, and a limit";
    struct math_value limit = {.kind = MATH_NUMBER, .number = INFINITY};

    if (!read_or(reader, value))
        return false;
    if (!take(reader, ","))
        return give_up(reader, usage);
    reader->rest = str_trim(reader->rest);
    str by = take_word(reader);
    bool takes_order = take(reader, ",");
    reader->rest = str_trim(reader->rest);
    str order = takes_order ? take_word(reader) : (str){0};
    bool ascending = str_equal(order, S("ASC"));
    if (!ascending && !str_equal(order, S("DESC")))
        return give_up(reader, usage);
    if (take(reader, ",") && !read_or(reader, &limit))
        return false;
    if (!take(reader, ")") || limit.kind != MATH_NUMBER || limit.number < 1)
        return give_up(reader, usage);
    const char *problem =
        cloudwatch_math_sort(reader->scope->arena, by, ascending,
                             limit.number < MOST_SORTED ? (size_t)limit.number : MOST_SORTED, value);
    return !problem || give_up(reader, problem);
}

/* Functions that take more than values. */
static const struct {
    str name;
    bool (*read)(struct reader *reader, struct math_value *value);
} readers[] = {{STR_INIT("METRICS"), read_metrics},
               {STR_INIT("SEARCH"), read_search},
               {STR_INIT("SORT"), read_sort},
               {STR_INIT("ANOMALY_DETECTION_BAND"), read_band}};

static bool read_call(struct reader *reader, str name, struct math_value *value)
{
    struct math_arguments arguments = {
        .arena = reader->scope->arena,
        .scope = reader->scope,
    };

    for (size_t i = 0; i < sizeof readers / sizeof *readers; i++)
        if (str_equal(name, readers[i].name))
            return readers[i].read(reader, value);
    while (!take(reader, ")")) {
        if (arguments.count == MATH_MAX_ARGUMENTS)
            return give_up(reader, "a function with too many arguments");
        if (arguments.count > 0 && !take(reader, ","))
            return give_up(reader, "an argument without a comma before it");
        if (take(reader, "REPEAT"))
            arguments.filling = MATH_FILL_REPEAT;
        else if (take(reader, "LINEAR"))
            arguments.filling = MATH_FILL_LINEAR;
        else if (!read_or(reader, &arguments.items[arguments.count]))
            return false;
        arguments.count++;
    }
    const char *problem = cloudwatch_math_call(name, &arguments, value);
    return !problem || give_up(reader, problem);
}

static bool read_name(struct reader *reader, struct math_value *value)
{
    str word = take_word(reader);
    const struct math_value *found;

    if (take(reader, "("))
        return read_call(reader, word, value);
    if (str_equal_nocase(word, S("SELECT")))
        return give_up(reader, "a query of Metrics Insights, which Orderly does not have");
    found = reader->scope->find(reader->scope->context, word);
    if (!found)
        return give_up(reader,
                       "an id that the request does not have, or whose expression cannot be computed");
    *value = *found;
    return true;
}

/* [m1, m2] */
static bool read_array(struct reader *reader, struct math_value *value)
{
    struct math_arguments all = {.arena = reader->scope->arena};

    while (!take(reader, "]")) {
        if (all.count == MATH_MAX_ARGUMENTS)
            return give_up(reader, "an array with too many members");
        if (all.count > 0 && !take(reader, ","))
            return give_up(reader, "a member without a comma before it");
        if (!read_or(reader, &all.items[all.count++]))
            return false;
    }
    *value = cloudwatch_math_array(&all);
    return true;
}

static bool read_primary(struct reader *reader, struct math_value *value)
{
    reader->rest = str_trim(reader->rest);
    if (str_empty(reader->rest))
        return give_up(reader, "an operand is missing");
    if (is_digit(reader->rest.data[0]) || reader->rest.data[0] == '.')
        return read_number(reader, value);
    if (take(reader, "["))
        return read_array(reader, value);
    if (is_letter(reader->rest.data[0]))
        return read_name(reader, value);
    if (!take(reader, "("))
        return give_up(reader,
                       is_quote(reader->rest.data[0]) ? "a text that no function takes" : "an unknown sign");
    if (!read_or(reader, value))
        return false;
    return take(reader, ")") || give_up(reader, "a parenthesis without its end");
}

static bool read_unary(struct reader *reader, struct math_value *value)
{
    const struct math_value zero = {.kind = MATH_NUMBER};
    struct math_value operand = zero;

    if (*reader->scope->depth >= MAX_DEPTH)
        return give_up(reader, "an expression with too many levels");
    ++*reader->scope->depth;
    bool negative = take(reader, "-");
    bool well = negative ? read_unary(reader, &operand) : read_primary(reader, value);
    --*reader->scope->depth;
    if (well && negative)
        *value = cloudwatch_math_operate(reader->scope->arena, "-", &zero, &operand);
    return well;
}

/* Operators of the same rank, from left to right. */
struct rank {
    bool (*operand)(struct reader *reader, struct math_value *value);
    const char *signs[7]; /* ends with a NULL */
};

static bool read_rank(struct reader *reader, const struct rank *rank, struct math_value *value)
{
    if (!rank->operand(reader, value))
        return false;
    for (size_t i = 0; rank->signs[i];) {
        struct math_value left = *value, right;
        if (!take(reader, rank->signs[i])) {
            i++;
            continue;
        }
        if (!rank->operand(reader, &right))
            return false;
        *value = cloudwatch_math_operate(reader->scope->arena, rank->signs[i], &left, &right);
        i = 0;
    }
    return true;
}

static bool read_power(struct reader *reader, struct math_value *value)
{
    static const struct rank rank = {read_unary, {"^"}};

    return read_rank(reader, &rank, value);
}

static bool read_product(struct reader *reader, struct math_value *value)
{
    static const struct rank rank = {read_power, {"*", "/"}};

    return read_rank(reader, &rank, value);
}

static bool read_sum(struct reader *reader, struct math_value *value)
{
    static const struct rank rank = {read_product, {"+", "-"}};

    return read_rank(reader, &rank, value);
}

static bool read_comparison(struct reader *reader, struct math_value *value)
{
    static const struct rank rank = {read_sum, {"==", "!=", "<=", ">=", "<", ">"}};

    return read_rank(reader, &rank, value);
}

static bool read_and(struct reader *reader, struct math_value *value)
{
    static const struct rank rank = {read_comparison, {"&&", "AND"}};

    return read_rank(reader, &rank, value);
}

static bool read_or(struct reader *reader, struct math_value *value)
{
    static const struct rank rank = {read_and, {"||", "OR"}};

    return read_rank(reader, &rank, value);
}

bool cloudwatch_math(struct math_scope *scope, str text, struct math_value *value)
{
    struct reader reader = {.scope = scope, .rest = text};

    if (!read_or(&reader, value))
        return false;
    return str_empty(str_trim(reader.rest)) || give_up(&reader, "something follows the expression");
}
