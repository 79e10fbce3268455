#pragma once

/*
 * unzip.h: a function's package, checked, and put onto the disk.
 *
 * Packages come from clients.  Nothing is written outside of the folder, no link is made that leads out of
 * it, and no name stands twice.  Time and memory are near linear in the package and what it holds.
 */
#include "base/arena.h"

enum unzip_result {
    UNZIP_OK,
    UNZIP_BROKEN, /* no zip file, or one with names or a compression that it must not have */
    UNZIP_EMPTY,
    UNZIP_TOO_LARGE,
    UNZIP_DISK, /* or memory: errno says what was wrong with it */
};

enum {
    UNZIP_MOST_ENTRIES =
        65536, /* with the folders that they lie in; a zip file without extensions ends there */
    UNZIP_MOST_FOLDERS = 16384, /* among them: a folder costs a disk as much as many files */
    UNZIP_MOST_NAME_BYTES = 1024,
    UNZIP_MOST_PIECE_BYTES = 255,
    UNZIP_MOST_DEPTH = 64,
    UNZIP_MOST_NAMES_BYTES = 8 * 1024 * 1024, /* all of them together */
};

/* Read it to its end, and write nothing. */
enum unzip_result unzip_check(str zip, int64_t most_bytes);
/*
 * Unpack into a folder that exists, is empty, and is named without any symbolic link.  Files may be read, and
 * executed where they were executable; nobody may write to them.  It does what unzip_check() has found good;
 * when it fails, something may lie in the folder.
 */
enum unzip_result unzip(str zip, const char *folder, int64_t most_bytes);

/* May a package hold an entry of that name? */
bool unzip_name_is_safe(str name);
/* ... and there a symbolic link with that target? */
bool unzip_link_is_safe(str name, str target);
