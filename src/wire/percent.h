#pragma once

/*
 * percent.h: percent escapes, shared by URIs and forms.
 */
#include "base/arena.h"

/* A-Z a-z 0-9 - . _ ~: characters that need no escape. */
bool percent_unreserved(char c);
/* Write %XX, upper case; returns the place after it. */
char *percent_escape(char *to, char c);
/* Escape all but the unreserved characters. */
str percent_encode(struct arena *arena, str text);
/* False on a bad escape. */
bool percent_decode(struct arena *arena, str text, bool plus_is_space, str *decoded);
/* '+' is a space; a bad escape is kept as it is. */
str percent_decode_loosely(struct arena *arena, str text);
