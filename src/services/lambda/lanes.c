/*
 * lanes.c: the batches of a stream's mapping, and what happens to a batch that fails.
 *
 * A mapping has as many lanes as its ParallelizationFactor.  A lane has the held records of some keys, in
 * their order, and one batch of them under way; its records are removed when the batch is done, and then the
 * next batch begins.  So changes of an item are never handled at the same time, or in another order.
 *
 * A batch that failed is a delivery (engine/delivery.h) until it is done or given up.  With
 * BisectBatchOnFunctionError it is split in two instead, which does not count as a retry.
 * https://docs.aws.amazon.com/lambda/latest/dg/services-dynamodb-errors.html
 */
#include "sources.h"

#include "base/text.h"
#include "engine/count.h"
#include "engine/delivery.h"
#include "wire/json.h"

enum {
    FIRST_RETRY_MS = MS_PER_S,
    MAX_RETRY_MS = 60 * MS_PER_S,
    LOOK_AGAIN_MS = MS_PER_S,
    MOST_DISCARDED = 1000,          /* records that one letter tells of */
    GROWING_RETRIES = 7,            /* from the first delay to the last one: 1, 2, 4 … 60 s */
    MAX_STATE_BYTES = 1024 * 1024,  /* of a tumbling window */
    KEPT_MS = 24 * 3600 * MS_PER_S, /* records of a stream */
};

static str target_of(const struct call *call, int64_t lane_id)
{
    return arena_format(call->arena, "lambda/lane/%lld", (long long)lane_id);
}

/* ---- lanes ---- */

void lambda_lanes_drop(const struct call *call, int64_t mapping_id)
{
    struct lambda_lane_rows lanes =
        lambda_list_lanes(call->txn, &(struct lambda_list_lanes_params){.mapping_id = mapping_id});

    for (size_t i = 0; i < lanes.count; i++)
        delivery_drop(call, target_of(call, lanes.items[i].id));
    lambda_remove_lanes(call->txn, &(struct lambda_remove_lanes_params){.mapping_id = mapping_id});
}

void lambda_lanes_set(const struct call *call, const struct lambda_mapping_row *mapping, int64_t count)
{
    struct lambda_lane_rows lanes =
        lambda_list_lanes(call->txn, &(struct lambda_list_lanes_params){.mapping_id = mapping->id});

    if ((int64_t)lanes.count == count)
        return;
    lambda_lanes_drop(call, mapping->id);
    for (int64_t i = 0; i < count; i++)
        lambda_add_lane(call->txn, &(struct lambda_add_lane_params){
                                       .mapping_id = mapping->id, .number = i, .ends = S("")});
    lambda_set_held_lanes(call->txn,
                          &(struct lambda_set_held_lanes_params){.mapping_id = mapping->id, .lanes = count});
}

/* The id of the last record of the lane's batch.  False: no batch has been chosen. */
static bool batch_end(const struct lambda_lane_row *lane, int64_t *last)
{
    str rest = lane->ends, piece;

    return str_next(&rest, ' ', &piece) && str_to_i64(piece, last);
}

/* The lane's batch is over. */
static void pop_end(struct lambda_lane_row *lane)
{
    str piece;

    str_next(&lane->ends, ' ', &piece);
    if (!str_present(lane->ends))
        lane->ends = S("");
}

static struct lambda_held_rows held_until(const struct call *call, const struct lambda_lane_row *lane,
                                          int64_t last, int64_t limit)
{
    return lambda_list_held(
        call->txn, &(struct lambda_list_held_params){
                       .mapping_id = lane->mapping_id, .lane = lane->number, .last = last, .limit = limit});
}

/* The records of the lane's batch; none for the last invocation of a window. */
static struct lambda_held_rows batch_of(const struct call *call, const struct lambda_lane_row *lane)
{
    int64_t last;

    return batch_end(lane, &last) ? held_until(call, lane, last, INT64_MAX) : (struct lambda_held_rows){0};
}

static void remove_until(const struct call *call, const struct lambda_lane_row *lane, int64_t last)
{
    lambda_remove_held(call->txn, &(struct lambda_remove_held_params){
                                      .mapping_id = lane->mapping_id, .lane = lane->number, .last = last});
}

/* The delivery of the batch, if there is one, has nothing left to do. */
static void end_delivery(const struct call *call, struct lambda_lane_row *lane)
{
    if (lane->delivery_id)
        delivery_end(call, *lane->delivery_id,
                     &(struct delivery_outcome){.verdict = DELIVERY_DELIVERED, .is_traced = true});
    lane->delivery_id = NULL;
}

/* ---- tumbling windows ---- */

static int64_t window_length_ms(const struct poll *poll)
{
    return *poll->settings.tumbling_window_in_seconds * MS_PER_S;
}

/* The beginning of the window to which a record belongs; 0: there are no windows. */
static int64_t window_of(const struct poll *poll, const struct lambda_held_row *record)
{
    int64_t length_ms = window_length_ms(poll);

    return length_ms > 0 ? *record->made_ms / length_ms * length_ms : 0;
}

static int64_t window_end_ms(const struct poll *poll, const struct lambda_lane_row *lane)
{
    return lane->window_ms ? *lane->window_ms + window_length_ms(poll) : INT64_MAX;
}

static void forget_window(struct lambda_lane_row *lane)
{
    lane->window_ms = NULL;
    lane->window_state = (str){0};
    lane->window_full = 0;
}

static void add_window(const struct call *call, struct json_writer *writer, const struct poll *poll,
                       const struct lambda_lane_row *lane, bool is_final)
{
    struct lambda_reader_row reader = {0};

    lambda_get_reader(call->txn, &(struct lambda_get_reader_params){.mapping_id = lane->mapping_id}, &reader);
    json_name(writer, S("window"));
    json_open_object(writer);
    json_field(writer, S("start"), time_iso8601(call->arena, *lane->window_ms));
    json_field(writer, S("end"), time_iso8601(call->arena, window_end_ms(poll, lane)));
    json_close_object(writer);
    json_name(writer, S("state"));
    json_raw(writer, str_present(lane->window_state) ? lane->window_state : S("{}"));
    json_field(writer, S("shardId"), reader.shard);
    json_field(writer, S("eventSourceARN"), poll->mapping.source_arn);
    json_name(writer, S("isFinalInvokeForWindow"));
    json_bool(writer, is_final && !lane->window_full);
    json_name(writer, S("isWindowTerminatedEarly"));
    json_bool(writer, is_final && lane->window_full);
}

/* ---- sending ---- */

static str event_of(const struct call *call, const struct poll *poll, const struct lambda_lane_row *lane,
                    const struct lambda_held_rows *rows)
{
    struct json_writer writer = json_writer_in(call->arena);

    json_open_object(&writer);
    json_name(&writer, S("Records"));
    json_open_array(&writer);
    for (size_t i = 0; i < rows->count; i++)
        json_raw(&writer, rows->items[i].record);
    json_close_array(&writer);
    if (lane->window_ms)
        add_window(call, &writer, poll, lane, rows->count == 0);
    json_close_object(&writer);
    return json_written(&writer);
}

static void count_age(const struct call *call, const struct poll *poll, const struct lambda_held_rows *rows)
{
    static const struct metric age = {"AWS/Lambda", "IteratorAge", "FunctionName", "Milliseconds"};

    if (rows->count > 0)
        count(call, &age, poll->function.row.name,
              (double)(call->now_ms - *rows->items[rows->count - 1].made_ms));
}

static void send(const struct call *call, const struct poll *poll, struct lambda_lane_row *lane)
{
    struct lambda_held_rows rows = batch_of(call, lane);

    count_age(call, poll, &rows);
    lane->request_id = lambda_batch_send(call, poll,
                                         (struct lambda_add_invocation_params){
                                             .payload = event_of(call, poll, lane, &rows),
                                             .lane_id = &lane->id,
                                             .delivery_id = lane->delivery_id,
                                         });
    lane->state = LAMBDA_LANE_STATE_RUNNING;
    lane->attempts = lane->delivery_id ? call->delivery->attempt : 1;
    lambda_set_lane(call->txn, lane);
}

/* ---- choosing the next batch ---- */

static int64_t max_age_ms(const struct poll *poll)
{
    int64_t seconds = *poll->settings.maximum_record_age_in_seconds;

    return seconds < 0 || seconds * MS_PER_S > KEPT_MS ? KEPT_MS : seconds * MS_PER_S;
}

static bool is_too_old(const struct call *call, const struct poll *poll, const struct lambda_held_row *record)
{
    return call->now_ms - *record->made_ms > max_age_ms(poll);
}

/* Give up records that are too old; returns whether there were any. */
static bool discard_old(const struct call *call, const struct poll *poll, const struct lambda_lane_row *lane)
{
    struct lambda_held_rows rows = held_until(call, lane, INT64_MAX, 1);
    size_t old = 0;

    if (rows.count == 0 || !is_too_old(call, poll, &rows.items[0]))
        return false;
    rows = held_until(call, lane, INT64_MAX, MOST_DISCARDED);
    while (old < rows.count && is_too_old(call, poll, &rows.items[old]) &&
           str_equal(rows.items[old].shard, rows.items[0].shard))
        old++;
    lambda_discard_send(
        call, poll, &(struct discard){.records = rows.items, .count = old, .condition = "RecordAgeExceeded"});
    remove_until(call, lane, rows.items[old - 1].id);
    return true;
}

/* The number of records, from the first on, that make one batch. */
static size_t batch_count(const struct poll *poll, const struct lambda_held_rows *rows)
{
    size_t size = 0, i;

    for (i = 0; i < rows->count; i++) {
        size += rows->items[i].record.size + 1;
        if (i > 0 && (size > EVENT_BYTES || !str_equal(rows->items[i].shard, rows->items[0].shard) ||
                      window_of(poll, &rows->items[i]) != window_of(poll, &rows->items[0])))
            break;
    }
    return i;
}

static void choose_batch(const struct call *call, const struct poll *poll, struct lambda_lane_row *lane)
{
    struct lambda_held_rows rows = held_until(call, lane, INT64_MAX, poll->mapping.batch_size);

    if (rows.count == 0)
        return; /* the statement failed: trouble with the disk */
    lane->ends = arena_decimal(call->arena, rows.items[batch_count(poll, &rows) - 1].id);
    if (window_length_ms(poll) > 0)
        lane->window_ms = arena_i64(call->arena, window_of(poll, &rows.items[0]));
    send(call, poll, lane);
}

/* Is the lane's window over: by a record of a later one, or because no record of it can come any more? */
static bool window_is_over(const struct call *call, const struct poll *poll,
                           const struct lambda_lane_row *lane, bool caught_up)
{
    if (!lane->window_ms)
        return false;
    struct lambda_held_rows rows = held_until(call, lane, INT64_MAX, 1);
    if (lane->window_full)
        return true;
    return rows.count > 0 ? *rows.items[0].made_ms >= window_end_ms(poll, lane)
                          : caught_up && call->now_ms >= window_end_ms(poll, lane);
}

/* Send the idle lane's next batch.  Returns when one, or the window's end, becomes due; or INT64_MAX. */
static int64_t lane_dispatch(const struct call *call, const struct poll *poll, struct lambda_lane_row *lane,
                             bool caught_up)
{
    struct lambda_count_held_row held = {0};
    const struct lambda_count_held_params of_lane = {.mapping_id = lane->mapping_id, .lane = lane->number};
    int64_t last;

    while (discard_old(call, poll, lane))
        ;
    while (batch_end(lane, &last)) {
        if (batch_of(call, lane).count > 0) {
            send(call, poll, lane);
            return INT64_MAX;
        }
        pop_end(lane);
        lambda_set_lane(call->txn, lane);
    }
    if (window_is_over(call, poll, lane, caught_up)) {
        send(call, poll, lane);
        return INT64_MAX;
    }
    lambda_count_held(call->txn, &of_lane, &held);
    int64_t due_ms = window_end_ms(poll, lane),
            full_ms = held.oldest_ms + poll->mapping.window_seconds * MS_PER_S;
    if (held.count == 0)
        return due_ms > call->now_ms ? due_ms : call->now_ms + LOOK_AGAIN_MS;
    if (!poll->is_full && held.count < poll->mapping.batch_size && held.size < EVENT_BYTES &&
        full_ms > call->now_ms && due_ms > call->now_ms)
        return full_ms < due_ms ? full_ms : due_ms;
    choose_batch(call, poll, lane);
    return INT64_MAX;
}

/* When a busy lane, by then perhaps idle, should be looked at again. */
static int64_t busy_lane_due_ms(const struct call *call, const struct poll *poll,
                                const struct lambda_lane_row *lane)
{
    struct lambda_count_held_params others = {.mapping_id = lane->mapping_id, .lane = lane->number};
    struct lambda_count_held_row held = {0};
    int64_t window_ms = window_end_ms(poll, lane);

    batch_end(lane, &others.after);
    lambda_count_held(call->txn, &others, &held);
    int64_t full_ms = held.count > 0 ? held.oldest_ms + poll->mapping.window_seconds * MS_PER_S : INT64_MAX;
    if (window_ms <= call->now_ms)
        window_ms = call->now_ms + LOOK_AGAIN_MS;
    return full_ms > call->now_ms && full_ms < window_ms ? full_ms : window_ms;
}

/* Does the lane have a batch under way?  An invocation that was removed with its function ended no batch. */
static bool is_busy(const struct call *call, struct lambda_lane_row *lane)
{
    struct lambda_has_batch_row any;

    if (lane->state == LAMBDA_LANE_STATE_IDLE)
        return false;
    if (lane->state == LAMBDA_LANE_STATE_WAITING ||
        lambda_has_batch(
            call->txn,
            &(struct lambda_has_batch_params){.mapping_id = &lane->mapping_id, .lane_id = &lane->id}, &any))
        return true;
    lane->state = LAMBDA_LANE_STATE_IDLE;
    end_delivery(call, lane);
    lambda_set_lane(call->txn, lane);
    return false;
}

int64_t lambda_lanes_dispatch(const struct call *call, const struct poll *poll, bool caught_up)
{
    struct lambda_lane_rows lanes =
        lambda_list_lanes(call->txn, &(struct lambda_list_lanes_params){.mapping_id = poll->mapping.id});
    int64_t first_ms = INT64_MAX;

    for (size_t i = 0; i < lanes.count; i++) {
        if (i > 0 && slice_is_over(call))
            return call->now_ms;
        int64_t due_ms = is_busy(call, &lanes.items[i])
                             ? busy_lane_due_ms(call, poll, &lanes.items[i])
                             : lane_dispatch(call, poll, &lanes.items[i], caught_up);
        if (due_ms < first_ms)
            first_ms = due_ms;
    }
    return first_ms;
}

/* The lane may be idle now. */
static void dispatch_one(const struct call *call, const struct poll *poll, int64_t lane_id)
{
    struct lambda_lane_row lane;

    if (lambda_get_lane(call->txn, &(struct lambda_get_lane_params){.id = lane_id}, &lane) &&
        lane.state == LAMBDA_LANE_STATE_IDLE)
        lane_dispatch(call, poll, &lane, false);
}

/* ---- the end of a batch ---- */

/* How the function has done a batch. */
struct judgement {
    bool failed;
    size_t done;    /* the number of records, from the first on, that are done */
    bool may_split; /* nobody knows which record failed */
    str state;      /* of the tumbling window */
};

static const struct judgement ALL_FAILED = {.failed = true, .may_split = true};

/* The lowest record that the function reports as failed.  False: one of the ids is no record's. */
static bool lowest_failure(const struct str_list *failures, const struct lambda_held_rows *rows,
                           size_t *lowest)
{
    size_t found = 0;

    *lowest = rows->count;
    for (size_t i = rows->count; i > 0; i--) {
        if (!lambda_ids_have(failures, rows->items[i - 1].sequence))
            continue;
        *lowest = i - 1;
        found++;
    }
    return found == lambda_ids_distinct(failures);
}

static struct judgement judge(const struct call *call, const struct poll *poll,
                              const struct lambda_held_rows *rows, const struct result *result)
{
    struct judgement judged = {.done = rows->count};
    struct str_list failures;

    if (str_present(result->error))
        return ALL_FAILED;
    if (window_length_ms(poll) > 0) {
        struct json_writer state = json_writer_in(call->arena);
        const struct json *answer = lambda_answer_json(call, result->payload);
        if (!json_is(json_get(answer, S("state")), JSON_OBJECT))
            return ALL_FAILED;
        json_value(&state, json_get(answer, S("state")));
        judged.state = json_written(&state);
    }
    if (!poll->mapping.reports_failures)
        return judged;
    if (!lambda_event_failures(call, result->payload, &failures) ||
        !lowest_failure(&failures, rows, &judged.done))
        return ALL_FAILED;
    judged.failed = judged.done < rows->count;
    return judged;
}

static void count_judged(const struct call *call, const struct poll *poll, const struct judgement *judged,
                         size_t count)
{
    lambda_events_count(call, &poll->mapping, &poll->settings, EVENTS_INVOKED, count);
    lambda_events_count(call, &poll->mapping, &poll->settings, EVENTS_FAILED, count - judged->done);
}

static void finish(const struct call *call, struct lambda_lane_row *lane, const struct judgement *judged)
{
    int64_t last;

    lane->state = LAMBDA_LANE_STATE_IDLE;
    lane->error = (str){0};
    end_delivery(call, lane);
    if (batch_end(lane, &last)) {
        remove_until(call, lane, last);
        pop_end(lane);
        lane->window_state = judged->state;
        lane->window_full = judged->state.size > MAX_STATE_BYTES;
    } else {
        forget_window(lane);
    }
    lambda_set_lane(call->txn, lane);
}

static void split(const struct call *call, struct lambda_lane_row *lane, const struct lambda_held_rows *rows)
{
    lane->state = LAMBDA_LANE_STATE_IDLE;
    end_delivery(call, lane);
    lane->ends = arena_format(call->arena, "%lld %.*s", (long long)rows->items[(rows->count - 1) / 2].id,
                              STR_ARGS(lane->ends));
    lambda_set_lane(call->txn, lane);
}

/* How many retries there are is decided at each failure, by the mapping's present settings. */
static const struct delivery_policy policy = {
    .backoff_retries = GROWING_RETRIES,
    .post_backoff_retries = INT32_MAX,
    .backoff = BACKOFF_GEOMETRIC,
    .min_delay_ms = FIRST_RETRY_MS,
    .max_delay_ms = MAX_RETRY_MS,
    .throttle_min_ms = FIRST_RETRY_MS,
    .throttle_max_ms = MAX_RETRY_MS,
};

static bool is_tried_again(const struct poll *poll, const struct lambda_lane_row *lane)
{
    int64_t retries = *poll->settings.maximum_retry_attempts;

    return retries < 0 || lane->attempts <= retries;
}

/* Try the batch again later, or give it up, which DiscardBatch does. */
static void retry(const struct call *call, const struct poll *poll, struct lambda_lane_row *lane,
                  const struct delivery_outcome *outcome)
{
    const struct lambda_retry_batch_request in = {.lane_id = lane->id};
    const int64_t *delivery_id = lane->delivery_id;

    lane->state = LAMBDA_LANE_STATE_WAITING;
    lane->delivery_id = NULL;
    lambda_set_lane(call->txn, lane);
    if (delivery_id) {
        delivery_end(call, *delivery_id, outcome);
        return;
    }
    delivery_add_ended(call,
                       &(struct delivery){.operation = &LAMBDA_RETRY_BATCH,
                                          .dead_letter = &LAMBDA_DISCARD_BATCH,
                                          .target = target_of(call, lane->id),
                                          .in = &in,
                                          .policy = &policy,
                                          .resource_arn = poll->function.arn,
                                          .request_id = lane->request_id},
                       outcome);
}

static void fail_batch(const struct call *call, const struct poll *poll, struct lambda_lane_row *lane,
                       struct lambda_held_rows *rows, const struct judgement *judged,
                       const struct result *result)
{
    const struct delivery_outcome outcome = {
        .verdict = is_tried_again(poll, lane) ? DELIVERY_FAILED : DELIVERY_REFUSED,
        .reason = str_present(result->error) ? lambda_failure_text(call, result)
                                             : S("the function reported records as failed"),
        .is_traced = true};

    lane->error = result->error;
    if (judged->done > 0) {
        remove_until(call, lane, rows->items[judged->done - 1].id);
        rows->items += judged->done;
        rows->count -= judged->done;
        lane->window_state = judged->state;
    }
    if (judged->may_split && rows->count > 1 && *poll->settings.bisect_batch_on_function_error)
        split(call, lane, rows);
    else
        retry(call, poll, lane, &outcome);
}

void lambda_lane_end(const struct call *call, const struct function *function,
                     const struct lambda_find_invocation_row *invocation, const struct result *result)
{
    struct lambda_lane_row lane;
    struct call there;
    struct poll poll;
    str problem;

    (void)function;
    if (!lambda_get_lane(call->txn, &(struct lambda_get_lane_params){.id = *invocation->lane_id}, &lane) ||
        lane.state != LAMBDA_LANE_STATE_RUNNING || !str_equal(lane.request_id, invocation->request_id))
        return;
    if (!lambda_poll_open(call, lane.mapping_id, &there, &poll, &problem)) {
        /* Disabled meanwhile, or its function is gone: the batch is sent again when the mapping works. */
        lane.state = LAMBDA_LANE_STATE_IDLE;
        end_delivery(call, &lane);
        lambda_set_lane(call->txn, &lane);
        return;
    }
    struct lambda_held_rows rows = batch_of(&there, &lane);
    struct judgement judged = judge(&there, &poll, &rows, result);
    count_judged(&there, &poll, &judged, rows.count);
    lambda_mapping_result_set(&there, &poll.mapping,
                              judged.failed ? S("PROBLEM: Function call failed") : S("OK"));
    if (judged.failed)
        fail_batch(&there, &poll, &lane, &rows, &judged, result);
    else
        finish(&there, &lane, &judged);
    dispatch_one(&there, &poll, lane.id);
}

/* ---- retries ---- */

enum outcome lambda_retry_batch(const struct call *call, const struct lambda_retry_batch_request *in,
                                struct lambda_retry_batch_output *out)
{
    struct lambda_lane_row lane;
    struct call there;
    struct poll poll;
    str problem;

    (void)out;
    if (!lambda_get_lane(call->txn, &(struct lambda_get_lane_params){.id = in->lane_id}, &lane) ||
        lane.state != LAMBDA_LANE_STATE_WAITING)
        return DONE; /* dropped */
    lane.delivery_id = arena_i64(call->arena, call->delivery->id);
    bool works = lambda_poll_open(call, lane.mapping_id, &there, &poll, &problem);
    struct lambda_held_rows rows = batch_of(call, &lane);
    if (works && (rows.count == 0 || !is_too_old(call, &poll, &rows.items[0]))) {
        send(&there, &poll, &lane);
        return DONE;
    }
    lane.state = LAMBDA_LANE_STATE_IDLE;
    end_delivery(call, &lane);
    lambda_set_lane(call->txn, &lane);
    if (works)
        dispatch_one(&there, &poll, lane.id);
    return DONE;
}

static void discard(const struct call *call, const struct poll *poll, struct lambda_lane_row *lane)
{
    struct lambda_held_rows rows = batch_of(call, lane);

    if (rows.count == 0) {
        forget_window(lane);
        return;
    }
    lambda_discard_send(call, poll,
                        &(struct discard){.records = rows.items,
                                          .count = rows.count,
                                          .condition = "RetryAttemptsExhausted",
                                          .attempts = lane->attempts,
                                          .request_id = lane->request_id,
                                          .error = lane->error});
    remove_until(call, lane, rows.items[rows.count - 1].id);
    pop_end(lane);
}

enum outcome lambda_discard_batch(const struct call *call, const struct lambda_retry_batch_request *in,
                                  struct lambda_discard_batch_output *out)
{
    struct lambda_lane_row lane;
    struct call there;
    struct poll poll;
    str problem;

    (void)out;
    if (!lambda_get_lane(call->txn, &(struct lambda_get_lane_params){.id = in->lane_id}, &lane) ||
        lane.state != LAMBDA_LANE_STATE_WAITING)
        return DONE; /* dropped */
    bool works = lambda_poll_open(call, lane.mapping_id, &there, &poll, &problem);
    if (works)
        discard(&there, &poll, &lane);
    lane.state = LAMBDA_LANE_STATE_IDLE;
    lane.delivery_id = NULL;
    lambda_set_lane(call->txn, &lane);
    if (works)
        dispatch_one(&there, &poll, lane.id);
    lambda_poller_wake(call, lane.mapping_id);
    return DONE;
}
