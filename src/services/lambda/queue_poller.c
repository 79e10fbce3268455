/*
 * queue_poller.c: the batches of queues: received, sent, and ended.
 *
 * Without a window each receive is sent at once; with one, gathered.c keeps the messages until their batch is
 * full or its window ends.
 */
#include "batches.h"
#include "invocations.h"
#include "reports.h"
#include "sandboxes.h"
#include "sources.h"

#include "base/log.h"
#include "base/text.h"
#include "sqs_model.h"

enum {
    THROTTLED_MS = 500, /* the function may have no more invocations in flight: look again after that */
    EMPTY_MS = 1 * MS_PER_S,
    PART_BYTES = 64 * 1024, /* of records, in a row; or one larger record */
};

/* ---- batches ---- */

/* With the commas between them. */
static size_t size_of_records(const struct record *records, size_t count)
{
    size_t size = 0;

    for (size_t i = 0; i < count; i++)
        size += records[i].json.size + 1;
    return size;
}

static str event_of(const struct call *call, const struct record *records, size_t count)
{
    struct text event = text_in(call->arena);

    text_reserve(&event, size_of_records(records, count) + sizeof "{'Records':[]}");
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

static str lineage_of(const struct call *call, const struct record *records, size_t count)
{
    str lineage = {0};

    for (size_t i = 0; i < count; i++)
        lineage = lambda_lineage_join(call->arena, lineage, records[i].lineage);
    return lineage;
}

/* What one receive returns fits into one event. */
static void send_batch(const struct call *call, const struct poll *poll, const struct record_list *records)
{
    if (records->count == 0)
        return;
    lambda_batch_send(
        call, poll,
        (struct lambda_add_invocation_params){
            .payload = event_of(call, records->items, records->count),
            .lineage = lineage_of(call, records->items, records->count),
            .trace_id = records->items->trace_id, /* of the first message, if it has one */
            .receipts = receipts_of(call, poll->mapping.source_arn, records->items, records->count),
        });
}

/* ---- the batching window ---- */

/* The number of records, from the first on, that make one part. */
static size_t part_count(const struct record *records, size_t count)
{
    size_t size = 0, i;

    for (i = 0; i < count; i++) {
        size += records[i].json.size + 1;
        if (size > PART_BYTES && i > 0)
            break;
    }
    return i;
}

static struct batch_part part_of(const struct call *call, const struct record *records, size_t count)
{
    struct text receipts = text_in(call->arena), json = text_in(call->arena);

    text_reserve(&json, size_of_records(records, count));
    for (size_t i = 0; i < count; i++) {
        text_add(&receipts, i > 0 ? S("\n") : S(""));
        text_add(&receipts, records[i].receipt);
        text_add(&json, i > 0 ? S(",") : S(""));
        text_add(&json, records[i].json);
    }
    return (struct batch_part){.count = count,
                               .receipts = text_str(&receipts),
                               .records = text_str(&json),
                               .trace_id = records->trace_id,
                               .lineage = lineage_of(call, records, count)};
}

void lambda_queue_gather(const struct call *call, const struct poll *poll, const struct record_list *records)
{
    size_t done = 0;

    while (done < records->count) {
        const struct record *rest = records->items + done;
        const struct batch_part part = part_of(call, rest, part_count(rest, records->count - done));
        lambda_gathering_add(call, poll, &part);
        done += part.count;
    }
}

void lambda_queue_send(const struct call *call, const struct poll *poll, const struct record_list *records)
{
    if (poll->mapping.window_seconds > 0)
        lambda_queue_gather(call, poll, records);
    else
        send_batch(call, poll, records);
}

void lambda_queue_gathered(const struct call *call, const struct poll *poll)
{
    struct lambda_batch_row batch;

    if (poll->mapping.window_seconds == 0 && lambda_gathering_find(call, poll->mapping.id, &batch))
        lambda_gathering_send(call, poll, &batch);
}

/* Zero if nothing is gathered. */
static struct lambda_batch_row gathered(const struct call *call, const struct poll *poll)
{
    struct lambda_batch_row batch;

    return poll->mapping.window_seconds > 0 && lambda_gathering_find(call, poll->mapping.id, &batch)
               ? batch
               : (struct lambda_batch_row){0};
}

static int64_t window_end_ms(const struct poll *poll, const struct lambda_batch_row *batch)
{
    return batch->count > 0 ? batch->gathered_ms + poll->mapping.window_seconds * MS_PER_S : INT64_MAX;
}

static bool is_complete(const struct call *call, const struct poll *poll,
                        const struct lambda_batch_row *batch)
{
    return batch->count >= poll->mapping.batch_size || window_end_ms(poll, batch) <= call->now_ms;
}

/* ---- receiving ---- */

static bool takes_long(const struct poll *poll, const struct sqs_message_list *messages)
{
    size_t size = 0;

    for (size_t i = 0; i < messages->count; i++)
        size += messages->items[i].body.size;
    return lambda_filter_takes_long(poll->filter, size);
}

/* Receive and send on, gather, or have matched, some messages.  DONE: there may be more. */
static enum outcome receive_some(const struct call *call, struct poll *poll, int64_t most,
                                 int64_t window_ends_ms)
{
    struct sqs_message_list messages = {0};
    struct failure failure;

    switch (lambda_queue_receive(call, poll, most, &messages, &failure)) {
    case PARKED:
        lambda_queue_stops_growing(call, poll, true);
        lambda_poller_clear_error(call, &poll->mapping);
        return lambda_stay_parked(call, window_ends_ms);
    case FAILED:
        return lambda_poller_back_off(call, &poll->mapping,
                                      str_present(failure.reason) ? failure.reason : failure.message);
    case DONE:
        break;
    }
    if (messages.count == 0)
        return spawn_rest(call, call->now_ms + EMPTY_MS);
    lambda_poller_clear_error(call, &poll->mapping);
    if (takes_long(poll, &messages)) {
        lambda_matching_begin(call, poll, lambda_messages_receipts(call, &messages));
        return DONE;
    }
    struct record_list records = lambda_messages_take(call, poll, &messages);
    lambda_queue_send(call, poll, &records);
    return DONE;
}

static void log_throttled(const struct call *call, const struct poll *poll)
{
    static struct log_pace pace;
    unsigned left_out;

    if (log_due(&pace, &left_out))
        log_warn("messages wait for a throttled function", log_field("function", poll->mapping.function_name),
                 log_field("source", poll->mapping.source_arn),
                 log_field("reason", lambda_throttle_sentence(call, &poll->function)),
                 log_field("not_told_before", left_out));
}

/* The function has no room for messages: those that have waited as long as this poller rests tell so. */
static enum outcome rest_throttled(const struct call *call, const struct poll *poll)
{
    struct lambda_get_mapping_traced_row traced = {0};
    int64_t id = poll->mapping.id;

    lambda_queue_stops_growing(call, poll, false);
    if (lambda_get_mapping_traced(call->txn, &(struct lambda_get_mapping_traced_params){.id = id}, &traced)) {
        int64_t traced_ms =
            lambda_queue_trace_waiting(call, poll, traced.traced_ms, call->now_ms - THROTTLED_MS);
        if (traced_ms > traced.traced_ms) {
            lambda_set_mapping_traced(
                call->txn, &(struct lambda_set_mapping_traced_params){.id = id, .traced_ms = traced_ms});
            log_throttled(call, poll);
        }
    }
    return spawn_rest(call, call->now_ms + THROTTLED_MS);
}

/* Batches count from the moment that they are received, so that none waits for the function's others. */
static bool function_has_room(const struct call *call, const struct poll *poll)
{
    return lambda_queue_under_way(call, poll) < lambda_concurrency_limit(call, &poll->function) &&
           lambda_concurrency_is_free(call, &poll->function);
}

static enum outcome rest_while_matching(const struct call *call, const struct poll *poll,
                                        const struct lambda_batch_row *batch, int64_t until_ms)
{
    int64_t window_ms = window_end_ms(poll, batch);

    return spawn_rest(call, window_ms < until_ms ? window_ms : until_ms);
}

/* Receive until there is nothing to receive, enough batches are under way, or other calls have their turn. */
static enum outcome run(const struct call *call, struct poll *poll)
{
    int64_t until_ms;

    do {
        struct lambda_batch_row batch = gathered(call, poll);
        if (lambda_queue_is_full(call, poll, &until_ms))
            return spawn_rest(call, until_ms);
        if (!function_has_room(call, poll))
            return rest_throttled(call, poll);
        if (batch.count > 0 && is_complete(call, poll, &batch)) {
            lambda_gathering_send(call, poll, &batch);
            continue;
        }
        if (lambda_matching_is_on(call, poll, &until_ms))
            return rest_while_matching(call, poll, &batch, until_ms);
        enum outcome outcome =
            receive_some(call, poll, poll->mapping.batch_size - batch.count, window_end_ms(poll, &batch));
        if (outcome != DONE)
            return outcome;
    } while (!slice_is_over(call));
    return spawn_rest(call, call->now_ms);
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

/*
 * AWS tries to begin a batch until its messages' visibility timeout has ended, while its function is
 * throttled.  https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html
 */
bool lambda_queue_batch_lapse(const struct call *call, const struct function *function,
                              const struct lambda_queued_row *invocation)
{
    const struct receipts receipts = invocation->batch_id
                                         ? lambda_gathered_receipts(call, *invocation->batch_id)
                                         : receipts_read(call, invocation->receipts);
    const struct trace_hop hop = {
        .kind = HOP_THROTTLED,
        .verdict = VERDICT_THROTTLED,
        .resource_arn = function->arn,
        .request_id = invocation->request_id,
        .reason =
            S("the function had no room for the batch before its messages' visibility timeout ended, so "
              "they come again")};

    if (lambda_queue_hides(call, lambda_function_role(call, function), &receipts))
        return false;
    if (invocation->batch_id)
        lambda_gathered_lapse(call, function, *invocation->batch_id, &hop);
    else
        lambda_invocation_hop(call, invocation->trace_id, invocation->receipts, &hop);
    return true;
}

/* Do all ids, which are sorted, belong to messages of the batch? */
static bool are_known(const struct call *call, const struct receipts *receipts, const struct str_list *ids)
{
    struct ids_seen seen = lambda_ids_unseen(call, ids);

    for (size_t i = 0; i < receipts->ids.count; i++)
        lambda_ids_see(&seen, receipts->ids.items[i]);
    return lambda_ids_all_seen(&seen);
}

/* The failed messages of a batch.  False: all of them failed. */
static bool failures_of(const struct call *call, const struct lambda_find_invocation_row *invocation,
                        const struct receipts *receipts, const struct result *result,
                        struct str_list *failures)
{
    *failures = (struct str_list){0};
    if (str_present(result->error))
        return false;
    if (!invocation->reports_failures)
        return true;
    if (!lambda_event_failures(call, result->payload, failures))
        return false;
    return invocation->batch_id ? lambda_batch_has_all(call, *invocation->batch_id, failures)
                                : are_known(call, receipts, failures);
}

static void count_batch(const struct call *call, const struct lambda_mapping_row *mapping, size_t count,
                        size_t failed)
{
    struct lambda_event_source_mapping_configuration settings;

    lambda_mapping_settings_read(call, mapping, &settings);
    lambda_events_count(call, mapping, &settings, EVENTS_INVOKED, count);
    lambda_events_count(call, mapping, &settings, EVENTS_FAILED, failed);
    lambda_events_count(call, mapping, &settings, EVENTS_DELETED, count - failed);
}

static size_t size_of(const struct call *call, const struct lambda_find_invocation_row *invocation,
                      const struct receipts *receipts)
{
    struct lambda_batch_row batch = {0};

    if (!invocation->batch_id)
        return receipts->ids.count;
    lambda_find_batch(call->txn, &(struct lambda_find_batch_params){.id = invocation->batch_id}, &batch);
    return (size_t)batch.count;
}

void lambda_queue_batch_end(const struct call *call, const struct function *function,
                            const struct lambda_find_invocation_row *invocation, const struct result *result,
                            const struct logs_input_log_events *output)
{
    struct receipts receipts = receipts_read(call, invocation->receipts);
    struct lambda_mapping_row mapping;
    struct str_list failures;
    bool found = lambda_find_mapping(
        call->txn, &(struct lambda_find_mapping_params){.id = invocation->mapping_id}, &mapping);
    size_t count = size_of(call, invocation, &receipts);

    bool understood = failures_of(call, invocation, &receipts, result, &failures);
    if (found)
        count_batch(call, &mapping, count, understood ? failures.count : count);
    if (invocation->batch_id) {
        lambda_gathered_end(call, function, invocation,
                            &(struct batch_end){.is_done = understood,
                                                .comes_again = !str_present(result->error),
                                                .failures = &failures,
                                                .output = output});
        return;
    }
    if (understood)
        lambda_queue_delete(call, lambda_function_role(call, function), &receipts, &failures);
    if (!str_present(result->error))
        lambda_retried_hops(call, invocation, understood ? &failures : NULL, output);
}

/* ---- the source ---- */

/* What was gathered before a change is in the next batch: without a window at once. */
static void begin(const struct call *call, const struct lambda_mapping_row *mapping)
{
    struct call there;
    struct poll poll;
    str problem;

    if (!mapping->enabled)
        lambda_gathering_drop(call, mapping->id);
    else if (lambda_poll_open(call, mapping->id, &there, &poll, &problem))
        lambda_queue_gathered(&there, &poll);
}

static void end(const struct call *call, const struct lambda_mapping_row *mapping)
{
    lambda_queue_scale_back(call, mapping);
    lambda_matching_forget(call, mapping->id);
}

static void forget(const struct call *call, const struct lambda_mapping_row *mapping)
{
    end(call, mapping);
    lambda_gathering_drop(call, mapping->id);
}

const struct event_source LAMBDA_QUEUE_SOURCE = {
    .service = "sqs",
    .default_batch_size = 10,
    .user_reason = "USER_INITIATED",
    .conflict = {"An event source mapping with SQS arn", "already exists"},
    .accepts = lambda_queue_accepts,
    .begin = begin,
    .end = end,
    .forget = forget,
    .run = run,
    .match = lambda_queue_match,
    .take = lambda_queue_take,
};
