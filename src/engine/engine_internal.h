#pragma once

/*
 * engine_internal.h: what the files of the engine share.
 *
 * Everything here belongs to the engine thread, but for what stands under a lock.
 */
#include "base/hash.h"
#include "base/list.h"
#include "base/map.h"
#include "base/text.h"
#include "engine/doors.h"
#include "engine/engine.h"
#include "engine/protocol.h"
#include "wire/sigv4.h"

#include <pthread.h>

/* A parked exchange: in the queue of what it waits for, and in the heap of deadlines. */
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
    str kind, id, payload;
};
struct effect_list {
    struct effect *items;
    size_t count;
};
struct exchange_list {
    struct exchange **items;
    size_t count;
};

/* What the calls of a batch have added up, and each addition, so that it can be taken back. */
struct sums {
    struct sum *items;
    size_t count;
    size_t *slots; /* a hash table of places in `items` */
    size_t slot_count;
};
struct sum_change_list {
    struct sum_change {
        size_t place;
        int64_t by[2];
    } * items;
    size_t count;
};

/* An internal call that begins, or one with that name that ends. */
struct spawned_list {
    struct spawned {
        struct exchange *exchange; /* NULL: it ends */
        str ended;
    } * items;
    size_t count;
};

/* What was counted: of which series of the minute, see metrics.c. */
struct counted_list {
    struct counted {
        size_t place;
        double value;
    } * items;
    size_t count;
};

/* Hops as records of trace_page.c: the first `stored` bytes of them are in the store. */
struct hop_buffer {
    struct text records;
    size_t stored;
};

/* One transaction: who gets an answer, and what starts in the world, once it is durable. */
struct batch {
    struct arena arena;
    struct exchange_list answers;
    struct effect_list effects;
    struct sums sums;
    struct sum_change_list sum_changes;
    struct hop_buffer hops;
    struct counted_list counts;
    bool hops_are_due;           /* some must be written with this batch */
    bool late_are_stored;        /* the engine's late hops are written */
    struct spawned_list spawned; /* what happens when this batch is committed */
    bool reset;                  /* everything stored was deleted */
    bool has_indexed;            /* pages of hops were taken apart */
    int64_t clock_offset_ms;     /* as it was before */
    uint64_t sequence;
    struct batch *next;
};

struct exchange_queue {
    struct exchange *first, *last;
};

enum {
    MAX_MODULES = 32,
    WORTH_COMMITTING = 16, /* calls, while the disk is busy and none could be answered anyway */
};

struct work_pool;
struct meter;
struct doors;

struct engine {
    struct engine_options options;
    const struct schema *schemas[MAX_MODULES + 2];
    struct store *store;
    pthread_t thread;
    struct work_pool *pool;
    struct meter *meter;
    struct metrics *metrics;
    struct doors *doors;

    pthread_mutex_t lock; /* over the next seven */
    pthread_cond_t arrived;
    struct exchange_queue inbox;
    _Atomic size_t inbox_count; /* may be looked at without the lock */
    size_t inbox_wanted;        /* how many it takes to wake the engine */
    bool cancellations, stopping, stopped;

    _Atomic int64_t clock_offset_ms; /* what the admin endpoint moved time by */
    _Atomic int64_t clock_ahead_us;  /* how far time is ahead of the monotonic clock; it only grows */
    int64_t clock_kept_ms;           /* when clock_keep() stored it last */
    struct sha256 seal_key;          /* the same from the start on */

    struct exchange start; /* what runs before the first call */
    bool last_run;         /* stopping: nothing parks or is spawned any more */
    bool prune_behind;     /* there is more to prune than a slice had time for */
    bool gives_back;       /* there are unused pages to give back, as give_back_ms says */
    struct exchange_queue runnable;
    struct parking parking;
    struct map pollers; /* spawn()'s names -> struct exchange, which belongs to whoever runs it */
    struct txn *txn;
    struct batch *batch;
    int64_t now_ms;
    int64_t next_timer_ms;      /* no timer is due before; INT64_MAX: there is none */
    int64_t next_delivery_ms;   /* no delivery is due before; INT64_MAX: there is none */
    int64_t next_delivery;      /* numbers deliveries */
    int64_t drop_deliveries_ms; /* when those of ended targets are removed; INT64_MAX: there are none */
    int64_t next_hop;           /* numbers hops */
    struct arena late_arena;
    struct text late_hops;    /* of earlier batches, and not written yet */
    int64_t late_ms;          /* when waiting hops are written at the latest; INT64_MAX: no hops wait */
    int64_t index_ms;         /* when pages of hops are taken apart next; INT64_MAX: no page waits */
    int64_t prune_ms;         /* when traces are pruned next */
    int64_t trace_page_bytes; /* of all pages; negative: to be counted */
    int64_t slice_began_us;
    int64_t give_back_ms; /* when unused pages go back to the disk next, or are looked for */
    int64_t retry_ms;     /* after a failed commit, everything parked runs again then */

    pthread_mutex_t durable_lock; /* over the next five */
    pthread_cond_t delivered;     /* what is durable has left */
    bool delivering;              /* some thread is letting things go */
    uint64_t durable;
    struct batch *unsynced_first, *unsynced_last;
    struct exchange_queue unsynced_reads;
};

void queue_push(struct exchange_queue *queue, struct exchange *exchange);
struct exchange *queue_pop(struct exchange_queue *queue);

/* engine.c */
/* engine_submit() for all of them; the queue is empty then. */
void engine_submit_all(struct engine *engine, struct exchange_queue *exchanges);
/* Every module's start hook, or every module's reset hook. */
void modules_run(const struct call *call, bool start);

/* Wait until enough has arrived or the disk is free.  True when there is more to run. */
bool take_more_while_disk_is_busy(struct engine *engine);
/* On the sync thread. */
void engine_disk_is_free(struct engine *engine);

/* park.c */
void parking_add(struct parking *parking, struct exchange *exchange);
bool parking_awaited(const struct parking *parking, str what);
/* Have the oldest waiter for `what`, if there is one, taken as due at that time. */
void parking_alarm(struct parking *parking, str what, int64_t at_ms);
/* The oldest exchange that waits for `what`; NULL when none does. */
struct exchange *parking_take(struct parking *parking, str what);
/* One whose deadline has passed; NULL when there is none. */
struct exchange *parking_take_due(struct parking *parking, int64_t now_ms);
/* This one, which is parked. */
struct exchange *parking_leave(struct parking *parking, struct exchange *exchange);
/* Those whose clients have gone. */
struct exchange_queue parking_take_cancelled(struct parking *parking);
/* Any one at all. */
struct exchange *parking_take_any(struct parking *parking);
int64_t parking_next_due_ms(const struct parking *parking); /* INT64_MAX: none */
void parking_free(struct parking *parking);

/* batch.c */
void batch_run(struct engine *engine);

/* pollers.c */
/* Forget what was spawned and ended in this batch but for the first `keep`. */
void spawned_drop(struct batch *batch, size_t keep);
/* The batch is committed. */
void spawned_start(struct engine *engine, struct batch *batch);
/* The exchange, which may be a poller, will not run again; or it will after all. */
void poller_has_ended(struct engine *engine, const struct exchange *exchange);
void poller_goes_on(struct engine *engine, struct exchange *exchange);
/* Forget all traces, as after a reset. */
void pollers_forget(struct engine *engine);

/* slice.c: bounding what runs on the engine thread; see slice_is_over() in call.h */
void slice_begin(struct engine *engine);
bool slice_has_passed(const struct engine *engine);
bool calls_wait(const struct engine *engine);

/* sums.c */
/* Take back all that was added after the first `keep` changes. */
void sums_undo(struct batch *batch, size_t keep);
/* Store what is left, before the batch is committed. */
void sums_finish(struct engine *engine);

/* meter.c: what took how long.  Any thread. */
enum meter_place { METER_ENGINE, METER_LOOP };
struct meter *meter_new(void);
void meter_free(struct meter *meter);
/* The operation is NULL for an admin path. */
void meter_call(struct engine *engine, const struct operation *operation, enum meter_place place,
                int64_t took_us);
/* A batch had to wait that long until it could begin. */
void meter_batch(struct engine *engine, int64_t waited_us);
struct json_writer;
void meter_write(struct engine *engine, struct json_writer *writer);

/* metrics.c: what services count, see engine/count.h */
struct metrics *metrics_new(void);
void metrics_free(struct metrics *metrics);
void metrics_forget(struct metrics *metrics);
/* Take what the batch's calls have counted, and store what is due, before it is committed. */
void metrics_tend(struct engine *engine);
/* The batch is committed, or was not. */
void metrics_committed(struct engine *engine);
void metrics_undone(struct engine *engine);
/* When the server stops, another batch must run. */
bool metrics_are_unstored(const struct engine *engine);
int64_t metrics_next_due_ms(const struct engine *engine);
/* GET /_orderly/metrics/services */
enum outcome metrics_list(const struct call *call, const struct visit *visit, struct http_reply *reply);

/* deliver.c: answers and effects leave when they are durable */
void deliver_batch(struct engine *engine, struct batch *batch);
void deliver_read(struct engine *engine, struct exchange *exchange);
void deliver_durable(void *engine, uint64_t sequence);
void deliver_wait_for_all(struct engine *engine);
/* Does a batch wait for the disk? */
bool deliver_is_waiting(struct engine *engine);
/* Somebody hears of the end of each. */
void effects_check(const struct engine *engine);
void effects_resume(struct engine *engine);

/* internal.c: calls that no client makes */
/* "lambda:RetryInvocation", as rows name it; NULL: this program has no such internal operation. */
str operation_key(struct arena *arena, const struct operation *operation);
const struct operation *operation_of_key(const struct engine *engine, str key);
/* Who runs internal operations. */
const struct principal *internal_principal(void);
/* The internal operation that has that event as its input; NULL: nobody's. */
const struct operation *operation_that_hears(const struct engine *engine, const struct shape *event);
/* NULL when the JSON does not fit the operation's input. */
struct exchange *internal_exchange(struct engine *engine, const struct operation *operation, str account,
                                   str region, str input_json);

/* timers.c */
/* One whose time has come, to be run in this batch, with which its row is gone.  NULL: there is none. */
struct exchange *timers_take_due(struct engine *engine);

/* delivery.c */
struct engine_delivery_row;
/* Another attempt that began then would be too late. */
bool delivery_is_too_old(const struct engine_delivery_row *row, int64_t at_ms);
/* What the attempt's operation is told; is_over: that of the dead letter. */
struct delivery_attempt *delivery_attempt_of(struct arena *arena, const struct engine_delivery_row *row,
                                             bool is_over);
void delivery_remove(struct txn *txn, int64_t id, const int64_t *body);
void delivery_trace_given_up(const struct call *call, const struct engine_delivery_row *row, str why);
/* After a run of whatever call: if it was an attempt and FAILED, that has ended. */
void delivery_has_run(struct exchange *exchange);

/* delivery_due.c */
/* At start: what was under way begins again. */
void deliveries_start(struct engine *engine);
void deliveries_due_at(struct engine *engine, int64_t due_ms);
/* One whose time has come, which has begun in this batch.  NULL: there is none, or the slice is over. */
struct exchange *deliveries_take_due(struct engine *engine);
/* An attempt for that target has ended. */
void delivery_target_has_room(struct engine *engine, str target);
/* Remove deliveries of targets that have ended, at least one, while the slice lasts. */
void deliveries_remove_ended(struct engine *engine);
/* The batch was undone, and the next one is at that time; everything stored was deleted. */
void deliveries_look_again(struct engine *engine, int64_t at_ms);
void deliveries_are_forgotten(struct engine *engine);

/* clock.c */
void clock_restore(struct engine *engine);
/* Store the time, about once a second, in a batch that has written something. */
void clock_keep(struct engine *engine);
void clock_advance(struct engine *engine, struct txn *txn, int64_t by_ms);

/* seal.c */
/* Find this store's key for seals, or draw one. */
void seal_start(struct engine *engine);
/* Write it down again, after everything stored was deleted. */
void seal_key_store(struct engine *engine, struct txn *txn);

/* work.c: worker threads for what is too long for a connection's loop */
struct work_pool *work_start(struct engine *engine);
/*
 * Have a worker do that job, which answers the exchange or hands it to the engine.  An exchange that cannot
 * be taken is answered right here: as throttled, or as unavailable after work_stop().  Any thread.
 */
void work_submit(struct work_pool *pool, struct exchange *exchange, enum work_class class,
                 void (*work_of)(struct dispatcher *, struct exchange *));
/* The same, but false when it cannot be taken: the exchange is still the caller's then. */
bool work_offer(struct work_pool *pool, struct exchange *exchange, enum work_class class,
                void (*work_of)(struct dispatcher *, struct exchange *));
/* Ends when the workers have: short jobs that wait are done, long ones are given back. */
void work_stop(struct work_pool *pool);
void work_free(struct work_pool *pool);
struct work_counts {
    size_t workers, waiting[WORK_CLASSES], running[WORK_CLASSES];
};
struct work_counts work_counts(struct work_pool *pool);
/* dispatch.c: do the exchange's job, with a worker's dispatcher. */
void dispatch_work(struct dispatcher *dispatcher, struct exchange *exchange);
/* Have a worker prepare the call, which then goes to the engine: one that spawn() began, or that moves. */
void dispatch_prepare(struct engine *engine, struct exchange *exchange);
/* Have a worker run the door's handler, with a snapshot. */
void dispatch_door_on_worker(struct engine *engine, struct exchange *exchange);
/* Have a worker encode the reply and answer.  False: none takes it; the exchange is still the caller's. */
bool dispatch_encode(struct engine *engine, struct exchange *exchange);

/* auth.c: who is it? */
struct auth;
struct auth *auth_new(void);
void auth_free(struct auth *auth);
/* False: call->failure says why.  Sets caller, account and region.  sigv4 is NULL when it could not be read.
 */
/* As far as the head alone can tell: is it signed, in time, by a key that is known? */
bool auth_admit(const struct call *call, struct store_reader *reader, const struct sigv4 *sigv4,
                enum protocol_name protocol);
bool auth_identify(struct auth *auth, struct exchange *exchange, struct store_reader *reader,
                   const struct sigv4 *sigv4, enum protocol_name protocol);

/* False: call->failure says why.  The caller need not be known to a service: for admin endpoints. */
bool auth_is_administrator(struct auth *auth, struct exchange *exchange, struct store_reader *reader);

/* door.c: before anything else runs */
/*
 * False: the exchange has its reply, a refusal or the answer to a preflight.  Sets call->endpoint and what
 * the exchange says of its sender.
 */
bool door_open(struct exchange *exchange);
/* What the reply to a page that was let in needs. */
void door_add_headers(struct exchange *exchange);
/* The reply to a call that was taken for a read, but would change something. */
void door_refuse_write(struct exchange *exchange);

/* admin.c: doors below /_orderly/ and /_localstack/, and the page at "/" */
extern const struct door ADMIN_DOORS[];
void reply_message(struct exchange *exchange, int status, str message);
/* The same for a door's handler.  Returns DONE. */
enum outcome door_refuse(const struct call *call, struct http_reply *reply, int status, str message);

/* doors.c */
/* NULL: two doors are one, and *clash is the second of them. */
struct doors *doors_new(const struct module *const *modules, const struct door **clash);
void doors_free(struct doors *doors);
/* NULL: no door matches the request.  *rest is what the path's '*' stands for. */
const struct door *doors_find(const struct doors *doors, const struct http_request *request, str *rest);
/* False: refused, and the exchange has its reply. */
bool doors_admit(struct exchange *exchange, struct auth *auth, struct store_reader *reader);
/* Run the exchange's door, on whatever thread: its outcome and its reply. */
void doors_run(struct exchange *exchange);

/* strangers.c: a service that is not here was asked.  The call fails, in the form that its clients read. */
struct route;
void stranger_refuse(struct exchange *exchange, const struct route *route, str signing_name);

/* request_log.c: when the reply is encoded. */
void log_request(const struct exchange *exchange);

/* stream.c: how far a reply has come that is sent piece by piece */
struct stream {
    bool begun; /* the first piece has been sent, and the head with it */
    bool left;  /* the client has gone */
    bool more;  /* this run has made a piece */
    str piece;
    size_t place_size;
    char place[LIMIT_STREAM_PLACE_BYTES];
};
/* Around a run of the handler; nothing when the call has no stream. */
void stream_begin_run(struct exchange *exchange);
void stream_end_run(struct exchange *exchange);

/* events.c: replies of operations that are streams of events */
/* The first piece with the head before it, or all there is. */
void events_encode_head(struct exchange *exchange, const struct protocol *protocol);
/* A piece after it; one that FAILED is an exception, with which the stream ends well. */
void events_encode_piece(struct exchange *exchange);

/* pack.c: gzip the reply if it is large, but not larger than that, and both sides want it */
void reply_pack(struct exchange *exchange, size_t most_bytes);

/* trace.c */
void trace_start(struct engine *engine);
str hop_kind_name(enum hop_kind kind);
str verdict_name(enum verdict verdict);
bool verdict_find(str name, enum verdict *verdict);
/* The hop that a header names as its parent; 0: none. */
int64_t trace_parent_of_header(struct arena *arena, str header);
/* Write all hops. */
void trace_store(struct engine *engine);
/* Write the batch's hops, before it is committed, unless all of them may be late. */
void trace_finish(struct engine *engine);
/* The batch is committed: what it did not write is late. */
void trace_committed(struct engine *engine);
/* It is not, and this was the last try. */
void trace_give_up(struct engine *engine);
/* Are there hops that no batch has written? */
bool trace_is_late(const struct engine *engine);

/* trace_page.c: hops as records, one after the other */
void record_write(struct text *page, const struct trace_hop *hop, int64_t id);
/* Take the first hop off.  False: no hop is left, or it cannot be read. */
bool record_read(str *page, struct trace_hop *hop, int64_t *id);
/* Some records from the beginning: not many more bytes than that. */
str records_head(str records, size_t bytes);

/* trace_index.c */
/* A page was written. */
void trace_page_added(struct engine *engine, int64_t bytes);
/* What is known of the pages may be wrong: the batch was not committed. */
void trace_recount(struct engine *engine);
/* Are all hops of earlier batches, and is that committed? */
bool trace_is_indexed(struct engine *engine);
/* Take pages apart, at least one, while the slice lasts.  Who waits for TRACE_HOPS_COME runs again. */
#define TRACE_HOPS_COME S("engine/trace-hops")
void trace_index(struct engine *engine);
/* Do so when it is due, and forget traces past their age, or of which there are too many. */
void trace_tend(struct engine *engine);
/* A hop as it is stored: an array whose first column is at `from`.  False: the text is not a hop. */
enum { HOP_COLUMNS = 12 };
struct json;
struct stored_hop {
    struct trace_hop hop; /* without its trace id, its text and its detail */
    int64_t id;
    const struct json *detail; /* NULL: none */
};
bool hop_read(const struct json *array, size_t from, struct stored_hop *hop);

/* trace_read.c: GET /_orderly/traces, and below */
enum outcome traces_list(const struct call *call, const struct visit *visit, struct http_reply *reply);
enum outcome traces_show(const struct call *call, const struct visit *visit, struct http_reply *reply);
/*
 * On the engine: everything that was traced before this request must be found.  Then a worker runs the
 * handler again.
 */
enum outcome trace_index_first(const struct call *call, struct http_reply *reply);

/* trace_stream.c */
enum outcome traces_stream(const struct call *call, const struct visit *visit, struct http_reply *reply);

/* call.c */
void call_reset(const struct call *call);
/* Find and authorize what the request is about, where the model says it.  False: fail() has been called. */
bool call_admit(const struct call *call, const void *in);
/* call_admit(), and then the handler. */
enum outcome call_handle(const struct call *call, const void *in, void *out);
/* Around a handler that writes: when it fails, nothing of what it did to store or batch stays. */
struct call_mark {
    size_t effects, spawned, sum_changes, hops, hops_stored, counts;
    bool late_are_stored;
};
struct call_mark call_begin(const struct call *call);
enum outcome call_end(const struct call *call, struct call_mark mark, enum outcome outcome);
/* A call that only reads runs on a server thread, and must not touch what is the engine thread's. */
void check_writes(const struct call *call);
/* Make the oldest call that waits for it runnable; false when none waits. */
bool wake_oldest(struct engine *engine, str what);
/* Fail with the service's internal error (or a plain one when there is no service). */
void call_fail_internal(const struct call *call);
void call_fail_unavailable(const struct call *call);
/* It was left in the middle, for want of memory.  Statements must have ended; its arena is taken back to
 * `mark`. */
void call_fail_exhausted(const struct call *call, struct arena_mark mark);
/* The disk is full, and the call would fill it further. */
bool is_refused_for_space(const struct call *call, const struct operation *operation);
void call_fail_full(const struct call *call);
void call_fail_throttled(const struct call *call);
