/*
 * outside.c: the thread that makes requests to the outside, and their queue.
 *
 * The queue and what says whether the thread runs are shared, under the lock; everything else belongs to the
 * thread, which begins with the first request.
 */
#include "server/outside_internal.h"

#include "base/check.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/thread.h"
#include "base/time.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum {
    MAX_UNDER_WAY = 512,
    SLOW_US = 1000 * 1000, /* what is under way for as long counts as slow from then on */
    SLOW_MS = SLOW_US / 1000,
    IDLE_MS = 60 * 1000,
    OK = 200,
};

/* So many may be under way in the lane when another one begins. */
static const size_t most_in_lane[LANES] = {[LANE_PROMPT] = 128, [LANE_SLOW] = 64};

struct outside {
    struct outside_options options;
    CURLM *multi; /* NULL before the first request, as is the thread */
    pthread_t thread;
    struct transfer *under_way[MAX_UNDER_WAY];
    size_t under_way_count, in_lane[LANES];

    pthread_mutex_t lock;
    struct engine *engine; /* NULL before outside_open() */
    bool closing;
    struct lanes lanes;
};

/* ---- the queue ---- */

static void transfer_free(struct transfer *transfer)
{
    if (transfer->curl)
        curl_easy_cleanup(transfer->curl);
    curl_slist_free_all(transfer->headers);
    curl_slist_free_all(transfer->recipients);
    arena_free(&transfer->arena);
    free(transfer);
}

struct reading {
    struct transfer *transfer;
    str payload;
};

static void read_transfer(void *context)
{
    struct reading *reading = context;
    struct transfer *transfer = reading->transfer;

    check(outside_send_read(&transfer->arena, arena_copy(&transfer->arena, reading->payload), &transfer->in));
    /* All mails have one endpoint: the relay. */
    transfer->endpoint = str_hash(str_present(transfer->in.recipient) ? S("mail") : transfer->in.url);
}

static void *run(void *context);

/* Called with the lock held. */
static void wake_thread(struct outside *outside)
{
    if (!outside->engine || outside->closing || lanes_are_empty(&outside->lanes))
        return;
    if (outside->multi) {
        curl_multi_wakeup(outside->multi);
        return;
    }
    check(curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK);
    outside->multi = curl_multi_init();
    check(outside->multi && pthread_create(&outside->thread, NULL, run, outside) == 0);
}

/* False: too many wait.  Before the engine is known, nothing can be reported. */
static bool push(struct outside *outside, struct transfer *transfer)
{
    pthread_mutex_lock(&outside->lock);
    bool room = lanes_push(&outside->lanes, transfer, !outside->engine);
    if (room)
        wake_thread(outside);
    pthread_mutex_unlock(&outside->lock);
    return room;
}

static struct transfer *pop(struct outside *outside, enum lane lane)
{
    pthread_mutex_lock(&outside->lock);
    struct transfer *transfer = outside->closing ? NULL : lanes_pop(&outside->lanes, lane);
    pthread_mutex_unlock(&outside->lock);
    return transfer;
}

static void note(struct outside *outside, const struct transfer *transfer, bool is_slow)
{
    pthread_mutex_lock(&outside->lock);
    lanes_note(&outside->lanes, transfer, is_slow);
    pthread_mutex_unlock(&outside->lock);
}

static bool is_closing(struct outside *outside)
{
    pthread_mutex_lock(&outside->lock);
    bool closing = outside->closing;
    pthread_mutex_unlock(&outside->lock);
    return closing;
}

static void post(struct outside *outside, const struct outside_sent *sent)
{
    pthread_mutex_lock(&outside->lock);
    struct engine *engine = outside->closing ? NULL : outside->engine;
    pthread_mutex_unlock(&outside->lock);
    if (engine)
        outside_sent_post(engine, sent, NULL, NULL);
}

static void report_busy(struct outside *outside, str payload)
{
    struct transfer *transfer = memory_take(sizeof *transfer);
    static const bool yes = true;

    if (arena_run(&transfer->arena, read_transfer, &(struct reading){transfer, payload}))
        post(outside, &(struct outside_sent){.id = transfer->in.id,
                                             .context = transfer->in.context,
                                             .busy = &yes,
                                             .problem = S("The server has too many requests under way.")});
    transfer_free(transfer);
}

void outside_start_effect(void *context, str payload)
{
    struct outside *outside = context;
    struct transfer *transfer = memory_take(sizeof *transfer);

    transfer->outside = outside;
    if (arena_run(&transfer->arena, read_transfer, &(struct reading){transfer, payload}) &&
        push(outside, transfer))
        return;
    transfer_free(transfer);
    report_busy(outside, payload);
}

/* ---- the thread ---- */

static void put_in_mailbox(struct outside *outside, struct transfer *transfer)
{
    struct outside_sent sent = {.id = transfer->in.id, .context = transfer->in.context};

    if (mailbox_put(&transfer->arena, outside->options.mailbox, transfer->in.recipient, transfer->in.body))
        sent.status = OK;
    else
        sent.problem = arena_format(&transfer->arena, "The mail cannot be stored: %s.", strerror(errno));
    post(outside, &sent);
    transfer_free(transfer);
}

static void begin(struct outside *outside, struct transfer *transfer)
{
    if (str_present(transfer->in.recipient) && str_empty(outside->options.smtp)) {
        put_in_mailbox(outside, transfer);
        return;
    }
    transfer_prepare(transfer, &outside->options);
    check(curl_multi_add_handle(outside->multi, transfer->curl) == CURLM_OK);
    transfer->began_us = monotonic_us();
    outside->under_way[outside->under_way_count++] = transfer;
    outside->in_lane[transfer->lane]++;
}

static void begin_some(struct outside *outside, enum lane lane)
{
    struct transfer *transfer;

    while (outside->under_way_count < MAX_UNDER_WAY && outside->in_lane[lane] < most_in_lane[lane] &&
           (transfer = pop(outside, lane)))
        begin(outside, transfer);
}

static bool has_taken_long(const struct transfer *transfer)
{
    return monotonic_us() - transfer->began_us >= SLOW_US;
}

/* They leave their places to others. */
static void find_slow(struct outside *outside)
{
    for (size_t i = 0; i < outside->under_way_count; i++) {
        struct transfer *transfer = outside->under_way[i];
        if (transfer->lane != LANE_PROMPT || !has_taken_long(transfer))
            continue;
        transfer->lane = LANE_SLOW;
        outside->in_lane[LANE_PROMPT]--;
        outside->in_lane[LANE_SLOW]++;
        note(outside, transfer, true);
    }
}

static void take_off(struct outside *outside, struct transfer *transfer)
{
    size_t at = 0;

    while (outside->under_way[at] != transfer)
        at++;
    outside->under_way[at] = outside->under_way[--outside->under_way_count];
    outside->in_lane[transfer->lane]--;
    curl_multi_remove_handle(outside->multi, transfer->curl);
}

static void end_some(struct outside *outside)
{
    CURLMsg *message;
    int left;

    while ((message = curl_multi_info_read(outside->multi, &left))) {
        struct transfer *transfer = NULL;
        if (message->msg != CURLMSG_DONE)
            continue;
        CURLcode code = message->data.result;
        curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, (char **)&transfer);
        struct outside_sent sent = transfer_result(transfer, code);
        take_off(outside, transfer);
        note(outside, transfer, has_taken_long(transfer));
        post(outside, &sent);
        transfer_free(transfer);
    }
}

static void *run(void *context)
{
    struct outside *outside = context;
    int running;

    thread_set_name("outside");
    while (!is_closing(outside)) {
        curl_multi_perform(outside->multi, &running);
        end_some(outside);
        find_slow(outside);
        for (enum lane lane = 0; lane < LANES; lane++)
            begin_some(outside, lane);
        curl_multi_poll(outside->multi, NULL, 0, outside->in_lane[LANE_PROMPT] > 0 ? SLOW_MS : IDLE_MS, NULL);
    }
    return NULL;
}

/* ---- life ---- */

struct outside *outside_new(const struct outside_options *options)
{
    struct outside *outside = memory_take(sizeof *outside);

    outside->options = *options;
    lanes_begin(&outside->lanes);
    pthread_mutex_init(&outside->lock, NULL);
    return outside;
}

void outside_open(struct outside *outside, struct engine *engine)
{
    pthread_mutex_lock(&outside->lock);
    outside->engine = engine;
    wake_thread(outside);
    pthread_mutex_unlock(&outside->lock);
}

static void free_all(struct outside *outside)
{
    struct transfer *transfer;

    while (outside->under_way_count > 0) {
        transfer = outside->under_way[0];
        take_off(outside, transfer);
        transfer_free(transfer);
    }
    for (enum lane lane = 0; lane < LANES; lane++)
        while ((transfer = lanes_pop(&outside->lanes, lane)))
            transfer_free(transfer);
}

void outside_close(struct outside *outside)
{
    pthread_mutex_lock(&outside->lock);
    bool runs = outside->multi && !outside->closing;
    outside->closing = true;
    pthread_mutex_unlock(&outside->lock);
    if (!runs)
        return;
    curl_multi_wakeup(outside->multi);
    pthread_join(outside->thread, NULL);
}

void outside_free(struct outside *outside)
{
    free_all(outside);
    if (outside->multi)
        curl_multi_cleanup(outside->multi);
    pthread_mutex_destroy(&outside->lock);
    free(outside);
}
