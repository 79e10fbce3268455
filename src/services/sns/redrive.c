/*
 * redrive.c: the dead-letter queue of a subscription.
 *
 * A queue or a function that refuses a message gets it never again: the message goes to the dead-letter queue
 * in the transaction of the refusal, as the endpoint would have got it.
 * https://docs.aws.amazon.com/sns/latest/dg/sns-dead-letter-queues.html
 */
#include "subscription.h"

#include "aws/arn.h"
#include "base/log.h"
#include "engine/count.h"
#include "wire/json.h"

static const str fifo_suffix = STR_INIT(".fifo");

/* The queue's ARN in a redrive policy that was checked. */
static str dead_letter_queue(const struct call *call, str policy)
{
    return json_get_str(json_parse(call->arena, policy, NULL), S("deadLetterTargetArn"));
}

static bool is_of_standard_topic(const struct call *call, const struct sns_subscription_row *row)
{
    struct sns_topic_row topic;

    return sns_find_subscribed_topic(
               call->txn, &(struct sns_find_subscribed_topic_params){.id = row->topic_id}, &topic) &&
           !topic.fifo_id;
}

const char *sns_redrive_problem(const struct call *call, const struct sns_subscription_row *row, str value)
{
    const struct json *policy = json_parse(call->arena, value, NULL);
    struct arn arn;

    if (!json_is(policy, JSON_OBJECT))
        return "RedrivePolicy: failed to parse JSON.";
    if (!arn_parse(json_get_str(policy, S("deadLetterTargetArn")), &arn) || !str_equal(arn.service, S("sqs")))
        return "RedrivePolicy: deadLetterTargetArn is an invalid arn";
    bool is_fifo = str_ends_with(arn.resource, fifo_suffix);
    if (str_ends_with(row->endpoint, fifo_suffix) && !is_fifo)
        return "RedrivePolicy: must use a FIFO queue as DLQ for a FIFO Subscription to a FIFO Topic.";
    if (is_fifo && is_of_standard_topic(call, row))
        return "RedrivePolicy: must use a standard queue as DLQ for a Subscription to a standard Topic.";
    return NULL;
}

static const struct metric redriven = {"AWS/SNS", "NumberOfNotificationsRedrivenToDlq", "TopicName", "Count"},
                           not_redriven = {"AWS/SNS", "NumberOfNotificationsFailedToRedriveToDlq",
                                           "TopicName", "Count"};

static struct sqs_send_to_queues_request request_of(const struct call *call, str queue_arn,
                                                    const struct dead_letter *letter)
{
    struct sqs_send_to_queues_request request = {
        .message_body = letter->body,
        .insert_at = letter->insert_at,
        .message_group_id = letter->group_id,
        .message_deduplication_id = letter->deduplication_id,
        .trace_id = letter->trace_id,
    };

    if (letter->attributes)
        request.message_attributes = sns_attributes_for_queues(call, letter->attributes);
    *list_add(call->arena, &request.targets) =
        (struct sqs_send_to_queues_target){.queue_arn = queue_arn, .insert = letter->insert};
    return request;
}

static void note(const struct call *call, const struct dead_letter *letter, str queue_arn, str message_id,
                 str problem)
{
    bool sent = str_present(message_id);

    count(call, sent ? &redriven : &not_redriven, arn_last(letter->topic_arn), 1);
    trace(call, &(struct trace_hop){.kind = sent ? HOP_DEAD_LETTERED : HOP_NOT_DELIVERED,
                                    .verdict = sent ? VERDICT_DEAD_LETTERED : VERDICT_NOT_DELIVERED,
                                    .trace_id = letter->trace_id,
                                    .resource_arn = queue_arn,
                                    .message_id = message_id,
                                    .reason = problem});
    if (!sent)
        log_warn("a dead letter was lost", log_field("subscription", letter->subscription_arn),
                 log_field("to", queue_arn), log_field("reason", problem),
                 log_field("trace", letter->trace_id));
}

void sns_redrive(const struct call *call, str policy, const struct dead_letter *letter)
{
    struct sqs_send_to_queues_result result = {0};
    struct failure failure = {0};

    if (!str_present(policy))
        return;
    str queue_arn = dead_letter_queue(call, policy);
    struct sqs_send_to_queues_request request = request_of(call, queue_arn, letter);
    invoke(call, sns_sender(call, letter->topic_arn), &SQS_SEND_TO_QUEUES, &request, &result, &failure);
    note(call, letter, queue_arn, result.sent.items[0].message_id, result.sent.items[0].problem);
}
