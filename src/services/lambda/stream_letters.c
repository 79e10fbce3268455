/*
 * stream_letters.c: what the destination of a stream's mapping is told about records that are given up.
 *
 * It gets the records' place in the stream, from which they can be read for as long as the stream has them.
 * https://docs.aws.amazon.com/lambda/latest/dg/services-dynamodb-errors.html
 */
#include "destinations.h"
#include "sources.h"

#include "base/hash.h"
#include "engine/count.h"
#include "wire/json.h"

static void add_request_context(const struct call *call, struct json_writer *writer, const struct poll *poll,
                                const struct discard *discard)
{
    json_name(writer, S("requestContext"));
    json_open_object(writer);
    json_field(writer, S("requestId"),
               str_present(discard->request_id) ? discard->request_id : random_uuid(call->arena));
    json_field(writer, S("functionArn"), lambda_function_asked_arn(call->arena, &poll->function));
    json_field(writer, S("condition"), str_of(discard->condition));
    json_i64_field(writer, S("approximateInvokeCount"), discard->attempts);
    json_close_object(writer);
}

static void add_response_context(const struct call *call, struct json_writer *writer,
                                 const struct discard *discard)
{
    if (!str_present(discard->request_id))
        return;
    json_name(writer, S("responseContext"));
    json_open_object(writer);
    json_i64_field(writer, S("statusCode"), 200);
    json_field(writer, S("executedVersion"), lambda_version_text(call->arena, discard->executed));
    json_field(writer, S("functionError"), discard->error);
    json_close_object(writer);
}

static void add_batch(const struct call *call, struct json_writer *writer, const struct poll *poll,
                      const struct discard *discard)
{
    const struct lambda_held_row *first = &discard->first, *last = &discard->last;

    json_name(writer, S("DDBStreamBatchInfo"));
    json_open_object(writer);
    json_field(writer, S("shardId"), first->shard);
    json_field(writer, S("startSequenceNumber"), first->sequence);
    json_field(writer, S("endSequenceNumber"), last->sequence);
    json_field(writer, S("approximateArrivalOfFirstRecord"), time_iso8601(call->arena, first->made_ms));
    json_field(writer, S("approximateArrivalOfLastRecord"), time_iso8601(call->arena, last->made_ms));
    json_i64_field(writer, S("batchSize"), (int64_t)discard->count);
    json_field(writer, S("streamArn"), poll->mapping.source_arn);
    json_close_object(writer);
}

static str body_of(const struct call *call, const struct poll *poll, const struct discard *discard)
{
    struct json_writer writer = json_writer_in(call->arena);

    json_open_object(&writer);
    add_request_context(call, &writer, poll, discard);
    add_response_context(call, &writer, discard);
    json_field(&writer, S("version"), S("1.0"));
    json_field(&writer, S("timestamp"), time_iso8601_ms(call->arena, call->now_ms));
    add_batch(call, &writer, poll, discard);
    json_close_object(&writer);
    return json_written(&writer);
}

void lambda_discard_send(const struct call *call, const struct poll *poll, const struct discard *discard)
{
    static const struct metric losses = {"AWS/Lambda", "DestinationDeliveryFailures", "FunctionName",
                                         "Count"};
    str target_arn = poll->settings.destination_config->on_failure->destination;

    check(discard->count > 0);
    lambda_events_count(call, &poll->mapping, &poll->settings, EVENTS_DROPPED, discard->count);
    if (str_empty(target_arn))
        return;
    if (lambda_letter_send(call, &(struct letter){.function = &poll->function,
                                                  .target_arn = target_arn,
                                                  .body = body_of(call, poll, discard),
                                                  .request_id = discard->request_id,
                                                  .losses = &losses}))
        lambda_events_count(call, &poll->mapping, &poll->settings, EVENTS_SENT_ON, discard->count);
}
