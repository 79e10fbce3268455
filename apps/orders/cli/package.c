/*
 * package.c: the functions that come with Orderly, and their packages.
 *
 * The build makes the C function's zip.  A zip of the other functions' single source file is made here, and
 * is the same for the same source, so that a deployment sees whether the code has changed.
 */
#include "orders/cli/deploy.h"
#include "orders/cli/files.h"

#include "base/check.h"
#include "client/file.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

enum {
    ZIP_OVERHEAD_BYTES = 64 * 1024,
    FIXED_TIME = 315532800, /* 1980, the earliest time in a zip */
};

static const struct flavor FLAVORS[] = {
    {FUNCTION_C, "c", "provided.al2023", "bootstrap", "functions/c/orders.zip", 128, true, true},
    {FUNCTION_NODEJS, "nodejs", "nodejs22.x", "index.handler", "functions/nodejs/index.mjs", 256, false,
     false},
    {FUNCTION_PYTHON, "python", "python3.12", "index.lambda_handler", "functions/python/index.py", 256, false,
     false},
};

const struct flavor *flavor_find(const char *name)
{
    for (size_t i = 0; i < sizeof FLAVORS / sizeof *FLAVORS; i++)
        if (strcmp(FLAVORS[i].name, name) == 0)
            return &FLAVORS[i];
    return NULL;
}

static void add_file(struct archive *archive, const char *name, str content)
{
    struct archive_entry *entry = archive_entry_new();

    check(entry);
    archive_entry_set_pathname(entry, name);
    archive_entry_set_filetype(entry, AE_IFREG);
    archive_entry_set_perm(entry, 0644);
    archive_entry_set_mtime(entry, FIXED_TIME, 0);
    archive_entry_set_size(entry, (la_int64_t)content.size);
    check(archive_write_header(archive, entry) == ARCHIVE_OK);
    check(archive_write_data(archive, content.data, content.size) == (la_ssize_t)content.size);
    archive_entry_free(entry);
}

static str zip_of(struct arena *arena, const char *name, str content)
{
    size_t capacity = content.size + ZIP_OVERHEAD_BYTES, used = 0;
    char *memory = arena_alloc(arena, capacity);
    struct archive *archive = archive_write_new();

    check(archive && archive_write_set_format_zip(archive) == ARCHIVE_OK);
    check(archive_write_open_memory(archive, memory, capacity, &used) == ARCHIVE_OK);
    add_file(archive, name, content);
    check(archive_write_close(archive) == ARCHIVE_OK);
    archive_write_free(archive);
    return (str){memory, used};
}

bool package_load(struct arena *arena, const struct flavor *flavor, const char *zip_path, str *zip)
{
    const char *path = zip_path ? zip_path : files_find(arena, flavor->file);
    str content;

    if (!path) {
        fprintf(stderr,
                "orderly: %s, the %s function, is not where Orderly was built or installed. Name its zip "
                "with --zip.\n",
                flavor->file, flavor->name);
        return false;
    }
    if (!file_read(arena, path, &content)) {
        fprintf(stderr, "orderly: %s cannot be read: %s.\n", path, strerror(errno));
        return false;
    }
    bool packed = str_ends_with(str_of(path), S(".zip")) || zip_path;
    *zip = packed ? content : zip_of(arena, strrchr(path, '/') + 1, content);
    return true;
}
