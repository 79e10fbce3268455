/*
 * deliver.c: one message for many queues, from other services.
 *
 * Each queue's policy is evaluated, and a refusal does not affect the other queues.  A large body is stored
 * once for all of them.  When each message has a piece of its own in the body (an address to unsubscribe at),
 * its row has only that piece.
 */
#include "sqs_internal.h"

/* What all queues get. */
struct delivery {
    const struct sqs_send_to_queues_request *in;
    struct outgoing message;
    struct content content;
    const int64_t *body_id;
    str problem; /* why no queue gets it; or absent */
};

static struct delivery delivery_of(const struct call *call, const struct sqs_send_to_queues_request *in)
{
    static const struct sqs_message_body_system_attribute_map no_attributes = {0};
    struct delivery delivery = {.in = in};

    delivery.message = (struct outgoing){
        .body = in->message_body,
        .attributes = &in->message_attributes,
        .system_attributes = &no_attributes,
        .group_id = in->message_group_id,
        .deduplication_id = in->message_deduplication_id,
    };
    if (!sqs_outgoing_check(call, &delivery.message)) {
        delivery.problem = take_failure(call).message;
        return delivery;
    }
    delivery.content = sqs_message_content(call, &delivery.message);
    delivery.content.insert_at = in->insert_at;
    if (in->insert_at)
        delivery.content.body_md5 = (str){0}; /* each message has its own digest */
    return delivery;
}

/*
 * A standard queue gets messages of FIFO topics, too, without their two ids; the group of a standard topic's
 * message it gets: https://docs.aws.amazon.com/sns/latest/dg/fifo-message-grouping.html
 */
static struct outgoing message_for(const struct queue *queue, const struct delivery *delivery)
{
    struct outgoing message = delivery->message;

    if (!queue->row.fifo && str_present(message.deduplication_id))
        message.deduplication_id = message.group_id = (str){0};
    return message;
}

/*
 * The queue's own MaximumMessageSize does not apply: SNS has checked the size of what was published.
 * https://docs.aws.amazon.com/sns/latest/dg/large-message-payloads.html
 */
static bool may_have(const struct call *call, const struct queue *queue, const struct delivery *delivery)
{
    struct outgoing message = message_for(queue, delivery);

    if (str_present(delivery->problem)) {
        fail(call, &SQS_INVALID_MESSAGE_CONTENTS, "%.*s", STR_ARGS(delivery->problem));
        return false;
    }
    return sqs_fifo_check(call, queue, &message);
}

/* The body is stored when the first queue accepts it. */
static str put(const struct call *call, const struct queue *queue, struct delivery *delivery, str insert)
{
    struct outgoing message = message_for(queue, delivery);
    str deduplication_id = sqs_deduplication_id(call, queue, &message);
    struct tally tally = sqs_tally_begin(queue);
    struct posted posted;

    if (sqs_duplicate_find(call, queue, message.group_id, deduplication_id, &posted))
        return posted.message_id;
    if (!delivery->body_id)
        delivery->body_id = sqs_body_store(call, &delivery->content, delivery->in->targets.count);
    struct parcel parcel = {
        .body = delivery->body_id ? insert : sqs_body_with(call, &delivery->content, insert),
        .attributes = delivery->body_id ? (str){0} : delivery->content.attributes,
        .body_id = delivery->body_id,
        .delay_seconds = queue->row.delay_seconds,
        .trace_header = sqs_trace_header_carried(delivery->in->trace_header),
        .trace_id = delivery->in->trace_id,
        .group_id = message.group_id,
        .deduplication_id = deduplication_id,
    };
    posted = sqs_message_put(call, queue, &parcel, &tally);
    sqs_count_sent(call, queue, delivery->content.body.size + insert.size);
    sqs_tally_end(call, &tally);
    return posted.message_id;
}

static str why(struct failure failure)
{
    return str_present(failure.reason) ? failure.reason : failure.message;
}

enum outcome sqs_send_to_queues(const struct call *call, const struct sqs_send_to_queues_request *in,
                                struct sqs_send_to_queues_result *out)
{
    struct delivery delivery = delivery_of(call, in);

    list_make_empty(call->arena, &out->sent);
    for (size_t i = 0; i < in->targets.count; i++) {
        const struct sqs_send_to_queues_target *target = &in->targets.items[i];
        str insert = str_present(target->insert) ? target->insert : S("");
        struct sqs_send_to_queues_result_entry *entry = list_add(call->arena, &out->sent);
        const struct queue *queue = sqs_queue_open_arn(call, target->queue_arn);
        if (queue && may_have(call, queue, &delivery))
            entry->message_id = put(call, queue, &delivery, insert);
        else
            entry->problem = why(take_failure(call));
    }
    return DONE;
}
