/*
 * poller.c: from event sources to functions.
 *
 * Each enabled mapping has one poller: an internal call that parks where its source waits for records, under
 * the function's role, and so runs in the same batch in which a record arrives.  What it receives becomes an
 * invocation; at the limit of invocations it rests until one returns.
 */
#include "lambda_internal.h"

#include "base/hash.h"
#include "base/log.h"
#include "base/text.h"
#include "wire/json.h"

enum {
    THROTTLED_MS = 500,    /* the function may have no more invocations in flight: look again after that */
    BATCHES_IN_FLIGHT = 5, /* AWS's initial number; ScalingConfig may set another */
    EVENT_BYTES = 6 * 1024 * 1024 - 4096,
    PROBLEM_MS = 1 * MS_PER_S, /* doubled after each further failure */
    MAX_PROBLEM_MS = 60 * MS_PER_S,
    MOST_DOUBLINGS = 6,
};

static str poller_id(const struct call *call, int64_t mapping_id)
{
    return arena_decimal(call->arena, mapping_id);
}

void lambda_poller_begin(const struct call *call, int64_t mapping_id)
{
    if (!call->last_run)
        spawn(call, &LAMBDA_POLL_EVENT_SOURCE, poller_id(call, mapping_id),
              &(struct lambda_poll_event_source_request){.mapping_id = mapping_id});
}

void lambda_poller_end(const struct call *call, int64_t mapping_id)
{
    lambda_remove_held_of(call->txn, &(struct lambda_remove_held_of_params){.mapping_id = mapping_id});
    spawn_end(call, &LAMBDA_POLL_EVENT_SOURCE, poller_id(call, mapping_id));
}

void lambda_pollers_resume(const struct call *call)
{
    struct lambda_list_enabled_mappings_rows rows = lambda_list_enabled_mappings(call->txn);

    for (size_t i = 0; i < rows.count; i++) {
        struct call there = call_in(call, rows.items[i].account, rows.items[i].region);
        lambda_poller_begin(&there, rows.items[i].id);
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

static enum outcome poller_back_off(const struct call *call, const struct lambda_mapping_row *mapping,
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

static void poller_clear_error(const struct call *call, struct lambda_mapping_row *mapping)
{
    if (mapping->failures == 0)
        return;
    const struct event_source *source = lambda_event_source_of(mapping->source_arn);

    check(source);
    set_result(call, mapping, str_of(source->user_reason), S("OK"), 0);
    mapping->failures = 0;
}

/* ---- batches ---- */

/* A batch's invocation continues the trace of its first message. */
static str batch_trace_id(const struct call *call, const struct record *first, str request_id)
{
    return str_present(first->trace_id) ? first->trace_id
                                        : trace_of_id(call->arena, request_id, call->now_ms);
}

/* The number of records, from the first on, that make one event. */
static size_t event_count(const struct record *records, size_t count, int64_t batch_size)
{
    size_t size = 0, i;

    for (i = 0; i < count && i < (size_t)batch_size; i++) {
        size += records[i].json.size + 1;
        if (size > EVENT_BYTES && i > 0)
            break;
    }
    return i;
}

static str event_of(const struct call *call, const struct record *records, size_t count)
{
    struct text event = text_in(call->arena);

    text_add(&event, S("{\"Records\":["));
    for (size_t i = 0; i < count; i++) {
        if (i > 0)
            text_add_char(&event, ',');
        text_add(&event, records[i].json);
    }
    text_add(&event, S("]}"));
    return text_str(&event);
}

/* The queue's ARN, then a line for each message. */
static str receipts_of(const struct call *call, str queue_arn, const struct record *records, size_t count)
{
    struct text receipts = text_in(call->arena);

    text_add(&receipts, queue_arn);
    for (size_t i = 0; i < count; i++) {
        text_add_char(&receipts, '\n');
        text_add(&receipts, records[i].receipt);
    }
    return text_str(&receipts);
}

static void send_batch(const struct call *call, const struct poll *poll, const struct record *records,
                       size_t count)
{
    str request_id = random_uuid(call->arena);
    struct function version = poll->function;

    lambda_version_route(call, &version);
    lambda_invocation_add(call, (struct lambda_add_invocation_params){
                                    .request_id = request_id,
                                    .function_id = version.row.id,
                                    .version_id = version.row.version_id,
                                    .function_arn = lambda_function_asked_arn(call->arena, &version),
                                    .mapping_id = arena_i64(call->arena, poll->mapping.id),
                                    .kind = LAMBDA_INVOCATION_KIND_MAPPING,
                                    .payload = event_of(call, records, count),
                                    .trace_id = batch_trace_id(call, records, request_id),
                                    .queued_ms = call->now_ms,
                                    .receipts = receipts_of(call, poll->mapping.source_arn, records, count),
                                });
    lambda_function_dispatch(call, &version);
}

static void send_batches(const struct call *call, const struct poll *poll, const struct record_list *records)
{
    size_t done = 0;

    while (done < records->count) {
        const struct record *rest = records->items + done;
        size_t count = event_count(rest, records->count - done, poll->mapping.batch_size);
        send_batch(call, poll, rest, count);
        done += count;
    }
}

/* ---- the batching window ---- */

static void hold(const struct call *call, const struct poll *poll, const struct record_list *records)
{
    for (size_t i = 0; i < records->count; i++)
        lambda_add_held(
            call->txn,
            &(struct lambda_add_held_params){
                .mapping_id = poll->mapping.id,
                .held_ms = call->now_ms,
                .trace_id = str_present(records->items[i].trace_id) ? records->items[i].trace_id : S(""),
                .receipt = records->items[i].receipt,
                .record = records->items[i].json,
            });
}

static struct lambda_count_held_row held(const struct call *call, const struct poll *poll)
{
    struct lambda_count_held_row count = {0};

    if (poll->mapping.window_seconds > 0)
        lambda_count_held(call->txn, &(struct lambda_count_held_params){.mapping_id = poll->mapping.id},
                          &count);
    return count;
}

static int64_t window_end_ms(const struct poll *poll, const struct lambda_count_held_row *held_now)
{
    return held_now->count > 0 ? held_now->oldest_ms + poll->mapping.window_seconds * MS_PER_S : INT64_MAX;
}

static bool is_complete(const struct call *call, const struct poll *poll,
                        const struct lambda_count_held_row *held_now)
{
    return held_now->count >= poll->mapping.batch_size || held_now->size >= EVENT_BYTES ||
           window_end_ms(poll, held_now) <= call->now_ms;
}

static void send_held(const struct call *call, const struct poll *poll)
{
    struct lambda_list_held_rows rows =
        lambda_list_held(call->txn, &(struct lambda_list_held_params){.mapping_id = poll->mapping.id,
                                                                      .limit = poll->mapping.batch_size});
    struct record_list records = {0};

    if (rows.count == 0)
        return; /* the statement failed: trouble with the disk */
    for (size_t i = 0; i < rows.count; i++)
        *list_add(call->arena, &records) = (struct record){
            .json = rows.items[i].record,
            .receipt = rows.items[i].receipt,
            .trace_id = rows.items[i].trace_id.size > 0 ? rows.items[i].trace_id : (str){0},
        };
    send_batches(call, poll, &records);
    lambda_remove_held(call->txn, &(struct lambda_remove_held_params){.mapping_id = poll->mapping.id,
                                                                      .last = rows.items[rows.count - 1].id});
}

/* ---- receiving ---- */

/* Remove the records that the filter does not take: for their source they are done. */
static void filter_records(const struct call *call, const struct poll *poll,
                           const struct event_source *source, struct record_list *records)
{
    struct receipts others = {.source_arn = poll->mapping.source_arn};
    struct receipt receipt;
    size_t taken = 0;

    lambda_events_count(call, &poll->mapping, EVENTS_POLLED, records->count);
    for (size_t i = 0; poll->filter && i < records->count; i++) {
        if (lambda_filter_takes(call, poll->filter, records->items[i].json)) {
            records->items[taken++] = records->items[i];
            continue;
        }
        str text = records->items[i].receipt;
        lambda_receipt_next(&text, &receipt);
        *list_add(call->arena, &others.ids) = receipt.message_id;
        *list_add(call->arena, &others.handles) = receipt.handle;
    }
    if (others.ids.count == 0)
        return;
    records->count = taken;
    lambda_events_count(call, &poll->mapping, EVENTS_FILTERED_OUT, others.ids.count);
    source->settle(call, poll->role, &others, &(struct str_list){0});
}

/* The source has parked the call; a window may end earlier. */
static enum outcome stay_parked(const struct call *call, int64_t window_ends_ms)
{
    int64_t until_ms = call->progress->parked.until_ms;

    return park(call, call->progress->parked.what, window_ends_ms < until_ms ? window_ends_ms : until_ms);
}

static bool is_at_limit(const struct call *call, const struct poll *poll)
{
    int64_t limit = lambda_mapping_concurrency(&poll->mapping, &poll->settings, BATCHES_IN_FLIGHT);
    struct lambda_count_of_mapping_row in_flight = {0};

    lambda_count_of_mapping(
        call->txn,
        &(struct lambda_count_of_mapping_params){.mapping_id = arena_i64(call->arena, poll->mapping.id)},
        &in_flight);
    return in_flight.count >= limit;
}

/* Receive until there is nothing to receive, enough batches are under way, or other calls have their turn. */
static enum outcome run(const struct call *call, struct poll *poll)
{
    const struct event_source *source = lambda_event_source_of(poll->mapping.source_arn);
    struct record_list records;
    struct failure failure;
    bool again = false;

    check(source);
    while (!again) {
        struct lambda_count_held_row held_now = held(call, poll);
        if (is_at_limit(call, poll))
            return spawn_rest(call, INT64_MAX);
        if (!lambda_concurrency_is_free(call, &poll->function))
            return spawn_rest(call, call->now_ms + THROTTLED_MS);
        if (held_now.count > 0 && is_complete(call, poll, &held_now)) {
            send_held(call, poll);
            continue;
        }
        switch (source->receive(call, poll, poll->mapping.batch_size - held_now.count, &records, &failure)) {
        case PARKED:
            poller_clear_error(call, &poll->mapping);
            return stay_parked(call, window_end_ms(poll, &held_now));
        case FAILED:
            return poller_back_off(call, &poll->mapping,
                                   str_present(failure.reason) ? failure.reason : failure.message);
        case DONE:
            break;
        }
        if (records.count == 0)
            return spawn_rest(call, call->now_ms + PROBLEM_MS);
        poller_clear_error(call, &poll->mapping);
        filter_records(call, poll, source, &records);
        if (slice_is_over(call))
            again = true;
        if (poll->mapping.window_seconds > 0)
            hold(call, poll, &records);
        else
            send_batches(call, poll, &records);
    }
    return spawn_rest(call, call->now_ms);
}

enum outcome lambda_poll_event_source(const struct call *call,
                                      const struct lambda_poll_event_source_request *in,
                                      struct lambda_poll_event_source_output *out)
{
    struct poll poll;

    (void)out;
    if (call->last_run ||
        !lambda_find_mapping(call->txn, &(struct lambda_find_mapping_params){.id = &in->mapping_id},
                             &poll.mapping) ||
        !poll.mapping.enabled)
        return DONE;
    struct call there = call_in(call, poll.mapping.account, poll.mapping.region);
    lambda_mapping_settings_read(&there, &poll.mapping, &poll.settings);
    poll.filter = lambda_filter_new(&there, poll.settings.filter_criteria);
    there.arrived_ms = there.now_ms; /* each run begins a new long poll */
    struct function_name target = lambda_mapping_target(&poll.mapping);
    if (!lambda_version_find(&there, &target, &poll.function))
        return poller_back_off(&there, &poll.mapping, S("Function not found"));
    poll.role = lambda_function_role(&there, &poll.function);
    if (!poll.role)
        return poller_back_off(&there, &poll.mapping,
                               S("The function's execution role cannot be assumed by Lambda."));
    return run(&there, &poll);
}

/* ---- the end of a batch ---- */

static struct receipts receipts_read(const struct call *call, str text)
{
    struct receipts receipts = {0};
    struct receipt receipt;

    str_next(&text, '\n', &receipts.source_arn);
    while (lambda_receipt_next(&text, &receipt)) {
        *list_add(call->arena, &receipts.ids) = receipt.message_id;
        *list_add(call->arena, &receipts.handles) = receipt.handle;
    }
    return receipts;
}

/* The failed messages of a batch.  False: all of them failed. */
static bool failures_of(const struct call *call, const struct lambda_mapping_row *mapping,
                        const struct receipts *receipts, const struct result *result,
                        struct str_list *failures)
{
    *failures = (struct str_list){0};
    if (str_present(result->error))
        return false;
    if (!mapping || !mapping->reports_failures)
        return true;
    if (!lambda_event_failures(call, result->payload, failures))
        return false;
    for (size_t i = 0; i < failures->count; i++)
        if (!str_is_one_of(failures->items[i], receipts->ids.items, receipts->ids.count))
            return false;
    return true;
}

static void count_batch(const struct call *call, const struct lambda_mapping_row *mapping, size_t count,
                        size_t failed)
{
    lambda_events_count(call, mapping, EVENTS_INVOKED, count);
    lambda_events_count(call, mapping, EVENTS_FAILED, failed);
    lambda_events_count(call, mapping, EVENTS_DELETED, count - failed);
}

void lambda_batch_end(const struct call *call, const struct function *function,
                      const struct lambda_find_invocation_row *invocation, const struct result *result,
                      const struct logs_input_log_events *output)
{
    check(invocation->mapping_id && *invocation->mapping_id > 0);
    struct receipts receipts = receipts_read(call, invocation->receipts);
    struct lambda_mapping_row mapping;
    struct str_list failures;
    bool found = lambda_find_mapping(
        call->txn, &(struct lambda_find_mapping_params){.id = invocation->mapping_id}, &mapping);

    bool understood = failures_of(call, found ? &mapping : NULL, &receipts, result, &failures);
    if (found)
        count_batch(call, &mapping, receipts.ids.count, understood ? failures.count : receipts.ids.count);
    const struct event_source *source = lambda_event_source_of(receipts.source_arn);
    check(source);
    if (understood)
        source->settle(call, lambda_function_role(call, function), &receipts, &failures);
    if (!str_present(result->error))
        lambda_retried_hops(call, invocation, understood ? &failures : NULL, output);
    spawn_wake(call, &LAMBDA_POLL_EVENT_SOURCE, poller_id(call, *invocation->mapping_id));
}
