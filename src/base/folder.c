/*
 * folder.c: operations on whole folders.
 */
#include "base/folder.h"

#include <errno.h>
#include <fts.h>
#include <ftw.h>
#include <stdio.h>
#include <string.h>
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

/* Add an entry's part to the sum, which does not depend on the order in which a folder is read. */
static void add_entry(struct sha256 *sum, const FTSENT *entry, const char *name)
{
    const struct stat *status = entry->fts_statp;
    char text[64 * 4];
    uint64_t parts[SHA256_SIZE / sizeof(uint64_t)], total[SHA256_SIZE / sizeof(uint64_t)];
    struct sha256 of_name = sha256(str_of(name));
    int size = snprintf(text, sizeof text, "%llu %o %u %u %llu %lld %lld.%09ld %lld.%09ld ",
                        (unsigned long long)status->st_ino, status->st_mode, status->st_uid, status->st_gid,
                        (unsigned long long)status->st_nlink, (long long)status->st_size,
                        (long long)status->st_mtim.tv_sec, status->st_mtim.tv_nsec,
                        (long long)status->st_ctim.tv_sec, status->st_ctim.tv_nsec);

    struct sha256 digest = hmac_sha256(HASH_STR(of_name), (str){text, (size_t)size});
    memcpy(parts, digest.bytes, sizeof parts);
    memcpy(total, sum->bytes, sizeof total);
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        total[i] += parts[i];
    memcpy(sum->bytes, total, sizeof total);
}

bool folder_fingerprint(const char *path, int64_t most, struct sha256 *fingerprint)
{
    char *paths[] = {(char *)(uintptr_t)path, NULL};
    FTS *tree = fts_open(paths, FTS_PHYSICAL | FTS_NOCHDIR, NULL);
    bool good = tree != NULL, too_many = false;
    int64_t count = 0;
    const FTSENT *entry;

    *fingerprint = (struct sha256){0};
    while (good && (entry = fts_read(tree))) {
        good = entry->fts_info != FTS_DNR && entry->fts_info != FTS_ERR && entry->fts_info != FTS_NS;
        if (!good || entry->fts_info == FTS_DP) /* a folder is returned twice: count it once */
            continue;
        add_entry(fingerprint, entry, entry->fts_path + strlen(path));
        if (count++ > most) /* the folder itself is the first one */
            too_many = true;
        good = !too_many;
    }
    good = good && errno == 0; /* as fts_read() leaves it at the end */
    if (too_many)
        errno = E2BIG;
    if (tree)
        fts_close(tree);
    return good;
}
