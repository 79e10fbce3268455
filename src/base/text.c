#include "base/text.h"

#include "base/format.h"

#include <stdarg.h>
#include <string.h>

enum { FIRST_CAPACITY = 256, LARGE_CAPACITY = 64 * 1024 };

str text_str(const struct text *text)
{
    return text->data ? (str){text->data, text->size} : S("");
}

static void move_to(struct text *text, char *data)
{
    if (text->data)
        memcpy(data, text->data, text->size);
    text->data = data;
}

char *text_enlarge(struct text *text, size_t size)
{
    size_t capacity = text->capacity ? text->capacity * 2 : FIRST_CAPACITY;

    while (capacity - text->size < size)
        capacity *= 2;
    if (text->loose) {
        text->data = arena_resize_loose(text->arena, text->data, capacity);
    } else if (text->apart && capacity >= LARGE_CAPACITY) {
        move_to(text, arena_resize_loose(text->arena, NULL, capacity));
        text->loose = true;
    } else {
        move_to(text, arena_room(text->arena, capacity));
    }
    text->capacity = capacity;
    return text->data + text->size;
}

void text_add_i64(struct text *text, int64_t value)
{
    char room[STR_I64_SIZE];

    text_add(text, str_of_i64(room, value));
}

/* One pass when there is enough room, which is nearly always. */
void text_format(struct text *text, const char *format, ...)
{
    size_t room = text->capacity - text->size;
    va_list args;

    va_start(args, format);
    size_t size = format_bytes(text->data ? text->data + text->size : NULL, room, format, args);
    if (size >= room)
        format_bytes(text_reserve(text, size + 1), size + 1, format, args);
    va_end(args);
    text->size += size;
}
