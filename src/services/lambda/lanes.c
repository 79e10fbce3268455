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
#include "batches.h"
#include "destinations.h"
#include "invocations.h"
#include "sources.h"

#include "base/hash.h"
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
    LEAST_AGE_MS = 60 * MS_PER_S,   /* no mapping gives records up earlier */
};

static str target_of(const struct call *call, int64_t lane_id)
{
    return arena_format(call->arena, "lambda/lane/%lld", (long long)lane_id);
}

/* ---- lanes ---- */

void lambda_lanes_stop(const struct call *call, int64_t mapping_id)
{
    struct lambda_lane_rows lanes = lambda_list_lanes(
        call->txn, &(struct lambda_list_lanes_params){.mapping_id = mapping_id, .most = INT64_MAX});

    for (size_t i = 0; i < lanes.count; i++)
        delivery_drop(call, target_of(call, lanes.items[i].id));
}

void lambda_lanes_drop(const struct call *call, int64_t mapping_id)
{
    lambda_lanes_stop(call, mapping_id);
    lambda_remove_lanes(call->txn, &(struct lambda_remove_lanes_params){.mapping_id = mapping_id});
}

bool lambda_lane_batch_end(const struct lambda_lane_row *lane, int64_t *last)
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

static bool oldest_of(const struct call *call, const struct lambda_lane_row *lane,
                      struct lambda_held_row *record)
{
    return lambda_lane_record(call, lane, INT64_MAX, 0, record);
}

/* The records of the lane's batch; none for the last invocation of a window. */
static struct lambda_count_held_row size_of_batch(const struct call *call, const struct lambda_lane_row *lane)
{
    struct lambda_count_held_params batch = {
        .mapping_id = lane->mapping_id, .lane = lane->number, .after = lane->done};
    struct lambda_count_held_row size = {0};

    if (lambda_lane_batch_end(lane, &batch.last))
        lambda_count_held(call->txn, &batch, &size);
    return size;
}

/* The delivery of the batch, if there is one, has nothing left to do. */
static void end_delivery(const struct call *call, struct lambda_lane_row *lane)
{
    if (lane->delivery_id)
        delivery_end(call, *lane->delivery_id,
                     &(struct delivery_outcome){.verdict = DELIVERY_DELIVERED, .is_traced = true});
    lane->delivery_id = NULL;
}

/* No invocation and no retry of the lane's batch is under way any more. */
static void rest(const struct call *call, struct lambda_lane_row *lane)
{
    lane->state = LAMBDA_LANE_STATE_IDLE;
    end_delivery(call, lane);
    lambda_set_lane(call->txn, lane);
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

    return length_ms > 0 ? record->made_ms / length_ms * length_ms : 0;
}

static int64_t window_end_ms(const struct poll *poll, const struct lambda_lane_row *lane)
{
    return lane->window_ms ? *lane->window_ms + window_length_ms(poll) : INT64_MAX;
}

/* Was the lane's batch, if it has one, chosen before the mapping had windows?  Then it is chosen again. */
static bool lacks_window(const struct poll *poll, const struct lambda_lane_row *lane)
{
    return window_length_ms(poll) > 0 && !lane->window_ms;
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

static str window_of_event(const struct call *call, const struct poll *poll,
                           const struct lambda_lane_row *lane)
{
    struct json_writer writer = json_writer_in(call->arena);
    int64_t last;

    json_open_object(&writer);
    add_window(call, &writer, poll, lane, !lambda_lane_batch_end(lane, &last));
    json_close_object(&writer);
    str object = json_written(&writer);
    return arena_concat(call->arena, S(","), str_head(str_from(object, 1), object.size - 2));
}

static void count_age(const struct call *call, const struct poll *poll, const struct lambda_lane_row *lane)
{
    static const struct metric age = {"AWS/Lambda", "IteratorAge", "FunctionName", "Milliseconds"};
    struct lambda_held_row record;
    int64_t last;

    if (lambda_lane_batch_end(lane, &last) &&
        lambda_get_held(
            call->txn,
            &(struct lambda_get_held_params){
                .mapping_id = lane->mapping_id, .lane = lane->number, .after = last - 1, .last = last},
            &record))
        count(call, &age, poll->function.row.name, (double)(call->now_ms - record.made_ms));
}

/* The records of a batch share the event with their window's state. */
static int64_t most_bytes(const struct lambda_lane_row *lane)
{
    return EVENT_BYTES - (int64_t)lane->window_state.size;
}

/* The last one of the records, from the lane's first on, that make one batch; 0: the lane has no record. */
static int64_t last_of_batch(const struct call *call, const struct poll *poll,
                             const struct lambda_lane_row *lane, const struct lambda_held_row *first)
{
    const struct lambda_each_held_params all = {
        .mapping_id = lane->mapping_id, .lane = lane->number, .after = lane->done, .last = INT64_MAX};
    struct lambda_each_held_cursor cursor = lambda_each_held_open(call->txn, &all);
    struct lambda_held_row record;
    int64_t size = 0, last = 0;

    for (int64_t i = 0; i < poll->mapping.batch_size && lambda_each_held_next(&cursor, &record); i++) {
        size += record.size + 1;
        if (i > 0 && (size > most_bytes(lane) || !str_equal(record.shard, first->shard) ||
                      window_of(poll, &record) != window_of(poll, first)))
            break;
        last = record.id;
    }
    lambda_each_held_close(&cursor);
    return last;
}

/*
 * The state may have grown since the batch was chosen.  The records that do not fit beside it any more become
 * the next batch.  Returns the batch's bytes.
 */
static int64_t fit_batch(const struct call *call, const struct poll *poll, struct lambda_lane_row *lane)
{
    struct lambda_count_held_row size = size_of_batch(call, lane);
    struct lambda_held_row first;

    if (size.count < 2 || size.size + size.count <= most_bytes(lane) || !oldest_of(call, lane, &first))
        return size.size;
    lane->ends = arena_format(call->arena, "%lld %.*s", (long long)last_of_batch(call, poll, lane, &first),
                              STR_ARGS(lane->ends));
    return size_of_batch(call, lane).size;
}

/* The event is made when a sandbox takes it: lambda_lane_event().  Its invocation has only its window. */
static void send(const struct call *call, const struct poll *poll, struct lambda_lane_row *lane)
{
    int64_t size = fit_batch(call, poll, lane);

    count_age(call, poll, lane);
    lane->request_id = random_uuid(call->arena);
    lane->state = LAMBDA_LANE_STATE_RUNNING;
    lane->attempts = lane->delivery_id ? call->delivery->attempt : 1;
    lambda_set_lane(call->txn, lane);
    lambda_batch_send(call, poll,
                      (struct lambda_add_invocation_params){
                          .request_id = lane->request_id,
                          .payload = lane->window_ms ? window_of_event(call, poll, lane) : S(""),
                          .lane_id = &lane->id,
                          .delivery_id = lane->delivery_id,
                          .event_size = size,
                      });
}

/* ---- choosing the next batch ---- */

static int64_t max_age_ms(const struct poll *poll)
{
    int64_t seconds = *poll->settings.maximum_record_age_in_seconds;

    return seconds < 0 || seconds * MS_PER_S > KEPT_MS ? KEPT_MS : seconds * MS_PER_S;
}

static bool is_too_old(const struct call *call, const struct poll *poll, const struct lambda_held_row *record)
{
    return call->now_ms - record->made_ms > max_age_ms(poll);
}

/* Give up records that are too old; returns whether there were any. */
static bool discard_old(const struct call *call, const struct poll *poll, struct lambda_lane_row *lane)
{
    struct discard discard = {.condition = "RecordAgeExceeded", .attempts = 1}; /* as on AWS, always */
    struct lambda_held_row record;

    if (!oldest_of(call, lane, &discard.first) || !is_too_old(call, poll, &discard.first))
        return false;
    const struct lambda_each_held_params all = {
        .mapping_id = lane->mapping_id, .lane = lane->number, .after = lane->done, .last = INT64_MAX};
    struct lambda_each_held_cursor cursor = lambda_each_held_open(call->txn, &all);
    while (discard.count < MOST_DISCARDED && lambda_each_held_next(&cursor, &record) &&
           is_too_old(call, poll, &record) && str_equal(record.shard, discard.first.shard)) {
        discard.last = record;
        discard.count++;
    }
    lambda_each_held_close(&cursor);
    check(discard.count > 0);
    lambda_discard_send(call, poll, &discard);
    lambda_lane_done(call, lane, discard.last.id);
    lambda_set_lane(call->txn, lane);
    return true;
}

static void choose_batch(const struct call *call, const struct poll *poll, struct lambda_lane_row *lane)
{
    struct lambda_held_row first;
    int64_t last = oldest_of(call, lane, &first) ? last_of_batch(call, poll, lane, &first) : 0;

    if (last == 0)
        return; /* the statement failed: trouble with the disk */
    lane->ends = arena_decimal(call->arena, last);
    if (window_length_ms(poll) > 0)
        lane->window_ms = arena_i64(call->arena, window_of(poll, &first));
    send(call, poll, lane);
}

/* Is the lane's window over: by a record of a later one, or because no record of it can come any more? */
static bool window_is_over(const struct call *call, const struct poll *poll,
                           const struct lambda_lane_row *lane, bool caught_up)
{
    struct lambda_held_row oldest;

    if (!lane->window_ms)
        return false;
    if (lane->window_full)
        return true;
    return oldest_of(call, lane, &oldest) ? oldest.made_ms >= window_end_ms(poll, lane)
                                          : caught_up && call->now_ms >= window_end_ms(poll, lane);
}

/* Send the idle lane's next batch.  Returns when one, or the window's end, becomes due; or INT64_MAX. */
static int64_t lane_dispatch(const struct call *call, const struct poll *poll, struct lambda_lane_row *lane,
                             bool caught_up)
{
    struct lambda_held_row oldest;
    int64_t last;

    while (discard_old(call, poll, lane))
        ;
    if (lacks_window(poll, lane))
        lane->ends = S("");
    while (lambda_lane_batch_end(lane, &last)) {
        if (last > lane->done) {
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
    int64_t due_ms = window_end_ms(poll, lane);
    if (!oldest_of(call, lane, &oldest))
        return due_ms > call->now_ms ? due_ms : call->now_ms + LOOK_AGAIN_MS;
    int64_t full_ms = oldest.held_ms + poll->mapping.window_seconds * MS_PER_S;
    if (!poll->is_full && lane->held_count < poll->mapping.batch_size && lane->held_size < most_bytes(lane) &&
        (poll->reads_on || (full_ms > call->now_ms && due_ms > call->now_ms)))
        return full_ms < due_ms ? full_ms : due_ms;
    choose_batch(call, poll, lane);
    return INT64_MAX;
}

/* When a busy lane, by then perhaps idle, should be looked at again. */
static int64_t busy_lane_due_ms(const struct call *call, const struct poll *poll,
                                const struct lambda_lane_row *lane)
{
    struct lambda_get_held_params others = {
        .mapping_id = lane->mapping_id, .lane = lane->number, .after = lane->done, .last = INT64_MAX};
    struct lambda_held_row oldest;
    int64_t window_ms = window_end_ms(poll, lane);

    lambda_lane_batch_end(lane, &others.after);
    int64_t full_ms = lambda_get_held(call->txn, &others, &oldest)
                          ? oldest.held_ms + poll->mapping.window_seconds * MS_PER_S
                          : INT64_MAX;
    if (window_ms <= call->now_ms)
        window_ms = call->now_ms + LOOK_AGAIN_MS;
    return full_ms > call->now_ms && full_ms < window_ms ? full_ms : window_ms;
}

/* An invocation that was removed with its function ended no batch. */
bool lambda_lane_runs(const struct call *call, struct lambda_lane_row *lane)
{
    struct lambda_has_batch_row any;

    if (lane->state != LAMBDA_LANE_STATE_RUNNING)
        return false;
    if (lambda_has_batch(
            call->txn,
            &(struct lambda_has_batch_params){.mapping_id = &lane->mapping_id, .lane_id = &lane->id}, &any))
        return true;
    rest(call, lane);
    return false;
}

/* Does the lane have a batch under way? */
static bool is_busy(const struct call *call, struct lambda_lane_row *lane)
{
    return lane->state == LAMBDA_LANE_STATE_WAITING || lambda_lane_runs(call, lane);
}

/* Is another number of lanes not still to be made? */
static bool has_lanes(const struct call *call, const struct poll *poll)
{
    return lambda_lanes_of(call, poll->mapping.id, NULL).count > 0;
}

static int64_t dispatch_each(const struct call *call, const struct poll *poll,
                             const struct lambda_lane_rows *lanes, bool caught_up)
{
    int64_t first_ms = INT64_MAX;
    bool sent = false;

    for (size_t i = 0; i < lanes->count; i++) {
        struct lambda_lane_row *lane = &lanes->items[i];
        if (sent && slice_is_over(call))
            return call->now_ms;
        bool was_busy = is_busy(call, lane);
        int64_t due_ms = was_busy ? INT64_MAX : lane_dispatch(call, poll, lane, caught_up);
        if (lane->state != LAMBDA_LANE_STATE_IDLE) {
            due_ms = busy_lane_due_ms(call, poll, lane);
            sent |= !was_busy;
        }
        if (due_ms < first_ms)
            first_ms = due_ms;
    }
    return first_ms;
}

int64_t lambda_lanes_dispatch(const struct call *call, const struct poll *poll, bool caught_up)
{
    struct lambda_lane_rows retired, lanes = lambda_lanes_of(call, poll->mapping.id, &retired);
    int64_t retired_ms = dispatch_each(call, poll, &retired, true); /* no record comes to them any more */
    int64_t lanes_ms = dispatch_each(call, poll, &lanes, caught_up);

    if (retired.count > 0)
        lambda_remove_ended_lanes(
            call->txn, &(struct lambda_remove_ended_lanes_params){.mapping_id = poll->mapping.id,
                                                                  .first_lane = lanes.items[0].number});
    return retired_ms < lanes_ms ? retired_ms : lanes_ms;
}

/* The lane may be idle now.  A mapping whose lanes are not made yet moves its records first. */
static void dispatch_one(const struct call *call, const struct poll *poll, int64_t lane_id)
{
    struct lambda_lane_row lane;

    if (lambda_get_lane(call->txn, &(struct lambda_get_lane_params){.id = lane_id}, &lane) &&
        lane.state == LAMBDA_LANE_STATE_IDLE && has_lanes(call, poll))
        lane_dispatch(call, poll, &lane, false);
}

/* ---- the end of a batch ---- */

/* How the function has done a batch. */
struct judgement {
    bool failed;
    int64_t count, done; /* the number of its records, and of those, from the first on, that are done */
    int64_t last_done;   /* the id of the last one that is done */
    bool may_split;      /* nobody knows which record failed */
    str state;           /* of the tumbling window */
};

/* Find the lowest record that the function reports as failed.  False: one of the ids is no record's. */
static bool find_lowest_failure(const struct call *call, const struct lambda_lane_row *lane,
                                const struct str_list *failures, struct judgement *judged)
{
    struct lambda_each_held_params batch = {
        .mapping_id = lane->mapping_id, .lane = lane->number, .after = lane->done};
    struct lambda_held_row record;
    size_t found = 0;

    lambda_lane_batch_end(lane, &batch.last);
    struct lambda_each_held_cursor cursor = lambda_each_held_open(call->txn, &batch);
    while (lambda_each_held_next(&cursor, &record)) {
        found += lambda_ids_have(failures, record.sequence);
        if (found == 0) {
            judged->done++;
            judged->last_done = record.id;
        }
    }
    lambda_each_held_close(&cursor);
    return found == failures->count;
}

static struct judgement all_failed(int64_t count)
{
    return (struct judgement){.failed = true, .count = count, .may_split = true};
}

static struct judgement judge(const struct call *call, const struct poll *poll,
                              const struct lambda_lane_row *lane, bool reports_failures,
                              const struct result *result)
{
    struct judgement judged = {.count = size_of_batch(call, lane).count};
    struct str_list failures;

    if (str_present(result->error))
        return all_failed(judged.count);
    if (lane->window_ms && window_length_ms(poll) > 0) {
        struct json_writer state = json_writer_in(call->arena);
        const struct json *answer = lambda_answer_json(call, result->payload);
        if (!json_is(json_get(answer, S("state")), JSON_OBJECT))
            return all_failed(judged.count);
        json_value(&state, json_get(answer, S("state")));
        judged.state = json_written(&state);
    }
    if (reports_failures && !lambda_event_failures(call, result->payload, &failures))
        return all_failed(judged.count);
    if (!reports_failures || failures.count == 0) {
        judged.done = judged.count;
        return judged;
    }
    if (!find_lowest_failure(call, lane, &failures, &judged))
        return all_failed(judged.count);
    judged.failed = true;
    return judged;
}

static void count_judged(const struct call *call, const struct poll *poll, const struct judgement *judged)
{
    lambda_events_count(call, &poll->mapping, &poll->settings, EVENTS_INVOKED, (size_t)judged->count);
    lambda_events_count(call, &poll->mapping, &poll->settings, EVENTS_FAILED,
                        (size_t)(judged->count - judged->done));
}

static void keep_state(struct lambda_lane_row *lane, const struct judgement *judged)
{
    lane->window_state = judged->state;
    lane->window_full = judged->state.size > MAX_STATE_BYTES;
}

static void finish(const struct call *call, struct lambda_lane_row *lane, const struct judgement *judged)
{
    int64_t last;

    lane->error = (str){0};
    if (lambda_lane_batch_end(lane, &last)) {
        lambda_lane_done(call, lane, last);
        pop_end(lane);
        keep_state(lane, judged);
    } else {
        forget_window(lane);
    }
    rest(call, lane);
}

/* The function has done the first records of a batch that failed.  A full window ends before the others. */
static void keep_done(const struct call *call, struct lambda_lane_row *lane, const struct judgement *judged)
{
    if (judged->done == 0)
        return;
    lambda_lane_done(call, lane, judged->last_done);
    keep_state(lane, judged);
    if (lane->window_full)
        lane->ends = S("");
}

/* False: the batch has one record. */
static bool split(const struct call *call, struct lambda_lane_row *lane)
{
    int64_t last = 0, count = size_of_batch(call, lane).count;
    struct lambda_held_row middle;

    lambda_lane_batch_end(lane, &last);
    if (count < 2 || !lambda_lane_record(call, lane, last, (count - 1) / 2, &middle))
        return false;
    lane->ends = arena_format(call->arena, "%lld %.*s", (long long)middle.id, STR_ARGS(lane->ends));
    rest(call, lane);
    return true;
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
    const struct lambda_lane_request in = {.lane_id = lane->id};
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
                       const struct judgement *judged, const struct result *result)
{
    const struct delivery_outcome outcome = {
        .verdict = is_tried_again(poll, lane) ? DELIVERY_FAILED : DELIVERY_REFUSED,
        .reason = str_present(result->error) ? lambda_failure_text(call, result)
                                             : S("the function reported records as failed"),
        .is_traced = true};

    lane->error = result->error;
    keep_done(call, lane, judged);
    if (lane->window_full)
        rest(call, lane);
    else if (!judged->may_split || !*poll->settings.bisect_batch_on_function_error || !split(call, lane))
        retry(call, poll, lane, &outcome);
}

void lambda_lane_end(const struct call *call, const struct function *function,
                     const struct lambda_find_invocation_row *invocation, const struct result *result)
{
    struct lambda_lane_row lane;
    struct call there;
    struct poll poll;
    str problem;

    if (!lambda_get_lane(call->txn, &(struct lambda_get_lane_params){.id = *invocation->lane_id}, &lane) ||
        lane.state != LAMBDA_LANE_STATE_RUNNING || !str_equal(lane.request_id, invocation->request_id))
        return;
    bool works = lambda_poll_open(call, lane.mapping_id, &there, &poll, &problem);
    if (!works && !lambda_poll_find(call, lane.mapping_id, &there, &poll))
        return;
    lane.executed = function->row.number;
    struct judgement judged = judge(&there, &poll, &lane, invocation->reports_failures, result);
    count_judged(&there, &poll, &judged);
    if (!judged.failed) {
        finish(&there, &lane, &judged);
    } else if (works && has_lanes(&there, &poll)) {
        fail_batch(&there, &poll, &lane, &judged, result);
    } else { /* sent again when the mapping works, and has its new lanes */
        keep_done(&there, &lane, &judged);
        rest(&there, &lane);
    }
    if (!works)
        return;
    lambda_mapping_result_set(&there, &poll.mapping,
                              judged.failed ? S("PROBLEM: Function call failed") : S("OK"));
    dispatch_one(&there, &poll, lane.id);
}

/* ---- retries ---- */

/* Is the batch, or the last invocation of a window, too old to be tried again? */
static bool has_aged(const struct call *call, const struct poll *poll, struct lambda_lane_row *lane)
{
    struct lambda_held_row oldest;
    int64_t last;

    if (lambda_lane_batch_end(lane, &last) && last > lane->done)
        return oldest_of(call, lane, &oldest) && is_too_old(call, poll, &oldest);
    if (!lane->window_ms || call->now_ms - window_end_ms(poll, lane) <= max_age_ms(poll))
        return false;
    forget_window(lane); /* nothing else gives it up */
    return true;
}

bool lambda_lane_batch_lapse(const struct call *call, const struct function *function,
                             const struct lambda_queued_row *invocation)
{
    struct lambda_lane_row lane;
    struct call there;
    struct poll poll;
    str problem;

    if (call->now_ms - invocation->queued_ms < LEAST_AGE_MS ||
        !lambda_get_lane(call->txn, &(struct lambda_get_lane_params){.id = *invocation->lane_id}, &lane) ||
        !str_equal(lane.request_id, invocation->request_id) ||
        !lambda_poll_open(call, lane.mapping_id, &there, &poll, &problem) || !has_aged(&there, &poll, &lane))
        return false;
    trace(&there,
          &(struct trace_hop){.kind = HOP_THROTTLED,
                              .verdict = VERDICT_THROTTLED,
                              .trace_id = invocation->trace_id,
                              .resource_arn = function->arn,
                              .request_id = invocation->request_id,
                              .reason = S("the function had no room for the batch before its records became "
                                          "too old, so they are given up")});
    rest(&there, &lane);
    dispatch_one(&there, &poll, lane.id); /* which gives the old records up */
    return true;
}

/* Find the lane; false when its batch does not wait any more: it was dropped. */
static bool find_waiting(const struct call *call, int64_t id, struct lambda_lane_row *lane)
{
    return lambda_get_lane(call->txn, &(struct lambda_get_lane_params){.id = id}, lane) &&
           lane->state == LAMBDA_LANE_STATE_WAITING;
}

enum outcome lambda_retry_batch(const struct call *call, const struct lambda_lane_request *in,
                                struct lambda_retry_batch_output *out)
{
    struct lambda_lane_row lane;
    struct call there;
    struct poll poll;
    str problem;

    (void)out;
    if (!find_waiting(call, in->lane_id, &lane))
        return DONE;
    lane.delivery_id = arena_i64(call->arena, call->delivery->id);
    bool works = lambda_poll_open(call, lane.mapping_id, &there, &poll, &problem);
    if (works && !lacks_window(&poll, &lane) && !has_aged(call, &poll, &lane)) {
        send(&there, &poll, &lane);
        return DONE;
    }
    rest(call, &lane);
    if (works)
        dispatch_one(&there, &poll, lane.id);
    return DONE;
}

static void discard(const struct call *call, const struct poll *poll, struct lambda_lane_row *lane)
{
    struct discard discard = {.count = (size_t)size_of_batch(call, lane).count,
                              .condition = "RetryAttemptsExhausted",
                              .attempts = lane->attempts,
                              .request_id = lane->request_id,
                              .error = lane->error,
                              .executed = lane->executed};
    int64_t last = 0;

    lambda_lane_batch_end(lane, &last);
    if (discard.count == 0 || !oldest_of(call, lane, &discard.first) ||
        !lambda_lane_record(call, lane, last, (int64_t)discard.count - 1, &discard.last)) {
        forget_window(lane);
        return;
    }
    lambda_discard_send(call, poll, &discard);
    lambda_lane_done(call, lane, last);
    pop_end(lane);
}

enum outcome lambda_discard_batch(const struct call *call, const struct lambda_lane_request *in,
                                  struct lambda_discard_batch_output *out)
{
    struct lambda_lane_row lane;
    struct call there;
    struct poll poll;
    str problem;

    (void)out;
    if (!find_waiting(call, in->lane_id, &lane))
        return DONE;
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
