#pragma once

/*
 * unzip.h: checks packages of functions and layers, and unpacks them to the disk.
 *
 * Packages come from clients.  Nothing is written outside the folder, no link leads out of it, and a package
 * writes each name once.  Time and memory grow nearly linearly with the package and its content.
 */
#include "base/arena.h"

enum unzip_result {
    UNZIP_OK,
    UNZIP_BROKEN, /* not a zip file, or one with forbidden names or compressions */
    UNZIP_EMPTY,
    UNZIP_TOO_LARGE,
    UNZIP_DISK, /* trouble with the disk or memory: see errno */
};

enum {
    UNZIP_MOST_ENTRIES = 65536, /* with the folders above them; the most in a zip file without extensions */
    UNZIP_MOST_FOLDERS = 16384, /* of these: a folder costs a disk as much as many files */
    UNZIP_MOST_NAME_BYTES = 1024,
    UNZIP_MOST_PIECE_BYTES = 255,
    UNZIP_MOST_DEPTH = 64,
    UNZIP_MOST_NAMES_BYTES = 8 * 1024 * 1024, /* of all names together */
};

/* Packages that are read one after the other. */
struct unzip_source {
    bool (*read)(void *context, size_t number, str *zip); /* false, with errno set: it cannot be read */
    void *context;
    size_t count;
};

/* Read the package completely, and write nothing.  *unpacked_bytes is what its files have together. */
enum unzip_result unzip_check(str zip, int64_t most_bytes, int64_t *unpacked_bytes);
/*
 * Unpack into an existing, empty folder whose path has no symbolic link.  A later package's entries
 * replace the files and links of earlier ones.  Files may be read, and executed if they were executable;
 * nobody may write to them.  It accepts exactly the packages that unzip_check() accepts, unless one has a
 * file where an earlier one has a folder; when it fails, some entries may be left in the folder.
 */
enum unzip_result unzip(const struct unzip_source *source, const char *folder, int64_t most_bytes);

/* May a package contain a symbolic link of that name with that target? */
bool unzip_link_is_safe(str name, str target);
