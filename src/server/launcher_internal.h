#pragma once

/*
 * launcher_internal.h: what the files of the launcher and of a sandbox's process 1 share.
 *
 * Everything here runs in the launcher, or in process 1 of a sandbox, which is a copy of the launcher:
 * one thread each.  Functions that return bool set errno when they fail.
 */
#include "server/launcher.h"

#include <linux/filter.h>
#include <sys/socket.h>

enum {
    REQUEST_BYTES = 128 * 1024,
    SANDBOX_USERS = 1024,    /* sandboxes at a time, when each has a user id of its own */
    INSIDE_UID = 993,        /* AWS's, where all sandboxes have one outside */
    RUNTIME_API_PORT = 9001, /* AWS's */
};

#define HOST_FOLDER "/.host" /* where the launcher still sees the machine's files */
#define TASK_FOLDER "/var/task"
#define RUNTIME_FOLDER "/var/runtime"

/* What the launcher finds out and prepares once, for all sandboxes. */
struct launcher_state {
    struct launcher_options options;
    bool namespaces;            /* own files, processes, network; without, nothing is separated */
    bool user_namespace;        /* the launcher is an ordinary user: sandboxes' ids are all the server's */
    uid_t first_uid;            /* of SANDBOX_USERS, as root */
    pid_t users[SANDBOX_USERS]; /* who has it; 0: nobody */
    struct sock_fprog filter;   /* of system calls; no instructions: none */
    int landlock_version;       /* 0: the kernel has none */
    char problem[MESSAGE_TEXT_BYTES / 2]; /* which part is missing and why; "" when none is */
    int runtime_api_fd, endpoint_fd;      /* listening in the network made for the next sandbox */
    pid_t next_user;
};

/* One request, in process 1 of its sandbox. */
struct launch {
    const char *const *argv; /* NULL-terminated, as is the next */
    const char **variables;
    const char *code, *runtime; /* folders of the machine; NULL: none */
    const char *const *folders; /* of the machine, that are seen where they are; NULL-terminated */
    int64_t memory_bytes;       /* 0: no limit */
    int64_t storage_bytes;      /* of /tmp */
    uid_t uid;                  /* inside */
    int output_fd, control_fd;
};

/* launcher.c */
ssize_t packet_receive(int socket, void *bytes, size_t size, int fds[static MESSAGE_FDS]);

/* launcher_process.c */
_Noreturn void launcher_run(int channel, const struct launcher_options *options, pid_t server);

/* sandbox_init.c */
/* Never returns: process 1 exits when the function has ended. */
_Noreturn void sandbox_run(const struct launcher_state *state, str request, struct launch *launch);
/* Confines itself as a sandbox does, runs nothing, and says on the control socket how it went. */
_Noreturn void sandbox_try(const struct launcher_state *state, struct launch *launch);

/* sandbox_root.c */
/* Makes the launcher's own root folder what every sandbox sees, with the machine's files at HOST_FOLDER. */
bool root_build(const struct launcher_state *state);
/* Puts what is this sandbox's own into it, and the machine's files out of sight. */
bool root_enter(const struct launch *launch);

/* sandbox_network.c */
/* A network of its own for the launcher, which the next sandbox inherits, with two listening sockets in it.
 */
bool network_prepare(struct launcher_state *state);
/* Listens on 127.0.0.1; port 0 takes a free one.  -1 (errno) on trouble. */
int network_listen(int port);
int network_port(int fd);

/* sandbox_rules.c */
bool rules_prepare(struct launcher_state *state);
/* Maps one user and one group id in a new user namespace. */
bool rules_map_ids(uid_t inside, uid_t outside_uid, gid_t outside_gid);
/* Gives up everything that a function does not need; process 1 is confined, too. */
bool rules_apply(const struct launcher_state *state, const struct launch *launch, const char **step);
