/*
 * call.c: what a handler may do, except timers and effects.
 */
#include "engine/call.h"
#include "engine/engine_internal.h"

#include "aws/arn.h"
#include "base/check.h"
#include "base/log.h"
#include "base/time.h"

#include <stdarg.h>
#include <stdio.h>

void call_reset(const struct call *call)
{
    *call->progress = (struct call_progress){.deep = call->progress->deep,
                                             .prepared = call->progress->prepared,
                                             .handed_over = call->progress->handed_over};
}

enum outcome fail(const struct call *call, const struct error *error, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    call->progress->failure =
        (struct failure){.error = error, .message = arena_format_list(call->arena, format, args)};
    va_end(args);
    return FAILED;
}

void fail_details(const struct call *call, const void *details)
{
    call->progress->failure.details = details;
}

struct failure take_failure(const struct call *call)
{
    struct failure failure = call->progress->failure;

    call->progress->failure = (struct failure){0};
    return failure;
}

void leave_prepared(const struct call *call, void *prepared)
{
    check(call->preparing || !call->operation); /* a door leaves what it needs on a worker */
    call->progress->prepared = prepared;
}

void *prepared(const struct call *call)
{
    return call->progress->prepared;
}

struct call call_in(const struct call *call, str account, str region)
{
    struct call there = *call;

    there.account = account;
    there.region = region;
    return there;
}

struct call call_as(const struct call *call, const struct principal *caller)
{
    struct call theirs = *call;

    theirs.caller = caller;
    return theirs;
}

/* For a call whose service is unknown. */
static const struct error internal_failure = {
    .name = "InternalFailure", .query_code = "InternalFailure", .status = 500};

void call_fail_internal(const struct call *call)
{
    const struct error *error = call->operation ? call->operation->service->internal_error : NULL;

    fail(call, error ? error : &internal_failure, "We encountered an internal error. Please try again.");
}

/* No service declares this error, and every client knows it. */
static const struct error service_unavailable = {
    .name = "ServiceUnavailable", .query_code = "ServiceUnavailable", .status = 503};

/* https://docs.aws.amazon.com/IAM/latest/APIReference/CommonErrors.html; every SDK retries it. */
static const struct error throttled = {
    .name = "ThrottlingException", .query_code = "Throttling", .status = 400, .sender = true};

void call_fail_throttled(const struct call *call)
{
    fail(call, &throttled, "Rate exceeded");
}

void call_fail_unavailable(const struct call *call)
{
    fail(call, &service_unavailable, "The server is stopping.");
}

enum outcome call_leave(const struct call *call)
{
    if (call->progress->answers_left)
        return DONE;
    fail(call, &service_unavailable, "The client has closed the connection.");
    return FAILED;
}

void call_fail_full(const struct call *call)
{
    fail(call, &service_unavailable, "The disk is full.");
}

void call_fail_exhausted(const struct call *call, struct arena_mark mark)
{
    log_warn("a request was given up for want of memory",
             log_field("operation", call->operation ? call->operation->name : "-"),
             log_field("held_bytes", call->arena->held));
    arena_rewind(call->arena, mark);
    *call->progress =
        (struct call_progress){.exhausted = true, .ended_delivery = call->progress->ended_delivery};
    fail(call, &service_unavailable, "The request needs more memory than there is for it.");
}

/*
 * If a SQL statement of this call failed, log it and return FAILED: a row that the handler missed may exist.
 */
static enum outcome unless_broken(const struct call *call, enum outcome outcome)
{
    if (!txn_broken(call->txn))
        return outcome;
    log_error("statement failed", log_field("operation", call->operation ? call->operation->name : "-"),
              log_field("trouble", txn_trouble(call->txn)));
    call_fail_internal(call);
    return FAILED;
}

struct call_mark call_begin(const struct call *call)
{
    const struct batch *batch = call->engine->batch;

    txn_savepoint(call->txn);
    return (struct call_mark){.effects = batch->effects.count,
                              .spawned = batch->spawned.count,
                              .sum_changes = batch->sum_changes.count,
                              .hops = batch->hops.records.size,
                              .counts = batch->counts.count,
                              .changes = batch->changes.count,
                              .hops_stored = batch->hops.stored,
                              .late_are_stored = batch->late_are_stored};
}

enum outcome call_end(const struct call *call, struct call_mark mark, enum outcome outcome)
{
    struct batch *batch = call->engine->batch;

    outcome = unless_broken(call, outcome);
    if (outcome == FAILED) {
        txn_rollback(call->txn);
        batch->effects.count = mark.effects;
        batch->counts.count = mark.counts;
        batch->changes.count = mark.changes;
        spawned_drop(batch, mark.spawned);
        sums_undo(batch, mark.sum_changes);
        batch->hops.records.size = mark.hops;
        batch->hops.stored = mark.hops_stored;
        batch->late_are_stored = mark.late_are_stored;
    } else {
        txn_release(call->txn);
    }
    return outcome;
}

void check_writes(const struct call *call)
{
    check(!call->preparing && (!call->operation || !(call->operation->flags & OPERATION_READS)));
}

bool time_is_up(const struct call *call)
{
    return call->time_up_us && monotonic_us() >= call->time_up_us;
}

void read_anew(const struct call *call)
{
    check(call->preparing || call->operation->flags & OPERATION_READS);
    store_read_anew(call->txn);
}

bool may_move_to_worker(const struct call *call)
{
    return call->may_move;
}

enum outcome move_to_worker(const struct call *call)
{
    check(call->may_move);
    call->progress->moves = true;
    return PARKED;
}

enum outcome move_to_engine(const struct call *call)
{
    check(!call->operation && !call->may_move);
    call->progress->moves = true;
    return PARKED;
}

void reply_is_long(const struct call *call)
{
    call->progress->long_reply = true;
}

void answer_when_left(const struct call *call)
{
    call->progress->answers_left = true;
}

void answer_unsynced(const struct call *call)
{
    check_writes(call);
    call->progress->unsynced = true;
}

enum outcome park(const struct call *call, str what, int64_t until_ms)
{
    check_writes(call);
    call->progress->parked.what = what;
    call->progress->parked.until_ms = until_ms;
    return PARKED;
}

enum outcome park_showing(const struct call *call, str what, int64_t until_ms, str text)
{
    call->progress->parked.shown = text;
    return park(call, what, until_ms);
}

/* A call that was woken in vain, for example after a commit that failed, is runnable for a while. */
static const struct exchange *oldest_waiting(struct engine *engine, str what)
{
    const struct exchange *exchange = parking_oldest(&engine->parking, what);

    if (exchange)
        return exchange;
    exchange = engine->runnable.first;
    while (exchange && !str_equal(exchange->progress.parked.what, what))
        exchange = exchange->next;
    return exchange;
}

str shown_by(const struct call *call, str what)
{
    const struct exchange *exchange = oldest_waiting(call->engine, what);

    return exchange ? exchange->progress.parked.shown : (str){0};
}

bool hand_over(const struct call *call, str what, str text)
{
    check_writes(call);
    return parking_hand_over(&call->engine->parking, what, text);
}

str handed_over(const struct call *call)
{
    return call->progress->handed_over;
}

bool wake_oldest(struct engine *engine, str what)
{
    struct exchange *exchange = parking_take(&engine->parking, what);

    if (exchange)
        queue_push(&engine->runnable, exchange);
    return exchange != NULL;
}

void wake(const struct call *call, str what)
{
    check_writes(call);
    wake_oldest(call->engine, what);
}

void wake_all(const struct call *call, str what)
{
    check_writes(call);
    while (wake_oldest(call->engine, what))
        ;
}

bool awaited(const struct call *call, str what)
{
    check_writes(call);
    return parking_awaited(&call->engine->parking, what);
}

void wake_at(const struct call *call, str what, int64_t at_ms)
{
    check_writes(call);
    parking_alarm(&call->engine->parking, what, at_ms);
}

static enum outcome invoke_read(const struct call *child, const void *in, void *out)
{
    return call_handle(child, in, out);
}

bool is_refused_for_space(const struct call *call, const struct operation *operation)
{
    return store_is_full(call->engine->store) && !(operation->flags & (OPERATION_FREES | OPERATION_INTERNAL));
}

/* For an unfailing operation there is no savepoint, which would copy each page that it changes. */
static enum outcome invoke_write(const struct call *child, const void *in, void *out)
{
    if (child->operation->flags & OPERATION_UNFAILING) {
        enum outcome outcome = call_handle(child, in, out);
        check(outcome == DONE);
        return outcome;
    }
    struct call_mark mark = call_begin(child);

    return call_end(child, mark, call_handle(child, in, out));
}

enum outcome invoke(const struct call *call, const struct principal *caller,
                    const struct operation *operation, const void *in, void *out, struct failure *failure)
{
    struct call_progress progress = {.handed_over = call->progress->handed_over};
    struct call child = call_as(call, caller);
    bool reads = operation->flags & OPERATION_READS;

    child.operation = operation;
    child.progress = &progress;
    child.may_move = false;
    child.invoked = true;
    if (!reads)
        check_writes(call);
    if (!reads && call->operation && !(call->operation->flags & OPERATION_FREES) &&
        is_refused_for_space(&child, operation)) {
        call_fail_full(&child);
        *failure = take_failure(&child);
        return FAILED;
    }
    enum outcome outcome = reads ? invoke_read(&child, in, out) : invoke_write(&child, in, out);

    check(outcome != DONE || progress.authorized ||
          operation->flags & (OPERATION_ANONYMOUS | OPERATION_INTERNAL));
    *failure = progress.failure;
    call->progress->parked = progress.parked;
    return outcome;
}

const struct principal *service_principal(const struct call *call, str host_name, str source_arn)
{
    struct principal *principal = arena_new(call->arena, struct principal);

    *principal = (struct principal){
        .kind = PRINCIPAL_SERVICE,
        .name = host_name,
        .id = host_name,
        .account = call->account,
        .source_arn = source_arn,
        .source_account = call->account,
    };
    return principal;
}

const struct principal *role_principal(const struct call *call, str role_arn, str session_name)
{
    struct principal *principal = arena_new(call->arena, struct principal);
    bool found = call->engine->options.identity.find_role(call, role_arn, session_name, principal);

    return found ? principal : NULL;
}

str arn(const struct call *call, str service, str resource)
{
    return arn_build(call->arena, &(struct arn){.service = service,
                                                .region = call->region,
                                                .account = call->account,
                                                .resource = resource});
}
