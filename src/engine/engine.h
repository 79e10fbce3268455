#pragma once

/*
 * engine.h: the engine, as the server and main see it.
 *
 * An exchange is one request and its reply: the server fills it with the request, dispatch() finds out what
 * is asked, the engine runs it, and exchange->answered is called when the reply may be sent.  An exchange has
 * one owner: first the server thread, then (after engine_submit()) the engine, then, through `answered`, the
 * server again.
 */
#include "engine/call.h"
#include "engine/effect.h"
#include "store/store.h"
#include "wire/http.h"
#include "wire/origin.h"

struct protocol;
struct engine;
struct console_file;
struct dispatcher; /* the state of one server thread: a reader, caches */

/* How long a step of an exchange may take: a loop only takes WORK_NONE. */
enum work_class { WORK_NONE, WORK_SHORT, WORK_LONG, WORK_CLASSES };

/* A body that its handler takes piece by piece; see body_next() in call.h. */
struct inflow {
    str piece;
    uint64_t before;
    bool is_last;
    bool wants_next, wants_whole;     /* what the last run has returned */
    const struct http_parser *parser; /* for trailers */
};

struct exchange {
    /* filled by the server */
    struct arena arena;
    const struct http_request *request;
    str sandbox; /* at a Runtime API port: the sandbox's id; else absent */
    str source_ip;
    str local_ip;                                /* the address that the connection was made to */
    void (*answered)(struct exchange *exchange); /* called on any thread */
    void *connection;                            /* for the server's use */
    struct exchange *next;                       /* for its owner's lists */
    void (*taken)(void *context);                /* from engine_post(); `connection` is its context */

    /* the reply: call exchange_encode() after `answered` */
    struct http_reply reply;

    /* for a body that goes to a file as it arrives, see exchange_spool() */
    str spooled;                       /* the piece to write; at the end the whole body, */
    const struct sha256 *spooled_hash; /* and its hash */

    struct inflow inflow; /* of a body in pieces: set this before dispatch() and exchange_feed() */

    /* the engine's */
    str allowed_origin;      /* the origin of an allowed page that sent it; else absent */
    const struct door *door; /* the door that answers instead of an operation; or NULL */
    str door_rest;           /* the part of its path that matches the '*' */
    void (*work)(struct dispatcher *dispatcher, struct exchange *exchange); /* what a worker does with it */
    const struct operation *operation;
    str asked_for; /* "s3.PutObject": an operation that Orderly does not have; else absent */
    const struct protocol *protocol;
    struct call call;
    struct call_progress progress; /* call.progress */
    void *in, *out;
    uint64_t sequence;         /* the reply may be sent when this commit is durable */
    struct arena_mark decoded; /* a parked call's memory is rewound to here */
    uint64_t order;            /* its place among the waiters for one name; 0: it has not waited yet */
    uint64_t waited_for;       /* the hash of that name */
    struct waiter *waiter;     /* its entry while it is parked; NULL: it is not */
    const struct aws_chunked_terms *chunks; /* how its body is encoded; NULL: as it is */
    struct aws_chunked *chunk_reader;       /* of an encoded body that goes to a file */
    int64_t began_us;
    enum work_class work_class;
    enum outcome outcome;
    unsigned preparations;  /* how often its prepare function has run since it parked */
    bool in_pieces;         /* dispatch_admit() says that its handler takes the body piece by piece */
    bool foreign_page;      /* a page that is not allowed sent it, and its door decides about that */
    bool reads_only;        /* perhaps sent without the user's intent: it may not write */
    bool spools;            /* dispatch_admit() allows its body to go to a file */
    bool spooled_whole;     /* the piece is the last one */
    bool denied_read;       /* a denied read: only its hop is left to write */
    bool from_timer;        /* when the commit fails, its row exists again */
    bool waits_for_worker;  /* an internal call that no worker had room to prepare */
    bool last_chance;       /* an internal call for which memory has run out once */
    _Atomic bool cancelled; /* the client has gone */
};

struct credentials {
    str secret;         /* absent: the key has no secret (an account's id as key) */
    str session_token;  /* of temporary credentials */
    int64_t expires_ms; /* INT64_MAX: never */
    bool revoked;       /* issued once, but its user or role is deleted */
    bool is_kept;       /* an access key without an end: note_key_use() is told of its uses */
    struct principal principal;
};

/* Is the caller allowed the action on the resource? */
struct question {
    str action, resource_arn, resource_policy;
    const struct context_list *context;
    bool supposed; /* nobody does it now, or it is asked again: the answer is no use of a permission */
};

struct objection {
    str message; /* AWS's sentence, for the caller */
    str reason;  /* the statement and policy that deny, or what is missing; for traces and the log */
};

/* Identities and permissions: the IAM service implements this, and main connects it. */
struct identity_provider {
    /* False when the key is unknown. */
    bool (*find_credentials)(struct txn *txn, struct arena *arena, str access_key_id, int64_t now_ms,
                             struct credentials *credentials);
    /* A key with is_kept has signed the call, for that service. */
    void (*note_key_use)(const struct call *call, str access_key_id, str service);
    /* False sets *objection. */
    bool (*authorize)(const struct call *call, const struct question *question, struct objection *objection);
    bool (*find_role)(const struct call *call, str role_arn, str session_name, struct principal *principal);
    /* Was an access key ever created in this store? */
    bool (*has_access_keys)(struct txn *txn);
    bool (*is_resource_policy)(const struct call *call, str document);
    /* See policy_bind() and policy_shown(). */
    bool (*bind_policy)(const struct call *call, str document, str *bound);
    str (*show_policy)(const struct call *call, str bound);
};

/* What happens to a call that no policy allows. */
enum enforcement {
    ENFORCEMENT_ON,
    ENFORCEMENT_SOFT, /* allowed, with a warning in the log */
    ENFORCEMENT_OFF,  /* allowed: policies are not evaluated */
};

/* How long traces are kept, and how much space they may use. */
struct trace_keep {
    int64_t age_ms; /* 0: no traces */
    int64_t bytes;
};

struct hop_details;

/* What the server's clients use, and what they may. */
struct server_load {
    size_t connections, most_connections;
    size_t streams, most_streams, most_streams_of_address;
};

struct engine_options {
    struct store_options store;          /* the engine sets on_durable and schemas */
    const struct module *const *modules; /* NULL-terminated */
    struct identity_provider identity;
    enum enforcement enforcement;
    const struct effect_runner *effect_runners; /* ends with a NULL kind */
    struct origin_rules origin_rules;           /* hosts and origins of pages that the user allows */
    bool strict_auth; /* known keys only, and at admin endpoints only the administrator's */
    str root_access_key_id, root_secret; /* the administrator's, in addition to IAM's keys */
    str default_region, default_account;
    bool rerun;           /* for tests: run what parks twice, and lose every second preparation */
    int64_t slow_us;      /* a call that takes longer is logged and counted; 0: 20 ms, negative: every call */
    int64_t slice_us;     /* see slice_is_over(); 0: the default, negative: always over */
    unsigned workers;     /* threads beside the loops; 0: by the number of cores */
    int64_t long_read_ms; /* see time_is_up(); 0: LIMIT_LONG_READ_MS, negative: always up */
    struct trace_keep trace_keep;
    const struct hop_details *const *hop_details; /* NULL-terminated, see hop_detail.h; or NULL */
    /* For GET /_orderly/metrics.  Any thread.  NULL: nothing is told. */
    void (*server_load)(void *context, struct server_load *load);
    void *server_load_context;
    str endpoint;                       /* for functions and internal calls: "http://127.0.0.1:4566" */
    const struct console_file *console; /* engine/console.h; NULL: no console */
};

/* Opens the store and starts the engine thread; NULL, with *error, on trouble. */
struct engine *engine_start(const struct engine_options *options, struct arena *arena, str *error);
/*
 * Parked calls are run a last time (they answer empty), calls in flight are answered; when this returns every
 * exchange has been given back, and later ones are answered with 503.
 */
void engine_stop(struct engine *engine);
/* Close the store.  Dispatchers must be freed before. */
void engine_free(struct engine *engine);

/* Pass an exchange with a decoded call to the engine thread. */
void engine_submit(struct engine *engine, struct exchange *exchange);
/* The client has gone: a parked call is given back at once through `answered`. */
void engine_cancel(struct engine *engine, struct exchange *exchange);

/* The engine's time, which never goes back.  Any thread. */
int64_t engine_now_ms(struct engine *engine);

/* Make one per server thread. */
struct dispatcher *dispatcher_new(struct engine *engine);
void dispatcher_free(struct dispatcher *dispatcher);
/*
 * Route, verify, decode, validate, and run or submit.  `answered` is called exactly once, perhaps before this
 * returns.  Doors (engine/doors.h) are answered here, too.
 */
void dispatch(struct dispatcher *dispatcher, struct exchange *exchange);
/*
 * The head of a request is complete, the body is not: may the body come, and how large?  False: no; encode
 * the exchange and answer it at once.  Otherwise call dispatch() when the body is complete.
 */
bool dispatch_admit(struct dispatcher *dispatcher, struct exchange *exchange, size_t *largest_body);
/* After dispatch_admit(): the body is larger than the limit.  Encode the exchange and answer it. */
void dispatch_refuse_large(struct exchange *exchange, size_t largest_body);
/*
 * For a body that goes to a file, after dispatch_admit(): write a piece of it, on a worker.  Then `answered`
 * is called; if the outcome is FAILED, encode the exchange and send the reply at once.  After the last piece
 * the whole body is in exchange->spooled until exchange_end_spool(), which the server calls for every such
 * exchange.
 */
void exchange_spool(struct exchange *exchange, str piece, bool is_last);
void exchange_end_spool(struct exchange *exchange);
/*
 * For a body that the handler takes piece by piece, after dispatch_admit(): call dispatch() with an empty
 * piece.  Whenever `answered` is called and inflow.wants_next or wants_whole is set, call this with the next
 * piece, or the whole body; otherwise encode and send the reply.
 */
void exchange_feed(struct exchange *exchange);
/*
 * At the end of each turn of the server's loop: submit the calls that dispatch() has gathered, so that they
 * wake the engine once, and let the turn's snapshot go.
 */
void dispatch_flush(struct dispatcher *dispatcher);
/* Encode the handler's result into exchange->reply, on the server thread that owns the exchange again. */
void exchange_encode(struct exchange *exchange);
/*
 * Let a worker free the arena of an exchange that has been answered; then its `answered` is called once more.
 * False: no worker can.
 */
bool exchange_discard(struct engine *engine, struct exchange *exchange);
/*
 * Call this after a reply with `more`, when the socket has taken the piece.  `answered` is called with the
 * next piece in reply.body, and `more` again; or without `more` at the end, which is a good end if the
 * outcome is DONE.
 */
void exchange_more(struct dispatcher *dispatcher, struct exchange *exchange);
/*
 * After that `answered`: encode the piece into reply.body, on the server thread that owns the exchange again.
 */
void exchange_encode_piece(struct exchange *exchange);
/*
 * Call this instead when the client has gone.  True: the handler has to be told, and `answered` will be
 * called a last time; false: the exchange belongs to the server.
 */
bool exchange_leave(struct dispatcher *dispatcher, struct exchange *exchange);
