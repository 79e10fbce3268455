/*
 * batch.c: runs everything that is due as one transaction.
 *
 * Each call runs between a savepoint and its release or rollback, so a failed call leaves no writes.
 * store_commit() only appends the batch to the log; outbox.c sends the replies when the log is on disk, and
 * meanwhile the next batch runs.
 *
 * A batch is bounded in calls and in milliseconds, because its first reply cannot be sent before its last
 * call has run.  Work that no client waits for (due timers, old traces) has a slice of each batch, see
 * slice_is_over().
 */
#include "engine/engine_internal.h"
#include "engine/metrics/metrics_internal.h"
#include "engine/trace/trace_internal.h"

#include "base/check.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/time.h"

enum { RETRY_AFTER_MS = 1000, GIVE_BACK_AGAIN_MS = 20, LOOK_FOR_SPACE_MS = 1000 };

static struct batch *batch_new(void)
{
    return memory_take(sizeof(struct batch));
}

static void answer(struct engine *engine, struct exchange *exchange)
{
    *list_add(&engine->batch->arena, &engine->batch->answers) = exchange;
    engine->batch->clients += !internal_is(exchange);
}

static void run_handler(void *context)
{
    struct exchange *exchange = context;
    struct call *call = &exchange->call;

    if (exchange->door) {
        doors_run(exchange);
        return;
    }
    stream_begin_run(exchange);
    exchange->outcome = call_handle(call, exchange->in, exchange->out);
    stream_end_run(exchange);
    check(exchange->outcome != DONE || call->progress->authorized ||
          call->operation->flags & (OPERATION_ANONYMOUS | OPERATION_INTERNAL));
}

/*
 * Run the handler; when memory runs out in the middle of it, the call fails as if the handler had never run.
 */
static enum outcome run_guarded(struct engine *engine, struct exchange *exchange)
{
    struct batch before = *engine->batch;
    size_t depth = txn_depth(engine->txn);

    if (exchange->operation && is_refused_for_space(&exchange->call, exchange->operation)) {
        call_fail_full(&exchange->call);
        return FAILED;
    }
    if (arena_run(&exchange->arena, run_handler, exchange))
        return exchange->outcome;
    txn_abandon(engine->txn, depth);
    engine->batch->reset = before.reset;
    engine->clock_offset_ms = exchange->door ? before.clock_offset_ms : engine->clock_offset_ms;
    call_fail_exhausted(&exchange->call, exchange->decoded);
    return FAILED;
}

static bool may_move(const struct exchange *exchange)
{
    if (exchange->door)
        return exchange->door->flags & DOOR_ON_WORKER;
    return exchange->operation->prepare && !exchange->from_timer && !exchange->last_chance &&
           (exchange->call.stream || internal_is(exchange) || exchange->preparations < LIMIT_PREPARATIONS);
}

static void prepare(struct engine *engine, struct exchange *exchange)
{
    struct call *call = &exchange->call;

    arena_rewind(&exchange->arena, exchange->decoded);
    call_reset(call);
    call->txn = engine->txn;
    call->now_ms = engine->now_ms;
    if (call->arrived_ms > call->now_ms)
        call->arrived_ms = call->now_ms; /* a reset has set the clock back */
    call->last_run = engine->last_run;
    call->may_move = may_move(exchange) && !engine->last_run;
    if (exchange->operation)
        exchange->out = arena_alloc(&exchange->arena, exchange->operation->output->size);
    txn_use_arena(engine->txn, &exchange->arena);
}

/* Called when the call's own writes are undone. */
static void trace_denial(const struct call *call)
{
    const struct failure *failure = &call->progress->failure;
    struct call writing = *call;

    writing.operation = NULL; /* it may have been a read, and reads write no hops of their own */
    if (str_present(failure->reason))
        trace(&writing, &(struct trace_hop){.kind = HOP_DENIED,
                                            .verdict = VERDICT_DENIED,
                                            .resource_arn = call->progress->denied,
                                            .reason = failure->reason});
}

/* The end of a call that cannot wait: its client has gone, or the server stops.  A begun stream ends well. */
static enum outcome end_of_waiting(const struct exchange *exchange, struct call *call)
{
    bool begun = call->stream && call->stream->begun;
    enum outcome outcome = exchange->cancelled ? call_leave(call) : FAILED;

    if (outcome == FAILED && call->last_run)
        call_fail_unavailable(call);
    return begun ? DONE : outcome;
}

static void run_once(struct engine *engine, struct exchange *exchange)
{
    struct call *call = &exchange->call;

    prepare(engine, exchange);
    int64_t began_us = monotonic_us();
    struct call_mark mark = call_begin(call);
    exchange->outcome = call_end(call, mark, run_guarded(engine, exchange));
    if (exchange->outcome == FAILED)
        trace_denial(call);
    else if (exchange->outcome == DONE && exchange->operation && !internal_is(exchange))
        account_note(call);
    delivery_has_run(exchange);
    call->txn = NULL;
    meter_call(engine, exchange->operation, METER_ENGINE, monotonic_us() - began_us);
    if (exchange->outcome == PARKED && (call->last_run || exchange->cancelled))
        exchange->outcome = end_of_waiting(exchange, call);
    if (exchange->outcome == FAILED)
        exchange->reply = (struct http_reply){0};
}

/* A call may be woken in vain at any time; the tests' mode does it each time. */
static void run(struct engine *engine, struct exchange *exchange)
{
    run_once(engine, exchange);
    if (engine->options.rerun && exchange->outcome == PARKED && !exchange->progress.moves)
        run_once(engine, exchange);
}

/*
 * The client has gone while the call waited: the call must not take anything for it.  A stream is told; a
 * poller is ended by spawn_end().
 */
static bool is_abandoned(const struct exchange *exchange)
{
    bool ran = exchange->order != 0 || str_present(exchange->call.poller);

    return ran && exchange->cancelled && !exchange->call.stream;
}

/*
 * A worker prepares the call; then it runs again, with the input that this run may have changed.  For a door,
 * the worker runs the rest.
 */
static void move(struct engine *engine, struct exchange *exchange)
{
    if (exchange->door)
        dispatch_door_on_worker(engine, exchange);
    else
        dispatch_prepare(engine, exchange);
}

static void run_later(struct engine *engine, struct exchange *exchange, int64_t at_ms)
{
    exchange->progress.parked.what = S("engine/retry");
    exchange->progress.parked.until_ms = at_ms;
    parking_add(&engine->parking, exchange);
}

void internal_prepare_later(struct engine *engine, struct exchange *exchange)
{
    exchange->waits_for_worker = true;
    run_later(engine, exchange, engine_now_ms(engine) + RETRY_AFTER_MS);
}

/* A batch with a client's reply that does not wait for the disk is committed at once. */
static void note_what_lasts(struct batch *batch, const struct exchange *exchange)
{
    batch->lasts |= !exchange->progress.unsynced;
    batch->hurries |= exchange->progress.unsynced && !internal_is(exchange);
}

static void run_or_give_back(struct engine *engine, struct exchange *exchange)
{
    str waited_for = arena_copy(&engine->batch->arena, exchange->progress.parked.what);

    if (exchange->denied_read) {
        engine->batch->lasts = true;
        trace_denial(&exchange->call);
        answer(engine, exchange);
        return;
    }
    if (exchange->waits_for_worker && !engine->last_run) {
        exchange->waits_for_worker = false;
        move(engine, exchange);
        return;
    }
    if (is_abandoned(exchange)) {
        exchange->outcome = call_leave(&exchange->call);
    } else if (exchange->waits_for_worker) {
        exchange->outcome = FAILED;
        call_fail_unavailable(&exchange->call);
    } else {
        run(engine, exchange);
    }
    note_what_lasts(engine->batch, exchange);
    bool left = exchange->call.stream && exchange->call.stream->left;
    if ((exchange->outcome == FAILED || left) && str_present(waited_for))
        wake_oldest(engine, waited_for);

    if (exchange->outcome == PARKED && exchange->progress.moves) {
        call_reset(&exchange->call);
        queue_push(&engine->batch->moved, exchange);
    } else if (exchange->outcome == PARKED) {
        exchange->from_timer = false; /* its row is gone: a restart will not run it again */
        exchange->preparations = 0;
        parking_add(&engine->parking, exchange);
    } else if (exchange->outcome == FAILED && internal_has_last_chance(exchange)) {
        queue_push(&engine->runnable, exchange);
    } else {
        poller_has_ended(engine, exchange);
        answer(engine, exchange);
    }
}

static void tell_failed(size_t calls)
{
    static struct log_pace pace;
    unsigned left_out;

    if (log_due(&pace, &left_out))
        log_error("commit failed", log_field("calls", calls), log_field("not_told_before", left_out));
}

/*
 * The batch was not committed.  Clients get an error; internal calls, which nobody repeats, run again; and
 * parked calls run again, because what they saw may be undone.
 */
static void undo(struct engine *engine, struct batch *batch)
{
    struct exchange_list told = batch->answers;

    tell_failed(told.count);
    engine->rests = true;
    engine->clock_offset_ms = batch->clock_offset_ms;
    engine->clock_kept_ms = 0;
    accounts_forget(engine);
    trace_recount(engine);
    metrics_undone(engine);
    if (engine->last_run)
        trace_give_up(engine);
    engine->retry_ms = engine->now_ms + RETRY_AFTER_MS;
    engine->next_timer_ms = engine->retry_ms; /* the rows of its timers exist again */
    deliveries_look_again(engine, engine->retry_ms);
    batch->effects.count = 0;
    spawned_drop(batch, 0);
    batch->answers = (struct exchange_list){0};
    for (size_t i = 0; i < told.count; i++) {
        struct exchange *exchange = told.items[i];
        if (internal_is(exchange) && !exchange->from_timer && !engine->last_run) {
            run_later(engine, exchange, engine->retry_ms);
            poller_goes_on(engine, exchange);
            continue;
        }
        exchange->outcome = FAILED;
        exchange->reply = (struct http_reply){0};
        call_fail_internal(&exchange->call);
        answer(engine, exchange);
    }
}

/*
 * After a reset: waiting clients' calls run again; internal calls end, because the start hooks have begun new
 * pollers.
 */
static void begin_anew(struct engine *engine)
{
    struct exchange_queue before = engine->runnable;
    struct exchange *exchange;

    engine->runnable = (struct exchange_queue){0};
    pollers_forget(engine);
    metrics_forget(engine->metrics);
    metric_shares_forget(engine->metric_shares);
    while ((exchange = parking_take_any(&engine->parking)))
        queue_push(&before, exchange);
    while ((exchange = queue_pop(&before)))
        if (internal_is(exchange))
            exchange->answered(exchange);
        else
            queue_push(&engine->runnable, exchange);
}

static void take_parked(struct engine *engine)
{
    struct exchange *exchange;
    bool all = engine->last_run || engine->now_ms >= engine->retry_ms;

    if (all)
        engine->retry_ms = INT64_MAX;
    while ((exchange = all ? parking_take_any(&engine->parking)
                           : parking_take_due(&engine->parking, engine->now_ms)))
        queue_push(&engine->runnable, exchange);
}

/*
 * Run at least one due timer (or delivery), and more while their slice lasts: so most of the batch is left
 * for calls, however many are due.
 */
static int run_due(struct engine *engine, struct exchange *(*take_due)(struct engine *engine))
{
    struct exchange *exchange;
    int count = 0;

    slice_begin(engine);
    while (count < LIMIT_BATCH_CALLS / 2 && !(count && slice_has_passed(engine)) &&
           (exchange = take_due(engine))) {
        run_or_give_back(engine, exchange);
        count++;
    }
    return count;
}

/*
 * A client's reply does not wait for the pollers that its call has woken, when the disk is free: they run
 * while the call is synced.
 */
static bool is_worth_syncing_first(struct engine *engine)
{
    const struct exchange *next = engine->runnable.first;

    return next && str_present(next->call.poller) && engine->batch->lasts && engine->batch->clients > 0 &&
           !outbox_is_waiting(engine);
}

/* Run the runnable calls, up to the batch's bounds. */
static int run_runnable(struct engine *engine, int calls, int64_t end_us)
{
    struct exchange *exchange;

    for (; calls < LIMIT_BATCH_CALLS; calls++) {
        slice_begin(engine);
        if (engine->slice_began_us >= end_us || is_worth_syncing_first(engine) ||
            !(exchange = queue_pop(&engine->runnable)))
            break;
        run_or_give_back(engine, exchange);
    }
    return calls;
}

/*
 * Timers first, then calls, then deliveries: so the first attempt of a delivery is in the batch that adds it.
 *
 * While the disk is busy with earlier batches, the replies of this one could not be sent any sooner: so it
 * stays open and takes the calls that arrive meanwhile, unless one of its replies does not wait for the disk.
 * The log then gets each page once for all of them.
 */
static void run_calls(struct engine *engine)
{
    int calls = run_due(engine, timers_take_due);
    int64_t end_us = monotonic_us() + INT64_C(1000) * LIMIT_BATCH_MS;
    bool more_may_come;

    do {
        engine->now_ms = engine_now_ms(engine);
        calls = run_runnable(engine, calls, end_us);
        more_may_come = calls < WORTH_COMMITTING && !engine->batch->hurries && !engine->batch->moved.first &&
                        monotonic_us() < end_us && outbox_is_waiting(engine);
    } while (more_may_come && take_more_while_disk_is_busy(engine));
    if (!engine->last_run)
        run_due(engine, deliveries_take_due);
}

static void give_back_space(struct engine *engine)
{
    bool looks_later = engine->batch->answers.count > 0; /* after what they have deleted */

    if (engine->now_ms < engine->give_back_ms) {
        engine->gives_back |= looks_later;
        return;
    }
    engine->gives_back = store_give_back(engine->store);
    engine->give_back_ms = engine->now_ms + (engine->gives_back ? GIVE_BACK_AGAIN_MS : LOOK_FOR_SPACE_MS);
    engine->gives_back |= looks_later;
}

/*
 * Answer what may be answered, and have the batch synced: at once if anything waits for that, else within
 * some milliseconds, most often together with later batches.
 */
static void answer_and_sync(struct engine *engine, struct batch *batch)
{
    bool has_one_call = batch->answers.count <= 1; /* more are a sign that others will follow */
    uint64_t sequence = batch->sequence;
    bool awaited = outbox_add_batch(engine, batch) || engine->now_ms >= engine->sync_ms;

    if (awaited)
        engine->sync_ms = INT64_MAX;
    else if (engine->sync_ms == INT64_MAX && store_durable(engine->store) < sequence)
        engine->sync_ms = engine->now_ms + LIMIT_UNAWAITED_SYNC_MS;
    store_sync(engine->store, awaited ? sequence : 0, has_one_call && engine_is_idle(engine));
}

void batch_run(struct engine *engine)
{
    struct batch *batch = engine->batch = batch_new();
    int64_t began_us = monotonic_us();
    struct exchange *exchange;

    batch->clock_offset_ms = engine->clock_offset_ms;
    batch->hops.records = text_in(&batch->arena);
    engine->now_ms = engine_now_ms(engine);
    engine->txn = store_begin(engine->store);
    meter_batch(engine, monotonic_us() - began_us);
    take_parked(engine);
    run_calls(engine);
    slice_begin(engine);
    deliveries_remove_ended(engine);
    slice_begin(engine);
    trace_tend(engine);
    slice_begin(engine);
    txn_use_arena(engine->txn, &batch->arena);
    metrics_tend(engine);
    sums_finish(engine);
    trace_finish(engine);
    clock_keep(engine);
    give_back_space(engine);

    if (!store_commit(engine->store, &batch->sequence)) {
        undo(engine, batch);
    } else {
        engine->rests = false;
        trace_committed(engine);
        metrics_committed(engine);
        changes_committed(engine);
        if (batch->reset)
            begin_anew(engine);
        spawned_start(engine, batch);
    }
    while ((exchange = queue_pop(&batch->moved)))
        move(engine, exchange);
    engine->txn = NULL;
    engine->batch = NULL;
    answer_and_sync(engine, batch);
}
