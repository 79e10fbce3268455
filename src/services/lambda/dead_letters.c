/*
 * dead_letters.c: where events go whose asynchronous invocation was given up: the queue or the topic of the
 * function's DeadLetterConfig.
 *
 * The dead letter is sent under the function's role, in the transaction that removes the invocation.  As on
 * AWS there is one attempt: when it fails, the event is lost, which is counted and logged.
 * https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html#invocation-dlq
 */
#include "lambda_internal.h"

#include "aws/arn.h"
#include "base/log.h"
#include "engine/count.h"
#include "sns_model.h"
#include "sqs_model.h"

enum { MAX_ERROR_MESSAGE = 1024 };

struct dead_letter {
    const struct function *function;
    str target_arn;
    str request_id, error_message, event;
};

/* A service that takes dead letters. */
struct taker {
    const char *service; /* in the ARN of the target */
    const char *action;  /* "SendMessage", that the role needs */
    const char *title;   /* "SQS" */
    enum outcome (*send)(const struct call *call, const struct principal *role,
                         const struct dead_letter *letter, struct failure *failure);
};

/* ---- sending ---- */

/* The attributes in the form of either service, whose structures differ. */
#define ATTRIBUTES(letter)                                                                                   \
    {                                                                                                        \
        {S("RequestID"), {.data_type = S("String"), .string_value = (letter)->request_id}},                  \
            {S("ErrorCode"), {.data_type = S("Number"), .string_value = S("200")}},                          \
            {S("ErrorMessage"), {.data_type = S("String"), .string_value = (letter)->error_message}},        \
    }

static enum outcome send_to_queue(const struct call *call, const struct principal *role,
                                  const struct dead_letter *letter, struct failure *failure)
{
    struct sqs_message_body_attribute_map_entry attributes[] = ATTRIBUTES(letter);
    const struct sqs_send_message_request in = {
        .queue_url = lambda_source_queue_url(call, letter->target_arn),
        .message_body = letter->event,
        .message_attributes = {attributes, sizeof attributes / sizeof *attributes},
    };
    struct sqs_send_message_result out = {0};

    return invoke(call, role, &SQS_SEND_MESSAGE, &in, &out, failure);
}

static enum outcome publish(const struct call *call, const struct principal *role,
                            const struct dead_letter *letter, struct failure *failure)
{
    struct sns_message_attribute_map_entry attributes[] = ATTRIBUTES(letter);
    const struct sns_publish_input in = {
        .topic_arn = letter->target_arn,
        .message = letter->event,
        .message_attributes = {attributes, sizeof attributes / sizeof *attributes},
    };
    struct sns_publish_response out = {0};

    return invoke(call, role, &SNS_PUBLISH, &in, &out, failure);
}

static const struct taker takers[] = {
    {"sqs", "SendMessage", "SQS", send_to_queue},
    {"sns", "Publish", "SNS", publish},
};

/* NULL: the ARN is not one of a queue or a topic. */
static const struct taker *taker_of(str target_arn, struct arn *arn)
{
    if (!arn_parse(target_arn, arn) || str_index(arn->resource, ':') >= 0)
        return NULL;
    for (size_t i = 0; i < sizeof takers / sizeof *takers; i++)
        if (str_equal(arn->service, str_of(takers[i].service)))
            return &takers[i];
    return NULL;
}

static void note_loss(const struct call *call, const struct dead_letter *letter,
                      const struct failure *failure)
{
    static const struct metric errors = {"AWS/Lambda", "DeadLetterErrors", "FunctionName", "Count"};
    static struct log_pace pace;
    unsigned left_out;

    count(call, &errors, letter->function->row.name, 1);
    trace(call, &(struct trace_hop){.kind = HOP_NOT_DELIVERED,
                                    .verdict = VERDICT_NOT_DELIVERED,
                                    .resource_arn = letter->target_arn,
                                    .request_id = letter->request_id,
                                    .reason = failure->message});
    if (log_due(&pace, &left_out))
        log_warn("a dead letter of a function was lost", log_field("function", letter->function->arn),
                 log_field("target", letter->target_arn), log_field("request_id", letter->request_id),
                 log_field("error", failure->error->name), log_field("reason", failure->message),
                 log_field("not_told_before", left_out));
}

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

/* False: *failure says why not. */
static bool send(const struct call *call, const struct dead_letter *letter, struct failure *failure)
{
    const struct principal *role = lambda_function_role(call, letter->function);
    struct arn arn;
    const struct taker *taker = taker_of(letter->target_arn, &arn);

    *failure = (struct failure){.error = &LAMBDA_INVALID_PARAMETER_VALUE_EXCEPTION,
                                .message = role ? S("The target is neither a queue nor a topic.")
                                                : S("Lambda cannot assume the function's role.")};
    if (!taker || !role)
        return false;
    struct call there = call_in(call, letter->function->row.account, arn.region);
    return taker->send(&there, role, letter, failure) == DONE;
}

void lambda_dead_letter_send(const struct call *call, const struct function *function, int64_t invocation_id)
{
    struct dead_letter letter = {.function = function, .target_arn = target_of(call, function)};
    struct lambda_get_event_row event;
    struct failure failure;

    if (!str_present(letter.target_arn) ||
        !lambda_get_event(call->txn, &(struct lambda_get_event_params){.id = invocation_id}, &event))
        return;
    letter.request_id = event.request_id;
    letter.error_message =
        str_empty(event.error) ? S("Unknown") : str_head_whole(event.error, MAX_ERROR_MESSAGE);
    letter.event = lambda_invocation_payload(call, invocation_id, event.payload, event.payload_apart);
    if (!send(call, &letter, &failure)) {
        struct call of_function = lambda_call_of_function(call, function);
        note_loss(&of_function, &letter, &failure);
    }
}

/* ---- checking ---- */

static str policy_of(const struct call *call, str arn)
{
    struct resource found = {0};

    return resource_of_arn(call, arn, &found) ? found.policy : (str){0};
}

bool lambda_dead_letter_check(const struct call *call, const struct function *function)
{
    const struct principal *role = lambda_function_role(call, function);
    str target_arn = target_of(call, function);
    struct arn arn;

    if (!str_present(target_arn))
        return true;
    const struct taker *taker = taker_of(target_arn, &arn);
    if (!taker) {
        fail(call, &LAMBDA_INVALID_PARAMETER_VALUE_EXCEPTION,
             "Invalid dead letter ARN: %.*s names neither an SQS queue nor an SNS topic.",
             STR_ARGS(target_arn));
        return false;
    }
    if (role && may(call, role, arena_format(call->arena, "%s:%s", taker->service, taker->action), target_arn,
                    policy_of(call, target_arn)))
        return true;
    fail(call, &LAMBDA_INVALID_PARAMETER_VALUE_EXCEPTION,
         "The provided execution role does not have permissions to call %s on %s", taker->action,
         taker->title);
    return false;
}
