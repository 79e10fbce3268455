#pragma once

/*
 * output.h: what a child prints, cut into lines.
 */
#include "base/arena.h"

enum { LINE_BYTES = 256 * 1024 }; /* a longer line is cut: CloudWatch takes no larger event */

struct output {
    int fd;        /* our end of the pipe, non-blocking */
    char *partial; /* a line that has no end yet */
    size_t partial_size;
};

struct line_list {
    str *items;
    size_t count;
};

/* Makes the pipe; *child_fd is the other end.  False (errno) when there are no more descriptors. */
bool output_open(struct output *output, int *child_fd);
void output_close(struct output *output);

/* Take what is there without waiting, up to a bound.  Whole lines, in valid UTF-8, are added to *lines. */
void output_take(struct output *output, struct arena *arena, struct line_list *lines);
/* The child is gone: an unfinished last line counts. */
void output_take_last(struct output *output, struct arena *arena, struct line_list *lines);
