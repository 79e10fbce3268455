/*
 * fake_engine.c: a server over a fake engine, for the tests of src/server.
 *
 *     server_under_test [threads [sandbox mode [log level [port]]]]
 *
 * With HOLD_START in the environment it starts only when it is given a byte.
 *
 *     GET /null        answered within dispatch()
 *     GET /slow        answered from another thread
 *     POST /echo       the body comes back, from another thread
 *     GET /large       a body of 8 MiB
 *     GET /park        answered "empty" when the engine stops, "cancelled" when it is cancelled
 *     GET /pieces?pieces=N&bytes=B   a reply of N pieces; &size=S: sent with its length; &fails=I: fails
 *                      before piece I
 *     GET /streams     the number of pieces made, and of streams that were left before their end
 *     POST /spooled    size and hash of a body that goes to a file; ?held: pieces wait; ?fails: writing the
 *                      second piece fails
 *     POST /eaten      takes a chunked body piece by piece; answers its size, whether it came in pieces, and
 *                      its trailer X-Late; ?whole: as a whole; ?refuses: answers before the body; ?held: each
 *                      piece waits
 *     GET /written     the number of written pieces of bodies
 *     GET /release     writes the pieces that wait, and no longer lets any wait
 *     GET /called      the address that the client connected to
 *     GET /cancelled   the number of cancelled calls
 *     POST /sandbox/start, /sandbox/stop   the body is the effect's payload
 *     GET /events      the posted events, and the requests of sandboxes, in order
 *
 * On a sandbox's port every request is noted as an event; /next parks, the others are answered.
 */
#include "base/check.h"
#include "base/log.h"
#include "base/spool.h"
#include "base/time.h"
#include "server/server.h"
#include "wire/json.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct engine {
    pthread_mutex_t lock;
    pthread_cond_t arrived;
    pthread_t thread;
    struct exchange *inbox, *parked, *held;
    bool stopping, stopped;
    _Atomic bool released;
    _Atomic int written_count;
    struct server *server;
    struct arena arena; /* of the events */
    struct json_writer events;
    _Atomic int64_t cancelled_count;
    _Atomic int left_count, piece_count;
};

struct dispatcher {
    struct engine *engine;
};

static void answer(struct exchange *exchange, str body)
{
    exchange->reply = (struct http_reply){.status = 200, .content_type = S("text/plain"), .body = body};
    exchange->answered(exchange);
}

/* ---- events ---- */

static void note(struct engine *engine, str name, str input_json)
{
    pthread_mutex_lock(&engine->lock);
    json_open_object(&engine->events);
    json_field(&engine->events, S("event"), name);
    json_name(&engine->events, S("input"));
    json_raw(&engine->events, input_json);
    json_close_object(&engine->events);
    pthread_mutex_unlock(&engine->lock);
}

void engine_post(struct engine *engine, const struct shape *event, const void *in,
                 void (*taken)(void *context), void *context)
{
    struct arena arena = {0};

    note(engine, arena_format(&arena, "Sandbox%s", event->name), model_to_json(&arena, event, in));
    arena_free(&arena);
    if (taken)
        taken(context);
}

static str events(struct engine *engine, struct arena *arena)
{
    pthread_mutex_lock(&engine->lock);
    str all = arena_format(arena, "[%.*s]", STR_ARGS(json_written(&engine->events)));
    pthread_mutex_unlock(&engine->lock);
    return all;
}

/* ---- the thread ---- */

static struct exchange *take_all(struct exchange **list)
{
    struct exchange *all = *list;

    *list = NULL;
    return all;
}

static void answer_parked(struct engine *engine)
{
    struct exchange *parked = take_all(&engine->parked);

    while (parked) {
        struct exchange *exchange = parked;
        parked = exchange->next;
        if (exchange->cancelled || engine->stopping) {
            answer(exchange, exchange->cancelled ? S("cancelled") : S("empty"));
        } else {
            exchange->next = engine->parked;
            engine->parked = exchange;
        }
    }
}

static int64_t query_number(const struct exchange *exchange, str name)
{
    str rest = exchange->request->query, part;
    int64_t number = -1;

    while (str_next(&rest, '&', &part))
        if (str_starts_with(part, name) && str_to_i64(str_from(part, name.size), &number))
            return number;
    return -1;
}

/* The exchange counts its pieces in `order`, a member that only the real engine uses. */
static void answer_piece(struct engine *engine, struct exchange *exchange)
{
    int64_t pieces = query_number(exchange, S("pieces=")), bytes = query_number(exchange, S("bytes="));
    int64_t size = query_number(exchange, S("size="));
    bool fails = (int64_t)exchange->order == query_number(exchange, S("fails="));

    exchange->outcome = fails ? FAILED : DONE;
    exchange->reply = (struct http_reply){.status = 200, .content_type = S("text/plain"), .body = S("")};
    exchange->reply.sized = size >= 0;
    exchange->reply.size = (uint64_t)size;
    exchange->reply.more = (int64_t)exchange->order < pieces && !fails;
    if (exchange->reply.more) {
        if (exchange->order++ == 0)
            exchange->decoded = arena_mark(&exchange->arena);
        arena_rewind(&exchange->arena, exchange->decoded);
        exchange->reply.body = (str){arena_alloc(&exchange->arena, (size_t)bytes), (size_t)bytes};
        atomic_fetch_add(&engine->piece_count, 1);
    }
    exchange->answered(exchange);
}

/* ---- bodies ---- */

static void write_piece(struct engine *engine, struct exchange *exchange)
{
    bool fails = exchange->call.spool && str_equal(exchange->request->query, S("fails"));

    if (!exchange->call.spool)
        exchange->call.spool = spool_open("/tmp");
    check(exchange->call.spool && spool_add(exchange->call.spool, exchange->spooled));
    if (exchange->spooled_whole) {
        check(spool_map(exchange->call.spool, &exchange->spooled));
        exchange->spooled_hash = spool_hash(exchange->call.spool);
    }
    atomic_fetch_add(&engine->written_count, 1);
    exchange->outcome = fails ? FAILED : DONE;
    exchange->reply = (struct http_reply){.status = 503, .body = S("full")};
    exchange->answered(exchange);
}

static bool is_eaten(const struct exchange *exchange)
{
    return str_equal(exchange->request->path, S("/eaten"));
}

/* The run with the head has an empty piece; `order` counts the others. */
static void eat(struct engine *engine, struct exchange *exchange)
{
    struct inflow *inflow = &exchange->inflow;
    str query = exchange->request->query;

    atomic_fetch_add(&engine->written_count, 1);
    exchange->order += inflow->piece.size > 0;
    exchange->outcome = DONE;
    if (str_equal(query, S("refuses"))) {
        exchange->reply = (struct http_reply){.status = 403, .body = S("refused")};
    } else if (inflow->is_last) {
        str late = http_parser_trailer(inflow->parser, S("X-Late"));
        exchange->reply = (struct http_reply){
            .status = 200,
            .body = arena_format(&exchange->arena, "%llu %s %.*s",
                                 (unsigned long long)(inflow->before + inflow->piece.size),
                                 exchange->order > 1 ? "pieces" : "whole", STR_ARGS(late))};
    } else {
        inflow->wants_whole = str_equal(query, S("whole"));
        inflow->wants_next = !inflow->wants_whole;
    }
    exchange->answered(exchange);
}

static void carry_out(struct engine *engine, struct exchange *exchange)
{
    if (is_eaten(exchange))
        eat(engine, exchange);
    else
        write_piece(engine, exchange);
}

static void hold_or_write(struct engine *engine, struct exchange *exchange)
{
    if (str_equal(exchange->request->query, S("held")) && !atomic_load(&engine->released)) {
        exchange->next = engine->held;
        engine->held = exchange;
    } else {
        carry_out(engine, exchange);
    }
}

static void write_held(struct engine *engine)
{
    struct exchange *held =
        atomic_load(&engine->released) || engine->stopping ? take_all(&engine->held) : NULL;

    while (held) {
        struct exchange *exchange = held;
        held = exchange->next;
        carry_out(engine, exchange);
    }
}

static str body_seen(struct exchange *exchange)
{
    const struct http_request *request = exchange->request;
    struct sha256 hash = request->payload_hash ? *request->payload_hash : sha256(request->payload);

    return arena_format(&exchange->arena, "%zu %.*s", request->body.size,
                        STR_ARGS(hex_encode(&exchange->arena, HASH_STR(hash))));
}

static void run(struct engine *engine, struct exchange *exchange)
{
    str path = exchange->request->path;

    /* the fake's own use of the flag: a piece of the body is to be written */
    if (exchange->preparations || (is_eaten(exchange) && exchange->in_pieces)) {
        exchange->preparations = 0;
        hold_or_write(engine, exchange);
        return;
    }

    if (str_equal(path, S("/pieces"))) {
        answer_piece(engine, exchange);
        return;
    }
    if (str_equal(path, S("/park")) || str_ends_with(path, S("/next"))) {
        exchange->next = engine->parked;
        engine->parked = exchange;
    } else if (str_equal(path, S("/echo"))) {
        answer(exchange, exchange->request->body);
    } else if (str_equal(path, S("/spooled")) || is_eaten(exchange)) {
        answer(exchange, body_seen(exchange));
    } else if (str_equal(path, S("/large"))) {
        answer(exchange, (str){arena_alloc(&exchange->arena, 8 * 1024 * 1024), 8 * 1024 * 1024});
    } else {
        answer(exchange, arena_join(&exchange->arena, S("slow "), exchange->request->query));
    }
}

static void *engine_main(void *context)
{
    struct engine *engine = context;

    pthread_mutex_lock(&engine->lock);
    while (!engine->stopping || engine->inbox) {
        struct exchange *arrived = take_all(&engine->inbox);
        pthread_mutex_unlock(&engine->lock);
        while (arrived) {
            struct exchange *exchange = arrived;
            arrived = exchange->next;
            run(engine, exchange);
        }
        answer_parked(engine);
        write_held(engine);
        pthread_mutex_lock(&engine->lock);
        struct timespec soon;
        clock_gettime(CLOCK_REALTIME, &soon);
        soon.tv_sec += 1;
        if (!engine->inbox && !engine->stopping)
            pthread_cond_timedwait(&engine->arrived, &engine->lock, &soon);
    }
    engine->stopped = true;
    pthread_mutex_unlock(&engine->lock);
    answer_parked(engine);
    write_held(engine);
    return NULL;
}

/* ---- functions that the server calls ---- */

void engine_submit(struct engine *engine, struct exchange *exchange)
{
    pthread_mutex_lock(&engine->lock);
    struct exchange **end = &engine->inbox;
    bool stopped = engine->stopped;
    while (*end)
        end = &(*end)->next;
    exchange->next = NULL;
    if (!stopped)
        *end = exchange;
    pthread_cond_signal(&engine->arrived);
    pthread_mutex_unlock(&engine->lock);
    if (stopped) {
        exchange->outcome = FAILED;
        exchange->reply = (struct http_reply){.status = 503, .body = S("")};
        exchange->answered(exchange);
    }
}

void engine_cancel(struct engine *engine, struct exchange *exchange)
{
    pthread_mutex_lock(&engine->lock);
    engine->cancelled_count++;
    exchange->cancelled = true;
    pthread_cond_signal(&engine->arrived);
    pthread_mutex_unlock(&engine->lock);
}

void engine_stop(struct engine *engine)
{
    pthread_mutex_lock(&engine->lock);
    engine->stopping = true;
    pthread_cond_signal(&engine->arrived);
    pthread_mutex_unlock(&engine->lock);
    pthread_join(engine->thread, NULL);
}

int64_t engine_now_ms(struct engine *engine)
{
    (void)engine;
    return wall_clock_ms();
}

struct dispatcher *dispatcher_new(struct engine *engine)
{
    struct dispatcher *dispatcher = malloc(sizeof *dispatcher);

    check(dispatcher != NULL);
    dispatcher->engine = engine;
    return dispatcher;
}

void dispatcher_free(struct dispatcher *dispatcher)
{
    free(dispatcher);
}

static void start_effect(struct engine *engine, str kind, str payload)
{
    const struct effect_runner *runner = server_effect_runners(engine->server);

    while (!str_equal(str_of(runner->kind->name), kind))
        runner++;
    runner->start(runner->context, payload);
}

static void note_request(struct engine *engine, struct exchange *exchange)
{
    struct json_writer writer = json_writer_in(&exchange->arena);

    json_open_object(&writer);
    json_field(&writer, S("SandboxId"), exchange->sandbox);
    json_field(&writer, S("Path"), exchange->request->path);
    json_close_object(&writer);
    note(engine, S("Request"), json_written(&writer));
}

void exchange_more(struct dispatcher *dispatcher, struct exchange *exchange)
{
    exchange->reply = (struct http_reply){0};
    engine_submit(dispatcher->engine, exchange);
}

bool exchange_leave(struct dispatcher *dispatcher, struct exchange *exchange)
{
    (void)exchange;
    atomic_fetch_add(&dispatcher->engine->left_count, 1);
    return false;
}

void dispatch_flush(struct dispatcher *dispatcher)
{
    (void)dispatcher; /* everything is answered or passed on at once */
}

bool dispatch_admit(struct dispatcher *dispatcher, struct exchange *exchange, size_t *largest_body)
{
    *largest_body = LIMIT_HTTP_BODY_BYTES;
    exchange->spools = str_equal(exchange->request->path, S("/spooled"));
    exchange->in_pieces =
        is_eaten(exchange) && str_present(http_header(&exchange->request->headers, S("Transfer-Encoding")));
    exchange->call.engine = dispatcher->engine;
    if (!str_starts_with(exchange->request->path, S("/stranger")))
        return true;
    exchange->reply = (struct http_reply){.status = 403, .body = S("stranger")};
    return false;
}

void exchange_spool(struct exchange *exchange, str piece, bool is_last)
{
    exchange->spooled = piece;
    exchange->spooled_whole = is_last;
    exchange->preparations = 1;
    engine_submit(exchange->call.engine, exchange);
}

void exchange_feed(struct exchange *exchange)
{
    exchange->inflow.wants_next = exchange->inflow.wants_whole = false;
    engine_submit(exchange->call.engine, exchange);
}

void exchange_end_spool(struct exchange *exchange)
{
    spool_close(exchange->call.spool);
    exchange->call.spool = NULL;
}

void dispatch_refuse_large(struct exchange *exchange, size_t largest_body)
{
    (void)largest_body;
    exchange->reply = (struct http_reply){.status = 413, .body = S("large")};
}

void dispatch(struct dispatcher *dispatcher, struct exchange *exchange)
{
    struct engine *engine = dispatcher->engine;
    str path = exchange->request->path;

    if (str_present(exchange->sandbox)) {
        note_request(engine, exchange);
        engine_submit(engine, exchange);
    } else if (str_equal(path, S("/null"))) {
        answer(exchange, S("{}"));
    } else if (str_equal(path, S("/events"))) {
        answer(exchange, events(engine, &exchange->arena));
    } else if (str_equal(path, S("/called"))) {
        answer(exchange, exchange->local_ip);
    } else if (str_equal(path, S("/cancelled"))) {
        answer(exchange, arena_format(&exchange->arena, "%d", (int)engine->cancelled_count));
    } else if (str_equal(path, S("/written"))) {
        answer(exchange, arena_format(&exchange->arena, "%d", engine->written_count));
    } else if (str_equal(path, S("/release"))) {
        atomic_store(&engine->released, true);
        engine_submit(engine, exchange);
    } else if (str_equal(path, S("/streams"))) {
        answer(exchange, arena_format(&exchange->arena, "%d %d", engine->piece_count, engine->left_count));
    } else if (str_starts_with(path, S("/sandbox/"))) {
        start_effect(engine, arena_join(&exchange->arena, S("sandbox."), str_from(path, strlen("/sandbox/"))),
                     exchange->request->body);
        answer(exchange, S("started"));
    } else {
        engine_submit(engine, exchange);
    }
}

/* A piece that this function has not encoded is not the letters that the tests expect. */
void exchange_encode_piece(struct exchange *exchange)
{
    str body = exchange->reply.body;

    memset((char *)body.data, 'a' + (int)(exchange->order % 26), body.size);
}

/* There are no workers. */
bool exchange_discard(struct engine *engine, struct exchange *exchange)
{
    (void)engine, (void)exchange;
    return false;
}

void exchange_encode(struct exchange *exchange)
{
    if (exchange->reply.more)
        exchange_encode_piece(exchange);
    log_debug("request", log_field("path", exchange->request->path),
              log_field("status", exchange->reply.status));
}

static enum sandbox_mode sandbox_mode_of(const char *word)
{
    if (strcmp(word, "off") == 0)
        return SANDBOX_OFF;
    return strcmp(word, "preferred") == 0 ? SANDBOX_PREFERRED : SANDBOX_REQUIRED;
}

int main(int argc, char **argv)
{
    struct server_options options = {.host = "127.0.0.1",
                                     .function_network = getenv("FUNCTION_NETWORK") != NULL,
                                     .sandbox = sandbox_mode_of(argc > 2 ? argv[2] : "required")};
    struct engine engine = {.lock = PTHREAD_MUTEX_INITIALIZER, .arrived = PTHREAD_COND_INITIALIZER};
    struct arena arena = {0};
    str error;

    if (argc > 1 && strcmp(argv[1], LAUNCHER_COMMAND) == 0)
        return launcher_main(argc - 1, argv + 1);
    if (argc > 1)
        options.thread_count = (unsigned)strtoul(argv[1], NULL, 10);
    if (argc > 4)
        options.port = (int)strtol(argv[4], NULL, 10);
    enum log_level level = LOG_DEBUG;
    if (argc > 3)
        check(log_level_parse(str_of(argv[3]), &level));
    log_set_level(level);
    engine.events = json_writer_in(&engine.arena);
    engine.server = server_new(&options, &arena, &error);
    if (!engine.server) {
        fprintf(stderr, "%.*s\n", STR_ARGS(error));
        arena_free(&arena);
        return EXIT_FAILURE;
    }
    check(pthread_create(&engine.thread, NULL, engine_main, &engine) == 0);
    fprintf(stderr, "port %d\n", server_port(engine.server));
    if (getenv("HOLD_START"))
        (void)getchar();
    if (server_start(engine.server, &engine, &arena, &error))
        server_run(engine.server);
    else
        fprintf(stderr, "%.*s\n", STR_ARGS(error));
    server_free(engine.server);
    arena_free(&engine.arena);
    arena_free(&arena);
    return EXIT_SUCCESS;
}
