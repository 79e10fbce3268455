/*
 * arena.c: a chain of blocks, each at least twice what a usual request needs.
 *
 * The sanitizers' build poisons what is not handed out: a pointer into memory that was rewound, or past what
 * was asked for, is found when it is used.
 */
#include "base/arena.h"

#include "base/check.h"
#include "base/limits.h"

#include <stdarg.h>
#include <stdio.h>
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

struct arena_mark arena_mark(const struct arena *arena)
{
    return (struct arena_mark){arena->blocks, arena->next, arena->end};
}

void arena_rewind(struct arena *arena, struct arena_mark mark)
{
    while (arena->blocks != mark.blocks) {
        struct arena_block *block = arena->blocks;
        arena->blocks = block->previous;
        SHOW(block->data, block->size);
        free(block);
    }
    arena->next = mark.next;
    arena->end = mark.end;
    HIDE(arena->next, (size_t)(arena->end - arena->next));
}

void arena_free(struct arena *arena)
{
    arena_rewind(arena, (struct arena_mark){0});
}

void arena_reset(struct arena *arena)
{
    struct arena_block *first = arena->blocks;

    while (first && first->previous)
        first = first->previous;
    if (first)
        arena_rewind(arena, (struct arena_mark){first, first->data, first->data + first->size});
}

static void add_block(struct arena *arena, size_t at_least)
{
    size_t size = at_least > LIMIT_ARENA_BLOCK_BYTES ? at_least : LIMIT_ARENA_BLOCK_BYTES;
    struct arena_block *block = malloc(sizeof *block + size);

    check(block != NULL);
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

void *arena_alloc(struct arena *arena, size_t size)
{
    return memset(take(arena, size), 0, size);
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

/* One pass when the rest of the block has room, which is nearly always. */
str arena_format_list(struct arena *arena, const char *format, va_list args)
{
    size_t room = (size_t)(arena->end - arena->next);
    va_list again;

    va_copy(again, args);
    SHOW(arena->next, room);
    int size = vsnprintf(arena->next, room, format, args);
    check(size >= 0);
    HIDE(arena->next, room);

    bool fits = (size_t)size < room;
    char *memory = take(arena, (size_t)size + 1);
    if (!fits)
        vsnprintf(memory, (size_t)size + 1, format, again);
    va_end(again);
    return (str){memory, (size_t)size};
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
