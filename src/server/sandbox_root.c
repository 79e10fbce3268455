/*
 * sandbox_root.c: the files that a sandbox sees.
 *
 * Once, a child of the launcher makes a small root folder in memory: the machine's programs and libraries by
 * read-only mounts, a few files of /etc, a minimal /dev, and mount points for what differs between sandboxes.
 * It makes that folder its root, drops all other mounts and ends; the launcher keeps its mount namespace, the
 * template.  A sandbox opens its code in the launcher's view of the machine, enters a copy of the template,
 * and mounts its own files there.  Only /tmp and /dev/shm are writable.
 *
 * Nothing is unmounted when a sandbox starts: the kernel takes milliseconds for that.
 */
#include "server/launcher_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { COPIED_BYTES = 1024 * 1024, FOLDER_MODE = 0755, FILE_MODE = 0644, SHARED_MODE = 01777 };

static const uint64_t read_only = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV;

/* Where the root folder is made: a folder that always exists; it is covered in the launcher's mounts only. */
static const char building_place[] = "/tmp";

/* ---- mounting ---- */

static int close_with_error(int fd)
{
    int error = errno;

    close(fd);
    errno = error;
    return -1;
}

/* A detached copy of the mounts at that place of the folder.  -1, with errno set, on trouble. */
static int take_tree_at(int folder, const char *from, uint64_t attributes)
{
    struct mount_attr attr = {.attr_set = attributes};
    unsigned flags = OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE | AT_EMPTY_PATH;
    int tree = open_tree(folder, from, flags);

    if (tree >= 0 && mount_setattr(tree, "", AT_EMPTY_PATH | AT_RECURSIVE, &attr, sizeof attr) != 0)
        return close_with_error(tree);
    return tree;
}

static int take_tree(const char *from, uint64_t attributes)
{
    return take_tree_at(AT_FDCWD, from, attributes);
}

/*
 * The same of a function's code, on whose path no link is followed: a user who may write to a hot-reload
 * folder could have made one since the server looked.
 */
static int take_code(const char *from)
{
    struct open_how how = {.flags = O_PATH | O_DIRECTORY | O_CLOEXEC, .resolve = RESOLVE_NO_SYMLINKS};
    int folder = (int)syscall(SYS_openat2, AT_FDCWD, from, &how, sizeof how);
    int tree = folder >= 0 ? take_tree_at(folder, "", read_only) : -1;

    if (folder >= 0)
        close_with_error(folder);
    return tree;
}

/* Attach the copy at `to` and close its descriptor; fails for -1, too. */
static bool put_tree(int tree, const char *to)
{
    bool put = tree >= 0 && move_mount(tree, "", AT_FDCWD, to, MOVE_MOUNT_F_EMPTY_PATH) == 0;

    if (tree >= 0)
        close_with_error(tree);
    return put;
}

static bool mount_copy(const char *from, const char *to, uint64_t attributes)
{
    return put_tree(take_tree(from, attributes), to);
}

static bool make_folders(const char *path)
{
    char part[PATH_MAX];

    for (size_t i = 1; i < sizeof part && path[i - 1] != '\0'; i++) {
        if (path[i] != '/' && path[i] != '\0')
            continue;
        memcpy(part, path, i);
        part[i] = '\0';
        if (mkdir(part, FOLDER_MODE) != 0 && errno != EEXIST)
            return false;
    }
    return true;
}

/* ---- the launcher's root: files ---- */

static bool write_file(const char *path, const char *text)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, FILE_MODE);
    bool written = fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);

    if (fd >= 0)
        close(fd);
    return written;
}

/* Copy a file that the machine may lack, and that programs do not need. */
static void copy_file(const char *path)
{
    static char bytes[COPIED_BYTES];
    char from[PATH_MAX];

    snprintf(from, sizeof from, HOST_FOLDER "%s", path);
    int source = open(from, O_RDONLY | O_CLOEXEC);
    ssize_t size = source >= 0 ? read(source, bytes, sizeof bytes) : -1;
    int target = size >= 0 ? open(path, O_WRONLY | O_CREAT | O_CLOEXEC, FILE_MODE) : -1;

    if (target >= 0) {
        (void)!write(target, bytes, (size_t)size);
        close(target);
    }
    if (source >= 0)
        close(source);
}

static void write_user(FILE *users, const char *name, uid_t uid, const char *home)
{
    fprintf(users, "%s:x:%u:%u::%s:/sbin/nologin\n", name, uid, uid, home);
}

/* Write the names of user ids, so that each sandbox finds a name for its own. */
static bool write_users(const struct launcher_state *state, const char *path, bool groups)
{
    static const char name[] = "sbx_user1051";
    FILE *users = fopen(path, "we");
    uid_t first = state->user_namespace ? INSIDE_UID : state->first_uid;

    if (!users)
        return false;
    for (uid_t i = 0; i < (state->user_namespace ? 1U : (uid_t)SANDBOX_USERS); i++) {
        if (groups)
            fprintf(users, "%s:x:%u:\n", name, first + i);
        else
            write_user(users, name, first + i, "/home/sbx_user1051");
    }
    fputs(groups ? "root:x:0:\n" : "root:x:0:0:root:/root:/sbin/nologin\n", users);
    return fclose(users) == 0;
}

static bool make_etc(const struct launcher_state *state)
{
    static const char *const copied[] = {"/etc/ld.so.cache", "/etc/ld.so.conf",    "/etc/localtime",
                                         "/etc/mime.types",  "/etc/os-release",    "/etc/protocols",
                                         "/etc/services",    "/etc/nsswitch.conf", NULL};
    static const char *const bound[] = {"/etc/ssl",          "/etc/pki",          "/etc/ca-certificates",
                                        "/etc/alternatives", "/etc/ld.so.conf.d", NULL};
    char from[PATH_MAX];

    if (!make_folders("/etc") || !write_users(state, "/etc/passwd", false) ||
        !write_users(state, "/etc/group", true) ||
        !write_file("/etc/hosts", "127.0.0.1 localhost sandbox sandbox.localdomain\n::1 localhost\n") ||
        !write_file("/etc/resolv.conf", state->options.outward ? "nameserver 10.213.0.3\n" : ""))
        return false;
    for (size_t i = 0; copied[i]; i++)
        copy_file(copied[i]);
    for (size_t i = 0; bound[i]; i++) {
        snprintf(from, sizeof from, HOST_FOLDER "%s", bound[i]);
        if (access(from, F_OK) == 0 && (!make_folders(bound[i]) || !mount_copy(from, bound[i], read_only)))
            return false;
    }
    return true;
}

static bool make_devices(void)
{
    static const char *const devices[] = {"/dev/null",   "/dev/zero",    "/dev/full",
                                          "/dev/random", "/dev/urandom", NULL};
    static const char *const links[][2] = {{"/proc/self/fd", "/dev/fd"},
                                           {"/proc/self/fd/0", "/dev/stdin"},
                                           {"/proc/self/fd/1", "/dev/stdout"},
                                           {"/proc/self/fd/2", "/dev/stderr"}};
    char from[PATH_MAX];

    if (!make_folders("/dev/shm"))
        return false;
    for (size_t i = 0; devices[i]; i++) {
        snprintf(from, sizeof from, HOST_FOLDER "%s", devices[i]);
        if (!write_file(devices[i], "") || !mount_copy(from, devices[i], MOUNT_ATTR_NOSUID))
            return false;
    }
    for (size_t i = 0; i < sizeof links / sizeof *links; i++)
        if (symlink(links[i][0], links[i][1]) != 0)
            return false;
    return true;
}

/* /bin, /lib and the like are folders, or links into /usr. */
static bool show_folder(const char *path)
{
    char from[PATH_MAX], target[PATH_MAX];
    struct stat found;

    snprintf(from, sizeof from, HOST_FOLDER "%s", path);
    if (lstat(from, &found) != 0)
        return errno == ENOENT;
    if (!S_ISLNK(found.st_mode))
        return make_folders(path) && mount_copy(from, path, read_only);
    ssize_t size = readlink(from, target, sizeof target - 1);
    if (size < 0)
        return false;
    target[size] = '\0';
    return symlink(target, path) == 0;
}

/* AWS's sh is bash, and AWS's own tutorial relies on that. */
static bool make_sh_bash(void)
{
    char sh[PATH_MAX];

    if (access("/bin/bash", X_OK) != 0 || !realpath("/bin/sh", sh))
        return true;
    return mount_copy(HOST_FOLDER "/bin/bash", sh, read_only);
}

static bool fill_root(const struct launcher_state *state)
{
    static const char *const programs[] = {"/usr",   "/bin",   "/sbin",   "/lib",
                                           "/lib32", "/lib64", "/libx32", NULL};
    static const char *const places[] = {"/home",     "/mnt",         LAYERS_FOLDER, "/proc", "/root",
                                         "/run",      "/srv",         "/sys",        "/tmp",  "/var/lib",
                                         TASK_FOLDER, RUNTIME_FOLDER, "/var/log",    NULL};

    for (size_t i = 0; programs[i]; i++)
        if (!show_folder(programs[i]))
            return false;
    for (size_t i = 0; places[i]; i++)
        if (!make_folders(places[i]))
            return false;
    return symlink("/tmp", "/var/tmp") == 0 && symlink("runtime/node_modules", "/var/node_modules") == 0 &&
           make_devices() && make_etc(state) && make_sh_bash();
}

/* ---- the launcher's root: mounts ---- */

static bool mount_new_root(void)
{
    return mount("sandbox", building_place, "tmpfs", MS_NOSUID | MS_NODEV, "size=16m,mode=755") == 0 &&
           chdir(building_place) == 0 && mkdir("." HOST_FOLDER, FOLDER_MODE) == 0;
}

/* The machine's mounts are opened before one of its folders is covered. */
static bool change_root(void)
{
    int machine = -1;
    bool changed =
        mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
        (machine = open_tree(AT_FDCWD, "/", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE)) >= 0 &&
        mount_new_root() &&
        move_mount(machine, "", AT_FDCWD, "." HOST_FOLDER, MOVE_MOUNT_F_EMPTY_PATH) == 0 &&
        syscall(SYS_pivot_root, ".", ".") == 0 && umount2(".", MNT_DETACH) == 0 && chdir("/") == 0;
    int error = errno;

    if (machine >= 0)
        close(machine);
    errno = error;
    return changed;
}

static bool leave_machine(void)
{
    return umount2(HOST_FOLDER, MNT_DETACH) == 0 && rmdir(HOST_FOLDER) == 0;
}

/* Run in the child: reports its result on the pipe, and waits until the launcher has opened its namespace. */
static _Noreturn void build(const struct launcher_state *state, int report, int looked)
{
    char end;
    int trouble = 0;

    umask(S_IWGRP | S_IWOTH);
    if (unshare(CLONE_NEWNS) != 0 || !change_root() || !fill_root(state) || !leave_machine())
        trouble = errno;
    (void)!write(report, &trouble, sizeof trouble);
    (void)!read(looked, &end, 1);
    _exit(EXIT_SUCCESS);
}

static bool open_template(struct launcher_state *state, pid_t builder)
{
    char path[64];

    snprintf(path, sizeof path, "/proc/%d/ns/mnt", (int)builder);
    state->template_fd = open(path, O_RDONLY | O_CLOEXEC);
    snprintf(path, sizeof path, "/proc/%d/root/etc", (int)builder);
    state->template_etc = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
    return state->template_fd >= 0 && state->template_etc >= 0;
}

static bool take_template(struct launcher_state *state, pid_t builder, int report)
{
    int trouble = EPIPE;

    if (builder < 0 || read(report, &trouble, sizeof trouble) != sizeof trouble || trouble) {
        errno = trouble;
        return false;
    }
    return open_template(state, builder);
}

bool root_build(struct launcher_state *state)
{
    int report[2], looked[2];

    if (pipe2(report, O_CLOEXEC) != 0 || pipe2(looked, O_CLOEXEC) != 0)
        return false;
    pid_t builder = launcher_fork(0, NULL);
    if (builder == 0) {
        close(looked[1]);
        build(state, report[1], looked[0]);
    }
    close(report[1]);
    close(looked[0]);
    bool built = take_template(state, builder, report[0]);
    int error = errno;
    close(report[0]);
    close(looked[1]);
    if (builder > 0)
        waitpid(builder, NULL, 0);
    errno = error;
    return built;
}

bool root_set_name_server(const struct launcher_state *state, const char *line)
{
    int fd = openat(state->template_etc, "resolv.conf", O_WRONLY | O_TRUNC | O_CLOEXEC);
    bool written = fd >= 0 && write(fd, line, strlen(line)) == (ssize_t)strlen(line);

    if (fd >= 0)
        close(fd);
    return written;
}

/* ---- a sandbox's own files ---- */

/* The template has everything below /usr. */
static bool is_in_template(const char *folder)
{
    return strcmp(folder, "/") == 0 || strcmp(folder, "/usr") == 0 || strncmp(folder, "/usr/", 5) == 0 ||
           strcmp(folder, "/bin") == 0;
}

enum { MOST_TREES = 8, PROC_OPTIONS = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC };

/* Mounts that are opened before the template is entered, and where to attach them. */
struct tree_list {
    int trees[MOST_TREES];
    const char *places[MOST_TREES];
    size_t count;
};

static bool take(struct tree_list *list, int tree, const char *place)
{
    if (tree < 0 || list->count == MOST_TREES)
        return false;
    list->trees[list->count] = tree;
    list->places[list->count++] = place;
    return true;
}

static bool take_folder(struct tree_list *list, const char *folder, const char *place)
{
    return !folder || take(list, take_tree(folder, read_only), place);
}

/*
 * Mount a /proc of our process namespace; an ordinary user may do that only while the machine's own /proc is
 * visible.
 */
static int take_proc(void)
{
    int proc = fsopen("proc", FSOPEN_CLOEXEC);

    if (proc < 0)
        return -1;
    int tree = fsconfig(proc, FSCONFIG_CMD_CREATE, NULL, NULL, 0) == 0
                   ? fsmount(proc, FSMOUNT_CLOEXEC, PROC_OPTIONS)
                   : -1;
    close_with_error(proc);
    return tree;
}

static bool take_all(struct tree_list *list, const struct launch *launch)
{
    for (size_t i = 0; launch->folders[i]; i++)
        if (!is_in_template(launch->folders[i]) && !take_folder(list, launch->folders[i], launch->folders[i]))
            return false;
    return (!launch->code || take(list, take_code(launch->code), TASK_FOLDER)) &&
           take_folder(list, launch->runtime, RUNTIME_FOLDER) &&
           take_folder(list, launch->layers, LAYERS_FOLDER) && take(list, take_proc(), "/proc");
}

static bool put_all(struct tree_list *list)
{
    for (size_t i = 0; i < list->count; i++)
        if (!make_folders(list->places[i]) || !put_tree(list->trees[i], list->places[i]))
            return false;
    return true;
}

static bool make_shared(const char *folder)
{
    return mkdir(folder, FOLDER_MODE) == 0 && chmod(folder, SHARED_MODE) == 0;
}

/* One file system in memory for everything the sandbox writes, so that one size bounds it. */
static bool mount_memory(int64_t size_bytes)
{
    char options[64];

    snprintf(options, sizeof options, "size=%lld,nr_inodes=65536,mode=755", (long long)size_bytes);
    return mount("sandbox", "/run", "tmpfs", MS_NOSUID | MS_NODEV, options) == 0 && make_shared("/run/tmp") &&
           make_shared("/run/shm") && mount("/run/tmp", "/tmp", NULL, MS_BIND, NULL) == 0 &&
           mount("/run/shm", "/dev/shm", NULL, MS_BIND, NULL) == 0 &&
           mount("/mnt", "/run", NULL, MS_BIND, NULL) == 0; /* /run is empty */
}

bool root_enter(const struct launcher_state *state, const struct launch *launch)
{
    struct mount_attr closed = {.attr_set = MOUNT_ATTR_RDONLY};
    struct tree_list list = {0};

    return take_all(&list, launch) && setns(state->template_fd, CLONE_NEWNS) == 0 &&
           unshare(CLONE_NEWNS) == 0 && put_all(&list) && mount_memory(launch->storage_bytes) &&
           mount_setattr(AT_FDCWD, "/", 0, &closed, sizeof closed) == 0;
}
