/*
 * output.c: what a child prints, cut into lines.
 *
 * Standard output and standard error are one pipe, so that their order is kept.  It is large,
 * because nobody reads it in between: a child that prints is never waited for, and output is
 * taken with the child's next request or the next tick.
 */
#include "server/output.h"

#include "base/check.h"
#include "base/list.h"
#include "base/text.h"
#include "wire/utf8.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PIPE_BYTES = 1024 * 1024, CHUNK_BYTES = 64 * 1024, CHUNKS_AT_ONCE = 32 };

bool output_open(struct output *output, int *child_fd)
{
    int ends[2];

    if (pipe2(ends, O_CLOEXEC) != 0)
        return false;
    fcntl(ends[0], F_SETFL, O_NONBLOCK);
    fcntl(ends[0], F_SETPIPE_SZ, PIPE_BYTES); /* refused to users who have many: then it stays small */
    *output = (struct output){.fd = ends[0]};
    *child_fd = ends[1];
    return true;
}

void output_close(struct output *output)
{
    close(output->fd);
    free(output->partial);
}

static str sanitized(struct arena *arena, str line)
{
    if (utf8_valid(line))
        return arena_copy(arena, line);

    struct text text = text_in(arena);
    const char *at = line.data, *end = at + line.size;
    while (at < end) {
        size_t size = utf8_sequence(at, end);
        text_add(&text, size ? (str){at, size} : S("\xEF\xBF\xBD"));
        at += size ? size : 1;
    }
    return text_str(&text);
}

static void add_line(struct arena *arena, struct line_list *lines, str line)
{
    str *added = list_add(arena, lines);

    *added = sanitized(arena, line);
}

static void keep_partial(struct output *output, str bytes)
{
    size_t size = output->partial_size + bytes.size;
    char *larger = realloc(output->partial, size);

    check(larger != NULL);
    memcpy(larger + output->partial_size, bytes.data, bytes.size);
    output->partial = larger;
    output->partial_size = size;
}

static void drop_partial(struct output *output, size_t size)
{
    output->partial_size -= size;
    memmove(output->partial, output->partial + size, output->partial_size);
}

static void end_partial(struct output *output, struct arena *arena, struct line_list *lines)
{
    add_line(arena, lines, (str){output->partial, output->partial_size});
    free(output->partial);
    output->partial = NULL;
    output->partial_size = 0;
}

static void cut_partial(struct output *output, struct arena *arena, struct line_list *lines)
{
    while (output->partial_size > LINE_BYTES) {
        str line = str_head_whole((str){output->partial, output->partial_size}, LINE_BYTES);
        add_line(arena, lines, line);
        drop_partial(output, line.size);
    }
}

static void take_bytes(struct output *output, str bytes, struct arena *arena, struct line_list *lines)
{
    ptrdiff_t newline;

    while ((newline = str_index(bytes, '\n')) >= 0) {
        str line = str_head(bytes, (size_t)newline);
        bytes = str_from(bytes, (size_t)newline + 1);
        if (output->partial_size == 0) {
            add_line(arena, lines, line);
            continue;
        }
        if (line.size)
            keep_partial(output, line);
        cut_partial(output, arena, lines);
        end_partial(output, arena, lines);
    }
    if (bytes.size) {
        keep_partial(output, bytes);
        cut_partial(output, arena, lines);
    }
}

void output_take(struct output *output, struct arena *arena, struct line_list *lines)
{
    char chunk[CHUNK_BYTES];

    for (int i = 0; i < CHUNKS_AT_ONCE; i++) {
        ssize_t size = read(output->fd, chunk, sizeof chunk);
        if (size <= 0)
            return;
        take_bytes(output, (str){chunk, (size_t)size}, arena, lines);
        if ((size_t)size < sizeof chunk)
            return;
    }
}

void output_take_last(struct output *output, struct arena *arena, struct line_list *lines)
{
    output_take(output, arena, lines);
    if (output->partial_size > 0)
        end_partial(output, arena, lines);
}
