#pragma once

/*
 * sandbox.h: one sandbox of a function, as the files about it share it.
 *
 *   sandboxes.c       all of them: the engine's effects, and their end with the server's
 *   sandbox.c         one of them, from its beginning to its end
 *   sandbox_watch.c   looking after it: its output, its memory
 *   sandbox_memory.c  how much memory it uses
 *   sandbox_events.c  what the engine hears of it
 *
 * Everything here runs on the main loop.  What happens inside is the launcher's and process 1's: launcher.h.
 */
#include "sandbox_model.h"
#include "server/launcher.h"
#include "server/output.h"
#include "server/server_internal.h"

struct sandbox {
    struct port port; /* first: the port's callbacks get here through it */
    struct sandboxes *sandboxes;
    struct sandbox *previous, *next;
    uv_poll_t control; /* messages of the launcher and of process 1 */
    int control_fd;
    pid_t pid;     /* process 1's, as the server sees it; 0: not known yet */
    int pid_fd;    /* readable when all processes of the sandbox have ended */
    uv_poll_t end; /* on pid_fd */
    struct listener listener, endpoint;
    bool listens, has_endpoint; /* whether those two are open */
    bool separated;             /* it has namespaces of its own */
    bool refused;               /* it did not start, which the engine has heard */
    int status;                 /* waitpid's of the function's process */
    unsigned open_handles;      /* libuv's, of it */
    struct output output;
    struct credit *credit;      /* what of its output is on the way to the engine */
    int proc_fd, tmp_fd;        /* its /proc and /tmp; -1: not known */
    pid_t function;             /* the number of its process in its own /proc; 0: not known */
    int status_fd;              /* /proc/<pid>/status of the function's process */
    int64_t memory_limit_bytes; /* 0: none */
    int64_t memory_peak_bytes, memory_told_bytes;
    unsigned requests; /* in flight */
    uint64_t looked_after_ms;
    const char *reason; /* why it ended, when it was us */
    str function_name;  /* for the log: behind the id */
    char id[];
};

struct sandboxes {
    struct loop *loop;
    struct sandbox *first;
    struct launcher launcher;
    enum sandbox_mode mode;
    uv_poll_t launcher_poll;
    bool launched; /* there is a launcher */
    uv_timer_t tick, grace;
    uint64_t tick_ms;                /* how often it runs now */
    uint64_t exact_count_ns;         /* no exact count of anybody's memory before: see sandbox_memory.c */
    struct arena arena;              /* of one event */
    void (*done)(struct loop *loop); /* set when everything ends: nobody listens to events then */
};

/* ---- all of them ---- */

/* Another one has gone: perhaps it was the last that the server's end waits for. */
void sandboxes_finish_when_all_ended(struct sandboxes *sandboxes);

/* ---- one of them ---- */

/* The payload is the effect's, `in` what it says.  When it cannot be started the engine hears of it as of one
 * that ended. */
void sandbox_begin(struct sandboxes *sandboxes, str payload, const struct sandbox_start_input *in);
/* SIGKILL ends all that runs in it; SIGTERM is given to all of it. */
void sandbox_kill(const struct sandbox *sandbox, int number);

/* Memory is the reason why it ends, and its peak is told as above its limit, whoever saw it first. */
void sandbox_ran_out_of_memory(struct sandbox *sandbox);
/* Of all its processes and of what it has written to /tmp; the peak so far while it is not to be counted. */
int64_t sandbox_used_bytes(const struct sandbox *sandbox);
/* function: the number that the function's process has in the sandbox's own /proc. */
void sandbox_watch(struct sandbox *sandbox, pid_t function);
void sandbox_unwatch(struct sandbox *sandbox);
/* Callbacks of its port. */
void sandbox_request_arrives(struct port *port);
void sandbox_request_ended(struct port *port);

/* Tells nothing when there are no lines and the memory is no news. */
void sandbox_post_output(struct sandbox *sandbox, const struct line_list *lines);
/* The cost of what was posted and is not on disk yet. */
size_t sandbox_output_under_way(const struct sandbox *sandbox);
/* For sandbox_post_output(); what is on the way keeps it until it has arrived. */
void sandbox_credit_open(struct sandbox *sandbox);
void sandbox_credit_close(struct sandbox *sandbox);
void sandbox_post_not_started(struct sandboxes *sandboxes, str id, const char *reason, str message);
/* `status` is waitpid's. */
void sandbox_post_exit(struct sandbox *sandbox, int status);
