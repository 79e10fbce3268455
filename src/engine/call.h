#pragma once

/*
 * call.h: what a handler knows and may do.
 *
 * A handler is a plain function: typed request in, transaction, typed reply out.
 *
 *     enum outcome sqs_send_message(const struct call *call, const struct sqs_send_message_request *in,
 *                                   struct sqs_send_message_result *out);
 *
 * DONE:   *out is filled, and the call's writes are kept.
 * FAILED: fail() was called; the call's writes are undone.
 * PARKED: park() was called; the call's writes are kept, and the same handler runs again with the same input
 *         when another call wakes it or its deadline comes.
 *
 * To add an operation, see CONTRIBUTING.md, "Add an operation: three files".
 *
 * An operation marked `reads` runs on a connection's loop and may only read: it may not park, wake or set
 * timers.  It must take less than about a millisecond, for any request and any stored data.  An operation
 * that may take longer is marked `reads long`: it runs on a worker, and answers early (a page with its token)
 * when time_is_up().  A short read that finds much to do (the one large item among small ones) moves to a
 * worker: move_to_worker().
 *
 * The call is const: a handler runs again after a park, and an earlier run may pass data to the next one only
 * through the store.  fail(), authorize(), park() and leave_prepared() write to call->progress, which is
 * reset before each run.  To act in another account or region, or as another principal, a handler makes
 * another call by call_in() or call_as().
 *
 * An operation that writes, but has much to compute, can be marked `prepared`.  Its second function
 *
 *     void sns_publish_prepare(const struct call *call, const struct sns_publish_input *in);
 *
 * then runs on a worker first, under the rules of an operation that reads, and may pass its results to the
 * handler by leave_prepared().  It decides nothing: its failures are forgotten, the data that it has read may
 * have changed when the handler runs, and the handler does everything itself when nothing is prepared.
 * Internal operations are prepared when they are spawned, or later, when workers have room for them.  If
 * memory runs out in the preparation or in the handler, the call runs once more, with nothing prepared.
 * `prepared long` says that this may take more than some milliseconds: a zip file to check, a new key.
 * `prepared if-large` says that only requests with a body of more than LIMIT_UNPREPARED_BODY_BYTES are
 * prepared, and those whose handler finds much to do.  An operation that is also `in-pieces` is prepared only
 * when its handler asks for it.
 */
#include "base/arena.h"
#include "engine/hop.h"
#include "engine/model.h"

struct txn;
struct engine;
struct stream;
struct delivery_attempt;
struct spool;
struct counted_minute;
struct inflow;
struct json_writer;

enum principal_kind {
    PRINCIPAL_ANONYMOUS,
    PRINCIPAL_ROOT, /* the account's administrator */
    PRINCIPAL_USER,
    PRINCIPAL_ROLE,      /* a role session */
    PRINCIPAL_FEDERATED, /* a session that a user or a root has opened for somebody */
    PRINCIPAL_SERVICE,   /* "sns.amazonaws.com", acting for source_arn */
    PRINCIPAL_SANDBOX,   /* a function's child process on its own Runtime API port */
};

struct principal {
    enum principal_kind kind;
    str arn; /* arn:aws:sts::000000000000:assumed-role/R/S; absent for a service */
    str id;  /* SenderId: AROA…:session, AIDA…, root's account; or the sandbox's id */
    str account;
    str name;           /* the user, the role, or the service's host name */
    str session_policy; /* JSON */
    int64_t issued_ms;  /* when the session began, of a role, a user or a root; 0: a long-lived key */
    str source_arn, source_account; /* for a service: aws:SourceArn, aws:SourceAccount */
    str federated_by;               /* for a federated user: the user's unique id, or the root's account */
    str function_arn;               /* for a role session of a function's sandbox: that function */
};

/* Does a user or a root act by a session that its long-lived key has asked for, not by the key itself? */
static inline bool is_session_of_key(const struct principal *principal)
{
    return principal->kind != PRINCIPAL_ROLE && principal->issued_ms != 0;
}

struct failure {
    const struct error *error; /* NULL unless the call failed */
    str message;
    str reason;          /* for traces and the log: the policy that denied, or absent */
    const void *details; /* the struct of error->shape */
};

/*
 * The resource of a request.  A service writes one locator for each kind of resource that its model declares:
 *
 *     bool sqs_locate_queue(const struct call *call, str given, struct resource *found);
 *
 * It finds the resource that `given` names, whether the resource exists or not.  False: `given` cannot name
 * such a resource, and fail() was called.
 */
struct resource {
    str arn;
    str policy;      /* JSON */
    const void *row; /* the service's own struct; NULL or marked as such if the resource is missing */
    /* Adds the resource's tags and its other condition keys; called only when a policy may use them. */
    void (*add_context)(const struct call *call, const struct resource *resource,
                        struct context_list *context);
};

/* The state of one run of a call. */
struct call_progress {
    struct failure failure;
    bool authorized; /* authorize() has been called */
    str asked_about; /* the ARN of the first resource of authorize() */
    struct {
        struct resource *items;
        size_t count;
    } resources;       /* for call_resource() */
    str denied;        /* the ARN that failure.reason is about */
    bool deep;         /* the request's JSON is nested deeper than LIMIT_JSON_DEPTH */
    bool moves;        /* move_to_worker() */
    bool long_reply;   /* reply_is_long() */
    bool unsynced;     /* answer_unsynced() */
    bool answers_left; /* answer_when_left() */
    bool exhausted;    /* memory has run out: the call has failed */
    struct {
        str what;
        int64_t until_ms;
        str shown;   /* by park_showing() */
    } parked;        /* set by park() */
    void *prepared;  /* set by leave_prepared(): on the call's arena, kept for the handler's runs */
    str handed_over; /* set by hand_over(): loose memory of the call's arena, kept for the handler's runs */
    int64_t ended_delivery; /* set by delivery_end() */
    int64_t policy_effort;  /* of the identity provider: what conditions have cost */
};

struct call {
    struct engine *engine;
    struct txn *txn;     /* the only way to stored state */
    struct arena *arena; /* freed once the reply has been sent */
    const struct operation *operation;
    const struct service *unserved; /* the service of an operation that Orderly does not have */
    const struct principal *caller;
    const struct failure
        *bad_signature;  /* of a door's request, see DOOR_CALLER; NULL: it has none, or a good one */
    str account, region; /* where the call happens; invoke() passes them on */
    str endpoint;        /* "http://localhost:4566", as the client called it */
    str source_ip;
    str request_id;
    str trace_id;       /* from the request; else absent, see trace_of_call() */
    str trace_header;   /* the request's X-Amzn-Trace-Id, if it names a trace; else absent */
    int64_t parent_hop; /* the hop of that trace that made the request; 0: unknown */
    int64_t now_ms;     /* fixed for the whole run; a handler never reads the clock */
    int64_t arrived_ms; /* unchanged when the call runs again */
    int64_t time_up_us; /* for time_is_up(); 0: never */
    bool preparing;     /* the prepare function runs, not the handler */
    bool may_move;      /* for may_move_to_worker() */
    bool invoked;       /* by another handler */
    bool last_run;      /* the server is shutting down: answer with what is available, do not park or spawn */
    str poller;         /* the name from spawn(); else absent */
    const struct delivery_attempt *delivery; /* the attempt it makes, see engine/delivery.h; else NULL */
    struct stream *stream; /* for a reply sent piece by piece; NULL: the reply is sent as a whole */
    struct inflow
        *inflow;         /* the request's body, for an operation `in-pieces`; NULL: no client sent the call */
    struct spool *spool; /* the file with the request's body; NULL: the body is in memory */
    struct call_progress *progress;
};

/*
 * The same call in another account and region, or as another principal.  The caller keeps the copy; its
 * failure is the original call's.
 */
struct call call_in(const struct call *call, str account, str region);
struct call call_as(const struct call *call, const struct principal *caller);

/* Record the error of the reply.  Returns FAILED, so that a handler can `return fail(...)`. */
enum outcome fail(const struct call *call, const struct error *error, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/*
 * Set the members of the error's own shape besides its message: the struct of error->shape, on the call's
 * arena.
 */
void fail_details(const struct call *call, const void *details);
/* Return the failure so far, and forget it: a batch reports it for one entry and continues. */
struct failure take_failure(const struct call *call);

/*
 * Pass a result from the operation's prepare function to its handler; prepared() is NULL when nothing was
 * prepared.
 */
void leave_prepared(const struct call *call, void *prepared);
void *prepared(const struct call *call);

/*
 * Permission.  The model says what each operation needs: `on queue QueueUrl`.  Before the handler (and before
 * its prepare function) the engine locates the resources, and checks for each whether the caller is allowed,
 * with the condition keys that the model declares; if not, the reply is the service's access-denied error,
 * which tells nothing about the resource.  The handler gets the resources from call_resource(), in the order
 * in which the model and the request name them.  When only the handler knows the resource, it calls
 * authorize_resource() for the operation's own action.
 */
const struct resource *call_resource(const struct call *call, size_t index);
bool authorize_resource(const struct call *call, const struct resource *resource);
/*
 * The same for another action ("iam:PassRole"), besides the operation's own.  The text must last as long as
 * the process: what a role has used is remembered by its address.
 */
bool authorize_action(const struct call *call, str action, const struct resource *resource);
/* Find a resource of any service: its policy and its condition keys.  False: unknown. */
bool resource_of_arn(const struct call *call, str text, struct resource *found);

/*
 * Is the caller allowed this operation's action on that resource?  For operations whose model does not say
 * `on`. The resource's own policy is JSON, or absent.  False: fail() was called with the service's
 * access-denied error. Every handler calls it before it answers anything (the engine checks this), as soon as
 * it knows the resource's ARN, and before it tells whether the resource exists.
 */
bool authorize(const struct call *call, str resource_arn, str resource_policy);
/*
 * Values of condition keys that only the service knows; a key that occurs several times has several values.
 */
struct context_value {
    str key;   /* "lambda:FunctionArn" */
    str value; /* absent: unknown, so that a Deny with the key applies, and an Allow does not */
};
struct context_list {
    struct context_value *items;
    size_t count;
    /* Adds values that must be read from the store or the request; called only when a policy may use them. */
    void (*supply)(const struct call *call, const void *source, struct context_list *context);
    const void *source;
};
void context_add(const struct call *call, struct context_list *context, str key, str value);
/* aws:ResourceTag/<name> */
void context_add_resource_tag(const struct call *call, struct context_list *context, str name, str value);
/* Is that principal allowed the action on the resource?  Does not change the call's progress. */
bool may(const struct call *call, const struct principal *principal, str action, str resource_arn,
         str resource_policy);
/* The same, with the resource's own policy and condition keys. */
bool may_do_to(const struct call *call, const struct principal *principal, str action,
               const struct resource *resource);
/*
 * Can authorize() evaluate all of that document?  A service stores no other policy: its denials would not
 * apply.
 */
bool is_resource_policy(const struct call *call, str document);
/*
 * A resource's policy as it is stored: bound to the roles and users that it names, not to later ones of the
 * same name.  False: one of them does not exist in this account.
 */
bool policy_bind(const struct call *call, str document, str *bound);
/* A bound policy as clients see it. */
str policy_shown(const struct call *call, str bound);
/* Does a service's model declare that condition key? */
bool condition_key_is_supplied(const struct call *call, str key);
/* The actions of all services' operations; several operations may have the same one. */
struct str_list all_actions(const struct call *call);

/*
 * Is the time of this long read, or of this turn of a long preparation, up?  Then it answers with what it has
 * found, and with the token of the next page. If it has found nothing so far, it answers with an empty page
 * and its token, where AWS's API allows that. A long read holds a snapshot, which keeps the log from starting
 * over.
 */
bool time_is_up(const struct call *call);
/*
 * A handler that finds much to do, and has not written anything yet, may `return move_to_worker(call)` if
 * may_move_to_worker().  A short read on a connection's loop then runs again on a worker with a new snapshot,
 * and its reply is encoded there; a write is prepared, again if what its preparation has left is of no
 * use any more, LIMIT_PREPARATIONS times at most until it parks.  A stream may move in each run, and should
 * park between two moves; an internal call may, too, so that long work is done in turns: prepared() returns
 * what its last turn has left, also to the next preparation, and such a handler may have written before.  A
 * call that was invoked by another handler cannot move.
 */
bool may_move_to_worker(const struct call *call);
enum outcome move_to_worker(const struct call *call);
enum outcome move_to_engine(const struct call *call); /* see engine/doors.h */
/* For a write: encoding the reply takes some milliseconds, so a worker does it. */
void reply_is_long(const struct call *call);
/*
 * What this call writes need not outlive the server: if the call is DONE, its reply is sent before the writes
 * are on disk.  The reply waits only for the writes of other calls, before it or in its batch, that have not
 * called this: so no client learns of data that may still be lost.  Every run must call it.
 */
void answer_unsynced(const struct call *call);
/*
 * For a handler that parks: when the client closes its side of the connection meanwhile, what `out` has now
 * is the reply, which a client that only sends no more still reads.  Without this call it is an error.
 */
void answer_when_left(const struct call *call);
/*
 * Release the snapshot before long work without reads (unpacking, making a key); later reads may see newer
 * data than earlier ones.  For prepare functions and reads.
 */
void read_anew(const struct call *call);

/*
 * Wait until a call wakes `what`, or until until_ms (engine time; INT64_MAX for ever).  Names begin with the
 * service's name: "sqs/<queue id>".  Returns PARKED.
 */
enum outcome park(const struct call *call, str what, int64_t until_ms);
/*
 * The same; meanwhile other calls may read a text of this call, of any size, which is not stored.
 * shown_by() returns the text of the oldest call that waits for `what`, or that was woken and will run again;
 * absent without such a call.  The text is valid during the run that reads it.
 */
enum outcome park_showing(const struct call *call, str what, int64_t until_ms, str text);
str shown_by(const struct call *call, str what);
/*
 * Give the oldest call that waits for `what` a text of any size, in memory.  In its later runs handed_over()
 * returns the text, even when the call that gave it fails: so a stored row must say whether the text counts.
 * False: no call waits, or there is no memory for the text.
 */
bool hand_over(const struct call *call, str what, str text);
str handed_over(const struct call *call); /* or absent */
/*
 * Run the oldest call that waits for `what` again when this call is done; wake_all: all of them.  A call that
 * was woken and fails, or whose client has gone, wakes the next one, so that no wake is lost.
 */
void wake(const struct call *call, str what);
void wake_all(const struct call *call, str what);
/* Does a call wait for `what`?  If so, wake_at() makes the oldest one run at that time at the latest. */
bool awaited(const struct call *call, str what);
void wake_at(const struct call *call, str what, int64_t at_ms);

/*
 * Replies that are sent piece by piece, as fast as the client reads them.
 *
 * To add a stream, give a door DOOR_STREAMS (engine/doors.h) and write a handler that makes one piece each
 * time it runs:
 *
 *     if (stream_left(call))
 *         return DONE;
 *     look for what comes behind stream_place(call)
 *     if (there is nothing yet)
 *         return park(call, what, until_ms);
 *     stream_keep(call, where that ends);
 *     return stream_send(call, piece);
 *
 * In its first run the handler fills the reply's status, type and headers, and `size` if it knows it; an
 * empty piece sends them alone.  The handler runs again when the client's socket has taken the piece.  A run
 * that returns DONE without stream_send() ends the stream; in the first run its reply is sent as a whole,
 * like any other. A run that returns FAILED after the first piece closes the connection, so that the client
 * sees that the end is missing.
 *
 * Only the place is kept between two runs, at most LIMIT_STREAM_PLACE_BYTES of it.  A piece should have at
 * most LIMIT_STREAM_PIECE_BYTES.  A handler on the engine runs a last time when its client has left, to
 * delete what it stored; a parked one ends when the server stops.
 */
str stream_place(const struct call *call); /* "" at first */
/* The place as the structure that was kept.  False: nothing has been kept yet. */
bool stream_place_read(const struct call *call, void *place, size_t size);
void stream_keep(const struct call *call, str place);
enum outcome stream_send(const struct call *call, str piece); /* returns DONE */
/*
 * To have an operation's reply streamed, give its output a member `in eventstream` (tools/modelc/README.md).
 * Its handler runs like a door's: each run that returns stream_event() sends the event in that member, and
 * the first run the output's other members, too.  A later run that returns FAILED sends the error as the last
 * message.
 */
enum outcome stream_event(const struct call *call); /* returns DONE */
/* Has the client gone?  Then no further piece arrives. */
bool stream_left(const struct call *call);

/*
 * Request bodies that are taken piece by piece, as fast as the handler takes them.
 *
 * An operation that is `in-pieces` in its model runs as soon as the head of a request of unknown length (a
 * chunked one) has arrived, with an empty piece.  A run that returns body_next() has taken its piece, and the
 * handler runs again when the next one is there; before it takes a piece it may park, so the client waits
 * until the piece is wanted.  If the first run returns body_whole(), the second one has the whole body as its
 * piece.  Any other outcome is the reply; what has not arrived of the body is not read then.
 *
 * A request whose body has come with its head, or whose length is known, runs once with the whole body.
 */
str body_piece(const struct call *call);
uint64_t body_before(const struct call *call); /* bytes in the pieces before this one */
bool body_is_last(const struct call *call);
/* With the last piece: a field of the body's trailer section, or absent. */
str body_trailer(const struct call *call, str name);
enum outcome body_next(const struct call *call);  /* returns DONE */
enum outcome body_whole(const struct call *call); /* returns DONE */

/*
 * Call another service's operation, as part of this call: in the same transaction, and undone when this call
 * fails.  A FAILED invoke has undone its own writes and set *failure, and this call may continue.  When an
 * invoke returns PARKED, it has parked this call: return PARKED.
 */
enum outcome invoke(const struct call *call, const struct principal *caller,
                    const struct operation *operation, const void *in, void *out, struct failure *failure);

/* Principals for invoke(). */
const struct principal *service_principal(const struct call *call, str host_name, str source_arn);
/*
 * A session of that role, by its ARN, as AWS's services assume one; its policies apply.  NULL: no such role.
 */
const struct principal *role_principal(const struct call *call, str role_arn, str session_name);

/*
 * Run an internal operation at a later time.  Its input is stored, so it survives a restart.  A timer is
 * identified by (operation, id): setting it again moves it.  The timer is deleted once its call has run,
 * whatever the outcome: a timer's call that parks does not survive a restart.
 */
void timer_set(const struct call *call, const struct operation *operation, str id, int64_t due_ms,
               const void *in);
void timer_cancel(const struct call *call, const struct operation *operation, str id);

/*
 * How to change many rows.  All writes share one thread, so no call may change more than some hundred rows. A
 * handler that deletes more makes all of them invisible at once (by a generation or a state that every reader
 * checks), and leaves the rows to an internal operation that works in slices:
 *
 *     struct slice slice = {ROWS_PER_RUN, BYTES_PER_RUN};
 *
 *     while (there is more) {
 *         if (slice_is_spent(call, &slice)) {
 *             slice_again(call, &SQS_REMOVE_MESSAGES, id, in);
 *             break;
 *         }
 *         remove one;
 *         slice_spend(&slice, 1, its bytes);
 *     }
 *
 * The first row is always allowed, so that every run makes progress.  A slice lasts some milliseconds, and
 * less while calls wait.  slice_again() sets the operation's timer for the next slice, behind all timers that
 * are due already: so several deletions take turns.
 */
struct slice {
    int64_t rows, bytes; /* what is left */
    bool begun;          /* by a row that was spent */
};
void slice_spend(struct slice *slice, int64_t rows, int64_t bytes);
/* Are the rows or the bytes used up, or, once it has begun, the time? */
bool slice_is_spent(const struct call *call, const struct slice *slice);
/* Is the time used up?  For work that is not counted in rows. */
bool slice_is_over(const struct call *call);
void slice_again(const struct call *call, const struct operation *operation, str id, const void *in);

/*
 * Numbers that many calls change, as the number of messages in a queue.  sum_add() adds `by` to the number
 * under `key`; `store` writes it once for all calls of a batch.  A failed call adds nothing.  A call that
 * reads or deletes such rows calls sums_store() first: it stores what this call and earlier ones have added.
 */
struct sum {
    void (*store)(struct txn *txn, const struct sum *sum);
    int64_t key[2], by[2];
};
void sum_add(const struct call *call, const struct sum *sum);
/* The sum of what has been added under its key and is not stored yet. */
struct sum sum_added(const struct call *call, const struct sum *sum);
void sums_store(const struct call *call);

/*
 * Run an internal operation as a separate call, as soon as this call's batch is committed.  It is not stored:
 * each service's start hook starts its pollers again, and a reset ends the old ones.
 *
 * With an id it is a poller, which parks and runs again as often as it likes, and is identified by
 * (operation, id).  Spawning it again ends the one before.  spawn_end() ends it when this call's batch is
 * committed, wherever it waits.  spawn_rest() waits until spawn_wake() or that time; if it waits in another
 * service's park(), only that service wakes it.  An operation that is prepared cannot be a poller.
 *
 * To add a poller, write an internal operation and spawn it from the service's start hook.
 */
void spawn(const struct call *call, const struct operation *operation, str id, const void *in);
void spawn_end(const struct call *call, const struct operation *operation, str id);
void spawn_wake(const struct call *call, const struct operation *operation, str id);
enum outcome spawn_rest(const struct call *call, int64_t until_ms); /* returns PARKED */

/*
 * Run an internal operation as a call of its own, whatever becomes of this one.  Any thread.  A read may not
 * write; this lets it ask for a write.
 */
void run_soon(const struct call *call, const struct operation *operation, const void *in);

/* Effects begin when a call is committed: a model declares them, see engine/effect.h. */

/*
 * Tell those who listen to GET /_orderly/events that the resource with that ARN has changed.  Calls that
 * write tell it of the resources that their model names; others tell it here: a state that ends by itself, or
 * another resource than the request's.
 */
void resource_changed(const struct call *call, str arn);

/* Note a hop.  Returns its id; 0 when none is written: in reads, with traces turned off, on a full disk. */
int64_t trace(const struct call *call, const struct trace_hop *hop);
/* The trace of the request: the one that its header names, or a new one. */
str trace_of_call(const struct call *call);
/*
 * The trace that begins with a message, or a request, of that id and time.  Traces that began in the same
 * millisecond have neighbouring ids.
 */
str trace_of_id(struct arena *arena, str uuid, int64_t at_ms);
/* "Root=1-…;Parent=…;Sampled=…": the id of the trace; absent unless it has X-Ray's layout. */
str trace_of_header(str header);
/* The part of that name ("Parent"); absent when the header lacks it. */
str trace_header_part(str header, str name);

/*
 * Text for a client to bring back (a receipt handle, a page token, a signed URL): letters, digits, '-' and
 * '_'; 22 characters and 4 for each 3 bytes of data.  unseal() returns the data, and false for any text that
 * seal() has not made in this store for this purpose ("sqs/receipt"; text without a NUL byte).  A holder of a
 * seal can read its data, and use the seal as often as they like: include the user, the use and the expiry in
 * the data.  Calls that only read may use both.
 */
str seal(const struct call *call, str purpose, str data);
bool unseal(const struct call *call, str purpose, str text, str *data);

/* Texts that every service writes. */
str arn(const struct call *call, str service,
        str resource); /* arn:aws:<service>:<region>:<account>:<resource> */

/* For a module's `upcoming`: of each kind (`what`: "sqs/visibility") the first moment after now counts. */
struct upcoming;
void upcoming_add(struct upcoming *upcoming, str what, int64_t at_ms);

/* A service as main sees it: see services/services.c. */
struct schema;
struct door;
struct module {
    const struct service *service;
    const char *usage;           /* the service's name in AWS/Usage, where its calls are counted; or NULL */
    const struct schema *schema; /* NULL when it stores nothing */
    /* Both run in transactions of their own, and may be NULL. */
    void (*start)(const struct call *call); /* before the first call, and after a reset */
    void (*reset)(const struct call *call); /* before everything stored is deleted */
    /* A table that a reset does not empty; the start hook has it emptied in slices.  May be NULL. */
    const char *outlives_reset;
    const struct door *doors; /* engine/doors.h; up to one without a path, or NULL */
    /*
     * Find the service's resource that an ARN names; false: none.  NULL: its resources have no policies and
     * no tags.
     */
    bool (*locate_arn)(const struct call *call, str arn, struct resource *found);
    /*
     * Write what often changes of the resource with that ARN, as an object, for GET /_orderly/events; null if
     * it does not exist; nothing if it is of another kind.  The call is in its account and region.  May be
     * NULL.
     */
    void (*describe)(const struct call *call, str arn, struct json_writer *state);
    /*
     * upcoming_add() what happens at a later time without a timer, a delivery or a call that waits for it:
     * its first moment after now.  On the engine: it must be bounded.  May be NULL.
     */
    void (*upcoming)(const struct call *call, struct upcoming *upcoming);
    /*
     * A client's request of this service has its reply; call->progress has its failure and its resources, if
     * it came that far.  On any thread, without a transaction: for count_at_once().  May be NULL.
     */
    void (*request_ended)(const struct call *call, int64_t took_us);
    /* Store what a service has counted in a minute (engine/count.h).  At most one module has it. */
    void (*counted)(struct txn *txn, struct arena *arena, const struct counted_minute *counted);
};
