/*
 * counts.c: the number of messages in a queue, without counting them one by one.
 *
 * Messages that are sent to a generation have consecutive numbers as their ids.  So the number of messages is
 * the length of the range from the first to the last existing one, plus the count of second 0 in sqs_count:
 * -1 for each number in the range whose message was removed, and 1 for each dead letter that was moved to the
 * generation.  A send changes neither, and writes no counts.  Second 0 also has the number of messages that
 * were received at least once.
 *
 * For each other second, sqs_count has the number of messages that become visible in it, and of those that
 * were received.  They are exact for the seconds after the current one; earlier seconds are not used.  So
 * code that adds, changes or removes a message subtracts its old state from the counts, and adds its new one.
 *
 * Each call of a busy queue changes the same rows; they are sums, which are stored once for a batch of calls.
 */
#include "sqs_internal.h"

#include "wire/json.h"

enum { MAX_EXPIRED_SUBTRACTED = 2000 };

static int64_t second_of(int64_t ms)
{
    return ms / MS_PER_S;
}

struct tally sqs_tally_begin(const struct queue *queue)
{
    return (struct tally){.generation_id = queue->row.generation_id};
}

static void write_counts(struct txn *txn, const struct sum *sum)
{
    sqs_change_counts(txn, &(struct sqs_change_counts_params){.generation_id = sum->key[0],
                                                              .second = sum->key[1],
                                                              .messages = sum->by[0],
                                                              .received = sum->by[1]});
}

static void add(const struct call *call, const struct tally *tally, int64_t second, struct change change)
{
    if (change.messages != 0 || change.received != 0)
        sum_add(call, &(struct sum){.store = write_counts,
                                    .key = {tally->generation_id, second},
                                    .by = {change.messages, change.received}});
}

static void add_hidden(const struct call *call, struct tally *tally)
{
    add(call, tally, tally->second, tally->hidden);
    tally->hidden = (struct change){0};
}

static void count(struct change *change, struct message_state state, int64_t by)
{
    change->messages += by;
    change->received += state.received ? by : 0;
}

void sqs_tally_count(const struct call *call, struct tally *tally, struct message_state state, int64_t by)
{
    int64_t second = second_of(state.visible_ms);

    check(by == 1 || by == -1);
    count(&tally->all, state, by);
    if (second <= second_of(call->now_ms))
        return;
    if (tally->second != second)
        add_hidden(call, tally);
    tally->second = second;
    count(&tally->hidden, state, by);
}

/* The range of numbers grows by `by`, and so does the number of messages that it implies. */
static void count_numbers(struct tally *tally, int64_t by)
{
    tally->all.messages -= by;
}

void sqs_tally_sent(const struct call *call, struct tally *tally, struct message_state state)
{
    sqs_tally_count(call, tally, state, 1);
    count_numbers(tally, 1);
}

/* The number of the last message sent to the generation, or the number before the first. */
static int64_t last_sent(const struct call *call, int64_t generation_id)
{
    struct id_range ids = sqs_ids_sent(generation_id);
    const struct sqs_find_last_sent_params params = {.first_id = ids.first, .end_id = ids.end};
    struct sqs_find_last_sent_row last;

    return sqs_find_last_sent(call->txn, &params, &last) ? last.id : ids.first - 1;
}

/*
 * If the message was the last one, the range ends at the one before it, and the numbers in between are free
 * again.
 */
void sqs_tally_removed(const struct call *call, struct tally *tally, int64_t id, struct message_state state)
{
    bool was_sent = id < sqs_ids_sent(tally->generation_id).end;
    int64_t last = was_sent ? last_sent(call, tally->generation_id) : id;

    sqs_tally_count(call, tally, state, -1);
    if (last < id)
        count_numbers(tally, last - id);
}

void sqs_tally_end(const struct call *call, struct tally *tally)
{
    add_hidden(call, tally);
    add(call, tally, 0, tally->all);
}

/* The hidden messages: all that become visible after this second, and some that do so in this second. */
static struct counts count_hidden(const struct call *call, const struct queue *queue)
{
    int64_t this_s = second_of(call->now_ms);
    struct sqs_count_hidden_row later = {0};
    struct sqs_count_hidden_between_row now = {0};

    sqs_count_hidden(
        call->txn,
        &(struct sqs_count_hidden_params){.generation_id = queue->row.generation_id, .second = this_s},
        &later);
    sqs_count_hidden_between(call->txn,
                             &(struct sqs_count_hidden_between_params){
                                 .generation_id = queue->row.generation_id,
                                 .visible_ms = call->now_ms,
                                 .end_ms = (this_s + 1) * MS_PER_S,
                             },
                             &now);
    return (struct counts){.delayed = later.delayed + now.delayed,
                           .in_flight = later.in_flight + now.in_flight};
}

/* Expired messages that wait for their removal; there are never many for long. */
static void subtract_expired(const struct call *call, const struct queue *queue, struct counts *counts)
{
    struct aging_messages expired = sqs_sent_before(call, queue->row.generation_id,
                                                    sqs_queue_oldest_ms(call, queue), MAX_EXPIRED_SUBTRACTED);

    for (size_t i = 0; i < expired.count; i++) {
        const struct sqs_aging_message_row *row = &expired.items[i];
        if (row->visible_ms <= call->now_ms)
            counts->ready--;
        else if (row->receive_count > 0)
            counts->in_flight--;
        else
            counts->delayed--;
    }
}

struct counts sqs_counts_read(const struct call *call, const struct queue *queue)
{
    struct sqs_find_counts_row row = {0};

    sums_store(call);
    struct counts counts = count_hidden(call, queue);
    sqs_find_counts(call->txn, &(struct sqs_find_counts_params){.generation_id = queue->row.generation_id},
                    &row);
    int64_t numbers =
        last_sent(call, queue->row.generation_id) + 1 - sqs_ids_sent(queue->row.generation_id).first;
    counts.ready = numbers + row.messages - counts.delayed - counts.in_flight;
    subtract_expired(call, queue, &counts);
    return counts;
}

void sqs_describe(const struct call *call, str arn, struct json_writer *state)
{
    struct queue queue;

    if (!sqs_queue_find_arn(call, arn, &queue)) {
        json_null(state);
        return;
    }
    struct counts counts = sqs_counts_read(call, &queue);
    json_open_object(state);
    json_i64_field(state, S("visible"), counts.ready);
    json_i64_field(state, S("inFlight"), counts.in_flight);
    json_i64_field(state, S("delayed"), counts.delayed);
    json_close_object(state);
}

static int64_t all_in_flight(const struct call *call, const struct queue *queue)
{
    sums_store(call);
    return count_hidden(call, queue).in_flight;
}

/* The limit can be reached only when that many messages were received. */
int64_t sqs_counts_room_in_flight(const struct call *call, const struct queue *queue)
{
    const struct sum counts = {.store = write_counts, .key = {queue->row.generation_id}};
    struct sqs_find_counts_row row = {0};

    sqs_find_counts(call->txn, &(struct sqs_find_counts_params){.generation_id = queue->row.generation_id},
                    &row);
    int64_t received = row.received + sum_added(call, &counts).by[1];
    return MAX_IN_FLIGHT - (received < MAX_IN_FLIGHT ? received : all_in_flight(call, queue));
}
