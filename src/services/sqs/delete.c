/*
 * delete.c: operations with a receipt handle: deleting a message, and changing how long it is hidden.
 */
#include "sqs_internal.h"

#include "engine/count.h"

enum { MAX_VISIBILITY_SECONDS = 43200 };

static void trace_deleted(const struct call *call, const struct queue *queue,
                          const struct sqs_find_receipt_row *row)
{
    struct trace_hop hop = sqs_message_hop(row->trace_id, row->message_id, row->sent_ms);

    hop.kind = HOP_DELETED;
    hop.resource_arn = queue->arn;
    hop.attempt = row->receive_count;
    trace(call, &hop);
}

/* In a FIFO queue a handle is good until the message becomes visible again. */
static bool is_in_time(const struct call *call, const struct queue *queue, str handle, int64_t visible_ms)
{
    return !queue->row.fifo || visible_ms > call->now_ms ||
           sqs_value_refuse(call, "ReceiptHandle", handle, "The receipt handle has expired.");
}

/* Of a FIFO queue: the message was removed or hidden; who waits for its group may come next. */
static void settle_group(const struct call *call, const struct queue *queue, str group_id)
{
    if (queue->row.fifo)
        sqs_queue_has_messages(call, queue, sqs_group_settle(call, queue->row.generation_id, group_id));
}

/*
 * A second deletion succeeds, and so does a deletion with the handle of an earlier receive, which does not
 * delete the message.
 */
static bool delete_by_handle(const struct call *call, const struct queue *queue, str handle)
{
    static const struct metric deleted = {"AWS/SQS", "NumberOfMessagesDeleted", "QueueName", "Count"};
    struct tally tally = sqs_tally_begin(queue);
    struct sqs_find_receipt_row row;
    struct receipt receipt;

    if (!sqs_receipt_read(call, queue, handle, &receipt))
        return false;
    if (sqs_find_receipt(call->txn,
                         &(struct sqs_find_receipt_params){.id = receipt.id,
                                                           .generation_id = queue->row.generation_id,
                                                           .receipt = receipt.number},
                         &row)) {
        if (!is_in_time(call, queue, handle, row.visible_ms))
            return false;
        sqs_message_remove(call, receipt.id, row.body_id);
        sqs_tally_removed(call, &tally, receipt.id, (struct message_state){row.visible_ms, true});
        sqs_tally_end(call, &tally);
        settle_group(call, queue, row.group_id);
        trace_deleted(call, queue, &row);
    }
    count(call, &deleted, queue->row.name, 1);
    return true;
}

static bool refuse_visibility(const struct call *call, int64_t seconds, const char *reason)
{
    fail(call, &SQS_INVALID_PARAMETER_VALUE_EXCEPTION,
         "Value %lld for parameter VisibilityTimeout is invalid. Reason: %s", (long long)seconds, reason);
    return false;
}

static bool visibility_check(const struct call *call, int64_t seconds)
{
    return (seconds >= 0 && seconds <= MAX_VISIBILITY_SECONDS) ||
           refuse_visibility(call, seconds, "VisibilityTimeout must be an integer between 0 and 43200.");
}

/* The timeout ends within twelve hours of the receive, however often it is changed. */
static bool total_visibility_check(const struct call *call, const struct receipt *receipt, int64_t seconds)
{
    return call->now_ms + seconds * MS_PER_S <=
               receipt->received_ms + (int64_t)MAX_VISIBILITY_SECONDS * MS_PER_S ||
           refuse_visibility(call, seconds,
                             "Total VisibilityTimeout for the message is beyond the limit [43200 seconds]");
}

/*
 * Find a message by any of its receipt handles (only DeleteMessage needs the newest).  If the row's first
 * receive is later than the handle, the row's id was reused.
 */
static bool find_received(const struct call *call, const struct queue *queue, const struct receipt *receipt,
                          struct sqs_find_received_row *row)
{
    return sqs_find_received(call->txn,
                             &(struct sqs_find_received_params){.id = receipt->id,
                                                                .generation_id = queue->row.generation_id},
                             row) &&
           row->first_received_ms && *row->first_received_ms <= receipt->received_ms;
}

/* Hide the message until visible_ms, instead of from_ms. */
static void hide(const struct call *call, const struct queue *queue, int64_t id, int64_t from_ms,
                 int64_t visible_ms)
{
    struct tally tally = sqs_tally_begin(queue);

    sqs_set_visible(call->txn, &(struct sqs_set_visible_params){.id = id, .visible_ms = visible_ms});
    sqs_timeout_begins(queue->row.generation_id, visible_ms);
    sqs_tally_count(call, &tally, (struct message_state){from_ms, true}, -1);
    sqs_tally_count(call, &tally, (struct message_state){visible_ms, true}, 1);
    sqs_tally_end(call, &tally);
}

/*
 * The newest handle still hides a message whose timeout has run out: a late heartbeat, as long as nobody else
 * has received the message.
 */
static bool hide_by_handle(const struct call *call, const struct queue *queue, str handle, int64_t seconds)
{
    struct sqs_find_received_row row;
    struct receipt receipt;

    if (!visibility_check(call, seconds) || !sqs_receipt_read(call, queue, handle, &receipt))
        return false;
    if (!find_received(call, queue, &receipt, &row))
        return sqs_value_refuse(call, "ReceiptHandle", handle,
                                "Message does not exist or is not available for visibility timeout change.");
    if (!is_in_time(call, queue, handle, row.visible_ms))
        return false;
    if (row.visible_ms <= call->now_ms && row.receipt != receipt.number) {
        fail(call, &SQS_MESSAGE_NOT_INFLIGHT, "The specified message isn't in flight.");
        return false;
    }
    if (!total_visibility_check(call, &receipt, seconds))
        return false;
    int64_t visible_ms = call->now_ms + seconds * MS_PER_S;
    hide(call, queue, receipt.id, row.visible_ms, visible_ms);
    if (queue->row.fifo)
        settle_group(call, queue, row.group_id);
    else
        sqs_queue_has_messages(call, queue, visible_ms);
    return true;
}

enum outcome sqs_delete_message(const struct call *call, const struct sqs_delete_message_request *in,
                                struct sqs_delete_message_output *out)
{
    const struct queue *queue = sqs_queue_of(call);

    (void)out;
    return queue && delete_by_handle(call, queue, in->receipt_handle) ? DONE : FAILED;
}

enum outcome sqs_delete_message_batch(const struct call *call,
                                      const struct sqs_delete_message_batch_request *in,
                                      struct sqs_delete_message_batch_result *out)
{
    struct str_list ids = {0};
    const struct queue *queue = sqs_queue_of(call);

    for (size_t i = 0; i < in->entries.count; i++)
        *list_add(call->arena, &ids) = in->entries.items[i].id;
    if (!queue || !sqs_batch_check(call, ids))
        return FAILED;
    for (size_t i = 0; i < in->entries.count; i++) {
        str id = in->entries.items[i].id;
        if (delete_by_handle(call, queue, in->entries.items[i].receipt_handle))
            list_add(call->arena, &out->successful)->id = id;
        else
            *list_add(call->arena, &out->failed) = sqs_batch_error(call, id);
    }
    return DONE;
}

enum outcome sqs_change_message_visibility(const struct call *call,
                                           const struct sqs_change_message_visibility_request *in,
                                           struct sqs_change_message_visibility_output *out)
{
    const struct queue *queue = sqs_queue_of(call);

    (void)out;
    return queue && hide_by_handle(call, queue, in->receipt_handle, in->visibility_timeout) ? DONE : FAILED;
}

enum outcome sqs_change_message_visibility_batch(const struct call *call,
                                                 const struct sqs_change_message_visibility_batch_request *in,
                                                 struct sqs_change_message_visibility_batch_result *out)
{
    struct str_list ids = {0};
    const struct queue *queue = sqs_queue_of(call);

    for (size_t i = 0; i < in->entries.count; i++)
        *list_add(call->arena, &ids) = in->entries.items[i].id;
    if (!queue || !sqs_batch_check(call, ids))
        return FAILED;
    for (size_t i = 0; i < in->entries.count; i++) {
        const struct sqs_change_message_visibility_batch_request_entry *entry = &in->entries.items[i];
        int64_t seconds = entry->visibility_timeout ? *entry->visibility_timeout : 0;
        if (hide_by_handle(call, queue, entry->receipt_handle, seconds))
            list_add(call->arena, &out->successful)->id = entry->id;
        else
            *list_add(call->arena, &out->failed) = sqs_batch_error(call, entry->id);
    }
    return DONE;
}
