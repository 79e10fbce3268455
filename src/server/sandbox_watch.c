/*
 * sandbox_watch.c: looking after functions' processes: their output, their memory.
 *
 * A child's output and its peak memory are taken before each request of its own is dispatched, so the
 * engine hears what was printed before the reply that ends the invocation.  In between a tick looks
 * after the busy ones: it takes their output and kills those that outgrew their memory.  A child
 * with a request in flight is waiting for work, as a frozen one does on AWS, and is looked after
 * only now and then.
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
    CLOSE_TICK_MS = 5, /* while somebody has used more than half of his memory */
    IDLE_TICK_MS = 1000,
};

/* ---- memory ---- */

/* The peak so far: a line "VmHWM:   12345 kB". */
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

/* The second number of statm, in pages; 0 when it is gone. */
static int64_t resident_bytes(const struct sandbox *sandbox)
{
    char statm[128];
    ssize_t size = pread(sandbox->statm_fd, statm, sizeof statm - 1, 0);

    if (size <= 0)
        return 0;
    statm[size] = '\0';
    const char *space = strchr(statm, ' ');
    return space ? strtoll(space, NULL, 10) * sysconf(_SC_PAGESIZE) : 0;
}

/* Returns what it uses, in halves of its limit. */
static int64_t watch_memory(struct sandbox *sandbox)
{
    int64_t limit = sandbox->memory_limit_bytes, resident = resident_bytes(sandbox);

    if (resident > sandbox->memory_peak_bytes)
        sandbox->memory_peak_bytes = resident;
    if (limit == 0)
        return 0;
    if (resident > limit && !sandbox->reason) {
        sandbox->reason = "OutOfMemory";
        log_info("sandbox is out of memory id=%s limit_bytes=%lld resident_bytes=%lld", sandbox->id,
                 (long long)limit, (long long)resident);
        sandbox_kill(sandbox, SIGKILL);
    }
    return resident / (limit / 2 + 1);
}

/* ---- output ---- */

static void take_output(struct sandbox *sandbox)
{
    struct line_list lines = {0};

    output_take(&sandbox->output, &sandbox->sandboxes->arena, &lines);
    sandbox_post_output(sandbox, &lines);
    arena_reset(&sandbox->sandboxes->arena);
}

/* ---- the tick ---- */

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

static bool is_due(struct sandbox *sandbox, uint64_t now_ms)
{
    if (sandbox->requests > 0 && now_ms < sandbox->looked_after_ms + IDLE_TICK_MS)
        return false;
    sandbox->looked_after_ms = now_ms;
    return true;
}

static void on_tick(uv_timer_t *tick)
{
    struct sandboxes *sandboxes = tick->data;
    uint64_t now_ms = uv_now(&sandboxes->loop->uv);
    uint64_t next_ms = sandboxes->first ? IDLE_TICK_MS : 0;

    for (struct sandbox *sandbox = sandboxes->first; sandbox; sandbox = sandbox->next) {
        if (sandbox->requests == 0 && next_ms > TICK_MS)
            next_ms = TICK_MS;
        if (!is_due(sandbox, now_ms))
            continue;
        take_output(sandbox);
        if (watch_memory(sandbox) > 0 && sandbox->requests == 0)
            next_ms = CLOSE_TICK_MS;
    }
    tick_every(sandboxes, next_ms);
}

/* ---- its own requests ---- */

/* Its own requests are where output and invocation must be told in order. */
void sandbox_request_arrives(struct port *port)
{
    struct sandbox *sandbox = (struct sandbox *)port;

    sandbox->requests++;
    read_peak(sandbox);
    take_output(sandbox);
}

void sandbox_request_ended(struct port *port)
{
    struct sandbox *sandbox = (struct sandbox *)port;

    check(sandbox->requests > 0);
    sandbox->requests--;
    if (sandbox->sandboxes->tick_ms > TICK_MS)
        tick_every(sandbox->sandboxes, TICK_MS);
}

/* ---- its life ---- */

static int open_proc(pid_t pid, const char *name)
{
    char path[64];

    snprintf(path, sizeof path, "/proc/%d/%s", (int)pid, name);
    return open(path, O_RDONLY | O_CLOEXEC);
}

void sandbox_watch(struct sandbox *sandbox)
{
    sandbox->status_fd = open_proc(sandbox->child.pid, "status");
    sandbox->statm_fd = open_proc(sandbox->child.pid, "statm");
    tick_every(sandbox->sandboxes, TICK_MS);
}

void sandbox_unwatch(struct sandbox *sandbox)
{
    close(sandbox->status_fd);
    close(sandbox->statm_fd);
}
