/*
 * queue_scaling.c: how many batches of a queue may be under way.
 *
 * A setting may say it (MaximumConcurrency, provisioned pollers).  Otherwise it is five to begin with, grows
 * by 300 a minute while that many are under way, up to 1,250, and is five again when the queue is empty and
 * at most five are under way.  A row exists only while the number may differ from five.  A FIFO queue itself
 * bounds its batches by its message groups. Few batches wait for a sandbox: what cannot run soon stays in the
 * queue.  AWS may go down to two batches while little arrives, to save receives; here a single long poll
 * waits, so there is nothing to save. https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html
 */
#include "sources.h"

enum {
    FIRST_BATCHES = 5,
    MOST_BATCHES = 1250,
    STEP_MS = 60 * MS_PER_S / 300, /* one batch more */
};

static void set_scaling(const struct call *call, const struct poll *poll, int64_t batches,
                        const int64_t *since_ms)
{
    lambda_set_scaling(call->txn, &(struct lambda_set_scaling_params){.mapping_id = poll->mapping.id,
                                                                      .batches = batches,
                                                                      .since_ms = since_ms});
}

static bool get_scaling(const struct call *call, const struct poll *poll, struct lambda_get_scaling_row *row)
{
    *row = (struct lambda_get_scaling_row){.batches = FIRST_BATCHES};
    return lambda_get_scaling(call->txn, &(struct lambda_get_scaling_params){.mapping_id = poll->mapping.id},
                              row);
}

int64_t lambda_queue_under_way(const struct call *call, const struct poll *poll)
{
    struct lambda_count_of_mapping_row row = {0};

    lambda_count_of_mapping(
        call->txn,
        &(struct lambda_count_of_mapping_params){.mapping_id = arena_i64(call->arena, poll->mapping.id)},
        &row);
    return row.count;
}

/*
 * Do so many of the batches wait for a sandbox that each may wait longer than two others run?  AWS asks for a
 * visibility timeout of six times the function's.  Fewer would not let scheduler.c start a sandbox when the
 * function is short.
 */
static bool sandboxes_are_behind(const struct call *call, const struct poll *poll, int64_t count)
{
    struct lambda_count_queued_row queued = {0};

    lambda_count_queued(call->txn,
                        &(struct lambda_count_queued_params){.version_id = poll->function.row.version_id},
                        &queued);
    int64_t running = count > queued.count ? count - queued.count : 0;
    return queued.count >= FIRST_BATCHES + 2 * running;
}

/* The number of batches that a standard queue may have under way now that it has `count`. */
static int64_t scaled(const struct call *call, const struct poll *poll, int64_t count, int64_t *grows_ms)
{
    struct lambda_get_scaling_row row;

    get_scaling(call, poll, &row);
    if (count < row.batches)
        return row.batches;
    int64_t since_ms = row.since_ms ? *row.since_ms : call->now_ms;
    int64_t steps = (call->now_ms - since_ms) / STEP_MS;
    int64_t batches = row.batches + steps < MOST_BATCHES ? row.batches + steps : MOST_BATCHES;
    since_ms += steps * STEP_MS;
    if (steps > 0 || !row.since_ms)
        set_scaling(call, poll, batches, &since_ms);
    *grows_ms = since_ms + STEP_MS;
    return batches;
}

bool lambda_queue_is_full(const struct call *call, const struct poll *poll, int64_t *until_ms)
{
    int64_t fixed = lambda_mapping_concurrency(&poll->mapping, &poll->settings, 0);
    int64_t count = lambda_queue_under_way(call, poll);

    *until_ms = INT64_MAX;
    if (fixed > 0 || count >= MOST_BATCHES)
        return count >= (fixed > 0 ? fixed : MOST_BATCHES);
    if (count < FIRST_BATCHES)
        return false;
    if (!str_ends_with(poll->mapping.source_arn, S(".fifo")) && count >= scaled(call, poll, count, until_ms))
        return true;
    *until_ms = call->now_ms + STEP_MS;
    return sandboxes_are_behind(call, poll, count);
}

void lambda_queue_stops_growing(const struct call *call, const struct poll *poll, bool is_empty)
{
    struct lambda_get_scaling_row row;

    if (!get_scaling(call, poll, &row))
        return;
    if (is_empty && lambda_queue_under_way(call, poll) <= FIRST_BATCHES)
        lambda_queue_scale_back(call, &poll->mapping);
    else if (row.since_ms)
        set_scaling(call, poll, row.batches, NULL);
}

void lambda_queue_scale_back(const struct call *call, const struct lambda_mapping_row *mapping)
{
    lambda_remove_scaling(call->txn, &(struct lambda_remove_scaling_params){.mapping_id = mapping->id});
}
