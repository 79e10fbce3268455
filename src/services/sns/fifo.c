/*
 * fifo.c: what FIFO topics have besides: deduplication, numbers, order.
 *
 * A deduplication id is remembered for five minutes.  Each publishing removes some ids that have expired,
 * more than it adds. https://docs.aws.amazon.com/sns/latest/dg/fifo-topic-message-ordering.html
 */
#include "sns_internal.h"

#include "base/check.h"

enum { DEDUPLICATION_MS = 5 * 60 * 1000, REMOVED_AT_ONCE = 8, SEQUENCE_STEP = 1000 };

static const str content_deduplication = STR_INIT("ContentBasedDeduplication");
static const str throughput_scope = STR_INIT("FifoThroughputScope");

/* ---- attributes ---- */

bool sns_fifo_is_attribute(str name)
{
    return str_equal(name, content_deduplication) || str_equal(name, throughput_scope);
}

static bool is_boolean(str value)
{
    return str_equal(value, S("true")) || str_equal(value, S("false"));
}

static bool is_scope(str value)
{
    return str_equal(value, S("Topic")) || str_equal(value, S("MessageGroup"));
}

bool sns_fifo_attribute_set(const struct call *call, struct topic *topic, str name, str value)
{
    bool content = str_equal(name, content_deduplication);

    if (!topic->row.fifo_id) {
        fail(call, &SNS_INVALID_PARAMETER_EXCEPTION,
             "Invalid parameter: Attributes Reason: %.*s can only be set for FIFO topics", STR_ARGS(name));
        return false;
    }
    if (!(content ? is_boolean(value) : is_scope(value))) {
        fail(call, &SNS_INVALID_PARAMETER_EXCEPTION, "Invalid parameter: %.*s", STR_ARGS(name));
        return false;
    }
    if (content)
        topic->row.content_deduplication = str_equal(value, S("true"));
    else
        topic->row.fifo_scope = value;
    return true;
}

str sns_fifo_attribute(const struct topic *topic, str name)
{
    if (!topic->row.fifo_id)
        return (str){0};
    if (str_equal(name, throughput_scope))
        return topic->row.fifo_scope;
    if (str_equal(name, content_deduplication))
        return topic->row.content_deduplication ? S("true") : S("false");
    return S("true"); /* FifoTopic */
}

/* ---- messages ---- */

static str group_of(const struct topic *topic, const struct message *message)
{
    return str_equal(topic->row.fifo_scope, S("MessageGroup")) ? message->group_id : S("");
}

static bool is_repeated(const struct call *call, const struct topic *topic, struct message *message)
{
    struct sns_find_deduplication_row row;

    if (!sns_find_deduplication(
            call->txn,
            &(struct sns_find_deduplication_params){.fifo_id = *topic->row.fifo_id,
                                                    .group_id = group_of(topic, message),
                                                    .deduplication_id = message->deduplication_id,
                                                    .now_ms = call->now_ms},
            &row))
        return false;
    message->id = row.message_id;
    message->sequence_number = row.sequence_number;
    return true;
}

static void remember(const struct call *call, const struct topic *topic, const struct message *message)
{
    sns_remove_some_deduplications(call->txn, &(struct sns_remove_some_deduplications_params){
                                                  .now_ms = call->now_ms, .limit = REMOVED_AT_ONCE});
    sns_put_deduplication(call->txn, &(struct sns_put_deduplication_params){
                                         .fifo_id = *topic->row.fifo_id,
                                         .group_id = group_of(topic, message),
                                         .deduplication_id = message->deduplication_id,
                                         .expires_ms = call->now_ms + DEDUPLICATION_MS,
                                         .message_id = message->id,
                                         .sequence_number = message->sequence_number,
                                     });
}

bool sns_fifo_accept(const struct call *call, const struct topic *topic, struct message *message)
{
    struct sns_next_sequence_row next = {0};

    check(topic->row.fifo_id && str_present(message->deduplication_id) && str_present(message->group_id));
    if (is_repeated(call, topic, message))
        return false;
    sns_next_sequence(call->txn, &(struct sns_next_sequence_params){.id = topic->row.id}, &next);
    message->sequence_number =
        arena_format(call->arena, "1%019lld", (long long)next.fifo_sequence * SEQUENCE_STEP);
    remember(call, topic, message);
    return true;
}

bool sns_fifo_must_wait(const struct call *call, const struct topic *topic)
{
    struct sns_find_fanout_of_topic_row row;

    return topic->row.fifo_id &&
           sns_find_fanout_of_topic(
               call->txn, &(struct sns_find_fanout_of_topic_params){.topic_id = topic->row.id}, &row);
}
