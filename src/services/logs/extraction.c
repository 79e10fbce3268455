/*
 * extraction.c: looks at new events, oldest first: in steps, each of which is prepared by a worker and then
 * stored by one call.
 *
 * A row of logs_pending is a range of events that are still to be looked at.  The call that stores a step's
 * results shortens or removes the row, and begins the next step.  A timer begins again should a step get
 * lost; if it was only late, there are two calls for one step for a while, and the second one ends.
 */
#include "extraction.h"

#include "base/log.h"
#include "engine/count.h"
#include "field_indexes.h"
#include "subscription.h"

#define ALL S("all")

enum {
    STEP_EVENTS = 1000,
    UNPREPARED_EVENTS = 20, /* when no worker has prepared the step, and it holds the engine */
    STEP_BYTES = 1024 * 1024,
    STEP_DATA = 200,
    STEP_ENTRIES = 300, /* of the index */
    PUT_DATA = 100,     /* in one request to CloudWatch */
    AGAIN_MS = 60 * 1000,
};

static const struct metric parse_errors = {"AWS/Logs", "EMFParsingErrors", "LogGroupName", "Count"};
static const struct metric validation_errors = {"AWS/Logs", "EMFValidationErrors", "LogGroupName", "Count"};

struct log_metric_filter_list {
    struct log_metric_filter *items;
    size_t count;
};

/* What a worker has made of some events. */
struct step {
    struct logs_find_pending_row pending;
    struct logs_find_group_by_id_row group;
    struct call there; /* in the group's account and region */
    int64_t next_id;   /* the first event that is left */
    struct log_metrics metrics;
    struct log_metric_filter_list filters;
    struct {
        struct log_batch *items;
        size_t count;
    } batches;       /* one for each subscription of the group and of the account */
    str stream_name; /* absent: the stream is deleted */
    struct index_step index;
};

/* ---- beginning ---- */

static void begin_at(const struct call *call, int64_t at_ms)
{
    timer_set(call, &LOGS_BEGIN_EXTRACTION, ALL, at_ms, &(struct logs_begin_extraction_input){0});
}

static void go_on(const struct call *call)
{
    spawn(call, &LOGS_EXTRACT_EVENTS, (str){0}, &(struct logs_extract_events_input){0});
}

void logs_extract_later(const struct call *call, const struct group *group, int64_t stream_id,
                        int64_t first_id, int64_t last_id)
{
    struct logs_find_pending_row before;

    if (!logs_find_pending(call->txn, &before))
        begin_at(call, call->now_ms);
    logs_add_pending(call->txn, &(struct logs_add_pending_params){.group_id = group->row.id,
                                                                  .stream_id = stream_id,
                                                                  .first_id = first_id,
                                                                  .last_id = last_id});
}

void logs_extraction_start(const struct call *call)
{
    struct logs_find_pending_row pending;

    if (logs_find_pending(call->txn, &pending))
        begin_at(call, call->now_ms);
}

enum outcome logs_begin_extraction(const struct call *call, const struct logs_begin_extraction_input *in,
                                   struct logs_begin_extraction_output *out)
{
    struct logs_find_pending_row pending;

    (void)in;
    (void)out;
    if (call->last_run || !logs_find_pending(call->txn, &pending))
        return DONE;
    begin_at(call, call->now_ms + AGAIN_MS);
    go_on(call);
    return DONE;
}

/* ---- a step, on a worker ---- */

static void read_filters(struct step *step)
{
    const struct call *call = &step->there;
    struct logs_filters_of_group_rows rows = logs_filters_of_group(
        call->txn, &(struct logs_filters_of_group_params){.group_id = step->pending.group_id});

    for (size_t i = 0; i < rows.count; i++) {
        struct logs_metric_transformation transformation = {0};
        str problem;
        model_from_json(call->arena, &LOGS_METRIC_TRANSFORMATION, rows.items[i].transformation,
                        &transformation);
        if (!logs_metric_filter_read(call->arena, rows.items[i].pattern, &transformation,
                                     list_add(call->arena, &step->filters), &problem))
            step->filters.count--;
    }
}

/* Adds a batch unless the pattern cannot be used. */
static void add_batch(struct step *step, str stream_name, const struct log_subscription *subscription,
                      str pattern)
{
    struct log_batch batch = {
        .subscription = *subscription, .group_name = step->group.name, .stream_name = stream_name};
    str problem;

    if (logs_pattern_parse(step->there.arena, pattern, &batch.pattern, &problem))
        *list_add(step->there.arena, &step->batches) = batch;
}

static void find_stream(struct step *step)
{
    struct logs_find_stream_name_params key = {.id = step->pending.stream_id,
                                               .group_id = step->pending.group_id};
    struct logs_find_stream_name_row stream = {0};

    if (logs_find_stream_name(step->there.txn, &key, &stream))
        step->stream_name = stream.name;
}

static void read_subscriptions(struct step *step)
{
    const struct call *call = &step->there;
    struct log_subscription subscription;
    str pattern;

    if (!str_present(step->stream_name))
        return; /* a deleted stream's events reach nobody */
    struct logs_subscriptions_of_group_rows rows = logs_subscriptions_of_group(
        call->txn, &(struct logs_subscriptions_of_group_params){.group_id = step->pending.group_id});
    for (size_t i = 0; i < rows.count; i++) {
        subscription = (struct log_subscription){.name = rows.items[i].name,
                                                 .destination_arn = rows.items[i].destination_arn,
                                                 .target = logs_subscription_target(call, rows.items[i].id)};
        add_batch(step, step->stream_name, &subscription, rows.items[i].pattern);
    }
    if (logs_account_subscription(call, step->group.name, &subscription, &pattern))
        add_batch(step, step->stream_name, &subscription, pattern);
}

static void look_at(struct step *step, const struct logs_read_ids_row *row)
{
    struct log_message event = {.arena = step->there.arena, .message = row->message};

    for (size_t i = 0; i < step->batches.count; i++)
        logs_batch_add(&step->there, &step->batches.items[i], (struct position){row->timestamp_ms, row->id},
                       &event);
    for (size_t i = 0; i < step->filters.count; i++)
        logs_metric_filter_apply(&step->filters.items[i], row->timestamp_ms, &event, &step->metrics);
    const struct insights_event indexed = {.id = row->id,
                                           .timestamp_ms = row->timestamp_ms,
                                           .ingested_ms = row->ingested_ms,
                                           .message = row->message,
                                           .stream = step->stream_name};
    logs_index_event(&step->there, &step->index, &indexed);
    if (logs_may_embed_metrics(row->message))
        logs_embedded_metrics(&step->metrics, row->timestamp_ms, row->message);
}

static void read_events(struct step *step, size_t most)
{
    struct logs_read_ids_params params = {.first_id = step->pending.first_id,
                                          .last_id = step->pending.last_id,
                                          .stream_id = step->pending.stream_id};
    struct logs_read_ids_cursor cursor = logs_read_ids_open(step->there.txn, &params);
    struct logs_read_ids_row event;
    size_t events = 0, bytes = 0;

    while (events < most && bytes < STEP_BYTES && step->metrics.data < STEP_DATA &&
           step->index.entries.count < STEP_ENTRIES && !(events > 0 && time_is_up(&step->there)) &&
           logs_read_ids_next(&cursor, &event)) {
        look_at(step, &event);
        step->next_id = event.id + 1;
        bytes += event.message.size;
        events++;
    }
    if (events == 0)
        step->next_id = step->pending.last_id + 1;
    logs_read_ids_close(&cursor);
    for (size_t i = 0; i < step->batches.count; i++)
        logs_batch_end(&step->there, &step->batches.items[i]);
}

/* NULL: there is nothing to do. */
static struct step *make_step(const struct call *call, size_t most_events)
{
    struct step *step = arena_new(call->arena, struct step);

    if (!logs_find_pending(call->txn, &step->pending))
        return NULL;
    step->next_id = step->pending.last_id + 1;
    if (!logs_find_group_by_id(
            call->txn, &(struct logs_find_group_by_id_params){.id = step->pending.group_id}, &step->group) ||
        str_empty(step->group.account))
        return step;
    step->there = call_in(call, step->group.account, step->group.region);
    step->metrics.call = &step->there;
    find_stream(step);
    read_filters(step);
    read_subscriptions(step);
    logs_index_begin(&step->there, step->pending.group_id, step->group.name, &step->index);
    read_events(step, most_events);
    return step;
}

void logs_extract_events_prepare(const struct call *call, const struct logs_extract_events_input *in)
{
    (void)in;
    leave_prepared(call, make_step(call, STEP_EVENTS));
}

/* ---- storing it ---- */

static void put_data(const struct call *call, str namespace, const struct cloudwatch_metric_data *data)
{
    for (size_t first = 0; first < data->count; first += PUT_DATA) {
        struct cloudwatch_put_metric_data_input in = {
            .namespace = namespace,
            .metric_data = {.items = data->items + first,
                            .count = data->count - first < PUT_DATA ? data->count - first : PUT_DATA}};
        struct cloudwatch_put_metric_data_output out = {0};
        struct failure failure;
        if (invoke(call, call->caller, &CLOUDWATCH_PUT_METRIC_DATA, &in, &out, &failure) != DONE)
            log_warn("metrics of log events were refused", log_field("reason", failure.message));
    }
}

static void store(const struct call *call, const struct step *step)
{
    struct call there = call_in(call, step->group.account, step->group.region);

    for (size_t i = 0; i < step->metrics.namespaces.count; i++)
        put_data(&there, step->metrics.namespaces.items[i].namespace,
                 &step->metrics.namespaces.items[i].data);
    for (size_t i = 0; i < step->batches.count; i++)
        logs_batch_deliver(&there, &step->batches.items[i]);
    logs_index_store(&there, step->pending.group_id, &step->index);
    if (step->metrics.parse_errors > 0)
        count(&there, &parse_errors, step->group.name, step->metrics.parse_errors);
    if (step->metrics.validation_errors > 0)
        count(&there, &validation_errors, step->group.name, step->metrics.validation_errors);
}

static void shorten(const struct call *call, const struct step *step)
{
    if (step->next_id > step->pending.last_id)
        logs_remove_pending(call->txn, &(struct logs_remove_pending_params){.id = step->pending.id});
    else
        logs_shorten_pending(call->txn, &(struct logs_shorten_pending_params){.id = step->pending.id,
                                                                              .first_id = step->next_id});
}

enum outcome logs_extract_events(const struct call *call, const struct logs_extract_events_input *in,
                                 struct logs_extract_events_output *out)
{
    const struct step *step = prepared(call) ? prepared(call) : make_step(call, UNPREPARED_EVENTS);
    struct logs_find_pending_row now;

    (void)in;
    (void)out;
    if (!step || !logs_find_pending(call->txn, &now))
        return DONE;
    if (now.id != step->pending.id || now.first_id != step->pending.first_id)
        return DONE; /* another call has done this step, and continues */
    if (!str_empty(step->group.account))
        store(call, step);
    shorten(call, step);
    if (!logs_find_pending(call->txn, &now))
        timer_cancel(call, &LOGS_BEGIN_EXTRACTION, ALL);
    else if (!call->last_run)
        go_on(call);
    return DONE;
}
