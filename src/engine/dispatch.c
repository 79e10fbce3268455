/*
 * dispatch.c: from a request to a typed call and back, on the server threads.
 *
 * Route, verify the signature, decode, validate.  A short read runs right here against a snapshot; a write
 * goes to the engine thread.  Work that may take longer than a millisecond (a large body, a long read, a
 * preparation) moves to the pool of workers, each of which has a dispatcher like a loop's.  In every case the
 * reply waits until the data that it depends on is durable.
 */
#include "engine/dialect.h"
#include "engine/engine_internal.h"
#include "engine/metrics/metrics_internal.h"
#include "engine/protocol/errors.h"
#include "engine/protocol/protocol.h"
#include "engine/trace/trace_internal.h"

#include "base/check.h"
#include "base/hash.h"
#include "base/spool.h"
#include "base/time.h"

#include <stdlib.h>

enum { MAX_SERVICES = 32 };

struct dispatcher {
    struct engine *engine;
    struct store_reader *reader;
    struct auth *auth;
    enum work_class class;         /* the longest class of work that this thread may do now */
    struct exchange_queue waiting; /* gathered for dispatch_flush() */
    const struct service *public_services[MAX_SERVICES + 1];
    const struct service *private_services[MAX_SERVICES + 1]; /* the services on the Runtime API's ports */
};

struct dispatcher *dispatcher_new(struct engine *engine)
{
    struct dispatcher *dispatcher = calloc(1, sizeof *dispatcher);
    size_t public_count = 0, private_count = 0;

    check(dispatcher != NULL);
    dispatcher->engine = engine;
    dispatcher->reader = store_reader_open(engine->store);
    check(dispatcher->reader != NULL);
    dispatcher->auth = auth_new();
    for (const struct module *const *module = engine->options.modules; *module; module++) {
        const struct service *service = (*module)->service;
        check(public_count + private_count < MAX_SERVICES);
        if (service->is_private)
            dispatcher->private_services[private_count++] = service;
        else
            dispatcher->public_services[public_count++] = service;
    }
    return dispatcher;
}

void dispatcher_free(struct dispatcher *dispatcher)
{
    store_reader_close(dispatcher->reader);
    auth_free(dispatcher->auth);
    free(dispatcher);
}

/* Find the trace that the request names, in which it is a step. */
static void find_trace(struct call *call, const struct http_request *request)
{
    str header = http_header(&request->headers, S("X-Amzn-Trace-Id"));

    if (!str_present(header))
        return;
    call->trace_id = trace_of_header(header);
    if (str_present(call->trace_id))
        call->trace_header = header;
    call->parent_hop = trace_parent_of_header(call->arena, header);
}

static void begin(struct dispatcher *dispatcher, struct exchange *exchange)
{
    struct call *call = &exchange->call;

    exchange->reply = (struct http_reply){0};
    exchange->door = NULL;
    exchange->asked_for = (str){0};
    exchange->operation = NULL;
    exchange->protocol = NULL;
    exchange->order = 0;
    exchange->from_timer = false;
    exchange->sequence = 0;
    exchange->cancelled = false;
    exchange->preparations = 0;
    exchange->denied_read = false;
    exchange->chunks = NULL;
    exchange->work = NULL;
    exchange->began_us = monotonic_us();
    exchange->outcome = FAILED;
    *call = (struct call){
        .engine = dispatcher->engine,
        .arena = &exchange->arena,
        .source_ip = exchange->source_ip,
        .account = dispatcher->engine->options.default_account,
        .region = dispatcher->engine->options.default_region,
        .now_ms = engine_now_ms(dispatcher->engine),
        .spool = call->spool,
        .progress = &exchange->progress,
    };
    exchange->progress = (struct call_progress){0};
    call->arrived_ms = call->now_ms;
    call->request_id = random_uuid(call->arena);
    find_trace(call, exchange->request);
}

/* The Runtime API's port needs no signature: only its sandbox can reach it. */
static void identify_sandbox(struct exchange *exchange)
{
    struct principal *caller = arena_new(&exchange->arena, struct principal);

    *caller =
        (struct principal){.kind = PRINCIPAL_SANDBOX, .id = exchange->sandbox, .name = exchange->sandbox};
    exchange->call.caller = caller;
}

/* Code of the request that runs under arena_run(); it must not pass the exchange on. */
struct attempt {
    struct dispatcher *dispatcher;
    struct exchange *exchange;
    bool good; /* set by the code */
};

/* False: memory ran out in the middle of the code.  Its allocations are freed, and the call has failed. */
static bool attempt(struct attempt *attempt, void (*code)(void *attempt))
{
    struct exchange *exchange = attempt->exchange;
    struct arena_mark mark = arena_mark(&exchange->arena);

    if (arena_run(&exchange->arena, code, attempt))
        return true;
    store_abandon_read(attempt->dispatcher->reader);
    exchange->call.txn = NULL;
    exchange->call.preparing = false;
    exchange->reply = (struct http_reply){0};
    exchange->outcome = FAILED;
    call_fail_exhausted(&exchange->call, mark);
    return false;
}

/* ---- from the head ---- */

static const struct service *const *services_of(const struct dispatcher *dispatcher,
                                                const struct exchange *exchange)
{
    return str_present(exchange->sandbox) ? dispatcher->private_services : dispatcher->public_services;
}

/* The size limit of the body, packed or unpacked. */
static size_t largest_body(const struct route *route)
{
    enum { MIB = 1024 * 1024 };

    if (route->operation && route->operation->flags & OPERATION_LARGE)
        return LIMIT_HTTP_BODY_BYTES;
    if (!route->service)
        return LIMIT_ADMIN_BODY_BYTES;
    return (size_t)(route->service->largest_body_mib ? route->service->largest_body_mib : LIMIT_BODY_MIB) *
           MIB;
}

void dispatch_refuse_large(struct exchange *exchange, size_t limit)
{
    exchange->outcome = FAILED;
    fail(&exchange->call, &REQUEST_TOO_LARGE, "Request must be smaller than %zu bytes for the %s operation",
         limit, exchange->operation ? exchange->operation->name : "requested");
}

static struct route route_of_head(struct dispatcher *dispatcher, struct exchange *exchange,
                                  const struct sigv4 *sigv4)
{
    struct route route = route_find_by_head(&exchange->arena, services_of(dispatcher, exchange),
                                            exchange->request, sigv4->service);

    exchange->protocol = route.protocol;
    exchange->operation = exchange->call.operation = route.operation;
    if (!route.operation)
        exchange->call.unserved = route.service;
    return route;
}

/* A request for an unserved operation gets its answer when it is complete, signed or not. */
static bool is_for_service(const struct route *route)
{
    return route->operation || (route->protocol && route->protocol->name == PROTOCOL_QUERY);
}

/* ---- from a request to a call ---- */

static bool unpack(struct exchange *exchange, size_t limit)
{
    struct http_request *request = arena_new(&exchange->arena, struct http_request);

    *request = *exchange->request;
    exchange->request = request;
    switch (http_unpack(&exchange->arena, request, limit)) {
    case GZIP_OK:
        return true;
    case GZIP_TOO_LARGE:
        dispatch_refuse_large(exchange, limit);
        return false;
    case GZIP_BAD:
        break;
    }
    fail(&exchange->call, &BODY_NOT_PACKED, "The body is not what its Content-Encoding says.");
    return false;
}

/*
 * A public operation asks the policy of its resource for nobody's permission.  For other unsigned ones AWS
 * gives a URL to people, so only a GET is.
 */
static bool may_be_unsigned(const struct exchange *exchange, const struct sigv4 *sigv4)
{
    unsigned flags = exchange->operation ? exchange->operation->flags : 0;

    return !sigv4->present && !http_is_packed(exchange->request) && !chunked_is_declared(exchange, sigv4) &&
           (flags & OPERATION_PUBLIC ||
            (flags & OPERATION_UNSIGNED && str_equal(exchange->request->method, S("GET"))));
}

static bool identify_nobody(struct exchange *exchange)
{
    static const struct principal nobody = {.kind = PRINCIPAL_ANONYMOUS};

    exchange->call.caller = &nobody;
    return true;
}

static bool identify(struct dispatcher *dispatcher, struct exchange *exchange, const struct sigv4 *sigv4,
                     enum protocol_name protocol)
{
    if (may_be_unsigned(exchange, sigv4))
        return identify_nobody(exchange);
    if (!str_present(exchange->sandbox))
        return auth_identify(dispatcher->auth, exchange, dispatcher->reader, sigv4, protocol);
    identify_sandbox(exchange);
    return true;
}

/*
 * Everything up to the typed, validated request.  False: the call has failed.
 *
 * A packed body is unpacked only after its signature has been verified; so the head must name the operation,
 * or at least the service.
 */
static bool understand(struct dispatcher *dispatcher, struct exchange *exchange)
{
    const struct call *call = &exchange->call;
    bool packed = http_is_packed(exchange->request) && !str_present(exchange->sandbox);
    bool identified = false;
    struct sigv4 sigv4;

    sigv4_read(call->arena, exchange->request, &sigv4);
    if (packed) {
        struct route head = route_of_head(dispatcher, exchange, &sigv4);
        identified = is_for_service(&head);
        if (identified && (!identify(dispatcher, exchange, &sigv4, head.protocol->name) ||
                           !chunked_decode(exchange) || !unpack(exchange, largest_body(&head))))
            return false;
    }
    struct route route =
        route_find(call->arena, services_of(dispatcher, exchange), exchange->request, sigv4.service);
    exchange->protocol = route.protocol;
    exchange->operation = exchange->call.operation = route.operation;
    if (!route.operation) {
        stranger_refuse(exchange, &route, sigv4.service);
        return false;
    }
    if (!identified &&
        (!identify(dispatcher, exchange, &sigv4, route.protocol->name) || !chunked_decode(exchange)))
        return false;
    if (exchange->reads_only && !(route.operation->flags & (OPERATION_READS | OPERATION_UNSIGNED))) {
        door_refuse_write(exchange);
        return false;
    }
    const struct dialect *dialect = route.operation->service->dialect;
    if (dialect->size_check && !dialect->size_check(call, exchange->request->payload.size))
        return false;
    exchange->in = arena_alloc(call->arena, route.operation->input->size);
    if (route.protocol->decode_request(call, exchange->request, exchange->in))
        return validate(call, route.operation->input, exchange->in);
    if (call->spool && spool_failed(call->spool))
        call_fail_full(call); /* a value is not decoded, though nothing is wrong with it */
    return false;
}

/* ---- before the body arrives ---- */

static const struct door *door_of(const struct dispatcher *dispatcher, const struct exchange *exchange)
{
    str rest;

    return str_present(exchange->sandbox) ? NULL
                                          : doors_find(dispatcher->engine->doors, exchange->request, &rest);
}

struct admission {
    struct attempt attempt; /* first */
    size_t largest_body;
};

/*
 * Nobody's body must be small.  A form names its operation in its body, so a form without a signature is
 * read, too.
 */
static bool may_be_public(const struct exchange *exchange, const struct route *route,
                          const struct sigv4 *sigv4)
{
    bool is_form = !route->operation && route->protocol->name == PROTOCOL_QUERY;
    str length = http_header(&exchange->request->headers, S("Content-Length"));
    int64_t bytes;

    if (!str_to_i64(length, &bytes) || bytes > LIMIT_UNSIGNED_BODY_BYTES)
        return false;
    return may_be_unsigned(exchange, sigv4) ||
           (is_form && !sigv4->present && !http_is_packed(exchange->request));
}

static void admit_now(void *context)
{
    struct admission *admission = context;
    struct dispatcher *dispatcher = admission->attempt.dispatcher;
    struct exchange *exchange = admission->attempt.exchange;
    struct sigv4 sigv4;

    sigv4_read(&exchange->arena, exchange->request, &sigv4);
    struct route route = route_of_head(dispatcher, exchange, &sigv4);

    admission->largest_body = largest_body(&route);
    exchange->spools = route.operation && route.operation->flags & OPERATION_LARGE &&
                       !str_present(exchange->sandbox) && store_disk_folder(dispatcher->engine->store);
    exchange->in_pieces = route.operation && route.operation->flags & OPERATION_IN_PIECES &&
                          str_present(http_header(&exchange->request->headers, S("Transfer-Encoding")));
    admission->attempt.good =
        str_present(exchange->sandbox) || !is_for_service(&route) ||
        may_be_public(exchange, &route, &sigv4) ||
        auth_admit(dispatcher->auth, exchange, dispatcher->reader, &sigv4, route.protocol->name);
}

bool dispatch_admit(struct dispatcher *dispatcher, struct exchange *exchange, size_t *largest)
{
    struct admission admission = {.attempt = {dispatcher, exchange, false}};

    begin(dispatcher, exchange);
    if (!door_open(exchange))
        return false;
    *largest = LIMIT_ADMIN_BODY_BYTES;
    const struct door *door = door_of(dispatcher, exchange);
    if (door && door->flags & DOOR_LARGE)
        *largest = (size_t)LIMIT_BODY_MIB * 1024 * 1024;
    if (door)
        return true;
    if (!attempt(&admission.attempt, admit_now))
        return false;
    *largest = admission.largest_body;
    return admission.attempt.good;
}

/* A snapshot for the call to read. */
static void snapshot_begin(struct dispatcher *dispatcher, struct call *call)
{
    call->txn = store_begin_read(dispatcher->reader);
    txn_use_arena(call->txn, call->arena);
}

/* *sequence is the commit that the reply has to wait for.  False: the reads may be incomplete. */
static bool snapshot_end(struct dispatcher *dispatcher, struct call *call, uint64_t *sequence)
{
    call->txn = NULL;
    return store_end_read(dispatcher->reader, sequence);
}

/*
 * Run the next step of an exchange: right here, or on a worker when it may take longer than this thread
 * allows.
 */
static void step(struct dispatcher *dispatcher, struct exchange *exchange, enum work_class class,
                 void (*run)(struct dispatcher *, struct exchange *))
{
    if (class <= dispatcher->class)
        run(dispatcher, exchange);
    else
        work_submit(dispatcher->engine->pool, exchange, class, run);
}

void dispatch_work(struct dispatcher *dispatcher, struct exchange *exchange)
{
    dispatcher->class = exchange->work_class;
    exchange->work(dispatcher, exchange);
    store_rest(dispatcher->reader);
}

static void read_now(void *context)
{
    struct dispatcher *dispatcher = ((struct attempt *)context)->dispatcher;
    struct exchange *exchange = ((struct attempt *)context)->exchange;
    struct call *call = &exchange->call;

    snapshot_begin(dispatcher, call);
    exchange->out = arena_alloc(call->arena, call->operation->output->size);
    stream_begin_run(exchange);
    exchange->outcome = call_handle(call, exchange->in, exchange->out);
    stream_end_run(exchange);
    check(exchange->outcome != PARKED || call->progress->moves);
    check(exchange->outcome != DONE || call->progress->authorized ||
          call->operation->flags & OPERATION_ANONYMOUS);
    if (!snapshot_end(dispatcher, call, &exchange->sequence)) {
        exchange->outcome = FAILED;
        call_fail_internal(call);
    }
}

static void go_to_engine(struct dispatcher *dispatcher, struct exchange *exchange)
{
    exchange->decoded = arena_mark(&exchange->arena);
    /* The events of one child process keep their order; a worker gathers no calls. */
    if (str_present(exchange->sandbox) || dispatcher->class != WORK_NONE)
        engine_submit(dispatcher->engine, exchange);
    else
        queue_push(&dispatcher->waiting, exchange);
}

/* A denial in a traced request becomes a hop, which only the engine writes. */
static bool is_denied_on_a_way(const struct exchange *exchange)
{
    return exchange->outcome == FAILED && str_present(exchange->progress.failure.reason) &&
           str_present(exchange->call.trace_id) && exchange->call.engine->options.trace_keep.age_ms > 0;
}

/* For time_is_up(). */
static int64_t long_read_ends_us(const struct dispatcher *dispatcher)
{
    int64_t limit_ms = dispatcher->engine->options.long_read_ms;

    return monotonic_us() + (limit_ms ? limit_ms : LIMIT_LONG_READ_MS) * 1000;
}

static void begin_long_work(const struct dispatcher *dispatcher, struct exchange *exchange)
{
    if (exchange->operation->flags & OPERATION_LONG)
        exchange->call.time_up_us = long_read_ends_us(dispatcher);
}

static void run_read(struct dispatcher *dispatcher, struct exchange *exchange)
{
    struct call *call = &exchange->call;

    call->may_move = dispatcher->class == WORK_NONE;
    begin_long_work(dispatcher, exchange);
    attempt(&(struct attempt){dispatcher, exchange, false}, read_now);
    if (exchange->outcome == PARKED) {
        call_reset(call); /* the arena is not rewound: a handler may have replaced parts of its input */
        step(dispatcher, exchange, WORK_LONG, run_read);
        return;
    }
    if (is_denied_on_a_way(exchange)) {
        exchange->denied_read = true;
        go_to_engine(dispatcher, exchange);
        return;
    }
    if (dispatcher->class != WORK_NONE)
        reply_encode(exchange, false);
    outbox_add_read(dispatcher->engine, exchange);
}

/* Compute the expensive part outside the engine; on failure the handler does it all itself. */
static void prepare_now(void *context)
{
    struct dispatcher *dispatcher = ((struct attempt *)context)->dispatcher;
    struct exchange *exchange = ((struct attempt *)context)->exchange;
    struct call *call = &exchange->call;
    uint64_t sequence;

    snapshot_begin(dispatcher, call);
    call->preparing = true;
    if (call_admit(call, exchange->in))
        call->operation->prepare(call, exchange->in);
    call->preparing = false;
    snapshot_end(dispatcher, call, &sequence);
    call_reset(call);
}

/*
 * In the tests' mode, the handler must also work without a preparation.  Once a run has used it, it is kept:
 * a call that parks and prepares again and again would never end.
 */
static void lose_prepared(struct exchange *exchange)
{
    if (exchange->preparations == 1 && random_u64() % 2)
        exchange->progress.prepared = NULL;
}

static void run_prepare(struct dispatcher *dispatcher, struct exchange *exchange)
{
    exchange->preparations++;
    begin_long_work(dispatcher, exchange);
    bool well = attempt(&(struct attempt){dispatcher, exchange, false}, prepare_now);
    if (dispatcher->engine->options.rerun)
        lose_prepared(exchange);
    if (well || internal_has_last_chance(exchange))
        go_to_engine(dispatcher, exchange);
    else
        exchange->answered(exchange);
}

void dispatch_prepare(struct engine *engine, struct exchange *exchange)
{
    enum work_class class = exchange->operation->flags & OPERATION_LONG ? WORK_LONG : WORK_SHORT;

    if (!internal_is(exchange))
        work_submit(engine->pool, exchange, class, run_prepare);
    else if (!work_offer(engine->pool, exchange, class, run_prepare))
        internal_prepare_later(engine, exchange);
}

/* ---- doors ---- */

static void door_now(void *context)
{
    struct dispatcher *dispatcher = ((struct attempt *)context)->dispatcher;
    struct exchange *exchange = ((struct attempt *)context)->exchange;
    bool reads = exchange->door->flags & DOOR_ON_WORKER;

    if (reads)
        snapshot_begin(dispatcher, &exchange->call);
    doors_run(exchange);
    check(exchange->outcome != PARKED ||
          (exchange->progress.moves && exchange->door->flags & DOOR_ON_ENGINE));
    if (reads && !snapshot_end(dispatcher, &exchange->call, &exchange->sequence)) {
        exchange->outcome = FAILED;
        call_fail_internal(&exchange->call);
    }
    if (exchange->outcome == FAILED)
        exchange->reply = (struct http_reply){0};
}

static void run_door(struct dispatcher *dispatcher, struct exchange *exchange)
{
    exchange->call.time_up_us = long_read_ends_us(dispatcher);
    exchange->call.may_move = false;
    attempt(&(struct attempt){dispatcher, exchange, false}, door_now);
    if (exchange->outcome == PARKED) {
        call_reset(&exchange->call);
        go_to_engine(dispatcher, exchange);
        return;
    }
    outbox_add_read(dispatcher->engine, exchange);
}

void dispatch_door_on_worker(struct engine *engine, struct exchange *exchange)
{
    work_submit(engine->pool, exchange, WORK_SHORT, run_door);
}

static void go_through_door(struct dispatcher *dispatcher, struct exchange *exchange)
{
    unsigned flags = exchange->door->flags;

    if (flags & DOOR_ON_ENGINE)
        engine_submit(dispatcher->engine, exchange);
    else
        step(dispatcher, exchange, flags & DOOR_ON_WORKER ? WORK_SHORT : WORK_NONE, run_door);
}

/* The request is complete in memory; what runs of the handler allocate is freed before the next run. */
static void mark_decoded(struct exchange *exchange, bool streams)
{
    struct stream *stream = streams ? arena_new(&exchange->arena, struct stream) : NULL;

    exchange->call.stream = stream;
    exchange->decoded = arena_mark(&exchange->arena);
    if (stream)
        stream->decoded = exchange->decoded;
}

/* A signature that is not good makes nobody of its sender: the door may be one that asks for none. */
static void identify_now(void *context)
{
    struct attempt *attempt = context;
    struct exchange *exchange = attempt->exchange;
    struct sigv4 sigv4;

    sigv4_read(&exchange->arena, exchange->request, &sigv4);
    if (sigv4.present && auth_identify(attempt->dispatcher->auth, exchange, attempt->dispatcher->reader,
                                       &sigv4, PROTOCOL_REST_JSON))
        return;
    if (sigv4.present) {
        struct failure *failure = arena_new(&exchange->arena, struct failure);
        *failure = take_failure(&exchange->call);
        exchange->call.bad_signature = failure;
    }
    identify_nobody(exchange);
}

static void enter_door(struct dispatcher *dispatcher, struct exchange *exchange)
{
    unsigned flags = exchange->door->flags;

    if (flags & DOOR_CALLER && !attempt(&(struct attempt){dispatcher, exchange, false}, identify_now)) {
        exchange->answered(exchange);
        return;
    }
    mark_decoded(exchange, flags & DOOR_STREAMS);
    go_through_door(dispatcher, exchange);
}

static enum work_class request_class(const struct exchange *exchange);

/* False: no door matches. */
static bool dispatch_door(struct dispatcher *dispatcher, struct exchange *exchange)
{
    if (str_present(exchange->sandbox))
        return false;
    exchange->door = doors_find(dispatcher->engine->doors, exchange->request, &exchange->door_rest);
    if (!exchange->door)
        return false;
    if (!doors_admit(exchange, dispatcher->auth, dispatcher->reader)) {
        exchange->answered(exchange);
        return true;
    }
    enum work_class class = exchange->door->flags & DOOR_CALLER ? request_class(exchange) : WORK_NONE;
    step(dispatcher, exchange, class, enter_door);
    return true;
}

static void run_operation(struct dispatcher *dispatcher, struct exchange *exchange)
{
    unsigned flags = exchange->operation->flags;

    if (flags & OPERATION_READS)
        step(dispatcher, exchange, flags & OPERATION_LONG ? WORK_LONG : WORK_NONE, run_read);
    else
        engine_submit(dispatcher->engine, exchange);
}

void exchange_more(struct dispatcher *dispatcher, struct exchange *exchange)
{
    exchange->call.stream->begun = true;
    exchange->reply = (struct http_reply){0};
    exchange->call.now_ms = engine_now_ms(dispatcher->engine);
    exchange->decoded = exchange->call.stream->decoded; /* without what is prepared for the last piece */
    exchange->progress.prepared = NULL;
    arena_rewind(&exchange->arena, exchange->decoded);
    call_reset(&exchange->call);
    if (exchange->door)
        go_through_door(dispatcher, exchange);
    else
        run_operation(dispatcher, exchange);
}

static bool runs_on_engine(const struct exchange *exchange)
{
    return exchange->door ? exchange->door->flags & DOOR_ON_ENGINE
                          : !(exchange->operation->flags & OPERATION_READS);
}

bool exchange_leave(struct dispatcher *dispatcher, struct exchange *exchange)
{
    struct stream *stream = exchange->call.stream;

    if (stream->left || !runs_on_engine(exchange))
        return false;
    stream->left = true;
    exchange_more(dispatcher, exchange);
    return true;
}

/* ---- operations ---- */

static void understand_now(void *context)
{
    struct attempt *attempt = context;

    attempt->good = understand(attempt->dispatcher, attempt->exchange);
}

static bool is_prepared(const struct exchange *exchange)
{
    const struct operation *operation = exchange->operation;

    return operation->prepare && !(operation->flags & OPERATION_IN_PIECES) &&
           (!(operation->flags & OPERATION_PREPARED_IF_LARGE) ||
            exchange->request->body.size > LIMIT_UNPREPARED_BODY_BYTES);
}

static void serve(struct dispatcher *dispatcher, struct exchange *exchange)
{
    struct attempt understood = {dispatcher, exchange, false};

    if (!attempt(&understood, understand_now) || !understood.good) {
        /* An error's sentence may quote a large value, which takes long to encode. */
        if (dispatcher->class != WORK_NONE && exchange->reply.status == 0)
            reply_encode(exchange, false);
        exchange->answered(exchange);
        return;
    }
    const struct operation *operation = exchange->operation;
    bool takes_long = operation->flags & OPERATION_LONG;
    if (operation->flags & OPERATION_IN_PIECES)
        inflow_begin(exchange);
    mark_decoded(exchange, operation->flags & OPERATION_STREAMS);
    if (operation->flags & OPERATION_READS)
        step(dispatcher, exchange, takes_long ? WORK_LONG : WORK_NONE, run_read);
    else if (is_prepared(exchange))
        step(dispatcher, exchange, takes_long ? WORK_LONG : WORK_SHORT, run_prepare);
    else
        go_to_engine(dispatcher, exchange);
}

/* The class of work of verifying, unpacking and decoding that request. */
static enum work_class request_class(const struct exchange *exchange)
{
    enum { MOST_PACKED = LIMIT_SHORT_BODY_BYTES / 1024 }; /* gzip packs to a thousandth at best */
    size_t size = exchange->request->body.size;

    if (http_is_packed(exchange->request) && !str_present(exchange->sandbox))
        return size <= MOST_PACKED ? WORK_SHORT : WORK_LONG;
    if (size <= LIMIT_LOOP_BODY_BYTES || str_present(exchange->sandbox))
        return WORK_NONE;
    return size <= LIMIT_SHORT_BODY_BYTES ? WORK_SHORT : WORK_LONG;
}

void dispatch(struct dispatcher *dispatcher, struct exchange *exchange)
{
    int64_t began_us = monotonic_us();

    begin(dispatcher, exchange);
    if (!door_open(exchange)) {
        exchange->answered(exchange);
        return;
    }
    if (dispatch_door(dispatcher, exchange))
        return;
    enum work_class class = request_class(exchange);
    step(dispatcher, exchange, class, serve);
    /*
     * The exchange may belong to another thread now, but its operation is still the one that serve() has
     * found here.
     */
    if (class == WORK_NONE)
        meter_call(dispatcher->engine, exchange->operation, METER_LOOP, monotonic_us() - began_us);
}

void dispatch_flush(struct dispatcher *dispatcher)
{
    engine_submit_all(dispatcher->engine, &dispatcher->waiting);
    store_rest(dispatcher->reader);
}

static void run_encode(struct dispatcher *dispatcher, struct exchange *exchange)
{
    (void)dispatcher;
    reply_encode(exchange, false);
    exchange->answered(exchange);
}

bool dispatch_encode(struct engine *engine, struct exchange *exchange)
{
    return work_offer(engine->pool, exchange, WORK_SHORT, run_encode);
}

static void run_discard(struct dispatcher *dispatcher, struct exchange *exchange)
{
    (void)dispatcher;
    arena_free(&exchange->arena);
    exchange->answered(exchange);
}

bool exchange_discard(struct engine *engine, struct exchange *exchange)
{
    exchange->reply = (struct http_reply){0};
    exchange->cancelled = false;
    return work_offer(engine->pool, exchange, WORK_SHORT, run_discard);
}
