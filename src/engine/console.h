#pragma once

/*
 * console.h: the files of the web console, which are part of the binary.
 *
 * tools/build_console makes the table from what the console's own build has left; console.c serves it.
 */
#include "base/str.h"

#include <stdbool.h>

struct console_file {
    str path; /* "index.html", "assets/index-D3adB33f.js" */
    str content_type;
    str etag;   /* with its quotes */
    str plain;  /* the content */
    str packed; /* the same as gzip; absent unless that is smaller */
    bool fixed; /* its name has a hash of its content: a client may keep it for ever */
};

/* Ends with a file without a path.  The first file is index.html. */
extern const struct console_file CONSOLE_FILES[];
