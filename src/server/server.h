#pragma once

/*
 * server.h: sockets in, exchanges out, and the child processes of functions.
 *
 * main makes a server first, for its port and effect runners belong into the engine's options; then
 * starts the engine; then hands it to server_start().  server_run() belongs on the main thread: children
 * die with the thread that started them.
 */
#include "engine/engine.h"
#include "server/launcher.h"

struct server;

struct server_options {
    const char *host;      /* an address or a name; "127.0.0.1" */
    int port;              /* 0: any free one */
    unsigned thread_count; /* of loops that serve; 0: one per core, at most 16 */
    enum sandbox_mode sandbox;
    bool function_network; /* functions reach more than this server */
};

/* Has its port already, but refuses connections until the start.  NULL and *error (in arena) on trouble. */
struct server *server_new(const struct server_options *options, struct arena *arena, str *error);
/* The port it listens on. */
int server_port(const struct server *server);
/* Runners of SANDBOX_START and SANDBOX_STOP (engine/sandbox.model), up to a NULL kind; as long as the server
 * lives. */
const struct effect_runner *server_effect_runners(struct server *server);

/*
 * Listens and starts the serving threads; from here on signals stop the server.  False and *error (in arena)
 * when another process has begun to listen on the port.
 */
bool server_start(struct server *server, struct engine *engine, struct arena *arena, str *error);
/*
 * Prints "Ready." on standard output and serves until SIGTERM, SIGINT or server_stop().  Then: no
 * new connections, no new requests, engine_stop(), what was in flight is answered, children are
 * ended, threads are joined.  A second signal ends the process at once.
 */
void server_run(struct server *server);
/* Any thread, or a signal handler. */
void server_stop(struct server *server);
/* After server_run() and before engine_free(), or without a start. */
void server_free(struct server *server);
