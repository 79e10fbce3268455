/*
 * core.c: the engine under test and its client.
 */
#include "core.h"
#include "world.h"

#include "base/check.h"
#include "base/folder.h"
#include "base/time.h"
#include "wire/json.h"
#include "wire/sigv4.h"

#include <pthread.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

enum { PATIENCE_S = 60 };

struct request {
    struct exchange exchange; /* must be the first member */
    struct http_request http;
    bool answered, encoded, takes_pieces;
    unsigned place;
    struct request *next;
};

static struct {
    char folder[64];
    struct arena arena;
    struct engine_options options;
    struct engine *engine;
    struct dispatcher *dispatcher;
    bool stopped;
    struct sigv4_credentials credentials;
    int64_t signed_ms;
    str service; /* the service for which requests are signed */
    const char *source_ip;
    struct request *requests;
    unsigned answers;
} core;

static const struct module *modules[5] = {&TOY_MODULE}; /* and those added; NULL after the last */

enum { DAY_MS = 24 * 3600 * 1000 };

/* ---- waiting ---- */

static pthread_mutex_t news_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t news_came = PTHREAD_COND_INITIALIZER;

void lock_news(void)
{
    pthread_mutex_lock(&news_lock);
}

void unlock_news(void)
{
    pthread_cond_broadcast(&news_came);
    pthread_mutex_unlock(&news_lock);
}

void wait_for_news(void)
{
    struct timespec until;

    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += PATIENCE_S;
    check(pthread_cond_timedwait(&news_came, &news_lock, &until) == 0);
}

/* ---- the engine ---- */

struct engine *core_engine(void)
{
    return core.engine;
}

void core_add_module(const struct module *module)
{
    size_t i = 0;

    while (modules[i] && modules[i] != module)
        i++;
    check(i + 1 < sizeof modules / sizeof *modules);
    modules[i] = module;
}

struct engine_options *core_options(void)
{
    return &core.options;
}

void core_start(void)
{
    str error = {0};

    core.engine = engine_start(&core.options, &core.arena, &error);
    if (!core.engine)
        print_error("%.*s\n", STR_ARGS(error));
    check(core.engine != NULL);
    core.dispatcher = dispatcher_new(core.engine);
    core.stopped = false;
}

void core_stop(void)
{
    engine_stop(core.engine);
    core.stopped = true;
}

void core_close(void)
{
    if (!core.engine)
        return;
    dispatcher_free(core.dispatcher);
    engine_free(core.engine);
    core.engine = NULL;
}

void core_restart(void)
{
    core_stop();
    core_close();
    core_start();
}

int core_setup(void **state)
{
    (void)state;
    memset(&core, 0, sizeof core);
    strcpy(core.folder, "/tmp/orderly-test-XXXXXX");
    assert_non_null(mkdtemp(core.folder));
    core.options = (struct engine_options){
        .store = {.folder = core.folder},
        .modules = modules,
        .identity = world_identity,
        .effect_runners = world_runners,
        .default_region = S("us-east-1"),
        .default_account = S("000000000000"),
        .endpoint = S("http://127.0.0.1:4566"),
        .trace_keep = {.age_ms = 7 * DAY_MS, .bytes = 64 * 1024 * 1024},
        .long_read_ms = DAY_MS, /* however busy the machine is */
    };
    toy_start = toy_poller = (str){0};
    toy_policy = (struct delivery_policy){0};
    toy_has_graves = true;
    toy_grave_bytes = 0;
    toy_hook = NULL;
    toy_work_hook = NULL;
    core.source_ip = "127.0.0.1";
    world_reset();
    sign_as("unknown", "unknown", NULL);
    sign_for("toy");
    core_start();
    return 0;
}

int core_teardown(void **state)
{
    (void)state;
    if (core.engine && !core.stopped)
        core_stop();
    core_close();
    while (core.requests)
        free_request(core.requests);
    arena_free(&core.arena);
    folder_remove(core.folder);
    return 0;
}

/* ---- a client ---- */

static str str_or_absent(const char *text)
{
    return text ? str_of(text) : (str){0};
}

void sign_as(const char *access_key_id, const char *secret, const char *session_token)
{
    core.credentials =
        (struct sigv4_credentials){str_of(access_key_id), str_of(secret), str_or_absent(session_token)};
}

void sign_at(int64_t signed_ms)
{
    core.signed_ms = signed_ms;
}

void sign_for(const char *service)
{
    core.service = str_of(service);
}

void come_from(const char *source_ip)
{
    core.source_ip = source_ip;
}

static void bring_home(struct exchange *exchange)
{
    struct request *request = (struct request *)exchange;

    lock_news();
    request->answered = true;
    request->place = ++core.answers;
    unlock_news();
}

static struct request *request_new(const char *method, const char *path, str body)
{
    struct request *request = calloc(1, sizeof *request);

    check(request != NULL);
    struct arena *arena = &request->exchange.arena;
    request->next = core.requests;
    core.requests = request;
    str target = arena_copy(arena, str_of(path)), rest = target;
    request->http = (struct http_request){.method = str_of(method), .target = target};
    str_next(&rest, '?', &request->http.path);
    request->http.query = str_present(rest) ? rest : S("");
    request->http.body = request->http.payload = arena_copy(arena, body);
    request->exchange.request = &request->http;
    request->exchange.source_ip = str_of(core.source_ip);
    request->exchange.answered = bring_home;
    return request;
}

static void add_header(struct request *request, const char *name, str value)
{
    http_header_add(&request->exchange.arena, &request->http.headers, str_of(name), value);
}

static struct request *dispatch_signed(struct request *request)
{
    add_header(request, "Host", S("localhost:4566"));
    sigv4_sign(&request->exchange.arena, &request->http, &core.credentials, S("us-east-1"), core.service,
               core.signed_ms ? core.signed_ms : wall_clock_ms());
    dispatch(core.dispatcher, &request->exchange);
    dispatch_flush(core.dispatcher);
    return request;
}

struct request *begin_target(const char *target, str json)
{
    struct request *request = request_new("POST", "/", json);

    add_header(request, "Content-Type", S("application/x-amz-json-1.0"));
    add_header(request, "X-Amz-Target", arena_copy(&request->exchange.arena, str_of(target)));
    return dispatch_signed(request);
}

struct request *begin_json(const char *operation, str json)
{
    char target[64];

    snprintf(target, sizeof target, "Toy.%s", operation);
    return begin_target(target, json);
}

struct request *begin(const char *operation, const char *json, ...)
{
    char text[16384];
    va_list args;

    va_start(args, json);
    vsnprintf(text, sizeof text, json, args);
    va_end(args);
    return begin_json(operation, str_of(text));
}

struct request *begin_run(const char *steps)
{
    return begin("Run", "{\"Steps\": \"%s\"}", steps);
}

static struct request *query_request(const char *action)
{
    struct arena *arena = &core.arena;
    struct request *request =
        request_new("POST", "/", arena_format(arena, "Action=%s&Version=2024-01-01", action));

    add_header(request, "Content-Type", S("application/x-www-form-urlencoded"));
    return request;
}

struct request *begin_query(const char *action)
{
    return dispatch_signed(query_request(action));
}

struct request *begin_with(const char *authorization)
{
    struct request *request = query_request("Get&Key=k");

    add_header(request, "Host", S("localhost:4566"));
    add_header(request, "X-Amz-Date", time_amz_date(&request->exchange.arena, wall_clock_ms()));
    if (authorization)
        add_header(request, "Authorization", str_of(authorization));
    dispatch(core.dispatcher, &request->exchange);
    dispatch_flush(core.dispatcher);
    return request;
}

struct request *begin_http(const char *method, const char *path, const char *body)
{
    struct request *request = request_new(method, path, str_of(body));

    add_header(request, "Content-Type", S("application/json"));
    dispatch(core.dispatcher, &request->exchange);
    dispatch_flush(core.dispatcher);
    return request;
}

struct request *begin_http_at(const char *sandbox, const char *path, const char *name, const char *value)
{
    struct request *request = request_new("GET", path, S(""));

    request->exchange.sandbox = str_or_absent(sandbox);
    add_header(request, name, str_of(value));
    dispatch(core.dispatcher, &request->exchange);
    dispatch_flush(core.dispatcher);
    return request;
}

struct request *begin_signed_http(const char *method, const char *path, const char *body)
{
    return dispatch_signed(request_new(method, path, str_of(body)));
}

bool has_more(struct request *request)
{
    status_of(request);
    return request->exchange.outcome == DONE && request->exchange.reply.more;
}

void take_more(struct request *request)
{
    assert_true(has_more(request));
    request->answered = false;
    request->takes_pieces = true;
    exchange_more(core.dispatcher, &request->exchange);
}

bool leave_stream(struct request *request)
{
    assert_true(has_more(request));
    request->answered = false;
    bool is_told = exchange_leave(core.dispatcher, &request->exchange);
    request->answered |= !is_told;
    return is_told;
}

enum outcome outcome_of(struct request *request)
{
    status_of(request);
    return request->exchange.outcome;
}

void cancel(struct request *request)
{
    engine_cancel(core.engine, &request->exchange);
}

bool is_answered(struct request *request)
{
    lock_news();
    bool answered = request->answered;
    unlock_news();
    return answered;
}

int status_of(struct request *request)
{
    lock_news();
    while (!request->answered)
        wait_for_news();
    unlock_news();
    if (!request->encoded)
        exchange_encode(&request->exchange);
    else if (request->takes_pieces)
        exchange_encode_piece(&request->exchange);
    request->encoded = true;
    return request->exchange.reply.status;
}

str body_of(struct request *request)
{
    status_of(request);
    return request->exchange.reply.body;
}

str type_of(struct request *request)
{
    status_of(request);
    return request->exchange.reply.content_type;
}

str header_in_reply(struct request *request, const char *name)
{
    status_of(request);
    return http_header(&request->exchange.reply.headers, str_of(name));
}

unsigned place_of(struct request *request)
{
    status_of(request);
    return request->place;
}

void free_request(struct request *request)
{
    struct request **link = &core.requests;

    check(request->answered);
    while (*link != request)
        link = &(*link)->next;
    *link = request->next;
    arena_free(&request->exchange.arena);
    free(request);
}

int run(const char *steps)
{
    return status_of(begin_run(steps));
}

str get(const char *key)
{
    struct request *request = begin("Get", "{\"Key\": \"%s\"}", key);

    assert_int_equal(status_of(request), 200);
    return json_get_str(json_parse(&request->exchange.arena, body_of(request), NULL), S("Value"));
}

void advance_clock(int64_t by_ms)
{
    char body[64];

    snprintf(body, sizeof body, "{\"advance_ms\": %lld}", (long long)by_ms);
    assert_int_equal(status_of(begin_http("POST", "/_orderly/clock", body)), 200);
}

void let_run(void)
{
    assert_run("");
}

/*
 * Each Run passes through the engine, after everything that is runnable: so this waits for work, not for
 * time.
 */
void wait_for_item(const char *key, const char *value)
{
    int64_t give_up_us = monotonic_us() + PATIENCE_S * 1000000LL;

    while (!str_equal(get(key), str_of(value))) {
        check(monotonic_us() < give_up_us);
        let_run();
    }
}
