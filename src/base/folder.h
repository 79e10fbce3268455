#pragma once

/*
 * folder.h: operations on whole folders.
 */
#include "base/hash.h"

#include <stdbool.h>

/* Is there a folder of that name, or a link to a folder? */
bool folder_exists(const char *path);

/* Remove the folder and everything in it, even if it is write-protected.  Follows no links. */
void folder_remove(const char *path);

/*
 * A digest of what stat() returns for the folder and everything in it: names, inodes, sizes, modes, times of
 * change.  The digest changes when somebody writes to a file or replaces one.  False, with errno set, when
 * the folder cannot be read completely; E2BIG: it has more entries than `most`.
 */
bool folder_fingerprint(const char *path, int64_t most, struct sha256 *fingerprint);
