#pragma once

/*
 * output.h: what a child prints, cut into lines.
 */
#include "base/arena.h"

enum { LINE_BYTES = 256 * 1024 }; /* a longer line is cut: logs take no larger event */

struct output {
    int fd;        /* our end of the pipe, non-blocking */
    char *partial; /* a line that has no end yet */
    size_t partial_size;
};

struct line_list {
    str *items;
    size_t count;
    size_t cost; /* of all of them */
};
/* What it costs to have that line on the way to the engine. */
size_t line_cost(str line);

/* Makes the pipe; *child_fd is the other end.  False (errno) when there are no more descriptors. */
bool output_open(struct output *output, int *child_fd);
void output_close(struct output *output);

/*
 * Take what is there without waiting, until it costs as much as the credit (or one chunk more).  Whole lines,
 * in valid UTF-8, are added to *lines.  True when there may be more.
 */
bool output_take(struct output *output, struct arena *arena, size_t credit, struct line_list *lines);
/* All that is there now: what a pipe usually holds at the most. */
void output_take_all(struct output *output, struct arena *arena, struct line_list *lines);
/* The child is gone: an unfinished last line counts. */
void output_take_last(struct output *output, struct arena *arena, struct line_list *lines);
