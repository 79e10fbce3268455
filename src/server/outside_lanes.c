/*
 * outside_lanes.c: requests to the outside that wait, so that endpoints that hang do not hold the others.
 *
 * An endpoint is slow from the moment that a request to it is under way for too long, until one ends sooner.
 * Requests to slow endpoints wait in a lane of their own, and may have half of the room.  What is under way
 * in each lane is bounded apart (outside.c).  A slow endpoint is known by the hash of its URL; when two share
 * a place in the table, the later one takes it over, and the other one is found to be slow once more.
 */
#include "server/outside_internal.h"

enum { MAX_WAITING = 4096, MAX_WAITING_BYTES = 64 * 1024 * 1024 };

void lanes_begin(struct lanes *lanes)
{
    for (enum lane lane = 0; lane < LANES; lane++)
        lanes->queues[lane].end = &lanes->queues[lane].first;
}

bool lanes_are_empty(const struct lanes *lanes)
{
    return !lanes->queues[LANE_PROMPT].first && !lanes->queues[LANE_SLOW].first;
}

static uint64_t *place_of(struct lanes *lanes, const struct transfer *transfer)
{
    return &lanes->slow[transfer->endpoint % MAX_SLOW_ENDPOINTS];
}

static enum lane lane_of(struct lanes *lanes, const struct transfer *transfer)
{
    return *place_of(lanes, transfer) == transfer->endpoint ? LANE_SLOW : LANE_PROMPT;
}

void lanes_note(struct lanes *lanes, const struct transfer *transfer, bool is_slow)
{
    if (is_slow)
        *place_of(lanes, transfer) = transfer->endpoint;
    else if (lane_of(lanes, transfer) == LANE_SLOW)
        *place_of(lanes, transfer) = 0;
}

static bool has_room(const struct lane_queue *queue, enum lane lane, size_t bytes)
{
    size_t share = lane == LANE_SLOW ? 2 : 1;

    return queue->waiting < MAX_WAITING / share && queue->waiting_bytes + bytes <= MAX_WAITING_BYTES / share;
}

bool lanes_push(struct lanes *lanes, struct transfer *transfer, bool always)
{
    enum lane lane = lane_of(lanes, transfer);
    struct lane_queue *queue = &lanes->queues[lane];

    if (!always && !has_room(queue, lane, transfer->arena.held))
        return false;
    transfer->lane = lane;
    transfer->next = NULL;
    *queue->end = transfer;
    queue->end = &transfer->next;
    queue->waiting++;
    queue->waiting_bytes += transfer->arena.held;
    return true;
}

static struct transfer *take_first(struct lane_queue *queue)
{
    struct transfer *transfer = queue->first;

    if (!transfer)
        return NULL;
    queue->first = transfer->next;
    if (!queue->first)
        queue->end = &queue->first;
    queue->waiting--;
    queue->waiting_bytes -= transfer->arena.held;
    return transfer;
}

/* What has waited for a place while its endpoint became slow goes to the other lane. */
struct transfer *lanes_pop(struct lanes *lanes, enum lane lane)
{
    struct transfer *transfer;

    while ((transfer = take_first(&lanes->queues[lane])))
        if (lane == LANE_SLOW || lane_of(lanes, transfer) == LANE_PROMPT)
            return transfer;
        else
            lanes_push(lanes, transfer, true);
    return NULL;
}
