/*
 * test_cgroup.c: the name that a launcher gives its control group, among those that others have.  In a mount
 * namespace of its own, the test makes plain folders the machine's control groups; where it may not, it is
 * skipped.
 */
#include "server/launcher_internal.h"
#include "unit.h"

#include <fcntl.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

enum { NAMES = 100 };

#define GROUPS "/sys/fs/cgroup"
#define PARENT GROUPS "/memory/parent"

static bool file_with(const char *path, const char *text)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    bool written = fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);

    if (fd >= 0)
        close(fd);
    return written;
}

/* The memory controller of version 1, whose groups are folders of a file system in memory. */
static bool make_groups(void)
{
    return unshare(CLONE_NEWNS) == 0 && mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
           mount("none", GROUPS, "tmpfs", 0, NULL) == 0 && mkdir(GROUPS "/memory", 0700) == 0 &&
           mkdir(PARENT, 0700) == 0 && file_with(GROUPS "/mine", "4:memory:/parent\n") &&
           mount(GROUPS "/mine", "/proc/self/cgroup", NULL, MS_BIND, NULL) == 0;
}

static const char *name(int number)
{
    static char path[128];

    snprintf(path, sizeof path, PARENT "/orderly-%d-%d", (int)getpid(), number);
    return path;
}

/* A group that another launcher with this process's id has: it lives, so it holds the lock. */
static int take(int number)
{
    assert_int_equal(mkdir(name(number), 0700), 0);
    int fd = open(name(number), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    assert_int_equal(flock(fd, LOCK_EX | LOCK_NB), 0);
    return fd;
}

static struct launcher_state *opened(void)
{
    static struct launcher_state state;

    state = (struct launcher_state){0};
    cgroup_open(&state);
    return &state;
}

static void assert_has_last_name(const struct launcher_state *state)
{
    assert_int_equal(state->cgroup_version, 1);
    assert_string_equal(state->cgroup, name(NAMES - 1));
    cgroup_close(state);
    assert_int_equal(access(name(NAMES - 1), F_OK), -1);
}

TEST(a_launcher_has_a_group_as_long_as_one_of_100_names_is_free)
{
    if (!make_groups())
        skip();
    for (int i = 0; i < NAMES - 1; i++)
        take(i);
    assert_has_last_name(opened());
    int last = take(NAMES - 1);
    assert_int_equal(opened()->cgroup_version, 0);
    close(last); /* that launcher has ended */
    assert_has_last_name(opened());
}

TESTS(test(a_launcher_has_a_group_as_long_as_one_of_100_names_is_free))
