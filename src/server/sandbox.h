#pragma once

/*
 * sandbox.h: one sandbox, a child process of a function, as the files about it share it.
 *
 *   sandboxes.c       all of them: the engine's effects, and their end with the server's
 *   sandbox.c         one of them, from its beginning to its end
 *   sandbox_launch.c  what its process is started with
 *   sandbox_watch.c   looking after it: its output, its memory
 *   sandbox_events.c  what the engine hears of it
 *
 * Everything here runs on the main loop.
 */
#include "server/launcher.h"
#include "server/output.h"
#include "server/server_internal.h"

struct json;

struct sandbox {
    struct port port; /* first: the port's callbacks get here through it */
    struct sandboxes *sandboxes;
    struct sandbox *previous, *next;
    struct listener listener;
    struct launched child;
    uv_poll_t end; /* on the child's pid_fd */
    struct output output;
    int status_fd, statm_fd;    /* /proc/<pid>/status and statm */
    int64_t memory_limit_bytes; /* 0: none */
    int64_t memory_peak_bytes, memory_told_bytes;
    unsigned requests; /* in flight */
    uint64_t looked_after_ms;
    const char *reason; /* why it ended, when it was us */
    char *tmp_folder;   /* of its own when it cannot have a private /tmp; or NULL */
    char id[];
};

struct sandboxes {
    struct loop *loop;
    struct sandbox *first;
    uv_timer_t tick, grace;
    uint64_t tick_ms;                /* how often it runs now */
    struct arena arena;              /* of one event */
    char *folders[2];                /* to stay visible */
    bool no_private_tmp;             /* the kernel has refused */
    void (*done)(struct loop *loop); /* set when everything ends: nobody listens to events then */
};

/* ---- all of them ---- */

/* Another one has gone: perhaps it was the last that the server's end waits for. */
void sandboxes_finish_when_all_ended(struct sandboxes *sandboxes);

/* ---- one of them ---- */

/* From an effect's payload.  When it cannot be started the engine hears of it as of one that ended. */
void sandbox_begin(struct sandboxes *sandboxes, str id, const struct json *payload);
/* Sends the signal to the child and to all of its process group. */
void sandbox_kill(const struct sandbox *sandbox, int number);

/* Starts the process, its output connected.  False and *message (in the arena) when it cannot be started. */
bool sandbox_launch(struct sandbox *sandbox, const struct json *payload, str *message);
/* The folder that stood in for a private /tmp, if there is one. */
void sandbox_remove_tmp(struct sandbox *sandbox);

void sandbox_watch(struct sandbox *sandbox);
void sandbox_unwatch(struct sandbox *sandbox);
/* Callbacks of its port. */
void sandbox_request_arrives(struct port *port);
void sandbox_request_ended(struct port *port);

/* Tells nothing when there are no lines and the memory is no news. */
void sandbox_post_output(struct sandbox *sandbox, const struct line_list *lines);
void sandbox_post_not_started(struct sandboxes *sandboxes, str id, const char *reason, str message);
/* `status` is waitpid's. */
void sandbox_post_exit(struct sandbox *sandbox, int status);
