#pragma once

/*
 * watch.h: waiting for changes in a folder.
 */
#include <stdbool.h>

struct package_options;

/*
 * Watch a folder and all folders in it, except for what is left out of its package; what changes from now on
 * ends watch_wait().  -1, with errno set: the folder cannot be watched.
 */
int watch_begin(const char *folder, const struct package_options *options);
/*
 * Wait for a change, and then until nothing has changed for a tenth of a second; or for `most_ms` without a
 * change, -1: without end.  Closes the watch.
 */
void watch_wait(int watch, int most_ms);
