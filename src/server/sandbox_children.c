/*
 * sandbox_children.c: the children of a sandbox's process 1: the function's program, and extensions.
 *
 * Without extensions the function's program starts at once, and process 1 ends when it has ended.  Extensions
 * start first, and the function's program when the server asks for it; process 1 then ends when all of them
 * have ended.  The kernel kills all other processes in its process namespace.  The server's requests arrive
 * on the control socket, and SIGIO announces them, so that process 1 waits only for signals.
 *
 * Without namespaces it adopts the processes that the function leaves behind, and kills them itself.
 */
#include "server/launcher_internal.h"

#include "base/check.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/time.h>
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

struct children {
    const struct launcher_state *state;
    struct launch *launch;
    pid_t function;                    /* 0: it does not run */
    bool function_is_over;             /* it has ended, or will not start */
    pid_t extensions[MOST_EXTENSIONS]; /* in the order of launch->extensions; 0: it does not run */
};

/* ---- programs ---- */

/* Memory shared with the child, which writes there why it could not execute the program. */
struct program {
    const char *const *argv;
    const char **variables;
    const char *folder;
    int output_fd;
    const char *step; /* that failed */
    int error;        /* 0: it runs */
};

static int begin_program(void *argument)
{
    struct program *program = argument;
    char *const *argv = (char *const *)(uintptr_t)program->argv;
    char *const *variables = (char *const *)(uintptr_t)program->variables;
    int nothing = open("/dev/null", O_RDONLY | O_CLOEXEC);
    sigset_t none;

    sigemptyset(&none); /* what signals do is the default since the launcher began */
    sigprocmask(SIG_SETMASK, &none, NULL);
    setsid();
    prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
    if (nothing >= 0 && dup2(nothing, STDIN_FILENO) >= 0 && dup2(program->output_fd, STDOUT_FILENO) >= 0 &&
        dup2(program->output_fd, STDERR_FILENO) >= 0) {
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
static void explain(const struct program *program, char text[static MESSAGE_TEXT_BYTES])
{
    const char *path = program->argv[0];
    char reason[128];
    bool is_bootstrap =
        strcmp(path, TASK_FOLDER "/bootstrap") == 0 || strcmp(path, LAYERS_FOLDER "/bootstrap") == 0;

    if (strcmp(program->step, "execute") != 0) {
        snprintf(text, MESSAGE_TEXT_BYTES, "cannot %s: %s", program->step, strerror(program->error));
        return;
    }
    snprintf(reason, sizeof reason, "%s", strerror(program->error));
    reason[0] = (char)tolower((unsigned char)reason[0]);
    if (is_bootstrap && access(path, F_OK) != 0)
        snprintf(text, MESSAGE_TEXT_BYTES,
                 "Couldn't find valid bootstrap(s): [" TASK_FOLDER "/bootstrap /opt/bootstrap]");
    else
        snprintf(text, MESSAGE_TEXT_BYTES, "fork/exec %s: %s%s", path, reason, hint_of(path, program->error));
}

/* 0: it does not run, and `text` says why. */
static pid_t start(const struct program *wanted, char text[static MESSAGE_TEXT_BYTES])
{
    struct program *program =
        mmap(NULL, STACK_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    check(program != MAP_FAILED);
    *program = *wanted;
    program->step = "connect its output";
    pid_t child =
        clone(begin_program, (char *)program + STACK_BYTES, CHILD_MEMORY | CLONE_VFORK | SIGCHLD, program);
    if (child < 0) {
        program->step = "make a process";
        program->error = errno;
    }
    if (program->error) {
        explain(program, text);
        if (child > 0)
            waitpid(child, NULL, 0);
        child = 0;
    }
    munmap(program, STACK_BYTES);
    return child;
}

static pid_t start_function(const struct children *children, char text[static MESSAGE_TEXT_BYTES])
{
    const struct launch *launch = children->launch;
    const char *code = launch->code ? launch->code : "/";

    return start(&(struct program){.argv = launch->argv,
                                   .variables = launch->variables,
                                   .folder = children->state->namespaces ? TASK_FOLDER : code,
                                   .output_fd = launch->output_fd},
                 text);
}

/* ---- messages ---- */

static bool has_extensions(const struct children *children)
{
    return children->launch->extensions[0] != NULL;
}

static void say_end(struct children *children, struct message message, int status)
{
    message.status = status;
    message_send(children->launch->control_fd, &message);
}

static void function_has_ended(struct children *children, int status)
{
    children->function = 0;
    if (!children->function_is_over)
        say_end(children, message_of(MESSAGE_ENDED), status);
    children->function_is_over = true;
}

static struct message message_about(const struct children *children, enum message_kind kind, size_t extension)
{
    const char *path = children->launch->extensions[extension];
    struct message message = message_of(kind);

    snprintf(message.name, sizeof message.name, "%s", strrchr(path, '/') + 1);
    return message;
}

static void start_extensions(struct children *children)
{
    const struct launch *launch = children->launch;

    for (size_t i = 0; i < MOST_EXTENSIONS && launch->extensions[i]; i++) {
        struct message message = message_about(children, MESSAGE_EXTENSION_FAILED, i);
        children->extensions[i] =
            start(&(struct program){.argv = (const char *const[]){launch->extensions[i], NULL},
                                    .variables = launch->extension_variables,
                                    .folder = "/",
                                    .output_fd = launch->extension_output_fd},
                  message.text);
        if (children->extensions[i] == 0)
            message_send(launch->control_fd, &message);
    }
}

/* ---- requests of the server ---- */

static void run_function(struct children *children)
{
    struct message message = message_of(MESSAGE_NOT_RUNNING);

    if (children->function || children->function_is_over)
        return;
    children->function = start_function(children, message.text);
    children->function_is_over = children->function == 0;
    if (children->function) {
        message.kind = MESSAGE_RUNNING;
        message.pid = children->function;
    }
    message_send(children->launch->control_fd, &message);
}

static void terminate_function(struct children *children, int grace_ms)
{
    struct itimerval grace = {.it_value = {grace_ms / 1000, (suseconds_t)(grace_ms % 1000) * 1000}};

    if (!children->function) {
        function_has_ended(children, 0);
        return;
    }
    /* It leads a group of its own. */
    kill(-children->function, grace_ms > 0 ? SIGTERM : SIGKILL);
    setitimer(ITIMER_REAL, &grace, NULL);
}

static void make_socket(const struct children *children)
{
    struct message message = message_of(MESSAGE_SOCKET);

    message.fds[0] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    message_send(children->launch->control_fd, &message);
    if (message.fds[0] >= 0)
        close(message.fds[0]);
}

static void take_requests(struct children *children)
{
    struct message message;

    while (message_receive(children->launch->control_fd, &message)) {
        if (message.kind == MESSAGE_RUN)
            run_function(children);
        else if (message.kind == MESSAGE_TERMINATE)
            terminate_function(children, message.status);
        else if (message.kind == MESSAGE_MAKE_SOCKET)
            make_socket(children);
    }
}

static void hear_server(const struct launch *launch)
{
    fcntl(launch->control_fd, F_SETOWN, getpid());
    fcntl(launch->control_fd, F_SETFL, O_NONBLOCK | O_ASYNC);
}

/* ---- waiting ---- */

static sigset_t signals_awaited(void)
{
    static const int awaited[] = {SIGCHLD, SIGTERM, SIGUSR1, SIGIO, SIGALRM};
    sigset_t signals;

    sigemptyset(&signals);
    for (size_t i = 0; i < sizeof awaited / sizeof *awaited; i++)
        sigaddset(&signals, awaited[i]);
    return signals;
}

sigset_t children_block_signals(void)
{
    sigset_t before, signals = signals_awaited();

    sigprocmask(SIG_BLOCK, &signals, &before);
    return before;
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

static _Noreturn void end(const struct children *children)
{
    if (!children->state->namespaces)
        kill_children();
    _exit(EXIT_SUCCESS);
}

static void has_ended(struct children *children, pid_t pid, int status)
{
    if (pid == children->function) {
        function_has_ended(children, status);
        return;
    }
    for (size_t i = 0; i < MOST_EXTENSIONS; i++)
        if (pid == children->extensions[i]) {
            children->extensions[i] = 0;
            say_end(children, message_about(children, MESSAGE_EXTENSION_ENDED, i), status);
        }
}

static bool all_have_ended(const struct children *children)
{
    for (size_t i = 0; i < MOST_EXTENSIONS; i++)
        if (children->extensions[i])
            return false;
    return children->function_is_over;
}

/* Reap ended children; false while some of ours run. */
static bool reap(struct children *children)
{
    int status;

    for (pid_t pid; (pid = waitpid(-1, &status, WNOHANG)) > 0;) {
        has_ended(children, pid, status);
        if (all_have_ended(children))
            return true;
    }
    return all_have_ended(children);
}

static void take_signal(struct children *children, int number)
{
    if (number == SIGUSR1) {
        function_has_ended(children, SIGKILL);
        end(children);
    }
    if (number == SIGTERM && children->state->namespaces)
        kill(-1, SIGTERM);
    else if (number == SIGTERM)
        signal_children(SIGTERM);
    else if (number == SIGIO && has_extensions(children))
        take_requests(children);
    else if (number == SIGALRM && children->function)
        kill(-children->function, SIGKILL);
}

/*
 * Descriptors of the sandbox's sockets that stay open here would keep them open after its end.  The
 * function's output is needed while its program has not started.
 */
static void close_all_but_own(struct children *children)
{
    struct launch *launch = children->launch;

    launch->control_fd = dup2(launch->control_fd, STDIN_FILENO);
    if (has_extensions(children)) {
        launch->output_fd = dup2(launch->output_fd, STDERR_FILENO);
        syscall(SYS_close_range, STDERR_FILENO + 1, ~0U, 0U);
        return;
    }
    syscall(SYS_close_range, STDOUT_FILENO, ~0U, 0U);
}

void children_run(const struct launcher_state *state, struct launch *launch,
                  void (*started)(const struct launcher_state *state, const struct launch *launch,
                                  pid_t function))
{
    struct children children = {.state = state, .launch = launch};
    sigset_t signals = signals_awaited();
    char text[MESSAGE_TEXT_BYTES];

    if (!has_extensions(&children) && (children.function = start_function(&children, text)) == 0)
        sandbox_give_up(launch, text);
    started(state, launch, children.function);
    start_extensions(&children);
    close_all_but_own(&children);
    if (has_extensions(&children)) {
        hear_server(launch);
        take_requests(&children);
    }
    while (!reap(&children))
        take_signal(&children, sigwaitinfo(&signals, NULL));
    end(&children);
}
