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

enum { STATM_SIZE, STATM_RESIDENT, STATM_SHARED, STATM_NUMBERS };

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

static struct use use_of(int proc_fd, const char *process)
{
    char path[64], statm[128], *rest = statm;
    int64_t numbers[STATM_NUMBERS] = {0};
    int64_t page_bytes = sysconf(_SC_PAGESIZE);

    snprintf(path, sizeof path, "%.32s/statm", process);
    read_text(proc_fd, path, statm, sizeof statm);
    for (int i = 0; i < STATM_NUMBERS; i++)
        numbers[i] = strtoll(rest, &rest, 10);
    return (struct use){(numbers[STATM_RESIDENT] - numbers[STATM_SHARED]) * page_bytes,
                        numbers[STATM_SHARED] * page_bytes};
}

/* The process's share of its resident memory, which takes the kernel a while to compute; 0 if unavailable. */
static int64_t proportional_bytes(int proc_fd, const char *process)
{
    char path[64], rollup[2048];

    snprintf(path, sizeof path, "%.32s/smaps_rollup", process);
    read_text(proc_fd, path, rollup, sizeof rollup);
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

/*
 * Process 1 is ours, and not counted.  Without namespaces /proc has all processes of the machine: then only
 * the function's is counted.
 */
static bool counts(const struct sandbox *sandbox, const char *process)
{
    long number = strtol(process, NULL, 10);

    return sandbox->separated ? number > 1 : number == sandbox->function;
}

/* exact: pages that processes share after a fork are counted once. */
static int64_t count_processes(const struct sandbox *sandbox, bool exact)
{
    int folder = openat(sandbox->proc_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *processes = folder >= 0 ? fdopendir(folder) : NULL;
    int64_t bytes = 0, shared_bytes = 0;

    for (struct dirent *entry; processes && (entry = readdir(processes));) {
        if (!counts(sandbox, entry->d_name))
            continue;
        if (exact) {
            bytes += proportional_bytes(sandbox->proc_fd, entry->d_name);
            continue;
        }
        struct use use = use_of(sandbox->proc_fd, entry->d_name);
        bytes += use.own_bytes;
        if (use.shared_bytes > shared_bytes)
            shared_bytes = use.shared_bytes;
    }
    if (processes)
        closedir(processes);
    return bytes + shared_bytes;
}

/*
 * Count pages that processes share since a fork only once.  The kernel walks all their pages for that, on
 * this thread: so most of the time is reserved for other work, and the peak so far is used until the next
 * exact count.
 */
static int64_t exact_bytes(const struct sandbox *sandbox)
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

int64_t sandbox_used_bytes(const struct sandbox *sandbox)
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
