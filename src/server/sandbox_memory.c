/*
 * sandbox_memory.c: how much memory a sandbox uses, in processes and files.
 *
 * Adding up processes is quick, but counts shared pages once per process.  Only when the sum is above the
 * limit is the memory counted exactly, and the next exact count waits EXACT_COUNT_SHARE times as long as this
 * one took.
 */
#include "server/sandbox.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/vfs.h>
#include <unistd.h>

enum { EXACT_COUNT_SHARE = 9 }; /* of ten parts of time: not spent on exact counts */

enum { STATM_SIZE, STATM_RESIDENT, STATM_SHARED, STATM_NUMBERS, STATM_BYTES = 128 };

static ssize_t read_text(int folder, const char *path, char *text, size_t size)
{
    int fd = openat(folder, path, O_RDONLY | O_CLOEXEC);
    ssize_t got = fd >= 0 ? read(fd, text, size - 1) : -1;

    if (fd >= 0)
        close(fd);
    text[got > 0 ? got : 0] = '\0';
    return got;
}

/* A process's own memory, and the rest of its resident memory: program text, shared memory. */
struct use {
    int64_t own_bytes, shared_bytes;
};

static struct use parse_statm(char *rest)
{
    int64_t numbers[STATM_NUMBERS] = {0};
    int64_t page_bytes = sysconf(_SC_PAGESIZE);

    for (int i = 0; i < STATM_NUMBERS; i++)
        numbers[i] = strtoll(rest, &rest, 10);
    return (struct use){(numbers[STATM_RESIDENT] - numbers[STATM_SHARED]) * page_bytes,
                        numbers[STATM_SHARED] * page_bytes};
}

static struct use use_of(const struct sandbox *sandbox, const char *process)
{
    char path[64], statm[STATM_BYTES];

    if (strtol(process, NULL, 10) == sandbox->function) {
        ssize_t got = pread(sandbox->statm_fd, statm, sizeof statm - 1, 0);
        statm[got > 0 ? got : 0] = '\0';
    } else {
        snprintf(path, sizeof path, "%.32s/statm", process);
        read_text(dirfd(sandbox->processes), path, statm, sizeof statm);
    }
    return parse_statm(statm);
}

/* The process's share of its resident memory, which takes the kernel a while to compute; 0 if unavailable. */
static int64_t proportional_bytes(const struct sandbox *sandbox, const char *process)
{
    char path[64], rollup[2048];

    snprintf(path, sizeof path, "%.32s/smaps_rollup", process);
    read_text(dirfd(sandbox->processes), path, rollup, sizeof rollup);
    const char *line = strstr(rollup, "\nPss:");
    return line ? strtoll(line + strlen("\nPss:"), NULL, 10) * 1024 : 0;
}

/* The size of the files in /tmp and /dev/shm. */
static int64_t file_bytes(const struct sandbox *sandbox)
{
    struct statfs files;

    if (!sandbox->separated || sandbox->tmp_fd < 0 || fstatfs(sandbox->tmp_fd, &files) != 0)
        return 0;
    return (int64_t)(files.f_blocks - files.f_bfree) * (int64_t)files.f_bsize;
}

/* The dozens of names that /proc has before its processes are read only once. */
static void go_to_first_process(struct sandbox *sandbox)
{
    struct dirent *entry;

    if (sandbox->first_process == 0)
        while ((entry = readdir(sandbox->processes)) && strtol(entry->d_name, NULL, 10) == 0)
            sandbox->first_process = telldir(sandbox->processes);
    seekdir(sandbox->processes, sandbox->first_process);
}

/* NULL after the last.  Process 1 is ours, and not counted. */
static const char *next_process(struct sandbox *sandbox)
{
    struct dirent *entry;

    while ((entry = readdir(sandbox->processes)) && strtol(entry->d_name, NULL, 10) <= 1)
        ;
    return entry ? entry->d_name : NULL;
}

/* exact: pages that processes share after a fork are counted once. */
static void add_process(struct use *sum, const struct sandbox *sandbox, const char *process, bool exact)
{
    struct use use =
        exact ? (struct use){.own_bytes = proportional_bytes(sandbox, process)} : use_of(sandbox, process);

    sum->own_bytes += use.own_bytes;
    if (use.shared_bytes > sum->shared_bytes)
        sum->shared_bytes = use.shared_bytes;
}

static int64_t count_processes(struct sandbox *sandbox, bool exact)
{
    struct use sum = {0};
    char function[16];

    if (!sandbox->processes)
        return 0;
    if (sandbox->separated) {
        go_to_first_process(sandbox);
        for (const char *process; (process = next_process(sandbox));)
            add_process(&sum, sandbox, process, exact);
    } else { /* /proc has all processes of the machine: only the function's is counted */
        snprintf(function, sizeof function, "%d", (int)sandbox->function);
        add_process(&sum, sandbox, function, exact);
    }
    return sum.own_bytes + sum.shared_bytes;
}

/*
 * Count pages that processes share since a fork only once.  The kernel walks all their pages for that, on
 * this thread: so most of the time is reserved for other work, and the peak so far is used until the next
 * exact count.
 */
static int64_t exact_bytes(struct sandbox *sandbox)
{
    uint64_t began_ns = uv_hrtime();
    int64_t bytes = count_processes(sandbox, true);
    uint64_t ended_ns = uv_hrtime();

    sandbox->sandboxes->exact_count_ns = ended_ns + EXACT_COUNT_SHARE * (ended_ns - began_ns);
    return bytes;
}

bool sandbox_was_full(const struct sandbox *sandbox)
{
    static const char counter[] = "oom_kill ";
    char events[1024];
    ssize_t size =
        sandbox->memory_events_fd >= 0 ? pread(sandbox->memory_events_fd, events, sizeof events - 1, 0) : 0;

    events[size > 0 ? size : 0] = '\0';
    for (const char *line = events; line; line = strchr(line, '\n')) {
        line += *line == '\n';
        if (strncmp(line, counter, sizeof counter - 1) == 0)
            return strtol(line + sizeof counter - 1, NULL, 10) > 0;
    }
    return false;
}

int64_t sandbox_used_bytes(struct sandbox *sandbox)
{
    int64_t limit = sandbox->memory_limit_bytes, files = file_bytes(sandbox);
    int64_t bytes = count_processes(sandbox, false);

    if (limit == 0 || bytes + files <= limit)
        return bytes + files;
    if (uv_hrtime() < sandbox->sandboxes->exact_count_ns)
        return sandbox->memory_peak_bytes;
    int64_t exact = exact_bytes(sandbox);
    return (exact > 0 && exact < bytes ? exact : bytes) + files;
}
