#pragma once

/*
 * file.h: whole files into an arena.
 */
#include "base/arena.h"

#include <stdio.h>

/* False, with errno set, when the file cannot be opened or read. */
bool file_read(struct arena *arena, const char *path, str *content);
/* Read to the end; false when reading fails. */
bool file_read_stream(struct arena *arena, FILE *stream, str *content);
