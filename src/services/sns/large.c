/*
 * large.c: how large a topic's messages may be, its attribute MaximumMessageSize, and what a topic for more
 * than 256 KiB may not have: many subscriptions, and others than of queues and functions.
 * https://docs.aws.amazon.com/sns/latest/dg/large-message-payloads.html
 */
#include "subscription.h"

enum {
    LEAST_MAXIMUM = 1024,
    USUAL_MAXIMUM = 262144,
    LARGEST_MAXIMUM = 1048576,
    MAX_SUBSCRIPTIONS_OF_LARGE = 100
};

int64_t sns_message_size_limit(const struct topic *topic)
{
    return topic->row.maximum_message_size ? *topic->row.maximum_message_size : USUAL_MAXIMUM;
}

static bool refuse(const struct call *call, const char *problem)
{
    fail(call, &SNS_INVALID_PARAMETER_EXCEPTION, "Invalid parameter: MaximumMessageSize%s", problem);
    return false;
}

static const char *const too_many =
    " Reason: a topic for messages above 262144 bytes can have at most 100 subscriptions";
static const char *const unsupported = " Reason: a topic for messages above 262144 bytes can only have "
                                       "subscriptions of the protocols sqs, firehose and lambda";

static int64_t subscriptions_of(const struct topic *topic)
{
    return topic->row.subscriptions + topic->row.pending_subscriptions;
}

bool sns_message_size_limit_set(const struct call *call, struct topic *topic, str value)
{
    struct sns_find_other_subscription_row other;
    int64_t bytes;

    if (!str_to_i64(value, &bytes) || bytes < LEAST_MAXIMUM || bytes > LARGEST_MAXIMUM)
        return refuse(call, "");
    if (bytes > USUAL_MAXIMUM && subscriptions_of(topic) > MAX_SUBSCRIPTIONS_OF_LARGE)
        return refuse(call, too_many);
    if (bytes > USUAL_MAXIMUM && topic->row.id > 0 &&
        sns_find_other_subscription(call->txn,
                                    &(struct sns_find_other_subscription_params){
                                        .topic_id = topic->row.id, .one = S("sqs"), .another = S("lambda")},
                                    &other))
        return refuse(call, unsupported);
    topic->row.maximum_message_size = arena_i64(call->arena, bytes);
    return true;
}

bool sns_large_topic_check(const struct call *call, const struct topic *topic, str protocol)
{
    bool large = sns_message_size_limit(topic) > USUAL_MAXIMUM;

    if (large && !str_equal(protocol, S("sqs")) && !str_equal(protocol, S("lambda")))
        return refuse(call, unsupported);
    return !large || subscriptions_of(topic) < MAX_SUBSCRIPTIONS_OF_LARGE || refuse(call, too_many);
}
