/*
 * scheduler.c: decides when a version gets another sandbox.
 *
 * A sandbox is started for an invocation that would otherwise wait longer than a start takes: because no
 * sandbox is there, or because those that are there are expected to be busy for longer, or because it has
 * waited that long already.  How long starts and invocations take is remembered for each version, in memory:
 * after a restart every waiting invocation gets a sandbox at first.
 *
 * Starts are bounded: a few at once, since more would only make each slower; by the function's concurrency;
 * and by the machine's free memory and the server's descriptors, for which idle sandboxes are ended.  What
 * cannot start waits.
 */
#include "destinations.h"
#include "lambda_internal.h"
#include "sandboxes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

enum {
    PACES = 1024,
    UNKNOWN_START_MS = 200,
    LEAST_REVIEW_MS = 20,
    OVERDUE_MS = 500,
    LACK_MS = 250, /* after this, memory is looked at again */
    STARTS_PER_PROCESSOR = 4,
    REAPED_AT_ONCE = 8,
    BYTES_PER_MB = 1024 * 1024,
    DESCRIPTORS_OF_ONE = 12,     /* its ports, pipes, and its own connections */
    DESCRIPTORS_OF_OTHERS = 512, /* the database and clients */
};

static const int64_t SPARE_BYTES = INT64_C(256) * 1024 * 1024; /* stays free for everything else */

/* ---- how long things take ---- */

/* Moving averages of a version, in milliseconds.  Two versions may share one: it is a guess. */
struct pace {
    int64_t version_id;
    double start_ms, duration_ms; /* 0: unknown */
    int64_t review_ms;            /* the version is looked at again by then; 0: it is not */
};

static struct pace paces[PACES]; /* the engine's thread only */

static struct pace *pace_of(int64_t version_id)
{
    struct pace *pace = &paces[(uint64_t)version_id % PACES];

    if (pace->version_id != version_id)
        *pace = (struct pace){.version_id = version_id};
    return pace;
}

static double averaged(double before, double now)
{
    return before > 0 ? before + (now - before) / 8 : now;
}

void lambda_pace_note_start(int64_t version_id, int64_t ms)
{
    struct pace *pace = pace_of(version_id);

    pace->start_ms = averaged(pace->start_ms, ms > 0 ? (double)ms : 1);
}

void lambda_pace_note_duration(int64_t version_id, int64_t ms)
{
    struct pace *pace = pace_of(version_id);

    pace->duration_ms = averaged(pace->duration_ms, ms > 0 ? (double)ms : 0.25);
}

static double start_ms_of(int64_t version_id)
{
    double ms = pace_of(version_id)->start_ms;

    return ms > 0 ? ms : UNKNOWN_START_MS;
}

/* ---- what is missing ---- */

/* A version's queue, and the sandboxes that will take from it. */
struct work {
    int64_t queued, oldest_ms; /* the time since when the oldest one waits */
    int64_t available;         /* sandboxes that start or are idle; counted only as far as needed */
};

static struct work work_of(const struct call *call, int64_t version_id)
{
    struct lambda_count_queued_row queue = {0};
    struct lambda_count_available_row sandboxes = {0};

    lambda_count_queued(call->txn, &(struct lambda_count_queued_params){.version_id = version_id}, &queue);
    lambda_count_available(
        call->txn, &(struct lambda_count_available_params){.version_id = version_id, .most = queue.count + 1},
        &sandboxes);
    return (struct work){.queued = queue.count, .oldest_ms = queue.oldest_ms, .available = sandboxes.count};
}

static int64_t starting_of(const struct call *call, int64_t version_id)
{
    struct lambda_count_starting_row starting = {0};

    lambda_count_starting(call->txn, &(struct lambda_count_starting_params){.version_id = version_id},
                          &starting);
    return starting.count;
}

/*
 * The number of sandboxes to start, so that no invocation waits longer than a start.  When one has waited
 * much longer, sandboxes that are idle do not ask for work: they hang.
 */
static int64_t shortage(const struct call *call, int64_t version_id, const struct work *work)
{
    double duration_ms = pace_of(version_id)->duration_ms, start_ms = start_ms_of(version_id);
    int64_t waiting = work->queued - work->available;
    int64_t due_ms = work->oldest_ms + (int64_t)start_ms;
    struct lambda_count_busy_row busy = {0};

    if (work->queued > 0 && due_ms + OVERDUE_MS <= call->now_ms)
        return work->queued - starting_of(call, version_id);
    if (waiting <= 0 || duration_ms <= 0 || due_ms <= call->now_ms)
        return waiting;
    lambda_count_busy(call->txn, &(struct lambda_count_busy_params){.version_id = version_id}, &busy);
    double served = (double)(busy.count + work->available) * start_ms / duration_ms;
    return served >= (double)waiting ? 0 : waiting - (int64_t)served;
}

/* ---- what may be started ---- */

static int64_t read_number(const char *path, const char *word)
{
    char text[4096];
    FILE *file = fopen(path, "re");
    size_t size = file ? fread(text, 1, sizeof text - 1, file) : 0;

    if (file)
        fclose(file);
    text[size] = '\0';
    const char *at = strstr(text, word);
    return at ? strtoll(at + strlen(word), NULL, 10) : -1;
}

/* Is the machine's memory enough for one more sandbox of that size? */
static bool memory_suffices(int64_t bytes)
{
    int64_t available_kb = read_number("/proc/meminfo", "MemAvailable:");

    return available_kb < 0 || available_kb * 1024 >= bytes + SPARE_BYTES;
}

/* Does the server have descriptors for one more sandbox? */
static bool descriptors_suffice(int64_t sandboxes)
{
    static struct rlimit limit;

    if (limit.rlim_cur == 0 && getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return true;
    return limit.rlim_cur == RLIM_INFINITY ||
           (uint64_t)(sandboxes + 1) * DESCRIPTORS_OF_ONE + DESCRIPTORS_OF_OTHERS <= limit.rlim_cur;
}

static int64_t starts_at_once(void)
{
    static long processors;

    if (processors == 0)
        processors = sysconf(_SC_NPROCESSORS_ONLN);
    return (processors > 0 ? processors : 1) * STARTS_PER_PROCESSOR;
}

/* End the sandboxes that have been idle for the longest time, but for provisioned ones. */
static void reap(const struct call *call)
{
    struct lambda_list_idle_rows rows =
        lambda_list_idle(call->txn, &(struct lambda_list_idle_params){.most = REAPED_AT_ONCE});

    for (size_t i = 0; i < rows.count; i++)
        lambda_sandbox_end(call, rows.items[i].id, S("spindown"));
}

/*
 * The number of sandboxes that the function's concurrency still allows.  Idle ones of its other versions make
 * room.
 */
static int64_t room_of(const struct call *call, const struct function *function, int64_t wanted,
                       int64_t present)
{
    int64_t room = lambda_concurrency_limit(call, function) - present;

    if (room >= wanted)
        return room;
    struct lambda_list_idle_of_others_rows rows =
        lambda_list_idle_of_others(call->txn, &(struct lambda_list_idle_of_others_params){
                                                  .function_id = function->row.id,
                                                  .version_id = function->row.version_id,
                                                  .most = wanted - room,
                                              });
    for (size_t i = 0; i < rows.count; i++)
        lambda_sandbox_end(call, rows.items[i].id, S("spindown"));
    return room + (int64_t)rows.count;
}

int64_t lambda_sandboxes_allowed(const struct call *call, const struct function *function, int64_t wanted)
{
    struct lambda_count_sandboxes_row count = {0};

    if (wanted <= 0)
        return 0;
    lambda_count_sandboxes(call->txn,
                           &(struct lambda_count_sandboxes_params){.function_id = function->row.id}, &count);
    int64_t pace = starts_at_once() - count.starting;
    if (pace < wanted)
        wanted = pace;
    if (wanted <= 0)
        return 0;
    int64_t room = room_of(call, function, wanted, count.present);
    if (room < wanted)
        wanted = room;
    bool fits =
        descriptors_suffice(count.everywhere) && memory_suffices(function->row.memory_mb * BYTES_PER_MB);
    if (wanted > 0 && count.everywhere > 0 && !fits) {
        reap(call);
        return 0;
    }
    return wanted > 0 ? wanted : 0;
}

/* ---- scheduling ---- */

static void look_again(const struct call *call, int64_t version_id)
{
    struct pace *pace = pace_of(version_id);

    if (pace->review_ms > call->now_ms)
        return;
    pace->review_ms = call->now_ms + 1;
    spawn(call, &LAMBDA_START_SANDBOXES, arena_decimal(call->arena, version_id),
          &(struct lambda_start_sandboxes_request){.version_id = version_id});
}

/* Nothing of the function runs, and its asynchronous invocations are given up. */
static bool has_no_concurrency(const struct function *function)
{
    return function->row.reserved && *function->row.reserved == 0;
}

/* Start what is missing and allowed.  False: something is missing that was not allowed. */
static bool start_missing(const struct call *call, const struct function *function, struct work *work)
{
    int64_t missing = shortage(call, function->row.version_id, work);
    int64_t started = lambda_sandboxes_allowed(call, function, missing);

    for (int64_t i = 0; i < started; i++)
        lambda_sandbox_add(call, function, false);
    work->available += started;
    return started >= missing;
}

void lambda_function_dispatch(const struct call *call, const struct function *function)
{
    int64_t id = function->row.version_id;
    str name = lambda_version_work(call, id);
    bool is_awaited = awaited(call, name);

    check(id > 0);
    if (has_no_concurrency(function)) {
        pace_of(id)->review_ms = 0; /* nothing is being started that the events could wait for */
        look_again(call, id);
        return;
    }
    wake(call, name);
    struct work work = work_of(call, id);
    if (work.queued > work.available)
        start_missing(call, function, &work);
    if (work.queued > work.available || (work.queued > 0 && !is_awaited))
        look_again(call, id);
}

static enum outcome rest_until(const struct call *call, struct pace *pace, int64_t review_ms)
{
    pace->review_ms = review_ms;
    return spawn_rest(call, review_ms);
}

enum outcome lambda_start_sandboxes(const struct call *call, const struct lambda_start_sandboxes_request *in,
                                    struct lambda_start_sandboxes_output *out)
{
    struct pace *pace = pace_of(in->version_id);
    struct function function;

    (void)out;
    answer_unsynced(call);
    pace->review_ms = 0;
    if (call->last_run || !lambda_version_get(call, in->version_id, &function))
        return DONE;
    struct call there = lambda_call_of_function(call, &function);
    if (has_no_concurrency(&function)) /* runs of durable executions wait until it has some */
        return lambda_events_drop(&there, in->version_id) ? DONE : rest_until(call, pace, call->now_ms + 1);
    lambda_events_expire(&there, in->version_id);
    struct work work = work_of(&there, in->version_id);
    if (work.queued == 0)
        return DONE;
    int64_t review_ms =
        start_missing(&there, &function, &work) ? (int64_t)start_ms_of(in->version_id) : LACK_MS;
    return rest_until(call, pace, call->now_ms + (review_ms > LEAST_REVIEW_MS ? review_ms : LEAST_REVIEW_MS));
}

void lambda_function_reschedule(const struct call *call, int64_t function_id)
{
    struct lambda_list_waiting_of_function_rows rows = lambda_list_waiting_of_function(
        call->txn, &(struct lambda_list_waiting_of_function_params){.function_id = function_id});

    for (size_t i = 0; i < rows.count; i++) {
        pace_of(rows.items[i].id)->review_ms = 0;
        look_again(call, rows.items[i].id);
    }
}

bool lambda_sandboxes_exceed(const struct call *call, const struct function *function)
{
    struct lambda_count_sandboxes_row count = {0};

    if (!function->row.reserved)
        return false;
    lambda_count_sandboxes(call->txn,
                           &(struct lambda_count_sandboxes_params){.function_id = function->row.id}, &count);
    return count.present > *function->row.reserved;
}
