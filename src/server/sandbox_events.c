/*
 * sandbox_events.c: what the engine hears of a function's process.
 *
 * The events, internal operations of the service that server_options names:
 *   SandboxOutput  SandboxId, Lines: [{Text, Timestamp}], MaxMemoryBytes
 *   SandboxExited  SandboxId, Reason, ExitCode or Signal, Message, MaxMemoryBytes
 */
#include "server/sandbox.h"

#include "base/log.h"
#include "base/memory.h"
#include "wire/json.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <sys/wait.h>

enum {
    BYTES_PER_MIB = 1024 * 1024,
    EVENT_COST = 16 * 1024, /* of the lines of one event: the engine writes some hundred in one go */
};

/* ---- what is on the way ---- */

/* Of one sandbox, which may have gone while some of its events are still on the way. */
struct credit {
    atomic_size_t used;
    atomic_uint holders;
};

struct posted {
    struct credit *credit;
    size_t cost;
};

static void credit_let_go(struct credit *credit)
{
    if (atomic_fetch_sub(&credit->holders, 1) == 1)
        free(credit);
}

/* On any thread. */
static void on_taken(void *context)
{
    struct posted *posted = context;

    atomic_fetch_sub(&posted->credit->used, posted->cost);
    credit_let_go(posted->credit);
    free(posted);
}

static struct posted *posted_new(struct credit *credit, size_t cost)
{
    struct posted *posted = memory_take(sizeof *posted);

    *posted = (struct posted){credit, cost};
    atomic_fetch_add(&credit->used, cost);
    atomic_fetch_add(&credit->holders, 1);
    return posted;
}

size_t sandbox_output_under_way(const struct sandbox *sandbox)
{
    return atomic_load(&sandbox->credit->used);
}

void sandbox_credit_open(struct sandbox *sandbox)
{
    sandbox->credit = memory_take(sizeof *sandbox->credit);
    atomic_store(&sandbox->credit->holders, 1);
}

void sandbox_credit_close(struct sandbox *sandbox)
{
    credit_let_go(sandbox->credit);
}

/* ---- events ---- */

static void post(struct sandboxes *sandboxes, const char *event, const struct json_writer *writer)
{
    if (!sandboxes->done)
        engine_post(sandboxes->loop->engine, sandboxes->service, str_of(event), json_written(writer));
}

static struct json_writer begin_event(struct sandboxes *sandboxes, str id)
{
    struct json_writer writer = json_writer_in(&sandboxes->arena);

    json_open_object(&writer);
    json_field(&writer, S("SandboxId"), id);
    return writer;
}

/* Those from *next on that go into one event.  Returns their cost. */
static size_t add_lines(struct json_writer *writer, const struct line_list *lines, size_t *next,
                        int64_t now_ms)
{
    size_t cost = 0;

    json_name(writer, S("Lines"));
    json_open_array(writer);
    for (; *next < lines->count && cost < EVENT_COST; ++*next) {
        json_open_object(writer);
        json_field(writer, S("Text"), lines->items[*next]);
        json_i64_field(writer, S("Timestamp"), now_ms);
        json_close_object(writer);
        cost += line_cost(lines->items[*next]);
    }
    json_close_array(writer);
    return cost;
}

/* A peak that grew by less than a MiB is no news. */
static bool memory_is_news(const struct sandbox *sandbox)
{
    return sandbox->memory_peak_bytes / BYTES_PER_MIB != sandbox->memory_told_bytes / BYTES_PER_MIB;
}

static void post_output(struct sandbox *sandbox, const struct line_list *lines, size_t *next)
{
    struct sandboxes *sandboxes = sandbox->sandboxes;
    struct json_writer writer = begin_event(sandboxes, sandbox->port.sandbox);
    size_t cost = add_lines(&writer, lines, next, engine_now_ms(sandboxes->loop->engine));

    json_i64_field(&writer, S("MaxMemoryBytes"), sandbox->memory_peak_bytes);
    json_close_object(&writer);
    if (!sandboxes->done)
        engine_post_to_hear(sandboxes->loop->engine, sandboxes->service, S("SandboxOutput"),
                            json_written(&writer), on_taken, posted_new(sandbox->credit, cost));
    sandbox->memory_told_bytes = sandbox->memory_peak_bytes;
}

void sandbox_post_output(struct sandbox *sandbox, const struct line_list *lines)
{
    size_t next = 0;

    if (lines->count > 0 || memory_is_news(sandbox))
        do
            post_output(sandbox, lines, &next);
        while (next < lines->count);
}

void sandbox_post_not_started(struct sandboxes *sandboxes, str id, const char *reason, str message)
{
    struct json_writer writer = begin_event(sandboxes, id);

    json_field(&writer, S("Reason"), str_of(reason));
    json_field(&writer, S("Message"), message);
    json_close_object(&writer);
    post(sandboxes, "SandboxExited", &writer);
}

void sandbox_post_exit(struct sandbox *sandbox, int status)
{
    const char *reason = sandbox->reason ? sandbox->reason : "Exited";
    struct json_writer writer = begin_event(sandbox->sandboxes, sandbox->port.sandbox);

    json_field(&writer, S("Reason"), str_of(reason));
    if (WIFEXITED(status))
        json_i64_field(&writer, S("ExitCode"), WEXITSTATUS(status));
    else
        json_i64_field(&writer, S("Signal"), WTERMSIG(status));
    json_i64_field(&writer, S("MaxMemoryBytes"), sandbox->memory_peak_bytes);
    json_close_object(&writer);
    post(sandbox->sandboxes, "SandboxExited", &writer);
    log_debug("sandbox ended id=%s pid=%d reason=%s status=0x%x", sandbox->id, (int)sandbox->pid, reason,
              (unsigned)status);
}
