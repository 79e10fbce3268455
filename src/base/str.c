/*
 * str.c: comparing, cutting and reading borrowed text.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* memmem(), for the tools, too */
#endif
#include "base/str.h"

#include <stdlib.h>
#include <string.h>

bool str_equal_but_for_case(str a, str b)
{
    for (size_t i = 0; i < a.size; i++)
        if (a.data[i] != b.data[i] && char_lower(a.data[i]) != char_lower(b.data[i]))
            return false;
    return true;
}

int str_compare(str a, str b)
{
    size_t common = a.size < b.size ? a.size : b.size;
    int order = common ? memcmp(a.data, b.data, common) : 0;

    return order ? order : (a.size > b.size) - (a.size < b.size);
}

bool str_is_one_of(str s, const str *items, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (str_equal(s, items[i]))
            return true;
    return false;
}

bool str_starts_with_nocase(str s, str prefix)
{
    return s.size >= prefix.size && str_equal_nocase(str_head(s, prefix.size), prefix);
}

bool str_ends_with(str s, str suffix)
{
    return s.size >= suffix.size && str_equal(str_from(s, s.size - suffix.size), suffix);
}

static bool continues_character(char c)
{
    return ((unsigned char)c & 0xc0) == 0x80;
}

enum { MOST_CONTINUATIONS = 3 }; /* a longer run is not UTF-8, and may be cut anywhere */

str str_head_whole(str s, size_t size)
{
    if (size >= s.size)
        return s;
    for (int i = 0; i < MOST_CONTINUATIONS && size > 0 && continues_character(s.data[size]); i++)
        size--;
    return str_head(s, size);
}

str str_tail_whole(str s, size_t size)
{
    size_t from = size < s.size ? s.size - size : 0;

    for (int i = 0; from > 0 && i < MOST_CONTINUATIONS && from < s.size && continues_character(s.data[from]);
         i++)
        from++;
    return str_from(s, from);
}

size_t str_character_size(str s, size_t at)
{
    size_t size = at < s.size;

    while (size > 0 && size <= MOST_CONTINUATIONS && at + size < s.size &&
           continues_character(s.data[at + size]))
        size++;
    return size;
}

str str_trim(str s)
{
    while (s.size > 0 && char_is_space(s.data[0]))
        s = str_from(s, 1);
    while (s.size > 0 && char_is_space(s.data[s.size - 1]))
        s.size--;
    return s;
}

ptrdiff_t str_index(str s, char c)
{
    const char *at = s.size ? memchr(s.data, c, s.size) : NULL;

    return at ? at - s.data : -1;
}

ptrdiff_t str_last_index(str s, char c)
{
    for (size_t i = s.size; i > 0; i--)
        if (s.data[i - 1] == c)
            return (ptrdiff_t)i - 1;
    return -1;
}

/* memmem(): glibc's takes time in proportion to the text, whatever the searched part is. */
ptrdiff_t str_find(str s, str part)
{
    if (part.size == 0 || part.size > s.size)
        return part.size == 0 ? 0 : -1;

    const char *at = memmem(s.data, s.size, part.data, part.size);
    return at ? at - s.data : -1;
}

bool str_next(str *rest, char separator, str *piece)
{
    if (!str_present(*rest))
        return false;

    ptrdiff_t at = str_index(*rest, separator);
    if (at < 0) {
        *piece = *rest;
        *rest = (str){0};
        return true;
    }
    *piece = str_head(*rest, (size_t)at);
    *rest = str_from(*rest, (size_t)at + 1);
    return true;
}

bool str_to_i64(str s, int64_t *value)
{
    bool negative = s.size > 0 && s.data[0] == '-';
    int64_t sum = 0;

    if (s.size == (size_t)negative)
        return false;
    for (size_t i = negative; i < s.size; i++) {
        int64_t digit = s.data[i] - '0';
        if (digit < 0 || digit > 9 || __builtin_mul_overflow(sum, 10, &sum) ||
            __builtin_sub_overflow(sum, digit, &sum))
            return false; /* sums are kept negative: the negative range is larger by one */
    }
    if (!negative && sum == INT64_MIN)
        return false;
    *value = negative ? sum : -sum;
    return true;
}

str str_of_i64(char room[STR_I64_SIZE], int64_t value)
{
    char *end = room + STR_I64_SIZE, *first = end;
    uint64_t rest = value < 0 ? -(uint64_t)value : (uint64_t)value;

    do
        *--first = (char)('0' + rest % 10);
    while (rest /= 10);
    if (value < 0)
        *--first = '-';
    return (str){first, (size_t)(end - first)};
}

static str without_sign(str s)
{
    return s.size > 0 && (s.data[0] == '-' || s.data[0] == '+') ? str_from(s, 1) : s;
}

/* The mantissa of a decimal number. */
static bool read_mantissa(str s, size_t *digits, int64_t *exponent)
{
    bool point = false, any = false;
    size_t count = 0; /* from the first significant digit */

    *digits = 0;
    *exponent = -1;
    for (size_t i = 0; i < s.size; i++) {
        char c = s.data[i];
        if (c == '.' && !point) {
            point = true;
            continue;
        }
        if (c < '0' || c > '9')
            return false;
        any = true;
        count += c != '0' || count > 0;
        if (c != '0')
            *digits = count;
        if (count > 0 && !point)
            ++*exponent;
        else if (count == 0 && point)
            --*exponent;
    }
    return any;
}

bool str_is_decimal(str s, size_t *digits, int64_t *exponent)
{
    ptrdiff_t e = str_index(s, 'e') >= 0 ? str_index(s, 'e') : str_index(s, 'E');
    int64_t power = 0;

    if (e >= 0) {
        str written = str_from(s, (size_t)e + 1);
        bool negative = str_starts_with(written, S("-"));
        if (str_starts_with(without_sign(written), S("-")) || !str_to_i64(without_sign(written), &power))
            return false;
        power = negative ? -power : power;
        s = str_head(s, (size_t)e);
    }
    return read_mantissa(without_sign(s), digits, exponent) &&
           !__builtin_add_overflow(*exponent, power, exponent);
}

bool str_to_double(str s, double *value)
{
    char copy[STR_NUMBER_SIZE + 1];
    size_t digits;
    int64_t exponent;

    if (s.size > STR_NUMBER_SIZE || !str_is_decimal(s, &digits, &exponent))
        return false;
    memcpy(copy, s.data, s.size);
    copy[s.size] = '\0';
    *value = strtod(copy, NULL);
    return true;
}

bool str_is_word(str s, str others)
{
    for (size_t i = 0; i < s.size; i++) {
        char c = char_lower(s.data[i]);
        if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || str_index(others, c) >= 0))
            return false;
    }
    return true;
}

/* Does any byte need a closer look?  Compilers do this for many bytes at a time. */
static bool may_be_no_xml(str s)
{
    unsigned found = 0;

    for (size_t i = 0; i < s.size; i++) {
        unsigned char c = (unsigned char)s.data[i];
        found |= (unsigned)(c < 0x20) | (unsigned)(c == 0xef);
    }
    return found != 0;
}

bool str_is_xml_text(str s)
{
    if (!may_be_no_xml(s))
        return true;
    for (size_t i = 0; i < s.size; i++) {
        unsigned char c = (unsigned char)s.data[i];
        if (c < 0x20 && c != '\t' && c != '\n' && c != '\r')
            return false;
        if (c == 0xef && i + 2 < s.size && (unsigned char)s.data[i + 1] == 0xbf &&
            (unsigned char)s.data[i + 2] >= 0xbe)
            return false; /* U+FFFE and U+FFFF */
    }
    return true;
}

size_t str_characters(str s)
{
    size_t count = 0;

    for (size_t i = 0; i < s.size; i++)
        count += !continues_character(s.data[i]);
    return count;
}

static uint64_t stir(uint64_t hash, uint64_t word)
{
    hash = (hash ^ word) * 0x9e3779b97f4a7c15u; /* 2^64 by the golden ratio: odd, and its bits are spread */
    return hash ^ hash >> 32;
}

uint64_t str_hash_quick(uint64_t basis, str s)
{
    uint64_t hash = stir(basis, s.size), word;
    size_t at = 0;

    for (; at + sizeof word <= s.size; at += sizeof word) {
        memcpy(&word, s.data + at, sizeof word);
        hash = stir(hash, word);
    }
    if (at < s.size) {
        word = 0;
        memcpy(&word, s.data + at, s.size - at);
        hash = stir(hash, word);
    }
    return hash;
}

uint64_t str_hash_from(uint64_t basis, str s)
{
    uint64_t hash = basis;

    for (size_t i = 0; i < s.size; i++)
        hash = (hash ^ (unsigned char)s.data[i]) * 0x100000001b3u;
    return hash;
}

uint64_t str_hash(str s)
{
    return str_hash_from(0xcbf29ce484222325u, s);
}
