#pragma once

/*
 * engine_internal.h: what the files of the engine share.
 *
 * Everything here belongs to the engine thread, except what a lock protects.
 */
#include "base/hash.h"
#include "base/list.h"
#include "base/map.h"
#include "base/text.h"
#include "engine/doors.h"
#include "engine/engine.h"
#include "engine/protocol/protocol.h"
#include "wire/aws_chunked.h"
#include "wire/sigv4.h"

#include <pthread.h>

/* A parked exchange: in the queue of the name that it waits for, and in the heap of deadlines. */
struct waiter {
    struct exchange *exchange;
    struct waiters *queue;
    struct waiter *previous, *next; /* by order of arrival */
    uint64_t order;
    int64_t until_ms;
    size_t heap_index;
};

struct parking {
    struct map queues;    /* what -> struct waiters */
    struct waiter **heap; /* the earliest deadline first */
    size_t count, capacity;
    uint64_t next_order;
};

struct effect {
    const struct effect_runner *runner;
    str payload;
};
struct effect_list {
    struct effect *items;
    size_t count;
};
struct exchange_list {
    struct exchange **items;
    size_t count;
};

/* The sums that the calls of a batch have added, and each addition, so that it can be undone. */
struct sums {
    struct sum *items;
    size_t count;
    size_t *slots; /* a hash table of positions in `items` */
    size_t slot_count;
};
struct sum_change_list {
    struct sum_change {
        size_t place;
        int64_t by[2];
    } * items;
    size_t count;
};

/* An internal call that begins, or a poller of that name that ends. */
struct spawned_list {
    struct spawned {
        struct exchange *exchange; /* NULL: the poller ends */
        str ended;
    } * items;
    size_t count;
};

/* Counts, each with its series of the minute, see metrics.c. */
struct counted_list {
    struct counted {
        size_t place;
        double value;
    } * items;
    size_t count;
};

/* Hops as records of trace/page.c; the first `stored` bytes are in the store. */
struct hop_buffer {
    struct text records;
    size_t stored;
};

/* A committed call of that operation has changed the resource with that ARN. */
struct change_list {
    struct change {
        const struct operation *operation;
        str arn;
    } * items;
    size_t count;
};

struct exchange_queue {
    struct exchange *first, *last;
};

/* One transaction: the effects that start once it is committed, and the replies, once it is durable. */
struct batch {
    struct arena arena;
    struct exchange_list answers;
    size_t clients; /* that get one of the answers */
    struct exchange_queue
        moved; /* calls that workers prepare when the batch is committed, so that they see it */
    struct effect_list effects;
    struct sums sums;
    struct sum_change_list sum_changes;
    struct hop_buffer hops;
    struct counted_list counts;
    struct change_list changes;
    bool hops_are_due;           /* some hops must be written with this batch */
    bool late_are_stored;        /* the engine's late hops are written */
    struct spawned_list spawned; /* they begin and end when this batch is committed */
    bool reset;                  /* everything stored was deleted */
    bool has_indexed;            /* pages of hops were indexed */
    bool lasts;                  /* a call of it has not called answer_unsynced() */
    bool hurries;                /* a reply or an effect of it does not wait for the disk */
    int64_t clock_offset_ms;     /* before this batch */
    uint64_t sequence;
    struct batch *next;
};

enum {
    MAX_MODULES = 32,
    WORTH_COMMITTING = 4, /* more calls, while the disk is busy and none could be answered anyway */
};

struct work_pool;
struct load;
struct meter;
struct doors;

struct engine {
    struct engine_options options;
    const struct schema *schemas[MAX_MODULES + 2];
    struct store *store;
    pthread_t thread;
    struct work_pool *pool;
    struct load *load;
    struct meter *meter;
    struct metrics *metrics;
    struct metric_shares *metric_shares;
    struct changes *changes;
    struct doors *doors;

    pthread_mutex_t lock; /* protects the next seven */
    pthread_cond_t arrived;
    struct exchange_queue inbox;
    _Atomic size_t inbox_count; /* may be read without the lock */
    size_t inbox_wanted;        /* the number of calls that wakes the engine */
    bool cancellations, stopping, stopped;

    _Atomic int64_t clock_offset_ms; /* the admin endpoint's offset */
    _Atomic int64_t
        clock_ahead_us;     /* how far the engine's time is ahead of the monotonic clock; it only grows */
    int64_t clock_kept_ms;  /* when clock_keep() last stored the time */
    struct sha256 seal_key; /* constant after the start */

    struct exchange start; /* runs before the first call */
    bool last_run;         /* the engine is stopping: no call parks or is spawned any more */
    bool prune_behind;     /* a slice's time was over before everything was pruned */
    bool gives_back;       /* there are unused pages to give back at give_back_ms */
    struct exchange_queue runnable;
    struct parking parking;
    struct map pollers;  /* spawn()'s names -> struct exchange, which its owner frees */
    struct map accounts; /* whose rows of engine_account exist, at least in this batch */
    struct txn *txn;
    struct batch *batch;
    uint64_t lasting; /* the sequence of the last batch that `lasts` */
    int64_t now_ms;
    int64_t next_timer_ms;      /* the earliest timer is due then or later; INT64_MAX: no timer */
    int64_t next_delivery_ms;   /* the earliest delivery is due then or later; INT64_MAX: none */
    int64_t next_delivery;      /* the id of the next delivery */
    int64_t drop_deliveries_ms; /* when to remove those of ended targets; INT64_MAX: never */
    int64_t next_hop;           /* the number of the next hop */
    struct arena late_arena;
    struct text late_hops;    /* of earlier batches, not written yet */
    int64_t late_ms;          /* the latest time for writing waiting hops; INT64_MAX: no hops wait */
    int64_t index_ms;         /* the next time to index pages of hops; INT64_MAX: no page waits */
    int64_t prune_ms;         /* the next time to prune traces */
    int64_t close_ranges_ms;  /* the next time to close ranges of traces */
    int64_t hops_dropped_ms;  /* the last time that the log told of hops that are not kept */
    int64_t trace_page_bytes; /* of all pages; negative: unknown */
    int64_t slice_began_us;
    int64_t give_back_ms; /* the next time to give back unused pages, or to look for some */
    int64_t sync_ms;      /* when to sync what nothing waits for; INT64_MAX: all is synced, or awaited */
    int64_t retry_ms;     /* after a failed commit, everything parked runs again at this time */
    bool rests;           /* the last commit failed: what is due waits until retry_ms, or for a call */

    pthread_mutex_t durable_lock; /* protects the next five */
    pthread_cond_t released;      /* signalled when durable batches have been released */
    bool releasing;               /* a thread is releasing */
    uint64_t durable;
    struct batch *unsynced_first, *unsynced_last;
    struct exchange_queue unsynced_reads;
};

void queue_push(struct exchange_queue *queue, struct exchange *exchange);
struct exchange *queue_pop(struct exchange_queue *queue);

/* engine.c */
/* engine_submit() for all of them; empties the queue. */
void engine_submit_all(struct engine *engine, struct exchange_queue *exchanges);
/* Every module's start hook, or every module's reset hook. */
void modules_run(const struct call *call, bool start);

/* Has nothing arrived that waits for the engine, and is nothing due? */
bool engine_is_idle(struct engine *engine);
/* Wait until enough has arrived or the disk is free.  True when there is more to run. */
bool take_more_while_disk_is_busy(struct engine *engine);
/* Called when a sync has ended. */
void engine_disk_is_free(struct engine *engine);

/* park.c */
void parking_add(struct parking *parking, struct exchange *exchange);
bool parking_awaited(const struct parking *parking, str what);
/* If a call waits for `what`, let the oldest waiter be due at that time. */
void parking_alarm(struct parking *parking, str what, int64_t at_ms);
/* The oldest exchange that waits for `what`; NULL when none does. */
const struct exchange *parking_oldest(const struct parking *parking, str what);
/* The same, taken out of the queue. */
struct exchange *parking_take(struct parking *parking, str what);
/* Give the oldest exchange that waits for `what` a text.  False: no exchange waits, or there is no memory. */
bool parking_hand_over(struct parking *parking, str what, str text);
/* An exchange whose deadline has passed, or NULL. */
struct exchange *parking_take_due(struct parking *parking, int64_t now_ms);
/* Take this exchange, which is parked, out of the queue. */
struct exchange *parking_leave(struct parking *parking, struct exchange *exchange);
/* Take out the exchanges whose clients have gone. */
struct exchange_queue parking_take_cancelled(struct parking *parking);
/* Take out any exchange, or NULL. */
struct exchange *parking_take_any(struct parking *parking);
int64_t parking_next_due_ms(const struct parking *parking); /* INT64_MAX: none */
/* All deadlines and alarms, in no order; an alarm with the oldest exchange that it wakes. */
void parking_see(const struct parking *parking,
                 void (*see)(void *context, const struct exchange *exchange, int64_t until_ms),
                 void *context);
void parking_free(struct parking *parking);

/* batch.c */
void batch_run(struct engine *engine);
/* The pool is full: the internal call is prepared after a moment. */
void internal_prepare_later(struct engine *engine, struct exchange *exchange);

/* pollers.c */
/* Forget what was spawned and ended in this batch, except the first `keep`. */
void spawned_drop(struct batch *batch, size_t keep);
/* The batch is committed: begin and end what it spawned and ended. */
void spawned_start(struct engine *engine, struct batch *batch);
/* The exchange, which may be a poller, will not run again; or it will, after all. */
void poller_has_ended(struct engine *engine, const struct exchange *exchange);
void poller_goes_on(struct engine *engine, struct exchange *exchange);
/* After a reset: forget all pollers. */
void pollers_forget(struct engine *engine);

/* slice.c: bounding what runs on the engine thread; see slice_is_over() in call.h */
void slice_begin(struct engine *engine);
bool slice_has_passed(const struct engine *engine);
bool clients_wait(const struct engine *engine);

/* sums.c */
/* Undo all additions after the first `keep`. */
void sums_undo(struct batch *batch, size_t keep);
/* Store the remaining sums, before the batch is committed. */
void sums_finish(struct engine *engine);

/* outbox.c: starts effects when they are committed, sends replies when they are durable */
/* The batch is committed.  False: no reply of it waits for the disk. */
bool outbox_add_batch(struct engine *engine, struct batch *batch);
/* Send a reply that waits only for exchange->sequence: a read's. */
void outbox_add_read(struct engine *engine, struct exchange *exchange);
void outbox_release_durable(void *engine, uint64_t sequence);
void outbox_wait_until_empty(struct engine *engine);
/* Does a batch wait for the disk? */
bool outbox_is_waiting(struct engine *engine);
/* Check that the end of each kind of effect runs an operation. */
void effects_check(const struct engine *engine);

/* internal.c: calls that no client makes */
/* The name of an operation in rows: "lambda:RetryInvocation". */
str operation_key(struct arena *arena, const struct operation *operation);
/* The internal operation with that name, or NULL. */
const struct operation *operation_of_key(const struct engine *engine, str key);
/* The caller of internal operations. */
const struct principal *internal_principal(void);
/* The internal operation with that event as its input, or NULL. */
const struct operation *operation_that_hears(const struct engine *engine, const struct shape *event);
/* NULL when the JSON does not fit the operation's input. */
struct exchange *internal_exchange(struct engine *engine, const struct operation *operation, str account,
                                   str region, str input_json);
bool internal_is(const struct exchange *exchange);
/*
 * Memory has run out in the midst of a call.  True, once, for a spawned one that is prepared, which nobody
 * repeats: it runs once more, with nothing prepared, and cannot move to a worker.
 */
bool internal_has_last_chance(struct exchange *exchange);

/* timers.c */
/* Take a due timer, or NULL; its row is deleted in this batch. */
struct exchange *timers_take_due(struct engine *engine);

/* upcoming.c: what comes next by the clock; on the engine */
struct json_writer;
/* The first moment after now; INT64_MAX: nothing comes. */
int64_t upcoming_first_ms(const struct call *call);
/* Write the members `next_ms`, unless nothing comes, and `next`. */
void upcoming_write(const struct call *call, struct json_writer *writer);

/* delivery.c */
struct engine_delivery_row;
/* Is an attempt at that time past the policy's age? */
bool delivery_is_too_old(const struct engine_delivery_row *row, int64_t at_ms);
/* For call->delivery; is_over: of the dead letter. */
struct delivery_attempt *delivery_attempt_of(struct arena *arena, const struct engine_delivery_row *row,
                                             bool is_over);
void delivery_remove(struct txn *txn, int64_t id, const int64_t *body);
void delivery_trace_given_up(const struct call *call, const struct engine_delivery_row *row, str why);
/* Call it after each run of a call: ends the attempt if the call was one and FAILED. */
void delivery_has_run(struct exchange *exchange);

/* delivery_due.c */
/* At start: make the attempts that were under way due again. */
void deliveries_start(struct engine *engine);
void deliveries_due_at(struct engine *engine, int64_t due_ms);
/* Begin the attempt of a due delivery.  NULL: none is due, or the slice is over. */
struct exchange *deliveries_take_due(struct engine *engine);
/* An attempt for that target has ended: let the oldest held delivery go. */
void delivery_target_has_room(struct engine *engine, str target);
/* Remove deliveries of ended targets, at least one, while the slice lasts. */
void deliveries_remove_ended(struct engine *engine);
/* The batch was rolled back: look for due deliveries again at that time. */
void deliveries_look_again(struct engine *engine, int64_t at_ms);
/* The table is empty. */
void deliveries_are_forgotten(struct engine *engine);

/* clock.c */
void clock_restore(struct engine *engine);
/* Store the time, about once a second, in a batch that writes anyway. */
void clock_keep(struct engine *engine);
void clock_advance(struct engine *engine, struct txn *txn, int64_t by_ms);

/* seal.c */
/* Load this store's key for seals, or make one. */
void seal_start(struct engine *engine);
/* Store the key again, after everything stored was deleted. */
void seal_key_store(struct engine *engine, struct txn *txn);

/* work.c: worker threads for work that is too long for a connection's loop */
struct work_pool *work_start(struct engine *engine);
/*
 * Let a worker do that job, which answers the exchange or passes it to the engine.  When the pool is full,
 * the exchange is answered right here: as throttled, or as unavailable after work_stop().  Any thread.
 */
void work_submit(struct work_pool *pool, struct exchange *exchange, enum work_class class,
                 void (*work_of)(struct dispatcher *, struct exchange *));
/* The same, but false when the pool is full: the caller still owns the exchange then. */
bool work_offer(struct work_pool *pool, struct exchange *exchange, enum work_class class,
                void (*work_of)(struct dispatcher *, struct exchange *));
/* Returns when the workers have ended: waiting short jobs are done, long ones are given back. */
void work_stop(struct work_pool *pool);
void work_free(struct work_pool *pool);
struct work_counts {
    size_t workers, waiting[WORK_CLASSES], running[WORK_CLASSES];
};
struct work_counts work_counts(struct work_pool *pool);
/* dispatch.c: do the exchange's job, with a worker's dispatcher. */
void dispatch_work(struct dispatcher *dispatcher, struct exchange *exchange);
/* Let a worker prepare the call, which then goes to the engine: a spawned call, or one that moves. */
void dispatch_prepare(struct engine *engine, struct exchange *exchange);
/* Let a worker run the door's handler, with a snapshot. */
void dispatch_door_on_worker(struct engine *engine, struct exchange *exchange);
/*
 * Let a worker encode the reply and answer.  False: no worker takes it; the caller still owns the exchange.
 */
bool dispatch_encode(struct engine *engine, struct exchange *exchange);

/* auth.c: who sent the request? */
struct auth;
struct auth *auth_new(void);
void auth_free(struct auth *auth);
/*
 * Checks that need only the head: is the request signed, in time, by a known key?  Of an aws-chunked body the
 * head's signature, too.  False: call->failure says why.
 */
bool auth_admit(struct auth *auth, struct exchange *exchange, struct store_reader *reader,
                const struct sigv4 *sigv4, enum protocol_name protocol);
/* The same for the whole request; also sets caller, account and region. */
bool auth_identify(struct auth *auth, struct exchange *exchange, struct store_reader *reader,
                   const struct sigv4 *sigv4, enum protocol_name protocol);

/* For admin endpoints, where the caller need not be known to a service.  False: call->failure says why. */
bool auth_is_administrator(struct auth *auth, struct exchange *exchange, struct store_reader *reader);

/* Fail the call, as its signature is wrong.  False. */
bool auth_refuse_mismatch(const struct call *call, enum protocol_name protocol);

/* chunked.c: bodies of Content-Encoding aws-chunked */
bool chunked_is_declared(const struct exchange *exchange, const struct sigv4 *sigv4);
/* False: such a body is declared, but not in a form that we know, or the operation does not take it. */
bool chunked_may_come(const struct exchange *exchange, const struct sigv4 *sigv4);
/*
 * After the signature of the head has been verified: how is the body encoded?  Sets exchange->chunks. Without
 * a key the signatures of chunks are not compared.  False: the call has failed, as the head does not say all.
 */
bool chunked_expect(struct exchange *exchange, const struct sigv4 *sigv4, const struct sha256 *key);
/*
 * Decode these bytes of the body, and hand each piece to take(), until it returns false: then the result is
 * AWS_CHUNKED_PIECE.
 */
enum aws_chunked_result chunked_feed(struct aws_chunked *reader, str bytes,
                                     bool (*take)(void *context, str piece), void *context);
/* False: the call has failed, as the result is an error; or as the body ends here, and is not whole. */
bool chunked_accept(const struct exchange *exchange, enum aws_chunked_result result, bool is_last);
/* Decode a body that is in memory, if it is encoded.  False: the call has failed. */
bool chunked_decode(struct exchange *exchange);

/* door.c: checks that come before everything else */
/*
 * False: the exchange has its reply, a refusal or the answer to a preflight.  Sets call->endpoint and the
 * exchange's members about its sender.
 */
bool door_open(struct exchange *exchange);
/* Add the headers that a reply to an allowed page needs. */
void door_add_headers(struct exchange *exchange);
/* The reply to a call that may only read, but would write. */
void door_refuse_write(struct exchange *exchange);

/* admin.c: doors below /_orderly/ and /_localstack/, and the page at "/" */
extern const struct door ADMIN_DOORS[];
void reply_message(struct exchange *exchange, int status, str message);
/* The same for a door's handler.  Returns DONE. */
enum outcome door_refuse(const struct call *call, struct http_reply *reply, int status, str message);

/* console.c: the web console's files */
enum outcome console_show(const struct call *call, const struct visit *visit, struct http_reply *reply);
enum outcome console_redirect(const struct call *call, const struct visit *visit, struct http_reply *reply);

/* session.c */
enum outcome session_show(const struct call *call, const struct visit *visit, struct http_reply *reply);
/* A client's call has written: note its account. */
void account_note(const struct call *call);
/* The rows of accounts may be gone. */
void accounts_forget(struct engine *engine);

/* doors.c */
/* NULL: two doors have the same pattern, and *clash is the second one. */
struct doors *doors_new(const struct module *const *modules, const struct door **clash);
void doors_free(struct doors *doors);
/* The door for the request, or NULL.  *rest is the part of the path that matches the '*'. */
const struct door *doors_find(const struct doors *doors, const struct http_request *request, str *rest);
/* False: refused, and the exchange has its reply. */
bool doors_admit(struct exchange *exchange, struct auth *auth, struct store_reader *reader);
/* Run the exchange's door, on any thread: sets its outcome and its reply. */
void doors_run(struct exchange *exchange);

/*
 * strangers.c: requests that no operation answers.  The call fails, in its client's protocol; `signing_name`
 * is of the service that the client's signature names.
 */
struct route;
void stranger_refuse(struct exchange *exchange, const struct route *route, str signing_name);

/*
 * encode.c: encode the exchange's output or error.  On a loop only small replies are packed.  Without memory
 * for it the reply is that error.
 */
void reply_encode(struct exchange *exchange, bool on_loop);

/* request_log.c: called when the reply is encoded. */
void log_request(const struct exchange *exchange);

/* stream.c: the state of a reply that is sent piece by piece */
struct stream {
    bool begun;                /* the first piece has been sent, with the head */
    bool left;                 /* the client has gone */
    bool more;                 /* this run has made a piece */
    struct arena_mark decoded; /* each piece begins with the memory of the request alone */
    str piece;
    size_t place_size;
    char place[LIMIT_STREAM_PLACE_BYTES];
};
/*
 * A stream of events that has sent nothing for so long sends a comment, to learn whether its client is there.
 */
enum { STREAM_HEARTBEAT_MS = 15 * 1000 };
bool stream_is_silent(const struct call *call, int64_t sent_ms);
/* The status and the headers of a stream of events. */
void stream_begin_events(const struct call *call, struct http_reply *reply);
/* Called before and after a run of the handler; do nothing when the call has no stream. */
void stream_begin_run(struct exchange *exchange);
void stream_end_run(struct exchange *exchange);

/* inflow.c */
/* Called when the request of an operation `in-pieces` is understood. */
void inflow_begin(struct exchange *exchange);

/* events.c: replies of operations that are streams of events */
/* The first piece with the head before it, or the whole reply. */
void events_encode_head(struct exchange *exchange, const struct protocol *protocol);
/* A later piece; a failure becomes an exception, which ends the stream regularly. */
void events_encode_piece(struct exchange *exchange);

/* pack.c: gzip a reply of at most that size, if it is large, and both sides want it */
void reply_pack(struct exchange *exchange, size_t most_bytes);

/* changes.c: events about what committed calls have changed */
struct changes *changes_new(void);
void changes_free(struct changes *changes);
/* While somebody listens: how much the batch has written before a call. */
struct written {
    int64_t rows;
    size_t sums, hops;
};
struct written changes_before(const struct call *call);
/* The call is done: if it has written since then, note its resources. */
void changes_note(const struct call *call, const struct written *before);
void changes_committed(struct engine *engine);

/* change_stream.c */
enum outcome changes_stream(const struct call *call, const struct visit *visit, struct http_reply *reply);

/* authorize.c */
/* Locate and authorize the resources that the model names.  False: fail() has been called. */
bool call_admit(const struct call *call, const void *in);
/* call_admit(), then the handler. */
enum outcome call_handle(const struct call *call, const void *in, void *out);
/* For a door with DOOR_CALLER: may its caller do that to "*"?  False: the reply says that it may not. */
bool door_permits(const struct call *call, str action, struct http_reply *reply);

/* call.c */
void call_reset(const struct call *call);
/*
 * Taken before a handler that writes: when it fails, its changes to store and batch are undone up to the
 * mark.
 */
struct call_mark {
    size_t effects, spawned, sum_changes, hops, hops_stored, counts, changes;
    bool late_are_stored;
};
struct call_mark call_begin(const struct call *call);
enum outcome call_end(const struct call *call, struct call_mark mark, enum outcome outcome);
/* A call that only reads runs on a server thread, and must not touch the engine thread's data. */
void check_writes(const struct call *call);
/* Make the oldest call that waits for `what` runnable; false when no call waits. */
bool wake_oldest(struct engine *engine, str what);
/* Fail with the service's internal error (or a plain one without a service). */
void call_fail_internal(const struct call *call);
/* The client of a parked call has closed its side of the connection: see answer_when_left(). */
enum outcome call_leave(const struct call *call);
void call_fail_unavailable(const struct call *call);
/*
 * The call was left in the middle, because memory ran out.  Its statements must have ended; its arena is
 * rewound to `mark`.
 */
void call_fail_exhausted(const struct call *call, struct arena_mark mark);
/* Is the disk full, and would the operation fill it further? */
bool is_refused_for_space(const struct call *call, const struct operation *operation);
void call_fail_full(const struct call *call);
void call_fail_throttled(const struct call *call);
