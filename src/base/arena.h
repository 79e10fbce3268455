#pragma once

/*
 * arena.h: memory that is freed all at once, tied to one request.
 *
 * Allocation cannot fail (out of memory is a check).  Memory is zeroed and aligned for any type.
 * An arena belongs to one thread at a time.
 */
#include "base/str.h"

#include <stdarg.h>

struct arena_block;

struct arena {
    struct arena_block *blocks;
    char *next, *end;
};

/* An arena that is all zeroes is empty and ready. */
void arena_free(struct arena *arena);
/* Forget everything but keep the first block for reuse. */
void arena_reset(struct arena *arena);

/* A place in an arena to come back to: what was allocated since is freed. */
struct arena_mark {
    struct arena_block *blocks;
    char *next, *end;
};
struct arena_mark arena_mark(const struct arena *arena);
void arena_rewind(struct arena *arena, struct arena_mark mark);

void *arena_alloc(struct arena *arena, size_t size);
str arena_copy(struct arena *arena, str s);
/* A NUL-terminated copy. */
const char *arena_cstr(struct arena *arena, str s);

/* printf into the arena.  The result is NUL-terminated, the NUL not counted. */
str arena_format(struct arena *arena, const char *format, ...) __attribute__((format(printf, 2, 3)));
str arena_format_list(struct arena *arena, const char *format, va_list args)
    __attribute__((format(printf, 2, 0)));
/* a + b */
str arena_join(struct arena *arena, str a, str b);
/* All the parts, one after the other: arena_concat(arena, S("a"), b, …).  Quicker than formatting. */
str arena_concat_parts(struct arena *arena, const str *parts, size_t count);
#define arena_concat(arena, ...)                                                                             \
    arena_concat_parts((arena), (const str[]){__VA_ARGS__}, sizeof((const str[]){__VA_ARGS__}) / sizeof(str))

/* Optional scalars in requests and replies are pointers: these make one. */
const int64_t *arena_i64(struct arena *arena, int64_t value);
const double *arena_double(struct arena *arena, double value);
const bool *arena_bool(struct arena *arena, bool value);

#define arena_new(arena, type) ((type *)arena_alloc((arena), sizeof(type)))
