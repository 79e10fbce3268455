/*
 * archive.c: the archive of a FIFO topic: the messages of its last days, for subscribers to have them
 * replayed.
 *
 * Each publishing removes some messages that are too old, more than it adds.
 * https://docs.aws.amazon.com/sns/latest/dg/message-archiving-and-replay-topic-owner.html
 */
#include "sns_internal.h"

#include "base/hash.h"
#include "base/time.h"
#include "wire/json.h"

enum { MAX_DAYS = 365, REMOVED_AT_ONCE = 8, REMOVED_PER_RUN = 100 };
static const int64_t day_ms = INT64_C(24) * 60 * 60 * MS_PER_S;

/* The days of {"MessageRetentionPeriod": "30"}; 0: none are said; -1: malformed. */
static int64_t days_of(const struct call *call, str value)
{
    const struct json *policy = json_parse(call->arena, value, NULL);
    const struct json *period = json_get(policy, S("MessageRetentionPeriod"));
    int64_t days;

    if (!json_is(policy, JSON_OBJECT) || policy->count > 1 || (policy->count == 1 && !period))
        return -1;
    if (!period)
        return 0;
    return (period->type == JSON_STRING || period->type == JSON_NUMBER) && str_to_i64(period->text, &days) &&
                   days >= 1 && days <= MAX_DAYS
               ? days
               : -1;
}

bool sns_archive_policy_set(const struct call *call, struct topic *topic, str value)
{
    int64_t days = str_empty(value) ? 0 : days_of(call, value);

    if (!topic->row.fifo_id || days < 0) {
        fail(call, &SNS_INVALID_PARAMETER_EXCEPTION, "Invalid parameter: ArchivePolicy Reason: %s",
             days < 0 ? "MessageRetentionPeriod must be a number of days from 1 to 365"
                      : "only FIFO topics have an archive");
        return false;
    }
    if (days > 0 && !topic->row.archive_id) {
        topic->row.archive_id = arena_i64(call->arena, (int64_t)(random_u64() >> 1));
        topic->row.archive_began_ms = call->now_ms;
    }
    if (days == 0)
        topic->row.archive_id = NULL;
    topic->row.archive_days = days;
    return true;
}

str sns_archive_policy(const struct call *call, const struct topic *topic)
{
    if (!topic->row.archive_id)
        return (str){0};
    return arena_format(call->arena, "{\"MessageRetentionPeriod\":\"%lld\"}",
                        (long long)topic->row.archive_days);
}

/* The time of the oldest message that the archive may have. */
static int64_t begins_ms(const struct call *call, const struct topic *topic)
{
    int64_t oldest_ms = call->now_ms - topic->row.archive_days * day_ms;

    return oldest_ms > topic->row.archive_began_ms ? oldest_ms : topic->row.archive_began_ms;
}

str sns_archive_begins(const struct call *call, const struct topic *topic)
{
    return topic->row.archive_id ? time_iso8601_ms(call->arena, begins_ms(call, topic)) : (str){0};
}

static void remove_at(const struct call *call, int64_t due_ms)
{
    timer_set(call, &SNS_REMOVE_ARCHIVES, S("all"), due_ms, &(struct sns_remove_archives_request){0});
}

void sns_archive_changed(const struct call *call, const struct topic *before, const struct topic *topic)
{
    if (!before->row.archive_id || topic->row.archive_id)
        return;
    sns_add_ended_archive(call->txn,
                          &(struct sns_add_ended_archive_params){.archive_id = *before->row.archive_id});
    remove_at(call, call->now_ms);
}

void sns_archive_message(const struct call *call, const struct topic *topic, const struct message *message)
{
    if (!topic->row.archive_id)
        return;
    sns_remove_old_archived(call->txn,
                            &(struct sns_remove_old_archived_params){.archive_id = *topic->row.archive_id,
                                                                     .published_ms = begins_ms(call, topic),
                                                                     .limit = REMOVED_AT_ONCE});
    sns_add_archived(call->txn, &(struct sns_archived_row){
                                    .archive_id = *topic->row.archive_id,
                                    .published_ms = message->published_ms,
                                    .message_id = message->id,
                                    .sequence_number = message->sequence_number,
                                    .deduplication_id = message->deduplication_id,
                                    .group_id = message->group_id,
                                    .subject = message->subject,
                                    .structure = message->structure,
                                    .attributes = model_to_json(call->arena, &SNS_MESSAGE_ATTRIBUTE_MAP,
                                                                message->attributes),
                                    .text = message->text,
                                    .trace_header = call->trace_header,
                                });
}

enum outcome sns_remove_archives(const struct call *call, const struct sns_remove_archives_request *in,
                                 struct sns_remove_archives_output *out)
{
    struct sns_find_ended_archive_row ended;

    (void)out;
    if (!sns_find_ended_archive(call->txn, &ended))
        return DONE;
    if (sns_remove_some_archived(call->txn,
                                 &(struct sns_remove_some_archived_params){.archive_id = ended.archive_id,
                                                                           .limit = REMOVED_PER_RUN}) == 0)
        sns_remove_ended_archive(call->txn,
                                 &(struct sns_remove_ended_archive_params){.archive_id = ended.archive_id});
    slice_again(call, &SNS_REMOVE_ARCHIVES, S("all"), in);
    return DONE;
}
