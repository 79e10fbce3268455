#pragma once

/*
 * launcher.h: the process that starts sandboxes, and what it and they say to the server.
 *
 * The server forks the launcher while it has one thread and little memory, so that each sandbox is a
 * cheap copy of a small process that may do whatever its confinement needs between fork and exec.
 * The server sends it a request per sandbox: the effect's payload, the pipe for the output, and a
 * socket of the sandbox's own, the control socket.  What becomes of the sandbox arrives there.
 *
 *   launcher.c          the server's side: requests and messages
 *   launcher_process.c  the launcher: what it prepares once, and forking
 *   sandbox_init.c      process 1 of a sandbox: confines itself, starts the function, reaps
 *   sandbox_root.c      the files that a sandbox sees
 *   sandbox_network.c   its network, with the Runtime API in it
 *   sandbox_gateway.c   the way out of that network
 *   sandbox_cgroup.c    the kernel's bound on its memory
 *   sandbox_rules.c     what it may not do: users, capabilities, system calls, limits
 */
#include "base/str.h"

#include <sys/types.h>

enum sandbox_mode {
    SANDBOX_REQUIRED,  /* no function runs where the kernel refuses a part of the sandbox */
    SANDBOX_PREFERRED, /* functions run in what there is */
    SANDBOX_OFF,       /* functions are plain child processes */
};

struct launcher_options {
    enum sandbox_mode mode;
    bool outward;      /* the network beyond this server */
    int endpoint_port; /* ours; sandboxes find it at 127.0.0.1 */
};

enum message_kind {
    MESSAGE_PROCESS, /* pid; its pidfd */
    MESSAGE_STARTED, /* the program runs; a listening socket for its Runtime API, then STARTED_* */
    MESSAGE_FAILED,  /* text says why it does not run */
    MESSAGE_ENDED,   /* status is waitpid's; pid is not 0 when the kernel's bound on memory was hit */
    /* On the launcher's own channel: text says which part of the sandbox is missing; status: ids are shared.
     */
    MESSAGE_STATE,
    MESSAGE_NO_WAY_OUT, /* on the launcher's own channel: text says why functions have no network */
};

enum { MESSAGE_FDS = 4, MESSAGE_TEXT_BYTES = 1024 };

/* What MESSAGE_STARTED brings.  Those that this sandbox does not have are -1 and come last. */
enum { STARTED_RUNTIME_API, STARTED_PROC, STARTED_TMP, STARTED_ENDPOINT };

struct message {
    enum message_kind kind;
    pid_t pid;
    int status;
    int fds[MESSAGE_FDS]; /* -1: none */
    char text[MESSAGE_TEXT_BYTES];
};

struct launcher {
    pid_t pid;
    int channel;
};

/* Forks: the process must have one thread. */
void launcher_start(struct launcher *launcher, const struct launcher_options *options);
/* The launcher ends, and with it every sandbox. */
void launcher_stop(struct launcher *launcher);
/* False (errno) when the launcher cannot be told. */
bool launcher_request(const struct launcher *launcher, str payload, int output_fd, int control_fd);

/* Either side.  The descriptors of a message that was received are the receiver's. */
bool message_send(int socket, const struct message *message);
/* False when there is none now (EAGAIN) or nobody any more to send one (errno is 0). */
bool message_receive(int socket, struct message *message);
