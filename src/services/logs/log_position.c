/*
 * log_position.c: positions as numbers of 192 bits: 48 of milliseconds, 80 zero bits, 64 of the id.
 */
#include "log_position.h"

enum { DIGITS = 56, WORDS = 12, TIMESTAMP_WORDS = 3, ID_WORDS = 4 };

/* Words of 16 bits, the most significant first. */
struct number {
    uint32_t words[WORDS];
};

static uint32_t divide_by_ten(struct number *number)
{
    uint32_t rest = 0;

    for (int i = 0; i < WORDS; i++) {
        uint32_t part = rest << 16 | number->words[i];
        number->words[i] = part / 10;
        rest = part % 10;
    }
    return rest;
}

/* False when the number gets too large. */
static bool append_digit(struct number *number, uint32_t digit)
{
    uint32_t carry = digit;

    for (int i = WORDS - 1; i >= 0; i--) {
        uint32_t part = number->words[i] * 10 + carry;
        number->words[i] = part & 0xffff;
        carry = part >> 16;
    }
    return carry == 0;
}

str logs_position_text(struct arena *arena, struct position position)
{
    struct number number = {0};
    char *digits = arena_alloc(arena, DIGITS);
    uint64_t timestamp_ms = (uint64_t)position.timestamp_ms, id = (uint64_t)position.id;

    for (int i = TIMESTAMP_WORDS - 1; i >= 0; i--, timestamp_ms >>= 16)
        number.words[i] = timestamp_ms & 0xffff;
    for (int i = WORDS - 1; i >= WORDS - ID_WORDS; i--, id >>= 16)
        number.words[i] = id & 0xffff;
    for (int i = DIGITS - 1; i >= 0; i--)
        digits[i] = (char)('0' + divide_by_ten(&number));
    return (str){digits, DIGITS};
}

bool logs_position_parse(str text, struct position *position)
{
    struct number number = {0};
    uint64_t timestamp_ms = 0, id = 0;

    if (text.size != DIGITS)
        return false;
    for (size_t i = 0; i < text.size; i++)
        if (text.data[i] < '0' || text.data[i] > '9' ||
            !append_digit(&number, (uint32_t)(text.data[i] - '0')))
            return false;
    for (int i = 0; i < TIMESTAMP_WORDS; i++)
        timestamp_ms = timestamp_ms << 16 | number.words[i];
    for (int i = WORDS - ID_WORDS; i < WORDS; i++)
        id = id << 16 | number.words[i];
    *position = (struct position){.timestamp_ms = (int64_t)timestamp_ms, .id = (int64_t)(id & INT64_MAX)};
    return true;
}
