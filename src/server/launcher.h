#pragma once

/*
 * launcher.h: the process that starts sandboxes, and the messages between the server and the launcher and
 * sandboxes.
 *
 * The server forks the launcher while it has one thread and little memory, so that each sandbox is a cheap
 * copy of a small process that may do whatever its confinement needs between fork and exec. The server sends
 * it a request per sandbox: the effect's payload, the pipe for the output, and a socket for this sandbox, the
 * control socket.  Messages about the sandbox arrive on the control socket.
 *
 * A launcher that somebody or the kernel has killed is replaced: by then the server has many threads, so it
 * executes its own binary again, as the command LAUNCHER_COMMAND (relaunch.c).
 *
 *   launcher.c          the server's side: starting it, requests and messages
 *   relaunch.c          the server's side: what follows the end of a launcher
 *   launcher_process.c  the launcher: what it prepares once, and forking
 *   sandbox_init.c      process 1 of a sandbox: reads its request, confines itself, starts the function
 *   sandbox_children.c  process 1: its children, which it starts, waits for and ends
 *   sandbox_root.c      the files that a sandbox sees
 *   sandbox_network.c   its network, with the Runtime API in it
 *   sandbox_gateway.c   the way out of that network
 *   sandbox_cgroup.c    the kernel's bound on its memory
 *   sandbox_rules.c     what it may not do: users, capabilities, system calls, limits
 *
 * To add a message, add it to enum message_kind, send it with message_send(), and handle it in sandbox.c
 * (control sockets) or sandboxes.c (the launcher's own channel).
 */
#include "base/str.h"

#include <sys/types.h>

enum sandbox_mode {
    SANDBOX_REQUIRED,  /* no function runs where the kernel refuses a part of the sandbox */
    SANDBOX_PREFERRED, /* functions run with the parts that the kernel allows */
    SANDBOX_OFF,       /* functions are plain child processes */
};

struct launcher_options {
    enum sandbox_mode mode;
    bool outward;      /* functions may use the network beyond this server */
    int endpoint_port; /* the server's; sandboxes with their own network reach it at 127.0.0.1 */
    str endpoint_url;  /* for other sandboxes */
};

enum message_kind {
    MESSAGE_PROCESS, /* pid; its pidfd */
    MESSAGE_BOUNDED, /* the kernel bounds its memory; the events of its control group */
    MESSAGE_STARTED, /* the program runs; descriptors: STARTED_* */
    MESSAGE_FAILED,  /* the program does not run; text is the reason */
    MESSAGE_ENDED,   /* the program has ended; status is waitpid's */
    /* Of a sandbox with extensions, whose function's program starts later: */
    MESSAGE_RUNNING,          /* it runs now; pid */
    MESSAGE_NOT_RUNNING,      /* it did not start; text is the reason */
    MESSAGE_EXTENSION_FAILED, /* an extension did not start; name; text is the reason */
    MESSAGE_EXTENSION_ENDED,  /* name; status is waitpid's */
    MESSAGE_SOCKET,           /* a new TCP socket in the sandbox's network */
    /* From the server: */
    MESSAGE_RUN,         /* start the function's program */
    MESSAGE_TERMINATE,   /* end it; status: milliseconds between SIGTERM and SIGKILL */
    MESSAGE_MAKE_SOCKET, /* answered by MESSAGE_SOCKET */
    /*
     * On the launcher's own channel: text names the missing part of the sandbox; status: all sandboxes share
     * the server's ids.
     */
    MESSAGE_STATE,
    MESSAGE_NO_WAY_OUT, /* on the launcher's own channel: text says why functions have no network */
};

enum { MESSAGE_FDS = 4, MESSAGE_TEXT_BYTES = 1024, MESSAGE_NAME_BYTES = 256, MOST_EXTENSIONS = 10 };

/* The descriptors of MESSAGE_STARTED.  Those that the sandbox lacks are -1 and come last. */
enum { STARTED_RUNTIME_API, STARTED_PROC, STARTED_TMP, STARTED_ENDPOINT };

struct message {
    enum message_kind kind;
    pid_t pid;
    int status;
    int fds[MESSAGE_FDS]; /* -1: unused */
    bool fds_are_missing; /* the receiver had no room for all of them */
    char name[MESSAGE_NAME_BYTES];
    char text[MESSAGE_TEXT_BYTES];
};

struct message message_of(enum message_kind kind);

/* The descriptors of a request.  The last one is -1 in a sandbox without extensions. */
enum { REQUEST_OUTPUT, REQUEST_CONTROL, REQUEST_EXTENSION_OUTPUT, REQUEST_FDS };

struct launcher {
    pid_t pid;     /* 0: it has ended, and the next one has not been started */
    int channel;   /* keeps its number when the launcher is replaced */
    int other_end; /* of the channel, until the next launcher is started; or -1 */
};

#define LAUNCHER_COMMAND "sandbox-launcher"

/* Forks: the process must have one thread. */
void launcher_start(struct launcher *launcher, const struct launcher_options *options);
/* The command LAUNCHER_COMMAND, which only the server runs; argv[0] is its name. */
int launcher_main(int argc, char **argv);
/* End the launcher, and with it every sandbox. */
void launcher_stop(struct launcher *launcher);
/* False for a launcher whose end launcher_bury() has noted. */
bool launcher_has_ended(const struct launcher *launcher);
/* Note the end of the launcher.  Returns the status of waitpid(). */
int launcher_bury(struct launcher *launcher);
/*
 * Open a channel for the next launcher, which keeps requests until launcher_spawn().  False, with errno set:
 * requests fail until this was called again.
 */
bool launcher_renew(struct launcher *launcher);
/* Start the next launcher; launcher_renew() has opened its channel.  False, with errno set, on trouble. */
bool launcher_spawn(struct launcher *launcher, const struct launcher_options *options);
/* No launcher will be started any more: what waits on the channel is dropped. */
void launcher_drop_requests(struct launcher *launcher);
/* False, with errno set, when the launcher cannot be reached. */
bool launcher_request(const struct launcher *launcher, str payload, const int fds[static REQUEST_FDS]);

/* Used on both sides.  The receiver owns the descriptors of a received message. */
bool message_send(int socket, const struct message *message);
/* False when no message has arrived (errno is EAGAIN) or the other side has closed (errno is 0). */
bool message_receive(int socket, struct message *message);
