/*
 * wildcard.c: matching by all places in the text that the pattern can have reached, after one character of
 * the pattern after the other.  So no pattern takes longer than its size times the text's.
 */
#include "aws/wildcard.h"

#include <string.h>

struct places {
    const char *text;
    size_t size, first, last;   /* the places that are reached are among these, and these two are */
    bool ignore_case, has_wide; /* has_wide: some characters have several bytes */
    char *reached, *next;       /* in the two arrays of run() */
};

/* The same letter of the other case, if that is the same character here. */
static char other_case(const struct places *places, char c)
{
    bool letter = char_lower(c) >= 'a' && char_lower(c) <= 'z';

    return letter && places->ignore_case ? c ^ ('a' ^ 'A') : c;
}

static bool is_within_character(char c)
{
    return ((unsigned char)c & 0xc0) == 0x80;
}

/* False: no place is reached. */
static bool narrow(struct places *places)
{
    const char *first = memchr(places->reached + places->first, true, places->last - places->first + 1);

    if (!first)
        return false;
    places->first = (size_t)(first - places->reached);
    const char *last = memrchr(first, true, places->last - places->first + 1);
    places->last = (size_t)(last - places->reached);
    return true;
}

static bool take_next(struct places *places)
{
    char *reached = places->reached;

    places->reached = places->next;
    places->next = reached;
    places->first++;
    places->last++;
    return narrow(places);
}

/* Behind the last place that a character follows: none follows the end of the text. */
static size_t end_of(const struct places *places)
{
    return places->last < places->size ? places->last + 1 : places->size;
}

/* As follow(), for the single place that most patterns reach. */
static bool follow_from_one(struct places *places, char c, char other)
{
    char at = places->text[places->first];

    places->reached[++places->first] = true;
    places->last = places->first;
    return at == c || at == other;
}

static bool follow(struct places *places, char c)
{
    char other = other_case(places, c);
    const char *text = places->text;
    const char *restrict reached = places->reached;
    char *restrict next = places->next;
    size_t first = places->first, end = end_of(places);

    if (first == places->size)
        return false;
    if (first == places->last)
        return follow_from_one(places, c, other);
    for (size_t i = first; i < end; i++)
        next[i + 1] = reached[i] & ((text[i] == c) | (text[i] == other));
    places->last = end - 1;
    return take_next(places);
}

/* To the ends of characters that have been entered: they have up to four bytes. */
static bool leave_characters(struct places *places)
{
    memset(places->reached + places->last + 1, false, places->size - places->last);
    for (size_t i = places->first; i < places->size; i++)
        if (places->reached[i] && is_within_character(places->text[i])) {
            places->reached[i] = false;
            places->reached[i + 1] = true;
        }
    places->last = places->size;
    return narrow(places);
}

static bool follow_any(struct places *places)
{
    size_t first = places->first, end = end_of(places);

    if (first == places->size)
        return false;
    memcpy(places->next + first + 1, places->reached + first, end - first);
    places->last = end - 1;
    return take_next(places) && (!places->has_wide || leave_characters(places));
}

static void reach_over(struct places *places)
{
    memset(places->reached + places->first, true, places->size - places->first + 1);
    places->last = places->size;
}

static size_t end_of_segment(const struct places *places, size_t at)
{
    const char *colon = memchr(places->text + at, ':', places->size - at);

    return colon ? (size_t)(colon - places->text) : places->size;
}

static void reach_within_segment(struct places *places)
{
    for (size_t i = places->first; i <= places->last; i++) {
        if (!places->reached[i])
            continue;
        size_t end = end_of_segment(places, i);
        memset(places->reached + i, true, end - i + 1);
        if (end > places->last)
            places->last = end;
        i = end;
    }
}

enum stars { STARS_CROSS_COLONS, STARS_STOP_AT_COLONS };

static bool follow_all(struct places *places, str pattern, enum stars stars)
{
    for (size_t i = 0; i < pattern.size; i++) {
        char c = pattern.data[i];
        bool ends = i + 1 == pattern.size || pattern.data[i + 1] == ':';
        if (c == WILD_MANY && (ends || stars == STARS_CROSS_COLONS))
            reach_over(places);
        else if (c == WILD_MANY)
            reach_within_segment(places);
        else if (!(c == WILD_ONE ? follow_any(places) : follow(places, c)))
            return false;
    }
    return places->last == places->size;
}

static bool has_wide(str text)
{
    unsigned all = 0;

    for (size_t i = 0; i < text.size; i++)
        all |= (unsigned char)text.data[i];
    return all >= 0x80;
}

/* How much both begin with, before the pattern's first wildcard: most patterns differ there. */
static size_t common_start(const struct places *places, str pattern)
{
    size_t end = pattern.size < places->size ? pattern.size : places->size, i = 0;

    for (; i < end && (unsigned char)pattern.data[i] > WILD_VARIABLE; i++)
        if (places->text[i] != pattern.data[i] && places->text[i] != other_case(places, pattern.data[i]))
            break;
    return i;
}

static bool run(str pattern, str text, bool ignore_case, enum stars stars)
{
    char reached[WILDCARD_MAX_TEXT + 1], next[WILDCARD_MAX_TEXT + 1];
    struct places places = {.text = text.data,
                            .size = text.size,
                            .ignore_case = ignore_case,
                            .has_wide = has_wide(text),
                            .reached = reached,
                            .next = next};

    if (pattern.size == 1 && pattern.data[0] == WILD_MANY)
        return true;
    if (text.size > WILDCARD_MAX_TEXT)
        return false;
    places.first = places.last = common_start(&places, pattern);
    reached[places.first] = true;
    return follow_all(&places, str_from(pattern, places.first), stars);
}

bool wildcard_match(str pattern, str text)
{
    return run(pattern, text, false, STARS_CROSS_COLONS);
}

bool wildcard_match_nocase(str pattern, str text)
{
    return run(pattern, text, true, STARS_CROSS_COLONS);
}

bool wildcard_match_resource(str pattern, str text)
{
    return run(pattern, text, false, STARS_STOP_AT_COLONS);
}

/* The next of an ARN's six parts; the sixth part is the whole rest. */
static bool next_part(str *rest, int number, str *part)
{
    if (number < 5)
        return str_next(rest, ':', part);
    *part = *rest;
    return str_present(*rest);
}

bool wildcard_match_arn(str pattern, str text)
{
    for (int number = 0; number < 6; number++) {
        str wanted, part;
        if (!next_part(&pattern, number, &wanted) || !next_part(&text, number, &part))
            return false;
        if (!wildcard_match(wanted, part))
            return false;
    }
    return true;
}

/* "${*}", "${?}" and "${$}" mean the character itself. */
static bool is_escape(str rest)
{
    return rest.size >= 4 && rest.data[0] == '$' && rest.data[1] == '{' && rest.data[3] == '}' &&
           (rest.data[2] == '*' || rest.data[2] == '?' || rest.data[2] == '$');
}

static bool is_variable(str rest)
{
    return rest.size >= 4 && rest.data[0] == '$' && rest.data[1] == '{' && str_index(rest, '}') > 2;
}

/* Compile the next element of *source, move *source past it, and return the number of bytes written. */
static size_t compile_next(struct wildcard *pattern, str *source, char *out, bool wildcards, bool variables)
{
    char c = source->data[0];
    size_t taken = 1, written = 1;

    if (variables && is_escape(*source)) {
        out[0] = source->data[2];
        taken = 4;
    } else if (variables && is_variable(*source)) {
        taken = (size_t)str_index(*source, '}') + 1;
        written = taken - 1;
        out[0] = WILD_VARIABLE;
        memcpy(out + 1, source->data + 2, taken - 3);
        out[written - 1] = WILD_VARIABLE;
        pattern->has_variables = true;
        pattern->literal = false;
    } else if (wildcards && (c == '*' || c == '?')) {
        out[0] = c == '*' ? WILD_MANY : WILD_ONE;
        pattern->literal = false;
    } else {
        out[0] = c;
    }
    *source = str_from(*source, taken);
    return written;
}

struct wildcard wildcard_compile(struct arena *arena, str source, bool wildcards, bool variables)
{
    struct wildcard pattern = {.literal = true};
    char *compiled = arena_alloc(arena, source.size + 1);
    size_t size = 0;

    while (source.size > 0)
        size += compile_next(&pattern, &source, compiled + size, wildcards, variables);
    pattern.text = (str){compiled, size};
    return pattern;
}
