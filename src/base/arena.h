#pragma once

/*
 * arena.h: memory that is freed all at once, tied to one request.
 *
 * Memory is zeroed and aligned for any type.  An arena belongs to one thread at a time.
 *
 * Callers never test for NULL: an allocation that fails leaves the code that asked for it.  A request's code
 * is run by arena_run(), which returns false when the system has no more memory or the request's budget is
 * used up; the caller of arena_run() then undoes what the code began.  Outside arena_run(), allocations come
 * from malloc() with the reserve of base/memory.h behind it, and must be small.
 */
#include "base/str.h"

#include <stdarg.h>

struct arena_block;
struct arena_guard;
struct arena_loose;

struct arena {
    struct arena_block *blocks;
    char *next, *end;
    size_t held;               /* bytes in blocks and loose memory */
    struct arena_loose *loose; /* see arena_resize_loose() */
    struct arena_guard *guard; /* where to go when memory has run out; NULL outside arena_run() */
};

/* An arena that is all zeroes is empty and ready. */
void arena_free(struct arena *arena);
/* Forget everything but keep the first block for reuse. */
void arena_reset(struct arena *arena);

/* A place in an arena to come back to: arena_rewind() frees what was allocated since. */
struct arena_mark {
    struct arena_block *blocks;
    char *next, *end;
};
struct arena_mark arena_mark(const struct arena *arena);
void arena_rewind(struct arena *arena, struct arena_mark mark);

/*
 * Run the code.  False: memory ran out, or the code asked for more than LIMIT_CALL_MEMORY_BYTES, and the code
 * was left in the middle; the arena is as the code left it.  Runs may be nested.
 */
bool arena_run(struct arena *arena, void (*code)(void *context), void *context);
/*
 * Code that holds a lock, a file or memory of its own must not be left in the middle: between these two
 * calls, allocations come from the reserve.
 */
struct arena_guard *arena_hold(struct arena *arena);
void arena_let_go(struct arena *arena, struct arena_guard *guard);

/*
 * One piece of memory that grows, and moves when it grows: as realloc(), with NULL at first.  Freed with the
 * arena, or by arena_free_loose().  Not zeroed.
 */
void *arena_resize_loose(struct arena *arena, void *memory, size_t size);
void arena_free_loose(struct arena *arena, void *memory);
/*
 * Take the loose memory that begins there out of the arena: the caller passes the result to free().  NULL:
 * the arena has no loose memory there.
 */
void *arena_part_with(struct arena *arena, const void *memory);

void *arena_alloc(struct arena *arena, size_t size);
/* The same, not zeroed. */
void *arena_room(struct arena *arena, size_t size);
str arena_copy(struct arena *arena, str s);
/* A NUL-terminated copy. */
const char *arena_cstr(struct arena *arena, str s);
/* A copy with ASCII letters in lower case. */
str arena_lower_case(struct arena *arena, str s);

/* printf into the arena, as base/format.h says.  The result is NUL-terminated, the NUL not counted. */
str arena_format(struct arena *arena, const char *format, ...) __attribute__((format(printf, 2, 3)));
str arena_format_list(struct arena *arena, const char *format, va_list args)
    __attribute__((format(printf, 2, 0)));
/* A number in decimal. */
str arena_decimal(struct arena *arena, int64_t value);
/* a + b */
str arena_join(struct arena *arena, str a, str b);
/* All the parts, one after the other: arena_concat(arena, S("a"), b, …).  Quicker than formatting. */
str arena_concat_parts(struct arena *arena, const str *parts, size_t count);
#define arena_concat(arena, ...)                                                                             \
    arena_concat_parts((arena), (const str[]){__VA_ARGS__}, sizeof((const str[]){__VA_ARGS__}) / sizeof(str))

/* Optional scalars in requests and replies are pointers: these functions make one. */
const int64_t *arena_i64(struct arena *arena, int64_t value);
const double *arena_double(struct arena *arena, double value);
const bool *arena_bool(struct arena *arena, bool value);

#define arena_new(arena, type) ((type *)arena_alloc((arena), sizeof(type)))
