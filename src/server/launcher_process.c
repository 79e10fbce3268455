/*
 * launcher_process.c: the launcher: what it prepares once, and forking.
 *
 * First a copy of the launcher prepares everything and tries a sandbox, to find out what the kernel allows;
 * only when that works does the launcher prepare itself, because it cannot undo these changes.  Otherwise
 * sandboxes are plain processes, if the server's options allow that.
 *
 * The launcher dies with the server, and sandboxes die with the launcher.
 */
#include "server/launcher_internal.h"

#include "base/check.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/*
 * User ids of sandboxes: a range that distributions and containers do not use, with a part for each server.
 */
enum { USERS_BEGIN = 1900000000, SERVERS = 128 * 1024 };

static bool failed(struct launcher_state *state, const char *step)
{
    snprintf(state->problem, sizeof state->problem, "cannot %s: %s", step, strerror(errno));
    return false;
}

/* ---- preparing ---- */

/*
 * The machine's root may make namespaces; every other user, even root in most containers, first needs a user
 * namespace.
 */
static bool enter_namespaces(struct launcher_state *state)
{
    enum { OWN = CLONE_NEWNS | CLONE_NEWUTS };
    uid_t uid = geteuid();
    gid_t gid = getegid();

    state->first_uid = USERS_BEGIN + (uid_t)getppid() % SERVERS * SANDBOX_USERS;
    state->user_namespace = uid != 0 || unshare(OWN) != 0;
    if (!state->user_namespace)
        return true;
    return unshare(CLONE_NEWUSER | OWN) == 0 && rules_map_ids(INSIDE_UID, uid, gid);
}

static bool prepare(struct launcher_state *state)
{
    if (!rules_prepare(state))
        return failed(state, "make a filter for system calls");
    if (!enter_namespaces(state))
        return failed(state, "make namespaces");
    if (!root_build(state))
        return failed(state, "make a root folder");
    if (!state->user_namespace)
        rules_empty_bounding_set();
    (void)!sethostname("sandbox", strlen("sandbox"));
    state->namespaces = true;
    return true;
}

/* ---- forking ---- */

static int namespaces_of(const struct launcher_state *state)
{
    return state->namespaces ? CLONE_NEWPID | CLONE_NEWIPC | CLONE_NEWCGROUP : 0;
}

pid_t launcher_fork(int namespaces, int *pid_fd)
{
    unsigned long flags = (unsigned long)(namespaces | SIGCHLD | (pid_fd ? CLONE_PIDFD : 0));

    return (pid_t)syscall(SYS_clone, flags, NULL, pid_fd, NULL, NULL);
}

/*
 * The server closes its end of the control socket when it knows all about the sandbox's end.  Until then it
 * reads the sandbox's control group.
 */
static bool server_is_done(const struct user *user)
{
    struct pollfd server = {.fd = user->control_fd};

    return user->control_fd < 0 || poll(&server, 1, 0) > 0;
}

static void reap(struct launcher_state *state)
{
    for (pid_t pid; (pid = waitpid(-1, NULL, WNOHANG)) > 0;)
        for (size_t i = 0; i < SANDBOX_USERS; i++)
            if (state->users[i].pid == pid)
                state->users[i].has_ended = true;
    for (size_t i = 0; i < SANDBOX_USERS; i++) {
        struct user *user = &state->users[i];
        if (!user->has_ended || !server_is_done(user))
            continue;
        cgroup_remove(state, i);
        if (user->control_fd >= 0)
            close(user->control_fd);
        *user = (struct user){0};
    }
}

/* A user id that no sandbox has; NULL when all are in use. */
static struct user *free_user(struct launcher_state *state)
{
    reap(state);
    for (size_t i = 0; i < SANDBOX_USERS; i++) {
        size_t next = ((size_t)state->next_user + i) % SANDBOX_USERS;
        if (state->users[next].pid)
            continue;
        state->next_user = (pid_t)next + 1; /* the id that has been free longest */
        return &state->users[next];
    }
    return NULL;
}

static void say(int socket, enum message_kind kind, const char *text)
{
    struct message message = message_of(kind);

    snprintf(message.text, sizeof message.text, "%s", text);
    message_send(socket, &message);
}

static void say_state(const struct launcher_state *state, int channel)
{
    struct message message = message_of(MESSAGE_STATE);

    message.status = state->user_namespace;
    snprintf(message.text, sizeof message.text, "%s", state->problem);
    message_send(channel, &message);
}

static void say_process(int control_fd, pid_t pid, int pid_fd)
{
    struct message message = message_of(MESSAGE_PROCESS);

    message.pid = pid;
    message.fds[0] = pid_fd;
    message_send(control_fd, &message);
}

static void close_network(struct launcher_state *state)
{
    if (state->runtime_api_fd >= 0)
        close(state->runtime_api_fd);
    if (state->endpoint_fd >= 0)
        close(state->endpoint_fd);
    state->runtime_api_fd = state->endpoint_fd = -1;
}

static bool prepare_network(struct launcher_state *state)
{
    close_network(state);
    if (state->namespaces)
        return network_prepare(state);
    state->runtime_api_fd = network_listen(0);
    return state->runtime_api_fd >= 0;
}

/*
 * Process 1 of a sandbox has its signals blocked from its first moment: the kernel drops those that a process
 * 1 neither blocks nor handles, and the server may stop a sandbox as soon as it knows its process.
 */
static pid_t fork_process(const struct launcher_state *state, int *pid_fd)
{
    sigset_t before = children_block_signals();
    pid_t pid = launcher_fork(namespaces_of(state), pid_fd);

    if (pid != 0)
        sigprocmask(SIG_SETMASK, &before, NULL);
    return pid;
}

static void start(struct launcher_state *state, str request, const int *fds)
{
    struct launch launch = {.output_fd = fds[REQUEST_OUTPUT],
                            .control_fd = fds[REQUEST_CONTROL],
                            .extension_output_fd = fds[REQUEST_EXTENSION_OUTPUT]};
    struct user *user = free_user(state);
    int pid_fd;

    if (!user || (state->runtime_api_fd < 0 && !prepare_network(state))) {
        say(launch.control_fd, MESSAGE_FAILED, user ? "cannot make a network" : "too many sandboxes");
        return;
    }
    launch.uid = state->user_namespace ? INSIDE_UID : state->first_uid + (uid_t)(user - state->users);
    launch.user = (size_t)(user - state->users);
    pid_t pid = fork_process(state, &pid_fd);
    if (pid == 0)
        sandbox_run(state, request, &launch);
    if (pid < 0) {
        say(launch.control_fd, MESSAGE_FAILED, "cannot make a process");
        return;
    }
    *user = (struct user){.pid = pid, .control_fd = fcntl(launch.control_fd, F_DUPFD_CLOEXEC, 0)};
    say_process(launch.control_fd, pid, pid_fd);
    close(pid_fd);
    close_network(state); /* the sandbox has taken this network */
}

/* ---- finding out what the kernel allows ---- */

/* Run in a copy of the launcher: prepares, tries a sandbox, and reports the result to the launcher. */
static _Noreturn void rehearse(struct launcher_state *state, int report)
{
    struct launch launch = {.output_fd = open("/dev/null", O_WRONLY | O_CLOEXEC),
                            .control_fd = report,
                            .extension_output_fd = -1};
    int pid_fd;

    if (!prepare(state) || (!prepare_network(state) && !failed(state, "make a network"))) {
        say(report, MESSAGE_FAILED, state->problem);
        _exit(EXIT_FAILURE);
    }
    launch.uid = state->user_namespace ? INSIDE_UID : state->first_uid;
    pid_t pid = launcher_fork(namespaces_of(state), &pid_fd);
    if (pid == 0)
        sandbox_try(state, &launch);
    if (pid < 0)
        say(report, MESSAGE_FAILED, "cannot make a process in namespaces of its own");
    waitpid(pid, NULL, 0);
    _exit(EXIT_SUCCESS);
}

/* Paths with process ids, like /proc/7/root, lead to other processes where /proc is another namespace's. */
static bool proc_is_ours(struct launcher_state *state)
{
    char id[32] = "";

    if (readlink("/proc/self", id, sizeof id - 1) < 0)
        return failed(state, "read /proc/self");
    if (strtol(id, NULL, 10) == getpid())
        return true;
    snprintf(state->problem, sizeof state->problem,
             "/proc shows the processes of another namespace: mount it anew (unshare --mount-proc)");
    return false;
}

static bool is_possible(struct launcher_state *state)
{
    struct message message;
    int ends[2];
    bool possible = false;

    if (!proc_is_ours(state))
        return false;
    check(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) == 0);
    pid_t pid = launcher_fork(0, NULL);
    if (pid == 0)
        rehearse(state, ends[1]);
    close(ends[1]);
    if (pid < 0) {
        failed(state, "make a process");
    } else if (message_receive(ends[0], &message)) {
        possible = message.kind == MESSAGE_STARTED;
        snprintf(state->problem, sizeof state->problem, "%s", possible ? "" : message.text);
        for (int i = 0; i < MESSAGE_FDS; i++)
            if (message.fds[i] >= 0)
                close(message.fds[i]);
    } else {
        snprintf(state->problem, sizeof state->problem, "a process in namespaces of its own ended early");
    }
    close(ends[0]);
    waitpid(pid, NULL, 0);
    return possible;
}

/* ---- its life ---- */

/* Repeats in the launcher what has worked in the rehearsal. */
static void prepare_for_good(struct launcher_state *state)
{
    gateway_fork(state);
    if (!prepare(state))
        _exit(EXIT_FAILURE);
}

/* A descriptor of the server that stayed open here would outlive its use there. */
static int close_all_but(int channel)
{
    if (channel != LAUNCHER_CHANNEL)
        dup3(channel, LAUNCHER_CHANNEL, O_CLOEXEC);
    fcntl(LAUNCHER_CHANNEL, F_SETFD, FD_CLOEXEC);
    syscall(SYS_close_range, LAUNCHER_CHANNEL + 1, ~0U, 0U);
    return LAUNCHER_CHANNEL;
}

/* Any user may read a process's arguments, and the server's arguments may contain its root key. */
static void forget_arguments(void)
{
    enum { ARGUMENTS_BEGIN = 48, ENVIRONMENT_END = 51, NUMBERS = 4 };
    char stat[4096];
    unsigned long at[NUMBERS] = {0};
    int fd = open("/proc/self/stat", O_RDONLY | O_CLOEXEC);
    ssize_t size = fd >= 0 ? read(fd, stat, sizeof stat - 1) : -1;

    if (fd >= 0)
        close(fd);
    stat[size > 0 ? size : 0] = '\0';
    char *rest = strrchr(stat, ')');
    for (int field = 3; rest && field <= ENVIRONMENT_END; field++) {
        rest = strchr(rest + 1, ' ');
        if (rest && field >= ARGUMENTS_BEGIN)
            at[field - ARGUMENTS_BEGIN] = strtoul(rest, NULL, 10);
    }
    for (int i = 0; i < NUMBERS; i += 2)
        if (at[i] && at[i + 1] > at[i])
            memset((char *)at[i], 0, at[i + 1] - at[i]);
}

static void begin(struct launcher_state *state, pid_t server)
{
    struct sigaction usual = {.sa_handler = SIG_DFL};

    for (int number = 1; number < NSIG; number++)
        sigaction(number, &usual, NULL);
    forget_arguments();
    setsid(); /* signals of a terminal are meant for the server */
    prctl(PR_SET_NAME, "orderly-launch", 0, 0, 0);
    prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
    if (getppid() != server)
        _exit(EXIT_SUCCESS);
    state->runtime_api_fd = state->endpoint_fd = -1;
    state->process_fd = (int)syscall(SYS_pidfd_open, getpid(), 0U);
    if (state->options.mode != SANDBOX_OFF && is_possible(state))
        prepare_for_good(state);
    if (state->options.mode != SANDBOX_OFF)
        cgroup_open(state);
    if (*state->problem || state->cgroup_version > 0)
        rules_prepare(state);
    prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0); /* entering a user namespace clears this setting */
    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);        /* its memory is a copy of the server's */
}

static void refuse(const struct launcher_state *state, int control_fd)
{
    char text[MESSAGE_TEXT_BYTES];

    snprintf(text, sizeof text,
             "the sandbox is not complete on this machine (%s), and --sandbox required is set",
             state->problem);
    say(control_fd, MESSAGE_FAILED, text);
}

static void open_way_out(struct launcher_state *state, int channel)
{
    const char *trouble = "no pipe";

    if (!state->namespaces || !state->options.outward || gateway_open(state, &trouble))
        return;
    root_set_name_server(state, "");
    say(channel, MESSAGE_NO_WAY_OUT, trouble);
}

/* Prepare only when no request waits: the sandbox that is starting needs the processor more. */
static void prepare_when_idle(struct launcher_state *state, int channel)
{
    enum { IDLE_MS = 30 };
    struct pollfd request = {.fd = channel, .events = POLLIN};

    if (state->runtime_api_fd < 0 && poll(&request, 1, IDLE_MS) == 0)
        prepare_network(state);
}

void launcher_run(int channel, const struct launcher_options *options, pid_t server)
{
    static struct launcher_state state;
    static char request[REQUEST_BYTES];
    int fds[MESSAGE_FDS];
    bool fds_are_missing;
    ssize_t size;

    state.options = *options;
    channel = close_all_but(channel);
    begin(&state, server);
    say_state(&state, channel);
    open_way_out(&state, channel);
    prepare_network(&state);
    while ((size = packet_receive(channel, request, sizeof request, fds, &fds_are_missing)) > 0) {
        if (*state.problem && options->mode == SANDBOX_REQUIRED)
            refuse(&state, fds[REQUEST_CONTROL]);
        else if (!fds_are_missing) /* else the server sees the control socket close */
            start(&state, (str){request, (size_t)size}, fds);
        for (int i = 0; i < REQUEST_FDS && fds[i] >= 0; i++)
            close(fds[i]);
        prepare_when_idle(&state, channel);
    }
    reap(&state);
    cgroup_close(&state);
    _exit(EXIT_SUCCESS);
}
