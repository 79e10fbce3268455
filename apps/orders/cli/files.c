/*
 * files.c: finds files beside the binary in the build folder, in the installed folders, and in the source
 * tree.
 */
#include "orders/cli/files.h"

#include <limits.h>
#include <stdlib.h>
#include <unistd.h>

const char *files_find(struct arena *arena, const char *name)
{
    char path[PATH_MAX];
    ssize_t size = readlink("/proc/self/exe", path, sizeof path);
    str self = size > 0 ? (str){path, (size_t)size} : S("");
    str folder = str_head(self, (size_t)(str_last_index(self, '/') + 1));
    const char *candidates[] = {
        arena_format(arena, "%.*sapps/orders/%s", STR_ARGS(folder), name).data,
        arena_format(arena, "%.*s../share/orderly/orders/%s", STR_ARGS(folder), name).data,
        arena_format(arena, ORDERLY_SOURCE "/apps/orders/%s", name).data,
    };

    for (size_t i = 0; i < sizeof candidates / sizeof *candidates; i++)
        if (access(candidates[i], R_OK) == 0)
            return candidates[i];
    return NULL;
}

str files_shown(struct arena *arena, const char *path)
{
    char real[PATH_MAX], here[PATH_MAX];

    if (!realpath(path, real) || !getcwd(here, sizeof here))
        return str_of(path);
    str folder = arena_format(arena, "%s/", here), shown = arena_copy(arena, str_of(real));
    return str_starts_with(shown, folder) ? str_from(shown, folder.size) : shown;
}
