/*
 * log_condition.c: reads conditions, and compares values.
 *
 * && binds more closely than ||.  The depth of parentheses is bounded, so recursion is, too.
 */
#include "log_condition.h"

#include "base/text.h"
#include "log_regex.h"

#include <stdlib.h>

enum { MAX_DEPTH = 100, MAX_REGEXES = 2, MAX_NUMBER = 64 };

/* ---- steps of readers ---- */

void logs_skip_spaces(struct log_reader *reader)
{
    while (!str_empty(reader->rest) && char_is_space(reader->rest.data[0]))
        reader->rest = str_from(reader->rest, 1);
}

bool logs_take(struct log_reader *reader, str word)
{
    logs_skip_spaces(reader);
    if (!str_starts_with(reader->rest, word))
        return false;
    reader->rest = str_from(reader->rest, word.size);
    return true;
}

str logs_take_while(struct log_reader *reader, bool (*belongs)(char c))
{
    size_t size = 0;

    logs_skip_spaces(reader);
    while (size < reader->rest.size && belongs(reader->rest.data[size]))
        size++;
    str taken = str_head(reader->rest, size);
    reader->rest = str_from(reader->rest, size);
    return taken;
}

bool logs_take_phrase(struct arena *arena, str *rest, str *phrase)
{
    struct text text = text_in(arena);
    size_t i = 1;

    for (; i < rest->size && rest->data[i] != '"'; i++) {
        if (rest->data[i] == '\\' && i + 1 < rest->size &&
            (rest->data[i + 1] == '"' || rest->data[i + 1] == '\\'))
            i++;
        text_add_char(&text, rest->data[i]);
    }
    if (i == rest->size)
        return false;
    *phrase = text_str(&text);
    *rest = str_from(*rest, i + 1);
    return true;
}

bool logs_is_word_character(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-' || (unsigned char)c > 0x7f;
}

/* ---- reading ---- */

static bool is_text_character(char c)
{
    return (logs_is_word_character(c) && (unsigned char)c <= 0x7f) || c == '*' || c == '.' || c == '+';
}

/* True: *number is the value. */
static bool number_of(str text, long double *number)
{
    char copy[MAX_NUMBER + 1];
    size_t digits;
    int64_t exponent;

    if (text.size > MAX_NUMBER || !str_is_decimal(text, &digits, &exponent))
        return false;
    for (size_t i = 0; i < text.size; i++)
        copy[i] = text.data[i];
    copy[text.size] = '\0';
    *number = strtold(copy, NULL);
    return true;
}

static void settle_text(struct log_literal *literal, str text)
{
    literal->any_before = str_starts_with(text, S("*"));
    if (literal->any_before)
        text = str_from(text, 1);
    literal->any_after = str_ends_with(text, S("*"));
    literal->text = literal->any_after ? str_head(text, text.size - 1) : text;
}

static bool read_regex(struct log_reader *reader, struct log_literal *literal)
{
    ptrdiff_t end = str_index(reader->rest, '%');

    if (end < 0 || ++reader->regexes > MAX_REGEXES)
        return false;
    literal->regex = logs_regex_parse(reader->arena, str_head(reader->rest, (size_t)end), &reader->problem);
    reader->rest = str_from(reader->rest, (size_t)end + 1);
    return literal->regex;
}

/* The character behind an unquoted text that does not belong there: quotes are missing. */
static bool is_foreign(char c)
{
    return !char_is_space(c) && c != ')' && c != '&' && c != '|' && c != '}' && c != ']' && c != ',';
}

static bool name_foreign(struct log_reader *reader)
{
    size_t size = 0;

    while (size < reader->rest.size && is_foreign(reader->rest.data[size]))
        size++;
    reader->problem = arena_format(reader->arena, "Invalid character(s) in term '%.*s'",
                                   STR_ARGS(str_head(reader->rest, size)));
    return false;
}

static bool read_literal(struct log_reader *reader, struct log_literal *literal)
{
    str text;

    if (logs_take(reader, S("%")))
        return read_regex(reader, literal);
    if (str_starts_with(reader->rest, S("\""))) {
        if (!logs_take_phrase(reader->arena, &reader->rest, &text))
            return false;
        settle_text(literal, text);
        return true;
    }
    str before = reader->rest;
    text = logs_take_while(reader, is_text_character);
    if (!str_empty(reader->rest) && is_foreign(reader->rest.data[0])) {
        reader->rest = before;
        return name_foreign(reader);
    }
    literal->is_number = number_of(text, &literal->number);
    settle_text(literal, text);
    return !str_empty(text);
}

/* Operators with a literal; those that begin with another one come first. */
static enum log_operator take_comparison(struct log_reader *reader)
{
    static const struct {
        str text;
        enum log_operator operator;
    } comparisons[] = {
        {STR_INIT("!="), LOG_NOT_EQUAL},     {STR_INIT("<="), LOG_LESS_EQUAL},
        {STR_INIT(">="), LOG_GREATER_EQUAL}, {STR_INIT("="), LOG_EQUAL},
        {STR_INIT("<"), LOG_LESS},           {STR_INIT(">"), LOG_GREATER},
    };

    for (size_t i = 0; i < sizeof comparisons / sizeof *comparisons; i++)
        if (logs_take(reader, comparisons[i].text))
            return comparisons[i].operator;
    return 0;
}

static bool is_letter(char c)
{
    return c >= 'A' && c <= 'Z';
}

/* "IS NULL" and its like. */
static enum log_operator take_node_test(struct log_reader *reader)
{
    static const struct {
        str first, second;
        enum log_operator operator;
    } tests[] = {
        {STR_INIT("IS"), STR_INIT("NULL"), LOG_IS_NULL},
        {STR_INIT("IS"), STR_INIT("TRUE"), LOG_IS_TRUE},
        {STR_INIT("IS"), STR_INIT("FALSE"), LOG_IS_FALSE},
        {STR_INIT("NOT"), STR_INIT("EXISTS"), LOG_NOT_EXISTS},
    };
    str first = logs_take_while(reader, is_letter), second = logs_take_while(reader, is_letter);

    for (size_t i = 0; i < sizeof tests / sizeof *tests; i++)
        if (str_equal(first, tests[i].first) && str_equal(second, tests[i].second))
            return tests[i].operator;
    return 0;
}

static bool is_ordered(enum log_operator operator)
{
    return operator>= LOG_LESS && operator<= LOG_GREATER_EQUAL;
}

static const struct log_condition *read_test(struct log_reader *reader)
{
    struct log_condition *test = arena_new(reader->arena, struct log_condition);

    test->operand = reader->take_operand(reader);
    if (!test->operand)
        return NULL;
    test->operator= take_comparison(reader);
    if (test->operator)
        return read_literal(reader, &test->literal) &&
                       (!is_ordered(test->operator) || test->literal.is_number)
                   ? test
                   : NULL;
    test->operator= reader->tests_nodes ? take_node_test(reader) : 0;
    return test->operator? test : NULL;
}

static const struct log_condition *read_one(struct log_reader *reader)
{
    if (!logs_take(reader, S("(")))
        return read_test(reader);
    if (++reader->depth > MAX_DEPTH)
        return NULL;
    const struct log_condition *inner = logs_condition_read(reader);
    reader->depth--;
    return inner && logs_take(reader, S(")")) ? inner : NULL;
}

static const struct log_condition *combine(struct log_reader *reader, enum log_condition_kind kind,
                                           const struct log_condition *left,
                                           const struct log_condition *right)
{
    struct log_condition *both = arena_new(reader->arena, struct log_condition);

    *both = (struct log_condition){.kind = kind, .left = left, .right = right};
    return both;
}

static const struct log_condition *read_all(struct log_reader *reader)
{
    const struct log_condition *all = read_one(reader);

    while (all && logs_take(reader, S("&&"))) {
        const struct log_condition *next = read_one(reader);
        all = next ? combine(reader, LOG_ALL, all, next) : NULL;
    }
    return all;
}

const struct log_condition *logs_condition_read(struct log_reader *reader)
{
    const struct log_condition *any = read_all(reader);

    while (any && logs_take(reader, S("||"))) {
        const struct log_condition *next = read_all(reader);
        any = next ? combine(reader, LOG_ANY, any, next) : NULL;
    }
    return any;
}

/* ---- comparing ---- */

static bool text_matches(const struct log_literal *literal, str text)
{
    if (literal->regex)
        return logs_regex_matches(literal->regex, text);
    if (literal->any_before && literal->any_after)
        return str_find(text, literal->text) >= 0;
    if (literal->any_before)
        return str_ends_with(text, literal->text);
    return literal->any_after ? str_starts_with(text, literal->text) : str_equal(text, literal->text);
}

static bool is_in_order(enum log_operator operator, long double value, long double bound)
{
    switch (operator) {
    case LOG_EQUAL:
        return value == bound;
    case LOG_NOT_EQUAL:
        return value != bound;
    case LOG_LESS:
        return value < bound;
    case LOG_LESS_EQUAL:
        return value <= bound;
    case LOG_GREATER:
        return value > bound;
    default:
        return value >= bound;
    }
}

static bool is_compared(const struct log_condition *test, str text)
{
    long double number;

    if (test->literal.is_number && number_of(text, &number))
        return is_in_order(test->operator, number, test->literal.number);
    if (is_ordered(test->operator))
        return false;
    return text_matches(&test->literal, text) == (test->operator== LOG_EQUAL);
}

bool logs_value_passes(const struct log_condition *test, struct log_value value)
{
    if (test->operator== LOG_IS_NULL)
        return value.kind == LOG_VALUE_NULL;
    if (test->operator== LOG_IS_TRUE)
        return value.kind == LOG_VALUE_TRUE;
    if (test->operator== LOG_IS_FALSE)
        return value.kind == LOG_VALUE_FALSE;
    return value.kind != LOG_VALUE_NULL && is_compared(test, value.text);
}

bool logs_condition_holds(const struct log_condition *condition, log_test *passes, const void *event)
{
    if (condition->kind == LOG_TEST)
        return passes(condition, event);
    bool left = logs_condition_holds(condition->left, passes, event);
    if (left == (condition->kind == LOG_ANY))
        return left;
    return logs_condition_holds(condition->right, passes, event);
}
