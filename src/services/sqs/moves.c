/*
 * moves.c: moves a message from one queue to another, as a new message.
 *
 * A dead-letter redrive resets what AWS documents as reset: the message has a new id, a new time of arrival,
 * and has never been received.  Its content, its sender and its trace stay.
 *
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-configure-dead-letter-queue-redrive.html
 */
#include "sqs_internal.h"

#include "base/hash.h"

/* The first messages of the group that has waited longest. */
static struct sqs_visible_rows first_group(const struct call *call, int64_t generation_id, int64_t limit)
{
    struct sqs_find_available_groups_rows groups = sqs_find_available_groups(
        call->txn, &(struct sqs_find_available_groups_params){
                       .generation_id = generation_id, .available_ms = call->now_ms, .limit = 1});
    struct sqs_visible_rows rows = {0};
    size_t visible = 0;

    if (groups.count == 0)
        return rows;
    rows = sqs_list_group(call->txn, &(struct sqs_list_group_params){.generation_id = generation_id,
                                                                     .group_id = groups.items[0].group_id,
                                                                     .limit = limit});
    while (visible < rows.count && rows.items[visible].visible_ms <= call->now_ms)
        visible++;
    rows.count = visible;
    return rows;
}

struct sqs_visible_rows sqs_movable_list(const struct call *call, const struct queue *queue, int64_t limit)
{
    int64_t generation_id = queue->row.generation_id;

    check(limit > 0);
    if (queue->row.fifo)
        return first_group(call, generation_id, limit);
    return sqs_visible_list(call, queue, limit);
}

/* The message's row does not belong to the queue any more. */
static void leave(const struct call *call, const struct queue *from, const struct sqs_visible_row *row)
{
    struct tally tally = sqs_tally_begin(from);

    sqs_tally_removed(call, &tally, row->id, (struct message_state){row->visible_ms, row->receive_count > 0});
    sqs_tally_end(call, &tally);
    if (from->row.fifo)
        sqs_group_settle(call, from->row.generation_id, row->group_id);
}

void sqs_message_drop(const struct call *call, const struct queue *queue, const struct sqs_visible_row *row)
{
    sqs_message_remove(call, row->id, row->body_id);
    leave(call, queue, row);
}

static void arrive(const struct call *call, const struct queue *to, str group_id, int64_t visible_ms)
{
    struct tally tally = sqs_tally_begin(to);

    sqs_tally_sent(call, &tally, (struct message_state){visible_ms, false});
    sqs_tally_end(call, &tally);
    sqs_queue_has_messages(call, to,
                           to->row.fifo ? sqs_group_join(call, to->row.generation_id, group_id, visible_ms)
                                        : visible_ms);
}

void sqs_message_move(const struct call *call, const struct queue *from, const struct sqs_visible_row *row,
                      const struct queue *to)
{
    struct id_range ids = sqs_ids_sent(to->row.generation_id);
    str trace_id = sqs_message_trace(call, row->trace_id, row->message_id, row->sent_ms);
    str message_id = random_uuid(call->arena);
    int64_t visible_ms = call->now_ms + to->row.delay_seconds * MS_PER_S;
    const int64_t *sequence = NULL;

    check(from->row.generation_id != to->row.generation_id);
    check(from->row.fifo == to->row.fifo);
    if (to->row.fifo)
        sequence = arena_i64(call->arena, sqs_sequence_next(call, to->row.generation_id, row->group_id));
    sqs_move_message(call->txn, &(struct sqs_move_message_params){.first_id = ids.first,
                                                                  .end_id = ids.end,
                                                                  .id = row->id,
                                                                  .generation_id = to->row.generation_id,
                                                                  .visible_ms = visible_ms,
                                                                  .message_id = message_id,
                                                                  .sent_ms = call->now_ms,
                                                                  .trace_id = trace_id,
                                                                  .sequence = sequence});
    sqs_tenant_joins(to, row->group_id);
    leave(call, from, row);
    arrive(call, to, row->group_id, visible_ms);
    trace(call,
          &(struct trace_hop){
              .kind = HOP_SENT, .trace_id = trace_id, .resource_arn = to->arn, .message_id = message_id});
}
