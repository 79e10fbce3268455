#pragma once

/*
 * package.h: a folder as a package of Lambda: a zip file that is the same whenever the folder is.
 */
#include "base/arena.h"

struct package_options {
    const char *const *excluded; /* patterns, as those of a shell, of names or of paths in the folder */
    size_t excluded_count;
};

struct package {
    str zip;
    int64_t files, unpacked_bytes; /* of the files together */
    str outside; /* the first symbolic link that leads out of the folder, with its target; or absent */
};

/* Is that entry left out?  path: below the folder.  .git and __pycache__ always are. */
bool package_leaves_out(const struct package_options *options, const char *path);

/*
 * Pack the files, folders and symbolic links of a folder, in the order of their names, without their times
 * and owners.  False, with *problem set: it cannot be read, or is larger than Lambda allows.
 */
bool package_pack(struct arena *arena, const char *folder, const struct package_options *options,
                  struct package *package, str *problem);
