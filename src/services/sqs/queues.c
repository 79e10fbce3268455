/*
 * queues.c: making, naming, listing, emptying and deleting queues.
 */
#include "sqs_internal.h"

#include "engine/page.h"
#include "services/tags/tags.h"

enum {
    MAX_NAME = 80,
    LIST_LIMIT = 1000,
    WAIT_MS = 60 * MS_PER_S, /* between purges, and after a deletion */
};

static const str fifo_suffix = STR_INIT(".fifo");

static bool is_name(str name)
{
    return name.size >= 1 && name.size <= MAX_NAME && str_is_word(name, S("-_"));
}

static bool is_fifo_name(str name)
{
    return name.size <= MAX_NAME && str_ends_with(name, fifo_suffix) &&
           is_name(str_head(name, name.size - fifo_suffix.size));
}

/* A FIFO queue has both the attribute and the suffix. */
static bool name_check(const struct call *call, const struct sqs_create_queue_request *in)
{
    bool fifo = str_equal_nocase(str_map_get(&in->attributes, S("FifoQueue")), S("true"));

    if (fifo ? is_fifo_name(in->queue_name) : is_name(in->queue_name))
        return true;
    fail(call, &SQS_INVALID_PARAMETER_VALUE_EXCEPTION, "%s",
         fifo ? "The name of a FIFO queue can only include alphanumeric characters, hyphens, or underscores, "
                "must end with .fifo suffix and be 1 to 80 in length"
              : "Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length");
    return false;
}

/* https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_CreateQueue.html */
static struct sqs_queue_row default_queue(const struct call *call, str name)
{
    bool fifo = is_fifo_name(name);

    return (struct sqs_queue_row){
        .account = call->account,
        .region = call->region,
        .name = name,
        .created_ms = call->now_ms,
        .modified_ms = call->now_ms,
        .visibility_timeout = 30,
        .retention_seconds = 345600,
        .maximum_message_size = 1048576,
        .sse_managed = 1,
        .kms_reuse_seconds = 300,
        .fifo = fifo,
        .deduplication_scope = fifo ? S("queue") : (str){0},
        .fifo_throughput_limit = fifo ? S("perQueue") : (str){0},
    };
}

static enum outcome answer_existing(const struct call *call, const struct sqs_create_queue_request *in,
                                    const struct queue *queue, struct sqs_create_queue_result *out)
{
    struct queue wanted = *queue;
    str different;

    if (!sqs_attributes_apply(call, &in->attributes, &wanted))
        return FAILED;
    if (!sqs_attributes_match(call, &in->attributes, queue, &wanted, &different))
        return fail(call, &SQS_QUEUE_NAME_EXISTS,
                    "A queue already exists with the same name and a different value for attribute %.*s",
                    STR_ARGS(different));
    out->queue_url = sqs_queue_url(call, queue);
    return DONE;
}

/* Noted only when --sqs-waits needs it: see sqs_waits(). */
static void note_deletion(const struct call *call, const struct queue *queue)
{
    enum { REMOVED_AT_ONCE = 100 };

    sqs_remove_old_deletions(call->txn, &(struct sqs_remove_old_deletions_params){
                                            .before_ms = call->now_ms - WAIT_MS, .limit = REMOVED_AT_ONCE});
    sqs_add_deletion(call->txn, &(struct sqs_add_deletion_params){.account = queue->row.account,
                                                                  .region = queue->row.region,
                                                                  .name = queue->row.name,
                                                                  .deleted_ms = call->now_ms});
}

static bool was_deleted_recently(const struct call *call, const struct queue *queue)
{
    struct sqs_find_deletion_row deletion;

    return sqs_waits() &&
           sqs_find_deletion(call->txn,
                             &(struct sqs_find_deletion_params){.account = queue->row.account,
                                                                .region = queue->row.region,
                                                                .name = queue->row.name},
                             &deletion) &&
           deletion.deleted_ms + WAIT_MS > call->now_ms;
}

enum outcome sqs_create_queue(const struct call *call, const struct sqs_create_queue_request *in,
                              struct sqs_create_queue_result *out)
{
    const struct resource *resource = call_resource(call, 0);
    struct queue queue = {.row = default_queue(call, in->queue_name), .arn = resource->arn};

    if (!name_check(call, in))
        return FAILED;
    if (resource->row)
        return answer_existing(call, in, resource->row, out);
    if (was_deleted_recently(call, &queue))
        return fail(call, &SQS_QUEUE_DELETED_RECENTLY,
                    "You must wait 60 seconds after deleting a queue before you can create another with the "
                    "same name.");
    if (!sqs_attributes_apply(call, &in->attributes, &queue))
        return FAILED;
    queue.row.generation_id = sqs_generation_begin(call);
    queue.row.id = sqs_add_queue(call->txn, &queue.row);
    if (!sqs_queue_put_tags(call, &queue, &in->tags))
        return FAILED;
    sqs_sweep_start(call, &queue);
    sqs_measure_later(call);
    out->queue_url = sqs_queue_url(call, &queue);
    return DONE;
}

enum outcome sqs_get_queue_url(const struct call *call, const struct sqs_get_queue_url_request *in,
                               struct sqs_get_queue_url_result *out)
{
    const struct queue *queue = sqs_queue_of(call);

    (void)in;
    if (!queue)
        return FAILED;
    out->queue_url = sqs_queue_url(call, queue);
    return DONE;
}

/* The page of the request.  False: fail() has been called. */
static bool page_open(const struct call *call, const int64_t *max_results, str token, struct page *page)
{
    int64_t limit = max_results ? *max_results : LIST_LIMIT;

    if (limit < 1 || limit > LIST_LIMIT) {
        fail(call, &SQS_INVALID_PARAMETER_VALUE_EXCEPTION,
             "Value %lld for parameter MaxResults is invalid. Reason: MaxResults must be an integer between "
             "1 and 1000.",
             (long long)limit);
        return false;
    }
    return page_begin(call, token, limit, page) ||
           sqs_value_refuse(call, "NextToken", token, "It must be one that an earlier page came with.");
}

static str url_of_name(const struct call *call, str name)
{
    struct queue queue = {.row = {.account = call->account, .name = name}};

    return sqs_queue_url(call, &queue);
}

/* Returns the token of the next page, for clients that ask for pages. */
static str show_page(const struct call *call, const struct sqs_queue_name_rows *rows, struct page *page,
                     struct str_list *urls)
{
    for (size_t i = 0; i < rows->count && page_takes(page, rows->items[i].name); i++)
        *list_add(call->arena, urls) = url_of_name(call, rows->items[i].name);
    return page_end(call, page);
}

enum outcome sqs_list_queues(const struct call *call, const struct sqs_list_queues_request *in,
                             struct sqs_list_queues_result *out)
{
    struct page page;

    if (!page_open(call, in->max_results, in->next_token, &page))
        return FAILED;

    str prefix = str_present(in->queue_name_prefix) ? in->queue_name_prefix : S("");
    str behind = str_present(in->next_token) ? arena_join(call->arena, page.after, S("\0")) : S("");
    struct sqs_queue_name_rows rows =
        sqs_list_queues_page(call->txn, &(struct sqs_list_queues_page_params){
                                            .account = call->account,
                                            .region = call->region,
                                            .from = str_compare(behind, prefix) > 0 ? behind : prefix,
                                            .prefix_end = arena_join(call->arena, prefix, S("\x7f")),
                                            .limit = page_rows(&page),
                                        });
    str next = show_page(call, &rows, &page, &out->queue_urls);
    if (in->max_results)
        out->next_token = next;
    return DONE;
}

enum outcome sqs_list_dead_letter_source_queues(const struct call *call,
                                                const struct sqs_list_dead_letter_source_queues_request *in,
                                                struct sqs_list_dead_letter_source_queues_result *out)
{
    const struct queue *queue = sqs_queue_of(call);
    struct page page;

    if (!queue || !page_open(call, in->max_results, in->next_token, &page))
        return FAILED;

    struct sqs_queue_name_rows rows = sqs_list_sources(call->txn, &(struct sqs_list_sources_params){
                                                                      .account = queue->row.account,
                                                                      .region = queue->row.region,
                                                                      .dead_letter_arn = queue->arn,
                                                                      .after = page.after,
                                                                      .limit = page_rows(&page),
                                                                  });
    list_make_empty(call->arena, &out->queue_urls);
    str next = show_page(call, &rows, &page, &out->queue_urls);
    if (in->max_results)
        out->next_token = next;
    return DONE;
}

enum outcome sqs_delete_queue(const struct call *call, const struct sqs_delete_queue_request *in,
                              struct sqs_delete_queue_output *out)
{
    const struct queue *queue = sqs_queue_of(call);

    (void)in;
    (void)out;
    if (!queue)
        return FAILED;
    sqs_generation_end(call, queue);
    tags_remove_all(call, queue->arn);
    sqs_remove_queue(call->txn, &(struct sqs_remove_queue_params){.id = queue->row.id});
    sqs_sweep_stop(call, queue);
    sqs_move_tasks_remove(call, queue);
    if (sqs_waits())
        note_deletion(call, queue);
    wake_all(call, sqs_queue_arrivals(call, queue));
    return DONE;
}

void sqs_queue_purge(const struct call *call, const struct queue *queue)
{
    sqs_generation_end(call, queue);
    sqs_set_purged(call->txn,
                   &(struct sqs_set_purged_params){.id = queue->row.id,
                                                   .purged_ms = arena_i64(call->arena, call->now_ms),
                                                   .generation_id = sqs_generation_begin(call)});
}

enum outcome sqs_purge_queue(const struct call *call, const struct sqs_purge_queue_request *in,
                             struct sqs_purge_queue_output *out)
{
    const struct queue *queue = sqs_queue_of(call);

    (void)in;
    (void)out;
    if (!queue)
        return FAILED;
    if (sqs_waits() && queue->row.purged_ms && *queue->row.purged_ms + WAIT_MS > call->now_ms)
        return fail(call, &SQS_PURGE_QUEUE_IN_PROGRESS,
                    "Only one PurgeQueue operation on %.*s is allowed every 60 seconds.",
                    STR_ARGS(queue->row.name));
    sqs_queue_purge(call, queue);
    return DONE;
}
