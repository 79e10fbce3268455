/*
 * sandbox_rules.c: what a sandbox's processes may not do.
 *
 * When the server runs as root, each sandbox has a user id that no other process on the machine has.  When it
 * runs as an ordinary user, all sandboxes have the server's own user id outside, and only the namespaces
 * separate them: no sandbox sees another's files, processes or network.  In both cases no process in a
 * sandbox has a capability or can get one.
 *
 * The filter refuses system calls that change the kernel, other processes or namespaces, and those that have
 * let programs out of containers before.  To refuse another system call, add its name to the table; a name
 * that this machine's kernel does not have is skipped.
 */
#include "server/launcher_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/landlock.h>
#include <linux/netlink.h>
#include <sched.h>
#include <seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { OPEN_FILES = 1024, PROCESSES = 1024 }; /* AWS's */

static const uint64_t lower_half = 0xffffffff;

/* ---- system calls ---- */

static const char *const refused[] = {
    /* other processes */
    "ptrace",
    "process_vm_readv",
    "process_vm_writev",
    "process_madvise",
    "kcmp",
    "pidfd_getfd",
    /* files and mounts */
    "mount",
    "umount",
    "umount2",
    "pivot_root",
    "chroot",
    "mount_setattr",
    "move_mount",
    "open_tree",
    "fsopen",
    "fsconfig",
    "fsmount",
    "fspick",
    "open_tree_attr",
    "open_by_handle_at",
    "name_to_handle_at",
    "quotactl",
    "quotactl_fd",
    "fanotify_init",
    "acct",
    "swapon",
    "swapoff",
    "nfsservctl",
    /* namespaces */
    "unshare",
    "setns",
    "setdomainname",
    "sethostname",
    /* the kernel */
    "bpf",
    "perf_event_open",
    "userfaultfd",
    "io_uring_setup",
    "io_uring_enter",
    "io_uring_register",
    "init_module",
    "finit_module",
    "delete_module",
    "create_module",
    "query_module",
    "get_kernel_syms",
    "kexec_load",
    "kexec_file_load",
    "reboot",
    "syslog",
    "lookup_dcookie",
    "iopl",
    "ioperm",
    "modify_ldt",
    "uselib",
    "ustat",
    "sysfs",
    "_sysctl",
    "vm86",
    "vm86old",
    "vhangup",
    /* keys, clocks, placement */
    "add_key",
    "request_key",
    "keyctl",
    "settimeofday",
    "clock_settime",
    "clock_settime64",
    "clock_adjtime",
    "clock_adjtime64",
    "adjtimex",
    "stime",
    "mbind",
    "migrate_pages",
    "move_pages",
    "set_mempolicy",
    NULL,
};

/*
 * Memory that no process shows as its own, and that only a control group counts.  Without one, programs have
 * /dev/shm.
 */
static const char *const uncounted[] = {"memfd_create", "memfd_secret", "shmget", "msgget", NULL};

static const unsigned namespace_flags[] = {
    CLONE_NEWNS,   CLONE_NEWCGROUP, CLONE_NEWUTS, CLONE_NEWIPC,
    CLONE_NEWUSER, CLONE_NEWPID,    CLONE_NEWNET, 0x80 /* CLONE_NEWTIME */};

/* Sockets of other families reach the kernel or hardware. */
static const int allowed_families[] = {AF_UNIX, AF_INET, AF_INET6, AF_NETLINK};

static struct scmp_arg_cmp argument(unsigned index, enum scmp_compare comparison, uint64_t value)
{
    return (struct scmp_arg_cmp){.arg = index, .op = comparison, .datum_a = value};
}

/* Are exactly these bits of the mask set? */
static struct scmp_arg_cmp masked_argument(unsigned index, uint64_t mask, uint64_t value)
{
    return (struct scmp_arg_cmp){.arg = index, .op = SCMP_CMP_MASKED_EQ, .datum_a = mask, .datum_b = value};
}

static bool add_clone_rules(scmp_filter_ctx filter)
{
    for (size_t i = 0; i < sizeof namespace_flags / sizeof *namespace_flags; i++)
        if (seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(clone), 1,
                             masked_argument(0, namespace_flags[i], namespace_flags[i])) != 0)
            return false;
    /* clone3()'s flags are in memory, where a filter cannot look; callers then use clone(). */
    return seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0) == 0;
}

static bool is_allowed(int family)
{
    for (size_t i = 0; i < sizeof allowed_families / sizeof *allowed_families; i++)
        if (allowed_families[i] == family)
            return true;
    return false;
}

/*
 * The kernel reads only the lower half of the register, as an int: a number with other bits in the upper half
 * means the same family.
 */
static bool add_socket_rules(scmp_filter_ctx filter)
{
    for (int family = 0; family < AF_MAX; family++)
        if (!is_allowed(family) &&
            (seccomp_rule_add(filter, SCMP_ACT_ERRNO(EAFNOSUPPORT), SCMP_SYS(socket), 1,
                              masked_argument(0, lower_half, (uint64_t)family)) != 0 ||
             seccomp_rule_add(filter, SCMP_ACT_ERRNO(EAFNOSUPPORT), SCMP_SYS(socketpair), 1,
                              masked_argument(0, lower_half, (uint64_t)family)) != 0))
            return false;
    /* Programs list their network's interfaces by netlink's routing family, and need no other family. */
    return seccomp_rule_add(filter, SCMP_ACT_ERRNO(EAFNOSUPPORT), SCMP_SYS(socket), 2,
                            masked_argument(0, lower_half, AF_NETLINK),
                            argument(2, SCMP_CMP_NE, NETLINK_ROUTE)) == 0;
}

static bool add_argument_rules(scmp_filter_ctx filter)
{
    static const unsigned terminal_requests[] = {TIOCSTI, TIOCLINUX};

    for (size_t i = 0; i < sizeof terminal_requests / sizeof *terminal_requests; i++)
        if (seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(ioctl), 1,
                             masked_argument(1, lower_half, terminal_requests[i])) != 0)
            return false;
    /* Programs need only the query (0xffffffff). */
    return seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(personality), 1,
                            argument(0, SCMP_CMP_NE, 0xffffffff)) == 0;
}

static bool add_names(scmp_filter_ctx filter, const char *const *names, uint32_t action)
{
    for (; *names; names++) {
        int number = seccomp_syscall_resolve_name(*names);
        if (number >= 0 && seccomp_rule_add(filter, action, number, 0) != 0)
            return false;
    }
    return true;
}

static bool add_rules(scmp_filter_ctx filter, bool counts_all)
{
    return add_names(filter, refused, SCMP_ACT_ERRNO(EPERM)) &&
           (counts_all || add_names(filter, uncounted, SCMP_ACT_ERRNO(ENOSYS))) && add_clone_rules(filter) &&
           add_socket_rules(filter) && add_argument_rules(filter);
}

/* The filter in the kernel's own form, exported through a file in memory. */
static bool export_filter(scmp_filter_ctx filter, struct sock_fprog *program)
{
    int file = memfd_create("filter", MFD_CLOEXEC);
    struct stat written;
    bool exported = file >= 0 && seccomp_export_bpf(filter, file) == 0 && fstat(file, &written) == 0;

    if (exported) {
        free(program->filter);
        program->filter = malloc((size_t)written.st_size);
        program->len = (unsigned short)((size_t)written.st_size / sizeof *program->filter);
        exported =
            program->filter && pread(file, program->filter, (size_t)written.st_size, 0) == written.st_size;
    }
    if (file >= 0)
        close(file);
    return exported;
}

bool rules_prepare(struct launcher_state *state)
{
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
    bool made = filter && add_rules(filter, state->cgroup_version > 0) &&
                export_filter(filter, &state->filter) && prctl(PR_GET_SECCOMP, 0, 0, 0, 0) >= 0;
    long version = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);

    state->landlock_version = version > 0 ? (int)version : 0;
    if (filter)
        seccomp_release(filter);
    if (!made)
        errno = ENOSYS;
    return made;
}

/* ---- a second barrier around the files ---- */

/* The rights that write, in Landlock's first version, and those that its third version added. */
enum {
    WRITES = LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_REMOVE_DIR | LANDLOCK_ACCESS_FS_REMOVE_FILE |
             LANDLOCK_ACCESS_FS_MAKE_CHAR | LANDLOCK_ACCESS_FS_MAKE_DIR | LANDLOCK_ACCESS_FS_MAKE_REG |
             LANDLOCK_ACCESS_FS_MAKE_SOCK | LANDLOCK_ACCESS_FS_MAKE_FIFO | LANDLOCK_ACCESS_FS_MAKE_BLOCK |
             LANDLOCK_ACCESS_FS_MAKE_SYM,
    REFER = 1 << 13,
    TRUNCATE = 1 << 14,
};

static bool allow_below(int ruleset, const char *folder, uint64_t accesses)
{
    struct landlock_path_beneath_attr rule = {.allowed_access = accesses,
                                              .parent_fd = open(folder, O_PATH | O_CLOEXEC)};
    bool allowed = rule.parent_fd >= 0 &&
                   syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) == 0;

    if (rule.parent_fd >= 0)
        close(rule.parent_fd);
    return allowed;
}

static bool restrict_writing(int version)
{
    uint64_t writes = WRITES | (version >= 2 ? REFER : 0) | (version >= 3 ? TRUNCATE : 0);
    uint64_t into_files = writes & (LANDLOCK_ACCESS_FS_WRITE_FILE | TRUNCATE);
    struct landlock_ruleset_attr attr = {.handled_access_fs = writes};

    if (version == 0)
        return true;
    int ruleset = (int)syscall(SYS_landlock_create_ruleset, &attr, sizeof attr.handled_access_fs, 0);
    bool restricted = ruleset >= 0 && allow_below(ruleset, "/tmp", writes) &&
                      allow_below(ruleset, "/dev", into_files) && allow_below(ruleset, "/dev/shm", writes) &&
                      allow_below(ruleset, "/proc", into_files) &&
                      syscall(SYS_landlock_restrict_self, ruleset, 0) == 0;
    if (ruleset >= 0)
        close(ruleset);
    return restricted;
}

/* ---- users and capabilities ---- */

static bool write_file(const char *path, const char *text)
{
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    bool written = fd >= 0 && write(fd, text, strlen(text)) > 0;

    if (fd >= 0)
        close(fd);
    return written;
}

bool rules_map_ids(uid_t inside, uid_t outside_uid, gid_t outside_gid)
{
    char uid_map[64], gid_map[64];

    snprintf(uid_map, sizeof uid_map, "%u %u 1", inside, outside_uid);
    snprintf(gid_map, sizeof gid_map, "%u %u 1", inside, outside_gid);
    return write_file("/proc/self/setgroups", "deny") && write_file("/proc/self/uid_map", uid_map) &&
           write_file("/proc/self/gid_map", gid_map);
}

void rules_empty_bounding_set(void)
{
    for (int i = 0; prctl(PR_CAPBSET_DROP, i, 0, 0, 0) == 0; i++)
        ;
}

/* A new user namespace begins with all capabilities; else the launcher has emptied the bounding set. */
static bool drop_capabilities(const struct launcher_state *state)
{
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = {0};

    if (state->user_namespace)
        rules_empty_bounding_set();
    prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
    return syscall(SYS_capset, &header, none) == 0;
}

/*
 * Each sandbox gets its own user namespace: in it the kernel counts its processes against its own limit, and
 * not all sandboxes' together.  A confined process cannot write the id map, so this comes first.
 */
static bool enter_user_namespace(const struct launch *launch)
{
    return prctl(PR_SET_DUMPABLE, 1, 0, 0, 0) == 0 && unshare(CLONE_NEWUSER) == 0 &&
           rules_map_ids(launch->uid, launch->uid, launch->uid);
}

static bool become_user(const struct launcher_state *state, const struct launch *launch)
{
    if (state->user_namespace)
        return enter_user_namespace(launch);
    return setgroups(0, NULL) == 0 && setresgid(launch->uid, launch->uid, launch->uid) == 0 &&
           setresuid(launch->uid, launch->uid, launch->uid) == 0;
}

/* ---- limits ---- */

/* Where the server itself has a lower limit, the sandbox cannot get more. */
static bool limit(__rlimit_resource_t resource, rlim_t most)
{
    struct rlimit now;

    if (getrlimit(resource, &now) != 0)
        return false;
    if (most > now.rlim_max)
        most = now.rlim_max;
    return setrlimit(resource, &(struct rlimit){most, most}) == 0;
}

/*
 * In a sandbox's own /tmp the file system is full first, which programs expect rather than a limit of files.
 */
static bool set_limits(const struct launcher_state *state, const struct launch *launch)
{
    enum { BEYOND_FULL = 1024 * 1024 };
    rlim_t storage = (rlim_t)launch->storage_bytes + (state->namespaces ? BEYOND_FULL : 0);
    const struct {
        int resource;
        rlim_t most;
    } limits[] = {
        {RLIMIT_CORE, 0}, {RLIMIT_NOFILE, OPEN_FILES}, {RLIMIT_NPROC, PROCESSES}, {RLIMIT_FSIZE, storage}};

    for (size_t i = 0; i < sizeof limits / sizeof *limits; i++)
        if (!limit((__rlimit_resource_t)limits[i].resource, limits[i].most))
            return false;
    return true;
}

/* The function's user owns the programs' output, so that they can open /dev/stdout by name. */
static void own_output(const struct launch *launch)
{
    const int outputs[] = {launch->output_fd, launch->extension_output_fd};
    struct stat output;

    for (size_t i = 0; i < sizeof outputs / sizeof *outputs; i++)
        if (outputs[i] >= 0 && fstat(outputs[i], &output) == 0 && S_ISFIFO(output.st_mode))
            (void)!fchown(outputs[i], launch->uid, launch->uid);
}

bool rules_apply(const struct launcher_state *state, const struct launch *launch, const char **step)
{
    write_file("/proc/self/oom_score_adj", "500"); /* the kernel must kill functions before the server */
    if (state->namespaces) {
        *step = "give it a user id";
        own_output(launch);
        if (!become_user(state, launch))
            return false;
        *step = "take its capabilities";
        if (!drop_capabilities(state))
            return false;
    }
    *step = "limit it"; /* inside its user namespace: outside, all sandboxes would share the limit */
    if (!set_limits(state, launch))
        return false;
    *step = "give up new privileges";
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
        return false;
    *step = "restrict its files";
    if (state->namespaces && !restrict_writing(state->landlock_version))
        return false;
    *step = "filter its system calls";
    return state->filter.len == 0 || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &state->filter, 0, 0) == 0;
}
