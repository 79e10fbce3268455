#pragma once

/*
 * str.h: a borrowed piece of text or bytes, pointer and length.
 *
 * A str never owns its memory and need not end in NUL.  Absent is data == NULL; empty is
 * size == 0 with a non-NULL data.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

typedef struct str {
    const char *data;
    size_t size;
} str;

/* A str over a string literal. */
#define S(literal) ((str){"" literal, sizeof(literal) - 1})
/* The same as an initializer of static data. */
#define STR_INIT(literal)                                                                                    \
    {                                                                                                        \
        "" literal, sizeof(literal) - 1                                                                      \
    }
/*
 * For "%.*s": length and pointer of s.  (printf ends it at a NUL; arena_format(), text_format() and fail() do
 * not.)
 */
#define STR_ARGS(s) (int)(s).size, (s).data ? (s).data : ""

static inline bool str_present(str s)
{
    return s.data != NULL;
}
static inline bool str_empty(str s)
{
    return s.size == 0;
}

static inline char char_lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}
static inline bool char_is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* A str over a NUL-terminated string; NULL becomes the absent str. */
static inline str str_of(const char *text)
{
    return text ? (str){text, strlen(text)} : (str){0};
}

/* The bytes of a text that is not empty: it has some, which the analyzer does not know. */
static inline const char *str_bytes(str s)
{
    if (!s.data)
        __builtin_unreachable();
    return s.data;
}

static inline bool str_equal(str a, str b)
{
    return a.size == b.size && (a.size == 0 || memcmp(str_bytes(a), str_bytes(b), a.size) == 0);
}
/* Compares without regard to the case of ASCII letters. */
bool str_equal_but_for_case(str a, str b); /* two texts of the same size */
static inline bool str_equal_nocase(str a, str b)
{
    return a.size == b.size && str_equal_but_for_case(a, b);
}
/* Is it equal to one of these? */
bool str_is_one_of(str s, const str *items, size_t count);
/* Order of bytes, a prefix first: <0, 0, >0. */
int str_compare(str a, str b);

/* The rest of s from `from` on (empty past the end); the first `size` bytes of s. */
static inline str str_from(str s, size_t from)
{
    if (from > s.size)
        from = s.size;
    return (str){from ? s.data + from : s.data, s.size - from};
}
static inline str str_head(str s, size_t size)
{
    return (str){s.data, size < s.size ? size : s.size};
}

static inline bool str_starts_with(str s, str prefix)
{
    return s.size >= prefix.size && str_equal(str_head(s, prefix.size), prefix);
}
bool str_starts_with_nocase(str s, str prefix);
bool str_ends_with(str s, str suffix);

/* At most the first, or the last, `size` bytes of a UTF-8 text, cut between two characters. */
str str_head_whole(str s, size_t size);
str str_tail_whole(str s, size_t size);
/* The bytes of the UTF-8 character at `at`, 0 at the end. */
size_t str_character_size(str s, size_t at);
str str_trim(str s);

/* The index of the first (last) `c`, or -1. */
ptrdiff_t str_index(str s, char c);
ptrdiff_t str_last_index(str s, char c);
/* The index of the first `part`, or -1. */
ptrdiff_t str_find(str s, str part);

/*
 * Cut the next piece off *rest, up to `separator` or the end.  False when nothing is left.
 * "a,,b" gives "a", "", "b"; "a," gives "a" and ""; "" gives "" once.
 */
bool str_next(str *rest, char separator, str *piece);

/* A whole decimal number, optional '-'; false on anything else or overflow. */
bool str_to_i64(str s, int64_t *value);
/* The other way round; the result is part of the room. */
enum { STR_I64_SIZE = 20 };
str str_of_i64(char room[STR_I64_SIZE], int64_t value);
/*
 * Is it a decimal number: [+-]digits[.digits][e[+-]digits]?  *digits is the number of significant digits
 * (without zeros at either end); the first significant digit is worth itself times 10 to the power of
 * *exponent.
 */
bool str_is_decimal(str s, size_t *digits, int64_t *exponent);
/* A decimal number of at most STR_NUMBER_SIZE bytes, infinite if it is too large; false on anything else. */
enum { STR_NUMBER_SIZE = 127 };
bool str_to_double(str s, double *value);

/*
 * Has the text, which is UTF-8, only characters that XML 1.0 allows: no control characters but tab, newline
 * and carriage return, no U+FFFE, no U+FFFF?
 */
bool str_is_xml_text(str s);

/* Are there only ASCII letters, digits and the characters of `others`? */
bool str_is_word(str s, str others);

/* The number of characters in the UTF-8 text. */
size_t str_characters(str s);

/* For tables in memory, never for what is stored: another machine may give another number. */
uint64_t str_hash_quick(uint64_t basis, str s);
/* FNV-1a, for what is stored. */
uint64_t str_hash(str s);
/*
 * FNV-1a from another basis: a secret one where clients choose the texts, so that they cannot choose
 * collisions.
 */
uint64_t str_hash_from(uint64_t basis, str s);
