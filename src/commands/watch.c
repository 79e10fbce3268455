/*
 * watch.c: changes in a folder, as inotify tells them.
 *
 * Folders that are made later are not added to a watch: each change ends it, and the next one begins with all
 * folders that there are.
 */
#include "commands/watch.h"

#include "base/time.h"
#include "commands/package.h"

#include <errno.h>
#include <fts.h>
#include <poll.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

enum { QUIET_MS = 100, LONGEST_MS = 2000 };

static const uint32_t changes = IN_CREATE | IN_DELETE | IN_MODIFY | IN_ATTRIB | IN_MOVED_FROM | IN_MOVED_TO |
                                IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR;

static bool add_all(int watch, FTS *tree, const char *folder, const struct package_options *options)
{
    FTSENT *found;

    while ((found = fts_read(tree))) {
        const char *path = found->fts_path + strlen(folder);
        path += strspn(path, "/");
        if (found->fts_info != FTS_D && found->fts_level == 0 && found->fts_info != FTS_DP) {
            errno = found->fts_errno ? found->fts_errno : ENOTDIR;
            return false;
        }
        if (found->fts_info != FTS_D)
            continue;
        if (found->fts_level > 0 && package_leaves_out(options, path))
            fts_set(tree, found, FTS_SKIP);
        else if (inotify_add_watch(watch, found->fts_accpath, changes) < 0 && errno != ENOENT)
            return false;
    }
    return true;
}

int watch_begin(const char *folder, const struct package_options *options)
{
    char *paths[] = {(char *)(uintptr_t)folder, NULL};
    int watch = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
    FTS *tree = watch >= 0 ? fts_open(paths, FTS_PHYSICAL | FTS_NOCHDIR | FTS_COMFOLLOW, NULL) : NULL;
    bool watching = tree && add_all(watch, tree, folder, options);
    int error = errno;

    if (tree)
        fts_close(tree);
    if (!watching && watch >= 0)
        close(watch);
    errno = error;
    return watching ? watch : -1;
}

/* Does something change within that time?  -1: whenever it does. */
static bool changes_within(int watch, int ms)
{
    struct pollfd changed = {.fd = watch, .events = POLLIN};
    char events[4096];
    bool any = poll(&changed, 1, ms) > 0;

    while (read(watch, events, sizeof events) > 0)
        continue;
    return any;
}

void watch_wait(int watch, int most_ms)
{
    bool changed = changes_within(watch, most_ms);

    while (!changed && most_ms < 0)
        changed = changes_within(watch, most_ms);
    int64_t end_us = monotonic_us() + (int64_t)LONGEST_MS * 1000;
    while (changed && monotonic_us() < end_us && changes_within(watch, QUIET_MS))
        continue;
    close(watch);
}
