/*
 * number.c: decimals as text and as keys, and their sums.
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/HowItWorks.NamingRulesDataTypes.html
 */
#include "number.h"

#include "base/check.h"
#include "base/text.h"

#include <string.h>

static const int64_t exponent_bound = INT64_C(1) << 40; /* over 32 bits, and sums of it fit an int64_t */

/* ---- from text ---- */

struct reader {
    const char *at, *end;
};

static bool is_digit(const struct reader *reader)
{
    return reader->at < reader->end && *reader->at >= '0' && *reader->at <= '9';
}

static bool accept(struct reader *reader, char c)
{
    if (reader->at == reader->end || *reader->at != c)
        return false;
    reader->at++;
    return true;
}

/* The digits before the exponent. */
struct digits {
    bool any;
    int64_t significant; /* from the first digit that is not 0 */
    int64_t last;        /* how many of them up to the last digit that is not 0 */
    int64_t exponent;    /* of the first significant digit */
    int64_t fraction;    /* how many digits are behind the point */
    int64_t written;     /* the exponent that the text has */
};

static void take_digit(struct digits *seen, struct number *number, char c)
{
    seen->any = true;
    if (c == '0' && seen->significant == 0)
        return;
    if (seen->significant < NUMBER_DIGITS)
        number->digits[seen->significant] = (unsigned char)(c - '0');
    seen->significant++;
    if (c != '0')
        seen->last = seen->significant;
}

static void read_whole(struct reader *reader, struct digits *seen, struct number *number)
{
    for (; is_digit(reader); reader->at++)
        take_digit(seen, number, *reader->at);
    seen->exponent = seen->significant - 1;
}

static void read_fraction(struct reader *reader, struct digits *seen, struct number *number)
{
    for (; is_digit(reader); reader->at++) {
        if (seen->significant == 0 && *reader->at == '0')
            seen->exponent--;
        seen->fraction++;
        take_digit(seen, number, *reader->at);
    }
}

/* False: there is no exponent, or not one of 64 bits. */
static bool read_exponent(struct reader *reader, struct digits *seen)
{
    bool negative = accept(reader, '-');
    int64_t value = 0;
    bool fits = true;

    if (!negative)
        accept(reader, '+');
    if (!is_digit(reader))
        return false;
    for (; is_digit(reader); reader->at++)
        fits = fits && !__builtin_mul_overflow(value, 10, &value) &&
               !__builtin_add_overflow(value, *reader->at - '0', &value);
    if (value > exponent_bound)
        value = exponent_bound;
    seen->written = negative ? -value : value;
    seen->exponent += seen->written;
    return fits;
}

static enum number_result check_exponent(int64_t exponent)
{
    if (exponent > NUMBER_MAX_EXPONENT)
        return NUMBER_OVERFLOW;
    return exponent < NUMBER_MIN_EXPONENT ? NUMBER_UNDERFLOW : NUMBER_OK;
}

/* Check the bounds of a number. */
static enum number_result number_bound(struct number *number, int64_t exponent, int64_t count)
{
    if (count == 0) {
        *number = (struct number){0};
        return NUMBER_OK;
    }
    enum number_result bounded = check_exponent(exponent);
    if (bounded != NUMBER_OK)
        return bounded;
    if (count > NUMBER_DIGITS)
        return NUMBER_TOO_PRECISE;
    number->exponent = (int)exponent;
    number->count = (int)count;
    return NUMBER_OK;
}

static enum number_result read_number(str text, struct number *number, struct digits *seen)
{
    struct reader reader = {text.data, text.data + text.size};

    *seen = (struct digits){0};
    if (str_empty(text))
        return NUMBER_INVALID;
    number->negative = accept(&reader, '-');
    if (!number->negative)
        accept(&reader, '+');
    read_whole(&reader, seen, number);
    if (accept(&reader, '.'))
        read_fraction(&reader, seen, number);
    if (!seen->any)
        return NUMBER_INVALID;
    if ((accept(&reader, 'e') || accept(&reader, 'E')) && !read_exponent(&reader, seen))
        return NUMBER_INVALID;
    if (reader.at != reader.end)
        return NUMBER_INVALID;
    enum number_result result = number_bound(number, seen->exponent, seen->last);
    /* As AWS: the exponent of a zero has bounds, too; a zero has one digit before its point. */
    return seen->significant == 0 ? check_exponent(seen->exponent + 1) : result;
}

enum number_result dynamodb_number_parse(str text, struct number *number)
{
    struct digits seen;

    return read_number(text, number, &seen);
}

static bool has_32_bits(int64_t value)
{
    return value >= INT32_MIN && value <= INT32_MAX;
}

enum number_result dynamodb_number_parse_older(str text, struct number *number)
{
    struct digits seen;
    enum number_result result = read_number(text, number, &seen);

    if (!has_32_bits(seen.written) || !has_32_bits(seen.fraction - seen.written))
        return NUMBER_INVALID;
    /* The digits less the scale, which are compared with the bounds, wrap around. */
    return result == NUMBER_OVERFLOW && !has_32_bits(seen.exponent + 1) ? NUMBER_UNDERFLOW : result;
}

/* ---- to text ---- */

static void add_zeros(struct text *text, int count)
{
    for (int i = 0; i < count; i++)
        text_add_char(text, '0');
}

static void add_digits(struct text *text, const struct number *number, int from, int to)
{
    for (int i = from; i < to; i++)
        text_add_char(text, (char)('0' + number->digits[i]));
}

str dynamodb_number_text(struct arena *arena, const struct number *number)
{
    struct text text = text_in(arena);
    int whole = number->exponent + 1; /* digits before the point */

    if (number->count == 0)
        return S("0");
    if (number->negative)
        text_add_char(&text, '-');
    if (whole <= 0) {
        text_add(&text, S("0."));
        add_zeros(&text, -whole);
        add_digits(&text, number, 0, number->count);
    } else if (number->count <= whole) {
        add_digits(&text, number, 0, number->count);
        add_zeros(&text, whole - number->count);
    } else {
        add_digits(&text, number, 0, whole);
        text_add_char(&text, '.');
        add_digits(&text, number, whole, number->count);
    }
    return text_str(&text);
}

/* ---- order ---- */

enum { KEY_NEGATIVE = 1, KEY_ZERO = 2, KEY_POSITIVE = 3, KEY_BYTES = 2 + NUMBER_DIGITS / 2 + 1 };

/*
 * The sign, the exponent in a byte, then two digits a byte (1 to 100).  A negative number has all bytes but
 * its sign inverted, and an end mark above any of its bytes, because the longer of two negative numbers is
 * the smaller one.
 */
str dynamodb_number_key(struct arena *arena, const struct number *number)
{
    unsigned char key[KEY_BYTES];
    size_t size = 0;

    if (number->count == 0)
        return S("\x02");
    key[size++] = number->negative ? KEY_NEGATIVE : KEY_POSITIVE;
    key[size++] = (unsigned char)(number->exponent - NUMBER_MIN_EXPONENT);
    for (int i = 0; i < number->count; i += 2) {
        int second = i + 1 < number->count ? number->digits[i + 1] : 0;
        key[size++] = (unsigned char)(number->digits[i] * 10 + second + 1);
    }
    if (number->negative) {
        for (size_t i = 1; i < size; i++)
            key[i] = (unsigned char)~key[i];
        key[size++] = 0xff;
    }
    return arena_copy(arena, (str){(const char *)key, size});
}

static int sign_of(const struct number *number)
{
    return number->count == 0 ? 0 : number->negative ? -1 : 1;
}

static int compare_magnitudes(const struct number *a, const struct number *b)
{
    if (a->exponent != b->exponent)
        return a->exponent < b->exponent ? -1 : 1;
    return str_compare((str){(const char *)a->digits, (size_t)a->count},
                       (str){(const char *)b->digits, (size_t)b->count});
}

int dynamodb_number_compare(const struct number *a, const struct number *b)
{
    int sign = sign_of(a);

    if (sign != sign_of(b))
        return sign - sign_of(b);
    return sign == 0 ? 0 : sign * compare_magnitudes(a, b);
}

/* Two digits take one byte, on each side of the point. */
size_t dynamodb_number_size(const struct number *number)
{
    int whole = number->exponent + 1, bytes;

    if (number->count == 0)
        return 1;
    if (whole < 0)
        whole = 0;
    if (whole > number->count)
        whole = number->count;
    bytes = (whole + 1) / 2 + (number->count - whole + 1) / 2 + 1 + number->negative;
    return (size_t)bytes;
}

bool dynamodb_number_is_plain(str text, size_t *size)
{
    bool negative = text.size > 0 && text.data[0] == '-';
    str digits = str_from(text, negative);
    size_t significant = digits.size;

    if (digits.size == 0 || digits.size > NUMBER_DIGITS || digits.data[0] == '0') {
        *size = 1;
        return str_equal(text, S("0"));
    }
    for (size_t i = 0; i < digits.size; i++)
        if (digits.data[i] < '0' || digits.data[i] > '9')
            return false;
    while (digits.data[significant - 1] == '0')
        significant--;
    *size = (significant + 1) / 2 + 1 + negative;
    return true;
}

/* ---- sums ---- */

/* All digits that any number can have, the smallest first. */
enum { LOWEST = NUMBER_MIN_EXPONENT - NUMBER_DIGITS, PLACES = NUMBER_MAX_EXPONENT - LOWEST + 2 };

static void spread(const struct number *number, unsigned char places[PLACES])
{
    memset(places, 0, PLACES);
    for (int i = 0; i < number->count; i++)
        places[number->exponent - i - LOWEST] = number->digits[i];
}

static enum number_result gather(const unsigned char places[PLACES], bool negative, struct number *number)
{
    int first = PLACES - 1, last = 0;

    while (first >= 0 && places[first] == 0)
        first--;
    while (last < first && places[last] == 0)
        last++;
    number->negative = negative;
    for (int i = first; i >= last && first - i < NUMBER_DIGITS; i--)
        number->digits[first - i] = places[i];
    return number_bound(number, first + LOWEST, first < 0 ? 0 : first - last + 1);
}

enum number_result dynamodb_number_add(const struct number *a, const struct number *b, struct number *sum)
{
    const struct number *large = a, *small = b;
    unsigned char total[PLACES], other[PLACES];
    int carry = 0;

    if (a->count == 0 || (b->count > 0 && compare_magnitudes(a, b) < 0)) {
        large = b;
        small = a;
    }
    int direction = large->negative == small->negative ? 1 : -1;
    spread(large, total);
    spread(small, other);
    for (int i = 0; i < PLACES; i++) {
        int digit = total[i] + direction * other[i] + carry;
        carry = digit < 0 ? -1 : digit > 9 ? 1 : 0;
        total[i] = (unsigned char)(digit - 10 * carry);
    }
    check(carry == 0);
    return gather(total, large->negative, sum);
}
