/*
 * fanout.c: delivers a message to every subscriber of its topic.
 *
 * Few subscribers get it in the transaction of the publishing.  For many, that transaction stores the
 * message, which guarantees that all of them get it; then one run after the other delivers it to some of
 * them, each in a batch of its own.
 *
 * SNS sends to queues as the principal sns.amazonaws.com, by an operation of SQS that takes many queues; each
 * queue's policy decides.  A queue that refuses loses its copy; the publisher is not told.
 */
#include "subscription.h"

#include "base/check.h"
#include "base/log.h"
#include "engine/count.h"
#include "sqs_model.h"
#include "wire/json.h"

enum { MAX_AT_ONCE = 32, DELIVERIES_PER_RUN = 100, REMOVALS_PER_RUN = 500, MAX_RAW_ATTRIBUTES = 10 };

/* What subscribers get: the text, or the envelope around it. */
struct broadcast {
    str topic_arn, group_id;
    struct way way;
    const struct sns_message_attribute_map *attributes;
    str text, envelope; /* the envelope is absent when no subscriber gets it */
    int64_t insert_at;  /* position in the envelope */
};

static struct sqs_message_body_attribute_map
sqs_attributes(const struct call *call, const struct sns_message_attribute_map *attributes)
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

static struct sqs_send_to_queues_request request_of(const struct call *call,
                                                    const struct broadcast *broadcast, bool raw)
{
    struct sqs_send_to_queues_request request = {
        .message_body = raw ? broadcast->text : broadcast->envelope,
        .message_group_id = broadcast->group_id,
        .trace_id = broadcast->way.trace_id,
    };

    if (raw)
        request.message_attributes = sqs_attributes(call, broadcast->attributes);
    else
        request.insert_at = &broadcast->insert_at;
    return request;
}

/* Trace and log a lost copy, because the publisher is not told. */
static void trace_loss(const struct call *call, const struct broadcast *broadcast, str endpoint, str reason)
{
    static struct log_pace pace;
    unsigned left_out;

    trace(call, &(struct trace_hop){.kind = HOP_NOT_DELIVERED,
                                    .verdict = VERDICT_NOT_DELIVERED,
                                    .trace_id = broadcast->way.trace_id,
                                    .parent = broadcast->way.published,
                                    .resource_arn = endpoint,
                                    .reason = reason});
    if (log_due(&pace, &left_out))
        log_warn("a published message was not delivered", log_field("topic", broadcast->topic_arn),
                 log_field("to", endpoint), log_field("reason", reason),
                 log_field("trace", broadcast->way.trace_id), log_field("not_told_before", left_out));
}

static void trace_delivery(const struct call *call, const struct broadcast *broadcast, str queue_arn,
                           const struct sqs_send_to_queues_result_entry *sent)
{
    if (str_present(sent->message_id))
        trace(call, &(struct trace_hop){.kind = HOP_DELIVERED,
                                        .trace_id = broadcast->way.trace_id,
                                        .parent = broadcast->way.published,
                                        .resource_arn = queue_arn,
                                        .message_id = sent->message_id});
    else
        trace_loss(call, broadcast, queue_arn, sent->problem);
}

/* The id is the SenderId of messages that SNS delivers, the same for everybody on AWS. */
static const struct principal *sender(const struct call *call, const struct broadcast *broadcast)
{
    struct principal *sender = arena_new(call->arena, struct principal);

    *sender = *service_principal(call, S("sns.amazonaws.com"), broadcast->topic_arn);
    sender->id = S("AIDAIT2UOQQY3AUEKVGXU");
    return sender;
}

/* Send to the queues of the subscribers with raw delivery, or to those of the others. */
static void deliver_form(const struct call *call, const struct broadcast *broadcast,
                         const struct sns_list_subscribers_rows *subscribers, bool raw)
{
    struct sqs_send_to_queues_request request = request_of(call, broadcast, raw);
    struct sqs_send_to_queues_result result = {0};
    struct failure failure = {0};

    for (size_t i = 0; i < subscribers->count; i++)
        if ((subscribers->items[i].raw_delivery != 0) == raw)
            *list_add(call->arena, &request.targets) = (struct sqs_send_to_queues_target){
                .queue_arn = subscribers->items[i].endpoint,
                .insert = raw ? (str){0} : sns_envelope_insert(call, subscribers->items[i].arn),
            };
    if (request.targets.count == 0 ||
        invoke(call, sender(call, broadcast), &SQS_SEND_TO_QUEUES, &request, &result, &failure) != DONE)
        return;
    for (size_t i = 0; i < result.sent.count; i++)
        trace_delivery(call, broadcast, request.targets.items[i].queue_arn, &result.sent.items[i]);
}

static void trace_too_many_attributes(const struct call *call, const struct broadcast *broadcast,
                                      const struct sns_list_subscribers_rows *subscribers)
{
    for (size_t i = 0; i < subscribers->count; i++)
        if (subscribers->items[i].raw_delivery)
            trace_loss(call, broadcast, subscribers->items[i].endpoint,
                       S("A raw message has at most 10 attributes."));
}

static void trace_filtered_out(const struct call *call, const struct broadcast *broadcast, str endpoint,
                               const struct filter_refusal *refusal)
{
    str topic_name = str_from(broadcast->topic_arn, (size_t)str_last_index(broadcast->topic_arn, ':') + 1);

    for (size_t i = 0; i < sizeof refusal->metrics / sizeof *refusal->metrics && refusal->metrics[i]; i++)
        count(call, refusal->metrics[i], topic_name, 1);
    trace(call, &(struct trace_hop){.kind = HOP_FILTERED_OUT,
                                    .verdict = VERDICT_FILTERED_OUT,
                                    .trace_id = broadcast->way.trace_id,
                                    .parent = broadcast->way.published,
                                    .resource_arn = endpoint,
                                    .reason = str_of(refusal->reason)});
}

/* The subscribers whose filter policies the message matches. */
static struct sns_list_subscribers_rows choose(const struct call *call, const struct broadcast *broadcast,
                                               const struct sns_list_subscribers_rows *subscribers)
{
    struct filter_subject subject = {
        .call = call, .attributes = broadcast->attributes, .text = broadcast->text};
    struct sns_list_subscribers_rows chosen = {
        .items = arena_alloc(call->arena, subscribers->count * sizeof *chosen.items)};

    for (size_t i = 0; i < subscribers->count; i++) {
        const struct sns_list_subscribers_row *one = &subscribers->items[i];
        const struct filter_refusal *refusal =
            one->filter_id ? sns_filter_refusal(&subject, one->id, *one->filter_id) : NULL;
        if (refusal)
            trace_filtered_out(call, broadcast, one->endpoint, refusal);
        else
            chosen.items[chosen.count++] = *one;
    }
    return chosen;
}

static void deliver(const struct call *call, const struct broadcast *broadcast,
                    const struct sns_list_subscribers_rows *all)
{
    struct sns_list_subscribers_rows chosen = choose(call, broadcast, all), *subscribers = &chosen;

    if (broadcast->attributes->count > MAX_RAW_ATTRIBUTES)
        trace_too_many_attributes(call, broadcast, subscribers);
    else
        deliver_form(call, broadcast, subscribers, true);
    if (str_present(broadcast->envelope))
        deliver_form(call, broadcast, subscribers, false);
}

static struct broadcast broadcast_of(const struct call *call, const struct topic *topic,
                                     const struct message *message, const struct way *way)
{
    struct broadcast broadcast = {
        .topic_arn = topic->arn,
        .way = *way,
        .group_id = message->group_id,
        .attributes = message->attributes,
        .text = sns_message_text_for(call, message, S("sqs")),
    };
    size_t insert_at;

    if (sns_topic_has_enveloped(call, topic)) {
        broadcast.envelope = sns_envelope(call, topic, message, broadcast.text, &insert_at);
        broadcast.insert_at = (int64_t)insert_at;
    }
    return broadcast;
}

struct sns_list_subscribers_rows sns_fanout_subscribers(const struct call *call, const struct topic *topic)
{
    return sns_list_subscribers(call->txn, &(struct sns_list_subscribers_params){.topic_id = topic->row.id,
                                                                                 .last_id = INT64_MAX,
                                                                                 .limit = MAX_AT_ONCE + 1});
}

static void run_at(const struct call *call, int64_t due_ms)
{
    timer_set(call, &SNS_DELIVER_FANOUT, S("all"), due_ms, &(struct sns_deliver_fanout_request){0});
}

/* The message is accepted: all present subscribers will get it. */
static void store(const struct call *call, const struct topic *topic, const struct broadcast *broadcast)
{
    struct sns_find_last_subscriber_row last = {0};

    sns_find_last_subscriber(call->txn, &(struct sns_find_last_subscriber_params){.topic_id = topic->row.id},
                             &last);
    int64_t id = sns_add_fanout(
        call->txn, &(struct sns_add_fanout_params){.topic_id = topic->row.id, .last_id = last.id});
    sns_add_fanout_message(call->txn, &(struct sns_fanout_message_row){
                                          .fanout_id = id,
                                          .account = call->account,
                                          .region = call->region,
                                          .topic_arn = broadcast->topic_arn,
                                          .trace_id = broadcast->way.trace_id,
                                          .group_id = broadcast->group_id,
                                          .insert_at = &broadcast->insert_at,
                                          .attributes = model_to_json(call->arena, &SNS_MESSAGE_ATTRIBUTE_MAP,
                                                                      broadcast->attributes),
                                          .text = broadcast->text,
                                          .envelope = broadcast->envelope,
                                      });
    run_at(call, call->now_ms);
}

void sns_fanout(const struct call *call, const struct topic *topic,
                const struct sns_list_subscribers_rows *subscribers, const struct message *message,
                const struct way *way)
{
    check(topic->row.id > 0);
    if (subscribers->count == 0)
        return;
    struct broadcast broadcast = broadcast_of(call, topic, message, way);

    if (subscribers->count <= MAX_AT_ONCE)
        deliver(call, &broadcast, subscribers);
    else
        store(call, topic, &broadcast);
}

static void remove_at(const struct call *call, int64_t due_ms)
{
    timer_set(call, &SNS_REMOVE_SUBSCRIPTIONS, S("all"), due_ms,
              &(struct sns_remove_subscriptions_request){0});
}

/* All subscribers have the message. */
static void finish(const struct call *call, int64_t fanout_id)
{
    sns_remove_fanout(call->txn, &(struct sns_remove_fanout_params){.id = fanout_id});
    sns_remove_fanout_message(call->txn, &(struct sns_remove_fanout_message_params){.fanout_id = fanout_id});
    remove_at(call, call->now_ms); /* its deleted topic may have waited for this message */
}

static void deliver_some(const struct call *call, const struct sns_find_fanout_row *row)
{
    struct sns_fanout_message_row message = {0};
    struct sns_message_attribute_map attributes = {0};
    struct sns_list_subscribers_rows subscribers =
        sns_list_subscribers(call->txn, &(struct sns_list_subscribers_params){.topic_id = row->topic_id,
                                                                              .after_id = row->after_id,
                                                                              .last_id = row->last_id,
                                                                              .limit = DELIVERIES_PER_RUN});

    sns_find_fanout_message(call->txn, &(struct sns_find_fanout_message_params){.fanout_id = row->id},
                            &message);
    if (subscribers.count > 0 &&
        model_from_json(call->arena, &SNS_MESSAGE_ATTRIBUTE_MAP, message.attributes, &attributes)) {
        struct call published = call_in(call, message.account, message.region);
        deliver(&published,
                &(struct broadcast){.topic_arn = message.topic_arn,
                                    .way = {.trace_id = message.trace_id},
                                    .group_id = message.group_id,
                                    .attributes = &attributes,
                                    .text = message.text,
                                    .envelope = message.envelope,
                                    .insert_at = *message.insert_at},
                &subscribers);
    }
    if (subscribers.count < DELIVERIES_PER_RUN)
        finish(call, row->id);
    else
        sns_fanout_reached(call->txn,
                           &(struct sns_fanout_reached_params){
                               .id = row->id, .after_id = subscribers.items[subscribers.count - 1].id});
}

enum outcome sns_deliver_fanout(const struct call *call, const struct sns_deliver_fanout_request *in,
                                struct sns_deliver_fanout_output *out)
{
    struct sns_find_fanout_row row;

    (void)out;
    if (!sns_find_fanout(call->txn, &row))
        return DONE;
    deliver_some(call, &row);
    slice_again(call, &SNS_DELIVER_FANOUT, S("all"), in);
    return DONE;
}

void sns_topic_end(const struct call *call, const struct topic *topic)
{
    sns_end_topic(call->txn, &(struct sns_end_topic_params){.id = topic->row.id});
    remove_at(call, call->now_ms);
}

enum outcome sns_remove_subscriptions(const struct call *call,
                                      const struct sns_remove_subscriptions_request *in,
                                      struct sns_remove_subscriptions_output *out)
{
    struct sns_find_ended_topic_row topic;
    int64_t left = REMOVALS_PER_RUN;

    (void)in;
    (void)out;
    while (left > 0 && sns_find_ended_topic(call->txn, &topic)) {
        int64_t limit = left;
        left -= sns_remove_some_subscriptions(
            call->txn, &(struct sns_remove_some_subscriptions_params){.topic_id = topic.id, .limit = limit});
        if (left > 0)
            sns_remove_topic(call->txn, &(struct sns_remove_topic_params){.id = topic.id});
        left--; /* the topic itself costs some work, too */
    }
    if (left <= 0)
        remove_at(call, call->now_ms + 1);
    return DONE;
}
