#pragma once

/*
 * server_internal.h: what the files of the server share.
 *
 * A loop is one thread with one libuv loop.  The main thread's loop accepts connections and hands
 * each to the serving loop that has fewest; it also owns everything about sandboxes, so that
 * what a child prints and what it asks of the Runtime API are seen in one order, without locks.
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
    INPUT_WAITING_BYTES = 4 * 1024,           /* of pipelined requests, then reading pauses */
    LINGER_BYTES = 2 * LIMIT_HTTP_BODY_BYTES, /* of a refused body, then the connection is closed */
    UNSENT_BYTES = 128 * 1024 * 1024,         /* of replies that clients do not read, over all connections */
    SLOT_BYTES = 16 * 1024,                   /* what a request costs before its body */
    SWEEP_INTERVAL_MS = 1000,                 /* how exact time-outs are */
    LINGER_MS = 2000,                         /* for the client to read our last words */
    STOP_GRACE_MS = 300,                      /* between SIGTERM and SIGKILL when the server stops */
};

struct loop;
struct connection;
struct sandboxes;

/* ---- quiet connections: those that wait for their client ---- */

struct quiet_list {
    struct connection *longest, *last;
};
struct quiet {
    struct quiet_list *list; /* NULL: not quiet */
    struct connection *before, *after;
    uint64_t since_ns;
};

/* To the end of that list; NULL: on none. */
void quiet_move(struct loop *loop, struct connection *connection, struct quiet_list *list);
/* Close the connection that has been idle for longest, or else has been sending for longest; of that share,
 * unless it is NULL.  False when there is none. */
bool quiet_close_longest(struct loop *loop, const struct share *share);
/* Close connections whose request has not gone on for a second, longest first, until `enough` says so. */
void quiet_end_stalled(struct loop *loop, bool (*enough)(void *context), void *context);

/* ---- ports: where connections come in ---- */

struct port {
    str sandbox;                                /* the sandbox's id; absent at the public port */
    void (*request_arrives)(struct port *port); /* before it is dispatched; or NULL */
    void (*request_ended)(struct port *port);   /* answered, or its client is gone; or NULL */
    _Atomic unsigned connections;               /* that are open */
};

struct address {
    char text[INET6_ADDRSTRLEN];
};

/* Our own address that this connection was made to. */
struct address address_called(int fd);

struct listener {
    uv_poll_t poll;
    uv_timer_t rest; /* after we ran out of descriptors */
    int fd;
    void *owner;
    void (*accepted)(struct listener *listener, int fd, const struct address *from);
    void (*starved)(struct listener *listener); /* there are no descriptors: make room; or NULL */
    uv_close_cb closed;
};

/*
 * Take the address, so that its port is known; connections are refused until listener_listen().  False and
 * *error (in arena) on trouble.
 */
bool listener_bind(struct listener *listener, struct loop *loop, const char *host, int port,
                   struct arena *arena, str *error);
/* False (errno) when another process listens there by now. */
bool listener_listen(struct listener *listener);
/* One that listens already, elsewhere perhaps: its fd, owner and callback are set. */
void listener_adopt(struct listener *listener, struct loop *loop);
int listener_port(const struct listener *listener);
/* `closed` is called with the poll handle (its data is the listener) when the listener's memory may go; or
 * NULL. */
void listener_close(struct listener *listener, uv_close_cb closed);

/* A client of the public port, whichever way it came in; `client` names its share. */
void server_accept(struct server *server, int fd, const struct address *from, const char *client);

/* ---- slots: a request being read or in flight ---- */

struct slot {
    struct exchange exchange; /* first: exchange->connection is the slot */
    struct http_parser *parser;
    struct loop *loop;
    struct connection *connection; /* NULL when the client is gone */
    struct share *share;           /* it pays for `charged` bytes; NULL: for none */
    size_t charged;
    struct share *disk_share; /* it pays for `spooled` bytes on the disk; NULL: for none */
    size_t spooled;
    struct share *stream_share; /* whose streams it is one of; NULL: none */
    bool answered;              /* within dispatch() */
    struct slot *next_free;
};

/* The shares of the server's clients. */
struct shares *server_shares(struct server *server);

struct slot *slot_take(struct loop *loop, struct connection *connection);
void slot_give_back(struct slot *slot);
/* Its reply becomes a stream of that share; it ends with the slot.  False: there are too many. */
bool slot_begin_stream(struct slot *slot, struct share *share);
/* The share pays for so many bytes of its body on the disk, all together.  False: there is no room. */
bool slot_take_disk(struct slot *slot, struct share *share, size_t bytes);
/* The budget pays for it no longer. */
void slot_end_charge(struct slot *slot);

/* ---- loops ---- */

/* Something to do on a loop's thread; it frees itself. */
struct task {
    void (*run)(struct loop *loop, struct task *task);
    struct task *next;
};

struct loop {
    uv_loop_t uv;
    uv_async_t wake_up;
    uv_timer_t sweep;
    uv_check_t turn_end; /* hands over what a turn has gathered */
    pthread_t thread;    /* of a serving loop */
    struct server *server;
    struct engine *engine;
    struct dispatcher *dispatcher;
    struct connection *connections;
    struct quiet_list idle, receiving; /* of them; longest first */
    _Atomic uint64_t quiet_since_ns;   /* of the first of them; those that receive count as later */
    bool trim;                         /* something large was freed */
    _Atomic unsigned connection_count; /* those on their way here counted */
    struct slot *free_slots;
    unsigned free_slot_count;
    struct slot *dispatching; /* in dispatch() right now */
    bool draining;            /* no new requests */
    bool ending;              /* stop when the last connection has gone */

    pthread_mutex_t lock; /* over the next four */
    struct exchange *outbox_first, *outbox_last;
    struct task *tasks_first, *tasks_last;

    struct arena output_arena;
    struct text output; /* replies of the connection at work, not yet sent */
    char read_buffer[READ_BUFFER_BYTES];
};

void loop_init(struct loop *loop, struct server *server);
/* Runs until it is told to end; then closes what is left and frees what the loop owns. */
void loop_run(struct loop *loop);
/* Instead of loop_run(), when nothing shall run. */
void loop_discard(struct loop *loop);
/* Any thread. */
void loop_post(struct loop *loop, struct task *task);
/* On the loop's own thread: no new requests; then, after engine_stop(), no more at all. */
void loop_drain(struct loop *loop);
void loop_end(struct loop *loop);
/* For connections, when they come and go. */
void loop_begin_sweeping(struct loop *loop);
void loop_end_when_empty(struct loop *loop);

/* ---- connections ---- */

/* Takes the descriptor over, and the share that was entered for it.  The loop has counted it already. */
void connection_open(struct loop *loop, struct port *port, int fd, const struct address *from,
                     struct share *share);
void connection_close(struct connection *connection);
const struct share *connection_share(const struct connection *connection);
struct quiet *connection_quiet(struct connection *connection);
/* The exchange came home. */
void connection_answered(struct slot *slot);
/* Close those that are past their deadline. */
void connections_sweep(struct loop *loop);
/* Close those that wait for nothing of ours. */
void connections_close_idle(struct loop *loop);
/* Close all of a port, whatever they wait for. */
void connections_close(struct loop *loop, const struct port *port);

/* ---- sandboxes ---- */

struct sandboxes *sandboxes_new(struct loop *loop);
/* Forks the launcher: the process must have one thread. */
void sandboxes_launch(struct sandboxes *sandboxes, const struct launcher_options *options);
void sandboxes_free(struct sandboxes *sandboxes);
void sandboxes_start_effect(void *sandboxes, str id, str payload);
void sandboxes_stop_effect(void *sandboxes, str id, str payload);
/* Ends all children, without a word to the engine; `done` is called when the last has gone. */
void sandboxes_end(struct sandboxes *sandboxes, void (*done)(struct loop *loop));
