#pragma once

/*
 * engine.h: the engine, as the server and main see it.
 *
 * An exchange is one request on its way: the server fills it with what arrived, dispatch_begin()
 * finds out what it is, the engine runs it, and exchange->answered is called when the reply may
 * leave.  An exchange belongs to whoever holds it: first the server thread, then (after
 * engine_submit) the engine, then, through `answered`, the server again.
 */
#include "engine/call.h"
#include "engine/effect.h"
#include "store/store.h"
#include "wire/http.h"
#include "wire/origin.h"

struct protocol;
struct engine;
struct dispatcher; /* what one server thread needs: a reader, caches */

/* How long a step of an exchange may take: a loop does only what is WORK_NONE. */
enum work_class { WORK_NONE, WORK_SHORT, WORK_LONG, WORK_CLASSES };

struct exchange {
    /* filled by the server */
    struct arena arena;
    const struct http_request *request;
    str sandbox; /* of a Runtime API port: the sandbox's id; else absent */
    str source_ip;
    str local_ip;                                /* the address that the connection was made to */
    void (*answered)(struct exchange *exchange); /* called on any thread */
    void *connection;                            /* the server's own */
    struct exchange *next;                       /* for whoever holds it */
    void (*taken)(void *context);                /* of engine_post(); `connection` is its context */

    /* the reply: call exchange_encode() when `answered` brought the exchange home */
    struct http_reply reply;

    /* of a body that goes to a file as it comes, see exchange_spool() */
    str spooled;                       /* the piece to write; in the end the whole body, */
    const struct sha256 *spooled_hash; /* and its hash */

    /* the engine's */
    str allowed_origin;      /* of the page that sent it, which was let in by name; else absent */
    bool reads_only;         /* nobody is known to have meant it: it may change nothing */
    const struct door *door; /* that answers instead of an operation's handler; or NULL */
    str door_rest;           /* what its path's '*' stands for */
    void (*work)(struct dispatcher *dispatcher, struct exchange *exchange); /* what a worker does with it */
    enum work_class work_class;
    const struct operation *operation;
    str asked_for; /* "s3.PutObject": when the client called an operation that is not here; else absent */
    const struct protocol *protocol;
    struct call call;
    struct call_progress progress; /* call.progress */
    void *in, *out;
    enum outcome outcome;
    uint64_t sequence;         /* the reply may leave when this is durable */
    struct arena_mark decoded; /* a parked call runs again from here */
    uint64_t order;            /* among those that wait for one thing; 0: has not waited yet */
    uint64_t waited_for;       /* the hash of that thing's name */
    struct waiter *waiter;     /* where it is parked; NULL: it is not */
    bool spools;               /* its body may go to a file; dispatch_admit() says so */
    bool spooled_whole;        /* the piece is the last one */
    bool was_prepared;         /* its operation's prepare function has run */
    bool denied_read;          /* all that is left to do is to write its hop */
    bool from_timer;           /* its row is back when the commit fails */
    _Atomic bool cancelled;    /* the client has gone */
    int64_t began_us;
};

struct credentials {
    str secret;         /* absent: the key is known, no secret is (an account's id as key) */
    str session_token;  /* absent when there is none */
    int64_t expires_ms; /* INT64_MAX: never */
    bool revoked;       /* given out once, but whom it was given to is gone */
    struct principal principal;
};

/* May the caller do that? */
struct question {
    str action, resource_arn, resource_policy;
    const struct context_list *context;
};

struct objection {
    str message; /* AWS's sentence, for the caller */
    str reason;  /* which statement of which policy it is, or which is missing; for traces and the log */
};

/* Who somebody is and what they may do: the IAM service answers, main wires it in. */
struct identity_provider {
    /* False when the key is unknown. */
    bool (*find_credentials)(struct txn *txn, struct arena *arena, str access_key_id, int64_t now_ms,
                             struct credentials *credentials);
    /* *objection when the answer is false. */
    bool (*authorize)(const struct call *call, const struct question *question, struct objection *objection);
    bool (*find_role)(const struct call *call, str role_arn, str session_name, struct principal *principal);
    /* Has any access key ever been created in this store? */
    bool (*has_access_keys)(struct txn *txn);
    bool (*is_resource_policy)(str document);
};

/* What becomes of a caller that no policy lets in. */
enum enforcement {
    ENFORCEMENT_ON,
    ENFORCEMENT_SOFT, /* let in, and the log says so */
    ENFORCEMENT_OFF,  /* let in: no policy is asked */
};

/* How long traces are kept, and how much room they may take. */
struct trace_keep {
    int64_t age_ms; /* 0: nothing is traced */
    int64_t bytes;
};

struct engine_options {
    struct store_options store;          /* on_durable and schemas are the engine's to fill */
    const struct module *const *modules; /* NULL-terminated */
    struct identity_provider identity;
    enum enforcement enforcement;
    const struct effect_runner *effect_runners; /* up to a NULL kind */
    struct origin_rules origin_rules;           /* hosts and pages let in by name */
    bool strict_auth;                    /* known keys only, at admin endpoints that of the administrator */
    str root_access_key_id, root_secret; /* the administrator's, besides those that IAM knows */
    str default_region, default_account;
    bool rerun;           /* for tests: run what parks twice, and lose every other preparation */
    int64_t slow_us;      /* a call that takes longer is logged and counted; 0: 20 ms, negative: each */
    int64_t slice_us;     /* see slice_is_over(); 0: as usual, negative: always over */
    unsigned workers;     /* threads beside the loops; 0: as the machine's cores ask for */
    int64_t long_read_ms; /* see time_is_up(); 0: LIMIT_LONG_READ_MS, negative: always up */
    struct trace_keep trace_keep;
    str endpoint; /* what functions and internal calls use: "http://127.0.0.1:4566" */
};

/* Opens the store and starts the engine thread; NULL and *error on trouble. */
struct engine *engine_start(const struct engine_options *options, struct arena *arena, str *error);
/*
 * Parked calls are run a last time (they answer empty), what is in flight is answered; when this
 * returns every exchange has been given back, and later ones are answered 503.
 */
void engine_stop(struct engine *engine);
/* Close the store.  Dispatchers must be freed before. */
void engine_free(struct engine *engine);

/* Give an exchange whose call is decoded to the engine thread. */
void engine_submit(struct engine *engine, struct exchange *exchange);
/* The client has gone: a parked call is given back at once through `answered`. */
void engine_cancel(struct engine *engine, struct exchange *exchange);

/* It never goes back.  Any thread. */
int64_t engine_now_ms(struct engine *engine);

/* One per server thread. */
struct dispatcher *dispatcher_new(struct engine *engine);
void dispatcher_free(struct dispatcher *dispatcher);
/*
 * Route, verify, decode, validate, and run or submit.  `answered` is called exactly once, perhaps
 * before this returns.  Doors (engine/doors.h) are answered, too.
 */
void dispatch(struct dispatcher *dispatcher, struct exchange *exchange);
/*
 * The head of a request is there, its body is not: may the body come, and how large?  False: no; encode the
 * exchange and answer it at once.  Otherwise dispatch() follows when the body has come.
 */
bool dispatch_admit(struct dispatcher *dispatcher, struct exchange *exchange, size_t *largest_body);
/* After dispatch_admit(): the body is larger than that.  Encode the exchange and answer it. */
void dispatch_refuse_large(struct exchange *exchange, size_t largest_body);
/*
 * After dispatch_admit(), of an exchange that spools: write what has come of its body to its file, beside the
 * loop.  `answered` is called when that is done; outcome FAILED: encode and answer the exchange at once.
 * After the last piece the whole body is in exchange->spooled until exchange_end_spool(), which every
 * exchange ends with.
 */
void exchange_spool(struct exchange *exchange, str piece, bool is_last);
void exchange_end_spool(struct exchange *exchange);
/* Hand over what dispatch() has gathered: all calls of one turn of the server's loop wake the engine once. */
void dispatch_flush(struct dispatcher *dispatcher);
/* Put what the handler answered into exchange->reply, on the server thread that owns it again. */
void exchange_encode(struct exchange *exchange);
/*
 * After a reply with `more` to come: the socket has taken that piece.  `answered` is called with the next one
 * in reply.body, and `more` again; or without `more`, which is the end: a good one if the outcome is DONE.
 */
void exchange_more(struct dispatcher *dispatcher, struct exchange *exchange);
/* Then put it into reply.body, on the server thread that owns the exchange again. */
void exchange_encode_piece(struct exchange *exchange);
/*
 * Instead: the client has gone.  True: whoever makes the pieces has to hear of it, and `answered` will be
 * called a last time; false: the exchange is the server's.
 */
bool exchange_leave(struct dispatcher *dispatcher, struct exchange *exchange);
