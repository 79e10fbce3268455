/*
 * delivering.c: batches of events for functions, and their delivery.
 *
 * https://docs.aws.amazon.com/lambda/latest/dg/services-cloudwatchlogs.html
 *
 * A payload is {"awslogs": {"data": base64(gzip(batch))}}.  Its function is invoked asynchronously, so that a
 * delivery has ended when Lambda has accepted the event; Lambda itself repeats an invocation that fails.
 */
#include "subscription.h"

#include "base/hash.h"
#include "base/log.h"
#include "engine/count.h"
#include "engine/delivery.h"
#include "lambda_model.h"
#include "wire/gzip.h"
#include "wire/json.h"

enum {
    BATCH_BYTES = 256 * 1024, /* of messages in one batch */
    BATCH_EVENTS = 1000,
    MAX_PAYLOAD_BYTES = 1024 * 1024, /* of an asynchronous invocation */
};

static const struct metric forwarded_events = {"AWS/Logs", "ForwardedLogEvents", "LogGroupName", "None"};
static const struct metric forwarded_bytes = {"AWS/Logs", "ForwardedBytes", "LogGroupName", "Bytes"};
static const struct metric delivery_errors = {"AWS/Logs", "DeliveryErrors", "LogGroupName", "None"};
static const struct metric delivery_throttling = {"AWS/Logs", "DeliveryThrottling", "LogGroupName", "None"};

/* As on AWS, what cannot be delivered is tried for a day. */
static const struct delivery_policy policy = {
    .immediate_retries = 1,
    .pre_backoff_retries = 1,
    .backoff_retries = 10,
    .post_backoff_retries = INT64_C(24) * 12,
    .backoff = BACKOFF_EXPONENTIAL,
    .min_delay_ms = 1000,
    .max_delay_ms = INT64_C(300) * 1000,
    .throttle_min_ms = 1000,
    .throttle_max_ms = INT64_C(300) * 1000,
    .max_age_ms = DAY_MS,
    .at_once = 10,
};

/* ---- gathering, on a worker ---- */

static void begin(const struct call *call, struct log_batch *batch)
{
    batch->writer = arena_new(call->arena, struct json_writer);
    *batch->writer = json_writer_in(call->arena);
    json_open_object(batch->writer);
    json_field(batch->writer, S("messageType"), S("DATA_MESSAGE"));
    json_field(batch->writer, S("owner"), call->account);
    json_field(batch->writer, S("logGroup"), batch->group_name);
    json_field(batch->writer, S("logStream"), batch->stream_name);
    json_name(batch->writer, S("subscriptionFilters"));
    json_open_array(batch->writer);
    json_string(batch->writer, batch->subscription.name);
    json_close_array(batch->writer);
    json_name(batch->writer, S("logEvents"));
    json_open_array(batch->writer);
}

static void write_extracted(struct log_batch *batch, struct log_message *event)
{
    struct log_column_values fields = logs_pattern_extract(&batch->pattern, event);

    if (!batch->pattern.columns)
        return;
    json_name(batch->writer, S("extractedFields"));
    json_open_object(batch->writer);
    for (size_t i = 0; i < fields.count; i++) /* without the "$" of the name */
        json_field(batch->writer, str_from(fields.items[i].name, 1), fields.items[i].value);
    json_close_object(batch->writer);
}

static str payload_of(const struct call *call, str batch)
{
    return arena_concat(call->arena, S("{\"awslogs\":{\"data\":\""),
                        base64_encode(call->arena, gzip_deflate(call->arena, batch)), S("\"}}"));
}

void logs_batch_end(const struct call *call, struct log_batch *batch)
{
    if (!batch->writer)
        return;
    json_close_array(batch->writer);
    if (batch->subscription.is_of_account)
        json_field(batch->writer, S("policyLevel"), S("ACCOUNT_LEVEL_POLICY"));
    json_close_object(batch->writer);
    str payload = payload_of(call, json_written(batch->writer));
    if (payload.size <= MAX_PAYLOAD_BYTES) {
        *list_add(call->arena, &batch->payloads) = payload;
        batch->forwarded_events += batch->events;
        batch->forwarded_bytes += batch->bytes;
    } else {
        batch->too_large += batch->events;
    }
    batch->writer = NULL;
    batch->events = batch->bytes = 0;
}

void logs_batch_add(const struct call *call, struct log_batch *batch, struct position position,
                    struct log_message *event)
{
    str message = event->message;

    if (!logs_pattern_matches_event(&batch->pattern, event))
        return;
    if (batch->events == BATCH_EVENTS || batch->bytes + message.size > BATCH_BYTES)
        logs_batch_end(call, batch);
    if (!batch->writer)
        begin(call, batch);
    json_open_object(batch->writer);
    json_field(batch->writer, S("id"), logs_position_text(call->arena, position));
    json_i64_field(batch->writer, S("timestamp"), position.timestamp_ms);
    json_field(batch->writer, S("message"), message);
    write_extracted(batch, event);
    json_close_object(batch->writer);
    batch->events++;
    batch->bytes += message.size;
}

/* ---- delivering ---- */

void logs_batch_deliver(const struct call *call, const struct log_batch *batch)
{
    const struct logs_deliver_events_input in = {.group_name = batch->group_name,
                                                 .destination_arn = batch->subscription.destination_arn};

    for (size_t i = 0; i < batch->payloads.count; i++)
        delivery_add(call, &(struct delivery){.operation = &LOGS_DELIVER_EVENTS,
                                              .target = batch->subscription.target,
                                              .in = &in,
                                              .body = delivery_body_add(call, batch->payloads.items[i]),
                                              .policy = &policy});
    if (batch->too_large > 0) {
        log_warn("log events are too large for a function", log_field("group", batch->group_name),
                 log_field("filter", batch->subscription.name));
        count(call, &delivery_errors, batch->group_name, (double)batch->too_large);
    }
    if (batch->payloads.count > 0) {
        count(call, &forwarded_events, batch->group_name, (double)batch->forwarded_events);
        count(call, &forwarded_bytes, batch->group_name, (double)batch->forwarded_bytes);
    }
}

static enum delivery_verdict verdict_of(const struct failure *failure)
{
    return failure->error == &LAMBDA_TOO_MANY_REQUESTS_EXCEPTION ? DELIVERY_THROTTLED : DELIVERY_FAILED;
}

/* An attempt: the payload is the delivery's body. */
enum outcome logs_deliver_events(const struct call *call, const struct logs_deliver_events_input *in,
                                 struct logs_deliver_events_output *out)
{
    const struct lambda_invocation_request request = {
        .function_name = in->destination_arn, .invocation_type = S("Event"), .payload = delivery_body(call)};
    struct lambda_invocation_response response = {0};
    struct failure failure = {0};
    struct delivery_outcome outcome = {.verdict = DELIVERY_DELIVERED};

    (void)out;
    if (invoke(call, logs_subscription_principal(call, in->group_name), &LAMBDA_INVOKE, &request, &response,
               &failure) != DONE) {
        outcome.verdict = verdict_of(&failure);
        outcome.reason = str_present(failure.reason) ? failure.reason : failure.message;
        count(call, outcome.verdict == DELIVERY_THROTTLED ? &delivery_throttling : &delivery_errors,
              in->group_name, 1);
    }
    delivery_end(call, call->delivery->id, &outcome);
    return DONE;
}
