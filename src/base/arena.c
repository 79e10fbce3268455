/*
 * arena.c: a chain of blocks, each at least twice as large as a usual request needs.
 *
 * Blocks above the usual size are counted over all arenas: many requests together may not take more than one
 * request alone may.
 *
 * The sanitizers' build poisons memory that is not allocated: using a pointer into rewound memory, or past
 * the end of an allocation, is reported.
 */
#include "base/arena.h"

#include "base/check.h"
#include "base/format.h"
#include "base/limits.h"
#include "base/memory.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#ifndef __has_feature
#define __has_feature(feature) 0
#endif
#if defined(__SANITIZE_ADDRESS__) || __has_feature(address_sanitizer)
#include <sanitizer/asan_interface.h>
#define HIDE(memory, size) ASAN_POISON_MEMORY_REGION((memory), (size))
#define SHOW(memory, size) ASAN_UNPOISON_MEMORY_REGION((memory), (size))
#else
#define HIDE(memory, size) ((void)0)
#define SHOW(memory, size) ((void)0)
#endif

struct arena_block {
    struct arena_block *previous;
    size_t size;
    _Alignas(16) char data[];
};

struct arena_loose {
    struct arena_loose *previous, *next;
    size_t size;
    _Alignas(16) char data[];
};

struct arena_guard {
    jmp_buf left;
};

static _Atomic size_t held_by_all; /* in blocks above the usual size */

/* ---- running out ---- */

bool arena_run(struct arena *arena, void (*code)(void *context), void *context)
{
    struct arena_guard guard, *volatile outer = arena->guard;
    bool whole = setjmp(guard.left) == 0;

    if (whole) {
        arena->guard = &guard;
        code(context);
    }
    arena->guard = outer;
    return whole;
}

struct arena_guard *arena_hold(struct arena *arena)
{
    struct arena_guard *guard = arena->guard;

    arena->guard = NULL;
    return guard;
}

void arena_let_go(struct arena *arena, struct arena_guard *guard)
{
    arena->guard = guard;
}

static void count(struct arena *arena, size_t size)
{
    arena->held += size;
    if (size > LIMIT_ARENA_BLOCK_BYTES)
        atomic_fetch_add_explicit(&held_by_all, size, memory_order_relaxed);
}

static void uncount(struct arena *arena, size_t size)
{
    arena->held -= size;
    if (size > LIMIT_ARENA_BLOCK_BYTES)
        atomic_fetch_sub_explicit(&held_by_all, size, memory_order_relaxed);
}

static bool affordable(const struct arena *arena, size_t size)
{
    size_t all =
        size > LIMIT_ARENA_BLOCK_BYTES ? atomic_load_explicit(&held_by_all, memory_order_relaxed) : 0;

    return size <= LIMIT_CALL_MEMORY_BYTES && arena->held + size <= LIMIT_CALL_MEMORY_BYTES &&
           all + size <= LIMIT_CALLS_MEMORY_BYTES;
}

/*
 * malloc() or realloc() for an arena, which holds `size` more bytes afterwards.  Does not return when memory
 * runs out.
 */
static void *acquire(struct arena *arena, void *memory, size_t whole, size_t size)
{
    if (!arena->guard)
        return memory_resize(memory, whole);
    void *acquired = affordable(arena, size) ? realloc(memory, whole) : NULL;
    if (!acquired)
        longjmp(arena->guard->left, 1);
    return acquired;
}

/* ---- marks and blocks ---- */

struct arena_mark arena_mark(const struct arena *arena)
{
    return (struct arena_mark){arena->blocks, arena->next, arena->end};
}

void arena_rewind(struct arena *arena, struct arena_mark mark)
{
    while (arena->blocks != mark.blocks) {
        struct arena_block *block = arena->blocks;
        arena->blocks = block->previous;
        uncount(arena, block->size);
        SHOW(block->data, block->size);
        free(block);
    }
    arena->next = mark.next;
    arena->end = mark.end;
    HIDE(arena->next, (size_t)(arena->end - arena->next));
}

static void free_all_loose(struct arena *arena)
{
    struct arena_loose *loose = arena->loose;

    arena->loose = NULL;
    while (loose) {
        struct arena_loose *next = loose->next;
        uncount(arena, loose->size);
        free(loose);
        loose = next;
    }
}

void arena_free(struct arena *arena)
{
    free_all_loose(arena);
    arena_rewind(arena, (struct arena_mark){0});
}

void arena_reset(struct arena *arena)
{
    struct arena_block *first = arena->blocks;

    free_all_loose(arena);
    while (first && first->previous)
        first = first->previous;
    if (first && first->size > LIMIT_ARENA_BLOCK_BYTES)
        arena_free(arena);
    else if (first)
        arena_rewind(arena, (struct arena_mark){first, first->data, first->data + first->size});
}

static void add_block(struct arena *arena, size_t at_least)
{
    size_t size = at_least > LIMIT_ARENA_BLOCK_BYTES ? at_least : LIMIT_ARENA_BLOCK_BYTES;
    struct arena_block *block = acquire(arena, NULL, sizeof *block + size, size);

    count(arena, size);
    block->previous = arena->blocks;
    block->size = size;
    arena->blocks = block;
    arena->next = block->data;
    arena->end = block->data + size;
    HIDE(block->data, size);
}

static char *take(struct arena *arena, size_t size)
{
    check(size <= SIZE_MAX / 2);
    size_t rounded = (size + 15) & ~(size_t)15;
    if ((size_t)(arena->end - arena->next) < rounded)
        add_block(arena, rounded);

    char *memory = arena->next;
    arena->next += rounded;
    SHOW(memory, size);
    return memory;
}

void *arena_resize_loose(struct arena *arena, void *memory, size_t size)
{
    struct arena_loose *loose =
        memory ? (struct arena_loose *)(void *)((char *)memory - sizeof *loose) : NULL;
    size_t before = loose ? loose->size : 0;

    loose = acquire(arena, loose, sizeof *loose + size, size > before ? size - before : 0);
    if (!memory)
        *loose = (struct arena_loose){.next = arena->loose};
    uncount(arena, before);
    count(arena, size);
    loose->size = size;
    *(loose->previous ? &loose->previous->next : &arena->loose) = loose;
    if (loose->next)
        loose->next->previous = loose;
    return loose->data;
}

static void unlink_loose(struct arena *arena, struct arena_loose *loose)
{
    uncount(arena, loose->size);
    *(loose->previous ? &loose->previous->next : &arena->loose) = loose->next;
    if (loose->next)
        loose->next->previous = loose->previous;
}

void arena_free_loose(struct arena *arena, void *memory)
{
    struct arena_loose *loose = (struct arena_loose *)(void *)((char *)memory - sizeof *loose);

    unlink_loose(arena, loose);
    free(loose);
}

void *arena_part_with(struct arena *arena, const void *memory)
{
    struct arena_loose *loose = arena->loose;

    while (loose && loose->data != memory)
        loose = loose->next;
    if (loose)
        unlink_loose(arena, loose);
    return loose;
}

void *arena_alloc(struct arena *arena, size_t size)
{
    return memset(take(arena, size), 0, size);
}

void *arena_room(struct arena *arena, size_t size)
{
    return take(arena, size);
}

str arena_copy(struct arena *arena, str s)
{
    return str_present(s) ? (str){arena_cstr(arena, s), s.size} : s;
}

const char *arena_cstr(struct arena *arena, str s)
{
    char *copy = take(arena, s.size + 1);

    if (s.size)
        memcpy(copy, s.data, s.size);
    copy[s.size] = '\0';
    return copy;
}

str arena_lower_case(struct arena *arena, str s)
{
    char *copy = take(arena, s.size + 1);

    for (size_t i = 0; i < s.size; i++)
        copy[i] = char_lower(s.data[i]);
    copy[s.size] = '\0';
    return str_present(s) ? (str){copy, s.size} : s;
}

/* One pass when the rest of the block is large enough, which is nearly always. */
str arena_format_list(struct arena *arena, const char *format, va_list args)
{
    size_t room = (size_t)(arena->end - arena->next);

    SHOW(arena->next, room);
    size_t size = format_bytes(arena->next, room, format, args);
    HIDE(arena->next, room);

    char *memory = take(arena, size + 1);
    if (size >= room)
        format_bytes(memory, size + 1, format, args);
    return (str){memory, size};
}

str arena_format(struct arena *arena, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    str text = arena_format_list(arena, format, args);
    va_end(args);
    return text;
}

str arena_concat_parts(struct arena *arena, const str *parts, size_t count)
{
    size_t size = 0;

    for (size_t i = 0; i < count; i++)
        size += parts[i].size;
    char *memory = take(arena, size + 1), *next = memory;
    for (size_t i = 0; i < count; i++)
        if (parts[i].size) {
            memcpy(next, parts[i].data, parts[i].size);
            next += parts[i].size;
        }
    *next = '\0';
    return (str){memory, size};
}

str arena_decimal(struct arena *arena, int64_t value)
{
    char room[STR_I64_SIZE];

    return arena_copy(arena, str_of_i64(room, value));
}

str arena_join(struct arena *arena, str a, str b)
{
    return arena_concat(arena, a, b);
}

const int64_t *arena_i64(struct arena *arena, int64_t value)
{
    int64_t *copy = arena_new(arena, int64_t);
    *copy = value;
    return copy;
}

const double *arena_double(struct arena *arena, double value)
{
    double *copy = arena_new(arena, double);
    *copy = value;
    return copy;
}

const bool *arena_bool(struct arena *arena, bool value)
{
    bool *copy = arena_new(arena, bool);
    *copy = value;
    return copy;
}
