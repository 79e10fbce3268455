/*
 * folder.c: what is done to whole folders.
 */
#include "base/folder.h"

#include <ftw.h>
#include <stdio.h>
#include <sys/stat.h>

enum { OPEN_FOLDERS = 16 };

bool folder_exists(const char *path)
{
    struct stat status;

    return stat(path, &status) == 0 && S_ISDIR(status.st_mode);
}

static int make_writable(const char *path, const struct stat *status, int type, struct FTW *at)
{
    (void)status, (void)at;
    return type == FTW_D ? chmod(path, S_IRWXU) : 0;
}

static int remove_entry(const char *path, const struct stat *status, int type, struct FTW *at)
{
    (void)status, (void)type, (void)at;
    return remove(path);
}

void folder_remove(const char *path)
{
    nftw(path, make_writable, OPEN_FOLDERS, FTW_PHYS);
    nftw(path, remove_entry, OPEN_FOLDERS, FTW_DEPTH | FTW_PHYS);
}
