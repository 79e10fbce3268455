/*
 * sandbox_extensions.c: the processes of a sandbox with extensions.
 *
 * Extensions print into a pipe of their own, so that telemetry can tell their lines from the function's.  The
 * end of each process is an event for the engine, which decides how the sandbox goes on.
 */
#include "server/sandbox.h"

#include "base/log.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

bool sandbox_has_extensions(const struct sandbox *sandbox)
{
    return sandbox->extension_output.fd >= 0;
}

void sandbox_ask(struct sandbox *sandbox, enum message_kind kind, int status)
{
    struct message message = message_of(kind);

    message.status = status;
    if (!message_send(sandbox->control_fd, &message))
        log_warn("a sandbox cannot be asked", log_field("id", sandbox->id),
                 log_field("reason", strerror(errno)));
}

void sandbox_take_extension_output(struct sandbox *sandbox)
{
    struct line_list lines = {0};

    if (!sandbox_has_extensions(sandbox))
        return;
    output_take_all(&sandbox->extension_output, &sandbox->sandboxes->arena, &lines);
    sandbox_post_output(sandbox, &lines, OF_EXTENSIONS);
    arena_reset(&sandbox->sandboxes->arena);
}

/* What a process has printed must reach the engine before its end does. */
static void take_output(struct sandbox *sandbox)
{
    struct line_list lines = {0};

    output_take_all(&sandbox->output, &sandbox->sandboxes->arena, &lines);
    sandbox_post_output(sandbox, &lines, OF_FUNCTION);
    arena_reset(&sandbox->sandboxes->arena);
    sandbox_take_extension_output(sandbox);
}

static void process_has_ended(struct sandbox *sandbox, const struct message *message, bool has_run)
{
    if (*message->name && sandbox->extension_count > 0)
        sandbox->extension_count--;
    take_output(sandbox);
    if (!*message->name) {
        sandbox->function = 0;
        sandbox->function_has_ended = true;
        sandbox_flush_telemetry(sandbox);
    }
    sandbox_post_process_exit(sandbox, message->name, message->status,
                              has_run ? (str){0} : str_of(message->text));
}

void sandbox_process_message(struct sandbox *sandbox, const struct message *message)
{
    switch (message->kind) {
    case MESSAGE_RUNNING:
        sandbox_watch(sandbox, message->pid);
        break;
    case MESSAGE_NOT_RUNNING:
    case MESSAGE_EXTENSION_FAILED:
        process_has_ended(sandbox, message, false);
        break;
    case MESSAGE_EXTENSION_ENDED:
    case MESSAGE_ENDED:
        process_has_ended(sandbox, message, true);
        break;
    case MESSAGE_SOCKET:
        sandbox_telemetry_socket(sandbox, message->fds[0]);
        break;
    default:
        break;
    }
}
