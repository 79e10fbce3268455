#pragma once

/*
 * sandbox.h: one sandbox of a function; shared by the files below.
 *
 *   sandboxes.c       all sandboxes: the engine's effects, and the end of the server
 *   sandbox.c         one sandbox, from its beginning to its end
 *   sandbox_watch.c   watching its output and its memory
 *   sandbox_memory.c  how much memory it uses
 *   sandbox_events.c  the events that it posts to the engine
 *
 * Everything here runs on the main loop.  The launcher and process 1 do what happens inside: launcher.h.
 */
#include "sandbox_model.h"
#include "server/launcher.h"
#include "server/output.h"
#include "server/server_internal.h"

struct sandbox {
    struct port port; /* first: callbacks cast the port to the sandbox */
    struct sandboxes *sandboxes;
    struct sandbox *previous, *next;
    uv_poll_t control; /* messages of the launcher and of process 1 */
    int control_fd;
    pid_t pid;     /* of process 1, in the server's namespace; 0: unknown */
    int pid_fd;    /* readable when all processes of the sandbox have ended */
    uv_poll_t end; /* on pid_fd */
    struct listener listener, endpoint;
    bool listens, has_endpoint; /* are `port` and the endpoint's listener open? */
    bool separated;             /* it has its own namespaces */
    bool refused;               /* it did not start, and the engine has been told */
    int status;                 /* of the function's process, from waitpid() */
    unsigned open_handles;      /* libuv's handles of this sandbox */
    struct output output;
    struct credit *credit;      /* for output on its way to the engine */
    int proc_fd, tmp_fd;        /* its /proc and /tmp; -1: unknown */
    pid_t function;             /* pid of its process in the sandbox's /proc; 0: unknown */
    int status_fd;              /* /proc/<pid>/status of the function's process */
    int64_t memory_limit_bytes; /* 0: unlimited */
    int64_t memory_peak_bytes, memory_told_bytes;
    unsigned requests; /* in flight */
    uint64_t looked_after_ms;
    const char *reason; /* why the server ended it; NULL if it did not */
    str function_name;  /* printed in the log after the id */
    char id[];
};

struct sandboxes {
    struct loop *loop;
    struct sandbox *first;
    struct launcher launcher;
    enum sandbox_mode mode;
    uv_poll_t launcher_poll;
    bool launched; /* the launcher exists */
    uv_timer_t tick, grace;
    uint64_t tick_ms;                /* the present interval of the tick */
    uint64_t exact_count_ns;         /* no memory is counted exactly before then: see sandbox_memory.c */
    struct arena arena;              /* for one event */
    void (*done)(struct loop *loop); /* set when the server ends: events are not posted then */
};

/* ---- all of them ---- */

/* A sandbox has ended: if it was the last, the end of the server continues. */
void sandboxes_finish_when_all_ended(struct sandboxes *sandboxes);

/* ---- one of them ---- */

/*
 * `payload` is the effect's, `in` is the payload decoded.  If the sandbox cannot be started, the engine gets
 * the same event as for one that has ended.
 */
void sandbox_begin(struct sandboxes *sandboxes, str payload, const struct sandbox_start_input *in);
/* SIGKILL ends all processes of the sandbox; SIGTERM is sent to all of them. */
void sandbox_kill(const struct sandbox *sandbox, int number);

/*
 * Mark memory as the reason of its end, with a peak above its limit, whether the kernel or the server noticed
 * first.
 */
void sandbox_ran_out_of_memory(struct sandbox *sandbox);
/*
 * Bytes used by all its processes and by its files in /tmp; the peak so far while an exact count is not
 * allowed.
 */
int64_t sandbox_used_bytes(const struct sandbox *sandbox);
/* function: the pid of the function's process in the sandbox's own /proc. */
void sandbox_watch(struct sandbox *sandbox, pid_t function);
void sandbox_unwatch(struct sandbox *sandbox);
/* Callbacks of its port, see struct port. */
void sandbox_request_arrives(struct port *port);
void sandbox_request_ended(struct port *port);

/* Posts nothing when there are no lines and the peak of memory has hardly grown. */
void sandbox_post_output(struct sandbox *sandbox, const struct line_list *lines);
/* The cost of output that was posted and is not on disk yet. */
size_t sandbox_output_under_way(const struct sandbox *sandbox);
/* For sandbox_post_output(); events on their way keep the credit until they have arrived. */
void sandbox_credit_open(struct sandbox *sandbox);
void sandbox_credit_close(struct sandbox *sandbox);
void sandbox_post_not_started(struct sandboxes *sandboxes, str id, const char *reason, str message);
/* `status` is that of waitpid(). */
void sandbox_post_exit(struct sandbox *sandbox, int status);
