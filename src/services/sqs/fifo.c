/*
 * fifo.c: FIFO queues: message groups, deduplication, sequence numbers.
 *
 * A message group is locked while its first message is in flight: its row in sqs_group has the time from
 * which its first message can be received, so a receive finds the groups that are open without looking at
 * the locked ones.  A receive takes a group's messages up to the first one in flight: no message is received
 * while an earlier one of its group is in flight.
 *
 * A sequence number has the time in it, so it grows although earlier messages are gone, and tells how old a
 * remembered arrival is.
 *
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-fifo-queues.html
 */
#include "sqs_internal.h"

#include "base/hash.h"
#include "engine/count.h"

enum {
    SEQUENCE_BITS = 20, /* below the milliseconds */
    DEDUPLICATION_MS = 5 * 60 * MS_PER_S,
    ARRIVALS_REMOVED = 8, /* by each send: more than it adds */
};

/* AWS's numbers have twenty digits. */
static const uint64_t sequence_base = UINT64_C(10000000000000000000);

/* ---- what a request may say ---- */

static bool standard_check(const struct call *call, const struct outgoing *message)
{
    return !str_present(message->deduplication_id) ||
           sqs_value_refuse(call, "MessageDeduplicationId", message->deduplication_id,
                            "The request include parameter that is not valid for this queue type.");
}

static bool group_check(const struct call *call, str group_id, const struct error *without)
{
    if (!str_present(group_id))
        fail(call, without, "The request must contain the parameter MessageGroupId.");
    return str_present(group_id);
}

static bool deduplication_check(const struct call *call, const struct queue *queue, str deduplication_id)
{
    if (str_present(deduplication_id) || queue->row.content_based_deduplication)
        return true;
    fail(call, &SQS_INVALID_PARAMETER_VALUE_EXCEPTION,
         "The queue should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided "
         "explicitly");
    return false;
}

bool sqs_fifo_check(const struct call *call, const struct queue *queue, const struct outgoing *message)
{
    if (!queue->row.fifo)
        return standard_check(call, message);
    if (!group_check(call, message->group_id, &SQS_MISSING_REQUIRED_PARAMETER_EXCEPTION))
        return false;
    if (message->delay_seconds && *message->delay_seconds != 0)
        return sqs_value_refuse(call, "DelaySeconds", arena_decimal(call->arena, *message->delay_seconds),
                                "The request include parameter that is not valid for this queue type.");
    return deduplication_check(call, queue, message->deduplication_id);
}

bool sqs_fifo_entry_check(const struct call *call, const struct queue *queue, str group_id,
                          str deduplication_id)
{
    return !queue->row.fifo || (group_check(call, group_id, &SQS_INVALID_PARAMETER_VALUE_EXCEPTION) &&
                                deduplication_check(call, queue, deduplication_id));
}

str sqs_deduplication_id(const struct call *call, const struct queue *queue, const struct outgoing *message)
{
    if (!queue->row.fifo || str_present(message->deduplication_id))
        return message->deduplication_id;
    struct sha256 digest = sha256(message->body);
    return hex_encode(call->arena, HASH_STR(digest));
}

/* ---- sequence numbers ---- */

static int64_t sequence_at(int64_t ms)
{
    return ms << SEQUENCE_BITS;
}

str sqs_sequence_text(const struct call *call, const int64_t *sequence)
{
    if (!sequence)
        return (str){0};
    unsigned long long number = sequence_base + (uint64_t)*sequence;
    return arena_format(call->arena, "%llu", number);
}

static int64_t last_of_group(const struct call *call, int64_t generation_id, str group_id)
{
    struct sqs_find_last_of_group_row last = {0};

    sqs_find_last_of_group(
        call->txn,
        &(struct sqs_find_last_of_group_params){.generation_id = generation_id, .group_id = group_id}, &last);
    return last.sequence ? *last.sequence : 0;
}

static int64_t last_arrival(const struct call *call, int64_t generation_id)
{
    struct sqs_find_last_arrival_row last = {0};

    sqs_find_last_arrival(call->txn, &(struct sqs_find_last_arrival_params){.generation_id = generation_id},
                          &last);
    return last.sequence;
}

int64_t sqs_sequence_next(const struct call *call, int64_t generation_id, str group_id)
{
    int64_t next = sequence_at(call->now_ms);
    int64_t in_group = last_of_group(call, generation_id, group_id) + 1;
    int64_t in_queue = last_arrival(call, generation_id) + 1;

    next = next > in_group ? next : in_group;
    return next > in_queue ? next : in_queue;
}

/* ---- deduplication ---- */

static str scope_of(const struct queue *queue, str group_id)
{
    return str_equal(queue->row.deduplication_scope, S("messageGroup")) ? group_id : S("");
}

bool sqs_duplicate_find(const struct call *call, const struct queue *queue, str group_id,
                        str deduplication_id, struct posted *earlier)
{
    static const struct metric duplicates = {"AWS/SQS", "NumberOfDeduplicatedSentMessages", "QueueName",
                                             "Count"};
    struct sqs_find_arrival_row row;

    if (!queue->row.fifo ||
        !sqs_find_arrival(call->txn,
                          &(struct sqs_find_arrival_params){.generation_id = queue->row.generation_id,
                                                            .scope = scope_of(queue, group_id),
                                                            .deduplication_id = deduplication_id},
                          &row) ||
        row.sequence <= sequence_at(call->now_ms - DEDUPLICATION_MS))
        return false;
    count(call, &duplicates, queue->row.name, 1);
    *earlier = (struct posted){row.message_id, arena_i64(call->arena, row.sequence)};
    return true;
}

static void remember(const struct call *call, const struct queue *queue, const struct parcel *parcel,
                     const struct posted *posted)
{
    sqs_put_arrival(call->txn, &(struct sqs_put_arrival_params){.generation_id = queue->row.generation_id,
                                                                .scope = scope_of(queue, parcel->group_id),
                                                                .deduplication_id = parcel->deduplication_id,
                                                                .sequence = *posted->sequence,
                                                                .message_id = posted->message_id});
    sqs_arrivals_forget(call, queue->row.generation_id, ARRIVALS_REMOVED);
}

int64_t sqs_arrivals_forget(const struct call *call, int64_t generation_id, int64_t limit)
{
    return sqs_remove_arrivals(call->txn, &(struct sqs_remove_arrivals_params){
                                              .generation_id = generation_id,
                                              .sequence = sequence_at(call->now_ms - DEDUPLICATION_MS) + 1,
                                              .limit = limit});
}

/* ---- groups ---- */

int64_t sqs_group_join(const struct call *call, int64_t generation_id, str group_id, int64_t visible_ms)
{
    bool is_new = sqs_add_group(call->txn, &(struct sqs_add_group_params){.generation_id = generation_id,
                                                                          .group_id = group_id,
                                                                          .available_ms = visible_ms}) > 0;

    return is_new ? visible_ms : INT64_MAX;
}

/* The time orders the open groups, too: the one whose first message has been visible for longest is first. */
int64_t sqs_group_settle(const struct call *call, int64_t generation_id, str group_id)
{
    struct sqs_find_first_of_group_row first;

    if (!sqs_find_first_of_group(
            call->txn,
            &(struct sqs_find_first_of_group_params){.generation_id = generation_id, .group_id = group_id},
            &first)) {
        sqs_remove_group(call->txn, &(struct sqs_remove_group_params){.generation_id = generation_id,
                                                                      .group_id = group_id});
        return INT64_MAX;
    }
    sqs_set_group_available(call->txn, &(struct sqs_set_group_available_params){
                                           .generation_id = generation_id,
                                           .group_id = group_id,
                                           .available_ms = first.visible_ms,
                                       });
    return first.visible_ms;
}

int64_t sqs_fifo_posted(const struct call *call, const struct queue *queue, const struct parcel *parcel,
                        const struct posted *posted, int64_t visible_ms)
{
    remember(call, queue, parcel, posted);
    return sqs_group_join(call, queue->row.generation_id, parcel->group_id, visible_ms);
}
