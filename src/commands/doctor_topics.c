/*
 * doctor_topics.c: queues that topics publish to, and what keeps a topic from it.
 *
 * Subscribe accepts a queue that does not exist, and one whose policy lets no topic send: the publisher is
 * not told that its messages are lost.
 * https://docs.aws.amazon.com/sns/latest/dg/subscribe-sqs-queue-to-sns-topic.html
 */
#include "commands/doctor.h"

#include "aws/arn.h"
#include "sns_model.h"
#include "sqs_model.h"

static void look_at(struct visit *visit, const struct sns_subscription *subscription)
{
    str queue = arn_last(subscription->endpoint), topic = arn_last(subscription->topic_arn);
    str url, reason;
    struct doctor_question may_send = {.principal = S("sns.amazonaws.com"),
                                       .source_arn = subscription->topic_arn,
                                       .action = S("sqs:SendMessage"),
                                       .resource = subscription->endpoint};

    visit->subscriptions++;
    if (doctor_queue_url(visit, subscription->endpoint, &url)) {
        if (doctor_denied(visit, &may_send, &reason))
            doctor_warn(
                visit, topic, queue,
                arena_format(visit->arena, "published messages do not arrive: %.*s.", STR_ARGS(reason)));
    } else if (failed_with(&visit->failure, &SQS_QUEUE_DOES_NOT_EXIST)) {
        doctor_warn(visit, topic, queue, S("published messages do not arrive: the queue does not exist."));
    } else {
        doctor_warn(visit, topic, queue,
                    arena_concat(visit->arena, S("the queue cannot be looked at: "),
                                 failure_sentence(visit->arena, &visit->failure)));
    }
}

bool doctor_look_at_subscriptions(struct visit *visit)
{
    struct sns_list_subscriptions_input in = {0};
    struct sns_list_subscriptions_response out;

    do {
        out = (struct sns_list_subscriptions_response){0};
        if (!doctor_call(visit, &SNS_LIST_SUBSCRIPTIONS, &in, &out))
            return false;
        for (size_t i = 0; i < out.subscriptions.count; i++)
            if (str_equal(out.subscriptions.items[i].protocol, S("sqs")))
                look_at(visit, &out.subscriptions.items[i]);
        in.next_token = out.next_token;
    } while (str_present(in.next_token) && !str_empty(in.next_token));
    return true;
}
