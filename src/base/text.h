#pragma once

/*
 * text.h: text under construction, growing in an arena.
 */
#include "base/arena.h"

struct text {
    struct arena *arena;
    char *data;
    size_t size, capacity;
};

static inline struct text text_in(struct arena *arena)
{
    return (struct text){.arena = arena};
}
/* What has been written so far; valid until the next addition.  Never absent. */
str text_str(const struct text *text);

/* Room for `size` more bytes: write at the result, then call text_grew() with the number of bytes written. */
char *text_reserve(struct text *text, size_t size);
static inline void text_grew(struct text *text, size_t size)
{
    text->size += size;
}

void text_add(struct text *text, str s);
void text_add_char(struct text *text, char c);
void text_add_i64(struct text *text, int64_t value);
void text_format(struct text *text, const char *format, ...) __attribute__((format(printf, 2, 3)));
