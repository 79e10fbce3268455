/*
 * fuzz_zip.c: packages from strangers: no package makes a file outside the folder.
 */
#include "base/folder.h"
#include "fuzz.h"
#include "services/lambda/unzip.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MOST_BYTES = 1024 * 1024 };

static size_t entries_in(const char *path)
{
    DIR *folder = opendir(path);
    size_t count = 0;

    check(folder != NULL);
    while (readdir(folder))
        count++;
    closedir(folder);
    return count;
}

static bool read_input(void *context, size_t number, str *zip)
{
    (void)number;
    *zip = *(const str *)context;
    return true;
}

FUZZ(arena, input)
{
    const struct unzip_source source = {read_input, &input, 1};
    int64_t bytes;
    char outer[] = "/dev/shm/fuzz-zip-XXXXXX";

    check(mkdtemp(outer) != NULL);
    str inner = arena_format(arena, "%s/code", outer);
    check(mkdir(inner.data, S_IRWXU) == 0);
    enum unzip_result result = unzip(&source, inner.data, MOST_BYTES);
    check(result == unzip_check(input, MOST_BYTES, &bytes));
    check(entries_in(outer) == 3); /* ".", ".." and the folder */
    folder_remove(outer);
}
