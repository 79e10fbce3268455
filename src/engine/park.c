/*
 * park.c: calls that wait, by the name of what they wait for and by their deadline.
 *
 * A thousand long polls are a thousand entries here and nothing else: no timer, no thread, no CPU. The
 * waiters for one name are served in the order in which they first came, even if they were woken in vain; a
 * call that has waited for another name meanwhile goes to the end.  Besides each waiter's own deadline a name
 * may have an alarm, at which its oldest waiter runs; the alarm is in the same heap, as a waiter without an
 * exchange.
 */
#include "engine/engine_internal.h"

#include "base/check.h"
#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

struct waiters {
    struct waiter *first, *last;
    struct waiter alarm; /* in the heap when until_ms is not INT64_MAX */
    str what;            /* points to the text behind this struct */
};

static void heap_set(struct parking *parking, size_t index, struct waiter *waiter)
{
    parking->heap[index] = waiter;
    waiter->heap_index = index;
}

static void heap_up(struct parking *parking, size_t index)
{
    struct waiter *waiter = parking->heap[index];

    while (index > 0 && waiter->until_ms < parking->heap[(index - 1) / 2]->until_ms) {
        heap_set(parking, index, parking->heap[(index - 1) / 2]);
        index = (index - 1) / 2;
    }
    heap_set(parking, index, waiter);
}

static void heap_down(struct parking *parking, size_t index)
{
    struct waiter *waiter = parking->heap[index];

    for (;;) {
        size_t child = 2 * index + 1;
        if (child + 1 < parking->count && parking->heap[child + 1]->until_ms < parking->heap[child]->until_ms)
            child++;
        if (child >= parking->count || parking->heap[child]->until_ms >= waiter->until_ms)
            break;
        heap_set(parking, index, parking->heap[child]);
        index = child;
    }
    heap_set(parking, index, waiter);
}

static void heap_add(struct parking *parking, struct waiter *waiter)
{
    if (parking->count == parking->capacity) {
        parking->capacity = parking->capacity ? parking->capacity * 2 : 64;
        parking->heap = memory_resize(parking->heap, parking->capacity * sizeof(struct waiter *));
    }
    heap_set(parking, parking->count++, waiter);
    heap_up(parking, waiter->heap_index);
}

static void heap_remove(struct parking *parking, struct waiter *waiter)
{
    size_t index = waiter->heap_index;
    struct waiter *last = parking->heap[--parking->count];

    if (last == waiter)
        return;
    heap_set(parking, index, last);
    heap_up(parking, index);
    heap_down(parking, last->heap_index);
}

static struct waiters *queue_of(struct parking *parking, str what)
{
    struct waiters *queue = map_get(&parking->queues, what);

    if (!queue) {
        queue = memory_take(sizeof *queue + what.size);
        char *copy = (char *)(queue + 1);
        for (size_t i = 0; i < what.size; i++)
            copy[i] = what.data[i];
        queue->what = (str){copy, what.size};
        queue->alarm = (struct waiter){.queue = queue, .until_ms = INT64_MAX};
        map_put(&parking->queues, what, queue);
    }
    return queue;
}

static void queue_insert(struct waiters *queue, struct waiter *waiter)
{
    struct waiter *after = queue->last;

    while (after && after->order > waiter->order)
        after = after->previous;
    waiter->previous = after;
    waiter->next = after ? after->next : queue->first;
    *(waiter->next ? &waiter->next->previous : &queue->last) = waiter;
    *(after ? &after->next : &queue->first) = waiter;
}

void parking_add(struct parking *parking, struct exchange *exchange)
{
    struct waiter *waiter = memory_take(sizeof *waiter);
    str what = exchange->progress.parked.what;

    check(str_present(what));
    if (exchange->order == 0 || exchange->waited_for != str_hash(what))
        exchange->order = ++parking->next_order;
    exchange->waited_for = str_hash(what);
    waiter->exchange = exchange;
    exchange->waiter = waiter;
    waiter->order = exchange->order;
    waiter->until_ms = exchange->progress.parked.until_ms;
    waiter->queue = queue_of(parking, what);
    queue_insert(waiter->queue, waiter);
    heap_add(parking, waiter);
}

static void alarm_set(struct parking *parking, struct waiters *queue, int64_t at_ms)
{
    if (queue->alarm.until_ms != INT64_MAX)
        heap_remove(parking, &queue->alarm);
    queue->alarm.until_ms = at_ms;
    if (at_ms != INT64_MAX)
        heap_add(parking, &queue->alarm);
}

bool parking_awaited(const struct parking *parking, str what)
{
    return map_get(&parking->queues, what) != NULL;
}

void parking_alarm(struct parking *parking, str what, int64_t at_ms)
{
    struct waiters *queue = map_get(&parking->queues, what);

    if (queue && at_ms < queue->alarm.until_ms)
        alarm_set(parking, queue, at_ms);
}

/* Unlink, free, and return the exchange. */
static struct exchange *leave(struct parking *parking, struct waiter *waiter)
{
    struct exchange *exchange = waiter->exchange;
    struct waiters *queue = waiter->queue;

    heap_remove(parking, waiter);
    *(waiter->previous ? &waiter->previous->next : &queue->first) = waiter->next;
    *(waiter->next ? &waiter->next->previous : &queue->last) = waiter->previous;
    if (!queue->first) {
        alarm_set(parking, queue, INT64_MAX);
        map_remove(&parking->queues, queue->what);
        free(queue);
    }
    free(waiter);
    exchange->waiter = NULL;
    return exchange;
}

struct exchange *parking_leave(struct parking *parking, struct exchange *exchange)
{
    return leave(parking, exchange->waiter);
}

const struct exchange *parking_oldest(const struct parking *parking, str what)
{
    const struct waiters *queue = map_get(&parking->queues, what);

    return queue ? queue->first->exchange : NULL;
}

struct exchange *parking_take(struct parking *parking, str what)
{
    struct waiters *queue = map_get(&parking->queues, what);

    return queue ? leave(parking, queue->first) : NULL;
}

struct handing {
    struct exchange *exchange;
    str text;
};

static void keep(void *context)
{
    const struct handing *handing = context;
    str *kept = &handing->exchange->progress.handed_over;
    void *before = (void *)(uintptr_t)kept->data;

    char *data = arena_resize_loose(&handing->exchange->arena, before, handing->text.size + 1);
    memcpy(data, handing->text.data, handing->text.size);
    *kept = (str){data, handing->text.size};
}

bool parking_hand_over(struct parking *parking, str what, str text)
{
    struct waiters *queue = map_get(&parking->queues, what);

    if (!queue)
        return false;
    struct handing handing = {.exchange = queue->first->exchange, .text = text};
    return arena_run(&handing.exchange->arena, keep, &handing);
}

struct exchange *parking_take_due(struct parking *parking, int64_t now_ms)
{
    return parking_next_due_ms(parking) <= now_ms ? parking_take_any(parking) : NULL;
}

struct exchange_queue parking_take_cancelled(struct parking *parking)
{
    struct waiter **waiters = memory_take((parking->count + 1) * sizeof *waiters);
    struct exchange_queue gone = {0};
    size_t count = 0;

    for (size_t i = 0; i < parking->count; i++) {
        struct waiter *waiter = parking->heap[i];
        if (waiter->exchange && waiter->exchange->cancelled)
            waiters[count++] = waiter;
    }
    for (size_t i = 0; i < count; i++)
        queue_push(&gone, leave(parking, waiters[i]));
    free(waiters);
    return gone;
}

struct exchange *parking_take_any(struct parking *parking)
{
    if (parking->count == 0)
        return NULL;

    struct waiter *waiter = parking->heap[0];
    if (waiter->exchange)
        return leave(parking, waiter);
    struct waiters *queue = waiter->queue;
    alarm_set(parking, queue, INT64_MAX);
    return leave(parking, queue->first);
}

int64_t parking_next_due_ms(const struct parking *parking)
{
    return parking->count ? parking->heap[0]->until_ms : INT64_MAX;
}

void parking_see(const struct parking *parking,
                 void (*see)(void *context, const struct exchange *exchange, int64_t until_ms), void *context)
{
    for (size_t i = 0; i < parking->count; i++) {
        const struct waiter *waiter = parking->heap[i];
        see(context, waiter->exchange ? waiter->exchange : waiter->queue->first->exchange, waiter->until_ms);
    }
}

void parking_free(struct parking *parking)
{
    check(parking->count == 0);
    free(parking->heap);
    map_free(&parking->queues);
}
