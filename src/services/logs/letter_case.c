/*
 * letter_case.c: capital and small letters.
 *
 * Only pairs whose letters are as long in UTF-8 as each other are here, so that a text never changes its
 * size: "ß" stays, whose capital form is two letters.
 */
#include "letter_case.h"

#include "base/utf8.h"

/* Capital letters in a row, and how far the small ones are behind them. */
struct letters {
    uint32_t first, last, distance, step; /* step 2: capital and small letters alternate */
};

static const struct letters alphabets[] = {
    {'A', 'Z', 32, 1},
    /* Latin */
    {0x00c0, 0x00d6, 32, 1},
    {0x00d8, 0x00de, 32, 1},
    {0x0100, 0x012e, 1, 2},
    {0x0132, 0x0136, 1, 2},
    {0x0139, 0x0147, 1, 2},
    {0x014a, 0x0176, 1, 2},
    {0x0179, 0x017d, 1, 2},
    {0x01a0, 0x01a4, 1, 2},
    {0x01af, 0x01af, 1, 1},
    {0x01cd, 0x01db, 1, 2},
    {0x01de, 0x01ee, 1, 2},
    {0x01f8, 0x021e, 1, 2},
    {0x0222, 0x0232, 1, 2},
    {0x1e00, 0x1e94, 1, 2},
    {0x1ea0, 0x1efe, 1, 2},
    {0xff21, 0xff3a, 32, 1},
    /* Greek */
    {0x0386, 0x0386, 38, 1},
    {0x0388, 0x038a, 37, 1},
    {0x038c, 0x038c, 64, 1},
    {0x038e, 0x038f, 63, 1},
    {0x0391, 0x03a1, 32, 1},
    {0x03a3, 0x03ab, 32, 1},
    /* Cyrillic */
    {0x0400, 0x040f, 80, 1},
    {0x0410, 0x042f, 32, 1},
    {0x0460, 0x0480, 1, 2},
    {0x048a, 0x04be, 1, 2},
    {0x04c1, 0x04cd, 1, 2},
    {0x04d0, 0x052e, 1, 2},
    /* Armenian */
    {0x0531, 0x0556, 48, 1},
};
enum { ALPHABETS = sizeof alphabets / sizeof *alphabets };

static uint32_t capital_of(uint32_t letter)
{
    for (size_t i = 0; i < ALPHABETS; i++) {
        const struct letters *row = &alphabets[i];
        uint32_t first = row->first + row->distance;
        if (letter >= first && letter <= row->last + row->distance && (letter - first) % row->step == 0)
            return letter - row->distance;
    }
    return letter;
}

static uint32_t small_of(uint32_t letter)
{
    for (size_t i = 0; i < ALPHABETS; i++) {
        const struct letters *row = &alphabets[i];
        if (letter >= row->first && letter <= row->last && (letter - row->first) % row->step == 0)
            return letter + row->distance;
    }
    return letter;
}

/* Of one, two or three bytes. */
static uint32_t letter_at(const char *at, size_t size)
{
    const unsigned char *bytes = (const unsigned char *)at;

    if (size == 1)
        return bytes[0];
    if (size == 2)
        return (uint32_t)(bytes[0] & 0x1f) << 6 | (bytes[1] & 0x3f);
    return (uint32_t)(bytes[0] & 0x0f) << 12 | (uint32_t)(bytes[1] & 0x3f) << 6 | (bytes[2] & 0x3f);
}

static str change(struct arena *arena, str text, uint32_t (*other_of)(uint32_t letter))
{
    char *changed = arena_alloc(arena, text.size + 1);
    size_t at = 0;

    while (at < text.size) {
        size_t size = utf8_sequence(text.data + at, text.data + text.size);
        if (size >= 1 && size <= 3)
            utf8_write(changed + at, other_of(letter_at(text.data + at, size)));
        else
            memcpy(changed + at, text.data + at, size ? size : 1);
        at += size ? size : 1;
    }
    return (str){changed, text.size};
}

str logs_upper_case(struct arena *arena, str text)
{
    return change(arena, text, capital_of);
}

str logs_lower_case(struct arena *arena, str text)
{
    return change(arena, text, small_of);
}
