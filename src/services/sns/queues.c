/*
 * queues.c: delivers to queues.
 *
 * SNS sends to queues as the principal sns.amazonaws.com, by an operation of SQS that takes many queues; each
 * queue's policy decides.  The publisher is not told of a queue that refuses.
 */
#include "subscription.h"

#include "aws/arn.h"

enum { MAX_RAW_ATTRIBUTES = 10 };

bool sns_queue_check(const struct call *call, str endpoint)
{
    struct arn arn;

    if (arn_parse(endpoint, &arn) && str_equal(arn.service, S("sqs")))
        return true;
    fail(call, &SNS_INVALID_PARAMETER_EXCEPTION, "Invalid parameter: SQS endpoint ARN");
    return false;
}

static struct sqs_send_to_queues_request request_of(const struct call *call, struct broadcast *broadcast,
                                                    bool raw)
{
    struct sqs_send_to_queues_request request = {
        .message_group_id = broadcast->message.group_id,
        .message_deduplication_id = broadcast->message.deduplication_id,
        .trace_id = broadcast->way.trace_id,
        .trace_header = broadcast->way.trace_header,
    };

    if (raw) {
        request.message_body = sns_broadcast_form(call, broadcast, S("sqs"))->text;
        request.message_attributes = sns_attributes_for_queues(call, broadcast->message.attributes);
    } else {
        const struct form *form = sns_broadcast_enveloped(call, broadcast, S("sqs"));
        request.message_body = form->envelope;
        request.insert_at = &form->insert_at;
    }
    return request;
}

static void send(const struct call *call, struct broadcast *broadcast,
                 const struct sns_subscriber_rows *subscribers, bool raw)
{
    struct sqs_send_to_queues_request request = request_of(call, broadcast, raw);
    struct sqs_send_to_queues_result result = {0};
    struct failure failure = {0};

    for (size_t i = 0; i < subscribers->count; i++)
        *list_add(call->arena, &request.targets) = (struct sqs_send_to_queues_target){
            .queue_arn = subscribers->items[i].endpoint,
            .insert = raw ? (str){0} : sns_envelope_insert(call, subscribers->items[i].arn),
        };
    invoke(call, sns_sender(call, broadcast->topic.arn), &SQS_SEND_TO_QUEUES, &request, &result, &failure);
    for (size_t i = 0; i < result.sent.count; i++) {
        const struct sqs_send_to_queues_result_entry *sent = &result.sent.items[i];
        if (str_present(sent->message_id))
            sns_note_delivered(call, broadcast, &subscribers->items[i], sent->message_id);
        else
            sns_note_failed(call, broadcast, &subscribers->items[i],
                            &(struct failure){.message = sent->problem});
    }
}

static void refuse_attributes(const struct call *call, struct broadcast *broadcast,
                              const struct sns_subscriber_rows *subscribers)
{
    static const struct failure too_many = {.message = STR_INIT("A raw message has at most 10 attributes.")};

    for (size_t i = 0; i < subscribers->count; i++)
        sns_note_failed(call, broadcast, &subscribers->items[i], &too_many);
}

static struct sns_subscriber_rows with_delivery(const struct call *call,
                                                const struct sns_subscriber_rows *subscribers, bool raw)
{
    struct sns_subscriber_rows some = {.items =
                                           arena_alloc(call->arena, subscribers->count * sizeof *some.items)};

    for (size_t i = 0; i < subscribers->count; i++)
        if ((subscribers->items[i].raw_delivery != 0) == raw)
            some.items[some.count++] = subscribers->items[i];
    return some;
}

void sns_queues_deliver(const struct call *call, struct broadcast *broadcast,
                        const struct sns_subscriber_rows *subscribers)
{
    struct sns_subscriber_rows raw = with_delivery(call, subscribers, true),
                               enveloped = with_delivery(call, subscribers, false);

    if (raw.count > 0 && broadcast->message.attributes->count > MAX_RAW_ATTRIBUTES)
        refuse_attributes(call, broadcast, &raw);
    else if (raw.count > 0)
        send(call, broadcast, &raw, true);
    if (enveloped.count > 0)
        send(call, broadcast, &enveloped, false);
}
