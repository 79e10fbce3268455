#pragma once

/*
 * file.h: whole files into an arena.
 */
#include "base/arena.h"

#include <stdio.h>

/* False when it cannot be opened or read; errno says why. */
bool file_read(struct arena *arena, const char *path, str *content);
/* To its end; false when reading fails. */
bool file_read_stream(struct arena *arena, FILE *stream, str *content);
