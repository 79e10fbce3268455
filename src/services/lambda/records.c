/*
 * records.c: the records of asynchronous invocations, which go to the destinations of an event invoke config.
 *
 * https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html
 */
#include "destinations.h"
#include "invocations.h"
#include "lambda_internal.h"

#include "engine/count.h"
#include "wire/json.h"

/* A runtime may answer with any text; what is not JSON becomes a string. */
static void add_answer(const struct call *call, struct json_writer *writer, str payload)
{
    struct arena_mark mark = arena_mark(call->arena);
    bool is_json = lambda_answer_json(call, payload) != NULL;

    arena_rewind(call->arena, mark);
    json_name(writer, S("responsePayload"));
    if (is_json)
        json_raw(writer, payload);
    else if (str_empty(payload))
        json_null(writer);
    else
        json_string(writer, payload);
}

static void add_request_context(const struct call *call, struct json_writer *writer,
                                const struct function *function, const struct lambda_get_event_row *event,
                                const struct event_end *end)
{
    json_name(writer, S("requestContext"));
    json_open_object(writer);
    json_field(writer, S("requestId"), event->request_id);
    json_field(writer, S("functionArn"),
               arena_concat(call->arena, function->arn, S(":"), lambda_event_qualifier(event->function_arn)));
    json_field(writer, S("condition"), str_of(end->condition));
    json_i64_field(writer, S("approximateInvokeCount"), end->attempts);
    json_close_object(writer);
}

static void add_response_context(const struct call *call, struct json_writer *writer,
                                 const struct function *function, const struct event_end *end)
{
    json_name(writer, S("responseContext"));
    json_open_object(writer);
    json_i64_field(writer, S("statusCode"), 200);
    json_field(writer, S("executedVersion"), lambda_version_text(call->arena, function->row.number));
    json_field(writer, S("functionError"), end->error);
    json_close_object(writer);
}

/* The payloads are left out of a record that would be too large for its destination. */
static str record_of(const struct call *call, const struct function *function,
                     const struct lambda_get_event_row *event, const struct event_end *end, bool whole)
{
    struct json_writer writer = json_writer_in(call->arena);

    json_open_object(&writer);
    json_field(&writer, S("version"), S("1.0"));
    json_field(&writer, S("timestamp"), time_iso8601_ms(call->arena, call->now_ms));
    add_request_context(call, &writer, function, event, end);
    if (whole) {
        json_name(&writer, S("requestPayload"));
        json_raw(&writer, lambda_invocation_payload(call, event->id, event->payload, event->payload_apart));
    }
    if (end->attempts > 0) {
        add_response_context(call, &writer, function, end);
        if (whole)
            add_answer(call, &writer, end->payload);
    }
    json_close_object(&writer);
    return json_written(&writer);
}

/* Absent: no record goes anywhere. */
static str target_of(const struct lambda_event_config_row *config, const struct event_end *end)
{
    str target_arn = end->is_success ? config->on_success : config->on_failure;

    return str_empty(target_arn) ? (str){0} : target_arn;
}

void lambda_record_send(const struct call *call, const struct function *function,
                        const struct lambda_get_event_row *event, const struct event_end *end)
{
    static const struct metric failures = {"AWS/Lambda", "DestinationDeliveryFailures", "FunctionName",
                                           "Count"};
    struct lambda_event_config_row config;

    if (!lambda_event_config_find(call, function, event->function_arn, &config) ||
        !str_present(target_of(&config, end)))
        return;
    str target_arn = target_of(&config, end);
    const struct destination *kind = lambda_destination_of(target_arn);
    bool may_fit =
        kind && event->payload.size + end->payload.size <= (size_t)kind->most_bytes && !end->is_cut;
    str record = record_of(call, function, event, end, may_fit);
    if (kind && lambda_letter_text(call, kind, record).size > (size_t)kind->most_bytes)
        record = record_of(call, function, event, end, false);
    lambda_letter_send(call, &(struct letter){.function = function,
                                              .target_arn = target_arn,
                                              .body = record,
                                              .request_id = event->request_id,
                                              .trace_id = event->trace_id,
                                              .lineage = event->lineage,
                                              .losses = &failures});
}
