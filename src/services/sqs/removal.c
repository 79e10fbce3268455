/*
 * removal.c: removes unreachable messages: expired ones, and those of generations that ended by a purge or
 * with their queue.
 *
 * They are unreachable at once; this file frees their space.  There is one run at a time for the whole store:
 * it removes a bounded number of rows and bytes, and continues in a later batch.
 */
#include "sqs_internal.h"

enum {
    ROWS_PER_RUN = 500,
    BYTES_PER_RUN = 4 * 1024 * 1024, /* of bodies in sqs_body */
    SWEEP_INTERVAL_MS = 3600 * MS_PER_S,
    MIN_SWEEP_INTERVAL_MS = 10 * MS_PER_S,
};

static void run_at(const struct call *call, int64_t due_ms)
{
    timer_set(call, &SQS_REMOVE_MESSAGES, S("all"), due_ms, &(struct sqs_remove_messages_request){0});
}

static void remove_before(const struct call *call, int64_t generation_id, int64_t before_ms)
{
    sqs_set_removal(call->txn,
                    &(struct sqs_set_removal_params){.id = generation_id,
                                                     .remove_before_ms = arena_i64(call->arena, before_ms)});
    run_at(call, call->now_ms);
}

int64_t sqs_generation_begin(const struct call *call)
{
    return sqs_add_generation(call->txn);
}

void sqs_generation_end(const struct call *call, const struct queue *queue)
{
    check(queue->row.generation_id > 0);
    remove_before(call, queue->row.generation_id, INT64_MAX);
}

static void spend(const struct call *call, struct slice *slice, const int64_t *body_id)
{
    struct sqs_find_body_size_row body = {0};

    if (body_id)
        sqs_find_body_size(call->txn, &(struct sqs_find_body_size_params){.id = *body_id}, &body);
    slice_spend(slice, 1, body.bytes);
}

/* The queue whose messages are removed for their age; false when it has been deleted or purged since. */
static bool find_queue(const struct call *call, int64_t generation_id, struct queue *queue)
{
    struct sqs_find_queue_of_generation_row row;

    return sqs_find_queue_of_generation(
               call->txn, &(struct sqs_find_queue_of_generation_params){.generation_id = generation_id},
               &row) &&
           sqs_queue_find(call, row.account, row.region, row.name, queue);
}

static void trace_expired(const struct call *call, const struct queue *queue, int64_t id)
{
    struct sqs_find_message_params params = {.id = id, .generation_id = queue->row.generation_id};
    struct sqs_visible_row row;

    if (sqs_find_message(call->txn, &params, &row))
        sqs_trace_expired(call, queue, &row);
}

static void remove_messages(const struct call *call, int64_t generation_id, int64_t before_ms,
                            struct slice *slice)
{
    struct tally tally = {.generation_id = generation_id};
    struct aging_messages rows = sqs_sent_before(call, generation_id, before_ms, (size_t)slice->rows);
    struct queue queue;
    bool expired = before_ms < INT64_MAX && find_queue(call, generation_id, &queue);

    for (size_t i = 0; i < rows.count && !slice_is_spent(call, slice); i++) {
        const struct sqs_aging_message_row *row = &rows.items[i];
        spend(call, slice, row->body_id);
        if (expired)
            trace_expired(call, &queue, row->id);
        sqs_message_remove(call, row->id, row->body_id);
        sqs_tally_removed(call, &tally, row->id,
                          (struct message_state){row->visible_ms, row->receive_count > 0});
        if (!row->sequence || before_ms == INT64_MAX)
            continue;
        int64_t available_ms = sqs_group_settle(call, generation_id, row->group_id);
        if (expired)
            sqs_queue_has_messages(call, &queue, available_ms);
    }
    sqs_tally_end(call, &tally);
    sums_store(call); /* the rows may be removed next */
}

/* The counts of past seconds; for a generation that has ended, all of them. */
static int64_t remove_counts(const struct call *call, int64_t generation_id, bool ended, int64_t limit)
{
    return sqs_remove_counts(
        call->txn, &(struct sqs_remove_counts_params){.generation_id = generation_id,
                                                      .from_second = ended ? 0 : 1,
                                                      .second = ended ? INT64_MAX : call->now_ms / MS_PER_S,
                                                      .limit = limit});
}

/* What a generation that has ended has left of groups and deduplication ids. */
static int64_t remove_fifo_rows(const struct call *call, int64_t generation_id, int64_t limit)
{
    int64_t groups = sqs_remove_groups(
        call->txn, &(struct sqs_remove_groups_params){.generation_id = generation_id, .limit = limit});

    return groups +
           sqs_remove_arrivals(call->txn, &(struct sqs_remove_arrivals_params){.generation_id = generation_id,
                                                                               .sequence = INT64_MAX,
                                                                               .limit = limit});
}

static void remove_some(const struct call *call, const struct sqs_find_removal_row *removal,
                        struct slice *slice)
{
    bool ended = *removal->remove_before_ms == INT64_MAX;

    remove_messages(call, removal->id, *removal->remove_before_ms, slice);
    if (!slice_is_spent(call, slice))
        slice_spend(slice, remove_counts(call, removal->id, ended, slice->rows), 0);
    if (!slice_is_spent(call, slice) && ended)
        slice_spend(slice, remove_fifo_rows(call, removal->id, slice->rows), 0);
    if (slice_is_spent(call, slice))
        return;
    if (ended)
        sqs_remove_generation(call->txn, &(struct sqs_remove_generation_params){.id = removal->id});
    else
        sqs_set_removal(call->txn, &(struct sqs_set_removal_params){.id = removal->id});
    slice_spend(slice, 1, 0); /* the generation itself costs some work, too */
}

enum outcome sqs_remove_messages(const struct call *call, const struct sqs_remove_messages_request *in,
                                 struct sqs_remove_messages_output *out)
{
    struct slice slice = {ROWS_PER_RUN, BYTES_PER_RUN, false};
    struct sqs_find_removal_row removal;

    (void)out;
    while (!slice_is_spent(call, &slice) && sqs_find_removal(call->txn, &removal))
        remove_some(call, &removal, &slice);
    if (slice_is_spent(call, &slice))
        slice_again(call, &SQS_REMOVE_MESSAGES, S("all"), in);
    return DONE;
}

static void sweep_at(const struct call *call, const struct queue *queue, int64_t due_ms)
{
    timer_set(call, &SQS_SWEEP_QUEUE, queue->arn, due_ms,
              &(struct sqs_sweep_queue_request){.queue_arn = queue->arn});
}

void sqs_sweep_start(const struct call *call, const struct queue *queue)
{
    sweep_at(call, queue, call->now_ms + MIN_SWEEP_INTERVAL_MS);
}

void sqs_sweep_stop(const struct call *call, const struct queue *queue)
{
    timer_cancel(call, &SQS_SWEEP_QUEUE, queue->arn);
}

/* The next time to look at a queue whose oldest message was sent at that time. */
static int64_t next_sweep_ms(const struct call *call, const struct queue *queue, int64_t oldest_sent_ms)
{
    int64_t expiry_ms = oldest_sent_ms + queue->row.retention_seconds * MS_PER_S + 1;
    int64_t first_ms = call->now_ms + MIN_SWEEP_INTERVAL_MS, last_ms = call->now_ms + SWEEP_INTERVAL_MS;

    return expiry_ms < first_ms ? first_ms : expiry_ms > last_ms ? last_ms : expiry_ms;
}

static bool has_passed_seconds(const struct call *call, const struct queue *queue)
{
    struct sqs_find_passed_second_row row;

    return sqs_find_passed_second(
        call->txn,
        &(struct sqs_find_passed_second_params){.generation_id = queue->row.generation_id,
                                                .second = call->now_ms / MS_PER_S},
        &row);
}

enum outcome sqs_sweep_queue(const struct call *call, const struct sqs_sweep_queue_request *in,
                             struct sqs_sweep_queue_output *out)
{
    struct queue queue;

    (void)out;
    if (!sqs_queue_find_arn(call, in->queue_arn, &queue))
        return DONE;
    int64_t sent_ms = sqs_oldest_sent_ms(call, queue.row.generation_id);
    int64_t oldest_ms = sent_ms < call->now_ms ? sent_ms : call->now_ms;
    sqs_arrivals_forget(call, queue.row.generation_id, ROWS_PER_RUN);
    if (oldest_ms < sqs_queue_oldest_ms(call, &queue) || has_passed_seconds(call, &queue))
        remove_before(call, queue.row.generation_id, sqs_queue_oldest_ms(call, &queue));
    sweep_at(call, &queue, next_sweep_ms(call, &queue, oldest_ms));
    return DONE;
}
