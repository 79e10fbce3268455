#pragma once

/*
 * call.h: what a handler knows and may do.
 *
 * A handler is a plain function: typed request in, transaction, typed reply out.
 *
 *     enum outcome sqs_send_message(const struct call *call, const struct sqs_send_message_request *in,
 *                                   struct sqs_send_message_result *out);
 *
 * DONE:   *out is filled and what was written stays.
 * FAILED: fail() was called; what this call wrote is undone.
 * PARKED: park() was called; what was written stays, and the same handler runs again with the same
 *         input when somebody wakes it or its deadline comes.
 *
 * An operation marked `reads` runs on a connection's loop and may only read: no park, wake, timers.  It must
 * take less than about a millisecond, whatever is asked and stored.  One that may take longer is marked
 * `reads long`: it runs on a worker, and answers early (a page with its token) when time_is_up().  A short
 * read that finds much to do (the one large item among small ones) has itself run again on a worker:
 * move_to_worker().
 *
 * The call is const: a handler runs again after a park, and nothing that an earlier run computed may reach
 * the next one but through the store.  fail(), authorize(), park() and leave_prepared() note what becomes of
 * the call in call->progress, which each run begins anew.  To act in another account or region, or as
 * somebody else, a handler derives a call of its own by call_in() or call_as().
 *
 * An operation that writes, but has much to compute, can be marked `prepared`.  Its second function
 *
 *     void sns_publish_prepare(const struct call *call, const struct sns_publish_input *in);
 *
 * then runs on a worker first, under the rules of one that reads, and may leave_prepared() what it has
 * computed.  It decides nothing: its failures are forgotten, what it has seen may have changed when the
 * handler runs, and the handler does everything itself when there is nothing prepared.  Internal operations
 * are prepared when they are spawned.  `prepared long` says
 * that this may take more than some milliseconds: a zip file to check, a new key.  `prepared if-large` says
 * that only a request with a body of more than LIMIT_UNPREPARED_BODY_BYTES is worth a way over a worker, or
 * one whose handler finds much to do.
 */
#include "base/arena.h"
#include "engine/hop.h"
#include "engine/model.h"

struct txn;
struct engine;
struct stream;
struct delivery_attempt;

enum principal_kind {
    PRINCIPAL_ANONYMOUS,
    PRINCIPAL_ROOT, /* the account's administrator */
    PRINCIPAL_USER,
    PRINCIPAL_ROLE,    /* a role session */
    PRINCIPAL_SERVICE, /* "sns.amazonaws.com", acting for source_arn */
    PRINCIPAL_SANDBOX, /* a function's child process on its own Runtime API port */
};

struct principal {
    enum principal_kind kind;
    str arn; /* arn:aws:sts::000000000000:assumed-role/R/S; of a service absent */
    str id;  /* SenderId: AROA…:session, AIDA…, the account of root; the sandbox's id */
    str account;
    str name;                       /* the user, the role, or the service's host name */
    str session_policy;             /* JSON; absent when there is none */
    int64_t issued_ms;              /* of a role's session: when it began */
    str source_arn, source_account; /* of a service: aws:SourceArn, aws:SourceAccount */
};

struct failure {
    const struct error *error; /* NULL when nothing failed */
    str message;
    str reason;          /* of a denial, for traces and the log: which policy it was; else absent */
    const void *details; /* the struct of error->shape, NULL when there is none */
};

/*
 * What a request is about.  A service writes one locator for each kind of resource that its model declares:
 *
 *     bool sqs_locate_queue(const struct call *call, str given, struct resource *found);
 *
 * finds what `given` names.  It says nothing about whether it is there; false: what is given can be no name
 * of such a resource, and fail() was called.
 */
struct resource {
    str arn;
    str policy;      /* JSON; absent when it has none */
    const void *row; /* the service's own struct, for its handlers; NULL, or else the row says: not there */
    /* Adds the resource's tags, and whatever else policies ask about it; called only when one may. */
    void (*add_context)(const struct call *call, const struct resource *resource,
                        struct context_list *context);
};

/* What becomes of one run of a call. */
struct call_progress {
    struct failure failure;
    bool authorized; /* authorize() has been asked */
    str asked_about; /* what it was first asked about: the resource's ARN */
    struct {
        struct resource *items;
        size_t count;
    } resources;     /* what call_resource() has */
    str denied;      /* what failure.reason is about: the resource's ARN */
    bool moves;      /* move_to_worker() */
    bool long_reply; /* reply_is_long() */
    struct {
        str what;
        int64_t until_ms;
    } parked;       /* what park() was told */
    void *prepared; /* what leave_prepared() was given: on the call's arena, kept for the handler's runs */
};

struct call {
    struct engine *engine;
    struct txn *txn;     /* the only door to stored state */
    struct arena *arena; /* freed once the reply has been sent */
    const struct operation *operation;
    const struct service *unserved; /* whose operation was asked for, when it is not one of ours */
    const struct principal *caller;
    str account, region; /* the world it happens in; invoke() hands them on */
    str endpoint;        /* "http://localhost:4566", as the client called it */
    str source_ip;
    str request_id;
    str trace_id;       /* that the request named; else absent, see trace_of_call() */
    int64_t parent_hop; /* of that trace, in which the request was made; 0: not said */
    int64_t now_ms;     /* fixed for the whole run: never ask the clock */
    int64_t arrived_ms; /* unchanged when the call runs again */
    int64_t time_up_us; /* what time_is_up() looks at; 0: never */
    bool preparing;     /* the operation's prepare function runs, not its handler */
    bool may_move;      /* what may_move_to_worker() says */
    bool last_run;      /* the server stops: answer with what there is, do not park or spawn */
    str poller;         /* the name that spawn() gave it; else absent */
    const struct delivery_attempt *delivery; /* that it makes, see engine/delivery.h; else NULL */
    struct stream *stream;                   /* what sends the reply piece by piece; NULL: it is sent whole */
    struct call_progress *progress;
};

/*
 * The same call in another account and region, or as another principal.  The copy lives where the caller
 * keeps it; its failure is the original call's.
 */
struct call call_in(const struct call *call, str account, str region);
struct call call_as(const struct call *call, const struct principal *caller);

/* Record the error to answer with.  Returns FAILED, so that a handler can `return fail(...)`. */
enum outcome fail(const struct call *call, const struct error *error, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* What the error's own shape carries besides its message: the struct of error->shape, on the call's arena. */
void fail_details(const struct call *call, const void *details);
/* Did the call fail with that error?  Then forget it: the handler goes on. */
bool forgive(const struct call *call, const struct error *error);
/* The failure so far, which the call forgets: a batch reports it for one entry and goes on. */
struct failure take_failure(const struct call *call);

/* For the operation's prepare function, and its handler: NULL when nothing was prepared. */
void leave_prepared(const struct call *call, void *prepared);
void *prepared(const struct call *call);

/*
 * Permission.  The model says what each operation needs: `on queue QueueUrl`.  Before the handler (and before
 * its prepare function) the engine finds the resources, and asks for each whether the caller may, with the
 * condition keys that the model declares; who may not hears the service's access-denied error, and nothing
 * about the resource.  The handler takes the resources, in the order in which the model and the request name
 * them.  What only a handler can know, it asks itself: authorize_resource() for the operation's own action.
 */
const struct resource *call_resource(const struct call *call, size_t index);
bool authorize_resource(const struct call *call, const struct resource *resource);
/* Of whatever service: its policy, and what else policies ask about it.  False: nothing is known of it. */
bool resource_of_arn(const struct call *call, str text, struct resource *found);

/*
 * For operations whose model does not say `on` yet, and for other actions than the operation's own.
 * May the caller do this operation's action to that resource?  The resource's own policy is JSON,
 * absent when it has none.  False means fail() was called with the service's access-denied error.
 * Every handler asks before it answers anything (the engine checks that it did), as soon as it
 * knows the resource's ARN, and before it says whether the resource exists.
 */
bool authorize(const struct call *call, str resource_arn, str resource_policy);
/* The same for another action than the operation's own (iam:PassRole). */
bool authorize_action(const struct call *call, str action, str resource_arn, str resource_policy);
/* Values of condition keys that only the service knows; a key that stands here several times has several. */
struct context_value {
    str key, value; /* "lambda:FunctionArn" */
};
struct context_list {
    struct context_value *items;
    size_t count;
    /* Adds what costs a look into the store, the tags of `resource_id`; called only when some policy may ask.
     */
    void (*resource_tags)(const struct call *call, int64_t resource_id, struct context_list *context);
    int64_t resource_id;
    /* The same, of what the engine knows. */
    void (*supply)(const struct call *call, const void *source, struct context_list *context);
    const void *source;
};
void context_add(const struct call *call, struct context_list *context, str key, str value);
/* aws:ResourceTag/<name> */
void context_add_resource_tag(const struct call *call, struct context_list *context, str name, str value);
/* aws:RequestTag/<name>, and the name among aws:TagKeys. */
void context_add_request_tag(const struct call *call, struct context_list *context, str name, str value);
void context_add_request_tags(const struct call *call, struct context_list *context,
                              const struct str_map *tags);
/* The names of tags that are to be taken off. */
void context_add_tag_keys(const struct call *call, struct context_list *context,
                          const struct str_list *names);
/* May that principal?  Neither the answer nor the question leaves a trace in the call. */
bool may(const struct call *call, const struct principal *principal, str action, str resource_arn,
         str resource_policy);
bool authorize_in_context(const struct call *call, str resource_arn, str resource_policy,
                          const struct context_list *context);
bool authorize_action_in_context(const struct call *call, str action, str resource_arn, str resource_policy,
                                 const struct context_list *context);
/*
 * Is that document understood whole, as authorize() will need it to be?  A service keeps no policy that is
 * not: its denials would not bind.
 */
bool is_resource_policy(const struct call *call, str document);

/*
 * Has this long read had its time?  Then it answers with what it has and says where the next page begins.
 * One that has found nothing so far answers with an empty page and its token, where AWS's API allows that.
 * A long read holds a snapshot, and the log cannot start over as long as there is one.
 */
bool time_is_up(const struct call *call);
/*
 * A handler that finds much to do, and has not written anything yet, may `return move_to_worker(call)` where
 * may_move_to_worker(): a short read on a connection's loop, which then runs again on a worker with a new
 * snapshot, and has its reply encoded there; a write whose prepare function has not run, which then runs
 * first. What another handler has invoked stays where that one runs.
 */
bool may_move_to_worker(const struct call *call);
enum outcome move_to_worker(const struct call *call);
/* Of a write: encoding the reply takes some milliseconds, so a worker does it. */
void reply_is_long(const struct call *call);
/*
 * Let go of the snapshot before something long that reads nothing (unpacking, making a key): what is read
 * afterwards may be newer than what was read before.  For prepare functions and reads.
 */
void read_anew(const struct call *call);

/*
 * Wait until somebody wakes `what`, or until until_ms (engine time; INT64_MAX for ever).
 * Names of what is waited for begin with the service's name: "sqs/<queue id>".
 * Returns PARKED.
 */
enum outcome park(const struct call *call, str what, int64_t until_ms);
/*
 * Run the oldest call that waits for `what` again once this one is done; wake_all: all of them.  A call
 * that was woken and fails, or whose client has gone, wakes the next one, so that no wake is lost.
 */
void wake(const struct call *call, str what);
void wake_all(const struct call *call, str what);
/* Does anybody wait for it?  Then wake_at() has the oldest run at that time at the latest. */
bool awaited(const struct call *call, str what);
void wake_at(const struct call *call, str what, int64_t at_ms);

/*
 * Replies that are sent piece by piece, as the client takes them.
 *
 * To add a stream, give a door DOOR_STREAMS (engine/doors.h) and write a handler that hands out one piece
 * each time it runs:
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
 * that is DONE without stream_send() ends the stream; in the first run its reply is sent whole, as any other.
 * A run that FAILED after the first piece closes the connection, so that the client sees that the end is
 * missing.
 *
 * Nothing is kept between two runs but the place, at most LIMIT_STREAM_PLACE_BYTES of it.  A piece should
 * have no more than LIMIT_STREAM_PIECE_BYTES.  A handler on the engine runs a last time when its client has
 * left, to forget what it stored; a parked one ends when the server stops.
 */
str stream_place(const struct call *call); /* "" at first */
void stream_keep(const struct call *call, str place);
enum outcome stream_send(const struct call *call, str piece); /* returns DONE */
/*
 * To have an operation's reply streamed, give its output a member `in eventstream` (tools/modelc/README.md).
 * Its handler is run like a door's: each run that returns stream_event() sends the event that it has put
 * into that member, and the first one the output's other members, too.  A run that FAILED later sends the
 * error as the last message.
 */
enum outcome stream_event(const struct call *call); /* returns DONE */
/* Has the client gone?  Nothing that is sent arrives any more. */
bool stream_left(const struct call *call);

/*
 * Call another service's operation, as part of this call: same transaction, and undone with it when
 * this one fails.  A FAILED invoke has undone its own writes and left the error in *failure, and
 * this call goes on.  A PARKED invoke parks this call: return PARKED.
 */
enum outcome invoke(const struct call *call, const struct principal *caller,
                    const struct operation *operation, const void *in, void *out, struct failure *failure);

/* Principals for invoke(). */
const struct principal *service_principal(const struct call *call, str host_name, str source_arn);
/* A session of that role, by its ARN, as AWS's services assume one; its policies bind.  NULL: no such role.
 */
const struct principal *role_principal(const struct call *call, str role_arn, str session_name);

/*
 * Have an internal operation run later.  Its input is stored, so a restart keeps it.  A timer is
 * known by (operation, id): setting it again moves it.  It is gone once its call has run, whatever
 * the outcome; a call that parks is not kept by a restart any more.
 */
void timer_set(const struct call *call, const struct operation *operation, str id, int64_t due_ms,
               const void *in);
void timer_cancel(const struct call *call, const struct operation *operation, str id);

/*
 * How to change many rows.  All writes share one thread, so no call may change more than some hundred rows. A
 * handler that deletes more makes it all invisible at once (by a generation or a state that every reader
 * looks at), and leaves the rows to an internal operation that works in slices:
 *
 *     while (there is more) {
 *         remove one;
 *         if (++removed == ROWS_PER_RUN || slice_is_over(call)) {
 *             slice_again(call, &SQS_REMOVE_MESSAGES, id, in);
 *             break;
 *         }
 *     }
 *
 * Ask after the first row, so that every run gets on.  A slice lasts some milliseconds, and less while calls
 * wait.  slice_again() sets the operation's timer for the next one, behind all timers that are due already:
 * so several deletions take turns.
 */
bool slice_is_over(const struct call *call);
void slice_again(const struct call *call, const struct operation *operation, str id, const void *in);

/*
 * Numbers that many calls change: how many messages a queue has.  sum_add() has `by` added to what stands
 * under `key`, by `store`, once for all calls of a batch.  A call that fails has added nothing.  Whoever
 * reads such rows, or deletes them, calls sums_store() first: it stores what this and earlier calls have
 * added.
 */
struct sum {
    void (*store)(struct txn *txn, const struct sum *sum);
    int64_t key[2], by[2];
};
void sum_add(const struct call *call, const struct sum *sum);
/* The sum with what has been added under its key and is not stored yet. */
struct sum sum_added(const struct call *call, const struct sum *sum);
void sums_store(const struct call *call);

/*
 * Run an internal operation by itself, as soon as this call's batch is committed.  Not stored: each service's
 * start hook begins its pollers anew, and a reset ends the old ones.
 *
 * One with an id is a poller, that parks and runs again for as long as it likes, and is known by (operation,
 * id).  Spawning it again ends the one before.  spawn_end() ends it when this call's batch is committed,
 * wherever it waits.  It may spawn_rest(), until spawn_wake() or that time; what wakes it out of another
 * service's park() is that service's business.  An operation that is prepared cannot be a poller.
 */
void spawn(const struct call *call, const struct operation *operation, str id, const void *in);
void spawn_end(const struct call *call, const struct operation *operation, str id);
void spawn_wake(const struct call *call, const struct operation *operation, str id);
enum outcome spawn_rest(const struct call *call, int64_t until_ms); /* returns PARKED */

/* What a call has done in the world once it is durable: a model of effects, see engine/effect.h. */

/* Note a hop.  Its id, which is never 0 but where none is written: reads, traces turned off, a full disk. */
int64_t trace(const struct call *call, const struct trace_hop *hop);
/* The trace of the request: the one that it named, or one that begins with it. */
str trace_of_call(const struct call *call);
/* The trace that begins with a message that was sent at that time, or with a request. */
str trace_of_id(struct arena *arena, str uuid, int64_t at_ms);
/* "Root=1-…;Parent=…;Sampled=…": the trace that it names; absent when that is not an id of X-Ray's layout. */
str trace_of_header(str header);

/*
 * Text for a client to bring back (a receipt handle, a page token, a signed URL): letters, digits, '-' and
 * '_'; 22 characters and 4 for each 3 bytes of data.  unseal() gives the data back, and is false for whatever
 * seal() has not made in this store for this purpose ("sqs/receipt"; text without a NUL byte).  Whoever holds
 * a seal can read its data, and use it as often as they like: put into the data whom and what it is for, and
 * when it ends.  Calls that only read may use both.
 */
str seal(const struct call *call, str purpose, str data);
bool unseal(const struct call *call, str purpose, str text, str *data);

/* Texts that every service writes. */
str arn(const struct call *call, str service,
        str resource); /* arn:aws:<service>:<region>:<account>:<resource> */

/* What a service gives to main: see services/services.c. */
struct schema;
struct door;
struct module {
    const struct service *service;
    const struct schema *schema; /* NULL when it stores nothing */
    /* Both run in a transaction of their own, and may be NULL. */
    void (*start)(const struct call *call); /* before the first call, and after a reset */
    void (*reset)(const struct call *call); /* before everything stored is deleted */
    /* A table that a reset leaves to the start hook, which has it emptied in slices.  May be NULL. */
    const char *outlives_reset;
    const struct door *doors; /* engine/doors.h; up to one without a path, or NULL */
    /* The resource of the service that an ARN names; false: none.  NULL: it has none with policies or tags.
     */
    bool (*locate_arn)(const struct call *call, str arn, struct resource *found);
};
