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
#include <sys/socket.h>

enum {
    REQUEST_BYTES = 128 * 1024,
    SANDBOX_USERS = 1024,    /* sandboxes at a time, when each has a user id of its own */
    INSIDE_UID = 993,        /* AWS's, where all sandboxes have one outside */
    RUNTIME_API_PORT = 9001, /* AWS's */
};

#define HOST_FOLDER "/.host" /* of the machine's files, while the template is built */
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
    int template_fd, template_etc; /* the mount namespace that sandboxes begin with; its /etc */
    int cgroup_version;            /* 0: no control groups */
    char cgroup[PATH_MAX];
    bool has_gateway;
    int gateway_network, gateway_netlink; /* its network; a socket in it */
    uint32_t gateway_bridge, cables;
    int slirp_go, slirp_ready;
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
    size_t user;                /* whose place among launcher_state's users it has */
    int memory_events_fd;       /* -1: none */
    int output_fd, control_fd;
};

/* launcher.c */
ssize_t packet_receive(int socket, void *bytes, size_t size, int fds[static MESSAGE_FDS]);

/* launcher_process.c */
/*
 * As fork(): the child runs on with a copy of everything; but without what libraries have asked fork() to do:
 * libuv's closes descriptors that are somebody else's here.  pid_fd may be NULL.
 */
pid_t launcher_fork(int namespaces, int *pid_fd);
_Noreturn void launcher_run(int channel, const struct launcher_options *options, pid_t server);

/* sandbox_init.c */
/* Never returns: process 1 exits when the function has ended. */
_Noreturn void sandbox_run(const struct launcher_state *state, str request, struct launch *launch);
/* Confines itself as a sandbox does, runs nothing, and says on the control socket how it went. */
_Noreturn void sandbox_try(const struct launcher_state *state, struct launch *launch);

/* sandbox_root.c */
/* Makes the template: what every sandbox sees. */
bool root_build(struct launcher_state *state);
/* Enters a copy of the template, with what is this sandbox's own. */
bool root_enter(const struct launcher_state *state, const struct launch *launch);

/* Which name server programs ask; "" for none. */
bool root_set_name_server(const struct launcher_state *state, const char *line);

/* sandbox_gateway.c */
/* Before the launcher enters namespaces: a process that stays outside, where the network is. */
void gateway_fork(struct launcher_state *state);
/* False: there is no way out, and *trouble says why. */
bool gateway_open(struct launcher_state *state, const char **trouble);
/* Connects the network that the launcher has just entered. */
bool gateway_connect(struct launcher_state *state);

/* sandbox_cgroup.c */
/* Where groups can be had, makes the launcher's own; and removes those of launchers that are gone. */
void cgroup_open(struct launcher_state *state);
void cgroup_close(const struct launcher_state *state);
/* In process 1, before it changes anything of itself: enters a group with the sandbox's bound. */
bool cgroup_enter(const struct launcher_state *state, struct launch *launch);
void cgroup_remove(const struct launcher_state *state, size_t user);
/* Has the bound been hit? */
bool cgroup_has_killed(const struct launch *launch);

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
/* No program that is executed from now on can get a capability, which no_new_privs sees to as well. */
void rules_empty_bounding_set(void);
/* Gives up everything that a function does not need; process 1 is confined, too. */
bool rules_apply(const struct launcher_state *state, const struct launch *launch, const char **step);
