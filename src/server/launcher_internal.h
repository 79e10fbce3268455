#pragma once

/*
 * launcher_internal.h: what the files of the launcher and of a sandbox's process 1 share.
 *
 * Everything here runs in the launcher, or in process 1 of a sandbox, which is a copy of the launcher:
 * one thread each.  Functions that return bool set errno when they fail.
 */
#include "server/launcher.h"

#include <limits.h>
#include <linux/filter.h>
#include <signal.h>
#include <sys/socket.h>

enum {
    REQUEST_BYTES = 128 * 1024,
    SANDBOX_USERS = 1024,    /* sandboxes at a time, when each has its own user id */
    INSIDE_UID = 993,        /* AWS's number, for sandboxes that share one id outside */
    RUNTIME_API_PORT = 9001, /* AWS's number */
    LAUNCHER_CHANNEL = 3,    /* the launcher's end of the channel to the server */
};

#define HOST_FOLDER "/.host" /* the machine's files, while the template is built */
#define TASK_FOLDER "/var/task"
#define RUNTIME_FOLDER "/var/runtime"
#define LAYERS_FOLDER "/opt"

/* The sandbox that has one of the user ids. */
struct user {
    pid_t pid;      /* 0: the id is free */
    int control_fd; /* the launcher's copy of the socket's end */
    bool has_ended;
};

/* What the launcher finds out and prepares once, for all sandboxes. */
struct launcher_state {
    struct launcher_options options;
    bool namespaces;     /* own files, processes and network; without them nothing is separated */
    bool user_namespace; /* the launcher is an ordinary user: all sandboxes have the server's ids */
    int process_fd;      /* the launcher's pidfd: readable when it has ended */
    uid_t first_uid;     /* first of SANDBOX_USERS, as root */
    struct user users[SANDBOX_USERS];
    struct sock_fprog filter;             /* of system calls; without instructions: no filter */
    int landlock_version;                 /* 0: the kernel has no Landlock */
    char problem[MESSAGE_TEXT_BYTES / 2]; /* the missing part and the reason; "" when all parts work */
    int runtime_api_fd, endpoint_fd;      /* listening in the network made for the next sandbox */
    pid_t next_user;
    int template_fd, template_etc; /* the mount namespace from which sandboxes start; its /etc */
    int cgroup_version;            /* 0: no control groups */
    char cgroup[PATH_MAX];
    int cgroup_fd; /* its folder, locked; or -1 */
    bool has_gateway;
    int gateway_network, gateway_netlink; /* the gateway's network; a netlink socket in it */
    uint32_t gateway_bridge, cables;
    int slirp_go, slirp_ready;
};

/* One request, in process 1 of its sandbox. */
struct launch {
    const char *const *argv; /* NULL-terminated, as is the next */
    const char **variables;
    const char *code, *runtime, *layers; /* the machine's folders, or NULL */
    const char *const *folders; /* the machine's folders with the same path inside; NULL-terminated */
    int64_t memory_bytes;       /* 0: unlimited */
    int64_t storage_bytes;      /* of /tmp */
    uid_t uid;                  /* inside */
    size_t user;                /* its index in launcher_state's users */
    int output_fd, control_fd;
    int extension_output_fd;       /* -1: the sandbox has no extensions */
    const char *const *extensions; /* their programs; NULL-terminated, as is the next */
    const char **extension_variables;
};

/* launcher.c */
/* *fds_are_missing: the packet had descriptors that this process may not open. */
ssize_t packet_receive(int socket, void *bytes, size_t size, int fds[static MESSAGE_FDS],
                       bool *fds_are_missing);

/* launcher_process.c */
/*
 * As fork(): the child continues with a copy of everything; but libraries' fork handlers do not run, because
 * libuv's closes descriptors that have another use here.  pid_fd may be NULL.
 */
pid_t launcher_fork(int namespaces, int *pid_fd);
_Noreturn void launcher_run(int channel, const struct launcher_options *options, pid_t server);

/* sandbox_init.c */
/* Never returns: process 1 exits when the function has ended. */
_Noreturn void sandbox_run(const struct launcher_state *state, str request, struct launch *launch);
/* Confines itself as a sandbox does, runs no function, and reports the result on the control socket. */
_Noreturn void sandbox_try(const struct launcher_state *state, struct launch *launch);

_Noreturn void sandbox_give_up(const struct launch *launch, const char *text);

/* sandbox_children.c */
/* Keep the signals for children_run().  Returns the mask from before. */
sigset_t children_block_signals(void);
/*
 * Start the extensions, or else the function's program, and call started() with the program's process, or 0.
 * Then wait until all have ended.
 */
_Noreturn void children_run(const struct launcher_state *state, struct launch *launch,
                            void (*started)(const struct launcher_state *state, const struct launch *launch,
                                            pid_t function));

/* sandbox_root.c */
/* Makes the template: the files that every sandbox sees. */
bool root_build(struct launcher_state *state);
/* Enters a copy of the template, and adds this sandbox's own files. */
bool root_enter(const struct launcher_state *state, const struct launch *launch);

/* Sets the name server for programs; "" for no name server. */
bool root_set_name_server(const struct launcher_state *state, const char *line);

/* sandbox_gateway.c */
/* Call it before the launcher enters namespaces: forks a process that stays outside, where the network is. */
void gateway_fork(struct launcher_state *state);
/* False, with the reason in *trouble: functions have no network. */
bool gateway_open(struct launcher_state *state, const char **trouble);
/* Connects the network that the launcher has just entered to the gateway. */
bool gateway_connect(struct launcher_state *state);

/* sandbox_cgroup.c */
/*
 * Makes the launcher's own control group, where the machine allows it, and removes the groups of launchers
 * that have ended.
 */
void cgroup_open(struct launcher_state *state);
void cgroup_close(const struct launcher_state *state);
/* Call it in process 1, before anything else: enters a group with the sandbox's memory limit. */
bool cgroup_enter(const struct launcher_state *state, const struct launch *launch);
void cgroup_remove(const struct launcher_state *state, size_t user);

/* sandbox_network.c */
/* Makes a network for the launcher, which the next sandbox inherits, with two listening sockets in it. */
bool network_prepare(struct launcher_state *state);
/* Listens on 127.0.0.1; port 0 takes a free one.  -1, with errno set, on trouble. */
int network_listen(int port);
int network_port(int fd);

/* sandbox_rules.c */
/* Makes the filter, again when the control group is known. */
bool rules_prepare(struct launcher_state *state);
/* Maps one user and one group id in a new user namespace. */
bool rules_map_ids(uid_t inside, uid_t outside_uid, gid_t outside_gid);
/*
 * Empties the bounding set, so that no program that is executed later can get capabilities.  A process that
 * may not do this is left as it is: no_new_privs keeps its programs from getting any, too.
 */
void rules_empty_bounding_set(void);
/* Gives up all rights that a function does not need; process 1 is confined, too. */
bool rules_apply(const struct launcher_state *state, const struct launch *launch, const char **step);
