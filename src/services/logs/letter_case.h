#pragma once

/*
 * letter_case.h: capital and small letters of all alphabets that have both.
 */
#include "base/arena.h"

/* The text with all its letters changed.  What is not UTF-8, or has no other case, stays as it is. */
str logs_upper_case(struct arena *arena, str text);
str logs_lower_case(struct arena *arena, str text);
