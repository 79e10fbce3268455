/*
 * sandbox_events.c: posts the events of engine/sandbox.model about a sandbox to the engine.
 */
#include "server/sandbox.h"

#include "base/list.h"
#include "base/log.h"
#include "base/memory.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <sys/wait.h>

enum {
    BYTES_PER_MIB = 1024 * 1024,
    EVENT_COST = 16 * 1024, /* of one event's lines: the engine writes some hundred lines in one run */
};

/* ---- events on their way ---- */

/* The credit of one sandbox; it may outlive the sandbox while events are on their way. */
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

/* Called on any thread. */
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

static void post_exited(struct sandboxes *sandboxes, const struct sandbox_exited *exited)
{
    if (!sandboxes->done)
        sandbox_exited_post(sandboxes->loop->engine, exited, NULL, NULL);
}

/* Add lines from *next on, as many as one event may have.  Returns their cost. */
static size_t add_lines(struct arena *arena, const struct line_list *lines, size_t *next, int64_t now_ms,
                        struct sandbox_output_line_list *out)
{
    size_t cost = 0;

    for (; *next < lines->count && cost < EVENT_COST; ++*next) {
        *list_add(arena, out) = (struct sandbox_output_line){lines->items[*next], now_ms};
        cost += line_cost(lines->items[*next]);
    }
    return cost;
}

/* Has the peak grown by a MiB since it was last posted? */
static bool memory_is_news(const struct sandbox *sandbox)
{
    return sandbox->memory_peak_bytes / BYTES_PER_MIB != sandbox->memory_told_bytes / BYTES_PER_MIB;
}

static void post_output(struct sandbox *sandbox, const struct line_list *lines, size_t *next,
                        enum line_source source)
{
    struct sandboxes *sandboxes = sandbox->sandboxes;
    struct engine *engine = sandboxes->loop->engine;
    static const bool yes = true;
    struct sandbox_output output = {.sandbox_id = sandbox->port.sandbox,
                                    .of_extensions = source == OF_EXTENSIONS ? &yes : NULL,
                                    .max_memory_bytes = &sandbox->memory_peak_bytes};

    list_make_empty(&sandboxes->arena, &output.lines);
    size_t cost = add_lines(&sandboxes->arena, lines, next, engine_now_ms(engine), &output.lines);
    if (!sandboxes->done)
        sandbox_output_post(engine, &output, on_taken, posted_new(sandbox->credit, cost));
    sandbox->memory_told_bytes = sandbox->memory_peak_bytes;
}

void sandbox_post_output(struct sandbox *sandbox, const struct line_list *lines, enum line_source source)
{
    size_t next = 0;

    if (sandbox->subscribers)
        sandbox_tell_lines(sandbox, lines, source, engine_now_ms(sandbox->sandboxes->loop->engine));
    if (lines->count > 0 || memory_is_news(sandbox))
        do
            post_output(sandbox, lines, &next, source);
        while (next < lines->count);
}

void sandbox_post_not_started(struct sandboxes *sandboxes, str id, const char *reason, str message)
{
    post_exited(sandboxes,
                &(struct sandbox_exited){.sandbox_id = id, .reason = str_of(reason), .message = message});
}

void sandbox_post_process_exit(struct sandbox *sandbox, const char *extension, int status, str problem)
{
    int64_t exit_code = WEXITSTATUS(status), signal = WTERMSIG(status);
    struct sandbox_process_exited exited = {.sandbox_id = sandbox->port.sandbox,
                                            .reason = str_of(sandbox->reason ? sandbox->reason : "Exited"),
                                            .max_memory_bytes = &sandbox->memory_peak_bytes};

    if (*extension)
        exited.extension = str_of(extension);
    if (str_present(problem)) {
        exited.reason = S("StartFailed");
        exited.message = problem;
    } else {
        *(WIFEXITED(status) ? &exited.exit_code : &exited.signal) = WIFEXITED(status) ? &exit_code : &signal;
    }
    if (!sandbox->sandboxes->done)
        sandbox_process_exited_post(sandbox->sandboxes->loop->engine, &exited, NULL, NULL);
}

void sandbox_post_exit(struct sandbox *sandbox, int status)
{
    const char *reason = sandbox->reason ? sandbox->reason : "Exited";
    int64_t exit_code = WEXITSTATUS(status), signal = WTERMSIG(status);
    struct sandbox_exited exited = {.sandbox_id = sandbox->port.sandbox,
                                    .reason = str_of(reason),
                                    .max_memory_bytes = &sandbox->memory_peak_bytes};

    *(WIFEXITED(status) ? &exited.exit_code : &exited.signal) = WIFEXITED(status) ? &exit_code : &signal;
    log_debug("sandbox ended", log_field("id", sandbox->id), log_field("pid", sandbox->pid),
              log_field("reason", reason), log_field("status", status));
    post_exited(sandbox->sandboxes, &exited); /* after the line: who hears of the event may look for it */
}
