/*
 * loop.c: one thread with its libuv loop, and how exchanges and tasks come to it.
 *
 * Any thread may answer an exchange; it puts the exchange into the outbox of the exchange's loop. Only the
 * first to find the outbox empty wakes the loop, which then takes everything at once.  An exchange that is
 * answered within dispatch() does not use the outbox.
 */
#include "server/server_internal.h"

#include "base/check.h"
#include "base/memory.h"

#include <stdio.h>
#include <stdlib.h>

enum {
    MOST_PRINCIPAL = 256,  /* bytes of a principal's name */
    FREE_SLOTS_KEPT = 256, /* a burst of parked requests must not keep its memory for ever */
    WORTH_TRIMMING_BYTES = 1024 * 1024,
    WORTH_A_WORKER_BYTES = 4 * 1024 * 1024, /* a larger arena takes the loop long to free */
};

static _Thread_local struct loop *loop_of_this_thread;

/* ---- slots ---- */

static void wake_up(struct loop *loop, bool was_empty)
{
    if (was_empty)
        uv_async_send(&loop->wake_up);
}

static void bring_home(struct exchange *exchange)
{
    struct slot *slot = exchange->connection;
    struct loop *loop = slot->loop;

    if (loop_of_this_thread == loop && loop->dispatching == slot) {
        slot->answered = true;
        return;
    }
    exchange->next = NULL;
    pthread_mutex_lock(&loop->lock);
    bool was_empty = loop->outbox_first == NULL;
    if (was_empty)
        loop->outbox_first = exchange;
    else
        loop->outbox_last->next = exchange;
    loop->outbox_last = exchange;
    /* Keep the lock: once it is released, the loop may take the exchange and end. */
    wake_up(loop, was_empty);
    pthread_mutex_unlock(&loop->lock);
}

static struct slot *slot_new(struct loop *loop)
{
    struct slot *slot = memory_take(sizeof *slot);

    slot->loop = loop;
    slot->parser = http_parser_new();
    return slot;
}

struct slot *slot_take(struct loop *loop, struct connection *connection)
{
    struct slot *slot = loop->free_slots;

    if (slot) {
        loop->free_slots = slot->next_free;
        loop->free_slot_count--;
    } else {
        slot = slot_new(loop);
    }
    slot->connection = connection;
    slot->exchange.connection = slot;
    slot->exchange.answered = bring_home;
    http_parser_begin(slot->parser, &slot->exchange.arena);
    return slot;
}

static void slot_free(struct slot *slot)
{
    arena_free(&slot->exchange.arena);
    http_parser_free(slot->parser);
    free(slot);
}

void slot_end_charge(struct slot *slot)
{
    if (!slot->share)
        return;
    share_give(slot->share, slot->charged);
    share_let_go(slot->share);
    slot->share = NULL;
    slot->charged = 0;
}

bool slot_take_disk(struct slot *slot, struct share *share, size_t bytes)
{
    if (bytes <= slot->spooled)
        return true;
    if (!share_take_disk(share, bytes - slot->spooled))
        return false;
    if (!slot->disk_share)
        share_keep(share);
    slot->disk_share = share;
    slot->spooled = bytes;
    return true;
}

static void end_spool(struct slot *slot)
{
    exchange_end_spool(&slot->exchange);
    share_give_disk(slot->disk_share, slot->spooled);
    share_let_go(slot->disk_share);
    slot->disk_share = NULL;
    slot->spooled = 0;
}

/* The name of a user, a role in all its sessions, an account's root, or nobody. */
enum share_limit slot_begin_stream(struct slot *slot, struct share *share)
{
    const struct principal *caller = slot->exchange.call.caller;
    char principal[MOST_PRINCIPAL] = "";

    if (caller)
        snprintf(principal, sizeof principal, "%d %.*s %.*s", (int)caller->kind, STR_ARGS(caller->account),
                 STR_ARGS(caller->name));
    return share_begin_stream(share, str_of(principal), &slot->stream);
}

/* False: the loop frees the arena. */
static bool let_worker_free(struct slot *slot)
{
    return slot->exchange.arena.held > WORTH_A_WORKER_BYTES &&
           exchange_discard(slot->loop->engine, &slot->exchange);
}

void slot_give_back(struct slot *slot)
{
    struct arena arena = slot->exchange.arena;

    slot->loop->trim |= arena.held > WORTH_TRIMMING_BYTES;
    slot_end_charge(slot);
    if (slot->disk_share)
        end_spool(slot);
    if (slot->stream.share)
        share_end_stream(&slot->stream);
    slot->connection = NULL;
    if (let_worker_free(slot))
        return; /* it comes back with an empty arena */
    if (slot->loop->free_slot_count == FREE_SLOTS_KEPT) {
        slot_free(slot);
        return;
    }
    arena_reset(&arena);
    slot->exchange = (struct exchange){.arena = arena};
    slot->answered = false;
    slot->next_free = slot->loop->free_slots;
    slot->loop->free_slots = slot;
    slot->loop->free_slot_count++;
}

static void free_slots(struct loop *loop)
{
    while (loop->free_slots) {
        struct slot *slot = loop->free_slots;
        loop->free_slots = slot->next_free;
        slot_free(slot);
    }
}

/* ---- from other threads ---- */

void loop_post(struct loop *loop, struct task *task)
{
    task->next = NULL;
    pthread_mutex_lock(&loop->lock);
    bool was_empty = loop->tasks_first == NULL;
    if (was_empty)
        loop->tasks_first = task;
    else
        loop->tasks_last->next = task;
    loop->tasks_last = task;
    wake_up(loop, was_empty);
    pthread_mutex_unlock(&loop->lock);
}

static void on_wake_up(uv_async_t *async)
{
    struct loop *loop = async->data;

    pthread_mutex_lock(&loop->lock);
    struct exchange *exchange = loop->outbox_first;
    struct task *task = loop->tasks_first;
    loop->outbox_first = NULL;
    loop->tasks_first = NULL;
    pthread_mutex_unlock(&loop->lock);

    while (exchange) {
        struct exchange *next = exchange->next;
        connection_answered(exchange->connection);
        exchange = next;
    }
    while (task) {
        struct task *next = task->next;
        task->run(loop, task);
        task = next;
    }
}

/* At the end of each turn, when everything readable has been read. */
static void on_turn_end(uv_check_t *turn_end)
{
    struct loop *loop = turn_end->data;

    dispatch_flush(loop->dispatcher);
}

/* ---- life ---- */

static void on_sweep(uv_timer_t *sweep)
{
    struct loop *loop = sweep->data;

    connections_sweep(loop);
    if (loop->trim)
        memory_trim();
    loop->trim = false;
    if (!loop->connections)
        uv_timer_stop(sweep);
}

void loop_begin_sweeping(struct loop *loop)
{
    if (!uv_is_active((uv_handle_t *)&loop->sweep))
        uv_timer_start(&loop->sweep, on_sweep, SWEEP_INTERVAL_MS, SWEEP_INTERVAL_MS);
}

void loop_init(struct loop *loop, struct server *server)
{
    loop->server = server;
    loop->quiet_since_ns = UINT64_MAX;
    check(uv_loop_init(&loop->uv) == 0);
    check(uv_async_init(&loop->uv, &loop->wake_up, on_wake_up) == 0);
    uv_timer_init(&loop->uv, &loop->sweep);
    uv_check_init(&loop->uv, &loop->turn_end);
    loop->wake_up.data = loop->sweep.data = loop->turn_end.data = loop;
    pthread_mutex_init(&loop->lock, NULL);
}

void loop_drain(struct loop *loop)
{
    loop->draining = true;
    connections_close_idle(loop);
}

/* libuv's loop ends when its last handle is closed. */
void loop_end_when_empty(struct loop *loop)
{
    if (!loop->ending || loop->connections || uv_is_closing((uv_handle_t *)&loop->wake_up))
        return;
    uv_close((uv_handle_t *)&loop->wake_up, NULL);
    uv_close((uv_handle_t *)&loop->sweep, NULL);
    uv_close((uv_handle_t *)&loop->turn_end, NULL);
}

void loop_end(struct loop *loop)
{
    loop->ending = true;
    connections_close_idle(loop);
    loop_end_when_empty(loop);
}

static void close_loop(struct loop *loop)
{
    check(uv_loop_close(&loop->uv) == 0);
    pthread_mutex_destroy(&loop->lock);
}

void loop_open(struct loop *loop, struct engine *engine)
{
    loop->engine = engine;
    loop->dispatcher = dispatcher_new(engine);
}

void loop_run(struct loop *loop)
{
    loop_of_this_thread = loop;
    uv_check_start(&loop->turn_end, on_turn_end);
    uv_run(&loop->uv, UV_RUN_DEFAULT);
    on_wake_up(&loop->wake_up); /* exchanges that came back after the last connection had closed */
    dispatch_flush(loop->dispatcher);
    dispatcher_free(loop->dispatcher);
    free_slots(loop);
    arena_free(&loop->output_arena);
    close_loop(loop);
    loop_of_this_thread = NULL;
}

void loop_discard(struct loop *loop)
{
    loop_end(loop);
    uv_run(&loop->uv, UV_RUN_DEFAULT);
    on_wake_up(&loop->wake_up); /* orders of effects, which are only freed now */
    close_loop(loop);
}
