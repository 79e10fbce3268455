/*
 * launcher.c: what happens between clone() and execve().
 *
 * The child borrows our memory until it executes its program, as with vfork(): nothing is copied,
 * and what it writes into `failure` we can read.  In exchange it may only make system calls; all
 * signals are blocked meanwhile, so that no handler of ours runs in it.  A helper program executed
 * in between would cost more than everything below.
 *
 * Limits: no core files, AWS's 1,024 open files.  The memory limit is not among them: runtimes
 * reserve far more address space than they use, so environment_watch.c watches what is resident.
 */
#include "server/launcher.h"

#include "base/check.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { STACK_BYTES = 256 * 1024, OPEN_FILES = 1024, MOST_KEPT = 8, ID_MAP_BYTES = 64 };

/* Sanitizers keep books in memory that the child would spoil: there it gets a copy. */
#ifndef __has_feature
#define __has_feature(feature) 0
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) || __has_feature(address_sanitizer) ||     \
    __has_feature(thread_sanitizer)
enum { CHILD_MEMORY = 0 };
#else
enum { CHILD_MEMORY = CLONE_VM };
#endif

static const char tmp[] = "/tmp";
/* Pages of it count as memory only when used; AWS gives 512 MB. */
static const char tmp_options[] = "size=512m,mode=1777";

/* Lies in memory shared with the child, at the low end of its stack. */
struct child {
    const struct launch *launch;
    struct launch_failure failure;
    sigset_t signals; /* to be blocked in the program: what was blocked before */
    pid_t parent;
    bool new_user_namespace;
    char uid_map[ID_MAP_BYTES], gid_map[ID_MAP_BYTES];
};

static bool failed(struct child *child, const char *step)
{
    child->failure.step = step;
    child->failure.error = errno;
    return false;
}

/* ---- in the child ---- */

/* Handlers are code that the program will not have; an ignored signal would stay ignored. */
static void reset_signals(void)
{
    struct sigaction usual = {.sa_handler = SIG_DFL};

    for (int number = 1; number < NSIG; number++)
        sigaction(number, &usual, NULL);
}

static bool write_file(const char *path, const char *text)
{
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    bool written = fd >= 0 && write(fd, text, strlen(text)) > 0;

    if (fd >= 0)
        close(fd);
    return written;
}

/* Whoever is not root may mount in a user namespace of his own, in which he stays who he is. */
static bool map_ids(const struct child *child)
{
    return write_file("/proc/self/setgroups", "deny") && write_file("/proc/self/uid_map", child->uid_map) &&
           write_file("/proc/self/gid_map", child->gid_map);
}

static bool make_folders(const char *path)
{
    char part[PATH_MAX];

    for (size_t i = 1; i < sizeof part && path[i - 1] != '\0'; i++) {
        if (path[i] != '/' && path[i] != '\0')
            continue;
        memcpy(part, path, i);
        part[i] = '\0';
        if (mkdir(part, 0755) != 0 && errno != EEXIST)
            return false;
    }
    return true;
}

/* Take hold of what must stay visible, cover /tmp, and put it back at its place. */
static bool cover_tmp(const struct launch *launch)
{
    int trees[MOST_KEPT];
    size_t count = 0;

    if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0)
        return false;
    for (; launch->kept[count]; count++) {
        trees[count] =
            open_tree(AT_FDCWD, launch->kept[count], OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE);
        if (trees[count] < 0)
            return false;
    }
    if (mount("tmpfs", tmp, "tmpfs", MS_NOSUID | MS_NODEV, tmp_options) != 0)
        return false;
    for (size_t i = 0; i < count; i++)
        if (!make_folders(launch->kept[i]) ||
            move_mount(trees[i], "", AT_FDCWD, launch->kept[i], MOVE_MOUNT_F_EMPTY_PATH) != 0)
            return false;
    return true;
}

static bool make_private_tmp(struct child *child)
{
    child->failure.of_private_tmp = true;
    if (child->new_user_namespace && !map_ids(child))
        return failed(child, "map user ids");
    if (!cover_tmp(child->launch))
        return failed(child, "mount a private /tmp");
    child->failure.of_private_tmp = false;
    return true;
}

static bool confine(struct child *child)
{
    struct rlimit no_core = {0, 0}, files = {OPEN_FILES, OPEN_FILES};

    if (setsid() < 0)
        return failed(child, "begin a session");
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
        return failed(child, "give up new privileges");
    setrlimit(RLIMIT_CORE, &no_core);
    setrlimit(RLIMIT_NOFILE, &files);
    write_file("/proc/self/oom_score_adj", "500"); /* the kernel shall take functions before the server */
    return true;
}

/* Last of all, for a change of user namespace forgets it. */
static bool die_with_parent(struct child *child)
{
    if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) != 0)
        return failed(child, "ask to die with the server");
    /* In a new process namespace we would see 0; we are in our parent's. */
    if (getppid() != child->parent)
        _exit(EXIT_FAILURE);
    return true;
}

static bool connect_descriptors(struct child *child)
{
    int output = child->launch->output_fd;
    int nothing = open("/dev/null", O_RDONLY | O_CLOEXEC);

    if (nothing < 0 || dup2(nothing, STDIN_FILENO) < 0 || dup2(output, STDOUT_FILENO) < 0 ||
        dup2(output, STDERR_FILENO) < 0)
        return failed(child, "connect its output");
    syscall(SYS_close_range, STDERR_FILENO + 1, ~0U, 0U);
    return true;
}

static void execute(struct child *child)
{
    const struct launch *launch = child->launch;
    char *const *argv = (char *const *)(uintptr_t)launch->argv;
    char *const *environment = (char *const *)(uintptr_t)launch->environment;

    sigprocmask(SIG_SETMASK, &child->signals, NULL);
    if (strchr(argv[0], '/'))
        execve(argv[0], argv, environment);
    else
        execvpe(argv[0], argv, environment);
    failed(child, "execute");
}

static int in_child(void *argument)
{
    struct child *child = argument;

    reset_signals();
    if (connect_descriptors(child) && confine(child) &&
        (!child->launch->private_tmp || make_private_tmp(child)) && die_with_parent(child)) {
        if (chdir(child->launch->folder) == 0)
            execute(child);
        else
            failed(child, "enter its folder");
    }
    _exit(EXIT_FAILURE);
}

/* ---- in the server ---- */

static int namespaces(const struct child *child)
{
    if (!child->launch->private_tmp)
        return 0;
    return child->new_user_namespace ? CLONE_NEWNS | CLONE_NEWUSER : CLONE_NEWNS;
}

static pid_t start(struct child *child, int *pid_fd)
{
    sigset_t all;

    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, &child->signals);
    int flags = CHILD_MEMORY | CLONE_VFORK | CLONE_PIDFD | SIGCHLD | namespaces(child);
    pid_t pid = clone(in_child, (char *)child + STACK_BYTES, flags, child, pid_fd);
    if (pid < 0) {
        failed(child, "make a process");
        child->failure.of_private_tmp = child->launch->private_tmp;
    }
    pthread_sigmask(SIG_SETMASK, &child->signals, NULL);
    return pid;
}

bool launch(const struct launch *launch, struct launched *launched, struct launch_failure *failure)
{
    struct child *child = mmap(NULL, STACK_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    check(child != MAP_FAILED);
    child->launch = launch;
    child->parent = getpid();
    child->new_user_namespace = geteuid() != 0;
    snprintf(child->uid_map, sizeof child->uid_map, "%u %u 1", geteuid(), geteuid());
    snprintf(child->gid_map, sizeof child->gid_map, "%u %u 1", getegid(), getegid());
    launched->pid = start(child, &launched->pid_fd);
    *failure = child->failure;
    munmap(child, STACK_BYTES);
    if (launched->pid < 0 || !failure->step)
        return launched->pid > 0;
    waitpid(launched->pid, NULL, 0);
    close(launched->pid_fd);
    return false;
}
