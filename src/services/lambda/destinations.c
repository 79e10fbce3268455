/*
 * destinations.c: what Lambda sends on for a function: to a queue, a topic, or another function, under the
 * function's role.
 *
 * A letter is sent in the transaction of the call that sends it.  As on AWS there is one attempt: when it
 * fails, the letter is lost, which is counted and logged.
 * https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html
 *
 * To add a kind of destination, write its send function and an entry of `kinds`.
 */
#include "destinations.h"
#include "batches.h"
#include "invocations.h"
#include "lambda_internal.h"

#include "aws/arn.h"
#include "base/log.h"
#include "base/text.h"
#include "engine/count.h"
#include "sns_model.h"
#include "sqs_model.h"
#include "wire/json.h"

enum { QUEUE_BYTES = 1024 * 1024, TOPIC_BYTES = 256 * 1024 };

/* ---- sending ---- */

/* The attributes in the form of either service, whose structures differ. */
#define ATTRIBUTES(letter)                                                                                   \
    {                                                                                                        \
        {S("RequestID"), {.data_type = S("String"), .string_value = (letter)->request_id}},                  \
            {S("ErrorCode"), {.data_type = S("Number"), .string_value = S("200")}},                          \
            {S("ErrorMessage"), {.data_type = S("String"), .string_value = (letter)->error_message}},        \
    }

static enum outcome send_to_queue(const struct call *call, const struct principal *role,
                                  const struct letter *letter, struct failure *failure)
{
    struct sqs_message_body_attribute_map_entry attributes[] = ATTRIBUTES(letter);
    size_t count = str_present(letter->error_message) ? sizeof attributes / sizeof *attributes : 0;
    const struct sqs_send_message_request in = {
        .queue_url = lambda_source_queue_url(call, letter->target_arn),
        .message_body = letter->body,
        .message_attributes = {attributes, count},
    };
    struct sqs_send_message_result out = {0};

    return invoke(call, role, &SQS_SEND_MESSAGE, &in, &out, failure);
}

static enum outcome publish(const struct call *call, const struct principal *role,
                            const struct letter *letter, struct failure *failure)
{
    struct sns_message_attribute_map_entry attributes[] = ATTRIBUTES(letter);
    size_t count = str_present(letter->error_message) ? sizeof attributes / sizeof *attributes : 0;
    const struct sns_publish_input in = {
        .topic_arn = letter->target_arn,
        .message = letter->body,
        .message_attributes = {attributes, count},
    };
    struct sns_publish_response out = {0};

    return invoke(call, role, &SNS_PUBLISH, &in, &out, failure);
}

static enum outcome invoke_function(const struct call *call, const struct principal *role,
                                    const struct letter *letter, struct failure *failure)
{
    const struct lambda_invocation_request in = {
        .function_name = letter->target_arn,
        .invocation_type = lambda_invocation_type_text(LAMBDA_INVOCATION_TYPE_EVENT),
        .payload = letter->body,
    };
    struct lambda_invocation_response out = {0};

    return invoke(call, role, &LAMBDA_INVOKE, &in, &out, failure);
}

static const struct destination kinds[] = {
    {DESTINATION_QUEUE, "sqs", "SendMessage", "SQS", QUEUE_BYTES, send_to_queue},
    {DESTINATION_TOPIC, "sns", "Publish", "SNS", TOPIC_BYTES, publish},
    {DESTINATION_FUNCTION, "lambda", "InvokeFunction", "Lambda", ASYNC_PAYLOAD_BYTES, invoke_function},
};

static bool is_plain(str resource)
{
    return str_index(resource, ':') < 0;
}

const struct destination *lambda_destination_of(str target_arn)
{
    struct arn arn;

    if (!arn_parse(target_arn, &arn) || str_empty(arn.region) || str_empty(arn.account))
        return NULL;
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        const struct destination *kind = &kinds[i];
        if (!str_equal(arn.service, str_of(kind->service)))
            continue;
        return kind->kind == DESTINATION_FUNCTION
                   ? str_starts_with(arn.resource, S("function:")) ? kind : NULL
               : is_plain(arn.resource) ? kind
                                        : NULL;
    }
    return NULL;
}

str lambda_letter_text(const struct call *call, const struct destination *kind, str json)
{
    return kind->kind == DESTINATION_FUNCTION ? json : json_for_xml(call->arena, json);
}

/* False: *failure says why not. */
static bool deliver(const struct call *call, const struct letter *letter, struct failure *failure)
{
    const struct principal *role = lambda_function_role(call, letter->function);
    const struct destination *kind = lambda_destination_of(letter->target_arn);
    struct arn arn;

    *failure = (struct failure){.error = &LAMBDA_INVALID_PARAMETER_VALUE_EXCEPTION,
                                .message = role ? S("The target is no queue, topic or function.")
                                                : S("Lambda cannot assume the function's role.")};
    if (!kind || !role || !arn_parse(letter->target_arn, &arn))
        return false;
    struct call there = call_in(call, letter->function->row.account, arn.region);
    there.trace_id = letter->trace_id;
    there.trace_header = (str){0};
    if (str_present(letter->trace_id))
        there.trace_header =
            lambda_trace_header(call->arena, letter->function, letter->trace_id, letter->lineage);
    struct letter sent = *letter;
    sent.body = lambda_letter_text(call, kind, letter->body);
    return kind->send(&there, role, &sent, failure) == DONE;
}

static void note_loss(const struct call *call, const struct letter *letter, const struct failure *failure)
{
    static struct log_pace pace;
    unsigned left_out;

    count(call, letter->losses, letter->function->row.name, 1);
    trace(call, &(struct trace_hop){.kind = HOP_NOT_DELIVERED,
                                    .verdict = VERDICT_NOT_DELIVERED,
                                    .trace_id = letter->trace_id,
                                    .resource_arn = letter->target_arn,
                                    .request_id = letter->request_id,
                                    .reason = failure->message});
    if (log_due(&pace, &left_out))
        log_warn("what a function had to send on was lost", log_field("function", letter->function->arn),
                 log_field("target", letter->target_arn),
                 log_field("counted_as", str_of(letter->losses->name)),
                 log_field("request_id", letter->request_id), log_field("error", failure->error->name),
                 log_field("reason", failure->message), log_field("not_told_before", left_out));
}

bool lambda_letter_send(const struct call *call, const struct letter *letter)
{
    struct failure failure;

    if (deliver(call, letter, &failure))
        return true;
    struct call of_function = lambda_call_of_function(call, letter->function);
    note_loss(&of_function, letter, &failure);
    return false;
}

/* ---- checking ---- */

bool lambda_destination_exists(const struct call *call, str target_arn)
{
    struct resource found = {0};

    return resource_of_arn(call, target_arn, &found);
}

bool lambda_destination_allows(const struct call *call, const struct function *function,
                               const struct destination *kind, str target_arn)
{
    const struct principal *role = lambda_function_role(call, function);
    struct resource found = {0};

    if (!resource_of_arn(call, target_arn, &found))
        found.policy = (str){0};
    return role && may(call, role, arena_format(call->arena, "%s:%s", kind->service, kind->action),
                       target_arn, found.policy);
}
