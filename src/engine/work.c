/*
 * work.c: the pool of worker threads, for work that is too long for a connection's loop: preparations, long
 * reads, large bodies.
 *
 * There are two classes.  Short jobs go first, and long ones never occupy all workers, so one worker is
 * always left for short jobs.  Within a class each client has a lane, found by a hash of its address and its
 * principal, and workers take one job from each lane in turn: a client with many jobs delays only itself.
 * Lanes are bounded; a job that does not fit is answered as throttled.
 *
 * A worker has its own dispatcher, and with it its own store reader.  The pool owns the exchange from
 * work_submit() on until its job has answered it or passed it to the engine.
 */
#include "engine/engine_internal.h"

#include "base/check.h"
#include "base/thread.h"

#include <stdlib.h>
#include <unistd.h>

enum { LANES = 64, MOST_USUAL_WORKERS = 16, FEWEST_WORKERS = 2 };

struct lane {
    struct exchange_queue jobs;
    size_t count;
};

struct lanes {
    struct lane lanes[LANES];
    size_t count;
    size_t turn; /* the lane to take from next */
};

struct worker {
    struct work_pool *pool;
    struct dispatcher *dispatcher;
    pthread_t thread;
};

struct work_pool {
    struct engine *engine;
    struct worker *workers;
    size_t worker_count;

    pthread_mutex_t lock; /* protects the next four */
    pthread_cond_t changed;
    struct lanes waiting[WORK_CLASSES];
    size_t running[WORK_CLASSES];
    bool stopping;
};

/* ---- lanes ---- */

static uint64_t client_of(const struct exchange *exchange)
{
    const struct principal *caller = exchange->call.caller;
    uint64_t client = str_hash(exchange->source_ip);

    return caller ? client * 31 + str_hash(str_present(caller->arn) ? caller->arn : caller->account) : client;
}

/* False when the lane, or all lanes together, are full. */
static bool lanes_push(struct lanes *lanes, struct exchange *exchange)
{
    struct lane *lane = &lanes->lanes[client_of(exchange) % LANES];

    if (lane->count >= LIMIT_WORK_OF_ONE_CLIENT || lanes->count >= LIMIT_WORK_WAITING)
        return false;
    queue_push(&lane->jobs, exchange);
    lane->count++;
    lanes->count++;
    return true;
}

static struct exchange *lanes_pop(struct lanes *lanes)
{
    if (lanes->count == 0)
        return NULL;
    while (lanes->lanes[lanes->turn % LANES].count == 0)
        lanes->turn++;
    struct lane *lane = &lanes->lanes[lanes->turn++ % LANES];
    lane->count--;
    lanes->count--;
    return queue_pop(&lane->jobs);
}

/* ---- workers ---- */

/* With the lock held: the next job that may run now, or NULL. */
static struct exchange *take_job(struct work_pool *pool)
{
    struct exchange *exchange = lanes_pop(&pool->waiting[WORK_SHORT]);
    bool one_is_left = pool->running[WORK_LONG] + 1 < pool->worker_count;

    return exchange || !one_is_left ? exchange : lanes_pop(&pool->waiting[WORK_LONG]);
}

static void give_back(struct exchange *exchange)
{
    call_fail_unavailable(&exchange->call);
    exchange->outcome = FAILED;
    exchange->answered(exchange);
}

/* A job whose client has gone is not begun; neither are long ones when the server stops. */
static void do_job(struct worker *worker, struct exchange *exchange, bool stopping)
{
    if (exchange->cancelled || (stopping && exchange->work_class == WORK_LONG))
        give_back(exchange);
    else
        dispatch_work(worker->dispatcher, exchange);
}

static void *work(void *context)
{
    struct worker *worker = context;
    struct work_pool *pool = worker->pool;
    struct exchange *exchange;

    thread_set_name("worker");
    pthread_mutex_lock(&pool->lock);
    while ((exchange = take_job(pool)) || !pool->stopping) {
        if (!exchange) {
            pthread_cond_wait(&pool->changed, &pool->lock);
            continue;
        }
        enum work_class class = exchange->work_class;
        bool stopping = pool->stopping;
        pool->running[class]++;
        pthread_mutex_unlock(&pool->lock);
        do_job(worker, exchange, stopping);
        pthread_mutex_lock(&pool->lock);
        pool->running[class]--;
    }
    pthread_mutex_unlock(&pool->lock);
    return NULL;
}

bool work_offer(struct work_pool *pool, struct exchange *exchange, enum work_class class,
                void (*work_of)(struct dispatcher *, struct exchange *))
{
    exchange->work_class = class;
    exchange->work = work_of;
    pthread_mutex_lock(&pool->lock);
    bool taken = !pool->stopping && lanes_push(&pool->waiting[class], exchange);
    pthread_mutex_unlock(&pool->lock);
    if (taken)
        pthread_cond_signal(&pool->changed);
    return taken;
}

static bool is_stopping(struct work_pool *pool)
{
    pthread_mutex_lock(&pool->lock);
    bool stopping = pool->stopping;
    pthread_mutex_unlock(&pool->lock);
    return stopping;
}

void work_submit(struct work_pool *pool, struct exchange *exchange, enum work_class class,
                 void (*work_of)(struct dispatcher *, struct exchange *))
{
    if (work_offer(pool, exchange, class, work_of))
        return;
    if (is_stopping(pool)) {
        give_back(exchange);
        return;
    }
    call_fail_throttled(&exchange->call);
    exchange->outcome = FAILED;
    exchange->answered(exchange);
}

struct work_counts work_counts(struct work_pool *pool)
{
    pthread_mutex_lock(&pool->lock);
    struct work_counts counts = {.workers = pool->worker_count};
    for (int class = 0; class < WORK_CLASSES; class ++) {
        counts.waiting[class] = pool->waiting[class].count;
        counts.running[class] = pool->running[class];
    }
    pthread_mutex_unlock(&pool->lock);
    return counts;
}

/* ---- life ---- */

/* One for each core, and one more, because one is reserved for short jobs. */
static size_t usual_worker_count(void)
{
    long cores = sysconf(_SC_NPROCESSORS_ONLN);

    if (cores < FEWEST_WORKERS)
        return FEWEST_WORKERS;
    return cores < MOST_USUAL_WORKERS ? (size_t)cores + 1 : MOST_USUAL_WORKERS;
}

struct work_pool *work_start(struct engine *engine)
{
    struct work_pool *pool = calloc(1, sizeof *pool);

    check(pool != NULL);
    pool->engine = engine;
    pool->worker_count = engine->options.workers ? engine->options.workers : usual_worker_count();
    check(pool->worker_count >= FEWEST_WORKERS);
    pool->workers = calloc(pool->worker_count, sizeof *pool->workers);
    check(pool->workers != NULL);
    pthread_mutex_init(&pool->lock, NULL);
    pthread_cond_init(&pool->changed, NULL);
    for (size_t i = 0; i < pool->worker_count; i++) {
        struct worker *worker = &pool->workers[i];
        worker->pool = pool;
        worker->dispatcher = dispatcher_new(engine);
        check(pthread_create(&worker->thread, NULL, work, worker) == 0);
    }
    return pool;
}

void work_stop(struct work_pool *pool)
{
    pthread_mutex_lock(&pool->lock);
    pool->stopping = true;
    pthread_mutex_unlock(&pool->lock);
    pthread_cond_broadcast(&pool->changed);
    for (size_t i = 0; i < pool->worker_count; i++) {
        pthread_join(pool->workers[i].thread, NULL);
        dispatcher_free(pool->workers[i].dispatcher);
    }
    pool->worker_count = 0;
}

void work_free(struct work_pool *pool)
{
    pthread_cond_destroy(&pool->changed);
    pthread_mutex_destroy(&pool->lock);
    free(pool->workers);
    free(pool);
}
