/*
 * shares.c: what is counted outside the engine's transaction: by reads, by failed calls, and when a
 * request has ended.
 *
 * Each thread counts into a share of its own, so that threads do not wait for each other.  The engine takes
 * the shares at the end of the minute (metrics.c).
 */
#include "engine/metrics/metrics_internal.h"
#include "engine/metrics/minute.h"

#include "base/memory.h"
#include "base/time.h"

#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>

enum { MOST_SERIES_OF_SHARE = 1024 };

struct metric_shares {
    struct share {
        atomic_flag taken;     /* for some hundred instructions: cheaper than a mutex */
        struct minute *minute; /* NULL: nothing was counted */
    } items[METRIC_SHARES];
    _Atomic int64_t began_ms; /* of the first count that the engine has not taken; INT64_MAX: none */
    _Atomic bool ended;       /* the engine takes no more */
};

struct metric_shares *metric_shares_new(void)
{
    struct metric_shares *shares = memory_take(sizeof *shares);

    for (size_t i = 0; i < METRIC_SHARES; i++)
        atomic_flag_clear(&shares->items[i].taken);
    atomic_store(&shares->began_ms, INT64_MAX);
    return shares;
}

void metric_shares_free(struct metric_shares *shares)
{
    for (size_t i = 0; i < METRIC_SHARES; i++)
        minute_free(&shares->items[i].minute);
    free(shares);
}

size_t metric_share_number(void)
{
    static _Atomic size_t threads;
    static _Thread_local size_t number; /* from 1 on */

    if (!number)
        number = atomic_fetch_add(&threads, 1) + 1;
    return number % METRIC_SHARES;
}

/* Hardly ever waits: a share has one thread, or few, and the engine takes it once a minute. */
static void take(struct share *share)
{
    while (atomic_flag_test_and_set_explicit(&share->taken, memory_order_acquire))
        sched_yield();
}

static void give_back(struct share *share)
{
    atomic_flag_clear_explicit(&share->taken, memory_order_release);
}

static struct share *share_of_thread(struct metric_shares *shares)
{
    return &shares->items[metric_share_number()];
}

/* The engine may sleep without an end: it learns that it has something to take when the minute is over. */
static void announce(struct engine *engine, struct metric_shares *shares, int64_t now_ms)
{
    int64_t none = INT64_MAX;

    if (atomic_load_explicit(&shares->began_ms, memory_order_relaxed) != none ||
        !atomic_compare_exchange_strong(&shares->began_ms, &none, now_ms))
        return;
    pthread_mutex_lock(&engine->lock);
    pthread_mutex_unlock(&engine->lock);
    pthread_cond_signal(&engine->arrived);
}

void count_at_once(const struct call *call, const struct metric *metric, str of, double value)
{
    struct metric_shares *shares = call->engine->metric_shares;
    struct share *share = share_of_thread(shares);

    if (atomic_load_explicit(&shares->ended, memory_order_relaxed))
        return;
    take(share);
    if (!share->minute)
        share->minute = minute_new(call->now_ms, MOST_SERIES_OF_SHARE);
    struct series *series = minute_series_of(share->minute, call, metric, of);
    if (series)
        series_add(share->minute, series, value);
    give_back(share);
    announce(call->engine, shares, call->now_ms);
}

int64_t metric_shares_began_ms(const struct metric_shares *shares)
{
    return atomic_load(&shares->began_ms);
}

void metric_shares_end(struct metric_shares *shares)
{
    atomic_store(&shares->ended, true);
}

struct minute *metric_shares_take(struct metric_shares *shares, size_t *at)
{
    atomic_store(&shares->began_ms, INT64_MAX);
    while (*at < METRIC_SHARES) {
        struct share *share = &shares->items[(*at)++];
        take(share);
        struct minute *minute = share->minute;
        share->minute = NULL;
        give_back(share);
        if (minute)
            return minute;
    }
    return NULL;
}

void metric_shares_forget(struct metric_shares *shares)
{
    struct minute *minute;
    size_t at = 0;

    while ((minute = metric_shares_take(shares, &at)))
        minute_free(&minute);
}

static void tell(const struct module *module, const struct exchange *exchange)
{
    static const struct metric calls = {"AWS/Usage", "CallCount",
                                        "Service,Operation:Resource,Type=API,Class=None", "None"};
    const struct call *call = &exchange->call;

    if (module->usage && call->operation)
        count_at_once(call, &calls, str_of(module->usage), 1);
    if (module->request_ended)
        module->request_ended(call, monotonic_us() - exchange->began_us);
}

void metrics_request_ended(const struct exchange *exchange)
{
    const struct call *call = &exchange->call;

    if (!exchange->operation || !call->caller || exchange->operation->flags & OPERATION_INTERNAL)
        return;
    for (const struct module *const *module = call->engine->options.modules; *module; module++)
        if ((*module)->service == exchange->operation->service) {
            load_request(call->engine, (size_t)(module - call->engine->options.modules),
                         exchange->outcome == FAILED);
            tell(*module, exchange);
            return;
        }
}
