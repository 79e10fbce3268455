/*
 * file.c: reads files that the command line names.
 */
#include "client/file.h"

#include "base/text.h"

enum { CHUNK_BYTES = 64 * 1024 };

bool file_read_stream(struct arena *arena, FILE *stream, str *content)
{
    struct text text = text_in(arena);
    size_t size;

    while ((size = fread(text_reserve(&text, CHUNK_BYTES), 1, CHUNK_BYTES, stream)) > 0)
        text_grew(&text, size);
    *content = text_str(&text);
    return !ferror(stream);
}

bool file_read(struct arena *arena, const char *path, str *content)
{
    FILE *stream = fopen(path, "rb");

    if (!stream)
        return false;
    bool whole = file_read_stream(arena, stream, content);
    fclose(stream);
    return whole;
}
