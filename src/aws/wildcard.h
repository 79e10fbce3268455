#pragma once

/*
 * wildcard.h: patterns as policies write them, compiled once: any run of characters, any one character, and
 * policy variables.
 *
 * In a compiled pattern a wildcard is a control byte, so that a star that comes from ${*} or from a
 * variable's value remains an ordinary star.  Sources must not contain these bytes.
 */
#include "base/arena.h"

enum { WILD_MANY = 1, WILD_ONE = 2, WILD_VARIABLE = 3 };

struct wildcard {
    str text;           /* compiled */
    bool literal;       /* no wildcards and no variables: compare for equality */
    bool has_variables; /* names between WILD_VARIABLEs are still to be replaced */
};

/* With `variables`, ${*}, ${?} and ${$} are unescaped and other ${…} become variables. */
struct wildcard wildcard_compile(struct arena *arena, str source, bool wildcards, bool variables);

/*
 * Match compiled text without variables.  A longer text is matched by a single star only.
 */
enum { WILDCARD_MAX_TEXT = 8192 };

bool wildcard_match(str pattern, str text);
bool wildcard_match_nocase(str pattern, str text);

/*
 * Match as the Resource element does: a star crosses colons only at the end of one of the pattern's segments,
 * or of the whole pattern.
 */
bool wildcard_match_resource(str pattern, str text);

/* Match as ArnLike does: each of the six parts separately; the last part has the remaining colons. */
bool wildcard_match_arn(str pattern, str text);
