/*
 * wildcard.c: matching without recursion: when the text stops following the pattern, the last star takes one
 * more character.
 *
 * That is enough where any star may take anything.  In resource patterns some stars stop at colons; when such
 * a star cannot grow, the last star that may cross colons grows.
 */
#include "aws/wildcard.h"

#include <string.h>

struct star {
    size_t pattern_at; /* just behind the star; 0 before the first star */
    size_t text_at;    /* where the star's text ends now */
};

struct match {
    str pattern, text;
    size_t pattern_at, text_at;
    bool ignore_case, stop_at_colons;
    struct star any, inner; /* the last star; the last one within a segment */
};

static bool same_character(const struct match *match, char a, char b)
{
    return a == b || (match->ignore_case && char_lower(a) == char_lower(b));
}

static bool crosses_colons(const struct match *match, size_t behind_star)
{
    return !match->stop_at_colons || behind_star == match->pattern.size ||
           match->pattern.data[behind_star] == ':';
}

static void remember_star(struct match *match)
{
    struct star star = {match->pattern_at, match->text_at};

    if (crosses_colons(match, match->pattern_at)) {
        match->any = star;
        match->inner = (struct star){0};
    } else {
        match->inner = star;
    }
}

static bool grow(struct match *match, struct star *star)
{
    if (star->pattern_at == 0 || star->text_at >= match->text.size)
        return false;
    star->text_at++;
    match->pattern_at = star->pattern_at;
    match->text_at = star->text_at;
    return true;
}

static bool try_again(struct match *match)
{
    struct star *inner = &match->inner;

    if (inner->pattern_at && inner->text_at < match->text.size && match->text.data[inner->text_at] != ':')
        return grow(match, inner);
    *inner = (struct star){0};
    return grow(match, &match->any);
}

/* One step along the pattern; false when the text does not match it. */
static bool step(struct match *match)
{
    bool text_left = match->text_at < match->text.size;

    if (match->pattern_at == match->pattern.size)
        return false;
    char c = match->pattern.data[match->pattern_at];
    if (c == WILD_MANY) {
        match->pattern_at++;
        remember_star(match);
        return true;
    }
    if (!text_left)
        return false;
    if (c == WILD_ONE)
        match->text_at += str_character_size(match->text, match->text_at);
    else if (same_character(match, c, match->text.data[match->text_at]))
        match->text_at++;
    else
        return false;
    match->pattern_at++;
    return true;
}

static bool run(struct match match)
{
    for (;;) {
        if (match.pattern_at == match.pattern.size && match.text_at == match.text.size)
            return true;
        if (!step(&match) && !try_again(&match))
            return false;
    }
}

bool wildcard_match(str pattern, str text)
{
    return run((struct match){.pattern = pattern, .text = text});
}

bool wildcard_match_nocase(str pattern, str text)
{
    return run((struct match){.pattern = pattern, .text = text, .ignore_case = true});
}

bool wildcard_match_resource(str pattern, str text)
{
    return run((struct match){.pattern = pattern, .text = text, .stop_at_colons = true});
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
