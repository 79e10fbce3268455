#pragma once

/*
 * streams.h: the standard streams of the process.
 */
#include <stdbool.h>

/*
 * Put /dev/null where a standard stream is closed, before the program opens anything: a file with the number
 * of a standard stream would get what is printed.  What is printed on such a stream still fails.
 */
void streams_hold_places(void);
/* Write what is still buffered for stdout.  False: a part of all that was printed is lost. */
bool streams_written(void);
