/*
 * poller.c: the pollers of event source mappings.
 *
 * Each enabled mapping has one poller: an internal call that parks where its source waits for records, under
 * the function's role, and so runs in the same batch in which a record arrives.  What it receives becomes an
 * invocation; at the limit of invocations it rests until one returns.
 */
#include "batches.h"
#include "durable.h"
#include "invocations.h"
#include "sandboxes.h"
#include "sources.h"

#include "base/hash.h"
#include "base/log.h"

enum {
    PROBLEM_MS = 1 * MS_PER_S, /* doubled after each further failure */
    MAX_PROBLEM_MS = 60 * MS_PER_S,
    MOST_DOUBLINGS = 6,
    LEAST_WAIT_MS = 1 * MS_PER_S, /* no message, and no record, is lost to its batch earlier */
};

static str poller_id(const struct call *call, int64_t mapping_id)
{
    return arena_decimal(call->arena, mapping_id);
}

static void begin(const struct call *call, int64_t mapping_id)
{
    if (!call->last_run)
        spawn(call, &LAMBDA_POLL_EVENT_SOURCE, poller_id(call, mapping_id),
              &(struct lambda_poll_event_source_request){.mapping_id = mapping_id});
}

void lambda_poller_begin(const struct call *call, const struct lambda_mapping_row *mapping)
{
    begin(call, mapping->id);
}

void lambda_poller_run_now(const struct call *call, int64_t mapping_id)
{
    begin(call, mapping_id); /* in the place of the poller that waits */
}

void lambda_poller_end(const struct call *call, const struct lambda_mapping_row *mapping)
{
    const struct event_source *source = lambda_event_source_of(mapping->source_arn);

    check(source);
    spawn_end(call, &LAMBDA_POLL_EVENT_SOURCE, poller_id(call, mapping->id));
    source->end(call, mapping);
}

void lambda_poller_wake(const struct call *call, int64_t mapping_id)
{
    spawn_wake(call, &LAMBDA_POLL_EVENT_SOURCE, poller_id(call, mapping_id));
}

void lambda_pollers_resume(const struct call *call)
{
    struct lambda_list_enabled_mappings_rows rows = lambda_list_enabled_mappings(call->txn);

    for (size_t i = 0; i < rows.count; i++) {
        struct call there = call_in(call, rows.items[i].account, rows.items[i].region);
        begin(&there, rows.items[i].id);
    }
}

/* ---- failures ---- */

static void set_result(const struct call *call, const struct lambda_mapping_row *mapping, str reason,
                       str result, int64_t failures)
{
    lambda_set_mapping_result(
        call->txn, &(struct lambda_set_mapping_result_params){
                       .id = mapping->id, .reason = reason, .result = result, .failures = failures});
}

enum outcome lambda_poller_back_off(const struct call *call, const struct lambda_mapping_row *mapping,
                                    str message)
{
    int64_t doublings = mapping->failures < MOST_DOUBLINGS ? mapping->failures : MOST_DOUBLINGS;
    int64_t delay_ms = (int64_t)PROBLEM_MS << doublings;
    str problem = arena_format(call->arena, "PROBLEM: %.*s", STR_ARGS(message));
    static struct log_pace pace;
    unsigned left_out;

    if (log_due(&pace, &left_out))
        log_warn("a trigger gets no messages", log_field("function", mapping->function_name),
                 log_field("source", mapping->source_arn), log_field("reason", message),
                 log_field("not_told_before", left_out));
    set_result(call, mapping, problem, problem, mapping->failures + 1);
    return spawn_rest(call, call->now_ms + (delay_ms < MAX_PROBLEM_MS ? delay_ms : MAX_PROBLEM_MS));
}

void lambda_poller_clear_error(const struct call *call, struct lambda_mapping_row *mapping)
{
    if (mapping->failures == 0)
        return;
    const struct event_source *source = lambda_event_source_of(mapping->source_arn);

    check(source);
    set_result(call, mapping, str_of(source->user_reason), S("OK"), 0);
    mapping->failures = 0;
}

void lambda_mapping_result_set(const struct call *call, struct lambda_mapping_row *mapping, str result)
{
    if (str_equal(mapping->result, result))
        return;
    set_result(call, mapping, mapping->reason, result, mapping->failures);
    mapping->result = result;
}

/* ---- running ---- */

bool lambda_poll_find(const struct call *call, int64_t mapping_id, struct call *there, struct poll *poll)
{
    poll->is_full = poll->reads_on = false;
    if (!lambda_find_mapping(call->txn, &(struct lambda_find_mapping_params){.id = &mapping_id},
                             &poll->mapping))
        return false;
    *there = call_in(call, poll->mapping.account, poll->mapping.region);
    lambda_mapping_settings_read(there, &poll->mapping, &poll->settings);
    return true;
}

bool lambda_poll_open(const struct call *call, int64_t mapping_id, struct call *there, struct poll *poll,
                      str *problem)
{
    *problem = (str){0};
    if (!lambda_poll_find(call, mapping_id, there, poll) || !poll->mapping.enabled)
        return false;
    poll->filter = lambda_filter_new(there, poll->settings.filter_criteria);
    struct function_name target = lambda_mapping_target(&poll->mapping);
    if (!lambda_version_find(there, &target, &poll->function)) {
        *problem = S("Function not found");
        return false;
    }
    poll->role = lambda_function_role(there, &poll->function);
    if (!poll->role)
        *problem = S("The function's execution role cannot be assumed by Lambda.");
    return poll->role != NULL;
}

enum outcome lambda_stay_parked(const struct call *call, int64_t until_ms)
{
    int64_t parked_until_ms = call->progress->parked.until_ms;

    return park(call, call->progress->parked.what, until_ms < parked_until_ms ? until_ms : parked_until_ms);
}

enum outcome lambda_poll_event_source(const struct call *call,
                                      const struct lambda_poll_event_source_request *in,
                                      struct lambda_poll_event_source_output *out)
{
    struct poll poll;
    struct call there;
    str problem = {0};

    (void)out;
    answer_unsynced(call); /* what it takes, and does not finish, is there again after a power failure */
    if (call->last_run)
        return DONE;
    if (!lambda_poll_open(call, in->mapping_id, &there, &poll, &problem))
        return str_present(problem) ? lambda_poller_back_off(&there, &poll.mapping, problem) : DONE;
    const struct event_source *source = lambda_event_source_of(poll.mapping.source_arn);
    check(source);
    there.arrived_ms = there.now_ms; /* each run begins a new long poll */
    return source->run(&there, &poll);
}

/* ---- batches ---- */

str lambda_batch_send(const struct call *call, const struct poll *poll,
                      struct lambda_add_invocation_params batch)
{
    struct function version = poll->function;

    lambda_version_route(call, &version);
    if (!str_present(batch.request_id))
        batch.request_id = random_uuid(call->arena);
    batch.function_id = version.row.id;
    batch.version_id = version.row.version_id;
    batch.function_arn = lambda_function_asked_arn(call->arena, &version);
    batch.mapping_id = arena_i64(call->arena, poll->mapping.id);
    batch.kind = LAMBDA_INVOCATION_KIND_MAPPING;
    batch.reports_failures = poll->mapping.reports_failures;
    batch.queued_ms = call->now_ms;
    if (!str_present(batch.trace_id))
        batch.trace_id = trace_of_id(call->arena, batch.request_id, call->now_ms);
    if (lambda_function_is_durable(&version)) {
        if (batch.batch_id || batch.lane_id)
            lambda_durable_invoke_batch(call, &batch);
        else
            lambda_durable_invoke(call, &version, (str){0}, &batch);
    } else {
        lambda_invocation_add(call, batch);
        lambda_function_dispatch(call, &version);
    }
    return batch.request_id;
}

bool lambda_batch_lapse(const struct call *call, int64_t version_id,
                        const struct lambda_queued_row *invocation)
{
    struct function function;

    check(invocation->mapping_id);
    if (call->now_ms - invocation->queued_ms < LEAST_WAIT_MS ||
        !lambda_version_get(call, version_id, &function))
        return false;
    struct call there = lambda_call_of_function(call, &function);
    bool lapses = invocation->lane_id ? lambda_lane_batch_lapse(&there, &function, invocation)
                                      : lambda_queue_batch_lapse(&there, &function, invocation);
    if (!lapses)
        return false;
    lambda_invocation_remove(call, invocation->id);
    lambda_poller_wake(call, *invocation->mapping_id);
    return true;
}

void lambda_batch_end(const struct call *call, const struct function *function,
                      const struct lambda_find_invocation_row *invocation, const struct result *result,
                      const struct logs_input_log_events *output)
{
    check(invocation->mapping_id && *invocation->mapping_id > 0);
    if (invocation->lane_id)
        lambda_lane_end(call, function, invocation, result);
    else
        lambda_queue_batch_end(call, function, invocation, result, output);
    lambda_poller_wake(call, *invocation->mapping_id);
}
