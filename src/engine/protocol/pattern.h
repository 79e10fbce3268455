#pragma once

/*
 * pattern.h: the regular expressions of models, which AWS writes for Java.  Internal to validate.c.
 */
#include "base/str.h"

/*
 * Does the whole text match?  `pattern` must live as long as the program: it is compiled at its first use and
 * then found by its address.  Any thread.
 */
bool pattern_matches(const char *pattern, str text);
