/*
 * sandbox_events.c: what the engine hears of a function's process.
 *
 * The events (of service "lambda"):
 *   SandboxOutput  SandboxId, Lines: [{Text, Timestamp}], MaxMemoryBytes
 *   SandboxExited  SandboxId, Reason, ExitCode or Signal, Message, MaxMemoryBytes
 */
#include "server/sandbox.h"

#include "base/log.h"
#include "wire/json.h"

#include <sys/wait.h>

enum { BYTES_PER_MIB = 1024 * 1024 };

static void post(struct sandboxes *sandboxes, const char *event, const struct json_writer *writer)
{
    if (!sandboxes->done)
        engine_post(sandboxes->loop->engine, S("lambda"), str_of(event), json_written(writer));
}

static struct json_writer begin_event(struct sandboxes *sandboxes, str id)
{
    struct json_writer writer = json_writer_in(&sandboxes->arena);

    json_open_object(&writer);
    json_field(&writer, S("SandboxId"), id);
    return writer;
}

static void add_number(struct json_writer *writer, str name, int64_t value)
{
    json_name(writer, name);
    json_i64(writer, value);
}

static void add_lines(struct json_writer *writer, const struct line_list *lines, int64_t now_ms)
{
    json_name(writer, S("Lines"));
    json_open_array(writer);
    for (size_t i = 0; i < lines->count; i++) {
        json_open_object(writer);
        json_field(writer, S("Text"), lines->items[i]);
        add_number(writer, S("Timestamp"), now_ms);
        json_close_object(writer);
    }
    json_close_array(writer);
}

/* A peak that grew by less than a MiB is no news. */
static bool memory_is_news(const struct sandbox *sandbox)
{
    return sandbox->memory_peak_bytes / BYTES_PER_MIB != sandbox->memory_told_bytes / BYTES_PER_MIB;
}

void sandbox_post_output(struct sandbox *sandbox, const struct line_list *lines)
{
    struct sandboxes *sandboxes = sandbox->sandboxes;

    if (lines->count == 0 && !memory_is_news(sandbox))
        return;
    struct json_writer writer = begin_event(sandboxes, sandbox->port.sandbox);
    add_lines(&writer, lines, engine_now_ms(sandboxes->loop->engine));
    add_number(&writer, S("MaxMemoryBytes"), sandbox->memory_peak_bytes);
    json_close_object(&writer);
    post(sandboxes, "SandboxOutput", &writer);
    sandbox->memory_told_bytes = sandbox->memory_peak_bytes;
}

void sandbox_post_not_started(struct sandboxes *sandboxes, str id, const char *reason, str message)
{
    struct json_writer writer = begin_event(sandboxes, id);

    json_field(&writer, S("Reason"), str_of(reason));
    json_field(&writer, S("Message"), message);
    json_close_object(&writer);
    post(sandboxes, "SandboxExited", &writer);
    log_warn("sandbox did not start id=%.*s reason=%s message=\"%.*s\"", STR_ARGS(id), reason,
             STR_ARGS(message));
}

void sandbox_post_exit(struct sandbox *sandbox, int status)
{
    const char *reason = sandbox->reason ? sandbox->reason : "Exited";
    struct json_writer writer = begin_event(sandbox->sandboxes, sandbox->port.sandbox);

    json_field(&writer, S("Reason"), str_of(reason));
    if (WIFEXITED(status))
        add_number(&writer, S("ExitCode"), WEXITSTATUS(status));
    else
        add_number(&writer, S("Signal"), WTERMSIG(status));
    add_number(&writer, S("MaxMemoryBytes"), sandbox->memory_peak_bytes);
    json_close_object(&writer);
    post(sandbox->sandboxes, "SandboxExited", &writer);
    log_debug("sandbox ended id=%s pid=%d reason=%s status=0x%x", sandbox->id, (int)sandbox->pid, reason,
              (unsigned)status);
}
