/*
 * exchange.c: from a typed request to bytes and back.
 */
#include "client/exchange.h"

#include "base/check.h"
#include "base/time.h"
#include "engine/protocol/protocol.h"
#include "wire/uri.h"

#include <stdlib.h>

enum {
    MAX_ATTEMPTS = 5,
    FIRST_PAUSE_MS = 100,
    CONNECT_TIMEOUT_S = 5,
    PATIENCE_US = 3 * 1000 * 1000,    /* then people are told what is waited for */
    CLOCK_TROUBLE_MS = 4 * 60 * 1000, /* AWS refuses a signature that is five (or fifteen) minutes old */
};

const struct error UNREACHABLE = {.name = "Unreachable", .query_code = "Unreachable"};

/* ---- the request ---- */

static bool has_status(const struct client_exchange *exchange, long wanted)
{
    long status = 0;

    curl_easy_getinfo(exchange->curl, CURLINFO_RESPONSE_CODE, &status);
    return status == wanted;
}

static size_t keep_body(char *bytes, size_t one, size_t size, void *context)
{
    struct client_exchange *exchange = context;
    const struct client_reader *reader = exchange->reader;

    if (reader && has_status(exchange, 200)) {
        exchange->taken = true;
        return reader->take(reader->context, (str){bytes, one * size}) ? one * size : CURL_WRITEFUNC_ERROR;
    }
    text_add(&exchange->body, (str){bytes, one * size});
    return one * size;
}

static size_t keep_header(char *bytes, size_t one, size_t size, void *context)
{
    struct client_exchange *exchange = context;
    str line = str_trim((str){bytes, one * size});
    ptrdiff_t colon = str_index(line, ':');

    if (colon > 0) {
        line = arena_copy(exchange->arena, line);
        http_header_add(exchange->arena, &exchange->reply.headers, str_head(line, (size_t)colon),
                        str_trim(str_from(line, (size_t)colon + 1)));
    }
    return one * size;
}

/* Called by curl at least once a second, also while nothing arrives. */
static int tell_of_waiting(void *context, curl_off_t to_come, curl_off_t come, curl_off_t to_send,
                           curl_off_t sent)
{
    struct client_exchange *exchange = context;
    struct client *client = exchange->client;

    (void)to_come, (void)come, (void)to_send, (void)sent;
    if (client->told || !client->tell || monotonic_us() - exchange->sent_us < PATIENCE_US ||
        !has_status(exchange, 0))
        return 0;
    client->told = true;
    client->tell(arena_format(exchange->arena, "No answer from %.*s yet: still waiting.",
                              STR_ARGS(exchange->endpoint)));
    return 0;
}

static void add_header_line(struct client_exchange *exchange, const char *line)
{
    struct curl_slist *headers = curl_slist_append(exchange->headers, line);

    check(headers);
    exchange->headers = headers;
}

static void add_headers(struct client_exchange *exchange, const struct http_headers *headers)
{
    curl_slist_free_all(exchange->headers);
    exchange->headers = NULL;
    add_header_line(exchange, "Expect:");
    if (!str_present(http_header(headers, S("Content-Type"))))
        add_header_line(exchange, "Content-Type:"); /* otherwise curl declares every body to be a form */
    for (size_t i = 0; i < headers->count; i++)
        add_header_line(exchange,
                        arena_format(exchange->arena, "%.*s: %.*s", STR_ARGS(headers->items[i].name),
                                     STR_ARGS(headers->items[i].value))
                            .data);
}

static void set_body(CURL *curl, str method, str body)
{
    curl_easy_setopt(curl, CURLOPT_HTTPGET, 1L);
    if (!str_equal(method, S("GET"))) {
        curl_easy_setopt(curl, CURLOPT_POST, 1L);
        curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)body.size);
        curl_easy_setopt(curl, CURLOPT_POSTFIELDS, body.data);
    }
}

static void set_waiting(struct client_exchange *exchange)
{
    CURL *curl = exchange->curl;
    bool endless = exchange->reader != NULL;
    int64_t silence_s = exchange->client->config->read_timeout_s;

    curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, (long)CONNECT_TIMEOUT_S);
    curl_easy_setopt(curl, CURLOPT_LOW_SPEED_LIMIT, 1L);
    curl_easy_setopt(curl, CURLOPT_LOW_SPEED_TIME, endless ? 0L : (long)silence_s);
    curl_easy_setopt(curl, CURLOPT_TCP_KEEPALIVE, endless ? 1L : 0L);
    curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
    curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, tell_of_waiting);
    curl_easy_setopt(curl, CURLOPT_XFERINFODATA, exchange);
    exchange->sent_us = monotonic_us();
}

static void set_options(struct client_exchange *exchange, const struct http_request *request, str url)
{
    CURL *curl = exchange->curl;
    const char *authorities = getenv("AWS_CA_BUNDLE");

    set_body(curl, request->method, request->payload);
    curl_easy_setopt(curl, CURLOPT_URL, url.data);
    curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, arena_cstr(exchange->arena, request->method));
    curl_easy_setopt(curl, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, exchange->headers);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, keep_body);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, exchange);
    curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, keep_header);
    curl_easy_setopt(curl, CURLOPT_HEADERDATA, exchange);
    curl_easy_setopt(curl, CURLOPT_PRIVATE, exchange);
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    if (authorities && *authorities)
        curl_easy_setopt(curl, CURLOPT_CAINFO, authorities);
    set_waiting(exchange);
}

static str host_of(struct arena *arena, const struct uri *uri)
{
    bool six = str_index(uri->host, ':') >= 0;
    const char *open = six ? "[" : "", *close = six ? "]" : "";

    if (uri->port == 0)
        return arena_format(arena, "%s%.*s%s", open, STR_ARGS(uri->host), close);
    return arena_format(arena, "%s%.*s%s:%d", open, STR_ARGS(uri->host), close, uri->port);
}

/* A path of no service: any service's signing name is accepted. */
static void encode_get(struct client_exchange *exchange, struct http_request *request)
{
    *request = (struct http_request){
        .method = S("GET"), .path = exchange->path, .query = exchange->query, .body = S("")};
    request->target = exchange->path;
    if (!str_empty(exchange->query))
        request->target = arena_concat(exchange->arena, exchange->path, S("?"), exchange->query);
}

static void encode(struct client_exchange *exchange, struct http_request *request)
{
    const struct operation *operation = exchange->operation;

    if (operation)
        protocol_find(operation->service->protocols[0])
            ->encode_request(exchange->arena, operation, exchange->in, request);
    else
        encode_get(exchange, request);
}

struct addressee {
    str endpoint, region, signing_name;
};

static struct addressee addressee_of(const struct client_exchange *exchange)
{
    const struct config *config = exchange->client->config;

    if (!exchange->operation)
        return (struct addressee){config_own_endpoint(config), config->region, S("orderly")};
    const struct service *service = exchange->operation->service;
    return (struct addressee){config_endpoint(exchange->arena, config, service),
                              config_signing_region(config, service), str_of(service->signing_name)};
}

void client_exchange_begin(struct client_exchange *exchange)
{
    const struct client *client = exchange->client;
    struct addressee addressee = addressee_of(exchange);
    struct arena *arena = exchange->arena;
    struct http_request request = {0};
    struct uri uri;

    exchange->attempts++;
    exchange->body = text_in(arena);
    exchange->reply = (struct http_reply){0};
    exchange->endpoint = addressee.endpoint;
    check(uri_parse(exchange->endpoint, &uri));
    encode(exchange, &request);
    str url = arena_join(arena, exchange->endpoint, request.target);
    if (uri.path.size > 1)
        request.path = arena_join(arena, uri.path, request.path);
    request.payload = request.body;
    http_header_add(arena, &request.headers, S("Host"), host_of(arena, &uri));
    sigv4_sign(arena, &request, &client->config->credentials, addressee.region, addressee.signing_name,
               wall_clock_ms() + client->clock_offset_ms);
    add_headers(exchange, &request.headers);
    set_options(exchange, &request, url);
}

/* ---- the reply ---- */

/* Did the endpoint accept this connection, and stay silent on it?  A kept one may have been cut unnoticed. */
static bool was_silent(const struct client_exchange *exchange, CURLcode code)
{
    curl_off_t connected_us = 0;
    long new_connections = 0;

    curl_easy_getinfo(exchange->curl, CURLINFO_PRETRANSFER_TIME_T, &connected_us);
    curl_easy_getinfo(exchange->curl, CURLINFO_NUM_CONNECTS, &new_connections);
    return code == CURLE_OPERATION_TIMEDOUT && connected_us > 0 && new_connections > 0;
}

static void fail_unreachable(struct client_exchange *exchange, CURLcode code)
{
    str endpoint = exchange->endpoint;

    exchange->failure = (struct failure){.error = &UNREACHABLE};
    if (code == CURLE_COULDNT_CONNECT && config_is_local(endpoint))
        exchange->failure.message = arena_format(exchange->arena,
                                                 "Nothing answers at %.*s. Start it with ./run or "
                                                 "orderly.",
                                                 STR_ARGS(endpoint));
    else if (was_silent(exchange, code))
        exchange->failure.message =
            arena_format(exchange->arena,
                         "%.*s accepts connections, but has sent nothing for %lld s. Is it stopped, or not a "
                         "server of HTTP? --cli-read-timeout waits longer.",
                         STR_ARGS(endpoint), (long long)exchange->client->config->read_timeout_s);
    else
        exchange->failure.message = arena_format(exchange->arena, "%.*s cannot be reached: %s.",
                                                 STR_ARGS(endpoint), curl_easy_strerror(code));
}

static bool names_throttling(str code)
{
    return str_find(code, S("Throttl")) >= 0 || str_find(code, S("RequestLimitExceeded")) >= 0 ||
           str_find(code, S("ThroughputExceeded")) >= 0;
}

static bool passes_by_itself(const struct failure *failure)
{
    int status = failure->error->status;

    return (status >= 500 && status != 501) || status == 429 ||
           names_throttling(str_of(failure->error->name));
}

/* The signature was refused for its date: adopt the server's clock, which may have been moved. */
static bool correct_clock(struct client_exchange *exchange)
{
    str code = str_of(exchange->failure.error->name);
    int64_t server_ms, now_ms = wall_clock_ms() + exchange->client->clock_offset_ms;

    if (str_find(code, S("Signature")) < 0 && str_find(code, S("Expired")) < 0 &&
        str_find(code, S("Skewed")) < 0)
        return false;
    if (!time_parse_http_date(http_header(&exchange->reply.headers, S("Date")), &server_ms) ||
        (server_ms - now_ms < CLOCK_TROUBLE_MS && now_ms - server_ms < CLOCK_TROUBLE_MS))
        return false;
    exchange->client->clock_offset_ms += server_ms - now_ms;
    return true;
}

static enum client_exchange_state again(struct client_exchange *exchange, bool soon)
{
    int64_t pause_us = INT64_C(1000) * FIRST_PAUSE_MS << (exchange->attempts - 1);

    if (exchange->attempts >= MAX_ATTEMPTS)
        return EXCHANGE_FAILED;
    exchange->again_us =
        monotonic_us() + (soon ? 0 : pause_us / 2 + (int64_t)(random_u64() % (uint64_t)pause_us));
    return EXCHANGE_AGAIN;
}

/* False: exchange->failure says why. */
static bool decode(struct client_exchange *exchange)
{
    const struct operation *operation = exchange->operation;

    if (operation)
        return protocol_find(operation->service->protocols[0])
            ->decode_reply(exchange->arena, operation, &exchange->reply, exchange->out, &exchange->failure);
    *(struct http_reply *)exchange->out = exchange->reply;
    return true;
}

enum client_exchange_state client_exchange_end(struct client_exchange *exchange, CURLcode code)
{
    long status = 0;

    if (code != CURLE_OK && !exchange->taken) {
        bool hopeless = code == CURLE_COULDNT_RESOLVE_HOST || code == CURLE_PEER_FAILED_VERIFICATION ||
                        code == CURLE_SSL_CACERT_BADFILE || code == CURLE_URL_MALFORMAT ||
                        was_silent(exchange, code);
        fail_unreachable(exchange, code);
        return hopeless ? EXCHANGE_FAILED : again(exchange, false);
    }
    curl_easy_getinfo(exchange->curl, CURLINFO_RESPONSE_CODE, &status);
    exchange->reply.status = (int)status;
    exchange->reply.body = text_str(&exchange->body);
    exchange->failure = (struct failure){0};
    if (decode(exchange))
        return EXCHANGE_ANSWERED;
    if (correct_clock(exchange))
        return again(exchange, true);
    return passes_by_itself(&exchange->failure) ? again(exchange, false) : EXCHANGE_FAILED;
}

void client_exchange_free(struct client_exchange *exchange)
{
    curl_slist_free_all(exchange->headers);
    exchange->headers = NULL;
}
