/*
 * environment_events.c: what the engine hears of a function's process.
 *
 * The events (of service "lambda"):
 *   EnvironmentOutput  EnvironmentId, Lines: [{Text, Timestamp}], MaxMemoryBytes
 *   EnvironmentExited  EnvironmentId, Reason, ExitCode or Signal, Message, MaxMemoryBytes
 */
#include "server/environment.h"

#include "base/log.h"
#include "wire/json.h"

#include <sys/wait.h>

enum { BYTES_PER_MIB = 1024 * 1024 };

static void post(struct environments *environments, const char *event, const struct json_writer *writer)
{
    if (!environments->done)
        engine_post(environments->loop->engine, S("lambda"), str_of(event), json_written(writer));
}

static struct json_writer begin_event(struct environments *environments, str id)
{
    struct json_writer writer = json_writer_in(&environments->arena);

    json_open_object(&writer);
    json_field(&writer, S("EnvironmentId"), id);
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
static bool memory_is_news(const struct environment *environment)
{
    return environment->memory_peak_bytes / BYTES_PER_MIB != environment->memory_told_bytes / BYTES_PER_MIB;
}

void environment_post_output(struct environment *environment, const struct line_list *lines)
{
    struct environments *environments = environment->environments;

    if (lines->count == 0 && !memory_is_news(environment))
        return;
    struct json_writer writer = begin_event(environments, environment->port.listener);
    add_lines(&writer, lines, engine_now_ms(environments->loop->engine));
    add_number(&writer, S("MaxMemoryBytes"), environment->memory_peak_bytes);
    json_close_object(&writer);
    post(environments, "EnvironmentOutput", &writer);
    environment->memory_told_bytes = environment->memory_peak_bytes;
}

void environment_post_not_started(struct environments *environments, str id, const char *reason, str message)
{
    struct json_writer writer = begin_event(environments, id);

    json_field(&writer, S("Reason"), str_of(reason));
    json_field(&writer, S("Message"), message);
    json_close_object(&writer);
    post(environments, "EnvironmentExited", &writer);
    log_info("environment did not start id=%.*s reason=%s message=\"%.*s\"", STR_ARGS(id), reason,
             STR_ARGS(message));
}

void environment_post_exit(struct environment *environment, int status)
{
    const char *reason = environment->reason ? environment->reason : "Exited";
    struct json_writer writer = begin_event(environment->environments, environment->port.listener);

    json_field(&writer, S("Reason"), str_of(reason));
    if (WIFEXITED(status))
        add_number(&writer, S("ExitCode"), WEXITSTATUS(status));
    else
        add_number(&writer, S("Signal"), WTERMSIG(status));
    add_number(&writer, S("MaxMemoryBytes"), environment->memory_peak_bytes);
    json_close_object(&writer);
    post(environment->environments, "EnvironmentExited", &writer);
    log_debug("environment ended id=%s pid=%d reason=%s status=0x%x", environment->id,
              (int)environment->child.pid, reason, (unsigned)status);
}
