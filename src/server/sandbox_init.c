/*
 * sandbox_init.c: process 1 of a sandbox.
 *
 * It is a copy of the launcher.  It confines itself, starts the function's program as its child, which
 * inherits the confinement, and reports the result on the control socket.  Then it only waits: for orphaned
 * processes, and for the function's end, when it ends, too.  The kernel then kills all other processes in its
 * process namespace.
 *
 * Without namespaces it adopts the processes that the function leaves behind, and kills them itself.
 */
#include "server/launcher_internal.h"

#include "base/arena.h"
#include "base/check.h"
#include "base/list.h"
#include "base/text.h"
#include "sandbox_model.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { STACK_BYTES = 64 * 1024 };

/* The sanitizers' own memory must not be shared with a child: with sanitizers the child gets a copy. */
#ifndef __has_feature
#define __has_feature(feature) 0
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) || __has_feature(address_sanitizer) ||     \
    __has_feature(thread_sanitizer)
enum { CHILD_MEMORY = 0 };
#else
enum { CHILD_MEMORY = CLONE_VM };
#endif

/* ---- messages to the server ---- */

static struct message message_of(enum message_kind kind)
{
    struct message message = {.kind = kind};

    for (int i = 0; i < MESSAGE_FDS; i++)
        message.fds[i] = -1;
    return message;
}

static _Noreturn void give_up(const struct launch *launch, const char *text)
{
    struct message message = message_of(MESSAGE_FAILED);

    snprintf(message.text, sizeof message.text, "%s", text);
    message_send(launch->control_fd, &message);
    _exit(EXIT_FAILURE);
}

static _Noreturn void give_up_at(const struct launch *launch, const char *step)
{
    char text[MESSAGE_TEXT_BYTES];

    snprintf(text, sizeof text, "cannot %s: %s", step, strerror(errno));
    give_up(launch, text);
}

/* ---- the request ---- */

struct text_list {
    const char **items;
    size_t count;
};

static void add_text(struct arena *arena, struct text_list *list, const char *text)
{
    const char **added = list_add(arena, list);

    *added = text;
}

static bool is_within(str path, str folder)
{
    return str_starts_with(path, folder) && (path.size == folder.size || path.data[folder.size] == '/');
}

static str path_outside(struct arena *arena, const struct launch *launch, str path)
{
    const struct {
        str inside;
        const char *folder;
    } places[] = {{S(TASK_FOLDER), launch->code},
                  {S(RUNTIME_FOLDER), launch->runtime},
                  {S(LAYERS_FOLDER), launch->layers}};

    for (size_t i = 0; i < sizeof places / sizeof *places; i++)
        if (places[i].folder && is_within(path, places[i].inside))
            return arena_join(arena, str_of(places[i].folder), str_from(path, places[i].inside.size));
    return path;
}

/*
 * Without its own files a sandbox sees the machine's folders under their own names: a path, or each of some
 * with colons between them, as in PATH.
 */
static const char *as_seen(struct arena *arena, const struct launcher_state *state,
                           const struct launch *launch, str text)
{
    struct text seen = text_in(arena);
    str part, rest = text;

    if (state->namespaces)
        return arena_cstr(arena, text);
    while (str_next(&rest, ':', &part)) {
        text_add(&seen, path_outside(arena, launch, part));
        if (str_present(rest))
            text_add_char(&seen, ':');
    }
    return arena_cstr(arena, text_str(&seen));
}

static const char *folder_of(struct arena *arena, str folder)
{
    return str_present(folder) && !str_empty(folder) ? arena_cstr(arena, folder) : NULL;
}

static const char *const *texts_of(struct arena *arena, const struct launcher_state *state,
                                   const struct launch *launch, const struct str_list *list)
{
    struct text_list texts = {0};

    for (size_t i = 0; i < list->count; i++)
        add_text(arena, &texts, as_seen(arena, state, launch, list->items[i]));
    add_text(arena, &texts, NULL);
    return texts.items;
}

static const char **variables_of(struct arena *arena, const struct launcher_state *state,
                                 const struct launch *launch, const struct sandbox_start_input *in)
{
    struct text_list list = {0};

    for (size_t i = 0; i < in->environment.count; i++) {
        const struct str_map_entry *variable = &in->environment.items[i];
        add_text(arena, &list,
                 arena_format(arena, "%.*s=%s", STR_ARGS(variable->key),
                              as_seen(arena, state, launch, variable->value))
                     .data);
    }
    if (str_present(in->port_variable))
        add_text(arena, &list,
                 arena_format(arena, "%.*s=127.0.0.1:%d", STR_ARGS(in->port_variable),
                              network_port(state->runtime_api_fd))
                     .data);
    add_text(arena, &list, NULL);
    return list.items;
}

static void read_request(struct arena *arena, const struct launcher_state *state, str request,
                         struct launch *launch)
{
    enum { STORAGE_BYTES = 512 * 1024 * 1024 };
    struct sandbox_start_input in = {0};

    if (!sandbox_start_read(arena, request, &in))
        give_up(launch, "the payload is not what it should be");
    launch->code = folder_of(arena, in.code);
    launch->runtime = folder_of(arena, in.runtime);
    launch->layers = folder_of(arena, in.layers);
    launch->memory_bytes = in.memory_bytes ? *in.memory_bytes : 0;
    launch->storage_bytes = in.storage_bytes ? *in.storage_bytes : STORAGE_BYTES;
    launch->folders = texts_of(arena, state, launch, &in.folders);
    launch->argv = texts_of(arena, state, launch, &in.command);
    launch->variables = variables_of(arena, state, launch, &in);
    if (str_present(in.problem))
        give_up(launch, arena_cstr(arena, in.problem));
    if (!launch->argv[0])
        give_up(launch, "the payload has no command");
}

/* ---- confinement ---- */

static void die_with_launcher(const struct launcher_state *state, const struct launch *launch)
{
    struct pollfd server = {.fd = launch->control_fd};

    /*
     * Without namespaces process 1 gets a signal that it can handle, because it has to kill the other
     * processes first.
     */
    if (prctl(PR_SET_PDEATHSIG, state->namespaces ? SIGKILL : SIGUSR1, 0, 0, 0) != 0)
        give_up_at(launch, "ask to die with the server");
    if (poll(&server, 1, 0) > 0 && (server.revents & POLLHUP))
        _exit(EXIT_FAILURE);
}

static void confine(const struct launcher_state *state, struct launch *launch)
{
    const char *step;

    prctl(PR_SET_DUMPABLE, 1, 0, 0, 0); /* needed while it writes to its own files in /proc */
    if (!cgroup_enter(state, launch))
        give_up_at(launch, "bound its memory");
    if (state->namespaces && !root_enter(state, launch))
        give_up_at(launch, "mount its files");
    if (!rules_apply(state, launch, &step))
        give_up_at(launch, step);
    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
    if (!state->namespaces && prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0)
        give_up_at(launch, "adopt its processes");
    die_with_launcher(state, launch);
}

/* ---- the function's program ---- */

/* Memory shared with the child, which writes there why it could not execute the program. */
struct program {
    const struct launch *launch;
    const char *folder;
    const char *step;
    int error;
};

static int begin_program(void *argument)
{
    struct program *program = argument;
    const struct launch *launch = program->launch;
    char *const *argv = (char *const *)(uintptr_t)launch->argv;
    char *const *variables = (char *const *)(uintptr_t)launch->variables;
    int nothing = open("/dev/null", O_RDONLY | O_CLOEXEC);
    sigset_t none;

    sigemptyset(&none); /* what signals do is the default since the launcher began */
    sigprocmask(SIG_SETMASK, &none, NULL);
    setsid();
    prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
    if (nothing >= 0 && dup2(nothing, STDIN_FILENO) >= 0 && dup2(launch->output_fd, STDOUT_FILENO) >= 0 &&
        dup2(launch->output_fd, STDERR_FILENO) >= 0) {
        syscall(SYS_close_range, STDERR_FILENO + 1, ~0U, 0U);
        program->step = "enter its folder";
        if (chdir(program->folder) == 0) {
            program->step = "execute";
            execve(argv[0], argv, variables);
        }
    }
    program->error = errno;
    _exit(EXIT_FAILURE);
}

/* Read the first line, if the program is a script. */
static bool read_script_line(const char *path, char line[static 256])
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t size = fd >= 0 ? read(fd, line, 255) : -1;

    if (fd >= 0)
        close(fd);
    line[size > 0 ? size : 0] = '\0';
    line[strcspn(line, "\n")] = '\0';
    return strncmp(line, "#!", 2) == 0;
}

/* When a script's interpreter is missing, the kernel reports the script as missing. */
static const char *hint_of(const char *path, int error)
{
    char line[256];

    if (error != ENOENT || !read_script_line(path, line))
        return "";
    return strchr(line, '\r') ? " (its first line ends with a carriage return)"
                              : " (the interpreter that its first line names is not there)";
}

/* In the words of the Go program with which AWS starts runtimes. */
static _Noreturn void not_executed(const struct launch *launch, int error)
{
    const char *path = launch->argv[0];
    char reason[128], text[MESSAGE_TEXT_BYTES];

    snprintf(reason, sizeof reason, "%s", strerror(error));
    reason[0] = (char)tolower((unsigned char)reason[0]);
    bool is_bootstrap =
        strcmp(path, TASK_FOLDER "/bootstrap") == 0 || strcmp(path, LAYERS_FOLDER "/bootstrap") == 0;
    if (is_bootstrap && access(path, F_OK) != 0)
        snprintf(text, sizeof text,
                 "Couldn't find valid bootstrap(s): [" TASK_FOLDER "/bootstrap /opt/bootstrap]");
    else
        snprintf(text, sizeof text, "fork/exec %s: %s%s", path, reason, hint_of(path, error));
    give_up(launch, text);
}

static pid_t start_program(const struct launcher_state *state, const struct launch *launch)
{
    struct program *program =
        mmap(NULL, STACK_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    check(program != MAP_FAILED);
    *program = (struct program){.launch = launch, .step = "connect its output"};
    program->folder = state->namespaces ? TASK_FOLDER : launch->code ? launch->code : "/";
    pid_t child =
        clone(begin_program, (char *)program + STACK_BYTES, CHILD_MEMORY | CLONE_VFORK | SIGCHLD, program);
    if (child < 0)
        give_up_at(launch, "make a process");
    errno = program->error;
    if (program->error && strcmp(program->step, "execute") == 0)
        not_executed(launch, program->error);
    if (program->error)
        give_up_at(launch, program->step);
    munmap(program, STACK_BYTES);
    return child;
}

/* ---- waiting ---- */

static void block_signals(sigset_t *signals)
{
    sigemptyset(signals);
    sigaddset(signals, SIGCHLD);
    sigaddset(signals, SIGTERM);
    sigaddset(signals, SIGUSR1);
    sigprocmask(SIG_BLOCK, signals, NULL);
}

/* Send a signal to all children; they include processes that other children have left behind. */
static void signal_children(int number)
{
    char path[64];
    int child;

    snprintf(path, sizeof path, "/proc/self/task/%d/children", (int)getpid());
    FILE *children = fopen(path, "re");
    while (children && fscanf(children, "%d", &child) == 1)
        kill(child, number);
    if (children)
        fclose(children);
}

/* When a child dies, its own children become ours. */
static void kill_children(void)
{
    do
        signal_children(SIGKILL);
    while (waitpid(-1, NULL, 0) > 0);
}

static _Noreturn void end(const struct launcher_state *state, const struct launch *launch, int status)
{
    struct message message = message_of(MESSAGE_ENDED);

    if (!state->namespaces)
        kill_children();
    message.status = status;
    message.pid = cgroup_has_killed(launch);
    message_send(launch->control_fd, &message);
    _exit(EXIT_SUCCESS);
}

/* Reap ended children; false while the function runs. */
static bool reap(pid_t function, int *status)
{
    int ended;

    for (pid_t pid; (pid = waitpid(-1, &ended, WNOHANG)) > 0;) {
        if (pid != function)
            continue;
        *status = ended;
        return true;
    }
    return false;
}

static _Noreturn void wait_for(const struct launcher_state *state, const struct launch *launch,
                               pid_t function)
{
    sigset_t signals;
    int status = 0;

    block_signals(&signals);
    for (;;) {
        if (reap(function, &status))
            end(state, launch, status);
        int number = sigwaitinfo(&signals, NULL);
        if (number == SIGUSR1)
            end(state, launch, SIGKILL);
        if (number == SIGTERM && state->namespaces)
            kill(-1, SIGTERM);
        else if (number == SIGTERM)
            signal_children(SIGTERM);
    }
}

/* ---- its life ---- */

static void say_started(const struct launcher_state *state, const struct launch *launch, pid_t function)
{
    struct message message = message_of(MESSAGE_STARTED);

    message.pid = function;
    message.fds[STARTED_RUNTIME_API] = state->runtime_api_fd;
    message.fds[STARTED_PROC] = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
    message.fds[STARTED_TMP] = open("/tmp", O_PATH | O_DIRECTORY | O_CLOEXEC);
    message.fds[STARTED_ENDPOINT] = state->endpoint_fd;
    message.status = state->namespaces;
    message_send(launch->control_fd, &message);
}

/* Descriptors of the sandbox's sockets that stay open here would keep them open after its end. */
static void close_all_but(struct launch *launch)
{
    launch->control_fd = dup2(launch->control_fd, STDIN_FILENO);
    if (launch->memory_events_fd >= 0)
        launch->memory_events_fd = dup2(launch->memory_events_fd, STDOUT_FILENO);
    syscall(SYS_close_range, launch->memory_events_fd >= 0 ? STDERR_FILENO : STDOUT_FILENO, ~0U, 0U);
}

void sandbox_run(const struct launcher_state *state, str request, struct launch *launch)
{
    struct arena arena = {0};
    sigset_t signals;

    block_signals(&signals);
    read_request(&arena, state, request, launch);
    confine(state, launch);
    pid_t function = start_program(state, launch);
    say_started(state, launch, function);
    close_all_but(launch);
    wait_for(state, launch, function);
}

void sandbox_try(const struct launcher_state *state, struct launch *launch)
{
    launch->folders = (const char *const[]){NULL};
    launch->storage_bytes = 4096;
    confine(state, launch);
    say_started(state, launch, 0);
    _exit(EXIT_SUCCESS);
}
