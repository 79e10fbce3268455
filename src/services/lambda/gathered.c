/*
 * gathered.c: batches of queues whose mapping has a window: up to 10,000 messages, 6 MB.
 *
 * A batch is a row, with one row for the messages of each receive; an invocation names the batch, and its
 * event is made when a sandbox takes it.  What has to be done for each message (its hops, its deletion) is
 * done some messages at a time.  That a batch has ended is stored with the end of its invocation, so a
 * restart does not bring messages back that the function has done.
 */
#include "batches.h"
#include "invocations.h"
#include "reports.h"
#include "sources.h"

#include "base/text.h"
#include "logs_model.h"

enum {
    MESSAGES_PER_RUN = 200,
    BYTES_PER_RUN = 4 * 1024 * 1024,
    PRINTED_BYTES = 16 * 1024, /* of what the function printed, searched for each message that comes again */
};

static bool find(const struct call *call, int64_t id, struct lambda_batch_row *batch)
{
    return lambda_find_batch(call->txn, &(struct lambda_find_batch_params){.id = &id}, batch);
}

/* ---- gathering ---- */

bool lambda_gathering_find(const struct call *call, int64_t mapping_id, struct lambda_batch_row *batch)
{
    return lambda_find_batch(call->txn, &(struct lambda_find_batch_params){.mapping_id = &mapping_id}, batch);
}

static void begin(const struct call *call, const struct poll *poll, str trace_id,
                  struct lambda_batch_row *batch)
{
    *batch = (struct lambda_batch_row){.mapping_id = poll->mapping.id};
    batch->id = lambda_add_batch(call->txn, &(struct lambda_add_batch_params){
                                                .mapping_id = poll->mapping.id,
                                                .source_arn = poll->mapping.source_arn,
                                                .gathered_ms = call->now_ms,
                                                .trace_id = trace_id,
                                            });
}

void lambda_gathering_add(const struct call *call, const struct poll *poll, const struct batch_part *part)
{
    struct lambda_batch_row batch;
    bool found = lambda_gathering_find(call, poll->mapping.id, &batch);

    if (found && batch.size + (int64_t)part->records.size + 1 > EVENT_BYTES) {
        lambda_gathering_send(call, poll, &batch);
        found = false;
    }
    if (!found)
        begin(call, poll, part->trace_id, &batch);
    batch.count += (int64_t)part->count;
    batch.size += (int64_t)part->records.size + 1;
    batch.lineage = lambda_lineage_join(call->arena, batch.lineage, part->lineage);
    lambda_grow_batch(call->txn, &batch);
    lambda_add_part(call->txn, &(struct lambda_add_part_params){.batch_id = batch.id,
                                                                .count = (int64_t)part->count,
                                                                .receipts = part->receipts,
                                                                .records = part->records});
}

void lambda_gathering_send(const struct call *call, const struct poll *poll,
                           const struct lambda_batch_row *batch)
{
    lambda_set_batch_sent(call->txn, &(struct lambda_set_batch_sent_params){.id = batch->id});
    lambda_batch_send(call, poll,
                      (struct lambda_add_invocation_params){
                          .payload = S(""),
                          .lineage = batch->lineage,
                          .trace_id = batch->trace_id,
                          .batch_id = arena_i64(call->arena, batch->id),
                          .event_size = batch->size,
                      });
}

void lambda_gathered_remove(const struct call *call, int64_t batch_id)
{
    lambda_remove_parts(call->txn, &(struct lambda_remove_parts_params){.batch_id = batch_id});
    lambda_remove_batch(call->txn, &(struct lambda_remove_batch_params){.id = batch_id});
}

void lambda_gathering_drop(const struct call *call, int64_t mapping_id)
{
    struct lambda_batch_row batch;

    if (lambda_gathering_find(call, mapping_id, &batch))
        lambda_gathered_remove(call, batch.id);
}

void lambda_gathered_forget(const struct call *call)
{
    lambda_remove_unended_batches(call->txn);
    lambda_remove_orphaned_parts(call->txn);
}

/* ---- the invocation ---- */

str lambda_gathered_event(const struct call *call, int64_t batch_id)
{
    const struct lambda_each_records_params of = {.batch_id = batch_id};
    struct text event = text_in(call->arena);
    struct lambda_each_records_row row;
    bool is_first = true;

    text_reserve(&event, EVENT_BYTES);
    text_add(&event, S("{\"Records\":["));
    struct lambda_each_records_cursor cursor = lambda_each_records_open(call->txn, &of);
    while (lambda_each_records_next(&cursor, &row)) {
        if (!is_first)
            text_add_char(&event, ',');
        text_add(&event, row.records);
        is_first = false;
    }
    lambda_each_records_close(&cursor);
    text_add(&event, S("]}"));
    return text_str(&event);
}

bool lambda_batch_has_all(const struct call *call, int64_t batch_id, const struct str_list *ids)
{
    const struct lambda_each_receipts_params of = {.batch_id = batch_id};
    struct lambda_each_receipts_row row;
    struct ids_seen seen = lambda_ids_unseen(call, ids);
    struct receipt receipt;

    if (ids->count == 0)
        return true;
    struct lambda_each_receipts_cursor cursor = lambda_each_receipts_open(call->txn, &of);
    while (lambda_each_receipts_next(&cursor, &row))
        for (str lines = row.receipts; lambda_receipt_next(&lines, &receipt);)
            lambda_ids_see(&seen, receipt.message_id);
    lambda_each_receipts_close(&cursor);
    return lambda_ids_all_seen(&seen);
}

static struct receipts receipts_in(const struct call *call, str source_arn, str lines)
{
    struct receipts receipts = {.source_arn = source_arn};
    struct receipt receipt;

    while (lambda_receipt_next(&lines, &receipt)) {
        *list_add(call->arena, &receipts.ids) = receipt.message_id;
        *list_add(call->arena, &receipts.handles) = receipt.handle;
    }
    return receipts;
}

struct receipts lambda_gathered_receipts(const struct call *call, int64_t batch_id)
{
    struct lambda_batch_row batch = {0};
    struct lambda_last_part_row part = {.receipts = S("")};

    find(call, batch_id, &batch);
    lambda_last_part(call->txn, &(struct lambda_last_part_params){.batch_id = batch_id}, &part);
    return receipts_in(call, batch.source_arn, part.receipts);
}

/* ---- its messages, some at a time ---- */

/* A batch at work. */
struct tended {
    const struct lambda_batch_row *batch;
    const struct function *function; /* NULL: it was deleted */
    const struct principal *role;    /* of the function, or NULL */
    struct str_list failures;        /* sorted */
};

static int64_t note_invoked(const struct call *call, const struct tended *tended,
                            const struct lambda_next_part_row *part)
{
    const struct lambda_batch_row *batch = tended->batch;

    if (!batch->invoked_ms || part->number <= batch->noted || !tended->function)
        return 0;
    return lambda_messages_hop(call, batch->trace_id, part->receipts,
                               &(struct trace_hop){.kind = HOP_INVOKED,
                                                   .resource_arn = tended->function->arn,
                                                   .request_id = batch->request_id,
                                                   .at_ms = *batch->invoked_ms});
}

/* Or that it was not begun: nothing that the function has returned was throttled. */
static void note_returned(const struct call *call, const struct tended *tended,
                          const struct lambda_next_part_row *part)
{
    const struct lambda_batch_row *batch = tended->batch;
    enum verdict verdict = batch->verdict ? (enum verdict) * batch->verdict : VERDICT_OK;

    if (batch->returned_ms && tended->function)
        lambda_messages_hop(
            call, batch->trace_id, part->receipts,
            &(struct trace_hop){.kind = verdict == VERDICT_THROTTLED ? HOP_THROTTLED : HOP_RETURNED,
                                .verdict = verdict,
                                .resource_arn = tended->function->arn,
                                .request_id = batch->request_id,
                                .reason = batch->reason,
                                .duration_ms = *batch->duration_ms,
                                .at_ms = *batch->returned_ms});
}

/* The last line that contains the message's id; absent when no line does. */
static str line_about(str printed, str message_id)
{
    str line, found = {0};

    if (!str_present(printed) || str_find(printed, message_id) < 0)
        return found;
    while (str_next(&printed, '\n', &line))
        if (str_find(line, message_id) >= 0)
            found = line;
    return str_trim(found);
}

static void note_retried(const struct call *call, const struct tended *tended,
                         const struct lambda_next_part_row *part)
{
    const struct lambda_batch_row *batch = tended->batch;
    struct receipt receipt;

    for (str lines = part->receipts; batch->comes_again && lambda_receipt_next(&lines, &receipt);)
        if (!batch->is_done || lambda_ids_have(&tended->failures, receipt.message_id))
            lambda_retried_hop(call, &receipt, batch->source_arn, batch->request_id, batch->is_done,
                               line_about(batch->printed, receipt.message_id));
}

static void delete_messages(const struct call *call, const struct tended *tended,
                            const struct lambda_next_part_row *part)
{
    struct receipts receipts = receipts_in(call, tended->batch->source_arn, part->receipts);

    lambda_queue_delete(call, tended->role, &receipts, &tended->failures);
}

static void settle(const struct call *call, const struct tended *tended,
                   const struct lambda_next_part_row *part)
{
    note_invoked(call, tended, part);
    note_returned(call, tended, part);
    if (tended->batch->is_done)
        delete_messages(call, tended, part);
    note_retried(call, tended, part);
    lambda_remove_part(call->txn, &(struct lambda_remove_part_params){.batch_id = tended->batch->id,
                                                                      .number = part->number});
}

static struct str_list failures_of(const struct call *call, str text)
{
    struct str_list failures = {0};
    str id;

    while (!str_empty(text) && str_next(&text, '\n', &id))
        *list_add(call->arena, &failures) = id;
    return failures;
}

static void go_on_later(const struct call *call, int64_t batch_id)
{
    slice_again(call, &LAMBDA_TEND_BATCH, arena_decimal(call->arena, batch_id),
                &(struct lambda_tend_batch_request){.batch_id = batch_id});
}

/*
 * Returns the id of the first hop.  Each message of a batch that has ended is done once, and its row removed.
 */
static int64_t tend(const struct call *call, const struct function *function,
                    const struct lambda_batch_row *batch)
{
    bool has_ended = batch->state == LAMBDA_BATCH_STATE_ENDED;
    const struct tended tended = {.batch = batch,
                                  .function = function,
                                  .role = function && has_ended ? lambda_function_role(call, function) : NULL,
                                  .failures = failures_of(call, batch->failures)};
    struct slice slice = {MESSAGES_PER_RUN, BYTES_PER_RUN, false};
    struct lambda_next_part_params next = {.batch_id = batch->id, .after = has_ended ? 0 : batch->noted};
    struct lambda_next_part_row part;
    int64_t first = 0;

    while (lambda_next_part(call->txn, &next, &part)) {
        if (slice_is_spent(call, &slice)) {
            go_on_later(call, batch->id);
            lambda_set_batch_noted(
                call->txn,
                &(struct lambda_set_batch_noted_params){
                    .id = batch->id, .noted = next.after > batch->noted ? next.after : batch->noted});
            return first;
        }
        if (has_ended) {
            settle(call, &tended, &part);
        } else {
            int64_t hop = note_invoked(call, &tended, &part);
            first = first ? first : hop;
        }
        next.after = part.number;
        slice_spend(&slice, part.count, (int64_t)part.receipts.size);
    }
    if (has_ended)
        lambda_gathered_remove(call, batch->id);
    else
        lambda_set_batch_noted(call->txn,
                               &(struct lambda_set_batch_noted_params){.id = batch->id, .noted = next.after});
    return first;
}

enum outcome lambda_tend_batch(const struct call *call, const struct lambda_tend_batch_request *in,
                               struct lambda_tend_batch_output *out)
{
    struct lambda_batch_row batch;
    struct function function;

    (void)out;
    if (!find(call, in->batch_id, &batch))
        return DONE;
    bool exists = batch.taken_by && lambda_version_get(call, *batch.taken_by, &function);
    struct call there = exists ? lambda_call_of_function(call, &function) : *call;
    tend(&there, exists ? &function : NULL, &batch);
    return DONE;
}

int64_t lambda_gathered_invoked(const struct call *call, const struct function *function,
                                const struct lambda_queued_row *invocation, const struct trace_hop *hop)
{
    struct lambda_batch_row batch;

    if (!find(call, *invocation->batch_id, &batch))
        return 0;
    batch.trace_id = invocation->trace_id;
    batch.taken_by = &function->row.version_id;
    batch.request_id = hop->request_id;
    batch.invoked_ms = &call->now_ms;
    lambda_set_batch_invoked(call->txn, &batch);
    return tend(call, function, &batch);
}

void lambda_gathered_returned(const struct call *call, int64_t batch_id, const struct trace_hop *hop)
{
    lambda_set_batch_returned(
        call->txn, &(struct lambda_set_batch_returned_params){.id = batch_id,
                                                              .verdict = arena_i64(call->arena, hop->verdict),
                                                              .reason = hop->reason,
                                                              .duration_ms = &hop->duration_ms,
                                                              .returned_ms = &call->now_ms});
}

/* ---- the end ---- */

/* What the function has printed, from its end back. */
static str printed_of(const struct call *call, const struct logs_input_log_events *output)
{
    struct text text = text_in(call->arena);
    size_t first = output->count, size = 0;

    while (first > 0 && size + output->items[first - 1].message.size < PRINTED_BYTES)
        size += output->items[--first].message.size + 1;
    for (; first < output->count; first++) {
        text_add(&text, output->items[first].message);
        text_add_char(&text, '\n');
    }
    return text_str(&text);
}

static str joined(const struct call *call, const struct str_list *ids)
{
    struct text text = text_in(call->arena);

    for (size_t i = 0; i < ids->count; i++) {
        if (i > 0)
            text_add_char(&text, '\n');
        text_add(&text, ids->items[i]);
    }
    return text_str(&text);
}

void lambda_gathered_end(const struct call *call, const struct function *function,
                         const struct lambda_find_invocation_row *invocation, const struct batch_end *end)
{
    struct lambda_batch_row batch;

    if (!find(call, *invocation->batch_id, &batch))
        return;
    batch.state = LAMBDA_BATCH_STATE_ENDED;
    batch.taken_by = &function->row.version_id;
    batch.request_id = invocation->request_id;
    batch.is_done = end->is_done;
    batch.comes_again = end->comes_again && (!end->is_done || end->failures->count > 0);
    batch.failures = joined(call, end->failures);
    if (batch.comes_again)
        batch.printed = printed_of(call, end->output);
    lambda_set_batch_ended(call->txn, &batch);
    tend(call, function, &batch);
}

void lambda_gathered_lapse(const struct call *call, const struct function *function, int64_t batch_id,
                           const struct trace_hop *hop)
{
    static const struct str_list none;
    const struct lambda_find_invocation_row invocation = {.batch_id = &batch_id,
                                                          .request_id = hop->request_id};

    lambda_gathered_returned(call, batch_id, hop);
    lambda_gathered_end(call, function, &invocation, &(struct batch_end){.failures = &none});
}
