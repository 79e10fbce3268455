/*
 * client.c: calls one by one, and many at once.
 */
#include "client/exchange.h"

#include "base/check.h"
#include "base/time.h"

#include <stdlib.h>
#include <time.h>

enum { MAX_WAIT_MS = 1000 };

void pause_ms(int64_t ms)
{
    struct timespec pause = {.tv_sec = (time_t)(ms / 1000), .tv_nsec = (long)(ms % 1000) * 1000000};

    nanosleep(&pause, NULL);
}

struct client *client_open(const struct config *config, void (*tell)(str sentence))
{
    struct client *client = calloc(1, sizeof *client);

    check(client && curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK);
    client->config = config;
    client->tell = tell;
    client->curl = curl_easy_init();
    check(client->curl);
    return client;
}

void client_close(struct client *client)
{
    curl_easy_cleanup(client->curl);
    curl_global_cleanup();
    free(client);
}

static void pause_until_us(int64_t at_us)
{
    int64_t left_us = at_us - monotonic_us();

    if (left_us > 0)
        pause_ms((left_us + 999) / 1000);
}

static bool perform_by(CURL *curl, struct client *client, struct client_exchange *exchange,
                       struct failure *failure)
{
    enum client_exchange_state state;

    client->told = false;
    exchange->client = client;
    exchange->curl = curl;
    do {
        pause_until_us(exchange->again_us);
        client_exchange_begin(exchange);
        state = client_exchange_end(exchange, curl_easy_perform(curl));
    } while (state == EXCHANGE_AGAIN);
    client_exchange_free(exchange);
    *failure = exchange->failure;
    return state == EXCHANGE_ANSWERED;
}

static bool perform(struct client *client, struct client_exchange *exchange, struct failure *failure)
{
    return perform_by(client->curl, client, exchange, failure);
}

bool client_call(struct client *client, struct arena *arena, const struct operation *operation,
                 const void *in, void *out, struct failure *failure)
{
    struct client_exchange exchange = {.arena = arena, .operation = operation, .in = in, .out = out};

    return perform(client, &exchange, failure);
}

bool client_get(struct client *client, struct arena *arena, str path, str query, struct http_reply *reply,
                struct failure *failure)
{
    struct client_exchange exchange = {.arena = arena, .path = path, .query = query, .out = reply};

    return perform(client, &exchange, failure);
}

bool client_follow(struct client *client, struct arena *arena, str path, str query,
                   const struct client_reader *reader, struct http_reply *reply, struct failure *failure)
{
    struct client_exchange exchange = {
        .arena = arena, .path = path, .query = query, .reader = reader, .out = reply};
    CURL *curl = curl_easy_init(); /* the client's own handle is free for other calls meanwhile */

    check(curl);
    bool answered = perform_by(curl, client, &exchange, failure);
    curl_easy_cleanup(curl);
    return answered;
}

/* ---- many at once ---- */

enum lane_state { LANE_FREE, LANE_SENDING, LANE_WAITING };

/* Makes one call at a time, on one connection. */
struct lane {
    struct arena arena;
    struct client_exchange exchange;
    enum lane_state state;
};

struct lanes {
    struct lane *items;
    size_t count;
    CURLM *multi;
    const struct client_stream *stream;
    bool exhausted; /* the stream has no more */
};

static void send_lane(struct lanes *lanes, struct lane *lane)
{
    client_exchange_begin(&lane->exchange);
    check(curl_multi_add_handle(lanes->multi, lane->exchange.curl) == CURLM_OK);
    lane->state = LANE_SENDING;
}

static void fill_lane(struct lanes *lanes, struct client *client, struct lane *lane)
{
    struct client_exchange *exchange = &lane->exchange;

    arena_reset(&lane->arena);
    *exchange = (struct client_exchange){.client = client,
                                         .curl = exchange->curl,
                                         .arena = &lane->arena,
                                         .operation = lanes->stream->operation};
    lanes->exhausted = !lanes->stream->next(lanes->stream->context, &lane->arena, &exchange->in,
                                            &exchange->out, &exchange->tag);
    if (!lanes->exhausted)
        send_lane(lanes, lane);
}

static void end_lane(struct lanes *lanes, struct lane *lane, CURLcode code)
{
    struct client_exchange *exchange = &lane->exchange;
    enum client_exchange_state state = client_exchange_end(exchange, code);

    curl_multi_remove_handle(lanes->multi, exchange->curl);
    lane->state = state == EXCHANGE_AGAIN ? LANE_WAITING : LANE_FREE;
    if (lane->state == LANE_WAITING)
        return;
    client_exchange_free(exchange);
    lanes->stream->end(lanes->stream->context, exchange->tag, exchange->out,
                       state == EXCHANGE_ANSWERED ? NULL : &exchange->failure);
}

/* Handle all transfers that have ended; false when no transfer has. */
static bool end_what_is_done(struct lanes *lanes)
{
    bool ended = false;
    int left;

    for (CURLMsg *message; (message = curl_multi_info_read(lanes->multi, &left));) {
        void *exchange;
        if (message->msg != CURLMSG_DONE)
            continue;
        ended = true;
        CURLcode code = message->data.result;
        curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &exchange);
        for (size_t i = 0; i < lanes->count; i++)
            if (&lanes->items[i].exchange == exchange)
                end_lane(lanes, &lanes->items[i], code);
    }
    return ended;
}

/*
 * Start every lane that can start.  Returns the milliseconds until another lane can; -1 when all work is
 * done.
 */
static int begin_what_can(struct lanes *lanes, struct client *client)
{
    int64_t now_us = monotonic_us(), wait_us = -1;

    for (size_t i = 0; i < lanes->count; i++) {
        struct lane *lane = &lanes->items[i];
        if (lane->state == LANE_FREE && !lanes->exhausted)
            fill_lane(lanes, client, lane);
        else if (lane->state == LANE_WAITING && lane->exchange.again_us <= now_us)
            send_lane(lanes, lane);
        if (lane->state == LANE_FREE)
            continue;
        int64_t left_us = INT64_C(1000) * MAX_WAIT_MS;
        if (lane->state == LANE_WAITING)
            left_us = lane->exchange.again_us - now_us;
        if (wait_us < 0 || left_us < wait_us)
            wait_us = left_us;
    }
    return wait_us < 0 ? -1 : (int)((wait_us + 999) / 1000);
}

void client_call_many(struct client *client, size_t parallel, const struct client_stream *stream)
{
    struct lanes lanes = {.count = parallel, .multi = curl_multi_init(), .stream = stream};
    int wait_ms, running;

    lanes.items = calloc(parallel, sizeof *lanes.items);
    check(lanes.items && lanes.multi);
    client->told = false;
    for (size_t i = 0; i < parallel; i++)
        check((lanes.items[i].exchange.curl = curl_easy_init()));
    while ((wait_ms = begin_what_can(&lanes, client)) >= 0) {
        check(curl_multi_perform(lanes.multi, &running) == CURLM_OK);
        if (!end_what_is_done(&lanes))
            curl_multi_poll(lanes.multi, NULL, 0, wait_ms, NULL);
    }
    for (size_t i = 0; i < parallel; i++) {
        curl_easy_cleanup(lanes.items[i].exchange.curl);
        arena_free(&lanes.items[i].arena);
    }
    curl_multi_cleanup(lanes.multi);
    free(lanes.items);
}

/* ---- failures ---- */

bool failed_with(const struct failure *failure, const struct error *error)
{
    str name = str_of(failure->error->name);

    return str_equal(name, str_of(error->name)) ||
           (error->query_code && str_equal(name, str_of(error->query_code)));
}

/* Advice for the errors that a newcomer meets first. */
static const struct {
    str code;
    const char *advice;
} ADVICE[] = {
    {STR_INIT("ExpiredToken"), "The credentials are too old: fetch new ones."},
    {STR_INIT("ExpiredTokenException"), "The credentials are too old: fetch new ones."},
    {STR_INIT("InvalidClientTokenId"), "That access key is not known there."},
    {STR_INIT("UnrecognizedClientException"), "That access key is not known there."},
    {STR_INIT("SignatureDoesNotMatch"), "The secret access key is not the one of that access key."},
    {STR_INIT("InvalidSignatureException"), "The secret access key is not the one of that access key."},
};

str failure_sentence(struct arena *arena, const struct failure *failure)
{
    str code = str_of(failure->error->name);
    const char *advice = NULL;

    if (failure->error == &UNREACHABLE)
        return failure->message;
    str message = failure->message;
    if (str_empty(message))
        message = arena_format(arena, "the reply has the status %d.", failure->error->status);
    for (size_t i = 0; i < sizeof ADVICE / sizeof *ADVICE; i++)
        if (str_equal(ADVICE[i].code, code))
            advice = ADVICE[i].advice;
    return arena_format(arena, "%.*s: %.*s%s%s", STR_ARGS(code), STR_ARGS(message), advice ? " " : "",
                        advice ? advice : "");
}
