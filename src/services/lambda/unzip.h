#pragma once

/*
 * unzip.h: a function's package onto the disk.
 *
 * Packages come from clients.  Nothing is written outside of the folder, and no link is made that
 * leads out of it.
 */
#include "base/arena.h"

enum unzip_result {
    UNZIP_OK,
    UNZIP_BROKEN, /* no zip file, or one with names that it must not have */
    UNZIP_EMPTY,
    UNZIP_TOO_LARGE,
    UNZIP_DISK, /* errno says what was wrong with it */
};

/*
 * Unpack into a folder that exists, is empty, and is named without any symbolic link.  Files may be
 * read, and executed where they were executable; nobody may write to them.
 */
enum unzip_result unzip(struct arena *arena, str zip, str folder, int64_t most_bytes);

/* May a package hold an entry of that name? */
bool unzip_name_is_safe(str name);
/* ... and there a symbolic link with that target? */
bool unzip_link_is_safe(str name, str target);
