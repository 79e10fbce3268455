#pragma once

/*
 * server.h: sockets in, exchanges out, and the child processes of functions.
 *
 * main makes a server first, because the server's port and effect runners are part of the engine's options;
 * then main starts the engine, and passes it to server_start().  server_run() must run on the main thread:
 * children die with the thread that started them.
 */
#include "engine/engine.h"
#include "server/launcher.h"
#include "server/outside.h"

struct server;

struct server_options {
    const char *host;      /* an address or a name, as "127.0.0.1" */
    int port;              /* 0: any free port */
    unsigned thread_count; /* number of loops that serve; 0: one per core, at most 16 */
    enum sandbox_mode sandbox;
    bool function_network; /* functions may use the network beyond this server */
    struct outside_options outside;
};

/* Takes the port, but refuses connections until the start.  NULL, with *error (in arena), on trouble. */
struct server *server_new(const struct server_options *options, struct arena *arena, str *error);
/* The port of the server. */
int server_port(const struct server *server);
/*
 * The server's URL for programs on this machine, with the address that it listens on; or loopback, if on all.
 */
str server_local_url(const struct server *server, struct arena *arena);
/*
 * Runners of the effects of engine/sandbox.model and engine/outside.model, ending with a NULL kind; valid as
 * long as the server lives.
 */
const struct effect_runner *server_effect_runners(struct server *server);

/* For struct engine_options: its context is the server. */
void server_tell_load(void *server, struct server_load *load);

/*
 * Listens and starts the serving threads; from now on signals stop the server.  False, with *error (in
 * arena), when another process has begun to listen on the port.
 */
bool server_start(struct server *server, struct engine *engine, struct arena *arena, str *error);
/*
 * Prints "Ready." on standard output and serves until SIGTERM, SIGINT or SIGHUP (unless the parent ignores
 * it, as nohup does).  Then it refuses new connections and requests, calls engine_stop(), sends the replies
 * in flight, ends children and joins threads.  A second SIGTERM or SIGINT ends the process at once.
 */
void server_run(struct server *server);
/* Call it after server_run() and before engine_free(), or without a start. */
void server_free(struct server *server);
