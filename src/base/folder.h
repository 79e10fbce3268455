#pragma once

/*
 * folder.h: what is done to whole folders.
 */
#include "base/hash.h"

#include <stdbool.h>

/* Is there a folder of that name (or a link to one)? */
bool folder_exists(const char *path);

/* Removes it with all it holds, also what may not be written to.  Follows no links. */
void folder_remove(const char *path);

/*
 * What stat() says of the folder and of everything in it: names, inodes, sizes, modes, times of change.
 * Nobody can write to a file, or put another in its place, so that it stays the same.  False (errno) when it
 * cannot be read whole.
 */
bool folder_fingerprint(const char *path, struct sha256 *fingerprint);
