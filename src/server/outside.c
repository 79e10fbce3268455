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

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum {
    MAX_UNDER_WAY = 128,
    MAX_WAITING = 4096,
    MAX_WAITING_BYTES = 64 * 1024 * 1024,
    IDLE_MS = 60 * 1000,
    OK = 200,
};

struct outside {
    struct outside_options options;
    CURLM *multi; /* NULL before the first request, as is the thread */
    pthread_t thread;
    struct transfer *under_way[MAX_UNDER_WAY];
    size_t under_way_count;

    pthread_mutex_t lock;
    struct engine *engine; /* NULL before outside_open() */
    bool closing;
    struct transfer *first, **end; /* those that wait */
    size_t waiting, waiting_bytes;
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
}

/* Before the engine is known, nothing can be reported. */
static bool has_room(const struct outside *outside, size_t bytes)
{
    return !outside->engine ||
           (outside->waiting < MAX_WAITING && outside->waiting_bytes + bytes <= MAX_WAITING_BYTES);
}

static void *run(void *context);

/* Called with the lock held. */
static void wake_thread(struct outside *outside)
{
    if (!outside->engine || outside->closing || !outside->first)
        return;
    if (outside->multi) {
        curl_multi_wakeup(outside->multi);
        return;
    }
    check(curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK);
    outside->multi = curl_multi_init();
    check(outside->multi && pthread_create(&outside->thread, NULL, run, outside) == 0);
}

/* False: too many wait. */
static bool push(struct outside *outside, struct transfer *transfer)
{
    pthread_mutex_lock(&outside->lock);
    bool room = has_room(outside, transfer->arena.held);
    if (room) {
        *outside->end = transfer;
        outside->end = &transfer->next;
        outside->waiting++;
        outside->waiting_bytes += transfer->arena.held;
        wake_thread(outside);
    }
    pthread_mutex_unlock(&outside->lock);
    return room;
}

static struct transfer *pop(struct outside *outside)
{
    pthread_mutex_lock(&outside->lock);
    struct transfer *transfer = outside->closing ? NULL : outside->first;
    if (transfer) {
        outside->first = transfer->next;
        if (!outside->first)
            outside->end = &outside->first;
        outside->waiting--;
        outside->waiting_bytes -= transfer->arena.held;
    }
    pthread_mutex_unlock(&outside->lock);
    return transfer;
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

static void report_busy(struct outside *outside, str id, str payload)
{
    struct transfer *transfer = memory_take(sizeof *transfer);
    static const bool yes = true;

    (void)id;
    if (arena_run(&transfer->arena, read_transfer, &(struct reading){transfer, payload}))
        post(outside, &(struct outside_sent){.id = transfer->in.id,
                                             .context = transfer->in.context,
                                             .busy = &yes,
                                             .problem = S("The server has too many requests under way.")});
    transfer_free(transfer);
}

void outside_start_effect(void *context, str id, str payload)
{
    struct outside *outside = context;
    struct transfer *transfer = memory_take(sizeof *transfer);

    transfer->outside = outside;
    if (arena_run(&transfer->arena, read_transfer, &(struct reading){transfer, payload}) &&
        push(outside, transfer))
        return;
    transfer_free(transfer);
    report_busy(outside, id, payload);
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
    outside->under_way[outside->under_way_count++] = transfer;
}

static void begin_some(struct outside *outside)
{
    struct transfer *transfer;

    while (outside->under_way_count < MAX_UNDER_WAY && (transfer = pop(outside)))
        begin(outside, transfer);
}

static void take_off(struct outside *outside, struct transfer *transfer)
{
    size_t at = 0;

    while (outside->under_way[at] != transfer)
        at++;
    outside->under_way[at] = outside->under_way[--outside->under_way_count];
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
        begin_some(outside);
        curl_multi_poll(outside->multi, NULL, 0, IDLE_MS, NULL);
    }
    return NULL;
}

/* ---- life ---- */

struct outside *outside_new(const struct outside_options *options)
{
    struct outside *outside = memory_take(sizeof *outside);

    outside->options = *options;
    outside->end = &outside->first;
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
    while ((transfer = outside->first)) {
        outside->first = transfer->next;
        transfer_free(transfer);
    }
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
