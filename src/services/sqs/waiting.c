/*
 * waiting.c: tells the traces of messages that wait why they do.
 *
 * A consumer that has no room for messages, a throttled function, does not receive any: without a hop their
 * traces would end at the queue.  The consumer asks for the messages that have become visible since it asked
 * before, so a message gets one hop each time that it comes to wait.
 */
#include "sqs_internal.h"

/*
 * In one call.  Of more, those that became visible in the same millisecond as the last one may be left out.
 */
enum { MOST_TRACED = 250 };

static void trace_waiting(const struct call *call, const struct sqs_trace_waiting_request *in,
                          const struct sqs_list_waiting_row *row)
{
    struct trace_hop hop = sqs_message_hop(row->trace_id, row->message_id, row->sent_ms);

    hop.kind = HOP_THROTTLED;
    hop.verdict = VERDICT_THROTTLED;
    hop.resource_arn = in->consumer_arn;
    hop.attempt = row->receive_count + 1;
    hop.reason = in->reason;
    trace(call, &hop);
}

enum outcome sqs_trace_waiting(const struct call *call, const struct sqs_trace_waiting_request *in,
                               struct sqs_trace_waiting_result *out)
{
    const struct queue *queue = sqs_queue_open_arn(call, in->queue_arn);

    if (!queue)
        return FAILED;
    int64_t oldest_ms = sqs_queue_oldest_ms(call, queue);
    struct sqs_list_waiting_rows rows = sqs_list_waiting(
        call->txn, &(struct sqs_list_waiting_params){.generation_id = queue->row.generation_id,
                                                     .after_ms = in->after_ms,
                                                     .until_ms = in->until_ms,
                                                     .limit = MOST_TRACED});
    for (size_t i = 0; i < rows.count; i++)
        if (rows.items[i].sent_ms >= oldest_ms)
            trace_waiting(call, in, &rows.items[i]);
    out->traced_ms = rows.count == 0 ? in->after_ms : rows.items[rows.count - 1].visible_ms;
    return DONE;
}
