#pragma once

/*
 * folder.h: what is done to whole folders.
 */
#include <stdbool.h>

/* Is there a folder of that name (or a link to one)? */
bool folder_exists(const char *path);

/* Removes it with all it holds, also what may not be written to.  Follows no links. */
void folder_remove(const char *path);
