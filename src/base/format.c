#include "base/format.h"

#include "base/check.h"
#include "base/str.h"

#include <stdint.h>
#include <stdio.h>

_Static_assert(sizeof(long) == sizeof(long long) && sizeof(size_t) == sizeof(long long),
               "one size of lengths");

enum { LONGEST_PART = 16 }; /* flags, width and precision of a conversion */

struct output {
    char *room;
    size_t capacity;
    size_t size; /* of the whole text; what has no room is only counted */
};

/* One conversion of a format: "%-6lld" has the part "%-6", a length and the kind 'd'. */
struct conversion {
    char part[LONGEST_PART + sizeof "jd"];
    size_t part_size;
    size_t width;
    size_t precision; /* SIZE_MAX: the format has none */
    bool counted;     /* the precision is an argument */
    bool is_long;     /* the length is l, ll, j or z: all of them are 64 bits */
    char kind;
};

/* va_list may be an array, of which a parameter would only be a pointer. */
struct arguments {
    va_list list;
};

static void put(struct output *out, const char *bytes, size_t size)
{
    if (size > 0 && out->size < out->capacity && size < out->capacity - out->size)
        memcpy(out->room + out->size, bytes, size);
    out->size += size;
}

static void part_add(struct conversion *conversion, char c)
{
    check(conversion->part_size < LONGEST_PART);
    conversion->part[conversion->part_size++] = c;
}

/* Digits, or a star, whose number is the next argument.  Returns where they end. */
static const char *read_count(struct conversion *conversion, const char *at, struct arguments *args,
                              size_t *count)
{
    char digits[STR_I64_SIZE];
    bool is_star = *at == '*';
    str number = is_star ? str_of_i64(digits, va_arg(args->list, int)) : (str){at, strspn(at, "0123456789")};

    *count = 0;
    for (size_t i = 0; i < number.size; i++) {
        check(number.data[i] != '-');
        part_add(conversion, number.data[i]);
        *count = *count * 10 + (size_t)(number.data[i] - '0');
    }
    return is_star ? at + 1 : at + number.size;
}

/* Take apart what begins at a percent sign; returns where it ends. */
static const char *read_conversion(struct conversion *conversion, const char *at, struct arguments *args)
{
    *conversion = (struct conversion){.precision = SIZE_MAX};
    do
        part_add(conversion, *at++);
    while (*at && strchr("-+ #0", *at));
    at = read_count(conversion, at, args, &conversion->width);
    if (*at == '.') {
        part_add(conversion, *at++);
        conversion->counted = *at == '*';
        at = read_count(conversion, at, args, &conversion->precision);
    }
    for (; *at == 'l' || *at == 'z' || *at == 'j'; at++)
        conversion->is_long = true;
    conversion->kind = *at;
    return at + 1;
}

/* A number as snprintf writes it, with the conversion's flags, width and precision. */
static void put_number(struct output *out, struct conversion *conversion, ...)
{
    size_t room = out->size < out->capacity ? out->capacity - out->size : 0;
    va_list value;

    if (strchr("duxXo", conversion->kind))
        conversion->part[conversion->part_size++] = 'j';
    conversion->part[conversion->part_size++] = conversion->kind;
    conversion->part[conversion->part_size] = '\0';
    va_start(value, conversion);
    int size = vsnprintf(room > 0 ? out->room + out->size : NULL, room, conversion->part, value);
    va_end(value);
    check(size >= 0);
    out->size += (size_t)size;
}

/* Most integers have no flags and no width. */
static void put_integer(struct output *out, struct conversion *conversion, intmax_t value)
{
    char digits[STR_I64_SIZE];

    if (conversion->part_size > sizeof "%" - 1) {
        put_number(out, conversion, value);
        return;
    }
    str text = str_of_i64(digits, value);
    put(out, text.data, text.size);
}

static void put_spaces(struct output *out, size_t count)
{
    while (count-- > 0)
        put(out, " ", 1);
}

/* A "%.*s" is the bytes of a str; the others end at a NUL. */
static void put_text(struct output *out, const struct conversion *conversion, const char *text)
{
    size_t size = conversion->counted ? conversion->precision : 0;
    bool to_the_left = memchr(conversion->part, '-', conversion->part_size) != NULL;

    while (!conversion->counted && size < conversion->precision && text[size])
        size++;
    size_t spaces = conversion->width > size ? conversion->width - size : 0;
    put_spaces(out, to_the_left ? 0 : spaces);
    put(out, text, size);
    put_spaces(out, to_the_left ? spaces : 0);
}

static void put_conversion(struct output *out, struct conversion *conversion, struct arguments *args)
{
    switch (conversion->kind) {
    case 'd':
        put_integer(out, conversion,
                    conversion->is_long ? (intmax_t)va_arg(args->list, long long) : va_arg(args->list, int));
        break;
    case 'u':
    case 'x':
    case 'X':
    case 'o':
        put_number(out, conversion,
                   conversion->is_long ? (uintmax_t)va_arg(args->list, unsigned long long)
                                       : va_arg(args->list, unsigned));
        break;
    case 'e':
    case 'E':
    case 'f':
    case 'g':
    case 'G':
        put_number(out, conversion, va_arg(args->list, double));
        break;
    case 'c':
        put(out, (char[]){(char)va_arg(args->list, int)}, 1);
        break;
    case 's':
        put_text(out, conversion, va_arg(args->list, const char *));
        break;
    default:
        check(conversion->kind == '%');
        put(out, "%", 1);
    }
}

size_t format_bytes(char *room, size_t size, const char *format, va_list list)
{
    struct output out = {.room = room, .capacity = size};
    struct arguments args;

    va_copy(args.list, list);
    while (*format) {
        size_t plain = strcspn(format, "%");
        put(&out, format, plain);
        format += plain;
        if (*format) {
            struct conversion conversion;
            format = read_conversion(&conversion, format, &args);
            put_conversion(&out, &conversion, &args);
        }
    }
    va_end(args.list);
    if (out.size < size)
        room[out.size] = '\0';
    return out.size;
}
