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
    SHOWN_MS = 6 * 60 * MINUTE_MS,
    MOST_QUIET = 20000,    /* messages that are looked at in an index */
    MOST_IN_FLIGHT = 1000, /* messages that are looked at, one by one */
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

int64_t sqs_oldest_age_s(const struct call *call, const struct queue *queue, bool has_messages)
{
    int64_t sent_ms = sqs_oldest_sent_ms(call, queue->row.generation_id);

    return has_messages && sent_ms < call->now_ms ? (call->now_ms - sent_ms) / MS_PER_S : 0;
}

#define METRIC(name, unit)                                                                                   \
    {                                                                                                        \
        "AWS/SQS", (name), "QueueName", (unit)                                                               \
    }

/* ---- groups ---- */

/* Messages of groups that are not noisy; each message without a group counts as one of its own. */
struct quiet {
    int64_t visible, delayed, first_ms;
};

static void add_quiet(struct quiet *quiet, int64_t visible, int64_t delayed, int64_t first_ms)
{
    quiet->visible += visible;
    quiet->delayed += delayed;
    if (first_ms < quiet->first_ms)
        quiet->first_ms = first_ms;
}

static void add_between(const struct call *call, const struct queue *queue, str after, str before,
                        struct quiet *quiet)
{
    struct sqs_count_tenants_between_row row = {0};
    int64_t seen = quiet->visible + quiet->delayed;

    if (seen < MOST_QUIET && sqs_count_tenants_between(call->txn,
                                                       &(struct sqs_count_tenants_between_params){
                                                           .generation_id = queue->row.generation_id,
                                                           .after = after,
                                                           .before = before,
                                                           .now_ms = call->now_ms,
                                                           .limit = MOST_QUIET - seen},
                                                       &row))
        add_quiet(quiet, row.visible, row.delayed, row.first_ms);
}

/* Those without a group, and those of the groups between the noisy ones. */
static struct quiet quiet_read(const struct call *call, const struct queue *queue,
                               const struct str_list *noisy)
{
    static const str first = STR_INIT(""), end = STR_INIT("\x7f"); /* no group has a name beyond them */
    struct quiet quiet = {.first_ms = call->now_ms};
    struct sqs_count_ungrouped_row row = {0};

    if (sqs_count_ungrouped(call->txn,
                            &(struct sqs_count_ungrouped_params){.generation_id = queue->row.generation_id,
                                                                 .now_ms = call->now_ms,
                                                                 .limit = MOST_QUIET},
                            &row))
        add_quiet(&quiet, row.visible, row.delayed, row.first_ms);
    for (size_t i = 0; i <= noisy->count; i++)
        add_between(call, queue, i > 0 ? noisy->items[i - 1] : first,
                    i < noisy->count ? noisy->items[i] : end, &quiet);
    return quiet;
}

static int64_t taken_of(const struct call *call, const struct queue *queue, const struct str_list *groups)
{
    struct sqs_count_taken_of_tenant_row row;
    int64_t taken = 0;

    for (size_t i = 0; i < groups->count; i++)
        if (sqs_count_taken_of_tenant(
                call->txn,
                &(struct sqs_count_taken_of_tenant_params){.generation_id = queue->row.generation_id,
                                                           .group_id = groups->items[i]},
                &row))
            taken += row.taken;
    return taken;
}

static void measure_fairness(const struct call *call, const struct queue *queue, int64_t in_flight)
{
    static const struct metric groups = METRIC("ApproximateNumberOfNoisyGroups", "Count"),
                               visible = METRIC("ApproximateNumberOfMessagesVisibleInQuietGroups", "Count"),
                               hidden = METRIC("ApproximateNumberOfMessagesNotVisibleInQuietGroups", "Count"),
                               delayed = METRIC("ApproximateNumberOfMessagesDelayedInQuietGroups", "Count"),
                               age = METRIC("ApproximateAgeOfOldestMessageInQuietGroups", "Seconds");
    struct str_list noisy;

    if (!sqs_noisy_groups(call, queue, &noisy))
        return;
    struct quiet quiet = quiet_read(call, queue, &noisy);
    int64_t noisy_taken = taken_of(call, queue, &noisy);
    int64_t age_seconds = (call->now_ms - quiet.first_ms) / MS_PER_S;
    count(call, &groups, queue->row.name, (double)noisy.count);
    count(call, &visible, queue->row.name, (double)quiet.visible);
    count(call, &hidden, queue->row.name, (double)(in_flight > noisy_taken ? in_flight - noisy_taken : 0));
    count(call, &delayed, queue->row.name, (double)quiet.delayed);
    count(call, &age, queue->row.name, (double)age_seconds);
}

static int64_t groups_in_flight(const struct call *call, const struct queue *queue)
{
    struct sqs_count_groups_in_flight_row row = {0};

    sqs_count_groups_in_flight(
        call->txn,
        &(struct sqs_count_groups_in_flight_params){
            .generation_id = queue->row.generation_id, .now_ms = call->now_ms, .limit = MOST_IN_FLIGHT},
        &row);
    return row.groups;
}

/*
 * A group is locked while its first message is in flight or delayed: nearly those with messages in flight,
 * which take a look at each message.
 */
static int64_t locked_groups(const struct call *call, const struct queue *queue, int64_t in_flight)
{
    struct sqs_count_locked_groups_row row = {0};

    sqs_count_locked_groups(
        call->txn,
        &(struct sqs_count_locked_groups_params){
            .generation_id = queue->row.generation_id, .now_ms = call->now_ms, .limit = MAX_IN_FLIGHT},
        &row);
    return row.locked < in_flight ? row.locked : in_flight;
}

static void measure_groups(const struct call *call, const struct queue *queue, int64_t in_flight)
{
    static const struct metric groups = METRIC("ApproximateNumberOfGroupsWithInflightMessages", "Count");

    count(call, &groups, queue->row.name,
          (double)(in_flight <= MOST_IN_FLIGHT ? groups_in_flight(call, queue)
                                               : locked_groups(call, queue, in_flight)));
}

/* ---- queues ---- */

static void measure(const struct call *call, const struct sqs_next_queue_row *row)
{
    static const struct metric visible = METRIC("ApproximateNumberOfMessagesVisible", "Count"),
                               hidden = METRIC("ApproximateNumberOfMessagesNotVisible", "Count"),
                               delayed = METRIC("ApproximateNumberOfMessagesDelayed", "Count"),
                               age = METRIC("ApproximateAgeOfOldestMessage", "Seconds");
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
    count(&there, &age, row->name, (double)sqs_oldest_age_s(&there, &queue, has_messages));
    if (queue.row.fifo)
        measure_groups(&there, &queue, counts.in_flight);
    else
        measure_fairness(&there, &queue, counts.in_flight);
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
