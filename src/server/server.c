/*
 * server.c: the serving threads, and the order in which things begin and end.
 *
 * Stopping goes in steps; each begins when the one before is complete on every thread: new connections are
 * refused, and sandboxes with extensions end; new requests are refused; the engine stops, which answers
 * requests in flight; children end; loops send their last replies and close.
 */
#include "server/server_internal.h"

#include "base/check.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/thread.h"
#include "outside_model.h"
#include "sandbox_model.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    DESCRIPTORS = 64 * 1024,
    DESCRIPTORS_OF_PROCESS = 64, /* the database's, two for each of at most 16 workers, and pipes */
    DESCRIPTORS_OF_LOOP = 6,
    DESCRIPTORS_TO_SERVE = 32, /* some clients, and a function */
    MOST_SURPLUS = 16,         /* their descriptors belong to the process itself */
    MOST_USUAL_THREADS = 16,   /* more threads would not keep the engine thread busier, and need memory */
};

struct server {
    struct engine *engine; /* NULL before the start */
    struct loop main;      /* accepts, and owns the sandboxes */
    struct loop *loops;    /* these loops serve */
    unsigned loop_count, loops_draining;
    _Atomic unsigned surplus; /* accepted clients beyond the limit: they wait for a loop to make room */
    struct port port;
    struct listener listener;
    struct shares *shares;
    int port_number;
    struct sandboxes *sandboxes;
    struct outside *outside;
    struct effect_runner effect_runners[8]; /* the last one is empty */
    uv_async_t stop;
    bool bound, stopping;
};

static struct server *server_to_stop; /* for the signal handler */
static volatile sig_atomic_t signalled;

/* ---- accepting ---- */

static void post(struct loop *loop, void (*run)(struct loop *loop, struct task *task))
{
    struct task *task = memory_take(sizeof *task);

    task->run = run;
    loop_post(loop, task);
}

struct arrival {
    struct task task;
    struct port *port;
    struct address from;
    struct share *share;
    enum share_limit limit; /* if it was reached, another connection must be closed first */
    unsigned loops_tried;   /* loops that were searched for a connection to close */
    int fd;
};

static void settle_surplus(struct server *server, const struct arrival *arrival)
{
    if (arrival->limit != SHARE_FREE)
        atomic_fetch_sub_explicit(&server->surplus, 1, memory_order_relaxed);
}

static void turn_away(int fd, const char *why)
{
    static const char busy[] =
        "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
    static struct log_pace refusals;
    unsigned left_out;

    if (log_due(&refusals, &left_out))
        log_warn("a connection was refused", log_field("why", why), log_field("also", left_out));
    (void)!send(fd, busy, sizeof busy - 1, MSG_DONTWAIT | MSG_NOSIGNAL);
    close(fd);
}

static void give_up(struct loop *loop, struct arrival *arrival)
{
    turn_away(arrival->fd, arrival->limit == SHARE_OF_ALL_TAKEN ? "too many connections"
                                                                : "too many connections of that address");
    settle_surplus(loop->server, arrival);
    share_leave(arrival->share);
    atomic_fetch_sub_explicit(&loop->connection_count, 1, memory_order_relaxed);
    free(arrival);
    loop_end_when_empty(loop);
}

static void try_next_loop(struct loop *loop, struct arrival *arrival)
{
    struct server *server = loop->server;
    size_t index = (size_t)(loop - server->loops);
    struct loop *next = &server->loops[(index + 1) % server->loop_count];

    atomic_fetch_sub_explicit(&loop->connection_count, 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&next->connection_count, 1, memory_order_relaxed);
    loop_post(next, &arrival->task);
}

/* At the limit, the connection that has been idle for longest makes room. */
static bool has_room(struct loop *loop, const struct arrival *arrival)
{
    return arrival->limit == SHARE_FREE ||
           quiet_close_longest(loop, arrival->limit == SHARE_OF_ALL_TAKEN ? NULL : arrival->share);
}

static void open_arrival(struct loop *loop, struct task *task)
{
    struct arrival *arrival = (struct arrival *)task;

    if (has_room(loop, arrival)) {
        connection_open(loop, arrival->port, arrival->fd, &arrival->from, arrival->share);
        settle_surplus(loop->server, arrival);
        free(arrival);
    } else if (++arrival->loops_tried < loop->server->loop_count && !loop->draining) {
        try_next_loop(loop, arrival);
    } else {
        give_up(loop, arrival);
    }
}

static unsigned connection_count(struct loop *loop)
{
    return atomic_load_explicit(&loop->connection_count, memory_order_relaxed);
}

static struct loop *least_busy(struct server *server)
{
    struct loop *least = &server->loops[0];

    for (unsigned i = 0; i < server->loop_count; i++) {
        if (connection_count(&server->loops[i]) < connection_count(least))
            least = &server->loops[i];
    }
    return least;
}

static uint64_t quiet_since_ns(struct loop *loop)
{
    return atomic_load_explicit(&loop->quiet_since_ns, memory_order_relaxed);
}

/* The loop with the connection that has been idle for longest. */
static struct loop *least_awake(struct server *server)
{
    struct loop *least = &server->loops[0];

    for (unsigned i = 1; i < server->loop_count; i++)
        if (quiet_since_ns(&server->loops[i]) < quiet_since_ns(least))
            least = &server->loops[i];
    return least;
}

void server_accept(struct server *server, int fd, const struct address *from, const char *client)
{
    struct loop *loop;

    if (memory_is_short()) {
        turn_away(fd, "out of memory");
        return;
    }
    struct arrival *arrival = memory_take(sizeof *arrival);
    *arrival = (struct arrival){.task.run = open_arrival, .port = &server->port, .from = *from, .fd = fd};
    arrival->share = share_enter(server->shares, client, &arrival->limit);
    if (arrival->limit != SHARE_FREE)
        atomic_fetch_add_explicit(&server->surplus, 1, memory_order_relaxed);
    loop = arrival->limit == SHARE_FREE ? least_busy(server) : least_awake(server);
    atomic_fetch_add_explicit(&loop->connection_count, 1, memory_order_relaxed);
    loop_post(loop, &arrival->task);
}

bool server_is_crowded(const struct server *server)
{
    return atomic_load_explicit(&server->surplus, memory_order_relaxed) >= MOST_SURPLUS;
}

static void on_accepted(struct listener *listener, int fd, const struct address *from)
{
    server_accept(listener->owner, fd, from, from->text);
}

static void make_room(struct loop *loop, struct task *task)
{
    free(task);
    quiet_close_longest(loop, NULL);
}

void server_make_room(struct server *server)
{
    post(least_awake(server), make_room);
}

static void on_starved(struct listener *listener)
{
    server_make_room(listener->owner);
}

static bool is_crowded(struct listener *listener)
{
    return server_is_crowded(listener->owner);
}

struct shares *server_shares(struct server *server)
{
    return server->shares;
}

void server_tell_load(void *context, struct server_load *load)
{
    const struct server *server = context;

    shares_load(server->shares, load);
}

/* ---- stopping ---- */

static void end_loop(struct loop *loop, struct task *task)
{
    free(task);
    loop_end(loop);
}

static void on_stop_closed(uv_handle_t *handle)
{
    struct server *server = handle->data;

    loop_end(&server->main);
}

static void on_children_gone(struct loop *loop)
{
    struct server *server = loop->server;

    for (unsigned i = 0; i < server->loop_count; i++)
        post(&server->loops[i], end_loop);
    uv_close((uv_handle_t *)&server->stop, on_stop_closed);
}

/* All threads have stopped dispatching. */
static void stop_engine(struct server *server)
{
    loop_drain(&server->main);
    outside_close(server->outside);
    engine_stop(server->engine);
    sandboxes_end(server->sandboxes, on_children_gone);
}

static void one_is_draining(struct loop *loop, struct task *task)
{
    struct server *server = loop->server;

    free(task);
    if (++server->loops_draining == server->loop_count)
        stop_engine(server);
}

static void drain_loop(struct loop *loop, struct task *task)
{
    free(task);
    loop_drain(loop);
    post(&loop->server->main, one_is_draining);
}

static void drain_loops(struct loop *loop)
{
    struct server *server = loop->server;

    for (unsigned i = 0; i < server->loop_count; i++)
        post(&server->loops[i], drain_loop);
}

static void on_stop(uv_async_t *async)
{
    struct server *server = async->data;

    if (server->stopping)
        return;
    server->stopping = true;
    log_info("stopping");
    listener_close(&server->listener, NULL);
    sandboxes_wind_down(server->sandboxes, drain_loops);
}

/* A terminal that closes may send two SIGHUPs: the shell's, and the kernel's. */
static void on_signal(int number)
{
    if (signalled && number != SIGHUP)
        _exit(128 + number);
    if (!signalled)
        uv_async_send(&server_to_stop->stop);
    signalled = 1;
}

static void watch_signals(struct server *server)
{
    struct sigaction stop = {.sa_handler = on_signal, .sa_flags = SA_RESTART},
                     ignore = {.sa_handler = SIG_IGN}, hangup;

    server_to_stop = server;
    signalled = 0;
    sigaction(SIGPIPE, &ignore, NULL);
    sigaction(SIGXFSZ, &ignore, NULL); /* a write beyond the largest file that is allowed fails */
    sigaction(SIGTERM, &stop, NULL);
    sigaction(SIGINT, &stop, NULL);
    if (sigaction(SIGHUP, NULL, &hangup) == 0 && hangup.sa_handler != SIG_IGN) /* nohup ignores it */
        sigaction(SIGHUP, &stop, NULL);
}

static void unwatch_signals(void)
{
    struct sigaction usual = {.sa_handler = SIG_DFL}, ignore = {.sa_handler = SIG_IGN};

    sigaction(SIGTERM, &usual, NULL);
    sigaction(SIGINT, &usual, NULL);
    sigaction(SIGHUP, &ignore, NULL);
    server_to_stop = NULL;
}

/* ---- life ---- */

static unsigned usual_thread_count(void)
{
    unsigned cores = uv_available_parallelism();

    return cores < MOST_USUAL_THREADS ? cores : MOST_USUAL_THREADS;
}

/* Raise the limit of descriptors as far as the system allows; returns it. */
static size_t allow_many_descriptors(void)
{
    enum { USUAL = 1024 };
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return USUAL;
    limit.rlim_cur = limit.rlim_max < DESCRIPTORS ? limit.rlim_max : DESCRIPTORS;
    setrlimit(RLIMIT_NOFILE, &limit);
    return getrlimit(RLIMIT_NOFILE, &limit) == 0 ? limit.rlim_cur : USUAL;
}

static size_t own_descriptors(unsigned loops)
{
    return DESCRIPTORS_OF_PROCESS + (size_t)DESCRIPTORS_OF_LOOP * loops;
}

/*
 * Are so many descriptors free as the server needs to start and to serve a few clients?  It could say that it
 * is ready without them, but not accept a connection.
 */
static bool descriptors_suffice(size_t limit, unsigned loops, struct arena *arena, str *error)
{
    size_t needed = own_descriptors(loops) + DESCRIPTORS_TO_SERVE, free = 0, taken = 0;

    for (size_t fd = 0; fd < limit && free < needed; fd++)
        *(fcntl((int)fd, F_GETFD) < 0 ? &free : &taken) += 1;
    if (free < needed)
        *error =
            arena_format(arena, "the limit of open files is %zu, and the server needs %zu (ulimit -n %zu)",
                         limit, taken + needed, taken + needed);
    return free == needed;
}

static void init(struct server *server, const struct server_options *options)
{
    server->loops = calloc(server->loop_count, sizeof *server->loops);
    check(server->loops != NULL);
    loop_init(&server->main, server);
    for (unsigned i = 0; i < server->loop_count; i++)
        loop_init(&server->loops[i], server);
    check(uv_async_init(&server->main.uv, &server->stop, on_stop) == 0);
    server->stop.data = server;

    server->sandboxes = sandboxes_new(&server->main);
    server->outside = outside_new(&options->outside);
    const struct effect_runner runners[] = {
        {&SANDBOX_START, sandboxes_start_effect, server->sandboxes},
        {&SANDBOX_STOP, sandboxes_stop_effect, server->sandboxes},
        {&SANDBOX_RUN, sandboxes_run_effect, server->sandboxes},
        {&SANDBOX_TERMINATE, sandboxes_terminate_effect, server->sandboxes},
        {&SANDBOX_SUBSCRIBE, sandboxes_subscribe_effect, server->sandboxes},
        {&SANDBOX_TELL, sandboxes_tell_effect, server->sandboxes},
        {&OUTSIDE_SEND, outside_start_effect, server->outside},
    };
    _Static_assert(sizeof runners < sizeof server->effect_runners, "the last runner is empty");
    memcpy(server->effect_runners, runners, sizeof runners);
}

struct server *server_new(const struct server_options *options, struct arena *arena, str *error)
{
    unsigned loop_count = options->thread_count ? options->thread_count : usual_thread_count();
    size_t descriptors = allow_many_descriptors();

    if (!descriptors_suffice(descriptors, loop_count, arena, error))
        return NULL;
    struct server *server = calloc(1, sizeof *server);
    check(server != NULL);
    server->loop_count = loop_count;
    server->shares = shares_new(descriptors, own_descriptors(loop_count));
    init(server, options);
    server->listener.owner = server;
    server->listener.accepted = on_accepted;
    server->listener.starved = on_starved;
    server->listener.crowded = is_crowded;
    server->bound =
        listener_bind(&server->listener, &server->main, options->host, options->port, arena, error);
    if (!server->bound) {
        server_free(server);
        return NULL;
    }
    server->port_number = listener_port(&server->listener);
    sandboxes_launch(server->sandboxes,
                     &(struct launcher_options){.mode = options->sandbox,
                                                .outward = options->function_network,
                                                .endpoint_port = server->port_number,
                                                .endpoint_url = server_local_url(server, arena)});
    return server;
}

const struct effect_runner *server_effect_runners(struct server *server)
{
    return server->effect_runners;
}

static void *serve(void *loop)
{
    thread_set_name("loop");
    loop_run(loop);
    return NULL;
}

bool server_start(struct server *server, struct engine *engine, struct arena *arena, str *error)
{
    if (!listener_listen(&server->listener)) {
        *error = arena_format(arena, "cannot listen on port %d: %s", server->port_number, strerror(errno));
        return false;
    }
    watch_signals(server);
    server->engine = engine;
    outside_open(server->outside, engine);
    loop_open(&server->main, engine);
    for (unsigned i = 0; i < server->loop_count; i++)
        loop_open(&server->loops[i], engine);
    for (unsigned i = 0; i < server->loop_count; i++)
        check(pthread_create(&server->loops[i].thread, NULL, serve, &server->loops[i]) == 0);
    log_info("listening", log_field("url", listener_url(&server->listener, arena)),
             log_field("threads", server->loop_count));
    return true;
}

int server_port(const struct server *server)
{
    return server->port_number;
}

str server_local_url(const struct server *server, struct arena *arena)
{
    return listener_local_url(&server->listener, arena);
}

void server_run(struct server *server)
{
    puts("Ready.");
    fflush(stdout);
    loop_run(&server->main);
    for (unsigned i = 0; i < server->loop_count; i++)
        pthread_join(server->loops[i].thread, NULL);
    unwatch_signals();
    log_info("stopped");
}

static void nothing_more(struct loop *loop)
{
    (void)loop;
}

/* libuv closes handles only in its loops, so these run even when nothing has run yet. */
static void discard_loops(struct server *server)
{
    if (server->bound)
        listener_close(&server->listener, NULL);
    sandboxes_end(server->sandboxes, nothing_more);
    uv_close((uv_handle_t *)&server->stop, NULL);
    loop_discard(&server->main);
    for (unsigned i = 0; i < server->loop_count; i++)
        loop_discard(&server->loops[i]);
}

void server_free(struct server *server)
{
    if (!server->engine)
        discard_loops(server);
    sandboxes_free(server->sandboxes);
    outside_close(server->outside);
    outside_free(server->outside);
    shares_free(server->shares);
    free(server->loops);
    free(server);
}
