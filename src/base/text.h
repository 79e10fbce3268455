#pragma once

/*
 * text.h: text under construction, growing in an arena.
 */
#include "base/arena.h"

struct text {
    struct arena *arena;
    char *data;
    size_t size, capacity;
    bool apart; /* once it is large, it is in loose memory: there it grows without a copy */
    bool loose; /* it is there now */
};

static inline struct text text_in(struct arena *arena)
{
    return (struct text){.arena = arena};
}
/* What has been written so far; valid until the next addition.  Never absent. */
str text_str(const struct text *text);

/* Room for `size` more bytes: write at the result, then call text_grew() with the number of bytes written. */
char *text_enlarge(struct text *text, size_t size); /* the same, when there is not enough room */
static inline char *text_reserve(struct text *text, size_t size)
{
    return text->capacity - text->size >= size ? text->data + text->size : text_enlarge(text, size);
}
static inline void text_grew(struct text *text, size_t size)
{
    text->size += size;
}

static inline void text_add(struct text *text, str s)
{
    if (s.size == 0)
        return;
    memcpy(text_reserve(text, s.size), str_bytes(s), s.size);
    text->size += s.size;
}
static inline void text_add_char(struct text *text, char c)
{
    *text_reserve(text, 1) = c;
    text->size++;
}
void text_add_i64(struct text *text, int64_t value);
void text_format(struct text *text, const char *format, ...) __attribute__((format(printf, 2, 3)));
