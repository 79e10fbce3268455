#pragma once

/*
 * output.h: what a child prints, cut into lines.
 */
#include "base/arena.h"

enum { LINE_BYTES = 256 * 1024 }; /* a longer line is cut: the log accepts no larger event */

/*
 * A record that may have several lines: a type (of which these are the first bytes), the record's size, the
 * time in microseconds, which not all types have, all big-endian; then the record.
 */
#define FRAME_MAGIC "\xa5\x5a\x00"
enum { FRAME_MAGIC_BYTES = 3, FRAME_SIZE_AT = 4, FRAME_SHORT_HEAD_BYTES = 8, FRAME_HEAD_BYTES = 16 };

struct output {
    int fd;        /* our end of the pipe, non-blocking */
    char *partial; /* a line, or a record, without its end */
    size_t partial_size;
    bool is_framed; /* records in frames are among the lines */
    char head[FRAME_HEAD_BYTES];
    size_t head_size;  /* as much of a frame's head as has come */
    size_t frame_left; /* as much of a frame's record as has not */
};

struct line_list {
    str *items;
    size_t count;
    size_t cost; /* of all the lines */
};
/* The cost of that line on its way to the engine. */
size_t line_cost(str line);

/* Makes the pipe; *child_fd is the other end.  False, with errno set, when descriptors run out. */
bool output_open(struct output *output, int *child_fd);
void output_close(struct output *output);

/*
 * Read without waiting, until the lines cost as much as the credit (or one chunk more).  Whole lines, in
 * valid UTF-8, are added to *lines.  True when there may be more.
 */
bool output_take(struct output *output, struct arena *arena, size_t credit, struct line_list *lines);
/* Read everything that has been printed, up to the usual size of a pipe. */
void output_take_all(struct output *output, struct arena *arena, struct line_list *lines);
/* Add the unfinished last line, if there is one; the next bytes begin another. */
void output_end_line(struct output *output, struct arena *arena, struct line_list *lines);
/* The child has ended: add its unfinished last line. */
void output_take_last(struct output *output, struct arena *arena, struct line_list *lines);
