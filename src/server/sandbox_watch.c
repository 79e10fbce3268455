/*
 * sandbox_watch.c: watches functions' processes: their output, their memory.
 *
 * A child's output and its peak of memory are read before each of its own requests is dispatched, so the
 * engine gets the output before the reply that ends the invocation.  In between, a tick watches the busy
 * sandboxes: it reads their output and kills those that use too much memory.  A sandbox whose programs all
 * wait for their next event would be frozen on AWS, and is watched only now and then.
 */
#include "server/sandbox.h"

#include "base/check.h"
#include "base/log.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    TICK_MS = 25,
    CLOSE_TICK_MS = 5, /* for a sandbox that uses more than half of its memory, or prints more than is read */
    IDLE_TICK_MS = 1000,
    WATCHED_IN_A_TICK = 32, /* about; so a thousand busy sandboxes cost no more than some dozens */
    /* The cost of output that may be on its way to the engine: of all sandboxes, and of one. */
    ALL_CREDIT = 256 * 1024,
    MOST_CREDIT = 64 * 1024,
    LEAST_CREDIT = 8 * 1024,
};

/* ---- memory ---- */

/* Read the peak of the function's process: a line "VmHWM:   12345 kB". */
static void read_peak(struct sandbox *sandbox)
{
    char status[4096];
    ssize_t size = pread(sandbox->status_fd, status, sizeof status - 1, 0);

    if (size <= 0)
        return;
    status[size] = '\0';
    const char *line = strstr(status, "\nVmHWM:");
    if (!line)
        return;
    int64_t peak_bytes = strtoll(line + strlen("\nVmHWM:"), NULL, 10) * 1024;
    if (peak_bytes > sandbox->memory_peak_bytes)
        sandbox->memory_peak_bytes = peak_bytes;
}

/* The kernel may notice before this file does: the memory was above the limit. */
void sandbox_ran_out_of_memory(struct sandbox *sandbox)
{
    sandbox->reason = "OutOfMemory";
    if (sandbox->memory_peak_bytes <= sandbox->memory_limit_bytes)
        sandbox->memory_peak_bytes = sandbox->memory_limit_bytes + 1;
}

/*
 * Extensions are told why their sandbox ends: so the function's program ends first, and the rest with it only
 * if that does not help.
 */
static void end_for_memory(struct sandbox *sandbox)
{
    bool ends_alone = sandbox_has_extensions(sandbox) && !sandbox->reason && sandbox->function;

    if (sandbox->reason && sandbox->function)
        return;
    sandbox_ran_out_of_memory(sandbox);
    if (ends_alone)
        sandbox_ask(sandbox, MESSAGE_TERMINATE, 0);
    else
        sandbox_kill(sandbox, SIGKILL);
}

/* Returns its use of memory, in halves of its limit. */
static int64_t watch_memory(struct sandbox *sandbox)
{
    int64_t limit = sandbox->memory_limit_bytes;

    /* Without namespaces only the function's process is counted. */
    if (sandbox->function == 0 && !(sandbox->separated && sandbox_has_extensions(sandbox)))
        return 0;
    int64_t used = sandbox_used_bytes(sandbox) + (int64_t)sandbox_telemetry_bytes(sandbox);
    if (used > sandbox->memory_peak_bytes)
        sandbox->memory_peak_bytes = used;
    if (limit == 0)
        return 0;
    if (used > limit) {
        if (!sandbox->reason)
            log_info("sandbox is out of memory", log_field("id", sandbox->id),
                     log_field("limit_bytes", limit), log_field("used_bytes", used));
        end_for_memory(sandbox);
    }
    return used / (limit / 2 + 1);
}

/* ---- output ---- */

/* All sandboxes have the same credit, so that none uses up another's. */
static size_t credit_of_each(const struct sandboxes *sandboxes)
{
    size_t count = 1;

    for (const struct sandbox *sandbox = sandboxes->first; sandbox; sandbox = sandbox->next)
        count++;
    size_t share = ALL_CREDIT / count;
    return share > MOST_CREDIT ? MOST_CREDIT : share < LEAST_CREDIT ? LEAST_CREDIT : share;
}

/* Read as much output as the engine takes.  True when there may be more. */
static bool take_output(struct sandbox *sandbox, size_t credit)
{
    size_t used = sandbox_output_under_way(sandbox);
    struct line_list lines = {0};
    bool more =
        used >= credit || output_take(&sandbox->output, &sandbox->sandboxes->arena, credit - used, &lines);

    sandbox_post_output(sandbox, &lines, OF_FUNCTION);
    arena_reset(&sandbox->sandboxes->arena);
    if (!sandbox_has_extensions(sandbox))
        return more;
    used = sandbox_output_under_way(sandbox);
    lines = (struct line_list){0};
    bool more_of_extensions =
        used >= credit ||
        output_take(&sandbox->extension_output, &sandbox->sandboxes->arena, credit - used, &lines);
    sandbox_post_output(sandbox, &lines, OF_EXTENSIONS);
    arena_reset(&sandbox->sandboxes->arena);
    return more || more_of_extensions;
}

/*
 * Read what was printed before the function's own request: the engine must get it first.  A function that
 * stays below the bound of the ticks has used less than that bound; one that prints and calls at the same
 * time, on many connections, has to wait.
 */
static void take_all_output(struct sandbox *sandbox, bool ends_line)
{
    struct line_list lines = {0};

    if (sandbox_output_under_way(sandbox) >= ALL_CREDIT)
        return;
    output_take_all(&sandbox->output, &sandbox->sandboxes->arena, &lines);
    if (ends_line)
        output_end_line(&sandbox->output, &sandbox->sandboxes->arena, &lines);
    sandbox_post_output(sandbox, &lines, OF_FUNCTION);
    arena_reset(&sandbox->sandboxes->arena);
    sandbox_take_extension_output(sandbox);
}

/* ---- the tick ---- */

/* Do all its programs wait for their next event?  On AWS it would be frozen now. */
static bool is_at_rest(const struct sandbox *sandbox)
{
    return sandbox->runtime_waits > 0 && sandbox->extensions_wait >= sandbox->extension_count;
}

static void on_tick(uv_timer_t *tick);

static void tick_every(struct sandboxes *sandboxes, uint64_t ms)
{
    if (sandboxes->tick_ms == ms)
        return;
    sandboxes->tick_ms = ms;
    if (ms)
        uv_timer_start(&sandboxes->tick, on_tick, ms, ms);
    else
        uv_timer_stop(&sandboxes->tick);
}

/* busy: the number of sandboxes that run; when they are many, each is looked at in some of the ticks only. */
static uint64_t pause_of(const struct sandbox *sandbox, uint64_t busy)
{
    uint64_t of_many_ms = busy / WATCHED_IN_A_TICK * TICK_MS, of_one_ms = TICK_MS - CLOSE_TICK_MS;

    if (is_at_rest(sandbox))
        return IDLE_TICK_MS;
    return sandbox->is_close || of_many_ms > of_one_ms ? of_many_ms : of_one_ms;
}

static bool is_due(struct sandbox *sandbox, uint64_t now_ms, uint64_t busy)
{
    uint64_t pause_ms = pause_of(sandbox, busy);

    if (now_ms < sandbox->looked_after_ms + pause_ms)
        return false;
    sandbox->looked_after_ms = now_ms;
    return true;
}

static uint64_t count_busy(const struct sandboxes *sandboxes)
{
    uint64_t busy = 0;

    for (const struct sandbox *sandbox = sandboxes->first; sandbox; sandbox = sandbox->next)
        busy += !is_at_rest(sandbox);
    return busy;
}

static void look_after(struct sandbox *sandbox, size_t credit)
{
    bool more = take_output(sandbox, credit);
    int64_t halves = watch_memory(sandbox);

    sandbox->is_close = more || halves > 0;
}

static void on_tick(uv_timer_t *tick)
{
    struct sandboxes *sandboxes = tick->data;
    uint64_t now_ms = uv_now(&sandboxes->loop->uv);
    uint64_t next_ms = sandboxes->first ? IDLE_TICK_MS : 0;
    size_t credit = credit_of_each(sandboxes);
    uint64_t busy = count_busy(sandboxes);

    for (struct sandbox *sandbox = sandboxes->first; sandbox; sandbox = sandbox->next) {
        if (is_due(sandbox, now_ms, busy))
            look_after(sandbox, credit);
        uint64_t tick_ms = is_at_rest(sandbox) ? IDLE_TICK_MS : sandbox->is_close ? CLOSE_TICK_MS : TICK_MS;
        if (next_ms > tick_ms)
            next_ms = tick_ms;
    }
    tick_every(sandboxes, next_ms);
}

/* ---- the sandbox's own requests ---- */

/* The number of requests of its kind that are in flight. */
static unsigned *waits_of(struct sandbox *sandbox, const struct http_request *request)
{
    if (str_equal(request->path, S("/2018-06-01/runtime/invocation/next")))
        return &sandbox->runtime_waits;
    return str_equal(request->path, S("/2020-01-01/extension/event/next")) ? &sandbox->extensions_wait
                                                                           : &sandbox->other_requests;
}

/*
 * The output before a request and the request itself must reach the engine in this order.  What was printed
 * without a line break before an answer belongs to that invocation.
 */
void sandbox_request_arrives(struct port *port, const struct http_request *request)
{
    struct sandbox *sandbox = (struct sandbox *)port;

    ++*waits_of(sandbox, request);
    read_peak(sandbox);
    take_all_output(sandbox, str_starts_with(request->path, S("/2018-06-01/runtime/")));
}

void sandbox_request_ended(struct port *port, const struct http_request *request)
{
    struct sandbox *sandbox = (struct sandbox *)port;
    unsigned *waits = waits_of(sandbox, request);

    check(*waits > 0);
    --*waits;
    if (sandbox->sandboxes->tick_ms > TICK_MS)
        tick_every(sandbox->sandboxes, TICK_MS);
}

/* ---- its life ---- */

static int open_of(const struct sandbox *sandbox, pid_t process, const char *name)
{
    char path[64];

    if (!sandbox->processes)
        return -1;
    snprintf(path, sizeof path, "%d/%s", (int)process, name);
    return openat(dirfd(sandbox->processes), path, O_RDONLY | O_CLOEXEC);
}

void sandbox_watch(struct sandbox *sandbox, pid_t function)
{
    if (function) {
        sandbox->status_fd = open_of(sandbox, function, "status");
        sandbox->statm_fd = open_of(sandbox, function, "statm");
    }
    sandbox->function = function;
    tick_every(sandbox->sandboxes, TICK_MS);
}

void sandbox_unwatch(struct sandbox *sandbox)
{
    const int fds[] = {sandbox->status_fd, sandbox->statm_fd, sandbox->tmp_fd, sandbox->memory_events_fd};

    if (sandbox->processes)
        closedir(sandbox->processes);
    for (size_t i = 0; i < sizeof fds / sizeof *fds; i++)
        if (fds[i] >= 0)
            close(fds[i]);
}
