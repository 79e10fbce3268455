/*
 * sandbox.c: one sandbox of a function, from its beginning to its end.
 *
 * The server asks the launcher for the sandbox; the answers come on the control socket, later: its process,
 * its listening sockets, or the reason why it did not start.  It has ended when its process 1 has ended,
 * because the kernel kills the others first.  Its memory is freed last, when libuv has closed its handles.
 */
#include "server/sandbox.h"

#include "base/check.h"
#include "base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

void sandbox_kill(const struct sandbox *sandbox, int number)
{
    /* Without namespaces only process 1 knows all other processes, so the server asks it to kill them. */
    if (sandbox->pid > 0)
        syscall(SYS_pidfd_send_signal, sandbox->pid_fd,
                number == SIGKILL && !sandbox->separated ? SIGUSR1 : number, NULL, 0U);
}

/* ---- its end ---- */

static void release(struct sandbox *sandbox)
{
    if (--sandbox->open_handles == 0)
        free(sandbox);
}

static void on_poll_closed(uv_handle_t *poll)
{
    release(poll->data);
}

static void on_listener_closed(uv_handle_t *poll)
{
    struct listener *listener = poll->data;

    release(listener->owner);
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
    if (sandbox_has_extensions(sandbox))
        output_close(&sandbox->extension_output);
    sandbox_unsubscribe_all(sandbox);
    sandbox_credit_close(sandbox);
    sandbox_unwatch(sandbox);
    close(sandbox->control_fd);
    if (sandbox->pid > 0) {
        close(sandbox->pid_fd);
        uv_close((uv_handle_t *)&sandbox->end, on_poll_closed);
    }
    if (sandbox->listens)
        listener_close(&sandbox->listener, on_listener_closed);
    if (sandbox->has_endpoint)
        listener_close(&sandbox->endpoint, on_listener_closed);
    uv_close((uv_handle_t *)&sandbox->control, on_poll_closed);
    sandboxes_finish_when_all_ended(sandboxes);
}

static void refuse(struct sandbox *sandbox, str why)
{
    sandbox->refused = true;
    log_warn("sandbox did not start", log_field("id", sandbox->id),
             log_field("function", sandbox->function_name), log_field("reason", why));
    sandbox_post_not_started(sandbox->sandboxes, sandbox->port.sandbox, "StartFailed", why);
}

static void take_messages(struct sandbox *sandbox);

/* The kernel kills one process of a sandbox that uses too much memory, maybe process 1. */
static void note_end(struct sandbox *sandbox, int status)
{
    bool was_killed = WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;

    if (!sandbox->reason && was_killed && sandbox_was_full(sandbox))
        sandbox_ran_out_of_memory(sandbox);
}

static void on_ended(uv_poll_t *end, int unused, int events)
{
    struct sandbox *sandbox = end->data;
    struct sandboxes *sandboxes = sandbox->sandboxes;
    struct line_list lines = {0};

    (void)unused, (void)events;
    uv_poll_stop(end);
    uv_poll_stop(&sandbox->control);
    /* A server that is process 1 adopts it when its launcher has ended. */
    waitpid(sandbox->pid, NULL, WNOHANG);
    sandbox_lost_launcher(sandbox);
    take_messages(sandbox);
    note_end(sandbox, sandbox->status);
    output_take_last(&sandbox->output, &sandboxes->arena, &lines);
    sandbox_post_output(sandbox, &lines, OF_FUNCTION);
    sandbox_take_extension_output(sandbox);
    if (!sandbox->refused)
        sandbox_post_exit(sandbox, sandbox->status);
    arena_reset(&sandboxes->arena);
    discard(sandbox);
}

/* ---- its beginning ---- */

/* A runtime calls on one connection; connections beyond what it needs would take descriptors from others. */
static void on_accepted(struct listener *listener, int fd, const struct address *from)
{
    enum { MOST_CONNECTIONS = 64 };
    enum share_limit limit; /* ignored: functions are always let in */
    struct sandbox *sandbox = listener->owner;
    struct loop *loop = sandbox->sandboxes->loop;

    if (sandbox->port.connections >= MOST_CONNECTIONS) {
        close(fd);
        return;
    }
    atomic_fetch_add_explicit(&loop->connection_count, 1, memory_order_relaxed);
    connection_open(loop, &sandbox->port, fd, from,
                    share_enter(server_shares(loop->server), sandbox->id, &limit));
}

/*
 * A client inside that calls our endpoint is a client like any other, with a share for its sandbox: its
 * address is 127.0.0.1, like that of clients on this machine.
 */
static void on_client_accepted(struct listener *listener, int fd, const struct address *from)
{
    struct sandbox *sandbox = listener->owner;

    server_accept(sandbox->sandboxes->loop->server, fd, from, sandbox->id);
}

static void on_starved(struct listener *listener)
{
    struct sandbox *sandbox = listener->owner;

    server_make_room(sandbox->sandboxes->loop->server);
}

static bool is_crowded(struct listener *listener)
{
    struct sandbox *sandbox = listener->owner;

    return server_is_crowded(sandbox->sandboxes->loop->server);
}

static void process_is_known(struct sandbox *sandbox, const struct message *message)
{
    struct sandboxes *sandboxes = sandbox->sandboxes;

    sandbox->pid = message->pid;
    sandbox->pid_fd = message->fds[0];
    sandbox->end.data = sandbox;
    sandbox->open_handles++;
    check(uv_poll_init(&sandboxes->loop->uv, &sandbox->end, sandbox->pid_fd) == 0);
    uv_poll_start(&sandbox->end, UV_READABLE, on_ended);
    if (sandbox->reason || sandbox->refused || sandboxes->done)
        sandbox_kill(sandbox, SIGKILL);
}

static void listen_on(struct sandbox *sandbox, struct listener *listener, int fd)
{
    listener->owner = sandbox;
    listener->starved = on_starved;
    listener->fd = fd;
    sandbox->open_handles++;
    listener_adopt(listener, sandbox->sandboxes->loop);
}

static void has_started(struct sandbox *sandbox, const struct message *message)
{
    sandbox->separated = message->status;
    sandbox->listener.accepted = on_accepted;
    listen_on(sandbox, &sandbox->listener, message->fds[STARTED_RUNTIME_API]);
    sandbox->listens = true;
    if (message->fds[STARTED_ENDPOINT] >= 0) {
        sandbox->endpoint.accepted = on_client_accepted;
        sandbox->endpoint.crowded = is_crowded;
        listen_on(sandbox, &sandbox->endpoint, message->fds[STARTED_ENDPOINT]);
        sandbox->has_endpoint = true;
    }
    sandbox->processes = message->fds[STARTED_PROC] >= 0 ? fdopendir(message->fds[STARTED_PROC]) : NULL;
    sandbox->tmp_fd = message->fds[STARTED_TMP];
    sandbox_watch(sandbox, message->pid);
    log_debug("sandbox started", log_field("id", sandbox->id), log_field("pid", sandbox->pid));
}

/*
 * The server has no descriptors left for what the message brought, so it ends the sandbox.  Without the one
 * of process 1 it does not hear of the end.
 */
static void descriptors_are_missing(struct sandbox *sandbox, const struct message *message)
{
    for (int i = 0; i < MESSAGE_FDS; i++)
        if (message->fds[i] >= 0)
            close(message->fds[i]);
    if (!sandbox->refused)
        refuse(sandbox, str_of(strerror(EMFILE)));
    sandbox->is_out_of_sight = message->kind == MESSAGE_PROCESS;
    if (sandbox->is_out_of_sight)
        kill(message->pid, SIGKILL);
    else
        sandbox_kill(sandbox, SIGKILL);
}

static bool begins_sandbox(const struct message *message)
{
    return message->kind == MESSAGE_PROCESS || message->kind == MESSAGE_BOUNDED ||
           message->kind == MESSAGE_STARTED;
}

static void take_message(struct sandbox *sandbox, const struct message *message)
{
    switch (message->kind) {
    case MESSAGE_PROCESS:
        process_is_known(sandbox, message);
        break;
    case MESSAGE_BOUNDED:
        sandbox->memory_events_fd = message->fds[0];
        break;
    case MESSAGE_STARTED:
        has_started(sandbox, message);
        break;
    case MESSAGE_FAILED:
        refuse(sandbox, str_of(message->text));
        break;
    case MESSAGE_ENDED:
        sandbox->status = message->status;
        note_end(sandbox, message->status);
        if (sandbox_has_extensions(sandbox))
            sandbox_process_message(sandbox, message);
        break;
    default:
        sandbox_process_message(sandbox, message);
    }
}

static void take_messages(struct sandbox *sandbox)
{
    struct message message;

    while (message_receive(sandbox->control_fd, &message))
        if (message.fds_are_missing && begins_sandbox(&message))
            descriptors_are_missing(sandbox, &message);
        else
            take_message(sandbox, &message);
}

/* No process holds the other end any more: the end of process 1 follows, if it was ever started. */
static void control_has_ended(struct sandbox *sandbox)
{
    uv_poll_stop(&sandbox->control);
    if (sandbox->pid > 0)
        return;
    if (!sandbox->refused && sandbox_lost_launcher(sandbox))
        sandbox_post_not_started(sandbox->sandboxes, sandbox->port.sandbox, sandbox->reason, (str){0});
    else if (!sandbox->refused)
        refuse(sandbox, S("the launcher has no descriptors left"));
    discard(sandbox);
}

static void on_control(uv_poll_t *control, int unused, int events)
{
    struct sandbox *sandbox = control->data;
    struct arena *arena = &sandbox->sandboxes->arena;

    (void)unused, (void)events;
    take_messages(sandbox);
    if (errno != EAGAIN || sandbox->is_out_of_sight)
        control_has_ended(sandbox);
    arena_reset(arena);
}

static struct sandbox *sandbox_new(struct sandboxes *sandboxes, str id, str function_name)
{
    struct sandbox *sandbox = calloc(1, sizeof *sandbox + id.size + 1 + function_name.size);

    check(sandbox != NULL);
    memcpy(sandbox->id, id.data, id.size);
    char *name = sandbox->id + id.size + 1;
    if (function_name.size)
        memcpy(name, function_name.data, function_name.size);
    sandbox->function_name = (str){name, function_name.size};
    sandbox->sandboxes = sandboxes;
    sandbox->port = (struct port){.sandbox = {sandbox->id, id.size},
                                  .request_arrives = sandbox_request_arrives,
                                  .request_ended = sandbox_request_ended};
    sandbox->tmp_fd = sandbox->status_fd = sandbox->statm_fd = sandbox->memory_events_fd = -1;
    sandbox->extension_output.fd = -1;
    sandbox->status = SIGKILL; /* until a message brings the real status */
    return sandbox;
}

static void add_sandbox(struct sandbox *sandbox)
{
    struct sandboxes *sandboxes = sandbox->sandboxes;

    sandbox->control.data = sandbox;
    sandbox->open_handles = 1;
    check(uv_poll_init(&sandboxes->loop->uv, &sandbox->control, sandbox->control_fd) == 0);
    uv_poll_start(&sandbox->control, UV_READABLE, on_control);
    sandbox->next = sandboxes->first;
    if (sandboxes->first)
        sandboxes->first->previous = sandbox;
    sandboxes->first = sandbox;
}

static bool open_control(struct sandbox *sandbox, int *other_end)
{
    int control[2];

    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, control) != 0)
        return false;
    fcntl(control[0], F_SETFL, O_NONBLOCK);
    sandbox->control_fd = control[0];
    *other_end = control[1];
    return true;
}

/*
 * Open the output pipes and the control socket, and send the request.  False, with errno set: nothing is left
 * open.
 */
static bool ask_launcher(struct sandbox *sandbox, str payload, bool has_extensions)
{
    int fds[REQUEST_FDS] = {-1, -1, -1};
    bool asked = output_open(&sandbox->output, &fds[REQUEST_OUTPUT]);
    bool opened = asked && open_control(sandbox, &fds[REQUEST_CONTROL]);
    bool complete = opened && (!has_extensions ||
                               output_open(&sandbox->extension_output, &fds[REQUEST_EXTENSION_OUTPUT]));
    bool sent = complete && launcher_request(&sandbox->sandboxes->launcher, payload, fds);
    int error = errno;

    for (int i = 0; i < REQUEST_FDS; i++)
        if (fds[i] >= 0)
            close(fds[i]);
    if (!sent && asked)
        output_close(&sandbox->output);
    if (!sent && opened)
        close(sandbox->control_fd);
    if (!sent && complete && has_extensions)
        output_close(&sandbox->extension_output);
    errno = error;
    return sent;
}

/* A request that finds the launcher ended waits for the next one. */
static bool request_start(struct sandbox *sandbox, str payload, bool has_extensions)
{
    bool asked = ask_launcher(sandbox, payload, has_extensions);

    if (!asked && launcher_has_ended(&sandbox->sandboxes->launcher)) {
        sandboxes_lost_launcher(sandbox->sandboxes);
        asked = ask_launcher(sandbox, payload, has_extensions);
    }
    sandbox->launch = sandbox->sandboxes->launch;
    return asked;
}

void sandbox_begin(struct sandboxes *sandboxes, str payload, const struct sandbox_start_input *in)
{
    struct sandbox *sandbox = sandbox_new(sandboxes, in->sandbox_id, in->function_name);

    sandbox->memory_limit_bytes = in->memory_bytes ? *in->memory_bytes : 0;
    sandbox->extension_count = (unsigned)in->extensions.count;
    if (request_start(sandbox, payload, in->extensions.count > 0)) {
        sandbox->output.is_framed = in->framed_output && *in->framed_output;
        sandbox_credit_open(sandbox);
        add_sandbox(sandbox);
        return;
    }
    refuse(sandbox, arena_format(&sandboxes->arena, "the launcher cannot be asked: %s", strerror(errno)));
    free(sandbox);
}
