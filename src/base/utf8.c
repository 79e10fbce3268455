/*
 * utf8.c: the second byte alone decides whether a sequence is overlong, a surrogate or too large; the bytes
 * after it are plain continuations.
 */
#include "base/utf8.h"

#include "base/check.h"

static bool in_range(unsigned char byte, unsigned char first, unsigned char last)
{
    return byte >= first && byte <= last;
}

/* The length that a lead byte announces, and the range its second byte must be in. */
static size_t sequence_size(unsigned char lead, unsigned char *first, unsigned char *last)
{
    *first = lead == 0xe0 ? 0xa0 : lead == 0xf0 ? 0x90 : 0x80;
    *last = lead == 0xed ? 0x9f : lead == 0xf4 ? 0x8f : 0xbf;
    if (lead < 0x80)
        return 1;
    if (in_range(lead, 0xc2, 0xdf))
        return 2;
    if (in_range(lead, 0xe0, 0xef))
        return 3;
    return in_range(lead, 0xf0, 0xf4) ? 4 : 0;
}

size_t utf8_sequence(const char *at, const char *end)
{
    unsigned char first, last;

    if (at == end)
        return 0;
    size_t size = sequence_size((unsigned char)*at, &first, &last);
    if ((size_t)(end - at) < size)
        return 0;
    if (size > 1 && !in_range((unsigned char)at[1], first, last))
        return 0;
    for (size_t i = 2; i < size; i++)
        if (!in_range((unsigned char)at[i], 0x80, 0xbf))
            return 0;
    return size;
}

bool utf8_valid(str text)
{
    const char *at = text.data, *end = at ? at + text.size : at;

    while (at < end) {
        size_t size = utf8_sequence(at, end);
        if (size == 0)
            return false;
        at += size;
    }
    return true;
}

static char continuation(uint32_t bits)
{
    return (char)(0x80 | (bits & 0x3f));
}

char *utf8_write(char *to, uint32_t code_point)
{
    check(code_point <= 0x10ffff && (code_point < 0xd800 || code_point > 0xdfff));
    if (code_point < 0x80) {
        *to++ = (char)code_point;
        return to;
    }
    if (code_point < 0x800) {
        *to++ = (char)(0xc0 | code_point >> 6);
    } else if (code_point < 0x10000) {
        *to++ = (char)(0xe0 | code_point >> 12);
        *to++ = continuation(code_point >> 6);
    } else {
        *to++ = (char)(0xf0 | code_point >> 18);
        *to++ = continuation(code_point >> 12);
        *to++ = continuation(code_point >> 6);
    }
    *to++ = continuation(code_point);
    return to;
}

uint32_t utf8_read(const char *at, size_t size)
{
    static const unsigned char first_bits[] = {0, 0x7f, 0x1f, 0x0f, 0x07};
    uint32_t point = (unsigned char)at[0] & first_bits[size];

    for (size_t i = 1; i < size; i++)
        point = point << 6 | ((unsigned char)at[i] & 0x3f);
    return point;
}
