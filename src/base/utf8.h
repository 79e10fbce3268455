#pragma once

/*
 * utf8.h: UTF-8 as RFC 3629 has it: no overlong forms, no surrogates, nothing past U+10FFFF.
 */
#include "base/str.h"

/* U+FFFD: replaces what cannot be written. */
#define UTF8_REPLACEMENT "\xef\xbf\xbd"

/* The size of the valid sequence that begins at `at` (before `end`), or 0. */
size_t utf8_sequence(const char *at, const char *end);
bool utf8_valid(str text);
/* The code point of a valid sequence of that size. */
uint32_t utf8_read(const char *at, size_t size);

/* Write a code point (never a surrogate), at most 4 bytes; returns the place after it. */
char *utf8_write(char *to, uint32_t code_point);
