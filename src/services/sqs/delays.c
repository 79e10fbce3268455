/*
 * delays.c: the new delay of a FIFO queue applies to the messages that it already has.
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-delay-queues.html
 *
 * A delay counts from the sending, so only messages of the last 15 minutes change.  They do so in slices,
 * from the newest to the oldest.  Meanwhile each group keeps its order, because none of its messages is
 * received before an earlier one that is hidden.
 */
#include "sqs_internal.h"

enum { ROWS_PER_RUN = 200 };

static void change(const struct call *call, const struct queue *queue, struct tally *tally,
                   const struct sqs_aging_message_row *row)
{
    int64_t visible_ms = row->sent_ms + queue->row.delay_seconds * MS_PER_S;

    if (row->receive_count > 0 || row->visible_ms == visible_ms)
        return;
    sqs_set_visible(call->txn, &(struct sqs_set_visible_params){.id = row->id, .visible_ms = visible_ms});
    sqs_tally_count(call, tally, (struct message_state){row->visible_ms, false}, -1);
    sqs_tally_count(call, tally, (struct message_state){visible_ms, false}, 1);
    sqs_queue_has_messages(call, queue, sqs_group_settle(call, queue->row.generation_id, row->group_id));
}

/* Some of the messages with numbers below `before_id`; a timer continues. */
static void change_some(const struct call *call, const struct queue *queue, int64_t before_id)
{
    struct slice slice = {ROWS_PER_RUN, INT64_MAX, false};
    struct tally tally = sqs_tally_begin(queue);
    struct sqs_aging_message_rows rows = sqs_list_newest(
        call->txn, &(struct sqs_list_newest_params){.first_id = sqs_ids_sent(queue->row.generation_id).first,
                                                    .before_id = before_id,
                                                    .limit = ROWS_PER_RUN});

    for (size_t i = 0; i < rows.count && !slice_is_spent(call, &slice) &&
                       rows.items[i].sent_ms + (int64_t)MAX_DELAY_SECONDS * MS_PER_S > call->now_ms;
         i++) {
        change(call, queue, &tally, &rows.items[i]);
        before_id = rows.items[i].id;
        slice_spend(&slice, 1, 0);
    }
    sqs_tally_end(call, &tally);
    if (slice_is_spent(call, &slice))
        slice_again(call, &SQS_CHANGE_DELAYS, queue->arn,
                    &(struct sqs_change_delays_request){.queue_arn = queue->arn, .before_id = before_id});
}

void sqs_delays_change(const struct call *call, const struct queue *queue)
{
    change_some(call, queue, sqs_ids_sent(queue->row.generation_id).end);
}

/* A purged queue, or another one of the same name, has no message with such a number. */
enum outcome sqs_change_delays(const struct call *call, const struct sqs_change_delays_request *in,
                               struct sqs_change_delays_output *out)
{
    struct queue queue;

    (void)out;
    if (sqs_queue_find_arn(call, in->queue_arn, &queue))
        change_some(call, &queue, in->before_id);
    return DONE;
}
