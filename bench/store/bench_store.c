/*
 * bench_store.c: how many requests a second the store takes, and the cost of each.
 *
 *     bench_store FOLDER [full|relaxed|memory] [none|lazy|eager] [write|read] [SECONDS]
 *
 * A request is a statement on a message of 400 bytes: send, take (update ... returning) and remove in turn,
 * or a read.  Batches of one size are committed one after the other; like clients, the bench waits when more
 * than IN_FLIGHT batches are not durable yet.
 *
 * The savepoint around each request: none; lazy, as the store does it; eager, at once.
 */
#include "base/check.h"
#include "base/time.h"
#include "bench_sql.h"
#include "store/store_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

enum { QUEUE_ID = 1, BODY_BYTES = 400, IN_FLIGHT = 2, BACKLOG = 1000 };

/* Later than the times of sent messages, which count from 1. */
static const int64_t TAKEN_MS = INT64_C(1) << 50;

enum savepoints { SAVEPOINTS_NONE, SAVEPOINTS_LAZY, SAVEPOINTS_EAGER };

struct bench {
    struct store *store;
    struct arena arena;
    enum savepoints savepoints;
    bool reads;
    pthread_mutex_t lock;
    pthread_cond_t durable_grew;
    uint64_t durable;
    char body[BODY_BYTES];
    int64_t next_id, taken_id, taken_until_ms, requests, longest_us;
};

static void note_durable(void *context, uint64_t sequence)
{
    struct bench *bench = context;

    pthread_mutex_lock(&bench->lock);
    bench->durable = sequence;
    pthread_cond_signal(&bench->durable_grew);
    pthread_mutex_unlock(&bench->lock);
}

static void wait_for_disk(struct bench *bench, uint64_t sequence)
{
    pthread_mutex_lock(&bench->lock);
    while (bench->durable + IN_FLIGHT < sequence)
        pthread_cond_wait(&bench->durable_grew, &bench->lock);
    pthread_mutex_unlock(&bench->lock);
}

static void send(struct bench *bench, struct txn *txn)
{
    int64_t id = bench->next_id++;

    check(bench_send(txn, &(struct bench_send_params){QUEUE_ID, id, id, {bench->body, BODY_BYTES}}) == 1);
}

static void take(struct bench *bench, struct txn *txn)
{
    struct bench_take_row row;

    bench->taken_until_ms = TAKEN_MS + bench->requests;
    check(
        bench_take(txn, &(struct bench_take_params){bench->taken_until_ms, QUEUE_ID, bench->next_id}, &row));
    bench->taken_id = row.id;
}

static void take_away(struct bench *bench, struct txn *txn)
{
    check(bench_remove(txn,
                       &(struct bench_remove_params){QUEUE_ID, bench->taken_until_ms, bench->taken_id}) == 1);
}

static void peek(struct bench *bench, struct txn *txn)
{
    struct bench_peek_row row;

    check(bench_peek(txn, &(struct bench_peek_params){QUEUE_ID, bench->requests % BACKLOG}, &row));
}

static void request(struct bench *bench, struct txn *txn)
{
    static void (*const turns[])(struct bench * bench, struct txn * txn) = {send, take, take_away};

    if (bench->savepoints != SAVEPOINTS_NONE)
        txn_savepoint(txn);
    if (bench->savepoints == SAVEPOINTS_EAGER)
        txn_will_write(txn);
    if (bench->reads)
        peek(bench, txn);
    else
        turns[bench->requests % 3](bench, txn);
    if (bench->savepoints != SAVEPOINTS_NONE)
        txn_release(txn);
    bench->requests++;
}

static void run_batch(struct bench *bench, int size)
{
    int64_t began_us = monotonic_us();
    struct txn *txn = store_begin(bench->store);
    uint64_t sequence;

    txn_use_arena(txn, &bench->arena);
    for (int i = 0; i < size; i++)
        request(bench, txn);
    check(store_commit(bench->store, &sequence));
    arena_reset(&bench->arena);
    int64_t took_us = monotonic_us() - began_us;
    if (took_us > bench->longest_us)
        bench->longest_us = took_us;
    wait_for_disk(bench, sequence);
}

static int64_t cpu_us(void)
{
    struct rusage usage;

    getrusage(RUSAGE_SELF, &usage);
    return (int64_t)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000000 + usage.ru_utime.tv_usec +
           usage.ru_stime.tv_usec;
}

static void measure(struct bench *bench, int size, int64_t seconds)
{
    int64_t began_us = monotonic_us(), began_cpu_us = cpu_us(), began_requests = bench->requests, elapsed_us;

    bench->longest_us = 0;
    do {
        run_batch(bench, size);
        elapsed_us = monotonic_us() - began_us;
    } while (elapsed_us < seconds * 1000000);

    double requests = (double)(bench->requests - began_requests);
    printf("batch %4d  %9.0f requests/s  %6.2f us CPU each  longest batch %6.2f ms\n", size,
           requests * 1e6 / (double)elapsed_us, (double)(cpu_us() - began_cpu_us) / requests,
           (double)bench->longest_us / 1000);
}

/* Fill the queue with messages to take, so that it is never empty. */
static void fill(struct bench *bench)
{
    struct txn *txn = store_begin(bench->store);
    uint64_t sequence;

    txn_use_arena(txn, &bench->arena);
    for (int i = 0; i < BACKLOG; i++)
        send(bench, txn);
    check(store_commit(bench->store, &sequence));
}

static const char *argument(int argc, char **argv, int index, const char *otherwise)
{
    return argc > index ? argv[index] : otherwise;
}

int main(int argc, char **argv)
{
    static const struct schema *const schemas[] = {&BENCH_SCHEMA, NULL};
    static const int sizes[] = {1, 8, 32, 128};
    static struct bench bench = {
        .lock = PTHREAD_MUTEX_INITIALIZER, .durable_grew = PTHREAD_COND_INITIALIZER, .next_id = 1};
    const char *durability = argument(argc, argv, 2, "full");
    const char *savepoints = argument(argc, argv, 3, "lazy");
    str error = {0};

    if (argc < 2) {
        fputs("usage: bench_store FOLDER [full|relaxed|memory] [none|lazy|eager] [write|read] [SECONDS]\n",
              stderr);
        return 2;
    }
    memset(bench.body, 'x', sizeof bench.body);
    bench.savepoints = strcmp(savepoints, "none") == 0    ? SAVEPOINTS_NONE
                       : strcmp(savepoints, "eager") == 0 ? SAVEPOINTS_EAGER
                                                          : SAVEPOINTS_LAZY;
    bench.reads = strcmp(argument(argc, argv, 4, "write"), "read") == 0;

    struct store_options options = {
        .folder = argv[1],
        .in_memory = strcmp(durability, "memory") == 0,
        .durability = strcmp(durability, "relaxed") == 0 ? DURABILITY_RELAXED : DURABILITY_FULL,
        .schemas = schemas,
        .on_durable = note_durable,
        .context = &bench,
    };
    bench.store = store_open(&options, &bench.arena, &error);
    if (!bench.store) {
        fprintf(stderr, "%.*s\n", STR_ARGS(error));
        return 1;
    }
    fill(&bench);
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
        measure(&bench, sizes[i], atoi(argument(argc, argv, 5, "3")));
    store_close(bench.store);
    arena_free(&bench.arena);
    return 0;
}
