#pragma once

/*
 * sandbox.h: one sandbox of a function; shared by the files below.
 *
 *   sandboxes.c       all sandboxes: the engine's effects, and the end of the server
 *   relaunch.c        a new launcher after the end of one
 *   sandbox.c         one sandbox, from its beginning to its end
 *   sandbox_watch.c   watching its output and its memory
 *   sandbox_memory.c  how much memory it uses
 *   sandbox_events.c  the events that it posts to the engine
 *   sandbox_extensions.c   its extensions: their output, their ends
 *   sandbox_telemetry.c    what extensions are told of it
 *   sandbox_subscriber.c   an extension that is told: its batches, and their way to it
 *
 * Everything here runs on the main loop.  The launcher and process 1 do what happens inside: launcher.h.
 */
#include "sandbox_model.h"
#include "server/launcher.h"
#include "server/output.h"
#include "server/server_internal.h"

#include <dirent.h>

struct sandbox {
    struct port port; /* first: callbacks cast the port to the sandbox */
    struct sandboxes *sandboxes;
    struct sandbox *previous, *next;
    unsigned launch;   /* which launcher was asked for it: the number in `sandboxes` at that time */
    uv_poll_t control; /* messages of the launcher and of process 1 */
    int control_fd;
    pid_t pid;     /* of process 1, in the server's namespace; 0: unknown */
    int pid_fd;    /* readable when all processes of the sandbox have ended */
    uv_poll_t end; /* on pid_fd */
    struct listener listener, endpoint;
    bool listens, has_endpoint; /* are `port` and the endpoint's listener open? */
    bool separated;             /* it has its own namespaces */
    bool refused;               /* it did not start, and the engine has been told */
    bool is_out_of_sight;       /* its process 1 is killed, but the server would not hear of its end */
    int status;                 /* of the function's process, from waitpid() */
    unsigned open_handles;      /* libuv's handles of this sandbox */
    struct output output;
    struct output extension_output; /* of its extensions; fd -1: it has none */
    unsigned extension_count;       /* of those that the server has started, and that have not ended */
    struct subscriber *subscribers;
    struct credit *credit;      /* for output on its way to the engine */
    DIR *processes;             /* its /proc; NULL: unknown */
    long first_process;         /* where the processes begin in it, see telldir() */
    int tmp_fd;                 /* its /tmp; -1: unknown */
    pid_t function;             /* pid of its process in the sandbox's /proc; 0: unknown */
    bool function_has_ended;    /* only its extensions run */
    int status_fd, statm_fd;    /* /proc/<pid>/status and statm of the function's process */
    int memory_events_fd;       /* of its control group; -1: unknown */
    int64_t memory_limit_bytes; /* 0: unlimited */
    int64_t memory_peak_bytes, memory_told_bytes;
    /* Requests in flight: for the next event of the function's program, of extensions, and all others. */
    unsigned runtime_waits, extensions_wait, other_requests;
    uint64_t looked_after_ms;
    bool is_close; /* to its limit of memory, or it prints more than is read: it is looked after more often */
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
    bool launched;   /* the first launcher was started */
    unsigned launch; /* how many launchers have ended */
    struct launcher_options options;
    uv_timer_t tick, grace, relaunch;
    uint64_t launched_ms;       /* on the loop's clock: when the launcher was started */
    uint64_t relaunch_delay_ms; /* before the present launcher */
    uint64_t tick_ms;           /* the present interval of the tick */
    uint64_t exact_count_ns;    /* no memory is counted exactly before then: see sandbox_memory.c */
    struct arena arena;         /* for one event */
    bool winding_down;          /* the server will end: no sandbox starts any more */
    void (*wound_down)(struct loop *loop); /* until it was called */
    void (*done)(struct loop *loop);       /* set when the server ends: events are not posted then */
};

/* ---- all of them ---- */

/* A sandbox has ended: if it was the last, or the last with extensions, the end of the server continues. */
void sandboxes_finish_when_all_ended(struct sandboxes *sandboxes);

/* The launcher has ended, or cannot be reached any more: what it has started ends, and a new one follows. */
void sandboxes_lost_launcher(struct sandboxes *sandboxes);
/* Start the next launcher, once the one before and everything that it started has ended. */
void sandboxes_relaunch(struct sandboxes *sandboxes);
/* The callback of launcher_poll. */
void sandboxes_hear_launcher(uv_poll_t *poll, int status, int events);

/* ---- one of them ---- */

/* Has the launcher ended that was asked for this sandbox? */
bool sandbox_lost_launcher(struct sandbox *sandbox);
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
int64_t sandbox_used_bytes(struct sandbox *sandbox);
/* Has the kernel killed one of its processes, because its control group was full? */
bool sandbox_was_full(const struct sandbox *sandbox);
/* function: the pid of the function's process in the sandbox's own /proc; 0: it has not started. */
void sandbox_watch(struct sandbox *sandbox, pid_t function);
void sandbox_unwatch(struct sandbox *sandbox);
/* Callbacks of its port, see struct port. */
void sandbox_request_arrives(struct port *port, const struct http_request *request);
void sandbox_request_ended(struct port *port, const struct http_request *request);

enum line_source { OF_FUNCTION, OF_EXTENSIONS };
/* Posts nothing when there are no lines and the peak of memory has hardly grown. */
void sandbox_post_output(struct sandbox *sandbox, const struct line_list *lines, enum line_source source);
/* The cost of output that was posted and is not on disk yet. */
size_t sandbox_output_under_way(const struct sandbox *sandbox);
/* For sandbox_post_output(); events on their way keep the credit until they have arrived. */
void sandbox_credit_open(struct sandbox *sandbox);
void sandbox_credit_close(struct sandbox *sandbox);
void sandbox_post_not_started(struct sandboxes *sandboxes, str id, const char *reason, str message);
/* `status` is that of waitpid(). */
void sandbox_post_exit(struct sandbox *sandbox, int status);
/*
 * One of the processes of a sandbox with extensions: an extension of that name, or the function's program
 * (""). `problem` says why it did not start; absent: it has ended with that status.
 */
void sandbox_post_process_exit(struct sandbox *sandbox, const char *extension, int status, str problem);

/* ---- extensions ---- */

bool sandbox_has_extensions(const struct sandbox *sandbox);
/* Ask process 1 of a sandbox with extensions for something. */
void sandbox_ask(struct sandbox *sandbox, enum message_kind kind, int status);
/* A message about a process in a sandbox with extensions. */
void sandbox_process_message(struct sandbox *sandbox, const struct message *message);
/* All that the extensions have printed, up to the usual size of a pipe. */
void sandbox_take_extension_output(struct sandbox *sandbox);

void sandbox_subscribe(struct sandbox *sandbox, const struct sandbox_subscribe_input *in);
void sandbox_tell(struct sandbox *sandbox, const struct sandbox_tell_input *in);
/* Tell the subscribers what was printed. */
void sandbox_tell_lines(struct sandbox *sandbox, const struct line_list *lines, enum line_source source,
                        int64_t now_ms);
/* Send what was gathered. */
void sandbox_flush_telemetry(struct sandbox *sandbox);
/* Process 1 has made a socket for a subscriber; -1: it could not. */
void sandbox_telemetry_socket(struct sandbox *sandbox, int fd);
/* The memory of what was not sent yet, which is the sandbox's. */
size_t sandbox_telemetry_bytes(const struct sandbox *sandbox);
void sandbox_unsubscribe_all(struct sandbox *sandbox);

/* An extension that gets telemetry. */
struct subscriber {
    struct subscriber *next;
    struct sandbox *sandbox; /* NULL: it is closed */
    char *name, *path;       /* path NULL: by TCP */
    bool takes[3];           /* by enum telemetry_type */
    bool is_logs;            /* it uses the Logs API */
    bool objects;            /* lines that are JSON objects are sent as such */
    int port;
    size_t max_items, max_bytes;
    uint64_t timeout_ms;
    struct batch *gathered, *sent; /* sent: NULL while none is on its way */
    size_t dropped_records, dropped_bytes;
    bool overdue; /* its time-out passed while a batch was on its way */
    bool wants_socket;
    unsigned attempts;
    uv_timer_t flush, patience; /* patience: until the next attempt, or the end of this one */
    uv_tcp_t *tcp;              /* NULL: not connected */
    unsigned open_handles;
};
enum telemetry_type { TELEMETRY_PLATFORM, TELEMETRY_FUNCTION, TELEMETRY_EXTENSION };

struct subscriber *subscriber_new(struct sandbox *sandbox, const struct sandbox_subscribe_input *in);
/* Send it that event, in JSON, with others; or drop the event when it is too slow. */
void subscriber_add(struct subscriber *subscriber, str event);
void subscriber_flush(struct subscriber *subscriber);
void subscriber_connect(struct subscriber *subscriber, int fd);
size_t subscriber_held_bytes(const struct subscriber *subscriber);
/* What was not sent is lost.  The subscriber frees itself. */
void subscriber_close(struct subscriber *subscriber);
