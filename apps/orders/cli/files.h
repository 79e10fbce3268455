#pragma once

/*
 * files.h: the files that come with the order system: the functions' code, and sample orders.
 */
#include "base/arena.h"

/* The path of apps/orders/<name>, or of its installed copy; NULL when the file is missing. */
const char *files_find(struct arena *arena, const char *name);
/* The path as somebody would type it: relative to the working folder where the file is below that. */
str files_shown(struct arena *arena, const char *path);
