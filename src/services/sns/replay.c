/*
 * replay.c: delivers messages of a FIFO topic's archive to a subscriber again.
 *
 * While a replay is under way, the subscriber gets no new messages; they are in the archive, too, and follow
 * at the replay's end, in their order.  A worker matches larger messages with the subscription's filter
 * policy. https://docs.aws.amazon.com/sns/latest/dg/message-archiving-and-replay-subscriber.html
 */
#include "subscription.h"

#include "base/time.h"
#include "wire/json.h"

enum {
    MESSAGES_PER_RUN = 20,
    BYTES_PER_RUN = 256 * 1024,
    MATCHED_PER_RUN = 32 * 1024,
    PREPARED_WITHIN_MS = 1000,
};

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

/* A replay, and what it reads and writes. */
struct run {
    struct sns_replay_row replay;
    struct sns_subscription_row subscription;
    struct sns_subscriber_row subscriber;
    struct topic topic;
};

/* False: the subscription, or the archive, is gone. */
static bool run_open(const struct call *call, struct run *run)
{
    struct sns_subscription_row *row = &run->subscription;
    str arn = run->replay.arn;

    if (!sns_find_subscription(call->txn, &(struct sns_find_subscription_params){.arn = arn}, row))
        return false;
    run->subscriber = (struct sns_subscriber_row){.id = row->id,
                                                  .arn = row->arn,
                                                  .protocol = row->protocol,
                                                  .endpoint = row->endpoint,
                                                  .raw_delivery = row->raw_delivery,
                                                  .filter_id = row->filter_id,
                                                  .redrive_policy = row->redrive_policy};
    bool found = topic_of(call, row->topic_id, &run->topic) && row->state == SNS_SUBSCRIPTION_STATE_CONFIRMED;
    run->topic.arn = str_head(arn, (size_t)str_last_index(arn, ':'));
    return found;
}

/* False: no message follows the one with that id. */
static bool find_next(const struct call *call, const struct run *run, int64_t after_id,
                      struct sns_archived_row *row)
{
    return sns_find_next_archived(
        call->txn,
        &(struct sns_find_next_archived_params){.archive_id = *run->topic.row.archive_id, .id = after_id},
        row);
}

/* False: the stored message cannot be read. */
static bool message_read(const struct call *call, const struct sns_archived_row *row, struct message *message)
{
    struct sns_message_attribute_map *attributes = arena_new(call->arena, struct sns_message_attribute_map);

    *message = (struct message){.published_ms = row->published_ms,
                                .id = row->message_id,
                                .text = row->text,
                                .published_text = row->text,
                                .subject = row->subject,
                                .structure = row->structure,
                                .attributes = attributes,
                                .deduplication_id = row->deduplication_id,
                                .group_id = row->group_id,
                                .sequence_number = row->sequence_number};
    return model_from_json(call->arena, &SNS_MESSAGE_ATTRIBUTE_MAP, row->attributes, attributes);
}

/* Which of the next messages the subscription's filter policy matches. */
struct matched {
    int64_t id;
    const struct filter_verdicts *verdicts;
};
struct matched_list {
    struct matched *items;
    size_t count;
};

static const struct matched *matched_of(const struct matched_list *list, int64_t id)
{
    for (size_t i = 0; list && i < list->count; i++)
        if (list->items[i].id == id)
            return &list->items[i];
    return NULL;
}

void sns_replay_messages_prepare(const struct call *call, const struct sns_replay_messages_request *in)
{
    struct matched_list *list = arena_new(call->arena, struct matched_list);
    int64_t left_bytes = MATCHED_PER_RUN;
    struct sns_archived_row row;
    struct run run = {0};

    (void)in;
    if (!sns_find_active_replay(call->txn, &run.replay) || !run_open(call, &run))
        return;
    struct sns_subscriber_rows subscribers = {&run.subscriber, 1};
    for (int64_t id = *run.replay.next_id;
         list->count < MESSAGES_PER_RUN && left_bytes > 0 && find_next(call, &run, id, &row); id = row.id) {
        struct broadcast broadcast = {.topic = run.topic};
        left_bytes -= (int64_t)row.text.size;
        if (!message_read(call, &row, &broadcast.message))
            break;
        sns_filters_prepare(call, &broadcast, &subscribers);
        *list_add(call->arena, list) = (struct matched){row.id, broadcast.message.verdicts};
    }
    leave_prepared(call, list);
}

static void deliver(const struct call *call, const struct run *run, const struct sns_archived_row *row,
                    const struct matched *matched)
{
    struct message message;

    if (!message_read(call, row, &message))
        return;
    message.verdicts = matched ? matched->verdicts : NULL;
    message.replayed = row->id <= run->replay.held_id;
    sns_fanout_to(call, &run->topic, &run->subscriber, &message, row->trace_header);
}

/*
 * Deliver the next messages, up to one that a worker matches before.  Returns false when there are no more.
 */
static bool replay_some(const struct call *call, const struct run *run, const struct matched_list *list,
                        int64_t *next_id)
{
    const struct sns_replay_row *replay = &run->replay;
    struct slice slice = {MESSAGES_PER_RUN, BYTES_PER_RUN, false};
    struct sns_archived_row row;

    while (!slice_is_spent(call, &slice)) {
        if (!find_next(call, run, *next_id, &row))
            return false;
        const struct matched *matched = matched_of(list, row.id);
        if (slice.begun && !matched && run->subscriber.filter_id)
            break;
        if (row.id <= replay->held_id && row.published_ms > *replay->ends_ms) {
            *next_id = replay->held_id;
            break;
        }
        deliver(call, run, &row, matched);
        *next_id = row.id;
        slice_spend(&slice, 1, (int64_t)row.text.size);
    }
    return true;
}

static void go_on(const struct call *call, const struct run *run, bool is_open)
{
    struct sns_replay_row after = run->replay;
    int64_t next_id = *run->replay.next_id;

    after.status = is_open ? S("In progress") : S("Failed");
    struct call there = call_in(call, run->topic.row.account, run->topic.row.region);
    if (is_open && !replay_some(&there, run, prepared(call), &next_id))
        after.status = S("Completed");
    after.next_id = str_equal(after.status, S("In progress")) ? &next_id : NULL;
    sns_put_replay(call->txn, &after);
}

static bool needs_worker(const struct call *call, const struct run *run)
{
    struct sns_archived_row row;

    return run->subscriber.filter_id && find_next(call, run, *run->replay.next_id, &row) &&
           !matched_of(prepared(call), row.id);
}

static bool has_matched(const struct call *call)
{
    const struct matched_list *list = prepared(call);

    return list && list->count > 0;
}

/* A timer's run is not prepared, so it has a prepared one take its place; the timer is there for a crash. */
enum outcome sns_replay_messages(const struct call *call, const struct sns_replay_messages_request *in,
                                 struct sns_replay_messages_output *out)
{
    static const bool yes = true;
    struct run run = {0};

    (void)out;
    if (!sns_find_active_replay(call->txn, &run.replay))
        return DONE;
    bool is_open = run_open(call, &run), needs = is_open && needs_worker(call, &run);
    if (needs && has_matched(call))
        return DONE; /* another run was faster; the timer continues */
    if (needs && !in->prepared && !call->last_run) {
        timer_set(call, &SNS_REPLAY_MESSAGES, S("all"), call->now_ms + PREPARED_WITHIN_MS,
                  &(struct sns_replay_messages_request){0});
        spawn(call, &SNS_REPLAY_MESSAGES, (str){0}, &(struct sns_replay_messages_request){.prepared = &yes});
        return DONE;
    }
    if (run.subscription.id)
        go_on(call, &run, is_open);
    else
        sns_remove_replay(call->txn, &(struct sns_remove_replay_params){.arn = run.replay.arn});
    slice_again(call, &SNS_REPLAY_MESSAGES, S("all"), &(struct sns_replay_messages_request){0});
    return DONE;
}
