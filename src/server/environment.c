/*
 * environment.c: one child process of a function, from its beginning to its end.
 *
 * It has a Runtime API port of its own, by which the engine knows who asks.  It leads a process group:
 * whatever it started and left there ends with it.  Its memory goes last, when libuv has let go of
 * its handles.
 */
#include "server/environment.h"

#include "base/check.h"
#include "base/log.h"
#include "wire/json.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

void environment_kill(const struct environment *environment, int number)
{
    kill(-environment->child.pid, number);
}

/* ---- its end ---- */

static void free_environment(uv_handle_t *poll)
{
    struct listener *listener = poll->data;

    free(listener->owner);
}

static void on_end_closed(uv_handle_t *end)
{
    struct environment *environment = end->data;

    listener_close(&environment->listener, free_environment);
}

static void unlink_environment(struct environment *environment)
{
    if (environment->previous)
        environment->previous->next = environment->next;
    else
        environment->environments->first = environment->next;
    if (environment->next)
        environment->next->previous = environment->previous;
}

static void discard(struct environment *environment)
{
    struct environments *environments = environment->environments;

    connections_close(environments->loop, &environment->port);
    unlink_environment(environment);
    output_close(&environment->output);
    environment_unwatch(environment);
    close(environment->child.pid_fd);
    environment_remove_tmp(environment);
    uv_close((uv_handle_t *)&environment->end, on_end_closed);
    environments_finish_when_all_ended(environments);
}

static void on_ended(uv_poll_t *end, int unused, int events)
{
    struct environment *environment = end->data;
    struct environments *environments = environment->environments;
    struct line_list lines = {0};
    int status = 0;

    (void)unused, (void)events;
    uv_poll_stop(end);
    /* What it left behind; nobody can have its number before we wait for it. */
    environment_kill(environment, SIGKILL);
    waitpid(environment->child.pid, &status, 0);
    output_take_last(&environment->output, &environments->arena, &lines);
    environment_post_output(environment, &lines);
    environment_post_exit(environment, status);
    arena_reset(&environments->arena);
    discard(environment);
}

/* ---- its beginning ---- */

static void on_accepted(struct listener *listener, int fd, const struct address *from)
{
    enum share_limit limit; /* functions are let in whatever it is */
    struct environment *environment = listener->owner;
    struct loop *loop = environment->environments->loop;

    atomic_fetch_add_explicit(&loop->connection_count, 1, memory_order_relaxed);
    connection_open(loop, &environment->port, fd, from,
                    share_enter(server_shares(loop->server), "functions", &limit));
}

static struct environment *environment_new(struct environments *environments, str id)
{
    struct environment *environment = calloc(1, sizeof *environment + id.size + 1);

    check(environment != NULL);
    memcpy(environment->id, id.data, id.size);
    environment->environments = environments;
    environment->port =
        (struct port){{environment->id, id.size}, environment_request_arrives, environment_request_ended};
    environment->listener.owner = environment;
    environment->listener.accepted = on_accepted;
    return environment;
}

static void add_environment(struct environment *environment)
{
    struct environments *environments = environment->environments;

    environment->end.data = environment;
    check(uv_poll_init(&environments->loop->uv, &environment->end, environment->child.pid_fd) == 0);
    uv_poll_start(&environment->end, UV_READABLE, on_ended);
    environment->next = environments->first;
    if (environments->first)
        environments->first->previous = environment;
    environments->first = environment;
    environment_watch(environment);
}

void environment_begin(struct environments *environments, str id, const struct json *payload)
{
    struct environment *environment = environment_new(environments, id);
    const struct json *limit = json_get(payload, S("memoryBytes"));
    str message;

    if (json_is(limit, JSON_NUMBER))
        str_to_i64(limit->text, &environment->memory_limit_bytes);
    if (!listener_open(&environment->listener, environments->loop, "127.0.0.1", 0, &environments->arena,
                       &message)) {
        environment_post_not_started(environments, id, "StartFailed", message);
        free(environment);
        return;
    }
    if (!environment_launch(environment, payload, &message)) {
        environment_post_not_started(environments, id, "StartFailed", message);
        environment_remove_tmp(environment);
        listener_close(&environment->listener, free_environment);
        return;
    }
    add_environment(environment);
    log_debug("environment started id=%s function=%.*s pid=%d port=%d", environment->id,
              STR_ARGS(json_get_str(payload, S("functionName"))), (int)environment->child.pid,
              listener_port(&environment->listener));
}
