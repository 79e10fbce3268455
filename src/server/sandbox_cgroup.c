/*
 * sandbox_cgroup.c: a memory limit for a sandbox that the kernel enforces, on machines with control groups.
 *
 * The launcher makes its own folder below the server's control group, in version 1's hierarchy or version
 * 2's, and one in it per sandbox.  The limit is somewhat above the function's memory: the watchdog
 * (sandbox_watch.c) is exact, but slower than a program can allocate.  Where the launcher cannot make the
 * folder, only the watchdog limits memory.
 *
 * A launcher locks its folder (flock) while it lives, and removes the folders that nobody has locked.  A
 * process id would not tell: servers in containers may share the control groups, but do not see each other's
 * processes.
 */
#include "server/launcher_internal.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define PREFIX "orderly-"

enum { FOLDER_MODE = 0755, SPARE_BYTES = 32 * 1024 * 1024 };

/* The names of a group's files. */
static const struct version {
    const char *limit, *members, *events;
} versions[] = {{"memory.limit_in_bytes", "tasks", "memory.oom_control"},
                {"memory.max", "cgroup.procs", "memory.events"}};

static bool write_into(const char *folder, const char *name, const char *text)
{
    char path[PATH_MAX + NAME_MAX];

    snprintf(path, sizeof path, "%s/%s", folder, name);
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    bool written = fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);
    if (fd >= 0)
        close(fd);
    return written;
}

/* ---- finding the parent group ---- */

static bool has_word(const char *list, size_t size, const char *word)
{
    size_t length = strlen(word);

    for (const char *at = list; at + length <= list + size; at++)
        if (strncmp(at, word, length) == 0 && (at[length] == ',' || at[length] == ':'))
            return true;
    return false;
}

/* A line of /proc/self/cgroup: "4:memory:/path", or "0::/path" of version 2. */
static bool find_parent(char *line, struct launcher_state *state, char parent[static PATH_MAX])
{
    char *controllers = strchr(line, ':'), *path = controllers ? strchr(controllers + 1, ':') : NULL;

    line[strcspn(line, "\n")] = '\0';
    if (!path)
        return false;
    controllers++;
    if (has_word(controllers, (size_t)(path - controllers), "memory"))
        state->cgroup_version = 1;
    else if (path == controllers && access("/sys/fs/cgroup/cgroup.controllers", F_OK) == 0)
        state->cgroup_version = 2;
    else
        return false;
    snprintf(parent, PATH_MAX, "/sys/fs/cgroup%s%.3000s", state->cgroup_version == 1 ? "/memory" : "",
             strcmp(path + 1, "/") == 0 ? "" : path + 1);
    return true;
}

/* ---- the launcher's folder ---- */

/* The locked folder, or -1: another launcher has it, or has just removed it. */
static int lock_folder(const char *path)
{
    struct stat locked, named;
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) == 0 && fstat(fd, &locked) == 0 && stat(path, &named) == 0 &&
        locked.st_ino == named.st_ino)
        return fd;
    if (fd >= 0)
        close(fd);
    return -1;
}

/* In another process namespace a launcher may have the same id. */
static bool make_folder(struct launcher_state *state, const char *parent)
{
    enum { NAMES = 100 };

    for (int i = 0; i < NAMES; i++) {
        snprintf(state->cgroup, sizeof state->cgroup, "%.3500s/" PREFIX "%d-%d", parent, (int)getpid(), i);
        if (mkdir(state->cgroup, FOLDER_MODE) == 0)
            state->cgroup_fd = lock_folder(state->cgroup);
        else if (errno != EEXIST)
            return false;
        if (state->cgroup_fd >= 0)
            return true;
    }
    return false;
}

/*
 * In version 2 a group passes controllers on to its children only when told to, and only if it has no
 * processes itself.
 */
static bool enable_controller(const struct launcher_state *state, const char *folder)
{
    return state->cgroup_version == 1 || write_into(folder, "cgroup.subtree_control", "+memory");
}

/* Remove the folder of a launcher that was killed, with those of its sandboxes; groups in use remain. */
static void remove_leftover(const char *parent, const char *name)
{
    char path[PATH_MAX], inner[PATH_MAX + NAME_MAX];
    struct dirent *entry;

    snprintf(path, sizeof path, "%.3500s/%.200s", parent, name);
    int lock = lock_folder(path);
    DIR *folder = lock >= 0 ? opendir(path) : NULL;
    while (folder && (entry = readdir(folder)))
        if (entry->d_type == DT_DIR && entry->d_name[0] != '.') {
            snprintf(inner, sizeof inner, "%s/%s", path, entry->d_name);
            rmdir(inner);
        }
    if (folder) {
        closedir(folder);
        rmdir(path);
    }
    if (lock >= 0)
        close(lock);
}

static void remove_leftovers(const char *parent)
{
    DIR *folder = opendir(parent);
    struct dirent *entry;

    while (folder && (entry = readdir(folder)))
        if (strncmp(entry->d_name, PREFIX, strlen(PREFIX)) == 0)
            remove_leftover(parent, entry->d_name);
    if (folder)
        closedir(folder);
}

void cgroup_open(struct launcher_state *state)
{
    FILE *groups = fopen("/proc/self/cgroup", "re");
    char line[PATH_MAX], parent[PATH_MAX];
    bool found = false;

    state->cgroup_fd = -1;
    while (groups && !found && fgets(line, sizeof line, groups))
        found = find_parent(line, state, parent);
    if (groups)
        fclose(groups);
    if (found)
        remove_leftovers(parent);
    if (!found || !enable_controller(state, parent) || !make_folder(state, parent) ||
        !enable_controller(state, state->cgroup))
        state->cgroup_version = 0;
}

void cgroup_close(const struct launcher_state *state)
{
    if (state->cgroup_version != 0)
        rmdir(state->cgroup);
}

/* ---- a sandbox's own group ---- */

static const char *folder_of(const struct launcher_state *state, size_t user, char path[static PATH_MAX])
{
    snprintf(path, PATH_MAX, "%.3000s/%zu", state->cgroup, user);
    return path;
}

/* The server reads the group's events itself: the kernel may kill process 1. */
static void say_bounded(const struct launch *launch, const char *events)
{
    struct message message = message_of(MESSAGE_BOUNDED);

    message.fds[0] = open(events, O_RDONLY | O_CLOEXEC);
    message_send(launch->control_fd, &message);
    if (message.fds[0] >= 0)
        close(message.fds[0]);
}

bool cgroup_enter(const struct launcher_state *state, const struct launch *launch)
{
    char path[PATH_MAX], text[PATH_MAX + NAME_MAX];

    if (state->cgroup_version == 0 || launch->memory_bytes == 0)
        return true;
    const struct version *version = &versions[state->cgroup_version - 1];
    const char *folder = folder_of(state, launch->user, path);
    if (mkdir(folder, FOLDER_MODE) != 0 && errno != EEXIST)
        return false;
    snprintf(text, sizeof text, "%lld", (long long)launch->memory_bytes + SPARE_BYTES);
    if (!write_into(folder, version->limit, text) || !write_into(folder, version->members, "0"))
        return false;
    if (state->cgroup_version == 2)
        write_into(folder, "memory.swap.max", "0");
    snprintf(text, sizeof text, "%s/%s", folder, version->events);
    say_bounded(launch, text);
    return true;
}

void cgroup_remove(const struct launcher_state *state, size_t user)
{
    char path[PATH_MAX];

    if (state->cgroup_version != 0)
        rmdir(folder_of(state, user, path));
}
