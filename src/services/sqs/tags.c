/*
 * tags.c: a queue's cost allocation tags.
 */
#include "sqs_internal.h"

enum { MAX_TAGS = 50 };

bool queue_put_tags(struct call *call, const struct queue *queue, const struct str_map *tags)
{
    for (size_t i = 0; i < tags->count; i++)
        sqs_put_tag(call->txn, &(struct sqs_put_tag_params){.queue_id = queue->row.id,
                                                            .name = tags->items[i].key,
                                                            .value = tags->items[i].value});
    struct sqs_list_tags_rows rows =
        sqs_list_tags(call->txn, &(struct sqs_list_tags_params){.queue_id = queue->row.id});
    if (rows.count <= MAX_TAGS)
        return true;
    fail(call, &SQS_INVALID_PARAMETER_VALUE_EXCEPTION, "Too many tags added for queue %.*s.",
         STR_ARGS(queue->row.name));
    return false;
}

enum outcome sqs_tag_queue(struct call *call, const struct sqs_tag_queue_request *in,
                           struct sqs_tag_queue_output *out)
{
    struct queue queue;

    (void)out;
    return queue_open(call, in->queue_url, &queue) && queue_put_tags(call, &queue, &in->tags) ? DONE : FAILED;
}

enum outcome sqs_untag_queue(struct call *call, const struct sqs_untag_queue_request *in,
                             struct sqs_untag_queue_output *out)
{
    struct queue queue;

    (void)out;
    if (!queue_open(call, in->queue_url, &queue))
        return FAILED;
    for (size_t i = 0; i < in->tag_keys.count; i++)
        sqs_remove_tag(call->txn, &(struct sqs_remove_tag_params){.queue_id = queue.row.id,
                                                                  .name = in->tag_keys.items[i]});
    return DONE;
}

enum outcome sqs_list_queue_tags(struct call *call, const struct sqs_list_queue_tags_request *in,
                                 struct sqs_list_queue_tags_result *out)
{
    struct queue queue;

    if (!queue_open(call, in->queue_url, &queue))
        return FAILED;
    struct sqs_list_tags_rows rows =
        sqs_list_tags(call->txn, &(struct sqs_list_tags_params){.queue_id = queue.row.id});
    for (size_t i = 0; i < rows.count; i++)
        *list_add(call->arena, &out->tags) = (struct str_map_entry){rows.items[i].name, rows.items[i].value};
    return DONE;
}
