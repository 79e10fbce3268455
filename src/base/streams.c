/*
 * streams.c: see streams.h.
 */
#include "base/streams.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

void streams_hold_places(void)
{
    for (int stream = STDIN_FILENO; stream <= STDERR_FILENO; stream++)
        if (fcntl(stream, F_GETFD) < 0)
            open("/dev/null", O_RDONLY); /* gets the lowest free number: the stream's own */
}

bool streams_written(void)
{
    return fflush(stdout) == 0 && !ferror(stdout);
}
