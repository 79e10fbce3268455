/*
 * gzip.c: zlib, with a buffer that grows up to the limit.
 */
#include "wire/gzip.h"

#include "base/check.h"

#include <zlib.h>

struct output {
    char *data;
    size_t size, capacity, limit;
};

/* Enlarge the buffer; false at the limit. */
static bool grow(struct arena *arena, struct output *output)
{
    enum { FIRST = 4 * 1024 };
    size_t capacity = output->capacity ? output->capacity * 2 : FIRST;

    if (output->capacity > output->limit)
        return false;
    if (capacity > output->limit)
        capacity = output->limit + 1; /* one byte more tells "exactly full" from "too large" */
    output->data = arena_resize_loose(arena, output->data, capacity);
    output->capacity = capacity;
    return true;
}

/* A gzip file has one or more members, one after the other. */
static enum gzip_result inflate_members(struct arena *arena, z_stream *stream, struct output *output)
{
    for (;;) {
        if (output->size == output->capacity && !grow(arena, output))
            return GZIP_TOO_LARGE;
        size_t room = output->capacity - output->size;
        stream->next_out = (unsigned char *)output->data + output->size;
        stream->avail_out = (uInt)room;
        int result = inflate(stream, Z_NO_FLUSH);
        output->size += room - stream->avail_out;
        if (output->size > output->limit)
            return GZIP_TOO_LARGE;
        if (result == Z_STREAM_END && stream->avail_in == 0)
            return GZIP_OK;
        if (result == Z_STREAM_END)
            check(inflateReset(stream) == Z_OK);
        else if (result != Z_OK || (stream->avail_in == 0 && stream->avail_out > 0))
            return GZIP_BAD;
    }
}

/* zlib's own memory comes from the arena, so nothing leaks when arena_run() leaves the code. */
static void *allocate(void *arena, uInt count, uInt size)
{
    return arena_alloc(arena, (size_t)count * size);
}

static void keep(void *arena, void *memory)
{
    (void)arena, (void)memory;
}

enum gzip_result gzip_inflate(struct arena *arena, str packed, size_t limit, str *unpacked)
{
    enum { GZIP_ONLY = 16 };
    struct output output = {.limit = limit};
    z_stream stream = {
        .next_in = (unsigned char *)(uintptr_t)packed.data,
        .avail_in = (uInt)packed.size,
        .zalloc = allocate,
        .zfree = keep,
        .opaque = arena,
    };

    check(packed.size <= UINT32_MAX && limit < UINT32_MAX);
    check(inflateInit2(&stream, MAX_WBITS + GZIP_ONLY) == Z_OK);
    enum gzip_result result = inflate_members(arena, &stream, &output);
    inflateEnd(&stream);
    *unpacked = (str){output.data, output.size};
    return result;
}

str gzip_deflate(struct arena *arena, str text)
{
    enum { GZIP_ONLY = 16, USUAL_MEMORY = 8 };
    z_stream stream = {
        .next_in = (unsigned char *)(uintptr_t)text.data,
        .avail_in = (uInt)text.size,
        .zalloc = allocate,
        .zfree = keep,
        .opaque = arena,
    };

    check(text.size <= UINT32_MAX);
    check(deflateInit2(&stream, Z_BEST_SPEED, Z_DEFLATED, MAX_WBITS + GZIP_ONLY, USUAL_MEMORY,
                       Z_DEFAULT_STRATEGY) == Z_OK);
    size_t most = deflateBound(&stream, text.size);
    stream.next_out = arena_alloc(arena, most);
    stream.avail_out = (uInt)most;
    str packed = {(const char *)stream.next_out, 0};
    check(deflate(&stream, Z_FINISH) == Z_STREAM_END);
    packed.size = stream.total_out;
    deflateEnd(&stream);
    return packed;
}
