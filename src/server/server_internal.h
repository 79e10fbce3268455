#pragma once

/*
 * server_internal.h: what the files of the server share.
 *
 * A loop is one thread with one libuv loop.  The main thread's loop accepts connections and passes each to
 * the serving loop with the fewest connections; it also owns everything about sandboxes, so that a child's
 * output and its requests to the Runtime API are seen in one order, without locks.
 */
#include "server/launcher.h"
#include "server/server.h"
#include "server/share.h"

#include "base/limits.h"

#include <arpa/inet.h>
#include <pthread.h>
#include <stdatomic.h>
#include <uv.h>

enum {
    READ_BUFFER_BYTES = 64 * 1024,
    WAITING_READ_BYTES = 4 * 1024,            /* read at once while a request is in flight */
    INPUT_WAITING_BYTES = 4 * 1024,           /* of pipelined requests; reading pauses at this size */
    LINGER_BYTES = 2 * LIMIT_HTTP_BODY_BYTES, /* of a refused body; then the connection is closed */
    UNSENT_BYTES = 128 * 1024 * 1024,         /* of replies that clients do not read, over all connections */
    SLOT_BYTES = 16 * 1024,                   /* the cost of a request before its body */
    SWEEP_INTERVAL_MS = 1000,                 /* the precision of time-outs */
    LINGER_MS = 2000,                         /* time for the client to read the last reply */
    STOP_GRACE_MS = 300,                      /* between SIGTERM and SIGKILL when the server stops */
    WIND_DOWN_MS = 3000, /* for sandboxes with extensions, which need two seconds at most */
};

struct loop;
struct connection;
struct sandboxes;

/* ---- quiet connections: those that wait for their client ---- */

struct quiet_list {
    struct connection *longest, *last;
};
struct quiet {
    struct quiet_list *list; /* NULL: the connection is not quiet */
    struct connection *before, *after;
    uint64_t since_ns;
};

/* Move it to the end of that list; NULL: take it off its list. */
void quiet_move(struct loop *loop, struct connection *connection, struct quiet_list *list);
/*
 * Close the connection that has been idle for longest, or else the one that has been sending for longest;
 * with a share, only among its connections.  False when there is no such connection.
 */
bool quiet_close_longest(struct loop *loop, const struct share *share);
/*
 * Close connections whose request has not advanced for a second, longest first, until `enough` returns true.
 */
void quiet_end_stalled(struct loop *loop, bool (*enough)(void *context), void *context);

/* ---- ports: where connections arrive ---- */

struct port {
    str sandbox; /* the sandbox's id; absent at the public port */
    /* Called before dispatch; or NULL. */
    void (*request_arrives)(struct port *port, const struct http_request *request);
    /* Called when it is answered or its client has gone; or NULL. */
    void (*request_ended)(struct port *port, const struct http_request *request);
    _Atomic unsigned connections; /* the number of open ones */
};

struct address {
    char text[INET6_ADDRSTRLEN];
};

/* Our own address, to which this connection was made. */
struct address address_called(int fd);

struct listener {
    uv_poll_t poll;
    uv_timer_t rest; /* runs after descriptors ran out, and while it is crowded */
    int fd;
    void *owner;
    void (*accepted)(struct listener *listener, int fd, const struct address *from);
    void (*starved)(struct listener *listener); /* descriptors have run out: free some; or NULL */
    bool (*crowded)(struct listener *listener); /* let further connections wait for a moment? or NULL */
    uv_close_cb closed;
};

/*
 * Bind the address, so that its port is known; connections are refused until listener_listen().  False, with
 * *error (in arena), on trouble.
 */
bool listener_bind(struct listener *listener, struct loop *loop, const char *host, int port,
                   struct arena *arena, str *error);
/* False, with errno set, when another process has begun to listen there. */
bool listener_listen(struct listener *listener);
/*
 * For a socket that listens already, perhaps in another network: the caller has set fd, owner and callback.
 */
void listener_adopt(struct listener *listener, struct loop *loop);
int listener_port(const struct listener *listener);
/* http://127.0.0.1:4566, http://[::1]:4566 */
str listener_url(const struct listener *listener, struct arena *arena);
/* The same, with loopback when it listens on all addresses. */
str listener_local_url(const struct listener *listener, struct arena *arena);
/*
 * Calls `closed` with the poll handle (its data is the listener) when the listener's memory may be freed;
 * NULL for no call.
 */
void listener_close(struct listener *listener, uv_close_cb closed);

/* Accept a client of the public port, through whichever socket it came; `client` names its share. */
void server_accept(struct server *server, int fd, const struct address *from, const char *client);
/* Do so many accepted clients wait for room that the next ones had better wait outside, without descriptors?
 */
bool server_is_crowded(const struct server *server);
/* Descriptors have run out: close the connection that has been idle for longest. */
void server_make_room(struct server *server);

/* ---- slots: a request being read or in flight ---- */

struct slot {
    struct exchange exchange; /* first: exchange->connection is the slot */
    struct http_parser *parser;
    struct loop *loop;
    struct connection *connection; /* NULL when the client has gone */
    struct share *share;           /* pays for `charged` bytes; NULL: for no bytes */
    size_t charged;
    struct share *disk_share; /* pays for `spooled` bytes on the disk; NULL: for no bytes */
    size_t spooled;
    struct share_stream stream; /* what counts its reply as a stream */
    bool answered;              /* answered within dispatch() */
    struct slot *next_free;
};

/* The shares of the server's clients. */
struct shares *server_shares(struct server *server);

struct slot *slot_take(struct loop *loop, struct connection *connection);
void slot_give_back(struct slot *slot);
/*
 * Count the slot's reply as a stream of that share and of the caller, until the slot ends, unless a limit is
 * reached.
 */
enum share_limit slot_begin_stream(struct slot *slot, struct share *share);
/* Let the share pay for `bytes` bytes of the body on the disk in total.  False: there is no room. */
bool slot_take_disk(struct slot *slot, struct share *share, size_t bytes);
/* The budget stops paying for the slot. */
void slot_end_charge(struct slot *slot);

/* ---- loops ---- */

/* Work for a loop's thread; the task frees itself. */
struct task {
    void (*run)(struct loop *loop, struct task *task);
    struct task *next;
};

struct loop {
    uv_loop_t uv;
    uv_async_t wake_up;
    uv_timer_t sweep;
    uv_check_t turn_end; /* sends what the turn has gathered */
    pthread_t thread;    /* of a serving loop */
    struct server *server;
    struct engine *engine;
    struct dispatcher *dispatcher;
    struct connection *connections;
    struct quiet_list idle, receiving; /* its quiet connections; longest first */
    _Atomic uint64_t quiet_since_ns; /* when the first of them became quiet; receiving ones count as later */
    bool trim;                       /* a large block was freed */
    _Atomic unsigned connection_count; /* including connections on their way here */
    struct slot *free_slots;
    unsigned free_slot_count;
    struct slot *dispatching; /* the slot inside dispatch() now */
    bool draining;            /* refuses new requests */
    bool ending;              /* ends when the last connection has closed */

    pthread_mutex_t lock; /* protects the next four */
    struct exchange *outbox_first, *outbox_last;
    struct task *tasks_first, *tasks_last;

    struct arena output_arena;
    struct text output; /* replies of the current connection, not yet sent */
    char read_buffer[READ_BUFFER_BYTES];
};

void loop_init(struct loop *loop, struct server *server);
/* Opens what the loop needs to serve requests: before any is served, while there is memory. */
void loop_open(struct loop *loop, struct engine *engine);
/* Runs an open loop until loop_end(); then closes its connections and frees what the loop owns. */
void loop_run(struct loop *loop);
/* Frees a loop that has never run. */
void loop_discard(struct loop *loop);
/* Any thread: run the task on the loop's thread. */
void loop_post(struct loop *loop, struct task *task);
/* On the loop's own thread.  drain: refuse new requests; end, after engine_stop(): close. */
void loop_drain(struct loop *loop);
void loop_end(struct loop *loop);
/* Called for connections when they open and close. */
void loop_begin_sweeping(struct loop *loop);
void loop_end_when_empty(struct loop *loop);

/* ---- connections ---- */

/*
 * Takes over the descriptor, and the share that was entered for it.  The loop has counted the connection
 * already.
 */
void connection_open(struct loop *loop, struct port *port, int fd, const struct address *from,
                     struct share *share);
void connection_close(struct connection *connection);
const struct share *connection_share(const struct connection *connection);
struct quiet *connection_quiet(struct connection *connection);
/* The exchange has come back with its reply. */
void connection_answered(struct slot *slot);
/* Close connections that are past their deadline. */
void connections_sweep(struct loop *loop);
/* Close connections that wait for no reply. */
void connections_close_idle(struct loop *loop);
/* Close all connections of a port, also those that wait for a reply. */
void connections_close(struct loop *loop, const struct port *port);

/* ---- sandboxes ---- */

struct sandboxes *sandboxes_new(struct loop *loop);
/* Forks the launcher: the process must have one thread.  The URL must live as long as the sandboxes. */
void sandboxes_launch(struct sandboxes *sandboxes, const struct launcher_options *options);
void sandboxes_free(struct sandboxes *sandboxes);
void sandboxes_start_effect(void *sandboxes, str payload);
void sandboxes_stop_effect(void *sandboxes, str payload);
void sandboxes_run_effect(void *sandboxes, str payload);
void sandboxes_terminate_effect(void *sandboxes, str payload);
void sandboxes_subscribe_effect(void *sandboxes, str payload);
void sandboxes_tell_effect(void *sandboxes, str payload);
/* Ends all children, without events for the engine; calls `done` when the last has ended. */
void sandboxes_end(struct sandboxes *sandboxes, void (*done)(struct loop *loop));
/* Let sandboxes with extensions end, as long as the engine runs and answers them. */
void sandboxes_wind_down(struct sandboxes *sandboxes, void (*wound_down)(struct loop *loop));
