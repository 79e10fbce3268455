/*
 * insights_text_functions.c: functions of texts.  Lengths and places count characters.
 */
#include "insights_functions.h"
#include "letter_case.h"

typedef struct insights_value value;

static str shown(struct insights_evaluation *evaluation, const value *argument)
{
    return logs_insights_show(evaluation->arena, argument);
}

/* True for absent values, too. */
static value is_empty(struct insights_evaluation *evaluation, const value *arguments, size_t count)
{
    (void)count;
    return logs_insights_boolean(str_empty(shown(evaluation, &arguments[0])));
}

static value is_blank(struct insights_evaluation *evaluation, const value *arguments, size_t count)
{
    (void)count;
    return logs_insights_boolean(str_empty(str_trim(shown(evaluation, &arguments[0]))));
}

/* Absent values add nothing. */
static value concat(struct insights_evaluation *evaluation, const value *arguments, size_t count)
{
    struct text text = text_in(evaluation->arena);

    for (size_t i = 0; i < count; i++)
        text_add(&text, shown(evaluation, &arguments[i]));
    return logs_insights_text(text_str(&text));
}

static bool is_trimmed(str characters, str text, size_t at, size_t size)
{
    if (!str_present(characters))
        return char_is_space(text.data[at]);
    return str_find(characters, str_head(str_from(text, at), size)) >= 0;
}

static size_t last_character(str text)
{
    size_t size = 1;

    while (size < text.size && ((unsigned char)text.data[text.size - size] & 0xc0) == 0x80)
        size++;
    return size;
}

enum { LEFT = 1, RIGHT = 2 };

/* Takes spaces off, or the characters of the second argument. */
static value trim_sides(struct insights_evaluation *evaluation, const value *arguments, size_t count,
                        int sides)
{
    str characters = count > 1 ? shown(evaluation, &arguments[1]) : (str){0};
    str text = shown(evaluation, &arguments[0]);
    size_t size;

    if (arguments[0].kind == INSIGHTS_ABSENT)
        return (value){0};
    while (sides & LEFT && (size = str_character_size(text, 0)) > 0 && is_trimmed(characters, text, 0, size))
        text = str_from(text, size);
    while (sides & RIGHT && text.size > 0 && (size = last_character(text)) > 0 &&
           is_trimmed(characters, text, text.size - size, size))
        text.size -= size;
    return logs_insights_text(text);
}

static value trim(struct insights_evaluation *evaluation, const value *arguments, size_t count)
{
    return trim_sides(evaluation, arguments, count, LEFT | RIGHT);
}

static value trim_left(struct insights_evaluation *evaluation, const value *arguments, size_t count)
{
    return trim_sides(evaluation, arguments, count, LEFT);
}

static value trim_right(struct insights_evaluation *evaluation, const value *arguments, size_t count)
{
    return trim_sides(evaluation, arguments, count, RIGHT);
}

static value length(struct insights_evaluation *evaluation, const value *arguments, size_t count)
{
    (void)count;
    if (arguments[0].kind == INSIGHTS_ABSENT)
        return (value){0};
    return logs_insights_number((double)str_characters(shown(evaluation, &arguments[0])));
}

static value upper_case(struct insights_evaluation *evaluation, const value *arguments, size_t count)
{
    (void)count;
    if (arguments[0].kind == INSIGHTS_ABSENT)
        return (value){0};
    return logs_insights_text(logs_upper_case(evaluation->arena, shown(evaluation, &arguments[0])));
}

static value lower_case(struct insights_evaluation *evaluation, const value *arguments, size_t count)
{
    (void)count;
    if (arguments[0].kind == INSIGHTS_ABSENT)
        return (value){0};
    return logs_insights_text(logs_lower_case(evaluation->arena, shown(evaluation, &arguments[0])));
}

/* The bytes of the first `characters` characters. */
static size_t bytes_of(str text, double characters)
{
    size_t size = 0, next;

    for (double i = 0; i < characters && (next = str_character_size(text, size)) > 0; i++)
        size += next;
    return size;
}

/* substr(text, start, length): the start counts from 0; without a length, up to the end. */
static value part_of(struct insights_evaluation *evaluation, const value *arguments, size_t count)
{
    str text = shown(evaluation, &arguments[0]);
    double start, characters = (double)text.size;

    if (arguments[0].kind == INSIGHTS_ABSENT || !logs_insights_is_number(&arguments[1], &start) ||
        (count > 2 && !logs_insights_is_number(&arguments[2], &characters)))
        return (value){0};
    text = str_from(text, bytes_of(text, start));
    return logs_insights_text(str_head(text, bytes_of(text, characters)));
}

/* replace(text, from, to): everywhere. */
static value replace(struct insights_evaluation *evaluation, const value *arguments, size_t count)
{
    str text = shown(evaluation, &arguments[0]), from = shown(evaluation, &arguments[1]);
    str to = shown(evaluation, &arguments[2]);
    struct text changed = text_in(evaluation->arena);
    ptrdiff_t found;

    (void)count;
    if (arguments[0].kind == INSIGHTS_ABSENT)
        return (value){0};
    while (!str_empty(from) && (found = str_find(text, from)) >= 0) {
        text_add(&changed, str_head(text, (size_t)found));
        text_add(&changed, to);
        text = str_from(text, (size_t)found + from.size);
    }
    text_add(&changed, text);
    return logs_insights_text(text_str(&changed));
}

static value contains(struct insights_evaluation *evaluation, const value *arguments, size_t count)
{
    (void)count;
    return logs_insights_boolean(
        arguments[0].kind != INSIGHTS_ABSENT &&
        str_find(shown(evaluation, &arguments[0]), shown(evaluation, &arguments[1])) >= 0);
}

const struct insights_function logs_insights_text_functions[] = {
    {"isempty", 1, 1, is_empty, false},
    {"isblank", 1, 1, is_blank, false},
    {"concat", 1, INSIGHTS_MOST_ARGUMENTS, concat, false},
    {"trim", 1, 2, trim, false},
    {"ltrim", 1, 2, trim_left, false},
    {"rtrim", 1, 2, trim_right, false},
    {"strlen", 1, 1, length, false},
    {"toupper", 1, 1, upper_case, false},
    {"tolower", 1, 1, lower_case, false},
    {"substr", 2, 3, part_of, false},
    {"replace", 3, 3, replace, false},
    {"strcontains", 2, 2, contains, false},
    {NULL, 0, 0, NULL, false},
};
