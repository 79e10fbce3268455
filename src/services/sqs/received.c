/*
 * received.c: what a consumer has received: shown again, for one that works on its messages outside the
 * engine; still its own, for one that works on them later.
 */
#include "sqs_internal.h"

static void show(const struct call *call, const struct sqs_visible_row *row, str handle,
                 struct sqs_message_list *messages)
{
    static str all_names[] = {STR_INIT("All"), STR_INIT("AWSTraceHeader")};
    const struct sqs_receive_message_request in = {.message_system_attribute_names = {all_names, 2},
                                                   .message_attribute_names = {all_names, 1}};
    struct sqs_message *message = list_add(call->arena, messages);
    struct content content = sqs_body_of(call, row);

    message->receipt_handle = handle;
    sqs_message_show(call, &in, row, &content, message);
}

/*
 * after_ms: only if it is hidden for longer.  False: it was deleted, or received again, since; or it is
 * visible.
 */
static bool find(const struct call *call, const struct queue *queue, const struct receipt *receipt,
                 int64_t after_ms, struct sqs_visible_row *row)
{
    return sqs_find_in_flight(call->txn,
                              &(struct sqs_find_in_flight_params){.id = receipt->id,
                                                                  .generation_id = queue->row.generation_id,
                                                                  .receipt = receipt->number,
                                                                  .visible_ms = after_ms},
                              row);
}

enum outcome sqs_show_received(const struct call *call, const struct sqs_show_received_request *in,
                               struct sqs_receive_message_result *out)
{
    const struct queue *queue = sqs_queue_open_arn(call, in->queue_arn);
    struct sqs_visible_row row;
    struct receipt receipt;

    if (!queue)
        return FAILED;
    for (size_t i = 0; i < in->receipt_handles.count; i++) {
        str handle = in->receipt_handles.items[i];
        if (!sqs_receipt_read(call, queue, handle, &receipt))
            return FAILED;
        if (find(call, queue, &receipt, 0, &row))
            show(call, &row, handle, &out->messages);
    }
    return DONE;
}

enum outcome sqs_are_hidden(const struct call *call, const struct sqs_show_received_request *in,
                            struct sqs_are_hidden_result *out)
{
    const struct queue *queue = sqs_queue_open_arn(call, in->queue_arn);
    struct sqs_visible_row row;
    struct receipt receipt;
    bool found = false;

    if (!queue)
        return FAILED;
    for (size_t i = 0; i < in->receipt_handles.count && !found; i++) {
        if (!sqs_receipt_read(call, queue, in->receipt_handles.items[i], &receipt))
            return FAILED;
        found = find(call, queue, &receipt, call->now_ms, &row);
    }
    out->are_hidden = found;
    return DONE;
}
