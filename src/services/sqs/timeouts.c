/*
 * timeouts.c: messages whose visibility timeout has ended return to their places in the order of sending, so
 * that older ones are received before younger ones.  Those that were received three times or more go to the
 * end, as on AWS, so that a message that nobody can process does not keep the others waiting.
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html
 *
 * A receive looks for them before it takes messages.  When that is in vain, which is the rule, the queue is
 * not searched again until the next timeout may end: that time is kept in memory, for at most a second,
 * because a batch that returned messages may still fail to commit.  Only handlers use the memory.
 */
#include "sqs_internal.h"

enum { REMEMBERED = 1024, MAX_RETURNED = 50, MANY_RECEIVES = 3, MOST_QUEUES = 1000 };

/* Until look_ms no timeout of the generation ends.  Generations share a place; the last one has it. */
static struct {
    int64_t generation_id, look_ms;
} quiet[REMEMBERED];

void sqs_timeout_begins(int64_t generation_id, int64_t visible_ms)
{
    size_t place = (size_t)generation_id % REMEMBERED;

    if (quiet[place].generation_id == generation_id && visible_ms < quiet[place].look_ms)
        quiet[place].look_ms = visible_ms;
}

/* False: no timeout has ended. */
static bool has_timed_out(const struct call *call, int64_t generation_id)
{
    size_t place = (size_t)generation_id % REMEMBERED;
    struct sqs_find_first_timeout_row first;
    int64_t look_ms = call->now_ms + MS_PER_S;

    if (quiet[place].generation_id == generation_id && call->now_ms < quiet[place].look_ms)
        return false;
    if (sqs_find_first_timeout(
            call->txn, &(struct sqs_find_first_timeout_params){.generation_id = generation_id}, &first) &&
        first.visible_ms < look_ms)
        look_ms = first.visible_ms;
    quiet[place].generation_id = generation_id;
    quiet[place].look_ms = look_ms;
    return look_ms <= call->now_ms;
}

/* Of MOST_QUEUES queues, or as many as fit a slice. */
void sqs_upcoming(const struct call *call, struct upcoming *upcoming)
{
    struct sqs_list_generations_cursor cursor =
        sqs_list_generations_open(call->txn, &(struct sqs_list_generations_params){.limit = MOST_QUEUES});
    struct sqs_list_generations_row queue;
    struct sqs_find_next_visible_row next;

    while (sqs_list_generations_next(&cursor, &queue) && !slice_is_over(call))
        if (sqs_find_next_visible(call->txn,
                                  &(struct sqs_find_next_visible_params){.generation_id = queue.generation_id,
                                                                         .visible_ms = call->now_ms},
                                  &next))
            upcoming_add(upcoming, S("sqs/visibility"), next.visible_ms);
    sqs_list_generations_close(&cursor);
}

void sqs_timed_out_return(const struct call *call, const struct queue *queue)
{
    struct sqs_list_timed_out_rows rows;

    if (!has_timed_out(call, queue->row.generation_id))
        return;
    rows = sqs_list_timed_out(call->txn,
                              &(struct sqs_list_timed_out_params){.generation_id = queue->row.generation_id,
                                                                  .visible_ms = call->now_ms,
                                                                  .limit = MAX_RETURNED});
    for (size_t i = 0; i < rows.count; i++) {
        bool often = rows.items[i].receive_count >= MANY_RECEIVES;
        sqs_return_message(call->txn, &(struct sqs_return_message_params){
                                          .id = rows.items[i].id,
                                          .visible_ms = often ? call->now_ms : rows.items[i].sent_ms});
        sqs_tenant_joins(queue, rows.items[i].group_id);
    }
}
