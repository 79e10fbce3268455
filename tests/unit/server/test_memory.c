/*
 * test_memory.c: how much memory a sandbox uses, with a /proc and a clock of the test's own.
 */
#include "server/sandbox.h" /* before cmocka, which has its own fail() */

#include "unit.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PAGES = 100, SHARED_PAGES = 40, EXACT_COUNT_SHARE = 9, FUNCTION = 2, TOOK_NS = 1000, NOW_NS = 5000 };

/* The clock advances by TOOK_NS at each reading during an exact count. */
static uint64_t now_ns;
static int looks;

uint64_t uv_hrtime(void)
{
    return looks++ == 2 ? (now_ns += TOOK_NS) : now_ns;
}

static char folder[64];
static struct sandboxes sandboxes;
static struct sandbox sandbox;

static void write_file(const char *process, const char *name, const char *text)
{
    char path[256];

    snprintf(path, sizeof path, "%s/%s", folder, process);
    mkdir(path, 0700);
    snprintf(path, sizeof path, "%s/%s/%s", folder, process, name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

/* Add a process whose share of resident memory is that many KiB. */
static void add_process(const char *number, int share_kib)
{
    char text[128];

    snprintf(text, sizeof text, "%d %d %d 0 0 0 0\n", 2 * PAGES, PAGES, SHARED_PAGES);
    write_file(number, "statm", text);
    snprintf(text, sizeof text, "0-1 rollup\nRss: 1 kB\nPss: %d kB\n", share_kib);
    write_file(number, "smaps_rollup", text);
}

static void begin(int64_t limit_bytes)
{
    snprintf(folder, sizeof folder, "/tmp/orderly-memory-XXXXXX");
    assert_non_null(mkdtemp(folder));
    add_process("1", 1000000); /* the test's own process */
    add_process("2", 100);
    add_process("3", 100);
    sandboxes = (struct sandboxes){0};
    sandbox = (struct sandbox){
        .sandboxes = &sandboxes, .separated = true, .tmp_fd = -1, .memory_limit_bytes = limit_bytes};
    sandbox.processes = opendir(folder);
    sandbox.function = FUNCTION;
    sandbox.statm_fd = openat(dirfd(sandbox.processes), "2/statm", O_RDONLY);
    now_ns = NOW_NS;
    looks = 0;
}

static void end(void)
{
    char command[128];

    closedir(sandbox.processes);
    close(sandbox.statm_fd);
    snprintf(command, sizeof command, "rm -r %s", folder);
    assert_int_equal(system(command), 0);
}

/* Each process has 60 pages for itself; pages shared with others are counted once. */
static int64_t quick_bytes(void)
{
    return (2 * (PAGES - SHARED_PAGES) + SHARED_PAGES) * (int64_t)sysconf(_SC_PAGESIZE);
}

TEST(up_to_the_limit_processes_are_added_up_without_looking_closer)
{
    begin(INT64_MAX);
    assert_int_equal(sandbox_used_bytes(&sandbox), quick_bytes());
    sandbox.memory_limit_bytes = quick_bytes();
    assert_int_equal(sandbox_used_bytes(&sandbox), quick_bytes());
    assert_int_equal(looks, 0);
    end();
}

TEST(above_the_limit_what_processes_share_is_counted_once)
{
    begin(quick_bytes() - 1);
    assert_int_equal(sandbox_used_bytes(&sandbox), 200 * 1024);
    end();
}

TEST(an_exact_count_is_made_again_after_nine_times_as_long_as_it_took)
{
    begin(quick_bytes() - 1);
    sandbox.memory_peak_bytes = 77;
    sandbox_used_bytes(&sandbox);
    assert_int_equal(now_ns, NOW_NS + TOOK_NS);
    uint64_t next_ns = now_ns + EXACT_COUNT_SHARE * TOOK_NS;
    now_ns = next_ns - 1;
    assert_int_equal(sandbox_used_bytes(&sandbox), 77);
    now_ns = next_ns;
    assert_int_equal(sandbox_used_bytes(&sandbox), 200 * 1024);
    end();
}

TEST(without_namespaces_only_the_functions_process_counts)
{
    begin(INT64_MAX);
    sandbox.separated = false;
    assert_int_equal(sandbox_used_bytes(&sandbox), PAGES * (int64_t)sysconf(_SC_PAGESIZE));
    end();
}

TESTS(test(up_to_the_limit_processes_are_added_up_without_looking_closer),
      test(above_the_limit_what_processes_share_is_counted_once),
      test(an_exact_count_is_made_again_after_nine_times_as_long_as_it_took),
      test(without_namespaces_only_the_functions_process_counts))
