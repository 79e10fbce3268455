/*
 * receive.c: taking messages off a queue, for a while.
 *
 * Long polling is the same handler, run again: it parks until a message arrives, until the next hidden
 * message becomes visible, or until the wait is over.
 */
#include "sqs_internal.h"

#include "aws/message_attributes.h"
#include "base/hash.h"
#include "base/log.h"
#include "engine/count.h"

enum {
    MAX_MESSAGES = 10,
    MAX_VISIBILITY_SECONDS = 43200,
    MAX_WAIT_SECONDS = 20,
    MAX_PUT_ASIDE = 100, /* in one run; then the call runs again */
    MAX_BYTES = 3000000, /* of several messages: doubled by JSON's escapes, they still fit into one event */
};

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

/* AWS has another sentence for this one. */
static bool wait_check(const struct call *call, const int64_t *seconds)
{
    if (!seconds || (*seconds >= 0 && *seconds <= MAX_WAIT_SECONDS))
        return true;
    fail(call, &SQS_INVALID_PARAMETER_VALUE_EXCEPTION,
         "Value %lld for parameter WaitTimeSeconds is invalid. Reason: Must be >= 0 and <= 20, if provided.",
         (long long)*seconds);
    return false;
}

static void add_attribute(const struct call *call, const struct sqs_receive_message_request *in,
                          struct sqs_message *message, str name, str value)
{
    if (sqs_attributes_ask_for(&in->attribute_names, name) ||
        sqs_attributes_ask_for(&in->message_system_attribute_names, name))
        str_map_add(call->arena, &message->attributes, name, value);
}

static str trace_of_row(const struct call *call, const struct sqs_visible_row *row)
{
    return sqs_message_trace(call, row->trace_id, row->message_id, row->sent_ms);
}

/*
 * A client that asks for the trace header by name gets it, even if the sender set none: so the trace
 * continues.
 */
static str trace_header(const struct call *call, const struct sqs_receive_message_request *in,
                        const struct sqs_visible_row *row)
{
    const struct str_list *names = &in->message_system_attribute_names;

    if (!str_present(row->trace_header) && str_is_one_of(S("AWSTraceHeader"), names->items, names->count))
        return arena_join(call->arena, S("Root="), trace_of_row(call, row));
    return row->trace_header;
}

static struct message_state state_of(const struct sqs_visible_row *row)
{
    return (struct message_state){row->visible_ms, row->receive_count > 0};
}

static void add_attributes(const struct call *call, const struct sqs_receive_message_request *in,
                           const struct sqs_visible_row *row, struct sqs_message *message)
{
    if (in->attribute_names.count == 0 && in->message_system_attribute_names.count == 0)
        return;
    add_attribute(call, in, message, S("SenderId"), row->sender_id);
    add_attribute(call, in, message, S("SentTimestamp"), arena_decimal(call->arena, row->sent_ms));
    add_attribute(call, in, message, S("ApproximateReceiveCount"),
                  arena_decimal(call->arena, row->receive_count));
    if (row->first_received_ms)
        add_attribute(call, in, message, S("ApproximateFirstReceiveTimestamp"),
                      arena_decimal(call->arena, *row->first_received_ms));
    add_attribute(call, in, message, S("AWSTraceHeader"), trace_header(call, in, row));
    add_attribute(call, in, message, S("MessageGroupId"), row->group_id);
    add_attribute(call, in, message, S("MessageDeduplicationId"), row->deduplication_id);
    add_attribute(call, in, message, S("SequenceNumber"), sqs_sequence_text(call, row->sequence));
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

/* The digest covers the returned attributes, which may be fewer than the sent ones. */
static void add_message_attributes(const struct call *call, const struct sqs_receive_message_request *in,
                                   str json, struct sqs_message *message)
{
    struct sqs_message_body_attribute_map all = {0};

    if (!str_present(json) || in->message_attribute_names.count == 0 ||
        !model_from_json(call->arena, &SQS_MESSAGE_BODY_ATTRIBUTE_MAP, json, &all))
        return;
    for (size_t i = 0; i < all.count; i++)
        if (is_asked_for(&in->message_attribute_names, all.items[i].key))
            *list_add(call->arena, &message->message_attributes) = all.items[i];
    message->md5_of_message_attributes = sqs_message_attributes_md5(call, &message->message_attributes);
}

void sqs_message_show(const struct call *call, const struct sqs_receive_message_request *in,
                      const struct sqs_visible_row *row, const struct content *content,
                      struct sqs_message *message)
{
    message->message_id = row->message_id;
    message->body = content->body;
    message->md5_of_body = content->body_md5;
    add_attributes(call, in, row, message);
    add_message_attributes(call, in, content->attributes, message);
}

/* A receive in progress: the messages taken, and those diverted. */
struct receive {
    const struct sqs_receive_message_request *in;
    const struct queue *queue;
    struct tally tally, dead_letter_tally;
    struct queue dead_letters; /* without a row when the queue has no dead-letter queue */
    bool dead_letters_sought;
    size_t put_aside, bytes;
    struct sqs_message_list *messages;
    struct attempt attempt; /* what was taken */
};

/* For a message whose trace begins with it, the first receive also notes that it was sent. */
static void trace_received(const struct call *call, const struct queue *queue,
                           const struct sqs_visible_row *row, str body)
{
    struct trace_hop hop = sqs_message_hop(row->trace_id, row->message_id, row->sent_ms);

    hop.kind = HOP_RECEIVED;
    hop.resource_arn = queue->arn;
    hop.attempt = row->receive_count + 1;
    if (hop.sent_ms && row->receive_count == 0) {
        hop.tells_sent = true;
        hop.text = body;
    }
    trace(call, &hop);
}

/* Hide the message for the time that the request or the queue names; its receipt is `receipt`. */
static void hide(const struct call *call, struct receive *receive, const struct sqs_visible_row *row,
                 int64_t receive_count, int64_t receipt)
{
    const int64_t *asked = receive->in->visibility_timeout;
    int64_t seconds = asked ? *asked : receive->queue->row.visibility_timeout;
    int64_t visible_ms = call->now_ms + seconds * MS_PER_S;

    sqs_take_message(call->txn,
                     &(struct sqs_take_message_params){
                         .id = row->id,
                         .visible_ms = visible_ms,
                         .receive_count = receive_count,
                         .first_received_ms = row->first_received_ms ? row->first_received_ms
                                                                     : arena_i64(call->arena, call->now_ms),
                         .receipt = receipt,
                     });
    receive->attempt.visible_ms = visible_ms;
    sqs_timeout_begins(receive->queue->row.generation_id, visible_ms);
    sqs_tally_count(call, &receive->tally, state_of(row), -1);
    sqs_tally_count(call, &receive->tally, (struct message_state){visible_ms, true}, 1);
}

/* `row` is as the receive leaves it. */
static void show(const struct call *call, struct receive *receive, const struct sqs_visible_row *row,
                 const struct content *content, struct receipt receipt)
{
    struct sqs_message *message = list_add(call->arena, receive->messages);

    message->receipt_handle = sqs_receipt_handle(call, receive->queue, receipt);
    receive->bytes += content->body.size + content->attributes.size;
    sqs_message_show(call, receive->in, row, content, message);
}

static void take(const struct call *call, struct receive *receive, const struct sqs_visible_row *row)
{
    int64_t receipt = (int64_t)(random_u64() >> 1) | 1; /* positive: see sqs.sql */
    struct content content = sqs_body_of(call, row);
    struct sqs_visible_row taken = *row;

    hide(call, receive, row, row->receive_count + 1, receipt);
    taken.receive_count++;
    if (!taken.first_received_ms)
        taken.first_received_ms = arena_i64(call->arena, call->now_ms);
    show(call, receive, &taken, &content, (struct receipt){row->id, receipt, call->now_ms});
    *list_add(call->arena, &receive->attempt) = (struct taken){row->id, receipt};
    trace_received(call, receive->queue, row, content.body);
}

static void remove_expired(const struct call *call, struct receive *receive,
                           const struct sqs_visible_row *row)
{
    sqs_trace_expired(call, receive->queue, row);
    sqs_message_remove(call, row->id, row->body_id);
    sqs_tally_removed(call, &receive->tally, row->id, state_of(row));
}

static void trace_dead_letter(const struct call *call, const struct queue *queue,
                              const struct queue *dead_letters, const struct sqs_visible_row *row)
{
    static struct log_pace pace;
    unsigned left_out;
    str reason = arena_format(call->arena, "It was received %lld times from %.*s, and not deleted.",
                              (long long)row->receive_count, STR_ARGS(queue->arn));

    trace(call, &(struct trace_hop){
                    .kind = HOP_DEAD_LETTERED,
                    .verdict = VERDICT_DEAD_LETTERED,
                    .trace_id = trace_of_row(call, row),
                    .resource_arn = dead_letters->arn,
                    .message_id = row->message_id,
                    .attempt = row->receive_count,
                    .reason = reason,
                });
    if (log_due(&pace, &left_out))
        log_warn("a message went to the dead-letter queue", log_field("queue", queue->arn),
                 log_field("dead_letter_queue", dead_letters->arn), log_field("message_id", row->message_id),
                 log_field("received", row->receive_count), log_field("not_told_before", left_out));
}

/*
 * The message was received as often as allowed: the dead-letter queue gets it, with its id and its count.  In
 * a standard queue it keeps its age; in a FIFO queue its time of arrival is now, and its id is also its
 * deduplication id.
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/setting-up-dead-letter-queue-retention.html
 */
static void move_to_dead_letters(const struct call *call, struct receive *receive,
                                 const struct sqs_visible_row *row)
{
    const struct queue *dead_letters = &receive->dead_letters;
    struct id_range ids = sqs_ids_moved(dead_letters->row.generation_id);
    bool fifo = dead_letters->row.fifo;
    const int64_t *sequence = NULL;

    check(dead_letters->row.generation_id != receive->queue->row.generation_id);
    if (fifo)
        sequence =
            arena_i64(call->arena, sqs_sequence_next(call, dead_letters->row.generation_id, row->group_id));
    sqs_move_to_dead_letters(call->txn,
                             &(struct sqs_move_to_dead_letters_params){
                                 .first_id = ids.first,
                                 .end_id = ids.end,
                                 .id = row->id,
                                 .generation_id = dead_letters->row.generation_id,
                                 .visible_ms = call->now_ms,
                                 .dead_letter_source_arn = receive->queue->arn,
                                 .sequence = sequence,
                                 .sent_ms = fifo ? call->now_ms : row->sent_ms,
                                 .trace_id = fifo ? trace_of_row(call, row) : row->trace_id,
                                 .deduplication_id = fifo ? row->message_id : row->deduplication_id,
                             });
    sqs_tally_removed(call, &receive->tally, row->id, state_of(row));
    sqs_tally_count(call, &receive->dead_letter_tally, state_of(row), 1);
    resource_changed(call, dead_letters->arn);
    sqs_tenant_joins(dead_letters, row->group_id);
    trace_dead_letter(call, receive->queue, dead_letters, row);
    sqs_queue_has_messages(
        call, dead_letters,
        sequence ? sqs_group_join(call, dead_letters->row.generation_id, row->group_id, call->now_ms)
                 : call->now_ms);
}

/*
 * The queue's dead-letter queue is looked up for the first message that may have to move.  A dead-letter
 * queue that does not accept this source any more gets none of its messages, as if it did not exist.
 */
static void find_dead_letters(const struct call *call, struct receive *receive)
{
    struct queue *dead_letters = &receive->dead_letters;

    if (receive->dead_letters_sought)
        return;
    receive->dead_letters_sought = true;
    if (sqs_queue_find_arn(call, receive->queue->row.dead_letter_arn, dead_letters) &&
        !sqs_redrive_allowed(call, dead_letters, receive->queue->arn))
        *dead_letters = (struct queue){0};
    receive->dead_letter_tally = sqs_tally_begin(&receive->dead_letters);
}

/*
 * Must this message move to the dead-letter queue, instead of being returned?  In a queue that is its own
 * dead-letter queue it stays.
 */
static bool is_dead_letter(const struct call *call, struct receive *receive,
                           const struct sqs_visible_row *row)
{
    const int64_t *maximum = receive->queue->row.max_receive_count;

    if (!maximum || row->receive_count < *maximum)
        return false;
    find_dead_letters(call, receive);
    return receive->dead_letters.row.id != 0 && receive->dead_letters.row.id != receive->queue->row.id;
}

/* A message that exceeds what one receive returns is left for the next one; AWS may also return fewer. */
static bool has_room(const struct call *call, const struct receive *receive,
                     const struct sqs_visible_row *row)
{
    return receive->messages->count == 0 ||
           receive->bytes + (size_t)sqs_body_stored_size(call, row) <= MAX_BYTES;
}

/* Divert an expired message or a dead letter; otherwise return the message. */
static void receive_or_divert(const struct call *call, struct receive *receive,
                              const struct sqs_visible_row *row)
{
    bool expired = row->sent_ms < sqs_queue_oldest_ms(call, receive->queue);

    if (expired)
        remove_expired(call, receive, row);
    else if (is_dead_letter(call, receive, row))
        move_to_dead_letters(call, receive, row);
    else {
        take(call, receive, row);
        return;
    }
    receive->put_aside++;
}

/*
 * Search again only when all found messages were diverted: no message is returned twice.  False when so many
 * were diverted that the rest must wait for another run.
 */
static bool take_visible(const struct call *call, struct receive *receive, int64_t wanted)
{
    struct sqs_visible_rows rows;

    check(wanted >= 0 && wanted <= MAX_MESSAGES);
    do {
        rows = sqs_visible_list(call, receive->queue, wanted);
        for (size_t i = 0; i < rows.count && has_room(call, receive, &rows.items[i]); i++)
            receive_or_divert(call, receive, &rows.items[i]);
    } while (rows.count > 0 && receive->messages->count == 0 && receive->put_aside < MAX_PUT_ASIDE);
    return rows.count == 0 || receive->messages->count > 0;
}

/* ---- FIFO queues ---- */

/* The first messages of a group, in their order; the group is locked then. */
static void take_group(const struct call *call, struct receive *receive, str group_id, int64_t wanted)
{
    int64_t generation_id = receive->queue->row.generation_id;
    struct sqs_visible_rows rows = sqs_list_group(call->txn, &(struct sqs_list_group_params){
                                                                 .generation_id = generation_id,
                                                                 .group_id = group_id,
                                                                 .limit = wanted,
                                                             });

    for (size_t i = 0; i < rows.count && has_room(call, receive, &rows.items[i]); i++) {
        if (rows.items[i].visible_ms > call->now_ms)
            break;
        receive_or_divert(call, receive, &rows.items[i]);
    }
    sqs_group_settle(call, generation_id, group_id);
}

/* As many of one group as there are, then of the next; false as in take_visible(). */
static bool take_from_groups(const struct call *call, struct receive *receive, int64_t wanted)
{
    struct sqs_find_available_groups_rows groups;

    do {
        groups = sqs_find_available_groups(call->txn, &(struct sqs_find_available_groups_params){
                                                          .generation_id = receive->queue->row.generation_id,
                                                          .available_ms = call->now_ms,
                                                          .limit = wanted,
                                                      });
        for (size_t i = 0; i < groups.count && (int64_t)receive->messages->count < wanted &&
                           receive->put_aside < MAX_PUT_ASIDE;
             i++)
            take_group(call, receive, groups.items[i].group_id, wanted - (int64_t)receive->messages->count);
    } while (groups.count > 0 && receive->messages->count == 0 && receive->put_aside < MAX_PUT_ASIDE);
    return groups.count == 0 || receive->messages->count > 0;
}

/*
 * The messages of an earlier receive, if none of them was deleted or has another visibility timeout since
 * then. False: fail() has been called.
 */
static bool list_attempt(const struct call *call, const struct receive *receive,
                         const struct attempt *attempt, struct sqs_visible_rows *rows)
{
    for (size_t i = 0; i < attempt->count; i++) {
        struct sqs_visible_row *row = list_add(call->arena, rows);
        if (!sqs_find_in_flight(
                call->txn,
                &(struct sqs_find_in_flight_params){.id = attempt->items[i].id,
                                                    .generation_id = receive->queue->row.generation_id,
                                                    .receipt = attempt->items[i].receipt,
                                                    .visible_ms = call->now_ms},
                row) ||
            row->visible_ms != attempt->visible_ms)
            return sqs_value_refuse(
                call, "ReceiveRequestAttemptId", receive->in->receive_request_attempt_id,
                "The receiveRequestAttemptId is not valid anymore since the receive call is not retryable.");
    }
    return true;
}

/*
 * The messages of an earlier receive with the same attempt id, with the same handles, hidden anew; or fail().
 * False, and nothing is done, without such a receive, or when its visibility timeout is over.
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ReceiveMessage.html
 */
static bool repeat_attempt(const struct call *call, struct receive *receive)
{
    const struct queue *queue = receive->queue;
    str attempt_id = receive->in->receive_request_attempt_id;
    struct attempt attempt;
    struct sqs_visible_rows rows = {0};

    if (!sqs_attempt_find(call, queue, attempt_id, &attempt) || attempt.visible_ms <= call->now_ms)
        return false;
    if (!list_attempt(call, receive, &attempt, &rows))
        return true;
    for (size_t i = 0; i < rows.count; i++) {
        struct sqs_visible_row *row = &rows.items[i];
        struct content content = sqs_body_of(call, row);
        hide(call, receive, row, row->receive_count, attempt.items[i].receipt);
        sqs_group_settle(call, queue->row.generation_id, row->group_id);
        show(call, receive, row, &content,
             (struct receipt){row->id, attempt.items[i].receipt, attempt.received_ms});
    }
    attempt.visible_ms = receive->attempt.visible_ms;
    sqs_attempt_store(call, queue, attempt_id, &attempt);
    return true;
}

static bool receive_fifo(const struct call *call, struct receive *receive, int64_t wanted)
{
    str attempt_id = receive->in->receive_request_attempt_id;

    if (str_present(attempt_id) && repeat_attempt(call, receive))
        return true;
    bool complete = take_from_groups(call, receive, wanted);
    receive->attempt.received_ms = call->now_ms;
    if (str_present(attempt_id) && receive->attempt.count > 0)
        sqs_attempt_store(call, receive->queue, attempt_id, &receive->attempt);
    return complete;
}

/* ---- the operation ---- */

/* False when nothing was found, but there may be more to find. */
static bool receive_some(const struct call *call, const struct queue *queue,
                         const struct sqs_receive_message_request *in, int64_t wanted,
                         struct sqs_message_list *messages)
{
    struct receive receive = {
        .in = in, .queue = queue, .tally = sqs_tally_begin(queue), .messages = messages};

    bool complete =
        queue->row.fifo ? receive_fifo(call, &receive, wanted) : take_visible(call, &receive, wanted);
    sqs_tally_end(call, &receive.tally);
    sqs_tally_end(call, &receive.dead_letter_tally);
    return complete;
}

static int64_t next_available_ms(const struct call *call, const struct queue *queue)
{
    struct sqs_find_next_available_row next;

    return sqs_find_next_available(
               call->txn,
               &(struct sqs_find_next_available_params){.generation_id = queue->row.generation_id,
                                                        .available_ms = call->now_ms},
               &next)
               ? next.available_ms
               : INT64_MAX;
}

/* The time when the next delayed or hidden message, or locked group, can be received; INT64_MAX: never. */
static int64_t next_visible_ms(const struct call *call, const struct queue *queue)
{
    struct sqs_find_next_visible_row next;

    if (queue->row.fifo)
        return next_available_ms(call, queue);
    return sqs_find_next_visible(call->txn,
                                 &(struct sqs_find_next_visible_params){
                                     .generation_id = queue->row.generation_id, .visible_ms = call->now_ms},
                                 &next)
               ? next.visible_ms
               : INT64_MAX;
}

/*
 * The largest number of messages to take.  At AWS's limit of messages in flight a short poll of a standard
 * queue fails; any other receive finds nothing.  False: fail() has been called.
 */
static bool wanted_read(const struct call *call, const struct queue *queue,
                        const struct sqs_receive_message_request *in, int64_t wait_seconds, int64_t *wanted)
{
    int64_t room = sqs_counts_room_in_flight(call, queue);

    *wanted = in->max_number_of_messages ? *in->max_number_of_messages : 1;
    if (*wanted > room)
        *wanted = room > 0 ? room : 0;
    if (*wanted > 0 || wait_seconds > 0 || queue->row.fifo)
        return true;
    fail(call, &SQS_OVER_LIMIT, "Too many messages in flight for queue %.*s; the limit is %d.",
         STR_ARGS(queue->arn), MAX_IN_FLIGHT);
    return false;
}

/* A standard queue ignores the attempt's id, as on AWS. */
static bool attempt_check(const struct call *call, const struct queue *queue, str attempt_id)
{
    return !queue->row.fifo || !str_present(attempt_id) || message_group_is_id(attempt_id) ||
           sqs_value_refuse(call, "ReceiveRequestAttemptId", attempt_id,
                            "ReceiveRequestAttemptId can only include alphanumeric and punctuation "
                            "characters. 1 to 128 in length.");
}

static bool request_check(const struct call *call, const struct queue *queue,
                          const struct sqs_receive_message_request *in)
{
    return attempt_check(call, queue, in->receive_request_attempt_id) &&
           sqs_attributes_number_check(call, &in->attribute_names) &&
           sqs_attributes_number_check(call, &in->message_system_attribute_names) &&
           sqs_attributes_number_check(call, &in->message_attribute_names) &&
           range_check(call, "MaxNumberOfMessages", in->max_number_of_messages, 1, MAX_MESSAGES) &&
           range_check(call, "VisibilityTimeout", in->visibility_timeout, 0, MAX_VISIBILITY_SECONDS) &&
           wait_check(call, in->wait_time_seconds);
}

/* A queue at its limit has visible messages that must wait; the receive looks again every second. */
static int64_t look_again_ms(const struct call *call, const struct queue *queue, int64_t wanted)
{
    return wanted > 0 ? next_visible_ms(call, queue) : call->now_ms + MS_PER_S;
}

static const struct metric received = {"AWS/SQS", "NumberOfMessagesReceived", "QueueName", "Count"};

enum outcome sqs_receive_message(const struct call *call, const struct sqs_receive_message_request *in,
                                 struct sqs_receive_message_result *out)
{
    const struct queue *queue = sqs_queue_of(call);
    int64_t wanted;

    if (!queue || !request_check(call, queue, in))
        return FAILED;
    int64_t wait_seconds = in->wait_time_seconds ? *in->wait_time_seconds : queue->row.wait_seconds;
    if (!wanted_read(call, queue, in, wait_seconds, &wanted))
        return FAILED;

    bool complete = receive_some(call, queue, in, wanted, &out->messages);
    if (call->progress->failure.error)
        return FAILED;
    str arrivals = sqs_queue_arrivals(call, queue);
    if (out->messages.count > 0 && awaited(call, arrivals))
        wake_at(call, arrivals, next_visible_ms(call, queue));
    if (!complete && !call->last_run)
        return park(call, arrivals, call->now_ms + 1);

    int64_t give_up_ms = call->arrived_ms + wait_seconds * MS_PER_S;
    if (out->messages.count > 0)
        count(call, &received, queue->row.name, (double)out->messages.count);
    if (out->messages.count > 0 || call->now_ms >= give_up_ms || call->last_run)
        return DONE;
    int64_t again_ms = look_again_ms(call, queue, wanted);
    answer_when_left(call);
    return park(call, arrivals, again_ms < give_up_ms ? again_ms : give_up_ms);
}
