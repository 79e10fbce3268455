/*
 * environment_watch.c: looking after functions' processes: their output, their memory.
 *
 * A child's output and its peak memory are taken before each request of its own is dispatched, so the
 * engine hears what was printed before the reply that ends the invocation.  In between a tick looks
 * after the busy ones: it takes their output and kills those that outgrew their memory.  A child
 * with a request in flight is waiting for work, as a frozen one does on AWS, and is looked after
 * only now and then.
 */
#include "server/environment.h"

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
static void read_peak(struct environment *environment)
{
    char status[4096];
    ssize_t size = pread(environment->status_fd, status, sizeof status - 1, 0);

    if (size <= 0)
        return;
    status[size] = '\0';
    const char *line = strstr(status, "\nVmHWM:");
    if (!line)
        return;
    int64_t peak_bytes = strtoll(line + strlen("\nVmHWM:"), NULL, 10) * 1024;
    if (peak_bytes > environment->memory_peak_bytes)
        environment->memory_peak_bytes = peak_bytes;
}

/* The second number of statm, in pages; 0 when it is gone. */
static int64_t resident_bytes(const struct environment *environment)
{
    char statm[128];
    ssize_t size = pread(environment->statm_fd, statm, sizeof statm - 1, 0);

    if (size <= 0)
        return 0;
    statm[size] = '\0';
    const char *space = strchr(statm, ' ');
    return space ? strtoll(space, NULL, 10) * sysconf(_SC_PAGESIZE) : 0;
}

/* Returns what it uses, in halves of its limit. */
static int64_t watch_memory(struct environment *environment)
{
    int64_t limit = environment->memory_limit_bytes, resident = resident_bytes(environment);

    if (resident > environment->memory_peak_bytes)
        environment->memory_peak_bytes = resident;
    if (limit == 0)
        return 0;
    if (resident > limit && !environment->reason) {
        environment->reason = "OutOfMemory";
        log_info("environment is out of memory id=%s limit_bytes=%lld resident_bytes=%lld", environment->id,
                 (long long)limit, (long long)resident);
        environment_kill(environment, SIGKILL);
    }
    return resident / (limit / 2 + 1);
}

/* ---- output ---- */

static void take_output(struct environment *environment)
{
    struct line_list lines = {0};

    output_take(&environment->output, &environment->environments->arena, &lines);
    environment_post_output(environment, &lines);
    arena_reset(&environment->environments->arena);
}

/* ---- the tick ---- */

static void on_tick(uv_timer_t *tick);

static void tick_every(struct environments *environments, uint64_t ms)
{
    if (environments->tick_ms == ms)
        return;
    environments->tick_ms = ms;
    if (ms)
        uv_timer_start(&environments->tick, on_tick, ms, ms);
    else
        uv_timer_stop(&environments->tick);
}

static bool is_due(struct environment *environment, uint64_t now_ms)
{
    if (environment->requests > 0 && now_ms < environment->looked_after_ms + IDLE_TICK_MS)
        return false;
    environment->looked_after_ms = now_ms;
    return true;
}

static void on_tick(uv_timer_t *tick)
{
    struct environments *environments = tick->data;
    uint64_t now_ms = uv_now(&environments->loop->uv);
    uint64_t next_ms = environments->first ? IDLE_TICK_MS : 0;

    for (struct environment *environment = environments->first; environment;
         environment = environment->next) {
        if (environment->requests == 0 && next_ms > TICK_MS)
            next_ms = TICK_MS;
        if (!is_due(environment, now_ms))
            continue;
        take_output(environment);
        if (watch_memory(environment) > 0 && environment->requests == 0)
            next_ms = CLOSE_TICK_MS;
    }
    tick_every(environments, next_ms);
}

/* ---- its own requests ---- */

/* Its own requests are where output and invocation must be told in order. */
void environment_request_arrives(struct port *port)
{
    struct environment *environment = (struct environment *)port;

    environment->requests++;
    read_peak(environment);
    take_output(environment);
}

void environment_request_ended(struct port *port)
{
    struct environment *environment = (struct environment *)port;

    check(environment->requests > 0);
    environment->requests--;
    if (environment->environments->tick_ms > TICK_MS)
        tick_every(environment->environments, TICK_MS);
}

/* ---- its life ---- */

static int open_proc(pid_t pid, const char *name)
{
    char path[64];

    snprintf(path, sizeof path, "/proc/%d/%s", (int)pid, name);
    return open(path, O_RDONLY | O_CLOEXEC);
}

void environment_watch(struct environment *environment)
{
    environment->status_fd = open_proc(environment->child.pid, "status");
    environment->statm_fd = open_proc(environment->child.pid, "statm");
    tick_every(environment->environments, TICK_MS);
}

void environment_unwatch(struct environment *environment)
{
    close(environment->status_fd);
    close(environment->statm_fd);
}
