#pragma once

/*
 * wildcard.h: patterns as policies write them, compiled once: any run of characters, any one
 * character, and policy variables.
 *
 * In a compiled pattern a wildcard is a control byte, so that a star that came out of ${*} or out
 * of a variable's value stays an ordinary star.  Sources must not contain these bytes.
 */
#include "base/arena.h"

enum { WILD_MANY = 1, WILD_ONE = 2, WILD_VARIABLE = 3 };

struct wildcard {
    str text;           /* compiled */
    bool literal;       /* no wildcards and no variables: compare for equality */
    bool has_variables; /* names between WILD_VARIABLEs are still in the text */
};

/* With `variables`, ${*}, ${?} and ${$} are unescaped and other ${…} become variables. */
struct wildcard wildcard_compile(struct arena *arena, str source, bool wildcards, bool variables);

/* Match compiled text without variables. */
bool wildcard_match(str pattern, str text);
bool wildcard_match_nocase(str pattern, str text);

/*
 * As the Resource element matches: a star reaches over a colon only where it ends one of the
 * pattern's segments, or the whole of it.
 */
bool wildcard_match_resource(str pattern, str text);

/* As ArnLike matches: each of the six parts for itself; the last one takes the remaining colons. */
bool wildcard_match_arn(str pattern, str text);
