/*
 * measure.c: what a queue contains, as metrics.
 *
 * Shortly before the end of each minute, so that the minute has a figure of its own.  As on AWS, a queue has
 * these metrics for six hours after it was last seen with messages.
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html
 */
#include "sqs_internal.h"

#include "engine/count.h"

#define MEASURE_ID S("all")

enum {
    MINUTE_MS = 60 * 1000,
    MEASURED_AT_MS = 55 * 1000,
    MARKED_EVERY_MS = 60 * MINUTE_MS,
    SHOWN_MS = 6 * 60 * MINUTE_MS
};

void sqs_measure_later(const struct call *call)
{
    int64_t due_ms = call->now_ms - call->now_ms % MINUTE_MS + MEASURED_AT_MS;

    timer_set(call, &SQS_MEASURE_QUEUES, MEASURE_ID, due_ms > call->now_ms ? due_ms : due_ms + MINUTE_MS,
              &(struct sqs_measure_queues_request){.after = 0});
}

static bool is_active(const struct call *call, const struct sqs_next_queue_row *row, bool has_messages)
{
    int64_t active_ms = row->active_ms ? *row->active_ms : 0;

    if (has_messages && active_ms + MARKED_EVERY_MS <= call->now_ms)
        sqs_mark_queue_active(call->txn,
                              &(struct sqs_mark_queue_active_params){
                                  .id = row->id, .active_ms = arena_i64(call->arena, call->now_ms)});
    return has_messages || active_ms + SHOWN_MS > call->now_ms || row->created_ms + SHOWN_MS > call->now_ms;
}

static int64_t age_s(const struct call *call, const struct queue *queue, bool has_messages)
{
    int64_t sent_ms = sqs_oldest_sent_ms(call, queue->row.generation_id);

    return has_messages && sent_ms < call->now_ms ? (call->now_ms - sent_ms) / MS_PER_S : 0;
}

static void measure(const struct call *call, const struct sqs_next_queue_row *row)
{
    static const struct metric visible = {"AWS/SQS", "ApproximateNumberOfMessagesVisible", "QueueName",
                                          "Count"},
                               hidden = {"AWS/SQS", "ApproximateNumberOfMessagesNotVisible", "QueueName",
                                         "Count"},
                               delayed = {"AWS/SQS", "ApproximateNumberOfMessagesDelayed", "QueueName",
                                          "Count"},
                               age = {"AWS/SQS", "ApproximateAgeOfOldestMessage", "QueueName", "Seconds"};
    struct call there = call_in(call, row->account, row->region);
    struct queue queue;

    if (!sqs_queue_find(&there, row->account, row->region, row->name, &queue))
        return;
    struct counts counts = sqs_counts_read(&there, &queue);
    bool has_messages = counts.ready + counts.in_flight + counts.delayed > 0;
    if (!is_active(&there, row, has_messages))
        return;
    count(&there, &visible, row->name, (double)counts.ready);
    count(&there, &hidden, row->name, (double)counts.in_flight);
    count(&there, &delayed, row->name, (double)counts.delayed);
    count(&there, &age, row->name, (double)age_s(&there, &queue, has_messages));
}

enum outcome sqs_measure_queues(const struct call *call, const struct sqs_measure_queues_request *in,
                                struct sqs_measure_queues_output *out)
{
    struct sqs_measure_queues_request next = *in;
    struct sqs_next_queue_row row;

    (void)out;
    while (sqs_next_queue(call->txn, &(struct sqs_next_queue_params){.after = next.after}, &row)) {
        measure(call, &row);
        next.after = row.id;
        if (slice_is_over(call)) {
            slice_again(call, &SQS_MEASURE_QUEUES, MEASURE_ID, &next);
            return DONE;
        }
    }
    if (next.after > 0)
        sqs_measure_later(call);
    return DONE;
}
