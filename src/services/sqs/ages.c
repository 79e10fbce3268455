/*
 * ages.c: a generation's messages by the time at which they were sent.
 *
 * There is no index of that time, which each send would have to write: a message's row is numbered within its
 * generation, so messages sent to it are in order.  Dead letters, which arrive later than they were sent,
 * have a separate range of numbers, and an index.
 */
#include "sqs_internal.h"

enum { NUMBER_BITS = 38 };

static const int64_t moved_from = INT64_C(1) << (NUMBER_BITS - 1);

struct id_range sqs_ids_sent(int64_t generation_id)
{
    int64_t first = (int64_t)((uint64_t)generation_id << NUMBER_BITS);

    return (struct id_range){first, first + moved_from};
}

struct id_range sqs_ids_moved(int64_t generation_id)
{
    int64_t first = sqs_ids_sent(generation_id).end;

    return (struct id_range){first, first + moved_from};
}

static void add_sent(const struct call *call, int64_t generation_id, int64_t sent_ms, size_t limit,
                     struct aging_messages *messages)
{
    struct id_range ids = sqs_ids_sent(generation_id);
    const struct sqs_list_sent_params params = {.first_id = ids.first, .end_id = ids.end};
    struct sqs_list_sent_cursor cursor = sqs_list_sent_open(call->txn, &params);
    struct sqs_aging_message_row row;

    while (messages->count < limit && sqs_list_sent_next(&cursor, &row) && row.sent_ms < sent_ms)
        *list_add(call->arena, messages) = row;
    sqs_list_sent_close(&cursor);
}

static void add_moved(const struct call *call, int64_t generation_id, int64_t sent_ms, size_t limit,
                      struct aging_messages *messages)
{
    const struct sqs_list_moved_params params = {.generation_id = generation_id};
    struct sqs_list_moved_cursor cursor = sqs_list_moved_open(call->txn, &params);
    struct sqs_aging_message_row row;

    while (messages->count < limit && sqs_list_moved_next(&cursor, &row) && row.sent_ms < sent_ms)
        *list_add(call->arena, messages) = row;
    sqs_list_moved_close(&cursor);
}

struct aging_messages sqs_sent_before(const struct call *call, int64_t generation_id, int64_t sent_ms,
                                      size_t limit)
{
    struct aging_messages messages = {0};

    add_sent(call, generation_id, sent_ms, limit, &messages);
    add_moved(call, generation_id, sent_ms, limit, &messages);
    return messages;
}

void sqs_trace_expired(const struct call *call, const struct queue *queue, const struct sqs_visible_row *row)
{
    struct trace_hop hop = sqs_message_hop(row->trace_id, row->message_id, row->sent_ms);

    hop.kind = HOP_EXPIRED;
    hop.verdict = VERDICT_EXPIRED;
    hop.resource_arn = queue->arn;
    hop.attempt = row->receive_count;
    hop.reason =
        arena_format(call->arena, "It was in the queue for longer than its MessageRetentionPeriod, %lld s.",
                     (long long)queue->row.retention_seconds);
    if (hop.sent_ms && row->receive_count == 0) {
        hop.tells_sent = true;
        hop.text = sqs_body_of(call, row).body;
    }
    trace(call, &hop);
}

int64_t sqs_oldest_sent_ms(const struct call *call, int64_t generation_id)
{
    struct aging_messages oldest = {0};
    int64_t sent_ms = INT64_MAX;

    add_sent(call, generation_id, INT64_MAX, 1, &oldest);
    add_moved(call, generation_id, INT64_MAX, 2, &oldest);
    for (size_t i = 0; i < oldest.count; i++)
        if (oldest.items[i].sent_ms < sent_ms)
            sent_ms = oldest.items[i].sent_ms;
    return sent_ms;
}
