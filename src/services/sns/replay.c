/*
 * replay.c: delivers messages of a FIFO topic's archive to a subscriber again.
 *
 * While a replay is under way, the subscriber gets no new messages; they are in the archive, too, and follow
 * at the replay's end, in their order.
 * https://docs.aws.amazon.com/sns/latest/dg/message-archiving-and-replay-subscriber.html
 */
#include "subscription.h"

#include "base/time.h"
#include "wire/json.h"

enum { MESSAGES_PER_RUN = 20 };

/* When the policy's replay begins and ends; INT64_MAX: it has no end. */
struct window {
    int64_t starts_ms, ends_ms;
};

/* NULL: it is fine. */
static const char *window_read(const struct call *call, str value, struct window *window)
{
    const struct json *policy = json_parse(call->arena, value, NULL);
    str start = json_get_str(policy, S("StartingPoint")), end = json_get_str(policy, S("EndingPoint"));

    *window = (struct window){.ends_ms = INT64_MAX};
    if (!json_is(policy, JSON_OBJECT))
        return "failed to parse JSON.";
    if (!str_equal(json_get_str(policy, S("PointType")), S("Timestamp")))
        return "PointType must be Timestamp";
    if (!time_parse_iso8601(start, &window->starts_ms))
        return "StartingPoint must be a timestamp";
    if (json_get(policy, S("EndingPoint")) &&
        (!time_parse_iso8601(end, &window->ends_ms) || window->ends_ms < window->starts_ms))
        return "EndingPoint must be a timestamp after StartingPoint";
    return NULL;
}

/* False: the topic has no archive. */
static bool topic_of(const struct call *call, int64_t topic_id, struct topic *topic)
{
    *topic = (struct topic){0};
    return sns_find_topic_by_id(call->txn, &(struct sns_find_topic_by_id_params){.id = topic_id},
                                &topic->row) &&
           topic->row.archive_id;
}

const char *sns_replay_problem(const struct call *call, int64_t topic_id, str value)
{
    struct window window;
    struct topic topic;

    if (!topic_of(call, topic_id, &topic))
        return "the topic has no ArchivePolicy";
    return window_read(call, value, &window);
}

/* The id of the archive's last message. */
static int64_t last_id(const struct call *call, int64_t archive_id)
{
    struct sns_find_last_archived_row row = {0};

    sns_find_last_archived(call->txn, &(struct sns_find_last_archived_params){.archive_id = archive_id},
                           &row);
    return row.id;
}

void sns_replay_begin(const struct call *call, const struct sns_subscription_row *row, str policy)
{
    struct window window;
    struct topic topic;
    struct sns_find_first_archived_row first;

    if (!str_present(policy))
        return;
    sns_remove_replay(call->txn, &(struct sns_remove_replay_params){.arn = row->arn});
    if (str_empty(policy) || window_read(call, policy, &window) || !topic_of(call, row->topic_id, &topic))
        return;
    int64_t held_id = last_id(call, *topic.row.archive_id), next_id = held_id;
    if (sns_find_first_archived(call->txn,
                                &(struct sns_find_first_archived_params){.archive_id = *topic.row.archive_id,
                                                                         .published_ms = window.starts_ms},
                                &first))
        next_id = first.id - 1;
    sns_put_replay(call->txn, &(struct sns_replay_row){.arn = row->arn,
                                                       .policy = policy,
                                                       .status = S("Pending"),
                                                       .next_id = &next_id,
                                                       .held_id = held_id,
                                                       .ends_ms = &window.ends_ms});
    timer_set(call, &SNS_REPLAY_MESSAGES, S("all"), call->now_ms, &(struct sns_replay_messages_request){0});
}

bool sns_replay_is_active(const struct call *call, str subscription_arn)
{
    struct sns_replay_row row;

    return sns_find_replay(call->txn, &(struct sns_find_replay_params){.arn = subscription_arn}, &row) &&
           row.next_id;
}

bool sns_replay_has_policy(const struct call *call, str subscription_arn, str policy)
{
    struct sns_replay_row row = {0};

    sns_find_replay(call->txn, &(struct sns_find_replay_params){.arn = subscription_arn}, &row);
    return str_equal(row.policy, policy);
}

void sns_replay_show(const struct call *call, str subscription_arn, struct str_map *shown)
{
    struct sns_replay_row row;

    if (!sns_find_replay(call->txn, &(struct sns_find_replay_params){.arn = subscription_arn}, &row))
        return;
    str_map_add(call->arena, shown, S("ReplayPolicy"), row.policy);
    str_map_add(call->arena, shown, S("ReplayStatus"), row.status);
}

/* ---- a run ---- */

static void deliver(const struct call *call, const struct topic *topic,
                    const struct sns_subscription_row *subscription, const struct sns_archived_row *row,
                    bool replayed)
{
    struct sns_message_attribute_map attributes = {0};
    const struct sns_subscriber_row subscriber = {.id = subscription->id,
                                                  .arn = subscription->arn,
                                                  .protocol = subscription->protocol,
                                                  .endpoint = subscription->endpoint,
                                                  .raw_delivery = subscription->raw_delivery,
                                                  .filter_id = subscription->filter_id,
                                                  .redrive_policy = subscription->redrive_policy};

    if (!model_from_json(call->arena, &SNS_MESSAGE_ATTRIBUTE_MAP, row->attributes, &attributes))
        return;
    sns_fanout_to(call, topic, &subscriber,
                  &(struct message){.published_ms = row->published_ms,
                                    .id = row->message_id,
                                    .text = row->text,
                                    .published_text = row->text,
                                    .subject = row->subject,
                                    .structure = row->structure,
                                    .attributes = &attributes,
                                    .deduplication_id = row->deduplication_id,
                                    .group_id = row->group_id,
                                    .sequence_number = row->sequence_number,
                                    .replayed = replayed},
                  row->trace_header);
}

/* Deliver the next messages; false: there are no more. */
static bool replay_some(const struct call *call, const struct topic *topic,
                        const struct sns_subscription_row *subscription, const struct sns_replay_row *replay,
                        int64_t *next_id)
{
    struct sns_archived_rows rows =
        sns_list_archived(call->txn, &(struct sns_list_archived_params){.archive_id = *topic->row.archive_id,
                                                                        .id = *replay->next_id,
                                                                        .limit = MESSAGES_PER_RUN});

    for (size_t i = 0; i < rows.count; i++) {
        const struct sns_archived_row *row = &rows.items[i];
        bool replayed = row->id <= replay->held_id;
        if (replayed && row->published_ms > *replay->ends_ms) {
            *next_id = replay->held_id;
            return true;
        }
        deliver(call, topic, subscription, row, replayed);
        *next_id = row->id;
    }
    return rows.count == MESSAGES_PER_RUN;
}

static void run(const struct call *call, const struct sns_replay_row *replay)
{
    struct sns_subscription_row subscription;
    struct topic topic;
    struct sns_replay_row after = *replay;
    int64_t next_id = *replay->next_id;

    if (!sns_find_subscription(call->txn, &(struct sns_find_subscription_params){.arn = replay->arn},
                               &subscription)) {
        sns_remove_replay(call->txn, &(struct sns_remove_replay_params){.arn = replay->arn});
        return;
    }
    bool found = topic_of(call, subscription.topic_id, &topic) &&
                 subscription.state == SNS_SUBSCRIPTION_STATE_CONFIRMED;
    after.status = found ? S("In progress") : S("Failed");
    topic.arn = str_head(replay->arn, (size_t)str_last_index(replay->arn, ':'));
    struct call there = call_in(call, topic.row.account, topic.row.region);
    if (found && !replay_some(&there, &topic, &subscription, replay, &next_id))
        after.status = S("Completed");
    after.next_id = str_equal(after.status, S("In progress")) ? &next_id : NULL;
    sns_put_replay(call->txn, &after);
}

enum outcome sns_replay_messages(const struct call *call, const struct sns_replay_messages_request *in,
                                 struct sns_replay_messages_output *out)
{
    struct sns_replay_row replay;

    (void)out;
    if (!sns_find_active_replay(call->txn, &replay))
        return DONE;
    run(call, &replay);
    slice_again(call, &SNS_REPLAY_MESSAGES, S("all"), in);
    return DONE;
}
