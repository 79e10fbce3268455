/*
 * output.c: what a child prints, cut into lines.
 *
 * Standard output and standard error are one pipe, so that their order is kept.  The server reads the pipe
 * with the child's next request or the next tick, and reads only as much as the engine can take: each byte on
 * its way to the engine has a cost, and a sandbox has a credit.  When the credit is used up, the server does
 * not read, so a child that keeps printing waits in its write().  A line costs more than its bytes, because
 * it becomes a row.
 *
 * AWS's runtime interface clients write each record of their loggers as a frame, to a descriptor that
 * _LAMBDA_TELEMETRY_LOG_FD names: so a record keeps its line breaks, and needs none at its end.  Here it is
 * standard output, so that records and printed lines keep their order.
 */
#include "server/output.h"

#include "base/check.h"
#include "base/list.h"
#include "base/text.h"
#include "base/utf8.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { CHUNK_BYTES = 4096, PIPE_BYTES = 64 * 1024, LINE_COST = 64, BYTES_OF_ONE_COST = 8 };

bool output_open(struct output *output, int *child_fd)
{
    int ends[2];

    if (pipe2(ends, O_CLOEXEC) != 0)
        return false;
    fcntl(ends[0], F_SETFL, O_NONBLOCK);
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

size_t line_cost(str line)
{
    return LINE_COST + line.size / BYTES_OF_ONE_COST;
}

/* As on AWS, an empty line makes no event. */
static void add_line(struct arena *arena, struct line_list *lines, str line)
{
    if (str_empty(line))
        return;
    str *added = list_add(arena, lines);
    *added = sanitized(arena, line);
    lines->cost += line_cost(*added);
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

static void take_plain(struct output *output, str bytes, struct arena *arena, struct line_list *lines)
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

/* ---- frames ---- */

/* Where a frame may begin: its first bytes, or as many as there are.  The size of `bytes` when nowhere. */
static size_t frame_at(str bytes)
{
    for (size_t at = 0; at < bytes.size; at++) {
        const char *first = memchr(bytes.data + at, FRAME_MAGIC[0], bytes.size - at);
        if (!first)
            return bytes.size;
        at = (size_t)(first - bytes.data);
        size_t left = bytes.size - at;
        if (memcmp(first, FRAME_MAGIC, left < FRAME_MAGIC_BYTES ? left : FRAME_MAGIC_BYTES) == 0)
            return at;
    }
    return bytes.size;
}

/* A type of older clients, 0xa55a0001, has no timestamp; 0xa55a0002 and 0xa55a0003 with a level have one. */
static bool head_is_whole(const struct output *output)
{
    enum { HAS_TIMESTAMP = 2 };

    if (output->head_size < FRAME_SIZE_AT)
        return false;
    bool has_timestamp = output->head[FRAME_SIZE_AT - 1] & HAS_TIMESTAMP;
    return output->head_size == (has_timestamp ? FRAME_HEAD_BYTES : FRAME_SHORT_HEAD_BYTES);
}

static size_t record_size(const struct output *output)
{
    size_t size = 0;

    for (size_t i = FRAME_SIZE_AT; i < FRAME_SIZE_AT + sizeof(uint32_t); i++)
        size = size << 8 | (unsigned char)output->head[i];
    return size;
}

/* Take a byte of a frame's head.  False: it turns out to be text, and what has come is taken as such. */
static bool take_head_byte(struct output *output, char byte, struct arena *arena, struct line_list *lines)
{
    if (output->head_size < FRAME_MAGIC_BYTES && byte != FRAME_MAGIC[output->head_size]) {
        str text = {output->head, output->head_size};
        output->head_size = 0;
        take_plain(output, text, arena, lines);
        return false;
    }
    output->head[output->head_size++] = byte;
    if (!head_is_whole(output))
        return true;
    output->head_size = 0;
    output->frame_left = record_size(output);
    if (output->partial_size > 0)
        end_partial(output, arena, lines);
    return true;
}

/* Take bytes of a record; returns how many. */
static size_t take_record(struct output *output, str bytes, struct arena *arena, struct line_list *lines)
{
    str part = str_head(bytes, bytes.size < output->frame_left ? bytes.size : output->frame_left);

    output->frame_left -= part.size;
    keep_partial(output, part);
    cut_partial(output, arena, lines);
    while (output->frame_left == 0 && output->partial_size > 0 &&
           output->partial[output->partial_size - 1] == '\n')
        output->partial_size--;
    if (output->frame_left == 0)
        end_partial(output, arena, lines);
    return part.size;
}

static void take_framed(struct output *output, str bytes, struct arena *arena, struct line_list *lines)
{
    while (bytes.size > 0) {
        size_t taken;
        if (output->frame_left > 0) {
            taken = take_record(output, bytes, arena, lines);
        } else if (output->head_size > 0) {
            taken = take_head_byte(output, bytes.data[0], arena, lines);
        } else {
            taken = frame_at(bytes);
            take_plain(output, str_head(bytes, taken), arena, lines);
            if (taken < bytes.size)
                output->head[output->head_size++] = bytes.data[taken++];
        }
        bytes = str_from(bytes, taken);
    }
}

static void take_bytes(struct output *output, str bytes, struct arena *arena, struct line_list *lines)
{
    if (output->is_framed)
        take_framed(output, bytes, arena, lines);
    else
        take_plain(output, bytes, arena, lines);
}

/* ---- reading ---- */

bool output_take(struct output *output, struct arena *arena, size_t credit, struct line_list *lines)
{
    char chunk[CHUNK_BYTES];

    while (lines->cost + output->partial_size / BYTES_OF_ONE_COST < credit) {
        ssize_t size = read(output->fd, chunk, sizeof chunk);
        if (size > 0)
            take_bytes(output, (str){chunk, (size_t)size}, arena, lines);
        if (size < (ssize_t)sizeof chunk)
            return false;
    }
    return true;
}

/* A child may enlarge its pipe; bytes beyond the usual size wait, and are lost when the child ends. */
void output_take_all(struct output *output, struct arena *arena, struct line_list *lines)
{
    int left = 0;

    ioctl(output->fd, FIONREAD, &left);
    if (left > PIPE_BYTES)
        left = PIPE_BYTES;
    for (char chunk[CHUNK_BYTES]; left > 0;) {
        ssize_t size = read(output->fd, chunk, left < CHUNK_BYTES ? (size_t)left : sizeof chunk);
        if (size <= 0)
            return;
        take_bytes(output, (str){chunk, (size_t)size}, arena, lines);
        left -= (int)size;
    }
}

void output_end_line(struct output *output, struct arena *arena, struct line_list *lines)
{
    bool is_line = output->frame_left == 0;

    if (is_line && output->partial_size > 0)
        end_partial(output, arena, lines);
}

void output_take_last(struct output *output, struct arena *arena, struct line_list *lines)
{
    output_take_all(output, arena, lines);
    if (output->partial_size > 0)
        end_partial(output, arena, lines);
}
