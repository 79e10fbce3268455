/*
 * broadcast.c: a message on its way to subscribers: its forms, and what is noted about each copy.
 */
#include "feedback.h"
#include "subscription.h"

#include "aws/arn.h"
#include "base/log.h"
#include "engine/count.h"

/* ---- forms ---- */

struct form *sns_broadcast_form(const struct call *call, struct broadcast *broadcast, str protocol)
{
    str text = sns_message_text_for(call, &broadcast->message, protocol);

    for (size_t i = 0; i < broadcast->forms.count; i++)
        if (str_equal(broadcast->forms.items[i].text, text))
            return &broadcast->forms.items[i];
    struct form *form = list_add(call->arena, &broadcast->forms);
    form->text = text;
    return form;
}

struct form *sns_broadcast_enveloped(const struct call *call, struct broadcast *broadcast, str protocol)
{
    struct form *form = sns_broadcast_form(call, broadcast, protocol);
    size_t insert_at;

    if (str_present(form->envelope))
        return form;
    form->envelope = sns_envelope(call, &broadcast->topic, &broadcast->message, form->text, &insert_at);
    form->insert_at = (int64_t)insert_at;
    return form;
}

struct sqs_message_body_attribute_map
sns_attributes_for_queues(const struct call *call, const struct sns_message_attribute_map *attributes)
{
    struct sqs_message_body_attribute_map same = {0};

    for (size_t i = 0; i < attributes->count; i++) {
        const struct sns_message_attribute_map_entry *from = &attributes->items[i];
        struct sqs_message_body_attribute_map_entry *to = list_add(call->arena, &same);
        to->key = from->key;
        to->value.data_type = from->value.data_type;
        to->value.string_value = from->value.string_value;
        to->value.binary_value = from->value.binary_value;
    }
    return same;
}

/* The id is the SenderId of messages that SNS delivers, the same for everybody on AWS. */
const struct principal *sns_sender(const struct call *call, str topic_arn)
{
    struct principal *sender = arena_new(call->arena, struct principal);

    *sender = *service_principal(call, S("sns.amazonaws.com"), topic_arn);
    sender->id = S("AIDAIT2UOQQY3AUEKVGXU");
    return sender;
}

/* ---- what is noted ---- */

static const struct metric delivered = {"AWS/SNS", "NumberOfNotificationsDelivered", "TopicName", "Count"},
                           failed = {"AWS/SNS", "NumberOfNotificationsFailed", "TopicName", "Count"};

void sns_note_delivered(const struct call *call, const struct broadcast *broadcast,
                        const struct sns_subscriber_row *subscriber, str message_id)
{
    count(call, &delivered, arn_last(broadcast->topic.arn), 1);
    trace(call, &(struct trace_hop){.kind = HOP_DELIVERED,
                                    .trace_id = broadcast->way.trace_id,
                                    .parent = broadcast->way.published,
                                    .resource_arn = subscriber->endpoint,
                                    .message_id = message_id});
    if (broadcast->feedback)
        sns_feedback_add(call, broadcast->feedback,
                         &(struct delivery_status){.protocol = subscriber->protocol,
                                                   .destination = subscriber->endpoint,
                                                   .provider_id = message_id});
}

static void warn_of_loss(const struct broadcast *broadcast, str endpoint, str reason)
{
    static struct log_pace pace;
    unsigned left_out;

    if (log_due(&pace, &left_out))
        log_warn("a published message was not delivered", log_field("topic", broadcast->topic.arn),
                 log_field("to", endpoint), log_field("reason", reason),
                 log_field("trace", broadcast->way.trace_id), log_field("not_told_before", left_out));
}

static struct dead_letter letter_of(const struct call *call, struct broadcast *broadcast,
                                    const struct sns_subscriber_row *subscriber)
{
    struct dead_letter letter = {
        .topic_arn = broadcast->topic.arn,
        .subscription_arn = subscriber->arn,
        .group_id = broadcast->message.group_id,
        .deduplication_id = broadcast->message.deduplication_id,
        .trace_id = broadcast->way.trace_id,
    };

    if (subscriber->raw_delivery) {
        letter.body = sns_broadcast_form(call, broadcast, subscriber->protocol)->text;
        letter.attributes = broadcast->message.attributes;
    } else {
        const struct form *form = sns_broadcast_enveloped(call, broadcast, subscriber->protocol);
        letter.body = form->envelope;
        letter.insert_at = &form->insert_at;
        letter.insert = sns_envelope_insert(call, subscriber->arn);
    }
    return letter;
}

void sns_note_failed(const struct call *call, struct broadcast *broadcast,
                     const struct sns_subscriber_row *subscriber, const struct failure *failure)
{
    str reason = str_present(failure->reason) ? failure->reason : failure->message;

    count(call, &failed, arn_last(broadcast->topic.arn), 1);
    trace(call, &(struct trace_hop){.kind = HOP_NOT_DELIVERED,
                                    .verdict = VERDICT_NOT_DELIVERED,
                                    .trace_id = broadcast->way.trace_id,
                                    .parent = broadcast->way.published,
                                    .resource_arn = subscriber->endpoint,
                                    .reason = reason});
    warn_of_loss(broadcast, subscriber->endpoint, reason);
    if (broadcast->feedback)
        sns_feedback_add(call, broadcast->feedback,
                         &(struct delivery_status){.protocol = subscriber->protocol,
                                                   .destination = subscriber->endpoint,
                                                   .failure = failure});
    if (!str_present(subscriber->redrive_policy))
        return;
    struct dead_letter letter = letter_of(call, broadcast, subscriber);
    sns_redrive(call, subscriber->redrive_policy, &letter);
}
