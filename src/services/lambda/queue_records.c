/*
 * queue_records.c: a queue's messages become records, or are deleted because no filter takes them.
 *
 * When that takes long, a worker reads the messages again, by their receipts, and makes the records
 * (matching.c).  What it has made is written some records at a time.
 */
#include "batches.h"
#include "invocations.h"
#include "reports.h"
#include "sources.h"

#include "base/text.h"
#include "sqs_model.h"

enum {
    WRITTEN_AT_ONCE = 512 * 1024, /* bytes of records: more are gathered, and written in slices */
    RECORDS_PER_RUN = 10,
};

/* ---- receipts ---- */

static struct receipt receipt_of(const struct sqs_message *message)
{
    struct receipt receipt = {.message_id = message->message_id,
                              .handle = message->receipt_handle,
                              .trace_id = lambda_event_trace_id(message)};

    str_to_i64(str_map_get(&message->attributes, S("ApproximateReceiveCount")), &receipt.attempt);
    return receipt;
}

static str receipt_text(const struct call *call, const struct sqs_message *message)
{
    const struct receipt receipt = receipt_of(message);

    return lambda_receipt_text(call, &receipt);
}

str lambda_messages_receipts(const struct call *call, const struct sqs_message_list *messages)
{
    struct text receipts = text_in(call->arena);

    for (size_t i = 0; i < messages->count; i++) {
        text_add(&receipts, i > 0 ? S("\n") : S(""));
        text_add(&receipts, receipt_text(call, &messages->items[i]));
    }
    return text_str(&receipts);
}

/* ---- matching ---- */

/* A message, and its record; without a record when no filter takes the message. */
struct matched {
    const struct sqs_message *message; /* NULL: it is no longer ours */
    str record;
};
struct matched_list {
    struct matched *items;
    size_t count;
};

static void match_one(const struct call *call, const struct poll *poll, const struct sqs_message *message,
                      struct matched *matched)
{
    str queue_arn = poll->mapping.source_arn;

    matched->message = message;
    if (!poll->filter ||
        lambda_filter_takes(call, poll->filter, lambda_event_record_head(call, message, queue_arn),
                            message->body))
        matched->record = lambda_event_record(call, message, queue_arn, poll->mapping.window_seconds > 0);
}

void *lambda_queue_match(const struct call *call, const struct poll *poll,
                         const struct lambda_matching_row *matching)
{
    struct matched_list *matched = arena_new(call->arena, struct matched_list);
    struct sqs_show_received_request in = {.queue_arn = poll->mapping.source_arn};
    struct sqs_receive_message_result out = {0};
    struct failure failure;
    struct receipt receipt;
    size_t found = 0;

    for (str lines = matching->receipts; lambda_receipt_next(&lines, &receipt);)
        *list_add(call->arena, &in.receipt_handles) = receipt.handle;
    if (invoke(call, poll->role, &SQS_SHOW_RECEIVED, &in, &out, &failure) != DONE)
        return NULL;
    if (call->preparing)
        read_anew(call);
    for (size_t i = 0; i < in.receipt_handles.count; i++) {
        struct matched *one = list_add(call->arena, matched);
        const struct sqs_message *message = found < out.messages.count ? &out.messages.items[found] : NULL;
        if (message && str_equal(message->receipt_handle, in.receipt_handles.items[i])) {
            match_one(call, poll, message, one);
            found++;
        }
    }
    return matched;
}

/* ---- taking ---- */

/* Messages that must not invoke the function, because they are in a loop. */
struct stopped {
    size_t count;
    struct str_list groups; /* of a FIFO queue: their later messages wait, too */
};

static bool is_stopped(const struct call *call, const struct poll *poll, const struct sqs_message *message,
                       str lineage, struct stopped *stopped)
{
    bool is_fifo = str_ends_with(poll->mapping.source_arn, S(".fifo"));
    str group = is_fifo ? str_map_get(&message->attributes, S("MessageGroupId")) : (str){0};
    bool is_looping = lambda_loop_is_over(call, &poll->function, lineage);

    if (!is_looping && !(is_fifo && str_is_one_of(group, stopped->groups.items, stopped->groups.count)))
        return false;
    const struct receipt receipt = receipt_of(message);
    lambda_stopped_hop(call, &receipt, poll->mapping.source_arn, is_looping);
    if (is_fifo)
        *list_add(call->arena, &stopped->groups) = group;
    stopped->count++;
    return true;
}

/* They come again after their visibility timeout, until their queue moves them to its dead-letter queue. */
static void count_stopped(const struct call *call, const struct poll *poll, const struct stopped *stopped)
{
    if (stopped->count == 0)
        return;
    lambda_loop_count(call, &poll->function, false);
    lambda_events_count(call, &poll->mapping, &poll->settings, EVENTS_FAILED, stopped->count);
}

static struct record record_of(const struct call *call, const struct matched *one)
{
    return (struct record){
        .json = one->record,
        .lineage = lambda_event_lineage(call, one->message),
        .receipt = receipt_text(call, one->message),
        .trace_id = lambda_event_trace_id(one->message),
    };
}

/*
 * Which of the messages go to the function: a '+' for each of them, a '-' for the others.  Those that no
 * filter takes are deleted: for their source they are done.
 */
static str choose(const struct call *call, const struct poll *poll, const struct matched_list *matched)
{
    struct receipts others = {.source_arn = poll->mapping.source_arn};
    struct text chosen = text_in(call->arena);
    struct stopped stopped = {0};
    size_t polled = 0;

    for (size_t i = 0; i < matched->count; i++) {
        const struct matched *one = &matched->items[i];
        bool is_taken = one->message && str_present(one->record);
        polled += one->message != NULL;
        if (one->message && !is_taken) {
            *list_add(call->arena, &others.ids) = one->message->message_id;
            *list_add(call->arena, &others.handles) = one->message->receipt_handle;
        }
        bool goes = is_taken &&
                    !is_stopped(call, poll, one->message, lambda_event_lineage(call, one->message), &stopped);
        text_add_char(&chosen, goes ? '+' : '-');
    }
    lambda_events_count(call, &poll->mapping, &poll->settings, EVENTS_POLLED, polled);
    lambda_events_count(call, &poll->mapping, &poll->settings, EVENTS_FILTERED_OUT, others.ids.count);
    count_stopped(call, poll, &stopped);
    lambda_queue_delete(call, poll->role, &others, &(struct str_list){0});
    return text_str(&chosen);
}

static struct record_list chosen_records(const struct call *call, const struct matched_list *matched,
                                         str chosen)
{
    struct record_list records = {0};

    for (size_t i = 0; i < matched->count; i++)
        if (chosen.data[i] == '+')
            *list_add(call->arena, &records) = record_of(call, &matched->items[i]);
    return records;
}

struct record_list lambda_messages_take(const struct call *call, const struct poll *poll,
                                        const struct sqs_message_list *messages)
{
    struct matched_list matched = {0};

    for (size_t i = 0; i < messages->count; i++)
        match_one(call, poll, &messages->items[i], list_add(call->arena, &matched));
    return chosen_records(call, &matched, choose(call, poll, &matched));
}

/* ---- some at a time ---- */

static bool is_one_write(const struct record_list *records)
{
    size_t size = 0;

    for (size_t i = 0; i < records->count; i++)
        size += records->items[i].json.size;
    return size <= WRITTEN_AT_ONCE;
}

/*
 * Gather the chosen records from the first on.  Returns those that are left.  A message that was chosen in an
 * earlier run may have been purged since.
 */
static str gather_some(const struct call *call, const struct poll *poll, const struct matched_list *matched,
                       str chosen)
{
    char *left = arena_alloc(call->arena, chosen.size);
    struct slice slice = {RECORDS_PER_RUN, WRITTEN_AT_ONCE, false};

    for (size_t i = 0; i < chosen.size; i++) {
        left[i] = chosen.data[i];
        if (left[i] == '-' || slice_is_spent(call, &slice))
            continue;
        left[i] = '-';
        if (!matched->items[i].message)
            continue;
        struct record record = record_of(call, &matched->items[i]);
        lambda_queue_gather(call, poll, &(struct record_list){&record, 1});
        slice_spend(&slice, 1, (int64_t)record.json.size);
    }
    return (str){left, chosen.size};
}

bool lambda_queue_take(const struct call *call, const struct poll *poll,
                       const struct lambda_matching_row *matching, void *what)
{
    const struct matched_list *matched = what;
    str chosen = matching->rest;

    if (!str_present(chosen)) {
        chosen = choose(call, poll, matched);
        struct record_list records = chosen_records(call, matched, chosen);
        if (is_one_write(&records)) {
            lambda_queue_send(call, poll, &records);
            return true;
        }
    }
    str rest = gather_some(call, poll, matched, chosen);
    if (str_index(rest, '+') < 0) {
        lambda_queue_gathered(call, poll);
        return true;
    }
    lambda_set_matching_rest(call->txn,
                             &(struct lambda_matching_row){.mapping_id = poll->mapping.id, .rest = rest});
    return false;
}
