/*
 * dead_letters.c: where events go whose asynchronous invocation was given up: the queue or the topic of the
 * function's DeadLetterConfig.
 *
 * The dead letter is sent under the function's role, in the transaction that removes the invocation.
 * https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html#invocation-dlq
 */
#include "destinations.h"
#include "invocations.h"
#include "lambda_internal.h"

#include "aws/arn.h"
#include "base/text.h"
#include "base/utf8.h"
#include "engine/count.h"

#include <string.h>

enum { MAX_ERROR_MESSAGE = 1024, ATTRIBUTES_BYTES = MAX_ERROR_MESSAGE + 128 };

/* The configured target, or absent. */
static str target_of(const struct call *call, const struct function *function)
{
    struct lambda_function_configuration settings = {0};

    if (str_present(function->row.settings))
        model_from_json(call->arena, &LAMBDA_FUNCTION_CONFIGURATION, function->row.settings, &settings);
    return settings.dead_letter_config && !str_empty(settings.dead_letter_config->target_arn)
               ? settings.dead_letter_config->target_arn
               : (str){0};
}

/* With a space in place of each character that message attributes may not have. */
static str printable(const struct call *call, str text)
{
    struct text out = text_in(call->arena);

    for (size_t at = 0, size; at < text.size; at += size) {
        size_t sequence = utf8_sequence(text.data + at, text.data + text.size);
        size = sequence > 0 ? sequence : 1;
        str character = str_head(str_from(text, at), size);
        text_add(&out, sequence > 0 && str_is_xml_text(character) ? character : S(" "));
    }
    return text_str(&out);
}

/* The error as a message attribute, whose text has no control characters. */
static str attribute_of(const struct call *call, str error)
{
    str head = str_head_whole(error, MAX_ERROR_MESSAGE);

    if (str_empty(head))
        return S("Unknown");
    return str_is_xml_text(head) ? head : printable(call, head);
}

/*
 * The event.  It fits into a queue with its attributes unless the escapes of characters that a queue does not
 * take (six bytes in place of three) make it too long: then U+FFFD stands for each of them.
 */
static str body_of(const struct call *call, str target_arn, const struct lambda_get_event_row *event)
{
    const struct destination *kind = lambda_destination_of(target_arn);
    str payload = lambda_invocation_payload(call, event->id, event->payload, event->payload_apart);

    if (!kind || payload.size > (size_t)kind->most_bytes ||
        lambda_letter_text(call, kind, payload).size <= (size_t)kind->most_bytes - ATTRIBUTES_BYTES)
        return payload;
    char *copy = arena_alloc(call->arena, payload.size);
    memcpy(copy, payload.data, payload.size);
    for (size_t i = 2; i < payload.size; i++)
        if (memcmp(copy + i - 2, "\xef\xbf", 2) == 0 && (unsigned char)copy[i] > 0xbd)
            copy[i] = '\xbd';
    return (str){copy, payload.size};
}

void lambda_dead_letter_send(const struct call *call, const struct function *function,
                             const struct lambda_get_event_row *event)
{
    static const struct metric errors = {"AWS/Lambda", "DeadLetterErrors", "FunctionName", "Count"};
    str target_arn = target_of(call, function);

    if (!str_present(target_arn))
        return;
    lambda_letter_send(call, &(struct letter){
                                 .function = function,
                                 .target_arn = target_arn,
                                 .body = body_of(call, target_arn, event),
                                 .request_id = event->request_id,
                                 .trace_id = event->trace_id,
                                 .lineage = event->lineage,
                                 .error_message = attribute_of(call, event->error),
                                 .losses = &errors,
                             });
}

/* What is wrong with the ARN, in AWS's words; NULL: nothing. */
static const char *problem_of(const struct function *function, const struct destination *kind, str target_arn)
{
    struct arn arn = {0};

    if (arn_parse(target_arn, &arn) && !str_equal(arn.region, function->row.region))
        return "The resource specified by the TargetArn must be in the same region as the Lambda function "
               "it's associated with.";
    if (!str_equal(arn.service, S("sqs")) && !str_equal(arn.service, S("sns")))
        return "The service specified by the TargetArn is not supported for dead letter configuration.";
    if (!kind)
        return "The TargetArn names neither an SQS queue nor an SNS topic."; /* our own words */
    if (str_ends_with(target_arn, S(".fifo")))
        return kind->kind == DESTINATION_QUEUE
                   ? "FIFO SQS queue is not supported for dead letter configuration"
                   : "FIFO SNS topic is not supported for dead letter configuration";
    return NULL;
}

bool lambda_dead_letter_check(const struct call *call, const struct function *function)
{
    str target_arn = target_of(call, function);

    if (!str_present(target_arn))
        return true;
    const struct destination *kind = lambda_destination_of(target_arn);
    const char *problem = problem_of(function, kind, target_arn);
    if (problem) {
        fail(call, &LAMBDA_INVALID_PARAMETER_VALUE_EXCEPTION, "Invalid dead letter queue ARN: %s", problem);
        return false;
    }
    if (lambda_destination_allows(call, function, kind, target_arn))
        return true;
    fail(call, &LAMBDA_INVALID_PARAMETER_VALUE_EXCEPTION,
         "The provided execution role does not have permissions to call %s on %s", kind->action, kind->title);
    return false;
}
