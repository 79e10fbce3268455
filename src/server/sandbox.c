/*
 * sandbox.c: one child process of a function, from its beginning to its end.
 *
 * It has a Runtime API port of its own, by which the engine knows who asks.  It leads a process group:
 * whatever it started and left there ends with it.  Its memory goes last, when libuv has let go of
 * its handles.
 */
#include "server/sandbox.h"

#include "base/check.h"
#include "base/log.h"
#include "wire/json.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

void sandbox_kill(const struct sandbox *sandbox, int number)
{
    kill(-sandbox->child.pid, number);
}

/* ---- its end ---- */

static void free_sandbox(uv_handle_t *poll)
{
    struct listener *listener = poll->data;

    free(listener->owner);
}

static void on_end_closed(uv_handle_t *end)
{
    struct sandbox *sandbox = end->data;

    listener_close(&sandbox->listener, free_sandbox);
}

static void unlink_sandbox(struct sandbox *sandbox)
{
    if (sandbox->previous)
        sandbox->previous->next = sandbox->next;
    else
        sandbox->sandboxes->first = sandbox->next;
    if (sandbox->next)
        sandbox->next->previous = sandbox->previous;
}

static void discard(struct sandbox *sandbox)
{
    struct sandboxes *sandboxes = sandbox->sandboxes;

    connections_close(sandboxes->loop, &sandbox->port);
    unlink_sandbox(sandbox);
    output_close(&sandbox->output);
    sandbox_unwatch(sandbox);
    close(sandbox->child.pid_fd);
    sandbox_remove_tmp(sandbox);
    uv_close((uv_handle_t *)&sandbox->end, on_end_closed);
    sandboxes_finish_when_all_ended(sandboxes);
}

static void on_ended(uv_poll_t *end, int unused, int events)
{
    struct sandbox *sandbox = end->data;
    struct sandboxes *sandboxes = sandbox->sandboxes;
    struct line_list lines = {0};
    int status = 0;

    (void)unused, (void)events;
    uv_poll_stop(end);
    /* What it left behind; nobody can have its number before we wait for it. */
    sandbox_kill(sandbox, SIGKILL);
    waitpid(sandbox->child.pid, &status, 0);
    output_take_last(&sandbox->output, &sandboxes->arena, &lines);
    sandbox_post_output(sandbox, &lines);
    sandbox_post_exit(sandbox, status);
    arena_reset(&sandboxes->arena);
    discard(sandbox);
}

/* ---- its beginning ---- */

static void on_accepted(struct listener *listener, int fd, const struct address *from)
{
    enum share_limit limit; /* functions are let in whatever it is */
    struct sandbox *sandbox = listener->owner;
    struct loop *loop = sandbox->sandboxes->loop;

    atomic_fetch_add_explicit(&loop->connection_count, 1, memory_order_relaxed);
    connection_open(loop, &sandbox->port, fd, from,
                    share_enter(server_shares(loop->server), "functions", &limit));
}

static struct sandbox *sandbox_new(struct sandboxes *sandboxes, str id)
{
    struct sandbox *sandbox = calloc(1, sizeof *sandbox + id.size + 1);

    check(sandbox != NULL);
    memcpy(sandbox->id, id.data, id.size);
    sandbox->sandboxes = sandboxes;
    sandbox->port = (struct port){{sandbox->id, id.size}, sandbox_request_arrives, sandbox_request_ended};
    sandbox->listener.owner = sandbox;
    sandbox->listener.accepted = on_accepted;
    return sandbox;
}

static void add_sandbox(struct sandbox *sandbox)
{
    struct sandboxes *sandboxes = sandbox->sandboxes;

    sandbox->end.data = sandbox;
    check(uv_poll_init(&sandboxes->loop->uv, &sandbox->end, sandbox->child.pid_fd) == 0);
    uv_poll_start(&sandbox->end, UV_READABLE, on_ended);
    sandbox->next = sandboxes->first;
    if (sandboxes->first)
        sandboxes->first->previous = sandbox;
    sandboxes->first = sandbox;
    sandbox_watch(sandbox);
}

void sandbox_begin(struct sandboxes *sandboxes, str id, const struct json *payload)
{
    struct sandbox *sandbox = sandbox_new(sandboxes, id);
    const struct json *limit = json_get(payload, S("memoryBytes"));
    str message;

    if (json_is(limit, JSON_NUMBER))
        str_to_i64(limit->text, &sandbox->memory_limit_bytes);
    if (!listener_open(&sandbox->listener, sandboxes->loop, "127.0.0.1", 0, &sandboxes->arena, &message)) {
        sandbox_post_not_started(sandboxes, id, "StartFailed", message);
        free(sandbox);
        return;
    }
    if (!sandbox_launch(sandbox, payload, &message)) {
        sandbox_post_not_started(sandboxes, id, "StartFailed", message);
        sandbox_remove_tmp(sandbox);
        listener_close(&sandbox->listener, free_sandbox);
        return;
    }
    add_sandbox(sandbox);
    log_debug("sandbox started id=%s function=%.*s pid=%d port=%d", sandbox->id,
              STR_ARGS(json_get_str(payload, S("functionName"))), (int)sandbox->child.pid,
              listener_port(&sandbox->listener));
}
