/*
 * receive.c: taking messages off a queue, for a while.
 *
 * Long polling is the same handler, run again: it parks until a message arrives, until the next one
 * that is out becomes visible, or until the wait is over.
 */
#include "sqs_internal.h"

#include "base/hash.h"

enum { MAX_MESSAGES = 10, MAX_VISIBILITY_SECONDS = 43200, MAX_WAIT_SECONDS = 20 };

static bool range_check(const struct call *call, const char *name, const int64_t *value, int64_t min,
                        int64_t max)
{
    if (!value || (*value >= min && *value <= max))
        return true;
    fail(call, &SQS_INVALID_PARAMETER_VALUE_EXCEPTION,
         "Value %lld for parameter %s is invalid. Reason: Must be between %lld and %lld, if provided.",
         (long long)*value, name, (long long)min, (long long)max);
    return false;
}

/* AWS words this one differently. */
static bool wait_check(const struct call *call, const int64_t *seconds)
{
    if (!seconds || (*seconds >= 0 && *seconds <= MAX_WAIT_SECONDS))
        return true;
    fail(call, &SQS_INVALID_PARAMETER_VALUE_EXCEPTION,
         "Value %lld for parameter WaitTimeSeconds is invalid. Reason: Must be >= 0 and <= 20, if provided.",
         (long long)*seconds);
    return false;
}

static bool has_name(const struct str_list *names, str name)
{
    for (size_t i = 0; i < names->count; i++)
        if (str_equal(names->items[i], name) || str_equal(names->items[i], S("All")))
            return true;
    return false;
}

static void add_attribute(const struct call *call, const struct sqs_receive_message_request *in,
                          struct sqs_message *message, str name, str value)
{
    if (str_present(value) &&
        (has_name(&in->attribute_names, name) || has_name(&in->message_system_attribute_names, name)))
        *list_add(call->arena, &message->attributes) = (struct str_map_entry){name, value};
}

/* Whoever asks for the trace by name is told it, although the sender set no header: so a trace goes on. */
static str trace_header(const struct call *call, const struct sqs_receive_message_request *in,
                        const struct sqs_find_visible_row *row)
{
    const struct str_list *names = &in->message_system_attribute_names;

    for (size_t i = 0; !str_present(row->trace_header) && i < names->count; i++)
        if (str_equal(names->items[i], S("AWSTraceHeader")))
            return arena_join(call->arena, S("Root="), row->trace_id);
    return row->trace_header;
}

static str number(const struct call *call, int64_t value)
{
    return arena_format(call->arena, "%lld", (long long)value);
}

static void add_attributes(const struct call *call, const struct sqs_receive_message_request *in,
                           const struct sqs_find_visible_row *row, struct sqs_message *message)
{
    int64_t first_ms = row->first_received_ms ? *row->first_received_ms : call->now_ms;

    if (in->attribute_names.count == 0 && in->message_system_attribute_names.count == 0)
        return;
    add_attribute(call, in, message, S("SenderId"), row->sender_id);
    add_attribute(call, in, message, S("SentTimestamp"), number(call, row->sent_ms));
    add_attribute(call, in, message, S("ApproximateReceiveCount"), number(call, row->receive_count + 1));
    add_attribute(call, in, message, S("ApproximateFirstReceiveTimestamp"), number(call, first_ms));
    add_attribute(call, in, message, S("AWSTraceHeader"), trace_header(call, in, row));
    add_attribute(call, in, message, S("MessageGroupId"), row->group_id);
    add_attribute(call, in, message, S("DeadLetterQueueSourceArn"), row->dead_letter_source_arn);
}

/* "All", ".*", "prefix.*", "prefix*" or the name itself. */
static bool matches(str pattern, str name)
{
    if (str_equal(pattern, S("All")) || str_equal(pattern, S(".*")))
        return true;
    if (str_ends_with(pattern, S("*")))
        return str_starts_with(name,
                               str_head(pattern, pattern.size - (str_ends_with(pattern, S(".*")) ? 2 : 1)));
    return str_equal(pattern, name);
}

static bool is_asked_for(const struct str_list *patterns, str name)
{
    for (size_t i = 0; i < patterns->count; i++)
        if (matches(patterns->items[i], name))
            return true;
    return false;
}

/* The digest is over the attributes that are returned, not over those that were sent. */
static void add_message_attributes(const struct call *call, const struct sqs_receive_message_request *in,
                                   str json, struct sqs_message *message)
{
    struct sqs_message_attribute_value_map all = {0};

    if (!str_present(json) || in->message_attribute_names.count == 0 ||
        !model_from_json(call->arena, &SQS_MESSAGE_BODY_ATTRIBUTE_MAP, json, &all))
        return;
    for (size_t i = 0; i < all.count; i++)
        if (is_asked_for(&in->message_attribute_names, all.items[i].key))
            *list_add(call->arena, &message->message_attributes) = all.items[i];
    message->md5_of_message_attributes = message_attributes_md5(call, &message->message_attributes);
}

static void take(const struct call *call, const struct queue *queue,
                 const struct sqs_receive_message_request *in, const struct sqs_find_visible_row *row,
                 struct sqs_message *message)
{
    int64_t visibility_seconds =
        in->visibility_timeout ? *in->visibility_timeout : queue->row.visibility_timeout;
    int64_t receipt = (int64_t)(random_u64() >> 1);
    struct md5 digest = md5(row->body);

    sqs_take_message(call->txn,
                     &(struct sqs_take_message_params){
                         .id = row->id,
                         .visible_ms = call->now_ms + visibility_seconds * MS,
                         .first_received_ms = row->first_received_ms ? row->first_received_ms
                                                                     : arena_i64(call->arena, call->now_ms),
                         .receipt = receipt,
                     });
    message->message_id = row->message_id;
    message->receipt_handle = receipt_handle(call, queue, (struct receipt){row->id, receipt, call->now_ms});
    message->body = row->body;
    message->md5_of_body = hex_encode(call->arena, HASH_STR(digest));
    add_attributes(call, in, row, message);
    add_message_attributes(call, in, row->attributes, message);
    trace_in(call, row->trace_id, S("received"), queue->arn, row->message_id);
}

/* Received as often as allowed: the next queue gets it, with its id, its age and its count. */
static void move_to_dead_letters(const struct call *call, const struct queue *queue,
                                 const struct queue *dead_letters, const struct sqs_find_visible_row *row)
{
    sqs_move_to_dead_letters(call->txn, &(struct sqs_move_to_dead_letters_params){
                                            .id = row->id,
                                            .queue_id = dead_letters->row.id,
                                            .visible_ms = call->now_ms,
                                            .dead_letter_source_arn = queue->arn,
                                        });
    trace_in(call, row->trace_id, S("dead-lettered"), dead_letters->arn, row->message_id);
    wake(call, queue_arrivals(call, dead_letters));
}

/*
 * Where this message has to go instead of being returned; false when nowhere.  A queue that is its own
 * dead-letter queue has it there already.
 */
static bool find_dead_letters(const struct call *call, const struct queue *queue,
                              const struct sqs_find_visible_row *row, struct queue *dead_letters)
{
    return queue->row.max_receive_count && row->receive_count >= *queue->row.max_receive_count &&
           queue_find_arn(call, queue->row.dead_letter_arn, dead_letters) &&
           dead_letters->row.id != queue->row.id;
}

/* Expired messages and those for the dead-letter queue are put aside; the rest is returned. */
static void take_or_put_aside(const struct call *call, const struct queue *queue,
                              const struct sqs_receive_message_request *in,
                              const struct sqs_find_visible_row *row, struct sqs_message_list *messages)
{
    struct queue dead_letters;

    if (row->sent_ms < call->now_ms - queue->row.retention_seconds * MS)
        sqs_remove_message(call->txn, &(struct sqs_remove_message_params){.id = row->id});
    else if (find_dead_letters(call, queue, row, &dead_letters))
        move_to_dead_letters(call, queue, &dead_letters, row);
    else
        take(call, queue, in, row, list_add(call->arena, messages));
}

/* Once more only when all that was found had to be put aside: no message is returned twice. */
static void take_visible(const struct call *call, const struct queue *queue,
                         const struct sqs_receive_message_request *in, struct sqs_message_list *messages)
{
    int64_t wanted = in->max_number_of_messages ? *in->max_number_of_messages : 1;
    struct sqs_find_visible_rows rows;

    do {
        rows = sqs_find_visible(call->txn, &(struct sqs_find_visible_params){
                                               .queue_id = queue->row.id,
                                               .visible_ms = call->now_ms,
                                               .limit = wanted,
                                           });
        for (size_t i = 0; i < rows.count; i++)
            take_or_put_aside(call, queue, in, &rows.items[i], messages);
    } while (rows.count > 0 && messages->count == 0);
}

/* When the next message that is delayed or in flight will be visible; INT64_MAX: never. */
static int64_t next_visible_ms(const struct call *call, const struct queue *queue)
{
    struct sqs_find_next_visible_row next;

    return sqs_find_next_visible(
               call->txn,
               &(struct sqs_find_next_visible_params){.queue_id = queue->row.id, .visible_ms = call->now_ms},
               &next)
               ? next.visible_ms
               : INT64_MAX;
}

enum outcome sqs_receive_message(const struct call *call, const struct sqs_receive_message_request *in,
                                 struct sqs_receive_message_result *out)
{
    struct queue queue;

    if (!queue_open(call, in->queue_url, &queue) ||
        !range_check(call, "MaxNumberOfMessages", in->max_number_of_messages, 1, MAX_MESSAGES) ||
        !range_check(call, "VisibilityTimeout", in->visibility_timeout, 0, MAX_VISIBILITY_SECONDS) ||
        !wait_check(call, in->wait_time_seconds))
        return FAILED;

    take_visible(call, &queue, in, &out->messages);
    str arrivals = queue_arrivals(call, &queue);
    if (out->messages.count > 0 && awaited(call, arrivals))
        wake_at(call, arrivals, next_visible_ms(call, &queue));

    int64_t wait_seconds = in->wait_time_seconds ? *in->wait_time_seconds : queue.row.wait_seconds;
    int64_t give_up_ms = call->arrived_ms + wait_seconds * MS;
    if (out->messages.count > 0 || call->now_ms >= give_up_ms || call->last_run)
        return DONE;

    int64_t look_again_ms = next_visible_ms(call, &queue);
    return park(call, arrivals, look_again_ms < give_up_ms ? look_again_ms : give_up_ms);
}
