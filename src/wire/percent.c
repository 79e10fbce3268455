#include "wire/percent.h"

/* The value of a hexadecimal digit plus 1; 0 for every other byte. */
static const unsigned char digit_plus_one[256] = {
    ['0'] = 1,  ['1'] = 2,  ['2'] = 3,  ['3'] = 4,  ['4'] = 5,  ['5'] = 6,  ['6'] = 7,  ['7'] = 8,
    ['8'] = 9,  ['9'] = 10, ['a'] = 11, ['b'] = 12, ['c'] = 13, ['d'] = 14, ['e'] = 15, ['f'] = 16,
    ['A'] = 11, ['B'] = 12, ['C'] = 13, ['D'] = 14, ['E'] = 15, ['F'] = 16};

bool percent_unreserved(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '.' || c == '_' || c == '~';
}

char *percent_escape(char *to, char c)
{
    static const char digits[] = "0123456789ABCDEF";
    unsigned char byte = (unsigned char)c;

    *to++ = '%';
    *to++ = digits[byte >> 4];
    *to++ = digits[byte & 15];
    return to;
}

str percent_encode(struct arena *arena, str text)
{
    char *start = arena_alloc(arena, 3 * text.size + 1), *to = start;

    for (size_t i = 0; i < text.size; i++)
        if (percent_unreserved(text.data[i]))
            *to++ = text.data[i];
        else
            to = percent_escape(to, text.data[i]);
    return (str){start, (size_t)(to - start)};
}

/* The byte that the two digits at `at` encode, or -1. */
static int escaped_byte(const char *at, const char *end)
{
    if (end - at < 2)
        return -1;
    int high = digit_plus_one[(unsigned char)at[0]], low = digit_plus_one[(unsigned char)at[1]];
    return high && low ? (high - 1) << 4 | (low - 1) : -1;
}

/* False: a bad escape was found, and is not to be kept. */
static bool decode(struct arena *arena, str text, bool plus_is_space, bool keep_bad, str *decoded)
{
    const char *at = text.size ? text.data : "", *end = at + text.size;
    char *start = arena_alloc(arena, text.size + 1), *to = start;

    while (at < end) {
        char c = *at++;
        int byte = c == '%' ? escaped_byte(at, end) : -1;
        if (byte >= 0) {
            c = (char)byte;
            at += 2;
        } else if (c == '%' && !keep_bad) {
            return false;
        } else if (c == '+' && plus_is_space) {
            c = ' ';
        }
        *to++ = c;
    }
    *decoded = (str){start, (size_t)(to - start)};
    return true;
}

bool percent_decode(struct arena *arena, str text, bool plus_is_space, str *decoded)
{
    return decode(arena, text, plus_is_space, false, decoded);
}

str percent_decode_loosely(struct arena *arena, str text)
{
    str decoded;

    decode(arena, text, true, true, &decoded);
    return decoded;
}
