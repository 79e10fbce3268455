/*
 * gzip.c: zlib, with room that grows up to the limit and no further.
 */
#include "wire/gzip.h"

#include "base/check.h"

#include <string.h>
#include <zlib.h>

struct output {
    char *data;
    size_t size, capacity, limit;
};

/* Make room at the end; false when the limit is reached. */
static bool grow(struct arena *arena, struct output *output)
{
    enum { FIRST = 4 * 1024 };
    size_t capacity = output->capacity ? output->capacity * 2 : FIRST;

    if (output->capacity > output->limit)
        return false;
    if (capacity > output->limit)
        capacity = output->limit + 1; /* one byte more tells "full" from "too large" */
    char *larger = arena_alloc(arena, capacity);
    if (output->size)
        memcpy(larger, output->data, output->size);
    output->data = larger;
    output->capacity = capacity;
    return true;
}

/* A gzip file is one member or several, one after the other. */
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

enum gzip_result gzip_inflate(struct arena *arena, str packed, size_t limit, str *unpacked)
{
    enum { GZIP_ONLY = 16 };
    struct output output = {.limit = limit};
    z_stream stream = {.next_in = (unsigned char *)(uintptr_t)packed.data, .avail_in = (uInt)packed.size};

    check(packed.size <= UINT32_MAX && limit < UINT32_MAX);
    check(inflateInit2(&stream, MAX_WBITS + GZIP_ONLY) == Z_OK);
    enum gzip_result result = inflate_members(arena, &stream, &output);
    inflateEnd(&stream);
    *unpacked = (str){output.data, output.size};
    return result;
}
