/*
 * retries.c: asynchronous invocations that failed: tried again, and given up at last.
 *
 * An invocation's row waits while its next attempt is a delivery.  The first attempt needs none: most
 * succeed.
 */
#include "destinations.h"
#include "invocations.h"
#include "lambda_internal.h"
#include "sandboxes.h"

#include "engine/count.h"
#include "engine/delivery.h"
#include "wire/json.h"

enum {
    MOST_RETRIES = 2,
    FIRST_RETRY_MS = 60 * MS_PER_S,
    SECOND_RETRY_MS = 120 * MS_PER_S,
    THROTTLE_MIN_MS = MS_PER_S,
    THROTTLE_MAX_MS = 300 * MS_PER_S,
    LEAST_EVENT_AGE_MS = 60 * MS_PER_S, /* no config lets an event expire earlier */
    MAX_EVENT_AGE_MS = 6 * 3600 * MS_PER_S,
    DROPPED_PER_RUN = 100,
};

/* https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html */
static struct delivery_policy policy_for(const struct call *call, const struct function *function,
                                         str function_arn)
{
    struct delivery_policy policy = {
        .backoff_retries = MOST_RETRIES,
        .backoff = BACKOFF_LINEAR,
        .min_delay_ms = FIRST_RETRY_MS,
        .max_delay_ms = SECOND_RETRY_MS,
        .throttle_min_ms = THROTTLE_MIN_MS,
        .throttle_max_ms = THROTTLE_MAX_MS,
        .max_age_ms = MAX_EVENT_AGE_MS,
    };
    struct lambda_event_config_row config;

    if (!lambda_event_config_find(call, function, function_arn, &config))
        return policy;
    if (config.retries)
        policy.backoff_retries = *config.retries;
    if (config.age_seconds)
        policy.max_age_ms = *config.age_seconds * MS_PER_S;
    return policy;
}

/* Why an event is given up: in its record, and in its trace, unless the end of its delivery is told there. */
struct end_reason {
    const char *condition, *told;
};
static const struct end_reason RETRIES_EXHAUSTED = {"RetriesExhausted", NULL};
static const struct end_reason RETRIED_TOO_LONG = {"EventAgeExceeded", NULL};
static const struct end_reason WAITED_TOO_LONG = {
    "EventAgeExceeded",
    "the event has waited for the function for longer than its maximum age, so it is given up"};
static const struct end_reason ZERO_CONCURRENCY = {
    "ZeroReservedConcurrency", "the function's reserved concurrency is 0, so its events are given up"};
static const struct end_reason RECURSIVE_LOOP = {
    "RecursiveInvocation", /* AWS documents no word */
    "the event has been in a loop through the function, so it is given up"};

static str target_of(const struct call *call, int64_t function_id)
{
    return arena_format(call->arena, "lambda/function/%lld", (long long)function_id);
}

/* Absent when the report has none. */
static str error_message(const struct call *call, const struct result *result)
{
    return json_get_str(lambda_answer_json(call, result->payload), S("errorMessage"));
}

str lambda_failure_text(const struct call *call, const struct result *result)
{
    str message = error_message(call, result);

    return arena_format(call->arena, "%.*s%s%.*s", STR_ARGS(result->error_type),
                        str_present(message) ? ": " : "", STR_ARGS(message));
}

static bool is_tried_again(const struct call *call, const struct function *function,
                           const struct lambda_find_invocation_row *invocation, const struct result *result)
{
    bool failed = str_present(result->error);
    const struct delivery_outcome outcome = {.verdict = failed ? DELIVERY_FAILED : DELIVERY_DELIVERED,
                                             .reason = failed ? lambda_failure_text(call, result) : (str){0},
                                             .is_traced = true};

    if (invocation->delivery_id)
        return delivery_end(call, *invocation->delivery_id, &outcome);
    if (!failed)
        return false;
    const struct delivery_policy policy = policy_for(call, function, invocation->function_arn);
    const struct lambda_retry_invocation_request in = {
        .invocation_id = invocation->id, .retries = arena_i64(call->arena, policy.backoff_retries)};
    return delivery_add_ended(call,
                              &(struct delivery){.operation = &LAMBDA_RETRY_INVOCATION,
                                                 .dead_letter = &LAMBDA_GIVE_UP_INVOCATION,
                                                 .target = target_of(call, function->row.id),
                                                 .in = &in,
                                                 .policy = &policy,
                                                 .resource_arn = function->arn,
                                                 .trace_id = invocation->trace_id,
                                                 .request_id = invocation->request_id,
                                                 .added_ms = invocation->queued_ms},
                              &outcome);
}

static bool get_event(const struct call *call, int64_t id, struct lambda_get_event_row *event)
{
    return lambda_get_event(call->txn, &(struct lambda_get_event_params){.id = id}, event);
}

/* The answer of an attempt that failed is kept for the record, unless it is too large for any. */
static void keep_error(const struct call *call, int64_t id, const struct result *result)
{
    bool fits = result->payload.size <= ASYNC_PAYLOAD_BYTES;

    lambda_set_event_error(
        call->txn, &(struct lambda_set_event_error_params){.id = id,
                                                           .error = error_message(call, result),
                                                           .result = fits ? result->payload : (str){0}});
}

static void record_success(const struct call *call, const struct function *function,
                           const struct lambda_find_invocation_row *invocation, const struct result *result)
{
    struct lambda_get_event_row event;

    if (get_event(call, invocation->id, &event))
        lambda_record_send(call, function, &event,
                           &(struct event_end){.is_success = true,
                                               .condition = "Success",
                                               .attempts = invocation->attempts + 1,
                                               .payload = result->payload});
}

void lambda_event_end(const struct call *call, const struct function *function,
                      const struct lambda_find_invocation_row *invocation, const struct result *result)
{
    if (str_present(result->error))
        keep_error(call, invocation->id, result);
    else
        record_success(call, function, invocation, result);
    if (is_tried_again(call, function, invocation, result))
        lambda_set_waiting(call->txn, &(struct lambda_set_waiting_params){.id = invocation->id});
    else
        lambda_invocation_remove(call, invocation->id);
}

static void trace_end(const struct call *call, const struct function *function,
                      const struct lambda_get_event_row *event, const struct end_reason *reason)
{
    if (reason->told)
        trace(call, &(struct trace_hop){.kind = HOP_NOT_DELIVERED,
                                        .verdict = VERDICT_NOT_DELIVERED,
                                        .trace_id = event->trace_id,
                                        .resource_arn = function->arn,
                                        .request_id = event->request_id,
                                        .reason = str_of(reason->told)});
}

static void give_up(const struct call *call, const struct lambda_get_event_row *event,
                    const struct end_reason *reason, int64_t attempts)
{
    static const struct metric dropped = {"AWS/Lambda", "AsyncEventsDropped", "FunctionName", "Count"};
    struct function function;

    if (lambda_version_get(call, event->version_id, &function)) {
        struct call there = lambda_call_of_function(call, &function);
        count(&there, &dropped, function.row.name, 1);
        trace_end(&there, &function, event, reason);
        lambda_record_send(&there, &function, event,
                           &(struct event_end){.condition = reason->condition,
                                               .attempts = attempts,
                                               .error = S("Unhandled"),
                                               .payload = event->result,
                                               .is_cut = attempts > 0 && !str_present(event->result)});
        lambda_dead_letter_send(&there, &function, event);
    }
    lambda_invocation_remove(call, event->id);
}

void lambda_event_conclude(const struct call *call, const struct function *function, int64_t invocation_id,
                           const struct result *result, str payload)
{
    struct lambda_get_event_row event;

    if (str_present(result->error) && get_event(call, invocation_id, &event)) {
        event.payload = payload;
        event.error = error_message(call, result);
        lambda_dead_letter_send(call, function, &event);
    }
    lambda_invocation_remove(call, invocation_id);
}

/* The function's max age for that event has passed. */
static bool is_too_old(const struct call *call, const struct lambda_get_event_row *event)
{
    struct function function;

    return lambda_version_get(call, event->version_id, &function) &&
           call->now_ms - event->queued_ms > policy_for(call, &function, event->function_arn).max_age_ms;
}

/* A queued invocation is given up, not run. */
static void drop(const struct call *call, const struct lambda_get_event_row *event,
                 const struct end_reason *reason)
{
    if (event->delivery_id) /* the attempt does not happen: the delivery ends without a letter of its own */
        delivery_end(call, *event->delivery_id,
                     &(struct delivery_outcome){.verdict = DELIVERY_DELIVERED, .is_traced = true});
    give_up(call, event, reason, event->attempts);
}

bool lambda_event_expire(const struct call *call, int64_t invocation_id, int64_t queued_ms)
{
    struct lambda_get_event_row event;

    if (call->now_ms - queued_ms <= LEAST_EVENT_AGE_MS || !get_event(call, invocation_id, &event) ||
        !is_too_old(call, &event))
        return false;
    drop(call, &event, &WAITED_TOO_LONG);
    return true;
}

void lambda_events_expire(const struct call *call, int64_t version_id)
{
    struct lambda_next_event_by_name_params of = {.version_id = version_id, .after = S("")};
    struct lambda_next_event_by_name_row oldest;

    for (int i = 0; i < DROPPED_PER_RUN && lambda_next_event_by_name(call->txn, &of, &oldest); i++)
        if (!lambda_event_expire(call, oldest.id, oldest.queued_ms))
            of.after = oldest.function_arn; /* the others by this name are younger */
}

void lambda_event_break(const struct call *call, const struct function *function, int64_t invocation_id)
{
    struct lambda_get_event_row event;

    lambda_loop_count(call, function, false);
    if (get_event(call, invocation_id, &event))
        give_up(call, &event, &RECURSIVE_LOOP, 0);
}

bool lambda_events_drop(const struct call *call, int64_t version_id)
{
    struct lambda_next_event_row next;
    struct lambda_get_event_row event;

    for (int count = 0;
         lambda_next_event(call->txn, &(struct lambda_next_event_params){.version_id = version_id}, &next) &&
         get_event(call, next.id, &event);
         count++) {
        if (count == DROPPED_PER_RUN || (count > 0 && slice_is_over(call)))
            return false;
        drop(call, &event, &ZERO_CONCURRENCY);
    }
    return true;
}

void lambda_retries_drop(const struct call *call, int64_t function_id)
{
    delivery_drop(call, target_of(call, function_id));
}

/* False: the invocation does not wait; its function is being deleted, or it is queued already. */
static bool queue_again(const struct call *call, int64_t id, struct lambda_queue_again_row *row)
{
    const struct lambda_queue_again_params again = {.id = id,
                                                    .attempts = call->delivery->attempt - 1,
                                                    .delivery_id =
                                                        arena_i64(call->arena, call->delivery->id)};

    return lambda_queue_again(call->txn, &again, row);
}

/* Of an event whose alias is gone it is the one before.  False: it is being deleted. */
static bool next_version(const struct call *call, const struct lambda_queue_again_row *row,
                         struct function *function)
{
    return lambda_event_route(call, row->function_id, row->function_arn, function) ||
           lambda_version_get(call, row->version_id, function);
}

/* After a restart the invocation may be queued already: its attempt is under way. */
enum outcome lambda_retry_invocation(const struct call *call,
                                     const struct lambda_retry_invocation_request *in,
                                     struct lambda_retry_invocation_output *out)
{
    struct lambda_has_invocation_row any;
    struct lambda_queue_again_row row;
    struct function function;

    (void)out;
    if (queue_again(call, in->invocation_id, &row)) {
        if (!next_version(call, &row, &function)) {
            delivery_end(call, call->delivery->id, &(struct delivery_outcome){.verdict = DELIVERY_DELIVERED});
            return DONE;
        }
        lambda_event_move(call, in->invocation_id, &function);
    } else if (!lambda_has_invocation(call->txn, &(struct lambda_has_invocation_params){in->invocation_id},
                                      &any)) {
        delivery_end(call, call->delivery->id,
                     &(struct delivery_outcome){.verdict = DELIVERY_DELIVERED, .is_traced = true});
    }
    return DONE;
}

enum outcome lambda_give_up_invocation(const struct call *call,
                                       const struct lambda_retry_invocation_request *in,
                                       struct lambda_give_up_invocation_output *out)
{
    int64_t retries = in->retries ? *in->retries : MOST_RETRIES, attempts = call->delivery->attempt;
    struct lambda_get_event_row event;

    (void)out;
    if (get_event(call, in->invocation_id, &event))
        give_up(call, &event, attempts > retries ? &RETRIES_EXHAUSTED : &RETRIED_TOO_LONG, attempts);
    return DONE;
}
