/*
 * delivery.c: deliveries: added, and what each end of an attempt does to one; see delivery.h.
 *
 * Everything is in the store, so that what a failed call or batch has done to a delivery is undone with it.
 * An id is never used again: attempts may end long after their delivery is gone.
 */
#include "engine/delivery.h"

#include "engine/delivery_policy.h"
#include "engine/engine_internal.h"
#include "engine_sql.h"

#include "base/check.h"
#include "base/log.h"
#include "base/time.h"

/* When an attempt is made again whose end could not be written. */
enum { PUT_OFF_MS = 60 * MS_PER_S };

/* ---- rows ---- */

static struct engine_delivery_row row_of(const struct call *call, const struct delivery *delivery)
{
    const struct delivery_policy *policy = delivery->policy;
    const struct operation *dead_letter = delivery->dead_letter;

    check_writes(call);
    check(delivery->operation->flags & OPERATION_INTERNAL && str_present(delivery->target));
    check(!dead_letter ||
          (dead_letter->flags & OPERATION_INTERNAL && dead_letter->input == delivery->operation->input));
    return (struct engine_delivery_row){
        .id = call->engine->next_delivery++,
        .state = ENGINE_DELIVERY_STATE_WAITING,
        .due_ms = call->now_ms,
        .operation = operation_key(call->arena, delivery->operation),
        .dead_letter = dead_letter ? operation_key(call->arena, dead_letter) : (str){0},
        .account = call->account,
        .region = call->region,
        .target = delivery->target,
        .input = model_to_json(call->arena, delivery->operation->input, delivery->in),
        .body = delivery->body ? arena_i64(call->arena, delivery->body) : NULL,
        .resource = delivery->resource_arn,
        .trace_id = delivery->trace_id,
        .request_id = str_present(delivery->request_id) ? delivery->request_id : call->request_id,
        .added_ms = delivery->added_ms ? delivery->added_ms : call->now_ms,
        .immediate_retries = policy->immediate_retries,
        .pre_backoff_retries = policy->pre_backoff_retries,
        .backoff_retries = policy->backoff_retries,
        .post_backoff_retries = policy->post_backoff_retries,
        .backoff = policy->backoff,
        .min_delay_ms = policy->min_delay_ms,
        .max_delay_ms = policy->max_delay_ms,
        .throttle_min_ms = policy->throttle_min_ms,
        .throttle_max_ms = policy->throttle_max_ms,
        .max_age_ms = policy->max_age_ms,
        .at_once = policy->at_once,
        .per_second = policy->per_second,
    };
}

static struct delivery_policy policy_of(const struct engine_delivery_row *row)
{
    return (struct delivery_policy){
        .immediate_retries = row->immediate_retries,
        .pre_backoff_retries = row->pre_backoff_retries,
        .backoff_retries = row->backoff_retries,
        .post_backoff_retries = row->post_backoff_retries,
        .backoff = (enum delivery_backoff)row->backoff,
        .min_delay_ms = row->min_delay_ms,
        .max_delay_ms = row->max_delay_ms,
        .throttle_min_ms = row->throttle_min_ms,
        .throttle_max_ms = row->throttle_max_ms,
    };
}

bool delivery_is_too_old(const struct engine_delivery_row *row, int64_t at_ms)
{
    return row->max_age_ms && at_ms > row->added_ms + row->max_age_ms;
}

struct delivery_attempt *delivery_attempt_of(struct arena *arena, const struct engine_delivery_row *row,
                                             bool is_over)
{
    struct delivery_attempt *attempt = arena_new(arena, struct delivery_attempt);

    *attempt = (struct delivery_attempt){
        .id = row->id,
        .attempt = row->failures + row->throttles + !is_over,
        .is_over = is_over,
        .added_ms = row->added_ms,
        .body = row->body ? *row->body : 0,
        .reason = arena_copy(arena, row->reason),
    };
    return attempt;
}

void delivery_remove(struct txn *txn, int64_t id, const int64_t *body)
{
    engine_remove_delivery(txn, &(struct engine_remove_delivery_params){.id = id});
    if (body)
        engine_remove_delivery_body(txn, &(struct engine_remove_delivery_body_params){.id = *body});
}

void delivery_add(const struct call *call, const struct delivery *delivery)
{
    struct engine_delivery_row row = row_of(call, delivery);

    engine_add_delivery(call->txn, &row);
    deliveries_due_at(call->engine, row.due_ms);
}

int64_t delivery_body_add(const struct call *call, str content)
{
    check_writes(call);
    return engine_add_delivery_body(call->txn, &(struct engine_add_delivery_body_params){.content = content});
}

str delivery_body(const struct call *call)
{
    struct engine_get_delivery_body_row row;

    check(call->delivery != NULL);
    return call->delivery->body &&
                   engine_get_delivery_body(
                       call->txn, &(struct engine_get_delivery_body_params){.id = call->delivery->body}, &row)
               ? row.content
               : (str){0};
}

/* ---- the end of an attempt ---- */

static void trace_attempt(const struct call *call, const struct engine_delivery_row *row,
                          const struct delivery_outcome *outcome)
{
    static const enum verdict verdicts[] = {[DELIVERY_DELIVERED] = VERDICT_OK,
                                            [DELIVERY_FAILED] = VERDICT_FAILED,
                                            [DELIVERY_THROTTLED] = VERDICT_THROTTLED,
                                            [DELIVERY_REFUSED] = VERDICT_FAILED};

    if (str_present(row->trace_id) && !outcome->is_traced)
        trace(call, &(struct trace_hop){
                        .kind = outcome->verdict == DELIVERY_DELIVERED ? HOP_DELIVERED : HOP_NOT_DELIVERED,
                        .verdict = verdicts[outcome->verdict],
                        .trace_id = row->trace_id,
                        .resource_arn = row->resource,
                        .request_id = row->request_id,
                        .attempt = row->failures + row->throttles + 1,
                        .duration_ms = call->now_ms - row->due_ms,
                        .reason = outcome->reason,
                    });
}

static str delay_text(struct arena *arena, int64_t delay_ms)
{
    if (delay_ms == 0)
        return S("It is tried again at once.");
    if (delay_ms % MS_PER_S != 0)
        return arena_format(arena, "It is tried again in %lld ms.", (long long)delay_ms);
    return arena_format(arena, "It is tried again in %lld s.", (long long)(delay_ms / MS_PER_S));
}

static void trace_retry(const struct call *call, const struct engine_delivery_row *row)
{
    if (str_present(row->trace_id))
        trace(call, &(struct trace_hop){.kind = HOP_RETRIED,
                                        .trace_id = row->trace_id,
                                        .resource_arn = row->resource,
                                        .request_id = row->request_id,
                                        .attempt = row->failures + row->throttles + 1,
                                        .reason = delay_text(call->arena, row->due_ms - call->now_ms)});
}

/* How long until the next attempt; -1: no other one. */
static int64_t delay_ms(const struct engine_delivery_row *row, enum delivery_verdict verdict)
{
    struct delivery_policy policy = policy_of(row);

    if (verdict == DELIVERY_REFUSED)
        return -1;
    return verdict == DELIVERY_THROTTLED ? delivery_throttle_delay_ms(&policy, row->throttles)
                                         : delivery_retry_delay_ms(&policy, row->failures);
}

void delivery_trace_given_up(const struct call *call, const struct engine_delivery_row *row, str why)
{
    static struct log_pace pace;
    unsigned left_out;
    int64_t attempts = row->failures + row->throttles;

    if (str_present(row->trace_id))
        trace(call, &(struct trace_hop){
                        .kind = HOP_NOT_DELIVERED,
                        .verdict = VERDICT_NOT_DELIVERED,
                        .trace_id = row->trace_id,
                        .resource_arn = row->resource,
                        .request_id = row->request_id,
                        .attempt = attempts,
                        .reason = arena_format(call->arena, "It was given up after %lld %s: %.*s.",
                                               (long long)attempts, attempts == 1 ? "attempt" : "attempts",
                                               STR_ARGS(why))});
    if (log_due(&pace, &left_out))
        log_warn("a delivery was given up", log_field("operation", row->operation),
                 log_field("attempts", attempts), log_field("why", why), log_field("reason", row->reason),
                 log_field("trace", row->trace_id), log_field("not_told_before", left_out));
}

/* Run the dead letter's operation.  When it fails, what it wrote is undone, and the delivery is lost. */
static void write_dead_letter(const struct call *call, const struct engine_delivery_row *row)
{
    const struct operation *operation = operation_of_key(call->engine, row->dead_letter);
    struct call there = call_in(call, row->account, row->region);
    struct failure failure = {0};

    if (!operation)
        return;
    void *in = arena_alloc(call->arena, operation->input->size),
         *out = arena_alloc(call->arena, operation->output->size);
    there.delivery = delivery_attempt_of(call->arena, row, true);
    there.trace_id = row->trace_id;
    if (!model_from_json(call->arena, operation->input, arena_copy(call->arena, row->input), in)) {
        log_error("a delivery does not fit its input", log_field("operation", operation->name));
        return;
    }
    enum outcome outcome = invoke(&there, internal_principal(), operation, in, out, &failure);
    check(outcome != PARKED);
    if (outcome == FAILED)
        log_warn("a dead letter was lost", log_field("operation", operation->name),
                 log_field("error", failure.error->name), log_field("reason", failure.message));
}

static str why_given_up(enum delivery_verdict verdict, int64_t delay_ms)
{
    if (verdict == DELIVERY_REFUSED)
        return S("trying again would change nothing");
    return delay_ms < 0 ? S("its retries are used up") : S("it is too old");
}

/*
 * What follows from the end of the attempt.  True: the row says when the next one is due.  False: the
 * delivery has ended, and its dead letter, if there had to be one, is written.
 */
static bool settle(const struct call *call, struct engine_delivery_row *row,
                   const struct delivery_outcome *outcome)
{
    enum delivery_verdict verdict = outcome->verdict;

    trace_attempt(call, row, outcome);
    if (verdict == DELIVERY_DELIVERED)
        return false;
    if (verdict == DELIVERY_THROTTLED && row->throttle_min_ms == 0)
        verdict = DELIVERY_FAILED;
    *(verdict == DELIVERY_THROTTLED ? &row->throttles : &row->failures) += 1;
    if (str_present(outcome->reason))
        row->reason = str_head_whole(outcome->reason, LIMIT_HOP_REASON_BYTES);
    int64_t delay = delay_ms(row, verdict);
    if (delay < 0 || delivery_is_too_old(row, call->now_ms + delay)) {
        delivery_trace_given_up(call, row, why_given_up(verdict, delay));
        write_dead_letter(call, row);
        return false;
    }
    row->state = ENGINE_DELIVERY_STATE_WAITING;
    row->due_ms = call->now_ms + delay;
    trace_retry(call, row);
    deliveries_due_at(call->engine, row->due_ms);
    return true;
}

bool delivery_add_ended(const struct call *call, const struct delivery *delivery,
                        const struct delivery_outcome *outcome)
{
    struct engine_delivery_row row = row_of(call, delivery);

    row.due_ms = row.added_ms; /* when the attempt began */
    bool again = settle(call, &row, outcome);
    if (again)
        engine_add_delivery(call->txn, &row);
    return again;
}

bool delivery_end(const struct call *call, int64_t id, const struct delivery_outcome *outcome)
{
    struct engine_delivery_row row;

    check_writes(call);
    call->progress->ended_delivery = id;
    if (!engine_find_begun_delivery(call->txn, &(struct engine_find_begun_delivery_params){.id = id}, &row))
        return false;
    bool again = settle(call, &row, outcome);
    if (again)
        engine_set_delivery_ended(call->txn, &row);
    else
        delivery_remove(call->txn, row.id, row.body);
    delivery_target_has_room(call->engine, row.target);
    return again;
}

/* Its dead letter is written. */
static void forget(const struct call *call, int64_t id)
{
    struct engine_delivery_row row;

    if (!engine_find_begun_delivery(call->txn, &(struct engine_find_begun_delivery_params){.id = id}, &row))
        return;
    delivery_remove(call->txn, row.id, row.body);
    delivery_target_has_room(call->engine, row.target);
}

static void end_run(void *context)
{
    const struct exchange *exchange = context;
    const struct call *call = &exchange->call;
    const struct failure *failure = &exchange->progress.failure;
    bool is_ours = failure->error && !failure->error->sender && failure->error->status >= 500;

    if (call->delivery->is_over)
        forget(call, call->delivery->id);
    else if (exchange->outcome == FAILED)
        delivery_end(call, call->delivery->id,
                     &(struct delivery_outcome){.verdict = is_ours ? DELIVERY_THROTTLED : DELIVERY_FAILED,
                                                .reason = failure->message});
}

/* Run the code for the exchange's delivery.  False: memory ran out, and the code has done nothing. */
static bool run_guarded(struct exchange *exchange, void (*code)(void *exchange))
{
    const struct call *call = &exchange->call;
    size_t depth = txn_depth(call->txn);
    struct call_mark mark = call_begin(call);
    bool whole = arena_run(&exchange->arena, code, exchange);

    if (!whole)
        txn_abandon(call->txn, depth + 1);
    call_end(call, mark, whole ? DONE : FAILED);
    return whole;
}

/* The report of the attempt was lost: make the attempt again later, under the same number. */
static void put_off(const struct call *call, int64_t id)
{
    struct engine_find_begun_target_row row;
    int64_t due_ms = call->now_ms + PUT_OFF_MS;

    if (!engine_find_begun_target(call->txn, &(struct engine_find_begun_target_params){.id = id}, &row))
        return;
    engine_set_delivery_state(call->txn,
                              &(struct engine_set_delivery_state_params){
                                  .id = id, .state = ENGINE_DELIVERY_STATE_WAITING, .due_ms = due_ms});
    deliveries_due_at(call->engine, due_ms);
    delivery_target_has_room(call->engine, row.target);
}

/* A call that should have ended an attempt, not its own, and of which nobody will repeat the report. */
static bool is_lost_report(const struct exchange *exchange)
{
    return exchange->outcome == FAILED && exchange->progress.ended_delivery && exchange->operation &&
           exchange->operation->flags & OPERATION_INTERNAL;
}

void delivery_has_run(struct exchange *exchange)
{
    const struct call *call = &exchange->call;

    if (exchange->outcome == PARKED)
        return;
    if (!call->delivery) {
        if (is_lost_report(exchange))
            put_off(call, exchange->progress.ended_delivery);
        return;
    }
    if (run_guarded(exchange, end_run))
        return;
    call_fail_exhausted(call, exchange->decoded); /* without what the attempt has used */
    if (!run_guarded(exchange, end_run))
        put_off(call, call->delivery->id);
}

void delivery_drop(const struct call *call, str target)
{
    struct engine_find_delivery_of_row any;

    check_writes(call);
    engine_remove_delivery_target(call->txn,
                                  &(struct engine_remove_delivery_target_params){.target = target});
    if (!engine_find_delivery_of(call->txn, &(struct engine_find_delivery_of_params){.target = target}, &any))
        return;
    engine_set_delivery_target(call->txn, &(struct engine_delivery_target_row){.target = target, .ended = 1});
    call->engine->drop_deliveries_ms = call->now_ms;
}
