/*
 * fanout.c: delivers a message to every subscriber of its topic.
 *
 * Few subscribers get it in the transaction of the publishing.  For many, that transaction stores the
 * message, which guarantees that all of them get it; then one run after the other delivers it to some of
 * them, each in a batch of its own.  What a data protection policy makes of a message, and which filter
 * policies it matches, is computed on a worker: by the prepare function of the publishing, or of a run.
 */
#include "feedback.h"
#include "subscription.h"

#include "aws/arn.h"
#include "base/check.h"
#include "engine/count.h"

enum {
    MAX_AT_ONCE = 32,
    DELIVERIES_AT_ONCE = 100,
    DELIVERIES_PER_RUN = 1000,
    PREPARED_AT_ONCE = 10,       /* each may have a text of its own */
    MATCHED_AT_ONCE = 32 * 1024, /* bytes of the message, for each filter policy: 0.2 s of a worker */
    PREPARED_WITHIN_MS = 1000,
    REMOVALS_PER_RUN = 500,
};

static void trace_filtered_out(const struct call *call, const struct broadcast *broadcast, str endpoint,
                               const struct filter_refusal *refusal)
{
    str topic_name = arn_last(broadcast->topic.arn);

    for (size_t i = 0; i < sizeof refusal->metrics / sizeof *refusal->metrics && refusal->metrics[i]; i++)
        count(call, refusal->metrics[i], topic_name, 1);
    trace(call, &(struct trace_hop){.kind = HOP_FILTERED_OUT,
                                    .verdict = VERDICT_FILTERED_OUT,
                                    .trace_id = broadcast->way.trace_id,
                                    .parent = broadcast->way.published,
                                    .resource_arn = endpoint,
                                    .reason = str_of(refusal->reason)});
}

/* A subscriber gets new messages when its replay is over: from the archive, in their order. */
static bool waits_for_replay(const struct call *call, const struct broadcast *broadcast,
                             const struct sns_subscriber_row *subscriber)
{
    return str_present(broadcast->message.sequence_number) && !broadcast->from_archive &&
           sns_replay_is_active(call, subscriber->arn);
}

/* The subscribers whose filter policies the message matches. */
static struct sns_subscriber_rows choose(const struct call *call, struct broadcast *broadcast,
                                         const struct sns_subscriber_rows *subscribers)
{
    struct filter_subject subject = sns_filter_begin(call, broadcast);
    struct sns_subscriber_rows chosen = {
        .items = arena_alloc(call->arena, subscribers->count * sizeof *chosen.items)};

    for (size_t i = 0; i < subscribers->count; i++) {
        const struct sns_subscriber_row *one = &subscribers->items[i];
        const struct filter_refusal *refusal = NULL;
        if (waits_for_replay(call, broadcast, one))
            continue;
        if (one->filter_id)
            refusal = sns_filter_refusal(&subject, broadcast, one);
        if (refusal)
            trace_filtered_out(call, broadcast, one->endpoint, refusal);
        else
            chosen.items[chosen.count++] = *one;
    }
    return chosen;
}

static void deliver(const struct call *call, struct broadcast *broadcast,
                    const struct sns_subscriber_rows *subscribers)
{
    struct sns_subscriber_rows chosen = choose(call, broadcast, subscribers);
    struct feedback feedback;

    if (str_present(broadcast->topic.row.feedback)) {
        feedback = sns_feedback_begin(call, &broadcast->topic, &broadcast->message);
        broadcast->feedback = &feedback;
    }
    if (str_present(broadcast->topic.row.data_protection))
        sns_protect_outbound(call, broadcast, &chosen);
    else
        sns_transports_deliver(call, broadcast, &chosen);
    if (broadcast->feedback)
        sns_feedback_end(call, broadcast->feedback);
}

void sns_fanout_to(const struct call *call, const struct topic *topic,
                   const struct sns_subscriber_row *subscriber, const struct message *message,
                   str trace_header)
{
    str named = trace_of_header(trace_header);
    struct sns_subscriber_row copy = *subscriber;
    struct broadcast broadcast = {
        .topic = *topic,
        .message = *message,
        .way = {.trace_id =
                    str_present(named) ? named : trace_of_id(call->arena, message->id, message->published_ms),
                .trace_header = trace_header},
        .from_archive = true};

    deliver(call, &broadcast, &(struct sns_subscriber_rows){.items = &copy, .count = 1});
}

struct sns_subscriber_rows sns_fanout_subscribers(const struct call *call, const struct topic *topic)
{
    return sns_list_subscribers(call->txn, &(struct sns_list_subscribers_params){.topic_id = topic->row.id,
                                                                                 .last_id = INT64_MAX,
                                                                                 .limit = MAX_AT_ONCE + 1});
}

static size_t count_choosing(const struct sns_subscriber_rows *subscribers)
{
    size_t count = 0;

    for (size_t i = 0; i < subscribers->count; i++)
        count += subscribers->items[i].filter_id != NULL;
    return count;
}

/* Of what filter policies look at. */
static size_t size_of(const struct message *message)
{
    return message->text.size + sns_published_attributes_size(message->attributes);
}

/* May all subscribers get the message in the transaction of the publishing? */
static bool are_few(const struct sns_subscriber_rows *subscribers, const struct message *message)
{
    return subscribers->count <= MAX_AT_ONCE &&
           count_choosing(subscribers) * size_of(message) <= MATCHED_AT_ONCE;
}

/* The topic had no filter policies at the preparation, or another handler publishes. */
static bool lacks_verdicts(const struct sns_subscriber_rows *subscribers, const struct message *message)
{
    return !message->verdicts && count_choosing(subscribers) > 0;
}

void sns_fanout_prepare(const struct call *call, const struct topic *topic, struct message *message)
{
    bool chooses = sns_topic_has_filters(call, topic);

    if (!message->protection && !chooses)
        return;
    struct sns_subscriber_rows subscribers = sns_fanout_subscribers(call, topic);
    if (!are_few(&subscribers, message))
        return;
    if (message->protection)
        sns_protect_prepare(call, topic, message, &subscribers);
    if (chooses) {
        struct broadcast broadcast = {.topic = *topic, .message = *message};
        sns_filters_prepare(call, &broadcast, &subscribers);
        message->verdicts = broadcast.message.verdicts;
    }
}

static void run_at(const struct call *call, int64_t due_ms)
{
    timer_set(call, &SNS_DELIVER_FANOUT, S("all"), due_ms, &(struct sns_deliver_fanout_request){0});
}

/* The message is accepted: all present subscribers will get it.  Its signature is kept for the queues. */
static void store(const struct call *call, struct broadcast *broadcast)
{
    struct sns_find_last_subscriber_row last = {0};
    const struct message *message = &broadcast->message;
    const struct form *form = sns_topic_has_enveloped(call, &broadcast->topic)
                                  ? sns_broadcast_enveloped(call, broadcast, S("sqs"))
                                  : sns_broadcast_form(call, broadcast, S("sqs"));
    int64_t topic_id = broadcast->topic.row.id;

    sns_find_last_subscriber(call->txn, &(struct sns_find_last_subscriber_params){.topic_id = topic_id},
                             &last);
    int64_t id =
        sns_add_fanout(call->txn, &(struct sns_add_fanout_params){.topic_id = topic_id, .last_id = last.id});
    sns_add_fanout_message(call->txn, &(struct sns_fanout_message_row){
                                          .fanout_id = id,
                                          .account = call->account,
                                          .region = call->region,
                                          .topic_arn = broadcast->topic.arn,
                                          .trace_id = broadcast->way.trace_id,
                                          .trace_header = broadcast->way.trace_header,
                                          .published_hop = broadcast->way.published,
                                          .group_id = message->group_id,
                                          .insert_at = &form->insert_at,
                                          .attributes = model_to_json(call->arena, &SNS_MESSAGE_ATTRIBUTE_MAP,
                                                                      message->attributes),
                                          .text = message->text,
                                          .envelope = form->envelope,
                                          .message_id = message->id,
                                          .subject = message->subject,
                                          .structure = message->structure,
                                          .published_ms = message->published_ms,
                                          .signature_version = broadcast->topic.row.signature_version,
                                          .endpoint = call->endpoint,
                                          .feedback = broadcast->topic.row.feedback,
                                          .data_protection = broadcast->topic.row.data_protection,
                                          .sequence_number = message->sequence_number,
                                          .deduplication_id = message->deduplication_id,
                                      });
    run_at(call, call->now_ms);
}

void sns_fanout(const struct call *call, const struct topic *topic,
                const struct sns_subscriber_rows *subscribers, const struct message *message,
                const struct way *way)
{
    struct broadcast broadcast = {.topic = *topic, .message = *message, .way = *way};

    check(topic->row.id > 0);
    if (subscribers->count > 0 && (!are_few(subscribers, message) || lacks_verdicts(subscribers, message) ||
                                   sns_fifo_must_wait(call, topic)))
        store(call, &broadcast);
    else if (subscribers->count > 0)
        deliver(call, &broadcast, subscribers);
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
}

/* False: the stored message cannot be read. */
static bool broadcast_read(const struct call *call, const struct sns_find_fanout_row *row,
                           const struct sns_fanout_message_row *stored, struct broadcast *broadcast)
{
    struct sns_message_attribute_map *attributes = arena_new(call->arena, struct sns_message_attribute_map);

    if (!model_from_json(call->arena, &SNS_MESSAGE_ATTRIBUTE_MAP, stored->attributes, attributes))
        return false;
    *broadcast = (struct broadcast){
        .topic = {.arn = stored->topic_arn,
                  .row = {.id = row->topic_id,
                          .signature_version = stored->signature_version,
                          .feedback = stored->feedback,
                          .data_protection = stored->data_protection}},
        .way = {.trace_id = stored->trace_id,
                .trace_header = stored->trace_header,
                .published = stored->published_hop},
        .message = {.id = stored->message_id,
                    .text = stored->text,
                    .subject = stored->subject,
                    .structure = stored->structure,
                    .published_ms = stored->published_ms,
                    .group_id = stored->group_id,
                    .sequence_number = stored->sequence_number,
                    .deduplication_id = stored->deduplication_id,
                    .attributes = attributes},
    };
    struct form *form = sns_broadcast_form(call, broadcast, S("sqs"));
    form->envelope = stored->envelope;
    form->insert_at = *stored->insert_at;
    return true;
}

/* ---- runs ---- */

/* The message that is first in line, and the next of its subscribers. */
struct part {
    struct sns_find_fanout_row row;
    struct sns_fanout_message_row stored;
    struct sns_subscriber_rows subscribers;
    bool ends; /* no others follow them */
};

static bool is_protected(const struct part *part)
{
    return str_present(part->stored.data_protection);
}

static void read_subscribers(const struct call *call, struct part *part)
{
    const struct sns_find_fanout_row *row = &part->row;
    int64_t limit = is_protected(part) ? PREPARED_AT_ONCE : DELIVERIES_AT_ONCE;
    struct sns_subscriber_rows *found = &part->subscribers;

    *found = sns_list_subscribers(call->txn, &(struct sns_list_subscribers_params){
                                                 .topic_id = row->topic_id,
                                                 .after_id = row->after_id,
                                                 .last_id = row->last_id,
                                                 .limit = limit,
                                             });
    part->ends = (int64_t)found->count < limit || found->items[found->count - 1].id == row->last_id;
}

/* Does a worker look at the message before? */
static bool takes_long(const struct part *part)
{
    return is_protected(part) || count_choosing(&part->subscribers) > 0;
}

/* Of a message that takes long; one subscriber at least. */
static size_t prepared_at_once(const struct part *part)
{
    size_t most = is_protected(part) ? PREPARED_AT_ONCE : DELIVERIES_AT_ONCE;
    size_t size = part->stored.text.size + part->stored.attributes.size;
    size_t matched = count_choosing(&part->subscribers) > 0 ? MATCHED_AT_ONCE / (size + 1) : most;

    return matched < 1 ? 1 : matched < most ? matched : most;
}

/* Do both parts go to the same subscribers of a topic?  No run changes subscriptions. */
static bool is_same_audience(const struct part *a, const struct part *b)
{
    return a->row.topic_id == b->row.topic_id && a->row.after_id == b->row.after_id &&
           a->row.last_id == b->row.last_id && is_protected(a) == is_protected(b);
}

/* Read the next part of the run, which is in *part; all zero before the first.  False: no message waits. */
static bool part_read(const struct call *call, struct part *part)
{
    struct part next = {0};

    if (!sns_find_fanout(call->txn, &next.row))
        return false;
    sns_find_fanout_message(call->txn, &(struct sns_find_fanout_message_params){.fanout_id = next.row.id},
                            &next.stored);
    if (is_same_audience(part, &next)) {
        next.subscribers = part->subscribers;
        next.ends = part->ends;
    } else {
        read_subscribers(call, &next);
    }
    if (takes_long(&next) && next.subscribers.count > prepared_at_once(&next)) {
        next.subscribers.count = prepared_at_once(&next);
        next.ends = false;
    }
    *part = next;
    return true;
}

/* What a worker has made of a part. */
struct prepared_part {
    int64_t fanout_id, after_id;
    struct broadcast broadcast;
};

static bool is_prepared(const struct prepared_part *prepared, const struct part *part)
{
    return str_equal(prepared->broadcast.message.id, part->stored.message_id) &&
           prepared->fanout_id == part->row.id && prepared->after_id == part->row.after_id;
}

static void deliver_stored(const struct call *call, const struct part *part)
{
    const struct prepared_part *before = prepared(call);
    const struct sns_fanout_message_row *stored = &part->stored;
    struct broadcast broadcast;

    if (part->subscribers.count == 0 || !broadcast_read(call, &part->row, stored, &broadcast))
        return;
    if (before && is_prepared(before, part)) {
        broadcast.message.protection = before->broadcast.message.protection;
        broadcast.message.verdicts = before->broadcast.message.verdicts;
    }
    struct call published = call_in(call, stored->account, stored->region);
    if (str_present(stored->endpoint))
        published.endpoint = stored->endpoint;
    deliver(&published, &broadcast, &part->subscribers);
}

static void deliver_some(const struct call *call, const struct part *part)
{
    const struct sns_subscriber_rows *subscribers = &part->subscribers;

    deliver_stored(call, part);
    if (part->ends) {
        finish(call, part->row.id);
        return;
    }
    check(subscribers->count > 0);
    sns_fanout_reached(call->txn,
                       &(struct sns_fanout_reached_params){
                           .id = part->row.id, .after_id = subscribers->items[subscribers->count - 1].id});
}

void sns_deliver_fanout_prepare(const struct call *call, const struct sns_deliver_fanout_request *in)
{
    struct part part = {0};
    struct prepared_part *before = arena_new(call->arena, struct prepared_part);
    struct broadcast *broadcast = &before->broadcast;

    if (!part_read(call, &part) || !(in->prepared || takes_long(&part)) ||
        !broadcast_read(call, &part.row, &part.stored, broadcast))
        return;
    before->fanout_id = part.row.id;
    before->after_id = part.row.after_id;
    if (is_protected(&part)) {
        sns_protect_begin(call, &broadcast->topic, &broadcast->message);
        sns_protect_prepare(call, &broadcast->topic, &broadcast->message, &part.subscribers);
    }
    sns_filters_prepare(call, broadcast, &part.subscribers);
    leave_prepared(call, before);
}

/*
 * Deliver the part, and more of them while the slice lasts: what goes to the same queues in one batch shares
 * their pages.  A protected message is a run of its own.  False: no message waits any more.
 */
static bool deliver_run(const struct call *call, struct part *part)
{
    bool alone = takes_long(part), waits = true;
    size_t delivered = 0;

    do {
        deliver_some(call, part);
        delivered += part->subscribers.count + 1; /* the message itself costs some work, too */
        waits = part_read(call, part);
    } while (waits && !alone && !takes_long(part) && delivered < DELIVERIES_PER_RUN && !slice_is_over(call));
    return waits;
}

/* A timer's run is not prepared, so it has a prepared one take its place; the timer is there for a crash. */
enum outcome sns_deliver_fanout(const struct call *call, const struct sns_deliver_fanout_request *in,
                                struct sns_deliver_fanout_output *out)
{
    static const bool yes = true;
    const struct prepared_part *before = prepared(call);
    struct sns_find_ended_topic_row ended;
    struct part part = {0};

    (void)out;
    if (!part_read(call, &part) || (before && !is_prepared(before, &part)))
        return DONE; /* another run was faster; the timer continues */
    if (takes_long(&part) && !in->prepared && !call->last_run) {
        run_at(call, call->now_ms + PREPARED_WITHIN_MS);
        spawn(call, &SNS_DELIVER_FANOUT, (str){0}, &(struct sns_deliver_fanout_request){.prepared = &yes});
        return DONE;
    }
    if (deliver_run(call, &part))
        slice_again(call, &SNS_DELIVER_FANOUT, S("all"), &(struct sns_deliver_fanout_request){0});
    if (sns_find_ended_topic(call->txn, &ended)) /* it may have waited for these messages */
        remove_at(call, call->now_ms);
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
