/*
 * lane_records.c: the records that a stream's mapping holds, in the order of their lanes.
 *
 * A lane's records up to its `done` are done: nothing reads them any more, and they are removed in slices. So
 * the end of a batch of 10,000 records changes one row.  Another number of lanes makes new lanes: when the
 * batches that run have ended, the records are moved to the new lanes, in slices, too; meanwhile the mapping
 * has no lane.  An older lane with an open tumbling window stays, without records, until the function has got
 * the window's state in its last invocation.
 */
#include "batches.h"
#include "sources.h"

#include "base/text.h"

enum {
    RECORDS_AT_ONCE = 100,
    RECORDS_PER_RUN = 300,
    LANE_NUMBERS = 16, /* of one generation of lanes; a mapping has ten at most */
};

/* ---- reading ---- */

bool lambda_lane_record(const struct call *call, const struct lambda_lane_row *lane, int64_t last,
                        int64_t skipped, struct lambda_held_row *record)
{
    return lambda_get_held(call->txn,
                           &(struct lambda_get_held_params){.mapping_id = lane->mapping_id,
                                                            .lane = lane->number,
                                                            .after = lane->done,
                                                            .last = last,
                                                            .skipped = skipped},
                           record);
}

str lambda_lane_event(const struct call *call, int64_t lane_id, str request_id, str tail)
{
    struct text event = text_in(call->arena);
    struct lambda_count_held_row size = {0};
    struct lambda_each_content_row row;
    struct lambda_lane_row lane;
    int64_t last = 0;
    bool is_first = true;

    if (!lambda_get_lane(call->txn, &(struct lambda_get_lane_params){.id = lane_id}, &lane) ||
        lane.state != LAMBDA_LANE_STATE_RUNNING || !str_equal(lane.request_id, request_id))
        return (str){0};
    lambda_lane_batch_end(&lane, &last);
    const struct lambda_each_content_params of = {
        .mapping_id = lane.mapping_id, .lane = lane.number, .after = lane.done, .last = last};
    lambda_count_held(call->txn,
                      &(struct lambda_count_held_params){of.mapping_id, of.lane, of.after, of.last}, &size);
    text_reserve(&event, (size_t)(size.size + size.count) + tail.size + sizeof "{'Records':[]}");
    text_add(&event, S("{\"Records\":["));
    struct lambda_each_content_cursor cursor = lambda_each_content_open(call->txn, &of);
    while (lambda_each_content_next(&cursor, &row)) {
        if (!is_first)
            text_add_char(&event, ',');
        text_add(&event, row.content);
        is_first = false;
    }
    lambda_each_content_close(&cursor);
    text_add_char(&event, ']');
    text_add(&event, tail);
    text_add_char(&event, '}');
    return text_str(&event);
}

/* ---- done ---- */

/* False: the time is over, or many were removed, and there are more. */
static bool remove_done(const struct call *call, const struct lambda_lane_row *lane, struct slice *slice)
{
    const struct lambda_remove_some_done_params some = {
        .mapping_id = lane->mapping_id, .lane = lane->number, .last = lane->done, .limit = RECORDS_AT_ONCE};
    int64_t removed;

    do {
        if (slice_is_spent(call, slice))
            return false;
        removed = lambda_remove_some_done(call->txn, &some);
        slice_spend(slice, removed, 0);
    } while (removed == RECORDS_AT_ONCE);
    return true;
}

static void set_removing(const struct call *call, struct lambda_lane_row *lane, bool removing)
{
    if (removing)
        slice_again(call, &LAMBDA_REMOVE_DONE_RECORDS, arena_decimal(call->arena, lane->id),
                    &(struct lambda_lane_request){.lane_id = lane->id});
    if (lane->removing == removing)
        return;
    lane->removing = removing;
    lambda_set_removing(call->txn,
                        &(struct lambda_set_removing_params){.id = lane->id, .removing = lane->removing});
}

void lambda_lane_done(const struct call *call, struct lambda_lane_row *lane, int64_t last)
{
    struct slice slice = {RECORDS_PER_RUN, INT64_MAX, false};
    struct lambda_count_held_row done = {0};

    lambda_count_held(
        call->txn,
        &(struct lambda_count_held_params){
            .mapping_id = lane->mapping_id, .lane = lane->number, .after = lane->done, .last = last},
        &done);
    lane->done = last;
    lane->held_count -= done.count;
    lane->held_size -= done.size;
    if (lane->removing || !remove_done(call, lane, &slice))
        set_removing(call, lane, true);
}

enum outcome lambda_remove_done_records(const struct call *call, const struct lambda_lane_request *in,
                                        struct lambda_remove_done_records_output *out)
{
    struct slice slice = {RECORDS_PER_RUN, INT64_MAX, false};
    struct lambda_lane_row lane;

    (void)out;
    if (!lambda_get_lane(call->txn, &(struct lambda_get_lane_params){.id = in->lane_id}, &lane))
        return DONE;
    bool all = remove_done(call, &lane, &slice);
    set_removing(call, &lane, !all);
    if (all)
        lambda_poller_wake(call, lane.mapping_id);
    return DONE;
}

/* ---- without lanes ---- */

static void remove_later(const struct call *call, int64_t mapping_id)
{
    slice_again(call, &LAMBDA_REMOVE_RECORDS, arena_decimal(call->arena, mapping_id),
                &(struct lambda_held_records_request){.mapping_id = mapping_id});
}

void lambda_records_forget(const struct call *call, int64_t mapping_id)
{
    remove_later(call, mapping_id);
}

/* Without lanes and a mapping nothing reads the records that are held. */
enum outcome lambda_remove_records(const struct call *call, const struct lambda_held_records_request *in,
                                   struct lambda_remove_records_output *out)
{
    const struct lambda_remove_some_held_params some = {.mapping_id = in->mapping_id,
                                                        .limit = RECORDS_AT_ONCE};

    (void)out;
    while (lambda_remove_some_held(call->txn, &some) > 0) {
        if (slice_is_over(call)) {
            remove_later(call, in->mapping_id);
            break;
        }
    }
    return DONE;
}

/* ---- another number of lanes ---- */

static struct lambda_lane_rows older_lanes(const struct call *call, const struct lambda_reader_row *reader)
{
    return lambda_list_lanes(call->txn, &(struct lambda_list_lanes_params){.mapping_id = reader->mapping_id,
                                                                           .most = reader->first_lane - 1});
}

/* Does a batch of the mapping's older lanes run?  The others are not tried again. */
static bool older_runs(const struct call *call, const struct lambda_reader_row *reader)
{
    struct lambda_lane_rows lanes = older_lanes(call, reader);
    bool runs = false;

    for (size_t i = 0; i < lanes.count; i++)
        runs |= lambda_lane_runs(call, &lanes.items[i]);
    lambda_retire_lanes(call->txn, &(struct lambda_retire_lanes_params){.mapping_id = reader->mapping_id,
                                                                        .first_lane = reader->first_lane});
    return runs;
}

/*
 * Remove what the mapping's older lanes have done, and then these lanes, unless one has to end a window.
 * False: the slice is over.
 */
static bool remove_older(const struct call *call, const struct lambda_reader_row *reader, struct slice *slice)
{
    struct lambda_lane_rows lanes = older_lanes(call, reader);

    for (size_t i = 0; i < lanes.count; i++) {
        if (!remove_done(call, &lanes.items[i], slice))
            return false;
        if (!lanes.items[i].window_ms)
            lambda_remove_lane(call->txn, &(struct lambda_remove_lane_params){.id = lanes.items[i].id});
    }
    return true;
}

static bool move_records(const struct call *call, const struct lambda_reader_row *reader, int64_t lanes,
                         struct slice *slice)
{
    const struct lambda_move_some_held_params some = {.mapping_id = reader->mapping_id,
                                                      .first_lane = reader->first_lane,
                                                      .lanes = lanes,
                                                      .limit = RECORDS_AT_ONCE};
    int64_t moved;

    do {
        if (slice_is_spent(call, slice))
            return false;
        moved = lambda_move_some_held(call->txn, &some);
        slice_spend(slice, moved, 0);
    } while (moved == RECORDS_AT_ONCE);
    return true;
}

static void make_later(const struct call *call, int64_t mapping_id)
{
    slice_again(call, &LAMBDA_MOVE_RECORDS, arena_decimal(call->arena, mapping_id),
                &(struct lambda_held_records_request){.mapping_id = mapping_id});
}

/* Does nothing while a batch runs: its end wakes the poller, which asks for the lanes again. */
static void make_lanes(const struct call *call, const struct lambda_reader_row *reader, int64_t count)
{
    struct slice slice = {RECORDS_PER_RUN, INT64_MAX, false};

    check(count <= LANE_NUMBERS);
    if (older_runs(call, reader))
        return;
    if (!remove_older(call, reader, &slice) || !move_records(call, reader, count, &slice)) {
        make_later(call, reader->mapping_id);
        return;
    }
    for (int64_t i = 0; i < count; i++)
        lambda_add_lane(call->txn, &(struct lambda_add_lane_params){.mapping_id = reader->mapping_id,
                                                                    .number = reader->first_lane + i,
                                                                    .ends = S("")});
    lambda_poller_wake(call, reader->mapping_id);
}

bool lambda_lanes_are_made(const struct call *call, int64_t mapping_id)
{
    if (lambda_lanes_of(call, mapping_id, NULL).count > 0)
        return true;
    make_later(call, mapping_id);
    return false;
}

enum outcome lambda_move_records(const struct call *call, const struct lambda_held_records_request *in,
                                 struct lambda_move_records_output *out)
{
    struct lambda_reader_row reader;
    struct call there;
    struct poll poll;

    (void)out;
    if (lambda_poll_find(call, in->mapping_id, &there, &poll) &&
        lambda_get_reader(call->txn, &(struct lambda_get_reader_params){.mapping_id = in->mapping_id},
                          &reader) &&
        lambda_lanes_of(call, in->mapping_id, NULL).count == 0)
        make_lanes(&there, &reader, *poll.settings.parallelization_factor);
    return DONE;
}

struct lambda_lane_rows lambda_lanes_of(const struct call *call, int64_t mapping_id,
                                        struct lambda_lane_rows *retired)
{
    struct lambda_list_lanes_params of = {.mapping_id = mapping_id, .most = INT64_MAX};
    struct lambda_reader_row reader = {0};

    lambda_get_reader(call->txn, &(struct lambda_get_reader_params){.mapping_id = mapping_id}, &reader);
    of.least = reader.first_lane;
    struct lambda_lane_rows lanes = lambda_list_lanes(call->txn, &of);
    if (!retired)
        return lanes;
    *retired = (struct lambda_lane_rows){0};
    if (lanes.count > 0 && reader.first_lane > 0) {
        of = (struct lambda_list_lanes_params){.mapping_id = mapping_id, .most = reader.first_lane - 1};
        *retired = lambda_list_lanes(call->txn, &of);
    }
    return lanes;
}

void lambda_lanes_set(const struct call *call, const struct lambda_mapping_row *mapping, int64_t count)
{
    struct lambda_reader_row reader = {.mapping_id = mapping->id};
    bool is_new =
        !lambda_get_reader(call->txn, &(struct lambda_get_reader_params){.mapping_id = mapping->id}, &reader);

    if ((int64_t)lambda_lanes_of(call, mapping->id, NULL).count == count)
        return;
    lambda_lanes_stop(call, mapping->id);
    if (!is_new) {
        reader.first_lane += LANE_NUMBERS;
        lambda_set_reader(call->txn, &reader);
    }
    make_lanes(call, &reader, count);
}
